"""Human review: choose the documents that annotators should correct, and read them back."""

from .corrections import CHANGES, ReviewResult, read_review
from .export import review
from .formats import FORMATS, pipeline_labels
from .ranking import RANDOM, ReviewOptions
from .uncertainty import STRATEGIES

__all__ = [
    "CHANGES",
    "FORMATS",
    "RANDOM",
    "STRATEGIES",
    "ReviewOptions",
    "ReviewResult",
    "pipeline_labels",
    "read_review",
    "review",
]
