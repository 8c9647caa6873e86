"""Support for exporters: tax rebates, faster rebates, credit insurance, export credit."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ..calendar import DAYS_PER_YEAR, Calendar
from ..drivers import Drivers
from ..economy import CATEGORIES, Economy
from ..units import (
    Days,
    DemandElasticity,
    Money,
    Number,
    Points,
    PositiveFactor,
    PositivePoints,
    Share,
    problem,
)
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile, Selector
from .investment import MONTH
from .lags import Spread, delayed
from .purchases import consumer_price, volume

NEEDS = {
    "rebate": ("rebate_change",),
    "speed": ("annual_rebate", "days_saved"),
    "insurance": ("cover_increase",),
    "credit": ("amount",),
    "growth": ("growth",),
}


def exports_reached(economy: Economy, target: Selector) -> np.ndarray:
    """Yearly exports of home products by the target's activities, (K,) bn yuan at base-year prices.

    An activity's part in the exports of its product is its part in what buyers abroad get.
    """
    abroad = np.flatnonzero(economy.user_category == CATEGORIES.index("exports"))
    sold = np.maximum(economy.final_domestic[:, abroad], 0.0)
    by_activity = (economy.origin[:, economy.user_pool[abroad]] * sold[economy.sector]).sum(axis=1)
    return np.bincount(economy.sector, by_activity * target.activities(economy), economy.K)


@measure("export_support")
class ExportSupport(Measure):
    """Cheaper, faster or safer exporting: buyers abroad decide, and orders lead shipments by months.

    What it does, by ``instrument``. ``rebate``: the VAT rebate rises by ``rebate_change``; the share
    ``pass_through`` lowers prices abroad and volumes respond with ``elasticity`` on the ``eligible``
    (ordinary trade) share; the rest is exporters' margin and moves no volume. ``response`` states per cent
    of exports per point of rebate instead: the estimates are for products or firms relative to others, an
    upper bound for the total. ``speed``: rebates paid ``days_saved`` earlier free a float once
    (annual_rebate x days / 365); exporters save its interest, and constrained ones pay out ``payroll`` of
    it: near nothing, and this says so. ``insurance``: ``cover_increase`` more credit insurance on the
    ``insured`` share raises exports by cover_response x log of the increase. ``credit``: working capital,
    ``additionality`` of which turns into exports. ``growth``: a rise that the file states, for new trade formats
    (cross-border e-commerce, warehouses abroad: a trend of 0-0.3 % of consumer goods' exports a year [A]) or orders
    that service desks retain.

    Channels. ``demand`` (exports), at base-year prices, shipped evenly between ``lag_from`` and ``lag_to``
    after the measure; ``income`` of households for the payroll part of faster rebates. The target says
    whose exports are reached; the extra orders spread over regions and owners as those products' exports
    do, since buyers abroad choose. Exports use imported inputs: the input coefficients of the model take
    care of that.

    Crowding out. None inside the country while capacity is idle; where it binds, the model rations. It
    cannot beat world demand: that is a shock of its own (``export_demand``).

    What it costs. Rebates on all eligible exports, the existing ones included; interest on earlier payment
    (the float itself is only deferred); insurance premiums and expected claims; interest is the banks' on
    credit.
    """

    example: ClassVar[str] = """\
    insurance:
      kind: export_support
      title: "More export credit insurance"
      instrument: insurance
      cover_increase: 5 %
      target: {sector: {any: [manufacturing]}}
      profile: {kind: ramp, start: 2022-11, end: 2023-03, hold_until: 2023-12}
      source: "assumption: the notice names no volume"
    """
    parameters: ClassVar = {
        "eligible": Parameter(
            0.65, 0.55, 0.8, "share", "A",
            "ordinary trade; processing trade has no rebate to gain",
            "share of exports that the rebate reaches",
        ),
        "elasticity": Parameter(
            -0.65, -1.5, -0.4, "number", "F",
            "aggregate exports in the short run (Yao, Tian, Su 2013); 0.7 (Kwack et al. 2007)",
            "per cent of exports per per cent of price abroad",
        ),
        "pass_through": Parameter(
            0.5, 0.0, 1.0, "share", "A",
            "unit values did not move (Gourdon et al. 2022)",
            "share of the rebate that lowers prices",
        ),
        "cover_response": Parameter(
            0.23, 0.10, 0.34, "number", "F",
            "China, by firm and destination: +10 % cover, +2.3 % "
            "exports (Ji, Peng, Tian, Zhuang, CEP DP 2163)",
            "exports per log point of insurance cover",
        ),
        "insured": Parameter(
            0.175, 0.10, 0.25, "share", "A",
            "share of exports under credit insurance",
            "share of exports insured",
        ),
        "premium": Parameter(
            0.005, 0.002, 0.01, "share", "A",
            "premium on insured exports",
            "premium the budget pays on extra cover",
        ),
        "claims_rate": Parameter(
            0.003, 0.001, 0.006, "share", "A", "claims over insured exports", "expected claims on extra cover"
        ),
        "additionality": Parameter(
            0.2, 0.0, 0.4, "share", "A",
            "working capital mostly replaces other credit",
            "share of the credit that turns into exports",
        ),
        "constrained": Parameter(
            0.3, 0.1, 0.5, "share", "A", "exporters short of cash", "share of the float that they hold"
        ),
        "payroll": Parameter(
            0.10, 0.0, 0.15, "number", "F",
            "US, accelerated payments (Barrot, Nanda 2020)",
            "yuan of payroll per yuan paid earlier to constrained firms",
        ),
        "borrowing_rate": Parameter(
            0.04, 0.032, 0.06, "points", "A", "short loans to firms", "interest exporters save, a year"
        ),
        "bond_rate": Parameter(
            0.025, 0.02, 0.03, "points", "A",
            "government paper of one year",
            "interest the budget pays, a year",
        ),
        "lag_from": Parameter(
            1 * MONTH, 0.5 * MONTH, 2 * MONTH, "days", "A",
            "orders lead shipments by 1-3 months",
            "first shipments after the measure",
        ),
        "lag_to": Parameter(
            3 * MONTH, 2 * MONTH, 5 * MONTH, "days", "A",
            "orders lead shipments by 1-3 months; insurance about a quarter",
            "last shipments after the measure",
        ),
    }  # fmt: skip

    instrument: Literal["rebate", "speed", "insurance", "credit", "growth"] = Field(
        default="credit", description="by what"
    )
    profile: Profile = Field(description="share of the measure in force; for credit, when it is drawn")
    amount: Money = Field(default=0.0, description="export credit in all (credit)")
    rebate_change: PositivePoints = Field(default=0.0, description="rise of the rebate rate (rebate)")
    response: Number | None = Field(
        default=None, description="per cent of exports per point of rebate, else elasticity"
    )
    annual_rebate: Money = Field(default=0.0, description="rebates paid in a year (speed)")
    days_saved: Days = Field(default=0.0, description="how much earlier they are paid (speed)")
    growth: PositiveFactor = Field(default=0.0, description="rise of the exports reached (growth)")
    cover_increase: PositiveFactor = Field(default=0.0, description="rise of insured exports (insurance)")
    eligible: Share = parameters["eligible"].field()
    elasticity: DemandElasticity = parameters["elasticity"].field()
    pass_through: Share = parameters["pass_through"].field()
    cover_response: Number = parameters["cover_response"].field()
    insured: Share = parameters["insured"].field()
    premium: Share = parameters["premium"].field()
    claims_rate: Share = parameters["claims_rate"].field()
    additionality: Share = parameters["additionality"].field()
    constrained: Share = parameters["constrained"].field()
    payroll: Number = parameters["payroll"].field()
    borrowing_rate: Points = parameters["borrowing_rate"].field()
    bond_rate: Points = parameters["bond_rate"].field()
    lag_from: Days = parameters["lag_from"].field()
    lag_to: Days = parameters["lag_to"].field()

    @model_validator(mode="after")
    def _complete(self) -> ExportSupport:
        for name in NEEDS[self.instrument]:
            if name not in self.model_fields_set:
                raise problem("SC021", f"missing key '{name}' for the instrument '{self.instrument}'", at=())
        return self

    def claim(self) -> float:
        """Credit drawn; other instruments draw on no pool."""
        return self.amount * self.take_up if self.instrument == "credit" else 0.0

    def rise(self, economy: Economy) -> float:
        """Rise of the exports reached while the measure is fully in force, as a share of them."""
        reached = self.granted * self.take_up
        if self.instrument == "rebate":
            if self.response is not None:
                return self.eligible * reached * self.response * self.rebate_change
            cheaper = 1.0 - self.pass_through * reached * self.rebate_change
            return self.eligible * (cheaper**self.elasticity - 1.0)
        if self.instrument == "speed":
            value = self.nominal(economy).sum()
            saved = self._float() * self.borrowing_rate / value if value > 0 else 0.0
            return (1.0 - self.pass_through * saved) ** self.elasticity - 1.0
        if self.instrument == "insurance":
            return self.insured * reached * self.cover_response * float(np.log1p(self.cover_increase))
        if self.instrument == "growth":
            return reached * self.growth
        return 0.0

    def nominal(self, economy: Economy) -> np.ndarray:
        """Yearly exports reached at current prices, (K,)."""
        return exports_reached(economy, self.target) * economy.price_index

    def _float(self) -> float:
        return self.granted * self.take_up * self.annual_rebate * self.days_saved / DAYS_PER_YEAR

    def _drawn(self, calendar: Calendar) -> np.ndarray:
        return self.taken_up(self.amount, calendar)

    def _freed(self, calendar: Calendar) -> np.ndarray:
        """Float paid earlier than before, by period; negative where it is withdrawn; (periods,)."""
        earlier = calendar.extended(1, 0)
        level = self.profile.level(earlier)
        # What was paid earlier before the run belongs to both paths.
        return self._float() * np.diff(level)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        lag = Spread(self.lag_from, self.lag_to)
        exports = exports_reached(economy, self.target)
        if self.instrument == "credit":
            share = exports * economy.price_index
            share = share / share.sum() if share.sum() > 0 else share
            path, products = self.additionality * self._drawn(calendar), volume(economy, share)
        else:
            path, products = self.rise(economy) * self.profile.level(calendar) / calendar.per_year, exports
        weights = economy.spread("exports", products)
        drivers = Drivers.calm(economy, calendar).having(
            f"{self.id}:demand", "demand", delayed(path, lag, calendar), weights
        )
        if self.instrument != "speed":
            return drivers
        paid = self.constrained * self.payroll * self._freed(calendar) / consumer_price(economy)
        regions = np.bincount(economy.region, economy.x * self.target.activities(economy), economy.R)
        regions = regions / regions.sum() if regions.sum() > 0 else regions
        return drivers.having(f"{self.id}:payroll", "income", paid, regions)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        level = self.profile.level(calendar) / calendar.per_year
        reached, value = self.granted * self.take_up, float(self.nominal(economy).sum())
        if self.instrument == "rebate":
            path = reached * self.rebate_change * value * level * (self.eligible + self.rise(economy))
            return (FiscalLine("rebates on all eligible exports", "forgone", self.payer, path),)
        if self.instrument == "speed":
            freed = self._freed(calendar)
            interest = self._float() * self.bond_rate * level
            return (
                FiscalLine("rebates paid earlier", "deferred", self.payer, freed, -float(freed.sum())),
                FiscalLine("interest on earlier payment", "gross", self.payer, interest),
            )
        if self.instrument == "insurance":
            cover = reached * self.cover_increase * self.insured * value * level
            return (
                FiscalLine("premiums on extra cover", "gross", self.payer, self.premium * cover),
                FiscalLine("expected claims", "contingent", "export insurer", self.claims_rate * cover),
            )
        return ()

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        if self.instrument == "credit":
            return self._credit_account(calendar)
        lines = [line for line in self.cost(economy, calendar) if line.kind in ("gross", "forgone")]
        total = float(sum(line.path.sum() for line in lines))
        yearly = self.rise(economy) * float(self.nominal(economy).sum())
        extra = yearly * self.profile.level(calendar) / calendar.per_year
        ordered = float(extra.sum())
        shipped = float(delayed(extra, Spread(self.lag_from, self.lag_to), calendar).sum())
        sold = {"shipped in the run": shipped, "shipped after the run": ordered - shipped}
        if self.instrument != "rebate":
            return Account(total, {line.name: float(line.path.sum()) for line in lines}, ordered, sold)
        rise = self.rise(economy)
        existing = total * self.eligible / (self.eligible + rise) if total > 0 else 0.0
        uses = {
            "existing exports, lower prices abroad": existing * self.pass_through,
            "existing exports, exporters' margin": existing * (1.0 - self.pass_through),
            "additional exports": total - existing,
        }
        return Account(total, uses, ordered, sold)

    def _credit_account(self, calendar: Calendar) -> Account:
        offered = self.amount * self.granted
        drawn, path = offered * self.take_up, self._drawn(calendar)
        inside, before = float(path.sum()), drawn * self.profile.before(calendar)
        extra = self.additionality * path
        shipped = float(delayed(extra, Spread(self.lag_from, self.lag_to), calendar).sum())
        uses = {
            "beyond the pool's ceiling": self.amount - offered,
            "not drawn": offered - drawn,
            "drawn before the run (in both paths)": before,
            "drawn after the run": drawn - before - inside,
            "replaces other credit": inside - float(extra.sum()),
            "finances additional exports": float(extra.sum()),
        }
        later = float(extra.sum()) - shipped
        return Account(
            self.amount,
            uses,
            float(extra.sum()),
            {"shipped in the run": shipped, "shipped after the run": later},
        )
