"""Pools of money that several measures draw on, and paying for a measure out of other purchases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..errors import UnknownNameError
from .base import Measure
from .purchases import TRADE, TRANSPORT, bought, volume

TAKEN = ("displaced", "payer")  # terms of what others no longer buy
SPENT = ("gross", "forgone")  # kinds of cost that a budget has to pay inside the run


class HasCeiling(Protocol):
    """A pool of money as a scenario states it."""

    ceiling: float


@dataclass(frozen=True)
class Grant:
    """What a pool of money grants; bn yuan."""

    pool: str
    ceiling: float
    claims: dict[str, float]  # by measure

    @property
    def claimed(self) -> float:
        return sum(self.claims.values())

    @property
    def share(self) -> float:
        """Share of every claim that the pool can pay."""
        return 1.0 if self.claimed <= self.ceiling else self.ceiling / self.claimed

    @property
    def excess(self) -> float:
        """Claims above the ceiling: reported, not spent."""
        return max(0.0, self.claimed - self.ceiling)


def grant(
    measures: Sequence[Measure], pools: Mapping[str, HasCeiling] | None
) -> tuple[tuple[Measure, ...], tuple[Grant, ...]]:
    """Let each pool pay its claimants, all in the same proportion if they ask for more than it holds.

    Joint scaling is not pairwise: claims are collected first, then scaled once, so the order does not matter.

    Raises
    ------
    UnknownNameError
        If a measure draws on a pool that is not defined.
    """
    pools = pools or {}
    claims: dict[str, dict[str, float]] = {name: {} for name in pools}
    for m in measures:
        if m.pool is None or not m.enabled:
            continue
        if m.pool not in pools:
            raise UnknownNameError(f"{m.id} draws on the pool '{m.pool}', which is not defined under 'pools'")
        claims[m.pool][m.id] = m.claim()
    grants = {name: Grant(name, pool.ceiling, claims[name]) for name, pool in pools.items()}
    granted = tuple(
        m if m.pool is None or not m.enabled else m.model_copy(update={"granted": grants[m.pool].share})
        for m in measures
    )
    return granted, tuple(grants[name] for name in sorted(grants))


def demanded(measure: Measure, economy: Economy, calendar: Calendar) -> dict[str, float]:
    """What the purchases that a measure brings about are made of, bn yuan at current producer prices in the run.

    Entries sum to all demand that the measure states: home goods and services, trade and transport, imports (in the
    shares of each user's purchases now), less what is taken from other purchases.
    """
    value, taken = np.zeros((economy.K, economy.F)), 0.0
    for term in measure.drivers(economy, calendar).terms:
        if term.channel == "demand":
            money = term.profile.sum() * term.weights * economy.price_index[:, None]
            if term.id.partition(":")[2] in TAKEN:
                taken += float(money.sum())
            else:
                value += money
    margins = np.isin(np.array(economy.sectors.codes), (TRADE, TRANSPORT))
    abroad = value * economy.import_share
    home = (value - abroad).sum(axis=1)
    return {
        "home goods and services": float(home[~margins].sum()),
        "trade and transport": float(home[margins].sum()),
        "imports": float(abroad.sum()),
        "taken from other purchases": taken,
    }


def reallocated(measure: Measure, economy: Economy, calendar: Calendar) -> Drivers:
    """A measure's cost inside the run as a cut of other government purchases, in proportion to them.

    Beside the usual closure (deficit) it gives the balanced-budget effect. Outlays and tax forgone count;
    losses of banks, deferred taxes and principal do not.
    """
    lines = [line.path for line in measure.cost(economy, calendar) if line.kind in SPENT]
    paid = np.sum(lines, axis=0) if lines else np.zeros(calendar.periods)
    column = bought(economy, "government").sum(axis=1)
    share = column / column.sum() if column.sum() > 0 else column
    weights = economy.spread("government", volume(economy, share))
    return Drivers.calm(economy, calendar).having(f"{measure.id}:reallocated", "demand", -paid, weights)
