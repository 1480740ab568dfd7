"""`python -m spacy clinrel raw-text`: prepare raw text for `spacy pretrain`."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer
from wasabi import msg

from ..pretraining.raw_text import raw_text
from ._app import app
from ._options import EncodingOption, KeptApartOption


@app.command("raw-text")
def raw_text_cli(
    texts: Annotated[
        List[Path],
        typer.Argument(metavar="RAW.txt…", help="Text files, one text per line"),
    ],
    output: Annotated[Path, typer.Argument(metavar="OUT.jsonl", help="Output file")],
    characters: Annotated[
        Optional[List[int]],
        typer.Option(
            "--characters",
            min=0,
            help="Approximate number of characters to sample from a file, 0 for all; specify "
            "once per file",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Random seed for sampling and shuffling")] = 0,
    without: KeptApartOption = None,
    encoding: EncodingOption = None,
) -> None:
    """Split texts into passages of a few sentences and shuffle them.

    Use the output with `spacy pretrain --paths.raw_text OUT.jsonl`. If your texts may contain those
    of your dev or test part, leave these out with --without.

    Example: raw-text records.txt forum.txt raw.jsonl --characters 0 --characters 1500000 --without
    test.spacy
    """
    try:
        passages = raw_text(
            texts,
            output,
            characters=characters or (),
            without=without or (),
            seed=seed,
            encoding=encoding,
        )
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    msg.good(
        f"Saved {len(passages)} passages with {sum(map(len, passages))} characters to {output}"
    )
