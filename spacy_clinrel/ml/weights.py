"""Weights of PyTorch modules as safetensors, with the module's sizes in the header.

A file may be damaged or come from a stranger. Before a module is built, the tensors in the file are
compared with an outline of the module: a copy on PyTorch's device "meta", which has shapes but no
values. So a file cannot ask for more memory than it has itself.
"""

import json
from typing import Any, Callable, Dict, Optional, Tuple

import torch
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from ..errors import Errors

Sizes = Dict[str, Any]
Weights = Dict[str, Tensor]
# Returns a module on the device "meta", given the weights in the file and the sizes in its header.
Outline = Callable[[Weights, Sizes], nn.Module]

# Name of the entry of the safetensors header that holds the sizes.
SIZES = "sizes"


def dump_weights(module: nn.Module, sizes: Optional[Sizes]) -> bytes:
    """Serialize the weights of a module and its sizes.

    module (Module): The module.
    sizes (Optional[Sizes]): Arguments from which the module is built; None if it is not built.
    RETURNS (bytes): A safetensors file.
    """
    weights = {name: value.contiguous() for name, value in module.state_dict().items()}
    return save_tensors(weights, metadata={SIZES: json.dumps(sizes)})


def parse_weights(name: str, data: bytes) -> Tuple[Optional[Sizes], Weights]:
    """Read the weights and sizes of a module.

    name (str): The layer's name, for error messages.
    data (bytes): Output of `dump_weights`.
    RETURNS (Tuple[Optional[Sizes], Dict[str, Tensor]]): The sizes, and the weights by name. The
        names begin with "inner.".
    RAISES (ValueError): If the data is damaged, or a weight is NaN or infinite.
    """
    try:
        # Checks that the bytes and the shapes in the header fit, and allocates no more than them.
        weights = load_tensors(data)
        length = int.from_bytes(data[:8], "little")
        sizes = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][SIZES])
    except Exception as error:  # safetensors has its own type; a header can nest too deeply
        raise ValueError(Errors.M020.format(name=name, error=_reason(error))) from error
    if sizes is None and not weights:
        return None, weights
    if not isinstance(sizes, dict):
        raise ValueError(Errors.M020.format(name=name, error="the header has no sizes"))
    for key, value in weights.items():
        if value.is_floating_point() and not bool(torch.isfinite(value).all()):
            raise ValueError(Errors.M021.format(name=f"{name}: {_inner_name(key)}"))
    return sizes, weights


def check_shapes(name: str, weights: Weights, sizes: Sizes, outline: Outline) -> None:
    """Compare the shapes of weights with those of the module that is to be built.

    name (str): The layer's name, for error messages.
    weights (Dict[str, Tensor]): The weights in the file.
    sizes (Sizes): The sizes in its header.
    outline (Callable[[Dict[str, Tensor], Sizes], Module]): Returns the module's outline.
    RAISES (ValueError): If the shapes differ, or there can be no module of these sizes.
    """
    try:
        with torch.device("meta"):
            module = outline(weights, sizes)
    except (TypeError, KeyError, OverflowError, MemoryError, RuntimeError) as error:
        raise ValueError(Errors.M020.format(name=name, error=_reason(error))) from error
    expected = {f"inner.{key}": value for key, value in module.state_dict().items()}
    wanted, found = _describe(expected), _describe(weights)
    differing = [key for key in sorted({*wanted, *found}) if wanted.get(key) != found.get(key)]
    if differing:
        key = differing[0]
        details = (
            f"{_inner_name(key)} has shape {found.get(key, 'none')}, expected "
            f"{wanted.get(key, 'none')}"
        )
        saved = ", ".join(f"{key} = {value}" for key, value in sizes.items() if _is_plain(value))
        raise ValueError(Errors.M002.format(name=name, saved=saved, wanted=details))


def _describe(weights: Weights) -> Dict[str, str]:
    """Return the shape of each weight, and whether its values are integers."""
    return {
        key: f"{tuple(value.shape)}{'' if value.is_floating_point() else ' of integers'}"
        for key, value in weights.items()
    }


def _is_plain(value: Any) -> bool:
    """Return whether a size can be shown in a message. The files of an encoder cannot."""
    return value is None or isinstance(value, (bool, int, float))


def _inner_name(key: str) -> str:
    return key.removeprefix("inner.")


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__
