"""Terminologies: the user's table of codes and names, and the search in it."""

from .build import build_terminology
from .columns import Columns
from .concepts import Concept
from .forms import term_form
from .report import TerminologyReport
from .storage import from_files, load_terminology, read_files, to_files, write_files
from .table import SEPARATORS
from .terminology import Terminology

__all__ = [
    "SEPARATORS",
    "Columns",
    "Concept",
    "Terminology",
    "TerminologyReport",
    "build_terminology",
    "from_files",
    "load_terminology",
    "read_files",
    "term_form",
    "to_files",
    "write_files",
]
