"""What a calibration folder holds beside its recipe and sources: economy, baselines, reports."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from ..economy.baseline import Baseline
from . import baseline, calibrate
from .baseline_report import write_report

TOLERANCE = 1e-9  # relative: what two builds of one baseline may differ by, on any machine
HISTORY = "iva_total.csv"  # a calibration without this source has no baseline


def rebuild(folder: str | Path) -> Path:
    """Build the economy of a calibration, and its baselines where there are sources for them.

    ``baseline.npz`` is projected from the last release; each ``baseline-YYYY-MM.npz`` that is there is
    built again from what was published by that month.

    Raises
    ------
    ScenarioError, TableError
        If the recipe has problems, or a source is missing or does not fit.
    """
    target = calibrate.calibrate(folder)
    for path, made in _baselines(target):
        made.save(path)
    if (target / "sources" / HISTORY).is_file():
        write_report(target / "sources", None, target / "baseline.md")
    return target


def differences(folder: str | Path) -> list[str]:
    """What a fresh build would change; empty when nothing. Nothing is written."""
    found = calibrate.compare(folder)
    for path, made in _baselines(Path(folder)):
        found += [f"{path.name}: {text}" for text in _compare(Baseline.load(path), _read_back(made))]
    return found


def _baselines(folder: Path) -> Iterator[tuple[Path, Baseline]]:
    sources = folder / "sources"
    if not (sources / HISTORY).is_file():
        return
    yield folder / "baseline.npz", baseline.build(sources)
    for path in sorted(folder.glob("baseline-*.npz")):
        yield path, baseline.build(sources, {"origin": path.stem.removeprefix("baseline-")})


def _read_back(made: Baseline) -> Baseline:
    """As it would be read from its file, where tuples have become lists."""
    with tempfile.TemporaryDirectory() as place:
        made.save(Path(place) / "baseline.npz")
        return Baseline.load(Path(place) / "baseline.npz")


def _compare(one: Baseline, other: Baseline) -> Iterator[str]:
    for field in fields(Baseline):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if not isinstance(a, np.ndarray):
            same = _alike(a, b)
        elif a.shape != b.shape:
            same = False
        elif a.dtype.kind == "f":
            same = np.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE * _size(a), equal_nan=True)
        else:
            same = np.array_equal(a, b)
        if not same:
            yield f"{field.name} differs"


def _size(array: np.ndarray) -> float:
    return float(np.nanmax(np.abs(array), initial=0.0))


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return set(one) == set(other) and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= TOLERANCE * max(abs(one), abs(other), 1.0)
    return one == other
