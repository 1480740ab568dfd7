"""How far the cue rules agree with the training data of `assertion_classifier`."""

from typing import Callable, Iterable, List

import numpy as np
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch

from ...types import MentionBatch
from .mentions import read_gold

BATCH_SIZE = 64
# The weight of rules that agree with the data. Half the log odds of their agreement are multiplied
# by SCALE, so that it is reached by rules that are right 10 times as often as wrong. With lower
# weights, the model has to learn again what the rules know already.
MAX_WEIGHT, SCALE = 3.0, 2.5


def rule_weights(
    examples: Iterable[Example],
    make_mentions: Callable[[List[Doc]], MentionBatch],
    columns: List[int],
) -> np.ndarray:
    """Return the weight of what the cue rules say of each label, from the log odds that rules and
    gold agree over the mentions that have the attribute by the rules or by the gold annotation.

    examples (Iterable[Example]): The training examples.
    make_mentions (Callable[[List[Doc]], MentionBatch]): Creates the batch of documents.
    columns (List[int]): Index of each label among the five attributes.
    RETURNS (ndarray): From 0 to MAX_WEIGHT; 0 for rules that are wrong at least as often as right.
        float32. Shape: (labels,)
    """
    right = np.zeros(len(columns))
    wrong = np.zeros(len(columns))
    for batch in minibatch(examples, BATCH_SIZE):
        gold_docs = [Example(eg.reference, eg.reference) for eg in batch]
        mentions = make_mentions([eg.reference for eg in batch])
        gold = read_gold(gold_docs, mentions)
        holds = gold.holds[gold.annotated][:, columns]
        by_rules = mentions.prior[gold.annotated] > 0
        right += (holds & by_rules).sum(axis=0)
        wrong += (holds != by_rules).sum(axis=0)
    weights = SCALE * 0.5 * np.log((right + 0.5) / (wrong + 0.5))
    return np.clip(weights, 0.0, MAX_WEIGHT).astype("float32")
