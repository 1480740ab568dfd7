"""`python -m spacy clinrel calibrate`: calibrate the scores of a pipeline."""

from pathlib import Path
from typing import Annotated, Optional

import typer
from spacy.cli._util import setup_gpu
from wasabi import msg

from ..evaluation.calibrate import Calibration, calibrate
from ._app import app


@app.command("calibrate")
def calibrate_cli(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Package name or folder of a pipeline")
    ],
    data_path: Annotated[
        Path,
        typer.Argument(
            metavar="DATA_PATH", help=".spacy file or folder of gold documents, e.g. the dev set"
        ),
    ],
    output: Annotated[
        Path, typer.Argument(metavar="OUT", help="Folder for the calibrated pipeline")
    ],
    scheme: Annotated[
        Optional[str],
        typer.Option(help="Map gold relation labels to this label scheme, e.g. 11-labels"),
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU ID, or -1 for the CPU")] = -1,
) -> None:
    """Calibrate the probabilities of a relation_classifier with temperature scaling.

    The temperature is fitted on pairs of gold entities. It divides the scores before the softmax,
    or before the sigmoid if a pair may have several labels. The best label of a pair stays the
    same, but its confidence changes. This affects which relations are above the threshold, and the
    confidence that visualize shows. Use documents that the pipeline was not trained on.
    """
    try:
        setup_gpu(use_gpu, silent=True)
        calibration = calibrate(model, data_path, output, scheme=scheme, progress=True)
    except (ValueError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_calibration(calibration)
    msg.good(f"Saved the pipeline with temperature {calibration.temperature:.3f} to {output}")


def print_calibration(calibration: Calibration) -> None:
    """Print the calibration errors as a table.

    calibration (Calibration): The return value of `calibrate`.
    """
    rows = [
        (name, *(_percent(calibration.errors[name + suffix]) for suffix in ("", "_calibrated")))
        for name in ("all", "relations")
    ]
    header = ("Expected calibration error, %", "before", "after")
    msg.table(rows, header=header, aligns=("l", "r", "r"), divider=True)


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
