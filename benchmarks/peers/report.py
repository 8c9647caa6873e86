"""What a peer's process tells: one line of JSON, and the memory it needed."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median


def of_status(field: str) -> int | None:
    """Bytes that the system states of this process: ``VmRSS`` now, ``VmHWM`` at its peak; None where it does not.

    Not ``getrusage``: its peak counts what the process was before it became this program.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith(field)), None)


def resident() -> int | None:
    """Bytes in memory now."""
    return of_status("VmRSS")


def peak_above(loaded: int | None) -> int | None:
    """Bytes of the process's peak above what was loaded."""
    peak = of_status("VmHWM")
    return None if loaded is None or peak is None else peak - loaded


def report(times: list[float], memory: int | None, n: int, version: str) -> None:
    """Print the line."""
    matrices = None if memory is None else memory / (8.0 * n * n)
    print(json.dumps({"seconds": median(times), "matrices": matrices, "version": version}))
