"""Documents as one file that needs nothing but itself: no request, whatever it shows.

Everything is said by the markup; the script adds filters, highlights and keys.
"""

from base64 import b64encode
from collections import Counter
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Dict, Iterable, List, Sequence

from ..tokens.markup import escape_html
from .colors import Tint
from .controls import render_controls, render_legend
from .document import Look, View, is_scored, percent, render_document
from .svg import svg_width
from .words import page_words

# Classes of the two drawings of a text, for wide screens and paper, and for narrow screens.
KINDS = ("wide", "narrow")
GAP = 24
LIST = 300  # least width of a list that stands beside its text
# Where both fit, the list stands beside the text and stays while the text moves.
BESIDE = """
.clinrel .{name}{{max-width:{most:g}px}}
@container (min-width:{least:g}px){{.clinrel .{name} .pair{{display:grid;gap:{gap}px;
grid-template-columns:{width:g}px minmax(0,1fr)}}}}
@media screen{{@container (min-width:{least:g}px){{.clinrel .{name} .list{{position:sticky;
top:calc(var(--bar) + 8px);align-self:start;overflow:auto;
max-height:calc(100vh - var(--bar) - 16px)}}}}}}
"""


@lru_cache
def read_asset(name: str) -> str:
    """A file that stands beside this one.

    name (str): Its name.
    RETURNS (str): What it holds.
    """
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def make_style(tints: Iterable[Tint], columns: int) -> str:
    """The style sheet of a page.

    tints (Iterable[Tint]): The colours in use.
    columns (int): Line width on a wide screen.
    RETURNS (str): CSS. Its rules hold for elements of class `clinrel` alone, and what differs
        between two pages has names of its own, so that a notebook may hold several.
    """
    width = svg_width(columns)
    parts = [read_asset("viewer.css")]
    parts.append(
        BESIDE.format(
            name=_width_class(columns),
            width=width,
            least=width + GAP + LIST + 32,
            most=width + GAP + 1.6 * LIST + 32,
            gap=GAP,
        )
    )
    both: List[str] = []
    for tint in dict.fromkeys(tints):
        name = f".clinrel .{tint.name}"
        parts.append(f"{name}{{--fill:{tint.fill};--line:{tint.ink}}}")
        fill = f"light-dark({tint.fill},{tint.dark_fill})"
        both.append(f"{name}{{--fill:{fill};--line:light-dark({tint.ink},{tint.dark_ink})}}")
    return f"{''.join(parts)}@supports (color:light-dark(#000,#fff)){{{''.join(both)}}}"


def render_documents(
    views: Sequence[View],
    tints: Dict[str, Tint],
    titles: Sequence[str],
    *,
    title: str,
    columns: Sequence[int],
    lang: str,
    threshold: float = 0.0,
    anchors: bool = False,
) -> str:
    """Documents one after the other, under filters and a legend.

    views (Sequence[View]): The documents.
    tints (Dict[str, Tint]): Colours of the mentions' types.
    titles (Sequence[str]): A title for each, empty for none.
    title (str): A title above all, empty for none.
    columns (Sequence[int]): Line width on a wide and on a narrow screen.
    lang (str): Language of the page's own words.
    threshold (float): The confidence that the filter begins with.
    anchors (bool): Whether to list the documents with links to them.
    RETURNS (str): HTML.
    """
    words = page_words(lang)
    types = dict(Counter(m.label_ for view in views for m in view.mentions).most_common())
    labels = dict(Counter(r.label for view in views for r in view.relations).most_common())
    parts = [f"<h1>{escape_html(title)}</h1>"] if title else []
    if len(views) != 1:
        parts.append(_counts(words, sum(types.values()), sum(labels.values())))
    if not views:
        parts.append(f'<p class="note">{escape_html(words["no_docs"])}</p>')
    elif not types and len(views) > 1:
        parts.append(f'<p class="note">{escape_html(words["nothing"])}</p>')
    least = percent(threshold) if any(map(is_scored, views)) else None
    parts += [render_legend(types, tints), render_controls(types, labels, tints, words, least)]
    names = [name or words["document"].format(n=i) for i, name in enumerate(titles, start=1)]
    if anchors and len(views) > 1:
        parts.append(_contents(views, names, words))
    look = Look(tints, _numbers(types), _numbers(labels), list(zip(KINDS, columns)), words)
    for i, (view, name) in enumerate(zip(views, names), start=1):
        header = f"<h2>{escape_html(name)}</h2>" if titles[i - 1] or len(views) > 1 else ""
        counts = _counts(words, len(view.mentions), len(view.relations))
        anchor = f' id="document-{i}"' if anchors else ""
        body = render_document(view, look)
        parts.append(f"<section{anchor}>{header}{counts}{body}</section>")
    parts.append('<p class="picked" role="status"></p>')
    page = f'<div class="page {_width_class(columns[0])}">{"".join(parts)}</div>'
    return f'<div class="clinrel" lang="{escape_html(lang)}">{page}</div>'


def wrap_fragment(content: str, style: str) -> str:
    """Make markup that may stand anywhere in a page, a notebook's for one.

    content (str): The documents.
    style (str): Their style sheet.
    RETURNS (str): HTML with style sheet and script.
    """
    return f"<style>{style}</style>{content}<script>{read_asset('viewer.js')}</script>"


def wrap_page(content: str, style: str, title: str, lang: str) -> str:
    """Make a page.

    content (str): The documents.
    style (str): Their style sheet.
    title (str): The page's title.
    lang (str): The language of its text.
    RETURNS (str): A whole HTML page. Its policy keeps the promise that nothing is loaded and that
        no script runs but ours, whatever the page shows.
    """
    style = f"body{{margin:0}}.clinrel{{min-height:100vh}}{style}"
    script = read_asset("viewer.js")
    policy = f"default-src 'none'; style-src {_digest(style)}; script-src {script_source()}"
    return (
        f'<!DOCTYPE html>\n<html lang="{escape_html(lang)}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape_html(title)}</title><style>{style}</style></head>"
        f"<body>{content}<script>{script}</script></body></html>\n"
    )


def script_source() -> str:
    """How the policy of a page allows the viewer's script and no other.

    RETURNS (str): What stands after `script-src`.
    """
    return _digest(read_asset("viewer.js"))


def _digest(source: str) -> str:
    """How a policy names the one style sheet or script that it allows."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def _width_class(columns: int) -> str:
    return f"w{columns}"


def _numbers(counts: Dict[str, int]) -> Dict[str, int]:
    return {label: i for i, label in enumerate(counts)}


def _counts(words: Dict[str, str], mentions: int, relations: int) -> str:
    text = words["counts"].format(mentions=mentions, relations=relations)
    return f'<p class="soft">{escape_html(text)}</p>'


def _contents(views: Sequence[View], names: Sequence[str], words: Dict[str, str]) -> str:
    items = "".join(
        f'<li><a href="#document-{i}">{escape_html(name)}</a> ({len(view.relations)})</li>'
        for i, (view, name) in enumerate(zip(views, names), start=1)
    )
    name = escape_html(words["contents"])
    return f'<nav aria-label="{name}"><ul class="contents">{items}</ul></nav>'
