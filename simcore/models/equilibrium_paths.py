"""Between the economy and the equilibrium: the network of a table, drivers as shocks, equilibria as paths."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..errors import TableError
from .accounts import Base, base_flows, by_region, taste
from .base import CAPACITY, DEMAND, LABOUR, LABOUR_INCOME, Outcome, Paths
from .nested_ces import Network, Shock, build_network, no_shock
from .nested_ces_solve import Solution, Solver


def network_of(economy: Economy) -> Network:
    """The economy's base year as a network; see ``build_network``."""
    added = economy.value_added
    total = added.sum(axis=0)
    total = np.where(np.abs(total) < 1e-9 * economy.x, np.maximum(total, 0.0), total)  # rounding of the table
    positive = np.maximum(added, 0.0)
    share = np.zeros(economy.n)
    if LABOUR_INCOME in economy.value_added_names:
        pay = positive[economy.value_added_names.index(LABOUR_INCOME)]
        share = np.divide(pay, positive.sum(axis=0), out=share, where=positive.sum(axis=0) > 0)
    abroad = (economy.user_category == CATEGORIES.index("exports")) | (economy.user_region < 0)
    try:
        return build_network(
            sector=economy.sector, pool=economy.pool, user_pool=economy.user_pool, origin=economy.origin,
            use_domestic=economy.use_domestic, use_imported=economy.use_imported, value_added=total,
            labour_share=share, final_domestic=economy.final_domestic, final_imported=economy.final_imported,
            budgeted=~abroad & (economy.user_category != CATEGORIES.index("inventories")), outside=abroad,
            stock_change=economy.stock_change,
        )  # fmt: skip
    except TableError as error:
        raise TableError(f"{economy.name}: {error}") from None


def shocks_of(
    economy: Economy, net: Network, drivers: Drivers, mpc: float, attached: bool
) -> tuple[list[Shock], np.ndarray]:
    """Drivers by period as the solver reads them, and demand for home products that nobody makes, (T, K, F).

    Where labour is ``attached`` to its activity, the workers of lost capacity have no work.
    """
    T, per_year = drivers.calendar.periods, drivers.calendar.per_year
    values: dict[str, Any] = {name: drivers.dense(name) for name in drivers.channels}
    base = base_flows(economy, drivers.calendar)
    tilt, demand = taste(economy, drivers), values.get("demand")
    unmet = np.zeros((T, economy.K, economy.F))
    if demand is not None:
        unmet = np.where(base.unknown, demand * net.final_home, 0.0)
    listed = values.get("listed")
    covered: Any = 1.0 if listed is None else np.where(listed > 0.0, np.minimum(listed, 1.0), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):  # a factor of zero shows as an equilibrium that is not there

        def supply(channel: str) -> np.ndarray:
            left = values.get(channel)
            left = np.ones((T, economy.n)) if left is None else np.maximum(left, 0.0)
            floor = values.get("floor")
            return left if floor is None else left + covered * np.maximum(floor - left, 0.0)

        labour, capital = supply("labour"), supply("capacity")
        if attached:
            labour = np.where(capital < 1.0, np.minimum(labour, capital), labour)
        if "capital" in values:
            capital = capital + np.divide(values["capital"], economy.x, out=np.zeros_like(capital), where=economy.x > 0)
        logs: dict[str, Any] = {"labour": np.log(labour), "capital": np.log(np.maximum(capital, 0.0))}
        for name in ("productivity", "coefficient", "import_price"):
            logs[name] = np.log(values[name]) if name in values else None
    added: dict[str, Any] = {
        "wedge": values.get("cost"),
        "taste": None if tilt is None else tilt - 1.0,
        "budget": _transfers(economy, net, values.get("income"), mpc * per_year),
        "extra": None if demand is None else (demand - unmet) * per_year,
        "release": None if "stock_release" not in values else values["stock_release"] * per_year,
    }
    calm, moved = no_shock(net), [(name, path) for name, path in (logs | added).items() if path is not None]
    shocks = [calm._replace(**{name: np.ascontiguousarray(path[t]) for name, path in moved}) for t in range(T)]
    return shocks, np.maximum(unmet, 0.0)


def _transfers(economy: Economy, net: Network, income: np.ndarray | None, spent: float) -> np.ndarray | None:
    """(T, F) yearly spending out of transfers, by the household users of each region in proportion."""
    if income is None:
        return None
    households = np.where(economy.user_category == CATEGORIES.index("households"), net.budget, 0.0)
    by_user = np.zeros((len(income), economy.F))
    for r in range(economy.R):
        here = np.where(economy.user_region == r, households, 0.0)
        if here.sum() > 0:
            by_user += spent * income[:, r, None] * here / here.sum()
        elif income[:, r].any():
            raise TableError(f"{economy.name}: region '{economy.regions.codes[r]}' has no purchases of households")
    return by_user


class Volumes(NamedTuple):
    """An equilibrium at base-year prices, money a year."""

    output: np.ndarray  # (n,)
    spent: np.ndarray  # (n,) on inputs
    final: np.ndarray  # (K, F)
    imports: np.ndarray  # (K,)
    sold: np.ndarray  # (n,) to firms and final users


def volumes(net: Network, shock: Shock, found: Solution) -> Volumes:
    """Quantities of an equilibrium: money over price, flow by flow."""
    at = found.point
    foreign = np.exp(-shock.import_price)
    quantity = at.origin * np.exp(-at.price)[:, None]  # of activity i per yuan that pool p spends on its product
    per_yuan = net.makers @ quantity  # (K, P)
    paid = at.sales * at.keep
    domestic, imported = at.needs * paid, at.imported * paid
    bought = at.spent + at.other
    at_home = bought * at.final_home
    abroad = bought * (1.0 - at.final_home) * foreign[:, None]
    pools = np.arange(net.origin.shape[1])
    by_pool = domestic @ (net.pool[:, None] == pools) + at_home @ (net.user_pool[:, None] == pools)
    return Volumes(
        output=at.sales * np.exp(-at.price),
        spent=(domestic * per_yuan[:, net.pool]).sum(axis=0) + (imported * foreign[:, None]).sum(axis=0),
        final=at_home * per_yuan[:, net.user_pool] + abroad,
        imports=(imported.sum(axis=1) * foreign) + abroad.sum(axis=1),
        sold=(quantity * by_pool[net.sector]).sum(axis=1),
    )


class Outturn(NamedTuple):
    """What paths need of a solution."""

    volumes: Volumes
    price: np.ndarray  # (n,) over the base
    pay: np.ndarray  # (n,) log of the wage bill
    user_price: np.ndarray  # (F,) log
    paid_more: np.ndarray  # (n,) bool: wage above its base
    residual: float
    converged: bool


def outturn(net: Network, shock: Shock, found: Solution) -> Outturn:
    """A solution as far as paths need it; NaN where there is no equilibrium."""
    at, pay = found.point, found.labour + found.wage
    if found.converged:
        now, price = volumes(net, shock, found), np.exp(at.price)
    else:
        n, (K, F) = len(at.price), net.beta.shape
        now = Volumes(*(np.full(shape, np.nan) for shape in ((n,), (n,), (K, F), (K,), (n,))))
        price, pay = np.full(n, np.nan), np.full(n, np.nan)
    return Outturn(now, price, pay, at.user_price, found.wage > 0.0, found.residual, found.converged)


def paths_of(
    economy: Economy,
    drivers: Drivers,
    solver: Solver,
    shocks: list[Shock],
    outturns: list[Outturn],
    calm: Outturn,
    unmet: np.ndarray,
) -> Paths:
    """Changes of volumes from the solver's base, added to the table's."""
    net, base = solver.network, base_flows(economy, drivers.calendar)
    per_year = drivers.calendar.per_year
    columns = zip(*(found.volumes for found in outturns), strict=True)
    change = Volumes(*((np.array(now) - was) / per_year for now, was in zip(columns, calm.volumes, strict=True)))
    stock_change = base.stock_change + (change.output - change.sold)
    release = drivers.dense("stock_release")
    paths = Paths(
        output=base.x + change.output,
        value_added=base.value_added + (change.output - change.spent),
        final=base.final + change.final,
        imports=base.imported + change.imports,
        unmet=unmet,
        stocks=np.broadcast_to(base.stocks, change.imports.shape),
        household_income=by_region(economy, _pay(economy, base, net, outturns)),
        binding=np.array([_binding(solver, *pair) for pair in zip(shocks, outturns, strict=True)], dtype=np.int16),
        residual=0.0,
        outcome=_outcome(economy, drivers, shocks, outturns),
        stock_change=stock_change,
        price=np.array([found.price for found in outturns]),
    )
    wanted = base.stock_change if release is None else base.stock_change - release
    return paths._replace(residual=_residual(paths, stock_change - wanted, outturns))


def _pay(economy: Economy, base: Base, net: Network, outturns: list[Outturn]) -> np.ndarray:
    """(T, n) labour income at the prices that the region's households pay, change from the base."""
    weight = np.where(economy.user_category == CATEGORIES.index("households"), net.budget, 0.0)
    bought = np.where(economy.user_region[:, None] == np.arange(economy.R), weight[:, None], 0.0)  # (F, R)
    total = bought.sum(axis=0)
    shares = np.divide(bought, total, out=np.zeros_like(bought), where=total > 0)
    workers = net.value_added * net.labour_share > 0
    prices = np.array([found.user_price for found in outturns]) @ shares
    change = np.expm1(np.array([found.pay for found in outturns]) - prices[:, economy.region])
    return np.where(workers, change, 0.0) * (base.wages * base.x)


def _binding(solver: Solver, shock: Shock, found: Outturn) -> np.ndarray:
    """The factor of which less is there than in the base; where wages are rigid, also labour that is tight."""
    scarce = np.where(shock.labour < shock.capital, LABOUR, CAPACITY)
    lost = np.minimum(shock.labour, shock.capital) < 0.0
    if not solver.rigid:
        return np.where(lost, scarce, DEMAND)
    return np.where(found.paid_more, np.where(lost, scarce, LABOUR), DEMAND)


def _residual(paths: Paths, gap: np.ndarray, outturns: list[Outturn]) -> float:
    """Largest of: supply less use, income less expenditure, both over output; the log residual of a market."""
    solved = np.array([found.converged for found in outturns])
    if not solved.any() or paths.stock_change is None:
        return float("nan")
    spent = paths.final.sum(axis=(1, 2)) + paths.stock_change.sum(axis=1) - paths.imports.sum(axis=1)
    total = np.maximum(np.abs(paths.output).sum(axis=1), 1e-300)
    supply = (np.abs(gap).max(axis=1) / total)[solved].max()
    income = (np.abs(spent - paths.value_added.sum(axis=1)) / total)[solved].max()
    return float(max(supply, income, *(found.residual for found in outturns if found.converged)))


def _outcome(economy: Economy, drivers: Drivers, shocks: list[Shock], outturns: list[Outturn]) -> Outcome:
    failed = [t for t, found in enumerate(outturns) if not found.converged]
    if not failed:
        return Outcome("completed")
    t = failed[0]
    many = f"{len(failed)} period(s) without an equilibrium, the first {drivers.calendar.labels[t]}"
    nothing = np.flatnonzero((economy.x > 0) & ~np.isfinite(shocks[t].labour + shocks[t].capital))
    if nothing.size:
        return Outcome(
            "infeasible",
            f"{many}: {economy.activities[nothing[0]]} loses all its labour or capital there, and below an "
            "elasticity of one production needs some of each; leave it a part, or use 'inventory'",
        )
    return Outcome(
        "not_converged",
        f"{many} (residual {outturns[t].residual:.2g}): make the shock smaller, raise the elasticities of inputs, "
        "value_added, imports or substitution, or use 'inventory' for a stop of production",
    )
