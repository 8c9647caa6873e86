"""What a peer's process tells: one line of JSON, and the memory it needed."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from statistics import median


def resident() -> int:
    """Bytes in memory now; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)


def peak_above(loaded: int) -> int | None:
    """Bytes of the process's peak above what was loaded."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit - loaded if loaded else None


def report(times: list[float], memory: int | None, n: int, version: str) -> None:
    """Print the line."""
    matrices = None if memory is None else memory / (8.0 * n * n)
    print(json.dumps({"seconds": median(times), "matrices": matrices, "version": version}))
