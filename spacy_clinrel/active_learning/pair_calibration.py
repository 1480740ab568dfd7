"""Temperature scaling of a pipeline's relation classifier."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from ..errors import Errors
from ..evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)
from .pair_scores import (
    ScoredPairs,
    classifier_settings,
    find_component,
    gold_classes,
    gold_examples,
    gold_labels,
    score_pairs,
)


class Calibration(NamedTuple):
    """A fitted temperature and the calibration errors before and after.

    temperature (float): The temperature that fits the gold classes best.
    errors (Dict[str, Optional[float]]): Expected calibration error of the best class, over all
        pairs ("all") and over pairs whose best class is a relation ("relations"); with the
        temperature, "all_calibrated" and "relations_calibrated". None if there are no such pairs.
        Without exclusive labels, each pair and label counts as a pair of its own, whose classes are
        having the label or not.
    """

    temperature: float
    errors: Dict[str, Optional[float]]


def calibrate_pipeline(nlp: Language, docs: List[Doc], keep: bool) -> Calibration:
    """Fit the temperature of a pipeline. The temperature that it has is ignored.

    nlp (Language): The pipeline, changed in place.
    docs (List[Doc]): Gold documents.
    keep (bool): Whether to set the fitted temperature; otherwise it is set to 1.
    RETURNS (Calibration): The temperature and the calibration errors.
    RAISES (ValueError): If no candidate pair of the documents is annotated.
    """
    set_temperature(nlp, 1.0)
    calibration = calibrate(*annotated_pairs(nlp, docs))
    if keep:
        set_temperature(nlp, calibration.temperature)
    return calibration


def calibrate(scored: ScoredPairs, gold: np.ndarray) -> Calibration:
    """Fit a temperature, and measure the calibration error with and without it.

    scored (ScoredPairs): Annotated pairs, scored at temperature 1.
    gold (ndarray): Their gold classes. Shape: (pairs,)
    RETURNS (Calibration): The temperature and the calibration errors.
    RAISES (ValueError): If there are no pairs.
    """
    if not len(gold):
        raise ValueError(Errors.B010)
    temperature = fit_temperature(scored.p, gold)
    errors: Dict[str, Optional[float]] = {}
    for suffix, p in (("", scored.p), ("_calibrated", temper(scored.p, temperature))):
        classes, confidence = p.argmax(axis=1), p.max(axis=1)
        is_correct = classes == gold
        for name, rows in (("all", classes >= 0), ("relations", classes > 0)):
            table = reliability(confidence[rows], is_correct[rows], bins=15)
            errors[name + suffix] = expected_calibration_error(table) if rows.any() else None
    return Calibration(temperature, errors)


def set_temperature(nlp: Language, temperature: float) -> None:
    """Set the temperature of a pipeline's relation classifier, in the component and in the config.

    nlp (Language): The pipeline, changed in place.
    temperature (float): The temperature.
    """
    name = find_component(nlp)
    component: Any = nlp.get_pipe(name)
    component.cfg["temperature"] = temperature
    nlp.get_pipe_config(name)["temperature"] = temperature


def annotated_pairs(nlp: Language, docs: List[Doc]) -> Tuple[ScoredPairs, np.ndarray]:
    """Score the annotated candidate pairs of gold documents.

    nlp (Language): The pipeline.
    docs (List[Doc]): Gold documents.
    RETURNS (Tuple[ScoredPairs, ndarray]): The pairs, and their gold classes, shape (pairs,).
        Without exclusive labels, one row for each pair and label, with class 1 if the pair has the
        label.
    """
    examples = gold_examples(nlp, docs)
    scored = score_pairs(nlp, [eg.predicted for eg in examples])
    if classifier_settings(nlp).exclusive:
        classes = gold_classes(nlp, examples)
        return scored.select(classes >= 0), classes[classes >= 0]
    gold, is_annotated = gold_labels(nlp, examples)
    rows = np.repeat(np.flatnonzero(is_annotated), gold.shape[1])
    scores = scored.p[is_annotated, 1:].ravel()
    p = np.stack([1.0 - scores, scores], axis=1)
    binary = ScoredPairs(scored.docs[rows], scored.pairs[rows], p)
    return binary, gold[is_annotated].ravel().astype("int64")
