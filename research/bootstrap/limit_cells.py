"""One training run (cell) of the study of the limits of bootstrapping."""

import time
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc

from benchmarks.common import Record, commit
from research.common.cells import Cell
from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions
from spacy_clinrel.active_learning.bootstrap.selection import ClassCounts
from spacy_clinrel.active_learning.bootstrap.silver import Silver, silver_docs
from spacy_clinrel.active_learning.bootstrap.training import measure, train_round
from spacy_clinrel.evaluation.pair_scores import (
    find_component,
    gold_classes,
    gold_examples,
    score_pairs,
)
from spacy_clinrel.files import write_docs, write_json

from .choices import VARIANTS, Choice, RestPairs
from .settings import PARTNER, SCALES, labelled_docs, layer_docs, train_config


def run(cell: Cell, folder: Path) -> Record:
    """Train the first models, then a model for each choice of pairs that they labelled.

    cell (Cell): The training run. It names a bootstrapping run, of which this is the first round.
    folder (Path): Folder for its files.
    RETURNS (Dict[str, Any]): The results that the tables need.
    """
    torch.set_num_threads(1)
    start = time.perf_counter()
    gold = labelled_docs(cell, layer_docs(cell, "train", spacy.blank("zh")))
    first = fit(cell, gold, folder / "first", cell.seed)
    second = fit(cell, gold, folder / "second", cell.seed + 1000)
    partner = fit(cell._replace(system=f"{PARTNER}, bare"), gold, folder / "other", cell.seed)
    texts = {doc.text for doc in gold}
    rest_docs = [doc for doc in layer_docs(cell, "train", first) if doc.text not in texts]
    rest = score_rest(cell, (first, second, partner), gold, rest_docs)
    confident = rest.confident()
    wrong = confident[(rest.scored.classes != rest.gold)[confident]]
    is_shared = rest.second.classes[wrong] == rest.scored.classes[wrong]
    share = float(is_shared.mean()) if len(wrong) else 0.0
    return {
        "documents": len(gold),
        "supervised": score(cell, first),
        "other": score(cell, partner),
        "sure_errors": {"count": len(wrong), "shared": share},
        "variants": {
            name: learn(cell, folder / f"variant{i}", gold, rest_docs, choice, rest)
            for i, (name, choice) in enumerate(VARIANTS.items())
        },
        "seconds": round(time.perf_counter() - start),
        "commit": commit(),
    }


def fit(cell: Cell, docs: List[Doc], folder: Path, seed: int) -> Language:
    """Train a pipeline, or load it if the folder has a trained one.

    cell (Cell): The training run.
    docs (List[Doc]): Gold documents, and documents with silver relations.
    folder (Path): Folder for the pipeline.
    seed (int): Seed of the training.
    RETURNS (Language): The pipeline that is best on dev.
    """
    if not (folder / "done.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{part}.spacy" for part in ("train", "dev")]
        for path, part_docs in zip(paths, (docs, layer_docs(cell, "dev", spacy.blank("zh")))):
            write_docs(part_docs, path)
        train_round(train_config(cell), *paths, folder, seed, -1)
        write_json(folder / "done.json", {"seed": seed})
    return spacy.load(folder / "model-best")


def score(cell: Cell, nlp: Language) -> Dict[str, Dict[str, float]]:
    """Score a pipeline.

    cell (Cell): The training run.
    nlp (Language): The pipeline.
    RETURNS (Dict[str, Dict[str, float]]): Precision, recall and F on dev and test.
    """
    return {part: measure(nlp, layer_docs(cell, part, nlp)) for part in ("dev", "test")}


def score_rest(cell: Cell, models: Any, gold: List[Doc], rest_docs: List[Doc]) -> RestPairs:
    """Score the pairs of the documents outside the labelled share.

    cell (Cell): The training run.
    models (Tuple[Language, Language, Language]): The first model, a model trained with another
        seed, and a model with another architecture.
    gold (List[Doc]): The labelled share.
    rest_docs (List[Doc]): The rest of the train part.
    RETURNS (RestPairs): The pairs, with predicted and gold classes.
    """
    first: Language = models[0]
    component: Any = first.get_pipe(find_component(first))
    gold_counts = np.bincount(
        gold_classes(first, gold_examples(first, gold)), minlength=1 + len(component.labels)
    )
    scored = [
        score_pairs(nlp, [example.predicted for example in gold_examples(nlp, rest_docs)])
        for nlp in models
    ]
    return RestPairs(
        *scored,
        gold_classes(first, gold_examples(first, rest_docs)),
        ClassCounts(gold_counts),
        BootstrapOptions(batch=SCALES[cell.scale].batch, guards=NO_GUARDS),
        cell.seed,
    )


def learn(
    cell: Cell,
    folder: Path,
    gold: List[Doc],
    rest_docs: List[Doc],
    choice: Choice,
    rest: RestPairs,
) -> Record:
    """Train on the labelled share and on chosen pairs of the other documents.

    cell (Cell): The training run.
    folder (Path): Folder for the pipeline.
    gold (List[Doc]): The labelled share.
    rest_docs (List[Doc]): The rest of the train part.
    choice (Choice): Chooses and labels the pairs.
    rest (RestPairs): The pairs of the other documents.
    RETURNS (Dict[str, Any]): Scores of the pipeline, and counts of the chosen pairs: documents,
        relations, "wrong" relations, pairs with "none", and "missed" relations.
    """
    rows, classes = choice(rest)
    silver = Silver(
        rest.scored.docs[rows],
        rest.scored.pairs[rows],
        classes[rows],
        rest.scored.confidence[rows].astype("float32"),
        np.ones(len(rows), dtype="int64"),
    )
    first = spacy.load(folder.parent / "first" / "model-best")
    component: Any = first.get_pipe(find_component(first))
    docs = list(silver_docs(rest_docs, silver, component.labels, component.cfg["mentions"]))
    nlp = fit(cell, [*gold, *docs], folder, cell.seed)
    is_relation = silver.classes > 0
    is_correct = silver.classes == rest.gold[rows]
    return {
        **score(cell, nlp),
        "documents": len(docs),
        "relations": int(is_relation.sum()),
        "wrong": int((is_relation & ~is_correct).sum()),
        "none": int((~is_relation).sum()),
        "missed": int((~is_relation & ~is_correct).sum()),
    }
