"""What a notice says without moving anything: campaigns, targets, early warning, who is responsible."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Number, Quantity, Share, problem
from .base import Measure, measure
from .fields import PeriodText, Profile, SectorCodes
from .purchases import bought, where_bought

TOTAL = "total"
Rise = Annotated[float, Quantity("share", low=0.0, high=0.01)]


@measure("announcement")
class Announcement(Measure):
    """A campaign without a budget: it moves nothing, and stands in the tables with exactly 0.

    What it does. Nothing. Households are told to buy ``products``; no money is behind it. ``response`` states, as a
    variant of somebody who believes otherwise, by which share purchases rise while the profile is 1: 0 unless the file
    says so, never drawn, and no more than 1 %; 0.1 % is the upper bound that the manual would defend [A].

    Channels. None; with a response above 0, ``demand`` (households), in proportion to what they buy now.

    Crowding out. With a response above 0: none is taken off, which is the most it can be.

    What it costs. Nothing.
    """

    example: ClassVar[str] = """\
    consumer_campaign:
      kind: announcement
      title: "Campaign for brands of food, clothing and household goods"
      products: [consumer_goods]
      profile: {kind: pulse, start: 2022-12, end: 2023-03}
      source: "notice of 21 November 2022: no budget"
    """
    parameters: ClassVar = {}

    products: SectorCodes = Field(description="what households are told to buy")
    profile: Profile = Field(description="when")
    response: Rise = Field(default=0.0, description="rise of purchases that somebody supposes")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        rise = self.response * self.take_up * self.profile.level(calendar) / calendar.per_year
        chosen = np.zeros(economy.K)
        chosen[[k for name in self.products for k in economy.sectors.expand(name)]] = 1.0
        yearly = chosen * bought(economy, "households").sum(axis=1)
        use = economy.spread("households", yearly, where_bought(economy, self.target))
        return Drivers.calm(economy, calendar).having(f"{self.id}:demand", "demand", rise, use)


class Label(Measure):
    """A part of a notice that drives nothing by itself."""

    payer: str = Field(default="nobody", description="who pays")

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        return Drivers.calm(economy, calendar)


@measure("target")
class Target(Label):
    """A target and its tracking: announced, it drives nothing; the distance to it is read off the result.

    What it does. It names a variable of the result, a period and the bounds it should keep. ``simcore.safeguards``
    gives the distance, and the share of draws that meet it, the error of the projected baseline included. A
    target that is announced is no shock; a number for its effect would be an error.

    Channels. None: its contribution is exactly 0.

    Crowding out. None.

    What it costs. Nothing.
    """

    example: ClassVar[str] = """\
    quarter_target:
      kind: target
      title: "Fourth quarter of 2022 in a reasonable range"
      variable: iva_yoy
      period: 2022-Q4
      at_least: 3
      at_most: 6
      source: "assumption: the notice gives no number for the range"
    """
    parameters: ClassVar = {}

    variable: Literal["iva_yoy", "iva_two_year", "iva_level_effect"] = Field(description="variable of the result, in %")
    of: str = Field(default=TOTAL, description="total, or a sector, region or class of owner")
    period: PeriodText = Field(description="month or quarter; a quarter is taken from the sum of levels")
    at_least: Number | None = Field(default=None, description="lower bound, in %")
    at_most: Number | None = Field(default=None, description="upper bound, in %")

    @model_validator(mode="after")
    def _has_a_bound(self) -> Target:
        low, high = self.at_least, self.at_most
        if low is None and high is None:
            raise problem("SC021", "missing key 'at_least' or 'at_most'")
        if low is not None and high is not None and low > high:
            raise problem("SC404", f"at_least ({low:g}) is above at_most ({high:g})", at=("at_most",))
        return self


@measure("warning")
class EarlyWarning(Label):
    """Early warning: which activities are about to bind, read off the result; it drives nothing.

    What it does. It names thresholds. ``simcore.safeguards`` lists the activities that a run binds, or
    brings within ``room`` of what they can make, first ones first. Indicators of other sources (orders, delivery
    times, arrears) are not in the model.

    Channels. None: its contribution is exactly 0.

    Crowding out. None.

    What it costs. Nothing.
    """

    example: ClassVar[str] = """\
    monitoring:
      kind: warning
      title: "Monitoring of key chains"
      watch: [equipment, raw_materials]
      room: 1 %
      source: "notice of 21 November 2022"
    """
    parameters: ClassVar = {}

    watch: SectorCodes = Field(default=("industry",), description="sectors watched")
    room: Share = Field(default=0.01, description="distance from what can be made at which a warning is given")


@measure("responsible")
class Responsible(Label):
    """Who answers for what: results are added up by the tier that each measure names; it drives nothing.

    What it does. Every measure may name a tier in its own field ``responsible``. ``simcore.safeguards`` adds up the
    contributions of a run by tier, for the tiers listed here: the sum of the same values, never a second attribution.
    How well a tier carries a measure out enters through that measure's take-up and lags only.

    Channels. None: its contribution is exactly 0.

    Crowding out. None.

    What it costs. Nothing.
    """

    example: ClassVar[str] = """\
    who_answers:
      kind: responsible
      title: "Responsibility of ministries, provinces and enterprise groups"
      source: "notice of 21 November 2022"
    """
    parameters: ClassVar = {}

    tiers: tuple[Literal["ministry", "province", "enterprise group", "bank"], ...] = Field(
        default=("ministry", "province", "enterprise group", "bank"), description="tiers that are added up"
    )
