"""One training run (cell) of the document study: a system, a corpus and a seed."""

import time
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import spacy
import srsly
import torch
from spacy import util
from spacy.tokens import Doc

from benchmarks.common import Record, commit
from benchmarks.training import train
from research.common.cells import Cell
from research.common.corpora import COMPONENT
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.files import write_json
from spacy_clinrel.tokens import Sentences

from .settings import CORPORA, SETTINGS, document_config, has_crf

# Subsets of the relations that are scored: whether their mentions start in the same sentence.
SUBSETS = ("all", "within", "across")
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)

DocPair = Tuple[Doc, Doc]


def run(cell: Cell, folder: Path) -> Record:
    """Train and evaluate one model or system.

    cell (Cell): The training run.
    folder (Path): Folder for its files.
    RETURNS (Dict[str, Any]): The results that the tables need.
    """
    torch.set_num_threads(1)
    start, use_sents = time.perf_counter(), SETTINGS[cell.corpus].use_sents
    trained = fit(cell, folder)
    docs = {part: predict(cell, folder / "model-best", part) for part in ("dev", "test")}
    threshold = best_threshold(cell, docs["dev"])
    return {
        "threshold": threshold,
        **trained,
        **{part: measure(pairs, use_sents, threshold) for part, pairs in docs.items()},
        "seconds": round(time.perf_counter() - start),
    }


def fit(cell: Cell, folder: Path) -> Record:
    """Train a pipeline, unless the folder has a trained one.

    cell (Cell): The training run.
    folder (Path): Folder for model-best.
    RETURNS (Dict[str, Any]): Training steps, training time in seconds, and the commit.
    """
    trained = folder / "trained.json"
    if not trained.exists():
        util.fix_random_seed(cell.seed)
        config, start_commit = document_config(cell), commit()
        seconds = round(train(config, folder)[-1])
        steps = config["training"]["max_steps"]
        record = {"steps": steps, "training_seconds": seconds, "commit": start_commit}
        write_json(trained, record)
    return srsly.read_json(trained)


def predict(cell: Cell, folder: Path, part: str) -> List[DocPair]:
    """Predict relations between gold entities at the lowest of the thresholds that are compared.

    cell (Cell): The training run.
    folder (Path): The pipeline.
    part (str): "dev" or "test".
    RETURNS (List[Tuple[Doc, Doc]]): Gold and predicted document of each text.
    """
    nlp = spacy.load(folder)
    component: Any = nlp.get_pipe(COMPONENT)
    component.cfg["threshold"] = min(component.cfg["threshold"], THRESHOLDS[0])
    limit = 6 if cell.scale == "small" else 0
    path = CORPORA[cell.corpus].file(cell.data, part)
    examples = list(Corpus(path, gold_entities=True, limit=limit)(nlp))
    docs = nlp.pipe([example.predicted for example in examples], batch_size=1)
    return [(example.reference, doc) for example, doc in zip(examples, docs)]


def best_threshold(cell: Cell, docs: Sequence[DocPair]) -> float:
    """Choose the threshold with the best F.

    A model trained on a small sample of the pairs without a relation needs a high threshold.

    cell (Cell): The training run.
    docs (Sequence[Tuple[Doc, Doc]]): Gold and predicted documents of dev.
    RETURNS (float): The threshold; 0 with a CRF, which decodes with Viterbi.
    """
    if has_crf(cell.system):
        return 0.0
    use_sents = SETTINGS[cell.corpus].use_sents
    return max(THRESHOLDS, key=lambda threshold: measure(docs, use_sents, threshold)["all"]["f"])


def measure(
    docs: Sequence[DocPair], use_sents: bool, threshold: float
) -> Dict[str, Dict[str, float]]:
    """Score predicted relations.

    docs (Sequence[Tuple[Doc, Doc]]): Gold and predicted document of each text.
    use_sents (bool): Whether to use the Doc's sentences.
    threshold (float): Minimum score of a relation.
    RETURNS (Dict[str, Dict[str, float]]): For each of SUBSETS: precision "p", recall "r", "f" and
        the number of "gold" relations.
    """
    totals = {subset: [0, 0, 0] for subset in SUBSETS}
    for gold, predicted in docs:
        for subset, counts in count_relations(gold, predicted, use_sents, threshold).items():
            totals[subset] = [a + b for a, b in zip(totals[subset], counts)]
    return {
        subset: {
            "p": correct / max(predicted, 1),
            "r": correct / max(gold, 1),
            "f": 2 * correct / max(predicted + gold, 1),
            "gold": gold,
        }
        for subset, (correct, predicted, gold) in totals.items()
    }


def count_relations(
    gold: Doc, predicted: Doc, use_sents: bool, threshold: float = 0.0
) -> Dict[str, List[int]]:
    """Count the relations of a document, within a sentence and across sentences.

    gold (Doc): The document with gold relations.
    predicted (Doc): The same text with predicted relations and sentence boundaries.
    use_sents (bool): Whether to use the Doc's sentences.
    threshold (float): Minimum score of a predicted relation.
    RETURNS (Dict[str, List[int]]): Number of correct, predicted and gold relations for each of
        SUBSETS.
    """
    ids = Sentences(use_sents=use_sents).ids(predicted)
    predicted_edges = {_edge(rel) for rel in predicted._.relations if rel.score >= threshold}
    gold_edges = {_edge(rel) for rel in gold._.relations}
    counts = {}
    for subset in SUBSETS:
        found, true = (
            {edge for edge in edges if subset in ("all", _subset(edge, ids))}
            for edges in (predicted_edges, gold_edges)
        )
        counts[subset] = [len(found & true), len(found), len(true)]
    return counts


def _edge(rel: Any) -> Tuple:
    ends = [(span.start, span.end, span.label_) for span in (rel.head, rel.tail)]
    return (*ends, rel.label)


def _subset(edge: Tuple, ids: Any) -> str:
    (head, *_), (tail, *_), _ = edge
    return "within" if ids[head] == ids[tail] else "across"
