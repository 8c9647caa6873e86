"""What lies in store and what stops without it: input days, headroom, critical inputs, employment."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy import Codes
from .criticality import Criticality, Ratings, Unrated, rate
from .figures import Figures, Table, division
from .recipe import Stocks


class Store(NamedTuple):
    """Physical facts by sector; the same in every region and for every owner."""

    cover: np.ndarray  # (K, K) days of its use of product k that sector j holds
    headroom: np.ndarray  # (K,)
    headroom_basis: tuple[str, ...]  # (K,)
    criticality: np.ndarray  # (K, K) of product k for sector j: 0, 0.5 or 1
    employment: np.ndarray  # (K,) millions of persons, 2018; NaN where unknown
    unrated: tuple[tuple[int, int], ...]  # pairs (k, j) in use that no analyst rated, or not in every class


def measure_stocks(figures: Figures, sectors: Codes, table: Table, options: Stocks) -> Store:
    """Input stocks, headroom, criticality and employment by sector, each by its own concordance."""
    headroom, basis = _headroom(figures, sectors, table, options)
    criticality = rate_inputs(figures, sectors, table, options, options.unrated)
    return Store(
        _cover(figures, sectors, table, options),
        headroom,
        basis,
        criticality.rating,
        _employment(figures, sectors, table),
        criticality.unrated,
    )


def _classes(figures: Figures, sectors: Codes, column: str) -> list[list[str]]:
    rows = {row["code"]: row[column].split() for row in figures.rows("concordance_wiod_nace")}
    return [rows[code] for code in sectors.codes]


def _cover(figures: Figures, sectors: Codes, table: Table, options: Stocks) -> np.ndarray:
    """Days by user from Belgium (from British accounts), scaled to a mean over industry's storable inputs."""
    days = {row["activity"]: float(row["days"]) for row in figures.rows("input_stock_days_nace64")}
    user = np.array([np.mean([days[a] for a in classes]) for classes in _classes(figures, sectors, "nace64")])
    storable = np.array([code not in (*options.not_storable, *options.postponable) for code in sectors.codes])
    used = (table.use_domestic + table.use_imported)[storable].sum(axis=0)
    industry = list(sectors.expand("industry"))
    mean = user[industry] @ used[industry] / used[industry].sum()
    cover = np.outer(storable, user * (options.mean_days / mean))
    cover[[sectors.index(code) for code in options.not_storable]] = options.shifted_days
    cover[[sectors.index(code) for code in options.postponable]] = options.postponed_days
    cover[sectors.index("B06"), sectors.index("D44")] = options.coal_days_at_power_plants
    return cover


def _headroom(figures: Figures, sectors: Codes, table: Table, options: Stocks) -> tuple[np.ndarray, tuple[str, ...]]:
    """Best quarter on record over the latest, less 1, within bounds; else the mean of the section."""
    limits = options.headroom
    record: dict[str, dict[str, float]] = {}
    for row in figures.rows("capacity_utilisation"):
        record.setdefault(row["division"], {})[row["quarter"]] = float(row["utilisation_pct"])
    own = {
        name: float(np.clip(max(quarters.values()) / quarters[limits.latest] - 1.0, limits.low, limits.high))
        for name, quarters in record.items()
        if limits.latest in quarters
    }
    values, basis = np.empty(len(sectors)), []
    for position, code in enumerate(sectors.codes):
        kind = "agriculture" if code == "A" else "construction" if code == "E" else "services"
        if code[0] not in "BCD":
            values[position] = getattr(limits, kind)
            basis.append("assumption")
        elif division(code) in own:
            values[position] = own[division(code)]
            basis.append(f"best of {len(record[division(code)])} quarters seen")
        else:
            seen = [i for i, c in enumerate(sectors.codes) if c[0] == code[0] and division(c) in own]
            if seen:
                values[position] = np.average([own[division(sectors.codes[i])] for i in seen], weights=table.x[seen])
            else:
                values[position] = own[code[0]]
            basis.append(f"mean of section {code[0]}")
    return values, tuple(basis)


def rate_inputs(figures: Figures, sectors: Codes, table: Table, options: Stocks, unrated: Unrated) -> Criticality:
    """The survey's ratings for our sectors, with pairs that the analysts left empty by the rule ``unrated``."""
    ratings = Ratings.read(figures.rows("critical_inputs_wiod55"))
    use = table.use_domestic + table.use_imported
    found = rate(ratings, _classes(figures, sectors, "wiod55"), use, unrated, options.carried_share)
    # Power, gas and water works take what they use themselves before they sell: it is never short for them.
    own = [sectors.index(code) for code in options.not_storable]
    found.rating[own, own] = 0.0
    return found


def _employment(figures: Figures, sectors: Codes, table: Table) -> np.ndarray:
    """Persons in millions; a division that we split is shared by compensation of employees."""
    persons = np.full(len(sectors), np.nan)
    for row in figures.rows("employment_2018"):
        targets = [sectors.index(code) for code in row["code"].split()]
        if not targets:
            continue
        pay = table.value_added[0, targets]
        persons[targets] = np.nan_to_num(persons[targets]) + float(row["persons_10_thousand"]) / 100.0 * pay / pay.sum()
    return persons
