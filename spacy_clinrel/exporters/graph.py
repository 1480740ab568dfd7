"""Export of Docs to graph files, with or without merging of mentions."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Union

from spacy.tokens import Doc

from ..errors import Errors
from ..files import check_output, printable, replacing, write_json
from ..reading.documents import document_files, stream_docs
from ..tokens import get_doc_id
from .formats import get_format, guess_format, output_files
from .merge import merge_rows
from .norms import NormalForm, get_normal_form
from .rows import doc_rows
from .schema import MERGED, PLAIN, Export, Layout, Rows, to_batches


def export(
    source: Union[str, Path, Iterable[Doc]],
    out: Union[str, Path],
    format: Optional[str] = None,
    *,
    merge: bool = False,
    norm: str = "fold",
    prefix: str = "",
    report_path: Union[str, Path, None] = None,
    progress: Optional[Callable[[Iterable[Doc]], Iterable[Doc]]] = None,
) -> Dict[str, Any]:
    """Write the mentions and relations of documents as a graph.

    Documents are read one at a time. The whole graph is in memory only if mentions are merged or
    the format is GraphML or RDF.

    source (Union[str, Path, Iterable[Doc]]): Documents, a .spacy file, the output of `apply` (a
        folder, or a .parquet or .jsonl file), or a folder that is searched for such files.
    out (Union[str, Path]): The file to write, or the folder for csv, jsonl and parquet. If the
        export fails, no file is written or replaced.
    format (Optional[str]): Name of the format, a key of `FORMATS`. None to choose the format by the
        ending of `out`.
    merge (bool): Merge mentions with the same normal form, type and attributes into one node.
        Mentions with the same code (`span.kb_id_`) are merged whatever their normal form. Off by
        default, because merging assumes that such mentions mean the same, and drops their positions
        in the text.
    norm (str): The normal form, a key of `NORMAL_FORMS`.
    prefix (str): Prefix of all ids, so that several exports can be loaded into the same database.
    report_path (Union[str, Path, None]): Where to write the report as JSON.
    progress (Optional[Callable[[Iterable[Doc]], Iterable[Doc]]]): Function that wraps the iterable
        of documents to show progress, e.g. tqdm.
    RETURNS (Dict[str, Any]): The report: the options, the counts, "messages" about files,
        documents and scores that could not be exported, and "replaced", the number of characters
        replaced because the format cannot hold them.
    RAISES (ValueError): If no document can be read, the format or normal form is unknown, or the
        output cannot be written.
    RAISES (ImportError): If a library that the format needs is not installed.
    """
    out = Path(out)
    name = guess_format(out) if format is None else format
    targets = output_files(name, out, MERGED if merge else PLAIN)
    sources = document_files([Path(source)]) if isinstance(source, (str, Path)) else []
    for path in targets:
        check_output(path, *sources)
    messages: List[str] = []
    docs: Iterable[Doc] = (
        stream_docs(sources, on_problem=messages.append, skip_files=True)
        if isinstance(source, (str, Path))
        else source
    )
    if report_path is not None:
        check_output(Path(report_path), *sources, *targets)
    report = _write_graph(
        docs if progress is None else progress(docs),
        targets,
        {"format": name, "merge": merge, "norm": norm, "prefix": printable(prefix)},
    )
    report["messages"] = messages + report["messages"]
    if report_path is not None:
        write_json(Path(report_path), report)
    return report


def _write_graph(
    docs: Iterable[Doc], paths: Sequence[Path], options: Dict[str, Any]
) -> Dict[str, Any]:
    """Write the files of an export and return its report.

    docs (Iterable[Doc]): The documents.
    paths (Sequence[Path]): The files to write.
    options (Dict[str, Any]): "format", "merge", "norm" and "prefix", see `export`.
    RETURNS (Dict[str, Any]): The report.
    """
    layout = MERGED if options["merge"] else PLAIN
    prefix = options["prefix"]
    normal_form = get_normal_form(options["norm"])
    report: Dict[str, Any] = {
        **options,
        "files": [str(path) for path in paths],
        "documents": 0,
        **{table.name: 0 for table in (*PLAIN, *(MERGED if options["merge"] else ()))},
        "messages": [],
    }
    stream = _count(_make_rows(docs, normal_form, prefix, report), PLAIN, report)
    if options["merge"]:
        stream = _count(merge_rows(stream, prefix), MERGED, report)
    with ExitStack() as drafts:
        # Complete all files before the first one replaces an existing file.
        targets = [drafts.enter_context(replacing(path)) for path in paths]
        data = Export(layout, to_batches(layout, stream), targets, prefix)
        report["replaced"] = get_format(options["format"]).write(data)
    return report


def _make_rows(
    docs: Iterable[Doc], normal_form: NormalForm, prefix: str, report: Dict[str, Any]
) -> Iterator[Rows]:
    """Yield the rows of each document. Skip and report documents with broken relations."""
    for number, doc in enumerate(docs, start=1):
        try:
            rows = doc_rows(doc, number, normal_form, prefix)
        except ValueError as error:
            report["messages"].append(f"{_place(doc, number)}: {error}")
        else:
            report["documents"] += 1
            n_dropped = sum(row["score"] is None for row in rows[1])
            if n_dropped:
                message = Errors.G010.format(place=_place(doc, number), n=n_dropped)
                report["messages"].append(message)
            yield rows


def _place(doc: Doc, number: int) -> str:
    """Return the number and the id of a document, for messages."""
    return f"Document {number} ({printable(get_doc_id(doc) or 'without an id')})"


def _count(stream: Iterable[Rows], layout: Layout, report: Dict[str, Any]) -> Iterator[Rows]:
    """Yield the rows unchanged and add their number in each table to the report."""
    for rows in stream:
        for table, table_rows in zip(layout, rows):
            report[table.name] += len(table_rows)
        yield rows
