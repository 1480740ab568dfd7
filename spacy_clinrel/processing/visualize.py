"""Annotation of notes with a pipeline, visualized on an HTML page."""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import is_package

from ..errors import Errors
from ..files import (
    Encoding,
    EncodingError,
    FoundFile,
    LeftOut,
    check_encoding,
    check_output,
    check_source,
    decode_lines,
    decode_text,
    is_hidden,
    is_not_utf8,
    other_type,
    printable_name,
    read_encoded,
    replacing,
    show_path,
    skip_hidden,
    stream_docbin,
    walk_files,
)
from ..files.walk import BROKEN_LINK, HIDDEN, SPECIAL, UNREADABLE
from ..pipeline import loading
from ..reading.columns import TextOptions
from ..reading.documents import ANNOTATED, DEFAULT_TEXTS, SPACY, stream_docs
from ..reading.inputs import HIDDEN_FIRST, SUFFIXES, InputFile, warn_left_out
from ..reading.texts import EncodingDoubts, read_documents
from ..tokens import get_doc_id
from ..tokens.tokenizer import blank_pipeline
from ..viewer import render
from ..viewer.translations import TRANSLATIONS

# Formats of which a file has several notes.
ROW_SUFFIXES = (".csv", ".jsonl", ".parquet", SPACY)
STYLE = "relations"
BLANK = "text without characters"
BROKEN_LINE = "line that cannot be read"
BROKEN_ROW = "row or file that cannot be read"
LIMITED = "note after the limit"
TOO_LONG = "text longer than the maximum of the pipeline"
NOT_UTF8 = "file that is not UTF-8"
# Reasons to leave out a note that the user expects on the page.
FAULTS = (
    BROKEN_LINE,
    BROKEN_LINK,
    BROKEN_ROW,
    NOT_UTF8,
    SPECIAL,
    TOO_LONG,
    UNREADABLE,
)


def visualize(
    model: Union[str, Path, Language, None],
    source: Union[str, Path],
    out: Union[str, Path],
    *,
    limit: int = 0,
    split_lines: bool = False,
    style: str = STYLE,
    lang: Optional[str] = None,
    encoding: Optional[str] = None,
    options: Optional[Dict[str, Any]] = None,
    texts: TextOptions = DEFAULT_TEXTS,
    left_out: Optional[LeftOut] = None,
) -> List[Doc]:
    """Annotate notes with a pipeline and write an HTML page that shows them.

    model (Union[str, Path, Language, None]): A pipeline, or its package name or folder. None to
        show the annotation of the documents.
    source (Union[str, Path]): With a pipeline, a text file, a .csv, .jsonl, .parquet or .spacy file
        whose texts are annotated, or a folder of such files. Without a pipeline, a .spacy file, or
        the output of `apply`: a folder, or a .parquet or .jsonl file.
    out (Union[str, Path]): The .html file to write. An existing file is replaced only when the page
        is complete.
    limit (int): Maximum number of documents; 0 for all.
    split_lines (bool): Whether to read each line of a text file as a document.
    style (str): "relations", or a style of displaCy: "ent", "span" or "dep".
    lang (Optional[str]): Language of the user interface, "zh" or "en"; None for the language of
        the documents.
    encoding (Optional[str]): Encoding of text files, e.g. "gb18030". None detects UTF-8 and UTF-16
        for each file.
    options (Optional[Dict[str, Any]]): Options of the style, see `displacy.render`.
    texts (TextOptions): Names of the columns of .csv, .jsonl and .parquet files.
    left_out (Optional[LeftOut]): Receives the notes that are left out, also those after the limit.
        None issues warnings.
    RETURNS (List[Doc]): The documents on the page.
    RAISES (ValueError): If the pipeline or the input does not exist, the input contains no text, a
        style or option is unknown, or the page cannot be written.
    """
    source, out = Path(source), Path(out)
    check_source(source)
    check_encoding(encoding)
    if lang is not None and lang not in TRANSLATIONS:
        raise ValueError(Errors.V009.format(lang=lang, known=", ".join(TRANSLATIONS)))
    if out.is_dir():
        raise ValueError(Errors.V007.format(path=out))
    check_output(out, source)
    options = dict(options or {})
    if style == STYLE:
        options.setdefault("lang", lang)
    make_page = partial(render, style=style, page=True, jupyter=False, options=options)
    make_page([])  # report an unknown style or option before the pipeline runs
    if model is None:
        docs = _read_annotated(source, limit, lang, left_out)
    else:
        nlp = model if isinstance(model, Language) else load_pipeline(str(model))
        texts = texts._replace(encoding=encoding)
        docs = _annotate_source(nlp, source, limit, split_lines, texts, left_out)
    if not docs:
        raise ValueError(Errors.F002.format(path=show_path(source), expected="text"))
    page = make_page(docs)
    with replacing(out) as draft:
        draft.write_bytes((page or "").encode("utf-8"))
    return docs


def load_pipeline(name: str) -> Language:
    """Load a pipeline.

    name (str): Package name or folder.
    RETURNS (Language): The pipeline.
    RAISES (ValueError): If the name is neither an installed package nor a folder.
    """
    if not Path(name).exists() and not is_package(name):
        raise ValueError(Errors.V005.format(name=name))
    return loading.load_pipeline(name)


def _read_annotated(
    source: Path, limit: int, lang: Optional[str], left_out: Optional[LeftOut]
) -> List[Doc]:
    """Return the documents of a .spacy file or of the output of `apply`, each with a title."""
    if source.is_file() and source.suffix.lower() not in ANNOTATED:
        raise ValueError(Errors.V008.format(path=show_path(source)))
    nlp = None if lang is None else blank_pipeline(lang)
    stream = stream_docs([source], nlp, vocab=blank_pipeline("zh").vocab if nlp is None else None)
    docs = list(islice(stream, limit or None))
    for doc in docs:
        doc.user_data["title"] = read_title(doc)
    _add_limited(map(read_title, stream), limit, left_out)
    return docs


def _add_limited(titles: Iterable[str], limit: int, left_out: Optional[LeftOut]) -> None:
    """Report the notes after the limit, given by their titles."""
    if left_out is not None and limit:
        for number, title in enumerate(titles, start=limit + 1):
            left_out.add(LIMITED, title or f"document {number}", f"--limit {limit}")


def _annotate_source(
    nlp: Language,
    source: Path,
    limit: int,
    split_lines: bool,
    texts: TextOptions,
    left_out: Optional[LeftOut],
) -> List[Doc]:
    """Return the notes of a source, annotated by a pipeline.

    RAISES (ValueError): If all notes are left out.
    """
    found = LeftOut() if left_out is None else left_out
    doubts = EncodingDoubts(nlp.lang or "")
    if source.suffix.lower() == SPACY and source.is_file():
        stored = stream_docbin(source, nlp.vocab)
        notes: Iterator[Tuple[str, str]] = ((read_title(doc), doc.text) for doc in stored)
    else:
        notes = read_notes(source, split_lines, texts, found, doubts)
    kept = _drop_long(notes, nlp.max_length, found)
    docs = list(_annotate(nlp, islice(kept, limit or None)))
    _add_limited((title for title, _ in kept), limit, left_out)
    doubts.warn()
    if docs and left_out is None:
        warn_left_out(str(source), found)
    elif not docs and found.counts:
        first = f". First: {found.named[0]}".rstrip(".") if found.named else ""
        expected = f"text. Left out: {found.summary()}{first}"
        raise ValueError(Errors.F002.format(path=show_path(source), expected=expected))
    return docs


def _annotate(nlp: Language, notes: Iterable[Tuple[str, str]]) -> Iterator[Doc]:
    """Yield the annotated notes, each with a title."""
    pairs = ((text, title) for title, text in notes)
    for doc, title in nlp.pipe(pairs, as_tuples=True):
        doc.user_data["title"] = title
        yield doc


def _drop_long(
    notes: Iterable[Tuple[str, str]], max_length: int, left_out: LeftOut
) -> Iterator[Tuple[str, str]]:
    for number, (title, text) in enumerate(notes, start=1):
        if len(text) <= max_length:
            yield title, text
        else:
            detail = f"{len(text)} characters, maximum {max_length}"
            left_out.add(TOO_LONG, title or f"document {number}", detail)


def read_title(doc: Doc) -> str:
    """Return the title of a document that was read from a .spacy file.

    doc (Doc): The document.
    RETURNS (str): The document id, else the title for displaCy, else an empty string.
    """
    return get_doc_id(doc) or str(doc.user_data.get("title") or "")


def read_notes(
    source: Path,
    split_lines: bool = False,
    texts: TextOptions = DEFAULT_TEXTS,
    left_out: Optional[LeftOut] = None,
    doubts: Optional[EncodingDoubts] = None,
) -> Iterator[Tuple[str, str]]:
    """Read texts. In a folder, files that cannot be read are left out.

    source (Path): A file, or a folder to search with its subfolders and linked folders, for the
        same files as `apply`.
    split_lines (bool): Whether to read each line of a text file as a text.
    texts (TextOptions): Names of columns, and the encoding of the files.
    left_out (Optional[LeftOut]): Receives the files, folders and texts that are left out.
    doubts (Optional[EncodingDoubts]): Receives the files whose encoding is doubtful.
    YIELDS (Tuple[str, str]): The title and the text.
    RAISES (ValueError): If a folder has no file with texts, or a single file cannot be read.
    """
    left_out = left_out or LeftOut()
    doubts = doubts or EncodingDoubts("")
    if source.is_dir():
        files: Iterable[FoundFile] = walk_files(source, left_out, check_file=_check_file)
    else:
        files = [FoundFile(source, printable_name(source.name))]
    path = None
    for path, name in files:
        try:
            if path.suffix.lower() in ROW_SUFFIXES:
                notes: Iterable[Tuple[str, str]] = _read_rows(path, name, texts, left_out, doubts)
            else:
                title = str(Path(name).with_suffix(""))
                data, found = read_encoded(path, texts.encoding)
                doubts.add(name, found)
                notes = list(_split(data, found, path, title, split_lines, left_out))
        except (EncodingError, OSError) as error:
            if not source.is_dir():
                raise
            reason = NOT_UTF8 if is_not_utf8(str(error)) else UNREADABLE
            left_out.add(reason, str(path), str(error))
            continue
        for title, text in notes:
            if text.strip():
                yield title, text
            else:
                left_out.add(BLANK, str(path))
    if path is None:
        expected = ", ".join(SUFFIXES)
        if left_out.counts:
            expected = f"{expected}. Left out: {left_out.summary()}"
        raise ValueError(Errors.F002.format(path=show_path(source), expected=expected))


def _read_rows(
    path: Path, name: str, texts: TextOptions, left_out: LeftOut, doubts: EncodingDoubts
) -> Iterator[Tuple[str, str]]:
    """Yield id and text of each document of a file."""
    file = InputFile(path, name, path.stat().st_size, 0)
    for document in read_documents(file, texts, doubts):
        if document.text is None:
            place = str(path.parent / document.source.rpartition("/")[2])
            problem = document.error or Errors.P003
            left_out.add(NOT_UTF8 if is_not_utf8(problem) else BROKEN_ROW, place, problem)
        else:
            yield document.doc_id, document.text.decode("utf-8", "replace")


def _split(
    data: bytes, encoding: Encoding, path: Path, title: str, split_lines: bool, left_out: LeftOut
) -> Iterator[Tuple[str, str]]:
    """Yield title and text of a file, or of each line."""
    if not split_lines:
        yield title, decode_text(data, encoding, path).removeprefix("\ufeff")
        return
    for number, line, problem in decode_lines(data, encoding):
        if problem:
            left_out.add(BROKEN_LINE, f"{path}:{number}", problem)
        else:
            yield f"{title}:{number}", line


def _check_file(relative: str) -> Optional[str]:
    """Return why a file is left out; None if it has notes."""
    suffix = Path(relative).suffix.lower()
    if suffix in ROW_SUFFIXES and is_hidden(relative, HIDDEN_FIRST):
        return HIDDEN
    return skip_hidden(relative) or (None if suffix in SUFFIXES else other_type(relative))
