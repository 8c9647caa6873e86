"""Supply that comes from elsewhere: strategic stocks, home goods for imports, orders and plants that move.

All of it is stated in the channel ``stock_release``: what an activity delivers without making it (above 0), or makes
beyond what its buyers order (below 0). Production that moves from one activity to another adds up to zero.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from ..calendar import Calendar
from ..drivers import Drivers
from ..economy import Economy
from ..errors import TableError
from ..units import Days, Factor, Money, Quantity, Share, problem
from .base import Account, FiscalLine, Measure, Parameter, measure
from .fields import OwnershipCode, Profile, RegionCode, SectorCode, Selector, product_shares
from .investment import MONTH, STAGES
from .lags import Erlang, Spread, delayed
from .purchases import (
    TRADE_MARGIN,
    TRANSPORT_MARGIN,
    equipment_mix,
    volume,
    with_building,
    with_margins,
)

Elasticity = Annotated[float, Quantity("number", low=0.0, above=True)]


def producers(economy: Economy, product: str, target: Selector) -> np.ndarray:
    """(n,) share of each activity of the target in what it makes of a product or group, by output; sums to one.

    Raises
    ------
    TableError
        If nobody in the target makes it.
    """
    makes = (product_shares(economy, product) > 0)[economy.sector]
    made = economy.x * makes * target.activities(economy)
    if made.sum() <= 0.0:
        raise TableError(f"nobody in the target makes '{product}' in {economy.name}")
    return made / made.sum()


def by_activity(economy: Economy, money: np.ndarray) -> np.ndarray:
    """Money by activity at current prices as a volume at base-year prices; (n,)."""
    return money / economy.price_index[economy.sector]


@measure("strategic_stock")
class StrategicStock(Measure):
    """A state reserve sells a material when it is short and buys it back, or buys first and sells later.

    What it does. ``action: release`` sells ``quantity`` along the profile; what was sold inside the run is bought
    back along ``reverse``, so that stocks end where they began; without ``reverse`` they stay lower, and the
    account says so. ``action: purchase`` buys along the profile and sells along ``reverse``.

    Channels. ``stock_release``, over home makers of ``product`` in the target, by output. Buyers get the goods
    without anybody making them: where the material is short, output of its users is saved; in calm, makers only
    sell less now and more later. It is not for electricity, which cannot be stored.

    Crowding out. In calm a release takes sales from producers one for one.

    What it costs. Not the purchase, which is an asset: ``price_difference`` on what is bought back, and ``storage``
    on what lies in the reserve beyond (or, after a release, below) the path without the measure.
    """

    example: ClassVar[str] = """\
    copper_reserve:
      kind: strategic_stock
      title: "Sales of copper and aluminium from the state reserve"
      product: C32
      action: release
      quantity: 6 bn CNY
      profile: {kind: pulse, start: 2022-12, end: 2023-02}
      reverse: {kind: pulse, start: 2023-07, end: 2023-10}
      source: "assumption: the size of the reserve is not published"
    """
    parameters: ClassVar = {
        "price_difference": Parameter(
            0.0, -0.2, 0.2, "share", "A",
            "prices may have moved either way since",
            "price of the second leg over that of the first, less one",
        ),
        "storage": Parameter(
            0.075, 0.05, 0.10, "share", "A",
            "rule of thumb for bulk goods: 5-10 % of the value a year",
            "cost of storing a yuan of goods for a year",
        ),
    }  # fmt: skip

    product: SectorCode = Field(description="what is stored")
    quantity: Money = Field(description="sold or bought in all, current prices")
    profile: Profile = Field(description="when it is sold (or bought); normalised to one")
    action: Literal["release", "purchase"] = Field(default="release", description="what comes first")
    reverse: Profile | None = Field(default=None, description="when it is bought back (or sold again)")
    price_difference: Factor = parameters["price_difference"].field()
    storage: Share = parameters["storage"].field()

    @model_validator(mode="after")
    def _in_order(self) -> StrategicStock:
        if self.reverse is not None and self.reverse.window()[0] < self.profile.window()[0]:
            raise problem("SC404", "reverse starts before the profile does", at=("reverse",))
        return self

    def claim(self) -> float:
        """Goods sold or bought."""
        return self.quantity * self.take_up

    def legs(self, calendar: Calendar) -> tuple[np.ndarray, np.ndarray]:
        """First leg and the reverse of what of it lies in the run, bn yuan a period; (periods,) each."""
        first = self.taken_up(self.quantity, calendar)
        if self.reverse is None:
            return first, np.zeros_like(first)
        return first, float(first.sum()) * self.reverse.shares(calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        first, back = self.legs(calendar)
        sold = first - back if self.action == "release" else back - first
        weights = by_activity(economy, producers(economy, self.product, self.target))
        return Drivers.calm(economy, calendar).having(f"{self.id}:stock", "stock_release", sold, weights)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        first, back = self.legs(calendar)
        kept = (1.0 if self.action == "purchase" else -1.0) * (first - back)
        held = (np.cumsum(kept) - 0.5 * kept) / calendar.per_year
        dearer = (self.price_difference if self.action == "release" else -self.price_difference) * back
        return (
            FiscalLine("goods dearer (or cheaper) on the second leg", "gross", self.payer, dearer),
            FiscalLine("storage", "gross", self.payer, self.storage * held),
        )

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        first, back = (float(leg.sum()) for leg in self.legs(calendar))
        offered = self.quantity * self.granted
        moved = offered * self.take_up
        verb, again = ("sold", "bought back") if self.action == "release" else ("bought", "sold again")
        uses = {
            "beyond the pool's ceiling": self.quantity - offered,
            f"not {verb}": offered - moved,
            f"{verb} before the run (in both paths)": moved * self.profile.before(calendar),
            f"{verb} after the run": moved * self.profile.after(calendar),
            f"{verb} in the run": first,
        }
        return Account(self.quantity, uses, moved={f"{again} in the run": back, f"not {again} in it": first - back})


@measure("import_substitution")
class ImportSubstitution(Measure):
    """Home makers take over a part of imports, once their goods are qualified.

    What it does. The share ``share`` of the imports of ``product`` goes to home makers in the target, from
    ``qualification_from`` to ``qualification_to`` after the programme: tests, samples, certificates.

    Channels. ``stock_release`` below 0: home makers produce the goods beyond what their buyers order now. What they
    buy for it follows; total purchases of the product stay as they are. Imports of the product fall by the same
    amount, which the account states; the models' line of imports holds those of inputs only.

    Crowding out. Where makers have no room, the model rations: other buyers get less.

    What it costs. Home goods have to become cheaper for buyers by what an elasticity of substitution ``armington``
    asks for; ``payer`` carries that difference on the goods replaced, which is the least it can be.
    """

    example: ClassVar[str] = """\
    home_parts:
      kind: import_substitution
      title: "Home instruments and parts for imports"
      product: C40
      share: 2 %
      profile: {kind: pulse, start: 2022-12, end: 2023-12}
      source: "assumption: no target share was published"
    """
    parameters: ClassVar = {
        "qualification_from": Parameter(
            4 * MONTH, 2 * MONTH, 6 * MONTH, "days", "A",
            "qualification takes 4-12 months",
            "first deliveries after the programme starts",
        ),
        "qualification_to": Parameter(
            12 * MONTH, 8 * MONTH, 18 * MONTH, "days", "A",
            "qualification takes 4-12 months",
            "by when all of it is delivered",
        ),
        "armington": Parameter(
            1.6, 0.7, 4.4, "number", "A",
            "GTAP values 2.8 (vehicles) to 4.4 (electronics) as coded in IMF-ENV, halved for one year; macro lower "
            "than micro in half of goods (Feenstra, Luck, Obstfeld, Russ 2014)",
            "elasticity of substitution between home goods and imports",
        ),
    }  # fmt: skip

    product: SectorCode = Field(description="what is imported now")
    share: Share = Field(description="share of its imports that home makers take over, where the profile is 1")
    profile: Profile = Field(description="how much of the programme is in force")
    qualification_from: Days = parameters["qualification_from"].field()
    qualification_to: Days = parameters["qualification_to"].field()
    armington: Elasticity = parameters["armington"].field()

    def imports(self, economy: Economy) -> float:
        """Yearly imports of the product at current prices."""
        chosen = product_shares(economy, self.product) > 0
        bought = economy.use_imported.sum(axis=1) + np.maximum(economy.final_imported, 0.0).sum(axis=1)
        return float((bought * economy.price_index)[chosen].sum())

    def taken_over(self, economy: Economy, calendar: Calendar) -> np.ndarray:
        """Imports replaced, bn yuan a period at current prices; (periods,)."""
        qualified = delayed(
            self.profile.level(calendar), Spread(self.qualification_from, self.qualification_to), calendar
        )
        return self.take_up * self.share * self.imports(economy) / calendar.per_year * qualified

    def cheaper(self, economy: Economy) -> float:
        """Fall of the home price over the import price that makes buyers switch by ``share``."""
        chosen = (product_shares(economy, self.product) > 0)[economy.sector]
        home = float((economy.x * economy.price_index[economy.sector])[chosen].sum())
        switched = self.take_up * self.share
        ratio = (1.0 - switched) / (1.0 + switched * self.imports(economy) / home)
        return 1.0 - float(ratio ** (1.0 / self.armington))

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        weights = by_activity(economy, producers(economy, self.product, self.target))
        made = self.taken_over(economy, calendar)
        return Drivers.calm(economy, calendar).having(f"{self.id}:home", "stock_release", -made, weights)

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        path = self.cheaper(economy) * self.taken_over(economy, calendar)
        return (FiscalLine("price difference of home goods", "gross", self.payer, path),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        paid, made = self.cost(economy, calendar)[0].path.sum(), self.taken_over(economy, calendar).sum()
        return Account(float(paid), {"to buyers who switch": float(paid)}, float(made), {"for imports": float(made)})


@measure("orders")
class Orders(Measure):
    """Large enterprises let small suppliers make what they used to make themselves.

    What it does. Enterprises of the class ``giver`` pass on orders worth ``amount`` to enterprises of the class
    ``taker`` that make the same product in the same region; the buyers of the goods notice nothing.

    Channels. ``stock_release``: the giver delivers what it does not make, the taker makes what it does not sell itself.
    The two add up to zero in every product and region. Products are those of target.sector, by the giver's output.
    Paying sooner is a measure of its own: ``liquidity_support`` with ``form: arrears``.

    Crowding out. All of it: total output stays, classes of owner gain and lose. A total gain needs imports replaced
    (``import_substitution``).

    What it costs. Nothing to a budget: a transfer between firms. Classes of one sector share a technology here, so
    what moves is who produces, not how (share_only).
    """

    example: ClassVar[str] = """\
    central_enterprises:
      kind: orders
      title: "Orders of large enterprises for small suppliers"
      amount: 50 bn CNY
      giver: state
      taker: private
      target: {sector: {any: [equipment]}}
      profile: {kind: pulse, start: 2022-12, end: 2023-12}
      source: "assumption: the notice names no sum"
    """
    parameters: ClassVar = {}

    amount: Money = Field(description="orders passed on in all, current prices")
    profile: Profile = Field(description="when; normalised to one")
    giver: OwnershipCode = Field(description="class of the enterprises that pass orders on")
    taker: OwnershipCode = Field(description="class of their suppliers")
    payer: str = Field(default="firms", description="who pays")

    def claim(self) -> float:
        """Orders passed on."""
        return self.amount * self.take_up

    def passed(self, calendar: Calendar) -> np.ndarray:
        """Orders passed on, bn yuan a period; (periods,)."""
        return self.taken_up(self.amount, calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        reached = self.target.sector.chosen(economy.sectors)[economy.sector]
        reached &= self.target.region.chosen(economy.regions)[economy.region]
        give, take = (
            economy.x * reached * np.isin(economy.ownership, economy.ownerships.expand(name))
            for name in (self.giver, self.taker)
        )
        moved = moved_between(economy, give, take, economy.sector * economy.R + economy.region)
        if not moved.any():
            raise TableError(f"{self.id}: no product of the target is made by both '{self.giver}' and '{self.taker}'")
        return Drivers.calm(economy, calendar).having(
            f"{self.id}:orders", "stock_release", self.passed(calendar), by_activity(economy, moved)
        )

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        return Account(self.amount, _passed_on(self, calendar), 0.0, {})


def moved_between(economy: Economy, give: np.ndarray, take: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """(n,) one yuan of production that moves from givers (above 0) to takers (below 0) inside cells that hold both."""
    size = int(cell.max()) + 1
    given, taken = (np.bincount(cell, weight, size) for weight in (give, take))
    both = (given > 0.0) & (taken > 0.0)
    total = given[both].sum()
    if total <= 0.0:
        return np.zeros(economy.n)
    from_giver = np.where(both[cell], give, 0.0) / total
    share = np.divide(take, taken[cell], out=np.zeros(economy.n), where=both[cell])
    return from_giver - share * (given / total)[cell]


def _passed_on(stated: Orders, calendar: Calendar) -> dict[str, float]:
    offered = stated.amount * stated.granted
    moved = offered * stated.take_up
    return {
        "beyond the pool's ceiling": stated.amount - offered,
        "not passed on": offered - moved,
        "passed on before the run (in both paths)": moved * stated.profile.before(calendar),
        "passed on after the run": moved * stated.profile.after(calendar),
        "passed on in the run": float(stated.passed(calendar).sum()),
    }


@measure("relocation")
class Relocation(Measure):
    """Plants move from one region to another: building there first, production later, no national gain at once.

    What it does. The share ``share`` of what the target makes in ``leaves`` moves to ``arrives``, decided along the
    profile. New plants are built there; production moves as they come into use, ``building_time`` after.

    Channels. ``demand`` (investment) in the region of arrival: ``capital_per_value_added`` yuan per yuan of value
    added that moves, ``construction`` of it building; of that, ``additional`` would not have been built anywhere.
    ``stock_release`` and ``capital``: production and capacity of the same products move from makers in one region to
    those in the other, in proportion to what they make; each adds up to zero. Buyers notice nothing.

    Crowding out. What one region wins the other loses; a lower unit cost at the new place is not stated, because
    prices are passive.

    What it costs. ``grant`` of the investment, for land and moving, paid by ``payer``.
    """

    example: ClassVar[str] = """\
    transfer_inland:
      kind: relocation
      title: "Transfer of textile and apparel plants to the centre"
      target: {sector: {any: [C17, C18]}}
      leaves: east
      arrives: central
      share: 1 %
      profile: {kind: pulse, start: 2022-12, end: 2023-12}
      payer: "local budgets"
      source: "assumption"
    """
    parameters: ClassVar = {
        "additional": Parameter(
            0.5, 0.2, 1.0, "share", "A",
            "part of the plants would have been renewed where they stood",
            "share of the building that would not have been done",
        ),
        "capital_per_value_added": Parameter(
            1.8, 1.3, 2.5, "number", "A",
            "depreciation 5.14 tn over industrial value added 30.9 tn (2020 table) and a life of 10-12 years",
            "yuan of capital per yuan of yearly value added",
        ),
        "construction": Parameter(
            0.4, 0.3, 0.6, "share", "A", "new plants: buildings and machines", "share of it that is building"
        ),
        "building_time": Parameter(
            12 * MONTH, 9 * MONTH, 24 * MONTH, "days", "A",
            "moves are complete within two years",
            "mean time from the decision to production at the new place",
        ),
        "grant": Parameter(
            0.1, 0.0, 0.3, "share", "A", "land and moving grants are local", "share of the investment paid by a budget"
        ),
        "trade_margin": TRADE_MARGIN,
        "transport_margin": TRANSPORT_MARGIN,
    }  # fmt: skip

    leaves: RegionCode = Field(description="region that plants leave")
    arrives: RegionCode = Field(description="region to which they go")
    share: Share = Field(description="share of the target's production there that moves in all")
    profile: Profile = Field(description="when moves are decided; normalised to one")
    additional: Share = parameters["additional"].field()
    capital_per_value_added: Elasticity = parameters["capital_per_value_added"].field()
    construction: Share = parameters["construction"].field()
    building_time: Days = parameters["building_time"].field()
    grant: Share = parameters["grant"].field()
    trade_margin: Share = parameters["trade_margin"].field()
    transport_margin: Share = parameters["transport_margin"].field()

    def moved(self, economy: Economy) -> np.ndarray:
        """(n,) yearly output that leaves (above 0) and arrives (below 0) when all has moved, base-year prices.

        Raises
        ------
        TableError
            If no product of the target is made in both regions by the same class of owner.
        """
        reached = economy.x * self.target.sector.chosen(economy.sectors)[economy.sector]
        if self.target.ownership.restricts:
            reached = reached * (self.target.ownership.chosen(economy.ownerships)[economy.ownership])
        give, take = (
            reached * np.isin(economy.region, economy.regions.expand(name)) for name in (self.leaves, self.arrives)
        )
        cell = economy.sector * len(economy.ownerships) + economy.ownership
        pattern = moved_between(economy, give, take, cell)
        if not pattern.any():
            raise TableError(f"{self.id}: no product of the target is made in both {self.leaves} and {self.arrives}")
        inside = np.isin(cell, cell[pattern > 0.0])
        return self.take_up * self.share * float(give[inside].sum()) * pattern

    def built(self, economy: Economy, calendar: Calendar) -> np.ndarray:
        """Investment for the moves, bn yuan a period at current prices; (periods,)."""
        leaving = np.maximum(self.moved(economy), 0.0) * economy.value_added_share
        value = float(leaving @ economy.price_index[economy.sector])
        return self.capital_per_value_added * value * self.profile.shares(calendar)

    def drivers(self, economy: Economy, calendar: Calendar) -> Drivers:
        mix = with_margins(economy, equipment_mix(economy), self.trade_margin, self.transport_margin)
        mix = with_building(economy, mix, self.construction)
        regions = np.zeros(economy.R)
        regions[list(economy.regions.expand(self.arrives))] = 1.0
        use = economy.spread("investment", volume(economy, mix), regions / regions.sum())
        moved = self.moved(economy)
        opened = delayed(self.profile.shares(calendar), Erlang(self.building_time, STAGES), calendar)
        done = np.cumsum(opened) - 0.5 * opened
        return (
            Drivers.calm(economy, calendar)
            .having(f"{self.id}:building", "demand", self.additional * self.built(economy, calendar), use)
            .having(f"{self.id}:production", "stock_release", done / calendar.per_year, moved)
            .having(f"{self.id}:capacity", "capital", -done, moved)
        )

    def cost(self, economy: Economy, calendar: Calendar) -> tuple[FiscalLine, ...]:
        path = self.grant * self.built(economy, calendar)
        return (FiscalLine("grants for land and moving", "gross", self.payer, path),)

    def account(self, economy: Economy, calendar: Calendar) -> Account:
        built = float(self.built(economy, calendar).sum())
        paid, new = self.grant * built, self.additional * built
        uses = {
            "grants for additional building": self.additional * paid,
            "grants for other building": paid - self.additional * paid,
        }
        return Account(paid, uses, new, {"additional building and equipment in the run": new})
