"""One cell of the relation tables: a model trained and measured on a corpus with a seed.

`relations.py` runs each in a process of its own.
"""

import platform
import time
from pathlib import Path
from typing import Any, Callable, Dict, List

import torch
from cell_training import commit, train
from relation_settings import (
    COMPONENT,
    CORPORA,
    SCALES,
    SVM,
    TUTORIAL,
    Cell,
    model_config,
    shared_settings,
)
from spacy import util
from spacy.language import Language
from thinc.api import Model

import spacy_clinrel
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.evaluation.evaluate import evaluate


def parameters(model: Model) -> int:
    """model (Model): A Thinc model.
    RETURNS (int): The number of its weights, trained or not, PyTorch's among them.
    """
    count = 0
    for node in model.walk():
        count += sum(node.get_param(name).size for name in node.param_names)
        for shim in node.shims:
            count += sum(weight.numel() for weight in shim._model.parameters())
    return count


def speed(nlp: Language, cell: Cell, seconds: float = 3.0) -> float:
    """Pairs a second at prediction, over the test part again and again.

    nlp (Language): The trained pipeline.
    cell (Cell): Names the data.
    seconds (float): How long to measure at least.
    RETURNS (float): Pairs/s, the embedding of the text included.
    """
    limit = SCALES[cell.scale].limit
    examples = Corpus(cell.file("test"), gold_entities=True, limit=limit)(nlp)
    docs = [example.predicted for example in examples]
    pipe = nlp.get_pipe(COMPONENT)
    pairs, spent = 0, 0.0
    while spent < seconds:
        for batch in util.minibatch(docs, 16):
            start = time.process_time()
            predicted = pipe.predict(batch)
            spent += time.process_time() - start
            pairs += len(predicted.candidates)
    return pairs / spent


def measure(cell: Cell, folder: Path, measure_speed: Callable = speed) -> Dict[str, Any]:
    """The figures of a trained pipeline.

    cell (Cell): What was trained.
    folder (Path): The pipeline.
    measure_speed (Callable): Takes pipeline and cell.
    RETURNS (Dict[str, Any]): Scores on dev and test, speed, number of weights.
    """
    prefix = CORPORA[cell.corpus].score
    result: Dict[str, Any] = {}
    for part in ("dev", "test"):
        scores = evaluate(
            folder, cell.file(part), gold_entities=True, scheme=CORPORA[cell.corpus].scheme
        )["gold_entities"]
        result[part] = {key: scores[f"{prefix}_{key}"] for key in "prf"}
        result[part]["per_label"] = scores["rel_per_type"]
        result[part]["candidates"] = scores.get("candidates", {}).get(COMPONENT)
    nlp = util.load_model(folder)
    result["pairs_per_second"] = round(measure_speed(nlp, cell))
    if nlp.has_pipe(COMPONENT):
        result["parameters"] = parameters(nlp.get_pipe(COMPONENT).model)
    return result


def vary(cell: Cell, folder: Path) -> None:
    """Refuse a model whose scores are the same for all pairs: its activations are saturated, and
    it knows nothing but the types.

    cell (Cell): What was trained.
    folder (Path): The pipeline.
    RAISES (ValueError): If it is such a one.
    """
    nlp = util.load_model(folder)
    reader = Corpus(cell.file("dev"), gold_entities=True, limit=20)
    pipe = nlp.get_pipe(COMPONENT)
    docs = [example.predicted for example in reader(nlp)]
    logits = pipe.model.predict((docs, pipe.make_candidates(docs)))
    if logits.std(axis=0).max() < 1e-4:
        raise ValueError(f"{cell.model} on {cell.corpus}: all pairs get the same scores")


def run(cell: Cell, work: Path) -> Dict[str, Any]:
    """Train and measure one cell.

    cell (Cell): Which.
    work (Path): A folder for its files.
    RETURNS (Dict[str, Any]): All that the tables need.
    """
    torch.set_num_threads(1)
    util.fix_random_seed(cell.seed)
    start, at = time.perf_counter(), commit()
    marks: List[Dict[str, float]] = []
    settings: Dict[str, Any] = {}
    measure_speed: Callable = speed
    if cell.model == SVM:
        from relation_svm import train_svm

        train_svm(cell, work / "model-best", SCALES[cell.scale].limit)
        marks = [{"seconds": round(time.perf_counter() - start, 2)}]
    elif cell.model == TUTORIAL:
        from relation_tutorial import speed as measure_speed
        from relation_tutorial import tutorial_config

        marks = train(tutorial_config(cell), work)
    else:
        config = model_config(cell)
        settings = shared_settings(config)
        marks = train(config, work)
        vary(cell, work / "model-best")
    return {
        **{"model": cell.model, "corpus": cell.corpus, "seed": cell.seed, "scale": cell.scale},
        "vectors": bool(cell.vectors),
        "epochs": marks,
        **measure(cell, work / "model-best", measure_speed),
        "seconds": round(time.perf_counter() - start),
        "commit": at,
        "settings": settings,
        "machine": f"{platform.machine()}, one thread",
        "version": spacy_clinrel.__version__,
    }
