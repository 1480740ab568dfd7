"""`python -m spacy clinrel raw-text`: unlabelled text for `spacy pretrain`."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer
from wasabi import msg

from ..pretraining.raw_text import raw_text
from ._app import app


@app.command("raw-text")
def raw_text_cli(
    texts: Annotated[
        List[Path],
        typer.Argument(metavar="RAW.txt…", help="Text files in UTF-8, one text per line"),
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="The file to write")],
    characters: Annotated[
        Optional[List[int]],
        typer.Option(
            "--characters",
            min=0,
            help="Approximate characters to sample from a file, 0 for all; once per file",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the sample and the order")] = 0,
) -> None:
    """Split unlabelled texts into parts of a few sentences, in random order, for `--paths.raw_text`
    of `spacy pretrain`.

    Example: raw-text records.txt forum.txt raw.jsonl --characters 0 --characters 1500000
    """
    try:
        parts = raw_text(texts, output, characters=characters or (), seed=seed)
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    msg.good(f"{len(parts)} texts, {sum(map(len, parts))} characters: {output}")
