"""Agreement of two annotations of the same notes."""

from .compare import agreement

__all__ = ["agreement"]
