"""Members of an ensemble of the inventory model, side by side in one compiled call.

What remains to the interpreter is to name the terms of each member; its drivers become arrays inside the call, in
scratch that the next member uses again. A run with channels that change technology, tastes or classes in rationing
stands alone: it needs more than terms.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..calendar import Calendar
from ..drivers import CHANNELS, Drivers, Term
from ..economy import Economy
from .base import Outcome, kept
from .inventory import Inventory, _scratch, residual_of
from .inventory_rules import needed, rules_of
from .inventory_table import base_of, shocks_of
from .lumping import Lumped, lump
from .market import buying, merges, uses_market

if TYPE_CHECKING:
    from ..kernels.inventory_state import Shocks, Table
    from ..kernels.members import Results, Terms

ALONE = frozenset({"preference", "coefficient", "stock_cover", "priority"})
FIELDS = (
    "output", "value_added", "final", "imports", "unmet", "stocks", "household_income", "stock_change", "binding",
)  # fmt: skip
PLACE = {  # field of the kernel's drivers by channel
    "import_limit": "imports", "stock_release": "release", "demand": "want",
}  # fmt: skip


class Ready(NamedTuple):
    """One member, with activities that nothing tells apart as one."""

    model: Inventory
    lumped: Lumped


class Together(NamedTuple):
    """What some members in a row gave: fields of ``Paths`` by member, residuals and outcomes."""

    values: Mapping[str, np.ndarray]
    residual: np.ndarray
    outcomes: list[Outcome]


def runs(economy: Economy, members: Sequence[tuple[Any, Drivers] | Outcome]) -> Iterator[tuple[list[Ready], slice]]:
    """Members in a row that one call can run, made ready; and those that stand alone, with nothing made ready."""
    made, keys = [], []
    by_model: dict[int, tuple[Any, ...] | None] = {}
    lumps = _Lumps(economy)
    for member in members:
        own = None if isinstance(member, Outcome) else _key(economy, *member, by_model)
        ready = None if own is None or isinstance(member, Outcome) else Ready(member[0], lumps.of(member[1]))
        made.append(ready)
        keys.append(None if ready is None else (own, id(ready.lumped.economy)))
    first = 0
    for last in range(1, len(keys) + 1):
        if last == len(keys) or keys[last] != keys[first] or keys[first] is None:
            yield [m for m in made[first:last] if m is not None], slice(first, last)
            first = last


def _key(
    economy: Economy, model: Any, drivers: Drivers, by_model: dict[int, tuple[Any, ...] | None]
) -> tuple[Any, ...] | None:
    """What members of one call have in common; None for one that stands alone."""
    if id(model) not in by_model:
        by_model[id(model)] = _key_of_model(economy, model, drivers.within(()))
    key = by_model[id(model)]
    if key is None or drivers.channels & ALONE or (key[0] and "passage" in drivers.channels):
        return None
    return key


def _key_of_model(economy: Economy, model: Any, calm: Drivers) -> tuple[Any, ...] | None:
    """What models of one call have in common, first whether it runs on pools of its own; None: it stands alone."""
    if not isinstance(model, Inventory) or type(model).simulate is not Inventory.simulate:
        return None
    linked = uses_market(model, economy, calm)
    regrouped = linked or merges(model, economy, calm)
    if linked or needed(model, economy):  # rules hold parameters of their model
        return regrouped, id(model)
    tilt = tuple(sorted(model.budget_tilt.items()))
    production = model.production if isinstance(model.production, str) else tuple(sorted(model.production.items()))
    return (
        regrouped,
        model.storage,
        production,
        model.important_weight,
        model.precision,
        tilt,
        model.consumption == "static" or model.mpc == 0.0,
    )


class _Lumps:
    """Like activities as one, worked out once for members that share the terms which tell activities apart."""

    def __init__(self, economy: Economy) -> None:
        self.economy = economy
        self._known: dict[tuple[int, ...], tuple[Lumped, dict[int, Term]]] = {}

    def of(self, drivers: Drivers) -> Lumped:
        key = tuple(id(t) for t in drivers.terms if CHANNELS[t.channel].over in ("activity", "input"))
        if key not in self._known:
            lumped = lump(self.economy, drivers)
            by_class = dict(zip(map(id, drivers.terms), lumped.drivers.terms, strict=True))
            self._known[key] = lumped, {i: by_class[i] for i in key}
            return lumped
        like, by_class = self._known[key]
        terms = tuple(by_class.get(id(t), t) for t in drivers.terms)
        return like._replace(drivers=Drivers(drivers.calendar, like.drivers.shapes, terms))


def run_together(economy: Economy, members: Sequence[Ready], outputs: Sequence[str], stop: np.ndarray) -> Together:
    """Run members that ``runs`` put together, on the thread that calls.

    Parameters
    ----------
    outputs : names of fields of ``Paths``
    stop : (1,) bool array
        Set by another thread to stop before the next member; what did not run is not told apart then.

    Raises
    ------
    TableError
        As for ``Inventory.simulate``.
    """
    from ..kernels.members import run_members

    model, lumped = members[0]
    small, drivers = lumped.economy, lumped.drivers
    calendar = model.inner_calendar(drivers.calendar)
    rates_of = {i: m._rates(calendar) for i, m in {id(m.model): m.model for m in members}.items()}
    table = model.prepare(small, calendar)
    still = _still(small, table, model, calendar)
    table, market, _ = buying(model, small, drivers, table, rates_of[id(model)])
    dense = _dense(still, calendar, frozenset().union(*(m.lumped.drivers.channels for m in members)))
    state, results = _scratch(table, economy.R, calendar)[0], _results(small, table, calendar, outputs, len(members))
    judged = np.empty((len(members), 5))
    run_members(
        table, np.array([rates_of[id(m.model)] for m in members], dtype=float),
        terms_of([m.lumped.drivers for m in members]), dense, still, np.empty(economy.K), state, results, judged,
        rules_of(model, small, table, calendar), market, (calendar.periods, calendar.inner_steps, calendar.per_year),
        stop,
    )  # fmt: skip
    values = {name: _paths(name, getattr(results, name), economy, lumped, model, calendar) for name in outputs}
    return Together(
        values,
        np.array([residual_of(economy, row) for row in judged]),
        [m.model.judge(small, calendar, *map(float, row[2:])) for m, row in zip(members, judged, strict=True)],
    )


def terms_of(members: Sequence[Drivers]) -> Terms:
    """The terms of members, and which of them each member has; arrays that several share are there once."""
    from ..kernels import members as kernel

    channel = {name: i for i, name in enumerate(kernel.CHANNELS)}
    arrays: dict[int, int] = {}  # where each array starts, by its identity
    parts: list[np.ndarray] = [np.zeros(0)]
    known: dict[int, int] = {}  # terms by their identity
    found: list[tuple[int, int]] = []
    order: list[int] = []
    start = np.zeros((len(members), len(channel) + 1), np.int64)
    end = 0

    def place(array: np.ndarray) -> int:
        nonlocal end
        if id(array) not in arrays:
            arrays[id(array)] = end
            parts.append(array.reshape(-1))
            end += array.size
        return arrays[id(array)]

    for row, drivers in zip(start, members, strict=True):
        row[0] = len(order)
        for term in sorted(drivers.terms, key=lambda t: channel[t.channel]):  # those of a channel stay in order
            if id(term) not in known:
                known[id(term)] = len(found)
                found.append((place(term.profile), place(term.weights)))
            order.append(known[id(term)])
            row[channel[term.channel] + 1] += 1
    places = np.array(found, np.int64).reshape(-1, 2).T.copy()
    return kernel.Terms(
        values=np.concatenate(parts),
        profile=places[0].copy(),
        weights=places[1].copy(),
        term=np.array(order, np.int64),
        start=np.cumsum(start, axis=1),
    )


def _still(economy: Economy, table: Table, model: Inventory, calendar: Calendar) -> Shocks:
    """Drivers by which nothing happens, one row each."""
    spending = model._spending(economy)

    def build() -> Shocks:
        return shocks_of(economy, table, Drivers.calm(economy, calendar), spending, model.saved)

    tilt = tuple(sorted(model.budget_tilt.items()))
    return kept(economy, ("still", id(table), tilt, bool(spending.any())), build)


def _dense(still: Shocks, calendar: Calendar, channels: frozenset[str]) -> Shocks:
    """Room for the channels that some member uses, one row a period."""
    room = {}
    for channel in channels:
        name = PLACE.get(channel, channel)
        room[name] = np.empty((calendar.periods, *getattr(still, name).shape[1:]))
    dense = still._replace(**room)
    if "demand" in channels:  # products beyond those of the economy stay zero
        dense.want[:] = 0.0
    return dense


def _results(economy: Economy, table: Table, calendar: Calendar, outputs: Sequence[str], members: int) -> Results:
    """Room for what is asked for, by member, and one row to work on for the rest."""
    from ..kernels.members import Results

    n, T = economy.n, calendar.periods
    F, K = table.final_home.shape
    shapes = {
        "output": (n,), "value_added": (n,), "final": (F, K), "imports": (K,), "unmet": (F, K), "stocks": (K,),
        "household_income": (economy.R,), "stock_change": (n,), "binding": (n,),
    }  # fmt: skip
    return Results(
        **{
            name: np.empty((members if name in outputs else 1, T, *shape), np.int16 if name == "binding" else float)
            for name, shape in shapes.items()
        }
    )


def _paths(
    name: str, changes: np.ndarray, economy: Economy, lumped: Lumped, model: Inventory, calendar: Calendar
) -> np.ndarray:
    """A field of ``Paths`` by member: base plus recorded changes, those of lumped activities split."""
    if name == "binding":
        return lumped.same(changes)
    if name in ("output", "value_added", "stock_change"):
        changes = lumped.split(changes)
    base = getattr(base_of(economy, model, calendar), name, None)
    if base is not None:
        changes[..., : base.shape[-1]] += base
    if name in ("final", "unmet"):
        return changes[..., : economy.K].swapaxes(-1, -2)
    return changes[..., : economy.K] if name in ("imports", "stocks") else changes
