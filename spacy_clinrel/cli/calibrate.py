"""`python -m spacy clinrel calibrate`: calibrate the scores of a pipeline."""

from pathlib import Path
from typing import Annotated, Dict, List, Optional, Tuple

import typer
from spacy.cli._util import import_code, setup_gpu
from wasabi import msg

from ..evaluation.calibrate import Calibration, calibrate
from ..evaluation.calibration import CalibrationErrors
from ._app import app
from ._options import CodeOption, GpuOption


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
    end_to_end: Annotated[
        bool,
        typer.Option(
            "--end-to-end",
            "-E",
            help="Fit on the entities that the pipeline predicts, instead of gold entities",
        ),
    ] = False,
    fit_threshold: Annotated[
        bool,
        typer.Option(
            "--fit-threshold",
            "-T",
            help="Also set the relation_classifier's threshold to the one with the best micro F",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", "-F", help="Replace the pipeline in OUT, if there is one")
    ] = False,
    code: CodeOption = None,
    use_gpu: GpuOption = -1,
) -> None:
    """Calibrate the probabilities of a relation_classifier and of an assertion_classifier.

    A temperature is fitted for each. It divides the scores before the softmax, or before the
    sigmoid if a pair or mention may have several labels. The best label stays the same, but its
    confidence changes. This affects which relations and attributes are above the threshold, and the
    confidence that visualize shows. Use documents that the pipeline was not trained on.

    By default, it is fitted on gold entities. If the pipeline predicts the entities, use
    --end-to-end: its relations are then correct less often, because an entity may be wrong.

    Example: calibrate training/model-best dev.spacy calibrated --end-to-end --fit-threshold
    """
    try:
        import_code(code)
        setup_gpu(use_gpu, silent=True)
        calibration = calibrate(
            model,
            data_path,
            output,
            scheme=scheme,
            end_to_end=end_to_end,
            fit_threshold=fit_threshold,
            force=force,
            progress=True,
        )
    except (ValueError, OSError) as error:
        msg.fail(str(error), exits=1)
    print_calibration(calibration)
    temperatures = [calibration.temperature]
    if calibration.assertion is not None:
        temperatures.append(calibration.assertion.temperature)
    shown = " and ".join(f"{value:.3f}" for value in temperatures if value is not None)
    msg.good(f"Saved the pipeline with temperature {shown} to {output}")


def print_calibration(calibration: Calibration) -> None:
    """Print the calibration errors as a table, and the threshold.

    calibration (Calibration): The return value of `calibrate`.
    """
    rows = _rows(calibration.errors, {"all": "all pairs", "relations": "relations"})
    if calibration.assertion is not None:
        names = {"all": "all mentions and attributes", "attributes": "attributes"}
        rows += _rows(calibration.assertion.errors, names)
    header = ("Expected calibration error, %", "before", "after")
    msg.table(rows, header=header, aligns=("l", "r", "r"), divider=True)
    fitted = calibration.threshold
    if fitted is not None:
        msg.text(
            f"Threshold {fitted.threshold:.2f}: micro F of the relations {_percent(fitted.f)} "
            f"(before, with threshold {fitted.previous:.2f}: {_percent(fitted.previous_f)})"
        )
        if fitted.f < fitted.previous_f:
            msg.warn(
                "The calibrated pipeline has a lower micro F, since the temperature changes the "
                "order of relations between different pairs. If micro F matters more than "
                "confidence, use the pipeline as it was before."
            )


def _rows(errors: CalibrationErrors, names: Dict[str, str]) -> List[Tuple[str, str, str]]:
    """Return the rows of a table: name, error before, error after."""
    return [
        (shown, _percent(errors[name]), _percent(errors[f"{name}_calibrated"]))
        for name, shown in names.items()
        if name in errors
    ]


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
