"""What drivers leave of supply and make of technology, for models that solve a period at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.solvers import Inverse, fixed_outputs
from ..economy.system import System, changed_system, chosen_solver, factorise
from ..errors import UnknownNameError, UnproductiveEconomyError
from .accounts import base_flows, technology
from .base import CAPACITY, LABOUR, kept

TIE = 1e-13  # of the largest output: an activity this near to its limit stays where it is


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


def states(economy: Economy, drivers: Drivers, solver: str = "auto") -> list[State]:
    """Periods by technology, each with its prepared system; that of the base is kept as long as the economy lives.

    A technology in which few activities changed is solved by way of that of the base.

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
            found.append(State(None, base_system(economy, solver, drivers.calendar.periods), periods))
        else:
            now = factor[periods[0]]
            a, calm = base.a * now, base_system(economy, solver, drivers.calendar.periods)
            system = changed_system(economy, calm, base.a, a)
            system = system or factorise(economy, a, solver=solver, columns=len(periods))
            found.append(State(now, system, periods))
    return found


def base_system(economy: Economy, solver: str = "auto", columns: int | None = None) -> System:
    """The system of the base's technology, prepared once for each way to solve it.

    ``columns`` is about how many right-hand sides there will be; None: it is used again and again.
    """
    chosen = chosen_solver(economy, solver, columns)

    def build() -> System:
        a = economy.a
        system = factorise(economy, a, solver=chosen)
        if not system.productive:
            worst = int(a.sum(axis=0).argmax())
            raise UnproductiveEconomyError(
                f"{economy.name}: activity {economy.activities[worst]} buys domestic inputs of "
                f"{100.0 * a[:, worst].sum():.1f} % of its output, and the economy cannot meet its demand "
                "(Hawkins-Simon); audit the table"
            )
        return system

    return kept(economy, ("system of the base", chosen), build)


def within_limits(
    x: np.ndarray, supply: Supply, system: System, free: np.ndarray, periods: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Output ``min(limit, A x + f)``, and where the limit binds, in the periods of a state; (T, n) each.

    ``x`` (n,) is base output, ``free`` (T, n) what demand calls for without limits. Only what lost supply has a limit.
    """
    made = free.copy()
    hit = supply.hit[periods] & (x > 0)
    binds = np.zeros(hit.shape, dtype=bool)
    candidates = np.flatnonzero(hit.any(axis=0))
    if not candidates.size:
        return made, binds
    lost_per_yuan = _lost_per_yuan(system, candidates, x.size)
    for t in range(len(free)):
        here = np.flatnonzero(hit[t, candidates])
        limit = x[candidates[here]] * supply.output[periods[t], candidates[here]]
        made[t], bound = limited(free[t], limit, candidates[here], lost_per_yuan[here])
        binds[t, candidates[here]] = bound
    return made, binds


def _lost_per_yuan(system: System, candidates: np.ndarray, n: int) -> np.ndarray:
    """Output lost per yuan of final demand for a candidate that goes unmet: rows of the transposed inverse."""
    if isinstance(system.solver, Inverse):
        return system.solver.L[:, candidates].T
    unit = np.zeros((candidates.size, n))
    unit[np.arange(candidates.size), candidates] = 1.0
    return system.solve(unit)


def limited(
    free: np.ndarray, limit: np.ndarray, where: np.ndarray, lost_per_yuan: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Output ``x = min(limit, A x + f)``, and which limits bind.

    Parameters
    ----------
    free : (n,) array
        Output that demand calls for without limits.
    limit : (m,) array
        Of the activities at positions ``where`` (m,).
    lost_per_yuan : (m, n) array
        Output lost by each activity per unit of final demand for these that goes unmet: rows of the transposed Leontief
        inverse.

    Returns
    -------
    (x, binds) : (n,) array, (m,) bool array
    """
    tie = TIE * np.abs(free).max(initial=0.0)
    binds = np.zeros(len(where), dtype=bool)
    x, unmet = free, np.zeros(len(where))
    while True:
        # A limit is let go where it would have to create demand, and set where output exceeds it.
        now = np.where(binds, unmet > -tie, x[where] > limit + tie)
        if (now == binds).all():
            break
        binds = now
        bound = np.flatnonzero(binds)
        unmet = np.zeros(len(where))
        x, unmet[bound] = fixed_outputs(lost_per_yuan[bound].T, free, where[bound], limit[bound])
    return x, binds


def of_activities(economy: Economy, usual: float, by_sector: Mapping[str, float], option: str) -> np.ndarray:
    """A model's number for each activity, (n,): the usual one, or its sector's; later entries have the last word.

    Raises
    ------
    UnknownNameError
        If a name in ``by_sector``, the model's ``option``, is no sector or group of the economy.
    """
    values, known = np.full(economy.K, float(usual)), {*economy.sectors.codes, *economy.sectors.groups}
    for name, value in by_sector.items():
        if name not in known:
            raise UnknownNameError(f"{option}: no sector or group '{name}' in {economy.name}; see simcore list sectors")
        values[list(economy.sectors.expand(name))] = value
    return values[economy.sector]


def at_buyers(economy: Economy, values: np.ndarray) -> np.ndarray:
    """What values of activities (T, n) come to in a pool's purchases of a product, by its origins; (T, K, P)."""
    makers = (economy.sector == np.arange(economy.K)[:, None]).astype(float)
    return np.stack([makers @ (economy.origin * row[:, None]) for row in values])
