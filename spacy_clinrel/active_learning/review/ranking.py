"""Ranking of unlabelled documents for annotators, with the reasons."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.tokens import Doc

from ...errors import Errors
from ...evaluation.pair_scores import ClassifierSettings, ScoredPairs
from ...tokens import get_doc_id, read_mentions
from ...types import Mentions
from .diversity import choose_documents, count_vectors
from .formats import FORMATS
from .uncertainty import STRATEGIES, least_certain_label, margin, score_documents

RANDOM = "random"
NO_RELATION = "none"
# Minimum uncertainty of a pair that counts as uncertain.
UNCERTAIN = 0.5


class ReviewOptions(NamedTuple):
    """Options for choosing documents.

    n_docs (int): Maximum number of documents.
    strategy (str): Measure of a pair's uncertainty, see `uncertainty`; "random" draws documents
        with candidate pairs at random.
    diversity (float): Weight of the similarity to documents chosen before, from 0 to 1, see
        `diversity`.
    top_pairs (int): Number of pairs per document whose uncertainty is averaged, most uncertain
        first.
    seed (int): Seed of the strategy "random".
    """

    n_docs: int = 20
    strategy: str = "margin"
    diversity: float = 0.5
    top_pairs: int = 5
    seed: int = 0


def check_options(options: ReviewOptions, formats: Sequence[str]) -> None:
    """Check the ranges of all options.

    options (ReviewOptions): The options.
    formats (Sequence[str]): The formats to write.
    RAISES (ValueError): If a value is out of range, or a strategy or format is unknown.
    """
    strategies = (*STRATEGIES, RANDOM)
    checks: List[Tuple[str, Any, bool, str]] = [
        ("n_docs", options.n_docs, options.n_docs > 0, "1 or more"),
        ("strategy", options.strategy, options.strategy in strategies, " or ".join(strategies)),
        ("diversity", options.diversity, 0 <= options.diversity <= 1, "from 0 to 1"),
        ("top_pairs", options.top_pairs, options.top_pairs > 0, "1 or more"),
        *(("format", name, name in FORMATS, " or ".join(FORMATS)) for name in formats),
    ]
    for option, value, is_valid, allowed in checks:
        if not is_valid:
            raise ValueError(Errors.B006.format(option=option, value=value, allowed=allowed))


def rank_documents(
    docs: Sequence[Doc],
    scored: ScoredPairs,
    classifier: ClassifierSettings,
    options: ReviewOptions,
) -> List[Dict[str, Any]]:
    """Choose documents and rank them.

    docs (Sequence[Doc]): The documents, with mentions.
    scored (ScoredPairs): Their candidate pairs.
    classifier (ClassifierSettings): Settings of the component that scored the pairs.
    options (ReviewOptions): Options for choosing documents.
    RETURNS (List[Dict[str, Any]]): One row for each chosen document, in the order of choice:
        "rank", "index" among the documents, "doc_id", "uncertainty", numbers of "pairs" and of
        "uncertain" pairs, and the "most_uncertain" pair. Documents without candidate pairs are
        never chosen.
    """
    if not classifier.exclusive:
        scored = least_certain_label(scored)
    uncertainty = STRATEGIES.get(options.strategy, margin)(scored.p)
    by_doc = score_documents(uncertainty, scored.docs, len(docs), options.top_pairs)
    mentions = [read_mentions(doc, classifier.mentions) for doc in docs]
    eligible = np.flatnonzero(by_doc.n_pairs)
    if options.strategy == RANDOM:
        chosen = np.random.default_rng(options.seed).permutation(eligible)[: options.n_docs]
    else:
        features = _features(docs, mentions, scored, classifier.labels)
        vectors = count_vectors(features[i] for i in eligible.tolist())
        scores = by_doc.scores[eligible]
        order = choose_documents(scores, vectors, options.n_docs, options.diversity)
        chosen = eligible[order]
    n_uncertain = np.bincount(scored.docs[uncertainty >= UNCERTAIN], minlength=len(docs))
    return [
        {
            "rank": rank,
            "index": i,
            "doc_id": get_doc_id(docs[i]),
            "uncertainty": round(float(by_doc.scores[i]), 4),
            "pairs": int(by_doc.n_pairs[i]),
            "uncertain": int(n_uncertain[i]),
            "most_uncertain": _describe_pair(
                docs[i], mentions[i], scored, int(by_doc.most_uncertain[i]), classifier.labels
            ),
        }
        for rank, i in enumerate(chosen.tolist(), start=1)
    ]


def _features(
    docs: Sequence[Doc], mentions: Sequence[Mentions], scored: ScoredPairs, labels: Sequence[str]
) -> List[List[tuple]]:
    """Return the features by which documents are compared: mentions and predicted relations."""
    features: List[List[tuple]] = []
    for doc, doc_mentions in zip(docs, mentions):
        rows = zip(*(values.tolist() for values in doc_mentions))
        features.append([(entity_type, doc[start:end].text) for start, end, entity_type in rows])
    classes = scored.classes
    related = np.flatnonzero(classes > 0)
    rows = zip(*(values[related].tolist() for values in (scored.docs, scored.pairs, classes)))
    for i, (head, tail), class_index in rows:
        types = mentions[i].labels
        features[i].append((int(types[head]), labels[class_index - 1], int(types[tail])))
    return features


def _describe_pair(
    doc: Doc, mentions: Mentions, scored: ScoredPairs, row: int, labels: Sequence[str]
) -> Dict[str, Any]:
    """Return the texts of a pair's head and tail, and its two most probable classes."""
    head, tail = (
        doc[mentions.starts[i] : mentions.ends[i]].text.strip() for i in scored.pairs[row].tolist()
    )
    names = (NO_RELATION, *labels)
    best = np.argsort(-scored.p[row], kind="stable")[:2]
    probabilities = {names[i]: round(float(scored.p[row, i]), 4) for i in best.tolist()}
    return {"head": head, "tail": tail, "labels": probabilities}
