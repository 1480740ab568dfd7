"""Reading of annotated documents from .spacy files and the output of `apply`, and of documents
without annotation from files of texts."""

import glob
import json
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..errors import Errors, Warnings
from ..files import (
    LeftOut,
    check_source,
    is_hidden,
    show_path,
    skip_hidden,
    spacy_files,
    stream_docbin,
    walk_files,
)
from ..tokens import get_doc_id, set_doc_id
from ..tokens.tokenizer import blank_pipeline
from .annotated import read_rows
from .columns import TEXT, TextOptions
from .inputs import HIDDEN_FIRST, MANIFEST, InputFile
from .rows import DAMAGE, Row, row_to_doc, tokenize
from .texts import EncodingDoubts, InputDocument, read_documents

SPACY = ".spacy"
# Formats of the output of `apply` whose rows are documents.
ROW_SUFFIXES = (".parquet", ".jsonl")
# Formats with annotation. Of a folder, the files of the first format that it has are read.
ANNOTATED = (SPACY, *ROW_SUFFIXES)
# Formats without annotation.
RAW = (".txt", ".csv")
# Names of the shards of `apply`.
SHARD_NAME = re.compile(r"part-\d{6,}\.[a-z]+")
# Maximum number of messages that a warning quotes.
MAX_EXAMPLES = 3

DEFAULT_TEXTS = TextOptions()

OnProblem = Callable[[str], Any]


class Problems:
    """Documents and files that could not be read.

    source (str): What is read, for the warning.
    messages (List[str]): A message for each problem, with file and row.
    """

    def __init__(self, source: str):
        self.source = source
        self.messages: List[str] = []

    def add(self, message: str) -> None:
        """Add a message.

        message (str): The message.
        """
        self.messages.append(message)

    def warn(self) -> None:
        """Issue a warning if there are problems."""
        if self.messages:
            examples = "\n".join(self.messages[:MAX_EXAMPLES])
            text = Warnings.W100.format(path=self.source, n=len(self.messages), examples=examples)
            warnings.warn(text, stacklevel=3)


def document_files(
    sources: Iterable[Path], *, raw: bool = False, left_out: Optional[LeftOut] = None
) -> List[Path]:
    """List the files with documents, without duplicates and in a fixed order.

    Of a folder, which is searched with its subfolders and linked folders, the files of the first
    format that it has are read: .spacy, .parquet, .jsonl. In folders and patterns, .parquet and
    .jsonl files whose names begin with . or _ are left out, e.g. the quarantine of `apply`.

    sources (Iterable[Path]): Files, folders or patterns, e.g. "annotated/*.parquet".
    raw (bool): Whether to list files without annotation as well: .txt and .csv. Of a folder
        without annotated files, all .txt and .csv files are read.
    left_out (Optional[LeftOut]): Receives files and folders that are left out.
    RETURNS (List[Path]): The files.
    RAISES (ValueError): If a source is missing, has no such files, or is a file in another format.
    """
    unique: Dict[Path, Path] = {}
    for source in sources:
        for path in _find(source, raw, LeftOut() if left_out is None else left_out):
            unique.setdefault(path.resolve(), path)
    return list(unique.values())


def _find(source: Path, raw: bool, left_out: LeftOut) -> Sequence[Path]:
    known = (*ANNOTATED, *RAW) if raw else ANNOTATED
    if not source.exists() and glob.has_magic(str(source)):
        paths = sorted(Path(name) for name in glob.glob(str(source), recursive=True))
        found = [
            path
            for path in paths
            if path.is_file()
            and path.suffix.lower() in known
            and not is_hidden(path.name, HIDDEN_FIRST)
        ]
        if not found:
            raise ValueError(Errors.F002.format(path=show_path(source), expected=", ".join(known)))
        return found
    check_source(source)
    if source.is_dir():
        return _search(source, raw, left_out)
    if source.suffix.lower() not in known:
        text = Errors.F191 if source.suffix.lower() in RAW else Errors.F190
        raise ValueError(text.format(path=show_path(source), known=", ".join(known)))
    return [source]


def _search(folder: Path, raw: bool, left_out: LeftOut) -> Sequence[Path]:
    """Return the files of the first format that a folder has."""
    for suffixes in (*((suffix,) for suffix in ANNOTATED), *([RAW] if raw else [])):
        if suffixes == (SPACY,):
            first = walk_files(folder, check_file=partial(_check_file, suffixes=suffixes))
            if next(first, None) is not None:
                return spacy_files([folder])
            continue
        check = partial(_check_file, suffixes=suffixes)
        paths = [file.path for file in walk_files(folder, left_out, check_file=check)]
        if paths:
            left_out.warn(folder)
            return paths
    expected = ", ".join(f"*{suffix}" for suffix in (*ANNOTATED, *(RAW if raw else ())))
    raise ValueError(Errors.F002.format(path=show_path(folder), expected=expected))


def _check_file(relative: str, suffixes: Sequence[str]) -> Optional[str]:
    """Return why a file is left out; None if it is not. Other formats are not reported."""
    if not relative.lower().endswith(tuple(suffixes)):
        return ""
    if suffixes == (SPACY,):
        return skip_hidden(relative)
    return "" if is_hidden(relative, HIDDEN_FIRST) else None


def is_annotated(path: Path) -> bool:
    """Return whether a file or folder has documents in a format of this package, and not in the
    format of another tool: a .spacy file, or the output of `apply`. A folder of .spacy files may
    also contain files of other tools, so it does not count.

    path (Path): The file or folder.
    RETURNS (bool): Whether it can be read without the name of a format.
    """
    if path.is_dir():
        return (path / MANIFEST).exists()
    return path.suffix.lower() in (SPACY, ".parquet") or bool(SHARD_NAME.fullmatch(path.name))


def group_shards(paths: Iterable[Path]) -> Dict[Path, List[Path]]:
    """Group files by what a user regards as one file: the shards of an output of `apply` belong
    together.

    paths (Iterable[Path]): The files.
    RETURNS (Dict[Path, List[Path]]): The files by the folder of the shards, or by the file itself.
    """
    groups: Dict[Path, List[Path]] = {}
    for path in paths:
        name = path.parent if SHARD_NAME.fullmatch(path.name) else path
        groups.setdefault(name, []).append(path)
    return groups


def stream_docs(
    sources: Iterable[Path],
    nlp: Optional[Language] = None,
    *,
    raw: bool = False,
    texts: TextOptions = DEFAULT_TEXTS,
    vocab: Optional[Vocab] = None,
    on_problem: Optional[OnProblem] = None,
    skip_files: bool = False,
) -> Iterator[Doc]:
    """Read documents one at a time, with entities, mentions, relations, assertion attributes,
    values, dosages, codes and sections as far as the files have them.

    A row that cannot be read is reported, and the others are read. At most 256 rows of a Parquet
    file are in memory at a time; a .spacy file is read as a whole.

    sources (Iterable[Path]): Files, folders or patterns of .spacy files, of .parquet and .jsonl
        files that `apply` wrote or, with `raw`, of texts.
    nlp (Optional[Language]): Pipeline whose tokenizer and vocabulary are used. None uses the
        tokenizer of the language of the pipeline that `apply` ran or, if that is unknown, of the
        language of the text: Chinese if it has Chinese characters, else English.
    raw (bool): Whether to accept documents without annotation: .txt and .csv files, and rows that
        have only a text.
    texts (TextOptions): How texts are read.
    vocab (Optional[Vocab]): Vocabulary of the documents if there is no `nlp`.
    on_problem (Optional[OnProblem]): Called with a message for each document or file that cannot be
        read. None issues a warning at the end.
    skip_files (bool): Whether to report a file that cannot be read, and to read the others.
    YIELDS (Doc): The documents; at least one.
    RAISES (ValueError): If a source is missing or has another format, a file cannot be read, or
        there is no document.
    RAISES (ImportError): If a Parquet file is read and pyarrow is not installed.
    """
    sources = list(sources)
    paths = document_files(sources, raw=raw)
    place = ", ".join(map(show_path, sources))
    problems = Problems(place)
    doubts = EncodingDoubts("" if nlp is None else nlp.lang or "")
    if vocab is None:
        vocab = Vocab() if nlp is None else nlp.vocab
    report = problems.add if on_problem is None else _both(problems.add, on_problem)
    reader = _Reader(_tokenizers(nlp), vocab, raw, texts, doubts, report)
    count = 0
    for path in paths:
        try:
            for doc in reader.read(path):
                count += 1
                yield doc
        except ValueError as error:
            if not skip_files or (len(paths) == 1 and not count):
                raise
            report(str(error))
    if not count:
        raise ValueError(_no_document(place, problems.messages))
    doubts.warn()
    if on_problem is None:
        problems.warn()


def _both(first: OnProblem, second: OnProblem) -> OnProblem:
    def call(message: str) -> None:
        first(message)
        second(message)

    return call


def _no_document(place: str, messages: Sequence[str]) -> str:
    if not messages:
        return Errors.F004.format(path=place)
    reason = f"{len(messages)} documents or files are damaged. First: {messages[0]}"
    return Errors.F008.format(path=place, reason=reason)


def _tokenizers(nlp: Optional[Language]) -> Callable[[Path, str], Language]:
    """Return a function that returns the pipeline that tokenizes a text of a file."""
    if nlp is not None:
        return lambda path, text: nlp
    blank = lru_cache(maxsize=None)(blank_pipeline)
    lang_of = lru_cache(maxsize=None)(_manifest_lang)
    return lambda path, text: blank(lang_of(path.parent) or text_lang(text))


def text_lang(text: str) -> str:
    """Return the language whose tokenizer a text gets if its language is not known.

    text (str): The text.
    RETURNS (str): "zh" if the text has Chinese characters, else "en".
    """
    return "zh" if any("\u3400" <= char <= "\u9fff" for char in text) else "en"


def _manifest_lang(folder: Path) -> Optional[str]:
    """Return the language of the pipeline that wrote a folder; None if it is unknown."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        lang = manifest["model"]["name"].partition("_")[0]
        blank_pipeline(lang)
    except (OSError, ImportError, *DAMAGE):
        return None
    return str(lang)


@dataclass(frozen=True)
class _Reader:
    """Reader of the documents of a file. For the fields, see `stream_docs`."""

    nlp_of: Callable[[Path, str], Language]
    vocab: Vocab
    raw: bool
    texts: TextOptions
    doubts: EncodingDoubts
    on_problem: OnProblem

    def read(self, path: Path) -> Iterator[Doc]:
        """Yield the documents of a file."""
        if path.suffix.lower() == SPACY:
            yield from self._read_docbin(path)
            return
        file = InputFile(path, path.name, path.stat().st_size, 0)
        rows: Iterator[Tuple[InputDocument, Optional[Row]]]
        if path.suffix.lower() in RAW:
            texts = read_documents(file, self.texts, self.doubts)
            rows = ((document, None) for document in texts)
        else:
            rows = read_rows(file, self.texts, self.doubts)
        for document, row in rows:
            try:
                yield self._to_doc(document, row, path)
            except ValueError as error:
                self.on_problem(f"{show_path(path.parent / document.source)}: {error}")

    def _read_docbin(self, path: Path) -> Iterator[Doc]:
        for number, doc in enumerate(stream_docbin(path, self.vocab), start=1):
            if self.raw and not get_doc_id(doc):
                set_doc_id(doc, f"{path.stem}-{number}")
            yield doc

    def _to_doc(self, document: InputDocument, row: Optional[Row], path: Path) -> Doc:
        if document.text is None:
            has_no_text = row is not None and TEXT not in row
            raise ValueError(Errors.F197 if has_no_text else document.error or Errors.P003)
        if row is None and not self.raw:
            raise ValueError(Errors.F195)
        text = document.text.decode("utf-8")
        if row is None and len(text) > self.texts.max_length:
            raise ValueError(Errors.F196.format(n=len(text), most=self.texts.max_length))
        nlp = self.nlp_of(path, text)
        if row is not None:
            return row_to_doc(row, text, nlp, self.vocab, document.doc_id)
        doc = tokenize(text, nlp, self.vocab)
        set_doc_id(doc, document.doc_id)
        return doc
