"""Entities and relations in clinical notes, as a spaCy plugin.

The commands of `python -m spacy clinrel` are functions of the same names here. They are imported
when they are first used, so that `import spacy_clinrel` stays fast.
"""

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Dict, List

from .tokens import Relation, concat_docs

if TYPE_CHECKING:
    from . import viewer as displacy

try:
    __version__ = version("spacy-clinrel")
except PackageNotFoundError:  # a checkout that is on the path but not installed
    __version__ = "0.0.0"

# The module that each function of the public API is in.
_API: Dict[str, str] = {}

__all__ = ["Relation", "__version__", "concat_docs", "displacy"]


def __getattr__(name: str) -> Any:
    if name == "displacy":
        return importlib.import_module(".viewer", __name__)
    if name in _API:
        return getattr(importlib.import_module(_API[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted({*globals(), *__all__})
