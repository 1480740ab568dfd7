"""The human half of learning from few labels: which documents to correct, and what was changed."""

from .correct import Corrected, read_review
from .formats import FORMATS
from .propose import review
from .ranking import RANDOM, Options
from .uncertainty import STRATEGIES

__all__ = ["FORMATS", "RANDOM", "STRATEGIES", "Corrected", "Options", "read_review", "review"]
