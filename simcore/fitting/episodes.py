"""Episodes of the past: what was published of them, what of it is an input, and how far printed growth strays anyway.

A run of the model covers one or two episodes. Its closures and demand shifts are inputs, tied to the published total
(and to vehicles where their demand is an input); the pattern over divisions is what is explained.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..language.document import read_document
from .episode_checks import is_month, problems
from .history import ROUNDING, History, read_history, release, release_month, release_time

FILE, SCHEMA = "episodes.yaml", "simcore/episodes@1"
TOTAL = "total"
Positive = Annotated[float, Field(gt=0.0)]


def _month(text: str) -> str:
    if not is_month(text):
        raise ValueError(f"'{text}' is no month; write for example 2022-03")
    return text


Month = Annotated[str, AfterValidator(_month)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Calm(_Part):
    """Months in which changes of growth tell how far divisions stray on their own."""

    first: Month
    last: Month
    without: tuple[Month, ...] = ()
    steps: int = Field(ge=2)


class Reference(_Part):
    """Growth without the episode: the pattern of the last release before it, around a constant or projected total."""

    pattern: Month
    total: Literal["constant", "projected"]


class Closure(_Part):
    id: str
    exposure: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]]
    shape: dict[Month, Annotated[float, Field(ge=0.0, le=1.0)]]


class Intensity(_Part):
    median: Positive
    sd: Positive


class Demand(_Part):
    """A shift of final demand for some products, relative to its base, by month.

    ``able`` lets capacity of the makers (sectors) move with it: a base that a shortage held down hides room.
    """

    products: tuple[str, ...] | Literal["all"]
    category: tuple[str, ...]
    months: tuple[Month, ...]
    sd: Positive
    tied: str
    able: tuple[str, ...] = ()


class Run(_Part):
    start: Month
    end: Month
    reference: Reference
    closures: tuple[Closure, ...]
    intensity: dict[Month, Intensity]
    demand: dict[str, Demand] = {}
    source: str


class Episode(_Part):
    title: str
    run: str
    months: tuple[Month, ...]
    inputs: tuple[str, ...] = ()  # divisions that are inputs in these months


class Unknown(_Part):
    """Prior of a dynamic parameter: a log standard deviation, or a logit one between bounds."""

    median: float
    sd: Positive
    low: float | None = None
    high: float | None = None
    unit: str


class Sensitivity(_Part):
    sd: Positive
    outside: dict[str, Annotated[float, Field(ge=0.0)]]  # sectors outside industry: assumed
    residual_groups: dict[str, Literal["B", "C", "D"]]


class EpisodeFile(_Part):
    format: Literal["simcore/episodes@1"] = Field(alias="schema")
    calm: Calm
    discrepancy: Annotated[float, Field(ge=0.0)]
    total_error: Positive
    input_error: Positive
    runs: dict[str, Run]
    episodes: dict[str, Episode]
    sensitivity: Sensitivity
    dynamics: dict[str, Unknown]


def read_episodes(folder: str | Path) -> EpisodeFile:
    """Read ``episodes.yaml`` of a calibration's folder.

    Raises
    ------
    ScenarioError
        If it is missing or has problems; all at once, each with line and column.
    """
    folder = Path(folder)
    return read_document(
        folder / FILE, EpisodeFile, SCHEMA, "state past episodes there", lambda tree: problems(tree, folder)
    )


class Straying(NamedTuple):
    """How growth of a division less that of the total moves in calm times.

    Variance of the change over h months: ``2 transitory + 2 stationary (1 - keeps^h)``, pp squared.
    """

    transitory: float
    stationary: float
    keeps: float  # correlation of the slow part a month apart

    def covariance(self, months: np.ndarray) -> np.ndarray:
        """(T, T) of changes since a print at 0, at ``months`` (T,) after it."""
        apart = np.abs(np.subtract.outer(months, months))
        far = self.keeps**months
        slow = self.stationary * (self.keeps**apart - far[:, None] - far[None, :] + 1.0)
        return slow + self.transitory * (np.eye(len(months)) + 1.0)


def straying(history: History, calm: Calm) -> Straying:
    """Measure it: robust variances of changes over one to ``calm.steps`` releases, then the law by least squares.

    Divisions that are printed throughout the calm months count; a division's changes are taken around zero.
    """
    from scipy.optimize import least_squares

    first, last = release(calm.first), release(calm.last)
    left_out = {release(m) for m in calm.without}
    used = [t for t in range(first, last + 1) if t not in left_out]
    own = by_division(history)
    relative = own[used] - history.total[used, None]
    relative = relative[:, np.isfinite(relative).all(axis=0)]
    time = release_time(np.array(used))
    spread: dict[int, list[float]] = {}
    for i in range(len(used)):
        for j in range(i + 1, min(len(used), i + 1 + calm.steps)):
            spread.setdefault(round(time[j] - time[i]), []).extend(np.abs(relative[j] - relative[i]))
    months = np.array([h for h in sorted(spread) if len(spread[h]) >= 16])
    variance = np.array([(np.median(spread[h]) / 0.6745) ** 2 for h in months])

    def misfit(u: np.ndarray) -> np.ndarray:
        transitory, stationary, keeps = np.exp(u[0]), np.exp(u[1]), 1.0 / (1.0 + np.exp(-u[2]))
        return np.log((2.0 * transitory + 2.0 * stationary * (1.0 - keeps**months)) / variance)

    u = least_squares(misfit, [0.0, 2.5, 1.5], bounds=([-3.0, 0.0, 0.0], [3.0, 4.5, 3.5])).x
    return Straying(float(np.exp(u[0])), float(np.exp(u[1])), float(1.0 / (1.0 + np.exp(-u[2]))))


def divisions(history: History) -> tuple[str, ...]:
    """Divisions that were printed at least once."""
    seen = np.isfinite(history.by_sector).any(axis=0)
    return tuple(sorted({d for d, known in zip(history.division, seen, strict=True) if known}))


def by_division(history: History) -> np.ndarray:
    """(T, D) printed growth; NaN where none."""
    return history.by_sector[:, [history.division.index(d) for d in divisions(history)]]


@dataclass(frozen=True)
class Observed:
    """One run's published figures, their reference without the episode, and what they stray by.

    All per cent, or pp; releases T of the run, D divisions.
    """

    run: str
    releases: tuple[str, ...]
    months: np.ndarray  # (T,) since the reference print
    total: np.ndarray  # (T,) published
    reference_total: np.ndarray  # (T,)
    growth: np.ndarray  # (T, D) published, NaN where not printed
    reference: np.ndarray  # (T, D) the pattern of the last print before, around the reference total
    extra: np.ndarray  # (D,) variance added where the pattern had to be borrowed from the category


class Past:
    """Everything published of the episodes of a calibration, read once."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.file = read_episodes(folder)
        self.history = read_history(self.folder / "sources")
        self.divisions = divisions(self.history)

    @cached_property
    def straying(self) -> Straying:
        return straying(self.history, self.file.calm)

    def observed(self, name: str) -> Observed:
        """Figures of one run."""
        run, history = self.file.runs[name], self.history
        position = np.arange(release(run.start), release(run.end) + 1)
        before = release(run.reference.pattern)
        own = by_division(history)
        pattern, extra = self._pattern(own[before], before)
        total = history.total[position]
        reference = np.full(len(position), history.total[before])
        if run.reference.total == "projected":
            reference = self._projected(run.reference.pattern, position)
        reference_by_division = reference[:, None] + pattern - history.total[before]
        for d in {d for e in self.file.episodes.values() if e.run == name for d in e.inputs}:
            j = self.divisions.index(d)
            reference_by_division[:, j] = self._projected(run.reference.pattern, position, d)
        return Observed(
            name,
            tuple(release_month(int(t)) for t in position),
            release_time(position) - release_time(np.array(before)),
            total,
            reference,
            own[position],
            reference_by_division,
            extra,
        )

    def _pattern(self, printed: np.ndarray, before: int) -> tuple[np.ndarray, np.ndarray]:
        """A release's growth by division; the category's where a division was not printed, with its variance."""
        from .baseline import published_dispersion

        history = self.history
        category = [history.category[history.division.index(d)] for d in self.divisions]
        borrowed = history.by_category[before][category]
        missing = np.isnan(printed)
        return np.where(missing, borrowed, printed), np.where(missing, published_dispersion(history) ** 2, 0.0)

    def _projected(self, origin: str, position: np.ndarray, division: str | None = None) -> np.ndarray:
        """Growth of the total, or of a division, as projected from an origin on what was printed by then, (T,).

        A division that is an input carries its base effects: vehicles' shortage of chips in 2021.
        """
        from ..economy.baseline import growth
        from .baseline import build

        baseline = build(self.folder / "sources", {"method": "combined", "origin": origin})
        members = [division in (None, d) for d in self.history.division]
        path = growth(baseline.level[:, members].sum(axis=1), baseline.months)
        return np.array([path[baseline.months.index(release_month(int(t)))] for t in position])

    @cached_property
    def weights(self) -> np.ndarray:
        """(1 + D, S) the total, then each division, as weights over industry's sectors (value added of 2020)."""
        value = self.history.value_added
        rows = [np.ones(len(value))] + [np.array([own == d for own in self.history.division]) for d in self.divisions]
        shares = np.array(rows) * value
        return shares / shares.sum(axis=1, keepdims=True)

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Sectors of each sensitivity: a printed division's, or what is left of a category."""
        history, found = self.history, {}
        for d in self.divisions:
            found[d] = tuple(s for s, own in zip(history.sectors, history.division, strict=True) if own == d)
        taken = {s for sectors in found.values() for s in sectors}
        for name, letter in self.file.sensitivity.residual_groups.items():
            found[name] = tuple(s for s in history.sectors if s[0] == letter and s not in taken)
        return found

    @cached_property
    def group_of(self) -> tuple[str, ...]:
        """Group of each sector of industry."""
        found = {s: name for name, sectors in self.groups.items() for s in sectors}
        return tuple(found[s] for s in self.history.sectors)


def error_of(past: Past, seen: Observed, which: np.ndarray) -> np.ndarray:
    """(m, m) covariance of the chosen cells of one run, (T, D) bool, in the order of divisions, then releases."""
    blocks = []
    for j in range(len(past.divisions)):
        rows = np.flatnonzero(which[:, j])
        blocks.append(
            past.straying.covariance(seen.months[rows])
            + seen.extra[j]
            + (ROUNDING**2 + past.file.discrepancy**2) * np.eye(len(rows))
        )
    size = sum(len(b) for b in blocks)
    full, at = np.zeros((size, size)), 0
    for block in blocks:
        full[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return full
