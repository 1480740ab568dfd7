"""Training and evaluation of a round's model."""

from pathlib import Path
from typing import Dict, List

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from thinc.api import Config

from ...evaluation.evaluate import evaluate_examples
from ...evaluation.pair_scores import gold_examples
from ...evaluation.scorers import GOLD_ENTITIES, RELATION_SCORES
from .config import READER


def train_round(
    config: Config, train_path: Path, dev_path: Path, output: Path, seed: int, use_gpu: int
) -> Path:
    """Train on the documents of a round, as `spacy train` does.

    config (Config): The config. It is not changed.
    train_path (Path): .spacy file of gold and silver documents.
    dev_path (Path): .spacy file of gold documents.
    output (Path): Folder that gets model-best and log.txt.
    seed (int): Random seed.
    use_gpu (int): GPU ID, or -1 for the CPU.
    RETURNS (Path): Folder of the best model on dev.
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


def measure(nlp: Language, docs: List[Doc]) -> Dict[str, float]:
    """Score the relations that a pipeline predicts between gold entities.

    nlp (Language): The pipeline.
    docs (List[Doc]): Gold documents.
    RETURNS (Dict[str, float]): Micro-averaged "p", "r" and "f", from 0 to 1.
    """
    scores = evaluate_examples(nlp, gold_examples(nlp, docs), gold_entities=True)[GOLD_ENTITIES]
    return {key: scores[name] or 0.0 for key, name in zip("prf", RELATION_SCORES)}
