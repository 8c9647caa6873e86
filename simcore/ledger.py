"""What each measure brings and what it costs, from its contribution to output and its lines of cost.

Value added and jobs move with output, at the ratios of the base; taxes come back at ``fiscal.revenue_rate``.
Contributions to output add up, so these do. Principal lent, deferrals and expected losses are no budget cost and stay
out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .economy import Economy
from .effects import Parts
from .fiscal import revenue_rate
from .levels import months_of
from .measures.money import SPENT
from .package import Package
from .records import BROUGHT, Ledger

if TYPE_CHECKING:
    from .setting import Setting

PER_YEAR = 12.0  # months: flows of a result are by month


def persons(economy: Economy) -> np.ndarray:
    """Jobs of the base by activity in thousands, (n,); NaN where something is made and nothing is known."""
    return np.where(economy.x > 0, 1000.0 * economy.employment, 0.0)


def entries(setting: Setting, package: Package, parts: Parts, window: np.ndarray) -> np.ndarray:
    """Items of a ledger by measure and month, (I, M, months); shocks first.

    ``window`` (months, n) is the projected level of industrial value added that effects are measured on.
    """
    brought = _brought(setting, np.concatenate([parts.shocks, parts.policies]), window)
    stated = _stated(setting, package)
    brought[BROUGHT.index("revenue")] += stated[0]
    return np.concatenate([brought, stated[1:]])


def _stated(setting: Setting, package: Package) -> np.ndarray:
    """(3, M, months) revenue of a measure's own, budget cost and quasi-fiscal cost, as the measures state them."""
    kinds = {"revenue": 0, **dict.fromkeys(SPENT, 1), "quasi_fiscal": 2}
    places = {m.id: i for i, m in enumerate(package.policies, start=len(package.shocks))}
    weights = months_of(setting.calendar)[1] * (setting.calendar.per_year / PER_YEAR)
    found = np.zeros((3, len(package.shocks) + len(package.policies), len(weights)))
    for name, line in package.costs():
        if line.kind in kinds:
            found[kinds[line.kind], places[name]] += weights @ line.path
    return found


def ledger_of(
    setting: Setting,
    package: Package,
    parts: Parts,
    window: np.ndarray,
    last_in: np.ndarray,
    draws: Sequence[np.ndarray],
) -> Ledger:
    """The ledger of a run; ``last_in`` (policies, months, n) as shares of the base, ``draws`` sums (I, M) by draw."""
    missing = np.full((len(BROUGHT), len(package.shocks) + len(package.policies)), np.nan)
    missing[:, len(package.shocks) :] = _brought(setting, last_in, window).sum(axis=-1)
    missing[BROUGHT.index("revenue")] += _stated(setting, package)[0].sum(axis=-1)
    values = entries(setting, package, parts, window)
    return Ledger(values, missing, np.array(draws) if draws else None)


def _brought(setting: Setting, shares: np.ndarray, window: np.ndarray) -> np.ndarray:
    """(4, measures, months) of changes of output (measures, months, n), as shares of the base."""
    economy = setting.economy
    added = economy.value_added.sum(axis=0)
    per_month = np.stack([added, persons(economy), revenue_rate(economy) * added]) / PER_YEAR  # (3, n)
    industrial = np.einsum("mtj,tj->mt", shares, window)
    return np.concatenate([industrial[None], np.moveaxis(shares @ per_month.T, -1, 0)])
