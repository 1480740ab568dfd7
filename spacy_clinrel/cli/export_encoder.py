"""`python -m spacy clinrel export-encoder`: start a training from another pipeline's encoder."""

from pathlib import Path
from typing import Annotated, Optional

import typer
from wasabi import msg

from ..pretraining.export_encoder import export_encoder
from ._app import app


@app.command("export-encoder")
def export_encoder_cli(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Pipeline: package or folder")],
    output: Annotated[Path, typer.Argument(metavar="OUT.bin", help="Output file")],
    component: Annotated[
        Optional[str],
        typer.Option(
            "--component",
            "-c",
            help="Component whose encoder is saved. Default: the only one that has an encoder",
        ),
    ] = None,
) -> None:
    """Save the encoder of a trained pipeline, so that another training can start from it.

    Train the other pipeline with `--paths.init_tok2vec OUT.bin`. Its encoder must have the same
    architecture and sizes. The block [pretraining] of its config must name the component that has
    the encoder: if the block is empty, spaCy ignores the file.

    Example: export-encoder training/cmeee/model-best cmeee.bin
    """
    try:
        name = export_encoder(model, output, component=component)
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    msg.good(f"Saved the encoder of '{name}' to {output}")
