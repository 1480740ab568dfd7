"""Corpus formats, to and from Docs.

A converter knows one format and nothing of tokens: `read` yields plain records of one file,
`write` (optional) gives back the contents of the files of one record. Finding files, aligning
offsets, building Docs, naming losses and writing to disk are common to all.

To add a format: a file here with a `Converter`, a line in setup.cfg under
`spacy_clinrel_converters`, a test.
"""

from .build import build_doc, doc_to_record
from .corpus import file_names, find_files, read_docs, write_files
from .record import Link, Mention, Record
from .registry import Converter, converters, get_converter, get_writer
from .report import Report
from .select import Selection, select

__all__ = [
    "Converter",
    "Link",
    "Mention",
    "Record",
    "Report",
    "Selection",
    "build_doc",
    "converters",
    "doc_to_record",
    "file_names",
    "find_files",
    "get_converter",
    "get_writer",
    "read_docs",
    "select",
    "write_files",
]
