"""What drivers leave of supply and make of technology, for models that solve a period at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.system import System, factorise
from ..errors import UnproductiveEconomyError
from .accounts import base_flows, technology
from .base import CAPACITY, LABOUR, kept


class Supply(NamedTuple):
    """What labour and capacity allow, by period and activity, (T, n)."""

    inputs: np.ndarray  # share of the base's labour and capacity that can be used, floors and new capital included
    output: np.ndarray  # share of the base's output that these can make
    cause: np.ndarray  # int16, ``CAPACITY`` or ``LABOUR``: which of the two is scarcer

    @property
    def hit(self) -> np.ndarray:
        """(T, n) bool: where something was lost."""
        return (self.inputs < 1.0) | (self.output < 1.0)


def supply_left(economy: Economy, drivers: Drivers) -> Supply:
    """The scarcer of labour and capacity, at least the floor on the listed part, times productivity, plus new capital.

    As in the inventory model, overtime and idle capacity apart. Exactly one where nothing happens.
    """
    T, n = drivers.calendar.periods, economy.n

    def dense(channel: str, neutral: float) -> np.ndarray:
        values = drivers.dense(channel)
        return np.full((T, n), neutral) if values is None else values

    capacity, labour = np.maximum(dense("capacity", 1.0), 0.0), np.maximum(dense("labour", 1.0), 0.0)
    floor, listed = dense("floor", 0.0), dense("listed", 0.0)
    listed = np.where(listed > 0.0, np.minimum(listed, 1.0), 1.0)  # all of it where nobody lists a part
    there = np.minimum(capacity, labour)
    kept_up = there + listed * np.maximum(floor - there, 0.0)
    capital = np.divide(dense("capital", 0.0), economy.x, out=np.zeros((T, n)), where=economy.x > 0)
    output = np.maximum(np.maximum(dense("productivity", 1.0), 0.0) * kept_up + capital, 0.0)
    cause = np.where((labour < capacity) & (there >= floor), LABOUR, CAPACITY).astype(np.int16)
    return Supply(np.maximum(kept_up + capital, 0.0), output, cause)


class State(NamedTuple):
    """Periods that share a technology."""

    factor: np.ndarray | None  # (K, n) on the base's input coefficients; None: the base's own
    system: System
    periods: list[int]


def states(economy: Economy, drivers: Drivers) -> list[State]:
    """Periods by technology, each with its factorised system; that of the base is kept as long as the economy lives.

    Raises
    ------
    UnproductiveEconomyError
        If the economy cannot meet its final demand even in the base. A system that drivers made unproductive says so.
    """
    base, factor = base_flows(economy, drivers.calendar), technology(drivers)
    groups: dict[bytes | None, list[int]] = {}
    for t in range(drivers.calendar.periods):
        same = factor is None or bool((factor[t] == 1.0).all())
        groups.setdefault(None if same or factor is None else factor[t].tobytes(), []).append(t)
    found = []
    for changed, periods in groups.items():
        if changed is None or factor is None:
            found.append(State(None, base_system(economy), periods))
        else:
            now = factor[periods[0]]
            found.append(State(now, factorise(economy, base.a * now), periods))
    return found


def base_system(economy: Economy) -> System:
    """The system of the base's technology, factorised once."""

    def build() -> System:
        a = np.divide(economy.use_domestic, economy.x, out=np.zeros_like(economy.use_domestic), where=economy.x > 0)
        system = factorise(economy, a)
        if not system.productive:
            worst = int(a.sum(axis=0).argmax())
            raise UnproductiveEconomyError(
                f"{economy.name}: activity {economy.activities[worst]} buys {a[:, worst].sum():.3f} yuan of domestic "
                "inputs per yuan of output, and the economy cannot meet its demand (Hawkins-Simon); audit the table"
            )
        return system

    return kept(economy, "system of the base", build)


def at_buyers(economy: Economy, values: np.ndarray) -> np.ndarray:
    """What values of activities (T, n) come to in a pool's purchases of a product, by its origins; (T, K, P)."""
    makers = (economy.sector == np.arange(economy.K)[:, None]).astype(float)
    return np.stack([makers @ (economy.origin * row[:, None]) for row in values])
