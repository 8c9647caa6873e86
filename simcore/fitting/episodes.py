"""Episodes: what happened to industry, and how much each division lost of what industry lost.

With g the growth of division i in release t, T that of the total and o the release before the episode,

    g[i, t] = T[o] + q[i] + s[i] (T[t] - T[o]) + e[i, t]

q is the lasting part of how a division differs from the total and e what passes with the release. Both are measured
between releases without an episode: their variance is ``rho * P`` and ``(1 - rho) * P``. The print of the origin tells
of q the mean ``rho * (g[i, o] - T[o])`` and leaves the variance ``rho * (1 - rho) * P``. The sensitivity s is drawn a
priori around that of the division's category, with a standard deviation that makes the prints most likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import ScenarioError, TableError
from ..language.diagnostics import tidy
from ..language.source import parse, read
from .estimation import Parameter, Posterior, Problem
from .history import CATEGORIES, ROUNDING, History, release
from .polish import polish
from .recipe_text import told

EPISODES = "episodes.yaml"
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[2-9]|1[0-2])$")]  # January is printed with February
TAU = (0.05, 2.0)  # standard deviations of sensitivities that are tried


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Part):
    """What is given to a replay, and is therefore no success of it."""

    what: str
    source: str
    estimate: bool


class Check(_Part):
    """Published growth by region in one release: looked at, never fitted."""

    month: Month
    regions: dict[str, float]
    source: str


class Episode(_Part):
    """One episode: the last release known before it, its releases, what is given."""

    name: str
    title: str
    kind: Literal["closure", "demand"]
    origin: Month
    months: tuple[Month, ...] = Field(min_length=1)
    given: tuple[str, ...] = ()
    inputs: tuple[Input, ...] = Field(min_length=1)
    targets: str
    checks: tuple[Check, ...] = ()


class Bar(_Part):
    """The test that counts: one month from the release before it, sensitivities fitted on another episode."""

    fitted: str
    episode: str
    origin: Month
    month: Month
    gain: float
    without: str


class Episodes(_Part):
    """All episodes of a calibration."""

    schema_: Literal["simcore/episodes@1"] = Field(alias="schema")
    calm: tuple[Month, ...] = Field(min_length=2)
    episodes: tuple[Episode, ...] = Field(min_length=2)
    bar: Bar

    @model_validator(mode="after")
    def _known(self) -> Episodes:
        names = [e.name for e in self.episodes]
        for name in (self.bar.fitted, self.bar.episode):
            if name not in names:
                raise ValueError(f"bar: unknown episode '{name}'; there is {', '.join(names)}")
        return self

    def named(self, name: str) -> Episode:
        return next(e for e in self.episodes if e.name == name)


def read_episodes(folder: Path) -> Episodes:
    """Read ``episodes.yaml`` of a calibration.

    Raises
    ------
    ScenarioError
        If the file is missing, is no YAML, or has unknown keys or values out of range; all problems at once.
    """
    source, found = read(folder / EPISODES)
    node = None
    if not found:
        node, found = parse(source)
    if node is None or found:
        raise ScenarioError(tidy(found))
    try:
        return Episodes.model_validate(node.plain())
    except ValidationError as problem:
        raise ScenarioError(tidy(told(problem, Episodes, [node]))) from None


class Divisions(NamedTuple):
    """Published divisions of a history, each once."""

    codes: tuple[str, ...]
    at: np.ndarray  # (N,) a sector of each
    category: np.ndarray  # (N,)

    def growth(self, history: History, month: str) -> np.ndarray:
        """(N,) per cent; NaN where none was printed."""
        return history.by_sector[release(month), self.at]


def divisions(history: History, month: str) -> Divisions:
    """Divisions that a release prints."""
    printed = np.flatnonzero(np.isfinite(history.by_sector[release(month)]))
    at = np.array([history.division.index(d) for d in sorted({history.division[i] for i in printed})])
    return Divisions(tuple(history.division[i] for i in at), at, history.category[at])


class Calm(NamedTuple):
    """How patterns over divisions behave without an episode."""

    variance: float  # pp squared, of growth less that of the total
    rho: float  # part of it that lasts from one calm release to the next


def calm(history: History, known: Divisions, months: Sequence[str]) -> Calm:
    """Mean square and correlation of patterns, over all pairs of calm releases and all divisions of both."""
    pattern = [known.growth(history, m) - history.total[release(m)] for m in months]
    pairs = [(a, b) for i, a in enumerate(pattern) for b in pattern[i + 1 :]]
    both = [np.isfinite(a) & np.isfinite(b) for a, b in pairs]
    cross = sum(float(a[k] @ b[k]) for (a, b), k in zip(pairs, both, strict=True))
    square = sum(float(a[k] @ a[k] + b[k] @ b[k]) / 2.0 for (a, b), k in zip(pairs, both, strict=True))
    count = sum(int(k.sum()) for k in both)
    if not count:
        raise TableError(f"no division is printed in two of the calm releases {', '.join(months)}")
    return Calm(square / count, float(np.clip(cross / square, 0.0, 0.99)))


class Fit(NamedTuple):
    """Sensitivities of divisions to closures."""

    divisions: Divisions
    prior: np.ndarray  # (N,)
    mean: np.ndarray  # (N,)
    sd: np.ndarray  # (N,)
    tau: float
    seen: np.ndarray  # (N,) prints that speak of each
    categories: np.ndarray  # (3,)
    posterior: Posterior


def fit(history: History, known: Divisions, episodes: Sequence[Episode], still: Calm, grouped: bool = True) -> Fit:
    """Estimate sensitivities from closures; ``tau`` is where the prints of these episodes are most likely.

    ``grouped``: a priori around the sensitivity of a division's category; False for 1 everywhere.
    """
    from scipy.optimize import minimize_scalar

    closures = [e for e in episodes if e.kind == "closure"]
    if not closures:
        raise TableError("sensitivities need an episode of kind closure")
    categories = _categories(history, closures) if grouped else np.ones(len(CATEGORIES))
    found = minimize_scalar(
        lambda tau: _misfit(problem(history, known, closures, still, categories, float(tau))),
        bounds=TAU, method="bounded",
    )  # fmt: skip
    asked = problem(history, known, closures, still, categories, float(found.x))
    posterior = polish(asked)
    sd = float(found.x)
    prior = categories[known.category]
    seen = np.array([sum(label.startswith(f"{c} ") for label in asked.labels) for c in known.codes])
    return Fit(
        known, prior, asked.natural(posterior.mean), sd * posterior.sd, sd, seen, categories, posterior
    )  # fmt: skip


def _categories(history: History, closures: Sequence[Episode]) -> np.ndarray:
    """(3,) sensitivity of mining, manufacturing and utilities, by least squares through the origin."""
    change, fall = [], []
    for e in closures:
        for month in e.months:
            change.append(history.by_category[release(month)] - history.by_category[release(e.origin)])
            fall.append(history.total[release(month)] - history.total[release(e.origin)])
    d, fell = np.array(change), np.array(fall)
    keep = np.isfinite(d).all(axis=1)
    return fell[keep] @ d[keep] / (fell[keep] @ fell[keep])


def problem(
    history: History, known: Divisions, closures: Sequence[Episode], still: Calm, categories: np.ndarray, tau: float
) -> Problem:
    """Sensitivities as the unknowns, growth of divisions less their reference as what was observed, pp."""
    labels, observed, which, fell, blocks = [], [], [], [], []
    for e in closures:
        o = release(e.origin)
        start = known.growth(history, e.origin)
        printed = np.isfinite(start)
        offset = np.where(printed, start, history.by_category[o][known.category]) - history.total[o]
        lasting = still.rho * still.variance * np.where(printed, 1.0 - still.rho, 1.0)
        growth = {m: known.growth(history, m) for m in e.months}
        for i, code in enumerate(known.codes):
            months = [m for m in e.months if np.isfinite(growth[m][i])]
            if not months:
                continue
            labels += [f"{code} {m}" for m in months]
            observed += [growth[m][i] - history.total[o] - still.rho * offset[i] for m in months]
            fell += [history.total[release(m)] - history.total[o] for m in months]
            which += [i] * len(months)
            passing = (1.0 - still.rho) * still.variance + ROUNDING**2
            blocks.append(lasting[i] + passing * np.eye(len(months)))
    error, at = np.zeros((len(observed), len(observed))), 0
    for block in blocks:
        error[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    chosen, falls = np.array(which), np.array(fell)
    parameters = tuple(
        Parameter(f"sensitivity_{c}", float(categories[k]), tau, "identity", unit="1", role="sensitivity")
        for c, k in zip(known.codes, known.category, strict=True)
    )
    return Problem(parameters, lambda s: s[:, chosen] * falls, np.array(observed), error, tuple(labels))


def plain(history: History, found: Fit, e: Episode) -> Fit:
    """Sensitivities without any estimator: the change of a division over that of the total in the first release.

    Where a print is missing the category's growth takes its place.
    """
    known, o, t = found.divisions, release(e.origin), release(e.months[0])
    ends = [
        np.where(np.isfinite(g), g, history.by_category[at][known.category])
        for g, at in ((known.growth(history, e.origin), o), (known.growth(history, e.months[0]), t))
    ]
    return found._replace(mean=(ends[1] - ends[0]) / (history.total[t] - history.total[o]))


def _misfit(asked: Problem) -> float:
    """Minus twice the logarithm of how likely the observations are, and a constant; the map is linear."""
    centre = np.array([[p.median for p in asked.parameters]])
    slope = asked.forward(np.diag([p.sd for p in asked.parameters])).T
    cov = np.asarray(asked.error) + slope @ slope.T
    gap = asked.observed - asked.forward(centre)[0]
    return float(gap @ np.linalg.solve(cov, gap) + np.linalg.slogdet(cov)[1])
