"""Preparation of mentions and relations of a document for the HTML template."""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from markupsafe import Markup
from spacy.tokens import Doc, Span

from ..tokens import Relation, all_mentions, get_relations
from ..tokens.group import span_key
from .arcs import Edge, draw_arcs
from .colors import Tint
from .layout import COLUMN, lay_out
from .svg import Style, render_line


class View(NamedTuple):
    """A document with its mentions and relations.

    doc (Doc): The document.
    mentions (List[Span]): All mentions of the document.
    relations (List[Relation]): The relations, in text order.
    """

    doc: Doc
    mentions: List[Span]
    relations: List[Relation]


class Look(NamedTuple):
    """Settings for all documents of a page.

    tints (Dict[str, Tint]): Colours of the mention types.
    types (Dict[str, int]): Index of each type. The script filters by it.
    labels (Dict[str, int]): Index of each relation label.
    columns (Sequence[Tuple[str, int]]): CSS class and line width (in columns) of each drawing of a
        text.
    """

    tints: Dict[str, Tint]
    types: Dict[str, int]
    labels: Dict[str, int]
    columns: Sequence[Tuple[str, int]]


class Row(NamedTuple):
    """A row in the list of relations.

    relation (Relation): The relation.
    percent (int): The confidence in percent.
    data (Dict[str, Optional[int]]): Data attributes for the script. Attributes with the value None
        are omitted.
    """

    relation: Relation
    percent: int
    data: Dict[str, Optional[int]]


class Section(NamedTuple):
    """The variables of the template for one document.

    view (View): The document.
    title (str): The title, or an empty string.
    drawings (List[Tuple[str, Markup]]): CSS class and SVG of each drawing; the style sheet shows
        the drawing that fits the screen. Empty if the document has no text.
    rows (List[Row]): Rows of the list of relations.
    is_scored (bool): Whether to show confidences.
    """

    view: View
    title: str
    drawings: List[Tuple[str, Markup]]
    rows: List[Row]
    is_scored: bool


def make_view(doc: Doc) -> View:
    """Collect the mentions and relations of a document.

    doc (Doc): The document.
    RETURNS (View): The document with its mentions and relations.
    """

    def position(relation: Relation) -> Tuple[int, int, int, int, str]:
        head, tail = relation.head, relation.tail
        return (head.start, head.end, tail.start, tail.end, relation.label)

    return View(doc, all_mentions(doc), sorted(get_relations(doc), key=position))


def to_percent(score: float) -> int:
    """Return a confidence in percent.

    score (float): The confidence. Values below 0 and above 1 count as 0 and 1, NaN as 0.
    RETURNS (int): The percentage, from 0 to 100. A confidence below 1 never becomes 100.
    """
    if score >= 1:
        return 100
    return min(round(score * 100), 99) if score > 0 else 0


def has_scores(view: View) -> bool:
    """Check whether any relation has a confidence below 1. Gold relations have confidence 1.

    view (View): A document.
    RETURNS (bool): Whether to show confidences.
    """
    return any(not relation.score >= 1 for relation in view.relations)  # also if it is NaN


def make_section(view: View, look: Look) -> Section:
    """Draw the text of a document and list its relations.

    view (View): The document.
    look (Look): Settings of the page.
    RETURNS (Section): The variables of the template.
    """
    index = {span_key(mention): i for i, mention in enumerate(view.mentions)}
    ends = [(index[span_key(head)], index[span_key(tail)]) for head, tail, *_ in view.relations]
    drawings = []
    if view.doc.text.strip():
        drawings = [(name, _draw(view, ends, look, columns)) for name, columns in look.columns]
    is_scored = has_scores(view)
    rows = []
    for i, (relation, (head, tail)) in enumerate(zip(view.relations, ends)):
        percent = to_percent(relation.score)
        data = {
            "data-relation": i,
            "data-head": head,
            "data-tail": tail,
            "data-label": look.labels[relation.label],
            "data-score": percent if is_scored else None,
        }
        rows.append(Row(relation, percent, data))
    title = str(view.doc.user_data.get("title") or "")
    return Section(view, title, drawings, rows, is_scored)


def _draw(view: View, ends: Sequence[Tuple[int, int]], look: Look, columns: int) -> Markup:
    """Return the SVG of a text with mentions and arcs, in lines of the given width."""
    bounds = [(m.start_char, m.end_char, m.label_) for m in view.mentions]
    scores = [f"{to_percent(r.score)}%" if has_scores(view) else "" for r in view.relations]
    edges = [
        Edge(*pair, f"{relation.label}{score and f' {score}'}")
        for pair, relation, score in zip(ends, view.relations, scores)
    ]
    notes = [
        f"{head.text} → {label} → {tail.text}{score and f' ({score})'}"
        for (head, tail, label, _), score in zip(view.relations, scores)
    ]
    lines = lay_out(view.doc.text, bounds, columns)
    wires = draw_arcs(lines, edges, [m.text for m in view.mentions], columns * COLUMN)
    labels = [m.label_ for m in view.mentions]
    style = Style(labels, look.tints, look.types, [head for head, _ in ends], notes, columns)
    # Safe as Markup, because `render_line` escapes texts.
    return Markup("".join(render_line(line, over, style) for line, over in zip(lines, wires)))
