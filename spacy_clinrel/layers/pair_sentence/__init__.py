"""Models that encode the text window of each mention pair separately."""

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
