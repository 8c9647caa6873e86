"""Back-tests: each episode replayed with what was estimated on the others, against what happened and simple forecasts.

Published totals are inputs of an epidemic, so what is scored is the pattern: growth of each division in a month, given
the pattern of the release before and the total of the month. The model adds its own change from that release to the
last pattern, and a shift that lets the weighted mean of the divisions change as the total did, as the honest naive
forecast does with its uniform change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from ..economy import Economy
from ..economy.store import load_economy
from .episodes import Observed, Past
from .estimate import estimator
from .estimation import Posterior, Problem
from .forward import Episodes, inputs, structural
from .history import SLOTS, release
from .polish import polish
from .scores import coverage, interval_score

VEHICLES = "36"
LEVEL = 0.9
WIDTH = NormalDist().inv_cdf(0.5 + LEVEL / 2.0)  # standard deviations either way
TIED = 0.3  # pp, how closely inputs meet the totals of a replayed episode
TOLERANCE = 1e-4
DRAWS, SEED = 32, 20221122
NAIVE = ("last pattern, shifted", "no change", "mean of 12 months", "autoregression")


class Line(NamedTuple):
    """Scores of one month, or of the mean over months, of one episode."""

    episode: str
    fitted_on: str
    month: str
    scope: str  # divisions | without vehicles | regions | ownership
    cells: int
    model: float  # mean absolute error, pp
    naive: dict[str, float]  # by name; NaN where the record is too short
    covered: float  # share inside the model's 90 % interval
    interval: float  # mean interval score of the model, pp
    naive_interval: float  # of the shifted last pattern with the calm fan


class Predicted(NamedTuple):
    """Growth by division in one month, (D,) each: published, by the model, by the naive forecast, with their fans."""

    published: np.ndarray
    model: np.ndarray
    naive: np.ndarray
    sd: np.ndarray
    naive_sd: np.ndarray  # what growth strays by in calm times


@dataclass(frozen=True)
class Backtest:
    """All scores, and what the figure shows: by episode and month, division, published, model, naive."""

    lines: tuple[Line, ...]
    points: dict[tuple[str, str], np.ndarray]  # (divisions, 3)
    divisions: tuple[str, ...]

    def find(self, episode: str, month: str, scope: str = "divisions", fitted_on: str | None = None) -> Line:
        """One line."""
        for line in self.lines:
            if (line.episode, line.month, line.scope) == (episode, month, scope) and fitted_on in (
                None,
                line.fitted_on,
            ):
                return line
        raise KeyError((episode, month, scope, fitted_on))


def backtest(folder: str | Path) -> Backtest:
    """Replay every episode with an estimate from the others; spring 2022 also with one from 2020 alone.

    Raises
    ------
    ScenarioError, TableError
        If the episodes, the sources or the economy cannot be read.
    """
    past, economy = Past(folder), load_economy(folder)
    names = tuple(past.file.episodes)
    plans = [(name, tuple(n for n in names if n != name)) for name in names]
    first = names[0]
    plans += [(name, (first,)) for name in names[1:] if name != names[-1]]
    lines: list[Line] = []
    points: dict[tuple[str, str], np.ndarray] = {}
    for name, others in plans:
        replay = Replay.of(past, economy, name, others)
        lines += replay.lines()
        if len(others) == 1 or (name, past.file.episodes[name].months[0]) not in points:
            points |= replay.points()
    return Backtest(tuple(lines), points, past.divisions)


@dataclass(frozen=True)
class Replay:
    """One episode, run with parameters estimated on others and with inputs tied to its totals.

    growth : (1 + DRAWS, T, 1 + D) of the run's releases; the central estimate first, then draws of the parameters.
    """

    past: Past
    name: str
    others: tuple[str, ...]
    seen: Observed
    growth: np.ndarray
    regions: dict[str, np.ndarray]  # (T,) deviation of a region or kind of owner, share
    weights: np.ndarray  # (D,) of divisions in industry

    @classmethod
    def of(cls, past: Past, economy: Economy, name: str, others: Sequence[str]) -> Replay:
        """Estimate on ``others``, then run the episode ``name``."""
        fitted = estimator(Episodes(past, economy, tuple(others)).problem)
        p = len(structural(past))
        run = past.file.episodes[name].run
        asked = Episodes(past, economy, (name,))
        central = _natural(past, fitted.mean[:p])
        tied = _tie(asked, run, central)
        draws = _draws(fitted, p)
        values = np.array([np.concatenate([_natural(past, z), tied]) for z in draws])
        growth = asked.growth(run, np.vstack([np.concatenate([central, tied])[None], values]))
        value_added = past.history.value_added
        own = np.array(
            [sum(v for v, d in zip(value_added, past.history.division, strict=True) if d == x) for x in past.divisions]
        )
        return cls(
            past, name, tuple(others), past.observed(run), growth,
            asked.by_place(run, np.concatenate([central, tied])), own / value_added.sum(),
        )  # fmt: skip

    def predict(self, month: str) -> Predicted:
        """One month, NaN where a division was not printed twice."""
        t = self.seen.releases.index(month)
        now, before, change = self.seen.growth[t], self._before(t), self._change(t)
        known = np.isfinite(now) & np.isfinite(before) & ~np.isin(self.past.divisions, self._given(month))
        shift = self.seen.total[t] - self._total_before(t)
        gap = shift - self._mean(change[0], known)
        drawn = change[1:] - np.array([self._mean(c, known) for c in change[1:]])[:, None]
        stray = self.past.straying
        months = self.seen.months[t] - (self.seen.months[t - 1] if t else 0.0)
        calm = 2.0 * stray.transitory + 2.0 * stray.stationary * (1.0 - stray.keeps**months)
        sd = np.sqrt(calm + self.past.file.discrepancy**2 + drawn.var(axis=0))
        blank = np.where(known, 0.0, np.nan)
        model, naive = before + change[0] + gap + blank, before + shift + blank
        return Predicted(now + blank, model, naive, sd, np.full(len(sd), np.sqrt(calm)))

    def _given(self, month: str) -> list[str]:
        """Divisions that are inputs in this month: nothing to score."""
        episode = self.past.file.episodes[self.name]
        return list(episode.inputs) if month in episode.months else []

    def _before(self, t: int) -> np.ndarray:
        """(D,) printed growth one release before."""
        return self.seen.growth[t - 1] if t else self._earlier()

    def _earlier(self) -> np.ndarray:
        """The pattern of the reference: the last one before the run; not borrowed ones."""
        from .episodes import by_division

        before = release(self.past.file.runs[self._run].reference.pattern)
        return by_division(self.past.history)[before]

    @property
    def _run(self) -> str:
        return self.past.file.episodes[self.name].run

    def _total_before(self, t: int) -> float:
        before = release(self.past.file.runs[self._run].reference.pattern)
        return float(self.seen.total[t - 1] if t else self.past.history.total[before])

    def _change(self, t: int) -> np.ndarray:
        """(1 + DRAWS, D) change of modelled growth from the release before."""
        before = (
            self.growth[:, t - 1, 1:] if t else np.broadcast_to(self.seen.reference[0], self.growth[:, 0, 1:].shape)
        )
        return self.growth[:, t, 1:] - before

    def _mean(self, change: np.ndarray, known: np.ndarray) -> float:
        return float(self.weights[known] @ change[known] / self.weights[known].sum())

    def lines(self) -> Iterator[Line]:
        """Scores by month, without vehicles, over all months, and of regions and owners as checks."""
        found: dict[str, list[Line]] = {"divisions": [], "without vehicles": []}
        for month in self.past.file.episodes[self.name].months:
            for scope, lines in found.items():
                line = self._line(month, scope)
                if line is not None:
                    lines.append(line)
        for lines in found.values():
            yield from lines
            yield _mean_line(lines)
        yield from self._places()

    def _line(self, month: str, scope: str) -> Line | None:
        now, model, naive, sd, calm = self.predict(month)
        kept = np.isfinite(now)
        if scope == "without vehicles":
            kept &= np.array(self.past.divisions) != VEHICLES
        if kept.sum() < 3:
            return None
        others = {NAIVE[0]: naive} | _simple(self.past, month)
        own, other = (model[kept], WIDTH * sd[kept]), (naive[kept], WIDTH * calm[kept])
        low, high, low0, high0 = own[0] - own[1], own[0] + own[1], other[0] - other[1], other[0] + other[1]
        return Line(
            self.name, ", ".join(self.others), month, scope, int(kept.sum()), float(np.abs(model - now)[kept].mean()),
            {k: float(np.mean(np.abs(v - now)[kept])) for k, v in others.items()},
            float(coverage(low, high, now[kept]).mean()), float(interval_score(low, high, now[kept], LEVEL).mean()),
            float(interval_score(low0, high0, now[kept], LEVEL).mean()),
        )  # fmt: skip

    def points(self) -> dict[tuple[str, str], np.ndarray]:
        """What the figure shows."""
        return {
            (self.name, month): np.array(self.predict(month)[:3]).T
            for month in self.past.file.episodes[self.name].months
            if np.isfinite(self.predict(month)[0]).sum() >= 3
        }

    def _places(self) -> Iterator[Line]:
        """Regions and owners: checks, never fitted."""
        for scope, file, column in (("regions", "iva_regions", "region"), ("ownership", "iva_ownership", "ownership")):
            printed = _printed(self.past.folder, file, column)
            for month in self.past.file.episodes[self.name].months:
                t = self.seen.releases.index(month)
                earlier = self.seen.releases[t - 1] if t else self.past.file.runs[self._run].reference.pattern
                both = [k for k in self.regions if (month, k) in printed and (earlier, k) in printed]
                if len(both) < 3:
                    continue
                now, before = (np.array([printed[m, k] for k in both]) for m in (month, earlier))
                moved = np.array([100.0 * (self.regions[k][t] - (self.regions[k][t - 1] if t else 0.0)) for k in both])
                shift = self.seen.total[t] - self._total_before(t)
                nation = 100.0 * (self.regions["nation"][t] - (self.regions["nation"][t - 1] if t else 0.0))
                model, naive = before + moved + shift - nation, before + shift
                blank = float("nan")
                yield Line(
                    self.name, ", ".join(self.others), month, scope, len(both), float(np.abs(model - now).mean()),
                    {NAIVE[0]: float(np.abs(naive - now).mean())}, blank, blank, blank,
                )  # fmt: skip


def _mean_line(lines: Sequence[Line]) -> Line:
    """Over all cells of all months."""
    cells = np.array([line.cells for line in lines])

    def mean(values: Sequence[float]) -> float:
        kept = np.isfinite(values)
        return float(np.asarray(values)[kept] @ cells[kept] / cells[kept].sum()) if kept.any() else float("nan")

    one = lines[0]
    return Line(
        one.episode, one.fitted_on, "all", one.scope, int(cells.sum()), mean([x.model for x in lines]),
        {k: mean([x.naive.get(k, np.nan) for x in lines]) for k in one.naive},
        mean([x.covered for x in lines]), mean([x.interval for x in lines]), mean([x.naive_interval for x in lines]),
    )  # fmt: skip


def _natural(past: Past, z: np.ndarray) -> np.ndarray:
    return np.array([p.natural(v) for p, v in zip(structural(past), z, strict=True)])


def _draws(fitted: Posterior, p: int) -> np.ndarray:
    """(DRAWS, p) coordinates of the structural parameters."""
    rng = np.random.default_rng(SEED)
    return fitted.mean[:p] + rng.standard_normal((DRAWS, p)) @ np.linalg.cholesky(fitted.cov[:p, :p]).T


def _tie(episodes: Episodes, run: str, central: np.ndarray) -> np.ndarray:
    """Inputs of a run, in natural units, at which it meets the published totals (and divisions that are inputs)."""
    unknown = inputs(episodes.past, run)
    cells = episodes.cells[episodes.runs.index(run)]

    def forward(values: np.ndarray) -> np.ndarray:
        grown = episodes.growth(run, np.hstack([np.tile(central, (len(values), 1)), values]))
        return grown.transpose(0, 2, 1)[:, cells.tied.T]

    seen = cells.seen
    observed = np.hstack([seen.total[:, None], seen.growth]).T[cells.tied.T]
    problem = Problem(unknown, forward, observed, np.full(len(observed), TIED))
    return problem.natural(polish(problem, tolerance=TOLERANCE).mean[None])[0]


def _simple(past: Past, month: str) -> dict[str, np.ndarray]:
    """Forecasts that know nothing of the month, on what was printed before it, (D,) each; NaN where too little was."""
    from .episodes import by_division

    t = release(month)
    history = by_division(past.history)[:t]
    last = history[-1] if np.isfinite(history[-1]).any() else history[np.isfinite(history).any(axis=1)][-1]
    year = history[-SLOTS:]
    counted = np.isfinite(year).sum(axis=0)
    mean = np.divide(np.nansum(year, axis=0), counted, out=np.full(len(last), np.nan), where=counted >= 3)
    return {NAIVE[1]: last, NAIVE[2]: mean, NAIVE[3]: np.array([_autoregressed(s) for s in history.T])}


def _autoregressed(series: np.ndarray) -> float:
    """One step ahead of a first-order autoregression, least squares on neighbouring prints; NaN below six pairs."""
    pairs = np.isfinite(series[:-1]) & np.isfinite(series[1:])
    if pairs.sum() < 6 or not np.isfinite(series[-1]):
        return float("nan")
    slope, level = np.polyfit(series[:-1][pairs], series[1:][pairs], 1)
    return float(level + slope * series[-1])


def _printed(folder: Path, file: str, column: str) -> dict[tuple[str, str], float]:
    """Published growth by month and place or kind of owner."""
    import csv

    figure = "yoy_pct" if file == "iva_regions" else "percent"
    with open(folder / "sources" / f"{file}.csv", newline="", encoding="utf-8") as lines:
        return {(row["month"], row[column]): float(row[figure]) for row in csv.DictReader(lines)}
