"""Models that the relation study compares, and the settings that they share."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from spacy import util
from thinc.api import Config

from benchmarks.common import ROOT
from research.common.cells import Cell
from research.common.corpora import COMPONENT, CORPORA
from spacy_clinrel.data.readers import Corpus

# Name in the tables → config, in the order of the papers.
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
# Ablations of a model's inputs, and piecewise pooling of deeper models, which neither paper has:
# name → name of the base model, settings that differ.
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
    """Settings that all models share. None keeps the value of the model's config.

    epochs (Dict[str, int]): Corpus → passes over the training data.
    docs (Optional[Dict[str, int]]): Corpus → documents per batch.
    negatives (Optional[float]): Number of pairs without a relation per pair with a relation.
    window (Optional[int]): Number of characters on either side of the mentions that the model
        encodes.
    rate (Optional[float]): Maximum learning rate, reached after half an epoch. It then decays to
        zero. If a rate is set, dropout is 0.3 and weights are averaged.
    stacked_rate (Optional[float]): Maximum learning rate of models with a recurrent layer after a
        residual network, which do not learn at `rate`.
    filters (Optional[int]): Number of filters of convolutions.
    windows (Optional[List[int]]): Window sizes of convolutions.
    recurrent (Optional[int]): Width of recurrent layers, the sum of both directions.
    layers (Optional[int]): Number of recurrent layers.
    limit (int): Maximum number of documents read from each file; 0 for all.
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
        # About 100 pairs per batch.
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


def model_config(cell: Cell) -> Config:
    """Return the config of a training run.

    cell (Cell): The training run.
    RETURNS (Config): Config of a pipeline with a relation classifier.
    """
    scale, corpus = SCALES[cell.scale], CORPORA[cell.corpus]
    name, changes = VARIANTS.get(cell.system, (cell.system, {}))
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
        path = str(corpus.file(cell.data, part))
        reader.update(path=path, scheme=corpus.scheme, limit=scale.limit)
    if name == MENTION_PAIR:
        _size_mention_pair(config, cell)
    else:
        _size_pair_sentence(config, cell, scale)
        options = {key: value for key, value in changes.items() if key != "vectors"}
        component["model"].update(options)
    return config


def _size_mention_pair(config: Config, cell: Cell) -> None:
    """Keep the sizes and steps of the shipped config, since this model is a reference and not from
    a paper."""
    model = config["components"][COMPONENT]["model"]
    for option in ("include_static_vectors", "pair_vectors"):
        embedding(model["tok2vec"])[option] = bool(cell.vectors)
    if cell.scale == "small":
        embedding(model["tok2vec"]).update(width=8, rows=200, pair_rows=200)
        model["tok2vec"].get("encode", {}).update(width=8)
        model["context"].update(width=8, depth=1)
        config["training"].update(max_steps=4, eval_frequency=2)


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
    for block in encoder_blocks(model):
        layer = block["@misc"]
        if layer == "spacy-clinrel.RNN.v1":
            block.update(_without_none(width=scale.recurrent, depth=scale.layers))
        elif layer in ("spacy-clinrel.CNN.v1", "spacy-clinrel.ResNet.v1"):
            block.update(_without_none(filters=scale.filters, windows=scale.windows))
    if scale.docs is not None:
        training["batcher"]["size"] = scale.docs[cell.corpus]
    epoch = steps_per_epoch(config)
    steps = epoch * scale.epochs[cell.corpus]
    # spaCy scores before a step, so the last epoch is scored at the step after it.
    training.update(eval_frequency=epoch, max_epochs=0, max_steps=steps + 1)
    if scale.rate is not None:
        is_stacked = model["encoder"]["@misc"] == "spacy-clinrel.Stacked.v1"
        training["optimizer"]["use_averages"] = True
        training["optimizer"]["learn_rate"] = {
            "@schedules": "warmup_linear.v1",
            "warmup_steps": epoch // 2,
            "total_steps": steps,
            "initial_rate": scale.stacked_rate if is_stacked else scale.rate,
        }
        training["dropout"] = 0.3


def embedding(tok2vec: Dict[str, Any]) -> Dict[str, Any]:
    """Return the embedding of an encoder.

    tok2vec (Dict[str, Any]): The encoder's block of the config.
    RETURNS (Dict[str, Any]): The embedding's block, or the same block if it is an embedding.
    """
    return tok2vec.get("embed", tok2vec)


def encoder_blocks(model: Dict[str, Any]) -> List[Dict[str, Any]]:
    """Return the layers of a pair-sentence model's encoder.

    model (Dict[str, Any]): The model's block of the config.
    RETURNS (List[Dict[str, Any]]): The encoder's block and the blocks that it combines.
    """
    encoder = model.get("encoder", {})
    return [encoder, *encoder.get("*", {}).values()]


def _without_none(**settings: Any) -> Dict[str, Any]:
    return {key: value for key, value in settings.items() if value is not None}


def steps_per_epoch(config: Config) -> int:
    """Count the batches of the training data, so that dev is scored once per epoch.

    config (Config): A config whose batcher counts documents.
    RETURNS (int): The number of batches.
    """
    reader = {**config["corpora"]["train"]}
    reader.pop("@readers")
    docs = sum(1 for _ in Corpus(**reader)(util.get_lang_class("zh")()))
    size = config["training"]["batcher"]["size"]
    return max(1, -(-docs // size))


def shared_settings(config: Config) -> Dict[str, Any]:
    """Return the training settings of a model.

    config (Config): The config of the training.
    RETURNS (Dict[str, Any]): Names and values of settings, as listed in the tables.
    """
    component, training = config["components"][COMPONENT], config["training"]
    model, rate = component["model"], training["optimizer"]["learn_rate"]
    settings: Dict[str, Any] = {
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
    for block in encoder_blocks(model):
        settings.update({names[key]: value for key, value in block.items() if key in names})
        if "cell" in block:
            settings["width of recurrent layers"] = block["width"]
            settings["recurrent layers"] = block["depth"]
    return settings
