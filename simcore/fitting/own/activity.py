"""The baseline of one's own economy: flat, or monthly activity that is projected as China's is.

A baseline holds the sectors of the group ``industry``; its base year sums to their value added in the table.
"""

from __future__ import annotations

import numpy as np

from ...economy import Economy
from ...economy.baseline import STATUS, Baseline
from .reading import Opened


def flat_baseline(opened: Opened, economy: Economy) -> Baseline:
    """Every month a twelfth of the base year's value added, from the base year to ``end``; no error band."""
    end, year = opened.recipe.baseline.end, economy.base_year
    months = months_from(f"{year}-01", end)
    codes, added = industry_value_added(economy)
    M, H = len(months), len(months) - 12
    status = np.full((M, len(codes)), STATUS.index("profile"), dtype=np.int8)
    status[12:] = STATUS.index("projected")
    return Baseline(
        months=months,
        last_observed=f"{year}-12",
        sectors=codes,
        level=np.repeat(added[None, :] / 12.0, M, axis=0),
        status=status,
        growth_sd=np.full((M, len(codes)), np.nan),
        published_total=np.full(M, np.nan),
        published_sector=np.full((M, len(codes)), np.nan),
        joint=np.array([m[5:] in ("01", "02") for m in months]),
        seasonal=np.ones(12),
        error_loading=np.zeros((H, 1)),
        meta={"method": "flat", "source": "none: the path without measures is flat"},
    )


def months_from(first: str, last: str) -> tuple[str, ...]:
    """All month labels, both ends inclusive."""
    start, stop = (12 * int(m[:4]) + int(m[5:]) - 1 for m in (first, last))
    return tuple(f"{k // 12}-{k % 12 + 1:02d}" for k in range(start, stop + 1))


def industry_value_added(economy: Economy) -> tuple[tuple[str, ...], np.ndarray]:
    """Codes of the group ``industry`` with their value added a year, bn."""
    codes = tuple(economy.sectors.groups["industry"])
    added = np.bincount(economy.sector, weights=economy.value_added.sum(axis=0), minlength=economy.K)
    return codes, added[[economy.sectors.index(c) for c in codes]]


def activity_baseline(opened: Opened, economy: Economy) -> Baseline | None:
    raise NotImplementedError
