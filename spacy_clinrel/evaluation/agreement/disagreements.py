"""Kinds of disagreement between two annotations, with examples."""

from collections import defaultdict
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence

from ..error_report.assertion import sort_names
from ..error_report.matching import match_mentions, pair_relations
from ..scorers import MentionKey, RelationKey
from .notes import Note
from .scores import AgreedAttributes

MENTION = "mention"
BOUNDARY = "boundary"
TYPE = "type"
BOUNDARY_AND_TYPE = "boundary and type"
RELATION = "relation"
LABEL = "label"
DIRECTION = "direction"
ATTRIBUTE = "attribute"


class Kind(NamedTuple):
    """A kind of disagreement.

    name (str): What differs.
    first (Optional[str]): Type, label or attributes by the first annotator; None if this annotator
        marked nothing.
    second (Optional[str]): The same by the second annotator.
    """

    name: str
    first: Optional[str]
    second: Optional[str]


class Disagreement(NamedTuple):
    """A disagreement.

    kind (Kind): The kind.
    note (Note): The note.
    first (Optional[Dict[str, Any]]): What the first annotator marked.
    second (Optional[Dict[str, Any]]): What the second annotator marked.
    """

    kind: Kind
    note: Note
    first: Optional[Dict[str, Any]]
    second: Optional[Dict[str, Any]]


def summarize_disagreements(
    notes: Sequence[Note], attributes: Iterable[AgreedAttributes], examples: int = 0
) -> List[Dict[str, Any]]:
    """Count the disagreements by kind.

    notes (Sequence[Note]): The notes.
    attributes (Iterable[AgreedAttributes]): The attributes of agreed mentions.
    examples (int): Maximum number of examples of each kind.
    RETURNS (List[Dict[str, Any]]): "kind", "first", "second" and "count", the most frequent first;
        if `examples` is set, also "examples": "note" and what the "first" and the "second"
        annotator marked.
    """
    found: Dict[Kind, List[Disagreement]] = defaultdict(list)
    for note in notes:
        for item in (*mention_disagreements(note), *relation_disagreements(note)):
            found[item.kind].append(item)
    for row in attributes:
        for item in attribute_disagreements(row):
            found[item.kind].append(item)
    ranked = sorted(found.items(), key=lambda row: (-len(row[1]), *(str(x) for x in row[0])))
    return [
        {
            "kind": kind.name,
            "first": kind.first,
            "second": kind.second,
            "count": len(items),
            **({"examples": [_example(item) for item in items[:examples]]} if examples else {}),
        }
        for kind, items in ranked
    ]


def mention_disagreements(note: Note) -> Iterator[Disagreement]:
    """Find the mentions that only one annotator has, and those that differ in boundaries or type.

    note (Note): The note.
    YIELDS (Disagreement): Each of them, in the order of the text.
    """
    matches = match_mentions(note.first.mentions, note.second.mentions)
    rows: List[Any] = [(key, matches.get(key)) for key in note.first.mentions]
    rows += [(None, key) for key in note.second.mentions - set(matches.values())]
    for first, second in sorted(rows, key=lambda row: (row[0] or row[1], row[1] or row[0])):
        if first == second:
            continue
        name = MENTION
        if first and second:
            name = BOUNDARY if first[2] == second[2] else BOUNDARY_AND_TYPE
            if first[:2] == second[:2]:
                name = TYPE
        kind = Kind(name, first and first[2], second and second[2])
        yield Disagreement(kind, note, _mention(note, first), _mention(note, second))


def relation_disagreements(note: Note) -> Iterator[Disagreement]:
    """Find the relations between agreed mentions that only one annotator has, and those that differ
    in label or direction.

    note (Note): The note.
    YIELDS (Disagreement): Each of them, in the order of the text.
    """
    first_keys, second_keys = note.relations_between_agreed()
    matches = {key: key for key in note.agreed_mentions}
    missed, spurious = first_keys - second_keys, second_keys - first_keys
    pairs = pair_relations(missed, spurious, matches)
    rows: List[Any] = [(key, pairs.get(key)) for key in missed]
    rows += [(None, key) for key in spurious - set(pairs.values())]
    for first, second in sorted(rows, key=lambda row: ((row[0] or row[1])[1:], row[0] or row[1])):
        name = RELATION
        if first and second:
            name = LABEL if first.head == second.head else DIRECTION
        kind = Kind(name, first and first.label, second and second.label)
        yield Disagreement(kind, note, _relation(note, first), _relation(note, second))


def attribute_disagreements(row: AgreedAttributes) -> Iterator[Disagreement]:
    """Find the agreed mentions whose attributes differ.

    row (AgreedAttributes): The attributes of the agreed mentions of a note.
    YIELDS (Disagreement): Each of them, in the order of the text. Its kind names the attributes
        that only one annotator has.
    """
    for key, first in row.first.items():
        second = row.second[key]
        if first == second:
            continue
        only = [", ".join(sort_names(names)) or None for names in (first - second, second - first)]
        sides = (
            {**_mention(row.note, key), "attributes": sort_names(names)}  # type: ignore[dict-item]
            for names in (first, second)
        )
        yield Disagreement(Kind(ATTRIBUTE, *only), row.note, *sides)


def _example(item: Disagreement) -> Dict[str, Any]:
    return {"note": item.note.name, "first": item.first, "second": item.second}


def _mention(note: Note, key: Optional[MentionKey]) -> Optional[Dict[str, Any]]:
    if key is None:
        return None
    start, end, label = key
    return {"type": label, "start": start, "end": end, "text": note.text[start:end]}


def _relation(note: Note, key: Optional[RelationKey]) -> Optional[Dict[str, Any]]:
    if key is None:
        return None
    return {
        "label": key.label,
        "head": _mention(note, key.head),
        "tail": _mention(note, key.tail),
    }
