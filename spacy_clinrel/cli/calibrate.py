"""`python -m spacy clinrel calibrate`: let a pipeline's scores mean what they say."""

from pathlib import Path
from typing import Annotated, Any, Dict, Optional

import typer
from spacy.cli._util import setup_gpu
from wasabi import msg

from ..bootstrap.training import load_calibrated
from ..errors import Errors
from ._app import app


@app.command("calibrate")
def calibrate_cli(
    model: Annotated[str, typer.Argument(help="Name or path of the pipeline")],
    data_path: Annotated[Path, typer.Argument(help="A .spacy file of gold documents, e.g. dev")],
    output: Annotated[Path, typer.Argument(help="Folder for the calibrated pipeline")],
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")] = -1,
) -> None:
    """Fit the temperature of a pipeline's relation_classifier, between gold entities.

    Dividing the scores before the softmax by one number, the temperature, changes no best label,
    but how sure it is: which relations are above the threshold, and what --threshold of bootstrap
    and the confidence in pictures mean. Fit it on documents that the pipeline was not trained on.
    """
    try:
        setup_gpu(use_gpu, silent=True)
        found = calibrate_path(model, data_path, output)
    except (ValueError, OSError) as problem:
        msg.fail(str(problem), exits=1)
    errors = found["errors"]
    rows = [
        (what, *(_percent(errors[what + suffix]) for suffix in ("", "_calibrated")))
        for what in ("all", "relations")
    ]
    header = ("Expected calibration error, %", "before", "after")
    msg.table(rows, header=header, aligns=("l", "r", "r"), divider=True)
    msg.good(f"Temperature {found['temperature']:.3f}, saved with the pipeline to {output}")


def calibrate_path(model: str, data_path: Path, output: Path) -> Dict[str, Any]:
    """Fit a temperature and save the pipeline with it.

    model (str): Name or path of the pipeline.
    data_path (Path): A .spacy file of gold documents.
    output (Path): Folder for the pipeline, new or empty.
    RETURNS (Dict[str, Any]): "temperature", and the "errors" of the best class of "all" pairs and
        of those taken for "relations", without and with it ("_calibrated").
    RAISES (ValueError): If the data can't be read, the folder is taken, or the pipeline has no
        relation_classifier.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ValueError(Errors.B009.format(path=output))
    nlp, found = load_calibrated(model, data_path, keep=True)
    nlp.to_disk(output)
    return found._asdict()


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
