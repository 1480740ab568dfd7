"""Systems of the document study with a pretrained English encoder."""

from pathlib import Path
from typing import Any, Dict, Sequence, Tuple

import torch
from thinc.api import Config
from transformers import BertModel

from benchmarks.accuracy_transformer import WIDTH, Rates, transformer_block
from research.common.cells import Cell
from spacy_clinrel.ml.encoder_files import BertLike, save_encoder
from spacy_clinrel.pretraining.make_encoder import build_encoder
from spacy_clinrel.pretraining.packaged import MINILM, packaged_encoder

TINY_WIDTH = 16
DROPOUT = 0.1
WINDOW, STRIDE = 128, 96  # tokens
PRETRAINED, RANDOM = "MiniLM", "MiniLM, random weights"
# With random weights, all layers have the same learning rate.
ENCODERS = {PRETRAINED: Rates(), RANDOM: Rates(0.0005, encoder_rate=1.0, layer_decay=1.0)}
# Name → the system whose embedding and BiLSTM the encoder replaces, and key of `ENCODERS`.
WITH_ENCODER: Dict[str, Tuple[str, str]] = {
    f"{system}, {encoder}": (system, encoder)
    for system in ("Mention pair", "Hierarchical, CRF of a sentence", "Hierarchical, no CRF")
    for encoder in ENCODERS
}


def encoder_path(cell: Cell, name: str) -> Path:
    """Return the folder of an encoder.

    cell (Cell): The training run.
    name (str): Key of `ENCODERS`.
    RETURNS (Path): The folder.
    """
    assert cell.work is not None
    return cell.work / f"encoder.{name.replace(', ', '_').replace(' ', '_').lower()}.{cell.scale}"


def make_encoders(cells: Sequence[Cell]) -> None:
    """Write the encoders that training runs use, unless they exist.

    cells (Sequence[Cell]): The training runs.
    """
    for cell in cells:
        _, name = WITH_ENCODER.get(cell.system, (cell.system, ""))
        if name and not (encoder_path(cell, name) / "config.json").exists():
            save_encoder(_make_encoder(name, cell.scale == "small"), encoder_path(cell, name))


def _make_encoder(name: str, tiny: bool) -> BertLike:
    if tiny:
        return build_encoder(["a note"], layers=1, width=TINY_WIDTH, heads=2, length=256, seed=0)
    pretrained = packaged_encoder(MINILM)
    if name == PRETRAINED:
        return pretrained
    torch.manual_seed(0)
    return BertLike(pretrained.tokenizer, BertModel(pretrained.transformer.config))


def encoder_block(cell: Cell, name: str) -> Dict[str, Any]:
    """Return the tok2vec block of an encoder.

    cell (Cell): The training run.
    name (str): Key of `ENCODERS`.
    RETURNS (Dict[str, Any]): The block.
    """
    width = TINY_WIDTH if cell.scale == "small" else WIDTH
    path = encoder_path(cell, name)
    return transformer_block("en_clinrel_trf", path, ENCODERS[name], width, (WINDOW, STRIDE))


def set_rates(training: Config, name: str) -> None:
    """Set the dropout and the learning rate of a system with an encoder.

    training (Config): The training block.
    name (str): Key of `ENCODERS`.
    """
    training["dropout"] = DROPOUT
    training["optimizer"]["learn_rate"]["initial_rate"] = ENCODERS[name].rate
