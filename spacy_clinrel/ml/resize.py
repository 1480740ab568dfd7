"""Models with more outputs, for training that continues with additional labels.

A model that can be resized has `attrs["resize"]`, a function that takes the model and a `Resize`.
"""

from typing import Any, Dict, Iterable, Optional, cast

import numpy as np
import torch
from thinc.api import Model
from thinc.shims.shim import Shim
from torch import nn

from ..types import Resize
from .wrap import LazyModule


def resize_scores(model: Model, resize: Resize) -> None:
    """Resize a layer from `torch_layer` whose nO is the number of scores of a pair.

    model (Model): The layer.
    resize (Resize): The new sizes.
    """
    resize_module(model, resize)
    model.set_dim("nO", resize.sizes["n_out"], force=True)


def resize_module(model: Model, resize: Resize) -> None:
    """Rebuild the module of a layer from `torch_layer` with new sizes, and keep its weights.

    model (Model): The layer.
    resize (Resize): The new sizes. Those that the module does not have are ignored.
    """
    shim = model.shims[0]
    lazy = cast(LazyModule, shim._model)
    assert lazy.inner is not None and lazy.sizes is not None
    sizes = {name: resize.sizes.get(name, size) for name, size in lazy.sizes.items()}
    if sizes == lazy.sizes:
        return
    old = lazy.inner
    device = next(old.parameters()).device
    new = lazy.create(**sizes).to(device)
    n_old = lazy.sizes.get("n_out")
    copy_weights(old, new, {} if n_old is None else {n_old: resize.kept_outputs})
    new.train(old.training)
    lazy.adopt(new, sizes)
    # The optimizer stores its moments and averages by this number. They do not fit the new shapes.
    Shim.global_id += 1
    shim.id = Shim.global_id


def copy_weights(
    old: nn.Module, new: nn.Module, kept: Optional[Dict[int, np.ndarray]] = None
) -> None:
    """Copy the weights of a module to one with the same layers, but more rows or columns.

    The additional rows keep their initial values, except those of a bias, which get the smallest
    value of the old rows: otherwise new labels would be predicted before they are trained.

    old (Module): The module with the weights.
    new (Module): The larger module.
    kept (Optional[Dict[int, ndarray]]): New indices of the old rows, for a number of rows. Rows of
        other numbers keep their index.
    """
    weights = dict(old.named_parameters())
    with torch.no_grad():
        for name, parameter in new.named_parameters():
            before = weights[name]
            parameter.requires_grad_(before.requires_grad)
            index = [
                torch.as_tensor((kept or {}).get(n_before, np.arange(n_before)))
                if n_before != n_after
                else torch.arange(n_after)
                for n_before, n_after in zip(before.shape, parameter.shape)
            ]
            if name.endswith("bias") and before.shape != parameter.shape:
                parameter.fill_(before.min())
            grid = torch.meshgrid(*(part.to(parameter.device) for part in index), indexing="ij")
            parameter[grid] = before
    buffers = dict(old.named_buffers())
    for name, buffer in new.named_buffers():
        if name in buffers and buffers[name].shape == buffer.shape:
            buffer.copy_(buffers[name])


def resize_parameters(model: Model, names: Iterable[str], size: int) -> None:
    """Add rows and columns of zeros to the weights of a Thinc model whose dimensions are all nO.

    model (Model): The model.
    names (Iterable[str]): Names of the weights.
    size (int): The new nO.
    """
    weights: Dict[str, Any] = {}
    for name in names:
        before: Any = model.get_param(name)
        weights[name] = model.ops.alloc(tuple(size for _ in before.shape))
        weights[name][tuple(slice(n) for n in before.shape)] = before
    # `set_dim` does not change a model that has weights.
    model._dims["nO"] = size
    # As above, for the optimizer. Weights are stored by this number too.
    Model.global_id += 1
    model.id = Model.global_id
    for name, after in weights.items():
        model.set_param(name, after)
