"""Few labels: bootstrapping from unlabelled documents."""

from .chart import draw
from .loop import bootstrap
from .options import UNGUARDED, Data, Guards, Options

__all__ = ["UNGUARDED", "Data", "Guards", "Options", "bootstrap", "draw"]
