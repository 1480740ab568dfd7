"""`python -m spacy clinrel raw-text`: unlabelled text for `spacy pretrain`."""

from pathlib import Path
from typing import Annotated, List, Optional

import srsly
import typer
from wasabi import msg

from ..files import check_output, replacing
from ..pretraining.raw_text import read_pieces
from ._app import app


@app.command("raw-text")
def raw_text_cli(
    texts: Annotated[
        List[Path], typer.Argument(metavar="RAW.txt…", help="Text files in UTF-8, a text a line")
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="The file to write")],
    characters: Annotated[
        Optional[List[int]],
        typer.Option(
            "--characters",
            min=0,
            help="About how many characters to take of a file, 0 for all; once for each file",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the choice and the order")] = 0,
) -> None:
    """Cut unlabelled texts into pieces of a few sentences, for `--paths.raw_text` of
    `spacy pretrain`, whose order and, with --characters, choice are by chance.

    Example: raw-text records.txt forum.txt raw.jsonl --characters 0 --characters 1500000
    """
    try:
        check_output(output, *texts)
        found = read_pieces(texts, characters or (), seed)
        with replacing(output) as draft:
            srsly.write_jsonl(draft, ({"text": piece} for piece in found))
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    msg.good(f"{len(found)} pieces, {sum(map(len, found))} characters: {output}")
