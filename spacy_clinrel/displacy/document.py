"""One document as markup: its text with mentions and arcs, and a table of its relations."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

from spacy.tokens import Doc, Span

from ..tokens import Relation, all_mentions, get_relations
from ..tokens.relation import span_key
from .arcs import Edge, draw_arcs
from .colors import Tint
from .layout import COLUMN, lay_out
from .svg import Style, escape, render_line
from .words import page_words


class View(NamedTuple):
    """What is shown of a document.

    doc (Doc): The document.
    mentions (List[Span]): All its mentions.
    relations (List[Relation]): Its relations in the order of the text.
    """

    doc: Doc
    mentions: List[Span]
    relations: List[Relation]


def make_view(doc: Doc) -> View:
    """Collect what is shown of a document.

    doc (Doc): The document.
    RETURNS (View): Its mentions and relations.
    """

    def position(relation: Relation) -> Tuple[int, int, int, int, str]:
        head, tail = relation.head, relation.tail
        return (head.start, head.end, tail.start, tail.end, relation.label)

    return View(doc, all_mentions(doc), sorted(get_relations(doc), key=position))


def percent(score: float) -> str:
    """A confidence as people read it.

    score (float): From 0 to 1.
    RETURNS (str): In percent, without decimals. Only what is certain is 100%.
    """
    return f"{min(round(score * 100), 99) if score < 1 else 100}%"


def render_document(
    view: View, tints: Dict[str, Tint], columns: Sequence[Tuple[str, int]], lang: str
) -> str:
    """The text of a document with mentions and arcs, and the table below it.

    view (View): The document.
    tints (Dict[str, Tint]): Colours of the mentions' types.
    columns (Sequence[Tuple[str, int]]): CSS class and line width of each drawing of the text.
    lang (str): Language of the page's own words.
    RETURNS (str): HTML. Of the drawings the style sheet shows the one that fits the screen.
    """
    words = page_words(lang)
    if not view.doc.text.strip():
        return _note(words["no_text"])
    # Gold relations are all certain: figures would say nothing.
    scored = any(relation.score < 1 for relation in view.relations)
    parts = [_drawing(view, tints, name, width, scored) for name, width in columns]
    if view.relations:
        parts.append(_table(view, tints, scored, words))
    else:
        parts.append(_note(words["no_relations" if view.mentions else "no_mentions"]))
    return "".join(parts)


def _drawing(view: View, tints: Dict[str, Tint], name: str, columns: int, scored: bool) -> str:
    bounds = [(m.start_char, m.end_char, m.label_) for m in view.mentions]
    index = {span_key(mention): i for i, mention in enumerate(view.mentions)}
    edges = [
        Edge(
            index[span_key(head)],
            index[span_key(tail)],
            f"{label} {percent(score)}" if scored else label,
        )
        for head, tail, label, score in view.relations
    ]
    notes = [
        f"{head.text} → {label} → {tail.text}{f' ({percent(score)})' if scored else ''}"
        for head, tail, label, score in view.relations
    ]
    lines = lay_out(view.doc.text, bounds, columns)
    wires = draw_arcs(lines, edges, [m.text for m in view.mentions], columns * COLUMN)
    labels = [m.label_ for m in view.mentions]
    style = Style(labels, tints, [edge.head for edge in edges], notes, columns)
    drawn = "".join(render_line(line, over, style) for line, over in zip(lines, wires))
    return f'<div class="drawing {name}">{drawn}</div>'


def _table(view: View, tints: Dict[str, Tint], scored: bool, words: Dict[str, str]) -> str:
    names = ["head", "relation", "tail", *(["score"] if scored else [])]
    header = "".join(f'<th scope="col">{escape(words[name])}</th>' for name in names)
    rows = []
    for head, tail, label, score in view.relations:
        cells = [_chip(head, tints), escape(label), _chip(tail, tints)]
        if scored:
            bar = f'<span class="bar"><i style="width:{_clip(score) * 100:.0f}%"></i></span>'
            cells.append(f"{percent(score)}{bar}")
        rows.append("".join(f"<td>{cell}</td>" for cell in cells))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"


def _chip(span: Span, tints: Dict[str, Tint]) -> str:
    label = span.label_
    text = escape(" ".join(span.text.split()))
    return f'<span class="chip {tints[label].name}">{text}<small>{escape(label)}</small></span>'


def _clip(score: float) -> float:
    return max(0.0, min(1.0, score))


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'
