"""Reading of records: what is the same for all formats, between the files and the Docs."""

import hashlib
import os
from collections import Counter
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from ...errors import Errors
from ...files import printable_name, show_path
from .offset_units import parse_unit
from .offsets import fit_offsets
from .options import ReadOptions
from .record import Record
from .registry import Converter
from .report import BROKEN_FILE, Report

CONTRADICTION = "text occurs several times with different annotation"
REPEATED = "document occurs several times"
SAME_ID = "document id occurs several times with different texts"
CHOOSE = "Set --copies to first, last or all to choose which to keep"


def read_records(
    converter: Converter,
    files: Iterable[Path],
    report: Report,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
    names: Optional[Mapping[Path, str]] = None,
) -> Iterator[Tuple[Path, Record]]:
    """Read the records of files, with document ids, and without the copies to be left out.

    converter (Converter): The format.
    files (Iterable[Path]): The files.
    report (Report): Receives counts, losses and repairs.
    options (ReadOptions): How the files are read.
    names (Optional[Mapping[Path, str]]): Names for the ids of documents that have none, by file,
        from `document_names`. By default, they are computed from the files.
    YIELDS (Tuple[Path, Record]): The file with the annotations, for messages, and the record.
    """
    if names is None:
        files = list(files)
        names = document_names(converter, files)
    records = _named_records(converter, files, report, options, names)
    return _without_copies(records, report, options)


def document_names(
    converter: Converter, files: Sequence[Path], root: Optional[Path] = None
) -> Dict[Path, str]:
    """Return a name for each file, for the ids of its documents.

    converter (Converter): The format.
    files (Sequence[Path]): The files.
    root (Optional[Path]): The folder that was searched. By default, the common folder of the files.
    RETURNS (Dict[Path, str]): The file name without suffix. If several files have that name, the
        path in `root` without suffix.
    """

    def strip(name: str) -> str:
        suffix = converter.name_suffix
        stem = name.removesuffix(suffix) if suffix and name.endswith(suffix) else Path(name).stem
        return printable_name(stem)

    if root is None and files:
        root = Path(os.path.commonpath([path.parent for path in files]))
    stems = Counter(strip(path.name) for path in files)
    names: Dict[Path, str] = {}
    for path in files:
        stem = strip(path.name)
        if stems[stem] > 1 and root is not None and path.is_relative_to(root):
            folder = printable_name(path.relative_to(root).parent.as_posix())
            stem = stem if folder == "." else f"{folder}/{stem}"
        names[path] = stem
    return names


def _named_records(
    converter: Converter,
    files: Iterable[Path],
    report: Report,
    options: ReadOptions,
    names: Mapping[Path, str],
) -> Iterator[Tuple[Path, Record]]:
    usual = None if converter.offsets is None else parse_unit(converter.offsets)
    if usual is None and options.offsets is not None:
        raise ValueError(Errors.F111.format(description=converter.description))
    for path in files:
        before = len(report.messages), report.left_out.total()
        is_empty = True
        found = _guarded(converter.read(path, report, options), path, report)
        records = _complete(found, names.get(path) or printable_name(path.stem))
        if usual is not None:
            records = fit_offsets(
                records,
                usual,
                report,
                path,
                chosen=options.offsets,
                has_text_file=converter.has_text_file,
            )
        for record in records:
            if options.default_label is not None:
                record.relations = [
                    link if link.label else link._replace(label=options.default_label)
                    for link in record.relations
                ]
            is_empty = False
            yield record.source or path, record
        if is_empty and before == (len(report.messages), report.left_out.total()):
            report.leave_out("file without documents", path)


def _guarded(records: Iterator[Record], path: Path, report: Report) -> Iterator[Record]:
    """Yield the records of a file. If the reader fails, the rest of the file is lost, but not the
    corpus."""
    while True:
        try:
            record = next(records, None)
        except (ImportError, MemoryError):
            raise
        except Exception as error:  # parsers raise various types
            report.lose(BROKEN_FILE, path, None, f"{type(error).__name__}: {error}")
            return
        if record is None:
            return
        yield record


def _complete(records: Iterable[Record], name: str) -> Iterator[Record]:
    """Set the ids of records that have none."""
    for record in records:
        if not record.doc_id:
            record.doc_id = name if record.line is None else f"{name}-{record.line}"
        yield record


def _without_copies(
    records: Iterable[Tuple[Path, Record]], report: Report, options: ReadOptions
) -> Iterator[Tuple[Path, Record]]:
    """Keep the first or the last of several copies, or report copies that differ."""
    if options.copies == "all":
        yield from records
        return
    if options.copies == "last":
        kept = list(_first_copies(reversed(list(records)), report))
        yield from reversed(kept)
        return
    if options.copies == "first":
        yield from _first_copies(records, report)
        return
    ids: Dict[str, bytes] = {}
    texts: Dict[bytes, Tuple[bytes, str]] = {}
    for path, record in records:
        text, annotation = _digests(record)
        is_repeated = record.doc_id in ids
        if ids.setdefault(record.doc_id, text) != text:
            detail = f"{record.doc_id!r}. {CHOOSE}, or set --id-field"
            report.warn(SAME_ID, path, record.line, detail)
            is_repeated = False
        place = f"{record.doc_id!r} in {show_path(path)}"
        first, first_place = texts.setdefault(text, (annotation, place))
        if record.text.strip() and first != annotation:
            detail = f"{record.doc_id!r}, first {first_place}. {CHOOSE}"
            report.warn(CONTRADICTION, path, record.line, detail)
        elif is_repeated:
            detail = f"{record.doc_id!r}. {CHOOSE}"
            report.warn(REPEATED, path, record.line, detail)
        yield path, record


def _first_copies(
    records: Iterable[Tuple[Path, Record]], report: Report
) -> Iterator[Tuple[Path, Record]]:
    seen: Set[object] = set()
    for path, record in records:
        text = _digests(record)[0]
        if record.doc_id in seen or text in seen:
            report.left_out["copies of documents"] += 1
            continue
        seen |= {record.doc_id, text}
        yield path, record


def _digests(record: Record) -> Tuple[bytes, bytes]:
    """Return digests of the text and of the annotation of a record."""
    keys = {mention.id: mention[1:4] for mention in record.mentions}
    relations: List[str] = [
        f"{keys.get(link.head)} {keys.get(link.tail)} {link.label}" for link in record.relations
    ]
    mentions = [f"{keys[m.id]} {sorted(set(m.attributes))}" for m in record.mentions]
    annotation = "\n".join([*sorted(mentions), *sorted(relations)])
    text, marks = (
        hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        for value in (record.text, annotation)
    )
    return text, marks
