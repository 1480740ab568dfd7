"""A CRF over candidate pairs: chains, loss and decoding."""

import itertools
import math

import numpy as np
import pytest
from spacy import registry
from spacy.util import fix_random_seed

from spacy_clinrel.ml.pair_crf import chain_lengths, chain_loss, chain_scores
from spacy_clinrel.pipeline.candidates import SentencePairs, make_candidates
from spacy_clinrel.tokens import Sentences
from spacy_clinrel.types import Emissions

from ..util import make_notes, relation_config

TYPES = ["治疗", "检查", "疾病", "症状"]
LENGTHS = [3, 1, 4]


def candidates_of(docs):
    return make_candidates(docs, SentencePairs(max_sentences=9), types=TYPES)


def emissions(seed=0, labels=3):
    dice = np.random.default_rng(seed)
    sizes = [(sum(LENGTHS), labels), (labels, labels), (labels,), (labels,)]
    arrays = [2 * dice.standard_normal(size).astype("float32") for size in sizes]
    return Emissions(*arrays, np.asarray(LENGTHS, dtype="int32"))


def paths(chain, batch):
    """Yield each label sequence of a chain, with its score."""
    first = sum(LENGTHS[:chain])
    scores = batch.scores[first : first + LENGTHS[chain]].tolist()
    for labels in itertools.product(range(len(batch.start)), repeat=LENGTHS[chain]):
        total = batch.start[labels[0]] + batch.end[labels[-1]]
        total += sum(row[label] for row, label in zip(scores, labels))
        total += sum(batch.transitions[a, b] for a, b in itertools.pairwise(labels))
        yield labels, float(total)


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_marginals_of_the_best_path(seed):
    batch = emissions(seed)
    probabilities = chain_scores(batch)
    first = 0
    for chain, length in enumerate(LENGTHS):
        path_scores = dict(paths(chain, batch))
        best = max(path_scores, key=path_scores.get)
        total = sum(map(math.exp, path_scores.values()))
        for i, label in enumerate(best):
            expected = np.zeros(3)
            for column in (0, label):  # no relation, and the label on the best path
                scores = [score for labels, score in path_scores.items() if labels[i] == column]
                expected[column] = sum(map(math.exp, scores)) / total
            np.testing.assert_allclose(probabilities[first + i], expected, atol=1e-5)
        first += length


def test_loss_equals_enumeration_of_paths():
    batch, gold = emissions(), np.asarray([0, 1, 2, 1, 0, 0, 2, 2])
    loss, _ = chain_loss(batch, gold, np.ones(8, dtype=bool))
    expected, first = 0.0, 0
    for chain, length in enumerate(LENGTHS):
        path_scores = dict(paths(chain, batch))
        gold_score = path_scores[tuple(gold[first : first + length].tolist())]
        expected += math.log(sum(map(math.exp, path_scores.values()))) - gold_score
        first += length
    assert loss == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("part", range(4))
def test_gradient_equals_finite_differences(part):
    batch, gold = emissions(), np.asarray([0, 1, 2, 1, 0, 0, 2, 2])
    counted = np.asarray([True] * 4 + [False] * 4)
    gradient = chain_loss(batch, gold, counted)[1][part]
    step = 1e-2
    for cell in np.ndindex(*batch[part].shape):
        losses = []
        for sign in (1, -1):
            moved = [array.copy() for array in batch]
            moved[part][cell] += sign * step
            losses.append(chain_loss(Emissions(*moved), gold, counted)[0])
        assert gradient[cell] == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=2e-3)


def test_loss_of_confident_labels_is_not_negative():
    """Without clamping, rounding makes the loss slightly negative."""
    scores = np.random.default_rng(0).uniform(15, 40, (8, 1)) * np.eye(3)[[0, 1, 2, 1, 0, 0, 2, 2]]
    batch = emissions()._replace(scores=scores.astype("float32"))
    loss, _ = chain_loss(batch, scores.argmax(axis=1), np.ones(8, dtype=bool))
    assert 0.0 <= loss < 1e-3


def test_chains_of_unannotated_documents_do_not_count():
    batch, gold = emissions(), np.zeros(8, dtype="int64")
    loss, gradient = chain_loss(batch, gold, np.zeros(8, dtype=bool))
    assert loss == 0.0 and not any(part.any() for part in gradient[:4])


def test_chain_lengths_by_document_and_sentence(zh):
    docs = [*make_notes(zh, 3), zh.make_doc(""), zh.make_doc("未见异常。")]
    candidates = candidates_of(docs)
    assert chain_lengths(docs, candidates, "document", Sentences()).tolist() == [
        count for count in candidates.pair_lengths.tolist() if count
    ]
    expected, first = [], 0
    for doc, count, mentions in zip(docs, candidates.pair_lengths, candidates.mention_lengths):
        pairs = candidates.pairs[first : first + count]
        ends = [i for i, char in enumerate(doc.text) if char in "。；"]
        starts = sorted(ent.start for ent in doc.ents)
        assert len(starts) == mentions
        heads = [sum(end < starts[h] for end in ends) for h in pairs[:, 0].tolist()]
        expected += [len(list(chain)) for _, chain in itertools.groupby(heads)]
        first += count
    lengths = chain_lengths(docs, candidates, "sentence", Sentences()).tolist()
    assert lengths == expected and len(lengths) > 3
    none = candidates.select(np.zeros(0, dtype="int64"))
    assert chain_lengths(docs, none, "sentence", Sentences()).tolist() == []


def test_chain_lengths_by_sentences_of_the_doc(zh):
    [doc] = make_notes(zh, 1)
    candidates = candidates_of([doc])
    for i, token in enumerate(doc):
        token.is_sent_start = i == 0
    assert chain_lengths([doc], candidates, "sentence", Sentences(use_sents=True)).tolist() == [
        len(candidates)
    ]
    assert len(chain_lengths([doc], candidates, "sentence", Sentences())) > 1


@pytest.mark.parametrize("scope", ["sentence", "document"])
def test_unary_scores_are_those_of_the_relation_model(zh, scope):
    fix_random_seed(0)
    relations = relation_config()["model"]
    config = {"@architectures": "spacy-clinrel.PairCRF.v1", "relations": relations, "scope": scope}
    model = registry.resolve({"model": config})["model"]
    model.set_dim("nO", 3)
    docs = make_notes(zh, 3)
    candidates = candidates_of(docs)
    model.initialize(X=(docs, candidates))
    output, backprop = model.begin_update((docs, candidates))
    alone = model.get_ref("relations").predict((docs, candidates))
    np.testing.assert_allclose(output.scores, alone, atol=1e-6)
    gold = np.arange(len(candidates)) % 3
    _, gradient = chain_loss(output, gold, np.ones(len(candidates), dtype=bool))
    backprop(gradient)
    for name in ("transitions", "start", "end"):
        assert model.get_grad(name).any()


def test_unknown_scope_is_an_error():
    config = {
        "@architectures": "spacy-clinrel.PairCRF.v1",
        "relations": relation_config()["model"],
        "scope": "page",
    }
    with pytest.raises(ValueError, match=r"M004.*sentence or document.*'page'"):
        registry.resolve({"model": config})
