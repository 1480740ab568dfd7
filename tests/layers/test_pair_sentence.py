"""Windows, encoders and the pair-sentence model, compared with loops over pairs and tokens."""

from functools import partial

import pytest
import torch
from torch.nn.functional import conv1d

from spacy_clinrel.layers.dropout import set_dropout
from spacy_clinrel.layers.pair_sentence import (
    CNN,
    RNN,
    AttentionPool,
    MaxPool,
    PairSentence,
    Parallel,
    PiecewiseMaxPool,
    PositionAttentionPool,
    ResNet,
    Stacked,
)
from spacy_clinrel.layers.pair_sentence.windows import (
    PairBatch,
    make_windows,
    piece_index,
    relative_positions,
)
from spacy_clinrel.layers.ragged import length_batches

# Sentences of 9, 12 and 1 tokens; nested, equal, adjacent and overlapping mentions, one across a
# sentence boundary, and one in each sentence.
SENTENCES = torch.tensor([0] * 9 + [1] * 12 + [2])
MENTIONS = torch.tensor(
    [[0, 4, 1], [1, 3, 2], [1, 3, 1], [3, 6, 0], [6, 8, 2], [7, 11, 1], [13, 14, 1], [21, 22, 2]]
)
PAIRS = torch.tensor([(h, t) for h in range(8) for t in range(8) if h != t])


def random_resnet(**options):
    """Create a ResNet with random weights in place of the zeros of its initialization."""
    resnet = ResNet(**options)
    for weight in resnet.parameters():
        if weight.dim() == 3 and not weight.any():
            torch.nn.init.normal_(weight, std=0.3)
    return resnet


CREATE = {
    "cnn": partial(CNN, filters=4, depth=1, windows=(3,)),
    "cnn-5": partial(CNN, filters=4, depth=5, windows=(3, 5, 7)),
    "resnet": partial(random_resnet, filters=4, depth=5, windows=(3, 5)),
    "lstm": partial(RNN, width=3, depth=2, cell="lstm", bidirectional=False),
    "bilstm": partial(RNN, width=4, depth=1, cell="lstm", bidirectional=True),
    "bigru": partial(RNN, width=4, depth=3, cell="gru", bidirectional=True),
}
CREATE["stacked"] = partial(Stacked, create=(CREATE["resnet"], CREATE["bilstm"]), normalize=True)
CREATE["plain stack"] = partial(Stacked, create=(CREATE["cnn"], CREATE["lstm"]), normalize=False)
CREATE["parallel"] = partial(Parallel, create=(CREATE["resnet"], CREATE["bigru"]))
POOLINGS = {
    "max": MaxPool,
    "piecewise": PiecewiseMaxPool,
    "attention": AttentionPool,
    "position": partial(PositionAttentionPool, window=3, width=5),
}
# Each encoder with one pooling, and each other pooling with two encoders.
MODELS = [
    *((encoder, "position") for encoder in CREATE),
    *(
        (encoder, pooling)
        for encoder in ("cnn", "parallel")
        for pooling in ("max", "piecewise", "attention")
    ),
]


def naive_window(head, tail, window):
    """List the tokens of a pair's window one by one."""
    (a, b, _), (c, d, _) = MENTIONS[head].tolist(), MENTIONS[tail].tolist()
    first, last = SENTENCES[min(a, c)], SENTENCES[max(b, d) - 1]
    return [
        i
        for i in range(len(SENTENCES))
        if first <= SENTENCES[i] <= last
        and (window is None or any(s - window <= i < e + window for s, e in ((a, b), (c, d))))
    ]


@pytest.mark.parametrize("window", [None, 0, 1, 2, 50])
def test_windows(window):
    windows = make_windows(MENTIONS, PAIRS, SENTENCES, window)
    index = windows.tokens(torch.arange(len(PAIRS)))
    lengths = windows.lengths.tolist()
    assert index.shape == (len(PAIRS), max(lengths))
    for row, length, (head, tail) in zip(index.tolist(), lengths, PAIRS.tolist()):
        assert row[:length] == naive_window(head, tail, window)
        assert set(row[length:]) <= {row[length - 1]}


def test_relative_positions():
    mention = torch.tensor([[3, 5, 0]])
    tokens = torch.tensor([[0, 2, 3, 4, 5, 7]])
    assert relative_positions(tokens, mention).tolist() == [[-3, -1, 0, 0, 1, 3]]


@pytest.fixture(params=CREATE)
def encoder(request):
    """Return an encoder, in double precision."""
    torch.manual_seed(0)
    return CREATE[request.param](n_in=5).double()


def test_encoders_do_not_see_padding(encoder):
    make = torch.Generator().manual_seed(1)
    x = torch.randn(3, 9, 5, generator=make, dtype=torch.float64)
    lengths = torch.tensor([9, 1, 4])
    mask = torch.arange(9)[None] < lengths[:, None]
    x = x * mask[:, :, None]
    together = encoder(x, mask)
    assert together.shape == (3, 9, sum(encoder.widths))
    assert not together[~mask].any() and together[mask].any(dim=-1).all()
    for row, length in enumerate(lengths):
        alone = encoder(x[row : row + 1, :length], mask[row : row + 1, :length])
        torch.testing.assert_close(alone[0], together[row, :length])


def naive_conv(conv, tokens):
    """Compute a convolution of tokens of shape (length, n_in), one position at a time."""
    return conv1d(tokens.T[None], conv.weight, conv.bias, padding="same")[0].T


@pytest.mark.parametrize("depth", [1, 5])
def test_cnn(depth):
    cnn = CNN(n_in=5, filters=4, depth=depth, windows=(3, 5)).double()
    x = torch.randn(7, 5, dtype=torch.float64)
    outputs = []
    for stack in cnn.stacks:
        y = x
        for conv in stack:
            y = naive_conv(conv, y).relu()
        outputs.append(y)
    mask = torch.ones(1, 7, dtype=torch.bool)
    torch.testing.assert_close(cnn(x[None], mask)[0], torch.cat(outputs, dim=1))


def test_resnet_follows_the_equations_of_the_paper():
    resnet = random_resnet(n_in=5, filters=4, depth=5, windows=(3,)).double()
    x = torch.randn(7, 5, dtype=torch.float64)
    [[first, *blocks]] = resnet.stacks
    c = naive_conv(first, x).relu()
    for lower, upper in zip(blocks[::2], blocks[1::2]):
        c = (naive_conv(upper, naive_conv(lower, c).relu()) + c).relu()
    assert len(blocks) == 4
    torch.testing.assert_close(resnet(x[None], torch.ones(1, 7, dtype=torch.bool))[0], c)


@pytest.mark.parametrize("depth", [5, 13])
def test_resnet_blocks_start_as_identity(depth):
    torch.manual_seed(0)
    resnet = ResNet(n_in=5, filters=4, depth=depth, windows=(3,)).double()
    x = torch.randn(7, 5, dtype=torch.float64)
    mask = torch.ones(1, 7, dtype=torch.bool)
    out = resnet(x[None], mask)
    torch.testing.assert_close(out[0], naive_conv(resnet.stacks[0][0], x).relu())
    # The first training step changes that: the second convolution has a gradient.
    out.square().sum().backward()
    assert all(conv.weight.grad.any() for conv in resnet.stacks[0][2::2])


def test_stacked_encoders_with_and_without_normalisation():
    x = torch.randn(1, 6, 5, dtype=torch.float64)
    mask = torch.ones(1, 6, dtype=torch.bool)
    for name in ("stacked", "plain stack"):
        stack = CREATE[name](n_in=5).double()
        below, above = stack.encoders
        between = below(x, mask)
        if name == "stacked":
            between = between - between.mean(-1, keepdim=True)
            deviation = (between.square().mean(-1, keepdim=True) + 1e-5).sqrt()
            between = between / deviation
        torch.testing.assert_close(stack(x, mask), above(between, mask))
        assert stack.widths == above.widths


def test_rnn_matches_torch():
    ours = RNN(n_in=5, width=4, depth=2, cell="gru", bidirectional=True).double()
    theirs = torch.nn.GRU(5, 2, num_layers=2, bidirectional=True, batch_first=True).double()
    for layer in range(2):
        for side, end in (("forward", ""), ("backward", "_reverse")):
            own = getattr(ours.layers, f"{side}_layers")[layer].state_dict()
            for name, value in own.items():
                key = name.replace("_l0", f"_l{layer}{end}")
                theirs.state_dict()[key].copy_(value)
    x = torch.randn(2, 6, 5, dtype=torch.float64)
    mask = torch.ones(2, 6, dtype=torch.bool)
    torch.testing.assert_close(ours(x, mask), theirs(x)[0])


def make_model(encoder="parallel", pooling="position", **options):
    torch.manual_seed(0)
    settings = {"position_width": 2, "max_distance": 4, "window": None, "budget": 10**6}
    return PairSentence(
        n_in=3,
        n_types=3,
        n_out=4,
        encoder=CREATE[encoder],
        pooling=POOLINGS[pooling],
        **{**settings, **options},
    ).double()


@pytest.fixture
def tokens():
    """Return token vectors."""
    make = torch.Generator().manual_seed(1)
    return torch.randn(len(SENTENCES), 3, dtype=torch.float64, generator=make)


def naive_scores(model, tokens, head, tail):
    """Score one pair, collecting the tokens of its window one by one."""
    index = naive_window(head, tail, model.window)
    rows, positions = [], []
    for i in index:
        distances = []
        for embed, mention in zip(model.positions, (head, tail)):
            start, end, _ = MENTIONS[mention].tolist()
            distance = i - start if i < start else max(0, i - end + 1)
            clipped = max(-model.max_distance, min(model.max_distance, distance))
            distances.append(embed.weight[clipped + model.max_distance])
        positions.append(torch.cat(distances))
        rows.append(torch.cat([tokens[i], *distances]))
    ends = MENTIONS[[head, tail], 1].tolist()
    piece = torch.tensor([[sum(i >= end for end in ends) for i in index]])
    mask = torch.ones(1, len(index), dtype=torch.bool)
    batch = PairBatch(mask, piece, torch.stack(positions)[None])
    encoded = model.encoder(torch.stack(rows)[None], mask)
    parts = encoded.split(model.encoder.widths, dim=2)
    pooled = [pool(part, batch) for pool, part in zip(model.poolings, parts)]
    return model.output(torch.cat(pooled, dim=1))[0]


@pytest.mark.slow
@pytest.mark.parametrize("window", [None, 2])
@pytest.mark.parametrize("encoder, pooling", MODELS)
def test_scores_match_a_loop_over_pairs(encoder, pooling, window, tokens):
    model = make_model(encoder, pooling, window=window)
    scores = model(tokens, MENTIONS, PAIRS, SENTENCES)
    assert scores.shape == (len(PAIRS), 4) and scores.std(dim=0).min() > 0
    for row, (head, tail) in zip(scores, PAIRS.tolist()):
        torch.testing.assert_close(row, naive_scores(model, tokens, head, tail))


@pytest.mark.slow
def test_the_budget_changes_neither_scores_nor_gradients(tokens):
    results = []
    for budget in (10**6, 60, 1):
        model = make_model(budget=budget)
        inputs = tokens.clone().requires_grad_()
        scores = model(inputs, MENTIONS, PAIRS, SENTENCES)
        scores.square().sum().backward()
        results.append([scores, inputs.grad, *(weight.grad for weight in model.parameters())])
    for other in results[1:]:
        for first, second in zip(results[0], other):
            torch.testing.assert_close(first, second)


def test_recomputed_batches_use_the_same_dropout(tokens):
    model = make_model("cnn", "max", budget=60)
    set_dropout(model, 0.5)
    torch.manual_seed(3)
    inputs = tokens.clone().requires_grad_()
    model(inputs, MENTIONS, PAIRS, SENTENCES).sum().backward()
    # The same forward pass without recomputation.
    torch.manual_seed(3)
    other_inputs = tokens.clone().requires_grad_()
    windows = make_windows(MENTIONS, PAIRS, SENTENCES, None)
    total = sum(
        model.score(other_inputs, MENTIONS, PAIRS, windows, rows).sum()
        for rows in length_batches(windows.lengths, 60)
    )
    total.backward()
    torch.testing.assert_close(inputs.grad, other_inputs.grad)


def test_pair_sentence_dropout(tokens):
    model = make_model("cnn", "max")
    args = (tokens, MENTIONS, PAIRS, SENTENCES)
    plain = model(*args)
    set_dropout(model, 0.5)
    assert not torch.equal(model(*args), model(*args))
    set_dropout(model, 0.0)
    assert torch.equal(model(*args), plain)


def test_pair_sentence_without_pairs(tokens):
    model = make_model()
    scores = model(tokens, MENTIONS, PAIRS[:0], SENTENCES)
    assert scores.shape == (0, 4) and scores.requires_grad


def test_piece_index():
    tokens = torch.arange(8)[None]
    heads, tails = torch.tensor([[4, 6, 0]]), torch.tensor([[1, 2, 0]])
    assert piece_index(tokens, heads, tails).tolist() == [[0, 0, 1, 1, 1, 1, 2, 2]]
    assert torch.equal(piece_index(tokens, heads, tails), piece_index(tokens, tails, heads))
