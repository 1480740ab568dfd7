"""Focused attention, compared with masked passes over whole windows."""

import pytest
import torch
from transformers import BertConfig, BertModel

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.focused import PairHead, STREncoder, focused_mask, pair_places

from ..recording import batches_of, inputs_of

SIZE = 12
LENGTHS = torch.tensor([12, 9, 7])
# Window of each pair, and spans of its mentions: apart, nested, overlapping, equal, empty.
WINDOWS = torch.tensor([0, 0, 1, 1, 2, 0])
SPANS = torch.tensor(
    [[1, 3, 6, 9], [8, 10, 2, 3], [2, 6, 3, 5], [2, 5, 4, 7], [3, 5, 3, 5], [4, 6, 7, 7]]
)


@pytest.fixture(scope="module")
def bert():
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=20,
        hidden_size=16,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=SIZE,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=0.3,
    )
    return BertModel(config).eval()


@pytest.fixture(scope="module")
def inputs():
    torch.manual_seed(1)
    mask = torch.arange(SIZE)[None, :] < LENGTHS[:, None]
    return {"input_ids": torch.randint(1, 20, (3, SIZE)) * mask, "attention_mask": mask.long()}


def encoder(bert, mask="eq14", focused=2, budget=10_000, **options):
    return STREncoder(bert, focused=focused, mask=mask, budget=budget, **options)


def focus_of(i):
    first, first_end, second, second_end = SPANS[i].tolist()
    return {0, *range(first, first_end), *range(second, second_end)}


@pytest.mark.parametrize("kind", ["eq13", "eq14"])
def test_focused_mask(kind):
    mask = focused_mask(kind, SPANS, LENGTHS[WINDOWS], SIZE)
    assert mask.shape == (len(SPANS), SIZE, SIZE)
    for k in range(len(SPANS)):
        focus, length = focus_of(k), int(LENGTHS[WINDOWS[k]])
        for i in range(length):
            for j in range(SIZE):
                if kind == "eq14":
                    wanted = i in focus and j in focus
                else:
                    wanted = j < length and (i != 0 or j in focus)
                assert bool(mask[k, i, j]) == wanted, (k, i, j)


def test_pair_places_has_each_piece_once():
    places, mask = pair_places(SPANS)
    assert places.shape[1] == 1 + 4 + 2  # the longest
    for k in range(len(SPANS)):
        some = places[k][mask[k]].tolist()
        assert some[0] == 0 and sorted(some) == sorted(focus_of(k))


def whole_windows(bert, kind, focused, hidden, windows, spans):
    """Run equations 6 and 7 with the mask of each pair, one pair at a time, without padding."""
    vectors = []
    for k in range(len(spans)):
        length = int(LENGTHS[windows[k]])
        rows = hidden[:, 0].split(LENGTHS.tolist())[int(windows[k])][None]
        allowed = focused_mask(kind, spans[k : k + 1], LENGTHS[windows[k : k + 1]], length)
        bias = torch.where(allowed, 0.0, -1e4)[:, None]
        for layer in bert.encoder.layer[-focused:]:
            rows = layer(rows, bias)[0]
        vectors.append(rows[0, 0])
    return torch.stack(vectors)


@pytest.mark.parametrize("focused", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["eq13", "eq14"])
def test_vectors_match_whole_windows(bert, inputs, kind, focused):
    model = encoder(bert, kind, focused)
    states, hidden = model("encode", inputs)
    real = inputs["attention_mask"].bool()
    torch.testing.assert_close(states, bert(**inputs).last_hidden_state[real])
    found = model("relate", hidden, LENGTHS, WINDOWS, SPANS)
    wanted = whole_windows(bert, kind, focused, hidden, WINDOWS, SPANS)
    assert (found - wanted).abs().max() <= 1e-5
    # The vectors depend on the mentions.
    assert (found[0] - found[1]).abs().max() > 1e-2


@pytest.mark.parametrize("focused", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["eq13", "eq14"])
def test_weight_gradients_match_whole_windows(bert, inputs, kind, focused):
    gradients = []
    for ours in (True, False):
        bert.zero_grad()
        model = encoder(bert, kind, focused)
        _, hidden = model("encode", inputs)
        if ours:
            found = model("relate", hidden, LENGTHS, WINDOWS, SPANS)
        else:
            found = whole_windows(bert, kind, focused, hidden, WINDOWS, SPANS)
        (found * torch.arange(16)).sum().backward()
        gradients.append({name: w.grad for name, w in bert.named_parameters()})
    ours, theirs = gradients
    assert sum(g is not None for g in ours.values()) > 20
    for name, gradient in ours.items():
        if gradient is None:
            assert theirs[name] is None
        else:
            torch.testing.assert_close(gradient, theirs[name], atol=1e-2, rtol=1e-3)


def test_unrestricted_mask_gives_the_output_of_the_encoder(bert, inputs):
    """With a mention that spans the window, equation 13 masks nothing."""
    model = encoder(bert, "eq13", 3)
    states, hidden = model("encode", inputs)
    spans = torch.tensor([[1, 12, 1, 1], [1, 9, 1, 1], [1, 7, 1, 1]])
    found = model("relate", hidden, LENGTHS, torch.arange(3), spans)
    torch.testing.assert_close(found, states[LENGTHS.cumsum(0) - LENGTHS], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind, focused", [("eq13", 2), ("eq13", 4), ("eq14", 2)])
def test_budget_changes_neither_vectors_nor_gradients(bert, inputs, kind, focused):
    results = []
    for budget in (10_000, 20, 1):
        bert.zero_grad()
        model = encoder(bert, kind, focused, budget=budget)
        _, hidden = model("encode", inputs)
        vectors = model("relate", hidden, LENGTHS, WINDOWS, SPANS)
        (vectors * torch.arange(16)).sum().backward()
        results.append((vectors.detach(), [w.grad for w in bert.parameters()]))
        results[-1][1][:] = [None if g is None else g.clone() for g in results[-1][1]]
    (vectors, gradients), *others = results
    assert sum(g is not None for g in gradients) > 20
    for other_vectors, other_gradients in others:
        torch.testing.assert_close(vectors, other_vectors, atol=1e-5, rtol=1e-4)
        for one, other in zip(gradients, other_gradients):
            torch.testing.assert_close(one, other, atol=1e-2, rtol=1e-3)


@pytest.mark.parametrize("budget", [1, 30, 10_000])
@pytest.mark.parametrize("kind, focused", [("eq13", 2), ("eq13", 4), ("eq14", 2)])
def test_budget_bounds_the_batches(bert, inputs, kind, focused, budget):
    """The bound holds in the forward pass and in the recomputation. A pair that exceeds it forms a
    separate batch."""
    model = encoder(bert, kind, focused, budget=budget)
    windows, spans = WINDOWS.repeat(5), SPANS.repeat(5, 1)
    with batches_of(bert) as encoded:
        _, hidden = model("encode", inputs)
    with batches_of(bert) as there, torch.no_grad():
        model("relate", hidden, LENGTHS, windows, spans)
    with batches_of(bert) as learning:
        vectors = model("relate", hidden, LENGTHS, windows, spans)
    assert learning == there
    with batches_of(bert) as back:
        vectors.sum().backward()
    assert sorted(back) == (sorted(there) if budget < 100 else [])
    for batches, rows, layers in ((encoded, len(LENGTHS), 4), (there, len(spans), focused)):
        assert sum(count for count, _ in batches) == rows * layers
        assert all(count == 1 or count * size <= budget for count, size in batches)
    # Batches use the budget: another row would exceed it.
    assert max((count + 1) * size for count, size in there) > min(budget, 100)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind, focused", [("eq13", 2), pytest.param("eq13", 4, marks=pytest.mark.study), ("eq14", 2)]
)
def test_input_gradients(bert, inputs, kind, focused):
    model = encoder(bert, kind, focused, budget=20).double()
    _, hidden = model("encode", inputs)
    hidden = hidden.detach().requires_grad_()
    try:
        assert torch.autograd.gradcheck(
            lambda h: model.relate(h, LENGTHS, WINDOWS[:3], SPANS[:3]), (hidden,), atol=1e-4
        )
    finally:
        bert.float()


def test_encoder_without_pairs(bert, inputs):
    model = encoder(bert)
    _, hidden = model("encode", inputs)
    none = torch.zeros(0, dtype=torch.long)
    assert model("relate", hidden, LENGTHS, none, none.view(0, 4)).shape == (0, 16)


def test_pair_head():
    torch.manual_seed(0)
    head = PairHead(n_in=3, n_out=2)
    x = torch.randn(4, 3)
    hidden = torch.tanh(x @ head.hidden.weight.T + head.hidden.bias)
    torch.testing.assert_close(head(x), hidden @ head.output.weight.T + head.output.bias)
    set_dropout(head, 0.5)
    with inputs_of(head.hidden, head.output) as seen:
        head(torch.ones(50, 3))
    for [inputs] in seen:
        assert 0.3 < (inputs == 0).float().mean() < 0.7
    head.eval()
    assert torch.autograd.gradcheck(head.double(), (x.double().requires_grad_(),))
