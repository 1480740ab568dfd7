"""Model card: a Markdown page that explains the labels, figures and limits of a pipeline."""

from .card import model_card, render_card
from .settings import CardSettings, Evaluation, read_settings

__all__ = ["CardSettings", "Evaluation", "model_card", "read_settings", "render_card"]
