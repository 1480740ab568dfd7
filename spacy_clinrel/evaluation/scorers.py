"""Scorers of entities and relations: strict, and by boundaries only."""

from collections import Counter
from typing import Any, Callable, Dict, Hashable, Iterable, NamedTuple, Optional, Set, Tuple

from spacy.scorer import PRFScore, get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from ..tokens import GROUP, Relation, all_mentions, get_relations

# Names under which scores are stored: relations between gold entities, and end to end.
GOLD_ENTITIES = "gold_entities"
END_TO_END = "end_to_end"

# Names of precision, recall and F.
ENTITY_SCORES = ("ents_p", "ents_r", "ents_f")
ENTITY_BOUNDARY_SCORES = ("ents_boundary_p", "ents_boundary_r", "ents_boundary_f")
MENTION_SCORES = ("mentions_p", "mentions_r", "mentions_f")
RELATION_SCORES = ("rel_micro_p", "rel_micro_r", "rel_micro_f")
BOUNDARY_SCORES = ("rel_boundary_p", "rel_boundary_r", "rel_boundary_f")
TEXT_SCORES = ("rel_text_p", "rel_text_r", "rel_text_f")

Key = Tuple[Hashable, ...]
# Start character, end character (exclusive), type
MentionKey = Tuple[int, int, str]


class RelationKey(NamedTuple):
    """The key by which relations over the same text count as equal, strictly.

    label (str): The label.
    head (MentionKey): Start character, end character (exclusive) and type of the head.
    tail (MentionKey): The same for the tail.
    """

    label: str
    head: MentionKey
    tail: MentionKey


def make_relation_scorer() -> Callable:
    """Create a scorer of relations, for a component's `scorer` option.

    RETURNS (Callable): `score_relations`.
    """
    return score_relations


def make_ner_scorer() -> Callable:
    """Create a scorer of entities, for a component's `scorer` option.

    RETURNS (Callable): `score_entities`.
    """
    return score_entities


def make_mention_scorer() -> Callable:
    """Create a scorer of mentions, nested ones included, for a component's `scorer` option.

    RETURNS (Callable): `score_mentions`.
    """
    return score_mentions


def make_joint_scorer() -> Callable:
    """Create a scorer of entities and relations, for a component's `scorer` option.

    RETURNS (Callable): `score_joint`.
    """
    return score_joint


def score_joint(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Score entities and relations.

    examples (Iterable[Example]): Documents whose predicted side is annotated.
    RETURNS (Dict[str, Any]): The scores of `score_entities` and `score_relations`.
    """
    examples = list(examples)
    return {**score_entities(examples, **kwargs), **score_relations(examples, **kwargs)}


def score_relations(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Compute precision, recall and F of relations against all gold relations.

    Strict ("micro"): a relation is correct if its label and the boundaries and types of both
    mentions are correct. Boundary: types are ignored. Text: only the label and the texts of both
    mentions count, and each triple counts once per document, as usual for corpora without offsets.

    Strict and boundary scores compare character offsets, so predicted and gold tokens may differ.
    Gold relations that are not among the candidates count as missed. Pairs without a relation are
    not counted.

    examples (Iterable[Example]): Documents whose predicted side is annotated. Documents whose
        reference is not annotated with relations (it lacks the span group) are left out.
    RETURNS (Dict[str, Any]): `rel_micro_p`, `rel_micro_r`, `rel_micro_f`, `rel_macro_f` (mean over
        the labels that are gold or predicted), `rel_boundary_p`, `_r`, `_f`, `rel_text_p`, `_r`,
        `_f` and `rel_per_type`. All are None if no reference is annotated with relations.
    """
    per_label: Dict[str, PRFScore] = {}
    totals = {name: PRFScore() for name in ("micro", "boundary", "text")}
    is_annotated = False
    for example in examples:
        if GROUP not in example.reference.spans:
            continue
        is_annotated = True
        gold, predicted = relation_keys(example.reference), relation_keys(example.predicted)
        for name, score in totals.items():
            score.score_set(predicted[name], gold[name])
        for label in {key[0] for key in gold["micro"] | predicted["micro"]}:
            label_score = per_label.setdefault(str(label), PRFScore())
            label_score.score_set(
                _select_label(predicted["micro"], label), _select_label(gold["micro"], label)
            )
    scores: Dict[str, Any] = {}
    for name, score in totals.items():
        values = (score.precision, score.recall, score.fscore) if is_annotated else (None,) * 3
        scores.update(zip((f"rel_{name}_p", f"rel_{name}_r", f"rel_{name}_f"), values))
    if not is_annotated:
        return {**scores, "rel_macro_f": None, "rel_per_type": None}
    macro = sum(score.fscore for score in per_label.values()) / max(len(per_label), 1)
    per_type = {label: with_counts(per_label[label]) for label in sorted(per_label)}
    return {**scores, "rel_macro_f": macro, "rel_per_type": per_type}


def relation_keys(doc: Doc) -> Dict[str, Set[Key]]:
    """Return the keys by which relations over the same text count as equal.

    doc (Doc): The document.
    RETURNS (Dict[str, Set[Key]]): The keys of all relations for each comparison of
        `score_relations`: "micro", "boundary" and "text". Each key begins with the label.
    """
    keys: Dict[str, Set[Key]] = {"micro": set(), "boundary": set(), "text": set()}
    for relation in get_relations(doc):
        head, tail, label, _ = relation
        keys["micro"].add(relation_key(relation))
        keys["boundary"].add((label, *_boundaries(head), *_boundaries(tail)))
        keys["text"].add((label, head.text, tail.text))
    return keys


def relation_key(relation: Relation) -> RelationKey:
    """Return the key by which two relations over the same text count as equal, strictly.

    relation (Relation): The relation.
    RETURNS (RelationKey): The key.
    """
    head, tail, label, _ = relation
    return RelationKey(label, mention_key(head), mention_key(tail))


def mention_key(span: Span) -> MentionKey:
    """Return the key by which two mentions over the same text count as equal, strictly.

    span (Span): The mention.
    RETURNS (MentionKey): Start character, end character (exclusive) and type.
    """
    return (span.start_char, span.end_char, span.label_)


def score_entities(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Compute spaCy's strict entity scores, and boundary-only scores.

    examples (Iterable[Example]): Documents whose predicted side is annotated.
    RETURNS (Dict[str, Any]): `ents_p`, `ents_r`, `ents_f` and `ents_per_type` as spaCy computes
        them, and `ents_boundary_p`, `_r`, `_f`. All are None if no reference is annotated with
        entities.
    """
    examples = list(examples)
    scores: Dict[str, Any] = get_ner_prf(examples)
    boundary: Optional[PRFScore] = None
    for example in examples:
        if example.reference.has_annotation("ENT_IOB"):
            boundary = boundary or PRFScore()
            gold = {_boundaries(ent) for ent in example.reference.ents}
            boundary.score_set({_boundaries(ent) for ent in example.predicted.ents}, gold)
    values = (boundary.precision, boundary.recall, boundary.fscore) if boundary else (None,) * 3
    return {**scores, **dict(zip(ENTITY_BOUNDARY_SCORES, values))}


def score_mentions(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Compute strict scores of all mentions, in `doc.ents` and in the span group, where they may
    nest and overlap, and the scores of `score_entities`.

    A mention is correct if its character offsets and its type are. It counts once, also if it is in
    both places.

    examples (Iterable[Example]): Documents whose predicted side is annotated. Documents whose
        reference has neither entity annotation nor a span group are left out.
    RETURNS (Dict[str, Any]): `mentions_p`, `mentions_r`, `mentions_f` and `mentions_per_type`, all
        None if no reference is annotated; and the scores of `score_entities`.
    """
    examples = list(examples)
    total = PRFScore()
    per_type: Dict[str, PRFScore] = {}
    is_annotated = False
    for example in examples:
        reference = example.reference
        if not (reference.has_annotation("ENT_IOB") or GROUP in reference.spans):
            continue
        is_annotated = True
        gold = set(map(mention_key, all_mentions(reference)))
        predicted = set(map(mention_key, all_mentions(example.predicted)))
        total.score_set(predicted, gold)
        for name in {key[2] for key in gold | predicted}:
            per_type.setdefault(name, PRFScore()).score_set(
                {key for key in predicted if key[2] == name},
                {key for key in gold if key[2] == name},
            )
    scores = score_entities(examples)
    values = (total.precision, total.recall, total.fscore) if is_annotated else (None,) * 3
    scores.update(zip(MENTION_SCORES, values))
    counts = {name: with_counts(per_type[name]) for name in sorted(per_type)}
    return {**scores, "mentions_per_type": counts if is_annotated else None}


class EntityCounts(NamedTuple):
    """Number of entities of a document by type.

    gold (Counter): Entities of the reference.
    predicted (Counter): Predicted entities, without those on unannotated tokens.
    right (Counter): Predicted entities that are correct.
    """

    gold: Counter
    predicted: Counter
    right: Counter


def entity_counts(example: Example) -> Optional[EntityCounts]:
    """Count a document's entities as `score_entities` does. spaCy's scorer does not return counts.

    example (Example): The document.
    RETURNS (Optional[EntityCounts]): The strict counts; None if the reference is not annotated with
        entities.
    """
    reference, predicted = example.reference, example.predicted
    if not reference.has_annotation("ENT_IOB"):
        return None
    missed = {(ent.label_, ent.start, ent.end) for ent in reference.ents}
    counts = EntityCounts(Counter(label for label, _, _ in missed), Counter(), Counter())
    alignment = example.alignment.x2y
    for ent in predicted.ents:
        aligned = alignment[ent.start : ent.end]
        if not len(aligned):
            continue
        start, end = int(aligned[0]), int(aligned[-1]) + 1
        # On unannotated tokens, a prediction is neither correct nor wrong.
        if any(token.ent_iob == 0 for token in reference[start:end]):
            continue
        key = (ent.label_, start, end)
        counts.predicted[ent.label_] += 1
        counts.right[ent.label_] += key in missed
        missed.discard(key)
    return counts


def _select_label(keys: Set[Key], label: Hashable) -> Set[Key]:
    return {key for key in keys if key[0] == label}


def with_counts(score: PRFScore) -> Dict[str, float]:
    """Return precision, recall and F with the counts that they are computed from.

    score (PRFScore): The score.
    RETURNS (Dict[str, float]): "p", "r", "f", and the numbers of "gold", "predicted" and "right"
        annotations.
    """
    counts = {"gold": score.tp + score.fn, "predicted": score.tp + score.fp, "right": score.tp}
    return {**score.to_dict(), **counts}


def _boundaries(span: Span) -> Tuple[int, int]:
    return (span.start_char, span.end_char)
