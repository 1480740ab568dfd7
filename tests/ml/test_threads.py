"""The callback that sets the number of CPU threads before training."""

import pytest
import spacy
import torch
from spacy.util import registry
from thinc.api import Config
from threadpoolctl import threadpool_info, threadpool_limits

from spacy_clinrel.ml import threads as module
from spacy_clinrel.ml.threads import ENVIRONMENT_VARIABLE, cpu_threads

from ..util import invoke

CALLBACK = "spacy-clinrel.cpu_threads.v1"


@pytest.fixture
def before(monkeypatch):
    """Return a number of threads that is set before the test. It is restored after the test."""
    monkeypatch.delenv(ENVIRONMENT_VARIABLE, raising=False)
    number = torch.get_num_threads()
    with threadpool_limits(limits=2, user_api="blas"):
        torch.set_num_threads(3)
        yield 3
    torch.set_num_threads(number)


def blas_threads():
    """Return the number of threads of each BLAS library in the process."""
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


@pytest.mark.parametrize("threads, expected", [(1, 1), (2, 2), (0, 3)])
def test_initialize_sets_the_threads(before, threads, expected):
    config = {"before_init": {"@callbacks": CALLBACK, "threads": threads}}
    nlp = spacy.blank("zh", config={"initialize": config})
    assert torch.get_num_threads() == before  # creating or loading a pipeline changes nothing
    blas_before = blas_threads()
    nlp.initialize()
    assert torch.get_num_threads() == expected
    # Empty if NumPy uses a library whose threads cannot be set.
    assert blas_threads() <= ({1} if threads == 1 else blas_before)


def test_threads_of_blas_without_threadpoolctl(before, monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    module.limit_threads(1)
    assert torch.get_num_threads() == 1
    # SciPy, if imported, has another copy.
    numpy_blas = [info for info in threadpool_info() if "numpy" in info["filepath"]]
    for info in numpy_blas:
        assert info["num_threads"] == 1 or info["internal_api"] != "openblas"


def test_default_is_one_thread():
    resolved = registry.resolve(Config({"x": {"@callbacks": CALLBACK}}))
    nlp = spacy.blank("zh")
    assert resolved["x"](nlp) is nlp


def test_environment_variable_takes_precedence(before, monkeypatch):
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, "3")
    cpu_threads(1)(spacy.blank("zh"))
    assert torch.get_num_threads() == before


def test_threads_are_unchanged_on_a_gpu(before, monkeypatch):
    monkeypatch.setattr(module, "get_torch_default_device", lambda: torch.device("cuda:0"))
    cpu_threads(1)(spacy.blank("zh"))
    assert torch.get_num_threads() == before


def test_loading_a_trained_pipeline_keeps_the_threads(before, tmp_path):
    config = {"before_init": {"@callbacks": CALLBACK, "threads": 1}}
    spacy.blank("zh", config={"initialize": config}).to_disk(tmp_path)
    nlp = spacy.load(tmp_path)
    assert nlp.config["initialize"]["before_init"]["threads"] == 1
    assert torch.get_num_threads() == before


def test_negative_number_of_threads_is_an_error():
    with pytest.raises(ValueError, match=r"M004.*threads must be 0 or more, got -1"):
        cpu_threads(-1)


@pytest.mark.parametrize("variable, expected", [(None, 1), ("3", 3)])
def test_commands_use_one_thread_by_default(before, monkeypatch, variable, expected):
    if variable is not None:
        monkeypatch.setenv(ENVIRONMENT_VARIABLE, variable)
    assert invoke("clinrel", "evaluate", "no_pipeline", "no_file.spacy").exit_code == 1
    assert torch.get_num_threads() == expected
