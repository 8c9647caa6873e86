"""Back-tests: episodes replayed from what was printed before, against what followed and against naive forecasts.

The total of an episode is given. What is tested is how its change spreads over divisions: own forecasts use
sensitivities that were fitted on the other episodes, the naive pattern spreads the change evenly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..economy import Economy
from .episodes import Calm, Divisions, Episode, Episodes, Fit, calm, divisions, fit, plain
from .estimation import NORMAL
from .history import ROUNDING, SLOTS, History, read_figures, release
from .scores import coverage, crps_normal, interval_score

LEVEL = 0.9
HALF = NORMAL.inv_cdf(0.5 + LEVEL / 2.0)
OWN, NAIVE = "sensitivities", "pattern shifted"
METHODS = (OWN, NAIVE, "no change", "mean of 12 months", "autoregression")  # the last three do not know the total
OWNERS_OF = {"state_holding": "state", "private": "private", "foreign_hmt": "foreign"}  # series: class
FEWEST = 6  # releases of the total that an autoregression needs


class Score(NamedTuple):
    """One method in one release."""

    error: float  # mean absolute error over divisions, pp
    coverage: float  # share of divisions inside the 90 % fan; NaN without one
    interval: float  # interval score of that fan
    crps: float


@dataclass(frozen=True)
class Replay:
    """One release from one origin; arrays over the divisions that both print."""

    episode: str
    fitted: tuple[str, ...]
    origin: str
    month: str
    codes: tuple[str, ...]
    published: np.ndarray  # (N,)
    forecast: dict[str, np.ndarray]  # by method, (N,)
    sd: dict[str, np.ndarray]  # of OWN and NAIVE, (N,)
    total: dict[str, float]  # published, and what methods that do not know it say
    given: tuple[str, ...]

    def score(self, method: str, without: Sequence[str] = ()) -> Score:
        """Mean over divisions, some left out."""
        keep = np.array([c not in without for c in self.codes])
        error = (self.forecast[method] - self.published)[keep]
        if method not in self.sd:
            return Score(float(np.abs(error).mean()), np.nan, np.nan, np.nan)
        sd = self.sd[method][keep]
        low, high = error - HALF * sd, error + HALF * sd
        scores = coverage(low, high, 0.0), interval_score(low, high, 0.0, LEVEL), crps_normal(error, sd, 0.0)
        return Score(float(np.abs(error).mean()), *(float(s.mean()) for s in scores))

    def gain(self, without: Sequence[str] = ()) -> float:
        """Share of the naive pattern's error that sensitivities save."""
        return 1.0 - self.score(OWN, without).error / self.score(NAIVE, without).error


class Part(NamedTuple):
    """Growth of a region or of a class of ownership: a check."""

    episode: str
    origin: str
    month: str
    kind: str
    name: str
    published: float
    own: float
    naive: float


@dataclass(frozen=True)
class Backtest:
    """All replays of a calibration."""

    episodes: Episodes
    still: Calm
    fits: dict[str, Fit]  # by the episode that was left out, and for the bar
    replays: tuple[Replay, ...]
    bar: Replay
    other_choices: dict[str, tuple[float, float]]  # gain at the bar with other ways to fit, and without one division
    parts: tuple[Part, ...]

    @property
    def met(self) -> bool:
        return self.bar.gain() >= self.episodes.bar.gain


def read_owners(path: Path) -> dict[str, dict[str, float]]:
    """Published growth by month and class of ownership; classes overlap, so they sum to nothing."""
    found: dict[str, dict[str, float]] = {}
    for (month, series), value in read_figures(path, "percent", ("month", "ownership")).items():
        found.setdefault(month, {})[series] = value
    return found


def backtest(
    history: History, episodes: Episodes, economy: Economy, owners: Mapping[str, Mapping[str, float]]
) -> Backtest:
    """Replay every episode with sensitivities of the others, and the bar.

    owners : growth by month and class of ownership, see ``read_owners``.
    """
    known = divisions(history, episodes.bar.month)
    still = calm(history, known, episodes.calm)
    fits, replays, parts = {}, [], []
    for e in episodes.episodes:
        others = [o for o in episodes.episodes if o is not e and o.kind == "closure"]
        fits[e.name] = fit(history, known, others, still)
        names = tuple(o.name for o in others)
        replays += [replay(history, fits[e.name], still, e, names, e.origin, m) for m in e.months]
        parts += _parts(history, fits[e.name], economy, e, owners)
    bar = episodes.bar
    e, source = episodes.named(bar.episode), episodes.named(bar.fitted)
    chosen = fit(history, known, [source], still)
    test = replay(history, chosen, still, e, (source.name,), bar.origin, bar.month)
    choices = _other_choices(history, chosen, source, still)
    tried = {
        name: replay(history, other, still, e, (source.name,), bar.origin, bar.month) for name, other in choices.items()
    }
    gains = {name: (r.gain(), r.gain((bar.without,))) for name, r in tried.items()}
    return Backtest(episodes, still, fits | {"bar": chosen}, tuple(replays), test, gains, tuple(parts))


def _other_choices(history: History, chosen: Fit, source: Episode, still: Calm) -> dict[str, Fit]:
    """Ways to fit that one could defend as well: no estimator, no groups, fewer releases, other persistence."""
    known = chosen.divisions
    found = {
        f"plain ratios of {source.months[0]}": plain(history, chosen, source),
        "around 1, not around the category": fit(history, known, [source], still, grouped=False),
    }
    for n in range(1, len(source.months)):
        shorter = source.model_copy(update={"months": source.months[:n]})
        found[f"only {', '.join(source.months[:n])}"] = fit(history, known, [shorter], still)
    for rho in (0.0, 0.5, 0.8):
        other = fit(history, known, [source], still._replace(rho=rho))
        found[f"lasting part {rho:.1f} instead of {still.rho:.2f}"] = other
    return found


def replay(
    history: History, found: Fit, still: Calm, e: Episode, fitted: tuple[str, ...], origin: str, month: str
) -> Replay:
    """Forecast one release from one origin; all start from the pattern of the origin, as the naive one does."""
    known, o, t = found.divisions, release(origin), release(month)
    start, seen = known.growth(history, origin), known.growth(history, month)
    both = np.isfinite(start) & np.isfinite(seen)
    shift = history.total[t] - history.total[o]
    past = history.total[: o + 1]
    year = history.by_sector[max(o + 1 - SLOTS, 0) : o + 1, known.at]
    total = {
        "published": float(history.total[t]),
        "no change": float(history.total[o]),
        "mean of 12 months": float(np.nanmean(past[-SLOTS:])),
        "autoregression": autoregression(past, t - o),
    }
    wander = 2.0 * (1.0 - still.rho) * still.variance + ROUNDING**2
    mean = np.array([np.nanmean(c) if np.isfinite(c).any() else np.nan for c in year.T])
    forecast = {
        OWN: start + found.mean * shift,
        NAIVE: start + shift,
        "no change": start,
        "mean of 12 months": mean,
        "autoregression": total["autoregression"] + still.rho * (start - history.total[o]),
    }
    sd = {OWN: np.sqrt(wander + (shift * found.sd) ** 2), NAIVE: np.full(len(start), np.sqrt(wander))}
    return Replay(
        e.name, fitted, origin, month, tuple(np.array(known.codes)[both].tolist()), seen[both],
        {name: f[both] for name, f in forecast.items()}, {name: s[both] for name, s in sd.items()}, total, e.given,
    )  # fmt: skip


def autoregression(past: np.ndarray, ahead: int) -> float:
    """Growth of the total by ``y[t] = a + b y[t - 1]``, least squares on what was printed; NaN where that is too
    little."""
    pairs = np.column_stack([past[:-1], past[1:]])
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if len(pairs) < FEWEST:
        return float("nan")
    b, a = np.polyfit(pairs[:, 0], pairs[:, 1], 1)
    value = past[-1]
    for _ in range(ahead):
        value = a + b * value
    return float(value)


def by_sector(history: History, found: Fit, known: Divisions) -> np.ndarray:
    """(S,) sensitivity of every sector: unpublished ones take what their category leaves, none below 0.

    The mean of industry, by value added of 2020, is 1.
    """
    place = {code: i for i, code in enumerate(known.codes)}
    at = np.array([place.get(d, -1) for d in history.division])
    result, weight = np.where(at >= 0, found.mean[at], np.nan), history.value_added
    for c, mean in enumerate(found.categories):
        inside, rest = history.category == c, (history.category == c) & (at < 0)
        told = inside & ~rest
        left = mean * weight[inside].sum() - weight[told] @ result[told]
        result[rest] = max(left / weight[rest].sum(), 0.0) if rest.any() else 0.0
    return result / (weight @ result / weight.sum())


def _parts(
    history: History, found: Fit, economy: Economy, e: Episode, owners: Mapping[str, Mapping[str, float]]
) -> list[Part]:
    """Growth by region and owner where it was printed before and after: they differ by the mix of sectors alone."""
    of = dict(zip(history.sectors, by_sector(history, found, found.divisions), strict=True))
    s = np.array([of.get(economy.sectors.codes[k], np.nan) for k in economy.sector])
    size = np.where(np.isfinite(s), economy.value_added.sum(axis=0), 0.0)
    lost = size * np.nan_to_num(s)
    rows = []
    regions = {c.month: c.regions for c in e.checks}
    classes = {m: {OWNERS_OF[n]: g for n, g in row.items() if n in OWNERS_OF} for m, row in owners.items()}
    for kind, codes, place, known in (
        ("region", economy.regions.codes, economy.region, regions),
        ("ownership", economy.ownerships.codes, economy.ownership, classes),
    ):
        made = np.bincount(place, size, len(codes))
        share = np.bincount(place, lost, len(codes)) / np.where(made > 0.0, made, 1.0) / (lost.sum() / size.sum())
        for month in (m for m in e.months if m in known and e.origin in known):
            shift = float(history.total[release(month)] - history.total[release(e.origin)])
            for name, value in known[month].items():
                start = known[e.origin].get(name)
                if start is not None and name in codes:
                    own = start + shift * float(share[codes.index(name)])
                    rows.append(Part(e.name, e.origin, month, kind, name, value, own, start + shift))
    return rows
