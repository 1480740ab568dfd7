"""Models, guards and labelled shares that the bootstrapping study compares."""

from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from research.common.cells import Cell
from research.common.corpora import COMPONENT, CORPORA
from research.relations.settings import MENTION_PAIR, model_config
from research.relations.settings import SCALES as RELATION_SCALES
from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions, DriftGuards
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.files import read_docbin
from spacy_clinrel.tokens import get_doc_id

CORPUS = CORPORA["11-labels"]
# CCKS-2017's train part, without the records of the layer's dev part.
UNLABELLED = "ccks2017_train.spacy"
SHARES = {"10 %": 0.1, "25 %": 0.25, "100 %": 1.0}
MODELS = ("CNN", "BiGRU-Att", "ResGRU-Att", MENTION_PAIR)
ALL = DriftGuards()
GUARDS = {
    "bare": NO_GUARDS,
    "guarded": ALL,
    # Each guard alone.
    "calibrate": NO_GUARDS._replace(calibrate=True),
    "class thresholds": NO_GUARDS._replace(class_thresholds=True),
    "balance": NO_GUARDS._replace(balance=True),
    "agree": NO_GUARDS._replace(agree=True),
    "repeat": NO_GUARDS._replace(repeat=True),
    "patience": NO_GUARDS._replace(patience=ALL.patience),
    # The default guards, and the only guard that is off by default.
    "guarded with agree": ALL._replace(agree=True),
    # The guards, with all pairs in one round whatever their probability, labelled by the model
    # itself or together with a model of another architecture.
    "all pairs": ALL,
    "all pairs with PCNN": ALL,
}
MAIN_GUARDS = ("bare", "guarded")
ALL_PAIRS = ("all pairs", "all pairs with PCNN")
PARTNER = "PCNN"
# Each guard alone is measured with the fastest model, all pairs with the fastest and the best.
SINGLE_GUARD_MODEL = "CNN"
ALL_PAIRS_MODELS = ("CNN", MENTION_PAIR)
SINGLE_GUARD_SHARE = "10 %"
SYSTEMS = [
    *(f"{model}, {guards}" for model in MODELS for guards in MAIN_GUARDS),
    *(
        f"{SINGLE_GUARD_MODEL}, {guards}"
        for guards in GUARDS
        if guards not in MAIN_GUARDS + ALL_PAIRS
    ),
    *(f"{model}, {guards}" for model in ALL_PAIRS_MODELS for guards in ALL_PAIRS),
]


class Scale(NamedTuple):
    """Settings that all runs share.

    steps (int): Training steps per model.
    docs (int): Documents per batch.
    batch (int): Number of relations added per round.
    rounds (int): Maximum number of rounds after the supervised model.
    limit (int): Number of unlabelled documents; 0 for all.
    threshold (float): Minimum probability for accepting a predicted pair.
    sizes (str): Name of the layer sizes, as in the relation study.
    """

    steps: int
    docs: int
    batch: int
    rounds: int
    limit: int = 0
    threshold: float = BootstrapOptions().threshold
    sizes: str = "cpu"


SCALES = {
    "cpu": Scale(steps=600, docs=2, batch=1000, rounds=2),
    # Tells whether the loss with a larger share is due to the number of steps.
    "long": Scale(steps=2000, docs=2, batch=1000, rounds=2),
    "small": Scale(steps=4, docs=2, batch=5, rounds=1, limit=10, sizes="small"),
}
# Settings of the runs with all pairs, which need more steps.
ALL_PAIRS_SCALE = {"cpu": {"steps": 2000, "batch": 10_000, "rounds": 1, "threshold": 0.0}}
ALL_PAIRS_SCALE["long"] = ALL_PAIRS_SCALE["cpu"]
ALL_PAIRS_SCALE["small"] = {**ALL_PAIRS_SCALE["cpu"], "steps": 6}


def model_name(cell: Cell) -> str:
    """Return the name of a training run's model.

    cell (Cell): The training run.
    RETURNS (str): For example "CNN" for "CNN, guarded".
    """
    return cell.system.rpartition(", ")[0]


def guards_name(cell: Cell) -> str:
    """Return the name of a training run's guards.

    cell (Cell): The training run.
    RETURNS (str): For example "guarded" for "CNN, guarded".
    """
    return cell.system.rpartition(", ")[2]


def scale_of(cell: Cell) -> Scale:
    """Return the settings of a training run.

    cell (Cell): The training run.
    RETURNS (Scale): The settings.
    """
    changes = ALL_PAIRS_SCALE[cell.scale] if guards_name(cell) in ALL_PAIRS else {}
    return SCALES[cell.scale]._replace(**changes)


def bootstrap_options(cell: Cell) -> BootstrapOptions:
    """Return the bootstrapping options of a training run.

    cell (Cell): The training run.
    RETURNS (BootstrapOptions): The options.
    """
    scale = scale_of(cell)
    return BootstrapOptions(scale.threshold, scale.batch, scale.rounds, GUARDS[guards_name(cell)])


def train_config(cell: Cell) -> Config:
    """Return the training config of the relation study, with the same number of steps for all
    models.

    cell (Cell): The training run.
    RETURNS (Config): The config.
    """
    scale, model = scale_of(cell), model_name(cell)
    config = model_config(cell._replace(system=model, corpus="11-labels", scale=scale.sizes))
    training: Dict[str, Any] = config["training"]
    steps = scale.steps
    training.update(max_steps=steps + 1, max_epochs=0, eval_frequency=max(steps // 5, 1))
    if model != MENTION_PAIR:
        training["batcher"]["size"] = scale.docs
        config["components"][COMPONENT]["negatives"] = RELATION_SCALES[scale.sizes].negatives
    rate = training["optimizer"]["learn_rate"]
    if isinstance(rate, dict):
        rate.update(total_steps=steps, warmup_steps=steps // 10)
    return config


def partner_config(cell: Cell) -> Optional[Config]:
    """Return the config of the second model that labels pairs.

    cell (Cell): The training run.
    RETURNS (Optional[Config]): The config; None without a second model.
    """
    guards = guards_name(cell)
    if PARTNER not in guards:
        return None
    return train_config(cell._replace(system=f"{PARTNER}, {guards}"))


def layer_docs(cell: Cell, part: str, nlp: Language) -> List[Doc]:
    """Read a part of the relation layer with the 11 labels.

    cell (Cell): The training run.
    part (str): Part of the corpus: "train", "dev" or "test".
    nlp (Language): A pipeline.
    RETURNS (List[Doc]): The documents.
    """
    reader = Corpus(CORPUS.file(cell.data, part), scheme=CORPUS.scheme)
    return [example.reference for example in reader(nlp)]


def labelled_docs(cell: Cell, docs: List[Doc]) -> List[Doc]:
    """Sample the labelled share of the documents. The sections of a record stay together.

    cell (Cell): The training run.
    docs (List[Doc]): The layer's train part.
    RETURNS (List[Doc]): Documents of randomly chosen records, in corpus order.
    """
    records = [(get_doc_id(doc) or "").rpartition("-")[2] for doc in docs]
    order = np.random.default_rng(cell.seed).permutation(sorted(set(records)))
    size = round(SHARES[cell.corpus] * len(docs))
    chosen: List[int] = []
    for record in order:
        if len(chosen) >= size:
            break
        chosen += [i for i, other in enumerate(records) if other == record]
    return [docs[i] for i in sorted(chosen)]


def unlabelled_docs(cell: Cell, nlp: Language) -> List[Doc]:
    """Read the unlabelled documents.

    cell (Cell): The training run.
    nlp (Language): A pipeline.
    RETURNS (List[Doc]): Documents with gold entities whose text is not in the relation layer.
    """
    layer = {
        doc.text.strip()
        for part in ("train", "dev", "test")
        for doc in read_docbin(CORPUS.file(cell.data, part), nlp.vocab)
    }
    docs = read_docbin(cell.data / UNLABELLED, nlp.vocab)
    unlabelled = [doc for doc in docs if doc.text.strip() not in layer]
    return unlabelled[: SCALES[cell.scale].limit or None]
