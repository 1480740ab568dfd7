"""Visualization of mentions and relations, as arcs over the text or in displaCy's styles.

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
from ..tokens.palette import COLORS
from .colors import pick_tints
from .document import make_view
from .manual import STYLES, to_displacy
from .names import READABLE, NamesOption, check_names
from .page import make_style, render_documents, wrap_fragment, wrap_page
from .server import serve_page
from .translations import get_translation

__all__ = ["COLORS", "OPTIONS", "render", "serve", "to_displacy", "to_html"]

# Line width on a wide and on a narrow screen, in columns. A CJK character takes two columns.
COLUMNS = (100, 42)
MIN_COLUMNS = 20
OPTIONS = ("colors", "columns", "lang", "names", "threshold", "title")

Docs = Union[Doc, Iterable[Doc]]


def render(
    docs: Docs,
    style: str = "relations",
    page: bool = False,
    jupyter: Optional[bool] = None,
    options: Optional[Dict[str, Any]] = None,
) -> Optional[str]:
    """Render documents, like `spacy.displacy.render`.

    docs (Union[Doc, Iterable[Doc]]): One or more documents.
    style (str): "relations", or a style of displaCy: "ent", "span", "dep".
    page (bool): Return a complete HTML page instead of markup for another page. A notebook always
        displays the latter.
    jupyter (Optional[bool]): Whether to display the markup in a notebook instead of returning it.
        None to detect notebooks.
    options (Optional[Dict[str, Any]]): For "relations", the arguments `colors`, `columns`, `lang`,
        `names`, `threshold` and `title` of `to_html`; for other styles, options of displaCy.
    RETURNS (Optional[str]): The markup; None if it was displayed in a notebook.
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
    in_notebook = is_in_jupyter() if jupyter is None else jupyter
    # A notebook is a page already.
    markup = to_html(docs, page=page and not in_notebook, **_check_options(options or {}))
    if spacy_displacy.RENDER_WRAPPER is not None:
        markup = spacy_displacy.RENDER_WRAPPER(markup)
    if in_notebook:
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
    """Serve documents to a browser until interrupted, like `spacy.displacy.serve`.

    Like displaCy, this prints the address of the page.

    docs (Union[Doc, Iterable[Doc]]): One or more documents.
    style (str): "relations", or a style of displaCy: "ent", "span", "dep".
    page (bool): Return a complete HTML page instead of markup for another page.
    options (Optional[Dict[str, Any]]): See `render`.
    port (int): The port.
    host (str): The address to listen on. The default restricts access to this machine, because
        notes are confidential.
    auto_select_port (bool): Whether to use the next free port if this one is in use.
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
    names: NamesOption = READABLE,
) -> str:
    """Render documents as HTML: text with mentions, relations as arcs, and a list of the relations.

    Mentions show their assertion attributes, values and doses, if the document has any. Denied
    mentions are struck through, and the arcs of their relations are dashed. Measurements are
    underlined, section headings are bold.

    The HTML makes no network requests. A script adds filters and highlights; without the script,
    everything is shown. Where style sheets are removed, as in a notebook that is not trusted,
    markup for another page shows the text with marks and the list. The title of a document is
    `doc.user_data["title"]`.

    docs (Union[Doc, Iterable[Doc]]): One or more documents.
    page (bool): Return a complete HTML page instead of markup for another page.
    title (str): The title of the page.
    lang (Optional[str]): Language of the interface, "zh" or "en"; None for the language of the
        documents.
    columns (Tuple[int, int]): Line width on a wide and on a narrow screen, in characters. A CJK
        character counts as two.
    colors (Optional[Dict[str, str]]): Colours by type, `#rrggbb`. Dark colours are lightened so
        that the text on them is legible.
    threshold (float): Initial value of the confidence filter, from 0 to 1. Relations with a lower
        confidence are hidden until the reader moves the slider. Without the script, they are shown.
    names (Union[str, Mapping[str, str]]): "readable" to show readable names of types and relation
        labels, with the labels as tooltips; "codes" to show the labels; or names by label, which
        are used in addition to the readable ones, e.g. `{"FOLLOWS": "is followed by"}`. A label
        without a name is shown as it is.
    RETURNS (str): The HTML.
    RAISES (ValueError): If a line width is too small, the threshold is not from 0 to 1, the names
        are invalid, or an object is not a Doc.
    """
    check_names(names)
    if not 0 <= threshold <= 1:
        raise ValueError(Errors.V020.format(value=threshold))
    if len(columns) != 2 or min(columns) < MIN_COLUMNS:
        raise ValueError(Errors.V002.format(value=columns, least=MIN_COLUMNS))
    views = [make_view(doc) for doc in _as_list(docs)]
    lang = lang or (views[0].doc.lang_ if views else "en")
    title = title or (get_translation(lang)["title"] if page else "")
    tints = pick_tints((m.label_ for view in views for m in view.mentions), colors)
    content = render_documents(
        views,
        tints,
        title=title,
        columns=columns,
        lang=lang,
        threshold=threshold,
        names=names,
        is_page=page,
    )
    style = make_style(tints.values(), columns[0])
    html = wrap_page(content, style, title, lang) if page else wrap_fragment(content, style)
    return str(html)


def _as_list(docs: Docs) -> List[Doc]:
    doc_list = [docs] if isinstance(docs, Doc) else list(docs)
    for doc in doc_list:
        if not isinstance(doc, Doc):
            raise ValueError(Errors.V003.format(type=type(doc).__name__))
    return doc_list


def _check_options(options: Dict[str, Any]) -> Dict[str, Any]:
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise ValueError(Errors.V004.format(options=", ".join(unknown), known=", ".join(OPTIONS)))
    return options
