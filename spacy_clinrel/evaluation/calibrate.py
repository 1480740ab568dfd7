"""Calibration of a pipeline: the temperatures of its classifiers."""

import warnings
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterable, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from tqdm import tqdm

from ..data.readers import Corpus
from ..errors import Errors, Warnings
from ..files import replacing_folder
from ..pipeline.loading import load_pipeline
from ..pipeline.temperature import temper
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
    predicted_examples,
    score_pairs,
)
from .scorers import relation_keys
from .threshold import FittedThreshold, best_threshold

META = "meta.json"


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
    threshold (Optional[FittedThreshold]): The fitted threshold of the `relation_classifier`. None
        if it was not fitted.
    """

    temperature: Optional[float]
    errors: CalibrationErrors
    assertion: Optional[AssertionCalibration] = None
    threshold: Optional[FittedThreshold] = None


def calibrate(
    model: Union[str, Path, Language],
    data_path: Union[str, Path],
    output: Optional[Union[str, Path]] = None,
    *,
    scheme: Optional[str] = None,
    end_to_end: bool = False,
    fit_threshold: bool = False,
    force: bool = False,
    progress: bool = False,
) -> Calibration:
    """Fit the temperatures of a pipeline's `relation_classifier` and `assertion_classifier`.

    A calibrated score is the probability that the relation or attribute is correct. By default, the
    temperatures are fitted on gold entities. Relations between predicted entities are correct less
    often, so calibrate a pipeline that predicts entities with `end_to_end`. Use documents that the
    pipeline was not trained on.

    model (Union[str, Path, Language]): Name or path of a pipeline, or a loaded pipeline, whose
        temperature is set in place.
    data_path (Union[str, Path]): A .spacy file of gold documents, or a folder of them.
    output (Optional[Union[str, Path]]): Folder for the calibrated pipeline, new or empty. None to
        save nothing.
    scheme (Optional[str]): Name of a label scheme that the gold relations are projected to, e.g.
        "11-labels".
    end_to_end (bool): Fit on the entities that the pipeline predicts. A pair has a gold relation
        only if the boundaries and types of both mentions are correct, else no relation. Attributes
        are fitted on the correct mentions.
    fit_threshold (bool): Also set the threshold of the `relation_classifier` to the value from 0.05
        to 0.95 with the highest micro F1 of the relations.
    force (bool): Replace the pipeline in the output folder.
    progress (bool): Show a progress bar if stderr is a terminal.
    RETURNS (Calibration): The temperatures and the calibration errors.
    RAISES (ValueError): If the data can't be read or was annotated by a model, if nothing in it is
        annotated, if the folder is not empty (with `force`, if it has no pipeline), or if the
        pipeline has neither exactly one `relation_classifier` nor an `assertion_classifier`.
    RAISES (OSError): If the pipeline can't be found.

    EXAMPLE:
        result = spacy_clinrel.calibrate("training/model-best", "dev.spacy", "calibrated")
        print(result.temperature, result.errors["all"], result.errors["all_calibrated"])
    """
    data_path = Path(data_path)
    output = None if output is None else Path(output)
    if output is not None:
        _check_folder(output, force)
    nlp = model if isinstance(model, Language) else load_pipeline(model)
    examples = list(Corpus(data_path, scheme=scheme)(nlp))
    docs = [example.reference for example in examples]
    check_gold(docs, data_path)
    bar = partial(
        tqdm, total=len(docs), desc="Documents", leave=False, disable=None if progress else True
    )

    def with_mentions(name: str) -> List[Example]:
        if end_to_end:  # each component gets new documents, which it changes
            return predicted_examples(nlp, name, examples, bar)
        return gold_examples(nlp, docs)

    judges = assertion_components(nlp)
    has_relations = fit_threshold or not judges or has_component(nlp)
    calibration = Calibration(None, {})
    if has_relations:
        unknown = _unknown_labels(nlp, docs)
        if unknown:
            message = Warnings.W007.format(path=data_path, labels=", ".join(unknown))
            warnings.warn(message, stacklevel=2)
        calibration = calibrate_pipeline(
            nlp, with_mentions(find_component(nlp)), fit_threshold=fit_threshold, progress=bar
        )
    if judges and (not has_relations or any(map(has_assertion, docs))):
        assertion = calibrate_assertion(nlp, judges[0], with_mentions(judges[0]), progress=bar)
        calibration = calibration._replace(assertion=assertion)
    if output is not None:
        with replacing_folder(output) as draft:
            nlp.to_disk(draft)
    return calibration


def _check_folder(output: Path, force: bool) -> None:
    """Check that the output replaces nothing, or a pipeline if `force` is set."""
    is_free = not output.exists() or (output.is_dir() and not any(output.iterdir()))
    if not is_free and not (force and (output / META).is_file()):
        raise ValueError(Errors.B009.format(path=output))


def _unknown_labels(nlp: Language, docs: Iterable[Doc]) -> List[str]:
    """Return the labels of gold relations that the pipeline does not know, sorted."""
    labels = {label for doc in docs for _, _, label, _ in relation_edges(doc)}
    return sorted(labels - set(classifier_settings(nlp).labels))


def calibrate_pipeline(
    nlp: Language,
    examples: Sequence[Example],
    *,
    keep: bool = True,
    fit_threshold: bool = False,
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Calibration:
    """Fit the temperature of a pipeline's relation classifier. The fitted values do not depend on
    its current temperature.

    nlp (Language): The pipeline, changed in place.
    examples (Sequence[Example]): Gold documents, with mentions on the predicted side.
    keep (bool): Set the fitted temperature. Otherwise the temperature is set to 1.
    fit_threshold (bool): Also fit the threshold, and set it.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Calibration): The temperature, the calibration errors and the threshold.
    RAISES (ValueError): If no candidate pair of the documents is annotated.
    """
    previous = dict(nlp.get_pipe(find_component(nlp)).cfg)  # type: ignore[attr-defined]
    set_temperature(nlp, 1.0)
    scored, gold = score_annotated_pairs(nlp, examples, progress)
    calibration = fit_calibration(scored, gold)
    temperature = calibration.temperature if keep and calibration.temperature else 1.0
    set_temperature(nlp, temperature)
    if fit_threshold:
        relations = temper(scored.p, temperature)[:, 1:]
        is_right = 1 + relations.argmax(axis=1) == gold
        before = temper(scored.p, previous["temperature"])[:, 1:]
        fitted = best_threshold(
            relations.max(axis=1),
            before.max(axis=1),
            is_right,
            _count_gold(examples),
            previous["threshold"],
        )
        _set_option(nlp, "threshold", fitted.threshold)
        calibration = calibration._replace(threshold=fitted)
    return calibration


def _count_gold(examples: Iterable[Example]) -> int:
    """Count the gold relations, as `score_relations` does."""
    return sum(len(relation_keys(example.reference)["micro"]) for example in examples)


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
    _set_option(nlp, "temperature", temperature)


def _set_option(nlp: Language, option: str, value: float) -> None:
    """Set an option of the relation classifier, in the component and in the config."""
    name = find_component(nlp)
    component: Any = nlp.get_pipe(name)
    component.cfg[option] = value
    nlp.get_pipe_config(name)[option] = value


def annotated_pairs(
    nlp: Language,
    docs: Sequence[Doc],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Tuple[ScoredPairs, np.ndarray]:
    """Score the annotated candidate pairs of gold mentions.

    nlp (Language): The pipeline.
    docs (Sequence[Doc]): Gold documents.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Tuple[ScoredPairs, ndarray]): See `score_annotated_pairs`.
    """
    return score_annotated_pairs(nlp, gold_examples(nlp, docs), progress)


def score_annotated_pairs(
    nlp: Language,
    examples: Sequence[Example],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Tuple[ScoredPairs, np.ndarray]:
    """Score the annotated candidate pairs of gold documents.

    nlp (Language): The pipeline.
    examples (Sequence[Example]): The documents, with mentions on the predicted side. A pair of
        predicted mentions has a gold relation only if both are gold mentions.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Tuple[ScoredPairs, ndarray]): The pairs, and their gold classes, shape (pairs,). If
        labels are not exclusive, there is one row for each combination of pair and label, with
        class 1 if the pair has the label, else 0.
    """
    scored = score_pairs(nlp, [eg.predicted for eg in examples], progress)
    if classifier_settings(nlp).exclusive:
        classes = gold_classes(nlp, examples)
        return scored.select(classes >= 0), classes[classes >= 0]
    gold, is_annotated = gold_labels(nlp, examples)
    rows = np.repeat(np.flatnonzero(is_annotated), gold.shape[1])
    scores = scored.p[is_annotated, 1:].ravel()
    binary = ScoredPairs(scored.docs[rows], scored.pairs[rows], binary_classes(scores))
    return binary, gold[is_annotated].ravel().astype("int64")
