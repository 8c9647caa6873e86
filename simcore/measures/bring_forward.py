"""Investment that enterprises make sooner, and insurance that lets new equipment find its first buyers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Days, DemandElasticity, Money, Points, PositiveDays, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile, SectorWeights
from .investment import MONTH
from .lags import Spread, delayed
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
from .technology import DEDUCTIBLE, grant_uses


@measure("investment_bring_forward")
class InvestmentBringForward(Measure):
    """Enterprises of one class invest sooner because their owner, or a service desk, asks them to.

    What it does. The target's usual investment is taken as its depreciation, the least that keeps it going. The share
    ``share`` of a year of it is made sooner, along the profile; ``additionality`` of that really happens, and the share
    ``only_earlier`` is missed evenly between half and one and a half times ``payback`` later. Money is the
    enterprises' own, so no loan and no quota is in it.

    Channels. ``demand`` (investment): ``construction`` of it building, the rest equipment with its margins and
    without deductible VAT. New plants come sooner; their capacity is left out, since none binds for it in this time.

    Crowding out. In ``additionality``: credit, relending and funds claimed by the same enterprises belong to those
    measures, never here.

    What it costs. ``return_forgone`` a year on what is invested sooner, out of dividends (quasi-fiscal where the
    state is the owner); no outlay of a budget.
    """

    example: ClassVar[str] = """\
    central_enterprises_invest:
      kind: investment_bring_forward
      title: "Central enterprises invest sooner"
      share: 2 %
      target: {sector: {any: [industry]}, ownership: {any: [state]}}
      profile: {kind: pulse, start: 2022-12, end: 2023-06}
      payer: "state owners"
      source: "assumption: the notice names no sum"
    """
    parameters: ClassVar = {
        "additionality": Parameter(
            0.5, 0.2, 0.8, "share", "A", "instruction works in state firms", "share of it that really happens"
        ),
        "only_earlier": Parameter(
            0.5, 0.3, 1.0, "share", "A", "plans of several years are brought forward", "share that is missed later"
        ),
        "payback": Parameter(
            12 * MONTH, 6 * MONTH, 24 * MONTH, "days", "A", "planning year of firms", "mean time by which it is earlier"
        ),
        "construction": Parameter(
            0.3, 0.1, 0.5, "share", "A", "plants hold buildings and machines", "share of it that is building"
        ),
        "return_forgone": Parameter(
            0.03, 0.01, 0.06, "points", "A", "return on capital of owners", "return lost a year on earlier investment"
        ),
        "trade_margin": TRADE_MARGIN,
        "transport_margin": TRANSPORT_MARGIN,
        "vat": VAT,
        "deductible": DEDUCTIBLE,
    }  # fmt: skip

    share: Share = Field(description="share of a year's investment that is to be made sooner")
    profile: Profile = Field(description="when it is made; normalised to one")
    additionality: Share = parameters["additionality"].field()
    only_earlier: Share = parameters["only_earlier"].field()
    payback: PositiveDays = parameters["payback"].field()
    construction: Share = parameters["construction"].field()
    return_forgone: Points = parameters["return_forgone"].field()
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()
    vat: Share = parameters["vat"].field()
    deductible: Share = parameters["deductible"].field()

    def usual(self, economy: Economy) -> float:
        """Depreciation of the target in a year, bn yuan at current prices."""
        name = "depreciation"
        if name not in economy.value_added_names:
            return 0.0
        worn = economy.value_added[economy.value_added_names.index(name)] * economy.price_index[economy.sector]
        return float(worn @ self.target.activities(economy))

    def flows(self, economy: Economy, calendar: Calendar) -> tuple[np.ndarray, np.ndarray]:
        """Investment made, and investment missed because it was made sooner, bn yuan a period; (periods,) each."""
        made = self.take_up * self.additionality * self.share * self.usual(economy) * self.profile.shares(calendar)
        lag = Spread(0.5 * self.payback, 1.5 * self.payback)
        return made, delayed(self.only_earlier * made, lag, calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        made, missed = self.flows(economy, calendar)
        basket = plant_basket(
            economy, self.construction, self.trade_margin, self.transport_margin, self.vat * self.deductible
        )
        use = economy.spread("investment", basket, where_bought(economy, self.target, by_output=True))
        return Drivers.calm(economy, calendar).having(f"{self.id}:demand", "demand", made - missed, use)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        made, missed = self.flows(economy, calendar)
        sooner = self.only_earlier * made - missed
        years = (np.cumsum(sooner) - 0.5 * sooner) / calendar.per_year
        total = self.only_earlier * float(made.sum()) * self.payback / 365.0
        path = self.return_forgone * years
        after = self.return_forgone * total - float(path.sum())
        return (FiscalLine("return forgone on earlier investment", "quasi_fiscal", self.payer, path, after),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        made, missed = (float(path.sum()) for path in self.flows(economy, calendar))
        net = made / (1.0 + self.vat * self.deductible)
        early = self.only_earlier * made
        return Account(
            0.0, {}, made, {"plants in the run": net, "VAT that buyers deduct": made - net},
            {"missed in the run": missed, "missed after the run": early - missed},
        )  # fmt: skip


def plant_basket(
    economy: Economy, construction: float, trade: float, transport: float, vat: float, mix: np.ndarray | None = None
) -> np.ndarray:
    """Volume at base-year producer prices of one yuan spent on plants, by product (K,)."""
    goods = with_margins(economy, equipment_mix(economy) if mix is None else mix, trade, transport)
    goods = with_building(economy, goods, construction)
    return volume(economy, goods / (1.0 + vat))


@measure("equipment_insurance")
class EquipmentInsurance(Measure):
    """Subsidised insurance of first machines of a new kind: buyers take the risk, and a few more are sold.

    What it does. Contracts worth ``amount`` are insured along the profile; the budget pays ``subsidised`` of the
    premium ``premium``. Sales rise by premium x subsidised x the absolute ``demand_elasticity``, and by
    ``first_buyers`` of what is insured, because a first buyer no longer bears the risk. Deliveries follow between
    ``delivery_from`` and ``delivery_to``.

    Channels. ``demand`` (investment) for ``spend_on``, margins and deductible VAT out. ``displaced`` of it is taken
    from other equipment, which buyers would have bought instead.

    Crowding out. ``displaced``. Orders that relending brings are that measure's, never restated here.

    What it costs. The budget's part of the premium on all insured contracts, of buyers who would have bought anyway
    included. Claims beyond premiums are the insurers'.
    """

    example: ClassVar[str] = """\
    first_machines:
      kind: equipment_insurance
      title: "Insurance of first machines of a new kind"
      amount: 100 bn CNY
      spend_on: {C34: 0.2, C35: 0.5, C37: 0.3}
      profile: {kind: pulse, start: 2022-12, end: 2023-12}
      source: "assumption: contracts insured are not published"
    """
    parameters: ClassVar = {
        "premium": Parameter(
            0.03, 0.01, 0.03, "share", "A", "at most 3 % of a contract; to be checked", "premium on an insured contract"
        ),
        "subsidised": Parameter(
            0.8, 0.5, 0.8, "share", "A", "80 % of the premium; to be checked", "share of the premium the budget pays"
        ),
        "demand_elasticity": Parameter(
            -2.0, -3.0, -1.0, "number", "A",
            "between the user cost elasticity -1.84 (Zhang, Chen, He 2017) and single models",
            "per cent of sales per per cent of price",
        ),
        "first_buyers": Parameter(
            0.05, 0.0, 0.10, "share", "A", "no estimate is published", "sales won because the risk is insured"
        ),
        "displaced": Parameter(
            0.5, 0.0, 1.0, "share", "A", "budgets for equipment are given", "share taken from other equipment"
        ),
        "delivery_from": Parameter(
            6 * MONTH, 3 * MONTH, 9 * MONTH, "days", "A", "2-6 quarters", "first deliveries after a contract"
        ),
        "delivery_to": Parameter(
            18 * MONTH, 12 * MONTH, 24 * MONTH, "days", "A", "2-6 quarters", "last deliveries after a contract"
        ),
        "trade_margin": TRADE_MARGIN,
        "transport_margin": TRANSPORT_MARGIN,
        "vat": VAT,
        "deductible": DEDUCTIBLE,
    }  # fmt: skip

    amount: Money = Field(description="contracts insured in all")
    spend_on: SectorWeights = Field(description="machines insured, shares by product")
    profile: Profile = Field(description="when contracts are made; normalised to one")
    premium: Share = parameters["premium"].field()
    subsidised: Share = parameters["subsidised"].field()
    demand_elasticity: DemandElasticity = parameters["demand_elasticity"].field()
    first_buyers: Share = parameters["first_buyers"].field()
    displaced: Share = parameters["displaced"].field()
    delivery_from: Days = parameters["delivery_from"].field()
    delivery_to: Days = parameters["delivery_to"].field()
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()
    vat: Share = parameters["vat"].field()
    deductible: Share = parameters["deductible"].field()

    def claim(self) -> float:
        """Contracts insured."""
        return self.amount * self.take_up

    def insured(self, calendar: Calendar) -> np.ndarray:
        """Contracts insured, bn yuan a period; (periods,)."""
        return self.taken_up(self.amount, calendar)

    @property
    def rise(self) -> float:
        """Additional sales per yuan insured."""
        return -self.demand_elasticity * self.premium * self.subsidised + self.first_buyers

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        sold = delayed(self.rise * self.insured(calendar), Spread(self.delivery_from, self.delivery_to), calendar)
        mix = self.spend_on.over(economy.sectors, np.bincount(economy.sector, economy.x, economy.K))
        tax = self.vat * self.deductible
        new, other = (
            plant_basket(economy, 0.0, self.trade_margin, self.transport_margin, tax, goods)
            for goods in (mix, equipment_mix(economy))
        )
        use = economy.spread(
            "investment", new - self.displaced * other, where_bought(economy, self.target, by_output=True)
        )
        return Drivers.calm(economy, calendar).having(f"{self.id}:demand", "demand", sold, use)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        path = self.premium * self.subsidised * self.insured(calendar)
        return (FiscalLine("premiums paid on all insured contracts", "gross", self.payer, path),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        insured = self.insured(calendar)
        inside, wanted = float(insured.sum()), self.rise * float(insured.sum())
        sold = float(delayed(self.rise * insured, Spread(self.delivery_from, self.delivery_to), calendar).sum())
        uses = grant_uses(self, self.amount, calendar) | {"insured in the run": inside}
        additional = sold * (1.0 - self.displaced)
        net = additional / (1.0 + self.vat * self.deductible)
        spending = {
            "additional machines in the run": net,
            "VAT that buyers deduct": additional - net,
            "in place of other machines in the run": sold - additional,
            "delivered after the run": wanted - sold,
        }
        return Account(self.amount, uses, wanted, spending)
