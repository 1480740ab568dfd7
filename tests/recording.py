"""Recording of the inputs of PyTorch modules."""

from contextlib import contextmanager
from typing import Any, Iterator, List, Tuple


@contextmanager
def inputs_of(*modules: Any) -> Iterator[List[List[Any]]]:
    """Record the inputs of PyTorch modules for the duration of the context.

    modules (Module): The modules.
    YIELDS (List[List[Tensor]]): For each module the first input of each of its calls.
    """
    inputs_by_module: List[List[Any]] = [[] for _ in modules]
    hooks = [
        module.register_forward_pre_hook(lambda _, inputs, seen=seen: seen.append(inputs[0]))
        for module, seen in zip(modules, inputs_by_module)
    ]
    try:
        yield inputs_by_module
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def batches_of(bert: Any) -> Iterator[List[Tuple[int, int]]]:
    """Record the sizes of the batches that reach a layer of a BERT.

    bert (BertModel): The model.
    YIELDS (List[Tuple[int, int]]): Number of sequences and of word pieces of each batch. The list
        is empty until the context ends.
    """
    sizes: List[Tuple[int, int]] = []
    # A layer computes the keys of all pieces, whatever it computes the queries of.
    with inputs_of(*(layer.attention.self.key for layer in bert.encoder.layer)) as seen:
        yield sizes
    sizes += [tuple(states.shape[:2]) for layer_inputs in seen for states in layer_inputs]
