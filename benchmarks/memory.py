"""Peak memory of a process, on Unix."""

import resource
import sys
from pathlib import Path

STATUS, CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def in_mib(maxrss: int) -> float:
    """Convert peak memory to MiB.

    maxrss (int): Peak memory of a process from `getrusage`, in KiB (on macOS in bytes).
    RETURNS (float): Peak memory in MiB.
    """
    return maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def reset_peak_mib() -> float:
    """Start a measurement of peak memory.

    On Linux, reset the peak, so that memory already returned to the system does not count. Free
    memory on the heap still counts. On other systems the peak cannot be reset.
    RETURNS (float): Current memory of this process in MiB; on other systems the peak so far.
    """
    if CLEAR_REFS.exists():
        CLEAR_REFS.write_text("5")
    return peak_mib()


def peak_mib() -> float:
    """Return the peak memory of this process.

    RETURNS (float): The peak in MiB, on Linux since the last `reset_peak_mib`.
    """
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        return int(peak) / 2**10
    return in_mib(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
