"""Other people's programs on the same table and event, each in a fresh process; timed, never read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]


class Peer(NamedTuple):
    """A peer: what has to be installed for it, and at which sizes of a case it runs."""

    package: str
    sizes: tuple[int, ...]


PEERS = {
    "boario": Peer("boario", (42, 48, 420, 1302, 2464, 7172)),
    "pymrio": Peer("pymrio", (42, 420, 1302, 2464)),
    "macrostat": Peer("macrostat", (182,)),
}


class Found(NamedTuple):
    """What a peer's process printed."""

    seconds: float  # a unit of work, median
    matrices: float | None  # peak of memory above the loaded table, in n x n matrices
    version: str


def run(peer: str, size: int, python: str = sys.executable) -> Found | str:
    """Time a peer at one size in a process of its own, one thread; the reason as text where it cannot run."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [python, "-m", f"benchmarks.peers.{peer}", str(size)]
    with tempfile.TemporaryDirectory() as folder:  # MacroStat leaves a log where it runs
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)
    if done.returncode == 0:
        return Found(**json.loads(done.stdout.splitlines()[-1]))
    last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"
    if f"No module named '{PEERS[peer].package}'" in last:
        return "not installed"
    return last
