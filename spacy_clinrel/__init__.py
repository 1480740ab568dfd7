"""Entities and relations in clinical notes, as a spaCy plugin."""

from importlib.metadata import PackageNotFoundError, version

from .tokens import Relation, concat_docs

try:
    __version__ = version("spacy-clinrel")
except PackageNotFoundError:  # a checkout that was put on the path, not installed
    __version__ = "0.0.0"

__all__ = ["Relation", "__version__", "concat_docs"]
