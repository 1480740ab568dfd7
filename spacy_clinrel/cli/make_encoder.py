"""`python -m spacy clinrel make-encoder`: a BERT of random weights, without a hub."""

from pathlib import Path
from typing import Annotated, List, Optional

import typer
from spacy.util import load_model
from tqdm import tqdm
from wasabi import msg

from ..files import read_text_lines
from ._app import app


@app.command("make-encoder")
def make_encoder_cli(
    texts: Annotated[List[Path], typer.Argument(metavar="RAW.txt…", help="Text files in UTF-8")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the encoder")],
    layers: Annotated[int, typer.Option("--layers", "-l", min=1, help="Number of layers")] = 4,
    width: Annotated[
        int, typer.Option("--width", "-w", min=1, help="Width, a multiple of --heads")
    ] = 128,
    heads: Annotated[int, typer.Option("--heads", min=1, help="Attention heads of a layer")] = 4,
    length: Annotated[
        int, typer.Option("--length", min=8, help="Most word pieces of a text")
    ] = 512,
    min_count: Annotated[
        int, typer.Option("--min-count", min=1, help="How often a character must occur")
    ] = 1,
    vectors: Annotated[
        Optional[str],
        typer.Option("--vectors", "-v", help="Character vectors of that width to start from"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the weights")] = 0,
) -> None:
    """Make a BERT-like encoder with a vocabulary of the text's characters, in the format of
    transformers, for `--paths.encoder OUT` of configs/joint_focused.cfg and wherever an encoder's
    name is asked for. Its weights are random: it takes the place of a pretrained one where no hub
    is at hand, and learns with the task.

    Example: make-encoder records.txt encoder --layers 4 --width 128
    """
    from ..ml.encoder_files import save_encoder
    from ..pretraining.make_encoder import make_encoder

    try:
        encoder = make_encoder(
            tqdm(read_text_lines(texts), unit=" lines", leave=False),
            layers=layers,
            width=width,
            heads=heads,
            length=length,
            min_count=min_count,
            vectors=None if vectors is None else load_model(vectors).vocab,
            seed=seed,
        )
        save_encoder(encoder, output)
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    weights = sum(weight.numel() for weight in encoder.transformer.parameters())
    msg.good(f"{len(encoder.tokenizer)} word pieces, {weights} weights: {output}")
