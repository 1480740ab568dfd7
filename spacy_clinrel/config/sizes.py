"""Limits of candidate pairs, batch size and number of steps for a corpus."""

import math
from dataclasses import dataclass
from typing import Tuple

import numpy as np

from ..data.check.table import Edges

# Minimum share of the gold relations that are candidates.
TARGET_RECALL = 0.99
# Steps grow with the fourth root of the number of tokens. This gives the steps of
# configs/zh_clinrel.cfg (1,200 for 454,000 tokens) and configs/en_clinrel.cfg (700 for 50,000),
# which were chosen on dev notes.
STEPS, TOKENS = 1200, 454_000
MIN_STEPS, MAX_STEPS = 300, 20000
MIN_EPOCHS = 3
# Tokens of a batch, including padding.
MIN_BATCH, MAX_BATCH = 250, 2000
# Minimum number of batches into which the training data is divided.
MIN_BATCHES = 20


@dataclass(frozen=True)
class Sizes:
    """Sizes of a config. The defaults are those of configs/zh_clinrel.cfg.

    max_sentences (int): Maximum number of sentence boundaries between two mentions.
    max_distance (int): Maximum distance between the starts of two mentions, in tokens.
    batch_size (int): Maximum number of tokens in a batch, including padding.
    max_steps (int): Number of training steps.
    """

    max_sentences: int = 12
    max_distance: int = 200
    batch_size: int = MAX_BATCH
    max_steps: int = 1200

    @property
    def eval_frequency(self) -> int:
        """Return the number of steps between two evaluations."""
        return max(20, self.max_steps // 100 * 10)


def choose_candidates(edges: Edges) -> Tuple[int, int]:
    """Choose limits that 99 % of the gold relations satisfy.

    edges (Edges): The gold relations of the training data; at least one.
    RETURNS (Tuple[int, int]): The smallest number of sentence boundaries that can contain them, and
        the distance in tokens that they then need, rounded up to tens.
    """
    needed = math.ceil(TARGET_RECALL * len(edges.tokens))
    max_sentences = int(np.sort(edges.sentences)[needed - 1])
    inside = np.sort(edges.tokens[edges.sentences <= max_sentences])
    distance = int(inside[needed - 1])
    return max_sentences, max(20, math.ceil(distance / 10) * 10)


def choose_steps(n_tokens: int) -> Tuple[int, int]:
    """Choose batch size and number of steps for the size of the training data.

    n_tokens (int): Number of tokens in the training data.
    RETURNS (Tuple[int, int]): Tokens of a batch; and number of steps, 300 to 20,000, for at least 3
        passes over the training data.
    """
    batch_size = min(max(n_tokens // MIN_BATCHES // 50 * 50, MIN_BATCH), MAX_BATCH)
    grown = STEPS * (n_tokens / TOKENS) ** 0.25
    steps = round(max(grown, MIN_EPOCHS * n_tokens / batch_size) / 100) * 100
    return batch_size, min(max(steps, MIN_STEPS), MAX_STEPS)
