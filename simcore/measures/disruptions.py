"""Shocks to supply and transport: rationed energy, slower freight, a supplier that fails."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import PositiveDays, Quantity, Share
from .base import Measure, Parameter, measure
from .epidemic import pool_regions
from .fields import Profile, SectorCode, SectorCodes
from .investment import MONTH
from .lags import bounds, by_period

DayCount = Annotated[float, Quantity("number", low=0.0)]


@measure("energy_rationing", shock=True)
class EnergyRationing(Measure):
    """Power (or gas, or coal) is short in some regions, and industry is cut by plan, heavy users first.

    What it does. In the target's regions the share ``shortage`` of what is used of ``product`` is missing where the
    profile is 1. ``shifted`` of it is moved to other hours or comes from other regions. The rest is taken from
    industry in the target: from ``first_cut`` until they stand still, then from all others but ``protected``, each in
    proportion. An activity makes as much less as it lacks, but for ``self_generation``. Households and services are
    served first; what industry cannot save is not modelled.

    Channels. ``capacity`` of those who are cut. Makers of the energy sell less because their buyers use less. Power
    is not stored, so nothing is made up but what demand that waits and idle capacity bring.

    Crowding out. Buyers ration and substitute as the model says.

    What it costs. Nothing by itself.
    """

    example: ClassVar[str] = """\
    power_short:
      kind: energy_rationing
      title: "Power shortage in the west"
      product: D44
      shortage: 10 %
      target: {sector: {any: [industry]}, region: {any: [west]}}
      first_cut: [C26, C30, C31, C32]
      protected: [C13, C27, D]
      profile: {kind: pulse, start: 2022-12, end: 2023-01}
      source: "assumption; in August 2022 industry stopped in 19 of 21 cities of Sichuan (SCMP 3189116)"
    """
    parameters: ClassVar = {
        "self_generation": Parameter(
            0.05, 0.0, 0.10, "share", "A", "own power stations of plants", "share of a cut that plants replace"
        ),
        "shifted": Parameter(
            0.3, 0.1, 0.5, "share", "A",
            "Sichuan, August 2022: the nation's growth went up, so little was lost in all",
            "share of the shortage moved to other hours or regions",
        ),
    }  # fmt: skip

    product: SectorCode = Field(default="D44", description="what is short")
    shortage: Share = Field(description="share of the regions' use that is missing where the profile is 1")
    profile: Profile = Field(description="course of the shortage")
    first_cut: SectorCodes = Field(default=(), description="sectors that are cut first, until they stand still")
    protected: SectorCodes = Field(default=(), description="sectors that are not cut")
    self_generation: Share = parameters["self_generation"].field()
    shifted: Share = parameters["shifted"].field()

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        # By days: a cut that ends where a group stands still is not in proportion to the level of a longer time.
        level, start = self.take_up * self.profile.daily(), self.profile.window()[0].toordinal()
        days = np.diff(bounds(calendar))
        reached = self.target.activities(economy) * economy.is_industry
        product = list(economy.sectors.expand(self.product))
        use = (economy.use_domestic + economy.use_imported)[product].sum(axis=0)
        final = (economy.final_domestic + economy.final_imported)[product].sum(axis=0)
        first = self._among(economy, self.first_cut)
        others = ~first & ~self._among(economy, self.protected)
        drivers = Drivers.calm(economy, calendar)
        for r in np.flatnonzero(self.target.region.chosen(economy.regions)):
            here = economy.region == r
            total = float(use[here].sum() + final[economy.user_region == r].sum())
            missing = (1.0 - self.shifted) * self.shortage * level * total
            for name, group in (("first", first), ("others", others)):
                cut = reached * (here & group)
                used = float((use * cut).sum())
                share = np.minimum(missing / used, 1.0) if used > 0.0 else 0.0 * missing
                id = f"{self.id}:{economy.regions.codes[r]} {name}"
                lost = by_period(share, start, calendar) / days
                drivers = drivers.having(id, "capacity", lost, -(1.0 - self.self_generation) * cut)
                missing = missing - share * used
        return drivers

    def _among(self, economy: Economy, names: SectorCodes) -> np.ndarray:
        members = [k for name in names for k in economy.sectors.expand(name)]
        return np.isin(economy.sector, members)


@measure("transport_delay", shock=True)
class TransportDelay(Measure):
    """Freight takes longer: goods arrive late once, while the pipeline fills, and none is lost on the way.

    What it does. Deliveries on routes that touch the target's regions take ``extra_days`` more where the profile is 1.
    While the delay grows by d days, the flow of d days is under way instead of arriving; after that as much arrives
    as is sent. So a month in which four days are added gets 4/30 less, and the next ones what they usually get.

    Channels. ``passage``: the share that arrives while the delay grows, of goods only (services need no lorries).
    Models have no clock for goods under way: what is late is not delivered in that period, firms' stocks fall by it,
    and their restocking orders bring it later, as the flood of arrivals on lifting would. Of what final users miss the
    model lets a part wait and loses the rest. Above the cover of a critical input output falls; below it, hardly.

    Crowding out. None stated. Delays that last cost 0.6-2.1 % of the value a day and move trade (Hummels, Schaur
    2013); with passive prices that is left out.

    What it costs. Nothing by itself.
    """

    example: ClassVar[str] = """\
    logistics:
      kind: transport_delay
      title: "Four more days on the road"
      extra_days: 4
      target: {region: {any: [central, west]}}
      profile: {kind: pulse, start: 2022-12, end: 2023-01}
      source: "assumption"
    """
    parameters: ClassVar = {}

    extra_days: DayCount = Field(description="days added to transport where the profile is 1, a bare number")
    profile: Profile = Field(description="course of the delay")

    def late(self, calendar: Calendar) -> np.ndarray:
        """Share of each period's deliveries that does not arrive in it, (periods,).

        More than a whole period's flow cannot be late in it: the rest is late in the next.
        """
        daily = self.profile.daily()
        grows = np.maximum(np.diff(daily, prepend=0.0), 0.0)
        grown = self.extra_days * self.take_up * by_period(grows, self.profile.window()[0].toordinal(), calendar)
        days, owed, share = np.diff(bounds(calendar)), 0.0, np.zeros(calendar.periods)
        for t in range(calendar.periods):
            owed += grown[t]
            share[t] = min(1.0, owed / days[t])
            owed -= share[t] * days[t]
        return share

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        reached = self.target.region.level(economy.regions)
        home = pool_regions(economy)
        at_buyer = np.where(home < 0, 0.0, reached[home])
        touched = np.maximum(reached[:, None], at_buyer[None, :])
        return Drivers.calm(economy, calendar).having(f"{self.id}:late", "passage", -self.late(calendar), touched)


@measure("supplier_loss", shock=True)
class SupplierLoss(Measure):
    """A large supplier fails (fire, flood, sanction); others take over as fast as its goods are replaceable.

    What it does. The target (one product, in one region or of one class of owner) loses ``share`` of its capacity at
    the start of the profile. Of that, 1 - ``specificity`` is made by others at once; the rest comes back by
    exp(-t / ``substitution_time``), because others learn to make it, whether or not the supplier returns. Where the
    profile falls the loss falls with it.

    Channels. ``capacity`` of the target. Whether the missing input stops its buyers is in the model's criticality and
    stocks.

    Crowding out. Buyers ration as the model says. In sector data a firm is a share of its activity, so the loss is
    diluted over all buyers of the product; networks of firms show more (Barrot, Sauvagnat: sales of suppliers hit
    -5 pp, their customers' too). Read the result as a lower bound.

    What it costs. Nothing by itself.
    """

    example: ClassVar[str] = """\
    parts_maker:
      kind: supplier_loss
      title: "A large maker of car parts fails"
      share: 10 %
      target: {sector: {any: [C36b]}, region: {any: [east]}}
      profile: {kind: pulse, start: 2022-12, end: 2023-06}
      source: "assumption"
    """
    parameters: ClassVar = {
        "specificity": Parameter(
            0.5, 0.2, 1.0, "share", "A",
            "specific inputs hit buyers more (Barrot, Sauvagnat); no share is published",
            "share of the lost goods that nobody else can make at once",
        ),
        "substitution_time": Parameter(
            6 * MONTH, 2 * MONTH, 12 * MONTH, "days", "A",
            "2-12 months by specificity",
            "time to replace it but for 1/e",
        ),
    }  # fmt: skip

    share: Share = Field(description="share of the target's capacity that fails")
    profile: Profile = Field(description="how much of it is out")
    specificity: Share = parameters["specificity"].field()
    substitution_time: PositiveDays = parameters["substitution_time"].field()

    def out(self, calendar: Calendar) -> np.ndarray:
        """Share of the failed supplier's goods that is missing in each period, (periods,)."""
        daily = self.profile.daily()
        left = self.specificity * np.exp(-(np.arange(len(daily)) + 0.5) / self.substitution_time)
        return by_period(daily * left, self.profile.window()[0].toordinal(), calendar) / np.diff(bounds(calendar))

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        lost = -self.share * self.take_up * self.target.activities(economy)
        return Drivers.calm(economy, calendar).having(f"{self.id}:capacity", "capacity", self.out(calendar), lost)
