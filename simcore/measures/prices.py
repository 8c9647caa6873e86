"""Dearer or cheaper inputs: prices of imports, and costs that fall on producers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Factor, Flag, Share
from .base import Account, FiscalLine, Measure, measure
from .fields import Profile


@measure("import_price", shock=True)
class ImportPrice(Measure):
    """Imports become dearer or cheaper, as oil, ore or chips do.

    What it does. The price of imported products in target.sector changes by ``change`` times the profile, for all
    who buy them, at unchanged exchange rates of all else.

    Channels. ``import_price``, by product. How much of it reaches prices at home is the model's part, as is what
    buyers do about it: the default model holds prices passive and refuses the channel, ``model: {name: price}``
    answers it with quantities fixed.

    Crowding out. None here: what dearer imports take from other spending is not part of a price model.

    What it costs. Nothing by itself; the bill for imports is the change times imports.
    """

    example: ClassVar[str] = """\
    dearer_oil:
      kind: import_price
      title: "Crude oil and gas ten per cent dearer"
      change: 10 %
      target: {sector: {any: [B07]}}
      profile: {kind: ramp, start: 2022-11, end: 2023-01, hold_until: 2023-12}
      source: "assumption"
    """
    parameters: ClassVar = {}

    change: Factor = Field(description="change of the price where the profile is 1")
    profile: Profile = Field(description="course of the change")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        level = self.take_up * self.profile.level(calendar)
        products = self.change * self.target.sector.level(economy.sectors)
        return Drivers.calm(economy, calendar).having(f"{self.id}:price", "import_price", level, products)


@measure("cost_change", shock=True)
class CostChange(Measure):
    """A tax, a subsidy or a wage that changes what production costs.

    What it does. Unit cost of the target's activities changes by ``change``, a share of their producer price in the
    base, times the profile: a carbon price, a fuel subsidy (negative), a wage agreement (wages over output times the
    rise).

    Channels. ``cost``, by activity. Prices and their way through the chain are the model's part: the default model
    holds prices passive and refuses the channel, ``model: {name: price}`` answers it with quantities fixed.

    Crowding out. None here; who pays in the end is in the price model's result.

    What it costs. The change times output is paid or received by producers; state the budget's part as a measure of
    its own.
    """

    example: ClassVar[str] = """\
    carbon_price:
      kind: cost_change
      title: "A carbon price on power and steel"
      change: 3 %
      target: {sector: {any: [D44, C31]}}
      profile: {kind: pulse, start: 2022-11, end: 2023-12}
      source: "assumption"
    """
    parameters: ClassVar = {}

    change: Factor = Field(description="change of unit cost over the base's producer price, where the profile is 1")
    profile: Profile = Field(description="course of the change")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        level = self.take_up * self.profile.level(calendar)
        wedge: np.ndarray = self.change * self.target.activities(economy)
        return Drivers.calm(economy, calendar).having(f"{self.id}:cost", "cost", level, wedge)


@measure("price_cap")
class PriceCap(Measure):
    """A price cap or a long contract below the market: profit moves from sellers to buyers.

    What it does. The target sells the share ``covered`` of its output ``discount`` below the market, while the profile
    is 1. Sellers lose that money, buyers gain it.

    Channels. None by default: prices are passive, both sides spend little of a change of profit, and volumes move only
    where sellers stop supplying, which a cap above their cost does not make them do. With ``in_prices: true``,
    ``cost`` of the sellers falls by discount x covered, for a model with prices (``model: {name: price}``), which
    carries it on to those who buy.

    Crowding out. Sellers' margin: what buyers gain is what sellers lose.

    What it costs. Nothing to the budget, unless it compensates the share ``compensated`` of what sellers lose.
    """

    example: ClassVar[str] = """\
    coal_contracts:
      kind: price_cap
      title: "Long contracts for power coal"
      discount: 20 %
      covered: 30 %
      target: {sector: {any: [B06]}}
      profile: {kind: pulse, start: 2022-11, end: 2023-12}
      source: "assumption"
    """
    parameters: ClassVar = {}

    discount: Share = Field(description="price under the cap below the market price, as a share of it")
    covered: Share = Field(description="share of the target's output sold under the cap")
    compensated: Share = Field(default=0.0, description="share of sellers' loss that the budget pays")
    in_prices: Flag = Field(default=False, description="true states the lower price to a model with prices")
    profile: Profile = Field(description="when the cap holds")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        calm = Drivers.calm(economy, calendar)
        if not self.in_prices:
            return calm
        lower = -self.discount * self.covered * self.take_up * self.target.activities(economy)
        return calm.having(f"{self.id}:cost", "cost", self.profile.level(calendar), lower)

    def lost(self, economy: Economy, calendar: Calendar) -> np.ndarray:
        """What sellers lose, bn yuan a period at current prices; (periods,)."""
        sales = economy.x * economy.price_index[economy.sector] * self.target.activities(economy)
        yearly = self.discount * self.covered * self.take_up * float(sales.sum())
        return yearly * self.profile.level(calendar) / calendar.per_year

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        path = self.compensated * self.lost(economy, calendar)
        return (FiscalLine("compensation of sellers", "gross", self.payer, path),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        lost = float(self.lost(economy, calendar).sum())
        paid = self.compensated * lost
        uses = {"gained by buyers, lost by sellers": lost - paid, "gained by buyers, paid by the budget": paid}
        return Account(lost, uses)
