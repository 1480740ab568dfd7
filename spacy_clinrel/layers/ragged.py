"""Sequences of different lengths: one after the other (flat), or padded."""

import operator
from bisect import bisect_right
from functools import partial
from typing import Callable, Iterator, List, Optional, Sequence, Tuple, Union

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint


def padding_mask(lengths: Tensor) -> Tensor:
    """Which places of a padded batch hold an item.

    lengths (Tensor): Items of each sequence. *Shape:* (batch,)
    RETURNS (Tensor): Boolean. *Shape:* (batch, longest)
    """
    longest = int(lengths.max()) if lengths.numel() else 0
    return torch.arange(longest, device=lengths.device)[None, :] < lengths[:, None]


def pad(flat: Tensor, lengths: Tensor) -> Tuple[Tensor, Tensor]:
    """Put each sequence into a row of its own, filled up with zeros.

    flat (Tensor): Items of all sequences. *Shape:* (items, width)
    lengths (Tensor): Items of each sequence. *Shape:* (batch,)
    RETURNS (Tuple[Tensor, Tensor]): The rows and their mask. *Shape:* (batch, longest, width)
        and (batch, longest)
    """
    mask = padding_mask(lengths)
    padded = flat.new_zeros(*mask.shape, *flat.shape[1:])
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

    lengths (Union[Tensor, Sequence[int]]): Items of each sequence. *Shape:* (sequences,)
    budget (int): Maximum size of a padded batch, sequences times the longest. A longer sequence
        forms a batch of its own.
    min_ratio (float): Minimum length of a batch's shortest sequence, as a share of its longest:
        less padding, but more batches.
    YIELDS (Tensor): Indices of sequences, longest first, each once. *Shape:* (batch,)
    """
    sizes = torch.as_tensor(lengths)
    order = sizes.argsort(descending=True)
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
    """Run sequences through what takes padded ones, those of like length together, so that one
    long sequence costs the others nothing.

    run (Callable[[Tensor, Tensor], Tensor]): Takes padded sequences, each with an item at least,
        and their mask, (batch, longest, width) and (batch, longest); returns
        (batch, longest, width out).
    flat (Tensor): Items of all sequences, one at least. *Shape:* (items, width)
    lengths (Tensor): Items of each sequence. *Shape:* (sequences,)
    budget (int): Most places of a padded batch, see `length_batches`.
    RETURNS (Tensor): *Shape:* (items, width out)
    """
    starts = (lengths.cumsum(0) - lengths)[lengths > 0]
    sizes = lengths[lengths > 0]
    if len(sizes) * int(sizes.max()) <= budget:
        x, mask = pad(flat, sizes)
        return unpad(run(x, mask), mask)
    parts, places = [], []
    for rows in length_batches(sizes, budget):
        mask = padding_mask(sizes[rows])
        place = (starts[rows, None] + torch.arange(mask.shape[1], device=flat.device))[mask]
        x, mask = pad(flat.index_select(0, place), sizes[rows])
        parts.append(unpad(run(x, mask), mask))
        places.append(place)
    return torch.cat(parts).index_select(0, torch.cat(places).argsort())


def score_parts(
    score: Callable[[Tensor], Tensor], parts: Sequence[Tensor], again: Optional[bool] = None
) -> Tensor:
    """Score a batch part by part. In training each part may be computed again on the way back
    instead of being kept, which bounds the memory.

    score (Callable[[Tensor], Tensor]): Takes indices, returns as many rows.
    parts (Sequence[Tensor]): The indices of the parts, one or more, each index once.
    again (Optional[bool]): Whether to compute parts again; None does where there are several.
    RETURNS (Tensor): The rows of all, in the order of the indices.
    """
    if torch.is_grad_enabled():
        several = len(parts) > 1 if again is None else again
        run = partial(checkpoint, score, use_reentrant=False) if several else score
        return torch.cat([run(part) for part in parts]).index_select(
            0, torch.cat(list(parts)).argsort()
        )
    first = score(parts[0])
    # One tensor from the start: small ones that stay behind each part would keep the memory between
    # them from being used again.
    rows = first.new_empty(sum(map(len, parts)), *first.shape[1:])
    rows[parts[0]] = first
    for part in parts[1:]:
        rows[part] = score(part)
    return rows
