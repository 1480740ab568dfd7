"""What the joint benchmark compares: corpora, systems and their configs.

A system is trained as one config or as two, whose components are put into one pipeline.
"""

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from relation_settings import CORPORA as RELATION_CORPORA
from relation_settings import ROOT, embed
from spacy import util
from thinc.api import Config

JOINT = "joint_extractor"
# Name → prefix of the .spacy files, candidate pairs.
CORPORA = {
    "layer": RELATION_CORPORA["11-labels"]._replace(scheme=None),
    "cmeie": RELATION_CORPORA["cmeie"],
}
TITLES = {
    "layer": "CCKS-2017 relation layer, 22 labels",
    "cmeie": "CMeIE, triples as strings",
}
# The small BERT of random weights; characters' vectors, where there are any, are as wide.
BERT = {"layers": 6, "width": 100, "heads": 4, "length": 256}
TINY_BERT = {"layers": 6, "width": 8, "heads": 2, "length": 256}
SENTENCES = {"@span_getters": "spacy-clinrel.SentenceSpans.v1", "window": 200, "stride": 50}


class Scale(NamedTuple):
    """Settings that all systems share.

    steps (Dict[str, int]): Steps of training, for each corpus.
    size (int): Padded characters of a batch.
    small (bool): Tiny layers, for tests.
    limit (int): Documents read of each part; 0 for all.
    """

    steps: Dict[str, int]
    size: int = 2000
    small: bool = False
    limit: int = 0


SCALES = {
    "cpu": Scale(steps={"layer": 600, "cmeie": 900}),
    "small": Scale(steps={"layer": 4, "cmeie": 4}, size=800, small=True, limit=20),
}


class Cell(NamedTuple):
    """One system on a corpus with a seed.

    system (str): Its name.
    corpus (str): Name of the corpus.
    seed (int): The seed.
    scale (str): Name of the settings.
    data (Path): Folder of the .spacy files.
    encoder (Path): Folder of the small BERT.
    vectors (Optional[str]): Pipeline with character vectors.
    """

    system: str
    corpus: str
    seed: int
    scale: str
    data: Path
    encoder: Path
    vectors: Optional[str] = None

    def file(self, part: str) -> Path:
        """RETURNS (Path): The .spacy file of "train", "dev" or "test"."""
        return self.data / f"{CORPORA[self.corpus].prefix}_{part}.spacy"


def own_encoders(cell: Cell) -> List[Config]:
    """The two components of the pipeline, each trained alone."""
    relations = "cmeie" if cell.corpus == "cmeie" else "ccks2017_relations"
    return [_config(cell, name) for name in ("ccks2017_ner", relations)]


def shared_encoder(cell: Cell) -> List[Config]:
    """The two components upon one tok2vec, trained together; it is that of the joint configs."""
    config = _config(cell, "zh_clinrel")
    [joint] = joint_pairs(cell)
    same = joint["components"][JOINT]["model"]["tok2vec"]
    config["components"]["tok2vec"]["model"].update(embed=same["embed"], encode=same["encode"])
    return [config]


def multi_head(cell: Cell, distance: bool = True, **options: Any) -> List[Config]:
    """The joint component with multi-head selection."""
    config = _config(cell, "joint_multihead")
    config["components"][JOINT].update(options)
    config["components"][JOINT]["model"]["distance"] = distance
    return [config]


def joint_pairs(cell: Cell) -> List[Config]:
    """The joint component with mention pairs scored from the shared vectors."""
    return [_config(cell, "joint_mentions")]


def multi_head_transformer(cell: Cell) -> List[Config]:
    """Multi-head selection upon the small BERT in place of the BiLSTM."""
    [config] = multi_head(cell)
    config["components"][JOINT]["model"]["tok2vec"] = {
        "@architectures": "spacy-transformers.Tok2VecTransformer.v3",
        "name": str(cell.encoder),
        "get_spans": SENTENCES,
        "tokenizer_config": {"use_fast": True},
        "pooling": {"@layers": "reduce_mean.v1"},
        "grad_factor": 1.0,
        "mixed_precision": False,
        "grad_scaler_config": {},
        "transformer_config": {},
    }
    _learn_as_transformer(config)
    return [config]


def focused_attention(cell: Cell, layers: int, mask: str, **options: Any) -> List[Config]:
    """The joint component with focused attention."""
    config = _config(cell, "joint_focused")
    config["paths"]["encoder"] = str(cell.encoder)
    component = config["components"][JOINT]
    component.update(options)
    # Nothing is pretrained: all learns alike.
    component["model"].update(
        focused_layers=layers, mask=mask, encoder_rate=1.0, layer_decay=1.0, get_spans=SENTENCES
    )
    _learn_as_transformer(config)
    return [config]


def _learn_as_transformer(config: Config) -> None:
    training = config["training"]
    training["dropout"] = 0.1
    training["optimizer"]["use_averages"] = True
    training["optimizer"]["learn_rate"]["initial_rate"] = 0.001


def _twice(configs: List[Config]) -> List[Config]:
    """With twice the steps: as many as the two components have that are trained apart."""
    for config in configs:
        training = config["training"]
        rate = training["optimizer"]["learn_rate"]
        for block, key in (
            (training, "max_steps"),
            (training, "eval_frequency"),
            (rate, "warmup_steps"),
            (rate, "total_steps"),
        ):
            block[key] *= 2
    return configs


def _only(task: str) -> Dict[str, Dict[str, float]]:
    return {"loss_weights": {"entities": 0.0, "relations": 0.0, task: 1.0}}


def _relations_alone(configs: List[Config]) -> List[Config]:
    """Relations between the mentions that a text has; they alone choose the step."""
    for config in configs:
        config["components"][JOINT].update(_only("relations"), keep_entities=True)
        config["corpora"]["dev"]["gold_entities"] = True
        config["training"]["score_weights"]["ents_f"] = 0.0
    return configs


SYSTEMS: Dict[str, Callable[[Cell], List[Config]]] = {
    "Pipeline, an encoder each": own_encoders,
    "Pipeline, shared encoder": shared_encoder,
    "Multi-head": multi_head,
    # The paper's own.
    "Multi-head, no distance, each two tokens": lambda cell: multi_head(
        cell, distance=False, train_pairs="tokens"
    ),
    "Joint, mention pairs": joint_pairs,
}
ABLATIONS: Dict[str, Callable[[Cell], List[Config]]] = {
    "Joint, mention pairs, twice the steps": lambda cell: _twice(joint_pairs(cell)),
    "Multi-head, twice the steps": lambda cell: _twice(multi_head(cell)),
    "Multi-head, no distance": lambda cell: multi_head(cell, distance=False),
    "Multi-head, each two tokens": lambda cell: multi_head(cell, train_pairs="tokens"),
    "Multi-head, entities alone": lambda cell: multi_head(cell, **_only("entities")),
    "Multi-head, small BERT": multi_head_transformer,
    "Multi-head, relations alone": lambda cell: _relations_alone(multi_head(cell)),
    **{
        f"Focused, K = {layers}, {mask}": (
            lambda cell, layers=layers, mask=mask: focused_attention(cell, layers, mask)
        )
        for mask in ("eq13", "eq14")
        for layers in (2, 4, 6)
    },
    "Focused, entities alone": lambda cell: focused_attention(cell, 4, "eq14", **_only("entities")),
    "Focused, relations alone": lambda cell: _relations_alone(focused_attention(cell, 4, "eq14")),
}


def configs(cell: Cell) -> List[Config]:
    """What a cell trains.

    cell (Cell): The cell.
    RETURNS (List[Config]): One or two configs.
    """
    make = {**SYSTEMS, **ABLATIONS}[cell.system]
    return make(cell)


def _config(cell: Cell, name: str) -> Config:
    """A shipped config on the cell's corpus, with the steps and the batches that all share."""
    scale = SCALES[cell.scale]
    config = util.load_config(ROOT / "configs" / f"{name}.cfg", interpolate=False)
    config["paths"]["vectors"] = cell.vectors
    config["system"]["seed"] = cell.seed
    for component in config["components"].values():
        if "candidates" in component:
            component["candidates"].update({"max_sentences": 0, **CORPORA[cell.corpus].pairs})
        tok2vec = component["model"].get("tok2vec", component["model"])
        if "include_static_vectors" in embed(tok2vec):
            embed(tok2vec).update(
                include_static_vectors=bool(cell.vectors), pair_vectors=bool(cell.vectors)
            )
    for part in ("train", "dev"):
        config["corpora"][part].update(path=str(cell.file(part)), limit=scale.limit)
    training, steps = config["training"], scale.steps[cell.corpus]
    training.update(max_steps=steps, eval_frequency=max(steps // 10, 1))
    training["batcher"]["size"] = scale.size
    if cell.corpus == "cmeie":
        _fit_cmeie(config)
    training["optimizer"]["learn_rate"].update(warmup_steps=steps // 10, total_steps=steps)
    if scale.small:
        _shrink(config["components"])
    return config


def _fit_cmeie(config: Config) -> None:
    """The dropout and the attention among mentions of configs/cmeie.cfg; relations alone choose the
    step."""
    shipped = util.load_config(ROOT / "configs" / "cmeie.cfg", interpolate=False)
    pairs = shipped["components"]["relation_classifier"]["model"]
    for component in config["components"].values():
        relations = component["model"].get("relations", component["model"])
        if relations["@architectures"] == pairs["@architectures"]:
            relations["attention"] = pairs["attention"]
    training = config["training"]
    weights = training["score_weights"]
    if "rel_micro_f" in weights:
        training["dropout"] = shipped["training"]["dropout"]
        weights.update({key: 0.0 for key, weight in weights.items() if weight})
        weights[f"{CORPORA['cmeie'].score}_f"] = 1.0


def _shrink(block: Dict[str, Any]) -> None:
    """Tiny layers."""
    for key, value in block.items():
        if isinstance(value, dict):
            _shrink(value)
        elif key in ("width", "rows", "pair_rows") and isinstance(value, int):
            block[key] = 16 if key == "width" else 200
