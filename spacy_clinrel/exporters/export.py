"""Exporting documents: from Docs to rows, merged or not, to files."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Optional

from spacy.tokens import Doc

from ..files import replacing
from ..tokens import get_doc_id
from .formats import get_format, guess_format, output_files
from .merge import merge as merge_rows
from .norms import NormalForm, get_normal_form
from .rows import doc_rows
from .schema import MERGED, PLAIN, Export, Layout, Rows, to_batches


def export_graph(
    docs: Iterable[Doc],
    out: Path,
    format: Optional[str] = None,
    *,
    merge: bool = False,
    norm: str = "fold",
    prefix: str = "",
) -> Dict[str, Any]:
    """Write the mentions and relations of documents as a graph.

    Documents are taken one by one. The whole graph is held where mentions are merged, and for
    GraphML and RDF, whose libraries want it so.

    docs (Iterable[Doc]): The documents.
    out (Path): The file to write, or the folder for csv, jsonl and parquet. Files are there as a
        whole or not at all.
    format (Optional[str]): Name of the format; None to tell it from the name of the file.
    merge (bool): Whether mentions of the same normal form and type become one node. Off, as it
        states that they mean the same, and leaves their places behind.
    norm (str): The normal form, see `get_normal_form`.
    prefix (str): Put before each id, so that several exports can go into one database.
    RETURNS (Dict[str, Any]): What was asked for, counts, documents that could not be exported under
        "messages", and how many characters the format could not hold under "replaced".
    RAISES (ValueError): If the format or normal form is not known, or the file can't be written.
    RAISES (ImportError): If a library is not installed.
    """
    name = guess_format(out) if format is None else format
    layout = MERGED if merge else PLAIN
    paths = output_files(name, out, layout)
    entry = get_format(name)
    normal_form = get_normal_form(norm)
    report: Dict[str, Any] = {
        "format": name,
        "merge": merge,
        "norm": norm,
        "prefix": prefix,
        "files": [str(path) for path in paths],
        "documents": 0,
        **{table.name: 0 for table in (*PLAIN, *(MERGED if merge else ()))},
        "messages": [],
    }
    stream = _counted(_rows(docs, normal_form, prefix, report), PLAIN, report)
    stream = _counted(merge_rows(stream, prefix), MERGED, report) if merge else stream
    with ExitStack() as drafts:
        # No file takes its place before all are written.
        targets = [drafts.enter_context(replacing(path)) for path in paths]
        export = Export(layout, to_batches(layout, stream), targets, prefix)
        report["replaced"] = entry.write(export)
    return report


def _rows(
    docs: Iterable[Doc], normal_form: NormalForm, prefix: str, report: Dict[str, Any]
) -> Iterator[Rows]:
    """Of each document; one whose relations are broken is named, and left out."""
    for number, doc in enumerate(docs, start=1):
        try:
            rows = doc_rows(doc, number, normal_form, prefix)
        except ValueError as error:
            place = f"Document {number} ({get_doc_id(doc) or 'without an id'})"
            report["messages"].append(f"{place}: {error}")
        else:
            report["documents"] += 1
            yield rows


def _counted(stream: Iterable[Rows], layout: Layout, report: Dict[str, Any]) -> Iterator[Rows]:
    for rows in stream:
        for table, some in zip(layout, rows):
            report[table.name] += len(some)
        yield rows
