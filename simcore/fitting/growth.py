"""Real growth of value added by sector from the year of the table to the calibration's year, as published.

Where a sector has no figure of its own it takes what is left of its group: the growth that the published
members and the group's total leave to the others together. Such figures are known for the group only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy import Codes
from .figures import Figures, Row, division

RELEASES = 9  # January-February to October 2022
KINDS = ("published", "proxy", "residual")  # own value added; output of its product; what its group leaves


class Growth(NamedTuple):
    """Growth over two years by sector, and the totals that hold exactly."""

    factor: np.ndarray  # (K,) volume over volume of the table's year
    kind: tuple[str, ...]  # (K,) the weaker of the two years, one of KINDS
    yearly: np.ndarray  # (2, K) growth in each year, shares
    totals: dict[str, np.ndarray]  # broad sector -> positions of its members
    reconstructed: dict[str, float]  # growth of totals as the parts imply it, beside what was published


def measure_growth(figures: Figures, sectors: Codes, value_added: np.ndarray) -> Growth:
    """Growth of 2021 and of January-September or -October 2022 (standing for the year), by sector.

    Parameters
    ----------
    value_added : (K,) array
        Value added by sector in 2020, the weights of the first year.
    """
    first, first_kind = _year_2021(figures, sectors, value_added)
    second, second_kind = _year_2022(figures, sectors, value_added * (1.0 + first))
    kind = tuple(max(a, b, key=KINDS.index) for a, b in zip(first_kind, second_kind, strict=True))
    totals = {name: np.array(sectors.expand(name)) for name in ("agriculture", "industry", "construction", "services")}
    grown = value_added * (1.0 + first)
    checks = {
        "gdp_2021_from_parts": float(grown.sum() / value_added.sum() - 1.0),
        "gdp_2021_published": _account(figures, "2021", "gdp"),
        "gdp_2022_from_parts": float((grown * (1.0 + second)).sum() / grown.sum() - 1.0),
        "gdp_2022_published": _account(figures, "2022Q1-Q3", "gdp"),
    }
    return Growth((1.0 + first) * (1.0 + second), kind, np.stack([first, second]), totals, checks)


def _year_2021(figures: Figures, sectors: Codes, weights: np.ndarray) -> tuple[np.ndarray, list[str]]:
    known: dict[str, tuple[float, str]] = {
        "A": (_account(figures, "2021", "agriculture_forestry_fishery"), "published")
    }
    for name, code in (("construction", "E"), ("wholesale_retail", "F"), ("transport_storage_post", "G")):
        known[code] = (_account(figures, "2021", name), "published")
    for row in figures.rows("growth_series"):
        growth = _growth_of_months(figures, row)
        for code in row["codes"].split():
            known[code] = (growth, "published" if row["kind"] == "division" else "proxy")
    industry = _account(figures, "2021", "industry")
    manufacturing = _account(figures, "2021", "manufacturing")
    made = weights[list(sectors.expand("manufacturing"))].sum()
    all_industry = weights[list(sectors.expand("industry"))].sum()
    rest = (industry * all_industry - manufacturing * made) / (all_industry - made)
    groups = [
        (("mining", "utilities"), rest),
        (("manufacturing",), manufacturing),
        (("services",), _account(figures, "2021", "tertiary")),
    ]
    return _fill(sectors, weights, known, groups)


def _year_2022(figures: Figures, sectors: Codes, weights: np.ndarray) -> tuple[np.ndarray, list[str]]:
    account = {name: _account(figures, "2022Q1-Q3", name) for name in ("primary", "secondary", "tertiary", "industry")}
    known: dict[str, tuple[float, str]] = {"A": (account["primary"], "published")}
    known["I"] = (_account(figures, "2022Q1-Q3", "information_software"), "published")
    known["J"] = (_account(figures, "2022Q1-Q3", "finance"), "published")
    published = _divisions_2022(figures)
    for code in sectors.codes:
        if division(code) in published:
            known[code] = (published[division(code)], "published")
    industry = weights[list(sectors.expand("industry"))].sum()
    builders = weights[sectors.index("E")]
    built = (account["secondary"] * (industry + builders) - account["industry"] * industry) / builders
    known["E"] = (built, "residual")
    groups = [((name,), _category_2022(figures, name)) for name in ("mining", "manufacturing", "utilities")]
    growth, kind = _fill(sectors, weights, known, [*groups, (("services",), account["tertiary"])])
    # Industry as a whole follows the national accounts; the monthly statistic covers large enterprises only.
    members = list(sectors.expand("industry"))
    found = (weights[members] * (1.0 + growth[members])).sum() / weights[members].sum()
    growth[members] = (1.0 + growth[members]) * (1.0 + account["industry"]) / found - 1.0
    return growth, kind


def _fill(sectors: Codes, weights: np.ndarray, known, groups) -> tuple[np.ndarray, list[str]]:
    """Own growth where known; elsewhere what a group's total leaves to its other members."""
    growth, kind = np.full(len(sectors), np.nan), ["residual"] * len(sectors)
    for code, (value, name) in known.items():
        growth[sectors.index(code)], kind[sectors.index(code)] = value, name
    for names, total in groups:
        members = np.concatenate([sectors.expand(name) for name in names]).astype(int)
        open_ = members[np.isnan(growth[members])]
        own = members[~np.isnan(growth[members])]
        growth[open_] = (total * weights[members].sum() - growth[own] @ weights[own]) / weights[open_].sum()
    return growth, kind


def _account(figures: Figures, period: str, industry: str) -> float:
    return figures.number("gdp_by_industry", "yoy_real_pct", period=period, industry=industry) / 100.0


def _growth_of_months(figures: Figures, row: Row) -> float:
    """Growth of 2021 from monthly rates: months of 2021 weighed by their levels of 2020 on a smooth 2019.

    First prints; January and February are one observation of two months, dated ``-02``.
    """
    found = figures.rows(f"iva_{row['kind']}s", **{row["kind"]: row["series"]})
    rates = {r["month"]: 1.0 + float(r["percent"]) / 100.0 for r in found}
    if row["percent_2020_02"]:
        rates.setdefault("2020-02", 1.0 + float(row["percent_2020_02"]) / 100.0)
    months = {"02": 2.0} | {f"{m:02d}": 1.0 for m in range(3, 13)}
    before = {m: length * rates[f"2020-{m}"] for m, length in months.items()}
    after = {m: level * rates[f"2021-{m}"] for m, level in before.items()}
    return sum(after.values()) / sum(before.values()) - 1.0


def _divisions_2022(figures: Figures) -> dict[str, float]:
    """January-October 2022: the published cumulated rate, else the mean of all months of the year."""
    months: dict[str, list[Row]] = {}
    for row in figures.rows("iva_divisions"):
        if row["month"].startswith("2022-"):
            months.setdefault(row["division"], []).append(row)
    found = {code: _mean_rate(rows) for code, rows in months.items() if len(rows) == RELEASES}
    for row in figures.rows("iva_other_periods", period="2022M1-10"):
        found[row["division"]] = float(row["percent"]) / 100.0
    return found


def _category_2022(figures: Figures, name: str) -> float:
    return _mean_rate([r for r in figures.rows("iva_total", series=name) if r["month"].startswith("2022-")])


def _mean_rate(rows: list[Row]) -> float:
    months = [float(row["span"].removesuffix("m")) for row in rows]
    return float(np.average([float(row["percent"]) for row in rows], weights=months)) / 100.0
