"""`python -m spacy clinrel visualize`: write an HTML page with mentions and relations."""

from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from spacy.cli._util import import_code, setup_gpu
from wasabi import msg

from ..files import LeftOut
from ..processing.schema import one_line
from ..processing.visualize import FAULTS, LIMITED, NOT_UTF8, STYLE, visualize
from ..reading.columns import ID, TEXT, TextOptions
from ..tokens import all_mentions, get_relations
from ..viewer.names import READABLE
from ..viewer.server import serve_page
from ._app import app
from ._options import CodeOption, EncodingOption, GpuOption, IdColumnOption, TextColumnOption

NO_MODEL = "-"
# Maximum number of files left out that are named.
MAX_NAMED = 20
# Maximum number of notes after the limit that are named.
MAX_LIMITED = 5


@app.command("visualize")
def visualize_cli(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="Package name or folder of a pipeline, or - to show the annotation of INPUT",
        ),
    ],
    src: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT",
            help="Notes: .txt, .csv, .jsonl, .parquet or .spacy file, or folder. With -, a .spacy "
            "file, or the output of apply: folder, .parquet or .jsonl file",
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Output .html file")],
    limit: Annotated[
        int,
        typer.Option("--limit", "-n", min=0, help="Maximum number of documents; 0 for all"),
    ] = 0,
    lines: Annotated[
        bool, typer.Option("--lines", help="Read each line of a text file as a document")
    ] = False,
    title: Annotated[str, typer.Option("--title", "-t", help="Title of the page")] = "",
    lang: Annotated[
        Optional[str],
        typer.Option(
            "--lang",
            "-l",
            help="Language of the page's interface, zh or en. Default: language of the texts",
        ),
    ] = None,
    text_column: TextColumnOption = TEXT,
    id_column: IdColumnOption = ID,
    encoding: EncodingOption = None,
    style: Annotated[
        str,
        typer.Option("--style", "-s", help="relations, or a displaCy style: ent, span, dep"),
    ] = STYLE,
    threshold: Annotated[
        float,
        typer.Option(
            "--threshold", help="Initial value of the page's confidence filter, from 0 to 1"
        ),
    ] = 0.0,
    names: Annotated[
        str,
        typer.Option(
            "--names",
            help="readable to show readable names of types and relations, in the language of the "
            "interface; codes to show the labels as they are",
        ),
    ] = READABLE,
    serve: Annotated[
        bool, typer.Option("--serve", help="Also serve the page on localhost")
    ] = False,
    port: Annotated[int, typer.Option("--port", "-p", help="Port for --serve")] = 5000,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit with code 1 if a note cannot be read or is too long. The page is written "
            "all the same",
        ),
    ] = False,
    code_path: CodeOption = None,
    use_gpu: GpuOption = -1,
) -> None:
    """Annotate notes with a pipeline, and write an HTML page with their mentions and relations.

    Relations are drawn as arcs above the text and listed in a table. Mentions show their assertion
    attributes: denied ones are struck through, and the arcs of their relations are dashed. Values
    and doses are shown below their mentions. The page can be filtered by type, assertion, relation
    and confidence. It is a single file that works offline. If INPUT is annotated, its
    annotation is only shown if MODEL is -; otherwise MODEL annotates the texts again.

    Notes that cannot be read are named and left out. The exit code is 1 if no note is on the page;
    with --strict, if any is left out because it cannot be read or is too long.

    Examples: visualize zh_clinrel notes/ notes.html; visualize - annotated page.html --limit 20;
    visualize zh_clinrel notes.csv notes.html --text-column note
    """
    # displaCy styles do not have these options.
    options: Optional[Dict[str, Any]] = None
    if style == STYLE:
        options = {"title": title, "threshold": threshold, "names": names}
    left_out = LeftOut()
    try:
        import_code(code_path)
        setup_gpu(use_gpu, silent=True)
        docs = visualize(
            None if model == NO_MODEL else model,
            src,
            out,
            limit=limit,
            split_lines=lines,
            style=style,
            lang=lang,
            encoding=encoding,
            options=options,
            texts=TextOptions(text_column, id_column),
            left_out=left_out,
        )
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_left_out(left_out)
    mentions = sum(len(all_mentions(doc)) for doc in docs)
    relations = sum(len(get_relations(doc)) for doc in docs)
    if not mentions:
        msg.warn("The documents have no mentions.")
    msg.good(f"{len(docs)} documents, {mentions} mentions, {relations} relations: {out}")
    if left_out.counts[NOT_UTF8]:  # last, so that no other output hides it
        msg.warn(
            f"{left_out.counts[NOT_UTF8]} files are not on the page because they are not UTF-8. If "
            "they are Chinese (GBK), use --encoding gb18030. It applies to all files, so keep "
            "files in UTF-8 in another folder."
        )
    if serve:
        serve_file(out, port)
    if strict and any(left_out.counts[reason] for reason in FAULTS):
        raise typer.Exit(1)


def print_left_out(left_out: LeftOut) -> None:
    """Print the notes that are not on the page.

    left_out (LeftOut): Files, folders and texts that were left out.
    """
    named = [file for file in left_out.named if file.reason != LIMITED]
    for file in named[:MAX_NAMED]:
        msg.warn(str(file))
    if len(named) > MAX_NAMED:
        msg.warn(f"… and {len(named) - MAX_NAMED} more.")
    limited = [one_line(str(file.path)) for file in left_out.named if file.reason == LIMITED]
    n_limited = left_out.counts.pop(LIMITED, 0)
    if left_out.counts:
        msg.info(f"Left out: {left_out.summary()}")
    if n_limited:
        more = n_limited - len(limited[:MAX_LIMITED])
        names = ", ".join(limited[:MAX_LIMITED]) + (f" and {more} more" if more else "")
        msg.info(f"Not shown because of --limit: {names}. Use --limit 0 to show all notes.")


def serve_file(path: Path, port: int) -> None:
    """Serve a page on localhost until interrupted.

    path (Path): The page.
    port (int): The port.
    """
    try:
        serve_page(path.read_text(encoding="utf-8"), "127.0.0.1", port, auto_select_port=False)
    except (ValueError, OSError) as error:
        msg.fail(str(error), exits=1)
