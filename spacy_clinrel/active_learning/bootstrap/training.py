"""One training of a round, and what it is measured by."""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config

from ...data.readers import gold_mentions_doc
from ...errors import Errors
from ...evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    reliability,
    temper,
)
from ...evaluation.evaluate import GOLD_ENTITIES, RELATION_SCORES, evaluate
from ...files import read_docbin
from ..pairs import ScoredPairs, find_component, gold_classes, gold_labels, score_pairs
from .texts import READER


class Calibration(NamedTuple):
    """What dev says of the probabilities.

    temperature (float): Fitted on dev.
    errors (Dict[str, Optional[float]]): Expected calibration error of the best class of all pairs,
        "all", and of those whose best class is a relation, "relations", None if there are none; of
        both under the temperature, "all_calibrated" and "relations_calibrated". Where labels do
        not exclude each other, of whether a pair has a label or not, and of those that it has.
    """

    temperature: float
    errors: Dict[str, Optional[float]]


def train_round(
    config: Config, train_path: Path, dev_path: Path, output: Path, seed: int, use_gpu: int
) -> Path:
    """Train as `spacy train` does, on the documents of a round.

    config (Config): The config. Not changed.
    train_path (Path): .spacy file of gold and silver documents.
    dev_path (Path): .spacy file of gold documents.
    output (Path): Gets model-best and log.txt.
    seed (int): The seed.
    use_gpu (int): GPU, or -1.
    RETURNS (Path): The best model by dev.
    """
    config = config.copy()
    for part, path in (("train", train_path), ("dev", dev_path)):
        config["corpora"][part] = {"@readers": READER, "path": str(path), "gold_entities": True}
    for section in ("training", "system"):
        config.setdefault(section, {})["seed"] = seed
    output.mkdir(parents=True, exist_ok=True)
    nlp = init_nlp(config, use_gpu=use_gpu)
    with (output / "log.txt").open("w", encoding="utf-8") as log:
        train(nlp, output, use_gpu=use_gpu, stdout=log, stderr=log)
    return output / "model-best"


def gold_examples(nlp: Language, docs: List[Doc]) -> List[Example]:
    """nlp (Language): The pipeline.
    docs (List[Doc]): Gold documents.
    RETURNS (List[Example]): Their predicted sides have the mentions alone.
    """
    return [Example(gold_mentions_doc(nlp, doc), doc) for doc in docs]


def measure(nlp: Language, docs: List[Doc]) -> Dict[str, float]:
    """nlp (Language): A pipeline.
    docs (List[Doc]): Gold documents.
    RETURNS (Dict[str, float]): "p", "r" and "f" between gold entities, micro-averaged.
    """
    scores = evaluate(nlp, gold_examples(nlp, docs), gold_entities=True)[GOLD_ENTITIES]
    return {key: scores[name] or 0.0 for key, name in zip("prf", RELATION_SCORES)}


def calibrate(scored: ScoredPairs, gold: np.ndarray) -> Calibration:
    """Fit a temperature, and say how far confidence is from accuracy before and after.

    scored (ScoredPairs): Dev's pairs, at temperature 1.
    gold (ndarray): Their gold classes. Shape: (pairs,)
    RETURNS (Calibration): The temperature and the errors.
    RAISES (ValueError): If there is no pair.
    """
    if not len(gold):
        raise ValueError(Errors.B010)
    temperature = fit_temperature(scored.p, gold)
    errors: Dict[str, Optional[float]] = {}
    for suffix, p in (("", scored.p), ("_calibrated", temper(scored.p, temperature))):
        classes, confidence = p.argmax(axis=1), p.max(axis=1)
        right = classes == gold
        for name, rows in (("all", classes >= 0), ("relations", classes > 0)):
            table = reliability(confidence[rows], right[rows], bins=15)
            errors[name + suffix] = expected_calibration_error(table) if rows.any() else None
    return Calibration(temperature, errors)


def set_temperature(nlp: Language, temperature: float) -> None:
    """Let a pipeline carry its calibration, in its config and where its component is saved.

    nlp (Language): The pipeline, changed in place.
    temperature (float): The temperature.
    """
    name = find_component(nlp)
    component: Any = nlp.get_pipe(name)
    component.cfg["temperature"] = temperature
    nlp.get_pipe_config(name)["temperature"] = temperature


def dev_scores(nlp: Language, docs: List[Doc]) -> Tuple[ScoredPairs, np.ndarray]:
    """nlp (Language): A pipeline.
    docs (List[Doc]): Gold documents.
    RETURNS (Tuple[ScoredPairs, ndarray]): Their annotated candidate pairs and the gold classes of
        these. Where labels do not exclude each other, each pair with each label apart: class 1 if
        it has the label.
    """
    examples = gold_examples(nlp, docs)
    scored = score_pairs(nlp, [eg.predicted for eg in examples])
    component: Any = nlp.get_pipe(find_component(nlp))
    if component.cfg["exclusive"]:
        classes = gold_classes(nlp, examples)
        return scored.select(classes >= 0), classes[classes >= 0]
    gold, annotated = gold_labels(nlp, examples)
    rows = np.repeat(np.flatnonzero(annotated), gold.shape[1])
    scores = scored.p[annotated, 1:].ravel()
    p = np.stack([1.0 - scores, scores], axis=1)
    flat = ScoredPairs(scored.docs[rows], scored.pairs[rows], p)
    return flat, gold[annotated].ravel().astype("int64")


def load_calibrated(
    model: Union[str, Path], dev_path: Path, keep: bool
) -> Tuple[Language, Calibration]:
    """A trained pipeline and its calibration on dev.

    model (Union[str, Path]): The pipeline's name or folder.
    dev_path (Path): .spacy file of gold documents.
    keep (bool): Whether the pipeline carries the fitted temperature; else it is 1.
    RETURNS (Tuple[Language, Calibration]): Both.
    RAISES (ValueError): If no pair of dev is annotated.
    """
    nlp = util.load_model(model)
    return nlp, calibrate_pipeline(nlp, read_docbin(dev_path, nlp.vocab), keep)


def calibrate_pipeline(nlp: Language, docs: List[Doc], keep: bool) -> Calibration:
    """Fit a pipeline's temperature, whatever it began with.

    nlp (Language): The pipeline, changed in place.
    docs (List[Doc]): Gold documents.
    keep (bool): Whether the pipeline carries the fitted temperature; else it is 1.
    RETURNS (Calibration): What they say of its probabilities.
    RAISES (ValueError): If none of their pairs is annotated.
    """
    set_temperature(nlp, 1.0)
    found = calibrate(*dev_scores(nlp, docs))
    if keep:
        set_temperature(nlp, found.temperature)
    return found
