"""Bootstrapping: train on few labelled documents, label unlabelled ones, and learn from both."""

from .chart import draw_rounds
from .loop import bootstrap
from .settings import NO_GUARDS, BootstrapData, BootstrapOptions, DriftGuards

__all__ = [
    "NO_GUARDS",
    "BootstrapData",
    "BootstrapOptions",
    "DriftGuards",
    "bootstrap",
    "draw_rounds",
]
