"""Corpus files: finding the files of a format, reading them as Docs, rendering Docs as contents."""

import re
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Set

from spacy.language import Language
from spacy.tokens import Doc

from ...errors import Errors
from ...tokens import get_doc_id
from .build import build_doc, doc_to_record
from .options import ReadOptions
from .reading import read_records
from .registry import Converter, get_writer
from .report import ATTRIBUTE_LOST, BROKEN_LINE, Report
from .select import Change

# File names are limited to 255 bytes on most systems; this leaves room for a suffix.
MAX_NAME_BYTES = 200
SCORE_LOST = "score of a relation not kept"


def find_files(src: Path, converter: Converter) -> List[Path]:
    """Find the files of a format.

    src (Path): A file or a folder. A folder is searched with its subfolders, without hidden files
        and folders.
    converter (Converter): The format.
    RETURNS (List[Path]): The files, sorted by path. If a format has several files per document,
        only the main files.
    RAISES (ValueError): If `src` is missing or contains no files of the format.
    """
    main_file = converter.main_file or (lambda path: path)
    if src.is_file():
        return [main_file(src)]
    if not src.is_dir():
        raise ValueError(Errors.F001.format(path=src))
    found = {
        main_file(path)
        for path in src.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(src).parts)
        and any(fnmatchcase(path.name, pattern) for pattern in converter.patterns)
        and not any(fnmatchcase(path.name.lower(), pattern) for pattern in converter.exclude)
    }
    if not found:
        expected = f"{' or '.join(converter.patterns)} ({converter.description})"
        raise ValueError(Errors.F002.format(path=src, expected=expected))
    return sorted(found, key=lambda path: path.parts)


def read_docs(
    nlp: Language,
    converter: Converter,
    files: Iterable[Path],
    report: Report,
    options: ReadOptions = ReadOptions(),  # noqa: B008 - it is immutable
    *,
    names: Optional[Mapping[Path, str]] = None,
    change: Optional[Change] = None,
) -> Iterator[Doc]:
    """Read files of a format as Docs.

    nlp (Language): Pipeline whose tokenizer is used.
    converter (Converter): The format.
    files (Iterable[Path]): The files.
    report (Report): Receives counts, losses and repairs.
    options (ReadOptions): How the files are read.
    names (Optional[Mapping[Path, str]]): Name of each file, for document ids, as in `read_records`.
    change (Optional[Change]): Function from `select` that changes records or leaves them out.
    YIELDS (Doc): The documents.
    """
    for source, record in read_records(converter, files, report, options, names):
        selected = record if change is None else change(record, report)
        if selected is None:
            continue
        try:
            doc = build_doc(nlp, selected, source, report, options.align)
        except ValueError as error:  # too long for spaCy, or lone surrogates
            report.lose(BROKEN_LINE, source, record.line, str(error))
        else:
            yield doc


def render_files(
    converter: Converter, docs: Iterable[Doc], report: Report, corpus_name: str = "corpus"
) -> Dict[str, str]:
    """Convert Docs to file contents. Nothing is written to disk.

    Formats without `join` get one file per document, named by `file_names`.

    converter (Converter): The format.
    docs (Iterable[Doc]): The documents.
    report (Report): Receives counts, losses and repairs.
    corpus_name (str): File name, without suffix, for formats with `join`, which write all documents
        to one file.
    RETURNS (Dict[str, str]): Contents by file name.
    RAISES (ValueError): If the format can only be read.
    """
    write, join = get_writer(converter), converter.join
    contents: Dict[str, str] = {}
    by_suffix: Dict[str, List[str]] = defaultdict(list)
    docs = list(docs)
    for name, doc in zip(file_names(docs), docs):
        record = doc_to_record(doc, name, report)
        if not converter.keeps_scores:
            report.lose(SCORE_LOST, count=sum(link.score < 1 for link in record.relations))
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
