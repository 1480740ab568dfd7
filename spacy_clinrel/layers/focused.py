"""Focused attention (Xue et al. 2019): the last layers of a BERT-like encoder run a second time for
each pair of mentions, with a mask that restricts attention, so that [CLS] represents the pair."""

from functools import partial
from typing import Any, List, Sequence, Tuple

import torch
from torch import Tensor, nn

from .dropout import Dropout
from .ragged import length_batches, score_parts
from .windows import MIN_LENGTH_RATIO, window_batches

MASKS = ("eq13", "eq14")
# Added to the attention scores of masked pieces. Finite, since a row of only -inf becomes NaN, and
# within the range of half precision.
IMPOSSIBLE = -1e4


def pair_places(spans: Tensor) -> Tuple[Tensor, Tensor]:
    """Return the word pieces of [CLS] and of both mentions, P_{CLS, EN1, EN2}, for each pair.

    spans (Tensor): First piece and end (exclusive) of both mentions, relative to the window; [CLS]
        is piece 0. *Shape:* (pairs, 4)
    RETURNS (Tuple[Tensor, Tensor]): Indices of pieces, [CLS] first, and a mask of the valid ones,
        without repetitions of a piece that is in both mentions. *Shape:* (pairs, selected) each
    """
    first, first_end, second, second_end = spans.unbind(1)  # (pairs,) each
    # Column at which the pieces of the second mention begin.
    second_column = 1 + (first_end - first).clamp(min=0)  # (pairs,)
    total = second_column + (second_end - second).clamp(min=0)  # (pairs,)
    column = torch.arange(int(total.max()), device=spans.device)[None, :]  # (1, selected)
    is_second = column >= second_column[:, None]  # (pairs, selected)
    offset = torch.where(is_second, (second - second_column)[:, None], (first - 1)[:, None])
    places = (offset + column) * (column > 0)  # (pairs, selected)
    in_first = (places >= first[:, None]) & (places < first_end[:, None])  # (pairs, selected)
    mask = (column < total[:, None]) & ~(is_second & in_first)  # (pairs, selected)
    return places * mask, mask


def focused_mask(kind: str, spans: Tensor, lengths: Tensor, size: int) -> Tensor:
    """Build MASK^rc: which piece (row) may attend to which (column).

    kind (str): "eq13": [CLS] attends to itself and the two mentions, all other pieces to all;
        "eq14": [CLS] and the two mentions attend to each other only.
    spans (Tensor): See `pair_places`. *Shape:* (pairs, 4)
    lengths (Tensor): Number of pieces of each pair's window. Padding is masked. *Shape:* (pairs,)
    size (int): Number of pieces of the longest window.
    RETURNS (Tensor): Boolean. *Shape:* (pairs, size, size)
    """
    places, _ = pair_places(spans)  # (pairs, selected)
    is_focused = torch.zeros(len(spans), size, dtype=torch.bool, device=spans.device)
    # Invalid places are 0, the index of [CLS].
    is_focused.scatter_(1, places, True)  # (pairs, size)
    if kind == "eq14":
        return is_focused[:, :, None] & is_focused[:, None, :]  # (pairs, size, size)
    is_piece = torch.arange(size, device=spans.device)[None, :] < lengths[:, None]  # (pairs, size)
    mask = is_piece[:, None, :].repeat(1, size, 1)  # (pairs, size, size)
    mask[:, 0] = is_focused
    return mask


class STREncoder(nn.Module):
    """The shared task representation (STR) encoder.

    All N layers run once without a mask, for the entities. The last K layers run again, with the
    same weights, for each pair, with the mask of equation 13 or 14:

        H_i^rc = Layer_i(H_{i-1}^rc; MASK^rc),  i = N - K + 1 … N,  H_{N-K}^rc = H_{N-K}

    and H_N^rc[0] represents the pair. Two shortcuts, both exact, skip computations that pairs share
    or that H_N^rc[0] does not depend on:

    * With equation 14, [CLS] depends only on [CLS] and the two mentions, so only their pieces are
      gathered.
    * With equation 13, the first of the K layers changes only [CLS] compared with the pass for the
      entities, and the last layer reads only [CLS] and the mentions from the layer before. So the
      layers between the first and the last two run over whole windows, and all others over
      gathered pieces.

    transformer (Module): A BERT-like model of transformers, with `encoder.layer`.
    tokenizer (Any): The tokenizer of its input; stored, but not used.
    focused (int): K.
    mask (str): "eq13" or "eq14".
    budget (int): Maximum number of pieces of a batch. Pairs beyond it are split into several
        batches, which training recomputes in the backward pass.
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
        # Number of hidden states that pairs start from: H_{N-K}, and H_{N-K+1} if pairs share all
        # of that layer's output but [CLS].
        self.kept = 2 if mask == "eq13" and focused > 1 else 1

    def forward(self, step: str, *args: Any) -> Any:
        """Run one of the two steps.

        step (str): "encode" or "relate".
        args (Any): Arguments of that method.
        RETURNS (Any): Result of that method.
        """
        return self.encode(*args) if step == "encode" else self.relate(*args)

    def encode(self, inputs: Any) -> Tuple[Tensor, Tensor]:
        """Run all layers without a mask, on batches of windows of similar length.

        inputs (Dict[str, Tensor]): `input_ids`, `attention_mask` and optionally `token_type_ids`.
            *Shape:* (windows, longest) each
        RETURNS (Tuple[Tensor, Tensor]): H_N, and the hidden states that pairs start from, for the
            pieces of all windows without padding. *Shape:* (pieces, width) and (pieces, kept,
            width)
        """
        results: List[Tuple[Tensor, Tensor, Tensor]] = []
        lowest = -1 - self.focused  # index of H_{N-K} among the hidden states
        for batch, mask, order in window_batches(inputs, self.budget):
            states = self.transformer(**batch, output_hidden_states=True).hidden_states
            kept = [states[lowest + i][mask] for i in range(self.kept)]  # (pieces, width) each
            results.append((states[-1][mask], torch.stack(kept, dim=1), order))
        last, inner, order = (torch.cat(parts) for parts in zip(*results))
        rows = order.argsort()  # (pieces,)
        return last.index_select(0, rows), inner.index_select(0, rows)

    def relate(self, hidden: Tensor, lengths: Tensor, windows: Tensor, spans: Tensor) -> Tensor:
        """Compute H_N^rc[0], the vector of [CLS], for each pair.

        hidden (Tensor): Hidden states that pairs start from, from `encode`. *Shape:* (pieces, kept,
            width)
        lengths (Tensor): Number of pieces of each window. *Shape:* (windows,)
        windows (Tensor): The window of each pair. *Shape:* (pairs,)
        spans (Tensor): See `pair_places`. *Shape:* (pairs, 4)
        RETURNS (Tensor): *Shape:* (pairs, width)
        """
        if not len(spans):
            return hidden.new_zeros(0, hidden.shape[2])
        starts = (lengths.cumsum(0) - lengths)[windows]  # (pairs,)
        sizes = lengths[windows]  # (pairs,)
        score = partial(self.focus, hidden, starts, sizes, spans)
        if self.mask == "eq14" or self.focused <= self.kept:
            # Only gathered pieces run through the layers.
            sizes = 1 + (spans[:, 1] - spans[:, 0]) + (spans[:, 3] - spans[:, 2])  # (pairs,)
        parts = list(length_batches(sizes, self.budget, MIN_LENGTH_RATIO))
        return score_parts(score, parts, recompute=int(sizes.sum()) > self.budget)

    def focus(
        self, hidden: Tensor, starts: Tensor, lengths: Tensor, spans: Tensor, rows: Tensor
    ) -> Tensor:
        """Run the last K layers for a batch of pairs.

        hidden (Tensor): *Shape:* (pieces, kept, width)
        starts (Tensor): First piece of each pair's window. *Shape:* (pairs,)
        lengths (Tensor): Number of pieces of each pair's window. *Shape:* (pairs,)
        spans (Tensor): *Shape:* (pairs, 4)
        rows (Tensor): Indices of the pairs. *Shape:* (batch,)
        RETURNS (Tensor): *Shape:* (batch, width)
        """
        places, mask = pair_places(spans[rows])  # (batch, selected) each
        gathered = hidden[starts[rows, None] + places]  # (batch, selected, kept, width)
        bias = attention_bias(mask[:, None, :], hidden.dtype)  # (batch, 1, 1, selected)
        states = gathered[:, :, 0]  # (batch, selected, width)
        layers = self.transformer.encoder.layer[-self.focused :]
        if self.kept == 2:
            cls = attend(layers[0], states[:, :1], states, bias)  # (batch, 1, width)
            states, layers = with_cls(cls, gathered[:, :, 1]), layers[1:]
            if len(layers) > 1:
                window = (starts[rows], lengths[rows], spans[rows])
                states = self.through_window(hidden[:, 1], cls, window, layers[:-1], places)
        else:
            for layer in layers[:-1]:
                states = layer(states, bias)[0]  # (batch, selected, width)
        return attend(layers[-1], states[:, :1], states, bias)[:, 0]  # (batch, width)

    def through_window(
        self,
        hidden: Tensor,
        cls: Tensor,
        window: Tuple[Tensor, Tensor, Tensor],
        layers: Sequence[nn.Module],
        places: Tensor,
    ) -> Tensor:
        """Run layers over whole windows with the mask of equation 13.

        hidden (Tensor): Input of the layers, except for [CLS]. *Shape:* (pieces, width)
        cls (Tensor): Input of the layers for [CLS]. *Shape:* (pairs, 1, width)
        window (Tuple[Tensor, Tensor, Tensor]): First piece of each pair's window, its number of
            pieces, and the pair's spans. *Shape:* (pairs,), (pairs,), (pairs, 4)
        layers (Sequence[Module]): At least one layer.
        places (Tensor): Pieces to return, relative to the window. *Shape:* (pairs, selected)
        RETURNS (Tensor): Output for these pieces. *Shape:* (pairs, selected, width)
        """
        starts, lengths, spans = window
        size = int(lengths.max())
        # Padding repeats a window's last piece; the mask hides it.
        column = torch.arange(size, device=lengths.device).minimum(lengths[:, None] - 1)
        states = with_cls(cls, hidden[starts[:, None] + column])  # (pairs, size, width)
        mask = focused_mask("eq13", spans, lengths, size)  # (pairs, size, size)
        bias = attention_bias(mask, states.dtype)  # (pairs, 1, size, size)
        for layer in layers[:-1]:
            states = layer(states, bias)[0]  # (pairs, size, width)
        pairs = torch.arange(len(spans), device=places.device)[:, None]  # (pairs, 1)
        selected_bias = bias[:, 0][pairs, places][:, None]  # (pairs, 1, selected, size)
        return attend(layers[-1], states[pairs, places], states, selected_bias)


def attention_bias(mask: Tensor, dtype: torch.dtype) -> Tensor:
    """Convert an attention mask to a term that is added to the attention scores.

    mask (Tensor): True where a query may attend to a key. *Shape:* (batch, queries or 1, keys)
    dtype (dtype): Data type of the states.
    RETURNS (Tensor): 0 or IMPOSSIBLE, for all heads. *Shape:* (batch, 1, queries or 1, keys)
    """
    return torch.zeros_like(mask, dtype=dtype).masked_fill_(~mask, IMPOSSIBLE)[:, None]


def attend(layer: Any, queries: Tensor, states: Tensor, bias: Tensor) -> Tensor:
    """Compute a layer's output for selected pieces only.

    layer (Module): A layer of a BERT-like encoder.
    queries (Tensor): The selected pieces. *Shape:* (batch, selected, width)
    states (Tensor): All pieces, for keys and values. *Shape:* (batch, pieces, width)
    bias (Tensor): See `attention_bias`. *Shape:* (batch, 1, selected or 1, pieces)
    RETURNS (Tensor): *Shape:* (batch, selected, width)
    """
    attention = layer.attention
    context = attention.self(queries, encoder_hidden_states=states, encoder_attention_mask=bias)[0]
    mixed = attention.output(context, queries)  # (batch, selected, width)
    return layer.output(layer.intermediate(mixed), mixed)  # (batch, selected, width)


def with_cls(cls: Tensor, states: Tensor) -> Tensor:
    """Replace [CLS], the first piece.

    cls (Tensor): The new [CLS]. *Shape:* (batch, 1, width)
    states (Tensor): All pieces. *Shape:* (batch, pieces, width)
    RETURNS (Tensor): *Shape:* (batch, pieces, width)
    """
    return torch.cat([cls, states[:, 1:]], dim=1)


class PairHead(nn.Module):
    """Scores of a pair from its vector (equations 15 and 16, before the softmax):

        s = W2 tanh(W1 x + b1) + b2

    n_in (int): Width of the encoder.
    n_out (int): Number of scores.
    """

    def __init__(self, *, n_in: int, n_out: int):
        super().__init__()
        self.dropout = Dropout()
        self.hidden = nn.Linear(n_in, n_in)
        self.output = nn.Linear(n_in, n_out)

    def forward(self, vectors: Tensor) -> Tensor:
        """Score pairs.

        vectors (Tensor): *Shape:* (pairs, n_in)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        hidden = self.hidden(self.dropout(vectors)).tanh()  # (pairs, n_in)
        return self.output(self.dropout(hidden))  # (pairs, n_out)
