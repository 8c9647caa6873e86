"""Cash for small firms: deferred taxes, cleared arrears, working credit, lower levies. Mostly timing."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from ..calendar import DAYS_PER_YEAR, Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Money, Points, PositiveDays, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile
from .investment import MONTH
from .lags import Spread, delayed
from .purchases import bought, consumer_price, equipment_mix, volume

RETURNED = ("deferral", "arrears", "credit")  # forms whose money is due again


@measure("liquidity_support")
class LiquiditySupport(Measure):
    """Cash that firms get or keep for a time: spent in part by those that lack it, and given back when due.

    What it does, by ``form``. ``deferral``: taxes are due ``due`` later. ``arrears``: bills are paid ``due`` sooner;
    the payer's own cash falls by the same. ``credit``: working credit for ``due``. ``levy``: a levy is cut for good,
    nothing is given back. The share ``constrained`` of the money goes to firms that lack cash: of each yuan they pay
    out ``payroll`` in wages and buy ``stocks`` of inputs; when the money is due both turn round, to the last yuan.
    Others change nothing. With a levy cut all firms spend ``spent`` of it on equipment.

    Channels. ``income`` of households in the target's regions (payroll). ``demand`` (investment): inputs bought on
    stock, as the target uses them now; equipment (levy). ``demand`` (government): what the payer of arrears cuts, the
    share ``payer_cut``. ``capacity``: firms that would have closed
    stay: a yuan covers what costs ``need`` of their output, so 365 / ``need`` (in days) yuan of yearly output; of that
    the constrained part times ``exit_avoided`` is kept while the money is there. It helps only where capacity binds.

    Crowding out. Arrears move cash from the payer: what counts is the difference of the two responses, not the gross
    sum. Credit that replaces other credit belongs to the unconstrained part.

    What it costs. ``deferral``: the tax is only late (deferred); interest at ``bond_rate``, and the share
    ``default_share`` is never paid (contingent). ``credit``: expected losses of banks. ``levy``: all of it (forgone).
    The sum itself is never a cost where it comes back. Money given before the run, and its return, are in both paths.
    """

    example: ClassVar[str] = """\
    tax_deferral:
      kind: liquidity_support
      title: "Deferred taxes of small manufacturers"
      form: deferral
      amount: 100 bn CNY
      due: 4 months
      target: {sector: {any: [manufacturing]}, ownership: {any: [private]}}
      profile: {kind: pulse, start: 2022-11, end: 2022-12}
      source: "assumption; 256.7 bn yuan were deferred in March 2022 (china-briefing.com)"
    """
    parameters: ClassVar = {
        "due": Parameter(
            4 * MONTH, 3 * MONTH, 9 * MONTH, "days", "F",
            "four more months from September 2022 (vatupdate.com, 22 September 2022)",
            "time until the money is due",
        ),
        "constrained": Parameter(
            0.3, 0.1, 0.5, "share", "A", "small firms short of cash", "share of the money that they hold"
        ),
        "payroll": Parameter(
            0.10, 0.0, 0.15, "share", "F",
            "US, accelerated payments: 0.10; near 0 in tight labour markets (Barrot, Nanda 2020)",
            "wages paid per yuan by constrained firms",
        ),
        "stocks": Parameter(
            0.2, 0.0, 0.4, "share", "A", "inputs on stock", "inputs bought per yuan by constrained firms"
        ),
        "payer_cut": Parameter(
            0.1, 0.0, 0.3, "share", "A",
            "state and local payers are less short of cash than suppliers",
            "other purchases cut per yuan by who pays arrears",
        ),
        "spent": Parameter(
            0.2, 0.1, 0.3, "share", "A", "marginal propensity of firms", "equipment bought per yuan of a levy cut"
        ),
        "need": Parameter(
            2 * MONTH, 1 * MONTH, 3 * MONTH, "days", "A",
            "cash that a small firm needs to go on, as time of its output",
            "output whose costs a firm's cash must cover",
        ),
        "exit_avoided": Parameter(
            0.05, 0.0, 0.10, "share", "A",
            "18-19 % of small firms had closed for good by May 2020 (Dai et al. 2021): the most a year can bring",
            "output kept, of constrained firms whose need is covered, in a year",
        ),
        "bond_rate": Parameter(
            0.025, 0.02, 0.03, "points", "A", "government paper of one year", "interest the budget pays, a year"
        ),
        "default_share": Parameter(
            0.02, 0.01, 0.03, "share", "A", "small firms that close first", "share that is never paid back"
        ),
    }  # fmt: skip

    form: Literal["deferral", "arrears", "credit", "levy"] = Field(description="by what firms get cash")
    amount: Money = Field(description="money in all, current prices")
    profile: Profile = Field(description="when firms get it; normalised to one")
    due: PositiveDays = parameters["due"].field()
    constrained: Share = parameters["constrained"].field()
    payroll: Share = parameters["payroll"].field()
    stocks: Share = parameters["stocks"].field()
    payer_cut: Share = parameters["payer_cut"].field()
    spent: Share = parameters["spent"].field()
    need: PositiveDays = parameters["need"].field()
    exit_avoided: Share = parameters["exit_avoided"].field()
    bond_rate: Points = parameters["bond_rate"].field()
    default_share: Share = parameters["default_share"].field()

    def claim(self) -> float:
        """Money given."""
        return self.amount * self.take_up

    def flows(self, calendar: Calendar) -> tuple[np.ndarray, np.ndarray]:
        """Money given, and money given back in the run, bn yuan a period; (periods,) each."""
        given = self.taken_up(self.amount, calendar)
        if self.form not in RETURNED:
            return given, np.zeros_like(given)
        return given, delayed(given, Spread(self.due, self.due), calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        given, back = self.flows(calendar)
        drivers = Drivers.calm(economy, calendar)
        who = self.target.weights(economy)
        if self.form == "levy":
            use = economy.spread("investment", volume(economy, equipment_mix(economy)), self._regions(economy, who))
            return drivers.having(f"{self.id}:equipment", "demand", self.spent * given, use)
        cash = self.constrained * (given - back)
        regions = np.bincount(economy.region, who, economy.R)
        inputs = economy.spread("investment", self._inputs(economy, who), self._regions(economy, who))
        drivers = drivers.having(
            f"{self.id}:payroll", "income", self.payroll * cash / consumer_price(economy), regions
        ).having(f"{self.id}:stocks", "demand", self.stocks * cash, inputs)
        kept = np.divide(who, economy.x * economy.price_index[economy.sector], out=np.zeros(economy.n), where=who > 0)
        drivers = drivers.having(f"{self.id}:kept", "capacity", self._kept(given - back), kept)
        if self.form != "arrears":
            return drivers
        other = bought(economy, "government")
        cut = economy.spread("government", volume(economy, other.sum(axis=1) / other.sum()))
        return drivers.having(f"{self.id}:payer", "demand", -self.payer_cut * (given - back), cut)

    def _kept(self, net: np.ndarray) -> np.ndarray:
        """Yearly output of firms that stay, bn yuan, while the money is there; mean of each period."""
        held = np.cumsum(net) - 0.5 * net
        return self.constrained * self.exit_avoided * DAYS_PER_YEAR / self.need * held

    def _regions(self, economy: Economy, who: np.ndarray) -> np.ndarray | None:
        return np.bincount(economy.region, who, economy.R) if self.target.region.restricts else None

    def _inputs(self, economy: Economy, who: np.ndarray) -> np.ndarray:
        """Volume of the inputs that one yuan buys, by product (K,), as the target uses goods now."""
        use = economy.use_domestic + economy.use_imported
        total = use.sum(axis=0)
        mix = np.divide(use, total, out=np.zeros_like(use), where=total > 0) @ who
        goods = np.where(economy.is_hauled, mix, 0.0)  # services cannot be stored
        mix = goods if goods.sum() > 0 else mix
        return volume(economy, mix / mix.sum())

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        given, back = self.flows(calendar)
        net = given - back
        outstanding = (np.cumsum(net) - 0.5 * net) / calendar.per_year
        years = float(given.sum()) * self.due / DAYS_PER_YEAR
        lost = self.default_share * back
        later = self.default_share * float(given.sum() - back.sum())
        if self.form == "levy":
            return (FiscalLine("levies cut", "forgone", self.payer, given),)
        if self.form == "arrears":
            return (FiscalLine("bills paid sooner", "deferred", self.payer, net, -float(net.sum())),)
        if self.form == "credit":
            return (FiscalLine("expected loan losses", "contingent", "banks", lost, later),)
        interest = self.bond_rate * outstanding
        return (
            FiscalLine("taxes paid later", "deferred", self.payer, net, -float(net.sum())),
            FiscalLine(
                "interest on deferred taxes", "gross", self.payer, interest,
                self.bond_rate * years - float(interest.sum()),
            ),
            FiscalLine("taxes never paid", "contingent", self.payer, lost, later),
        )  # fmt: skip

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        offered = self.amount * self.granted
        drawn = offered * self.take_up
        given, back = (float(path.sum()) for path in self.flows(calendar))
        spending = self._spending(given)
        used = sum(spending.values())
        uses = {
            "beyond the pool's ceiling": self.amount - offered,
            "not drawn": offered - drawn,
            "given before the run (in both paths)": drawn * self.profile.before(calendar),
            "given after the run": drawn * self.profile.after(calendar),
            "paid out or spent by firms": used,
            "kept as cash, or in place of other cash": given - used,
        }
        due = given if self.form in RETURNED else 0.0
        bought = self.constrained * self.stocks  # inputs for a yuan; they are not bought when it is due
        moved = {"inputs missed in the run": bought * back, "inputs missed after the run": bought * (due - back)}
        return Account(self.amount, uses, used, spending, moved)

    def _spending(self, given: float) -> dict[str, float]:
        if self.form == "levy":
            return {"equipment": self.spent * given}
        return {
            "wages, reversed when due": self.constrained * self.payroll * given,
            "inputs on stock, reversed when due": self.constrained * self.stocks * given,
        }
