"""Checks of cases that are paths: published dynamic models, run by their presets on the case's own table."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import Economy
from simcore.economy.readers import from_flows
from simcore.models.presets import Ario, Pichler

YEAR = 365.0


class Compared(NamedTuple):
    """A quantity by day, found and expected; ``scale`` is what its relative tolerance refers to, cell by cell."""

    name: str
    found: np.ndarray
    expected: np.ndarray
    tolerance: float
    scale: np.ndarray | None = None  # the expected value itself


class Labelled(NamedTuple):
    columns: list[str]
    rows: list[str]
    values: np.ndarray


def labelled(file: Path) -> Labelled:
    """A table whose first row and first column are labels."""
    with open(file, newline="", encoding="utf-8") as opened:
        header, *rows = csv.reader(opened)
    return Labelled(header[1:], [row[0] for row in rows], np.array([[float(c) for c in row[1:]] for row in rows]))


def days(number: int) -> Calendar:
    start = date(2020, 1, 1)
    return Calendar.between(start.isoformat(), (start + timedelta(number - 1)).isoformat())


def losing(economy: Economy, channel: str, lost: np.ndarray) -> Drivers:
    """A share lost by day and activity, (T, n)."""
    drivers = Drivers.calm(economy, days(len(lost)))
    for j, one in enumerate(np.eye(economy.n)):
        drivers = drivers.having(f"loss:{j}", channel, -lost[:, j], one)
    return drivers


def pichler(folder: Path) -> Iterator[Compared]:
    """All production functions of the case; every column of output, labour, demand, consumption and input limits."""
    with open(folder / "in_sectors.csv", newline="", encoding="utf-8") as file:
        _, *rows = csv.reader(file)
    names, (x0, l0, c0, f0, cover) = [row[0] for row in rows], np.array([[float(v) for v in r[1:]] for r in rows]).T
    coefficients, rated, lost = (
        np.loadtxt(folder / f"in_{name}.csv", delimiter=",", ndmin=2) for name in ("A", "criticality", "supply_shock")
    )
    flows, final = coefficients * x0 * YEAR, np.stack([c0, f0], axis=1) * YEAR
    table = from_flows(
        flows, final, activities=names, users=["c", "f"], categories={"c": "households", "f": "government"}
    )
    added = np.stack([l0, x0 - flows.sum(axis=0) / YEAR - l0]) * YEAR
    economy = replace(
        table, value_added=added, value_added_names=("compensation", "other"), criticality=rated,
        cover=np.tile(cover, (len(names), 1)),
    )  # fmt: skip
    drivers = losing(economy, "labour", lost)
    for file in sorted(folder.glob("out_*.csv")):
        function = file.stem.removeprefix("out_")
        expected = labelled(file)
        paths = Pichler(production=function, restocking_time=5.0, income_belief=0.0).simulate(economy, drivers)
        found = {
            "x": paths.output,
            "l": paths.inside.labour_income,
            "d": paths.inside.demand,
            "c": paths.final[:, :, 0],
            "xinp": paths.inside.input_limit,
        }
        for quantity, values in found.items():
            columns = [expected.columns.index(f"{quantity}_{name}") for name in names]
            # The first row is the state before the first day; its input limit is a convention of the source.
            yield Compared(f"{function}: {quantity}", values, expected.values[1:, columns], 1e-9)


def ario_table(folder: Path, cover: float) -> Economy:
    """All final demand is households'; every input that is used at all has the same cover."""
    Z, Y = labelled(folder / "Z.csv"), labelled(folder / "Y.csv")
    table = from_flows(
        Z.values, Y.values, activities=Z.rows, users=Y.columns, categories=dict.fromkeys(Y.columns, "households")
    )
    added = (table.x - Z.values.sum(axis=0))[None]
    return replace(
        table,
        value_added=added,
        value_added_names=("compensation",),
        cover=np.full((table.K, table.n), cover),
    )


def boario(folder: Path) -> Iterator[Compared]:
    """Fixed supplier shares and the loss of capacity as it took effect; parameters stand in the case's README."""
    economy = ario_table(folder, cover=15.0)
    lost, alpha = labelled(folder / "delta.csv").values, labelled(folder / "overproduction.csv").values
    unmet = labelled(folder / "final_unmet.csv")
    model = Ario(stock_needed=0.8, restocking_time=30.0)
    paths = model.simulate(economy, losing(economy, "capacity", lost))
    orders = paths.inside.demand - economy.Y.sum(axis=1) / YEAR
    yield Compared("production", paths.output, labelled(folder / "production.csv").values, 1e-6)
    yield Compared("capacity", paths.inside.capacity, labelled(folder / "capacity.csv").values, 1e-6)
    yield Compared("orders received", orders, labelled(folder / "orders_received.csv").values, 1e-6)
    found = paths.inside.capacity / (economy.x / YEAR * (1.0 - lost)) - 1.0
    yield Compared("overproduction", found, alpha - 1.0, 1e-4, np.maximum(np.abs(alpha - 1.0), 1e-6))
    # The package tests for met demand exactly, so its own unmet demand carries rounding of what is asked for.
    region, sector = zip(*(label.split("|") for label in unmet.columns), strict=True)
    user = [economy.regions.codes.index(r) for r in region]
    product = [economy.sectors.index(s) for s in sector]
    by_user = np.stack([economy.user_region[f] for f in range(economy.F)])
    found = np.stack([paths.unmet[:, k, by_user == r].sum(axis=1) for r, k in zip(user, product, strict=True)], axis=1)
    asked = np.stack([economy.final_domestic[k, by_user == r].sum() for r, k in zip(user, product, strict=True)]) / YEAR
    yield Compared("unmet final demand", found, unmet.values, 1e-6, np.broadcast_to(asked, found.shape))


EVENT = re.compile(
    r"'occurrence': (\d+), 'duration': (\d+), 'recovery_tau': (\d+).*?\('(\w+)', '(\w+)'\): ([\d.e-]+)", re.S
)


def arbitrary_loss(folder: Path) -> Iterator[Compared]:
    """Orders that follow capacity, on the package's own table; the event stands in the case's README.

    The package lets a loss start a step after its occurrence, keeps it in full two steps longer than its duration,
    and rounds it to six decimals.
    """
    economy = ario_table(folder, cover=90.0)
    production, capacity = labelled(folder / "production.csv"), labelled(folder / "production_capacity.csv")
    event = EVENT.search((folder / "README.md").read_text(encoding="utf-8"))
    assert event is not None, f"{folder.name}: README.md states no event"
    start, duration, recovery = (int(event[i]) for i in (1, 2, 3))
    day = np.arange(len(production.values)) - start - 1
    full = float(event[6]) * np.clip(1.0 - (day - duration - 1) / recovery, 0.0, 1.0)
    places = labelled(folder / "Z.csv").rows
    lost = np.zeros((len(day), economy.n))
    lost[:, places.index(f"{event[4]}|{event[5]}")] = np.where(day >= 0, full, 0.0)
    model = Ario(stock_needed=0.8, restocking_time=60.0, origin="capacity", substitutes="firms")
    paths = model.simulate(economy, losing(economy, "capacity", lost))
    order = [production.columns.index(place) for place in places]
    # The package's production of a calm day differs from the table's by 3e-10: its table is printed with ten digits.
    yield Compared("production", paths.output, production.values[:, order], 1e-6)
    yield Compared("capacity", paths.inside.capacity, capacity.values[:, order], 1e-6)


PATHS: dict[str, Callable[[Path], Iterator[Compared]]] = {
    "pichler": pichler,
    "boario": boario,
    "ario_boario": arbitrary_loss,
}


def problems(folder: Path, check: Callable[[Path], Iterator[Compared]]) -> list[str]:
    """What differs by more than its tolerance, with the worst cell of each quantity."""
    found = []
    for part in check(folder):
        assert part.found.shape == part.expected.shape, f"{part.name}: {part.found.shape}, not {part.expected.shape}"
        endless = np.isinf(part.expected)
        if not np.array_equal(np.isinf(part.found), endless):
            found.append(f"{part.name} is limited in other cells")
            continue
        scale = np.abs(part.expected) if part.scale is None else part.scale
        gap = np.where(endless, 0.0, np.abs(np.where(endless, 0.0, part.found - part.expected)))
        gap = np.divide(gap, scale, out=gap, where=~endless & (scale > 0))
        if not (gap <= part.tolerance).all():
            worst = np.unravel_index(int(np.argmax(gap)), gap.shape)
            place = "|".join(map(str, worst))
            found.append(f"{part.name}[{place}] is {part.found[worst]!r}, {part.expected[worst]!r} in the case")
    return found
