"""Comparison of proposed and corrected annotation."""

from collections import Counter, defaultdict
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple

from spacy.tokens import Doc, Span

from ...evaluation.calibration import reliability
from ...tokens import (
    MentionAttribute,
    all_mentions,
    get_attributes,
    get_doc_id,
    get_relations,
)

MENTIONS, ATTRIBUTES, RELATIONS = KINDS = ("mentions", "attributes", "relations")
KEPT, RELABELLED, REMOVED, ADDED = "kept", "relabelled", "removed", "added"
# Counts of relabelled annotations, for the old label and for the new label.
BECAME_OTHER, WERE_OTHER = "became_other", "were_other"
BINS = 5

# Start character and end character (exclusive), of a mention or of head and tail.
Offsets = Tuple[Tuple[int, int], ...]


class Change(NamedTuple):
    """The outcome of one annotation.

    outcome (str): "kept", "relabelled", "removed" or "added".
    offsets (Offsets): Character offsets of the mention, or of head and tail.
    old (str): The proposed label: a type, the name of an attribute, or the label of a relation; ""
        for an added annotation.
    new (str): The corrected label; "" for a removed annotation.
    """

    outcome: str
    offsets: Offsets
    old: str
    new: str


def annotation_scores(doc: Doc, kind: str) -> Dict[Tuple[Offsets, str], float]:
    """Return the annotations of a document with their scores.

    doc (Doc): The document.
    kind (str): "mentions", "attributes" or "relations".
    RETURNS (Dict[Tuple[Offsets, str], float]): Score by offsets and label. The types of mentions
        are not part of the keys of relations and attributes, so that retyping a mention changes
        none of them.
    """
    if kind == ATTRIBUTES:
        return {attribute_key(attribute): attribute.score for attribute in get_attributes(doc)}
    if kind == MENTIONS:
        return {((_trimmed_offsets(span),), span.label_): 1.0 for span in all_mentions(doc)}
    return {
        ((_trimmed_offsets(head), _trimmed_offsets(tail)), label): score
        for head, tail, label, score in get_relations(doc)
    }


def attribute_key(attribute: MentionAttribute) -> Tuple[Offsets, str]:
    """Return the offsets and the name of an attribute.

    attribute (MentionAttribute): The attribute.
    RETURNS (Tuple[Offsets, str]): The key by which proposed and corrected attributes are equal.
    """
    return (_trimmed_offsets(attribute.mention),), attribute.name


def _trimmed_offsets(span: Span) -> Tuple[int, int]:
    """Return character offsets without surrounding white space, which formats do not preserve."""
    leading = len(span.text) - len(span.text.lstrip())
    return span.start_char + leading, span.start_char + len(span.text.rstrip())


def find_changes(
    proposed: Iterable[Tuple[Offsets, str]], corrected: Iterable[Tuple[Offsets, str]]
) -> List[Change]:
    """Compare two annotations of a text.

    proposed (Iterable[Tuple[Offsets, str]]): Proposed offsets and labels.
    corrected (Iterable[Tuple[Offsets, str]]): Corrected offsets and labels.
    RETURNS (List[Change]): The changes, by offsets. A removed and an added label at the same
        offsets count as one relabelled annotation.
    """
    old, new = set(proposed), set(corrected)
    changes = [Change(KEPT, offsets, label, label) for offsets, label in old & new]
    removed, added = _group_by_offsets(old - new), _group_by_offsets(new - old)
    for offsets in {*removed, *added}:
        old_labels, new_labels = removed[offsets], added[offsets]
        n_relabelled = min(len(old_labels), len(new_labels))
        changes += [Change(RELABELLED, offsets, *labels) for labels in zip(old_labels, new_labels)]
        changes += [Change(REMOVED, offsets, label, "") for label in old_labels[n_relabelled:]]
        changes += [Change(ADDED, offsets, "", label) for label in new_labels[n_relabelled:]]
    return sorted(changes, key=lambda change: change[1:])


def _group_by_offsets(annotations: Set[Tuple[Offsets, str]]) -> Dict[Offsets, List[str]]:
    groups: Dict[Offsets, List[str]] = defaultdict(list)
    for offsets, label in sorted(annotations):
        groups[offsets].append(label)
    return groups


def summarise_changes(
    pairs: Sequence[Tuple[Doc, Doc]], kinds: Sequence[str] = KINDS
) -> Dict[str, Any]:
    """Count what annotators changed.

    pairs (Sequence[Tuple[Doc, Doc]]): Proposed and corrected documents.
    kinds (Sequence[str]): What annotators could see, of "mentions", "attributes" and "relations".
    RETURNS (Dict[str, Any]): Number of "documents" and of "unchanged" documents; for each kind,
        counts and the precision, recall and F of the proposals, over all labels and "per_label";
        "by_score", the number of proposed relations in each range of scores and the
        share that was kept; and "changes", a list of all changes.
    """
    summary: Dict[str, Any] = {"documents": len(pairs)}
    changed_docs: Set[int] = set()
    listed: List[Dict[str, Any]] = []
    for kind in kinds:
        counts: Dict[str, Counter] = defaultdict(Counter)
        for i, (proposed, corrected) in enumerate(pairs):
            old, new = annotation_scores(proposed, kind), annotation_scores(corrected, kind)
            for change in find_changes(old, new):
                _count_change(counts, change)
                if change.outcome != KEPT:
                    changed_docs.add(i)
                    listed.append(_change_row(corrected, kind, change))
        total = sum(counts.values(), Counter())
        per_label = {label: _label_figures(counts[label]) for label in sorted(counts)}
        summary[kind] = {**_label_figures(total), "per_label": per_label}
    by_score = list(_kept_by_score(pairs))
    return {
        **summary,
        "unchanged": len(pairs) - len(changed_docs),
        "by_score": by_score,
        "changes": listed,
    }


def _count_change(counts: Dict[str, Counter], change: Change) -> None:
    """Count a change for its old and its new label."""
    is_relabelled = change.outcome == RELABELLED
    if change.old:
        counts[change.old]["proposed"] += 1
        counts[change.old][BECAME_OTHER if is_relabelled else change.outcome] += 1
    if change.new:
        counts[change.new]["corrected"] += 1
        if is_relabelled:
            counts[change.new][WERE_OTHER] += 1
        elif change.outcome == ADDED:
            counts[change.new][ADDED] += 1


def _label_figures(counts: Counter) -> Dict[str, Any]:
    """Return the counts of a label with precision, recall and F of the proposals."""
    kept, proposed, corrected = (counts[name] for name in (KEPT, "proposed", "corrected"))
    names = ("proposed", "corrected", KEPT, BECAME_OTHER, WERE_OTHER, REMOVED, ADDED)
    return {
        **{name: counts[name] for name in names},
        "p": kept / proposed if proposed else None,
        "r": kept / corrected if corrected else None,
        "f": 2 * kept / (proposed + corrected) if proposed + corrected else None,
    }


def _kept_by_score(pairs: Sequence[Tuple[Doc, Doc]]) -> Iterator[Dict[str, Any]]:
    """Yield the share of proposed relations that was kept, for each range of scores."""
    scores: List[float] = []
    is_kept: List[bool] = []
    for proposed, corrected in pairs:
        gold = annotation_scores(corrected, RELATIONS)
        for key, score in annotation_scores(proposed, RELATIONS).items():
            scores.append(score)
            is_kept.append(key in gold)
    table = reliability(scores, is_kept, BINS)  # type: ignore[arg-type]
    for i, count in enumerate(table.counts.tolist()):
        if count:
            low, high = table.edges[i : i + 2].round(2).tolist()
            yield {"from": low, "to": high, "relations": count, "kept": float(table.right[i])}


def _change_row(doc: Doc, kind: str, change: Change) -> Dict[str, Any]:
    """Return a change as a row of `changes.json`."""
    texts = [doc.text[start:end] for start, end in change.offsets]
    names = ("head", "tail") if kind == RELATIONS else ("mention",)
    return {
        "doc_id": get_doc_id(doc),
        "what": kind[:-1],
        "change": change.outcome,
        "old": change.old,
        "new": change.new,
        "characters": change.offsets,
        **dict(zip(names, texts)),
    }
