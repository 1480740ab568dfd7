"""`python -m spacy clinrel visualize`: notes in, a page with mentions and relations out."""

from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Dict, Iterator, List, Optional, Tuple

import spacy
import typer
from spacy.cli._util import import_code, setup_gpu
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import is_package
from wasabi import msg

from ..errors import Errors
from ..files import check_output, read_docbin, replacing
from ..tokens import all_mentions, get_doc_id, get_relations
from ..viewer import render
from ..viewer.server import serve_page
from ..viewer.words import WORDS
from ._app import app

NO_MODEL = "-"
SUFFIX = ".spacy"
STYLE = "relations"


@app.command("visualize")
def visualize_cli(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A pipeline's name or folder; - to show the annotation of a .spacy file as it is",
        ),
    ],
    src: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="A text file, a folder of .txt files, or a .spacy file"
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The .html file to write")],
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Show only so many documents; 0 shows all")
    ] = 0,
    lines: Annotated[
        bool, typer.Option("--lines", help="Take each line of a text file for a document")
    ] = False,
    title: Annotated[str, typer.Option("--title", "-t", help="The page's title")] = "",
    lang: Annotated[
        Optional[str],
        typer.Option(
            "--lang", "-l", help="Language of the page's own words, zh or en. Default: the texts'"
        ),
    ] = None,
    style: Annotated[
        str,
        typer.Option("--style", "-s", help="relations, or one of displaCy's: ent, span, dep"),
    ] = STYLE,
    threshold: Annotated[
        float,
        typer.Option(
            "--threshold", help="The confidence, from 0 to 1, that the page's filter begins with"
        ),
    ] = 0.0,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve the page to this machine's browsers as well")
    ] = False,
    port: Annotated[int, typer.Option("--port", "-p", help="Port for --serve")] = 5000,
    code_path: Annotated[
        Optional[Path], typer.Option("--code", "-c", help="Python file with more functions")
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")] = -1,
) -> None:
    """Show what a pipeline finds in notes: mentions, relations as arcs, and lists of them.

    The page is one file that loads nothing; it has filters by type, label and confidence. Of a
    .spacy file only the texts are used and annotated anew, unless MODEL is -.

    Examples: visualize zh_clinrel notes/ notes.html; visualize - dev.spacy gold.html --limit 20
    """
    try:
        import_code(code_path)
        setup_gpu(use_gpu, silent=True)
        options = {"title": title, "lang": lang, "threshold": threshold}
        docs = visualize(model, src, out, limit=limit, lines=lines, style=style, options=options)
    except (ValueError, ImportError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    mentions = sum(len(all_mentions(doc)) for doc in docs)
    relations = sum(len(get_relations(doc)) for doc in docs)
    if not mentions:
        msg.warn("Nothing was found in any document.")
    msg.good(f"{len(docs)} documents, {mentions} mentions, {relations} relations: {out}")
    if serve:
        serve_file(out, port)


def serve_file(path: Path, port: int) -> None:
    """Serve a page to the browsers of this machine until interrupted.

    path (Path): The page.
    port (int): The port.
    """
    try:
        serve_page(path.read_text(encoding="utf-8"), "127.0.0.1", port, auto_select_port=False)
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)


def visualize(
    model: str,
    src: Path,
    out: Path,
    *,
    limit: int = 0,
    lines: bool = False,
    style: str = STYLE,
    options: Optional[Dict[str, Any]] = None,
) -> List[Doc]:
    """Annotate notes and write a page that shows them.

    model (str): A pipeline's name or folder; "-" to show the annotation of a .spacy file as it is.
    src (Path): A text file, a folder of .txt files, or a .spacy file.
    out (Path): The .html file to write. It is there as a whole or not at all.
    limit (int): Show only so many documents; 0 shows all.
    lines (bool): Whether each line of a text file is a document.
    style (str): "relations", or one of displaCy's.
    options (Optional[Dict[str, Any]]): What `displacy.to_html` takes for the style "relations".
    RETURNS (List[Doc]): What is shown.
    RAISES (ValueError): If there is no such pipeline or input, or nothing in it, or no such style
        or option.
    """
    if not src.exists():
        raise ValueError(Errors.F001.format(path=src))
    options = options or {}
    lang = options.get("lang")
    if lang is not None and lang not in WORDS:
        raise ValueError(Errors.V009.format(lang=lang, known=", ".join(WORDS)))
    if out.is_dir():
        raise ValueError(Errors.V007.format(path=out))
    check_output(out, src)
    # displaCy's styles have options of their own.
    chosen = options if style == STYLE else None
    make_page = partial(render, style=style, page=True, jupyter=False, options=chosen)
    make_page([])  # what is wrong with style or options is said before the work is done
    if model == NO_MODEL:
        if src.suffix != SUFFIX:
            raise ValueError(Errors.V008.format(path=src))
        docs = read_docbin(src, spacy.blank(lang or "zh").vocab)[: limit or None]
        for doc in docs:
            doc.user_data["title"] = read_title(doc)
    else:
        docs = list(annotate(load_pipeline(model), src, limit, lines))
    if not docs:
        raise ValueError(Errors.F002.format(path=src, expected="text in UTF-8"))
    page = make_page(docs)
    with replacing(out) as draft:
        draft.write_bytes((page or "").encode("utf-8"))
    return docs


def load_pipeline(name: str) -> Language:
    """Load a pipeline, and say clearly if there is none.

    name (str): Its name or folder.
    RETURNS (Language): The pipeline.
    RAISES (ValueError): If it is neither installed nor a folder.
    """
    if not Path(name).exists() and not is_package(name):
        raise ValueError(Errors.V005.format(name=name))
    return spacy.load(name)


def annotate(nlp: Language, src: Path, limit: int, lines: bool) -> Iterator[Doc]:
    """Run a pipeline over the texts of a file or folder.

    nlp (Language): The pipeline.
    src (Path): A text file, a folder of .txt files, or a .spacy file.
    limit (int): The most documents; 0 for all.
    lines (bool): Whether each line of a text file is a document.
    YIELDS (Doc): The documents, each with its title.
    """
    if src.suffix == SUFFIX:
        notes = ((doc.text, read_title(doc)) for doc in read_docbin(src, nlp.vocab))
    else:
        notes = ((text, title) for title, text in read_notes(src, lines) if text.strip())
    for doc, title in nlp.pipe(islice(notes, limit or None), as_tuples=True):
        doc.user_data["title"] = title
        yield doc


def read_title(doc: Doc) -> str:
    """What a document of a .spacy file is called.

    doc (Doc): The document.
    RETURNS (str): Its name in the corpus, else displaCy's title, else nothing.
    """
    return get_doc_id(doc) or str(doc.user_data.get("title") or "")


def read_notes(src: Path, lines: bool) -> Iterator[Tuple[str, str]]:
    """Read texts.

    src (Path): A file, or a folder of .txt files, searched with its subfolders.
    lines (bool): Whether each line is a text of its own.
    YIELDS (Tuple[str, str]): Title and text.
    RAISES (ValueError): If a folder has no .txt file, or a file is not in UTF-8.
    """
    files = sorted(_text_files(src)) if src.is_dir() else [src]
    if not files:
        raise ValueError(Errors.F002.format(path=src, expected=".txt files"))
    for path in files:
        name = str(path.relative_to(src).with_suffix("")) if src.is_dir() else path.stem
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValueError(Errors.V006.format(path=path, byte=error.start)) from error
        if not lines:
            yield name, text
            continue
        # Not str.splitlines, which also breaks at characters that may stand inside of a text.
        for number, line in enumerate(text.split("\n"), start=1):
            yield f"{name}:{number}", line.removesuffix("\r")


def _text_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.txt"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path
