"""Documents as a page that needs nothing but itself: no script, no font, no request."""

from collections import Counter
from typing import Dict, Iterable, List, Sequence

from .colors import Tint
from .document import View, render_document
from .svg import escape, svg_width
from .words import page_words

# Classes of the two drawings of a text, for wide screens and paper, and for narrow screens.
KINDS = ("wide", "narrow")

CSS = """
.clinrel{--ground:#fff;--ink:#1b1f24;--soft:#5b6470;--rule:#dfe3e8;--face:#f5f6f8;
color:var(--ink);background:var(--ground);line-height:1.5;
font-family:system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei",
"Noto Sans CJK SC","Source Han Sans SC",sans-serif}
.clinrel *{box-sizing:border-box}
.clinrel .page{max-width:WIDEpx;margin:0 auto;padding:16px}
.clinrel h1{font-size:22px;margin:8px 0 4px}
.clinrel h2{font-size:17px;margin:0 0 2px;overflow-wrap:anywhere}
.clinrel .soft{color:var(--soft);font-size:13px;margin:0 0 12px}
.clinrel .legend,.clinrel .contents{list-style:none;margin:8px 0 16px;padding:0;display:flex;
flex-wrap:wrap;gap:6px 10px;font-size:13px}
.clinrel .contents{display:block;columns:16em auto}
.clinrel .contents a{color:inherit}
.clinrel section{border-top:1px solid var(--rule);padding:16px 0 24px}
.clinrel section:first-of-type{border-top:0}
.clinrel svg.line{display:block;max-width:100%;height:auto;break-inside:avoid;margin:0}
.clinrel svg.opens{margin-top:6px}
.clinrel svg text{text-anchor:middle;fill:var(--ink);font-family:inherit}
.clinrel svg text.text{font-size:13.3px;
font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace}
.clinrel svg .w{font-size:16px;font-family:"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",
"Source Han Sans SC","WenQuanYi Micro Hei",sans-serif}
.clinrel .mention rect{fill:var(--fill);stroke:var(--line);stroke-width:.8}
.clinrel .mention text{font-size:9px;fill:var(--line)}
.clinrel .arc path,.clinrel .stub path{fill:none;stroke:var(--line);stroke-width:1.2}
.clinrel .arc .tip,.clinrel .stub .tip{fill:var(--line);stroke:none}
.clinrel .label rect{fill:var(--ground)}
.clinrel .label text{font-size:10.5px;fill:var(--line)}
.clinrel .arc:hover path,.clinrel .stub:hover path{stroke-width:2.4}
.clinrel .label:hover text{font-weight:bold}
.clinrel .narrow{display:none}
.clinrel table{border-collapse:collapse;width:100%;margin:14px 0 0;font-size:14px}
.clinrel th,.clinrel td{text-align:left;padding:5px 8px;border-bottom:1px solid var(--rule);
vertical-align:top;overflow-wrap:anywhere;background:none}
.clinrel td:nth-child(2){overflow-wrap:normal;word-break:keep-all}
.clinrel th{font-size:12px;font-weight:600;color:var(--soft)}
.clinrel tr{break-inside:avoid}
.clinrel .chip{display:inline-block;background:var(--fill);border:1px solid var(--line);
border-radius:4px;padding:0 6px}
.clinrel .chip small{font-size:11px;color:var(--line);margin-left:6px}
.clinrel .bar{display:block;width:100%;max-width:72px;height:4px;border-radius:2px;
background:var(--rule);margin-top:2px}
.clinrel .bar i{display:block;height:4px;border-radius:2px;background:var(--soft)}
.clinrel .note{background:var(--face);border-radius:6px;padding:10px 14px;color:var(--soft)}
@media (max-width:640px){.clinrel .page{padding:10px}.clinrel .wide{display:none}
.clinrel .narrow{display:block}.clinrel .narrow svg.line{width:100%;max-width:460px}
.clinrel table{font-size:13px}.clinrel th,.clinrel td{padding:5px 4px}}
@media screen and (prefers-color-scheme:dark){.clinrel{--ground:#15181c;--ink:#e7eaee;
--soft:#9aa4b0;--rule:#333a42;--face:#1f242a}}
@media print{.clinrel{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.clinrel .page{padding:0}.clinrel .wide{display:block}.clinrel .narrow{display:none}
.clinrel h2{break-after:avoid}}
"""


def render_documents(
    views: Sequence[View],
    tints: Dict[str, Tint],
    titles: Sequence[str],
    *,
    title: str,
    columns: Sequence[int],
    lang: str,
) -> str:
    """Documents one after the other, under a legend.

    views (Sequence[View]): The documents.
    tints (Dict[str, Tint]): Colours of the mentions' types.
    titles (Sequence[str]): A title for each, empty for none.
    title (str): A title above all, empty for none.
    columns (Sequence[int]): Line width on a wide and on a narrow screen.
    lang (str): Language of the page's own words.
    RETURNS (str): A style sheet and HTML that may stand anywhere in a page.
    """
    words = page_words(lang)
    mentions = Counter(m.label_ for view in views for m in view.mentions)
    relations = sum(len(view.relations) for view in views)
    parts = [f"<h1>{escape(title)}</h1>"] if title else []
    if len(views) != 1:
        parts.append(_counts(words, sum(mentions.values()), relations))
    if not views:
        parts.append(f'<p class="note">{escape(words["no_docs"])}</p>')
    elif not mentions and len(views) > 1:
        parts.append(f'<p class="note">{escape(words["nothing"])}</p>')
    parts.append(_legend(mentions, tints))
    names = [name or words["document"].format(n=i) for i, name in enumerate(titles, start=1)]
    if title and len(views) > 1:
        parts.append(_contents(views, names, words))
    widths = list(zip(KINDS, columns))
    for i, (view, name) in enumerate(zip(views, names), start=1):
        header = f"<h2>{escape(name)}</h2>" if titles[i - 1] or len(views) > 1 else ""
        counts = _counts(words, len(view.mentions), len(view.relations))
        body = render_document(view, tints, widths, lang)
        parts.append(f'<section id="document-{i}">{header}{counts}{body}</section>')
    content = "".join(parts)
    style = _style(tints.values(), columns[0])
    return f'<style>{style}</style><div class="clinrel"><div class="page">{content}</div></div>'


def wrap_page(content: str, title: str, lang: str) -> str:
    """Make a page of markup.

    content (str): The markup.
    title (str): The page's title.
    lang (str): The language of its text.
    RETURNS (str): A whole HTML page.
    """
    # The policy keeps the promise that the page loads nothing, whatever it shows.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(lang)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>body{{margin:0}}</style></head>"
        f"<body>{content}</body></html>\n"
    )


def _style(tints: Iterable[Tint], columns: int) -> str:
    light: List[str] = []
    dark: List[str] = []
    for tint in dict.fromkeys(tints):
        name = f".clinrel .{tint.name}"
        light.append(f"{name}{{--fill:{tint.fill};--line:{tint.ink}}}")
        dark.append(f"{name}{{--fill:{tint.dark_fill};--line:{tint.dark_ink}}}")
    css = CSS.replace("WIDE", f"{svg_width(columns) + 32:g}")
    scheme = "@media screen and (prefers-color-scheme:dark)"
    return f"{css}{''.join(light)}{scheme}{{{''.join(dark)}}}"


def _counts(words: Dict[str, str], mentions: int, relations: int) -> str:
    text = words["counts"].format(mentions=mentions, relations=relations)
    return f'<p class="soft">{escape(text)}</p>'


def _legend(mentions: Counter, tints: Dict[str, Tint]) -> str:
    items = "".join(
        f'<li><span class="chip {tints[label].name}">{escape(label)}</span> {count}</li>'
        for label, count in mentions.most_common()
    )
    return f'<ul class="legend">{items}</ul>' if items else ""


def _contents(views: Sequence[View], names: Sequence[str], words: Dict[str, str]) -> str:
    items = "".join(
        f'<li><a href="#document-{i}">{escape(name)}</a> ({len(view.relations)})</li>'
        for i, (view, name) in enumerate(zip(views, names), start=1)
    )
    return f'<nav aria-label="{escape(words["contents"])}"><ul class="contents">{items}</ul></nav>'
