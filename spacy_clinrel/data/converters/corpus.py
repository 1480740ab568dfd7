"""Whole corpora: finding a format's files, reading them as Docs, writing them."""

import re
from collections import defaultdict
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Optional, Set

from spacy.language import Language
from spacy.tokens import Doc

from ...errors import Errors
from ...tokens import get_doc_id
from .build import build_doc, doc_to_record
from .registry import Converter, Join, Writer
from .report import BROKEN_LINE, Report

# Names of files are at most 255 bytes almost everywhere; this leaves room for a suffix.
MAX_NAME_BYTES = 200
SCORE_LOST = "score of a relation not kept"


def find_files(src: Path, converter: Converter) -> List[Path]:
    """The files to read, in an order that is the same everywhere.

    src (Path): A file, or a folder, which is searched with its subfolders. Hidden files and
        folders are left out.
    converter (Converter): The format.
    RETURNS (List[Path]): Sorted by path, one for each document where it takes several.
    RAISES (ValueError): If there is no such file or folder, or nothing of this format in it.
    """
    if src.is_file():
        return [converter.main(src) if converter.main else src]
    if not src.is_dir():
        raise ValueError(Errors.F001.format(path=src))
    found = {
        converter.main(path) if converter.main else path
        for path in src.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(src).parts)
        and any(fnmatchcase(path.name, pattern) for pattern in converter.files)
        and not any(fnmatchcase(path.name.lower(), pattern) for pattern in converter.skip)
    }
    if not found:
        expected = f"{' or '.join(converter.files)} ({converter.about})"
        raise ValueError(Errors.F002.format(path=src, expected=expected))
    return sorted(found, key=lambda path: path.parts)


def read_docs(
    nlp: Language, converter: Converter, files: Iterable[Path], report: Report
) -> Iterator[Doc]:
    """Read files as Docs, one after the other.

    nlp (Language): Its tokenizer is used.
    converter (Converter): The format.
    files (Iterable[Path]): The files.
    report (Report): Takes counts, losses and repairs.
    YIELDS (Doc): The documents.
    """
    for path in files:
        for record in converter.read(path, report):
            source = record.source or path
            try:
                doc = build_doc(nlp, record, source, report)
            except ValueError as error:  # too long for spaCy, or no Unicode text
                report.lose(BROKEN_LINE, source, record.line, str(error))
            else:
                yield doc


def write_files(
    write: Writer,
    docs: Iterable[Doc],
    report: Report,
    join: Optional[Join] = None,
    corpus: str = "corpus",
    scores: bool = False,
) -> Dict[str, str]:
    """Make the files of Docs in a format, without touching the disk.

    write (Writer): The writer of the format.
    docs (Iterable[Doc]): The documents.
    report (Report): Takes counts, losses and repairs.
    join (Optional[Join]): What makes one file of all documents, where the format has it so.
    corpus (str): The name of that file, without its suffix.
    scores (bool): Whether the format holds the scores of relations; else those below 1 are counted
        as lost.
    RETURNS (Dict[str, str]): Contents by file name. Documents, and the files of each, are named as
        `file_names` says.
    """
    contents: Dict[str, str] = {}
    parts: Dict[str, List[str]] = defaultdict(list)
    docs = list(docs)
    for name, doc in zip(file_names(docs), docs):
        record = doc_to_record(doc, name, report)
        if not scores:
            report.lose(SCORE_LOST, count=sum(link.score < 1 for link in record.relations))
        for suffix, content in write(record, report).items():
            contents[name + suffix] = content
            parts[suffix].append(content)
    return (
        {corpus + suffix: join(suffix, part) for suffix, part in parts.items()}
        if join
        else contents
    )


def file_names(docs: Iterable[Doc]) -> Iterator[str]:
    """The names of documents in the files of a format.

    docs (Iterable[Doc]): The documents.
    YIELDS (str): Each one's id as a file name, or its number if it has none; a second document of
        the same name gets a number behind it.
    """
    used: Set[str] = set()
    for number, doc in enumerate(docs, start=1):
        yield _unique(safe_name(get_doc_id(doc) or "") or str(number), used)


def safe_name(doc_id: str) -> str:
    """A file name that stays in its folder, from any string.

    doc_id (str): The string.
    RETURNS (str): Without separators, control characters and what some systems do not allow, and
        with a line before it if readers would take it for a note about the corpus; empty if nothing
        is left.
    """
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f\x7f]', "_", doc_id).strip(" .")
    name = f"_{name}" if name.lower().startswith("readme") else name
    return name.encode("utf-8", "ignore")[:MAX_NAME_BYTES].decode("utf-8", "ignore")


def _unique(name: str, used: Set[str]) -> str:
    # Some systems do not tell upper from lower case.
    candidate, count = name, 1
    while candidate.casefold() in used:
        count += 1
        candidate = f"{name}-{count}"
    used.add(candidate.casefold())
    return candidate
