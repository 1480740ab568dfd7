"""Padding, dropout, convolutions and recurrent layers."""

import pytest
import torch
from torch import nn

from spacy_clinrel.layers.cnn import ResidualCNN
from spacy_clinrel.layers.dropout import Dropout, set_dropout
from spacy_clinrel.layers.ragged import pad, padding_mask, unpad
from spacy_clinrel.layers.recurrent import BiRNN, mirrored, take

LENGTHS = torch.tensor([5, 1, 0, 3])

LAYERS = {
    "cnn": lambda: ResidualCNN(n_in=3, width=4, depth=2, window=1),
    "cnn of equal widths": lambda: ResidualCNN(n_in=4, width=4, depth=2, window=2),
    "cnn without window": lambda: ResidualCNN(n_in=3, width=4, depth=1, window=0),
    "lstm": lambda: BiRNN(n_in=3, width=4, depth=1),
    "lstm of two layers": lambda: BiRNN(n_in=3, width=6, depth=2),
    "gru": lambda: BiRNN(n_in=3, width=4, depth=2, cell="gru", shared_dropout=False),
}


@pytest.fixture(params=LAYERS)
def layer(request):
    """Return a layer over sequences, in double precision."""
    torch.manual_seed(0)
    return LAYERS[request.param]().double()


def tokens_for(layer, n=None, seed=1):
    width = 4 if isinstance(getattr(layer, "project", None), nn.Identity) else 3
    make = torch.Generator().manual_seed(seed)
    n = int(LENGTHS.sum()) if n is None else n
    return torch.randn(n, width, generator=make, dtype=torch.float64)


def test_unpad_undoes_pad():
    flat = torch.arange(1.0, 19.0).view(9, 2)
    padded, mask = pad(flat, LENGTHS)
    assert padded.shape == (4, 5, 2) and mask.sum(1).tolist() == LENGTHS.tolist()
    rows = [row[:n] for row, n in zip(padded, LENGTHS.tolist())]
    assert torch.equal(torch.cat(rows), flat)
    assert not padded[~mask].any()
    assert torch.equal(unpad(padded, mask), flat)


@pytest.mark.parametrize("lengths", [[], [0], [0, 0]])
def test_pad_nothing(lengths):
    padded, mask = pad(torch.zeros(0, 2), torch.tensor(lengths, dtype=torch.long))
    assert padded.shape == (len(lengths), 0, 2) and mask.shape == (len(lengths), 0)
    assert padding_mask(torch.tensor(lengths, dtype=torch.long)).numel() == 0


def test_layer_gradients(layer):
    tokens = tokens_for(layer).requires_grad_()
    parameters = list(layer.parameters())
    assert parameters

    def run(tokens, *_):
        return layer(tokens, LENGTHS)

    # Parameters are inputs too, since gradcheck changes them in place.
    assert torch.autograd.gradcheck(run, (tokens, *parameters), fast_mode=True)


def test_output_does_not_depend_on_the_batch(layer):
    tokens = tokens_for(layer)
    together = layer(tokens, LENGTHS)
    assert len(together) == len(tokens)
    alone = [
        layer(piece, torch.tensor([len(piece)])) if len(piece) else together[:0]
        for piece in tokens.split(LENGTHS.tolist())
    ]
    torch.testing.assert_close(torch.cat(alone), together, rtol=0, atol=1e-12)
    # A longer text in the batch changes nothing.
    more = torch.cat([tokens, 100 * tokens_for(layer, 20)])
    longer = layer(more, torch.tensor([*LENGTHS.tolist(), 20]))
    torch.testing.assert_close(longer[: len(tokens)], together, rtol=0, atol=1e-12)


def test_no_gradient_between_texts(layer):
    tokens = tokens_for(layer).requires_grad_()
    layer(tokens, LENGTHS)[:5].square().sum().backward()
    assert tokens.grad[:5].any() and not tokens.grad[5:].any()


@pytest.mark.parametrize("lengths", [[0], [0, 0]])
def test_texts_without_tokens(layer, lengths):
    tokens = tokens_for(layer, 0).requires_grad_()
    out = layer(tokens, torch.tensor(lengths))
    assert out.shape == (0, layer(tokens_for(layer, 1), torch.tensor([1])).shape[1])
    # Backpropagation must reach the input: a shared encoder updates only after all gradients.
    torch.autograd.backward((out,), grad_tensors=(torch.zeros_like(out),))
    assert tokens.grad is not None and tokens.grad.shape == tokens.shape


def test_dropout_applies_in_training_only(layer):
    tokens = tokens_for(layer)
    layer.eval()
    plain = layer(tokens, LENGTHS)
    set_dropout(layer, 0.5)
    assert torch.equal(layer(tokens, LENGTHS), plain)
    layer.train()
    torch.manual_seed(0)
    assert not torch.equal(layer(tokens, LENGTHS), layer(tokens, LENGTHS))
    set_dropout(layer, 0.0)
    torch.testing.assert_close(layer(tokens, LENGTHS), plain)


@pytest.mark.parametrize("shared", [False, True])
def test_dropout_rate(shared):
    dropout = Dropout(shared=shared)
    x = torch.ones(40, 20, 50)
    torch.manual_seed(0)
    assert torch.equal(dropout(x), x)
    set_dropout(nn.Sequential(dropout), 0.4)
    y = dropout(x)
    assert float((y == 0).float().mean()) == pytest.approx(0.4, abs=0.05)
    torch.testing.assert_close(y[y != 0], torch.full_like(y[y != 0], 1 / 0.6))
    same_everywhere = bool((y == y[:, :1]).all())
    assert same_everywhere is shared
    assert torch.equal(dropout.eval()(x), x)


@pytest.mark.parametrize("cell, depth", [("lstm", 1), ("lstm", 2), ("gru", 1), ("gru", 3)])
def test_birnn_matches_torch(cell, depth):
    """Compare with torch's bidirectional layer over packed sequences with the same weights."""
    torch.manual_seed(0)
    ours = BiRNN(n_in=3, width=8, depth=depth, cell=cell).double()
    kind = nn.LSTM if cell == "lstm" else nn.GRU
    theirs = kind(3, 4, num_layers=depth, bidirectional=True, batch_first=True).double()
    weights = {}
    for i, (forth, back) in enumerate(zip(ours.forward_layers, ours.backward_layers)):
        for name, value in forth.state_dict().items():
            weights[name.replace("l0", f"l{i}")] = value
        for name, value in back.state_dict().items():
            weights[name.replace("l0", f"l{i}_reverse")] = value
    theirs.load_state_dict(weights)  # strict
    lengths = torch.tensor([3, 6, 1, 4])
    tokens = torch.randn(14, 3, dtype=torch.float64)
    packed = nn.utils.rnn.pack_sequence(tokens.split(lengths.tolist()), enforce_sorted=False)
    padded, _ = nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)
    expected = torch.cat([row[:n] for row, n in zip(padded, lengths.tolist())])
    torch.testing.assert_close(ours(tokens, lengths), expected, rtol=0, atol=1e-12)


def test_birnn_splits_batches_by_length_on_the_cpu(monkeypatch):
    torch.manual_seed(0)
    layer, tokens = BiRNN(n_in=3, width=4, depth=2).double(), torch.randn(9, 3, dtype=torch.float64)
    whole, seen = layer(tokens, LENGTHS), []
    padded = layer.padded
    monkeypatch.setattr(layer, "padded", lambda x, mask: seen.append(x.shape) or padded(x, mask))
    monkeypatch.setattr("spacy_clinrel.layers.recurrent.CPU_BUDGET", 8)
    torch.testing.assert_close(layer(tokens, LENGTHS), whole, rtol=0, atol=1e-12)
    assert [tuple(shape[:2]) for shape in seen] == [(1, 5), (2, 3)]


def test_mirrored():
    mask = padding_mask(LENGTHS)
    index = mirrored(mask, LENGTHS)
    assert index.tolist() == [[4, 3, 2, 1, 0], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [2, 1, 0, 3, 4]]
    x = torch.randn(4, 5, 2)
    assert torch.equal(take(take(x, index), index), x)
    assert torch.equal(take(x, index)[0], x[0].flip(0))


def test_residual_cnn_receptive_field():
    torch.manual_seed(0)
    layer = ResidualCNN(n_in=4, width=4, depth=2, window=2).double()
    tokens = torch.randn(12, 4, dtype=torch.float64).requires_grad_()
    layer(tokens, torch.tensor([12]))[6].square().sum().backward()
    seen = tokens.grad.abs().sum(1) > 0
    assert seen.nonzero().squeeze(1).tolist() == list(range(2, 11))  # 2 layers, 2 tokens per side
