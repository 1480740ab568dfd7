"""What the figures mean: entities and relations, strict and by boundaries alone."""

from typing import Any, Callable, Dict, Hashable, Iterable, List, Optional, Set, Tuple

from spacy.scorer import PRFScore, get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from .tokens import GROUP, get_relations

Key = Tuple[Hashable, ...]
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


def score_relations(examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
    """Precision, recall and F of relations against all gold relations.

    Strict: a relation is right if its label and the boundaries and types of both mentions are.
    Boundary: the types are ignored. Texts are compared by character offsets, so tokens that
    differ cost what they should, and gold relations that no candidate could reach count as
    missed. The negative class never counts.

    examples (Iterable[Example]): Documents whose predicted side was annotated.
    RETURNS (Dict[str, Any]): `rel_micro_p`, `rel_micro_r`, `rel_micro_f`, `rel_macro_f` (mean
        over labels that are in gold or predicted), `rel_boundary_p`, `_r`, `_f` and
        `rel_per_type`; None if no reference was annotated with relations.
    """
    strict: Dict[str, PRFScore] = {}
    boundary = PRFScore()
    annotated = False
    for example in examples:
        annotated = annotated or GROUP in example.reference.spans
        gold, gold_bounds = relation_keys(example.reference)
        pred, pred_bounds = relation_keys(example.predicted)
        for label in {*gold, *pred}:
            score = strict.setdefault(label, PRFScore())
            score.score_set(pred.get(label, set()), gold.get(label, set()))
        boundary.score_set(pred_bounds, gold_bounds)
    names = ("rel_micro_p", "rel_micro_r", "rel_micro_f", "rel_macro_f")
    bounds = ("rel_boundary_p", "rel_boundary_r", "rel_boundary_f")
    if not annotated:
        return dict.fromkeys((*names, *bounds, "rel_per_type"))
    micro = sum(strict.values(), PRFScore())
    macro = sum(score.fscore for score in strict.values()) / max(len(strict), 1)
    values = (micro.precision, micro.recall, micro.fscore, macro)
    return {
        **dict(zip(names, values)),
        **dict(zip(bounds, (boundary.precision, boundary.recall, boundary.fscore))),
        "rel_per_type": {label: _counted(strict[label]) for label in sorted(strict)},
    }


def relation_keys(doc: Doc) -> Tuple[Dict[str, Set[Key]], Set[Key]]:
    """What makes the relations of a Doc equal to those of another over the same text.

    doc (Doc): The document.
    RETURNS (Tuple[Dict[str, Set[Key]], Set[Key]]): For each label the offsets and types of both
        mentions; and for all labels together label and offsets alone.
    """
    strict: Dict[str, Set[Key]] = {}
    bounds: Set[Key] = set()
    for head, tail, label, _ in get_relations(doc):
        strict.setdefault(label, set()).add((*_strict(head), *_strict(tail)))
        bounds.add((label, *_bounds(head), *_bounds(tail)))
    return strict, bounds


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


def _counted(score: PRFScore) -> Dict[str, float]:
    counts = {"gold": score.tp + score.fn, "predicted": score.tp + score.fp, "right": score.tp}
    return {**score.to_dict(), **counts}


def _strict(span: Span) -> Tuple[int, int, str]:
    return (span.start_char, span.end_char, span.label_)


def _bounds(span: Span) -> Tuple[int, int]:
    return (span.start_char, span.end_char)
