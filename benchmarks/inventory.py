"""The inventory model: each family of rules, the forms of storage, long runs, many members, the shipped economy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from simcore import ensemble
from simcore.calendar import Calendar, Period
from simcore.content import find_calibration, find_scenario
from simcore.drivers import Drivers
from simcore.economy import Economy
from simcore.economy.store import load_economy
from simcore.models.inventory import Inventory
from simcore.models.presets import Ario, Guan2020, Pichler
from simcore.testing import SIZES, full_form, random_drivers

from . import tables
from .cases import Bar, Work, add, case

Build = Callable[[int], Work]

POOLED_SIZES = (42, 48, 420, 1302, 2464, 7987)
QUICK = (42, 420)
KEPT = ("output", "unmet")  # what peers keep of a run, too
FEW_STEPS, LARGE = 12, 3000  # a day's step of a large table in full form takes long; the event is active by then
POOLED_BARS = (Bar(1302, "boario", 300),)
SLOWER_SIZES = (42, 420, 1302)


def stepping(model: Inventory, size: int, **event: Any) -> Work:
    """Days of the pooled table under the event."""
    economy = tables.economy(size)
    drivers = tables.event(economy, tables.calendar(), **event)
    return Work(lambda: model.simulate(economy, drivers, outputs=KEPT), tables.STEPS)


def with_priority(size: int) -> Work:
    """The event, and buyers in three classes: a tenth of activities and more served first."""
    economy = tables.economy(size)
    days = tables.calendar()
    classes = np.random.default_rng(2).choice([0.0, 1.0, 2.0], economy.n, p=[0.7, 0.2, 0.1])
    classes[0] = 2.0
    drivers = tables.event(economy, days).having("policy:priority", "priority", np.ones(days.periods), classes)
    model = Inventory(rationing="proportional")
    return Work(lambda: model.simulate(economy, drivers, outputs=KEPT), tables.STEPS)


def in_full_form(storage: str) -> Build:
    """Every buyer its own pool, and the links of a supplier stored side by side in one way."""

    def build(size: int) -> Work:
        steps = tables.STEPS if size < LARGE else FEW_STEPS
        pooled = tables.economy(size)
        economy, drivers = full_form(pooled, tables.event(pooled, tables.calendar(steps)))
        model = Inventory(rationing="proportional", storage=storage)  # type: ignore[arg-type]
        square = 8 * size * size
        read = square if storage == "dense" else 0  # others leave out what they need not read
        return Work(lambda: model.simulate(economy, drivers, outputs=KEPT), steps, reads=read, matrix=square)

    return build


def rule(model: Inventory, **event: Any) -> Build:
    """A choice of rules on the pooled table."""
    return lambda size: stepping(model, size, **event)


# name: (what is built, sizes, bars, size of the gate)
FAMILIES: Mapping[str, tuple[Build, tuple[int, ...], tuple[Bar, ...], int]] = {
    "inventory": (rule(Inventory()), POOLED_SIZES, (Bar(48, "boario", 50), *POOLED_BARS), 420),
    "inventory ario": (rule(Ario()), POOLED_SIZES, (Bar(48, "boario", 50), *POOLED_BARS), 420),
    "inventory proportional": (rule(Inventory(rationing="proportional")), POOLED_SIZES, POOLED_BARS, 420),
    "inventory priority": (with_priority, SLOWER_SIZES, POOLED_BARS, 420),
    "inventory guan-2020": (rule(Guan2020()), SLOWER_SIZES, POOLED_BARS, 420),
    "inventory origin=capacity": (rule(Inventory(origin="capacity")), SLOWER_SIZES, POOLED_BARS, 420),
    "inventory half_critical": (rule(Inventory(production="half_critical")), SLOWER_SIZES, POOLED_BARS, 420),
    "inventory hire_and_fire": (
        rule(Inventory(employment="hire_and_fire"), channel="labour"), SLOWER_SIZES, POOLED_BARS, 420
    ),
    "inventory muellbauer": (rule(Inventory(consumption="muellbauer")), SLOWER_SIZES, POOLED_BARS, 420),
    "inventory import relief": (rule(Inventory(import_elasticity=2.0)), SLOWER_SIZES, POOLED_BARS, 0),
    "inventory ces": (rule(Inventory(production="ces")), SLOWER_SIZES, (Bar(1302, "boario", 30),), 420),
    "inventory water_filling": (
        rule(Inventory(rationing="water_filling")), SLOWER_SIZES, (Bar(1302, "boario", 10),), 120
    ),
    "inventory price": (rule(Inventory(rationing="price")), SLOWER_SIZES, (Bar(1302, "boario", 10),), 120),
}  # fmt: skip
FORMS: Mapping[str, tuple[tuple[int, ...], tuple[Bar, ...]]] = {
    "dense": (  # auto would find that buyers of a region share their origins, and not read all shares
        (42, 420, 1302, 2464, 7172),
        (Bar(1302, "boario", 50), Bar(1302, "limit", 0.6), Bar(7172, "matrices", 3)),
    ),
    "auto": ((42, 420, 1302), ()),
    "csr": ((42, 420, 1302), ()),
}
for _name, (_build, _sizes, _bars, _gate) in FAMILIES.items():
    add(_name, _build, sizes=_sizes, small=12, quick=QUICK, peers=("boario",), bars=_bars, gate=_gate)
for _name, (_sizes, _bars) in FORMS.items():
    add(f"inventory full form {_name}", in_full_form(_name), sizes=_sizes, small=12, quick=QUICK, peers=("boario",),
        bars=_bars, gate=180)  # fmt: skip


@case("inventory, long run", sizes=(60, 240, 960), small=6, quick=(60,), along="steps", unit="run")
def long_run(steps: int) -> Work:
    """More days of 420 activities."""
    economy = tables.economy(420 if steps >= 60 else 12)
    drivers = tables.event(economy, tables.calendar(steps))
    return Work(lambda: Inventory().simulate(economy, drivers))


@case(
    "pichler, 55 sectors",
    sizes=(182,), small=6, quick=(182,), along="steps", unit="run", peers=("macrostat",),
    bars=(Bar(182, "macrostat", 77),), gate=182,
)  # fmt: skip
def pichler(steps: int) -> Work:
    """The pandemic model in one country, days with a labour shock."""
    economy = tables.economy(55)
    drivers = tables.event(economy, tables.calendar(steps), channel="labour")
    model = Pichler()
    return Work(lambda: model.simulate(economy, drivers))


@lru_cache
def china() -> Economy:
    """The economy that comes with simcore."""
    return load_economy(find_calibration("china-2022"))


def months(count: int) -> Calendar:
    """The months of the shipped scenario."""
    return Calendar(Period.parse("2022-11"), count)


def happening(economy: Economy, calendar: Calendar, channels: tuple[str, ...], seed: int = 1) -> Drivers:
    """Random terms in these channels, which keep many activities short."""
    return random_drivers(np.random.default_rng(seed), economy, calendar, channels)


SUPPLY = ("capacity", "demand", "income", "labour")
CHINA_EVENTS = {"demand": ("demand",), "shock": SUPPLY, "all channels": tuple(SIZES)}


def wave(economy: Economy, calendar: Calendar) -> Drivers:
    """A third of the first region's sectors loses 30 % of its capacity for a quarter of the time."""
    periods = calendar.periods
    hit = np.where((economy.region == 0) & (economy.sector % 3 == 0), -0.3, 0.0)
    there = np.zeros(periods)
    there[periods // 10 : periods // 10 + max(1, periods // 4)] = 1.0
    return Drivers.calm(economy, calendar).having("shock:wave", "capacity", there, hit)


def china_runs(channels: tuple[str, ...]) -> Build:
    """The shipped economy by months of four steps each."""

    def build(count: int) -> Work:
        calendar = months(count)
        drivers = happening(china(), calendar, channels)
        return Work(lambda: Inventory().simulate(china(), drivers))

    return build


ONE_RUN = (Bar(26, "seconds", 5e-3),)  # 104 steps of 724 activities


@case("china-2022, notice", sizes=(26,), small=2, quick=(26,), along="months", unit="run", bars=ONE_RUN, gate=26)
def notice(count: int) -> Work:
    """The shipped package of measures on the shipped economy."""
    economy, drivers = stated(count)
    return Work(lambda: Inventory().simulate(economy, drivers))


def stated(count: int) -> tuple[Economy, Drivers]:
    """Economy and drivers of the shipped scenario over so many months."""
    from simcore.language.scenario import load
    from simcore.setting import prepare as prepared

    end = months(count).end
    setting = prepared(load(find_scenario("notice-2022-five"), sets=(f"time.end={end}",)))
    package = setting.package(setting.scenario)
    return setting.economy, package.drivers(frozenset(range(len(package.policies))))


@case("china-2022, wave", sizes=(26,), small=2, quick=(26,), along="months", unit="run", bars=ONE_RUN, gate=26)
def china_wave(count: int) -> Work:
    """Closures by sector and region, as scenarios state them: owners of a sector lose alike."""
    calendar = months(count)
    drivers = wave(china(), calendar)
    return Work(lambda: Inventory().simulate(china(), drivers))


# Random terms tell every activity from every other: the most that a run can cost.
for _name, _channels in CHINA_EVENTS.items():
    add(f"china-2022, {_name}", china_runs(_channels), sizes=(26,), small=2, quick=(26,), along="months", unit="run",
        gate=26)  # fmt: skip


@case("china-2022, daily", sizes=(820,), small=5, along="steps", unit="run", bars=(Bar(820, "seconds", 40e-3),))
def china_daily(days: int) -> Work:
    """The shipped economy under closures day by day."""
    calendar = tables.calendar(days)
    drivers = wave(china(), calendar)
    return Work(lambda: Inventory().simulate(china(), drivers, outputs=KEPT))


@case(
    "ensemble, notice",
    sizes=(64, 256, 1024), small=3, quick=(64,), along="members", unit="run", clock="wall",
    bars=(Bar(256, "seconds", 1.0), Bar(256, "1 thread", 1.9)),
)  # fmt: skip
def many_members(members: int) -> Work:
    """The shipped package with terms of other sizes in each member, on two threads and, in turn, on one."""
    economy, drivers = stated(26 if members > 3 else 2)
    rng = np.random.default_rng(4)
    sizes = rng.uniform(0.5, 1.5, (members, len(drivers.terms)))
    drawn = [resized(economy, drivers, row) for row in sizes]
    calm = Drivers.calm(economy, drivers.calendar)

    def run(threads: int) -> None:
        ensemble.simulate(economy, calm, drawn, Inventory(), totals=("output",), threads=threads)

    return Work(lambda: run(2), rivals={"1 thread": lambda: run(1)})


def resized(economy: Economy, drivers: Drivers, sizes: np.ndarray) -> Drivers:
    """The same terms, each times its size."""
    found = Drivers.calm(economy, drivers.calendar)
    for term, size in zip(drivers.terms, sizes, strict=True):
        found = found.having(term.id, term.channel, size * term.profile, term.weights)
    return found


@case("prepare", sizes=(42, 420, 1302, 2464), small=12, quick=QUICK, unit="call")
def prepare(size: int) -> Work:
    """Put an economy that was not seen before in the form that runs fast."""
    from dataclasses import replace

    economy = tables.economy(size)
    return Work(lambda: Inventory().prepare(replace(economy), tables.calendar()))
