"""Systems and configs that the joint study compares.

A system is trained as one config, or as two configs whose components are combined after training.
"""

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from spacy import util
from thinc.api import Config

from benchmarks.accuracy_transformer import FASTER, LAYERS, RATES, WIDTH, Rates
from benchmarks.common import ROOT
from research.common.cells import Cell
from research.common.corpora import CORPORA
from research.relations.settings import embedding

JOINT = "joint_extractor"
# The small BERT has random weights, and the width of the character vectors, if there are any.
BERT = {"layers": 6, "width": 100, "heads": 4, "length": 256}
TINY_BERT = {"layers": 6, "width": 8, "heads": 2, "length": 256}
E5 = {"layers": LAYERS, "width": WIDTH}
SENTENCES = {"@span_getters": "spacy-clinrel.SentenceSpans.v1", "window": 200, "stride": 50}


class Scale(NamedTuple):
    """Settings that all systems share.

    steps (Dict[str, int]): Corpus → number of training steps.
    size (int): Padded characters per batch.
    limit (int): Maximum number of documents read from each file; 0 for all.
    """

    steps: Dict[str, int]
    size: int = 2000
    limit: int = 0


# With random weights, all layers have the same learning rate.
ENCODERS = {
    "small": Rates(0.001, encoder_rate=1.0, layer_decay=1.0),
    "e5": RATES,
    "e5_random": Rates(0.0005, encoder_rate=1.0, layer_decay=1.0),
}
SCALES = {
    "cpu": Scale(steps={"layer": 600, "cmeie": 900}),
    "small": Scale(steps={"layer": 4, "cmeie": 4}, size=800, limit=20),
}


def encoder_path(cell: Cell, name: str) -> Path:
    """Return the folder of an encoder.

    cell (Cell): The training run.
    name (str): Key of `ENCODERS`.
    RETURNS (Path): The folder.
    """
    assert cell.work is not None
    return cell.work / f"encoder.{name}.{cell.scale}"


def separate_encoders(cell: Cell) -> List[Config]:
    """Return the configs of two components that are trained separately, each with its own
    encoder."""
    relations = "cmeie" if cell.corpus == "cmeie" else "ccks2017_relations"
    return [_config(cell, name) for name in ("ccks2017_ner", relations)]


def shared_encoder(cell: Cell) -> List[Config]:
    """Return the config of two components that share the encoder of the joint configs."""
    config = _config(cell, "zh_clinrel")
    [joint] = joint_pairs(cell)
    shared = joint["components"][JOINT]["model"]["tok2vec"]
    config["components"]["tok2vec"]["model"].update(embed=shared["embed"], encode=shared["encode"])
    return [config]


def multi_head(cell: Cell, distance: bool = True, **options: Any) -> List[Config]:
    """Return the config of the joint component with multi-head selection."""
    config = _config(cell, "joint_multihead")
    config["components"][JOINT].update(options)
    config["components"][JOINT]["model"]["distance"] = distance
    return [config]


def joint_pairs(cell: Cell) -> List[Config]:
    """Return the config of the joint component that scores mention pairs."""
    return [_config(cell, "joint_mentions")]


def multi_head_transformer(cell: Cell, encoder: str = "small") -> List[Config]:
    """Return the config of multi-head selection with a BERT-like encoder instead of the BiLSTM."""
    [config] = multi_head(cell)
    shipped = util.load_config(ROOT / "configs" / "zh_clinrel_trf.cfg", interpolate=False)
    tok2vec = shipped["components"]["tok2vec"]["model"]
    sizes = TINY_BERT if cell.scale == "small" else BERT if encoder == "small" else E5
    tok2vec.update(
        width=sizes["width"],
        encoder_rate=ENCODERS[encoder].encoder_rate,
        layer_decay=ENCODERS[encoder].layer_decay,
        get_spans=SENTENCES,
    )
    tok2vec["encoder"]["name"] = str(encoder_path(cell, encoder))
    config["components"][JOINT]["model"]["tok2vec"] = tok2vec
    _set_transformer_training(config, encoder)
    return [config]


def focused_attention(
    cell: Cell, layers: int, mask: str, encoder: str = "small", **options: Any
) -> List[Config]:
    """Return the config of the joint component with focused attention."""
    config = _config(cell, "joint_focused")
    config["paths"]["encoder"] = str(encoder_path(cell, encoder))
    component = config["components"][JOINT]
    component.update(options)
    component["model"].update(
        focused_layers=layers,
        mask=mask,
        encoder_rate=ENCODERS[encoder].encoder_rate,
        layer_decay=ENCODERS[encoder].layer_decay,
        get_spans=SENTENCES,
    )
    if encoder != "small":
        component["model"]["mixed_precision"] = True
        component["model"]["encoder"]["transformer_config"] = FASTER
    _set_transformer_training(config, encoder)
    return [config]


def _set_transformer_training(config: Config, encoder: str) -> None:
    training = config["training"]
    training["dropout"] = 0.1
    training["optimizer"]["use_averages"] = True
    training["optimizer"]["learn_rate"]["initial_rate"] = ENCODERS[encoder].rate


def encoders(cells: Sequence[Cell]) -> Dict[str, Path]:
    """Find the encoders that training runs use.

    cells (Sequence[Cell]): The training runs.
    RETURNS (Dict[str, Path]): Key of `ENCODERS` → folder.
    """
    texts = [config.to_str() for cell in cells for config in configs(cell)]
    paths = {name: encoder_path(cells[0], name) for name in ENCODERS} if cells else {}
    return {name: path for name, path in paths.items() if any(str(path) in t for t in texts)}


def _double_steps(configs: List[Config]) -> List[Config]:
    """Double the number of steps, so that it equals the total of the two separately trained
    components."""
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


def _loss_weights(task: str) -> Dict[str, Dict[str, float]]:
    return {"loss_weights": {"entities": 0.0, "relations": 0.0, task: 1.0}}


def _train_relations_alone(configs: List[Config]) -> List[Config]:
    """Train only relations, between gold entities, and select the best step by the relation
    score."""
    for config in configs:
        config["components"][JOINT].update(_loss_weights("relations"), keep_entities=True)
        config["corpora"]["dev"]["gold_entities"] = True
        config["training"]["score_weights"]["ents_f"] = 0.0
    return configs


SYSTEMS: Dict[str, Callable[[Cell], List[Config]]] = {
    "Pipeline, an encoder each": separate_encoders,
    "Pipeline, shared encoder": shared_encoder,
    "Multi-head": multi_head,
    # As in the paper.
    "Multi-head, no distance, each two tokens": lambda cell: multi_head(
        cell, distance=False, train_pairs="tokens"
    ),
    "Joint, mention pairs": joint_pairs,
}
ABLATIONS: Dict[str, Callable[[Cell], List[Config]]] = {
    "Joint, mention pairs, twice the steps": lambda cell: _double_steps(joint_pairs(cell)),
    "Multi-head, twice the steps": lambda cell: _double_steps(multi_head(cell)),
    "Multi-head, no distance": lambda cell: multi_head(cell, distance=False),
    "Multi-head, each two tokens": lambda cell: multi_head(cell, train_pairs="tokens"),
    "Multi-head, entities alone": lambda cell: multi_head(cell, **_loss_weights("entities")),
    "Multi-head, small BERT": multi_head_transformer,
    "Multi-head, e5": lambda cell: multi_head_transformer(cell, "e5"),
    "Multi-head, e5, random weights": lambda cell: multi_head_transformer(cell, "e5_random"),
    "Multi-head, relations alone": lambda cell: _train_relations_alone(multi_head(cell)),
    **{
        f"Focused, K = {layers}, {mask}": (
            lambda cell, layers=layers, mask=mask: focused_attention(cell, layers, mask)
        )
        for mask in ("eq13", "eq14")
        for layers in (2, 4, 6)
    },
    **{
        f"Focused, K = {layers}, {mask}, e5": (
            lambda cell, layers=layers, mask=mask: focused_attention(cell, layers, mask, "e5")
        )
        for mask in ("eq13", "eq14")
        for layers in (2, 4, 6)
    },
    "Focused, K = 4, eq14, e5, random weights": lambda cell: focused_attention(
        cell, 4, "eq14", "e5_random"
    ),
    "Focused, entities alone": lambda cell: focused_attention(
        cell, 4, "eq14", **_loss_weights("entities")
    ),
    "Focused, relations alone": lambda cell: _train_relations_alone(
        focused_attention(cell, 4, "eq14")
    ),
}


def configs(cell: Cell) -> List[Config]:
    """Return the configs of a training run.

    cell (Cell): The training run.
    RETURNS (List[Config]): One config, or two whose components are combined after training.
    """
    return {**SYSTEMS, **ABLATIONS}[cell.system](cell)


def _config(cell: Cell, name: str) -> Config:
    """Adapt a shipped config to the corpus and to the shared training steps and batch size."""
    scale = SCALES[cell.scale]
    config = util.load_config(ROOT / "configs" / f"{name}.cfg", interpolate=False)
    config["paths"]["vectors"] = cell.vectors
    config["system"]["seed"] = cell.seed
    # Rules are not part of the comparison.
    trained = {key: block for key, block in config["components"].items() if "model" in block}
    config["components"] = trained
    config["nlp"]["pipeline"] = [key for key in config["nlp"]["pipeline"] if key in trained]
    for component in trained.values():
        if "candidates" in component:
            component["candidates"].update({"max_sentences": 0, **CORPORA[cell.corpus].pairs})
        tok2vec = component["model"].get("tok2vec", component["model"])
        if "include_static_vectors" in embedding(tok2vec):
            embedding(tok2vec).update(
                include_static_vectors=bool(cell.vectors), pair_vectors=bool(cell.vectors)
            )
    for part in ("train", "dev"):
        path = str(CORPORA[cell.corpus].file(cell.data, part))
        config["corpora"][part].update(path=path, limit=scale.limit)
    training, steps = config["training"], scale.steps[cell.corpus]
    training.update(max_steps=steps, eval_frequency=max(steps // 10, 1))
    training["batcher"]["size"] = scale.size
    if cell.corpus == "cmeie":
        _fit_cmeie(config)
    training["optimizer"]["learn_rate"].update(warmup_steps=steps // 10, total_steps=steps)
    if cell.scale == "small":
        _shrink(config["components"])
    return config


def _fit_cmeie(config: Config) -> None:
    """Take dropout and attention among mentions from configs/cmeie.cfg. Select the best step by the
    relation score."""
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
    """Set all layers to tiny sizes, for tests."""
    for key, value in block.items():
        if isinstance(value, dict):
            _shrink(value)
        elif key in ("width", "rows", "pair_rows") and isinstance(value, int):
            block[key] = 16 if key == "width" else 200
