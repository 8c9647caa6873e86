"""Time simcore, its peers and the machine's limits; print one table. ``python -m benchmarks --help``."""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy loads: one thread unless a case says otherwise

import argparse
import json
import platform
import sys
import time
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

from . import compare, gate, limits, peers, show
from .cases import Case, load
from .measure import Row, judged, measure, warm_up, with_growth

SECONDS, QUICK_SECONDS = 1.0, 0.1  # for the repeats of a case at one size
FAILED, INVALID = 1, 2


def arguments(given: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes without peers, then the regression gate")
    parser.add_argument("--only", metavar="PATTERN", help="cases with this in their name; * and ? match anything")
    parser.add_argument("--largest", type=int, metavar="N", help="leave out sizes of tables above N activities")
    parser.add_argument("--list", action="store_true", help="list the cases and their sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write all figures")
    parser.add_argument("--compare", type=Path, metavar="OLD.json", help="judge the change since an earlier run")
    parser.add_argument("--peers-python", metavar="PYTHON", default=sys.executable,
                        help="Python that has the peers; default: this one, with pip install '.[peers]'")  # fmt: skip
    parser.add_argument("--macrostat-python", metavar="PYTHON", help="Python that has MacroStat, which needs torch")
    parser.add_argument("--update-gate", action="store_true", help="write this processor's figures of the gate")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Run what is asked for; 0 if all promises and the gate held, 1 if not, 2 if the call makes no sense."""
    asked = arguments(given)
    chosen = [case for case in load().values() if wanted(case.name, asked.only)]
    if not chosen:
        print(f"no case matches '{asked.only}'; --list shows them", file=sys.stderr)
        return INVALID
    try:
        old = compare.read(asked.compare) if asked.compare else None
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return INVALID
    if asked.list:
        print(listed(chosen))
        return 0
    if asked.update_gate:
        gate.update([case.name for case in chosen if case.gate], [c.name for c in load().values() if c.gate])
        print(f"{gate.FILE} written")
        return 0
    about, limited = machine(), limits.described(asked.quick)
    print(about, limited, sep="\n", flush=True)
    rows = figures(chosen, asked)
    judged_now = " (not judged in a quick run)" if asked.quick else ""
    bars = f"bars: {show.bars(rows)}{judged_now}; {load_now()}"
    print(show.figures(rows), "", show.LEGEND, bars, sep="\n", flush=True)
    if asked.json:
        content = {"machine": about, "limits": limited, "rows": [row.as_json() for row in rows]}
        asked.json.write_text(json.dumps(content, indent=1), encoding="utf-8")
    held = all(kept is not False for row in rows for *_, kept in row.bars)
    if old is not None:
        changes = compare.changes(old, rows)
        print("", "since the earlier run, over the reference kernel of each:", compare.shown(changes), sep="\n")
        held = held and not any(change.verdict == "SLOWER" for change in changes)
    if asked.quick:
        verdicts = gate.judge([case.name for case in chosen if case.gate])
        print("", "gate, processor time over that of the reference kernel:", show.gate_table(verdicts), sep="\n")
        held = all(verdict.kept for verdict in verdicts)  # small sizes and wall time keep no promise
    return 0 if held else FAILED


def wanted(name: str, pattern: str | None) -> bool:
    """Whether a case is asked for."""
    return pattern is None or pattern in name or fnmatch(name, pattern)


def listed(chosen: list[Case]) -> str:
    """Cases with sizes, what they count, peers and bars."""
    rows = []
    for c in chosen:
        bars = "; ".join(f"{bar.text} at {bar.size}" for bar in c.bars)
        rows.append((c.name, " ".join(map(str, c.sizes)), c.along, ", ".join(c.peers), bars))
    return show.text_table(("case", "sizes", "along", "peers", "bar"), rows)


def sizes(case: Case, asked: argparse.Namespace) -> list[int]:
    """The sizes of a case that are timed."""
    chosen = case.quick if asked.quick else case.sizes
    return [s for s in chosen if case.along != "n" or asked.largest is None or s <= asked.largest]


def figures(chosen: list[Case], asked: argparse.Namespace) -> list[Row]:
    """All rows."""
    rows: list[Row] = []
    known: dict[tuple[str, int], peers.Found | str] = {}
    for case in chosen:
        timed = sizes(case, asked)
        if timed:
            warm_up(case)
        for size in timed:
            tell(f"{case.name}, {size} {case.along}")
            row = measure(case, size, QUICK_SECONDS if asked.quick else SECONDS)
            found = {} if asked.quick else found_of_peers(case, size, asked, known)
            rows.append(judged(row, case.bars, found))
    tell("")
    for reason in sorted({f"{peer}: {found}" for (peer, _), found in known.items() if isinstance(found, str)}):
        print(f"not compared with {reason}")
    return with_growth(rows)


def tell(what: str) -> None:
    """Say on a terminal what is timed, in one line that the next one replaces."""
    if sys.stderr.isatty():
        print(f"\r{what.ljust(60)}\r", end="", file=sys.stderr, flush=True)


def found_of_peers(
    case: Case, size: int, asked: argparse.Namespace, known: dict[tuple[str, int], peers.Found | str]
) -> dict[str, peers.Found]:
    """Figures of each peer at this size; each peer runs once a size."""
    figures = {}
    for peer in case.peers:
        if size not in peers.PEERS[peer].sizes:
            continue
        python = asked.macrostat_python if peer == "macrostat" else asked.peers_python
        if (peer, size) not in known:
            known[peer, size] = peers.run(peer, size, python) if python else "name its Python with --macrostat-python"
        found = known[peer, size]
        if isinstance(found, peers.Found):
            figures[peer] = found
    return figures


def machine() -> str:
    """Versions and processor."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("simcore", "numpy", "scipy", "numba"))
    software = f"{versions}, Python {platform.python_version()}"
    return f"{software}\n{gate.processor()}, {os.cpu_count()} cores, BLAS on 1 thread; {load_now()}"


def load_now() -> str:
    """How busy the machine is."""
    busy = f"{os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else "unknown"
    return f"load {busy} at {time.strftime('%H:%M:%S')}"


if __name__ == "__main__":
    sys.exit(main())
