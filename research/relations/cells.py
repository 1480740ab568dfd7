"""One training run (cell) of the relation study: a model, a corpus and a seed."""

import time
from pathlib import Path
from typing import Any, Callable, Dict

import torch
from spacy import util
from spacy.language import Language
from thinc.api import Config, Model

import spacy_clinrel
from benchmarks.common import Record, commit
from benchmarks.training import train
from benchmarks.tutorial import tutorial_config
from research.common.cells import Cell
from research.common.corpora import COMPONENT, CORPORA
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.evaluation.evaluate import evaluate

from .settings import SCALES, SVM, TUTORIAL, model_config, shared_settings
from .svm import train_svm

Measure = Callable[[Language, Cell], float]


def run(cell: Cell, work: Path) -> Record:
    """Train and evaluate one model or system.

    cell (Cell): The training run.
    work (Path): Folder for its files.
    RETURNS (Dict[str, Any]): The results that the tables need.
    """
    torch.set_num_threads(1)
    util.fix_random_seed(cell.seed)
    start, start_commit = time.perf_counter(), commit()
    settings: Dict[str, Any] = {}
    measure_speed: Measure = pairs_per_second
    if cell.system == SVM:
        train_svm(cell, work / "model-best", SCALES[cell.scale].limit)
        marks = [round(time.perf_counter() - start, 2)]
    elif cell.system == TUTORIAL:
        marks = train(adapted_tutorial_config(cell), work)
        measure_speed = tutorial_pairs_per_second
    else:
        config = model_config(cell)
        settings = shared_settings(config)
        marks = train(config, work)
        check_scores_vary(cell, work / "model-best")
    return {
        "vectors": bool(cell.vectors),
        **measure(cell, work / "model-best", measure_speed),
        "marks": marks,
        "settings": settings,
        "seconds": round(time.perf_counter() - start),
        "commit": start_commit,
        "version": spacy_clinrel.__version__,
    }


def adapted_tutorial_config(cell: Cell) -> Config:
    """Return the config of the tutorial component.

    cell (Cell): The training run.
    RETURNS (Config): The tutorial's config, with the paths of the corpus.
    """
    corpus, scale = CORPORA[cell.corpus], SCALES[cell.scale]
    assert cell.tutorial is not None
    data = {part: corpus.file(cell.data, part) for part in ("train", "dev")}
    steps = {"steps": 4, "eval_frequency": 2} if cell.scale == "small" else {}
    return tutorial_config(
        cell.tutorial, data, corpus.scheme, limit=scale.limit, seed=cell.seed, **steps
    )


def measure(cell: Cell, folder: Path, measure_speed: Measure) -> Record:
    """Score a trained pipeline and measure its speed.

    cell (Cell): The training run.
    folder (Path): The pipeline.
    measure_speed (Callable[[Language, Cell], float]): Returns pairs per second.
    RETURNS (Dict[str, Any]): Scores on dev and test; for test also the gold, predicted and correct
        relations per label and the recall of the candidates; speed; number of weights.
    """
    corpus = CORPORA[cell.corpus]
    record: Record = {}
    for part in ("dev", "test"):
        path = corpus.file(cell.data, part)
        evaluation = evaluate(folder, path, gold_entities=True, scheme=corpus.scheme)
        scores = evaluation["gold_entities"]
        record[part] = {key: scores[f"{corpus.score}_{key}"] for key in "prf"}
    record["labels"] = {
        label: [counts.get(key, 0) for key in ("gold", "predicted", "right")]
        for label, counts in scores["rel_per_type"].items()
    }
    candidates = scores.get("candidates", {}).get(COMPONENT)
    record["candidates"] = candidates and {key: candidates[key] for key in ("gold", "recall")}
    nlp = util.load_model(folder)
    record["pairs_per_second"] = round(measure_speed(nlp, cell))
    if nlp.has_pipe(COMPONENT):
        record["parameters"] = count_parameters(nlp.get_pipe(COMPONENT).model)
    return record


def count_parameters(model: Model) -> int:
    """Count the weights of a model, including those of PyTorch layers and frozen ones.

    model (Model): A Thinc model.
    RETURNS (int): The number of weights.
    """
    count = 0
    for node in model.walk():
        count += sum(node.get_param(name).size for name in node.param_names)
        for shim in node.shims:
            count += sum(weight.numel() for weight in shim._model.parameters())
    return count


def pairs_per_second(nlp: Language, cell: Cell, seconds: float = 3.0) -> float:
    """Measure the speed of prediction on the test part, including encoding of the text.

    nlp (Language): The trained pipeline.
    cell (Cell): The training run.
    seconds (float): Minimum processor time of the measurement.
    RETURNS (float): Pairs per second.
    """
    limit = SCALES[cell.scale].limit
    path = CORPORA[cell.corpus].file(cell.data, "test")
    docs = [example.predicted for example in Corpus(path, gold_entities=True, limit=limit)(nlp)]
    pipe = nlp.get_pipe(COMPONENT)
    pairs, spent = 0, 0.0
    while spent < seconds:
        for batch in util.minibatch(docs, 16):
            start = time.process_time()
            predicted = pipe.predict(batch)
            spent += time.process_time() - start
            pairs += len(predicted.candidates)
    return pairs / spent


def tutorial_pairs_per_second(nlp: Language, cell: Cell, seconds: float = 3.0) -> float:
    """Measure the speed of the tutorial component, including encoding of the text.

    nlp (Language): The trained pipeline.
    cell (Cell): The training run.
    seconds (float): Least processor time to measure.
    RETURNS (float): Pairs per second.
    """
    limit = SCALES[cell.scale].limit
    path = CORPORA[cell.corpus].file(cell.data, "test")
    docs = [example.predicted for example in Corpus(path, gold_entities=True, limit=limit)(nlp)]
    encoder, pipe = nlp.get_pipe("tok2vec"), nlp.get_pipe("relation_extractor")
    instances = pipe.model.attrs["get_instances"]
    docs = [doc for doc in docs if instances(doc)]
    pairs, spent = 0, 0.0
    while spent < seconds:
        for batch in util.minibatch(docs, 16):
            start = time.process_time()
            encoder.set_annotations(batch, encoder.predict(batch))
            scores = pipe.predict(batch)
            spent += time.process_time() - start
            pairs += len(scores)
    return pairs / spent


def check_scores_vary(cell: Cell, folder: Path) -> None:
    """Raise an error if a model gives all pairs the same scores (saturated activations).

    cell (Cell): The training run.
    folder (Path): The pipeline.
    RAISES (ValueError): If all pairs get the same scores.
    """
    nlp = util.load_model(folder)
    path = CORPORA[cell.corpus].file(cell.data, "dev")
    pipe = nlp.get_pipe(COMPONENT)
    docs = [example.predicted for example in Corpus(path, gold_entities=True, limit=20)(nlp)]
    logits = pipe.model.predict((docs, pipe.make_candidates(docs)))
    if logits.std(axis=0).max() < 1e-4:
        raise ValueError(f"{cell.system} on {cell.corpus}: all pairs get the same scores")
