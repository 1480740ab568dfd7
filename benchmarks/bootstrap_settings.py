"""What the bootstrapping benchmark compares: models, guards and shares of the labelled part."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np
from relation_settings import COMPONENT, MENTION_PAIR, ROOT, SCALES, model_config
from relation_settings import Cell as RelationCell
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config

from spacy_clinrel.active_learning.bootstrap import NO_GUARDS, BootstrapOptions, DriftGuards
from spacy_clinrel.data.readers import Corpus
from spacy_clinrel.files import read_docbin
from spacy_clinrel.tokens import get_doc_id

SCHEME = "11-labels"
LAYER = "ccks2017_relations"
# The rest of CCKS-2017's train part, without the records of the layer's dev part.
UNLABELLED = "ccks2017_train"
SHARES = {"10 %": 0.1, "25 %": 0.25, "100 %": 1.0}
MODELS = ("CNN", "BiGRU-Att", "ResGRU-Att", MENTION_PAIR)
ALL = DriftGuards()
GUARDS = {
    "bare": NO_GUARDS,
    "guarded": ALL,
    # The bare algorithm with one guard each.
    "calibrate": NO_GUARDS._replace(calibrate=True),
    "class thresholds": NO_GUARDS._replace(class_thresholds=True),
    "balance": NO_GUARDS._replace(balance=True),
    "agree": NO_GUARDS._replace(agree=True),
    "repeat": NO_GUARDS._replace(repeat=True),
    "patience": NO_GUARDS._replace(patience=ALL.patience),
    # All of them and the one that is no default.
    "guarded with agree": ALL._replace(agree=True),
    # The guards, all pairs at once whatever their probability, labelled by the model itself or
    # together with another kind of model.
    "all pairs": ALL,
    "all pairs with PCNN": ALL,
}
MAIN = ("bare", "guarded")
ALL_PAIRS = ("all pairs", "all pairs with PCNN")
PARTNER = "PCNN"
# Each guard alone is measured with the quickest model, from the smallest share, all pairs with
# the quickest and the strongest.
SINGLE = ("CNN", "10 %")
TOGETHER = ("CNN", MENTION_PAIR)


class Cell(NamedTuple):
    """One run.

    system (str): Model and guards, e.g. "CNN, guarded".
    share (str): Of the labelled part.
    seed (int): Of the choice of documents and of training.
    scale (str): Name of the settings.
    data (Path): Folder of the .spacy files.
    vectors (Optional[str]): Pipeline with character vectors.
    """

    system: str
    share: str
    seed: int
    scale: str
    data: Path
    vectors: Optional[str] = None

    @property
    def model(self) -> str:
        """RETURNS (str): Name of the model."""
        return self.system.rpartition(", ")[0]

    @property
    def guards(self) -> str:
        """RETURNS (str): Name of the guards."""
        return self.system.rpartition(", ")[2]


class Scale(NamedTuple):
    """Settings that all runs share.

    steps (int): Steps of each training.
    docs (int): Documents of a batch.
    batch (int): Relations that join in a round.
    rounds (int): Rounds after the supervised one, at most.
    limit (int): Unlabelled documents; 0 for all.
    threshold (float): From which a pair is reliable.
    sizes (str): Name of the models' sizes, as in the benchmark of relation models.
    """

    steps: int
    docs: int
    batch: int
    rounds: int
    limit: int = 0
    threshold: float = BootstrapOptions().threshold
    sizes: str = "cpu"


RUNS = {
    "cpu": Scale(steps=600, docs=2, batch=1000, rounds=2),
    # Whether what a larger share loses is for want of steps.
    "long": Scale(steps=2000, docs=2, batch=1000, rounds=2),
    "small": Scale(steps=4, docs=2, batch=5, rounds=1, limit=10, sizes="small"),
}
# What runs with all pairs have instead: so many need more steps.
EVERY = {"cpu": {"steps": 2000, "batch": 10_000, "rounds": 1, "threshold": 0.0}}
EVERY["long"] = EVERY["cpu"]
EVERY["small"] = {**EVERY["cpu"], "steps": 6}
SYSTEMS = [
    *(f"{model}, {guards}" for model in MODELS for guards in MAIN),
    *(f"{SINGLE[0]}, {guards}" for guards in GUARDS if guards not in MAIN + ALL_PAIRS),
    *(f"{model}, {guards}" for model in TOGETHER for guards in ALL_PAIRS),
]


def cells(
    systems: List[str],
    shares: List[str],
    seeds: List[int],
    scale: str,
    data: Path,
    vectors: Optional[str],
) -> List[Cell]:
    """systems (List[str]): Names of systems.
    shares (List[str]): Shares of the labelled part.
    seeds (List[int]): Seeds.
    scale (str): Name of the settings.
    data (Path): Folder of the .spacy files.
    vectors (Optional[str]): Pipeline with character vectors.
    RETURNS (List[Cell]): All runs, seed by seed; single guards with the smallest share alone.
    """
    made = [
        Cell(system, share, seed, scale, data, vectors)
        for seed in seeds
        for share in shares
        for system in systems
    ]
    return [cell for cell in made if cell.guards in MAIN or cell.share == SINGLE[1]]


def add_settings(parser: ArgumentParser) -> None:
    """parser (ArgumentParser): Gets the options that all benchmarks of bootstrapping have."""
    parser.add_argument("--vectors", default=str(ROOT / "corpus" / "vectors"), help="or 'none'")
    parser.add_argument("--scale", choices=list(RUNS), default="cpu")


def asked(chosen: Namespace) -> List[Cell]:
    """chosen (Namespace): The command line's options.
    RETURNS (List[Cell]): The runs asked for.
    """
    vectors = None if chosen.vectors == "none" else chosen.vectors
    wanted = (chosen.systems, chosen.only, chosen.seeds, chosen.scale)
    return cells(*wanted, chosen.data, vectors)


def options(cell: Cell) -> BootstrapOptions:
    """cell (Cell): The run.
    RETURNS (BootstrapOptions): How it bootstraps.
    """
    scale = scale_of(cell)
    return BootstrapOptions(scale.threshold, scale.batch, scale.rounds, GUARDS[cell.guards])


def scale_of(cell: Cell) -> Scale:
    """cell (Cell): The run.
    RETURNS (Scale): Its settings.
    """
    return RUNS[cell.scale]._replace(**EVERY[cell.scale] if cell.guards in ALL_PAIRS else {})


def partner(cell: Cell) -> Optional[Config]:
    """cell (Cell): The run.
    RETURNS (Optional[Config]): The config of the model that it labels together with.
    """
    guards = cell.guards
    return config(cell._replace(system=f"{PARTNER}, {guards}")) if PARTNER in guards else None


def config(cell: Cell) -> Config:
    """The config of a run's trainings: as in the table of relation models, with the same number of
    steps for all.

    cell (Cell): The run.
    RETURNS (Config): The config.
    """
    scale = scale_of(cell)
    relation = RelationCell(cell.model, SCHEME, cell.seed, scale.sizes, cell.data, cell.vectors)
    made = model_config(relation)
    training: Dict[str, Any] = made["training"]
    steps = scale.steps
    training.update(max_steps=steps + 1, max_epochs=0, eval_frequency=max(steps // 5, 1))
    if cell.model != MENTION_PAIR:
        training["batcher"]["size"] = scale.docs
        made["components"][COMPONENT]["negatives"] = SCALES[scale.sizes].negatives
    rate = training["optimizer"]["learn_rate"]
    if isinstance(rate, dict):
        rate.update(total_steps=steps, warmup_steps=steps // 10)
    return made


def layer_docs(cell: Cell, part: str, nlp: Language) -> List[Doc]:
    """A part of the layer, with the scheme's labels.

    cell (Cell): The run.
    part (str): "train", "dev" or "test".
    nlp (Language): A pipeline.
    RETURNS (List[Doc]): Its documents.
    """
    reader = Corpus(cell.data / f"{LAYER}_{part}.spacy", scheme=SCHEME)
    return [example.reference for example in reader(nlp)]


def labelled_docs(cell: Cell, docs: List[Doc]) -> List[Doc]:
    """A share of documents, by record, so that sections of one stay together.

    cell (Cell): The run.
    docs (List[Doc]): The layer's train part.
    RETURNS (List[Doc]): Documents of records chosen by chance, until there are enough.
    """
    records = [(get_doc_id(doc) or "").rpartition("-")[2] for doc in docs]
    order = np.random.default_rng(cell.seed).permutation(sorted(set(records)))
    wanted = round(SHARES[cell.share] * len(docs))
    chosen: List[int] = []
    for record in order:
        if len(chosen) >= wanted:
            break
        chosen += [i for i, other in enumerate(records) if other == record]
    return [docs[i] for i in sorted(chosen)]


def unlabelled_docs(cell: Cell, nlp: Language) -> List[Doc]:
    """cell (Cell): The run.
    nlp (Language): A pipeline.
    RETURNS (List[Doc]): Documents with gold entities whose text is not in the layer.
    """
    layer = {
        doc.text.strip()
        for part in ("train", "dev", "test")
        for doc in read_docbin(cell.data / f"{LAYER}_{part}.spacy", nlp.vocab)
    }
    docs = read_docbin(cell.data / f"{UNLABELLED}.spacy", nlp.vocab)
    kept = [doc for doc in docs if doc.text.strip() not in layer]
    return kept[: RUNS[cell.scale].limit or None]
