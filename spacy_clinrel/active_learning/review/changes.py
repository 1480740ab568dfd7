"""What annotators changed of what a model proposed, which tells how good its annotation is."""

from collections import Counter, defaultdict
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple

from spacy.tokens import Doc, Span

from ...evaluation.calibration import reliability
from ...tokens import all_mentions, get_doc_id, get_relations

MENTIONS, RELATIONS = "mentions", "relations"
KEPT, RELABELLED, REMOVED, ADDED = "kept", "relabelled", "removed", "added"
# What relabelling does to the count of the old label, and of the new one.
BECAME, WERE = "became_other", "were_other"
BINS = 5

Place = Tuple[Tuple[int, int], ...]


class Change(NamedTuple):
    """What became of one annotation.

    change (str): "kept", "relabelled", "removed" or "added".
    place (Place): First character of the mention, or of head and tail, and the one after the last.
    old (str): The label that was proposed, "" if none was.
    new (str): The label that it has now, "" if none.
    """

    change: str
    place: Place
    old: str
    new: str


def annotations(doc: Doc, kind: str) -> Dict[Tuple[Place, str], float]:
    """doc (Doc): A document.
    kind (str): "mentions" or "relations".
    RETURNS (Dict[Tuple[Place, str], float]): Where it has such with which label, and the score. A
        relation's ends are boundaries alone, so that a mention's new type changes no relation.
    """
    if kind == MENTIONS:
        spans = all_mentions(doc)
        return {((_bounds(span),), span.label_): 1.0 for span in spans}
    return {
        ((_bounds(head), _bounds(tail)), label): score
        for head, tail, label, score in get_relations(doc)
    }


def _bounds(span: Span) -> Tuple[int, int]:
    """First and last character without the white space around, which no format brings back."""
    before = len(span.text) - len(span.text.lstrip())
    return span.start_char + before, span.start_char + len(span.text.rstrip())


def changes(
    before: Iterable[Tuple[Place, str]], after: Iterable[Tuple[Place, str]]
) -> List[Change]:
    """Compare two annotations of a text.

    before (Iterable[Tuple[Place, str]]): Places and labels as proposed.
    after (Iterable[Tuple[Place, str]]): As corrected.
    RETURNS (List[Change]): By place. Where something has gone and something come at the same
        place, it was relabelled.
    """
    old, new = set(before), set(after)
    found = [Change(KEPT, place, label, label) for place, label in old & new]
    gone, come = _by_place(old - new), _by_place(new - old)
    for place in {*gone, *come}:
        was, now = gone[place], come[place]
        both = min(len(was), len(now))
        found += [Change(RELABELLED, place, *labels) for labels in zip(was, now)]
        found += [Change(REMOVED, place, label, "") for label in was[both:]]
        found += [Change(ADDED, place, "", label) for label in now[both:]]
    return sorted(found, key=lambda change: change[1:])


def _by_place(found: Set[Tuple[Place, str]]) -> Dict[Place, List[str]]:
    places: Dict[Place, List[str]] = defaultdict(list)
    for place, label in sorted(found):
        places[place].append(label)
    return places


def compare(pairs: Sequence[Tuple[Doc, Doc]]) -> Dict[str, Any]:
    """Sum up what annotators changed.

    pairs (Sequence[Tuple[Doc, Doc]]): Documents as proposed, and as corrected.
    RETURNS (Dict[str, Any]): "documents", "unchanged" ones; "mentions" and "relations", with counts
        and the proposals' precision, recall and F of all and "per_label"; "by_score", how many
        relations were proposed with a score in a range, and the share that was kept; "changes",
        each one.
    """
    result: Dict[str, Any] = {"documents": len(pairs)}
    changed: Set[int] = set()
    listed: List[Dict[str, Any]] = []
    for kind in (MENTIONS, RELATIONS):
        counts: Dict[str, Counter] = defaultdict(Counter)
        for number, (proposed, corrected) in enumerate(pairs):
            for change in changes(annotations(proposed, kind), annotations(corrected, kind)):
                _count(counts, change)
                if change.change != KEPT:
                    changed.add(number)
                    listed.append(_listed(corrected, kind, change))
        total = sum(counts.values(), Counter())
        per_label = {label: _figures(counts[label]) for label in sorted(counts)}
        result[kind] = {**_figures(total), "per_label": per_label}
    by_score = list(_by_score(pairs))
    return {
        **result,
        "unchanged": len(pairs) - len(changed),
        "by_score": by_score,
        "changes": listed,
    }


def _count(counts: Dict[str, Counter], change: Change) -> None:
    """A relabelled annotation was lost by its old label and won by its new one."""
    if change.old:
        counts[change.old]["proposed"] += 1
        counts[change.old][BECAME if change.change == RELABELLED else change.change] += 1
    if change.new:
        counts[change.new]["corrected"] += 1
        if change.change == RELABELLED:
            counts[change.new][WERE] += 1
        elif change.change == ADDED:
            counts[change.new][ADDED] += 1


def _figures(counts: Counter) -> Dict[str, Any]:
    kept, proposed, corrected = (counts[name] for name in (KEPT, "proposed", "corrected"))
    names = ("proposed", "corrected", KEPT, BECAME, WERE, REMOVED, ADDED)
    return {
        **{name: counts[name] for name in names},
        "p": kept / proposed if proposed else None,
        "r": kept / corrected if corrected else None,
        "f": 2 * kept / (proposed + corrected) if proposed + corrected else None,
    }


def _by_score(pairs: Sequence[Tuple[Doc, Doc]]) -> Iterator[Dict[str, Any]]:
    scores: List[float] = []
    right: List[bool] = []
    for proposed, corrected in pairs:
        gold = annotations(corrected, RELATIONS)
        for key, score in annotations(proposed, RELATIONS).items():
            scores.append(score)
            right.append(key in gold)
    table = reliability(scores, right, BINS)  # type: ignore[arg-type]
    for i, count in enumerate(table.counts.tolist()):
        if count:
            low, high = table.edges[i : i + 2].round(2).tolist()
            yield {"from": low, "to": high, "relations": count, "kept": float(table.right[i])}


def _listed(doc: Doc, kind: str, change: Change) -> Dict[str, Any]:
    texts = [doc.text[start:end] for start, end in change.place]
    names = ("mention",) if kind == MENTIONS else ("head", "tail")
    return {
        "doc_id": get_doc_id(doc),
        "what": kind[:-1],
        "change": change.change,
        "old": change.old,
        "new": change.new,
        "characters": change.place,
        **dict(zip(names, texts)),
    }
