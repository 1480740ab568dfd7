"""Linear-chain conditional random field (Lafferty et al. 2001): loss, marginals and decoding.

Emissions are padded, of shape (batch, longest, tags). The score of a tag sequence y of length n is

    s(y) = start[y_1] + Σ_{i≤n} emission_i[y_i] + Σ_{i<n} transition[y_i, y_{i+1}] + end[y_n]

and its probability p(y | x) = exp(s(y)) / Z with the partition function Z = Σ_y' exp(s(y')).
"""

import math
from typing import NamedTuple, Tuple

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


def _log_matmul(scores: Tensor, weights: Tensor) -> Tensor:
    """Compute log Σ_i exp(scores[b, i]) · weights[i, j] as a matrix product. This computes one
    exponential per tag instead of one per pair of tags. Terms that underflow relative to the best
    tag are lost.

    scores (Tensor): *Shape:* (batch, from)
    weights (Tensor): Exponentials of the transitions. *Shape:* (from, to)
    RETURNS (Tensor): *Shape:* (batch, to)
    """
    best = scores.detach().amax(dim=1, keepdim=True)  # (batch, 1)
    sums = (scores - best).exp() @ weights  # (batch, to)
    return sums.clamp_min(torch.finfo(sums.dtype).tiny).log() + best  # (batch, to)


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
    scores = emissions.to(_precise_dtype(emissions))  # (batch, longest, tags)
    weights = transitions.to(scores.dtype).exp()  # (tags, tags)
    alpha = start + scores[:, 0]  # (batch, tags)
    for i in range(1, emissions.shape[1]):
        following = _log_matmul(alpha, weights) + scores[:, i]  # (batch, tags)
        alpha = torch.where(mask[:, i, None], following, alpha)  # (batch, tags)
    return torch.logsumexp(alpha + end, dim=1).to(emissions.dtype)  # (batch,)


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
        over the batch. *Shape:* (tags, tags)
    """

    log_partition: Tensor
    tags: Tensor
    transitions: Tensor


@torch.no_grad()
def forward_backward(
    emissions: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Marginals:
    """Compute marginal probabilities with the forward-backward algorithm (Rabiner 1989):

        β_n = end,  β_i[t] = log Σ_u exp(transition[t, u] + emission_{i+1}[u] + β_{i+1}[u])
        p(y_i = t) = exp(α_i[t] + β_i[t] - log Z)
        p(y_{i-1} = t, y_i = u)
            = exp(α_{i-1}[t] + transition[t, u] + emission_i[u] + β_i[u] - log Z)

    with α as in `log_partition`. The marginals are the gradient of log Z. This function needs
    memory for (batch × longest × tags) numbers, whereas autograd stores every step.

    emissions (Tensor): *Shape:* (batch, longest, tags)
    mask (Tensor): True for tokens. The first column is True. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Marginals): The marginals.
    """
    scores = emissions.to(_precise_dtype(emissions))  # (batch, longest, tags)
    weights = transitions.to(scores.dtype).exp()  # (tags, tags)
    longest = emissions.shape[1]
    alphas = [start + scores[:, 0]]  # each (batch, tags)
    for i in range(1, longest):
        following = _log_matmul(alphas[-1], weights) + scores[:, i]  # (batch, tags)
        alphas.append(torch.where(mask[:, i, None], following, alphas[-1]))
    log_z = torch.logsumexp(alphas[-1] + end, dim=1, keepdim=True)  # (batch, 1)
    beta = end.to(scores.dtype).expand_as(alphas[0])  # (batch, tags)
    tags = torch.zeros_like(scores)  # (batch, longest, tags)
    expected = torch.zeros_like(weights)  # (tags, tags)
    max_exponent = math.log(torch.finfo(scores.dtype).max) - 1
    for i in range(longest - 1, -1, -1):
        is_token = mask[:, i, None]  # (batch, 1)
        tags[:, i] = (alphas[i] + beta - log_z).exp() * is_token  # (batch, tags)
        if i == 0:
            break
        arriving = scores[:, i] + beta  # (batch, to)
        best = alphas[i - 1].amax(dim=1, keepdim=True)  # (batch, 1)
        left = (alphas[i - 1] - best).exp()  # (batch, from)
        right = (arriving + best - log_z).clamp_max(max_exponent).exp() * is_token  # (batch, to)
        expected += left.T @ right  # (from, to)
        beta = torch.where(is_token, _log_matmul(arriving, weights.T), beta)  # (batch, tags)
    expected *= weights  # (from, to)
    dtype = emissions.dtype
    return Marginals(log_z.squeeze(1).to(dtype), tags.to(dtype), expected.to(dtype))


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
