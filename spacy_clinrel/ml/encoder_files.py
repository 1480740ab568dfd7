"""Loading, checking and storing of BERT-like encoders of transformers with their tokenizers.

Code that comes with an encoder is never run. A pipeline stores an encoder's config and tokenizer in
the header of a safetensors file, and its weights as tensors, without pickles.
"""

import json
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

import srsly
from spacy.tokens import Doc
from torch import Tensor
from transformers import AutoConfig, AutoModel, AutoTokenizer, PretrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.tokenization_auto import get_tokenizer_config

from ..errors import Errors

Files = Dict[str, str]

CONFIG = "config.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
# Suffixes of the files that tokenizers and configs are stored in.
SUFFIXES = (".json", ".txt", ".model", ".jinja")
# Settings of a config that let newer versions of transformers download compiled code.
ATTENTION = ("attn_implementation", "_attn_implementation", "_attn_implementation_internal")


class BertLike(NamedTuple):
    """A BERT-like encoder.

    tokenizer (Any): Its tokenizer, from transformers.
    transformer (Any): The model, from transformers, with `encoder.layer` and absolute positions.
    """

    tokenizer: Any
    transformer: Any


# Returns an encoder, given some of the training documents.
GetEncoder = Callable[[List[Doc]], BertLike]


def PretrainedEncoder(
    name: str,
    tokenizer_config: Optional[Dict[str, Any]] = None,
    transformer_config: Optional[Dict[str, Any]] = None,
) -> GetEncoder:
    """Create a function that loads a pretrained encoder.

    name (str): A name on the Hugging Face hub, or a folder with an encoder (e.g. from `clinrel
        make-encoder`). Read only at initialization; a trained pipeline contains its encoder.
    tokenizer_config (Optional[Dict[str, Any]]): Settings of the tokenizer, e.g. use_fast.
    transformer_config (Optional[Dict[str, Any]]): Settings that replace those in the encoder's
        config.json, e.g. attention_probs_dropout_prob.
    RETURNS (Callable[[List[Doc]], BertLike]): Function that returns the encoder and ignores its
        argument.
    """
    return partial(
        _pretrained_encoder,
        name=name,
        tokenizer_config=tokenizer_config or {},
        transformer_config=transformer_config,
    )


def _pretrained_encoder(docs: List[Doc], **options: Any) -> BertLike:
    return load_encoder(**options)


def load_encoder(
    name: str,
    tokenizer_config: Dict[str, Any],
    transformer_config: Optional[Dict[str, Any]] = None,
) -> BertLike:
    """Load an encoder, and check that its layers can be run one by one.

    name (str): A folder, or a name on the Hugging Face hub.
    tokenizer_config (Dict[str, Any]): Settings of the tokenizer.
    transformer_config (Optional[Dict[str, Any]]): Settings that replace those in its config.json.
    RETURNS (BertLike): Encoder and tokenizer.
    RAISES (ValueError): If the encoder can't be loaded, is not BERT-like, or has no absolute
        positions.
    """
    transformer_config = transformer_config or {}
    if any(part.get("trust_remote_code") for part in (tokenizer_config, transformer_config)):
        raise ValueError(Errors.M025)
    options = {**tokenizer_config, "trust_remote_code": False}
    settings = {"return_dict": True, **transformer_config}
    settings.pop("trust_remote_code", None)
    try:
        configs = [PretrainedConfig.get_config_dict(name)[0], get_tokenizer_config(name)]
    except Exception as error:  # transformers and its dependencies raise different types
        raise ValueError(Errors.M008.format(name=name, error=_first_line(error))) from error
    if any(has_code(config) for config in (*configs, transformer_config)):
        raise ValueError(Errors.M023.format(name=f"The encoder '{name}'"))
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **options)
        config = AutoConfig.from_pretrained(name, trust_remote_code=False, **settings)
        transformer = AutoModel.from_pretrained(
            name, config=config, trust_remote_code=False, weights_only=True
        )
    except Exception as error:
        raise ValueError(Errors.M008.format(name=name, error=_first_line(error))) from error
    if not hasattr(getattr(transformer, "encoder", None), "layer"):
        raise ValueError(Errors.M009.format(kind=config.model_type))
    positions = getattr(config, "position_embedding_type", "relative")
    if positions != "absolute":
        raise ValueError(Errors.M010.format(name=name, kind=positions))
    return BertLike(_limited(tokenizer, transformer), transformer)


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def has_code(config: Any) -> bool:
    """Return whether a config of transformers names code that comes with it.

    config (Any): The config, as JSON: of a model or a tokenizer.
    RETURNS (bool): Whether `auto_map` is set, also in a nested config.
    """
    if isinstance(config, Mapping):
        return bool(config.get("auto_map")) or any(map(has_code, config.values()))
    return isinstance(config, list) and any(map(has_code, config))


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
    RAISES (ValueError): If the files contain code or are damaged.
    """
    config = parse_config(files)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content.encode("latin-1"))
        # Slow tokenizers (use_fast = false) save no tokenizer.json.
        is_fast = "tokenizer.json" in files
        try:
            tokenizer = AutoTokenizer.from_pretrained(
                folder, use_fast=is_fast, trust_remote_code=False, local_files_only=True
            )
        except BaseException as error:  # the Rust library's panics are no subclass of Exception
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            # The library's message may contain a part of the tokenizer.
            reason = f"cannot read the tokenizer, {type(error).__name__}"
            raise ValueError(Errors.M020.format(name="encoder", error=reason)) from None
    transformer = AutoModel.from_config(config, trust_remote_code=False)
    return BertLike(_limited(tokenizer, transformer), transformer)


def parse_config(files: Files) -> PretrainedConfig:
    """Return the config of the encoder in a pipeline, after checking all its files.

    files (Dict[str, str]): Content by file name, decoded as Latin-1.
    RETURNS (PretrainedConfig): The config.
    RAISES (ValueError): If the files contain code or are damaged.
    """
    for name in files:
        if not name.endswith(SUFFIXES) or Path(name).name != name:
            raise ValueError(Errors.M024.format(name=name, allowed=", ".join(SUFFIXES)))
    try:
        data, _ = configs = [
            json.loads(files[name].encode("latin-1")) for name in (CONFIG, TOKENIZER_CONFIG)
        ]
    except (KeyError, ValueError, AttributeError, RecursionError) as error:
        reason = f"cannot read {CONFIG} or {TOKENIZER_CONFIG}, {type(error).__name__}"
        raise ValueError(Errors.M020.format(name="encoder", error=reason)) from error
    if any(has_code(config) for config in configs):
        raise ValueError(Errors.M023.format(name="The encoder in the pipeline"))
    try:
        settings = {key: value for key, value in data.items() if key not in ATTENTION}
        return CONFIG_MAPPING[settings["model_type"]].from_dict(settings)
    except Exception as error:  # the classes of configs check their settings in different ways
        reason = f"cannot read {CONFIG}, {type(error).__name__}"
        raise ValueError(Errors.M020.format(name="encoder", error=reason)) from error


def outline_encoder(files: Files, weights: Mapping[str, Tensor]) -> Any:
    """Create an encoder without a tokenizer, to compare the shapes of its weights with a file.

    files (Dict[str, str]): Content by file name, decoded as Latin-1.
    weights (Mapping[str, Tensor]): The weights in the file.
    RETURNS (Any): The transformer. Call this in the context of PyTorch's device "meta".
    RAISES (ValueError): If the files contain code or are damaged, or the config's sizes are not
        those of the weights.
    """
    config = parse_config(files)
    layers = {key.split(".layer.")[1].split(".")[0] for key in weights if ".layer." in key}
    # Some models loop over these sizes or allocate NumPy arrays, so check them beforehand.
    for setting, suffix in (
        ("vocab_size", "word_embeddings.weight"),
        ("max_position_embeddings", "position_embeddings.weight"),
    ):
        found = [len(value) for key, value in weights.items() if key.endswith(suffix)]
        _check_size(setting, getattr(config, setting, None), found[0] if found else None)
    _check_size("num_hidden_layers", getattr(config, "num_hidden_layers", None), len(layers))
    widths = {size for value in weights.values() for size in value.shape}
    for setting in ("hidden_size", "intermediate_size"):
        value = getattr(config, setting, None)
        _check_size(setting, value, value if value in widths else None)
    return AutoModel.from_config(config, trust_remote_code=False)


def _check_size(setting: str, value: Any, found: Optional[int]) -> None:
    if value is None or value != found:
        reason = f"{setting} = {value!r:.20} in {CONFIG}, {found} in the weights"
        raise ValueError(Errors.M020.format(name="encoder", error=reason))


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
