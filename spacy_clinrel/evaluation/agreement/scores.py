"""Figures of agreement: F of one annotation against the other, and Cohen's kappa."""

from typing import Any, Callable, Dict, Hashable, Iterable, List, NamedTuple, Optional, Set, Tuple

from spacy.scorer import PRFScore

from ...types import ASSERTIONS
from ..assertion_scores import Attributes, types_with_attributes
from ..scorers import MentionKey, with_counts
from .notes import Note

Sets = Tuple[Set[Any], Set[Any]]


def score_mentions(notes: Iterable[Note]) -> Dict[str, Any]:
    """Score the agreement on mentions.

    notes (Iterable[Note]): The notes.
    RETURNS (Dict[str, Any]): "strict" (boundaries and type), "boundaries" and "per_type", see
        `score_sets`.
    """
    sides = [(set(note.first.mentions), set(note.second.mentions)) for note in notes]
    strict, per_type = score_sets(sides, lambda key: key[2])
    boundaries, _ = score_sets(({key[:2] for key in a}, {key[:2] for key in b}) for a, b in sides)
    return {"strict": strict, "boundaries": boundaries, "per_type": per_type}


def score_relations(notes: Iterable[Note], *, end_to_end: bool) -> Dict[str, Any]:
    """Score the agreement on relations: label and direction, with both mentions strict.

    notes (Iterable[Note]): The notes.
    end_to_end (bool): Whether all relations count. If not, only those whose head and tail are
        mentions that both annotators have.
    RETURNS (Dict[str, Any]): "all" and "per_label", see `score_sets`.
    """
    sides = (
        (set(note.first.relations), set(note.second.relations))
        if end_to_end
        else note.relations_between_agreed()
        for note in notes
    )
    total, per_label = score_sets(sides, lambda key: key.label)
    return {"all": total, "per_label": per_label}


def score_sets(
    sides: Iterable[Sets], group: Optional[Callable[[Any], Hashable]] = None
) -> Tuple[Dict[str, Any], Dict[str, Dict[str, Any]]]:
    """Score two sets of annotations for each note.

    sides (Iterable[Tuple[Set, Set]]): The annotations of the first and of the second annotator.
    group (Optional[Callable[[Any], Hashable]]): Returns the type or label of an annotation.
    RETURNS (Tuple[Dict[str, Any], Dict[str, Dict[str, Any]]]): The scores of all annotations, and
        those of each type or label, the most frequent first. F is the same in both directions.
        "first", "second" and "both" are the numbers of annotations.
    """
    total = PRFScore()
    groups: Dict[str, PRFScore] = {}
    for first, second in sides:
        total.score_set(second, first)
        for name in {str(group(key)) for key in first | second} if group else ():
            of_group = [{key for key in side if group(key) == name} for side in (first, second)]  # type: ignore[misc]
            groups.setdefault(name, PRFScore()).score_set(of_group[1], of_group[0])
    rows = {name: _symmetric(score) for name, score in groups.items()}
    ranked = sorted(rows.items(), key=lambda row: (-row[1]["first"] - row[1]["second"], row[0]))
    return _symmetric(total), dict(ranked)


def _symmetric(score: PRFScore) -> Dict[str, Any]:
    row = with_counts(score)
    is_empty = not (row["gold"] or row["predicted"])
    counts = {"first": row["gold"], "second": row["predicted"], "both": row["right"]}
    return {"f": None if is_empty else row["f"], **counts}


class AgreedAttributes(NamedTuple):
    """The attributes of the agreed mentions of a note.

    note (Note): The note.
    first (Dict[MentionKey, FrozenSet[str]]): The attributes by the first annotator.
    second (Dict[MentionKey, FrozenSet[str]]): The same mentions with those by the second.
    """

    note: Note
    first: Attributes
    second: Attributes


def agreed_attributes(notes: Iterable[Note]) -> List[AgreedAttributes]:
    """Return the attributes of agreed mentions of the types that carry attributes.

    notes (Iterable[Note]): The notes. Those that are not annotated with attributes by both
        annotators are left out.
    RETURNS (List[AgreedAttributes]): One for each of the other notes. A type carries attributes if
        a mention of it has one in either annotation.
    """
    both = [
        (note, note.first.attributes, note.second.attributes)
        for note in notes
        if note.first.attributes is not None and note.second.attributes is not None
    ]
    types = types_with_attributes(side for _, *sides in both for side in sides)
    rows = []
    for note, *sides in both:
        agreed = sorted(key for key in note.agreed_mentions if key[2] in types)
        first, second = ({key: side[key] for key in agreed} for side in sides)
        rows.append(AgreedAttributes(note, first, second))
    return rows


def score_attributes(rows: List[AgreedAttributes]) -> Optional[Dict[str, Any]]:
    """Score the agreement on assertion attributes.

    rows (List[AgreedAttributes]): The attributes of agreed mentions.
    RETURNS (Optional[Dict[str, Any]]): The "notes", the "types" and number of "mentions" that were
        compared; "exact", the share of these with equal attributes; "all" and "per_attribute", see
        `score_sets`, with Cohen's "kappa" of each attribute. None without any note.
    """
    if not rows:
        return None
    mentions = [(row.first[key], row.second[key]) for row in rows for key in row.first]
    total, found = score_sets(
        ((_pairs(row.first), _pairs(row.second)) for row in rows), lambda key: key[1]
    )
    per_attribute = {
        name: {**found[name], "kappa": cohens_kappa(len(mentions), found[name])}
        for name in ASSERTIONS
        if name in found
    }
    n_exact = sum(first == second for first, second in mentions)
    return {
        "notes": len(rows),
        "types": sorted({key[2] for row in rows for key in row.first}),
        "mentions": len(mentions),
        "exact": n_exact / len(mentions) if mentions else None,
        "all": total,
        "per_attribute": per_attribute,
    }


def cohens_kappa(n: int, counts: Dict[str, Any]) -> Optional[float]:
    """Compute Cohen's kappa of a yes-or-no decision.

    n (int): Number of decisions.
    counts (Dict[str, Any]): How often the "first", the "second" and "both" annotators decided yes.
    RETURNS (Optional[float]): Agreement beyond chance, at most 1; None if agreement by chance is
        certain, so that kappa is not defined.
    """
    if not n:
        return None
    first, second, both = counts["first"] / n, counts["second"] / n, counts["both"] / n
    observed = 1 - first - second + 2 * both
    expected = first * second + (1 - first) * (1 - second)
    return None if expected == 1 else (observed - expected) / (1 - expected)


def _pairs(mentions: Attributes) -> Set[Tuple[MentionKey, str]]:
    return {(key, name) for key, names in mentions.items() for name in names}
