"""Corpus files: finding the files of a format, reading them as Docs, rendering Docs as contents."""

import re
from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Set

from spacy.language import Language
from spacy.tokens import Doc

from ...errors import Errors
from ...files import (
    LeftOut,
    check_source,
    existing_path,
    has_surrogates,
    other_type,
    show_path,
    skip_hidden,
    walk_files,
)
from ...files.walk import UNREADABLE
from ...tokens import get_doc_id
from ...types import LabelNames
from .build import build_doc, doc_to_record
from .names import unknown_names
from .options import ReadOptions
from .reading import read_records
from .record import Record
from .registry import Converter, get_writer
from .report import ATTRIBUTE_LOST, ATTRIBUTE_SCORE_LOST, BROKEN_LINE, Report
from .select import Change

# File names are limited to 255 bytes on most systems; this leaves room for a suffix.
MAX_NAME_BYTES = 200
EXCLUDED = "file that is not part of a corpus, e.g. a readme"
SCORE_LOST = "score of a relation not kept"


def find_files(src: Path, converter: Converter, report: Optional[Report] = None) -> List[Path]:
    """Find the files of a format.

    src (Path): A file or a folder. A folder is searched with its subfolders and linked folders,
        without hidden files and folders. Upper and lower case of file names are not distinguished.
    converter (Converter): The format.
    report (Optional[Report]): Receives the files and folders that are left out.
    RETURNS (List[Path]): The files, sorted by path. If a format has several files per document,
        only the main files.
    RAISES (ValueError): If `src` is missing or contains no files of the format.
    """
    check_source(src)
    main_file = converter.main_file or (lambda path: path)
    if src.is_file():
        return [existing_path(main_file(src))]
    left_out = LeftOut()
    check = partial(_check_name, converter=converter)
    walk = walk_files(src, left_out, check_file=check)
    found = {existing_path(main_file(path)) for path, _ in walk}
    if report is not None:
        _report_left_out(left_out, report)
    if not found:
        expected = f"{' or '.join(converter.patterns)} ({converter.description})"
        if left_out.counts:
            expected = f"{expected}. Left out: {left_out.summary()}"
        raise ValueError(Errors.F002.format(path=show_path(src), expected=expected))
    return sorted(found, key=lambda path: path.parts)


def _check_name(relative: str, converter: Converter) -> Optional[str]:
    """Return why a file is not one of the files of a format; None if it is."""
    hidden = skip_hidden(relative)
    name = PurePosixPath(relative).name.lower()
    if hidden or not any(fnmatchcase(name, pattern.lower()) for pattern in converter.patterns):
        return hidden or other_type(name)
    is_excluded = any(fnmatchcase(name, pattern) for pattern in converter.exclude)
    return EXCLUDED if is_excluded else None


def _report_left_out(left_out: LeftOut, report: Report) -> None:
    """Report files and folders that a search left out. Those that cannot be read are losses."""
    for path, reason, detail in left_out.named:
        if reason == UNREADABLE:
            report.lose(UNREADABLE, path, None, detail)
        else:
            report.leave_out(reason, path)
    for reason, count in left_out.counts.items():
        report.left_out[reason] += count - sum(file.reason == reason for file in left_out.named)
    report.left_out = +report.left_out  # without zeros


def read_docs(
    nlp: Language,
    converter: Converter,
    files: Iterable[Path],
    report: Report,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
    *,
    names: Optional[Mapping[Path, str]] = None,
    change: Optional[Change] = None,
    known: Optional[LabelNames] = None,
) -> Iterator[Doc]:
    """Read files of a format as Docs.

    nlp (Language): Pipeline whose tokenizer is used.
    converter (Converter): The format.
    files (Iterable[Path]): The files.
    report (Report): Receives counts, losses and repairs.
    options (ReadOptions): How the files are read.
    names (Optional[Mapping[Path, str]]): Name of each file, for document ids, as in `read_records`.
    change (Optional[Change]): Function from `select` that changes records or leaves them out.
    known (Optional[LabelNames]): Types, labels and attributes of a pipeline. Others are reported as
        doubtful. None checks no names.
    YIELDS (Doc): The documents.
    """
    options = replace(options, lang=nlp.lang or "")
    for source, record in read_records(converter, files, report, options, names):
        selected = record if change is None else change(record, report)
        if selected is None:
            continue
        try:
            _check_strings(selected)
            if len(selected.text) > nlp.max_length:
                # spaCy's tokenizer for Chinese takes quadratic time, so the limit is kept.
                raise ValueError(Errors.F100.format(n=len(selected.text), most=nlp.max_length))
            doc = build_doc(nlp, selected, source, report, options)
        except ValueError as error:  # e.g. a text that spaCy cannot store
            report.lose(BROKEN_LINE, source, record.line, str(error))
        else:
            if known is not None:
                for name in unknown_names(selected, source, known, options.attributes):
                    name.warn(report, selected.doc_id)
            yield doc


def _check_strings(record: Record) -> None:
    """Raise an error if a value of a record is not a string, or has lone surrogates, which .spacy
    files cannot store."""
    values = [("The document id", record.doc_id), ("The text", record.text)]
    values += [("The type of a mention", mention.type) for mention in record.mentions]
    values += [("The label of a relation", link.label) for link in record.relations]
    values += [
        ("The recorded text of a mention", mention.text)
        for mention in record.mentions
        if mention.text is not None
    ]
    values += [
        ("An attribute of a mention", name)
        for mention in record.mentions
        for name in mention.attributes
    ]
    for what, value in values:
        if not isinstance(value, str):
            raise ValueError(Errors.F082.format(what=what, type=type(value).__name__))
        if has_surrogates(value):
            raise ValueError(Errors.F081.format(what=what))


def render_files(
    converter: Converter,
    docs: Iterable[Doc],
    report: Report,
    corpus_name: str = "corpus",
    model: str = "",
    attributes: Mapping[str, str] = MappingProxyType({}),
) -> Dict[str, str]:
    """Convert Docs to file contents. Nothing is written to disk.

    Formats without `join` get one file per document, named by `file_names`.

    converter (Converter): The format.
    docs (Iterable[Doc]): The documents.
    report (Report): Receives counts, losses and repairs.
    corpus_name (str): File name, without suffix, for formats with `join`, which write all documents
        to one file.
    model (str): Name and version of the pipeline that predicted the annotations, if known.
    attributes (Mapping[str, str]): Assertion attributes by their name in the files, e.g.
        {"Negation": "negated"}. Others are written with a capital letter.
    RETURNS (Dict[str, str]): Contents by file name.
    RAISES (ValueError): If the format can only be read.
    """
    write, join = get_writer(converter), converter.join
    contents: Dict[str, str] = {}
    by_suffix: Dict[str, List[str]] = defaultdict(list)
    docs = list(docs)
    for name, doc in zip(file_names(docs), docs):
        record = doc_to_record(doc, name, report, attributes)
        record.model = model
        if not converter.keeps_scores:
            report.lose(SCORE_LOST, count=sum(link.score < 1 for link in record.relations))
            if converter.keeps_attributes:
                lost = [score < 1 for m in record.mentions for score in m.attribute_scores]
                report.lose(ATTRIBUTE_SCORE_LOST, count=sum(lost))
        if not converter.keeps_attributes:
            report.lose(ATTRIBUTE_LOST, count=sum(len(m.attributes) for m in record.mentions))
        for suffix, content in write(record, report).items():
            contents[name + suffix] = content
            by_suffix[suffix].append(content)
    if join is None:
        return contents
    return {corpus_name + suffix: join(suffix, parts) for suffix, parts in by_suffix.items()}


def file_names(docs: Iterable[Doc]) -> Iterator[str]:
    """Yield a file name, without suffix, for each document.

    docs (Iterable[Doc]): The documents.
    YIELDS (str): The document id as a safe file name, or the number of the document if it has no
        id. Repeated names get a number appended.
    """
    used: Set[str] = set()
    for number, doc in enumerate(docs, start=1):
        yield _unique_name(safe_name(get_doc_id(doc) or "") or str(number), used)


def safe_name(doc_id: str) -> str:
    """Turn a document id into a file name that cannot leave its folder.

    doc_id (str): Any string.
    RETURNS (str): The name, without separators, control characters and characters that some systems
        forbid. Names that readers would skip as a readme get a leading underscore. Empty if no
        character is left.
    """
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]', "_", doc_id).strip(" .")
    name = f"_{name}" if name.lower().startswith("readme") else name
    return name.encode("utf-8", "ignore")[:MAX_NAME_BYTES].decode("utf-8", "ignore")


def _unique_name(name: str, used: Set[str]) -> str:
    # Some file systems ignore case.
    candidate, count = name, 1
    while candidate.casefold() in used:
        count += 1
        candidate = f"{name}-{count}"
    used.add(candidate.casefold())
    return candidate
