"""Number of CPU threads."""

import ctypes
import os
import sys
from importlib.util import find_spec
from typing import Callable

import torch
from spacy.language import Language
from thinc.api import get_torch_default_device

from ..errors import Errors

# The variable from which PyTorch and NumPy's BLAS read their default number of threads.
ENVIRONMENT_VARIABLE = "OMP_NUM_THREADS"
# NumPy's module that is linked with its BLAS, and names of the function of OpenBLAS that sets the
# number of threads. NumPy's wheels have the first.
NUMPY_MODULE = "numpy._core._multiarray_umath"
SETTERS = (
    "scipy_openblas_set_num_threads64_",
    "scipy_openblas_set_num_threads",
    "openblas_set_num_threads64_",
    "openblas_set_num_threads",
)


def cpu_threads(threads: int = 1) -> Callable[[Language], Language]:
    """Create a callback that sets the number of CPU threads before training, for
    `[initialize.before_init]`.

    Most operations of small models are too short for several threads: training takes as long as
    with one thread, or longer, and more processor time. The threads spin while they wait for each
    other, so if other programs use the processor too, training takes several times as long
    (benchmarks/NOTES.md).

    Both PyTorch and NumPy's BLAS get this number of threads, for the whole process. spaCy calls
    `before_init` in `spacy train` and `nlp.initialize`, but not when it loads a trained pipeline. A
    program that loads one thus keeps its own setting. On a GPU, the callback changes nothing.

    threads (int): Number of threads; 0 for the default of the libraries, which is usually the
        number of cores. The environment variable OMP_NUM_THREADS, if set, takes precedence.
    RETURNS (Callable[[Language], Language]): The callback. It returns the pipeline unchanged.
    RAISES (ValueError): If the number is negative.
    """
    if threads < 0:
        raise ValueError(Errors.M004.format(what="threads", need="0 or more", value=threads))

    def set_threads(nlp: Language) -> Language:
        if threads and get_torch_default_device().type == "cpu":
            limit_threads(threads)
        return nlp

    return set_threads


def limit_threads(threads: int) -> None:
    """Set the number of CPU threads of PyTorch and of NumPy's BLAS in this process, unless the
    environment variable OMP_NUM_THREADS is set.

    threads (int): Number of threads.
    """
    if not os.environ.get(ENVIRONMENT_VARIABLE):
        torch.set_num_threads(threads)
        _limit_blas(threads)


def _limit_blas(threads: int) -> None:
    """Set the number of threads of NumPy's BLAS.

    The environment variable has no effect here: the BLAS reads it when NumPy is imported, which
    spaCy does before our commands run. threadpoolctl supports all libraries. Without it, only
    OpenBLAS on Linux and macOS is supported.
    """
    if find_spec("threadpoolctl"):
        from threadpoolctl import threadpool_limits

        # Stays in effect: the limits are only removed when used as a context manager.
        threadpool_limits(limits=threads, user_api="blas")
        return
    path = getattr(sys.modules.get(NUMPY_MODULE), "__file__", None)
    library = ctypes.CDLL(path) if path else None
    setter = next((name for name in SETTERS if hasattr(library, name)), None)
    if setter is not None:
        getattr(library, setter)(threads)
