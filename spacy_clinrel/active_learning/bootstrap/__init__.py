"""Bootstrapping: train on a few labelled documents, label more documents, and train on both."""

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
