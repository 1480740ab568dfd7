"""A BERT-like encoder of transformers with its tokenizer: loading, checking, and as plain text."""

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import srsly
from spacy.tokens import Doc
from spacy_transformers.layers.transformer_model import huggingface_from_pretrained
from transformers import AutoConfig, AutoModel, AutoTokenizer

from ..errors import Errors

Files = Dict[str, str]


class BertLike(NamedTuple):
    """An encoder.

    tokenizer (Any): Of transformers.
    transformer (Any): Of transformers, with `encoder.layer` and absolute positions.
    """

    tokenizer: Any
    transformer: Any


# Some of the training documents → an encoder
GetEncoder = Callable[[List[Doc]], BertLike]


def PretrainedEncoder(name: str, tokenizer_config: Optional[Dict[str, Any]] = None) -> GetEncoder:
    """Create a source of encoders that are there already.

    name (str): A name of the hub, or a folder with the encoder (`clinrel make-encoder` makes one).
        Read at initialization alone; a trained pipeline brings its own.
    tokenizer_config (Optional[Dict[str, Any]]): Settings of the tokenizer, e.g. use_fast.
    RETURNS (Callable[[List[Doc]], BertLike]): Documents, which are not looked at, to the encoder.
    """
    return partial(_pretrained_encoder, name=name, tokenizer_config=tokenizer_config or {})


def _pretrained_encoder(
    docs: List[Doc], *, name: str, tokenizer_config: Dict[str, Any]
) -> BertLike:
    return load_encoder(name, tokenizer_config)


def load_encoder(name: str, tokenizer_config: Dict[str, Any]) -> BertLike:
    """Load an encoder and check that its layers can be run one by one.

    name (str): A folder, or a name of the hub.
    tokenizer_config (Dict[str, Any]): Settings of the tokenizer.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If there is none, it is of another kind, or its positions are relative.
    """
    try:
        loaded = huggingface_from_pretrained(name, dict(tokenizer_config), {})
    except Exception as err:  # each of the libraries below has its own
        reason = str(err).strip().splitlines()[0] if str(err).strip() else type(err).__name__
        raise ValueError(Errors.M008.format(name=name, error=reason)) from err
    config, transformer = loaded.transformer.config, loaded.transformer
    if not hasattr(getattr(transformer, "encoder", None), "layer"):
        raise ValueError(Errors.M009.format(kind=config.model_type))
    positions = getattr(config, "position_embedding_type", "relative")
    if positions != "absolute":
        raise ValueError(Errors.M010.format(name=name, kind=positions))
    return BertLike(_limited(loaded.tokenizer, transformer), transformer)


def _limited(tokenizer: Any, transformer: Any) -> Any:
    """Tell the tokenizer how many pieces the encoder has positions for, and to pad on the right, so
    that [CLS] comes first."""
    # RoBERTa and its like count positions from behind that of padding.
    first = getattr(transformer.embeddings, "padding_idx", None)
    most = transformer.config.max_position_embeddings - (0 if first is None else first + 1)
    tokenizer.model_max_length = min(tokenizer.model_max_length, most)
    tokenizer.padding_side = "right"
    return tokenizer


def encoder_files(encoder: BertLike) -> Files:
    """What an encoder is made of, weights aside, for a header.

    encoder (BertLike): The encoder.
    RETURNS (Dict[str, str]): Content by file name; bytes as Latin-1, which loses none.
    """
    with tempfile.TemporaryDirectory() as folder:
        encoder.tokenizer.save_pretrained(folder)
        config = encoder.transformer.config.to_dict()
        config.pop("_name_or_path", None)  # a place on this machine
        srsly.write_json(Path(folder) / "config.json", config)
        return {path.name: path.read_bytes().decode("latin-1") for path in Path(folder).iterdir()}


def encoder_from_files(files: Files) -> BertLike:
    """Undo `encoder_files`: an encoder whose weights are still to be loaded.

    files (Dict[str, str]): What it returned.
    RETURNS (BertLike): Encoder and tokenizer.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content.encode("latin-1"))
        # A slow tokenizer, chosen with use_fast = false, saves no tokenizer.json.
        fast = "tokenizer.json" in files
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=fast)
        config = AutoConfig.from_pretrained(folder)
    transformer = AutoModel.from_config(config)
    return BertLike(_limited(tokenizer, transformer), transformer)


def save_encoder(encoder: BertLike, folder: Path) -> None:
    """Write an encoder so that `load_encoder` finds it: each file as a whole or not at all, the one
    that makes it an encoder last.

    encoder (BertLike): Encoder and tokenizer.
    folder (Path): The folder, which may be there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as draft:
        encoder.transformer.save_pretrained(draft)
        encoder.tokenizer.save_pretrained(draft)
        for path in sorted(Path(draft).iterdir(), key=lambda path: path.name == "config.json"):
            os.replace(path, folder / path.name)
