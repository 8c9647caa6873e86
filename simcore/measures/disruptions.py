"""Shocks to supply and transport: rationed energy, slower freight, a supplier that fails."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from ..calendar import DAYS_PER_YEAR, Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..units import Days, PositiveDays, Quantity, Share
from .base import Measure, Parameter, measure
from .fields import Profile, SectorCode, SectorCodes
from .investment import MONTH
from .lags import Erlang, bounds, by_period, delayed
from .routes import goods_sent, routes_touching

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
    While the delay grows by d days, the goods of d days are under way instead of arriving; after that as much arrives
    as is sent. So a month in which four days are added gets 4/30 less, and the next ones what they usually get. When
    the delay shrinks, what is under way comes on top.

    Channels. Models have no clock for goods under way, so four statements stand for it, about goods only (services need
    no lorries). ``passage``: the share that arrives while the delay grows. ``stock_release``: makers send as much as
    before, into the pipeline; what comes out of it when the delay shrinks, over ``unloading``, is sold before they make
    more. ``stock_cover``: firms count what is under way, so that they want so many days less on their shelves and do
    not order it twice. ``demand``: final users, who hold no stocks here, buy what comes on top in the end. Output falls
    where a critical input has less cover than the delay, and hardly elsewhere. What final users miss meanwhile waits
    in part, as the model says.

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
    parameters: ClassVar = {
        "unloading": Parameter(
            30.0, 5.0, 120.0, "days", "A",
            "as long as firms take to fill their stocks again: state the model's restocking_time where it is not the "
            "default; what comes out sooner keeps makers idle, and sets off a cycle of stocks",
            "mean time in which goods out of the pipeline reach shelves",
        ),
    }  # fmt: skip

    extra_days: DayCount = Field(description="days added to transport where the profile is 1, a bare number")
    unloading: Days = parameters["unloading"].field()
    profile: Profile = Field(description="course of the delay")

    def late(self, calendar: Calendar) -> np.ndarray:
        """Share of each period's deliveries that is under way instead of arriving, (periods,).

        More than a whole period's flow cannot be late in it: the rest is late in the next.
        """
        days, owed, share = np.diff(bounds(calendar)), 0.0, np.zeros(calendar.periods)
        for t, grown in enumerate(self._change(calendar, 1.0)):
            owed += grown
            share[t] = min(1.0, owed / days[t])
            owed -= share[t] * days[t]
        return share

    def on_top(self, calendar: Calendar) -> np.ndarray:
        """What comes out of the pipeline, as a share of a period's deliveries, (periods,); never more than went in."""
        days = np.diff(bounds(calendar))
        went_in = np.cumsum(self.late(calendar) * days)
        came_out = np.minimum(np.cumsum(self._change(calendar, -1.0)), went_in)
        return delayed(np.diff(came_out, prepend=0.0), Erlang(self.unloading), calendar) / days

    def _change(self, calendar: Calendar, sign: float) -> np.ndarray:
        """Days by which the delay grows (sign 1) or shrinks (-1) in each period, (periods,)."""
        daily = np.append(self.profile.daily(), 0.0)
        steps = np.maximum(sign * np.diff(daily, prepend=0.0), 0.0)
        return self.extra_days * self.take_up * by_period(steps, self.profile.window()[0].toordinal(), calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        touched = routes_touching(economy, self.target)
        late, on_top, days = self.late(calendar), self.on_top(calendar), np.diff(bounds(calendar))
        bought = economy.origin * touched[economy.region]  # (n, P)
        by_product = np.zeros((economy.K, economy.P))  # share of a pool's home purchases that comes on such routes
        np.add.at(by_product, economy.sector, bought)
        by_product *= economy.is_hauled[:, None]
        shelves, longer = self._shelves(economy, by_product), self.take_up * self.profile.level(calendar)
        final = (economy.final_domestic + economy.final_imported) * by_product[:, economy.user_pool]
        return (
            Drivers.calm(economy, calendar)
            .having(f"{self.id}:late", "passage", -late, touched)
            .having(
                f"{self.id}:under way",
                "stock_release",
                (on_top - late) * days / DAYS_PER_YEAR,
                goods_sent(economy, bought),
            )
            .having(f"{self.id}:shelves", "stock_cover", longer, -shelves)
            .having(f"{self.id}:in the end", "demand", on_top * days / DAYS_PER_YEAR, np.maximum(final, 0.0))
        )

    def _shelves(self, economy: Economy, by_product: np.ndarray) -> np.ndarray:
        """(K, n) share of its stock of an input that an activity wants less of while the delay is full."""
        use = economy.use_domestic + economy.use_imported
        home = np.divide(economy.use_domestic, use, out=np.zeros_like(use), where=use > 0)
        days = self.extra_days * home * by_product[:, economy.pool]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.where(days > 0.0, days / economy.cover, 0.0)
        return np.minimum(share, 1.0)


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
