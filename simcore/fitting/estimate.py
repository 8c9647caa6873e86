"""Estimating the dynamics of a calibration from its episodes, three ways; intervals are tested before they count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from ..economy.estimates import FILE as RESULT
from ..economy.estimates import Estimates
from ..economy.store import load_economy
from .episodes import FILE, Past
from .estimation import Coverage, Posterior, Problem, coverage, identified
from .forward import Episodes, structural
from .kalman import ensemble_kalman
from .polish import misfit, polish
from .replaced import replaced
from .tempering import tempered

SEED, TRUTHS = 20221122, 20
TOLERANCE, DIFFERENCE = 1e-4, 0.1  # of least squares; the model has kinks, differences look across them
SMALL = {"members": 250, "steps": 6, "ensembles": 1}  # ensemble from which least squares start
REPORT = "dynamics.md"
SOURCES = ("iva_total.csv", "iva_divisions.csv", "iva_products.csv", "iva_value_added_2020.csv")
Told = Callable[[str], None]


@dataclass(frozen=True)
class Estimated:
    """One estimation.

    best : least squares from the ensembles' mean, the estimator whose intervals are tested and printed.
    ensembles, sample : the second and third opinion.
    coverage : of that estimator, and the widening that its intervals need.
    fit : by run: cells, whitened and raw residuals of the pattern.
    """

    past: Past
    episodes: Episodes
    best: Posterior
    ensembles: Posterior
    sample: Posterior
    coverage: Coverage
    fit: dict[str, Any]
    seconds: dict[str, float]

    @cached_property
    def printed(self) -> Posterior:
        """The estimate with intervals as wide as simulated truths ask for: what reports and runs take."""
        return self.best.widened(self.coverage.widening)

    @property
    def estimates(self) -> Estimates:
        """Structural parameters only: inputs belong to their episodes."""
        p = len(structural(self.past))
        mean, cov = self.printed.mean[:p], self.printed.cov[:p, :p]
        return Estimates(self.episodes.parameters[:p], mean, cov, identified(mean, cov), facts(self))


def estimator(problem: Problem, seed: int = SEED) -> Posterior:
    """What intervals are made with: least squares from the mean of an ensemble, and the normal around them.

    From the prior's median alone least squares end in a worse optimum for about one truth in ten.
    """
    start = ensemble_kalman(problem, seed, **SMALL).mean
    return polish(problem, start, tolerance=TOLERANCE, difference=DIFFERENCE)


def estimate(folder: str | Path, seed: int = SEED, truths: int = TRUTHS, told: Told | None = None) -> Estimated:
    """Estimate everything that ``episodes.yaml`` asks for from all its episodes.

    Raises
    ------
    ScenarioError, TableError
        If the episodes, the sources or the economy cannot be read.
    """
    say, seconds, since = told or (lambda _: None), {}, perf_counter()

    def lap(what: str) -> None:
        nonlocal since
        seconds[what] = perf_counter() - since
        since = perf_counter()

    past, economy = Past(folder), load_economy(folder)
    episodes = Episodes(past, economy, tuple(past.file.episodes))
    problem = episodes.problem
    say(f"{problem.p} parameters, {len(problem.observed)} observations of {len(past.file.episodes)} episodes")
    say("three ensembles")
    ensembles = ensemble_kalman(problem, seed)
    lap("ensembles")
    say("least squares")
    best = polish(problem, ensembles.mean, tolerance=TOLERANCE, difference=DIFFERENCE)
    lap("least squares")
    say("a sample by tempering")
    sample = tempered(problem, seed)
    lap("tempering")
    say(f"coverage on {truths} simulated truths")
    tested = coverage(problem, estimator, truths, seed)
    lap("coverage")
    return Estimated(past, episodes, best, ensembles, sample, tested, fit_of(episodes, best), seconds)


def fit_of(episodes: Episodes, best: Posterior) -> dict[str, Any]:
    """By run: number of pattern cells, their squared whitened residual, and root mean square of raw ones, pp."""
    problem, found = episodes.problem, {}
    whole = problem.residuals(best.mean[None])[0]
    raw = problem.forward(problem.natural(best.mean[None]))[0] - problem.observed
    for run in episodes.runs:
        rows = [i for i, label in enumerate(problem.labels) if label.startswith(f"{run} ") and "(input)" not in label]
        found[run] = {
            "cells": len(rows),
            "squared_whitened": float((whole[rows] ** 2).sum()),
            "raw_pp": float(np.sqrt((raw[rows] ** 2).mean())),
        }
    return found | {"all": {"cells": len(whole), "squared_whitened": misfit(problem, best.mean)}}


def facts(found: Estimated) -> dict[str, Any]:
    """What the file of estimates says of its making."""
    tested, past = found.coverage, found.past
    return {
        "vintage": "2022-11-22",
        "episodes": {name: e.title for name, e in past.file.episodes.items()},
        "until": max(month for e in past.file.episodes.values() for month in e.months),
        "observations": len(found.episodes.problem.observed),
        "method": "least squares with priors, normal around the optimum; checked by ensembles and tempering",
        "seed": SEED,
        "coverage": {
            "nominal": tested.nominal,
            "truths": tested.truths,
            "share_unwidened": round(tested.share, 4),
            "widening": round(tested.widening, 4),
            "share": round(tested.share_widened, 4),
        },
        "closures": {
            "group": dict(zip(past.history.sectors, past.group_of, strict=True)),
            "value_added": dict(zip(past.history.sectors, past.history.value_added.tolist(), strict=True)),
            "outside": dict(past.file.sensitivity.outside),
        },
        "inputs": hashes(found.past.folder),
    }


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file that the estimates follow from."""
    files = [folder / FILE, folder / "economy.npz", *(folder / "sources" / name for name in SOURCES)]
    return {f.relative_to(folder).as_posix(): sha256(f.read_bytes()).hexdigest() for f in files}


def changed(folder: str | Path) -> list[str]:
    """Files that have changed since the estimates were made; nothing is run.

    Raises
    ------
    TableError
        If there are no estimates.
    """
    folder = Path(folder)
    then = Estimates.load(folder / RESULT).facts.get("inputs", {})
    now = hashes(folder)
    return [name for name in sorted(set(then) | set(now)) if then.get(name) != now.get(name)]


def write(found: Estimated) -> tuple[Path, Path]:
    """Put estimates and report into the calibration's folder, whole or not at all."""
    from .estimate_report import report

    folder = found.past.folder
    text = report(found)
    places = folder / RESULT, folder / REPORT
    with replaced(*places) as parts:
        found.estimates.save(parts[0])
        parts[1].write_text(text, encoding="utf-8", newline="\n")
    return places
