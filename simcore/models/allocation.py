"""Who goes short where not all that is wanted can be made: a linear program for each period."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.system import factorise, final_sales, intermediate_sales
from ..errors import TableError, UnproductiveEconomyError
from .accounts import Base, base_flows, settle, technology, wanted_change
from .allocation_limits import Limits, limits_of
from .allocation_program import Given, Period, Weights, allocate
from .base import CAPACITY, DEMAND, LABOUR, Outcome, Paths, Traits, kept, model, parameter, require_channels

WITHOUT_EFFECT = frozenset({"stock_cover"})  # firms hold no stocks here
MRIA_OVERCAPACITY = 1.1 / 0.98 - 1.0  # 10 % on top of normal use, and the 2 % that is idle in normal times
MOST_FLOWS = 20_000  # flows that the program may redirect; beyond it a period takes minutes
ADVICE = {
    "passage": "with fixed trade shares one closed route would stop all that its buyers buy of a product; let the "
    "program choose other origins by model: {name: allocation, options: {trade: chosen}}, or use 'inventory'",
    "income": "consumption is given here; use 'inventory', or 'leontief' with households: closed",
}


@model("allocation")
class Allocation:
    """The allocation of scarce output that costs least: rationing, disaster imports and idle capacity by optimisation.

    In every period final users want their base purchases and what measures add. Where that asks for more than
    capacity or imports allow, a linear program decides who goes short. It chooses, in yuan of the period,

    - r: final demand withheld, by product and pool of buyers, at most all of it (``rationing_limit``); stock building
      of producers and imports of final users can be withheld like it;
    - m: disaster imports, which stand in for the output of an activity, at most the share ``disaster_imports`` of what
      is imported of its product in the base;
    - t (``trade: chosen`` only): deliveries redirected from one origin to another;

    subject to the Leontief system and the limits::

        x = A x + f - r - m + t      output meets what is left of demand;  A with the period's coefficients
        0 <= x <= capacity           scarcer one of capacity and labour, at least the floor, times productivity,
                                     plus headroom (and ``overcapacity``), plus new capital
        imports <= limit x base      where ``import_limit`` is below one; disaster imports count
        flow <= passage x base flow  where ``passage`` is below one (``trade: chosen`` only)

    so as to optimise the ``objective``:

    ==================  ================================================================================
    cost (default)      least ``sum(x) + import_weight sum(g m) + rationing_weight sum(g r)``, where g is the output
                        of all activities per unit of final demand (column sums of the Leontief inverse), 1 for
                        imported goods; what MRIA minimises. Redirected deliveries cost ``redirect_cost`` each and
                        output is counted at the base's trade shares
    gross_output        most ``sum(x)``
    final_consumption   most deliveries to final users and stocks
    ==================  ================================================================================

    Optima are often many. Among them the one that is nearest to what is wanted is taken: the least sum over all
    decisions of (amount / base flow)² x base flow, so that whom the objective cannot tell apart goes short by the
    same share. Within a product and pool all final users go short by the same share. Where no limit binds the
    period is that of ``leontief``, and a calm period is the base, bit for bit. With fixed trade shares the pooled and
    the full form of an economy give the same answer; ``trade: chosen`` redirects, and closes routes, for each pool as
    a whole.

    Shadow prices. ``Paths.shadow_price`` is the gain of the objective per yuan of additional capacity (yuan of weighted
    cost, of gross output, or of final deliveries). ``binding`` names what bound: capacity, labour, or the imported
    product that an activity uses and that is short. ``bottlenecks`` ranks them. Where several limits bind only
    together (two like halves of an activity, say) the price belongs to all of them jointly; each then shows the price
    of relaxing all in proportion, and relaxing one alone may gain less.

    Assumptions. Inputs are used in fixed proportions (the period's coefficients), so each of them can stop production;
    with ``trade: fixed`` so are the origins of every product in every pool. All of a shortage falls in its period:
    nothing is stored, delayed or caught up. Firms are served before final users, since only final demand is withheld.
    Disaster imports are only what already comes in, somewhat more of it. Prices and incomes stay.

    When not to use it. A program acts like a planner who sees the whole economy: under its assumptions no other
    rationing loses less. But the assumptions are hard: without stocks, with every input binding and origins fixed, a
    small activity that serves many holds them all up, so losses of a short and uneven shock come out larger than in
    ``inventory``, and the shadow price of such an activity is many yuan a yuan. The program cuts the final demand that
    frees most of the bottleneck per unit of objective, to nothing before it touches the next, which no market does. It
    ranks bottlenecks; it does not forecast who goes short. Shocks that bind everywhere at once take longest, and
    ``trade: chosen`` is meant for small or aggregated tables and for shocks to a few activities.

    References
    ----------
    Koks and Thissen (2016), Economic Systems Research 28(4), for MRIA, compared with other models by Koks, Carrera,
    Jonkeren, Aerts, Husby, Thissen, Standardi and Mysiak (2016), Natural Hazards and Earth System Sciences 16; Pichler
    and Farmer (2022), Economic Systems Research 34, for limits of supply and demand at once.
    """

    objective: Literal["cost", "gross_output", "final_consumption"] = "cost"
    trade: Literal["fixed", "chosen"] = "fixed"
    rationing_weight: float = parameter(
        2.0, 1.5, 5.0, "factor", "on the output that a unit of rationed demand would take",
        "[F] 2 in MRIA; must exceed import_weight for imports to come first",
    )  # fmt: skip
    import_weight: float = parameter(
        1.75, 1.1, 5.0, "factor", "on the output that a unit of disaster imports replaces", "[F] 1.75 in MRIA"
    )
    disaster_imports: float = parameter(
        0.1, 0.0, 0.5, "share", "of a product's base imports that can come on top at short notice", "[A]"
    )
    overcapacity: float = parameter(
        0.0, 0.0, MRIA_OVERCAPACITY, "share", "of capacity on top of the economy's headroom",
        "[A] 0, headroom is measured; MRIA takes 1.1/0.98 - 1 for all",
    )  # fmt: skip
    rationing_limit: float = parameter(1.0, 0.2, 1.0, "share", "of what final users want that can be withheld", "[A]")
    redirect_cost: float = parameter(
        0.1, 0.01, 0.5, "yuan per yuan", "of a delivery that comes from another origin than in the base", "[A]"
    )
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "capacity", "labour", "capital", "productivity", "coefficient", "import_limit"}
        | {"passage", "floor", "listed", "stock_release"}
        | WITHOUT_EFFECT
    )
    without_effect: ClassVar[frozenset[str]] = WITHOUT_EFFECT
    advice: ClassVar[Mapping[str, str]] = ADVICE
    bibtex: ClassVar[str] = """\
@article{koks2016regional,
  author = {Koks, Elco E. and Carrera, Lorenzo and Jonkeren, Olaf and Aerts, Jeroen C. J. H. and Husby, Trond G. and
            Thissen, Mark and Standardi, Gabriele and Mysiak, Jaroslav},
  title = {Regional disaster impact analysis: comparing input-output and computable general equilibrium models},
  journal = {Natural Hazards and Earth System Sciences},
  volume = {16},
  pages = {1911--1924},
  year = {2016},
  doi = {10.5194/nhess-16-1911-2016}
}
"""

    def __post_init__(self) -> None:
        for name, allowed in (("objective", tuple(GAINS)), ("trade", ("fixed", "chosen"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is '{getattr(self, name)}'; write {', '.join(allowed)}")
        for name in ("disaster_imports", "rationing_limit"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} is {getattr(self, name)}; it lies between 0 and 1")
        if not (self.overcapacity >= 0.0 and self.redirect_cost > 0.0):
            raise ValueError("overcapacity must be zero or more and redirect_cost above zero")
        if not (self.import_weight > 1.0 and self.rationing_weight > 1.0):
            raise ValueError("import_weight and rationing_weight must exceed 1, or nothing would be made at all")
        if self.trade == "fixed":
            object.__setattr__(self, "channels", type(self).channels - {"passage"})
        elif self.objective == "gross_output":
            raise ValueError("trade: chosen would redirect deliveries only to make more; use another objective with it")

    @property
    def closure(self) -> str:
        """What is held fixed."""
        goal = GAINS[self.objective]
        return f"what final users want is given, capacity and imports limit supply, a planner allocates; {goal}"

    @property
    def traits(self) -> Traits:
        """What moves and what is held."""
        imports = "relief" if self.disaster_imports else "fixed"
        origins = "each" if self.trade == "fixed" else "moving"
        return Traits("optimum", "binding", "at once", "passive", "given", imports, origins)

    @property
    def switches(self) -> Mapping[str, Mapping[str, float]]:
        """Options that switch a trait off, by trait."""
        return {"imports": {"disaster_imports": 0.0}} if self.disaster_imports else {}

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Periods in which no answer meets all limits are NaN and the outcome is ``infeasible``.

        Raises
        ------
        ChannelError
            If the drivers use a channel that this form lacks.
        UnproductiveEconomyError
            If the economy cannot meet its final demand even in the base.
        TableError
            If trade is to be chosen between too many flows.
        """
        require_channels(self, drivers)
        base = base_flows(economy, drivers.calendar)
        flows = int(np.count_nonzero(economy.origin))
        if self.trade == "chosen" and flows > MOST_FLOWS:
            raise TableError(
                f"{economy.name} has {flows} shares of origin; trade: chosen takes at most {MOST_FLOWS}. Put buyers "
                "into pools or aggregate, or use trade: fixed"
            )
        wanted = wanted_change(economy, drivers)
        limits = limits_of(economy, drivers, base, self.overcapacity)
        results = _Results.empty(economy, len(wanted))
        for periods in _alike(drivers, wanted, limits):
            self._solve(economy, drivers, base, wanted, limits, periods, results)
        return self._close(economy, drivers, base, wanted, limits, results)

    def weights(self) -> Weights:
        """The objective's price of each decision."""
        cost = self.objective == "cost"
        return Weights(
            objective=self.objective,
            rationing=self.rationing_weight - 1.0 if cost else 1.0,  # what is not made is not paid for either
            imports=self.import_weight - 1.0 if cost else 1.0,
            redirect=self.redirect_cost,
            rationing_limit=self.rationing_limit,
            disaster_imports=self.disaster_imports,
            chosen=self.trade == "chosen",
        )

    def _solve(
        self, economy: Economy, drivers: Drivers, base: Base, wanted: np.ndarray, limits: Limits, periods: list[int],
        results: _Results,
    ) -> None:  # fmt: skip
        """Fill in the results of periods that are alike."""
        t = periods[0]
        factor = technology(drivers)
        calm = factor is None or (factor[t] == 1.0).all()
        a, m = (base.a, base.m) if calm or factor is None else (base.a * factor[t], base.m * factor[t])
        system = kept(economy, "allocation system", lambda: factorise(economy, base.a)) if calm else None
        system = system or factorise(economy, a)
        if not system.productive:
            if calm:
                raise UnproductiveEconomyError(
                    f"{economy.name} cannot meet its final demand (Hawkins-Simon); audit the table"
                )
            results.failed.append((t, "production needs more inputs than it yields (Hawkins-Simon fails)"))
            return
        at_home = np.where(base.unknown, 0.0, wanted[t] * (1.0 - economy.import_share))
        more = final_sales(economy, at_home[None])[0] + intermediate_sales(economy, (a - base.a) * base.x)
        output = base.x + system.solve((more - limits.release[t])[None])[0]
        period = Period(
            economy, base, a, m, output, base.final_domestic + at_home,
            base.final_imported + wanted[t] * economy.import_share, limits.of_period(t),
        )  # fmt: skip
        given = allocate(period, self.weights())
        if given is None:
            worst = int(np.argmax(output - limits.capacity[t]))
            results.failed.append(
                (t, f"{economy.activities[worst]} would have to make {output[worst]:.4g} and can make "
                    f"{limits.capacity[t, worst]:.4g}")
            )  # fmt: skip
            return
        results.take(periods, given)

    def _close(
        self, economy: Economy, drivers: Drivers, base: Base, wanted: np.ndarray, limits: Limits, results: _Results
    ) -> Paths:
        """Accounts of what was delivered: of all that was wanted, less what was withheld, plus disaster imports."""
        others = tuple(
            term for term in drivers.terms if term.channel != "import_limit"
        )  # withheld here, by the program
        paths = settle(
            economy, Drivers(drivers.calendar, drivers.shapes, others), results.output, wanted=wanted, served=True
        )
        lost = results.lost_home + results.lost_abroad
        makers = (economy.sector[:, None] == np.arange(economy.K)).astype(float)
        stock_change = (
            paths.stock_change + final_sales(economy, results.lost_home) + results.imported - results.redirected
        )
        gap = np.abs(stock_change - base.stock_change - results.restocked).max(axis=1)
        total = np.maximum(np.abs(results.output).sum(axis=1), 1e-300)
        solved = np.isfinite(gap)
        return paths._replace(
            final=paths.final - lost,
            unmet=paths.unmet + lost,
            imports=paths.imports - results.lost_abroad.sum(axis=2) + results.imported @ makers,
            stock_change=stock_change,
            binding=results.binding,
            shadow_price=results.price,
            residual=max(paths.residual, float((gap / total)[solved].max(initial=0.0))),
            outcome=_outcome(economy, drivers, results),
        )


GAINS: Mapping[str, str] = {
    "cost": "least cost of output, disaster imports and rationing",
    "gross_output": "most gross output",
    "final_consumption": "most final deliveries",
}


class _Results(NamedTuple):
    """What the periods gave, (T, ...)."""

    output: np.ndarray  # (T, n)
    lost_home: np.ndarray  # (T, K, F)
    lost_abroad: np.ndarray  # (T, K, F)
    imported: np.ndarray  # (T, n) disaster imports
    redirected: np.ndarray  # (T, n) deliveries beyond the base's shares
    restocked: np.ndarray  # (T, n) change of the producers' stocks that was decided
    price: np.ndarray  # (T, n)
    binding: np.ndarray  # (T, n)
    scarce: dict[int, float]  # product whose imports are short: highest shadow price
    failed: list[tuple[int, str]]
    stopped: list[int]  # periods whose answer is an optimum, but perhaps not the nearest

    @classmethod
    def empty(cls, economy: Economy, T: int) -> _Results:
        n, K, F = economy.n, economy.K, economy.F

        def unknown(*shape: int) -> np.ndarray:
            return np.full((T, *shape), np.nan)

        return cls(
            output=unknown(n), lost_home=unknown(K, F), lost_abroad=unknown(K, F), imported=unknown(n),
            redirected=unknown(n), restocked=unknown(n), price=unknown(n),
            binding=np.full((T, n), DEMAND, dtype=np.int16), scarce={}, failed=[], stopped=[],
        )  # fmt: skip

    def take(self, periods: list[int], given: Given) -> None:
        self.output[periods], self.imported[periods] = given.output, given.imported
        self.lost_home[periods], self.lost_abroad[periods] = given.lost_home, given.lost_abroad
        self.redirected[periods], self.restocked[periods] = given.redirected, given.restocked
        self.price[periods] = given.price
        self.binding[periods] = given.binding
        if not given.nearest:
            self.stopped.extend(periods)
        for k, price in given.scarce.items():
            self.scarce[k] = max(price, self.scarce.get(k, 0.0))


def _alike(drivers: Drivers, wanted: np.ndarray, limits: Limits) -> list[list[int]]:
    """Periods that ask for the same under the same limits are solved once."""
    factor = technology(drivers)
    groups: dict[tuple[bytes, ...], list[int]] = {}
    for t in range(len(wanted)):
        own = () if factor is None else (factor[t].tobytes(),)
        groups.setdefault((wanted[t].tobytes(), *limits.key(t), *own), []).append(t)
    return list(groups.values())


def _outcome(economy: Economy, drivers: Drivers, results: _Results) -> Outcome:
    if results.failed:
        t, why = min(results.failed)
        return Outcome(
            "infeasible",
            f"{drivers.calendar.labels[t]}: no allocation meets all limits ({why}): raise rationing_limit, "
            "disaster_imports or overcapacity, or soften the shock",
        )
    if results.stopped:
        first = drivers.calendar.labels[min(results.stopped)]
        return Outcome(
            "completed",
            f"in {first} the search among equal optima was stopped: the objective is right, who goes short is one of "
            "several answers; aggregate the table, or use trade: fixed",
        )
    if results.scarce:
        k = max(results.scarce, key=lambda product: results.scarce[product])
        text = f"imports of {economy.sectors.codes[k]} are the scarcest, worth {results.scarce[k]:.3g} a yuan"
        return Outcome("completed", text)
    return Outcome("completed")


class Bottleneck(NamedTuple):
    """A limit that bound: whose, which, in how many periods, and what relaxing it would have gained."""

    activity: str
    limit: str  # capacity or labour
    periods: int
    shadow_price: float  # of one more yuan a period, mean over the periods in which it bound
    gain: float  # of one more yuan in every period


def bottlenecks(economy: Economy, paths: Paths) -> tuple[Bottleneck, ...]:
    """Activities by what one more yuan of capacity in every period would gain, the most valuable first.

    The gain is in the units of the model's objective, over the whole run; activities whose limits gain nothing are
    left out.

    Raises
    ------
    ValueError
        If the paths carry no shadow prices: only a model that optimises has them.
    """
    if paths.shadow_price is None:
        raise ValueError("these paths carry no shadow prices; run the model 'allocation'")
    price = np.nan_to_num(paths.shadow_price)
    gain = price.sum(axis=0)
    found = []
    for i in np.argsort(-gain, kind="stable"):
        if gain[i] <= 0.0:
            break
        bound = price[:, i] > 0.0
        by_labour = (paths.binding[bound, i] == LABOUR).sum() > (paths.binding[bound, i] == CAPACITY).sum()
        limit = "labour" if by_labour else "capacity"
        count = int(bound.sum())
        found.append(Bottleneck(economy.activities[i], limit, count, float(gain[i] / count), float(gain[i])))
    return tuple(found)
