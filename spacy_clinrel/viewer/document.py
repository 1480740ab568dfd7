"""One document as markup: its text with mentions and arcs, and a list of its relations."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..tokens import Relation, all_mentions, get_relations
from ..tokens.markup import escape_html
from ..tokens.relation import span_key
from .arcs import Edge, draw_arcs
from .colors import Tint
from .layout import COLUMN, lay_out
from .svg import Style, render_line


class View(NamedTuple):
    """What is shown of a document.

    doc (Doc): The document.
    mentions (List[Span]): All its mentions.
    relations (List[Relation]): Its relations in the order of the text.
    """

    doc: Doc
    mentions: List[Span]
    relations: List[Relation]


class Look(NamedTuple):
    """What all documents of a page have in common.

    tints (Dict[str, Tint]): Colours of the mentions' types.
    types (Dict[str, int]): Numbers of the types, as the filters count them.
    labels (Dict[str, int]): Numbers of the relations' labels.
    columns (Sequence[Tuple[str, int]]): CSS class and line width of each drawing of a text.
    words (Dict[str, str]): The page's own words.
    """

    tints: Dict[str, Tint]
    types: Dict[str, int]
    labels: Dict[str, int]
    columns: Sequence[Tuple[str, int]]
    words: Dict[str, str]


def make_view(doc: Doc) -> View:
    """Collect what is shown of a document.

    doc (Doc): The document.
    RETURNS (View): Its mentions and relations.
    """

    def position(relation: Relation) -> Tuple[int, int, int, int, str]:
        head, tail = relation.head, relation.tail
        return (head.start, head.end, tail.start, tail.end, relation.label)

    return View(doc, all_mentions(doc), sorted(get_relations(doc), key=position))


def percent(score: float) -> int:
    """A confidence as people read it.

    score (float): From 0 to 1; what is beyond counts as the nearer of both.
    RETURNS (int): Percent. Only what is certain is 100.
    """
    return min(round(max(score, 0.0) * 100), 99) if score < 1 else 100


def is_scored(view: View) -> bool:
    """Whether confidences say anything: gold relations are all certain.

    view (View): A document.
    RETURNS (bool): Whether any relation is less than certain.
    """
    return any(relation.score < 1 for relation in view.relations)


def render_document(view: View, look: Look) -> str:
    """The text of a document with mentions and arcs, and the list of its relations.

    view (View): The document.
    look (Look): What all documents of the page have in common.
    RETURNS (str): HTML. Of the drawings the style sheet shows the one that fits the screen.
    """
    if not view.doc.text.strip():
        return _note(look.words["no_text"])
    index = {span_key(mention): i for i, mention in enumerate(view.mentions)}
    ends = [(index[span_key(head)], index[span_key(tail)]) for head, tail, *_ in view.relations]
    text = "".join(_drawing(view, ends, look, name, width) for name, width in look.columns)
    if view.relations:
        listed = _table(view, ends, look)
    else:
        listed = _note(look.words["no_relations" if view.mentions else "no_mentions"])
    return f'<div class="pair"><div>{text}</div><div class="list">{listed}</div></div>'


def _drawing(
    view: View, ends: Sequence[Tuple[int, int]], look: Look, name: str, columns: int
) -> str:
    bounds = [(m.start_char, m.end_char, m.label_) for m in view.mentions]
    scores = [f" {percent(r.score)}%" if is_scored(view) else "" for r in view.relations]
    edges = [
        Edge(*pair, f"{relation.label}{score}")
        for pair, relation, score in zip(ends, view.relations, scores)
    ]
    notes = [
        f"{head.text} → {label} → {tail.text}{score and f' ({score.strip()})'}"
        for (head, tail, label, _), score in zip(view.relations, scores)
    ]
    lines = lay_out(view.doc.text, bounds, columns)
    wires = draw_arcs(lines, edges, [m.text for m in view.mentions], columns * COLUMN)
    labels = [m.label_ for m in view.mentions]
    style = Style(labels, look.tints, look.types, [head for head, _ in ends], notes, columns)
    drawn = "".join(render_line(line, over, style) for line, over in zip(lines, wires))
    return f'<div class="drawing {name}">{drawn}</div>'


def _table(view: View, ends: Sequence[Tuple[int, int]], look: Look) -> str:
    scored = is_scored(view)
    names = ["head", "relation", "tail", *(["score"] if scored else [])]
    header = "".join(f'<th scope="col">{escape_html(look.words[name])}</th>' for name in names)
    rows = []
    for i, ((head, tail, label, score), pair) in enumerate(zip(view.relations, ends)):
        cells = [_chip(head, look.tints), escape_html(label), _chip(tail, look.tints)]
        data = f'data-relation="{i}" data-head="{pair[0]}" data-tail="{pair[1]}"'
        data += f' data-label="{look.labels[label]}"'
        if scored:
            cells.append(f"{percent(score)}%{_bar(percent(score))}")
            data += f' data-score="{percent(score)}"'
        rows.append(f"<tr {data}>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    return f"<table><thead><tr>{header}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _bar(score: int) -> str:
    return (
        '<svg class="score" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{score}" height="4"/></svg>'
    )


def _chip(span: Span, tints: Dict[str, Tint]) -> str:
    label = span.label_
    text = escape_html(" ".join(span.text.split()))
    return (
        f'<span class="chip {tints[label].name}">{text}<small>{escape_html(label)}</small></span>'
    )


def _note(text: str) -> str:
    return f'<p class="note">{escape_html(text)}</p>'
