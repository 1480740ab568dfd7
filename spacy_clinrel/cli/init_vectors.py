"""`python -m spacy clinrel init-vectors`: train character vectors on raw text."""

from functools import partial
from pathlib import Path
from typing import Annotated, List

import typer
from tqdm import tqdm
from wasabi import msg

from ..pretraining.vectors import init_vectors
from ._app import app
from ._options import EncodingOption, KeptApartOption


@app.command("init-vectors")
def init_vectors_cli(
    texts: Annotated[List[Path], typer.Argument(metavar="RAW.txt…", help="Text files")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder")],
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language of the pipeline")] = "zh",
    width: Annotated[int, typer.Option("--width", "-w", min=1, help="Width of the vectors")] = 100,
    pairs: Annotated[
        bool, typer.Option("--pairs/--no-pairs", help="Also train vectors of character bigrams")
    ] = True,
    min_count: Annotated[
        int,
        typer.Option(
            "--min-count",
            min=1,
            help="Minimum number of occurrences of a character or character bigram",
        ),
    ] = 5,
    max_units: Annotated[
        int,
        typer.Option(
            "--max-units",
            min=1,
            help="Maximum number of distinct characters, and of distinct bigrams",
        ),
    ] = 60000,
    epochs: Annotated[
        int, typer.Option("--epochs", min=1, help="Number of passes over the text")
    ] = 3,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Number of threads")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Random seed")] = 0,
    without: KeptApartOption = None,
    encoding: EncodingOption = None,
) -> None:
    """Train word2vec vectors of characters and character bigrams.

    To use them, run `spacy train` with `--paths.vectors OUT`, and set include_static_vectors = true
    in the `spacy-clinrel.CharEmbed.v1` blocks of the config. For the bigram vectors, also set
    pair_vectors = true. Requires the extra `vectors` (gensim).

    Example: init-vectors records.txt vectors --width 100
    """
    try:
        nlp = init_vectors(
            texts,
            output,
            without=without or (),
            lang=lang,
            width=width,
            pairs=pairs,
            min_count=min_count,
            max_units=max_units,
            epochs=epochs,
            threads=threads,
            seed=seed,
            encoding=encoding,
            progress=partial(tqdm, unit=" lines", leave=False, disable=None),
        )
    except (ImportError, ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    rows, columns = nlp.vocab.vectors.shape
    msg.good(f"Saved {rows} vectors of width {columns} to {output}")
