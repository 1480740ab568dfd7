"""Rendering of documents as an HTML page, or as markup for another page.

The HTML is self-contained and makes no network requests. The markup shows everything; the script
adds filters, highlights and keyboard control.
"""

from base64 import b64encode
from collections import Counter
from hashlib import sha256
from typing import Dict, Iterable, List, Sequence

from markupsafe import Markup

from .colors import INK, Tint
from .document import View, has_scores, make_section
from .facts import ASSERTION_FILTERS
from .names import READABLE, Names, NamesOption
from .rendering import read_asset, render_template
from .styles import Look, to_percent
from .svg import svg_width
from .translations import get_translation

# CSS classes of the two drawings of a text, for wide screens and paper, and for narrow screens.
DRAWINGS = ("wide", "narrow")
GAP = 24  # distance between a text and the list beside it, in pixels
LIST_WIDTH = 300  # minimum width of a list beside its text, in pixels


def make_style(tints: Iterable[Tint], columns: int) -> Markup:
    """Create the style sheet of a page.

    tints (Iterable[Tint]): The colours of the mention types.
    columns (int): Line width on a wide screen, in columns.
    RETURNS (Markup): CSS. All rules are limited to the class `clinrel`. Rules that differ between
        pages have different selectors, so that a notebook can contain several outputs.
    """
    rules = render_template(
        "page.css",
        width_class=_width_class(columns),
        width=svg_width(columns),
        gap=GAP,
        list_width=LIST_WIDTH,
        tints=list(dict.fromkeys(tints)),
    )
    return Markup(read_asset("viewer.css")) + rules


def render_documents(
    views: Sequence[View],
    tints: Dict[str, Tint],
    *,
    title: str,
    columns: Sequence[int],
    lang: str,
    threshold: float = 0.0,
    names: NamesOption = READABLE,
    is_page: bool = False,
) -> Markup:
    """Render documents below filters and a legend.

    views (Sequence[View]): The documents.
    tints (Dict[str, Tint]): Colours of the mention types.
    title (str): A title above all documents; empty for none.
    columns (Sequence[int]): Line width on a wide and on a narrow screen, in columns.
    lang (str): Language of the interface.
    threshold (float): Initial value of the confidence filter.
    names (Union[str, Mapping[str, str]]): The names of types and labels, see `Names`.
    is_page (bool): Whether the documents are a page of their own, which gets a table of contents
        with links. Otherwise, the text with inline styles is added, which is shown where style
        sheets are removed.
    RETURNS (Markup): The HTML.
    """
    types = dict(Counter(m.label_ for view in views for m in view.mentions).most_common())
    labels = dict(Counter(r.label for view in views for r in view.relations).most_common())
    assertions = count_assertions(views)
    look = Look(
        tints,
        _number(types),
        _number(labels),
        _number(assertions),
        list(zip(DRAWINGS, columns)),
        Names(lang, names, types),
        get_translation(lang),
    )
    return render_template(
        "documents.html",
        sections=[make_section(view, look) for view in views],
        types=types,
        labels=labels,
        assertions=assertions,
        tints=tints,
        names=look.names,
        title=title,
        lang=lang,
        strings=look.strings,
        threshold=to_percent(threshold) if any(map(has_scores, views)) else None,
        is_page=is_page,
        ink=INK,
        width_class=_width_class(columns[0]),
    )


def count_assertions(views: Iterable[View]) -> Dict[str, int]:
    """Count the mentions of each assertion filter.

    views (Iterable[View]): The documents.
    RETURNS (Dict[str, int]): Numbers of mentions by attribute, and of affirmed mentions, in the
        order of the legend. Without filters that have no mention.
    """
    found: List[str] = [
        name
        for view in views
        for mention, facts in zip(view.mentions, view.facts)
        for name in facts.get_filters(mention.label_)
    ]
    counts = Counter(found)
    return {name: counts[name] for name in ASSERTION_FILTERS if counts[name]}


def wrap_fragment(content: Markup, style: Markup) -> Markup:
    """Add the style sheet and the script to documents that are shown in another page, e.g. a
    notebook.

    content (Markup): The documents.
    style (Markup): The style sheet.
    RETURNS (Markup): The HTML.
    """
    script = Markup(read_asset("viewer.js"))
    return render_template("fragment.html", content=content, style=style, script=script)


def wrap_page(content: Markup, style: Markup, title: str, lang: str) -> Markup:
    """Create a complete HTML page.

    The content security policy of the page blocks all requests, and all scripts and styles except
    those of the viewer, whatever the documents contain.

    content (Markup): The documents.
    style (Markup): The style sheet.
    title (str): The title of the page.
    lang (str): The language of the page.
    RETURNS (Markup): The page.
    """
    # If a notebook displays the page, these rules do not affect it or its other outputs.
    style = Markup("body:has(>.clinrel){margin:0}body>.clinrel{min-height:100vh}") + style
    policy = f"default-src 'none'; style-src {_digest(style)}; script-src {script_source()}"
    return render_template(
        "page.html",
        content=content,
        style=style,
        script=Markup(read_asset("viewer.js")),
        policy=Markup(policy),
        title=title,
        lang=lang,
    )


def script_source() -> str:
    """Return the hash source that allows the viewer's script in a content security policy.

    RETURNS (str): The value for `script-src`.
    """
    return _digest(read_asset("viewer.js"))


def _digest(source: str) -> str:
    """Return the hash that allows a style sheet or script in a content security policy."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def _width_class(columns: int) -> str:
    return f"w{columns}"


def _number(counts: Dict[str, int]) -> Dict[str, int]:
    return {label: i for i, label in enumerate(counts)}
