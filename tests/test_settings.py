"""Settings of the test suite."""

import pytest
import torch

from .util import run_python


def test_pytorch_has_one_thread():
    assert torch.get_num_threads() == 1


@pytest.mark.slow
def test_pytorch_has_one_thread_in_processes_of_tests():
    assert run_python("-c", "import torch; print(torch.get_num_threads())").strip() == "1"
