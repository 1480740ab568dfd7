"""The pair-sentence family: each pair's window of the text, encoded on its own."""

from .encoders import CNN, RNN, Parallel, ResNet, Stacked
from .model import PairSentence
from .pooling import AttentionPool, MaxPool, PiecewiseMaxPool, PositionAttentionPool

__all__ = [
    "CNN",
    "RNN",
    "AttentionPool",
    "MaxPool",
    "PairSentence",
    "Parallel",
    "PiecewiseMaxPool",
    "PositionAttentionPool",
    "ResNet",
    "Stacked",
]
