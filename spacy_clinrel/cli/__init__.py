"""Commands of `python -m spacy clinrel`. Each calls a public function of the package."""

from spacy.cli._util import app as spacy_app

from ._app import app
from .agreement import agreement_cli
from .apply import apply_cli
from .bootstrap import bootstrap_cli
from .build_terminology import build_terminology_cli
from .calibrate import calibrate_cli
from .convert import convert_cli
from .debug import debug_cli
from .distil import distil_cli
from .evaluate import evaluate_cli
from .export import export_cli
from .export_encoder import export_encoder_cli
from .init_config import init_config_cli
from .init_vectors import init_vectors_cli
from .make_encoder import make_encoder_cli
from .model_card import model_card_cli
from .raw_text import raw_text_cli
from .read_review import read_review_cli
from .review import review_cli
from .split import split_cli
from .visualize import visualize_cli

spacy_app.add_typer(app, name="clinrel")

__all__ = [
    "agreement_cli",
    "app",
    "apply_cli",
    "bootstrap_cli",
    "build_terminology_cli",
    "calibrate_cli",
    "convert_cli",
    "debug_cli",
    "distil_cli",
    "evaluate_cli",
    "export_cli",
    "export_encoder_cli",
    "init_config_cli",
    "init_vectors_cli",
    "make_encoder_cli",
    "model_card_cli",
    "raw_text_cli",
    "read_review_cli",
    "review_cli",
    "split_cli",
    "visualize_cli",
]
