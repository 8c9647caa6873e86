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
from ..drivers import Drivers, Term
from ..economy import Economy
from .base import Outcome, kept
from .inventory import Inventory, _scratch
from .inventory_rules import needed, rules_of
from .inventory_table import base_of, shocks_of
from .market import market_of, split_pools, uses_market

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


class Together(NamedTuple):
    """What some members in a row gave: fields of ``Paths`` by member, residuals and outcomes."""

    values: Mapping[str, np.ndarray]
    residual: np.ndarray
    outcomes: list[Outcome]


def runs(economy: Economy, members: Sequence[tuple[Any, Drivers] | Outcome]) -> Iterator[tuple[bool, slice]]:
    """Members in a row that one call can run, and those that stand alone, refused ones among them."""
    keys = [None if isinstance(m, Outcome) else _key(economy, *m) for m in members]
    first = 0
    for last in range(1, len(keys) + 1):
        if last == len(keys) or keys[last] != keys[first] or keys[first] is None:
            yield keys[first] is not None, slice(first, last)
            first = last


def _key(economy: Economy, model: Any, drivers: Drivers) -> tuple[Any, ...] | None:
    """What members of one call have in common; None for one that stands alone."""
    if not isinstance(model, Inventory) or type(model).simulate is not Inventory.simulate:
        return None
    if not drivers.channels <= model.channels - ALONE:
        return None
    linked = uses_market(model, economy, drivers)
    if linked and "passage" in drivers.channels:
        return None
    if linked or needed(model, economy):  # rules hold parameters of their model
        return (id(model),)
    tilt = tuple(sorted(model.budget_tilt.items()))
    production = model.production if isinstance(model.production, str) else tuple(sorted(model.production.items()))
    return production, model.important_weight, tilt, model.consumption == "static" or model.mpc == 0.0


def run_together(
    economy: Economy, members: Sequence[tuple[Any, Drivers]], outputs: Sequence[str], stop: np.ndarray
) -> Together:
    """Run members that ``runs`` put together, on the thread that calls.

    Parameters
    ----------
    members : models, all of them inventory models, and drivers
    outputs : names of fields of ``Paths``
    stop : (1,) bool array
        Set by another thread to stop before the next member; what did not run is not told apart then.

    Raises
    ------
    TableError
        As for ``Inventory.simulate``.
    """
    from ..kernels.members import run_members

    model, drivers = members[0]
    calendar = model.inner_calendar(drivers.calendar)
    rates = [m._rates(calendar) for m, _ in members]
    buying, market = economy, None
    linked = uses_market(model, economy, drivers)
    if linked:
        buying = split_pools(model, economy, drivers)[0]
    table = model.prepare(buying, calendar)
    if linked:
        market = market_of(model, buying, table, rates[0], drivers)
    still = _still(economy, table, model, calendar)
    terms = terms_of([d for _, d in members])
    dense = _dense(still, calendar, frozenset().union(*(d.channels for _, d in members)))
    state, results = _scratch(table, economy.R, calendar)[0], _results(economy, table, calendar, outputs, len(members))
    judged = np.empty((len(members), 5))
    run_members(
        table, np.array(rates, dtype=float), terms, dense, still, np.empty(economy.K), state, results, judged,
        rules_of(model, economy, table, calendar), market, (calendar.periods, calendar.inner_steps, calendar.per_year),
        stop,
    )  # fmt: skip
    values = {name: _paths(name, getattr(results, name), economy, model, calendar) for name in outputs}
    output = max(float(np.abs(economy.x).sum()), 1e-300)
    outcomes = [m.judge(economy, calendar, *map(float, row[2:])) for (m, _), row in zip(members, judged, strict=True)]
    return Together(values, judged[:, :2].max(axis=1) / output, outcomes)


def terms_of(members: Sequence[Drivers]) -> Terms:
    """The terms of members, each of them once, and which of them each member has."""
    from ..kernels import members as kernel

    place = {name: i for i, name in enumerate(kernel.CHANNELS)}
    known: dict[int, int] = {}
    found: list[Term] = []
    order: list[int] = []
    start = np.zeros((len(members), len(place) + 1), np.int64)
    for row, drivers in zip(start, members, strict=True):
        row[0] = len(order)
        for term in drivers.terms:
            number = known.setdefault(id(term), len(found))
            if number == len(found):
                found.append(term)
            order.append(number)
            row[place[term.channel] + 1] += 1
    np.cumsum(start, axis=1, out=start)
    parts = [array.reshape(-1) for term in found for array in (term.profile, term.weights)]
    ends = np.cumsum([0, *(p.size for p in parts)]).astype(np.int64)
    return kernel.Terms(
        values=np.concatenate([np.zeros(0), *parts]),
        profile=ends[:-1:2].copy(),
        weights=ends[1::2].copy(),
        term=np.array(order, np.int64),
        start=start,
    )


def _still(economy: Economy, table: Table, model: Inventory, calendar: Calendar) -> Shocks:
    """Drivers by which nothing happens, one row each."""
    spending = model._spending(economy)

    def build() -> Shocks:
        calm = Drivers.calm(economy, calendar)
        shocks = shocks_of(economy, table, calm, spending, model.saved)[0]
        return shocks._replace(passage=np.zeros((0, economy.R, table.origin.shape[1])))

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


def _paths(name: str, changes: np.ndarray, economy: Economy, model: Inventory, calendar: Calendar) -> np.ndarray:
    """A field of ``Paths`` by member: base plus recorded changes, added in place."""
    base = getattr(base_of(economy, model, calendar), name, None)
    if base is not None:
        changes[..., : base.shape[-1]] += base
    if name in ("final", "unmet"):
        return changes[..., : economy.K].swapaxes(-1, -2)
    return changes[..., : economy.K] if name in ("imports", "stocks") else changes
