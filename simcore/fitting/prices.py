"""Producer prices of the vintage over those of the table's year, by sector, each with its basis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy import Codes
from .figures import Figures, division
from .recipe import Prices

BEFORE = "2021"  # mean of the year after the table's, on the table's year
SINCE = "2022M1-9"  # mean of the months, on the same months a year before
LATEST = "2022-10"
MONTHS = (
    "2021",
    "2021-12",
    "2022-01",
    "2022-02",
    "2022-09",
    "2022-10",
)  # periods in which all stages are published


class PriceIndex(NamedTuple):
    """Index by sector with range and basis; mean of January-October 2022 over the mean of 2020."""

    level: np.ndarray  # (K,) the index
    low: np.ndarray  # (K,)
    high: np.ndarray  # (K,)
    basis: tuple[str, ...]  # (K,) the series it rests on and what was assumed
    stages: dict[str, float]  # index of every stage and of the total


def price_index(figures: Figures, sectors: Codes, value_added: np.ndarray, options: Prices) -> PriceIndex:
    """Price of each product, January-October 2022 on 2020: by stage of use; services by GDP deflators.

    The published rates are on the year before; their product over two years is a mean on a mean, so the index
    is that of the first ten months of 2022, not of October alone (which the rates do not give).

    Parameters
    ----------
    value_added : (K,) array
        Nominal value added of the table's year, for implicit deflators of 2021.
    """
    stages = _stages(figures)
    rows = [_one(figures, code, stages, options) for code in sectors.codes]
    deflators = _deflators(figures, sectors, value_added)
    for position, code in enumerate(sectors.codes):
        series = figures.rows("price_stages", code=code)[0]["series"]
        if series in deflators:
            found = deflators[series]
            text = f"GDP deflator of 2021 ({series}), nominal over real growth; no change assumed in 2022"
            rows[position] = (found, found - options.service_range, found + options.service_range, text)
    level, low, high = (np.array([row[c] for row in rows]) for c in range(3))
    return PriceIndex(level, low, high, tuple(row[3] for row in rows), stages)


def _stages(figures: Figures) -> dict[str, float]:
    rate = {(row["period"], row["series"]): float(row["yoy_pct"]) for row in figures.rows("producer_prices")}
    since = {name: rate[SINCE, name] for name in ("ppi", "producer_goods", "mining", "raw_materials")}
    # Stages without a cumulated rate: weights that rebuild the months published for all of them give it.
    parts = ("mining", "raw_materials", "processing")
    share = _weights([[rate[p, name] for name in parts] for p in MONTHS], [rate[p, "producer_goods"] for p in MONTHS])
    known = share[0] * since["mining"] + share[1] * since["raw_materials"]
    since["processing"] = (since["producer_goods"] - known) / share[2]
    goods = ("producer_goods", "consumer_goods")
    share = _weights([[rate[p, name] for name in goods] for p in MONTHS], [rate[p, "ppi"] for p in MONTHS])
    since["consumer_goods"] = (since["ppi"] - share[0] * since["producer_goods"]) / share[1]
    # Nine months and October: rates of equal months averaged (the total: 5.2, as published for ten months).
    ten = {name: 0.9 * value + 0.1 * rate[LATEST, name] for name, value in since.items()}
    return {name: float((1.0 + rate[BEFORE, name] / 100.0) * (1.0 + value / 100.0)) for name, value in ten.items()}


def _weights(parts: list[list[float]], whole: list[float]) -> np.ndarray:
    """Shares, summing to one, with which the parts rebuild the whole (least squares)."""
    matrix, aim = np.array(parts), np.array(whole)
    base, others = matrix[:, -1], matrix[:, :-1]
    share = np.linalg.lstsq(others - base[:, None], aim - base, rcond=None)[0]
    return np.append(share, 1.0 - share.sum())


def _one(figures: Figures, code: str, stages: dict[str, float], options: Prices) -> tuple[float, float, float, str]:
    series = figures.rows("price_stages", code=code)[0]["series"]
    if series not in stages:
        return (
            1.0,
            1.0,
            stages["ppi"],
            "assumption: nothing published, no change; range up to all producer prices",
        )
    month = figures.rows("producer_prices", period=options.division_month)
    rates = {row["series"]: float(row["yoy_pct"]) for row in month}
    own = rates.get(f"division_{division(code)}")
    if own is None:
        return stages[series], *_around(stages[series]), f"stage of use: {series}"
    ratio = (1.0 + own / 100.0) / (1.0 + rates[series] / 100.0)
    index = stages[series] * ratio**options.division_weight
    ends = (stages[series], stages[series] * ratio)
    text = f"stage of use ({series}), moved by {options.division_weight:g} of the division's distance from it"
    return index, min(ends), max(ends), f"{text} in {options.division_month}"


def _around(index: float) -> tuple[float, float]:
    """Divisions lie around their stage: half of its change either way (mining's spread more)."""
    return 1.0 + 0.5 * (index - 1.0), 1.0 + 1.5 * (index - 1.0)


def _deflators(figures: Figures, sectors: Codes, value_added: np.ndarray) -> dict[str, float]:
    """Implicit deflators of 2021 of broad sectors; the base year is the table's value added.

    Single services are not used: their value added in the table and in the accounts of 2021 is not on one
    footing.
    """
    groups = {
        "agriculture_forestry_fishery": "agriculture",
        "construction": "construction",
        "tertiary": "services",
    }
    deflators = {}
    for name, group in groups.items():
        level = figures.number("gdp_by_industry", "level_bn_yuan_current", period="2021", industry=name)
        real = figures.number("gdp_by_industry", "yoy_real_pct", period="2021", industry=name) / 100.0
        deflators[name] = float(level / (value_added[list(sectors.expand(group))].sum() * (1.0 + real)))
    return deflators
