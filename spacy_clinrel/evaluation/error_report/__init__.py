"""Error analysis: where a pipeline is wrong, and a page that shows it.

`figures.analyze` computes, `page.render_page` draws, `write.write_report` puts both in a folder.
"""
