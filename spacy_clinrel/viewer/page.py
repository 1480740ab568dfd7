"""HTML of documents: a page, or markup to put into one.

The file contains all that it needs and requests nothing. The markup shows everything; the script
adds filters, highlights and keys.
"""

from base64 import b64encode
from collections import Counter
from hashlib import sha256
from typing import Dict, Iterable, Sequence

from markupsafe import Markup

from .colors import Tint
from .document import Look, View, has_scores, make_section, to_percent
from .rendering import read_asset, render_template
from .svg import svg_width
from .translations import get_translation

# CSS classes of the two drawings of a text, for wide screens and paper, and for narrow screens.
DRAWINGS = ("wide", "narrow")
GAP = 24  # pixels between a text and the list beside it
LIST_WIDTH = 300  # minimum width of a list beside its text, in pixels


def make_style(tints: Iterable[Tint], columns: int) -> Markup:
    """Make the style sheet of a page.

    tints (Iterable[Tint]): The colours of the mentions' types.
    columns (int): Line width on a wide screen.
    RETURNS (Markup): CSS. Its rules only apply within the class `clinrel`, and rules that differ
        between pages have different selectors, so that a notebook can hold several outputs.
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
    has_anchors: bool = False,
) -> Markup:
    """Render documents below filters and a legend.

    views (Sequence[View]): The documents.
    tints (Dict[str, Tint]): Colours of the mentions' types.
    title (str): A title above all documents; empty for none.
    columns (Sequence[int]): Line width on a wide and on a narrow screen.
    lang (str): Language of the interface.
    threshold (float): Initial value of the confidence filter.
    has_anchors (bool): Whether to link to each document from a list of contents.
    RETURNS (Markup): HTML.
    """
    types = dict(Counter(m.label_ for view in views for m in view.mentions).most_common())
    labels = dict(Counter(r.label for view in views for r in view.relations).most_common())
    look = Look(tints, _number(types), _number(labels), list(zip(DRAWINGS, columns)))
    return render_template(
        "documents.html",
        sections=[make_section(view, look) for view in views],
        types=types,
        labels=labels,
        tints=tints,
        title=title,
        lang=lang,
        strings=get_translation(lang),
        threshold=to_percent(threshold) if any(map(has_scores, views)) else None,
        has_anchors=has_anchors,
        width_class=_width_class(columns[0]),
    )


def wrap_fragment(content: Markup, style: Markup) -> Markup:
    """Add the style sheet and the script, for markup within another page such as a notebook.

    content (Markup): The documents.
    style (Markup): Their style sheet.
    RETURNS (Markup): HTML.
    """
    script = Markup(read_asset("viewer.js"))
    return render_template("fragment.html", content=content, style=style, script=script)


def wrap_page(content: Markup, style: Markup, title: str, lang: str) -> Markup:
    """Make a complete HTML page.

    Its content security policy blocks all requests, and all scripts and styles but the viewer's,
    whatever the documents contain.

    content (Markup): The documents.
    style (Markup): Their style sheet.
    title (str): The page's title.
    lang (str): The language of its text.
    RETURNS (Markup): The page.
    """
    style = Markup("body{margin:0}.clinrel{min-height:100vh}") + style
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
    """Return the source that allows the viewer's script in a content security policy.

    RETURNS (str): The value for `script-src`.
    """
    return _digest(read_asset("viewer.js"))


def _digest(source: str) -> str:
    """Return the hash by which a content security policy allows a style sheet or script."""
    return f"'sha256-{b64encode(sha256(source.encode()).digest()).decode()}'"


def _width_class(columns: int) -> str:
    return f"w{columns}"


def _number(counts: Dict[str, int]) -> Dict[str, int]:
    return {label: i for i, label in enumerate(counts)}
