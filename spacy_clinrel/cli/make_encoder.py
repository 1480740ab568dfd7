"""`python -m spacy clinrel make-encoder`: a BERT encoder with random weights."""

from functools import partial
from pathlib import Path
from typing import Annotated, List, Optional

import typer
from tqdm import tqdm
from wasabi import msg

from ._app import app


@app.command("make-encoder")
def make_encoder_cli(
    texts: Annotated[List[Path], typer.Argument(metavar="RAW.txt…", help="Text files in UTF-8")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the encoder")],
    layers: Annotated[int, typer.Option("--layers", "-l", min=1, help="Number of layers")] = 4,
    width: Annotated[
        int, typer.Option("--width", "-w", min=1, help="Hidden size, a multiple of --heads")
    ] = 128,
    heads: Annotated[int, typer.Option("--heads", min=1, help="Attention heads per layer")] = 4,
    length: Annotated[
        int, typer.Option("--length", min=8, help="Maximum word pieces of a text")
    ] = 512,
    min_count: Annotated[
        int, typer.Option("--min-count", min=1, help="Minimum occurrences of a character")
    ] = 1,
    vectors: Annotated[
        Optional[str],
        typer.Option("--vectors", "-v", help="Character vectors of that width to start from"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the weights")] = 0,
) -> None:
    """Make a BERT encoder with random weights and a vocabulary of the text's characters, in the
    format of transformers, for `--paths.encoder OUT` of configs/joint_focused.cfg and for any
    setting that takes the name of an encoder. Use it where no pretrained encoder is available; it
    is trained with the task.

    Example: make-encoder records.txt encoder --layers 4 --width 128
    """
    from ..pretraining.make_encoder import make_encoder  # imports transformers

    try:
        encoder = make_encoder(
            texts,
            output,
            layers=layers,
            width=width,
            heads=heads,
            length=length,
            min_count=min_count,
            vectors=vectors,
            seed=seed,
            progress=partial(tqdm, unit=" lines", leave=False),
        )
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    weights = sum(weight.numel() for weight in encoder.transformer.parameters())
    msg.good(f"{len(encoder.tokenizer)} word pieces, {weights} weights: {output}")
