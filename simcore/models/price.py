"""Cost-push prices: what dearer imports, wedges and better technology do to prices when quantities stay."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar

import numpy as np

from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..economy.solvers import Solved
from ..economy.system import factorise
from .accounts import base_flows, settle, technology, told, unproductive
from .base import (
    MILLER_BLAIR,
    Outcome,
    Paths,
    Solving,
    Traits,
    check_solver,
    model,
    parameter,
    require_channels,
    solver_option,
)
from .conditions import at_buyers, of_activities, states

QUANTITIES = "quantities stay here; use 'leontief' or 'inventory' for volumes"


@model("price")
class Price:
    """Prices cover costs: each activity passes what its inputs cost more on to its buyers, down the chain, at once.

    Equations. p is the producer price over its base, pm the price of imports (``import_price``), A and M the
    domestic and imported input coefficients by ``coefficient`` over ``productivity``, v primary inputs a unit of output
    (over ``productivity``), w the ``cost`` wedge as a share of the base's producer price, s the share passed on. With
    full pass-through ``p = A' p + M' pm + v + w``; in general, as the change from the base,

        dp = s (A' dp + g),   g = M' (pm - 1) + (change of A and M at base prices) + v (1 / productivity - 1) + w.

    What it says. ``Paths.price`` holds p by activity and period; volumes stay those of the base, exactly. What buyers
    pay is in ``Paths.user_price`` by final user and in ``category_prices`` by category of final demand: domestic and
    imported goods in the shares of the base (Laspeyres), with ``buyer_price`` on top. The duals hold: a price change
    caused by cost g, times final demand, is the cost times output.

    Assumptions. One price an activity for all buyers. Fixed coefficients, so no buyer turns to something cheaper; no
    quantity reacts; wages and profits of others stay in money. What is not passed on comes out of the operating
    surplus. No lags: a period's costs are in the period's prices. Anchored: calm leaves every price at one, exactly.

    When not to use it. Not for volumes, which it says nothing about: channels that move only volumes are refused. Not
    where demand is elastic or capacity tight, so that prices answer to scarcity, or over years in which inputs are
    substituted: use ``equilibrium``. Full pass-through is an upper bound for the short run.

    References
    ----------
    Leontief (1951), The Structure of American Economy; Miller and Blair (2009), chapter 2; Oosterhaven (2023), Economic
    Systems Research, on the four basic models.
    """

    pass_through: float = parameter(
        1.0, 0.6, 1.0, "share", "of a change of unit cost that an activity passes on to its buyers",
        "[A] 1 is the textbook's full pass-through, 0.6 what import prices come to within two quarters",
    )  # fmt: skip
    pass_through_by_sector: Mapping[str, float] = field(
        default_factory=dict,
        metadata={"meaning": "the same by sector or group, in place of pass_through; later entries have the last word"},
    )
    solver: Solving = solver_option()
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"import_price", "cost", "productivity", "coefficient", "buyer_price"}
    )
    advice: ClassVar[Mapping[str, str]] = {
        name: QUANTITIES
        for name in ("demand", "preference", "income", "capacity", "labour", "capital", "stock_release")
    }
    traits: ClassVar[Traits] = Traits("base", "fixed", "at once", "costs", "given", "fixed", "shares")
    closure: ClassVar[str] = "cost-push prices, quantities fixed"
    bibtex: ClassVar[str] = (
        """\
@book{leontief1951,
  author = {Leontief, Wassily W.},
  title = {The Structure of American Economy, 1919--1939},
  year = {1951}
}
@article{oosterhaven2023,
  author = {Oosterhaven, Jan},
  title = {Price Re-Interpretations of the Basic {IO} Quantity Models Result in the Ultimate Input-Output Equations},
  journal = {Economic Systems Research},
  year = {2023},
  doi = {10.1080/09535314.2022.2159792}
}
"""
        + MILLER_BLAIR
    )

    def __post_init__(self) -> None:
        check_solver(self.solver)
        shares = {"pass_through": self.pass_through, **self.pass_through_by_sector}
        for name, share in shares.items():
            if not (math.isfinite(share) and 0.0 <= share <= 1.0):
                raise ValueError(f"pass-through of {name} is {share}; it lies between 0 and 1")

    def passed_on(self, economy: Economy) -> np.ndarray:
        """Share of a change of cost that each activity passes on, (n,).

        Raises
        ------
        UnknownNameError
            If a name in ``pass_through_by_sector`` is no sector or group of the economy.
        """
        return of_activities(economy, self.pass_through, self.pass_through_by_sector, "pass_through_by_sector")

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        UnproductiveEconomyError
            If the economy cannot meet its final demand even in the base.
        UnknownNameError
            If ``pass_through_by_sector`` names no sector or group.
        """
        require_channels(self, drivers)
        calendar = drivers.calendar
        output = np.tile(base_flows(economy, calendar).x, (calendar.periods, 1))
        price, answers = self._prices(economy, drivers)
        failed = np.isnan(price).all(axis=1)
        outcome = unproductive(drivers, failed) if failed.any() else Outcome("completed")
        paths = settle(economy, Drivers.calm(economy, calendar), output, served=True, outcome=outcome, price=price)
        return told(paths._replace(user_price=purchaser_prices(economy, drivers, price)), answers)

    def _prices(self, economy: Economy, drivers: Drivers) -> tuple[np.ndarray, list[Solved]]:
        """Producer prices over their base, (T, n), NaN where a technology is not productive; and what was solved."""
        base, factor, passed = base_flows(economy, drivers.calendar), technology(drivers), self.passed_on(economy)
        cost = self._cost(economy, drivers, factor)
        price, answers = np.full(cost.shape, np.nan), []
        for now, system, periods in states(economy, drivers, self.solver):
            # Hawkins-Simon is about technology: with little passed on, prices would exist where output does not.
            if not system.productive:
                continue
            if (passed < 1.0).any():
                a = base.a * passed if now is None else base.a * now * passed
                system = factorise(economy, a, solver=self.solver, columns=len(periods))
            answers.append(system.solver.solve(passed * cost[periods], transposed=True))
            price[periods] = 1.0 + answers[-1].x
        return price, answers

    def _cost(self, economy: Economy, drivers: Drivers, factor: np.ndarray | None) -> np.ndarray:
        """Change of unit cost at the base's domestic prices, as a share of the base's producer price, (T, n)."""
        base, n = base_flows(economy, drivers.calendar), economy.n
        wedge, productivity = drivers.dense("cost"), drivers.dense("productivity")
        total = np.zeros((drivers.calendar.periods, n)) if wedge is None else np.array(wedge)
        dearer = _imports_dearer(economy, drivers)
        if productivity is not None:
            primary = 1.0 - base.a.sum(axis=0) - base.m.sum(axis=0)
            total += np.where(base.x > 0, primary, 0.0) * (1.0 / productivity - 1.0)
        for t in range(len(total)):
            m = base.m if factor is None else base.m * factor[t]
            total[t] += dearer[t] @ m
            if factor is not None:
                total[t] += ((base.a + base.m) * (factor[t] - 1.0)).sum(axis=0)
        return total


def purchaser_prices(economy: Economy, drivers: Drivers, price: np.ndarray) -> np.ndarray:
    """What each final user pays for its purchases of the base over what it paid, (T, F).

    ``price`` (T, n) are producer prices over their base, as in ``Paths``; purchase taxes and subsidies
    (``buyer_price``) come on top. One for a user that buys nothing.
    """
    rise = economy.final_domestic * at_buyers(economy, price - 1.0)[:, :, economy.user_pool]
    rise = rise + economy.final_imported * _imports_dearer(economy, drivers)[:, :, None]
    bought = economy.final_domestic + economy.final_imported
    wedge = drivers.dense("buyer_price")
    if wedge is not None:
        rise = rise + bought * wedge
    total = bought.sum(axis=0)
    return 1.0 + np.divide(rise.sum(axis=1), total, out=np.zeros((len(price), economy.F)), where=total != 0)


def category_prices(economy: Economy, drivers: Drivers, price: np.ndarray) -> dict[str, np.ndarray]:
    """The same by category of final demand, (T,) each: ``households`` is the consumer price."""
    by_user = purchaser_prices(economy, drivers, price)
    spent = (economy.final_domestic + economy.final_imported).sum(axis=0)
    found = {}
    for name in CATEGORIES:
        users = economy.users(name)
        if users.size and spent[users].sum() != 0:
            found[name] = 1.0 + (by_user[:, users] - 1.0) @ spent[users] / spent[users].sum()
    return found


def _imports_dearer(economy: Economy, drivers: Drivers) -> np.ndarray:
    """Change of import prices as a share, (T, K)."""
    factor = drivers.dense("import_price")
    return np.zeros((drivers.calendar.periods, economy.K)) if factor is None else factor - 1.0
