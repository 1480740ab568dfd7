"""Linear-chain conditional random field (Lafferty et al. 2001): loss and decoding.

Emissions are padded, (batch, longest, tags); the score of a tag sequence y of length n is

    start[y_1] + Σ emission[i, y_i] + Σ transition[y_i, y_{i+1}] + end[y_n]
"""

import math
from typing import NamedTuple, Tuple

import numpy as np
import torch
from torch import Tensor, nn

from .dropout import Dropout

# A finite stand-in for minus infinity: sums of it stay finite, so no gradient becomes NaN.
IMPOSSIBLE = -1e4


class CRFTagger(nn.Module):
    """Emissions from token vectors, and transitions with the impossible ones masked.

    n_in (int): Width of the token vectors.
    transitions (ndarray): Which tag may follow which, bool. Shape: (tags, tags)
    start (ndarray): Which tag may begin a text, bool. Shape: (tags,)
    end (ndarray): Which tag may end a text, bool. Shape: (tags,)
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
        for name, allowed in masks.items():
            self.register_buffer(name, torch.from_numpy(~allowed), persistent=False)

    def forward(self, tokens: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
        """tokens (Tensor): *Shape:* (tokens, n_in)
        RETURNS (Tuple[Tensor, Tensor, Tensor, Tensor]): Emissions, transitions, start and end
            scores. *Shape:* (tokens, tags), (tags, tags), (tags,), (tags,)
        """
        return (
            self.emit(self.dropout(tokens)),
            self.transitions.masked_fill(self.no_transition, IMPOSSIBLE),
            self.start.masked_fill(self.no_start, IMPOSSIBLE),
            self.end.masked_fill(self.no_end, IMPOSSIBLE),
        )


def _wide(emissions: Tensor) -> torch.dtype:
    """RETURNS (torch.dtype): Of the recursions, whose exponentials must not vanish."""
    return torch.float32 if emissions.device.type == "mps" else torch.float64


def _log_sum(scores: Tensor, weights: Tensor) -> Tensor:
    """The logarithm of Σ_from exp(scores[:, from]) · weights[from, to], as a product of matrices:
    an exponential for each tag, not for each pair of tags. What is below the best tag by more than
    the numbers' range counts as nothing.

    scores (Tensor): *Shape:* (batch, from)
    weights (Tensor): Exponentials of the transitions. *Shape:* (from, to)
    RETURNS (Tensor): *Shape:* (batch, to)
    """
    best = scores.detach().amax(dim=1, keepdim=True)
    sums = (scores - best).exp() @ weights
    return sums.clamp_min(torch.finfo(sums.dtype).tiny).log() + best


def log_partition(
    emissions: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """Logarithm of the summed exponentials of all tag sequences' scores.

    emissions (Tensor): *Shape:* (batch, longest, tags)
    mask (Tensor): Boolean; the first place of each row is True. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): *Shape:* (batch,)
    """
    scores = emissions.to(_wide(emissions))
    weights = transitions.to(scores.dtype).exp()
    alpha = start + scores[:, 0]  # (batch, tags)
    for i in range(1, emissions.shape[1]):
        following = _log_sum(alpha, weights) + scores[:, i]
        alpha = torch.where(mask[:, i, None], following, alpha)
    return torch.logsumexp(alpha + end, dim=1).to(emissions.dtype)


def sequence_score(
    emissions: Tensor, tags: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """Score of one tag sequence for each row.

    emissions (Tensor): *Shape:* (batch, longest, tags)
    tags (Tensor): Tag indices; any value where the mask is False. *Shape:* (batch, longest)
    mask (Tensor): Boolean. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): *Shape:* (batch,)
    """
    emitted = emissions.gather(2, tags[:, :, None]).squeeze(2)  # (batch, longest)
    moved = transitions[tags[:, :-1], tags[:, 1:]]  # (batch, longest - 1)
    last = tags.gather(1, mask.sum(1, keepdim=True) - 1).squeeze(1)  # (batch,)
    zero = emissions.new_zeros(())
    inner = torch.where(mask, emitted, zero).sum(1) + torch.where(mask[:, 1:], moved, zero).sum(1)
    return start[tags[:, 0]] + inner + end[last]


def negative_log_likelihood(
    emissions: Tensor, tags: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """Loss of the gold tag sequences, -log p(y | x).

    Arguments as `sequence_score` has them.
    RETURNS (Tensor): *Shape:* (batch,)
    """
    total = log_partition(emissions, mask, transitions, start, end)
    return total - sequence_score(emissions, tags, mask, transitions, start, end)


class Marginals(NamedTuple):
    """What a CRF expects of its tag sequences.

    log_partition (Tensor): As the function of that name has it. *Shape:* (batch,)
    tags (Tensor): Probability of each tag at each place, zero where the mask is False. *Shape:*
        (batch, longest, tags)
    transitions (Tensor): Expected number of times that one tag follows another, over all rows.
        *Shape:* (tags, tags)
    """

    log_partition: Tensor
    tags: Tensor
    transitions: Tensor


@torch.no_grad()
def forward_backward(
    emissions: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Marginals:
    """Marginal probabilities by the forward-backward algorithm. They are the gradient of the
    partition's logarithm, in a memory of (places × tags) whatever the length.

    Arguments as `log_partition` has them.
    RETURNS (Marginals): The marginals.
    """
    scores = emissions.to(_wide(emissions))
    weights = transitions.to(scores.dtype).exp()
    longest = emissions.shape[1]
    forth = [start + scores[:, 0]]  # each (batch, tags)
    for i in range(1, longest):
        following = _log_sum(forth[-1], weights) + scores[:, i]
        forth.append(torch.where(mask[:, i, None], following, forth[-1]))
    total = torch.logsumexp(forth[-1] + end, dim=1, keepdim=True)  # (batch, 1)
    behind = end.to(scores.dtype).expand_as(forth[0])  # scores of what comes after a place
    tags = torch.zeros_like(scores)
    expected = torch.zeros_like(weights)
    largest = math.log(torch.finfo(scores.dtype).max) - 1
    for i in range(longest - 1, -1, -1):
        here = mask[:, i, None]
        tags[:, i] = (forth[i] + behind - total).exp() * here
        if i == 0:
            break
        arriving = scores[:, i] + behind  # (batch, to)
        best = forth[i - 1].amax(dim=1, keepdim=True)
        left = (forth[i - 1] - best).exp()
        right = (arriving + best - total).clamp_max(largest).exp() * here
        expected += left.T @ right
        behind = torch.where(here, _log_sum(arriving, weights.T), behind)
    expected *= weights
    kind = emissions.dtype
    return Marginals(total.squeeze(1).to(kind), tags.to(kind), expected.to(kind))


@torch.no_grad()
def viterbi(
    emissions: Tensor, mask: Tensor, transitions: Tensor, start: Tensor, end: Tensor
) -> Tensor:
    """The tag sequence with the highest score for each row.

    emissions (Tensor): *Shape:* (batch, longest, tags)
    mask (Tensor): Boolean; the first place of each row is True. *Shape:* (batch, longest)
    transitions, start, end (Tensor): *Shape:* (tags, tags), (tags,), (tags,)
    RETURNS (Tensor): Tag indices, 0 where the mask is False. *Shape:* (batch, longest)
    """
    batch, longest, _ = emissions.shape
    score = start + emissions[:, 0]  # (batch, tags)
    pointers = []
    for i in range(1, longest):
        best, pointer = (score[:, :, None] + transitions).max(dim=1)  # (batch, to)
        score = torch.where(mask[:, i, None], best + emissions[:, i], score)
        pointers.append(pointer)
    tag = (score + end).argmax(dim=1)  # (batch,)
    tags = torch.zeros(batch, longest, dtype=torch.long, device=emissions.device)
    for i in range(longest - 1, 0, -1):
        tags[:, i] = torch.where(mask[:, i], tag, 0)
        previous = pointers[i - 1].gather(1, tag[:, None]).squeeze(1)
        tag = torch.where(mask[:, i], previous, tag)
    tags[:, 0] = tag
    return tags
