"""Dearer or cheaper inputs: prices of imports, and costs that fall on producers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Factor
from .base import Measure, measure
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
