"""Linear-chain conditional random field (Lafferty et al. 2001): loss, marginals and decoding.

Emissions are padded, of shape (batch, longest, tags). The score of a tag sequence y of length n is

    s(y) = start[y_1] + Σ_{i≤n} emission_i[y_i] + Σ_{i<n} transition[y_i, y_{i+1}] + end[y_n]

and its probability p(y | x) = exp(s(y)) / Z with the partition function Z = Σ_y' exp(s(y')).
"""

from typing import List, NamedTuple, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from .dropout import Dropout

# Score of an impossible tag or transition. Finite, since sums with -inf make gradients NaN.
IMPOSSIBLE = -1e4


class CRFTagger(nn.Module):
    """A linear layer for emissions, and learned transitions, with impossible transitions masked.

    n_in (int): Width of the token vectors.
    transitions (ndarray): Whether the column's tag may follow the row's, bool. *Shape:* (tags,
        tags)
    start (ndarray): Which tags may begin a text, bool. *Shape:* (tags,)
    end (ndarray): Which tags may end a text, bool. *Shape:* (tags,)
    """

    no_transition: Tensor
    no_start: Tensor
    no_end: Tensor

    def __init__(self, *, n_in: int, transitions: np.ndarray, start: np.ndarray, end: np.ndarray):
        super().__init__()
        n_tags = len(start)
        self.dropout = Dropout()
        self.emit = nn.Linear(n_in, n_tags)
        self.transitions = nn.Parameter(torch.zeros(n_tags, n_tags))
        self.start = nn.Parameter(torch.zeros(n_tags))
        self.end = nn.Parameter(torch.zeros(n_tags))
        masks = {"no_transition": transitions, "no_start": start, "no_end": end}
        for name, is_allowed in masks.items():
            self.register_buffer(name, torch.from_numpy(~is_allowed), persistent=False)

    def forward(self, tokens: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
        """Compute the scores of the CRF.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        RETURNS (Tuple[Tensor, Tensor, Tensor, Tensor]): Emissions, transitions, start and end
            scores. *Shape:* (tokens, tags), (tags, tags), (tags,), (tags,)
        """
        return (
            self.emit(self.dropout(tokens)),
            self.transitions.masked_fill(self.no_transition, IMPOSSIBLE),
            self.start.masked_fill(self.no_start, IMPOSSIBLE),
            self.end.masked_fill(self.no_end, IMPOSSIBLE),
        )


def _precise_dtype(emissions: Tensor) -> torch.dtype:
    """Return the data type of the recursions: double precision, so that exponentials don't
    underflow, except on Apple's MPS, which lacks it."""
    return torch.float32 if emissions.device.type == "mps" else torch.float64


def log_partition(
    emissions: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """Compute log Z with the forward algorithm:

        α_1 = start + emission_1
        α_i[t] = log Σ_u exp(α_{i-1}[u] + transition[u, t]) + emission_i[t]
        log Z = log Σ_t exp(α_n[t] + end[t])

    emissions (Tensor): *Shape:* (batch, longest, tags)
    mask (Tensor): True for tokens, False for padding. The first column is True. *Shape:* (batch,
        longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): *Shape:* (batch,)
    """
    result: Tensor = _LogPartition.apply(emissions, mask, transitions, start, end)
    return result


class _Lattice(NamedTuple):
    """The recursions of the CRF as products of probabilities. Each α is divided by its sum, which
    keeps it in range (Rabiner 1989). Terms that underflow relative to the best tag of a position
    are lost.

    alphas (List[Tensor]): α of each position. *Shape of each:* (batch, tags)
    sums (List[Tensor]): What α was divided by; 1 in padding. *Shape of each:* (batch, 1)
    log_z (Tensor): *Shape:* (batch,)
    emitted (Tensor): Exponentials of the emissions, relative to the best tag of the position.
        *Shape:* (longest, batch, tags)
    moved, ended (Tensor): Exponentials of the transitions and end scores. *Shape:* (tags, tags) and
        (tags,)
    """

    alphas: List[Tensor]
    sums: List[Tensor]
    log_z: Tensor
    emitted: Tensor
    moved: Tensor
    ended: Tensor


def _make_lattice(
    emissions: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> _Lattice:
    """Run the forward algorithm. The arguments are those of `log_partition`."""
    dtype = _precise_dtype(emissions)
    scores = emissions.detach().to(dtype).transpose(0, 1)  # (longest, batch, tags)
    started, moved, ended = (x.detach().to(dtype).exp() for x in (start, transitions, end))
    tiny = torch.finfo(dtype).tiny
    best = scores.amax(dim=2)  # (longest, batch)
    emitted = (scores - best[:, :, None]).exp()  # (longest, batch, tags)
    is_token = mask.T[:, :, None]  # (longest, batch, 1)
    one = scores.new_ones(())
    alpha = started * emitted[0]  # (batch, tags)
    sums = [alpha.sum(1, keepdim=True).clamp_min(tiny)]  # each (batch, 1)
    alphas = [alpha / sums[0]]  # each (batch, tags)
    for here, row in zip(emitted[1:], is_token[1:]):
        alpha = (alphas[-1] @ moved) * here  # (batch, tags)
        total = torch.where(row, alpha.sum(1, keepdim=True).clamp_min(tiny), one)  # (batch, 1)
        sums.append(total)
        alphas.append(torch.where(row, alpha / total, alphas[-1]))
    last = (alphas[-1] @ ended).clamp_min(tiny)  # (batch,)
    steps = (torch.cat(sums, dim=1).log() + best.T) * mask  # (batch, longest)
    return _Lattice(alphas, sums, steps.sum(1) + last.log(), emitted, moved, ended)


def _make_marginals(
    lattice: _Lattice, mask: Tensor, row_weights: Tensor, by_row: bool = False
) -> Tuple[Tensor, Tensor]:
    """Run the backward algorithm.

    lattice (_Lattice): The result of the forward algorithm.
    mask (Tensor): True for tokens. *Shape:* (batch, longest)
    row_weights (Tensor): Factor of each row's marginals. *Shape:* (batch,)
    by_row (bool): Whether to return the transitions of each row, instead of their sum.
    RETURNS (Tuple[Tensor, Tensor]): Weighted marginals of the tags, and of the transitions, summed
        over the batch. *Shape:* (batch, longest, tags) and (tags, tags), with `by_row` (batch,
        tags, tags)
    """
    alphas, sums, _, emitted, moved, ended = lattice
    is_token = mask.T[:, :, None]  # (longest, batch, 1)
    last = (alphas[-1] @ ended).clamp_min(torch.finfo(ended.dtype).tiny)  # (batch,)
    beta = ended / last[:, None]  # (batch, tags)
    betas, arriving = [beta], []
    for i in range(len(alphas) - 1, 0, -1):
        arriving.append(emitted[i] * beta / sums[i])  # (batch, tags)
        beta = torch.where(is_token[i], arriving[-1] @ moved.T, beta)  # (batch, tags)
        betas.append(beta)
    weights = is_token * row_weights.to(ended.dtype)[:, None]  # (longest, batch, 1)
    tags = torch.stack(alphas) * torch.stack(betas[::-1]) * weights  # (longest, batch, tags)
    expected = moved.new_zeros(*([len(mask)] if by_row else []), *moved.shape)
    if arriving and by_row:
        left = torch.stack(alphas[:-1])  # (longest - 1, batch, from)
        right = torch.stack(arriving[::-1]) * weights[1:]  # (longest - 1, batch, to)
        expected = torch.einsum("ibf,ibt->bft", left, right) * moved  # (batch, from, to)
    elif arriving:
        left = torch.stack(alphas[:-1]).flatten(0, 1)  # ((longest - 1) · batch, from)
        right = (torch.stack(arriving[::-1]) * weights[1:]).flatten(0, 1)  # (same, to)
        expected = (left.T @ right) * moved  # (from, to)
    return tags.transpose(0, 1), expected


class _LogPartition(torch.autograd.Function):
    """log Z, whose gradient is the marginals. Computing them takes a fraction of the time that
    autograd takes for the operations of the recursion."""

    @staticmethod
    def forward(ctx, emissions, mask, transitions, start, end):  # type: ignore[no-untyped-def]
        lattice = _make_lattice(emissions, mask, transitions, start, end)
        ctx.lattice, ctx.mask = lattice, mask
        return lattice.log_z.to(emissions.dtype)

    @staticmethod
    def backward(ctx, d_log_z):  # type: ignore[no-untyped-def]
        mask, dtype = ctx.mask, d_log_z.dtype
        tags, expected = _make_marginals(ctx.lattice, mask, d_log_z)
        rows = torch.arange(len(tags), device=tags.device)
        d_end = tags[rows, mask.sum(1) - 1].sum(0)  # (tags,)
        d_start = tags[:, 0].sum(0)  # (tags,)
        return tags.to(dtype), None, expected.to(dtype), d_start.to(dtype), d_end.to(dtype)


def sequence_score(
    emissions: Tensor, tags: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """Compute the score s(y) of one tag sequence per row.

    emissions (Tensor): *Shape:* (batch, longest, tags)
    tags (Tensor): Tag indices; arbitrary in padding. *Shape:* (batch, longest)
    mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): *Shape:* (batch,)
    """
    emitted = emissions.gather(2, tags[:, :, None]).squeeze(2)  # (batch, longest)
    moved = transitions[tags[:, :-1], tags[:, 1:]]  # (batch, longest - 1)
    last = tags.gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1)  # (batch,)
    zero = emissions.new_zeros(())
    inner = torch.where(mask, emitted, zero).sum(1)  # (batch,)
    inner = inner + torch.where(mask[:, 1:], moved, zero).sum(1)  # (batch,)
    return start[tags[:, 0]] + inner + end[last]  # (batch,)


def expected_score(
    emissions: Tensor,
    tags: Tensor,
    counts: Tensor,
    mask: Tensor,
    transitions: Tensor,
    start: Tensor,
    end: Tensor,
) -> Tensor:
    """Compute the expected score E_q[s(y)] under a distribution q of tag sequences. The score is a
    sum over tags and transitions, so the marginals of q are enough.

    emissions (Tensor): *Shape:* (batch, longest, tags)
    tags (Tensor): Probability of each tag at each position, zero in padding. *Shape:* (batch,
        longest, tags)
    counts (Tensor): Expected number of times that the column's tag follows the row's. *Shape:*
        (batch, tags, tags)
    mask (Tensor): True for tokens, False for padding. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): *Shape:* (batch,)
    """
    rows = torch.arange(len(tags), device=tags.device)
    last = tags[rows, mask.sum(1) - 1]  # (batch, tags)
    inner = (emissions * tags).sum((1, 2)) + (transitions * counts).sum((1, 2))  # (batch,)
    return tags[:, 0] @ start + inner + last @ end  # (batch,)


def negative_log_likelihood(
    emissions: Tensor, tags: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """Compute the loss of gold tag sequences, -log p(y | x) = log Z - s(y).

    emissions (Tensor): *Shape:* (batch, longest, tags)
    tags (Tensor): Gold tag indices; arbitrary in padding. *Shape:* (batch, longest)
    mask (Tensor): True for tokens. The first column is True. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): *Shape:* (batch,)
    """
    total = log_partition(emissions, mask, transitions, start, end)  # (batch,)
    return total - sequence_score(emissions, tags, mask, transitions, start, end)  # (batch,)


class Marginals(NamedTuple):
    """Marginal probabilities of a CRF.

    log_partition (Tensor): log Z. *Shape:* (batch,)
    tags (Tensor): Probability of each tag at each position, zero in padding. *Shape:* (batch,
        longest, tags)
    transitions (Tensor): Expected number of times that the column's tag follows the row's, summed
        over the batch unless `by_row` is set. *Shape:* (tags, tags) or (batch, tags, tags)
    """

    log_partition: Tensor
    tags: Tensor
    transitions: Tensor


@torch.no_grad()
def forward_backward(
    emissions: Tensor,
    mask: Tensor,
    transitions: Tensor,
    start: Tensor,
    end: Tensor,
    *,
    by_row: bool = False,
) -> Marginals:
    """Compute marginal probabilities with the forward-backward algorithm (Rabiner 1989):

        β_n = end,  β_i[t] = log Σ_u exp(transition[t, u] + emission_{i+1}[u] + β_{i+1}[u])
        p(y_i = t) = exp(α_i[t] + β_i[t] - log Z)
        p(y_{i-1} = t, y_i = u)
            = exp(α_{i-1}[t] + transition[t, u] + emission_i[u] + β_i[u] - log Z)

    with α as in `log_partition`. The marginals are the gradient of log Z.

    emissions (Tensor): *Shape:* (batch, longest, tags)
    mask (Tensor): True for tokens. The first column is True. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    by_row (bool): Whether to return the expected transitions of each row, instead of their sum.
    RETURNS (Marginals): The marginals.
    """
    lattice = _make_lattice(emissions, mask, transitions, start, end)
    tags, expected = _make_marginals(lattice, mask, torch.ones_like(lattice.log_z), by_row)
    dtype = emissions.dtype
    return Marginals(lattice.log_z.to(dtype), tags.to(dtype), expected.to(dtype))


@torch.no_grad()
def viterbi(
    emissions: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """Find the tag sequence with the highest score s(y) per row (Viterbi 1967):

        δ_1 = start + emission_1,  δ_i[t] = max_u (δ_{i-1}[u] + transition[u, t]) + emission_i[t]

    then follow the maximising u back from argmax_t (δ_n[t] + end[t]).

    emissions (Tensor): *Shape:* (batch, longest, tags)
    mask (Tensor): True for tokens. The first column is True. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): Tag indices, 0 in padding. *Shape:* (batch, longest)
    """
    batch, longest, _ = emissions.shape
    score = start + emissions[:, 0]  # (batch, tags)
    pointers = []  # each (batch, tags)
    for i in range(1, longest):
        best, pointer = (score[:, :, None] + transitions).max(dim=1)  # (batch, to)
        score = torch.where(mask[:, i, None], best + emissions[:, i], score)  # (batch, tags)
        pointers.append(pointer)
    tag = (score + end).argmax(dim=1)  # (batch,)
    tags = torch.zeros(batch, longest, dtype=torch.long, device=emissions.device)
    for i in range(longest - 1, 0, -1):
        tags[:, i] = torch.where(mask[:, i], tag, 0)  # (batch,)
        previous = pointers[i - 1].gather(1, tag[:, None]).squeeze(1)  # (batch,)
        tag = torch.where(mask[:, i], previous, tag)  # (batch,)
    tags[:, 0] = tag
    return tags
