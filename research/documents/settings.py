"""Corpora, systems and configs that the document study compares."""

from typing import Any, Dict, List, NamedTuple

from spacy import util
from thinc.api import Config

from benchmarks.common import ROOT
from research.common import corpora
from research.common.cells import Cell
from research.common.corpora import COMPONENT

from .encoders import WITH_ENCODER, encoder_block, set_rates


class DocumentSettings(NamedTuple):
    """Settings of a corpus.

    config (str): Name of the config that provides the embedding and the reader.
    use_sents (bool): Whether to use the Doc's sentences. Otherwise sentences end at 。；;！？ and
        line
        breaks.
    pairs (Dict[str, int]): Maximum distances between the mentions of a candidate pair.
    steps (int): Steps of training.
    size (int): Padded tokens per batch.
    """

    config: str
    use_sents: bool
    pairs: Dict[str, int]
    steps: int
    size: int


SETTINGS = {
    "maccrobat": DocumentSettings(
        "en_clinrel", True, {"max_sentences": 1, "max_distance": 40}, 600, 1500
    ),
    "layer": DocumentSettings(
        "zh_clinrel", False, {"max_sentences": 2, "max_distance": 100}, 600, 2000
    ),
}
CORPORA = {name: corpora.CORPORA[name] for name in SETTINGS}

HIERARCHICAL = {"@architectures": "spacy-clinrel.Hierarchical.v1", "width": 128, "between": 32}
HIERARCHICAL.update(hidden_width=128, sentence_level=True, attention=True)
BIGRU_ATT = {
    "@architectures": "spacy-clinrel.PairSentence.v1",
    "position_width": 25,
    "window": 30,
    "encoder": {"@misc": "spacy-clinrel.RNN.v1", "width": 128, "depth": 1, "cell": "gru"},
    "pooling": {"@misc": "spacy-clinrel.AttentionPool.v1"},
}
MENTION_PAIR = {"@architectures": "spacy-clinrel.MentionPair.v1", "width": 128, "between": 32}
BIRNN = {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 256, "depth": 1}


def _crf(scope: str, **options: Any) -> Dict[str, Any]:
    relations = {**HIERARCHICAL, **options}
    return {"@architectures": "spacy-clinrel.PairCRF.v1", "scope": scope, "relations": relations}


# Name → model, without its tok2vec
SYSTEMS: Dict[str, Dict[str, Any]] = {
    "Mention pair": {**MENTION_PAIR, "context": BIRNN},
    "BiGRU-Att": BIGRU_ATT,
    "Hierarchical, CRF of a sentence": _crf("sentence"),
    "Hierarchical, CRF of the document": _crf("document"),
    "Hierarchical, no CRF": HIERARCHICAL,
    "Hierarchical, no sentence level": _crf("sentence", sentence_level=False),
    "Hierarchical, no attention": _crf("sentence", attention=False),
}


def has_crf(system: str) -> bool:
    """Return whether a system decodes with a CRF instead of a threshold.

    system (str): Name of the system.
    RETURNS (bool): Whether it has a CRF.
    """
    system, _ = WITH_ENCODER.get(system, (system, ""))
    return "relations" in SYSTEMS[system]


# Components of the shipped configs that relations do not need.
RULES = ("clinical_sectionizer", "assertion_rules", "measurement_matcher")


def document_config(cell: Cell) -> Config:
    """Return the config of a training run.

    It combines the corpus's embedding, a BiLSTM and the system's model. BiGRU-Att has no BiLSTM,
    since it encodes a separate window for each pair. An encoder replaces embedding and BiLSTM.

    cell (Cell): The training run.
    RETURNS (Config): Config of a pipeline that predicts relations between gold entities.
    """
    settings, is_small = SETTINGS[cell.corpus], cell.scale == "small"
    system, encoder = WITH_ENCODER.get(cell.system, (cell.system, ""))
    config = util.load_config(ROOT / "configs" / f"{settings.config}.cfg", interpolate=False)
    config["system"]["seed"] = cell.seed
    tok2vec = config["components"].pop("tok2vec")["model"]
    if encoder:
        tok2vec = encoder_block(cell, encoder)
    config["components"].pop("clinical_ner")
    for name in RULES:
        config["components"].pop(name, None)
    others: List[str] = [name for name in config["components"] if name != COMPONENT]
    config["nlp"]["pipeline"] = [*others, COMPONENT]
    component = config["components"][COMPONENT]
    component["candidates"].update(settings.pairs, use_sents=settings.use_sents)
    model = _set_sentences(SYSTEMS[system], settings.use_sents)
    inner = model.get("relations", model)
    # With a CRF, Viterbi decides, and the scores are marginal probabilities.
    component.update(model=model, threshold=0.0 if has_crf(system) else 0.5)
    is_pair_sentence = inner["@architectures"] == BIGRU_ATT["@architectures"]
    inner["tok2vec"] = tok2vec["embed"] if is_pair_sentence else tok2vec
    # A pair-sentence model reads each pair by itself: leave out most pairs without a relation.
    component["negatives"] = 5 if is_pair_sentence else None
    for part in ("train", "dev"):
        path = str(CORPORA[cell.corpus].file(cell.data, part))
        limit = 6 if is_small else 0
        config["corpora"][part].update(path=path, gold_entities=True, limit=limit)
    _set_training(config["training"], 4 if is_small else settings.steps, settings.size)
    if encoder:
        set_rates(config["training"], encoder)
    return config


def _set_training(training: Dict[str, Any], steps: int, size: int) -> None:
    training.update(max_steps=steps, eval_frequency=max(steps // 10, 1))
    training["batcher"]["size"] = size
    rate = training["optimizer"]["learn_rate"]
    rate.update(warmup_steps=steps // 10, total_steps=steps, initial_rate=0.002)
    weights = training["score_weights"]
    training["score_weights"] = {key: weights[key] for key in weights if key.startswith("rel_")}
    training["score_weights"]["rel_micro_f"] = 1.0


def _set_sentences(system: Dict[str, Any], use_sents: bool) -> Dict[str, Any]:
    """Copy the model's block of a config and set its sentence rule."""
    model: Dict[str, Any] = {**system}
    if "relations" in model:
        model["relations"] = _set_sentences(model["relations"], use_sents)
    if "PairSentence" in model["@architectures"]:
        if use_sents:
            model["sentence_ends"] = ""  # each of the corpus's sentences is a line
    elif "Pair.v1" not in model["@architectures"]:
        model["use_sents"] = use_sents
    return model
