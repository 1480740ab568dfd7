"""Annotation of notes with a pipeline, visualized on an HTML page."""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple, Union

import spacy
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
    other_type,
    printable_name,
    read_docbin,
    read_encoded,
    replacing,
    show_path,
    skip_hidden,
    walk_files,
)
from ..files.walk import UNREADABLE
from ..pipeline import loading
from ..tokens import get_doc_id
from ..viewer import render
from ..viewer.translations import TRANSLATIONS
from .documents import EncodingDoubts
from .inputs import warn_left_out

SUFFIX = ".spacy"
TEXT_SUFFIX = ".txt"
STYLE = "relations"
BLANK = "text without characters"
BROKEN_LINE = "line that cannot be read"
TOO_LONG = "text longer than the maximum of the pipeline"


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
    left_out: Optional[LeftOut] = None,
) -> List[Doc]:
    """Annotate notes with a pipeline and write an HTML page that shows them.

    model (Union[str, Path, Language, None]): A pipeline, or its package name or folder. None to
        show the annotation of a .spacy file.
    source (Union[str, Path]): A text file, a folder of .txt files, or a .spacy file. With a
        pipeline, only the texts of a .spacy file are used.
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
    left_out (Optional[LeftOut]): Receives the notes that are left out. None issues warnings.
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
        docs = _read_annotated(source, limit, lang or "zh")
    else:
        nlp = model if isinstance(model, Language) else load_pipeline(str(model))
        found = LeftOut() if left_out is None else left_out
        doubts = EncodingDoubts(nlp.lang or "")
        notes = read_notes(source, split_lines, encoding, found, doubts)
        docs = list(_annotate(nlp, source, limit, notes, found))
        doubts.warn()
        if docs and left_out is None:
            warn_left_out(str(source), found)
        elif not docs and found.counts:
            first = f". First: {found.named[0]}".rstrip(".") if found.named else ""
            expected = f"text. Left out: {found.summary()}{first}"
            raise ValueError(Errors.F002.format(path=show_path(source), expected=expected))
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


def _read_annotated(source: Path, limit: int, lang: str) -> List[Doc]:
    """Return the annotated documents of a .spacy file, each with a title."""
    if source.suffix.lower() != SUFFIX:
        raise ValueError(Errors.V008.format(path=source))
    docs = read_docbin(source, spacy.blank(lang).vocab)[: limit or None]
    for doc in docs:
        doc.user_data["title"] = read_title(doc)
    return docs


def _annotate(
    nlp: Language, source: Path, limit: int, notes: Iterable[Tuple[str, str]], left_out: LeftOut
) -> Iterator[Doc]:
    """Yield notes, or the texts of a .spacy file, annotated by a pipeline, each with a title. Texts
    that are too long for the pipeline are left out."""
    if source.suffix.lower() == SUFFIX:
        notes = ((read_title(doc), doc.text) for doc in read_docbin(source, nlp.vocab))
    texts = ((text, title) for title, text in _drop_long(notes, nlp.max_length, left_out))
    for doc, title in nlp.pipe(islice(texts, limit or None), as_tuples=True):
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
    encoding: Optional[str] = None,
    left_out: Optional[LeftOut] = None,
    doubts: Optional[EncodingDoubts] = None,
) -> Iterator[Tuple[str, str]]:
    """Read texts. In a folder, files that cannot be read are left out.

    source (Path): A file, or a folder to search for .txt files with its subfolders and linked
        folders.
    split_lines (bool): Whether to read each line as a text.
    encoding (Optional[str]): Encoding of the files. None detects the encoding of each file.
    left_out (Optional[LeftOut]): Receives the files, folders and texts that are left out.
    doubts (Optional[EncodingDoubts]): Receives the files whose encoding is doubtful.
    YIELDS (Tuple[str, str]): The title and the text.
    RAISES (ValueError): If a folder has no .txt file, or a single file cannot be read.
    """
    left_out = left_out or LeftOut()
    doubts = doubts or EncodingDoubts("")
    if source.is_dir():
        files: Iterable[FoundFile] = walk_files(source, left_out, check_file=_check_file)
    else:
        files = [FoundFile(source, printable_name(source.name))]
    path = None
    for path, name in files:
        title = str(Path(name).with_suffix(""))
        try:
            data, found = read_encoded(path, encoding)
            doubts.add(name, found)
            notes = list(_split(data, found, path, title, split_lines, left_out))
        except (EncodingError, OSError) as error:
            if not source.is_dir():
                raise
            left_out.add(UNREADABLE, str(path), str(error))
            continue
        for title, text in notes:
            if text.strip():
                yield title, text
            else:
                left_out.add(BLANK, str(path))
    if path is None:
        expected = ".txt files"
        if left_out.counts:
            expected = f"{expected}. Left out: {left_out.summary()}"
        raise ValueError(Errors.F002.format(path=show_path(source), expected=expected))


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
    """Return why a file is left out; None if it is a note."""
    if relative.lower().endswith(TEXT_SUFFIX):
        return skip_hidden(relative)
    return skip_hidden(relative) or other_type(relative)
