"""A BERT-like encoder over windows of different lengths, in batches of limited size."""

from functools import partial
from typing import Any, Dict, Iterator, List, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from .ragged import length_batches, padding_mask

# Minimum ratio of the shortest to the longest sequence of a batch.
MIN_LENGTH_RATIO = 0.8


class WindowBatch(NamedTuple):
    """A batch of windows of similar length.

    inputs (Dict[str, Tensor]): Inputs of the encoder. *Shape:* (batch, longest) each
    mask (Tensor): Positions that are not padding, boolean. *Shape:* (batch, longest)
    order (Tensor): Indices of the pieces among those of all windows without padding. *Shape:*
        (pieces of the batch,)
    """

    inputs: Dict[str, Tensor]
    mask: Tensor
    order: Tensor


def window_batches(inputs: Dict[str, Tensor], budget: int) -> Iterator[WindowBatch]:
    """Group windows of similar length.

    inputs (Dict[str, Tensor]): `input_ids`, `attention_mask` and optionally `token_type_ids`.
        *Shape:* (windows, longest) each
    budget (int): Maximum number of word pieces of a batch, with padding.
    YIELDS (WindowBatch): The batches; each window once.
    """
    lengths = inputs["attention_mask"].sum(1)  # (windows,)
    starts = lengths.cumsum(0) - lengths  # (windows,)
    for rows in length_batches(lengths, budget, MIN_LENGTH_RATIO):
        mask = padding_mask(lengths[rows])  # (batch, longest)
        batch = {key: value[rows, : mask.shape[1]] for key, value in inputs.items()}
        column = torch.arange(mask.shape[1], device=mask.device)  # (longest,)
        order = (starts[rows, None] + column)[mask]  # (pieces,)
        yield WindowBatch(batch, mask, order)


class WindowEncoder(nn.Module):
    """A BERT-like encoder that runs over windows in batches of similar length.

    transformer (Any): A BERT-like model of transformers.
    tokenizer (Any): The tokenizer of its input; stored, but not used.
    budget (int): Maximum number of pieces of a batch, with padding. If there are more, training
        recomputes each batch in the backward pass, which bounds the memory.
    """

    def __init__(self, transformer: Any, tokenizer: Any = None, *, budget: int):
        super().__init__()
        self.transformer = transformer
        self.tokenizer = tokenizer
        self.budget = budget

    def forward(self, inputs: Dict[str, Tensor]) -> Tensor:
        """Encode word pieces.

        inputs (Dict[str, Tensor]): `input_ids`, `attention_mask` and optionally `token_type_ids`.
            *Shape:* (windows, longest) each
        RETURNS (Tensor): Output of the last layer for the pieces of all windows, without padding.
            *Shape:* (pieces, width)
        """
        batches = list(window_batches(inputs, self.budget))
        run = self.encode
        size = sum(batch.mask.numel() for batch in batches)
        if size > self.budget and torch.is_grad_enabled():
            run = partial(checkpoint, self.encode, use_reentrant=False)
        states: List[Tensor] = [run(batch.inputs, batch.mask) for batch in batches]
        order = torch.cat([batch.order for batch in batches]).argsort()  # (pieces,)
        return torch.cat(states).index_select(0, order)

    def encode(self, inputs: Dict[str, Tensor], mask: Tensor) -> Tensor:
        """Encode a batch of windows.

        inputs (Dict[str, Tensor]): *Shape:* (batch, longest) each
        mask (Tensor): Positions that are not padding. *Shape:* (batch, longest)
        RETURNS (Tensor): *Shape:* (pieces, width)
        """
        return self.transformer(**inputs).last_hidden_state[mask]
