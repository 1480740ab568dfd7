"""`python -m spacy clinrel model-card`: add a model card to a pipeline."""

from pathlib import Path
from typing import Annotated, Optional

import typer
from wasabi import msg

from ..evaluation.model_card import model_card
from ._app import app


@app.command("model-card")
def model_card_cli(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Folder of a pipeline")],
    output: Annotated[
        Path,
        typer.Argument(
            metavar="OUT", help="Folder for a copy of the pipeline with the card, for spacy package"
        ),
    ],
    settings: Annotated[
        Path,
        typer.Argument(
            metavar="SETTINGS",
            help="YAML file with name, description, author, license, evaluations (metrics files) "
            "and so on, e.g. configs/cards/zh_clinrel.yml",
        ),
    ],
    version: Annotated[
        Optional[str],
        typer.Option("--version", "-v", help="Version of the package. Default: from meta.json"),
    ] = None,
) -> None:
    """Copy a pipeline and add a model card: README.md, and the author, licence and so on in
    meta.json.

    The card explains the labels, and reports figures, limits, training data and licence. Figures
    are read from the files that evaluate writes with --output. If a file is missing or older than
    the pipeline, the card says that nothing was measured. Package the copy with spacy package.

    Example: model-card training/zh_clinrel/model-calibrated release configs/cards/zh_clinrel.yml
    """
    try:
        model_card(model, output, settings, version=version)
    except (ValueError, ImportError, OSError) as error:
        msg.fail(str(error), exits=1)
    msg.good(f"Saved the pipeline with its model card: {output / 'README.md'}")
