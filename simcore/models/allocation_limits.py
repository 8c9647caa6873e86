"""What limits supply in each period: capacity, imports, routes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from .accounts import Base
from .base import CAPACITY, LABOUR


class PeriodLimits(NamedTuple):
    """The limits of one period; bn yuan of the period."""

    capacity: np.ndarray  # (n,)
    cause: np.ndarray  # (n,) code of the scarcer one: CAPACITY or LABOUR
    come_in: np.ndarray  # (K,) share of base imports that can come in; 1: no limit
    passage: np.ndarray | None  # (R, P) share of base deliveries that gets through
    release: np.ndarray  # (n,) from strategic stocks


class Limits(NamedTuple):
    """The same for all periods, (T, ...)."""

    capacity: np.ndarray
    cause: np.ndarray
    come_in: np.ndarray
    passage: np.ndarray | None
    release: np.ndarray

    def of_period(self, t: int) -> PeriodLimits:
        passage = None if self.passage is None or (self.passage[t] >= 1.0).all() else self.passage[t]
        return PeriodLimits(self.capacity[t], self.cause[t], self.come_in[t], passage, self.release[t])

    def key(self, t: int) -> tuple[bytes, ...]:
        """Equal for periods with equal limits."""
        return tuple(part.tobytes() for part in self.of_period(t) if part is not None)


def limits_of(economy: Economy, drivers: Drivers, base: Base, overcapacity: float) -> Limits:
    """Capacity as the inventory model has it: the scarcer of capacity and labour, at least the floor of what is
    listed, times productivity and headroom, plus new capital."""
    T, n, K = drivers.calendar.periods, economy.n, economy.K

    def dense(channel: str, shape: tuple[int, ...], neutral: float) -> np.ndarray:
        values = drivers.dense(channel)
        return np.full((T, *shape), neutral) if values is None else values

    capacity, labour = (np.maximum(dense(name, (n,), 1.0), 0.0) for name in ("capacity", "labour"))
    floor, listed = dense("floor", (n,), 0.0), dense("listed", (n,), 1.0)
    listed = np.where(listed > 0.0, np.minimum(listed, 1.0), 1.0)  # a floor covers all where nobody says which part
    there = np.minimum(capacity, labour)
    share = there + listed * np.maximum(floor - there, 0.0)
    strength = np.maximum(dense("productivity", (n,), 1.0), 0.0) * share
    headroom = (1.0 + np.maximum(economy.headroom, 0.0)) * (1.0 + overcapacity)
    capital = dense("capital", (n,), 0.0) / drivers.calendar.per_year
    passage = drivers.dense("passage")
    return Limits(
        capacity=np.maximum(base.x * strength * headroom + capital, 0.0),
        cause=np.where((labour < capacity) & (there >= floor), LABOUR, CAPACITY).astype(np.int16),
        come_in=np.clip(dense("import_limit", (K,), 1.0), 0.0, 1.0),
        passage=None if passage is None else np.clip(passage, 0.0, 1.0),
        release=dense("stock_release", (n,), 0.0),
    )
