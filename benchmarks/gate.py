"""The regression gate: processor time over that of the reference kernel, against committed figures.

``test_speed.py`` times the gated cases with pytest-benchmark, each round between rounds of the reference kernel in the
same process, and fails above what ``gate.json`` allows. Noise passes, a slow-down stays: what fails is timed again
in fresh processes, and counts as slower only if every one of them says so.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FILE = Path(__file__).with_name("gate.json")
TOLERANCE = 1.25  # on a processor whose figures are committed
ELSEWHERE = 2.0  # on others: caches and vector units differ
OUTDATED = 1.25  # a case that became faster by this factor is hardly guarded by its old figure
TRIES = 3


class Verdict(NamedTuple):
    """A gated case: times the reference kernel, found and committed."""

    case: str
    size: int
    found: float
    committed: float
    allowed: float
    tries: int

    @property
    def kept(self) -> bool:
        """Whether it is as fast as it was."""
        return self.found <= self.allowed * self.committed

    @property
    def word(self) -> str:
        """In words; a figure that no longer guards anything is worth a new one."""
        if not self.kept:
            return f"SLOWER in {self.tries} tries"
        return "ok" if self.found * OUTDATED > self.committed else "faster: commit it"


def processor() -> str:
    """The processor's name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def committed() -> dict[str, dict[str, float]]:
    """Figures by processor and case."""
    return json.loads(FILE.read_text(encoding="utf-8"))


def limit_of(case: str) -> tuple[float, float]:
    """A case's committed figure and the factor allowed above it.

    Raises
    ------
    KeyError
        If no figure of the case is committed.
    """
    figures = committed()
    here = figures.get(processor(), {})
    if case in here:
        return here[case], TOLERANCE
    known = [by_case[case] for by_case in figures.values() if case in by_case]
    if not known:
        raise KeyError(f"no figure of '{case}' in {FILE.name}; write one with python -m benchmarks --update-gate")
    return max(known), ELSEWHERE


def run(cases: list[str]) -> dict[str, tuple[int, float]]:
    """Size and figure of each case, timed by pytest-benchmark in a fresh process on one thread.

    Raises
    ------
    RuntimeError
        If a case did not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        # A session of its own, also when a test asks for it: workers of parallel tests do not time anything.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "BENCHMARKS_GATE": json.dumps(cases)}
        command = [
            sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "--benchmark-quiet",
            f"--benchmark-json={report}", str(Path(__file__).with_name("test_speed.py")),
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
        text = report.read_text(encoding="utf-8") if report.is_file() else ""
    timed = json.loads(text)["benchmarks"] if text else []
    found = {entry["extra_info"]["case"]: entry["extra_info"] for entry in timed if "ratio" in entry["extra_info"]}
    if set(found) != set(cases):
        raise RuntimeError(f"the gate did not run (it needs pip install '.[test]'):\n{done.stdout}{done.stderr}")
    return {name: (found[name]["size"], found[name]["ratio"]) for name in cases}


def judge(cases: list[str]) -> list[Verdict]:
    """Time all, and again what seems slower, keeping the best figure of each."""
    best: dict[str, Verdict] = {}
    again = cases
    for attempt in range(1, TRIES + 1):
        for name, (size, ratio) in run(again).items():
            least = min(ratio, best[name].found) if name in best else ratio
            best[name] = Verdict(name, size, least, *limit_of(name), attempt)
        again = [name for name, verdict in best.items() if not verdict.kept]
        if not again:
            break
    return [best[name] for name in cases]


def update(cases: list[str], gated: list[str]) -> None:
    """Write this processor's figures of ``cases``, the median of several processes; forget what is not ``gated``."""
    rounds = [run(cases) for _ in range(TRIES)]
    figures = committed() if FILE.is_file() else {}
    here = {**figures.get(processor(), {}), **{name: round(median(f[name][1] for f in rounds), 3) for name in cases}}
    figures[processor()] = {name: here[name] for name in sorted(here) if name in gated}
    FILE.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
