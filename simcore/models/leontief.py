"""Demand-driven input-output analysis, period by period, open or closed to households.

A  domestic technical coefficients  (n, n)  yuan of input i per yuan of output j
f  final demand on activities       (n,)    yuan a period
x  gross output                     (n,)    ``x = A x + f``

All is stated as the distance from the base: ``(I - A') dx = df + (A' - A) x0`` with A' the period's
coefficients, so that nothing that happens moves nothing, bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..economy.solvers import Solved
from ..economy.system import (
    Induced,
    System,
    basket_shares,
    changed_system,
    chosen_solver,
    factorise,
    final_sales,
    induced_spending,
    intermediate_sales,
)
from ..errors import TableError, UnproductiveEconomyError
from .accounts import NEGATIVE, Base, base_flows, by_region, impossible, settle, taste, technology, told, wanted_change
from .base import (
    LABOUR_INCOME,
    Outcome,
    Paths,
    Solving,
    Traits,
    check_solver,
    kept,
    model,
    require_channels,
    solver_option,
)

WITHOUT_EFFECT = frozenset({"capital", "floor", "listed", "stock_cover"})  # nothing limits supply that they could ease
INCOME_ADVICE = (
    "in its open form consumption is given; let households spend what they earn by "
    "model: {name: leontief, options: {households: closed}} in the file, on the command line "
    "--set \"model={name: leontief, options: {households: closed}}\", or use 'inventory'"
)
BIBTEX = """\
@book{MillerBlair2009,
  author = {Miller, Ronald E. and Blair, Peter D.},
  title = {Input-Output Analysis: Foundations and Extensions},
  edition = {2},
  publisher = {Cambridge University Press},
  year = {2009},
  doi = {10.1017/CBO9780511626982}
}
"""


@model("leontief")
class Leontief:
    """Output that final demand calls for, directly and through the chain, in the same period.

    Equations
    ---------
    With A the domestic input coefficients of a period (those of the base times what ``coefficient`` and
    ``productivity`` say), f final demand for domestic products and x0 output in the base:

        x  = A x + f                                        open
        x  = A x + f + h (w' x + transfers)                 closed: h consumption per yuan of labour income w' x

    solved as distance from the base, (I - A) dx = df + (A - A0) x0.

    Assumptions
    -----------
    Supply follows: no capacity, stock, delay or price limits it, so its figures are upper bounds where
    capacity is tight. What only widens or guards supply (new capital, floors with their lists, wanted stocks)
    therefore moves nothing here, exactly. What takes supply away (capacity, labour, passage, imports) is
    refused: to leave it out would be to call a closure harmless.

    Inputs are used in fixed proportions and imports keep their shares; prices are those of the base; all of the
    effect falls in the period of the demand. Extra productivity lowers all inputs of an activity per unit of its
    output, a coefficient factor its use of one product, of domestic and imported origin alike.

    When not to use it
    ------------------
    Where something stands still: a lockdown, a closed port, a missing part. Where the sectors that are called on
    have no idle capacity: demand then raises prices or waits, and this model calls it output. For the timing of
    effects within a quarter: stocks and orders spread them.

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
    solver: Solving = solver_option()
    name: ClassVar[str]
    bibtex: ClassVar[str] = BIBTEX
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "income", "coefficient", "productivity"} | WITHOUT_EFFECT
    )
    without_effect: ClassVar[frozenset[str]] = WITHOUT_EFFECT
    advice: ClassVar[Mapping[str, str]] = {"income": INCOME_ADVICE}

    def __post_init__(self) -> None:
        check_solver(self.solver)
        if self.households not in ("open", "closed"):
            raise ValueError(f"households is '{self.households}'; write open or closed")
        if not 0.0 <= self.marginal_propensity <= 1.0:
            raise ValueError(f"marginal_propensity is {self.marginal_propensity}; it lies between 0 and 1")
        if self.households == "open":  # income reaches nobody: a scenario that states some must be told so
            object.__setattr__(self, "channels", type(self).channels - {"income"})

    @property
    def traits(self) -> Traits:
        """What moves and what is held."""
        income = "spent" if self.households == "closed" else "given"
        return Traits("demand", "fixed", "at once", "passive", income, "fixed", "shares")

    @property
    def switches(self) -> Mapping[str, Mapping[str, Any]]:
        """Options that switch a trait off, by trait."""
        return {"income": {"households": "open"}} if self.households == "closed" else {}

    @property
    def closure(self) -> str:
        """What is held fixed."""
        consumption = "households spend a share of their income" if self.households == "closed" else "fixed consumption"
        return f"demand-driven, prices passive, supply unlimited within the period; {consumption}"

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
        base = base_flows(economy, drivers.calendar)
        if spend and np.isnan(base.wages).any():
            raise TableError(
                f"{economy.name}: no component '{LABOUR_INCOME}' in value added "
                f"({', '.join(economy.value_added_names)}), so there is no income to spend; name it so, or use "
                "households: open"
            )
        wanted = np.array(wanted_change(economy, drivers))
        income = drivers.dense("income")
        transfers = np.zeros((len(wanted), economy.R)) if income is None else income
        output, answers = np.full((len(wanted), economy.n), np.nan), []
        for state, periods in _states(economy, base, drivers, spend > 0.0):
            system, induced = self._system(economy, base, state, spend, drivers.calendar.periods)
            if system.productive:
                demand = Demand(wanted[periods], transfers[periods], spend)
                answer, wanted[periods] = _solve(economy, base, state, system, induced, demand)
                output[periods] = base.x + answer.x
                answers.append(answer)
            elif state.calm:
                raise UnproductiveEconomyError(_unproductive(economy, state))
            else:
                wanted[periods] = np.nan
        paths = settle(economy, drivers, output, wanted=wanted, served=True)
        return told(paths._replace(outcome=_outcome(economy, drivers, base, paths)), answers)

    def _system(
        self, economy: Economy, base: Base, state: State, spend: float, periods: int
    ) -> tuple[System, Induced | None]:
        """The prepared system of a state; the calm one is kept as long as its economy lives, for all its runs."""
        induced = induced_spending(economy, state.wages, state.basket, spend) if spend else None
        solver = chosen_solver(economy, self.solver, periods, economy.R if spend else 0)

        def calm() -> System:
            of_base = partial(factorise, economy, base.a, induced, solver=solver)
            return kept(economy, ("leontief", spend, solver), of_base)

        if state.calm:
            return calm(), induced
        changed = changed_system(economy, calm(), base.a, state.a) if induced is None else None
        return changed or factorise(economy, state.a, induced, solver=solver), induced


class State(NamedTuple):
    """The technology and tastes of some periods."""

    calm: bool
    a: np.ndarray  # (K, n)
    wages: np.ndarray  # (n,)
    basket: np.ndarray  # (K, F) what household users buy


class Demand(NamedTuple):
    """What drivers ask for in the periods of a state, change from the base."""

    wanted: np.ndarray  # (T, K, F) by final users
    transfers: np.ndarray  # (T, R) to households
    spend: float  # of a yuan of income, 0 in the open form


def _states(economy: Economy, base: Base, drivers: Drivers, closed: bool) -> list[tuple[State, list[int]]]:
    """Periods with the same technology (and, where spending is induced, the same tastes) share a system."""
    factor, productivity = technology(drivers), drivers.dense("productivity")
    tilt = taste(economy, drivers) if closed else None
    groups: dict[tuple, list[int]] = {}
    for t in range(drivers.calendar.periods):
        now = [None if c is None or (c[t] == 1.0).all() else c[t] for c in (factor, productivity, tilt)]
        groups.setdefault(tuple(None if c is None else c.tobytes() for c in now), []).append(t)
    household, states = _household_purchases(economy, base), []
    for (changed, gained, tilted), periods in groups.items():
        t = periods[0]
        a = base.a if changed is None or factor is None else base.a * factor[t]
        wages = base.wages if gained is None or productivity is None else base.wages / productivity[t]
        basket = household if tilted is None or tilt is None else household * tilt[t]
        states.append((State((changed, gained, tilted) == (None, None, None), a, wages, basket), periods))
    return states


def _household_purchases(economy: Economy, base: Base) -> np.ndarray:
    return np.where(economy.user_category == CATEGORIES.index("households"), np.maximum(base.final, 0.0), 0.0)


def _solve(
    economy: Economy, base: Base, state: State, system: System, induced: Induced | None, demand: Demand
) -> tuple[Solved, np.ndarray]:
    """Change of output (T, n), and what final users want once income is spent (T, K, F), in the periods of a state."""
    at_home = np.where(base.unknown, 0.0, demand.wanted * (1.0 - economy.import_share))
    new_pay = by_region(economy, (state.wages - base.wages) * base.x)
    g = final_sales(economy, at_home) + intermediate_sales(economy, (state.a - base.a) * base.x)
    if induced is None:
        return system.solver.solve(g), demand.wanted
    answer = system.solver.solve(g + demand.spend * ((demand.transfers + new_pay) @ induced.bought.T))
    earned = by_region(economy, answer.x * state.wages) + new_pay + demand.transfers
    region = np.where(economy.user_region >= 0, economy.user_region, 0)  # shares of users abroad are zero
    bought = demand.spend * earned[:, region][:, None, :] * basket_shares(economy, state.basket)
    return answer, demand.wanted + bought


def _outcome(economy: Economy, drivers: Drivers, base: Base, paths: Paths) -> Outcome:
    labels, x, final = drivers.calendar.labels, paths.output, paths.final
    cannot = impossible(economy, drivers, x)
    if cannot is not None:
        return cannot
    short = np.argwhere((final < NEGATIVE * np.abs(base.final).max()) & (base.final >= 0))
    if short.size:
        t, k, f = short[0]
        return Outcome(
            "completed",
            f"{CATEGORIES[economy.user_category[f]]} would buy {final[t, k, f]:.4g} of "
            f"{economy.sectors.codes[k]} in {labels[t]}: demand falls by more than is bought there; spread it over "
            "more products",
        )
    return Outcome("completed")


def _unproductive(economy: Economy, state: State) -> str:
    buys = state.a.sum(axis=0)
    worst = int(buys.argmax())
    return (
        f"{economy.name}: activity {economy.activities[worst]} buys domestic inputs of "
        f"{100.0 * buys[worst]:.1f} % of its output, and the economy cannot meet its demand (Hawkins-Simon); "
        "audit the table"
    )
