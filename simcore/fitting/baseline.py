"""The baseline of industrial value added: how its levels, projection and error band are made.

1. Published growth is closed to the published total in every release (``history``).
2. Chained on a base year whose monthly profile comes from year-to-date growth (``seasonal``), it gives
   levels; each sector's levels of 2020 sum to its value added in the table of 2020.
3. The total is projected by a registered method (``projection``), sectors by their share of it.
4. The error band comes from repeating the method at past origins (``fan``); ``realtime`` scores it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..economy.baseline import STATUS, Baseline
from ..errors import TableError
from .fan import FanOptions, covariance, fit_scale, horizon_months, newest, past_forecasts, vintages
from .history import (
    FIRST_YEAR,
    ROUNDING,
    SLOTS,
    History,
    fit_proxies,
    months_between,
    read_history,
    rebuild_total,
    release,
    release_month,
    sector_growth,
)
from .projection import COMBINED, PROJECTIONS, ProjectionOptions, Vintage, project
from .realtime import Fans, fans
from .seasonal import MONTHS_IN_RELEASE, SeasonalOptions, monthly_profile

EPIDEMIC = ("2022-04", "2022-05")  # targets that scores are also given without
_Options = TypeVar("_Options")


@dataclass(frozen=True)
class SectorOptions:
    """How sectors move around the total; assumptions."""

    drift_kept: float = 0.5  # share of a sector's relative growth of the last two years that goes on, 0 to 1
    parent_sd: float = 5.0  # pp, a part of a division around the division, 3 to 10


@dataclass(frozen=True)
class BaselineOptions:
    """What a recipe can set under ``baseline``."""

    method: str = "combined"
    origin: str | None = None  # project from this month, on what was printed by then; None: the last release
    end: str = "2024-12"
    seasonal: SeasonalOptions = field(default_factory=SeasonalOptions)
    projection: ProjectionOptions = field(default_factory=ProjectionOptions)
    fan: FanOptions = field(default_factory=FanOptions)
    sector: SectorOptions = field(default_factory=SectorOptions)

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> BaselineOptions:
        """Read options from a recipe.

        Raises
        ------
        TableError
            If a key is unknown.
        """
        parts = {
            "seasonal": SeasonalOptions,
            "projection": ProjectionOptions,
            "fan": FanOptions,
            "sector": SectorOptions,
        }
        read = {k: _options(parts[k], v, f"baseline.{k}") if k in parts else v for k, v in options.items()}
        return _options(cls, read, "baseline")


def _options(kind: type[_Options], values: Mapping[str, Any], where: str) -> _Options:
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise TableError(f"{where}: unknown option {unknown}; there is {', '.join(known)}")
    return kind(**values)


def build(folder: Path, options: Mapping[str, Any] | None = None) -> Baseline:
    """Make the baseline from the files ``iva_*.csv`` in a folder.

    Parameters
    ----------
    folder : Path
        Sources; see ``read_history``.
    options : mapping, optional
        As in a recipe under ``baseline``; see ``BaselineOptions``.

    Raises
    ------
    TableError
        If a source cannot be read, an option is unknown or the end is not after the last release.
    UnknownNameError
        If the projection method is unknown.
    """
    return build_from(read_history(Path(folder)), BaselineOptions.of(options or {}))


def build_from(history: History, options: BaselineOptions) -> Baseline:
    """Make the baseline from a history; see ``build``."""
    if options.origin is not None:
        if not 3 * SLOTS <= release(options.origin) < history.releases or options.origin.endswith("-01"):
            last = release_month(history.releases - 1)
            raise TableError(f"baseline.origin {options.origin} must lie in {FIRST_YEAR + 3}-02 .. {last}")
        history = history.until(release(options.origin) + 1)
    T = history.releases
    ahead = release(options.end) + 1 - T
    if ahead < 1 or options.end.endswith("-01"):
        raise TableError(f"baseline.end {options.end} must lie after {release_month(T - 1)} and be no January")
    levels = observed_levels(history, options.seasonal)
    vintage = newest(history, options.seasonal, options.projection, options.fan)
    path = project(options.method, vintage, ahead) + np.log(levels.level.sum(axis=1)[-1]) - vintage.level[-1]
    future = np.exp(path)[:, None] * project_shares(levels.level, ahead, options)

    forecasts = past_forecasts(
        history, options.method, vintages(history, options.seasonal, options.projection, options.fan)
    )
    scale = fit_scale(forecasts, options.fan)
    error = covariance(scale, vintage.seasonal_covariance, T - 1, ahead, options.fan)
    loading = np.linalg.cholesky(error + 1e-14 * np.eye(ahead))

    months = months_between(f"{FIRST_YEAR}-01", options.end)
    row = np.array([release(m) for m in months])
    H = len(months) - 1 - months.index(release_month(T - 1))
    status = np.concatenate([levels.status, np.full(future.shape, STATUS.index("projected"))])
    dispersion = published_dispersion(history)
    facts = {
        "method": options.method,
        "options": asdict(options),
        "weights": dict(zip(COMBINED, vintage.weights, strict=True)),
        "long_run_growth_percent": 100.0 * float(np.expm1(vintage.long_run)),
        "present_growth_percent": 100.0 * float(np.expm1(vintage.present)),
        "error_law": {
            "transitory_sd": scale.transitory**0.5,
            "permanent_sd_a_month": scale.permanent**0.5,
            "joint_sd": scale.joint**0.5,
        },
        "sector_dispersion_pp": dispersion,
        "residual_adjustment_pp": {
            release_month(t): round(float(a), 3) for t, a in enumerate(levels.adjustment) if np.isfinite(a)
        },
        "category_mean_absolute_error_pp": float(np.nanmean(np.abs(rebuild_total(history)))),
        "proxies": [asdict(p) for p in fit_proxies(history)],
    }
    return Baseline(
        months=months,
        last_observed=release_month(T - 1),
        sectors=history.sectors,
        level=np.concatenate([levels.level, future])[row],
        status=status[row].astype(np.int8),
        growth_sd=_growth_sd(history, levels, loading, dispersion, options, ahead)[row],
        published_total=np.append(history.total, np.full(ahead, np.nan))[row],
        published_sector=np.concatenate([history.by_sector, np.full(future.shape, np.nan)])[row],
        joint=np.array([m[5:] in ("01", "02") for m in months]),
        seasonal=_seasonal_factors(vintage),
        error_loading=loading[row[-H:] - T],
        meta=facts,
    )


@dataclass(frozen=True)
class Levels:
    """Observed levels by release (T) and sector (S)."""

    level: np.ndarray  # (T, S) bn yuan a month at prices of 2020
    status: np.ndarray  # (T, S) positions in STATUS
    adjustment: np.ndarray  # (T,) pp put on the residual sectors; NaN where categories are not published


def observed_levels(history: History, options: SeasonalOptions) -> Levels:
    """Chain the closed growth of every sector on the base year.

    All sectors share one monthly profile: nothing is published on theirs. The growth of 2020 depends, through
    weights, on levels of 2019 and these on growth of 2020, so a few rounds settle both.
    """
    profile, proxies = np.exp(monthly_profile(history, options)), fit_proxies(history)
    base = history.value_added / 12.0
    for _ in range(60):
        first = profile[:, None] * base
        second = np.array([first[s] * (1.0 + _growth(history, proxies, SLOTS + s, first[s])) for s in range(SLOTS)])
        correction = history.value_added / (MONTHS_IN_RELEASE @ second)
        base = base * correction
        if np.abs(correction - 1.0).max() < 1e-14:
            break
    level = np.empty((history.releases, len(history.sectors)))
    status = np.zeros(level.shape, dtype=int)
    adjustment = np.full(history.releases, np.nan)
    level[:SLOTS] = profile[:, None] * base
    for t in range(SLOTS, history.releases):
        closed = sector_growth(history, proxies, t, level[t - SLOTS])
        level[t] = level[t - SLOTS] * (1.0 + closed.growth / 100.0)
        status[t] = [STATUS.index(name) for name in closed.origin]
        adjustment[t] = closed.adjustment
    return Levels(level, status, adjustment)


def _growth(history: History, proxies: tuple, t: int, level: np.ndarray) -> np.ndarray:
    return sector_growth(history, proxies, t, level).growth / 100.0


def project_shares(level: np.ndarray, releases: int, options: BaselineOptions) -> np.ndarray:
    """(releases, S) share of each sector in the projected total, summing to one.

    Mean of two forecasts of the log share, as for the total: the median of the last three releases, drifting;
    and the median of the same month one, two and three years before, drifting. The drift is part of the
    growth of the share over two years and fades. Shares are scaled to one at the end, which reconciles
    sectors with the total.
    """
    T, last, damping = len(level), options.projection.start, options.projection.damping
    share = np.log(level / level.sum(axis=1, keepdims=True))
    drift = options.sector.drift_kept * (share[-last:] - share[-last - 2 * SLOTS : -2 * SLOTS]).mean(axis=0) / 2.0
    months = horizon_months(T - 1, releases)
    faded = (1.0 - damping**months) / (1.0 - damping) / 12.0  # years of full drift
    now = np.median(share[-last:], axis=0) + faded[:, None] * drift
    history = list(share)
    for h in range(releases):
        year = drift * damping ** months[h]
        history.append(np.median([history[-SLOTS * k] + k * year for k in (1, 2, 3)], axis=0))
    projected = np.exp((now + np.array(history[T:])) / 2.0)
    return projected / projected.sum(axis=1, keepdims=True)


def published_dispersion(history: History) -> float:
    """Robust standard deviation (pp) of published divisions around their category."""
    gap = history.by_sector - history.by_category[:, history.category]
    return float(1.4826 * np.nanmedian(np.abs(gap[SLOTS:])))


def residual_group_sd(levels: Levels) -> float:
    """Standard deviation (pp) of the residual groups' common growth: what the total makes them take."""
    return float(np.sqrt(np.nanmean(levels.adjustment**2)))


def _growth_sd(
    history: History,
    levels: Levels,
    loading: np.ndarray,
    dispersion: float,
    options: BaselineOptions,
    ahead: int,
) -> np.ndarray:
    """(T + ahead, S) pp; by status, and for projected cells that of the total and of the sector around it."""
    proxy_sd = {p.division: p.sd for p in fit_proxies(history)}
    sd = np.full(levels.level.shape, np.nan)
    group = residual_group_sd(levels)
    by_status = {
        "published": ROUNDING,
        "parent": options.sector.parent_sd,
        "residual": np.hypot(dispersion, group),
    }
    for name, value in by_status.items():
        sd[levels.status == STATUS.index(name)] = value
    for j, division in enumerate(history.division):
        sd[levels.status[:, j] == STATUS.index("proxy"), j] = proxy_sd.get(division, np.nan)
    change = loading - np.vstack([np.zeros((SLOTS, ahead)), loading])[:ahead]
    total = 100.0 * np.sqrt((change**2).sum(axis=1))
    return np.concatenate([sd, np.repeat(np.hypot(total, dispersion)[:, None], len(history.sectors), axis=1)])


def _seasonal_factors(vintage: Vintage) -> np.ndarray:
    """(12,) factor of each calendar month, mean one; January and February share theirs."""
    factor = np.exp(vintage.seasonal[[0, 0, *range(1, SLOTS)]])
    return factor / factor.mean()


def fans_in_real_time(
    history: History, options: BaselineOptions, methods: Iterable[str] = tuple(PROJECTIONS), hindsight: bool = False
) -> dict[str, Fans]:
    """Fans by method, made at past origins of what was printed by then, and their scores."""
    known = vintages(history, options.seasonal, options.projection, options.fan)
    return {name: fans(past_forecasts(history, name, known), options.fan, hindsight) for name in methods}
