"""The baseline: monthly industrial value added in levels, observed up to the vintage and projected beyond it.

Growth on the year is always computed from levels, so base effects come out by themselves. January and
February are published as one figure: both months carry the growth of their sum, and ``joint`` marks them.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TableError

STATUS = (
    "profile",  # 2019: the monthly profile of the base year, no growth rate behind it
    "published",  # growth of this division was published
    "parent",  # growth of the division was published, the sector is a part of it
    "proxy",  # growth estimated from the output of the sector's main product
    "residual",  # common growth of the divisions that were not published
    "projected",
)
_STREAM = 0x1BA5E  # keeps baseline errors apart from every other use of the same seed
_TEXT = ("months", "sectors")
_FACTS = ("last_observed", "meta")


def join_january_february(level: np.ndarray, months: tuple[str, ...]) -> np.ndarray:
    """Put the sum of January and February in the place of both.

    Parameters
    ----------
    level : (..., M) array
        Months on the last axis. A January without its February, or the reverse, becomes NaN.
    """
    joined = np.array(level, dtype=float)
    for i, month in enumerate(months):
        if month.endswith("-01"):
            pair = level[..., i] + level[..., i + 1] if i + 1 < len(months) else np.nan
            joined[..., i : i + 2] = np.asarray(pair)[..., None]
        elif month.endswith("-02") and i == 0:
            joined[..., i] = np.nan
    return joined


def growth(level: np.ndarray, months: tuple[str, ...], years: int = 1) -> np.ndarray:
    """Growth in per cent over the same month ``years`` before, as an annual (geometric) rate.

    Parameters
    ----------
    level : (..., M) array
        Months on the last axis, without gaps.
    years : int
        1 is growth on the year, 2 the two-year average.

    Returns
    -------
    (..., M) array
        NaN in the first ``12 * years`` months. January and February both carry the rate of their sum.
    """
    joined = join_january_february(level, months)
    lag = 12 * years
    rate = np.full(joined.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = joined[..., lag:] / joined[..., :-lag]
        rate[..., lag:] = 100.0 * (ratio ** (1.0 / years) - 1.0)
    return rate


@dataclass(frozen=True)
class Baseline:
    """History and projection of industrial value added; M months, S sectors, H projected months.

    Parameters
    ----------
    months : tuple of str
        Labels ``YYYY-MM`` without gaps.
    last_observed : str
        Last month with a published figure.
    sectors : tuple of str
        Sector codes (S).
    level : (M, S) array
        Bn yuan a month at base-year prices; the base year sums to the sector's value added in the table.
    status : (M, S) int array
        Where each cell comes from, as a position in ``STATUS``.
    growth_sd : (M, S) array
        Standard deviation of a cell's growth on the year in percentage points; NaN in the base profile.
    published_total, published_sector : (M,), (M, S) arrays
        Published growth on the year in per cent, NaN where there is none.
    joint : (M,) bool array
        January and February: one published figure, split by interpolation.
    seasonal : (12,) array
        Seasonal factor of each calendar month, mean one.
    error_loading : (H, Q) array
        Log error of the projected total for each of Q independent standard normals.
    meta : dict
        Method, options, scores, sources; whatever JSON can hold.
    """

    months: tuple[str, ...]
    last_observed: str
    sectors: tuple[str, ...]
    level: np.ndarray
    status: np.ndarray
    growth_sd: np.ndarray
    published_total: np.ndarray
    published_sector: np.ndarray
    joint: np.ndarray
    seasonal: np.ndarray
    error_loading: np.ndarray
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        M, S = len(self.months), len(self.sectors)
        if self.last_observed not in self.months:
            raise TableError(f"baseline: last observed month {self.last_observed} is not among its months")
        if not self.months[0].endswith("-01") or self.months[-1].endswith("-01"):
            raise TableError("baseline: months must begin with a January and not end with one")
        H = M - 1 - self.months.index(self.last_observed)
        shapes = {
            "level": (M, S), "status": (M, S), "growth_sd": (M, S), "published_total": (M,),
            "published_sector": (M, S), "joint": (M,), "seasonal": (12,),
            "error_loading": (H, np.shape(self.error_loading)[-1]),
        }  # fmt: skip
        for name, shape in shapes.items():
            value = np.array(getattr(self, name), order="C")
            if value.shape != shape:
                raise TableError(f"baseline: {name} has shape {value.shape}; {M} months need {shape}")
            value.flags.writeable = False
            object.__setattr__(self, name, value)
        if not (np.isfinite(self.level).all() and (self.level > 0).all()):
            raise TableError("baseline: every level must be a positive number; rebuild the baseline")

    @property
    def total(self) -> np.ndarray:
        """(M,) level of all sectors together."""
        return self.level.sum(axis=1)

    @property
    def projected(self) -> np.ndarray:
        """(M,) bool: after the last observed month."""
        return np.arange(len(self.months)) > self.months.index(self.last_observed)

    @property
    def error_sd(self) -> np.ndarray:
        """(H,) standard deviation of the log error of the projected total."""
        return np.sqrt((self.error_loading**2).sum(axis=1))

    def yoy(self, level: np.ndarray | None = None) -> np.ndarray:
        """Growth on the year in per cent, (M,) of the total or of ``level`` (..., M)."""
        return growth(self.total if level is None else level, self.months)

    def yoy_by_sector(self) -> np.ndarray:
        """Growth on the year in per cent, (M, S)."""
        return growth(self.level.T, self.months).T

    def two_year_average(self, level: np.ndarray | None = None) -> np.ndarray:
        """Annual growth over the same month two years before, geometric, in per cent; (M,)."""
        return growth(self.total if level is None else level, self.months, 2)

    def base_effect(self) -> np.ndarray:
        """(M,) percentage points of growth on the year that come from an unusual month a year before.

        Growth on the year less what it would be had the seasonally adjusted level of that month lain on the
        trend of ``trend_gap``. NaN in the first year.
        """
        yoy = self.yoy()
        gap = self.trend_gap()
        effect = np.full(len(self.months), np.nan)
        effect[12:] = yoy[12:] - (100.0 * (1.0 + yoy[12:] / 100.0) * np.exp(gap[:-12]) - 100.0)
        return effect

    def trend_gap(self) -> np.ndarray:
        """(M,) log distance of the seasonally adjusted total from its trend through the 25 months around it.

        The trend is a straight line in logs: median slope over all pairs of months (Theil 1950, Sen 1968),
        median intercept, so a trough of a few months does not bend it.
        """
        calendar_month = np.array([int(m[5:]) - 1 for m in self.months])
        adjusted = np.log(join_january_february(self.total, self.months) / np.where(self.joint, 2.0, 1.0))
        adjusted -= np.log(self.seasonal[calendar_month])
        gap = np.empty(len(adjusted))
        for t in range(len(adjusted)):
            lo = min(max(t - 12, 0), max(len(adjusted) - 25, 0))
            window = np.arange(lo, min(lo + 25, len(adjusted)))
            slope = _theil_sen(window, adjusted[window])
            gap[t] = adjusted[t] - slope * t - np.median(adjusted[window] - slope * window)
        pair = np.flatnonzero(self.joint)  # both months of a pair lie at its middle
        gap[pair] = np.repeat(gap[pair].reshape(-1, 2).mean(axis=1), 2)
        return gap

    def error_paths(self, n: int, seed: int) -> np.ndarray:
        """Draw log errors of the projected total.

        Parameters
        ----------
        n : int
            Number of paths.
        seed : int
            Path i depends on ``(seed, i)`` alone: more draws leave the first ones as they are, and no other
            use of the seed shares the stream.

        Returns
        -------
        (n, H) array
            Level = projection x exp(error); correlated over the horizon.
        """
        Q = self.error_loading.shape[1]
        paths = np.empty((n, len(self.error_loading)))
        for i in range(n):
            sequence = np.random.SeedSequence(seed, spawn_key=(_STREAM, i))
            # One product a path: a product of matrices may round a row by how many rows there are.
            paths[i] = self.error_loading @ np.random.Generator(np.random.PCG64(sequence)).standard_normal(Q)
        return paths

    def yoy_error_sd(self) -> np.ndarray:
        """(H,) standard deviation of projected growth on the year, pp; after a year both levels err."""
        change = np.eye(len(self.error_loading)) - np.eye(len(self.error_loading), k=-12)
        log_sd = np.sqrt(((change @ self.error_loading) ** 2).sum(axis=1))
        return (100.0 + self.yoy()[self.projected]) * log_sd

    def save(self, path: str | Path) -> None:
        """Write one npz file; the same baseline always gives the same bytes."""
        arrays: dict[str, Any] = {
            f.name: getattr(self, f.name) for f in fields(self) if f.name not in (*_TEXT, *_FACTS)
        }
        text = {name: list(getattr(self, name)) for name in _TEXT}
        text |= {name: getattr(self, name) for name in _FACTS}
        encoded = json.dumps(text, ensure_ascii=False, sort_keys=True, allow_nan=False).encode()
        with open(path, "wb") as out:
            np.savez(out, text=np.frombuffer(encoded, dtype=np.uint8), **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Baseline:
        """Read what ``save`` wrote.

        Raises
        ------
        TableError
            If the file is missing or is no baseline.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
            text = json.loads(arrays.pop("text").tobytes())
            labels: dict[str, Any] = {k: tuple(v) if k in _TEXT else v for k, v in text.items()}
            return cls(**arrays, **labels)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as problem:
            raise TableError(f"{path}: not a readable baseline ({problem}); build the calibration again") from problem


def _theil_sen(t: np.ndarray, y: np.ndarray) -> float:
    """Median slope over all pairs of points."""
    i, j = np.triu_indices(len(t), 1)
    return float(np.median((y[j] - y[i]) / (t[j] - t[i])))
