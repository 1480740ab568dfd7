"""Ranking of documents with given probabilities."""

import numpy as np
import pytest

from spacy_clinrel.active_learning.review import ReviewOptions
from spacy_clinrel.active_learning.review.ranking import rank_documents
from spacy_clinrel.evaluation.pair_scores import ClassifierSettings, ScoredPairs
from spacy_clinrel.tokens import set_doc_id

from ...util import make_doc

CLASSIFIER = ClassifierSettings(("证实", "改善"), (), [], "auto", True)


@pytest.fixture
def scored(zh):
    """Return documents and their scored pairs: the second document is the most uncertain, the
    fourth is similar to it, the first is less uncertain, and the third has no pairs."""
    texts = [
        "[CT|检查]示[肺炎|疾病]",
        "[补液|治疗]后[头痛|症状]",
        "[头痛|症状]",
        "[补液|治疗]后[头痛|症状]好",
    ]
    docs = [make_doc(zh, text) for text in texts]
    for number, doc in enumerate(docs):
        set_doc_id(doc, f"n{number}")
    p = [[0.2, 0.8, 0.0], [0.9, 0.1, 0.0], [0.48, 0.02, 0.5], [0.5, 0.1, 0.4]]
    pairs = np.asarray([[0, 1], [1, 0], [0, 1], [0, 1]])
    return docs, ScoredPairs(np.asarray([0, 0, 1, 3]), pairs, np.asarray(p))


def test_most_uncertain_documents_come_first(scored):
    options = ReviewOptions(diversity=0.0, top_pairs=1)
    ranking = rank_documents(*scored, CLASSIFIER, options)
    assert [row["doc_id"] for row in ranking] == ["n1", "n3", "n0"]
    assert [row["rank"] for row in ranking] == [1, 2, 3]
    assert [row["uncertainty"] for row in ranking] == pytest.approx([0.98, 0.9, 0.4])
    assert [(row["pairs"], row["uncertain"]) for row in ranking] == [(1, 1), (1, 1), (2, 0)]
    pair = {"head": "补液", "tail": "头痛", "labels": {"改善": 0.5, "none": 0.48}}
    assert ranking[0]["most_uncertain"] == pair


def test_uncertainty_is_a_mean_of_pairs(scored):
    ranking = rank_documents(*scored, CLASSIFIER, ReviewOptions())
    [row] = [row for row in ranking if row["doc_id"] == "n0"]
    assert row["uncertainty"] == pytest.approx((0.4 + 0.2) / 2)


def test_diversity_skips_similar_documents(scored):
    ranking = rank_documents(*scored, CLASSIFIER, ReviewOptions(diversity=1.0, n_docs=2))
    assert [row["doc_id"] for row in ranking] == ["n1", "n0"]


def test_random_strategy_depends_on_the_seed(scored):
    def first_choice(seed):
        options = ReviewOptions(1, "random", seed=seed)
        return rank_documents(*scored, CLASSIFIER, options)[0]["doc_id"]

    choices = [first_choice(seed) for seed in range(60)]
    assert set(choices) == {"n0", "n1", "n3"}, "all documents with pairs"
    assert choices[7] == first_choice(7)
