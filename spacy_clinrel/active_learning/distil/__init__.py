"""Distillation: several pipelines label unlabelled texts, and another one learns from them."""

from .distil import DistilData, DistilResult, distil

__all__ = ["DistilData", "DistilResult", "distil"]
