"""Mentions and relations as a graph, for tables, graph databases and RDF stores.

from spacy_clinrel.exporters import export_graph
export_graph(docs, Path("notes.graphml"), "graphml")

Documents become two Arrow tables, mentions and relations, or nodes and edges where mentions of the
same normal form are merged (`schema.py`); each format is written from these.
"""

from .export import export_graph
from .formats import FORMATS, guess_format, output_files
from .norms import NORMAL_FORMS
from .schema import MERGED, PLAIN, Column, Layout, Table

__all__ = [
    "FORMATS",
    "MERGED",
    "NORMAL_FORMS",
    "PLAIN",
    "Column",
    "Layout",
    "Table",
    "export_graph",
    "guess_format",
    "output_files",
]
