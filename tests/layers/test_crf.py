"""The CRF, compared with an enumeration of all tag sequences."""

import itertools
import math

import numpy as np
import pytest
import torch

from spacy_clinrel.layers.crf import (
    CRFTagger,
    expected_score,
    forward_backward,
    log_partition,
    negative_log_likelihood,
    sequence_score,
    viterbi,
)
from spacy_clinrel.layers.ragged import padding_mask
from spacy_clinrel.tokens.bieos import allowed_transitions

LENGTHS = [4, 1, 3, 2]
N_TAGS = 5


def scores(seed=0, n_tags=N_TAGS, lengths=LENGTHS):
    """Generate random emissions (batch, longest, tags), their mask, and transition, start and end
    scores."""
    make = torch.Generator().manual_seed(seed)
    sizes = ((len(lengths), max(lengths), n_tags), (n_tags, n_tags), (n_tags,), (n_tags,))
    emissions, transitions, start, end = (
        2 * torch.randn(*size, generator=make, dtype=torch.float64) for size in sizes
    )
    return emissions, padding_mask(torch.tensor(lengths)), transitions, start, end


def constrained(seed=0, lengths=LENGTHS):
    """Generate scores of the module, with the constraints of BIEOS tags for one type."""
    allowed = allowed_transitions(1)
    module = CRFTagger(n_in=3, **allowed._asdict()).double()
    make = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(generator=make)
        _, transitions, start, end = module(torch.zeros(1, 3, dtype=torch.float64))
    emissions, mask, *_ = scores(seed, len(allowed.start), lengths)
    return emissions, mask, transitions, start, end


def naive(emissions, length, transitions, start, end):
    """Return the score of every tag sequence of one text."""
    e, t = emissions.tolist(), transitions.tolist()
    sequences = {}
    for tags in itertools.product(range(len(t)), repeat=length):
        score = start.tolist()[tags[0]] + end.tolist()[tags[-1]]
        score += sum(e[i][tag] for i, tag in enumerate(tags))
        score += sum(t[a][b] for a, b in itertools.pairwise(tags))
        sequences[tags] = score
    return sequences


CASES = pytest.mark.parametrize("make", [scores, constrained])


@CASES
@pytest.mark.parametrize("seed", range(3))
def test_log_partition(make, seed):
    emissions, mask, *rest = make(seed)
    totals = log_partition(emissions, mask, *rest).tolist()
    for row, (length, total) in enumerate(zip(LENGTHS, totals)):
        every = naive(emissions[row], length, *rest).values()
        high = max(every)
        expected = high + math.log(sum(math.exp(score - high) for score in every))
        assert total == pytest.approx(expected, abs=1e-9)


@CASES
@pytest.mark.parametrize("seed", range(3))
def test_marginals(make, seed):
    emissions, mask, *rest = make(seed)
    marginals = forward_backward(emissions, mask, *rest)
    torch.testing.assert_close(marginals.log_partition, log_partition(emissions, mask, *rest))
    steps = torch.zeros_like(marginals.transitions)
    for row, (length, total) in enumerate(zip(LENGTHS, marginals.log_partition.tolist())):
        tags = torch.zeros_like(emissions[row])
        for sequence, score in naive(emissions[row], length, *rest).items():
            p = math.exp(score - total)
            for i, tag in enumerate(sequence):
                tags[i, tag] += p
            for a, b in itertools.pairwise(sequence):
                steps[a, b] += p
        torch.testing.assert_close(marginals.tags[row], tags)
    torch.testing.assert_close(marginals.transitions, steps)


def test_transitions_of_each_row():
    emissions, mask, *rest = scores()
    total = forward_backward(emissions, mask, *rest)
    by_row = forward_backward(emissions, mask, *rest, by_row=True)
    torch.testing.assert_close(by_row.transitions.sum(0), total.transitions)
    for row, length in enumerate(LENGTHS):
        alone = forward_backward(
            emissions[row : row + 1, :length], mask[row : row + 1, :length], *rest
        )
        torch.testing.assert_close(by_row.transitions[row], alone.transitions)


@CASES
def test_expected_score_under_another_distribution(make):
    emissions, mask, *rest = make(0)
    other, _, *other_rest = make(1)
    q = forward_backward(other, mask, *other_rest, by_row=True)
    found = expected_score(emissions, q.tags, q.transitions, mask, *rest)
    for row, length in enumerate(LENGTHS):
        own = naive(emissions[row], length, *rest)
        total = float(q.log_partition[row])
        expected = sum(
            math.exp(score - total) * own[sequence]
            for sequence, score in naive(other[row], length, *other_rest).items()
            if math.exp(score - total) > 0
        )
        assert float(found[row]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_gradient_of_log_partition(seed):
    emissions, mask, *rest = scores(seed)
    leaves = [x.clone().requires_grad_() for x in (emissions, *rest)]
    weights = torch.tensor([1.0, -0.5, 2.0, 0.0], dtype=torch.float64)  # unequal rows

    def total(emissions, transitions, start, end):
        return (log_partition(emissions, mask, transitions, start, end) * weights).sum()

    assert torch.autograd.gradcheck(total, leaves)


@CASES
@pytest.mark.parametrize("seed", range(5))
def test_viterbi(make, seed):
    emissions, mask, *rest = make(seed)
    best = viterbi(emissions, mask, *rest)
    for row, length in enumerate(LENGTHS):
        every = naive(emissions[row], length, *rest)
        assert tuple(best[row, :length].tolist()) == max(every, key=every.__getitem__)
        assert not best[row, length:].any()


def test_viterbi_obeys_constraints_against_the_emissions():
    emissions, mask, *rest = constrained()
    allowed = allowed_transitions(1)
    for tag in range(5):
        loud = emissions.clone()
        loud[:, :, tag] += 100.0
        for tags, length in zip(viterbi(loud, mask, *rest), LENGTHS):
            tags = tags[:length].numpy()
            assert allowed.start[tags[0]] and allowed.end[tags[-1]]
            assert allowed.transitions[tags[:-1], tags[1:]].all()


@pytest.mark.parametrize("seed", range(3))
def test_sequence_score(seed):
    emissions, mask, *rest = scores(seed)
    make = torch.Generator().manual_seed(seed)
    tags = torch.randint(N_TAGS, mask.shape, generator=make)
    values = sequence_score(emissions, tags, mask, *rest).tolist()
    for row, length in enumerate(LENGTHS):
        every = naive(emissions[row], length, *rest)
        assert values[row] == pytest.approx(every[tuple(tags[row, :length].tolist())])


def test_probabilities_of_all_sequences_sum_to_one():
    emissions, _, *rest = scores()
    text, mask = emissions[:1], torch.ones(1, 4, dtype=torch.bool)
    every = torch.tensor(list(itertools.product(range(N_TAGS), repeat=4)))
    batch = text.expand(len(every), -1, -1)
    losses = negative_log_likelihood(batch, every, mask.expand(len(every), -1), *rest)
    assert float((-losses).exp().sum()) == pytest.approx(1.0)


@CASES
def test_crf_gradients(make):
    emissions, mask, *rest = make(1)
    tags = viterbi(*make(2))  # valid, but not the best for these scores

    def loss(*tensors):
        return negative_log_likelihood(tensors[0], tags, mask, *tensors[1:])

    tensors = [tensor.clone().requires_grad_() for tensor in (emissions, *rest)]
    assert torch.autograd.gradcheck(loss, tensors)


@CASES
def test_crf_ignores_padding(make):
    emissions, mask, *rest = make(0)
    tags = viterbi(emissions, mask, *rest)
    leaf = emissions.clone().requires_grad_()
    loss = negative_log_likelihood(leaf, tags, mask, *rest)
    loss.sum().backward()
    assert leaf.grad is not None and not leaf.grad[~mask].any() and leaf.grad[mask].any()
    other = torch.where(mask[:, :, None], emissions, torch.full_like(emissions, 50.0))
    strange = torch.where(mask, tags, torch.ones_like(tags))
    assert torch.equal(negative_log_likelihood(other, strange, mask, *rest), loss.detach())
    assert torch.equal(viterbi(other, mask, *rest), tags)


@CASES
def test_rows_do_not_depend_on_the_batch(make):
    emissions, mask, *rest = make(3)
    best, totals = viterbi(emissions, mask, *rest), log_partition(emissions, mask, *rest)
    for row, length in enumerate(LENGTHS):
        alone = emissions[row : row + 1, :length], mask[row : row + 1, :length], *rest
        assert torch.equal(viterbi(*alone)[0], best[row, :length])
        assert torch.equal(log_partition(*alone)[0], totals[row])


def test_crf_tagger_masks_impossible_transitions():
    allowed = allowed_transitions(2)
    module = CRFTagger(n_in=3, **allowed._asdict())
    emissions, *trained = module(torch.randn(6, 3))
    assert emissions.shape == (6, 9)
    for tensor, is_allowed in zip(trained, allowed):
        value = tensor.detach().numpy()
        assert (value[~is_allowed] < -1000).all() and (value[is_allowed] == 0).all()
    sum(tensor.sum() for tensor in trained).backward()
    gradient = module.transitions.grad.numpy()
    assert np.array_equal(gradient != 0, allowed.transitions)


def test_gradients_are_finite_for_impossible_gold_tags():
    emissions, mask, *rest = constrained()
    tags = torch.full(mask.shape, 2)  # I I I I, which is impossible
    leaf = emissions.clone().requires_grad_()
    loss = negative_log_likelihood(leaf, tags, mask, *rest).sum()
    loss.backward()
    assert torch.isfinite(loss) and torch.isfinite(leaf.grad).all()


@pytest.mark.parametrize("kind", [torch.float32, torch.float64])
def test_low_scores_count_on_the_only_possible_path(kind):
    emissions, mask, transitions, start, end = constrained()
    # So large that the float32 exponentials of the lower scores underflow.
    loud = [(emissions * 60).to(kind), mask, transitions.to(kind), start.to(kind), end.to(kind)]
    loud[0].requires_grad_()
    totals = log_partition(*loud)
    marginals = forward_backward(*loud)
    (gradient,) = torch.autograd.grad(totals.sum(), loud[0])
    torch.testing.assert_close(marginals.tags, gradient, atol=1e-4, rtol=0.0)
    for row, length in enumerate(LENGTHS):
        every = naive(loud[0][row].detach(), length, *(x.detach() for x in loud[2:])).values()
        assert totals[row].item() == pytest.approx(max(every), abs=0.1, rel=1e-6)
        torch.testing.assert_close(gradient[row, :length].sum(1), torch.ones(length, dtype=kind))
