"""The folder that a run writes: complete or not there at all, and never over somebody's work.

A run is written into a hidden folder beside its place and renamed when all of it is on disk, so a run that
is killed
leaves no half of itself under its name.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import cost_effectiveness, exchange
from .errors import RunExistsError, UnknownNameError
from .result import BASELINE, SCENARIO, STATISTICS, TOTAL, Result
from .variables import RANGE

FORMATS = ("nc", "csv", "html", "zarr", "iamc", "xlsx")  # html is written by the report, which sits above results
RUN_FILES = (
    "run.json", "results.nc", "summary.csv", "cost_effectiveness.csv", "report.html", "resolved.yaml", "results.zarr",
    "results.iamc.csv", "results.xlsx", "decomposition.csv", "contributions.csv",
    "forecast.csv",
)  # fmt: skip
CROSSED = ("iva", "iva_yoy", "iva_level_effect")  # variables that summary.csv holds by sector in each region
Content = str | bytes | Callable[[], str]  # a function is called when all else is written
COLUMNS = ("variant", "statistic", "variable", "sector", "region", "ownership", "period", "value", "unit")


class Kind(NamedTuple):
    """What a folder holds: its word, the record by which it is known, and the files that are replaced with it."""

    word: str
    record: str
    files: tuple[str, ...]


RUN = Kind("run", "run.json", RUN_FILES)


def refuse_to_overwrite(folder: Path, force: bool, kind: Kind = RUN) -> None:
    """Say before a run starts that its folder is taken.

    Raises
    ------
    RunExistsError
        If the folder holds a run and ``force`` is false, or holds something that is not a run.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / kind.record).is_file():
        raise RunExistsError(f"{folder} exists and is not a {kind.word}; choose another folder with --out")
    if not force:
        raise RunExistsError(
            f"{folder} already holds a {kind.word}; choose another folder with --out, or replace it with --force"
        )


def save(result: Result, folder: Path, formats: Collection[str], files: Mapping[str, Content], force: bool) -> Path:
    """Write the run folder; see ``Result.save``."""
    unknown = [f for f in formats if f not in FORMATS]
    if unknown:
        raise UnknownNameError(f"unknown format {', '.join(unknown)}; there is {', '.join(FORMATS)}")
    with whole_or_nothing(folder, force) as part:
        if "nc" in formats:
            from . import resultfile

            resultfile.write(result, part / "results.nc")
        if "csv" in formats:
            write_summary(result, part / "summary.csv")
            if result.ledger is not None:
                table = cost_effectiveness.csv_table(result)
                (part / "cost_effectiveness.csv").write_text(table, encoding="utf-8")
        for name in formats:
            if name in exchange.WRITERS:
                file, write = exchange.WRITERS[name]
                write(result, part / file)
        write_run_record(result, part / "run.json")
        for name, content in files.items():
            text = content() if callable(content) else content
            (part / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return Path(os.path.abspath(folder))


@contextmanager
def whole_or_nothing(folder: Path, force: bool, kind: Kind = RUN) -> Iterator[Path]:
    """A hidden folder to write into, which takes its place under its name when all went well.

    Raises
    ------
    RunExistsError
        If the folder holds anything and ``force`` does not cover it.
    """
    folder = Path(os.path.abspath(folder))
    refuse_to_overwrite(folder, force, kind)
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = folder.parent / f".{folder.name}.part-{uuid.uuid4().hex[:8]}"
    part.mkdir()
    try:
        yield part
        _put_in_place(part, folder, kind)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _put_in_place(part: Path, folder: Path, kind: Kind) -> None:
    if not folder.exists():
        part.rename(folder)
        return
    if not any(folder.iterdir()):
        folder.rmdir()
        part.rename(folder)
        return
    old = folder.parent / f".{folder.name}.old-{uuid.uuid4().hex[:8]}"
    folder.rename(old)
    try:
        part.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    for other in old.iterdir():  # what the user keeps beside the run stays
        if other.name not in kind.files:
            other.rename(folder / other.name)
    shutil.rmtree(old)


def load(folder: Path) -> Result:
    """Read a run folder (or a ``results.nc``); see ``Result.load``."""
    path = folder if folder.is_file() else folder / "results.nc"
    if not path.is_file():
        raise UnknownNameError(f"{folder} holds no results.nc; run the scenario with --formats nc")
    from . import resultfile

    return resultfile.read(path)


def write_run_record(result: Result, path: Path) -> None:
    """``run.json``: versions, hashes, seed, timings, residuals, checks and how the run ended."""
    from .resultfile import plain

    record: dict[str, Any] = {
        "scenario": result.scenario,
        "title": result.title,
        "counterfactual": result.counterfactual,
        "model": result.model,
        "closure": result.closure,
        "periods": [result.periods[0], result.periods[-1]],
        "variants": list(result.variants),
        "outcome": result.outcome._asdict(),
        **plain(result.provenance),
        "residuals": plain(result.residuals),
        "checks": [
            {"name": c.name, "passed": bool(c.passed), "found": c.found, "asked": c.asked} for c in result.checks
        ],
        "targets": [asdict(target) for target in result.targets],
        "signals": [asdict(signal) for signal in result.signals],
        "cost_effectiveness": cost_effectiveness.of_package(result),
        "warnings": list(result.warnings),
    }
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_summary(result: Result, path: Path) -> None:
    """``summary.csv``: one number a line. Numbers that do not exist have no line.

    Everything by nation, sector, region and class of owner; sectors in regions for ``CROSSED`` of the baseline and the
    file itself. Statistics over draws by sector are those of the file itself; ranges (``RANGE``) those of its regions
    and classes of owner. All the rest is in ``results.nc``.
    """
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for block in _blocks(result):
            file.write(block)


def _blocks(result: Result) -> Iterator[str]:
    summed = np.array([s.count(TOTAL) for s in result.slices])
    by_sector = np.array([s[0] != TOTAL for s in result.slices])
    places = [",".join(map(_field, s)) for s in result.slices]
    keys = [f"{place},{_field(p)}," for place in places for p in result.periods]
    for name in result.values:
        data = result.statistics(name)
        tail = _field(result.variables[name].unit)
        for v, variant in enumerate(result.variants):
            main = variant in (BASELINE, SCENARIO)
            for k in range(data.shape[1]):
                crossed = main and k == 0 and name in CROSSED
                left_out = (summed < 2) & (not crossed) | by_sector & (k > 0 and variant != SCENARIO)
                block = np.where(left_out[:, None], np.nan, data[v, k])
                yield _lines(f"{_field(variant)},{STATISTICS[k]},{name},", keys, block.ravel(), tail)
        for word, ends in zip(RANGE, _ends(result, name, summed), strict=True):
            yield _lines(f"{SCENARIO},{word},{name},", keys, ends.ravel(), tail)


def _ends(result: Result, name: str, summed: np.ndarray) -> np.ndarray:
    """(2, slices, periods) ranges of a variable over methods (regions), weights and exports (owners); NaN elsewhere."""
    found = np.full((2, len(result.slices), len(result.periods)), np.nan)
    for i, place in enumerate(result.slices):
        if summed[i] == 2 and (name, place) in result.ranges:
            found[:, i] = result.ranges[name, place]
    return found


def _lines(head: str, keys: list[str], values: np.ndarray, tail: str) -> str:
    kept = np.flatnonzero(np.isfinite(values)).tolist()
    numbers = values.tolist()
    return "".join([f"{head}{keys[i]}{numbers[i]:.10g},{tail}\n" for i in kept])


def _field(text: str) -> str:
    """One field of CSV, quoted where it must be."""
    if not any(c in text for c in ',"\n\r'):
        return text
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow([text])
    return buffer.getvalue()
