"""MkDocs hooks: each notebook (.ipynb) is a page with its text, code and outputs.

The page is made from the outputs in the file. Nothing is executed.
"""

import html
import json
import re
from pathlib import Path
from typing import Any, Iterator

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ENDING = ".ipynb"
LINK = re.compile(rf"(?<=\]\()(?P<page>[^)\s:]+){re.escape(ENDING)}(?=[)#])")
# What pandas adds to a table. The tables of the site have a style of their own.
STYLE = re.compile(r"<style scoped>.*?</style>|(?<=<table) border=\"1\" class=\"dataframe\"", re.S)
PLACE = '<div class="notebook-output" id="output-{number}"></div>'
# The outputs of each page, which Markdown must not read.
_outputs: dict[str, list[str]] = {}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook."""
    _outputs.clear()
    for file in list(files):
        if file.src_uri.endswith(ENDING):
            uri = f"{file.src_uri.removesuffix(ENDING)}.md"
            cells = json.loads(Path(file.abs_src_path or "").read_text(encoding="utf-8"))["cells"]
            _outputs[uri] = []
            text = "\n\n".join(read_cells(cells, _outputs[uri]))
            files.append(File.generated(config, uri, content=text))
    return files


def read_cells(cells: list[dict[str, Any]], outputs: list[str]) -> Iterator[str]:
    """Return the cells of a notebook as Markdown.

    cells (list[dict[str, Any]]): The cells.
    outputs (list[str]): Gets the HTML of the outputs, to which the Markdown refers by number.
    YIELDS (str): A block of Markdown.
    """
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
            continue
        yield f"```python\n{source}\n```"
        for output in cell["outputs"]:
            yield PLACE.format(number=len(outputs))
            outputs.append(to_html(output))


def to_html(output: dict[str, Any]) -> str:
    """Return an output of a cell as HTML.

    output (dict[str, Any]): The output, as in the file.
    RETURNS (str): Its HTML if it has one, otherwise its text.
    """
    data = output.get("data", {})
    if "text/html" in data:
        return STYLE.sub("", "".join(data["text/html"]))
    text = "".join(output.get("text") or data.get("text/plain", ""))
    return f"<pre><code>{html.escape(text)}</code></pre>"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links to notebooks at their pages."""
    return LINK.sub(r"\g<page>.md", markdown)


def on_page_content(content: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the outputs in their places."""
    for number, output in enumerate(_outputs.get(page.file.src_uri, ())):
        place = PLACE.format(number=number)
        content = content.replace(place, f"{place.removesuffix('</div>')}{output}</div>")
    return content
