"""Error analysis of annotated examples: all statistics of a report."""

import platform
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
import spacy
from spacy.language import Language
from spacy.training import Example

from ...tokens import GROUP, Sentences, get_doc_id
from ..calibration import describe_confidence, reliability
from ..scorers import END_TO_END, GOLD_ENTITIES, RelationKey, entity_counts
from .assertion import analyze_assertion
from .budget import CAUSES, RIGHT, Budget, JudgedRelation, count_causes, judge_relations
from .candidates import candidate_components, make_candidate_test, sentence_rule
from .confusion import confusion
from .groups import (
    DISTANCE_BOUNDS,
    MENTION_BOUNDS,
    SENTENCE_GROUPS,
    RelationSides,
    bin_indices,
    bin_names,
    count_groups,
    measure_distances,
)
from .intervals import LEVEL, Counts, score_groups, summarize_scores
from .matching import mention_keys, relation_scores
from .mentions import TypeStrings, count_mentions, judge_mentions, list_strings
from .transfer import NO_GAPS, Gaps, TrainingData, analyze_transfer


class JudgedDoc(NamedTuple):
    """A document that is annotated with relations, and its judged relations.

    example (Example): The document.
    name (str): The document's ID, or its number in the corpus.
    number (int): Its number in the corpus, from 1.
    rows (List[JudgedRelation]): Gold and predicted relations with the causes of errors.
    scores (Dict[RelationKey, float]): Scores of the predicted relations.
    n_mentions (int): Number of gold mentions.
    sentences (Sentences): The pipeline's sentence rule.
    """

    example: Example
    name: str
    number: int
    rows: List[JudgedRelation]
    scores: Dict[RelationKey, float]
    n_mentions: int
    sentences: Sentences

    @property
    def n_errors(self) -> int:
        """Return the number of missed and spurious relations."""
        budget = count_causes(self.rows)
        return budget.gold + budget.predicted - 2 * budget.right


class Analysis(NamedTuple):
    """The content of a report.

    figures (Dict[str, Any]): All statistics, as values that JSON can represent.
    worst (List[JudgedDoc]): The documents with the most errors.
    strings (List[TypeStrings]): The strings of mentions that are wrong most often.
    gaps (Gaps): What the training data lacks.
    """

    figures: Dict[str, Any]
    worst: List[JudgedDoc]
    strings: List[TypeStrings]
    gaps: Gaps


def analyze(
    nlp: Language,
    examples: Sequence[Example],
    result: Dict[str, Any],
    *,
    samples: int = 1000,
    seed: int = 0,
    worst: int = 5,
    training: Optional[TrainingData] = None,
) -> Analysis:
    """Compute the statistics of an error report.

    nlp (Language): The pipeline.
    examples (Sequence[Example]): Documents whose predicted side the pipeline annotated
        (`evaluate_examples`).
    result (Dict[str, Any]): The return value of `evaluate_examples`, with "data" and "scheme".
    samples (int): Number of bootstrap samples for the confidence intervals.
    seed (int): Seed of the samples.
    worst (int): Maximum number of documents with errors to show.
    training (Optional[TrainingData]): What the pipeline was trained on, if it is known. It is
        compared with the documents, unless entities are gold.
    RETURNS (Analysis): The statistics, the documents with the most errors, and strings.
    """
    docs = judge_examples(nlp, examples)
    is_gold_entities = GOLD_ENTITIES in result
    figures: Dict[str, Any] = {
        "evaluated": _describe_evaluation(nlp, result, is_gold_entities, len(docs)),
        "intervals": {
            "method": "percentile bootstrap over documents",
            **{"level": LEVEL, "samples": samples, "seed": seed},
        },
        "entities": None if is_gold_entities else _score_entities(examples, samples, seed),
        "assertion": analyze_assertion(
            nlp, examples, is_gold_entities=is_gold_entities, samples=samples, seed=seed
        ),
        "mentions": None,
        "transfer": None,
        "relations": None,
    }
    mentions = [] if is_gold_entities else judge_mentions(examples)
    gaps = NO_GAPS
    if mentions:
        has_scheme = result.get("scheme") is not None
        figures["mentions"] = count_mentions(mentions)
        figures["transfer"], gaps = analyze_transfer(
            nlp, examples, mentions, training, has_scheme=has_scheme
        )
    if docs:
        figures.update(_analyze_relations(docs, samples, seed))
        figures["candidates_known"] = bool(candidate_components(nlp))
    with_errors = [doc for doc in docs if doc.n_errors]
    shown = sorted(with_errors, key=lambda doc: -doc.n_errors)[:worst]
    figures["worst"] = [_describe_doc(doc) for doc in shown]
    return Analysis(figures, shown, list_strings(mentions), gaps)


def judge_examples(nlp: Language, examples: Sequence[Example]) -> List[JudgedDoc]:
    """Compare gold with predicted relations, document by document.

    nlp (Language): The pipeline. Its components define the candidates.
    examples (Sequence[Example]): Annotated documents.
    RETURNS (List[JudgedDoc]): The documents whose reference is annotated with relations, which are
        those that the scorers count.
    """
    components = candidate_components(nlp)
    sentences = sentence_rule(components)
    docs = []
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
            make_candidate_test(predicted, components),
        )
        name = get_doc_id(reference) or f"document {number}"
        docs.append(JudgedDoc(example, name, number, rows, scores, len(mentions), sentences))
    return docs


def _describe_evaluation(
    nlp: Language, result: Dict[str, Any], is_gold_entities: bool, n_annotated: int
) -> Dict[str, Any]:
    setting = GOLD_ENTITIES if is_gold_entities else END_TO_END
    return {
        "setting": setting,
        **{key: value for key, value in result.items() if key != setting},
        "documents_with_relations": n_annotated,
        "lang": nlp.lang,
        "spacy": spacy.__version__,
        "python": platform.python_version(),
    }


def _score_entities(
    examples: Sequence[Example], samples: int, seed: int
) -> Optional[Dict[str, Any]]:
    counts = [count for count in map(entity_counts, examples) if count is not None]
    types = sorted({label for count in counts for side in count for label in side})
    if not types:
        return None
    table = np.asarray([[[side[label] for side in count] for label in types] for count in counts])
    return summarize_scores(Counts(types, table), samples, seed)


def _analyze_relations(docs: Sequence[JudgedDoc], samples: int, seed: int) -> Dict[str, Any]:
    rows = [row for doc in docs for row in doc.rows]
    listed = _list_relations(docs)
    labels = sorted({key.label for key in listed.keys})
    index = {label: i for i, label in enumerate(labels)}
    label_ids = np.asarray([index[key.label] for key in listed.keys], dtype="int64")

    def score_by(groups: np.ndarray, names: Sequence[str]) -> List[Dict[str, Any]]:
        counts = count_groups(listed.sides, groups, names, len(docs))
        scored, _ = score_groups(counts, samples, seed)
        return [row for row in scored if row["gold"] or row["predicted"]]

    label_counts = count_groups(listed.sides, label_ids, labels, len(docs))
    distances = bin_indices(listed.distances, DISTANCE_BOUNDS)
    doc_sizes = np.asarray([doc.n_mentions for doc in docs])[listed.sides.docs]
    return {
        "relations": summarize_scores(label_counts, samples, seed),
        "budget": _describe_budget(count_causes(rows)),
        "confusion": confusion(rows),
        "by_distance": score_by(distances, bin_names(DISTANCE_BOUNDS)),
        "by_sentence": score_by(listed.is_other_sentence, SENTENCE_GROUPS),
        "by_mentions": score_by(bin_indices(doc_sizes, MENTION_BOUNDS), bin_names(MENTION_BOUNDS)),
        "calibration": _describe_calibration(docs),
    }


class _ListedRelations(NamedTuple):
    """The gold and the predicted relations of all documents, as arrays of equal length.

    keys (List[RelationKey]): The relations.
    sides (RelationSides): Their documents and sides.
    distances (ndarray): Distance in tokens. Shape: (relations,)
    is_other_sentence (ndarray): 0 or 1, see `Distances`. Shape: (relations,)
    """

    keys: List[RelationKey]
    sides: RelationSides
    distances: np.ndarray
    is_other_sentence: np.ndarray


def _list_relations(docs: Sequence[JudgedDoc]) -> _ListedRelations:
    keys: List[RelationKey] = []
    flags: List[Tuple[int, bool, bool]] = []
    distances: List[np.ndarray] = [np.zeros((2, 0), dtype="int64")]
    for i, doc in enumerate(docs):
        doc_keys = []
        for row in doc.rows:
            for key, is_gold in ((row.gold, True), (row.predicted, False)):
                if key is not None:
                    doc_keys.append(key)
                    flags.append((i, row.cause == RIGHT, is_gold))
        keys += doc_keys
        distances.append(
            np.stack(measure_distances(doc.example.predicted, doc_keys, doc.sentences))
        )
    doc_ids, is_right, is_gold_side = np.asarray(flags, dtype="int64").reshape(-1, 3).T
    sides = RelationSides(doc_ids, is_right.astype(bool), is_gold_side.astype(bool))
    return _ListedRelations(keys, sides, *np.concatenate(distances, axis=1))


def _describe_budget(budget: Budget) -> Dict[str, Any]:
    causes = [
        {
            "cause": cause,
            "missed": budget.missed[cause],
            "spurious": budget.spurious[cause],
            "lost": budget.f_lost(cause),
            "f_repaired": budget.f_repaired(cause),
        }
        for cause in CAUSES
    ]
    return {**_counts(budget), "causes": causes}


def _counts(budget: Budget) -> Dict[str, int]:
    return {"gold": budget.gold, "predicted": budget.predicted, "right": budget.right}


def _describe_calibration(docs: Sequence[JudgedDoc]) -> Optional[Dict[str, Any]]:
    pairs = [
        (doc.scores[row.predicted], row.cause == RIGHT)
        for doc in docs
        for row in doc.rows
        if row.predicted
    ]
    if not pairs:
        return None
    scores, is_right = np.asarray(pairs, dtype="float64").T
    table = reliability(scores, is_right)
    bins = [
        {
            **{"from": float(table.edges[i]), "to": float(table.edges[i + 1])},
            "count": int(table.counts[i]),
            **{"mean_score": float(table.scores[i]), "right": float(table.right[i])},
        }
        for i in np.flatnonzero(table.counts)
    ]
    return {**(describe_confidence(scores, is_right) or {}), "bins": bins}


def _describe_doc(doc: JudgedDoc) -> Dict[str, Any]:
    gold_text, predicted_text = doc.example.reference.text, doc.example.predicted.text
    errors = [
        {
            "gold": _describe_relation(row.gold, gold_text),
            "predicted": _describe_relation(row.predicted, predicted_text),
            "cause": row.cause,
        }
        for row in sorted(doc.rows, key=_position)
        if row.cause != RIGHT
    ]
    return {
        "name": doc.name,
        "number": doc.number,
        **_counts(count_causes(doc.rows)),
        "errors": errors,
    }


def _position(row: JudgedRelation) -> Any:
    """Return a sort key: position in the text, then the relation."""
    key = row.gold or row.predicted
    return (min(key.head[0], key.tail[0]), key) if key else (0, ())


def _describe_relation(key: Optional[RelationKey], text: str) -> Optional[Dict[str, Any]]:
    if key is None:
        return None
    head, tail = (
        {"text": text[start:end], "start": start, "end": end, "type": label}
        for start, end, label in key[1:]
    )
    return {"head": head, "label": key.label, "tail": tail}
