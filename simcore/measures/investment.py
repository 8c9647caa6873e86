"""Support for investment in equipment: relending, interest subsidies, grants for renovation."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..calendar import DAYS_PER_YEAR, Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Days, Money, Points, PositiveDays, PositiveNumber, Quantity, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile, SectorWeights
from .lags import Erlang, Spread, delayed, in_place
from .purchases import (
    TRADE_MARGIN,
    TRANSPORT_MARGIN,
    VAT,
    equipment_mix,
    volume,
    where_bought,
    with_building,
    with_margins,
)

MONTH = DAYS_PER_YEAR / 12.0
# Of the Erlang gestation: at a mean of 3 quarters, less than 1 % of a plant works a month after its delivery.
STAGES = 4


class PullForward(BaseModel):
    """The part of extra purchases that is only earlier, and when it is missed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: Share = Field(description="share of the extra purchases that is only moved in time")
    payback: PositiveDays = Field(description="length of the time in which they are missed")


class Financing(BaseModel):
    """Who lowers the interest of the loans, by how much and for how long; the principal is never a cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["interest_subsidy", "relending", "equity", "none"] = Field(
        default="interest_subsidy",
        description="the budget pays part of the interest; relending adds cheap central-bank refunding; equity is "
        "a government fund that buys shares",
    )
    rate: Points = Field(default=0.025, description="interest paid by the budget, or what its equity costs it, a year")
    years: PositiveNumber = Field(default=2.0, description="how long each loan is supported")
    refunding_gap: Points = Field(
        default=0.0075,
        description="market rate of refunding less the central bank's, a year (relending only)",
    )


PER_LOAN = "own funds added per yuan lent"
ADDITIONALITY = Parameter(
    0.30, 0.10, 0.60, "share", "A",
    "lower end from the user cost of capital (subsidy 2.5 pp for 2 years on 70 % of the price makes a "
    "machine 4.0 % "
    "cheaper; elasticity -1.84, Zhang, Chen, He 2017: 0.11 yuan per yuan); credit multiplier 0.2 falling "
    "to 0 by "
    "2010-15 (Chen, Ratnovski, Tsai, IMF WP/17/273)",
    "share of the loans drawn that finances investment which would not have been made; crowding out is in it",
)  # fmt: skip
DEFAULT_RATE = Parameter(
    0.015, 0.005, 0.04, "share", "A",
    "bank-level figures of this programme are not published",
    "share of the loans that fails in a year",
)  # fmt: skip
LOSS_GIVEN_DEFAULT = Parameter(
    0.5, 0.3, 0.7, "share", "A", "rule of thumb for secured loans", "share lost on a failed loan"
)


class Flows(NamedTuple):
    """An investment programme inside a run, bn yuan a period at current purchaser prices; all (periods,)."""

    drawn: np.ndarray  # loans drawn
    delivered: np.ndarray  # extra equipment paid for
    repaid: np.ndarray  # orders missed because they were brought forward
    wanted: float  # extra spending that the loans drawn in the run bring about, whenever it is delivered
    moved: float  # part of what is delivered in the run that is only brought forward


@measure("investment_support")
class InvestmentSupport(Measure):
    """Credit or grants for new equipment: demand for machines soon, capacity much later.

    What it does. A quota of loans is a ceiling. Of ``amount``, ``take_up`` is drawn along the profile; of
    what is drawn, ``additionality`` pays for equipment that would not have been bought, with ``own_funds``
    on top of each yuan. The rest refinances what would have happened anyway: it costs interest and moves no
    demand.

    Channels. ``demand`` (investment): extra spending reaches makers of equipment evenly between
    ``delivery_from`` and ``delivery_to`` after the loan is drawn. ``spend_on`` says what is bought; without
    it, the equipment and software in the investment column of the table. ``installation`` of it is
    construction work; trade and transport take their margins; VAT that business buyers deduct is taken out;
    prices are those of each product. Imports follow the investment column's import shares in the model.
    ``capital``: new capacity of the industrial buyers after a gestation (Erlang, four stages) from
    delivery. Of what is delivered, ``replacement`` only replaces; the rest adds 1 /
    ``capital_per_value_added`` yuan of value added a year, wears out over ``life`` and is stated as yearly
    output. Schools, hospitals and other services gain no output capacity. ``coefficient``: replaced
    equipment uses ``efficiency_gain`` less energy and materials, in proportion to the share of the capital
    stock it replaces. A model without capacity takes the measure with ``replacement`` at 100 %.

    Crowding out. What buyers would have invested anyway, and what the same buyers cut elsewhere, is in
    ``additionality``: it is never applied twice. The part ``pull_forward.share`` of extra orders is only
    early and is missed around ``pull_forward.payback`` later, so demand falls below its path; what is
    missed after the run's end is printed. Funding is by deficit unless the run adds the line in which other
    government purchases pay.

    What it costs. The budget pays ``financing.rate`` on loans outstanding for ``financing.years``; the
    central bank forgoes the refunding gap (quasi-fiscal); banks expect losses (contingent). A government fund
    (``kind: equity``) bears ``financing.rate`` on its capital for ``financing.years`` (quasi-fiscal) and its own
    expected losses. The principal is never a cost. Loans drawn before the first period of the run belong to both paths.
    """

    example: ClassVar[str] = """\
    relending:
      kind: investment_support
      title: "Relending and interest subsidy for equipment"
      amount: 200 bn CNY
      financing: {kind: relending, rate: 2.5 pp, years: 2}
      target: {sector: {any: [manufacturing, health, education]}}
      spend_on: {C34: 0.3, C35: 0.4, C38: 0.2, C40: 0.1}
      profile: {kind: ramp, start: 2022-09, end: 2022-12}
      take_up: 60 %
      additionality: 30 %
      own_funds: 0.4
      source: "press notice of 28 September 2022"
    """
    parameters: ClassVar = {
        "take_up": Parameter(
            0.6, 0.25, 1.0, "share", "A",
            "window of four months, project lists ready",
            "share of the quota drawn by the deadline",
        ),
        "additionality": ADDITIONALITY,
        "own_funds": Parameter(0.4, 0.2, 0.7, "number", "A", "loans cover 60-80 % of equipment", PER_LOAN),
        "pull_forward.share": Parameter(
            0.3, 0.0, 0.6, "share", "A",
            "no estimate for equipment; below cars",
            "share of extra orders that is only earlier",
        ),
        "pull_forward.payback": Parameter(
            12 * MONTH, 6 * MONTH, 24 * MONTH, "days", "A",
            "planning year of firms",
            "mean time by which orders are earlier",
        ),
        "delivery_from": Parameter(
            3 * MONTH, 1 * MONTH, 4 * MONTH, "days", "A",
            "orders for machines on stock",
            "first deliveries after a loan is drawn",
        ),
        "delivery_to": Parameter(
            9 * MONTH, 6 * MONTH, 15 * MONTH, "days", "A",
            "order to installation takes 3-5 quarters in six OECD countries (time-to-build study)",
            "last deliveries after a loan is drawn",
        ),
        "installation": Parameter(
            0.15, 0.05, 0.25, "share", "A",
            "buildings and fitting for new equipment",
            "share spent on construction work",
        ),
        "trade_margin": TRADE_MARGIN,
        "transport_margin": TRANSPORT_MARGIN,
        "vat": VAT,
        "deductible": Parameter(
            0.9, 0.7, 1.0, "share", "A",
            "schools, hospitals and small taxpayers cannot deduct",
            "share of purchases whose VAT the buyer deducts",
        ),
        "replacement": Parameter(
            0.7, 0.5, 0.9, "share", "A",
            "renovation programme: old equipment goes",
            "share of new equipment that replaces old",
        ),
        "capital_per_value_added": Parameter(
            1.8, 1.3, 2.5, "number", "A",
            "depreciation 5.14 tn over industrial value added 30.9 tn (2020 table) and a life of 10-12 years",
            "yuan of capital per yuan of yearly value added",
        ),
        "gestation": Parameter(
            9 * MONTH, 6 * MONTH, 24 * MONTH, "days", "F",
            "3-5 quarters in six OECD countries; capacity up to 8 quarters after investment moves "
            "(Millar 2005, FEDS 2005-24)",
            "mean time from delivery to working capacity",
        ),
        "life": Parameter(
            11 * 365.0, 10 * 365.0, 12 * 365.0, "days", "A", "tax life of machines", "life of the equipment"
        ),
        "efficiency_gain": Parameter(
            0.03, 0.0, 0.08, "share", "A",
            "new against old vintage",
            "energy and materials saved by replaced equipment",
        ),
        "default_rate": DEFAULT_RATE,
        "loss_given_default": LOSS_GIVEN_DEFAULT,
    }  # fmt: skip

    amount: Money = Field(description="announced loans or grants in all: a ceiling, not spending")
    profile: Profile = Field(description="when the loans are drawn; normalised to one")
    take_up: Share = parameters["take_up"].field()
    additionality: Share = parameters["additionality"].field()
    own_funds: PositiveNumber = parameters["own_funds"].field()
    financing: Financing = Field(default=Financing(), description="who pays the interest")
    pull_forward: PullForward = Field(
        default=PullForward(share=0.3, payback=12 * MONTH), description="the part that is only earlier"
    )
    spend_on: SectorWeights | None = Field(
        default=None, description="what is bought, shares by product; else the equipment bought now"
    )
    delivery_from: Days = parameters["delivery_from"].field()
    delivery_to: Days = parameters["delivery_to"].field()
    installation: Share = parameters["installation"].field()
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()
    vat: Share = parameters["vat"].field()
    deductible: Share = parameters["deductible"].field()
    replacement: Share = parameters["replacement"].field()
    capital_per_value_added: Annotated[float, Quantity("number", low=0.0, above=True)] = parameters[
        "capital_per_value_added"
    ].field()
    gestation: Days = parameters["gestation"].field()
    life: PositiveDays = parameters["life"].field()
    efficiency_gain: Share = parameters["efficiency_gain"].field()
    default_rate: Share = parameters["default_rate"].field()
    loss_given_default: Share = parameters["loss_given_default"].field()

    def claim(self) -> float:
        "Investment financed by the loans, additional or not: what they ask of a pool of eligible"
        "investment."
        return self.amount * self.take_up * (1.0 + self.own_funds)

    def flows(self, calendar: Calendar) -> Flows:
        """Loans, deliveries and missed orders by period."""
        drawn = self.taken_up(self.amount, calendar)
        induced = drawn * self.additionality * (1.0 + self.own_funds)
        delivered = delayed(induced, Spread(self.delivery_from, self.delivery_to), calendar)
        moved = self.pull_forward.share * delivered
        ahead = self.pull_forward.payback
        repaid = delayed(moved, Spread(0.5 * ahead, 1.5 * ahead), calendar)
        return Flows(drawn, delivered, repaid, float(induced.sum()), float(moved.sum()))

    def basket(self, economy: Economy) -> np.ndarray:
        """Volume at base-year producer prices of one yuan spent, by product (K,)."""
        if self.spend_on is None:
            mix = equipment_mix(economy)
        else:
            mix = self.spend_on.over(economy.sectors, np.bincount(economy.sector, economy.x, economy.K))
        mix = with_building(economy, mix, self.installation)
        net = with_margins(economy, mix, self.trade_margin, self.transport_margin) / self._price_with_vat
        return volume(economy, net)

    @property
    def _price_with_vat(self) -> float:
        return 1.0 + self.vat * self.deductible

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        flows, basket = self.flows(calendar), self.basket(economy)
        net = flows.delivered - flows.repaid
        use = economy.spread("investment", basket, where_bought(economy, self.target, by_output=True))
        drivers = Drivers.calm(economy, calendar).having(f"{self.id}:demand", "demand", net, use)
        working = in_place(delayed(net, Erlang(self.gestation, STAGES), calendar), self.life, calendar)
        drivers = drivers.having(f"{self.id}:capital", "capital", working, self._output_gained(economy, basket.sum()))
        if self.efficiency_gain == 0.0:
            return drivers
        saved = self._inputs_saved(economy, basket.sum())
        return drivers.having(f"{self.id}:efficiency", "coefficient", working, saved)

    def _output_gained(self, economy: Economy, real: float) -> np.ndarray:
        """Yearly output that one yuan of working investment adds, (n,): only industry produces with it."""
        share = self._industrial(economy)
        added = (1.0 - self.replacement) * real * share / self.capital_per_value_added
        content = economy.value_added_share
        return np.divide(added, content, out=np.zeros(economy.n), where=content > 0)

    def _inputs_saved(self, economy: Economy, real: float) -> np.ndarray:
        """Change of input coefficients per yuan of working investment, (K, n); energy and materials only."""
        stock = self.capital_per_value_added * economy.value_added.sum(axis=0)
        replaced = self.replacement * real * self._industrial(economy)
        share = np.divide(replaced, stock, out=np.zeros(economy.n), where=stock > 0)
        names = {c for g in ("energy", "raw_materials") for c in economy.sectors.groups.get(g, ())}
        affected = np.isin(np.array(economy.sectors.codes), sorted(names))
        return -self.efficiency_gain * np.multiply.outer(affected.astype(float), share)

    def _industrial(self, economy: Economy) -> np.ndarray:
        """Share of the equipment that each industrial activity installs, (n,)."""
        weights = self.target.weights(economy)
        return weights * economy.is_industry if economy.is_industry.any() else weights

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        drawn = self.flows(calendar).drawn
        years = self.financing.years
        # A yuan drawn is outstanding for `years`: nothing is repaid while it is supported.
        supported = drawn_for(drawn, years, calendar)
        total = float(drawn.sum()) * years
        lines, owner = [], "banks"
        if self.financing.kind == "equity":
            owner = self.payer
            lines.append(_line("funding of the equity", "quasi_fiscal", owner, self.financing.rate, supported, total))
        elif self.financing.kind != "none":
            lines.append(_line("interest subsidy", "gross", self.payer, self.financing.rate, supported, total))
        if self.financing.kind == "relending":
            gap = self.financing.refunding_gap
            lines.append(_line("cheap refunding", "quasi_fiscal", "central bank", gap, supported, total))
        expected = self.default_rate * self.loss_given_default
        lost = "expected losses of the fund" if self.financing.kind == "equity" else "expected loan losses"
        lines.append(_line(lost, "contingent", owner, expected, supported, total))
        return tuple(lines)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        flows = self.flows(calendar)
        offered = self.amount * self.granted
        drawn = offered * self.take_up
        before, after = self.profile.before(calendar), self.profile.after(calendar)
        inside = float(flows.drawn.sum())
        uses = {
            "beyond the pool's ceiling": self.amount - offered,
            "not drawn": offered - drawn,
            "drawn before the run (in both paths)": drawn * before,
            "drawn after the run": drawn * after,
            "refinances what would have happened": inside * (1.0 - self.additionality),
            "finances additional equipment": inside * self.additionality,
        }
        delivered = float(flows.delivered.sum())
        net = delivered / self._price_with_vat
        spending = {
            "equipment and installation delivered in the run": net,
            "VAT that buyers deduct": delivered - net,
            "delivered after the run": flows.wanted - delivered,
        }
        moved = {
            "of which earlier orders, missed in the run": float(flows.repaid.sum()),
            "of which earlier orders, missed after the run": flows.moved - float(flows.repaid.sum()),
        }
        return Account(self.amount, uses, flows.wanted, spending, moved)


def drawn_for(drawn: np.ndarray, years: float, calendar: Calendar) -> np.ndarray:
    """Loan-years in each period when each yuan drawn is outstanding for ``years``; (periods,)."""
    paid_back = delayed(drawn, Spread(years * DAYS_PER_YEAR, years * DAYS_PER_YEAR), calendar)
    flow = drawn - paid_back
    held = np.cumsum(flow) - 0.5 * flow
    return held / calendar.per_year


def _line(name: str, kind: str, payer: str, rate: float, supported: np.ndarray, total: float) -> FiscalLine:
    path = rate * supported
    return FiscalLine(name, kind, payer, path, rate * total - float(path.sum()))
