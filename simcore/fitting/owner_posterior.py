"""Weights of the kinds of owner in industry: priors, and what profits and published growth say about them.

Foreign firms and joint-stock companies make up nearly all of industry, so their weights follow from published growth.
State-holding and private firms overlap with joint-stock ones and are not identified by it: beside the recipe's priors
there are only bounds. Three are used, all weak and all stated: a class's share in profits lies near its share in value
added, up to margins that differ; so does the share of private firms in revenue; and what growth leaves for the other
joint-stock firms must lie near that of all joint-stock firms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .figures import Figures
from .recipe import Ownership

SAMPLE, SEED = 40_000, 20221122
CLASSES = ("state", "private", "foreign", "other")
PUBLISHED = {"state": "state_holding", "private": "private", "foreign": "foreign_hmt"}
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
WITHIN = 3.29  # standard deviations between the 5 and the 95 % of a normal: a prior's low and high
MARGIN = 0.35  # log, how far shares in profits may lie from those in value added; assumption, 0.2 to 0.5
REVENUE = 0.25  # log, how far a share in revenue, some years old, may; assumption, 0.15 to 0.4
APART = 4.0  # pp, how far growth of other joint-stock firms may lie from that of all on average; assumption, 2 to 8
LEAST_OTHER = 0.05  # other joint-stock firms exist: mixed and listed companies without a controlling owner


class OwnerPosterior(NamedTuple):
    """Weights of the classes in industrial value added, in the order of CLASSES.

    prior, posterior : (5, 4) quantiles of LEVELS; the prior of foreign firms is flat over the recipe's range.
    kept : (4,) standard deviation over that of the prior.
    effective : how many draws the weighted sample is worth.
    profits, period : shares of state, private and foreign firms in profits, and when.
    revenue, year : share of private firms in revenue, and when.
    """

    prior: np.ndarray
    posterior: np.ndarray
    kept: np.ndarray
    effective: float
    profits: tuple[float, ...]
    period: str
    revenue: float
    year: str

    @property
    def narrowed(self) -> tuple[bool, ...]:
        """Whether the data leave at most nine tenths of the prior's spread."""
        return tuple(bool(k <= 0.9) for k in self.kept)

    def range_of(self, name: str) -> tuple[float, float]:
        """5 and 95 % of a class."""
        column = self.posterior[:, CLASSES.index(name)]
        return float(column[0]), float(column[-1])


def owner_posterior(figures: Figures, options: Ownership, weight: float, error: float) -> OwnerPosterior:
    """Weigh draws of the priors by what is known (importance sampling, one seed).

    Parameters
    ----------
    weight, error : float
        Weight of foreign firms from published growth and its standard error.

    References
    ----------
    Bounds by profits, revenue and implied growth: this module's own rules, see its docstring.
    """
    rng = np.random.default_rng(SEED)
    state, private = (
        prior.share + (prior.high - prior.low) / WITHIN * rng.standard_normal(SAMPLE)
        for prior in (options.state, options.private)
    )
    foreign = rng.uniform(options.foreign.low, options.foreign.high, SAMPLE)
    drawn = np.column_stack([state, private, foreign, 1.0 - state - private - foreign])
    possible = (drawn[:, :3] > 0.01).all(axis=1) & (drawn[:, 3] >= LEAST_OTHER)
    drawn = drawn[possible]
    period, profits = _profits(figures)
    year, revenue = _revenue(figures)
    misfit = ((drawn[:, 2] - weight) / error) ** 2
    misfit += ((np.log(drawn[:, :3] / profits) / MARGIN) ** 2).sum(axis=1)
    misfit += (np.log(drawn[:, 1] / revenue) / REVENUE) ** 2
    misfit += (_other_apart(figures, options, drawn) / APART) ** 2
    likely = np.exp(-0.5 * (misfit - misfit.min()))
    likely /= likely.sum()
    mean = likely @ drawn
    spread = np.sqrt(likely @ (drawn - mean) ** 2)
    return OwnerPosterior(
        np.quantile(drawn, LEVELS, axis=0),
        np.column_stack([_quantiles(drawn[:, c], likely) for c in range(len(CLASSES))]),
        spread / drawn.std(axis=0),
        float(1.0 / (likely**2).sum()),
        tuple(float(p) for p in profits),
        period,
        revenue,
        year,
    )


def _profits(figures: Figures) -> tuple[str, np.ndarray]:
    """The newest period, and the shares of state, private and foreign firms in industry's profits."""
    rows = figures.rows("ownership_profits")
    period = rows[-1]["period"]
    amount = {r["group"]: float(r["profit_1e8_yuan"]) for r in rows if r["period"] == period}
    return period, np.array([amount[PUBLISHED[name]] for name in CLASSES[:3]]) / amount["total"]


def _revenue(figures: Figures) -> tuple[str, float]:
    """When, and the share of private firms in industry's revenue."""
    (row,) = figures.rows("ownership_differences", topic="revenue", group="private")
    return row["period"], float(row["value"]) / 100.0


def _other_apart(figures: Figures, options: Ownership, drawn: np.ndarray) -> np.ndarray:
    """Mean growth that is left for other joint-stock firms, less that of all joint-stock firms, pp; (draws,)."""
    rates = {
        (r["month"], r["ownership"]): float(r["percent"])
        for r in figures.rows("iva_ownership")
        if options.fit.first <= r["month"] <= options.fit.last
    }
    total = {r["month"]: float(r["percent"]) for r in figures.rows("iva_total", series="total")}
    names = (*PUBLISHED.values(), "joint_stock")
    months = [m for m in sorted({m for m, _ in rates}) if m in total and all((m, n) in rates for n in names)]
    known = np.array([[rates[m, n] for n in PUBLISHED.values()] for m in months]).mean(axis=0)
    all_of_it, joint = np.mean([total[m] for m in months]), np.mean([rates[m, "joint_stock"] for m in months])
    return (all_of_it - drawn[:, :3] @ known) / drawn[:, 3] - joint


def _quantiles(values: np.ndarray, likely: np.ndarray) -> np.ndarray:
    order = np.argsort(values, kind="stable")
    return np.interp(LEVELS, np.cumsum(likely[order]), values[order])
