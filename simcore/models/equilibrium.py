"""General equilibrium of the whole table: prices clear every market of goods and factors, period by period."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import field, fields
from typing import ClassVar, Literal

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..errors import TableError
from .base import LABOUR_INCOME, Paths, Traits, kept, model, parameter, require_channels
from .equilibrium_paths import Outturn, network_of, outturn, paths_of, shocks_of
from .nested_ces import Elasticities, no_shock
from .nested_ces_orders import Orders, orders
from .nested_ces_solve import Solver

SOLVERS = 8  # kept, each with its base and a factor of its Jacobian: draws bring many
_SOLVERS: OrderedDict[tuple, Solver] = OrderedDict()


@model("equilibrium")
class Equilibrium:
    """Prices and quantities that clear all markets of goods, labour and capital, with nested CES production.

    Every quantity is stated as its ratio to the base year ("exact hat algebra"), so shares of the table and
    elasticities are all it needs. Firms minimise cost: value added against inputs (elasticity ``value_added``),
    products among inputs (``inputs``), home against imported (``imports``), activities of one product against each
    other, by region and ownership (``origins``), labour against capital (``substitution``). With prices over base::

        Q_kp = [sum_i origin_ip p_i^(1-origins)]^(1/(1-origins))
        R_kj = c_kj [home_kj Q_kp^(1-imports) + (1-home_kj) pm_k^(1-imports)]^(1/(1-imports))
        q_j = [sum_k Omega_kj R_kj^(1-inputs)]^(1/(1-inputs))
        p_j = [alpha_j w_j^(1-va) + (1-alpha_j) q_j^(1-va)]^(1/(1-va)) / (A_j (1-cost_j))
        sales_i = sum_j O_ij(p) (1-cost_j) sales_j + final demand_i(p)
        alpha_j(p) (1-cost_j) sales_j = w_j V_j, relative to the base      (market of value added)

    and each index read as its limit, ``prod p^share``, at elasticity one. Solved exactly, by Newton with an analytic
    Jacobian and homotopy in the shock. Periods are independent: no stocks, delays or expectations.

    **Closure.** Each home user (households, government, investment of a region) spends a given sum of money, the
    numeraire, on products at elasticity ``final``; imports have given prices in the same money; demand of users
    abroad has price elasticity ``exports``; the balance of trade is the residual, lent or borrowed abroad. This is the
    nominal demand of the 2022 paper, held by monetary policy and expectations, in an open economy. Changes of stocks
    keep their volume, and so does what the category ``inventories`` buys.

    **Drivers.** ``demand`` adds to what a user spends, by its size at base prices, and minds prices as the rest does;
    at home it is paid by borrowing, so nominal spending rises and goods are taken from others through prices. Of
    ``income`` (a negative one is a fall of nominal demand) households spend ``mpc``. ``labour`` scales labour,
    ``capacity`` and ``capital`` (new or lost machines) scale capital, all at least as far as ``floor`` guarantees;
    where factors are specific, the workers of lost capacity are idle with it. ``productivity``, ``coefficient``,
    ``cost`` and ``import_price`` stand in the equations. Net taxes are part of factors' income, in proportion;
    labour's share is compensation over all positive components of value added.

    **Factors.** ``specific``: labour and capital stay in their activity (weeks to months). ``mobile_labour``: labour
    moves, country-wide. ``mobile``: both do (years). ``wages: rigid`` is the Keynesian form: an activity's wage does
    not fall below its base, its labour is tight (all employed) or slack (at the floor, some unemployed), found as a
    complementarity problem. Less nominal demand then costs output where labour is slack; more demand raises prices,
    not output, where it is tight. In calm all labour is just employed, so stimulus alone works as with flexible
    wages: it finds idle labour only where another shock has made it idle.

    **Reading.** ``output``, ``value_added`` (double deflation), ``final`` and ``imports`` are volumes at base-year
    prices, ``price`` is the producer price over its base, ``household_income`` is at the prices households pay. With
    flexible wages real GDP moves to first order by productivity and supply of factors alone (Hulten), whatever the
    closure: **measures that raise demand crowd out other demand nearly one for one**; their small effect on the
    total is the assumption of full employment, not a finding. ``binding`` names the factor that an activity has lost,
    else demand; with rigid wages labour also where it is just tight, and demand wherever it is slack. First order,
    second order and exact change of GDP side by side: ``Equilibrium().orders(economy, drivers)``. Reports that let
    industrial value added follow output show a rise where an activity makes more of more inputs from given factors;
    ``value_added`` here, by double deflation, does not rise by that.

    When not to use it
    ------------------
    For the first days of a disruption (no substitution yet, stocks matter: ``inventory``); for the size of a stimulus
    in a slump (idle capacity is not in the base: ``inventory`` or ``leontief``); for the order of events over months.
    With low elasticities the price of what is nearly lost is huge: read quantities. An activity that loses a tenth of
    its labour loses about labour's share of a tenth of its value added, since capital replaces some of it, and less of
    its output, since inputs do too; where nobody can replace an absent worker within weeks, set ``substitution`` and
    ``value_added`` low, or use ``inventory``. One that loses all its labour or capital has no equilibrium, since below
    an elasticity of one production needs some of each.

    Parameters
    ----------
    factors : {"specific", "mobile_labour", "mobile"}
    wages : {"flexible", "rigid"}

    References
    ----------
    Baqaee and Farhi (2019), Econometrica 87(4); Baqaee and Farhi (2022), American Economic Review 112(5).
    """

    factors: Literal["specific", "mobile_labour", "mobile"] = field(
        default="specific",
        metadata={"meaning": "what moves between activities: nothing, labour, or labour and capital"},
    )
    wages: Literal["flexible", "rigid"] = field(
        default="flexible",
        metadata={"meaning": "rigid: wages do not fall below their base, unemployment does the rest"},
    )
    value_added: float = parameter(
        0.5, 0.2, 0.9, "elasticity", "between value added and inputs",
        "[A]; benchmark ascribed to Baqaee and Farhi (2019), not checked in print",
    )  # fmt: skip
    inputs: float = parameter(
        0.1, 0.001, 0.3, "elasticity", "among intermediate products",
        "[A] short run 0 to 0.3; 0.001 is ascribed to Baqaee and Farhi (2019), not checked in print",
    )  # fmt: skip
    final: float = parameter(
        0.9, 0.5, 1.1, "elasticity", "among products of a final user",
        "[A]; benchmark ascribed to Baqaee and Farhi (2019), not checked in print",
    )  # fmt: skip
    substitution: float = parameter(
        0.5, 0.3, 0.8, "elasticity", "between labour and capital",
        "[A]; about 0.5 is ascribed to Baqaee and Farhi (2022), not checked in print",
    )  # fmt: skip
    imports: float = parameter(
        0.8, 0.2, 2.0, "elasticity", "between home and imported products",
        "[A]; trade models use 2.8 to 4.4 in the long run, a year about half of it, a month about 0.2",
    )  # fmt: skip
    origins: float = parameter(
        1.5, 0.5, 4.0, "elasticity", "between activities that make one product, by region and ownership",
        "[A] above that between home and imported, far below perfect substitution",
    )  # fmt: skip
    exports: float = parameter(
        0.65, 0.4, 1.5, "elasticity", "of demand abroad to the price of exports",
        "[F] aggregate exports of China, short run: Yao, Tian and Su (2013), China & World Economy",
    )  # fmt: skip
    mpc: float = parameter(
        0.35, 0.15, 0.6, "yuan per yuan", "spent of a transfer to households",
        "[A] a quarter's response; France 0.23 to 0.61 a month [F]",
    )  # fmt: skip
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "income", "capacity", "labour", "capital", "productivity", "coefficient", "cost"}
        | {"import_price", "floor", "listed", "stock_release"}
    )
    traits: ClassVar[Traits] = Traits("markets", "substitutable", "at once", "clearing", "given", "prices", "prices")
    closure: ClassVar[str] = (
        "prices clear all markets at given factors; nominal spending at home and prices of imports given, the balance "
        "of trade is the residual"
    )
    advice: ClassVar[Mapping[str, str]] = {
        "import_limit": "it knows prices of imports, not quotas: state import_price, or use 'inventory'",
        "passage": "buyers change origins by price, not by barrier: use 'inventory'",
        "buyer_price": "state the change of purchases as demand, or the producers' tax as cost",
        "stock_cover": "it holds no stocks of inputs: use 'inventory'",
        "delay": "its periods are independent: use 'inventory'",
        "priority": "prices ration here: use 'inventory'",
    }
    bibtex: ClassVar[str] = """\
@article{baqaee_farhi_2019,
  author = {Baqaee, David Rezza and Farhi, Emmanuel},
  title = {The Macroeconomic Impact of Microeconomic Shocks: Beyond {Hulten's} Theorem},
  journal = {Econometrica}, volume = {87}, number = {4}, year = {2019}
}
@article{baqaee_farhi_2022,
  author = {Baqaee, David and Farhi, Emmanuel},
  title = {Supply and Demand in Disaggregated {Keynesian} Economies with an Application to the {Covid-19} Crisis},
  journal = {American Economic Review}, volume = {112}, number = {5}, year = {2022}
}
"""

    def __post_init__(self) -> None:
        if self.factors not in ("specific", "mobile_labour", "mobile"):
            raise ValueError(f"factors is '{self.factors}'; write specific, mobile_labour or mobile")
        if self.wages not in ("flexible", "rigid"):
            raise ValueError(f"wages is '{self.wages}'; write flexible or rigid")
        for f in fields(self):  # type: ignore[arg-type]  # the decorator makes it a dataclass
            value = getattr(self, f.name)
            if f.metadata.get("unit") == "elasticity" and not (np.isfinite(value) and value >= 0.0):
                raise ValueError(f"{f.name} is {value}; an elasticity is zero or more")
        if self.substitution <= 0.0:
            raise ValueError("substitution is 0; labour and capital need some: 0.05 is nearly none")
        if not 0.0 <= self.mpc <= 1.0:
            raise ValueError(f"mpc is {self.mpc}; it lies between 0 and 1")

    def elasticities(self) -> Elasticities:
        """Elasticities by tier, as the solver reads them."""
        return Elasticities(
            self.value_added, self.inputs, self.final, self.imports, self.origins, self.substitution, self.exports
        )

    def solver(self, economy: Economy) -> Solver:
        """The economy as a network with this model's elasticities and closure, in money a year.

        Raises
        ------
        TableError
            If a use of inputs or an activity's value added is negative, or wages or mobile labour are asked for
            where value added has no labour income.
        """
        if LABOUR_INCOME not in economy.value_added_names and (self.wages == "rigid" or self.factors != "specific"):
            raise TableError(
                f"{economy.name}: no component '{LABOUR_INCOME}' in value added "
                f"({', '.join(economy.value_added_names)}), so nobody is known to be employed; name it so, or use "
                "factors: specific and wages: flexible"
            )
        net = kept(economy, "nested CES network", lambda: network_of(economy))
        key = (id(net), self)
        found = _SOLVERS.get(key)
        if found is None:  # a solver holds its network, so that no other one has its id as long as it is kept
            found = _SOLVERS[key] = Solver(net, self.elasticities(), self.factors, self.wages == "rigid")
            if len(_SOLVERS) > SOLVERS:
                _SOLVERS.popitem(last=False)
        return found

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units. Periods with equal drivers are solved once.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        TableError
            As ``solver``.
        """
        require_channels(self, drivers)
        solver = self.solver(economy)
        base = start = solver.base()
        shocks, unmet = shocks_of(economy, solver.network, drivers, self.mpc, self.factors == "specific")
        known: dict[tuple, Outturn] = {}
        outturns = []
        for shock in shocks:
            key = tuple(values.tobytes() for values in shock)
            if key not in known:
                found = solver.solve(shock, start) if any(v.any() for v in shock) else base
                start = found if found.converged else base
                known[key] = outturn(solver.network, shock, found)
            outturns.append(known[key])
        calm = outturn(solver.network, no_shock(solver.network), base)
        return paths_of(economy, drivers, solver, shocks, outturns, calm, unmet)

    def orders(self, economy: Economy, drivers: Drivers) -> list[Orders]:
        """Change of log real GDP by period: first order (Hulten), second order, and exact along the path to the shock.

        The orders are those of productivity and supply of factors. What else drivers move (demand, tastes, prices of
        imports) has no first order and enters the exact change only, through the weights. See ``nested_ces_orders``,
        which has the same on bare arrays.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        ValueError
            If wages are rigid, or the drivers have cost wedges or input coefficients: weights are then not effects.

        Examples
        --------
        A tenth of the labour of one activity is missing in the second of two quarters:

        >>> import numpy as np
        >>> from simcore.calendar import Calendar
        >>> from simcore.testing import random_economy
        >>> economy = random_economy(np.random.default_rng(1), sectors=3, regions=1)
        >>> missing = np.where(np.arange(economy.n) == 0, -0.1, 0.0)
        >>> calm = Drivers.calm(economy, Calendar.between("2022-Q1", "2022-Q2"))
        >>> drivers = calm.having("l:labour", "labour", np.array([0.0, 1.0]), missing)
        >>> quarters = Equilibrium().orders(economy, drivers)
        >>> [[round(100 * float(value), 3) for value in quarter] for quarter in quarters]
        [[0.0, 0.0, 0.0], [-0.647, -0.678, -0.679]]
        """
        require_channels(self, drivers)
        solver = self.solver(economy)
        shocks, _ = shocks_of(economy, solver.network, drivers, self.mpc, self.factors == "specific")
        return [orders(solver, shock) for shock in shocks]
