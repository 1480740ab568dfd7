"""Focused attention (Xue et al. 2019): the last layers of a BERT-like encoder run once more for a
pair of mentions, with a mask on who attends to whom, so that [CLS] comes to stand for the pair."""

from functools import partial
from typing import Any, List, Sequence, Tuple

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .ragged import length_batches, padding_mask, score_parts

MASKS = ("eq13", "eq14")
# Finite, and within half precision: a row of nothing but minus infinity would become NaN.
IMPOSSIBLE = -1e4
# The shortest of the pairs that run together has this share of the longest's pieces, at least.
ALIKE = 0.8


def pair_places(spans: Tensor) -> Tuple[Tensor, Tensor]:
    """The word pieces of [CLS] and of both mentions, P_{CLS, EN1, EN2}, for each pair.

    spans (Tensor): First piece of a mention and the one after its last, for both mentions; [CLS] is
        piece 0. *Shape:* (pairs, 4)
    RETURNS (Tuple[Tensor, Tensor]): Places, [CLS] first, and a mask, which leaves out what two
        mentions share the second time. *Shape:* (pairs, longest) both
    """
    first, first_end, second, second_end = spans.unbind(1)
    after = 1 + (first_end - first).clamp(min=0)  # where the second mention begins
    total = after + (second_end - second).clamp(min=0)
    place = torch.arange(int(total.max()), device=spans.device)[None, :]
    of_second = place >= after[:, None]
    places = torch.where(of_second, second[:, None] - after[:, None], first[:, None] - 1) + place
    places = places * (place > 0)
    again = of_second & (places >= first[:, None]) & (places < first_end[:, None])
    mask = (place < total[:, None]) & ~again
    return places * mask, mask


def focused_mask(kind: str, spans: Tensor, lengths: Tensor, size: int) -> Tensor:
    """MASK^rc: which piece (row) may attend to which (column).

    kind (str): "eq13": [CLS] attends to itself and the two mentions, all others to all; "eq14":
        [CLS] and the two mentions attend to each other alone.
    spans (Tensor): As `pair_places` has them. *Shape:* (pairs, 4)
    lengths (Tensor): Pieces of each pair's window. Padding is attended to by none. *Shape:*
        (pairs,)
    size (int): Pieces of the longest window.
    RETURNS (Tensor): Boolean. *Shape:* (pairs, size, size)
    """
    places, _ = pair_places(spans)
    focus = torch.zeros(len(spans), size, dtype=torch.bool, device=spans.device)
    focus.scatter_(1, places, True)  # where it is not kept, a place is that of [CLS]
    if kind == "eq14":
        return focus[:, :, None] & focus[:, None, :]
    real = torch.arange(size, device=spans.device)[None, :] < lengths[:, None]
    mask = real[:, None, :].repeat(1, size, 1)
    mask[:, 0] = focus
    return mask


class STREncoder(nn.Module):
    """The shared task representation encoder.

    Of its N layers the first N - K see everything; the last K run once with everything in sight,
    for the entities, and again with the same weights and another mask for each pair. What pairs
    share, or [CLS] does not come to depend on, is not computed for each of them:

    * With equation 14, [CLS] depends on the pieces of [CLS] and the two mentions alone, so only
      these are gathered.
    * With equation 13, the first of the K layers does to all pieces but [CLS] what it does for the
      entities; of the last but one, [CLS] and the mentions are wanted, which are all that the last
      lets [CLS] see. So up to two layers gather, and of more, all but the first and the last two
      run over the whole window.

    transformer (Module): A BERT-like model of transformers, with `encoder.layer`.
    tokenizer (Any): What its input is made with.
    focused (int): K.
    mask (str): "eq13" or "eq14".
    budget (int): Most pieces that run through the last layers for pairs at a time. Where a batch
        has more, it is split, and in training each part is computed again on the way back.
    """

    def __init__(
        self, transformer: Any, tokenizer: Any = None, *, focused: int, mask: str, budget: int
    ):
        super().__init__()
        self.transformer = transformer
        self.tokenizer = tokenizer
        self.focused = focused
        self.mask = mask
        self.budget = budget
        # H_{N-K} and, where pairs share the first of the K layers, H_{N-K+1}.
        self.kept = 2 if mask == "eq13" and focused > 1 else 1

    def forward(self, step: str, *args: Any) -> Any:
        """step (str): "encode" or "relate".
        args (Any): Its arguments.
        RETURNS (Any): What it returns.
        """
        return self.encode(*args) if step == "encode" else self.relate(*args)

    def encode(self, inputs: Any) -> Tuple[Tensor, Tensor]:
        """Run all layers, everything in sight, over windows of like length at a time.

        inputs (Dict[str, Tensor]): `input_ids`, `attention_mask` and perhaps `token_type_ids`.
            *Shape of each:* (windows, longest)
        RETURNS (Tuple[Tensor, Tensor]): H_N^ner, and H_{N-K} and perhaps H_{N-K+1}, which the pairs
            start from; windows one after the other without padding. *Shape:* (pieces, width) and
            (pieces, 1 or 2, width)
        """
        lengths = inputs["attention_mask"].sum(1)
        starts = lengths.cumsum(0) - lengths
        found: List[Tuple[Tensor, Tensor, Tensor]] = []
        below = -1 - self.focused
        for rows in length_batches(lengths, self.budget, ALIKE):
            real = padding_mask(lengths[rows])
            some = {key: value[rows, : real.shape[1]] for key, value in inputs.items()}
            states = self.transformer(**some, output_hidden_states=True).hidden_states
            places = starts[rows, None] + torch.arange(real.shape[1], device=real.device)
            kept = [states[below + i][real] for i in range(self.kept)]
            found.append((states[-1][real], torch.stack(kept, dim=1), places[real]))
        last, inner, where = (torch.cat(some) for some in zip(*found))
        order = where.argsort()
        return last.index_select(0, order), inner.index_select(0, order)

    def relate(self, hidden: Tensor, lengths: Tensor, windows: Tensor, spans: Tensor) -> Tensor:
        """H_N^rc[0], the vector of [CLS], for each pair.

        hidden (Tensor): What `encode` returns for pairs. *Shape:* (pieces, 1 or 2, width)
        lengths (Tensor): Pieces of each window. *Shape:* (windows,)
        windows (Tensor): The window of each pair. *Shape:* (pairs,)
        spans (Tensor): As `pair_places` has them. *Shape:* (pairs, 4)
        RETURNS (Tensor): *Shape:* (pairs, width)
        """
        if not len(spans):
            return hidden.new_zeros(0, hidden.shape[2])
        starts = (lengths.cumsum(0) - lengths)[windows]
        sizes = lengths[windows]
        score = partial(self.focus, hidden, starts, sizes, spans)
        if self.mask == "eq14" or self.focused <= self.kept:
            sizes = 1 + (spans[:, 1] - spans[:, 0]) + (spans[:, 3] - spans[:, 2])
        parts = list(length_batches(sizes, self.budget, ALIKE))
        again = int(sizes.sum()) > self.budget
        return score_parts(score, parts, again)

    def focus(
        self, hidden: Tensor, starts: Tensor, lengths: Tensor, spans: Tensor, rows: Tensor
    ) -> Tensor:
        """Run the last K layers for some pairs.

        hidden (Tensor): *Shape:* (pieces, 1 or 2, width)
        starts (Tensor): Where each pair's window begins among the pieces. *Shape:* (pairs,)
        lengths (Tensor): Pieces of each pair's window. *Shape:* (pairs,)
        spans (Tensor): *Shape:* (pairs, 4)
        rows (Tensor): Some of the pairs. *Shape:* (batch,)
        RETURNS (Tensor): *Shape:* (batch, width)
        """
        places, keep = pair_places(spans[rows])
        gathered = hidden[starts[rows, None] + places]
        bias = attention_bias(keep[:, None, :], hidden.dtype)
        states, layers = gathered[:, :, 0], self.transformer.encoder.layer[-self.focused :]
        if self.kept == 2:
            # Of the first layer [CLS] alone is the pair's own.
            cls = attend(layers[0], states[:, :1], states, bias)
            states, layers = with_cls(cls, gathered[:, :, 1]), layers[1:]
            if len(layers) > 1:
                window = (starts[rows], lengths[rows], spans[rows])
                states = self.through_window(hidden[:, 1], cls, window, layers[:-1], places)
        else:
            for layer in layers[:-1]:
                states = layer(states, bias)[0]
        return attend(layers[-1], states[:, :1], states, bias)[:, 0]

    def through_window(
        self,
        hidden: Tensor,
        cls: Tensor,
        window: Tuple[Tensor, Tensor, Tensor],
        layers: Sequence[nn.Module],
        places: Tensor,
    ) -> Tensor:
        """Run layers with the mask of equation 13.

        hidden (Tensor): What is below them, but for [CLS]. *Shape:* (pieces, width)
        cls (Tensor): [CLS] below them. *Shape:* (pairs, 1, width)
        window (Tuple[Tensor, Tensor, Tensor]): Of each pair: where its window begins among the
            pieces, pieces of the window, and its spans. *Shape:* (pairs,), (pairs,), (pairs, 4)
        layers (Sequence[Module]): The layers, one at least.
        places (Tensor): The pieces wanted of the last of them. *Shape:* (pairs, longest)
        RETURNS (Tensor): These. *Shape:* (pairs, longest, width)
        """
        starts, lengths, spans = window
        size = int(lengths.max())
        # Behind a window's end its last piece stands; none attends to it there.
        every = torch.arange(size, device=lengths.device).minimum(lengths[:, None] - 1)
        states = with_cls(cls, hidden[starts[:, None] + every])
        bias = attention_bias(focused_mask("eq13", spans, lengths, size), states.dtype)
        for layer in layers[:-1]:
            states = layer(states, bias)[0]
        pairs = torch.arange(len(spans), device=places.device)[:, None]
        wanted = bias[:, 0][pairs, places][:, None]
        return attend(layers[-1], states[pairs, places], states, wanted)


def attention_bias(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """mask (Tensor): Who attends to whom, boolean. *Shape:* (batch, queries or 1, keys)
    dtype (dtype): Of the states.
    RETURNS (Tensor): What to add to the scores of attention, for all heads. *Shape:* (batch, 1,
        queries or 1, keys)
    """
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(~mask, IMPOSSIBLE)[:, None]


def attend(layer: Any, queries: Tensor, states: Tensor, bias: Tensor) -> Tensor:
    """A layer's output for some pieces: their queries, the keys and values of all.

    layer (Module): A layer of a BERT-like encoder.
    queries (Tensor): The pieces wanted. *Shape:* (batch, wanted, width)
    states (Tensor): All pieces. *Shape:* (batch, pieces, width)
    bias (Tensor): See `attention_bias`. *Shape:* (batch, 1, wanted or 1, pieces)
    RETURNS (Tensor): *Shape:* (batch, wanted, width)
    """
    attention = layer.attention
    context = attention.self(queries, encoder_hidden_states=states, encoder_attention_mask=bias)[0]
    mixed = attention.output(context, queries)
    return layer.output(layer.intermediate(mixed), mixed)


def with_cls(cls: Tensor, states: Tensor) -> Tensor:
    """cls (Tensor): [CLS]. *Shape:* (batch, 1, width)
    states (Tensor): Pieces with another [CLS]. *Shape:* (batch, pieces, width)
    RETURNS (Tensor): With this one. *Shape:* (batch, pieces, width)
    """
    return torch.cat([cls, states[:, 1:]], dim=1)


class PairHead(nn.Module):
    """Scores of a pair from its [CLS]: W2 tanh(W1 x + b1) + b2 (equations 15 and 16, before the
    softmax).

    n_in (int): Width of the encoder.
    n_out (int): Number of scores.
    """

    def __init__(self, *, n_in: int, n_out: int):
        super().__init__()
        self.dropout = Dropout()
        self.hidden = nn.Linear(n_in, n_in)
        self.output = nn.Linear(n_in, n_out)

    def forward(self, vectors: Tensor) -> Tensor:
        """vectors (Tensor): *Shape:* (pairs, n_in)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        return self.output(self.dropout(self.hidden(self.dropout(vectors)).tanh()))
