"""Loading of trained components from files that may be damaged or come from a stranger.

Every failure becomes one error that names the file and the component. No code that came with a
pipeline is run: models are msgpack and safetensors, without pickles.
"""

import gc
import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Mapping, Tuple

import numpy as np
import srsly
from thinc.api import Model

from ..errors import Errors

# Dimensions of the weights of Thinc's, spaCy's and our own layers, by the module of the layer.
# Other layers, e.g. those of other packages, are not checked.
SHAPES: Dict[str, Dict[str, Tuple[str, ...]]] = {
    "thinc.layers.hashembed": {"E": ("nV", "nO")},
    "thinc.layers.embed": {"E": ("nV", "nO")},
    "thinc.layers.linear": {"W": ("nO", "nI"), "b": ("nO",)},
    "thinc.layers.relu": {"W": ("nO", "nI"), "b": ("nO",)},
    "thinc.layers.mish": {"W": ("nO", "nI"), "b": ("nO",)},
    "thinc.layers.softmax": {"W": ("nO", "nI"), "b": ("nO",)},
    "thinc.layers.maxout": {"W": ("nO", "nP", "nI"), "b": ("nO", "nP")},
    "thinc.layers.layernorm": {"G": ("nI",), "b": ("nI",)},
    "spacy.ml.staticvectors": {"W": ("nO", "nM")},
    "spacy_clinrel.ml.char_table": {"E": ("nV", "nO")},
    "spacy_clinrel.ml.pair_crf": {"transitions": ("nO", "nO"), "start": ("nO",), "end": ("nO",)},
}
# Our messages about components, models and the relation store.
OWN_MESSAGE = re.compile(r"\[[CMR]\d{3}\]")


@contextmanager
def loading(name: str, place: str) -> Iterator[None]:
    """Turn every exception into an error that names the component and the file.

    name (str): The component's name.
    place (str): The file, or a description of where the data comes from.
    RAISES (ValueError): If the context raises any exception.
    """
    collects_garbage = gc.isenabled()
    try:
        yield
    except Exception as error:  # msgpack, JSON, Thinc, spaCy and NumPy raise different types
        if isinstance(error, ValueError) and OWN_MESSAGE.match(str(error)):
            raise ValueError(f"{error} Component '{name}', {place}.") from error
        reason = short_reason(error)
        raise ValueError(Errors.M022.format(place=place, name=name, error=reason)) from error
    finally:
        # srsly leaves the garbage collection off if it cannot read a file.
        if collects_garbage:
            gc.enable()


def short_reason(error: Exception) -> str:
    """Return the type of an error with the beginning of its message, which may quote a file.

    error (Exception): The error.
    RETURNS (str): The description.
    """
    message = " ".join(str(error).split())
    kind = type(error).__name__
    return f"{kind}: {message[:160]}" if message else kind


def read_file(path: Path) -> bytes:
    """Read a file of a component.

    path (Path): The file.
    RETURNS (bytes): Its content.
    RAISES (ValueError): If it is a pipe or device, from which reading may never end.
    """
    if path.exists() and not path.is_file():
        raise ValueError("not a regular file")
    return path.read_bytes()


def read_cfg(path: Path) -> Dict[str, Any]:
    """Read the options of a component.

    path (Path): The file `cfg`.
    RETURNS (Dict[str, Any]): The options.
    RAISES (ValueError): If the file is no JSON object.
    """
    return parse_cfg(read_file(path))


def parse_cfg(data: Any) -> Dict[str, Any]:
    """Parse the options of a component.

    data (Any): JSON, as bytes or str.
    RETURNS (Dict[str, Any]): The options.
    RAISES (ValueError): If the data is no JSON object.
    """
    cfg = json.loads(data)
    if not isinstance(cfg, dict):
        raise ValueError("expected a JSON object")
    return cfg


def load_model(model: Model, data: bytes) -> None:
    """Load a model, and check its attributes and weights.

    model (Model): The model, as its config describes it. Changed in place.
    data (bytes): Output of `Model.to_bytes`.
    RAISES (ValueError): If the data does not fit the model, contains code, or has weights of a
        wrong shape or weights that are NaN or infinite.
    """
    nodes = list(model.walk())
    _check_message(nodes, srsly.msgpack_loads(data))
    model.from_bytes(data)
    for node in nodes:
        _check_parameters(node)


def _check_message(nodes: Any, message: Mapping[str, Any]) -> None:
    """Check what Thinc does not check: that no method is replaced by a value, and that shims of
    spacy-transformers, whose loader we cannot change, get no code to run.
    """
    for node, attrs, shims in zip(nodes, message["attrs"], message["shims"]):
        replaced = [name for name in attrs if callable(node.attrs.get(name))]
        if replaced:
            raise ValueError(f"a value replaces the method '{replaced[0]}'")
        if len(shims) != len(node.shims):
            raise ValueError(f"a layer has {len(shims)} modules, expected {len(node.shims)}")
        for shim, shim_data in zip(node.shims, shims):
            if type(shim).__module__.startswith("spacy_transformers."):
                _check_transformer(srsly.msgpack_loads(shim_data))


def _check_transformer(message: Mapping[str, Any]) -> None:
    """Check the config and the tokenizer of a transformer of spacy-transformers.

    RAISES (ValueError): If they ask to run code, or a tokenizer file has a path.
    """
    files = {key: data for key, data in message["tokenizer"].items() if key != "kwargs"}
    for name in files:
        if Path(name).name != name or name.endswith((".py", ".pkl", ".bin")):
            raise ValueError(Errors.M024.format(name=name, allowed="without code and pickles"))
    configs = [message["config"], message["tokenizer"].get("kwargs", {})]
    configs += [json.loads(data) for name, data in files.items() if name.endswith("config.json")]
    if any(_has_key(config, ("auto_map", "trust_remote_code")) for config in configs):
        raise ValueError(Errors.M023.format(name="The transformer in the pipeline"))


def _has_key(data: Any, keys: Tuple[str, ...]) -> bool:
    if isinstance(data, Mapping):
        return any(data.get(key) for key in keys) or any(_has_key(x, keys) for x in data.values())
    return isinstance(data, (list, tuple)) and any(_has_key(item, keys) for item in data)


def _check_parameters(node: Model) -> None:
    """Check the shapes of a layer's weights, and that they are finite.

    RAISES (ValueError): If a weight has a wrong shape, is missing, or is NaN or infinite.
    """
    shapes = SHAPES.get(node._func.__module__, {})
    present = [name for name in node.param_names if node.has_param(name)]
    for name in present:
        weight = node.get_param(name)
        dims = shapes.get(name)
        wanted = None if dims is None else tuple(node.maybe_get_dim(dim) for dim in dims)
        if wanted is not None and tuple(weight.shape) != wanted:
            found = tuple(weight.shape)
            raise ValueError(f"{name} of layer '{node.name}' has shape {found}, expected {wanted}")
        if not bool(np.isfinite(node.ops.to_numpy(weight)).all()):
            raise ValueError(Errors.M021.format(name=f"Layer '{node.name}': {name}"))
    if present and any(name not in present for name in shapes):
        raise ValueError(f"layer '{node.name}' lacks some of its weights")
    if node._func.__module__ == "spacy_clinrel.ml.char_table" and present:
        rows = len(node.attrs["keys"]) + node.attrs["rows"]
        if rows != node.get_dim("nV"):
            raise ValueError(f"layer '{node.name}' has {rows} rows, expected {node.get_dim('nV')}")
    for shim in node.shims:
        _check_module(node.name, shim._model)


def _check_module(name: str, module: Any) -> None:
    """Check that the weights of a PyTorch module are finite.

    RAISES (ValueError): If a weight is NaN or infinite.
    """
    named: Callable[[], Any] = getattr(module, "named_parameters", lambda: ())
    for key, weight in named():
        if not bool(weight.isfinite().all()):
            raise ValueError(Errors.M021.format(name=f"Layer '{name}': {key}"))
