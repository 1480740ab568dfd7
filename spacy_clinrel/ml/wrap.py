"""PyTorch modules as Thinc models.

`torch_layer` extends Thinc's PyTorch wrapper: modules are built at initialization, when their sizes
are known; weights are stored as safetensors with the sizes in the header; and spaCy's dropout rate
and averaged parameters are applied to the module.
"""

import contextlib
from functools import partial
from typing import Any, Callable, Dict, List, Optional, Tuple, cast

import torch
from thinc.api import ArgsKwargs, Model, Optimizer, PyTorchShim, torch2xp, xp2torch
from thinc.layers.pytorchwrapper import forward as wrapper_forward
from thinc.types import Floats2d
from thinc.util import get_torch_default_device
from torch import nn

from ..errors import Errors
from ..layers.dropout import set_dropout
from .weights import Outline, Sizes, Weights, check_shapes, dump_weights, parse_weights


class LazyModule(nn.Module):
    """A module that is built once its sizes are known.

    name (str): The layer's name, for error messages.
    create (Callable[..., nn.Module]): Creates the module from its sizes.
    outline (Optional[Callable[[Dict[str, Tensor], Sizes], Module]]): Creates the outline that is
        compared with saved weights, see `weights`. None to use `create`.
    low_precision (bool): Whether training on the CPU uses bfloat16 where PyTorch considers it safe.
    """

    low_precision = False

    def __init__(
        self, name: str, create: Callable[..., nn.Module], outline: Optional[Outline] = None
    ):
        super().__init__()
        self.name = name
        self.create = create
        self.outline = outline or partial(_default_outline, create)
        self.sizes: Optional[Sizes] = None
        self.inner: Optional[nn.Module] = None

    def build(self, sizes: Sizes) -> None:
        """Create the module.

        sizes (Sizes): Arguments of `create`.
        """
        self.adopt(self.create(**sizes), sizes)

    def adopt(self, module: nn.Module, sizes: Sizes) -> None:
        """Use an existing module.

        module (Module): The module.
        sizes (Sizes): Arguments from which `create` builds such a module.
        """
        self.sizes = sizes
        self.inner = module

    def forward(self, *args, **kwargs):
        """Call the module.

        RAISES (ValueError): If it is not built.
        """
        if self.inner is None:
            raise ValueError(Errors.M001.format(name=self.name))
        with torch.autocast("cpu", torch.bfloat16, enabled=self.low_precision and self.training):
            return self.inner(*args, **kwargs)


class AveragingShim(PyTorchShim):
    """Thinc's PyTorch shim with averaged parameters and a learning rate per weight.

    Thinc's shim looks for averages under string keys, but its optimizer stores them by (id, name).
    So Thinc uses the averages of its own layers, but not those of wrapped modules.

    rate (Optional[Callable[[Module, str], float]]): Returns the learning rate of a weight as a
        multiple of the optimizer's, given the module and the weight's name.
    """

    rate: Optional[Callable[[nn.Module, str], float]] = None

    def finish_update(self, optimizer: Optimizer) -> None:
        """Update the weights that have a gradient.

        optimizer (Optimizer): The optimizer.
        """
        if self.rate is None:
            return super().finish_update(optimizer)

        def scaled(key: Any, weights: Any, gradient: Any) -> Any:
            factor = self.rate(self._model, key[1])  # type: ignore[misc]
            return optimizer(key, weights, gradient, lr_scale=factor)

        super().finish_update(cast(Optimizer, scaled))

    @contextlib.contextmanager
    def use_params(self, params):
        """Use averaged parameters within the context.

        params (Dict): Averages by (id, name).
        """
        averages = {key[1]: value for key, value in params.items() if key[0] == self.id}
        weights = dict(self._model.named_parameters())
        backup = {name: weights[name].data for name in averages if name in weights}
        for name in backup:
            weights[name].data = xp2torch(averages[name], device=self.device)
        try:
            yield
        finally:
            for name, data in backup.items():
                weights[name].data = data


def torch_layer(
    name: str,
    create: Callable[..., nn.Module],
    infer_sizes: Callable[[Model, Any, Any], Sizes],
    convert_inputs: Callable,
    convert_outputs: Callable,
    *,
    dims: Optional[Dict[str, Optional[int]]] = None,
    mixed_precision: bool = False,
    rate: Optional[Callable[[nn.Module, str], float]] = None,
    outline: Optional[Outline] = None,
) -> Model:
    """Wrap a PyTorch module as a Thinc model.

    name (str): The layer's name.
    create (Callable[..., nn.Module]): Creates the module from its sizes (keyword arguments).
    infer_sizes (Callable[[Model, Any, Any], Sizes]): Returns the sizes at initialization, given the
        model and sample input and output (each may be None).
    convert_inputs (Callable): As in `PyTorchWrapper_v3`.
    convert_outputs (Callable): As in `PyTorchWrapper_v3`.
    dims (Optional[Dict[str, Optional[int]]]): The Thinc model's dimensions.
    mixed_precision (bool): Run the forward pass in half precision on CUDA. Without a GPU, this has
        no effect; see `LazyModule.low_precision`.
    rate (Optional[Callable[[Module, str], float]]): Returns the learning rate of a weight as a
        multiple of the optimizer's, given the `LazyModule` and the weight's name in it.
    outline (Optional[Callable[[Dict[str, Tensor], Sizes], Module]]): As in `LazyModule`. Needed if
        `create` is slow, or if sizes from a damaged file make it allocate memory or loop for long.
    RETURNS (Model): The Thinc model.
    """
    shim = AveragingShim(
        LazyModule(name, create, outline),
        # Thinc raises an error in training if it is set and the tensors are not on CUDA.
        mixed_precision=mixed_precision and get_torch_default_device().type == "cuda",
        serialize_model=_serialize,
        deserialize_model=_deserialize,
    )
    shim.rate = rate
    return Model(
        name,
        _forward,
        init=partial(_init, infer_sizes),
        attrs={
            "convert_inputs": convert_inputs,
            "convert_outputs": convert_outputs,
            "dropout_rate": 0.0,
        },
        dims=dims or {"nI": None, "nO": None},
        shims=[shim],
    )


# Module-level functions, not closures, since spawned processes receive models by pickling.
def _init(infer_sizes: Callable, model: Model, X: Any = None, Y: Any = None) -> None:
    lazy = model.shims[0]._model
    if lazy.inner is None:
        lazy.build(infer_sizes(model, X, Y))
        lazy.to(get_torch_default_device())


def _forward(model: Model, X: Any, is_train: bool) -> Tuple[Any, Callable]:
    set_dropout(model.shims[0]._model, model.attrs["dropout_rate"] if is_train else 0.0)
    return wrapper_forward(model, X, is_train)


def _default_outline(create: Callable[..., nn.Module], weights: Weights, sizes: Sizes) -> nn.Module:
    return create(**sizes)


def _serialize(lazy: LazyModule) -> bytes:
    return dump_weights(lazy, lazy.sizes)


def _deserialize(lazy: LazyModule, data: bytes, device: torch.device) -> LazyModule:
    sizes, weights = parse_weights(lazy.name, data)
    if sizes is not None:
        check_shapes(lazy.name, weights, sizes, lazy.outline)
        lazy.build(sizes)
        lazy.load_state_dict(weights)
    return lazy.to(device)


def device_of(model: Model) -> torch.device:
    """Return the device of a wrapped module.

    model (Model): A model from `torch_layer`.
    RETURNS (torch.device): The device.
    """
    return cast(PyTorchShim, model.shims[0]).device


def to_tensor(indices: Any, device: torch.device) -> torch.Tensor:
    """Create a tensor of indices.

    indices (Any): Integers, a NumPy array of any shape or a list.
    device (torch.device): The device.
    RETURNS (Tensor): int64.
    """
    return torch.as_tensor(indices, dtype=torch.long, device=device)


def flatten(
    model: Model, X: List[Floats2d], is_train: bool
) -> Tuple[torch.Tensor, Callable[[ArgsKwargs], List[Floats2d]]]:
    """Concatenate the vectors of all texts to a tensor, the first argument of a module.

    model (Model): The wrapper.
    X (List[Floats2d]): An array of shape (tokens, width) for each text.
    is_train (bool): Whether gradients are needed.
    RETURNS (Tuple[Tensor, Callable]): Vectors of shape (all tokens, width), and a callback that
        turns the gradients of the module's arguments into those of X.
    """
    lengths = model.ops.asarray1i([len(x) for x in X])
    flat = xp2torch(model.ops.flatten(X), requires_grad=is_train, device=device_of(model))

    def backprop(d_args: ArgsKwargs) -> List[Floats2d]:
        gradient = d_args.args[0]
        if gradient is None:  # the module's output does not depend on the vectors
            gradient = torch.zeros_like(flat)
        return cast(
            List[Floats2d], model.ops.unflatten(cast(Floats2d, torch2xp(gradient)), lengths)
        )

    return flat, backprop


def unflatten(
    model: Model, flat: torch.Tensor, X: List[Floats2d]
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], ArgsKwargs]]:
    """Split a module's output by text.

    model (Model): The wrapper.
    flat (Tensor): Vectors of all tokens. Shape: (all tokens, width)
    X (List[Floats2d]): An array for each text, with a row for each of its tokens.
    RETURNS (Tuple[List[Floats2d], Callable]): The vectors of each text, and a callback that turns
        their gradients into arguments for `torch.autograd.backward`.
    """
    lengths = model.ops.asarray1i([len(x) for x in X])

    def backprop(dY: List[Floats2d]) -> ArgsKwargs:
        return gradients((flat,), (model.ops.flatten(dY),))

    vectors = cast(Floats2d, torch2xp(flat.float()))
    return cast(List[Floats2d], model.ops.unflatten(vectors, lengths)), backprop


def gradients(outputs: Tuple[torch.Tensor, ...], d_outputs: Tuple[Any, ...]) -> ArgsKwargs:
    """Return the arguments that Thinc passes to `torch.autograd.backward`.

    outputs (Tuple[Tensor, ...]): The module's outputs.
    d_outputs (Tuple[FloatsXd, ...]): The gradient of each.
    RETURNS (ArgsKwargs): The arguments.
    """
    grads = tuple(xp2torch(d, device=out.device) for d, out in zip(d_outputs, outputs))
    return ArgsKwargs(args=(outputs,), kwargs={"grad_tensors": grads})


def sequence_inputs(model: Model, X: List[Floats2d], is_train: bool) -> Tuple[ArgsKwargs, Callable]:
    """Convert a list of sequences to concatenated vectors and lengths.

    model (Model): The wrapper.
    X (List[Floats2d]): An array of shape (tokens, width) for each text.
    is_train (bool): Whether gradients are needed.
    RETURNS (Tuple[ArgsKwargs, Callable]): The module's arguments, and a callback that turns their
        gradients into those of X.
    """
    flat, backprop = flatten(model, X, is_train)
    lengths = to_tensor([len(x) for x in X], flat.device)
    return ArgsKwargs(args=(flat, lengths), kwargs={}), backprop


def sequence_outputs(
    model: Model, inputs_outputs: Tuple[List[Floats2d], torch.Tensor], is_train: bool
) -> Tuple[List[Floats2d], Callable]:
    """Convert concatenated vectors to a list of sequences.

    model (Model): The wrapper.
    inputs_outputs (Tuple[List[Floats2d], Tensor]): The input X and the module's output.
    is_train (bool): Whether gradients are needed.
    RETURNS (Tuple[List[Floats2d], Callable]): The sequences, and a callback that turns their
        gradients into arguments for `torch.autograd.backward`.
    """
    X, flat = inputs_outputs
    return unflatten(model, flat, X)
