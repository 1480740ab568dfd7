"""`python -m spacy clinrel make-encoder`: create a BERT encoder with random weights."""

from functools import partial
from pathlib import Path
from typing import Annotated, List, Optional

import typer
from tqdm import tqdm
from wasabi import msg

from ._app import app
from ._options import EncodingOption


@app.command("make-encoder")
def make_encoder_cli(
    texts: Annotated[List[Path], typer.Argument(metavar="RAW.txt…", help="Text files")],
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder")],
    layers: Annotated[int, typer.Option("--layers", "-l", min=1, help="Number of layers")] = 4,
    width: Annotated[
        int, typer.Option("--width", "-w", min=1, help="Hidden size, a multiple of --heads")
    ] = 128,
    heads: Annotated[
        int, typer.Option("--heads", min=1, help="Number of attention heads per layer")
    ] = 4,
    length: Annotated[
        int, typer.Option("--length", min=8, help="Maximum number of word pieces per text")
    ] = 512,
    min_count: Annotated[
        int, typer.Option("--min-count", min=1, help="Minimum number of occurrences of a character")
    ] = 1,
    vectors: Annotated[
        Optional[str],
        typer.Option(
            "--vectors",
            "-v",
            help="Pipeline whose character vectors initialize the embeddings; their width must "
            "equal --width",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Random seed for the weights")] = 0,
    encoding: EncodingOption = None,
) -> None:
    """Create a BERT encoder with random weights, for use where no pretrained encoder is available.

    The vocabulary consists of the characters of the texts. The encoder is saved in the format of
    transformers and is trained together with the task. Use OUT wherever a config needs the name of
    an encoder, e.g. `--paths.encoder OUT` with configs/joint_focused.cfg.

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
            encoding=encoding,
            progress=partial(tqdm, unit=" lines", leave=False, disable=None),
        )
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    weights = sum(weight.numel() for weight in encoder.transformer.parameters())
    pieces = len(encoder.tokenizer)
    msg.good(f"Saved an encoder with {pieces} word pieces and {weights} weights to {output}")
