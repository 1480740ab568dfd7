"""All figures of a report, computed from annotated examples."""

import platform
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ...tokens import GROUP, get_doc_id
from ..calibration import expected_calibration_error, reliability
from ..evaluate import END_TO_END, GOLD_ENTITIES
from ..scorers import entity_counts
from .budget import CAUSES, RIGHT, Budget, Judged, count_causes, judge_relations
from .confusion import confusion
from .groups import (
    DISTANCES,
    MENTIONS,
    SENTENCES,
    Found,
    bin_names,
    count_groups,
    in_bins,
    places,
)
from .intervals import LEVEL, Counts, figures, summary
from .matching import RelationKey, mention_keys, relation_scores
from .proposed import candidate_components, proposed_in


class Case(NamedTuple):
    """A document whose relations were annotated and predicted.

    example (Example): The document.
    name (str): What it is called.
    rows (List[Judged]): Its relations with what is wrong with them.
    scores (Dict[RelationKey, float]): Scores of the predicted ones.
    mentions (int): How many gold mentions it has.
    """

    example: Example
    name: str
    rows: List[Judged]
    scores: Dict[RelationKey, float]
    mentions: int

    @property
    def errors(self) -> int:
        """RETURNS (int): Missed and spurious relations."""
        budget = count_causes(self.rows)
        return budget.gold + budget.predicted - 2 * budget.right


class Analysis(NamedTuple):
    """What a report shows.

    figures (Dict[str, Any]): All its figures, as JSON can hold them.
    worst (List[Case]): The documents with the most errors, which it draws.
    """

    figures: Dict[str, Any]
    worst: List[Case]


def analyze(
    nlp: Language,
    examples: Sequence[Example],
    result: Dict[str, Any],
    *,
    samples: int = 1000,
    seed: int = 0,
    worst: int = 5,
) -> Analysis:
    """Find out where a pipeline is wrong.

    nlp (Language): The pipeline.
    examples (Sequence[Example]): Documents whose predicted side it annotated (`report.evaluate`).
    result (Dict[str, Any]): What `report.evaluate` returned, and the "data" and "scheme" beside.
    samples (int): Bootstrap samples of the intervals.
    seed (int): Seed of the samples.
    worst (int): How many of the documents with the most errors to show.
    RETURNS (Analysis): The figures and the documents.
    """
    cases = judge_examples(nlp, examples)
    gold_entities = GOLD_ENTITIES in result
    found: Dict[str, Any] = {
        "evaluated": _evaluated(result, gold_entities, len(cases)),
        "intervals": {
            "method": "percentile bootstrap over documents",
            **{"level": LEVEL, "samples": samples, "seed": seed},
        },
        "entities": None if gold_entities else _entities(examples, samples, seed),
        "relations": None,
    }
    if cases:
        known = bool(candidate_components(nlp))
        found.update(_relations(cases, samples, seed), candidates_known=known)
    shown = sorted((case for case in cases if case.errors), key=lambda case: -case.errors)[:worst]
    found["worst"] = [_document(case) for case in shown]
    return Analysis(found, shown)


def judge_examples(nlp: Language, examples: Sequence[Example]) -> List[Case]:
    """Compare gold and predicted relations document by document.

    nlp (Language): The pipeline, which knows the candidates.
    examples (Sequence[Example]): The documents, annotated.
    RETURNS (List[Case]): Those whose reference was annotated with relations, as the scorers have
        it.
    """
    components = candidate_components(nlp)
    cases = []
    for number, example in enumerate(examples, start=1):
        reference, predicted = example.reference, example.predicted
        if GROUP not in reference.spans:
            continue
        mentions, scores = mention_keys(reference), relation_scores(predicted)
        rows = judge_relations(
            relation_scores(reference),
            scores,
            mentions,
            mention_keys(predicted),
            proposed_in(predicted, components),
        )
        name = get_doc_id(reference) or f"document {number}"
        cases.append(Case(example, name, rows, scores, len(mentions)))
    return cases


def _evaluated(result: Dict[str, Any], gold_entities: bool, annotated: int) -> Dict[str, Any]:
    setting = GOLD_ENTITIES if gold_entities else END_TO_END
    rest = {key: value for key, value in result.items() if key != setting}
    versions = {"spacy": spacy.__version__, "python": platform.python_version()}
    with_relations = {"documents_with_relations": annotated}
    return {"setting": setting, **rest, **with_relations, **versions}


def _entities(examples: Sequence[Example], samples: int, seed: int) -> Optional[Dict[str, Any]]:
    counts = [found for found in map(entity_counts, examples) if found is not None]
    names = sorted({kind for doc in counts for of_side in doc for kind in of_side})
    if not names:
        return None
    table = np.asarray([[[side[kind] for side in doc] for kind in names] for doc in counts])
    return summary(Counts(names, table), samples, seed)


def _relations(cases: Sequence[Case], samples: int, seed: int) -> Dict[str, Any]:
    rows = [row for case in cases for row in case.rows]
    listed = _list_relations(cases)
    labels = sorted({key.label for key in listed.keys})
    index = {label: i for i, label in enumerate(labels)}
    of_label = np.asarray([index[key.label] for key in listed.keys], dtype="int64")
    n = len(cases)

    def grouped(groups: np.ndarray, names: Sequence[str]) -> List[Dict[str, Any]]:
        counts = count_groups(listed.found, groups, names, n)
        filled, _ = figures(counts, samples, seed)
        return [row for row in filled if row["gold"] or row["predicted"]]

    sizes = np.asarray([case.mentions for case in cases])[listed.found.docs]
    return {
        "relations": summary(count_groups(listed.found, of_label, labels, n), samples, seed),
        "budget": _budget(count_causes(rows)),
        "confusion": confusion(rows),
        "by_distance": grouped(in_bins(listed.distances, DISTANCES), bin_names(DISTANCES)),
        "by_sentence": grouped(listed.crosses, SENTENCES),
        "by_mentions": grouped(in_bins(sizes, MENTIONS), bin_names(MENTIONS)),
        "calibration": _calibration(cases),
    }


class _Listed(NamedTuple):
    """All relations, gold ones and predicted ones, and where they stand."""

    keys: List[RelationKey]
    found: Found
    distances: np.ndarray
    crosses: np.ndarray


def _list_relations(cases: Sequence[Case]) -> _Listed:
    keys: List[RelationKey] = []
    flags: List[List[int]] = []
    where: List[np.ndarray] = [np.zeros((2, 0), dtype="int64")]
    for i, case in enumerate(cases):
        sides = [(key, side, row.cause == RIGHT) for row in case.rows for side, key in _sides(row)]
        own = [key for key, _, _ in sides]
        keys += own
        flags += [[i, right, side] for _, side, right in sides]
        where.append(np.stack(places(case.example.predicted, own)))
    docs, right, gold = np.asarray(flags, dtype="int64").reshape(-1, 3).T
    distances, crosses = np.concatenate(where, axis=1)
    return _Listed(keys, Found(docs, right.astype(bool), gold.astype(bool)), distances, crosses)


def _sides(row: Judged) -> List[Any]:
    both = ((True, row.gold), (False, row.predicted))
    return [(side, key) for side, key in both if key is not None]


def _budget(budget: Budget) -> Dict[str, Any]:
    causes = [
        {
            "cause": cause,
            "missed": budget.missed[cause],
            "spurious": budget.spurious[cause],
            "lost": budget.lost(cause),
            "f_repaired": budget.repaired(cause),
        }
        for cause in CAUSES
    ]
    counts = {"gold": budget.gold, "predicted": budget.predicted, "right": budget.right}
    return {**counts, "causes": causes}


def _calibration(cases: Sequence[Case]) -> Optional[Dict[str, Any]]:
    pairs = [
        (case.scores[row.predicted], row.cause == RIGHT)
        for case in cases
        for row in case.rows
        if row.predicted
    ]
    if not pairs:
        return None
    scores, right = np.asarray(pairs, dtype="float64").T
    table = reliability(scores, right)
    bins = [
        {
            **{"from": float(table.edges[i]), "to": float(table.edges[i + 1])},
            "count": int(table.counts[i]),
            **{"mean_score": float(table.scores[i]), "right": float(table.right[i])},
        }
        for i in np.flatnonzero(table.counts)
    ]
    error = expected_calibration_error(table)
    means = {"mean_score": float(scores.mean()), "right": float(right.mean())}
    return {"predictions": len(pairs), **means, "expected_calibration_error": error, "bins": bins}


def _document(case: Case) -> Dict[str, Any]:
    budget = count_causes(case.rows)
    counts = {"gold": budget.gold, "predicted": budget.predicted, "right": budget.right}
    texts = (case.example.reference.text, case.example.predicted.text)
    errors = [
        {
            "gold": _relation(row.gold, texts[0]),
            "predicted": _relation(row.predicted, texts[1]),
            "cause": row.cause,
        }
        for row in sorted(case.rows, key=_position)
        if row.cause != RIGHT
    ]
    return {"name": case.name, **counts, "errors": errors}


def _position(row: Judged) -> Any:
    key = row.gold or row.predicted
    return (min(key.head[0], key.tail[0]), key) if key else (0, ())


def _relation(key: Optional[RelationKey], text: str) -> Optional[Dict[str, Any]]:
    if key is None:
        return None
    head, tail = (
        {"text": text[start:end], "start": start, "end": end, "type": kind}
        for start, end, kind in key[1:]
    )
    return {"head": head, "label": key.label, "tail": tail}


def named_copy(doc: Doc, name: str) -> Doc:
    """A copy of a document with a title, for the viewer.

    doc (Doc): The document.
    name (str): The title.
    RETURNS (Doc): The copy.
    """
    copy = doc.copy()
    copy.user_data = {**doc.user_data, "title": name}
    return copy
