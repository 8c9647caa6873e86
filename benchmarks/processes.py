"""Whole commands, from a new process to its end: what a user waits for."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .cases import Bar, Work, add

ROOT = Path(__file__).parents[1]
CSV_ONLY = ("--formats", "csv", "--draws", "0", "--quiet")
COMMANDS: dict[str, tuple[tuple[str, ...], tuple[Bar, ...]]] = {
    "simcore --help": (("--help",), (Bar(1, "seconds", 0.2),)),
    "simcore check": (("check", "notice-2022"), (Bar(1, "seconds", 0.4),)),
    "simcore run, csv": (
        ("run", "notice-2022-five", *CSV_ONLY), (Bar(1, "seconds", 1.5),)
    ),
    "simcore run, whole notice, csv": (
        ("run", "notice-2022", *CSV_ONLY), (Bar(1, "seconds", 30.0),)
    ),
}  # fmt: skip


# A process's peak of memory counts what it had before it became another program: a small process must start it.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def command(arguments: Sequence[str], cold: bool = False, before: Sequence[str] = ()) -> str:
    """Run a command in an empty folder, started by ``before``, with no compiled kernels if ``cold``; what it printed.

    Raises
    ------
    RuntimeError
        If it fails, with what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        if cold:
            environment["NUMBA_CACHE_DIR"] = str(Path(folder) / "kernels")
        line = [*before, sys.executable, "-m", "simcore", *arguments]
        done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"simcore {' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def started(arguments: Sequence[str], cold: bool = False) -> Work:
    """A command as work, with the peak of its memory."""
    return Work(
        lambda: command(arguments, cold),
        memory=lambda: int(command(arguments, cold, (sys.executable, "-c", PEAK)).splitlines()[-1]),
    )


for _name, (_arguments, _bars) in COMMANDS.items():
    add(_name, lambda size, _arguments=_arguments: started(_arguments), sizes=(1,), small=1, along="run", unit="run",
        clock="wall", bars=_bars, quick=(1,) if _name in ("simcore --help", "simcore check") else ())  # fmt: skip


def reported(draws: int) -> Work:
    """A run with so many draws, its report and all files."""
    return started(("run", "notice-2022-five", "--draws", str(draws), "--quiet"))


add("simcore run, report", reported, sizes=(64,), small=2, along="draws", unit="run", clock="wall",
    bars=(Bar(64, "seconds", 2.5),))  # fmt: skip


def first_run(size: int) -> Work:
    """A first run, which compiles the kernels it needs; at size 0 one that needs none."""
    if size:
        return started(("run", "notice-2022-five", *CSV_ONLY), cold=True)
    return started(("run", "equipment-relending", "--model", "leontief", *CSV_ONLY), cold=True)


add("simcore run, cold", first_run, sizes=(1,), small=0, along="run", unit="run", clock="wall")
