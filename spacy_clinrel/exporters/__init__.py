"""Export of mentions and relations as a graph: tables, GraphML, Cypher and RDF.

from spacy_clinrel import export
export(docs, "notes.graphml")
export("corpus/dev.spacy", "tables", "csv", merge=True)

Documents become two Arrow tables: mentions and relations or, with `merge`, nodes and edges (see
`schema.py`). All formats are written from these tables.
"""

from .formats import FORMATS, guess_format, output_files
from .graph import export
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
    "export",
    "guess_format",
    "output_files",
]
