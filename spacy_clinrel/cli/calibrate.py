"""`python -m spacy clinrel calibrate`: let a pipeline's scores mean what they say."""

import warnings
from pathlib import Path
from typing import Annotated, Any, Dict, List, Optional

import typer
from spacy import util
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.tokens import Doc
from wasabi import msg

from ..active_learning.pair_calibration import calibrate_pipeline
from ..active_learning.pair_scores import find_component
from ..data.readers import Corpus
from ..errors import Errors, Warnings
from ..tokens import relation_edges
from ..tokens.silver import check_gold
from ._app import app


@app.command("calibrate")
def calibrate_cli(
    model: Annotated[str, typer.Argument(help="Name or path of the pipeline")],
    data_path: Annotated[
        Path, typer.Argument(help="A .spacy file, or a folder of them, of gold documents, e.g. dev")
    ],
    output: Annotated[Path, typer.Argument(help="Folder for the calibrated pipeline")],
    scheme: Annotated[
        Optional[str],
        typer.Option(help="Label scheme that relations are projected to, e.g. 11-labels"),
    ] = None,
    use_gpu: Annotated[int, typer.Option("--gpu-id", "-g", help="GPU, or -1 for the CPU")] = -1,
) -> None:
    """Fit the temperature of a pipeline's relation_classifier, between gold entities.

    Dividing the scores before the softmax (or, where a pair may have several labels, the sigmoid)
    by one number, the temperature, changes no best label,
    but how sure it is: which relations are above the threshold, and what --threshold of bootstrap
    and the confidence in pictures mean. Fit it on documents that the pipeline was not trained on.
    """
    try:
        setup_gpu(use_gpu, silent=True)
        found = calibrate_path(model, data_path, output, scheme)
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


def calibrate_path(
    model: str, data_path: Path, output: Path, scheme: Optional[str] = None
) -> Dict[str, Any]:
    """Fit a temperature and save the pipeline with it.

    model (str): Name or path of the pipeline.
    data_path (Path): A .spacy file of gold documents, or a folder of them.
    output (Path): Folder for the pipeline, new or empty.
    scheme (Optional[str]): Label scheme that their relations are projected to.
    RETURNS (Dict[str, Any]): "temperature", and the "errors" of the best class of "all" pairs and
        of those taken for "relations", without and with it ("_calibrated").
    RAISES (ValueError): If the data can't be read or is silver, the folder is taken, or the
        pipeline has no relation_classifier.
    """
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ValueError(Errors.B009.format(path=output))
    nlp = util.load_model(model)
    docs = [example.reference for example in Corpus(data_path, scheme=scheme)(nlp)]
    check_gold(docs, data_path)
    warn_unknown(nlp, docs, data_path)
    found = calibrate_pipeline(nlp, docs, keep=True)
    nlp.to_disk(output)
    return found._asdict()


def warn_unknown(nlp: Language, docs: List[Doc], path: Path) -> None:
    """Warn of relations that count as none, as the pipeline does not know their labels.

    nlp (Language): The pipeline.
    docs (List[Doc]): Gold documents.
    path (Path): Where they come from.
    """
    component: Any = nlp.get_pipe(find_component(nlp))
    labels = {label for doc in docs for _, _, label, _ in relation_edges(doc)}
    unknown = ", ".join(sorted(labels - set(component.labels)))
    if unknown:
        warnings.warn(Warnings.W007.format(path=path, labels=unknown), stacklevel=3)


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"
