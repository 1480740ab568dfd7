"""Preparation of mentions and relations of a document for the HTML template."""

from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from markupsafe import Markup
from spacy.tokens import Doc, Span

from ..tokens import Relation, all_mentions, get_relations, has_assertion
from ..tokens.group import span_key
from .arcs import Edge, draw_arcs
from .boxes import make_frame
from .facts import Facts, read_facts
from .layout import COLUMN, Bounds, lay_out
from .plain import Piece, split_at_mentions
from .ranges import find_bold_characters, find_headings, find_measured_characters
from .styles import (
    Look,
    MentionLook,
    describe_mention,
    is_denied,
    name_relation,
    style_heading,
    style_mention,
    style_relation,
    to_percent,
)
from .svg import Style, render_line


class View(NamedTuple):
    """A document with its mentions and relations.

    doc (Doc): The document.
    mentions (List[Span]): All mentions of the document.
    facts (List[Facts]): What is known of each mention besides its type.
    relations (List[Relation]): The relations, in text order.
    ends (List[Tuple[int, int]]): Index of the head and of the tail of each relation.
    """

    doc: Doc
    mentions: List[Span]
    facts: List[Facts]
    relations: List[Relation]
    ends: List[Tuple[int, int]]


class Row(NamedTuple):
    """A row in the list of relations.

    relation (Relation): The relation.
    head (MentionLook): How the head is shown.
    tail (MentionLook): How the tail is shown.
    name (str): The short name of the relation.
    note (str): The long name and the label; empty if the short name is the label.
    percent (int): The confidence in percent.
    data (Dict[str, Optional[str]]): Attributes of the row. Attributes with the value None are
        omitted.
    """

    relation: Relation
    head: MentionLook
    tail: MentionLook
    name: str
    note: str
    percent: int
    data: Dict[str, Optional[str]]


class Section(NamedTuple):
    """The variables of the template for one document.

    view (View): The document.
    title (str): The title, or an empty string.
    drawings (List[Tuple[str, Markup]]): CSS class and SVG of each drawing; the style sheet shows
        the drawing that fits the screen. Empty if the document has no text.
    rows (List[Row]): Rows of the list of relations.
    is_scored (bool): Whether to show confidences.
    is_asserted (bool): Whether the document is annotated with assertion attributes.
    looks (List[MentionLook]): How each mention is shown.
    pieces (List[Piece]): The text, split at the bounds of mentions.
    """

    view: View
    title: str
    drawings: List[Tuple[str, Markup]]
    rows: List[Row]
    is_scored: bool
    is_asserted: bool
    looks: List[MentionLook]
    pieces: List[Piece]


def make_view(doc: Doc) -> View:
    """Collect the mentions and relations of a document.

    doc (Doc): The document.
    RETURNS (View): The document with its mentions and relations.
    """

    def position(relation: Relation) -> Tuple[int, int, int, int, str]:
        head, tail = relation.head, relation.tail
        return (head.start, head.end, tail.start, tail.end, relation.label)

    mentions = all_mentions(doc)
    relations = sorted(get_relations(doc), key=position)
    index = {span_key(mention): i for i, mention in enumerate(mentions)}
    ends = [(index[span_key(head)], index[span_key(tail)]) for head, tail, *_ in relations]
    return View(doc, mentions, read_facts(doc, mentions), relations, ends)


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
    drawings = []
    if view.doc.text.strip():
        drawings = [(name, _draw(view, look, columns)) for name, columns in look.columns]
    is_scored = has_scores(view)
    looks = [describe_mention(m.label_, f, look) for m, f in zip(view.mentions, view.facts)]
    rows = []
    for i, (relation, (head, tail)) in enumerate(zip(view.relations, view.ends)):
        percent = to_percent(relation.score)
        data = {
            "data-relation": str(i),
            "data-head": str(head),
            "data-tail": str(tail),
            "data-label": str(look.labels[relation.label]),
            "data-score": str(percent) if is_scored else None,
            "class": "denied" if is_denied(view.facts[head], view.facts[tail]) else None,
        }
        name = name_relation(relation, view.facts[head], view.facts[tail], look)
        note = look.names.describe_relation(relation.label) if name != relation.label else ""
        rows.append(Row(relation, looks[head], looks[tail], name, note, percent, data))
    title = str(view.doc.user_data.get("title") or "")
    denied = [is_denied(facts) for facts in view.facts]
    pieces = split_at_mentions(view.doc.text, view.mentions, denied, look.tints)
    return Section(view, title, drawings, rows, is_scored, has_assertion(view.doc), looks, pieces)


def _draw(view: View, look: Look, columns: int) -> Markup:
    """Return the SVG of a text with mentions and arcs, in lines of the given width."""
    is_scored, facts, text = has_scores(view), view.facts, view.doc.text
    of_relations = [
        (relation, facts[head], facts[tail])
        for relation, (head, tail) in zip(view.relations, view.ends)
    ]
    relations = [style_relation(*ends, look, is_scored) for ends in of_relations]
    boxes = [style_mention(m.label_, f, look, columns) for m, f in zip(view.mentions, facts)]
    bounds: List[Bounds] = [
        (mention.start_char, mention.end_char, box.name)
        for mention, box in zip(view.mentions, boxes)
    ]
    headings = find_headings(view.doc)
    for heading in headings:
        style = style_heading(heading, text, look)
        if style.name:  # drawn like a mention below the text, which widens it as needed
            boxes.append(style)
            bounds.append((heading.start, heading.end, style.name))
    lines = lay_out(text, bounds, columns, list(map(make_frame, boxes)))
    edges = _name_edges(of_relations, view.ends, look, is_scored)
    wires = draw_arcs(lines, edges, [m.text for m in view.mentions], columns * COLUMN)
    measured = find_measured_characters(view.doc)
    drawing = Style(boxes, relations, find_bold_characters(headings), measured, columns)
    # Safe as Markup, because `render_line` escapes texts.
    return Markup("".join(render_line(line, over, drawing) for line, over in zip(lines, wires)))


def _name_edges(
    relations: Sequence[Tuple[Relation, Facts, Facts]],
    ends: Sequence[Tuple[int, int]],
    look: Look,
    is_scored: bool,
) -> List[Edge]:
    """Return the arcs of relations with their labels."""
    edges = []
    for (relation, head, tail), pair in zip(relations, ends):
        score = f" {to_percent(relation.score)}%" if is_scored else ""
        edges.append(Edge(*pair, f"{name_relation(relation, head, tail, look)}{score}"))
    return edges
