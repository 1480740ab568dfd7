"""What the relation tables compare: corpora, models, and the settings that all share.

A cell is a model trained on a corpus with a seed. What differs from a model's own config stands in
SCALES.
"""

from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from spacy import util
from thinc.api import Config

from spacy_clinrel.data.readers import Corpus

ROOT = Path(__file__).resolve().parent.parent
COMPONENT = "relation_classifier"


class Data(NamedTuple):
    """A corpus of the tables.

    prefix (str): Of its .spacy files, which end in _train, _dev and _test.
    scheme (Optional[str]): Label scheme.
    score (str): Prefix of the reported score: strict, or comparing texts where mentions have no
        place of their own.
    pairs (Dict[str, int]): Settings of the candidate pairs.
    """

    prefix: str
    scheme: Optional[str]
    score: str
    pairs: Dict[str, int]


CORPORA = {
    "15-labels": Data("ccks2017_relations", "15-labels", "rel_micro", {}),
    "11-labels": Data("ccks2017_relations", "11-labels", "rel_micro", {}),
    "cmeie": Data("cmeie", None, "rel_text", {"max_sentences": 9, "max_distance": 300}),
}

# Name in the tables → config, in the papers' order.
PAPER_ONE = {
    "CNN-Max": "cnn_max",
    "LSTM-Max": "lstm_max",
    "BLSTM-Attention": "blstm_attention",
    "ResNet-BLSTM": "resnet_blstm",
    "ResNet-Max": "resnet_max",
    "ResNet-PAtt": "resnet_patt",
}
PAPER_TWO = {
    "CNN": "cnn",
    "CNN-5": "cnn_5",
    "CNN-Att": "cnn_att",
    "PCNN": "pcnn",
    "ResNet-5": "resnet_5",
    "ResNet-9": "resnet_9",
    "ResNet-11": "resnet_11",
    "ResNet-13": "resnet_13",
    "BiLSTM-Att": "bilstm_att",
    "BiGRU-Att": "bigru_att",
    "ResGRU": "resgru",
    "ResGRU-Att": "resgru_att",
}
PAIR_SENTENCE = {**PAPER_ONE, **PAPER_TWO}
PIECES = {"pooling": {"@misc": "spacy-clinrel.PiecewiseMaxPool.v1"}}
# What a model owes to its inputs, and what a model of neither paper, which pools deeper states in
# pieces, would add: its name, and the settings that differ.
VARIANTS: Dict[str, Tuple[str, Dict[str, Any]]] = {
    "CNN-Max, no positions": ("CNN-Max", {"position_width": 0}),
    "CNN-Max, whole sentence": ("CNN-Max", {"window": None}),
    "CNN-Max, no vectors": ("CNN-Max", {"vectors": None}),
    "PCNN, no positions": ("PCNN", {"position_width": 0}),
    "ResNet-Max, no positions": ("ResNet-Max", {"position_width": 0}),
    "BiGRU-Att, no positions": ("BiGRU-Att", {"position_width": 0}),
    "ResNet-5, pieces": ("ResNet-5", PIECES),
    "ResGRU, pieces": ("ResGRU", PIECES),
}
SVM, MENTION_PAIR, TUTORIAL = "SVM", "Mention pair", "Tutorial component"
MODELS = [SVM, *PAIR_SENTENCE, MENTION_PAIR, TUTORIAL]
DEPTH = {1: "CNN", 5: "ResNet-5", 9: "ResNet-9", 11: "ResNet-11", 13: "ResNet-13"}


class Scale(NamedTuple):
    """Settings that all models share.

    epochs (Dict[str, int]): Passes over the training data, for each corpus.
    docs (Optional[Dict[str, int]]): Documents of a batch, for each corpus; None for the config's
        own.
    negatives (Optional[float]): Pairs without a relation for each with one.
    window (Optional[int]): Characters on either side of a mention that a pair's window holds.
    rate (Optional[float]): Highest learning rate, after half an epoch, from where it falls to zero,
        with dropout 0.3 and averaged weights; None for the config's own.
    stacked_rate (Optional[float]): The same for a recurrent layer upon a residual network, which
        learns next to nothing at the other's.
    filters (Optional[int]): Filters of convolutions; None for the config's own, as below.
    windows (Optional[List[int]]): Window sizes of convolutions.
    recurrent (Optional[int]): Width of recurrent layers, both directions together.
    layers (Optional[int]): Number of recurrent layers.
    limit (int): Documents read of each part; 0 for all.
    """

    epochs: Dict[str, int]
    docs: Optional[Dict[str, int]] = None
    negatives: Optional[float] = None
    window: Optional[int] = None
    rate: Optional[float] = None
    stacked_rate: Optional[float] = None
    filters: Optional[int] = None
    windows: Optional[List[int]] = None
    recurrent: Optional[int] = None
    layers: Optional[int] = None
    limit: int = 0


SCALES = {
    "cpu": Scale(
        epochs={"15-labels": 20, "11-labels": 6, "cmeie": 5},
        # About 100 pairs each.
        docs={"15-labels": 16, "11-labels": 2, "cmeie": 8},
        negatives=3,
        window=20,
        rate=0.002,
        stacked_rate=0.0005,
        filters=128,
        windows=[3],
        recurrent=128,
        layers=1,
    ),
    "paper": Scale(epochs={"15-labels": 20, "11-labels": 20, "cmeie": 20}),
    "small": Scale(
        epochs={"15-labels": 2, "11-labels": 2, "cmeie": 2},
        negatives=3,
        window=5,
        rate=0.01,
        stacked_rate=0.01,
        filters=8,
        windows=[3],
        recurrent=8,
        layers=1,
        limit=40,
    ),
}


class Cell(NamedTuple):
    """One training.

    model (str): Name in the tables.
    corpus (str): Name of the corpus.
    seed (int): The seed.
    scale (str): Name of the settings.
    data (Path): Folder of the .spacy files.
    vectors (Optional[str]): Pipeline with character vectors.
    tutorial (Optional[Path]): Checkout of explosion/projects.
    """

    model: str
    corpus: str
    seed: int
    scale: str
    data: Path
    vectors: Optional[str] = None
    tutorial: Optional[Path] = None

    def file(self, part: str) -> Path:
        """RETURNS (Path): The .spacy file of "train", "dev" or "test"."""
        return self.data / f"{CORPORA[self.corpus].prefix}_{part}.spacy"


def model_config(cell: Cell) -> Config:
    """The config that a cell is trained with.

    cell (Cell): What to train.
    RETURNS (Config): Of a pipeline with a relation classifier.
    """
    scale, corpus = SCALES[cell.scale], CORPORA[cell.corpus]
    name, changes = VARIANTS.get(cell.model, (cell.model, {}))
    if "vectors" in changes:
        cell = cell._replace(vectors=changes["vectors"])
    if name == MENTION_PAIR:
        path = f"{'cmeie' if cell.corpus == 'cmeie' else 'ccks2017_relations'}.cfg"
    else:
        path = f"papers/{PAIR_SENTENCE[name]}.cfg"
    config = util.load_config(ROOT / "configs" / path, interpolate=False)
    config["paths"]["vectors"] = cell.vectors
    config["system"]["seed"] = cell.seed
    component = config["components"][COMPONENT]
    component["candidates"].update(corpus.pairs)
    for part in ("train", "dev"):
        reader = config["corpora"][part]
        reader.update(path=str(cell.file(part)), scheme=corpus.scheme, limit=scale.limit)
    if name == MENTION_PAIR:
        _size_mention_pair(config, cell, scale)
    else:
        _size_pair_sentence(config, cell, scale)
        options = {key: value for key, value in changes.items() if key != "vectors"}
        component["model"].update(options)
    return config


def _size_mention_pair(config: Config, cell: Cell, scale: Scale) -> None:
    """The shipped config with the time its own figures took: it is the yardstick, not a row of a
    paper."""
    model = config["components"][COMPONENT]["model"]
    for option in ("include_static_vectors", "pair_vectors"):
        embed(model["tok2vec"])[option] = bool(cell.vectors)
    if cell.scale == "small":
        embed(model["tok2vec"]).update(width=8, rows=200, pair_rows=200)
        model["tok2vec"].get("encode", {}).update(width=8)
        model["context"].update(width=8, depth=1)
        config["training"].update(max_steps=4, eval_frequency=2)


def embed(tok2vec: Dict[str, Any]) -> Dict[str, Any]:
    """tok2vec (Dict[str, Any]): The config's block of the encoder.
    RETURNS (Dict[str, Any]): The block of its embedding, which may be itself.
    """
    return tok2vec.get("embed", tok2vec)


def _size_pair_sentence(config: Config, cell: Cell, scale: Scale) -> None:
    component, training = config["components"][COMPONENT], config["training"]
    component["negatives"] = scale.negatives
    model = component["model"]
    if cell.vectors:
        model["tok2vec"]["width"] = util.load_model(cell.vectors).vocab.vectors.shape[1]
    elif cell.scale == "small":
        model["tok2vec"].update(width=8, rows=200)
    if scale.window is not None:
        model["window"] = scale.window
    blocks = [model["encoder"], *model["encoder"].get("*", {}).values()]
    stacked = model["encoder"]["@misc"] == "spacy-clinrel.Stacked.v1"
    for block in blocks:
        kind = block["@misc"]
        if kind == "spacy-clinrel.RNN.v1":
            block.update(_given(width=scale.recurrent, depth=scale.layers))
        elif kind in ("spacy-clinrel.CNN.v1", "spacy-clinrel.ResNet.v1"):
            block.update(_given(filters=scale.filters, windows=scale.windows))
    if scale.docs is not None:
        training["batcher"]["size"] = scale.docs[cell.corpus]
    epoch = steps_per_epoch(config)
    steps = epoch * scale.epochs[cell.corpus]
    # The step after the last epoch is the one that is scored.
    training.update(eval_frequency=epoch, max_epochs=0, max_steps=steps + 1)
    if scale.rate is not None:
        training["optimizer"]["use_averages"] = True
        training["optimizer"]["learn_rate"] = {
            "@schedules": "warmup_linear.v1",
            "warmup_steps": epoch // 2,
            "total_steps": steps,
            "initial_rate": scale.stacked_rate if stacked else scale.rate,
        }
        training["dropout"] = 0.3


def _given(**settings: Any) -> Dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}


def steps_per_epoch(config: Config) -> int:
    """How many batches the training data makes, so that dev is scored once an epoch.

    config (Config): With the batcher of fixed numbers of documents.
    RETURNS (int): The number.
    """
    reader = {**config["corpora"]["train"]}
    reader.pop("@readers")
    docs = sum(1 for _ in Corpus(**reader)(util.get_lang_class("zh")()))
    size = config["training"]["batcher"]["size"]
    return max(1, -(-docs // size))


def shared_settings(config: Config) -> Dict[str, Any]:
    """What a result says of how its model was trained.

    config (Config): The config it was trained with.
    RETURNS (Dict[str, Any]): Plain values.
    """
    component, training = config["components"][COMPONENT], config["training"]
    model, rate = component["model"], training["optimizer"]["learn_rate"]
    encoder = model.get("encoder", {})
    blocks = [encoder, *encoder.get("*", {}).values()]
    found: Dict[str, Any] = {
        "learning rate": rate["initial_rate"] if isinstance(rate, dict) else rate,
        "falling rate": isinstance(rate, dict),
        "averaged weights": training["optimizer"]["use_averages"],
        "dropout": training["dropout"],
        "documents in a batch": training["batcher"]["size"],
        "steps": training["max_steps"],
        "negatives": component["negatives"],
        "width of characters": model["tok2vec"].get("width"),
        "width of positions": model.get("position_width"),
        "window around mentions": model.get("window"),
    }
    names = {"filters": "filters", "windows": "windows of filters"}
    for block in blocks:
        found.update({names[key]: value for key, value in block.items() if key in names})
        if "cell" in block:
            found["width of recurrent layers"] = block["width"]
            found["recurrent layers"] = block["depth"]
    return found
