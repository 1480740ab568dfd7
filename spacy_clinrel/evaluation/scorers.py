"""What the figures mean: entities and relations, strict and by boundaries alone."""

from collections import Counter
from typing import Any, Callable, Dict, Hashable, Iterable, List, NamedTuple, Optional, Set, Tuple

from spacy.scorer import PRFScore, get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..tokens import GROUP, Relation, get_relations

Key = Tuple[Hashable, ...]
# First character, character after the last, type
MentionKey = Tuple[int, int, str]
Scorer = Callable[[Iterable[Example]], Dict[str, Any]]


def make_relation_scorer() -> Callable:
    """Create the scorer of relations, for a component's `scorer`.

    RETURNS (Callable): See `score_relations`.
    """
    return score_relations


def make_ner_scorer() -> Callable:
    """Create the scorer of entities, for a component's `scorer`.

    RETURNS (Callable): See `score_entities`.
    """
    return score_entities


def make_joint_scorer() -> Callable:
    """Create the scorer of both, for a component's `scorer`.

    RETURNS (Callable): See `score_joint`.
    """
    return score_joint


def score_joint(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Entities and relations by one component.

    examples (Iterable[Example]): Documents whose predicted side was annotated.
    RETURNS (Dict[str, Any]): What `score_entities` and `score_relations` return.
    """
    examples = list(examples)
    return {**score_entities(examples, **kwargs), **score_relations(examples, **kwargs)}


def score_relations(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Precision, recall and F of relations against all gold relations.

    Strict: a relation is right if its label and the boundaries and types of both mentions are.
    Boundary: the types are ignored. Text: only the words of both mentions and the label count,
    each triple once a document, as corpora without offsets are scored. Strict and boundary
    compare character offsets, so tokens that differ cost what they should. Gold relations that
    no candidate could reach count as missed. The negative class never counts.

    examples (Iterable[Example]): Documents whose predicted side was annotated.
    RETURNS (Dict[str, Any]): `rel_micro_p`, `rel_micro_r`, `rel_micro_f`, `rel_macro_f` (mean
        over labels that are in gold or predicted), `rel_boundary_p`, `_r`, `_f`, `rel_text_p`,
        `_r`, `_f` and `rel_per_type`; None if no reference was annotated with relations.
        References that were not (without the span group) are left out.
    """
    per_label: Dict[str, PRFScore] = {}
    totals = {name: PRFScore() for name in ("micro", "boundary", "text")}
    annotated = False
    for example in examples:
        if GROUP not in example.reference.spans:
            continue  # says nothing about relations
        annotated = True
        gold, pred = relation_keys(example.reference), relation_keys(example.predicted)
        for name, score in totals.items():
            score.score_set(pred[name], gold[name])
        for label in {key[0] for key in gold["micro"] | pred["micro"]}:
            of_label = per_label.setdefault(str(label), PRFScore())
            of_label.score_set(_with(label, pred["micro"]), _with(label, gold["micro"]))
    scores: Dict[str, Any] = {}
    for name, score in totals.items():
        values = (score.precision, score.recall, score.fscore) if annotated else (None,) * 3
        scores.update(zip((f"rel_{name}_p", f"rel_{name}_r", f"rel_{name}_f"), values))
    if not annotated:
        return {**scores, "rel_macro_f": None, "rel_per_type": None}
    macro = sum(score.fscore for score in per_label.values()) / max(len(per_label), 1)
    per_type = {label: _counted(per_label[label]) for label in sorted(per_label)}
    return {**scores, "rel_macro_f": macro, "rel_per_type": per_type}


def relation_keys(doc: Doc) -> Dict[str, Set[Key]]:
    """What makes the relations of a Doc equal to those of another over the same text.

    doc (Doc): The document.
    RETURNS (Dict[str, Set[Key]]): Keys that begin with the label, for the comparisons "micro",
        "boundary" and "text" of `score_relations`.
    """
    keys: Dict[str, Set[Key]] = {"micro": set(), "boundary": set(), "text": set()}
    for relation in get_relations(doc):
        head, tail, label, _ = relation
        keys["micro"].add(relation_key(relation))
        keys["boundary"].add((label, *_bounds(head), *_bounds(tail)))
        keys["text"].add((label, head.text, tail.text))
    return keys


def relation_key(relation: Relation) -> Key:
    """What makes two relations over the same text equal, strictly.

    relation (Relation): The relation.
    RETURNS (Key): Label, then the keys of head and tail.
    """
    return (relation.label, *mention_key(relation.head), *mention_key(relation.tail))


def mention_key(span: Span) -> MentionKey:
    """What makes two mentions over the same text equal, strictly.

    span (Span): The mention.
    RETURNS (MentionKey): First character, character after the last, type.
    """
    return (span.start_char, span.end_char, span.label_)


def score_entities(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """spaCy's strict entity scores, and boundary-only ones beside them.

    examples (Iterable[Example]): Documents whose predicted side was annotated.
    RETURNS (Dict[str, Any]): `ents_p`, `ents_r`, `ents_f`, `ents_per_type` as spaCy gives them,
        and `ents_boundary_p`, `_r`, `_f`; None if no reference was annotated with entities.
    """
    cases: List[Example] = list(examples)
    scores: Dict[str, Any] = get_ner_prf(cases)
    boundary: Optional[PRFScore] = None
    for example in cases:
        if example.reference.has_annotation("ENT_IOB"):
            boundary = boundary or PRFScore()
            gold = {_bounds(ent) for ent in example.reference.ents}
            boundary.score_set({_bounds(ent) for ent in example.predicted.ents}, gold)
    values = (boundary.precision, boundary.recall, boundary.fscore) if boundary else (None,) * 3
    return {
        **scores,
        **dict(zip(("ents_boundary_p", "ents_boundary_r", "ents_boundary_f"), values)),
    }


class EntityCounts(NamedTuple):
    """The entities of an Example by type.

    gold (Counter): Those of the reference.
    predicted (Counter): Those of the prediction that are right or wrong.
    right (Counter): Those that are right.
    """

    gold: Counter
    predicted: Counter
    right: Counter


def entity_counts(example: Example) -> Optional[EntityCounts]:
    """What `score_entities` counts in a document: spaCy's figures come without their counts.

    example (Example): The document.
    RETURNS (Optional[EntityCounts]): The counts, strict; None if the reference was not annotated
        with entities.
    """
    reference, predicted = example.reference, example.predicted
    if not reference.has_annotation("ENT_IOB"):
        return None
    missed = {(ent.label_, ent.start, ent.end) for ent in reference.ents}
    counts = EntityCounts(Counter(label for label, _, _ in missed), Counter(), Counter())
    tokens = example.alignment.x2y
    for ent in predicted.ents:
        aligned = tokens[ent.start : ent.end]
        if not len(aligned):
            continue
        start, end = int(aligned[0]), int(aligned[-1]) + 1
        # Where nobody annotated, a prediction is neither right nor wrong.
        if any(token.ent_iob == 0 for token in reference[start:end]):
            continue
        key = (ent.label_, start, end)
        counts.predicted[ent.label_] += 1
        counts.right[ent.label_] += key in missed
        missed.discard(key)
    return counts


def _with(label: Hashable, keys: Set[Key]) -> Set[Key]:
    return {key for key in keys if key[0] == label}


def _counted(score: PRFScore) -> Dict[str, float]:
    counts = {"gold": score.tp + score.fn, "predicted": score.tp + score.fp, "right": score.tp}
    return {**score.to_dict(), **counts}


def _bounds(span: Span) -> Tuple[int, int]:
    return (span.start_char, span.end_char)
