"""Peak memory of a process."""

import mmap
import sys
from pathlib import Path

import pytest

from benchmarks.memory import in_mib, peak_mib, reset_peak_mib


def map_memory(size: int) -> mmap.mmap:
    """Allocate and fill new memory. An array could reuse free memory of the heap.

    size (int): Size in MiB.
    RETURNS (mmap): The memory.
    """
    pages = mmap.mmap(-1, size * 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for _ in range(size):
        pages.write(b"1" * 2**20)
    return pages


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux")
def test_returned_memory_does_not_count():
    returned = map_memory(256)
    high = peak_mib()
    returned.close()
    before = reset_peak_mib()
    assert before < high - 200, "the peak is reset"
    kept = map_memory(64)
    assert 60 < peak_mib() - before < 130
    kept.close()
    assert peak_mib() - before > 60, "the new peak is kept"
    assert in_mib(2**20) == (1 if sys.platform == "darwin" else 1024)
