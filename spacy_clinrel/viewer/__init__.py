"""Seeing what was found: mentions and relations drawn over the text, and in displaCy's styles.

from spacy_clinrel import displacy
displacy.render(doc)                # in a notebook
displacy.serve(docs)                # in a browser on this machine
html = displacy.to_html(docs, page=True)
"""

from typing import Any, Dict, Iterable, List, Optional, Tuple, Union

from spacy import displacy as spacy_displacy
from spacy.tokens import Doc
from spacy.util import is_in_jupyter

from ..errors import Errors
from .colors import COLORS, pick_tints
from .document import make_view
from .manual import STYLES, to_displacy
from .page import make_style, render_documents, wrap_fragment, wrap_page
from .server import serve_page
from .words import page_words

__all__ = ["COLORS", "OPTIONS", "render", "serve", "to_displacy", "to_html"]

# Columns on a wide and on a narrow screen; a CJK character takes two.
COLUMNS = (100, 42)
MIN_COLUMNS = 20
OPTIONS = ("colors", "columns", "lang", "threshold", "title")

Docs = Union[Doc, Iterable[Doc]]


def render(
    docs: Docs,
    style: str = "relations",
    page: bool = False,
    jupyter: Optional[bool] = None,
    options: Optional[Dict[str, Any]] = None,
) -> Optional[str]:
    """Show documents, as `spacy.displacy.render` does.

    docs (Union[Doc, Iterable[Doc]]): One or several documents.
    style (str): "relations", or one of displaCy's: "ent", "span", "dep".
    page (bool): Make a whole HTML page.
    jupyter (Optional[bool]): Whether to display instead of returning. None finds out.
    options (Optional[Dict[str, Any]]): For "relations" see `to_html`; for others see displaCy.
    RETURNS (Optional[str]): The markup; None where it was displayed.
    RAISES (ValueError): If the style or an option is unknown.
    """
    if style != "relations":
        if style not in STYLES:
            allowed = ", ".join(("relations", *STYLES))
            raise ValueError(Errors.V001.format(style=style, allowed=allowed))
        parsed = [to_displacy(doc, style) for doc in _as_list(docs)]
        return spacy_displacy.render(
            parsed, style=style, page=page, jupyter=jupyter, options=options or {}, manual=True
        )
    markup = to_html(docs, page=page, **_checked(options or {}))
    if spacy_displacy.RENDER_WRAPPER is not None:
        markup = spacy_displacy.RENDER_WRAPPER(markup)
    if jupyter or (jupyter is None and is_in_jupyter()):
        from IPython.display import HTML, display

        return display(HTML(markup))
    return markup


def serve(
    docs: Docs,
    style: str = "relations",
    page: bool = True,
    options: Optional[Dict[str, Any]] = None,
    port: int = 5000,
    host: str = "127.0.0.1",
    auto_select_port: bool = False,
) -> None:
    """Show documents in a browser, as `spacy.displacy.serve` does, until interrupted.

    docs (Docs): One or several documents.
    style (str): "relations", or one of displaCy's: "ent", "span", "dep".
    page (bool): Make a whole HTML page.
    options (Optional[Dict[str, Any]]): See `render`.
    port (int): The port.
    host (str): The address to listen at. By default only this machine can see the page, for notes
        are nobody else's business.
    auto_select_port (bool): Whether to take the next free port if this one is in use.
    RAISES (ValueError): If the port is in use, or the style or an option is unknown.
    """
    markup = render(docs, style=style, page=page, jupyter=False, options=options)
    serve_page(markup or "", host, port, auto_select_port)


def to_html(
    docs: Docs,
    *,
    page: bool = False,
    title: str = "",
    lang: Optional[str] = None,
    columns: Tuple[int, int] = COLUMNS,
    colors: Optional[Dict[str, str]] = None,
    threshold: float = 0.0,
) -> str:
    """Draw documents: text with mentions, relations as arcs, and a list of the relations.

    Nothing is loaded. A small script filters and highlights; where none runs, all is there still.
    A document's own title is `doc.user_data["title"]`.

    docs (Union[Doc, Iterable[Doc]]): One or several documents.
    page (bool): Make a whole HTML page, not only markup for one.
    title (str): The page's title.
    lang (Optional[str]): Language of the page's own words, "zh" or "en"; None for the documents'.
    columns (Tuple[int, int]): Length of a line on a wide and on a narrow screen, in characters; a
        CJK one counts twice.
    colors (Optional[Dict[str, str]]): Colours by type, `#rrggbb`. Dark ones are made lighter, so
        that the text on them can be read.
    threshold (float): Hide relations of less confidence at first, from 0 to 1. The page's slider
        brings them back; without a script they are shown.
    RETURNS (str): HTML.
    RAISES (ValueError): If a line is too short, there is no such confidence, or what is given is
        no Doc.
    """
    if not 0 <= threshold <= 1:
        raise ValueError(Errors.V020.format(value=threshold))
    if len(columns) != 2 or min(columns) < MIN_COLUMNS:
        raise ValueError(Errors.V002.format(value=columns, least=MIN_COLUMNS))
    views = [make_view(doc) for doc in _as_list(docs)]
    lang = lang or (views[0].doc.lang_ if views else "en")
    title = title or (page_words(lang)["title"] if page else "")
    tints = pick_tints((m.label_ for view in views for m in view.mentions), colors)
    titles = [str(view.doc.user_data.get("title") or "") for view in views]
    content = render_documents(
        views,
        tints,
        titles,
        title=title,
        columns=columns,
        lang=lang,
        threshold=threshold,
        anchors=page,
    )
    css = make_style(tints.values(), columns[0])
    return wrap_page(content, css, title, lang) if page else wrap_fragment(content, css)


def _as_list(docs: Docs) -> List[Doc]:
    listed = [docs] if isinstance(docs, Doc) else list(docs)
    for doc in listed:
        if not isinstance(doc, Doc):
            raise ValueError(Errors.V003.format(type=type(doc).__name__))
    return listed


def _checked(options: Dict[str, Any]) -> Dict[str, Any]:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise ValueError(Errors.V004.format(options=", ".join(unknown), known=", ".join(OPTIONS)))
    return options
