"""Calibration of a pipeline's `assertion_classifier`."""

from typing import Any, Callable, Iterable, List, NamedTuple, Sequence, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch

from ..errors import Errors
from .calibration import CalibrationErrors, binary_classes, calibration_errors, fit_temperature
from .evaluate import entity_components
from .pair_scores import BATCH_SIZE

FACTORY = "assertion_classifier"


class AssertionCalibration(NamedTuple):
    """The fitted temperature of an `assertion_classifier` and the calibration errors.

    temperature (float): The temperature that fits the gold attributes best.
    errors (Dict[str, Optional[float]]): Expected calibration error over all combinations of mention
        and attribute ("all"), and over those where the attribute is more likely than not
        ("attributes"); with the temperature, "all_calibrated" and "attributes_calibrated". None if
        there are no such combinations.
    """

    temperature: float
    errors: CalibrationErrors


def assertion_components(nlp: Language) -> List[str]:
    """Return the names of the trained components that set assertion attributes.

    nlp (Language): The pipeline.
    RETURNS (List[str]): The names, in the order of the pipeline.
    """
    return [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FACTORY]


def calibrate_assertion(
    nlp: Language,
    name: str,
    examples: Sequence[Example],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> AssertionCalibration:
    """Fit and set the temperature of an `assertion_classifier`. Its current temperature is ignored.

    nlp (Language): The pipeline, changed in place.
    name (str): The component's name.
    examples (Sequence[Example]): Documents that are annotated with attributes, with mentions on the
        predicted side.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (AssertionCalibration): The temperature and the calibration errors.
    RAISES (ValueError): If no mention of the documents is annotated with attributes.
    """
    component: Any = nlp.get_pipe(name)
    before = component.cfg["temperature"]
    component.cfg["temperature"] = 1.0
    try:
        scores, gold = annotated_attributes(nlp, name, examples, progress)
    finally:
        component.cfg["temperature"] = before
    if not scores.size:
        raise ValueError(Errors.C054.format(name=name))
    p, classes = binary_classes(scores.ravel()), gold.ravel().astype("int64")
    temperature = fit_temperature(p, classes)
    component.cfg["temperature"] = temperature
    nlp.get_pipe_config(name)["temperature"] = temperature
    return AssertionCalibration(
        temperature, calibration_errors(p, classes, temperature, "attributes")
    )


def annotated_attributes(
    nlp: Language,
    name: str,
    examples: Sequence[Example],
    progress: Callable[[Iterable[Doc]], Iterable[Doc]] = iter,
) -> Tuple[np.ndarray, np.ndarray]:
    """Score the attributes of annotated mentions.

    nlp (Language): The pipeline. The components before the classifier run too, except those that
        set entities.
    name (str): The component's name.
    examples (Sequence[Example]): The documents, with mentions on the predicted side. Predicted
        mentions that are not gold mentions are not annotated.
    progress (Callable[[Iterable[Doc]], Iterable[Doc]]): Wraps the stream of documents.
    RETURNS (Tuple[ndarray, ndarray]): Probabilities of the attributes that the model predicts, and
        whether they hold. Shape: (mentions, labels) each
    """
    component: Any = nlp.get_pipe(name)
    columns = component.columns
    parts = [(np.zeros((0, len(columns)), "float32"), np.zeros((0, len(columns)), dtype=bool))]
    replaced = entity_components(nlp)
    previous = nlp.pipe_names[: nlp.pipe_names.index(name)]
    with nlp.select_pipes(enable=[part for part in previous if part not in replaced]):
        docs = progress(eg.predicted for eg in examples)
        stream = nlp.pipe(docs, batch_size=BATCH_SIZE)
        pairs = (Example(doc, eg.reference) for doc, eg in zip(stream, examples))
        for batch in minibatch(pairs, BATCH_SIZE):
            mentions, p = component.predict([eg.predicted for eg in batch])
            gold = component.gold_attributes(batch, mentions)
            rows = gold.annotated
            parts.append((p[rows][:, columns], gold.holds[rows][:, columns]))
    scores, holds = (np.concatenate(values) for values in zip(*parts))
    return scores, holds
