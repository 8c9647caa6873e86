"""Owners inside industry: class weights from published growth and priors, spread over sectors by RAS."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy import Codes
from ..errors import BalanceError
from .balance import ras
from .figures import Figures
from .owner_posterior import CLASSES, OwnerPosterior, owner_posterior
from .recipe import Ownership

__all__ = ["CLASSES", "Owners", "estimate_owners", "fit_foreign_weight"]


class ForeignWeight(NamedTuple):
    """Weight of foreign firms that joins published growth of joint-stock and foreign firms to the total."""

    weight: float
    low: float  # smallest and largest weight when one month is left out
    high: float
    mean_error: float  # pp, mean absolute
    standard_error: float  # of the weight, from the spread of the residuals
    months: int


class Owners(NamedTuple):
    """Shares of owners in each sector of industry; rows of other sectors are zero."""

    share: np.ndarray  # (K, 4) in the order of CLASSES
    low: np.ndarray  # (K, 4)
    high: np.ndarray  # (K, 4)
    weight: dict[str, float]  # class -> share of industrial value added
    weight_low: dict[str, float]
    weight_high: dict[str, float]
    fit: ForeignWeight
    posterior: OwnerPosterior


def fit_foreign_weight(figures: Figures, first: str, last: str) -> ForeignWeight:
    """Least squares of total growth on joint-stock (1 - w) and foreign (w) growth over the months of a
    period.

    The two classes make up nearly all of industry, so the weights sum to one; the range leaves out a month at
    a time.
    """
    rates = {
        (row["month"], row["ownership"]): float(row["percent"])
        for row in figures.rows("iva_ownership")
        if first <= row["month"] <= last
    }
    total = {r["month"]: float(r["percent"]) for r in figures.rows("iva_total", series="total")}
    months = sorted({month for month, _ in rates if month in total})
    joint, foreign = (np.array([rates[m, name] for m in months]) for name in ("joint_stock", "foreign_hmt"))
    gap, aim = foreign - joint, np.array([total[m] for m in months]) - joint
    weight = float(gap @ aim / (gap @ gap))
    left_out = [np.delete(gap, i) @ np.delete(aim, i) / np.sum(np.delete(gap, i) ** 2) for i in range(len(months))]
    residual = aim - weight * gap
    error, spread = float(np.abs(residual).mean()), np.sqrt(residual @ residual / (len(months) - 1) / (gap @ gap))
    return ForeignWeight(weight, float(min(left_out)), float(max(left_out)), error, float(spread), len(months))


def estimate_owners(figures: Figures, sectors: Codes, value_added: np.ndarray, options: Ownership) -> Owners:
    """Owners' shares by sector: sourced shares stay, the others are scaled to the class weights (RAS).

    Parameters
    ----------
    value_added : (K,) array
        Value added by sector; the class weights are shares of industry's total.
    """
    fit = fit_foreign_weight(figures, options.fit.first, options.fit.last)
    central = _weights(options.state.share, options.private.share, fit.weight)
    priors = _priors(figures, sectors)
    share = _spread(sectors, value_added, central, priors, {})
    low, high = share.copy(), share.copy()
    posterior = owner_posterior(figures, options, fit.weight, fit.standard_error)
    ends = {name: dict(zip(("low", "high"), posterior.range_of(name), strict=True)) for name in CLASSES[:3]}
    for name in CLASSES[:3]:
        for end in ("low", "high"):
            moved = _moved(central, name, ends[name][end])
            found = _spread(sectors, value_added, moved, priors, {name: end})
            low, high = np.minimum(low, found), np.maximum(high, found)
    lows, highs = ({name: posterior.range_of(name)[e] for name in CLASSES} for e in (0, 1))
    return Owners(share, low, high, central, lows, highs, fit, posterior)


def _weights(state: float, private: float, foreign: float) -> dict[str, float]:
    other = 1.0 - state - private - foreign
    if other <= 0:
        raise BalanceError(
            f"state, private and foreign leave {other:.3f} of industry to other owners; lower one of them"
        )
    return {"state": state, "private": private, "foreign": foreign, "other": other}


def _moved(central: dict[str, float], name: str, value: float) -> dict[str, float]:
    """One class at another weight, the others in proportion."""
    scale = (1.0 - value) / (1.0 - central[name])
    return {other: value if other == name else weight * scale for other, weight in central.items()}


def _priors(figures: Figures, sectors: Codes) -> list[dict]:
    rows = figures.rows("ownership_sector_priors")
    return [
        {"sector": sectors.index(row["code"]), "class": CLASSES.index(row["class"])}
        | {name: float(row[name]) for name in ("share", "low", "high")}
        for row in rows
    ]


def _spread(
    sectors: Codes, value_added: np.ndarray, weight: dict[str, float], priors: list[dict], ends: dict[str, str]
) -> np.ndarray:
    """Shares by sector that keep the sourced cells (a class of ``ends`` those of its end) and sum to the weights."""
    members = np.array(sectors.expand("industry"))
    size = value_added[members] / value_added[members].sum()
    fixed = np.zeros((len(members), 4))
    free = np.ones((len(members), 4))
    for prior in priors:
        row = int(np.flatnonzero(members == prior["sector"])[0])
        column = ends.get(CLASSES[prior["class"]], "share")
        fixed[row, prior["class"]], free[row, prior["class"]] = prior[column], 0.0
    totals = np.array([weight[name] for name in CLASSES])
    left = totals - size @ fixed
    if left.min() <= 0:
        name = CLASSES[int(left.argmin())]
        raise BalanceError(f"sourced shares of {name} alone exceed its weight {weight[name]:.3f}; check its priors")
    rows = size * (1.0 - fixed.sum(axis=1))
    found = ras(free * size[:, None] * left, rows * (left.sum() / rows.sum()), left, tolerance=1e-13)
    inside = fixed + found.table / size[:, None]
    share = np.zeros((len(sectors), 4))
    share[members] = inside / inside.sum(axis=1, keepdims=True)
    return share
