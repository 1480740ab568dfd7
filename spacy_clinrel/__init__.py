"""A spaCy plugin that extracts entities and relations from clinical notes.

Each command of `python -m spacy clinrel` is also a function of the same name. Functions are
imported when they are first used, so that `import spacy_clinrel` stays fast.
"""

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Dict, List

from . import viewer as displacy
from .tokens import Relation, concat_docs

if TYPE_CHECKING:
    from .active_learning.bootstrap import bootstrap as bootstrap
    from .active_learning.distil import distil as distil
    from .active_learning.review import read_review as read_review
    from .active_learning.review import review as review
    from .config import init_config as init_config
    from .data.check import debug as debug
    from .data.convert import convert as convert
    from .data.corpus import read_corpus as read_corpus
    from .data.corpus import write_corpus as write_corpus
    from .data.splits import split as split
    from .evaluation.agreement import agreement as agreement
    from .evaluation.calibrate import calibrate as calibrate
    from .evaluation.evaluate import evaluate as evaluate
    from .evaluation.model_card import model_card as model_card
    from .exporters import export as export
    from .pretraining.export_encoder import export_encoder as export_encoder
    from .pretraining.make_encoder import make_encoder as make_encoder
    from .pretraining.raw_text import raw_text as raw_text
    from .pretraining.vectors import init_vectors as init_vectors
    from .processing import apply as apply
    from .processing.tables import mentions_table as mentions_table
    from .processing.tables import relations_table as relations_table
    from .processing.tables import tables as tables
    from .processing.visualize import visualize as visualize
    from .terminology import build_terminology as build_terminology

try:
    __version__ = version("spacy-clinrel")
except PackageNotFoundError:  # a checkout on the path that is not installed
    __version__ = "0.0.0"

# Makes `from spacy_clinrel.displacy import to_html` work, as `os` does for `os.path`.
sys.modules[f"{__name__}.displacy"] = displacy

# Maps each function of the public API to its module.
_API: Dict[str, str] = {
    "agreement": ".evaluation.agreement",
    "apply": ".processing",
    "bootstrap": ".active_learning.bootstrap",
    "build_terminology": ".terminology",
    "calibrate": ".evaluation.calibrate",
    "convert": ".data.convert",
    "debug": ".data.check",
    "distil": ".active_learning.distil",
    "evaluate": ".evaluation.evaluate",
    "export": ".exporters",
    "export_encoder": ".pretraining.export_encoder",
    "init_config": ".config",
    "init_vectors": ".pretraining.vectors",
    "make_encoder": ".pretraining.make_encoder",
    "mentions_table": ".processing.tables",
    "model_card": ".evaluation.model_card",
    "raw_text": ".pretraining.raw_text",
    "read_corpus": ".data.corpus",
    "read_review": ".active_learning.review",
    "relations_table": ".processing.tables",
    "review": ".active_learning.review",
    "split": ".data.splits",
    "tables": ".processing.tables",
    "visualize": ".processing.visualize",
    "write_corpus": ".data.corpus",
}

__all__ = [
    "Relation",
    "__version__",
    "agreement",
    "apply",
    "bootstrap",
    "build_terminology",
    "calibrate",
    "concat_docs",
    "convert",
    "debug",
    "displacy",
    "distil",
    "evaluate",
    "export",
    "export_encoder",
    "init_config",
    "init_vectors",
    "make_encoder",
    "mentions_table",
    "model_card",
    "raw_text",
    "read_corpus",
    "read_review",
    "relations_table",
    "review",
    "split",
    "tables",
    "visualize",
    "write_corpus",
]


def __getattr__(name: str) -> Any:
    if name in _API:
        return getattr(importlib.import_module(_API[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
