"""Production with inventories: what a shock or a measure does step by step, when supply can bind."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..errors import UnknownNameError
from .base import Outcome, Paths, Traits, kept, model, parameter, require_channels
from .inventory_options import RuleOptions
from .inventory_rules import Inside, inside, inverse_at_least, rules_of
from .inventory_table import aligned, base_of, marginal_basket, shocks_of, table_of
from .lumping import Lumped, lump
from .market import buying, form_of
from .market_options import FIRST, MarketOptions

if TYPE_CHECKING:
    from ..kernels.inventory_state import Rates, Record, Shocks, State, Table

BIBTEX = """\
@article{Hallegatte2008,
  author = {Hallegatte, St{\\'e}phane},
  title = {An Adaptive Regional Input-Output Model and its Application to the Assessment of the Economic Cost of
           Katrina},
  journal = {Risk Analysis},
  volume = {28},
  number = {3},
  pages = {779--799},
  year = {2008},
  doi = {10.1111/j.1539-6924.2008.01046.x}
}

@article{Pichler2022,
  author = {Pichler, Anton and Pangallo, Marco and del Rio-Chanona, R. Maria and Lafond, Fran{\\c c}ois
            and Farmer, J. Doyne},
  title = {Forecasting the propagation of pandemic shocks with a dynamic input-output model},
  journal = {Journal of Economic Dynamics and Control},
  volume = {144},
  pages = {104527},
  year = {2022},
  doi = {10.1016/j.jedc.2022.104527}
}

@article{InoueTodo2019,
  author = {Inoue, Hiroyasu and Todo, Yasuyuki},
  title = {Firm-level propagation of shocks through supply-chain networks},
  journal = {Nature Sustainability},
  volume = {2},
  pages = {841--847},
  year = {2019},
  doi = {10.1038/s41893-019-0351-x}
}

@article{InoueTodo2020,
  author = {Inoue, Hiroyasu and Todo, Yasuyuki},
  title = {The propagation of economic impacts through supply chains: The case of a mega-city lockdown to prevent the
           spread of COVID-19},
  journal = {PLoS ONE},
  volume = {15},
  number = {9},
  pages = {e0239251},
  year = {2020},
  doi = {10.1371/journal.pone.0239251}
}
"""

ACCOUNTS = ("value_added", "final", "stock_change", "imports", "stocks")  # income equals expenditure
OUTPUTS = (*ACCOUNTS, "output", "unmet", "household_income", "binding", "inside")


@model("inventory")
class Inventory(RuleOptions, MarketOptions):
    """Output is the least of what buyers ask for, capacity can make and inputs allow; stocks carry over.

    In each inner step, in this order:

    1. Labour and capacity: what is left of the scarcer one, at least the guaranteed floor, times
       productivity (a floor may cover a listed part of the activity only); overtime up to the activity's headroom,
       reached slowly and given up at once; new capital adds to it.
    2. Demand: final demand, what of it waited, and the orders that firms placed at the end of the last step.
       Goods that cannot pass from a region to a pool of buyers are not ordered there. Strategic stocks are sold
       before production.
    3. Output: the least of demand, capacity and inputs. A fully critical input (criticality 1) limits output
       to what stock and arrivals allow, one with criticality c stops the share c of capacity (Pichler's
       half-critical inputs have 1/2), one with 0 never binds. What bound is recorded.
    4. Rationing of a supplier that falls short. Buyers of a higher class (channel ``priority``, 0 to 3) are served
       before those of a lower one; final users and stocks have class 0. Within a class: firms first, final users and
       stocks share what is left, each in proportion to orders (``rationing: intermediate_first``); the other way
       round (``final_first``); all get the same share (``proportional``); orders are filled up to a common multiple
       of their size in the base, so that those that grew least are filled first and new buyers last
       (``water_filling``, Inoue and Todo); or the highest offers are served first and equal ones share (``price``).
       That firms come first is an assumption [A]; Inoue and Todo's simulator offers it (final users last) beside
       proportional rationing. Proportional rationing lets a shortage of what cannot be stored feed on itself: with
       critical inputs of zero cover the economy can then break down at a small excess demand. With covers of a day
       and more the two rules give nearly the same.
    5. Stocks and orders: firms use what they need or have; they order expected need, which is the demand they
       just saw as far as capacity goes (and the share ``ordered_beyond`` of what goes beyond it), and a part of the gap
       to the wanted stock, which follows expected
       need slowly.
    6. Incomes: pay follows labour use; part of its change is spent, with a lag, on what the region's
       households buy.

    Origins. What a pool buys of a product comes from the activities that make it in the shares of the base
    (``origin: fixed``), or in shares that move, in ``substitution_time``, towards

        base share x strength / mean strength of the pool's origins

    where strength is present capacity over its base (``capacity``; at once as in ARIO with adaptive orders, Guan
    et al. 2020) or output over its base (``output``), times the share that gets through to the pool. Where nobody has
    any strength left shares stay. Orders of a step go to the shares that the last step left.

    Offers, where rationing is by price. A firm offers b (1 + w e): b from ``bids``, e the empty part of its shelf for
    the input, and w what a yuan of the input keeps going: criticality x value added / use of the input, at most 9 [A].
    Final users and stocks offer b and 1. Offers that differ by less than 1 % of the price are one [A]. They decide who
    is served, nobody pays them.

    Storage. Few pools of buyers that share their origins are looped over as they are (``pooled``). With many, the
    full form (one pool a buyer) above all, a supplier's links lie side by side, to all pools (``dense``) or to those
    that buy from it (``csr``). ``auto`` takes pools whose origins agree as one; it then takes links above 64 pools, and
    ``csr`` where less than a quarter of them are in use. Classes, moving origins, water_filling and price run on links
    to pools too; the last two judge each buyer by itself, and need no more shares of origin for that. Only a table
    whose buyers differ in their origins runs in full form, and the record of a run says so. The path is the same in
    all of them, to rounding.

    Imports keep their share in each use and come in as far as ``import_limit`` lets them; or, with an
    ``import_elasticity``, the ratio of imported to domestic purchases of a pool's firms, and of its final users, moves
    in ``import_time`` towards (fill of domestic orders / fill of imports) ** -elasticity times its base, within a
    factor of ``import_reach``: as if a good of which the share f is delivered cost 1 / f (Armington). What is not
    imported, or not made, in the base has no substitute. Turning to imports and back is the adaptation of Hallegatte
    (2008), in another form. Extra productivity
    means more output from the same inputs, labour and capacity. Prices are passive. Where a share of the
    orders does not get through (passage, import_limit), buyers whose stocks run down order more and in part
    make up for it.

    Rules. What follows is off by default; the models ``pichler``, ``ario`` and ``guan-2020`` are choices among it.

    - ``production``, for all or by sector: leontief; strongly, half and weakly critical (an input rated important stops
      1, 1/2 or 0 of normal capacity, where ``critical`` stops a share ``important_weight`` of present capacity);
      linear, sum S / sum a; ces, (sum of a / (sum a) (S / a)^r)^(1 / r) with r = 1 - 1 / ``elasticity``. The last two
      take what is in stock as an input; other inputs are used in fixed proportions all the same. An endless cover
      (.inf) never binds, and only what is used of it is ordered.
    - ``stock_needed`` psi: an input limits output to S / (psi cover a), before it runs out (ARIO).
    - ``orders`` for expected output, for all that is asked for, or for what was made; ``stock_target`` fixed;
      ``surplus_time``, another speed for surplus stocks.
    - ``overproduction: ario``: capacity grows with the share of demand that the last output would miss.
    - ``employment: hire_and_fire``: labour moves towards min(demand, what inputs allow), never above what a shock
      leaves of it; pay follows labour.
    - ``consumption: muellbauer``: C = C^rho (income permanent)^((1 - rho) / 2), all over their base, by region;
      permanent income loses ``income_belief`` of a first loss of labour income, and keeps the part ``no_return`` of
      that when the shock is over. ``saved``: money not spent on what households turn from.
    - ``rebuild_time``: capital below 0 is capacity destroyed. It is worth ``capital_per_value_added`` years of value
      added, is ordered over that time from what ``rebuilding`` names (by default as the region's investors buy), and
      comes back as it is delivered; losses of several events add up. Capital above 0 is new capacity.
    - ``convention: daily``: the arithmetic of published daily models.

    A run with rules also notes what they work on in ``Paths.inside``: demand received, capacity, what inputs allow and
    labour income.

    All deviations are counted from the base, so that nothing that happens moves nothing, bit for bit. Activities that
    differ in size only, and that no driver of the run tells apart (classes of ownership, say), run as one.

    Equations
    ---------
    Of a step, with d demand received, xcap what labour, capacity, overtime and new capital can make, S[k, j] the stock
    of input k that j holds with the arrivals of the step, a[k, j] its use of k per unit of output and c[k, j] the
    criticality of k:

        x[j]      = min( d[j], xcap[j], min over critical k of c S[k, j] / a[k, j] + (1 - c) xcap[j] )
        orders    = a[k, j] expected[j] + (cover[k, j] a[k, j] learnt[j] - S[k, j]) / restocking_time
        S[k, j]   = S[k, j] + delivered[k, j] - a[k, j] x[j]

    A gap with an adjustment time of T days closes by 1 - exp(-dt / T) in a step of dt days.

    Assumptions
    -----------
    Which inputs are critical, covers, headroom, who is served first and all adjustment times are data or
    assumptions with ranges (the parameters below). Suppliers of a product in a pool are perfect substitutes in the
    shares of origin; nobody raises a price.

    When not to use it
    ------------------
    Where prices or substitution are the question (taxes on inputs, lasting scarcity): use an equilibrium model. For
    long runs in which technology and trade shares adapt. In the region where stocks are short against the time in
    which they are refilled, a small shock can feed on itself: see ``stability_warnings``.

    References
    ----------
    Hallegatte (2008), Risk Analysis 28(3); Pichler, Pangallo, del Rio-Chanona, Lafond and Farmer (2022),
    Journal of Economic Dynamics and Control 144. Inoue and Todo (2019), Nature Sustainability; (2020), PLoS ONE.
    """

    restocking_time: float = parameter(
        30.0,
        5.0,
        130.0,
        "days",
        "in which firms close a gap in stocks but for 1/e",
        "[A]; published models use 6 to 60, closures in China say 41 to 130 (5 to 95 %, simcore estimate)",
    )
    expectation_time: float = parameter(
        60.0, 0.0, 180.0, "days", "over which firms learn for which output to keep stocks; 0: at once",
        "[A]; damps the stock cycle, see stability_warnings",
    )  # fmt: skip
    ordered_beyond: float = parameter(
        0.0, 0.0, 1.0, "share", "of demand beyond capacity that firms order inputs, and keep stocks, for all the same",
        "[A]; estimated for China: firms that closures stopped went on buying",
    )  # fmt: skip
    overtime_time: float = parameter(
        10.0,
        3.0,
        30.0,
        "days",
        "in which overtime and idle capacity up to the headroom come into use",
        "[A] shifts are added within weeks",
    )
    mpc: float = parameter(
        0.35, 0.15, 0.6, "yuan per yuan", "spent of a change of disposable income; 0 switches the loop off",
        "[A] a quarter's response; France 0.23 to 0.61 a month [F]",
    )  # fmt: skip
    consumption_time: float = parameter(
        84.0,
        30.0,
        180.0,
        "days",
        "in which consumption follows income but for 1/e",
        "[A] phased over 12 weeks",
    )
    tax: float = parameter(0.15, 0.05, 0.3, "share", "tax and contributions on a change of pay", "[A]")
    benefits: float = parameter(0.2, 0.0, 0.8, "share", "of lost pay that benefits replace", "[A]")
    budget_tilt: Mapping[str, float] = field(
        default_factory=dict,
        metadata={"meaning": "income elasticity by product or group: what households buy more of with one more yuan"},
    )
    waits: float = parameter(
        0.4,
        0.1,
        0.8,
        "share",
        "of unmet final demand that waits; the rest is lost or met elsewhere",
        "[A] durables are delayed, food and services are not",
    )
    backlog_time: float = parameter(
        30.0, 7.0, 120.0, "days", "in which waiting demand is asked for again but for 1/e", "[A]"
    )
    collapse: float = parameter(
        0.5,
        0.1,
        0.9,
        "share",
        "of what capacity and final demand allow, below which a final output is a collapse",
        "[A]",
    )
    name: ClassVar[str]
    bibtex: ClassVar[str] = BIBTEX
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "income", "capacity", "labour", "capital", "productivity", "coefficient"}
        | {"import_limit", "passage", "floor", "listed", "priority", "stock_release", "stock_cover"}
    )

    def __post_init__(self) -> None:
        self.check_market()
        self.check_rules()

    @property
    def traits(self) -> Traits:
        """What moves and what is held."""
        one = next(iter(self.functions)) if len(self.functions) == 1 else ""
        inputs = {"leontief": "binding", "linear": "any", "ces": "partly"}.get(one, "critical")
        spent = self.consumption == "muellbauer" or (self.consumption == "keynesian" and self.mpc > 0.0)
        income, imports = "spent" if spent else "given", "relief" if self.import_elasticity else "fixed"
        origins = "pooled" if self.origin == "fixed" else "moving"
        return Traits("least", inputs, "lasting", "passive", income, imports, origins)

    @property
    def switches(self) -> Mapping[str, Mapping[str, Any]]:
        """Options that switch a trait off, by trait."""
        off: dict[str, dict[str, Any]] = {
            "income": {"mpc": 0.0} if self.consumption == "keynesian" else {"consumption": "static"},
            "imports": {"import_elasticity": 0.0},
        }
        moves = {"income": self.traits.income == "spent", "imports": self.import_elasticity > 0.0}
        return {trait: options for trait, options in off.items() if moves[trait]}

    def prepare(self, economy: Economy, calendar: Calendar) -> Table:
        """Put the economy in the form that runs fast; done once, kept as long as the economy lives.

        Raises
        ------
        TableError
            If a use of inputs, a cover or a headroom is negative, or no value added is labour income.
        """
        return table_of(economy, self, self.inner_calendar(calendar).dt)

    def simulate(self, economy: Economy, drivers: Drivers, outputs: Collection[str] | None = None) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Parameters
        ----------
        outputs : collection of str, optional
            Names of the arrays of ``Paths`` to keep; all of them if left out. What is not asked for is neither summed
            up nor stored, and is None. Without all parts of the accounts ``residual`` is that of products alone.

        Raises
        ------
        UnknownNameError
            If an output is no array of ``Paths`` that the model gives.
        ChannelError
            If the drivers use a channel that the model lacks.
        TableError
            If the economy has negative inputs or covers, or lacks labour income or purchases of households.
        """
        require_channels(self, drivers)
        asked = _known(outputs)
        calendar = self.inner_calendar(drivers.calendar)
        lumped = lump(economy, drivers)
        small, chosen = lumped.economy, lumped.drivers
        rates, table = self._rates(calendar), self.prepare(small, calendar)
        shocks = shocks_of(small, table, chosen, self._spending(economy), self.saved)
        table, market, pools = buying(self, small, chosen, table, rates)
        if pools.size != economy.P:
            shocks = shocks._replace(passage=np.ascontiguousarray(shocks.passage[:, :, pools]))
        state, record = _scratch(table, economy.R, calendar, asked)
        rules = rules_of(self, small, table, calendar, "inside" in asked)
        judged = _run(table, rates, shocks, state, record, rules, market, calendar)
        outcome = self.judge(small, calendar, *judged[2:])
        paths = self._paths(economy, calendar, _by_activity(record, lumped), residual_of(economy, judged), outcome)
        paths = paths._replace(form=form_of(economy, pools, market))
        if rules is None or "inside" not in asked:
            return paths
        return paths._replace(inside=Inside(*map(lumped.split, inside(rules))))

    def _spending(self, economy: Economy) -> np.ndarray:
        """(K, F) what households buy with one more yuan; nothing where they spend none of it."""
        if self.consumption == "static" or (self.consumption == "keynesian" and self.mpc == 0.0):
            return np.zeros((economy.K, economy.F))
        tilt = tuple(sorted(self.budget_tilt.items()))
        return kept(economy, ("basket", tilt), lambda: marginal_basket(economy, self.budget_tilt))

    def _rates(self, calendar: Calendar) -> Rates:
        from ..kernels.inventory_state import Rates

        dt = calendar.dt
        per_day = float(inverse_at_least(np.array(dt, self.precision)))
        keeps = 1.0 - self.tax
        return Rates(
            dt=dt,
            per_day=per_day,
            restock=self.closed(dt, self.restocking_time) / dt,
            learning=self.closed(dt, self.expectation_time),
            overtime=self.closed(dt, self.overtime_time),
            settle=self.closed(dt, self.consumption_time),
            recall=self.closed(dt, self.backlog_time) / dt,
            waits=float(self.waits),
            mpc=float(self.mpc) if self.consumption == "keynesian" else 0.0,
            keep_gain=keeps,
            keep_loss=keeps * (1.0 - self.benefits),
            beyond=float(self.ordered_beyond),
            first=FIRST.get(self.rationing, 0),
        )

    def _paths(
        self,
        economy: Economy,
        calendar: Calendar,
        record: Record,
        residual: float,
        outcome: Outcome,
    ) -> Paths:
        """Base plus recorded changes, added in place; None for what was not recorded."""
        base, K = base_of(economy, self, calendar), economy.K
        kept_changes: dict[str, Any] = {name: v if len(v) else None for name, v in record._asdict().items()}
        for name, changes in kept_changes.items():
            if changes is not None and name in base._fields:
                level = getattr(base, name)
                changes[..., : level.shape[-1]] += level
        for name in ("imports", "stocks"):
            if kept_changes[name] is not None:
                kept_changes[name] = kept_changes[name][:, :K]
        for name in ("final", "unmet"):
            if kept_changes[name] is not None:
                kept_changes[name] = kept_changes[name][..., :K].transpose(0, 2, 1)
        return Paths(**kept_changes, residual=residual, outcome=outcome)

    def judge(self, economy: Economy, calendar: Calendar, made: float, asked: float, able: float) -> Outcome:
        """Judge the last step: output made against what capacity allowed and final users asked for, all yearly."""
        base, full = kept(economy, "base of outcomes", lambda: _asked_and_made(economy))
        wanted = min(1.0, asked / base) if base > 0 else 1.0
        possible = wanted * able
        if made >= self.collapse * possible:
            return Outcome("completed")
        return Outcome(
            "collapsed",
            f"total output ends {calendar.end} at {made / full:.0%} of its base where capacity and final "
            f"demand allow {possible / full:.0%}: inputs stay short. Lengthen restocking_time or "
            "expectation_time, soften or shorten the shock, or check covers and criticality "
            "(stability_warnings names the activities)",
        )


def _known(outputs: Collection[str] | None) -> frozenset[str]:
    """The outputs asked for, all if none are named."""
    if outputs is None:
        return frozenset(OUTPUTS)
    for name in outputs:
        if name not in OUTPUTS:
            raise UnknownNameError(f"the inventory model has no output '{name}'; there is {', '.join(OUTPUTS)}")
    return frozenset(outputs)


def _by_activity(record: Record, lumped: Lumped) -> Record:
    """Changes of lumped activities split by their size."""
    parts = ("output", "value_added", "stock_change")
    if lumped.which is None:
        return record
    split = {name: lumped.split(getattr(record, name)) for name in parts if len(getattr(record, name))}
    binding = lumped.same(record.binding) if len(record.binding) else record.binding
    return record._replace(binding=binding, **split)


def _asked_and_made(economy: Economy) -> tuple[float, float]:
    """What final users ask for and what is made in the base, yearly."""
    asked = np.maximum(economy.final_domestic, 0.0).sum() + np.maximum(economy.final_imported, 0.0).sum()
    return float(asked), float(economy.x.sum())


def residual_of(economy: Economy, judged: np.ndarray) -> float:
    """Largest gap of supply and receipts of a product, or of income and expenditure, over output."""
    return float(max(judged[:2]) / max(float(np.abs(economy.x).sum()), 1e-300))


def _run(
    table: Table,
    rates: Rates,
    shocks: Shocks,
    state: State,
    record: Record,
    rules: Any,
    market: Any,
    calendar: Calendar,
) -> np.ndarray:
    """One run, the only member of a call, so that runs and ensembles share one compiled kernel; what judges it (5,)."""
    from ..kernels.members import CHANNELS, Results, Terms, run_members

    none = np.zeros(0, np.int64)
    terms = Terms(np.zeros(0), none, none, none, np.zeros((1, len(CHANNELS) + 1), np.int64))
    results, judged = Results(**{name: array[None] for name, array in record._asdict().items()}), np.empty((1, 5))
    size = calendar.periods, calendar.inner_steps, calendar.per_year
    run_members(
        table, np.array([rates], dtype=float), terms, shocks, shocks, np.zeros(table.sells.size - 1), state, results,
        judged, rules, market, size, np.zeros(1, np.bool_),
    )  # fmt: skip
    return judged[0]


def _scratch(table: Table, R: int, calendar: Calendar, asked: Collection[str] = OUTPUTS) -> tuple[State, Record]:
    """Arrays of one run, in R regions; the kernel itself sets the state to the base.

    What is not ``asked`` for has no rows in the record.
    """
    from ..kernels.inventory_state import Record, State

    n, P = len(table.x), len(table.orders)
    F, K = table.final_home.shape
    T, real = calendar.periods, table.cover.dtype
    column = aligned((4, table.shares.shape[1]))
    column[:] = 0.0
    state = State(
        stock=aligned((n, K), real), can_make=np.empty(n), strength=np.empty(n),
        cause=np.empty(n, np.int64), scarce=np.empty(n, np.int8), ratio=np.empty(n), activity=np.empty(n),
        extra=np.empty(n), target=np.empty((2, n)), plan=np.empty((2, n)), firm_orders=aligned((P, K)),
        firm_imports=aligned((K,)), spending=np.empty(R), pay=np.empty(R), waiting_home=aligned((F, K)),
        waiting_abroad=aligned((F, K)), ask_home=aligned((F, K)), ask_abroad=aligned((F, K)),
        wanted=aligned((P, K)), change=np.empty(n), shortage=np.empty(n), sold=np.empty(n),
        users_lack=aligned((P, K)), pool_lacks=aligned((P, K)), abroad_lacks=aligned((K,)),
        short=np.empty(P, bool), sweep=aligned((4, K), real), balance=aligned((K,)), column=column,
        code=np.empty((calendar.inner_steps, n), np.int16),
    )  # fmt: skip
    shapes = {
        "output": (n,), "value_added": (n,), "final": (F, K), "imports": (K,), "unmet": (F, K), "stocks": (K,),
        "household_income": (R,), "stock_change": (n,), "binding": (n,),
    }  # fmt: skip
    rows = {name: (T if name in asked else 0, *shape) for name, shape in shapes.items()}
    types = {"binding": np.int16}
    return state, Record(**{name: np.zeros(shape, types.get(name, np.float64)) for name, shape in rows.items()})
