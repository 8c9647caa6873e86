"""Demand-driven input-output analysis, period by period, open or closed to households.

A  domestic technical coefficients  (n, n)  yuan of input i per yuan of output j
f  final demand on activities       (n,)    yuan a period
x  gross output                     (n,)    ``x = A x + f``

All is stated as the distance from the base: ``(I - A') dx = df + (A' - A) x0`` with A' the period's
coefficients, so that nothing that happens moves nothing, bit for bit.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from ..calendar import DAYS_PER_YEAR
from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..economy.system import Induced, System, factorise, final_sales, intermediate_sales
from ..errors import TableError, UnproductiveEconomyError
from .base import DEMAND, Outcome, Paths, model, require_channels

LABOUR_INCOME = "compensation"  # component of value added that households spend from
NEGATIVE = -1e-9  # of the largest base output or purchase: below it a fall is larger than what there was

WITHOUT_EFFECT = frozenset({"capital", "floor", "listed", "stock_cover"})  # nothing limits supply that they could ease
INCOME_ADVICE = (
    "in its open form consumption is given; let households spend what they earn by "
    "model: {name: leontief, options: {households: closed}} in the file, on the command line "
    "--set \"model={name: leontief, options: {households: closed}}\", or use 'inventory'"
)

_SYSTEMS: dict[tuple, System] = {}


@model("leontief")
class Leontief:
    """Output that final demand calls for, directly and through the chain, in the same period.

    Supply follows: no capacity, stock, delay or price limits it, so its figures are upper bounds where
    capacity is tight. What only widens or guards supply (new capital, floors with their lists, wanted stocks)
    therefore moves nothing here, exactly. What takes supply away (capacity, labour, passage, imports) is
    refused: to leave it out would be to call a closure harmless.

    Imports keep their shares, stocks their levels. Extra productivity lowers all inputs of an activity per
    unit of its output, a coefficient factor its use of one product, of domestic and imported origin alike.

    Parameters
    ----------
    households : {"open", "closed"}
        Open: consumption is given. Closed: each region's households spend a share of what labour income
        changes, in the same period, on what they buy now (Type II).
    marginal_propensity : float
        Closed form only: yuan of consumption per yuan of labour income before tax. Assumption 0.6 (range
        0.35-0.73): from the quarterly response to transitory income up to the average propensity of China's
        2020 table.

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis, chapters 2 and 3.
    """

    households: Literal["open", "closed"] = "open"
    marginal_propensity: float = 0.6
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "income", "coefficient", "productivity"} | WITHOUT_EFFECT
    )
    advice: ClassVar[Mapping[str, str]] = {"income": INCOME_ADVICE}

    def __post_init__(self) -> None:
        if self.households not in ("open", "closed"):
            raise ValueError(f"households is '{self.households}'; write open or closed")
        if not 0.0 <= self.marginal_propensity <= 1.0:
            raise ValueError(f"marginal_propensity is {self.marginal_propensity}; it lies between 0 and 1")
        if self.households == "open":  # income reaches nobody: a scenario that states some must be told so
            object.__setattr__(self, "channels", type(self).channels - {"income"})

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Raises
        ------
        ChannelError
            If the drivers use a channel that this form lacks.
        UnproductiveEconomyError
            If the economy cannot meet its final demand even in the base.
        TableError
            In the closed form, if the economy lacks labour income or a region's households.
        """
        require_channels(self, drivers)
        spend = self.marginal_propensity if self.households == "closed" else 0.0
        base = _base(economy, drivers.calendar.per_year, closed=self.households == "closed")
        wanted, tilt = _wanted_change(base, drivers)
        income = drivers.dense("income")
        pieces: list[tuple[list[int], Paths | None]] = []
        for state, periods in _states(base, drivers, tilt if spend else None):
            system, induced = _system(base, state, spend)
            if not system.productive:
                if state.calm:
                    raise UnproductiveEconomyError(_unproductive(base, state))
                pieces.append((periods, None))
                continue
            transfers = np.zeros((len(periods), economy.R)) if income is None else income[periods]
            pieces.append((periods, _state_paths(base, state, system, induced, wanted[periods], transfers, spend)))
        return _join(pieces, base, drivers)


class Base(NamedTuple):
    """The base year as flows of one period."""

    x: np.ndarray  # (n,)
    a: np.ndarray  # (K, n) domestic input coefficients
    m: np.ndarray  # (K, n) imported input coefficients
    wages: np.ndarray  # (n,) labour income per unit of output
    final: np.ndarray  # (K, F) imports included
    value_added: np.ndarray  # (n,)
    imported: np.ndarray  # (K,) intermediate and final
    stock_change: np.ndarray  # (n,)
    stocks: np.ndarray  # (K,) inputs held
    unknown: np.ndarray  # (K, F) bool: no activity sells this product to this user
    per_year: float
    economy: Economy


class State(NamedTuple):
    """The technology and tastes of some periods."""

    calm: bool
    a: np.ndarray  # (K, n)
    m: np.ndarray  # (K, n)
    wages: np.ndarray  # (n,)
    basket: np.ndarray  # (K, F) what household users buy


def _base(economy: Economy, per_year: float, closed: bool) -> Base:
    def per_output(flows: np.ndarray) -> np.ndarray:
        return np.divide(flows, economy.x, out=np.zeros_like(flows), where=economy.x > 0)

    names = economy.value_added_names
    if LABOUR_INCOME in names:
        wages = per_output(economy.value_added[names.index(LABOUR_INCOME)])
    elif closed:
        raise TableError(
            f"{economy.name}: no component '{LABOUR_INCOME}' in value added ({', '.join(names)}), so there "
            "is no income to "
            "spend; name it so, or use households: open"
        )
    else:
        wages = np.full(economy.n, np.nan)
    supplied = np.zeros((economy.K, economy.F))
    np.add.at(supplied, economy.sector, economy.origin[:, economy.user_pool])
    used = economy.use_domestic + economy.use_imported
    return Base(
        x=economy.x / per_year,
        a=per_output(economy.use_domestic),
        m=per_output(economy.use_imported),
        wages=wages,
        final=(economy.final_domestic + economy.final_imported) / per_year,
        value_added=economy.value_added.sum(axis=0) / per_year,
        imported=(economy.use_imported.sum(axis=1) + economy.final_imported.sum(axis=1)) / per_year,
        stock_change=economy.stock_change / per_year,
        stocks=(used * economy.cover).sum(axis=1) / DAYS_PER_YEAR,
        unknown=supplied < 0.5,
        per_year=per_year,
        economy=economy,
    )


def _wanted_change(base: Base, drivers: Drivers) -> tuple[np.ndarray, np.ndarray | None]:
    """What final users want beyond the base, and the factor on each purchase at a given total, (T, K, F)."""
    T = drivers.calendar.periods
    demand, preference = drivers.dense("demand"), drivers.dense("preference")
    change = np.zeros((T, *base.final.shape)) if demand is None else demand
    if preference is None:
        return change, None
    total = base.final.sum(axis=0)
    tilted = (base.final * preference).sum(axis=1)
    # The sum of an untouched column is the same number twice, so its factor is exactly one.
    level = np.divide(total, tilted, out=np.ones_like(tilted), where=tilted != 0)
    factor = preference * level[:, None, :]
    return change + base.final * (factor - 1.0), factor


def _states(base: Base, drivers: Drivers, tilt: np.ndarray | None) -> list[tuple[State, list[int]]]:
    """Periods with the same technology (and, where spending is induced, the same tastes) share a system."""
    coefficient, productivity = drivers.dense("coefficient"), drivers.dense("productivity")
    groups: dict[tuple, list[int]] = {}
    for t in range(drivers.calendar.periods):
        now = [None if c is None or (c[t] == 1.0).all() else c[t] for c in (coefficient, productivity, tilt)]
        groups.setdefault(tuple(None if c is None else c.tobytes() for c in now), []).append(t)
    states = []
    household = _household_purchases(base)
    for key, periods in groups.items():
        t = periods[0]
        factor: np.ndarray | float = 1.0
        if key[0] is not None and coefficient is not None:
            factor = coefficient[t]
        wages = base.wages
        if key[1] is not None and productivity is not None:
            factor, wages = factor / productivity[t], base.wages / productivity[t]
        basket = household if key[2] is None or tilt is None else household * tilt[t]
        calm = key == (None, None, None)
        a, m = (base.a, base.m) if calm else (base.a * factor, base.m * factor)
        states.append((State(calm, a, m, wages, basket), periods))
    return states


def _household_purchases(base: Base) -> np.ndarray:
    return np.where(base.economy.user_category == CATEGORIES.index("households"), np.maximum(base.final, 0.0), 0.0)


def _system(base: Base, state: State, spend: float) -> tuple[System, Induced | None]:
    """The factorised system of a state; the calm one is kept as long as its economy lives."""
    economy = base.economy
    induced = _induced(economy, state, spend) if spend else None
    if not state.calm:
        return factorise(economy, state.a, induced), induced
    key = (id(economy), spend)
    if key not in _SYSTEMS:
        _SYSTEMS[key] = factorise(economy, state.a, induced)
        weakref.finalize(economy, _SYSTEMS.pop, key, None)
    return _SYSTEMS[key], induced


def _basket_shares(economy: Economy, basket: np.ndarray) -> np.ndarray:
    """(K, F) purchases per yuan that the households of the user's region spend."""
    shares = np.zeros_like(basket)
    for r, code in enumerate(economy.regions.codes):
        users = economy.users("households", code)
        total = basket[:, users].sum()
        if total > 0:
            shares[:, users] = basket[:, users] / total
        elif (economy.region == r).any():
            raise TableError(
                f"{economy.name}: region '{code}' earns labour income but has no household purchases; add a "
                "final user of "
                "category 'households' there, or use households: open"
            )
    return shares


def _induced(economy: Economy, state: State, spend: float) -> Induced:
    shares = _basket_shares(economy, state.basket) * (1.0 - economy.import_share)
    by_region = np.stack([np.where(economy.user_region == r, shares, 0.0) for r in range(economy.R)])
    home = (economy.region == np.arange(economy.R)[:, None]).astype(float)
    return Induced(spend * home * state.wages, final_sales(economy, by_region).T)


def _state_paths(
    base: Base,
    state: State,
    system: System,
    induced: Induced | None,
    wanted: np.ndarray,
    transfers: np.ndarray,
    spend: float,
) -> Paths:
    """The paths of the periods that share a state; ``wanted`` (T, K, F) and ``transfers`` (T, R) of these."""
    economy, share = base.economy, base.economy.import_share
    unmet = np.where(base.unknown, wanted * (1.0 - share), 0.0)
    own = wanted * (1.0 - share) - unmet  # domestic products, change from the base
    g = final_sales(economy, own) + intermediate_sales(economy, (state.a - base.a) * base.x)
    new_pay = np.bincount(economy.region, weights=(state.wages - base.wages) * base.x, minlength=economy.R)
    if induced is not None:
        g = g + spend * ((transfers + new_pay) @ induced.bought.T)
    dx = system.solve(g)
    x = base.x + dx
    pay = np.stack([(dx * state.wages)[:, economy.region == r].sum(axis=1) for r in range(economy.R)], axis=1) + new_pay
    delivered = wanted - unmet
    if spend:
        at_home = np.where(economy.user_region >= 0, economy.user_region, 0)  # shares of users abroad are zero
        bought = spend * (pay + transfers)[:, at_home][:, None, :] * _basket_shares(economy, state.basket)
        delivered, own = delivered + bought, own + bought * (1.0 - share)
    technology = (state.a - base.a).sum(axis=0) + (state.m - base.m).sum(axis=0)
    imported = base.imported + dx @ base.m.T + x @ (state.m - base.m).T + (delivered - own).sum(axis=2)
    paths = Paths(
        output=x,
        value_added=base.value_added + economy.value_added_share * dx - technology * x,
        final=base.final + delivered,
        imports=imported,
        unmet=unmet,
        stocks=np.broadcast_to(base.stocks, imported.shape),
        household_income=pay,
        binding=np.full(x.shape, DEMAND, dtype=np.int16),
        residual=0.0,
        outcome=Outcome("completed"),
    )
    return paths._replace(residual=_residual(base, state, paths, own))


def _residual(base: Base, state: State, paths: Paths, own: np.ndarray) -> float:
    """Largest gap of any period between what is made and sold, and between income and expenditure, over
    output.

    Both sides are counted afresh from flows: sales from what all buyers take, expenditure from the
    deliveries.
    """
    economy, x = base.economy, paths.output
    sold = final_sales(economy, economy.final_domestic / base.per_year + own) + base.stock_change
    sold = sold + np.stack([intermediate_sales(economy, state.a * output) for output in x])
    spent = paths.final.sum(axis=(1, 2)) + base.stock_change.sum() - paths.imports.sum(axis=1)
    total = np.maximum(np.abs(x).sum(axis=1), 1e-300)
    by_activity = np.abs(sold - x).max(axis=1) / np.maximum(np.abs(x).max(axis=1), 1e-300)
    in_all = np.abs(spent - paths.value_added.sum(axis=1)) / total
    return float(max(by_activity.max(), in_all.max()))


def _join(pieces: list[tuple[list[int], Paths | None]], base: Base, drivers: Drivers) -> Paths:
    """All periods in their order; periods without a solution are NaN."""
    economy, T = base.economy, drivers.calendar.periods
    n, K, F, R = economy.n, economy.K, economy.F, economy.R
    shapes = ((n,), (n,), (K, F), (K,), (K, F), (K,), (R,))
    arrays = [np.full((T, *shape), np.nan) for shape in shapes]
    binding = np.full((T, n), DEMAND, dtype=np.int16)
    failed: list[int] = []
    for periods, piece in pieces:
        if piece is None:
            failed += periods
            continue
        for whole, part in zip(arrays, piece, strict=False):  # the seven arrays
            whole[periods] = part
    residual = max((piece.residual for _, piece in pieces if piece is not None), default=np.nan)
    outcome = _outcome(arrays[0], arrays[2], base, drivers, sorted(failed))
    output, value_added, final, imports, unmet, stocks, household_income = arrays
    return Paths(output, value_added, final, imports, unmet, stocks, household_income, binding, residual, outcome)


def _outcome(x: np.ndarray, final: np.ndarray, base: Base, drivers: Drivers, failed: list[int]) -> Outcome:
    economy, labels = base.economy, drivers.calendar.labels
    if failed:
        return Outcome(
            "infeasible",
            f"in {labels[failed[0]]} production needs more inputs than it yields (Hawkins-Simon fails), in "
            f"{len(failed)} "
            "period(s): lower the coefficient factors or raise productivity",
        )
    below = np.argwhere(x < NEGATIVE * base.x.max())
    if below.size:
        t, i = below[0]
        return Outcome(
            "infeasible",
            f"output of {economy.activities[i]} would be {x[t, i]:.4g} in {labels[t]}: demand falls by more "
            "than is sold; "
            "make the fall smaller or spread it over more products",
        )
    short = np.argwhere((final < NEGATIVE * np.abs(base.final).max()) & (base.final >= 0))
    if short.size:
        t, k, f = short[0]
        return Outcome(
            "completed",
            f"{CATEGORIES[economy.user_category[f]]} would buy {final[t, k, f]:.4g} of "
            f"{economy.sectors.codes[k]} in "
            f"{labels[t]}: demand falls by more than is bought there; spread it over more products",
        )
    return Outcome("completed")


def _unproductive(base: Base, state: State) -> str:
    buys = state.a.sum(axis=0)
    worst = int(buys.argmax())
    return (
        f"{base.economy.name}: activity {base.economy.activities[worst]} buys {buys[worst]:.3f} yuan of "
        "domestic inputs per "
        "yuan of output, and the economy cannot meet its demand (Hawkins-Simon); audit the table"
    )
