"""How much memory a process has, and has had. (For Unix.)"""

import resource
import sys
from pathlib import Path

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def in_mib(maxrss: int) -> float:
    """maxrss (int): What the system says of a process's memory, in KiB, on a Mac in bytes.
    RETURNS (float): The same in MiB.
    """
    return maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def now_mib() -> float:
    """What stands before a measurement: `peak_mib` begins anew from here, so that what was needed
    and given back to the system before hides nothing; what lies free in the heap still counts as
    standing. Only Linux can; elsewhere it is the most so far.

    RETURNS (float): The memory of this process, in MiB.
    """
    if FORGET.exists():
        FORGET.write_text("5")
    return peak_mib()


def peak_mib() -> float:
    """RETURNS (float): The most memory that this process has had, since `now_mib` where the system
    is Linux, in MiB."""
    if STATUS.exists():
        lines = STATUS.read_text(encoding="utf-8").splitlines()
        [peak] = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        return int(peak) / 2**10
    return in_mib(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
