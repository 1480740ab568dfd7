"""Corpus formats: conversion of files to records with character offsets, and of records to Docs.

A converter handles one file format and no tokens: `read` yields the records of one file, `write`
(optional) returns the contents of the files of one record. All formats share the rest: finding
files, aligning offsets with tokens, building Docs, reporting losses, writing to disk.

A format is one module with a `Converter`, one entry point in the group `spacy_clinrel_converters`
and one test. Such a module needs only the names below.
"""

from .build import build_doc, doc_to_record
from .fields import METADATA, check_fields, first_id, get_field, get_id, get_label, get_score
from .files import file_names, find_files, read_docs, render_files
from .guess import guess_formats
from .json_files import join_json, load_json, read_json
from .offset_units import BOM
from .offsets import from_utf16, matches_text, to_utf16
from .options import ReadOptions
from .reading import document_names, read_records
from .record import Link, Mention, Record
from .registry import Converter, converters, get_converter, get_writer
from .report import BROKEN_FILE, BROKEN_LINE, LOST_WITH_MENTION, Report
from .select import Change, Selection, select
from .text import join_lines, read_lines, read_pair, read_text

__all__ = [
    "BOM",
    "BROKEN_FILE",
    "BROKEN_LINE",
    "LOST_WITH_MENTION",
    "METADATA",
    "Change",
    "Converter",
    "Link",
    "Mention",
    "ReadOptions",
    "Record",
    "Report",
    "Selection",
    "build_doc",
    "check_fields",
    "converters",
    "doc_to_record",
    "document_names",
    "file_names",
    "find_files",
    "first_id",
    "from_utf16",
    "get_converter",
    "get_field",
    "get_id",
    "get_label",
    "get_score",
    "get_writer",
    "guess_formats",
    "join_json",
    "join_lines",
    "load_json",
    "matches_text",
    "read_docs",
    "read_json",
    "read_lines",
    "read_pair",
    "read_records",
    "read_text",
    "render_files",
    "select",
    "to_utf16",
]
