"""Loading, checking and storing of BERT-like encoders of transformers with their tokenizers."""

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
    """A BERT-like encoder.

    tokenizer (Any): Its tokenizer, from transformers.
    transformer (Any): The model, from transformers, with `encoder.layer` and absolute positions.
    """

    tokenizer: Any
    transformer: Any


# Returns an encoder, given some of the training documents.
GetEncoder = Callable[[List[Doc]], BertLike]


def PretrainedEncoder(name: str, tokenizer_config: Optional[Dict[str, Any]] = None) -> GetEncoder:
    """Create a function that loads a pretrained encoder.

    name (str): A name on the Hugging Face hub, or a folder with an encoder (e.g. from `clinrel
        make-encoder`). Read only at initialization; a trained pipeline contains its encoder.
    tokenizer_config (Optional[Dict[str, Any]]): Settings of the tokenizer, e.g. use_fast.
    RETURNS (Callable[[List[Doc]], BertLike]): Function that returns the encoder and ignores its
        argument.
    """
    return partial(_pretrained_encoder, name=name, tokenizer_config=tokenizer_config or {})


def _pretrained_encoder(
    docs: List[Doc], *, name: str, tokenizer_config: Dict[str, Any]
) -> BertLike:
    return load_encoder(name, tokenizer_config)


def load_encoder(name: str, tokenizer_config: Dict[str, Any]) -> BertLike:
    """Load an encoder, and check that its layers can be run one by one.

    name (str): A folder, or a name on the Hugging Face hub.
    tokenizer_config (Dict[str, Any]): Settings of the tokenizer.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If the encoder can't be loaded, is not BERT-like, or has no absolute
        positions.
    """
    try:
        loaded = huggingface_from_pretrained(name, dict(tokenizer_config), {})
    except Exception as error:  # transformers and its dependencies raise different types
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(Errors.M008.format(name=name, error=reason)) from error
    config, transformer = loaded.transformer.config, loaded.transformer
    if not hasattr(getattr(transformer, "encoder", None), "layer"):
        raise ValueError(Errors.M009.format(kind=config.model_type))
    positions = getattr(config, "position_embedding_type", "relative")
    if positions != "absolute":
        raise ValueError(Errors.M010.format(name=name, kind=positions))
    return BertLike(_limited(loaded.tokenizer, transformer), transformer)


def _limited(tokenizer: Any, transformer: Any) -> Any:
    """Return the tokenizer, limited to the encoder's number of positions. Padding is set to the
    right, so that [CLS] comes first.
    """
    # RoBERTa-like models number positions from padding_idx + 1.
    padding = getattr(transformer.embeddings, "padding_idx", None)
    limit = transformer.config.max_position_embeddings - (0 if padding is None else padding + 1)
    tokenizer.model_max_length = min(tokenizer.model_max_length, limit)
    tokenizer.padding_side = "right"
    return tokenizer


def encoder_files(encoder: BertLike) -> Files:
    """Return the files of an encoder without its weights, for the header of a safetensors file.

    encoder (BertLike): The encoder.
    RETURNS (Dict[str, str]): Content by file name, decoded as Latin-1, which is lossless.
    """
    with tempfile.TemporaryDirectory() as folder:
        encoder.tokenizer.save_pretrained(folder)
        config = encoder.transformer.config.to_dict()
        config.pop("_name_or_path", None)  # may be a local path
        srsly.write_json(Path(folder) / "config.json", config)
        return {path.name: path.read_bytes().decode("latin-1") for path in Path(folder).iterdir()}


def encoder_from_files(files: Files) -> BertLike:
    """Create an encoder from `encoder_files`. Its weights are random until they are loaded.

    files (Dict[str, str]): Content by file name, decoded as Latin-1.
    RETURNS (BertLike): Encoder and tokenizer.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / Path(name).name).write_bytes(content.encode("latin-1"))
        # Slow tokenizers (use_fast = false) save no tokenizer.json.
        is_fast = "tokenizer.json" in files
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=is_fast)
        config = AutoConfig.from_pretrained(folder)
    transformer = AutoModel.from_config(config)
    return BertLike(_limited(tokenizer, transformer), transformer)


def save_encoder(encoder: BertLike, folder: Path) -> None:
    """Write an encoder to a folder that `load_encoder` can read. Files are moved into place when
    they are complete, config.json last, so that an interrupted write leaves no loadable encoder.

    encoder (BertLike): Encoder and tokenizer.
    folder (Path): The folder, which may exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as draft:
        encoder.transformer.save_pretrained(draft)
        encoder.tokenizer.save_pretrained(draft)
        for path in sorted(Path(draft).iterdir(), key=lambda path: path.name == "config.json"):
            os.replace(path, folder / path.name)
