"""Calibration of a pipeline: the temperatures of its classifiers."""

import warnings
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterable, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from tqdm import tqdm

from ..data.readers import Corpus
from ..errors import Errors, Warnings
from ..pipeline.loading import load_pipeline
from ..tokens import has_assertion, relation_edges
from ..tokens.silver import check_gold
from .calibrate_assertion import (
    AssertionCalibration,
    assertion_components,
    calibrate_assertion,
)
from .calibration import (
    CalibrationErrors,
    binary_classes,
    calibration_errors,
    fit_temperature,
)
from .pair_scores import (
    ScoredPairs,
    classifier_settings,
    find_component,
    gold_classes,
    gold_examples,
    gold_labels,
    has_component,
    score_pairs,
)


class Calibration(NamedTuple):
    """Fitted temperatures and the calibration errors before and after.

    temperature (Optional[float]): The temperature of the `relation_classifier` that fits the gold
        classes best. None if the pipeline has only an `assertion_classifier`.
    errors (Dict[str, Optional[float]]): Expected calibration error of the best class, over all
        pairs ("all") and over pairs whose best class is a relation ("relations"); with the
        temperature, "all_calibrated" and "relations_calibrated". None if there are no such pairs.
        If labels are not exclusive, each combination of pair and label counts as a separate pair
        with two classes: label and no label.
    assertion (Optional[AssertionCalibration]): The same for the `assertion_classifier`. None if the
        pipeline has none, or none of the documents is annotated with attributes.
    """

    temperature: Optional[float]
    errors: CalibrationErrors
    assertion: Optional[AssertionCalibration] = None


def calibrate(
    model: Union[str, Path, Language],
    data_path: Union[str, Path],
    output: Optional[Union[str, Path]] = None,
    *,
    scheme: Optional[str] = None,
    progress: bool = False,
) -> Calibration:
    """Fit the temperatures of a pipeline's `relation_classifier` and `assertion_classifier` on gold
    entities.

    A calibrated score is the probability that the relation or attribute is correct. Use documents
    that the pipeline was not trained on.

    model (Union[str, Path, Language]): Name or path of a pipeline, or a loaded pipeline, whose
        temperature is set in place.
    data_path (Union[str, Path]): A .spacy file of gold documents, or a folder of them.
    output (Optional[Union[str, Path]]): Folder for the calibrated pipeline, new or empty. None to
        save nothing.
    scheme (Optional[str]): Name of a label scheme that the gold relations are projected to, e.g.
        "11-labels".
    progress (bool): Show a progress bar if stderr is a terminal.
    RETURNS (Calibration): The temperatures and the calibration errors.
    RAISES (ValueError): If the data can't be read or was annotated by a model, if nothing in it is
        annotated, if the folder is not empty, or if the pipeline has neither exactly one
        `relation_classifier` nor an `assertion_classifier`.
    RAISES (OSError): If the pipeline can't be found.

    EXAMPLE:
        result = spacy_clinrel.calibrate("training/model-best", "dev.spacy", "calibrated")
        print(result.temperature, result.errors["all"], result.errors["all_calibrated"])
    """
    data_path = Path(data_path)
    output = None if output is None else Path(output)
    if output is not None and output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise ValueError(Errors.B009.format(path=output))
    nlp = model if isinstance(model, Language) else load_pipeline(model)
    docs = [example.reference for example in Corpus(data_path, scheme=scheme)(nlp)]
    check_gold(docs, data_path)
    bar = partial(
        tqdm,
        total=len(docs),
        desc="Documents",
        leave=False,
        disable=None if progress else True,
    )
    judges = assertion_components(nlp)
    has_relations = not judges or has_component(nlp)
    calibration = Calibration(None, {})
    if has_relations:
        unknown = _unknown_labels(nlp, docs)
        if unknown:
            message = Warnings.W007.format(path=data_path, labels=", ".join(unknown))
            warnings.warn(message, stacklevel=2)
        calibration = calibrate_pipeline(nlp, docs, keep=True, progress=bar)
    if judges and (not has_relations or any(map(has_assertion, docs))):
        calibration = calibration._replace(
            assertion=calibrate_assertion(nlp, judges[0], docs, progress=bar)
        )
    if output is not None:
        nlp.to_disk(output)
    return calibration


def _unknown_labels(nlp: Language, docs: Iterable[Doc]) -> List[str]:
    """Return the labels of gold relations that the pipeline does not know, sorted."""
    labels = {label for doc in docs for _, _, label, _ in relation_edges(doc)}
    return sorted(labels - set(classifier_settings(nlp).labels))


def calibrate_pipeline(
    nlp: Language,
    docs: Sequence[Doc],
    keep: bool,
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Calibration:
    """Fit the temperature of a pipeline. Its current temperature is ignored.

    nlp (Language): The pipeline, changed in place.
    docs (Sequence[Doc]): Gold documents.
    keep (bool): Set the fitted temperature. Otherwise the temperature is set to 1.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Calibration): The temperature and the calibration errors.
    RAISES (ValueError): If no candidate pair of the documents is annotated.
    """
    set_temperature(nlp, 1.0)
    calibration = fit_calibration(*annotated_pairs(nlp, docs, progress))
    if keep and calibration.temperature is not None:
        set_temperature(nlp, calibration.temperature)
    return calibration


def fit_calibration(scored: ScoredPairs, gold: np.ndarray) -> Calibration:
    """Fit a temperature, and measure the calibration error with and without it.

    scored (ScoredPairs): Annotated pairs, scored at temperature 1.
    gold (ndarray): Their gold classes. Shape: (pairs,)
    RETURNS (Calibration): The temperature and the calibration errors.
    RAISES (ValueError): If there are no pairs.
    """
    if not len(gold):
        raise ValueError(Errors.B010)
    temperature = fit_temperature(scored.p, gold)
    return Calibration(temperature, calibration_errors(scored.p, gold, temperature, "relations"))


def set_temperature(nlp: Language, temperature: float) -> None:
    """Set the temperature of a pipeline's relation classifier, in the component and in the config.

    nlp (Language): The pipeline, changed in place.
    temperature (float): The temperature.
    """
    name = find_component(nlp)
    component: Any = nlp.get_pipe(name)
    component.cfg["temperature"] = temperature
    nlp.get_pipe_config(name)["temperature"] = temperature


def annotated_pairs(
    nlp: Language,
    docs: Sequence[Doc],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Tuple[ScoredPairs, np.ndarray]:
    """Score the annotated candidate pairs of gold documents.

    nlp (Language): The pipeline.
    docs (Sequence[Doc]): Gold documents.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Tuple[ScoredPairs, ndarray]): The pairs, and their gold classes, shape (pairs,). If
        labels are not exclusive, there is one row for each combination of pair and label, with
        class 1 if the pair has the label, else 0.
    """
    examples = gold_examples(nlp, docs)
    scored = score_pairs(nlp, [eg.predicted for eg in examples], progress)
    if classifier_settings(nlp).exclusive:
        classes = gold_classes(nlp, examples)
        return scored.select(classes >= 0), classes[classes >= 0]
    gold, is_annotated = gold_labels(nlp, examples)
    rows = np.repeat(np.flatnonzero(is_annotated), gold.shape[1])
    scores = scored.p[is_annotated, 1:].ravel()
    binary = ScoredPairs(scored.docs[rows], scored.pairs[rows], binary_classes(scores))
    return binary, gold[is_annotated].ravel().astype("int64")
