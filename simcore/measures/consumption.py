"""Changes of a tax on what households buy: the purchase tax on cars."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from ..calendar import DAYS_PER_YEAR, Calendar
from ..drivers import Drivers
from ..economy import ABROAD, Economy
from ..units import Days, DemandElasticity, Money, PositiveDays, Share
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import Profile, SectorCode, product_shares
from .investment import MONTH, PullForward
from .lags import Erlang, Spread, by_period, delayed, evenly_after
from .purchases import TRADE, bought, consumer_price, other_goods, row, volume, where_bought


class RateChange(BaseModel):
    """A tax rate before and after."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    before: Share = Field(alias="from", description="rate without the measure")
    to: Share = Field(description="rate with the measure")


class Sales(NamedTuple):
    """Covered sales inside a run, before tax, bn yuan a period at current prices; all (periods,)."""

    covered: np.ndarray  # without the measure, in the time when the cut is in force
    permanent: np.ndarray  # extra sales that would not have been made
    early: np.ndarray  # extra sales that are only earlier
    missed: np.ndarray  # later sales that are missed, because they were made earlier
    still_missed: float  # those that are missed after the run

    @property
    def extra(self) -> np.ndarray:
        return self.permanent + self.early - self.missed


@measure("consumption_tax")
class ConsumptionTax(Measure):
    """A lower tax on purchases of one product: some more sales, many only earlier, and a slump after the end.

    What it does. Of the cut, ``pass_through`` reaches buyers: the price on covered sales changes by
    pass_through x (to - from) / (1 + vat + from). The market grows by the market's price elasticity;
    elasticities of a single model's share are far larger, since buyers switch between models, and do not
    belong here: what covered cars win from others is no extra sale. On top, buyers advance purchases:
    ``pull_forward.share`` of all extra sales would have been made later. Advances rise evenly towards the
    end of the cut and are missed, to the last yuan, evenly over ``pull_forward.payback`` after it; what is
    missed after the run's end is printed. The advance is never more than ``intertemporal_elasticity``
    gives; with a share of 100 % nothing is permanent and that is its size.

    Channels. ``demand`` (households): factory value of extra sales (``covered_sales`` are before tax),
    ``margin`` of it for trade, at base-year prices, imports included. Of what households pay for them, tax
    included, the share ``displaced`` comes out of other goods and services over the ``loan_life``, by
    budget shares; the rest is saved less or borrowed. ``income``: buyers who would have bought anyway keep
    the tax saved, and the model spends it by its own marginal propensity. With ``dealer_stock``, dealers
    sell from stock first and factories follow with that mean delay. The lower price is in the sales
    already: no ``buyer_price`` is stated, or models with price response would count twice.

    Crowding out. Displaced spending, above; switching from uncovered products adds up to zero over the
    market.

    What it costs. The tax forgone on all covered sales, those that would have been made anyway included.
    Purchase tax on additional sales, less that on sales missed later, comes back; VAT and other taxes come
    with value added. Sales before the run's first period, and the slump that pays them back, are in both
    paths.
    """

    example: ClassVar[str] = """\
    purchase_tax:
      kind: consumption_tax
      title: "Halved purchase tax on cars"
      product: C36
      rate: {from: 10 %, to: 5 %}
      covered_sales: 140 bn CNY
      pass_through: 85 %
      demand_elasticity: -1.0
      pull_forward: {share: 60 %, payback: 7 months}
      profile: {kind: pulse, start: 2022-06, end: 2022-12}
      source: "State Taxation Administration: 23.04 bn yuan of relief, June to August 2022"
    """
    parameters: ClassVar = {
        "coverage": Parameter(
            0.51, 0.49, 0.53, "share", "C",
            "cars with relief over passenger car sales, June and July "
            "2022 (State Taxation Administration; CAAM)",
            "share of households' purchases that the cut covers",
        ),
        "pass_through": Parameter(
            0.85, 0.70, 1.0, "share", "F",
            "85 % to consumers in the Chinese cut of 2015; 93 % for "
            "cheap cars in the German scheme (Kaul, Pfeifer, Witte)",
            "share of the cut that reaches buyers",
        ),
        "demand_elasticity": Parameter(
            -1.0, -2.0, -0.5, "number", "A",
            "market elasticity; older US aggregate studies -1.2 to -1.5 as quoted in a textbook exercise",
            "per cent of sales per per cent of price, permanent",
        ),
        "intertemporal_elasticity": Parameter(
            -4.0, -6.0, -2.5, "number", "A",
            "advances are at most four times the permanent extra sales",
            "the same for advances alone: their upper limit",
        ),
        "pull_forward.share": Parameter(
            0.6, 0.35, 1.0, "share", "A",
            "US 2009 nearly all (Mian, Sufi 2012); Europe 2009 net "
            "positive in most countries; China 2016 in between",
            "share of extra sales that is only earlier",
        ),
        "pull_forward.payback": Parameter(
            7 * MONTH, 4 * MONTH, 18 * MONTH, "days", "F",
            "reversed seven months after the end (Mian, Sufi 2012, QJE 127)",
            "length of the slump after the end",
        ),
        "displaced": Parameter(
            0.5, 0.3, 0.7, "share", "A",
            "the rest is credit and saving",
            "share of the outlay that other goods lose",
        ),
        "loan_life": Parameter(
            36 * MONTH, 24 * MONTH, 60 * MONTH, "days", "A",
            "usual car loan",
            "time over which other goods lose it",
        ),
        "vat": Parameter(
            0.13, 0.13, 0.13, "share", "F",
            "example of the purchase tax in the policy table",
            "VAT in the price",
        ),
        "margin": Parameter(
            0.08, 0.05, 0.12, "share", "A", "dealers' gross margin", "share of the value that trade earns"
        ),
        "dealer_stock": Parameter(
            0.0, 0.0, 60.0, "days", "A",
            "dealers hold 30-60 days of sales; 0 is no use of them",
            "mean delay of factories behind dealers' sales",
        ),
    }  # fmt: skip

    product: SectorCode = Field(description="what is bought")
    rate: RateChange = Field(description="tax rate without and with the measure, on the price before VAT")
    profile: Profile = Field(description="when the cut is in force; below 1, a part of it")
    covered_sales: Money | None = Field(
        default=None,
        description="covered sales a month without the measure, before VAT and tax, current prices",
    )
    coverage: Share = parameters["coverage"].field()
    pass_through: Share = parameters["pass_through"].field()
    demand_elasticity: DemandElasticity = parameters["demand_elasticity"].field()
    intertemporal_elasticity: DemandElasticity = parameters["intertemporal_elasticity"].field()
    pull_forward: PullForward = Field(
        default=PullForward(share=0.6, payback=7 * MONTH), description="the part that is only earlier"
    )
    displaced: Share = parameters["displaced"].field()
    loan_life: PositiveDays = parameters["loan_life"].field()
    vat: Share = parameters["vat"].field()
    margin: Share = parameters["margin"].field()
    dealer_stock: Days = parameters["dealer_stock"].field()

    @property
    def price_change(self) -> float:
        """Change of what covered buyers pay, as a share of it."""
        return self.pass_through * (self.rate.to - self.rate.before) / (1.0 + self.vat + self.rate.before)

    def yearly_sales(self, economy: Economy) -> float:
        """Covered sales a year without the measure, before tax, bn yuan at current prices."""
        if self.covered_sales is not None:
            return 12.0 * self.covered_sales
        product = product_shares(economy, self.product) > 0
        users = np.ones(economy.F, dtype=bool)
        if self.target.region.restricts:
            users = np.isin(economy.user_region, np.flatnonzero(self.target.region.chosen(economy.regions)))
        value = bought(economy, "households")[:, users].sum(axis=1) * economy.price_index
        return self.coverage * float(value[product].sum())

    def sales(self, economy: Economy, calendar: Calendar) -> Sales:
        """Covered sales by kind inside the run."""
        level, (first, last) = self.profile.daily(), self.profile.window()
        day = self.yearly_sales(economy) / DAYS_PER_YEAR
        per_day = day * self._growth(level, self.demand_elasticity)
        total, kept = self._advance(per_day.sum(), day * self._growth(level, self.intertemporal_elasticity).sum())
        nearer = level * (np.arange(len(level)) + 0.5)  # the nearer the end, the more buyers hurry
        early = total * nearer / nearer.sum() if nearer.sum() > 0 else np.zeros_like(nearer)
        start = first.toordinal()
        in_run = by_period(early, start, calendar)
        after = evenly_after(last.toordinal() + 1, self.pull_forward.payback, calendar)
        moved = float(in_run.sum())
        missed = moved * after
        return Sales(
            by_period(day * level, start, calendar),
            by_period(kept * per_day, start, calendar),
            in_run,
            missed,
            moved - float(missed.sum()),
        )

    def _growth(self, level: np.ndarray, elasticity: float) -> np.ndarray:
        return (1.0 + level * self.price_change) ** elasticity - 1.0

    def _advance(self, permanent: float, most: float) -> tuple[float, float]:
        """Purchases advanced in all, and the share of the permanent extra sales that then stays permanent.

        The share f of all extra sales that is only earlier makes the advance f / (1 - f) times the
        permanent extra. It is never more than ``most``, which alone gives it where nothing is permanent.
        """
        share = self.pull_forward.share
        if share >= 1.0:
            return most, 0.0
        wanted = permanent * share / (1.0 - share)
        if abs(wanted) <= abs(most):
            return wanted, 1.0
        return most, most * (1.0 - share) / (share * permanent)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        sales, product = self.sales(economy, calendar), product_shares(economy, self.product)
        regions = where_bought(economy, self.target)
        extra = sales.extra
        orders = delayed(extra, Erlang(self.dealer_stock), calendar)
        trade = row(economy, TRADE)
        margin = self.margin if trade is not None else 0.0
        goods = economy.spread("households", volume(economy, product * (1.0 - margin)), regions)
        drivers = Drivers.calm(economy, calendar).having(f"{self.id}:demand", "demand", orders, goods)
        if trade is not None:
            service = np.zeros(economy.K)
            service[trade] = margin
            weights = economy.spread("households", volume(economy, service), regions)
            drivers = drivers.having(f"{self.id}:dealers", "demand", extra, weights)
        lost = economy.spread("households", volume(economy, other_goods(economy, product)), regions)
        drivers = drivers.having(f"{self.id}:displaced", "demand", -self._displaced(extra, calendar), lost)
        saved = self._saved(sales) / consumer_price(economy)
        return drivers.having(f"{self.id}:tax saved", "income", saved, _residents(economy, goods))

    def _displaced(self, extra: np.ndarray, calendar: Calendar) -> np.ndarray:
        """What other goods lose in each period, bn yuan at current prices; (periods,)."""
        paid = extra * (1.0 + self.vat + self.rate.before) * (1.0 + self.price_change)
        return self.displaced * delayed(paid, Spread(0.0, self.loan_life), calendar)

    def _saved(self, sales: Sales) -> np.ndarray:
        """Tax saved by buyers who would have bought anyway, now or later; (periods,)."""
        return self.pass_through * (self.rate.before - self.rate.to) * (sales.covered + sales.early)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        sales = self.sales(economy, calendar)
        cut = self.rate.before - self.rate.to
        forgone = cut * (sales.covered + sales.permanent + sales.early)
        # Forgone counts the cut on every covered sale; an additional sale would have paid nothing at all.
        regained = self.rate.before * (sales.permanent + sales.early - sales.missed)
        return (
            FiscalLine("tax forgone on all covered sales", "forgone", self.payer, forgone),
            FiscalLine(
                "purchase tax on additional sales, at the old rate, less that on missed sales",
                "revenue",
                self.payer,
                regained,
                -self.rate.before * sales.still_missed,
            ),
        )

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        sales = self.sales(economy, calendar)
        cut = self.rate.before - self.rate.to
        parts = {
            "sales that would have been made anyway": sales.covered,
            "sales made earlier": sales.early,
            "additional sales": sales.permanent,
        }
        uses = {}
        for name, path in parts.items():
            forgone = cut * float(path.sum())
            uses[f"kept by buyers, {name}"] = self.pass_through * forgone
            uses[f"kept by sellers, {name}"] = (1.0 - self.pass_through) * forgone
        extra = sales.permanent + sales.early
        spending = {
            "permanent extra sales": float(sales.permanent.sum()),
            "sales made earlier": float(sales.early.sum()),
        }
        moved = {
            "missed in the run": float(sales.missed.sum()),
            "missed after the run": sales.still_missed,
        }
        return Account(sum(uses.values()), uses, float(extra.sum()), spending, moved)


def _residents(economy: Economy, weights: np.ndarray) -> np.ndarray:
    "Share of each region in purchases (K, F); (R,), sums to one where anything is bought inside the"
    "country."
    inside = economy.user_region != ABROAD
    by_user: Any = weights[:, inside].sum(axis=0)
    total = np.bincount(economy.user_region[inside], by_user, economy.R)
    return total / total.sum() if total.sum() > 0 else total
