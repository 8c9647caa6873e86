"""Rules that the default inventory kernel leaves out, as the arrays it reads; None where all are the default's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..calendar import Calendar
from ..economy import CATEGORIES, Economy
from ..errors import TableError
from .base import kept
from .inventory_options import OF_NORMAL_CAPACITY

if TYPE_CHECKING:
    from ..kernels.inventory_rules import Rules
    from ..kernels.inventory_state import Table
    from .inventory import Inventory


class Inside(NamedTuple):
    """What the rules of a model work on, by period and activity (T, n); bn yuan a period."""

    demand: np.ndarray  # orders of all buyers that reached the producer
    capacity: np.ndarray  # output that labour, capital and overtime allowed
    input_limit: np.ndarray  # output that stocks of inputs allowed; infinite where none can bind
    labour_income: np.ndarray  # compensation of the labour employed


def needed(model: Inventory, economy: Economy) -> bool:
    """Whether some rule differs from those that the kernel always has."""
    return bool(
        model.functions - {"critical", "leontief"}
        or model.stock_needed > 0.0
        or model.convention == "daily"
        or model.orders != "expected"
        or model.stock_target == "fixed"
        or model.surplus_time is not None
        or model.overproduction != "headroom"
        or model.employment == "hire_and_fire"
        or model.consumption == "muellbauer"
        or model.rebuild_time is not None
        or kept(economy, "endless covers", lambda: np.isinf(economy.cover).any())
    )


def rules_of(model: Inventory, economy: Economy, table: Table, calendar: Calendar, noted: bool = True) -> Rules | None:
    """The model's rules as the kernel reads them, with the memory of one run, and room for what it notes."""
    from ..kernels.inventory_rules import CES, DEMANDED, EXPECTED, LINEAR, MADE, MINIMUM, Rules

    if not needed(model, economy):
        return None
    n, F, R, dt = economy.n, economy.F, economy.R, calendar.dt
    rows = calendar.periods if noted else 0
    function = model.function_of(economy)
    _, first = np.unique(table.kind, return_index=True)  # an activity of each technology
    cover, real = table.cover[table.shelf[first]], table.cover.dtype
    steered = (~_endless(economy, table, first)).astype(real)
    restocking = model.closed(dt, model.restocking_time) / dt
    surplus = restocking if model.surplus_time is None else model.closed(dt, model.surplus_time) / dt
    builder, build_home, build_abroad = rebuilding_of(model, economy, table)
    elasticity, swells = model.elasticity, model.overproduction == "ario"
    return Rules(
        form=np.select([function == "linear", function == "ces"], [LINEAR, CES], MINIMUM).astype(np.int64),
        power=np.full(n, (elasticity - 1.0) / elasticity),
        normal=np.isin(function, OF_NORMAL_CAPACITY),
        per_day=inverse_at_least(np.maximum(real.type(dt), real.type(model.stock_needed) * (cover + real.type(dt)))),
        plain=int(
            model.orders == "expected" and model.stock_target == "follows" and model.convention == "continuous"
            and model.surplus_time is None and steered.all()
        ),
        order_for={"expected": EXPECTED, "demand": DEMANDED, "output": MADE}[model.orders],
        target_fixed=int(model.stock_target == "fixed"),
        refill=real.type(restocking) * steered,
        run_down=real.type(surplus) * steered,
        as_they_arrive=int(model.convention == "daily"),
        hires=int(model.employment == "hire_and_fire"),
        hire=model.closed(dt, model.hiring_time),
        fire=model.closed(dt, model.firing_time),
        swells=int(model.overproduction != "headroom"),
        room_base=float(model.overproduction_base) if swells else 0.0,
        room_most=float(model.overproduction_most) if swells else 0.0,
        swell=model.closed(dt, model.overproduction_time),
        muellbauer=int(model.consumption == "muellbauer"),
        belief=float(model.income_belief),
        no_return=float(model.no_return),
        earned=np.bincount(economy.region, weights=table.wages, minlength=R).astype(float),
        consumed=_consumed(economy),
        rebuilds=int(model.rebuild_time is not None),
        rebuild=0.0 if model.rebuild_time is None else model.closed(dt, model.rebuild_time),
        worth=model.capital_per_value_added * economy.value_added_share,
        builder=builder,
        build_home=build_home,
        build_abroad=build_abroad,
        employed=np.empty(n), allowed=np.empty(n), want=np.empty(n), room=np.empty(n), used=np.empty(n),
        expected=np.empty((2, n)), level=np.empty(R), permanent=np.empty(R), deepest=np.empty(R),
        rebuilt=np.empty(n), ruined=np.empty(n), building=np.empty(F), served=np.empty(F),
        record_demand=np.zeros((rows, n)), record_capacity=np.zeros((rows, n)), record_limit=np.zeros((rows, n)),
        record_pay=np.zeros((rows, n)),
    )  # fmt: skip


def inside(rules: Rules) -> Inside:
    """What a run with rules noted."""
    return Inside(rules.record_demand, rules.record_capacity, rules.record_limit, rules.record_pay)


def inverse_at_least(days: np.ndarray) -> np.ndarray:
    """One over each number of days, rounded up: a stock of just so many days then allows 1 in full."""
    inverse = (1.0 / days).astype(days.dtype)
    return np.where(days * inverse < 1.0, np.nextafter(inverse, days.dtype.type(np.inf)), inverse)


def _endless(economy: Economy, table: Table, first: np.ndarray) -> np.ndarray:
    """(M, K) padded bool: inputs whose cover is infinite, by technology, of which ``first`` are examples."""
    endless = np.zeros(table.share.shape, dtype=bool)
    endless[:, : economy.K] = np.isinf(economy.cover).T[first]
    return endless


def _consumed(economy: Economy) -> np.ndarray:
    """(R,) what the households of each region buy, yearly."""
    lives = (economy.user_category == CATEGORIES.index("households")) & (economy.user_region >= 0)
    bought = np.maximum(economy.final_domestic, 0.0) + np.maximum(economy.final_imported, 0.0)
    return np.bincount(economy.user_region[lives], weights=bought.sum(axis=0)[lives], minlength=economy.R).astype(float)


def rebuilding_of(model: Inventory, economy: Economy, table: Table) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Who orders rebuilding for each activity (n,), and shares of products, (F, K) padded, at home and abroad.

    The investors of the activity's region buy for it, each product at home and abroad as they do now.

    Raises
    ------
    TableError
        If a region has no user of category investment, or its investors can buy nothing.
    """
    from .inventory_table import padded

    home = np.zeros((economy.F, economy.K))
    builder = np.zeros(economy.n, dtype=np.int64)
    if model.rebuild_time is None:
        return builder, padded(home), padded(home.copy())
    bought = np.maximum(economy.final_domestic + economy.final_imported, 0.0)
    mix = np.zeros(economy.K)
    for code, share in model.rebuilding.items():
        members = list(economy.sectors.expand(code))
        mix[members] += share / len(members)
    abroad = home.copy()
    investment = economy.user_category == CATEGORIES.index("investment")
    for r in range(economy.R):
        users = np.flatnonzero(investment & (economy.user_region == r))
        if users.size == 0:
            users = np.flatnonzero(investment)
        if users.size == 0:
            raise TableError(f"{economy.name} has no user of category 'investment', who could order what is rebuilt")
        f = int(users[0])
        makes = table.made[f, : economy.K] > 0
        wanted = (mix if model.rebuilding else bought[:, f]) * (makes | (economy.import_share[:, f] >= 1.0))
        if wanted.sum() <= 0.0:
            raise TableError(f"{economy.name}: nothing of what is rebuilt with can be bought; check 'rebuilding'")
        builder[economy.region == r] = f
        shares = wanted / wanted.sum()
        home[f] = shares * (1.0 - economy.import_share[:, f])
        abroad[f] = shares - home[f]
    return builder, padded(home), padded(abroad)
