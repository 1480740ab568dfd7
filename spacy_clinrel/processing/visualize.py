"""Annotation of notes with a pipeline, visualized on an HTML page."""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import is_package

from ..errors import Errors
from ..files import check_output, read_docbin, replacing
from ..tokens import get_doc_id
from ..viewer import render
from ..viewer.translations import TRANSLATIONS

SUFFIX = ".spacy"
STYLE = "relations"


def visualize(
    model: Union[str, Path, Language, None],
    source: Union[str, Path],
    out: Union[str, Path],
    *,
    limit: int = 0,
    split_lines: bool = False,
    style: str = STYLE,
    lang: Optional[str] = None,
    options: Optional[Dict[str, Any]] = None,
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
    options (Optional[Dict[str, Any]]): Options of the style, see `displacy.render`.
    RETURNS (List[Doc]): The documents on the page.
    RAISES (ValueError): If the pipeline or the input does not exist, the input contains no text, a
        style or option is unknown, or the page cannot be written.
    """
    source, out = Path(source), Path(out)
    if not source.exists():
        raise ValueError(Errors.F001.format(path=source))
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
        docs = list(_annotate(nlp, source, limit, split_lines))
    if not docs:
        raise ValueError(Errors.F002.format(path=source, expected="text in UTF-8"))
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
    return spacy.load(name)


def _read_annotated(source: Path, limit: int, lang: str) -> List[Doc]:
    """Return the annotated documents of a .spacy file, each with a title."""
    if source.suffix != SUFFIX:
        raise ValueError(Errors.V008.format(path=source))
    docs = read_docbin(source, spacy.blank(lang).vocab)[: limit or None]
    for doc in docs:
        doc.user_data["title"] = read_title(doc)
    return docs


def _annotate(nlp: Language, source: Path, limit: int, split_lines: bool) -> Iterator[Doc]:
    """Yield the texts of a file or folder, annotated by a pipeline, each with a title."""
    if source.suffix == SUFFIX:
        notes = ((doc.text, read_title(doc)) for doc in read_docbin(source, nlp.vocab))
    else:
        notes = ((text, title) for title, text in read_notes(source, split_lines) if text.strip())
    for doc, title in nlp.pipe(islice(notes, limit or None), as_tuples=True):
        doc.user_data["title"] = title
        yield doc


def read_title(doc: Doc) -> str:
    """Return the title of a document that was read from a .spacy file.

    doc (Doc): The document.
    RETURNS (str): The document id, else the title for displaCy, else an empty string.
    """
    return get_doc_id(doc) or str(doc.user_data.get("title") or "")


def read_notes(source: Path, split_lines: bool = False) -> Iterator[Tuple[str, str]]:
    """Read texts in UTF-8.

    source (Path): A file, or a folder to search for .txt files with its subfolders.
    split_lines (bool): Whether to read each line as a text.
    YIELDS (Tuple[str, str]): The title and the text.
    RAISES (ValueError): If a folder has no .txt file, or a file is not UTF-8.
    """
    files = sorted(_list_text_files(source)) if source.is_dir() else [source]
    if not files:
        raise ValueError(Errors.F002.format(path=source, expected=".txt files"))
    for path in files:
        title = str(path.relative_to(source).with_suffix("")) if source.is_dir() else path.stem
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(Errors.V006.format(path=path, byte=error.start)) from error
        if not split_lines:
            yield title, text
            continue
        # Not str.splitlines, which also splits at characters that can be part of a text.
        for number, line in enumerate(text.split("\n"), start=1):
            yield f"{title}:{number}", line.removesuffix("\r")


def _list_text_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.txt"):
        is_hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not is_hidden:
            yield path
