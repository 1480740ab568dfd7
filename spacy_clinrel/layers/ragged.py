"""Sequences of different lengths: concatenated, padded, and in batches of similar length."""

import operator
from bisect import bisect_right
from functools import partial
from typing import Callable, Iterator, List, Optional, Sequence, Tuple, Union

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint


def padding_mask(lengths: Tensor) -> Tensor:
    """Return which positions of a padded batch contain an item.

    lengths (Tensor): Number of items of each sequence. *Shape:* (batch,)
    RETURNS (Tensor): Boolean. *Shape:* (batch, longest)
    """
    longest = int(lengths.max()) if lengths.numel() else 0
    return torch.arange(longest, device=lengths.device)[None, :] < lengths[:, None]


def pad(flat: Tensor, lengths: Tensor) -> Tuple[Tensor, Tensor]:
    """Pad concatenated sequences with zeros, one row each.

    flat (Tensor): Items of all sequences. *Shape:* (items, width)
    lengths (Tensor): Number of items of each sequence. *Shape:* (batch,)
    RETURNS (Tuple[Tensor, Tensor]): The rows and their mask. *Shape:* (batch, longest, width)
        and (batch, longest)
    """
    mask = padding_mask(lengths)  # (batch, longest)
    padded = flat.new_zeros(*mask.shape, *flat.shape[1:])  # (batch, longest, width)
    padded[mask] = flat
    return padded, mask


def unpad(padded: Tensor, mask: Tensor) -> Tensor:
    """Undo `pad`.

    padded (Tensor): *Shape:* (batch, longest, width)
    mask (Tensor): *Shape:* (batch, longest)
    RETURNS (Tensor): *Shape:* (items, width)
    """
    return padded[mask]


def length_batches(
    lengths: Union[Tensor, Sequence[int]], budget: int, min_ratio: float = 0.0
) -> Iterator[Tensor]:
    """Group sequences of similar length into batches with little padding.

    lengths (Union[Tensor, Sequence[int]]): Number of items of each sequence. *Shape:* (sequences,)
    budget (int): Maximum size of a padded batch, sequences times the longest. A longer sequence
        forms a batch of its own.
    min_ratio (float): Minimum ratio of the shortest to the longest sequence of a batch. Higher
        values give less padding, but more batches.
    YIELDS (Tensor): Indices of sequences, longest first, each once. *Shape:* (batch,)
    """
    sizes = torch.as_tensor(lengths)  # (sequences,)
    order = sizes.argsort(descending=True)  # (sequences,)
    descending: List[int] = sizes[order].tolist()
    start = 0
    while start < len(descending):
        longest = descending[start]
        count = max(1, budget // max(longest, 1))
        end = bisect_right(descending, -min_ratio * longest, lo=start, key=operator.neg)
        count = max(1, min(count, end - start))
        yield order[start : start + count]
        start += count


def map_padded(
    run: Callable[[Tensor, Tensor], Tensor], flat: Tensor, lengths: Tensor, budget: int
) -> Tensor:
    """Apply a function of padded sequences to concatenated ones, in batches of similar length. A
    long sequence adds padding only to its own batch.

    run (Callable[[Tensor, Tensor], Tensor]): Takes padded sequences of at least one item and their
        mask, (batch, longest, width) and (batch, longest); returns (batch, longest, output width).
    flat (Tensor): Items of all sequences, at least one. *Shape:* (items, width)
    lengths (Tensor): Number of items of each sequence. *Shape:* (sequences,)
    budget (int): Maximum size of a padded batch, see `length_batches`.
    RETURNS (Tensor): *Shape:* (items, output width)
    """
    starts = (lengths.cumsum(0) - lengths)[lengths > 0]  # (non-empty sequences,)
    sizes = lengths[lengths > 0]  # (non-empty sequences,)
    if len(sizes) * int(sizes.max()) <= budget:
        x, mask = pad(flat, sizes)
        return unpad(run(x, mask), mask)
    outputs, indices = [], []
    for rows in length_batches(sizes, budget):
        mask = padding_mask(sizes[rows])  # (batch, longest)
        column = torch.arange(mask.shape[1], device=flat.device)  # (longest,)
        index = (starts[rows, None] + column)[mask]  # (batch items,)
        x, mask = pad(flat.index_select(0, index), sizes[rows])
        outputs.append(unpad(run(x, mask), mask))  # (batch items, output width)
        indices.append(index)
    return torch.cat(outputs).index_select(0, torch.cat(indices).argsort())


def score_parts(
    score: Callable[[Tensor], Tensor],
    parts: Sequence[Tensor],
    recompute: Optional[bool] = None,
) -> Tensor:
    """Score rows part by part, which bounds the memory. In training, parts can be recomputed in the
    backward pass instead of being stored (gradient checkpointing).

    score (Callable[[Tensor], Tensor]): Takes the indices of a part and returns one row per index.
    parts (Sequence[Tensor]): Indices of each part; at least one part, each index once.
    recompute (Optional[bool]): Whether training recomputes; None if there are several parts.
    RETURNS (Tensor): The rows of all parts, in the order of the indices.
    """
    if torch.is_grad_enabled():
        is_recomputed = len(parts) > 1 if recompute is None else recompute
        run = partial(checkpoint, score, use_reentrant=False) if is_recomputed else score
        return torch.cat([run(part) for part in parts]).index_select(
            0, torch.cat(list(parts)).argsort()
        )
    first = score(parts[0])
    # Allocate the result once: small results between the temporaries of the parts would fragment
    # the memory.
    rows = first.new_empty(sum(map(len, parts)), *first.shape[1:])
    rows[parts[0]] = first
    for part in parts[1:]:
        rows[part] = score(part)
    return rows
