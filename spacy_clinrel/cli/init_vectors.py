"""`python -m spacy clinrel init-vectors`: character vectors from raw text."""

from functools import partial
from pathlib import Path
from typing import Annotated, List

import typer
from tqdm import tqdm
from wasabi import msg

from ..pretraining.vectors import init_vectors
from ._app import app


@app.command("init-vectors")
def init_vectors_cli(
    texts: Annotated[List[Path], typer.Argument(metavar="RAW.txt…", help="Text files in UTF-8")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the vectors")],
    lang: Annotated[str, typer.Option("--lang", "-l", help="Language of the pipeline")] = "zh",
    width: Annotated[int, typer.Option("--width", "-w", min=1, help="Width of the vectors")] = 100,
    pairs: Annotated[
        bool, typer.Option("--pairs/--no-pairs", help="Train vectors of character pairs as well")
    ] = True,
    min_count: Annotated[
        int, typer.Option("--min-count", min=1, help="Minimum occurrences of a character or pair")
    ] = 5,
    max_units: Annotated[
        int,
        typer.Option("--max-units", min=1, help="Maximum number of characters, and of pairs"),
    ] = 60000,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Passes over the text")] = 3,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Number of threads")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Random seed")] = 0,
) -> None:
    """Train word2vec vectors of characters, for `--paths.vectors OUT` of `spacy train`.

    Set include_static_vectors = true and, for vectors of pairs, pair_vectors = true in the
    `spacy-clinrel.CharEmbed.v1` blocks of the config. Needs the extra `vectors` (gensim).
    """
    try:
        nlp = init_vectors(
            texts,
            output,
            lang=lang,
            width=width,
            pairs=pairs,
            min_count=min_count,
            max_units=max_units,
            epochs=epochs,
            threads=threads,
            seed=seed,
            progress=partial(tqdm, unit=" lines", leave=False),
        )
    except (ImportError, ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    rows, columns = nlp.vocab.vectors.shape
    msg.good(f"{rows} vectors of width {columns}: {output}")
