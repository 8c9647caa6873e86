"""The published history of industrial value added, and the growth of every sector that agrees with it.

Everything lies on a list of *releases*: one a month, but January and February share one, so a year has
eleven. Growth is that of the first print, in per cent on the year.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..errors import TableError

FIRST_YEAR = 2019
SLOTS = 11  # releases a year
CATEGORIES = ("mining", "manufacturing", "utilities")
PROXIES = {"06": "coal", "36": "motor_vehicles", "44": "electricity"}  # division: its main product
ROUNDING = 0.1 / np.sqrt(12.0)  # pp; figures are published to a tenth


def release(month: str) -> int:
    """Position of a month's release, 0 for January-February 2019; January shares February's."""
    return SLOTS * (int(month[:4]) - FIRST_YEAR) + max(int(month[5:]) - 2, 0)


def release_month(position: int) -> str:
    """Label of a release's (last) month."""
    year, slot = divmod(position, SLOTS)
    return f"{FIRST_YEAR + year}-{slot + 2:02d}"


def release_time(position: np.ndarray) -> np.ndarray:
    """Middle of a release in months since January 2019; January-February lies between the two."""
    year, slot = np.divmod(position, SLOTS)
    return 12 * year + np.where(slot == 0, 0.5, slot + 1.0)


def months_between(first: str, last: str) -> tuple[str, ...]:
    """All month labels, both ends inclusive."""
    start, stop = (12 * int(m[:4]) + int(m[5:]) - 1 for m in (first, last))
    return tuple(f"{k // 12}-{k % 12 + 1:02d}" for k in range(start, stop + 1))


@dataclass(frozen=True)
class History:
    """Published growth by release (T) of the total, three categories, S sectors; NaN where none is known."""

    sectors: tuple[str, ...]
    division: tuple[str, ...]  # division of each sector; two sectors may share one
    category: np.ndarray  # (S,) position in CATEGORIES
    value_added: np.ndarray  # (S,) bn yuan in 2020
    total: np.ndarray  # (T,)
    month_on_month: np.ndarray  # (T,) seasonally adjusted, per cent on the month before
    year_to_date: np.ndarray  # (T,)
    by_category: np.ndarray  # (T, 3)
    by_sector: np.ndarray  # (T, S)
    products: dict[str, np.ndarray]  # growth of a product's output in volume, (T,)

    @property
    def releases(self) -> int:
        return len(self.total)

    @property
    def weights(self) -> np.ndarray:
        """(3,) share of each category in value added of 2020."""
        return np.bincount(self.category, self.value_added, len(CATEGORIES)) / self.value_added.sum()

    def until(self, releases: int) -> History:
        """The history as it was known when its first ``releases`` releases were out."""
        cut = {name: getattr(self, name)[:releases] for name in _SERIES}
        products = {name: values[:releases] for name, values in self.products.items()}
        return replace(self, **cut, products=products)


_SERIES = ("total", "month_on_month", "year_to_date", "by_category", "by_sector")
_TOTALS = {"total": "total", "total_month_on_month": "month_on_month", "total_year_to_date": "year_to_date"}


def read_history(folder: Path) -> History:
    """Read ``iva_total.csv``, ``iva_divisions.csv``, ``iva_products.csv`` and ``iva_value_added_2020.csv``.

    Raises
    ------
    TableError
        If a file or column is missing, a figure is no number, a division or series is unknown, a figure
        stands twice, or growth of the total is missing in a month from January 2020 to the last.
    """
    added = read_figures(folder / "iva_value_added_2020.csv", "value_added_bn_yuan_2020", ("sector", "division"))
    sectors = tuple(key[0] for key in added)
    division = tuple(key[1] for key in added)
    totals = read_figures(folder / "iva_total.csv", "percent", ("month", "series"))
    divisions = read_figures(folder / "iva_divisions.csv", "percent", ("month", "division"))
    products = read_figures(folder / "iva_products.csv", "percent", ("month", "product"))
    T = 1 + max(release(month) for month, series in totals if series == "total")
    history = History(
        sectors,
        division,
        np.array([{"B": 0, "C": 1, "D": 2}[code[0]] for code in sectors]),
        np.array(list(added.values())),
        total=np.full(T, np.nan),
        month_on_month=np.full(T, np.nan),
        year_to_date=np.full(T, np.nan),
        by_category=np.full((T, len(CATEGORIES)), np.nan),
        by_sector=np.full((T, len(sectors)), np.nan),
        products={name: np.full(T, np.nan) for name in PROXIES.values()},
    )
    for (month, series), value in totals.items():
        if series in CATEGORIES:
            history.by_category[release(month), CATEGORIES.index(series)] = value
        elif series in _TOTALS:
            getattr(history, _TOTALS[series])[release(month)] = value
        else:
            raise TableError(f"{folder / 'iva_total.csv'}: unknown series '{series}'; use {[*_TOTALS, *CATEGORIES]}")
    for (month, code), value in divisions.items():
        if code not in division:
            raise TableError(f"{folder / 'iva_divisions.csv'}: no sector belongs to division '{code}'")
        history.by_sector[release(month), [d == code for d in division]] = value
    for (month, product), value in products.items():
        if product not in history.products:
            raise TableError(
                f"{folder / 'iva_products.csv'}: unknown product '{product}'; use {list(history.products)}"
            )
        history.products[product][release(month)] = value
    gaps = [release_month(t) for t in range(SLOTS, T) if np.isnan(history.total[t])]
    if gaps:
        raise TableError(f"{folder / 'iva_total.csv'}: growth of the total is missing in {', '.join(gaps)}")
    return history


def read_figures(path: Path, value: str, key: tuple[str, str]) -> dict[tuple[str, str], float]:
    """One figure a row, by two labels."""
    found: dict[tuple[str, str], float] = {}
    try:
        with open(path, newline="", encoding="utf-8") as lines:
            for number, row in enumerate(csv.DictReader(lines), start=2):
                label = (row[key[0]], row[key[1]])
                if label in found:
                    raise TableError(f"{path}:{number}: {label} stands twice; keep one figure")
                found[label] = float(row[value])
    except (OSError, KeyError, ValueError) as problem:
        raise TableError(f"{path}: cannot read {value} by {key} ({problem})") from problem
    return found


def rebuild_total(history: History) -> np.ndarray:
    """(T,) published total less the total rebuilt from the three categories with weights of 2020, pp."""
    return history.total - history.by_category @ history.weights


@dataclass(frozen=True)
class Proxy:
    """Growth of a division from growth of its product, ``intercept + slope * product``, by least squares."""

    division: str
    product: str
    intercept: float
    slope: float
    sd: float  # pp, of the residuals
    months: int


def fit_proxies(history: History) -> tuple[Proxy, ...]:
    """Fit each proxy on the releases that print both the division and its product."""
    fitted = []
    for division, product in PROXIES.items():
        known = history.by_sector[:, history.division.index(division)]
        output = history.products[product]
        both = np.isfinite(known) & np.isfinite(output)
        if both.sum() < 4:
            continue
        X = np.column_stack([np.ones(both.sum()), output[both]])
        (intercept, slope), *_ = np.linalg.lstsq(X, known[both], rcond=None)
        sd = np.sqrt(((known[both] - X @ [intercept, slope]) ** 2).sum() / (both.sum() - 2))
        fitted.append(Proxy(division, product, float(intercept), float(slope), float(sd), int(both.sum())))
    return tuple(fitted)


@dataclass(frozen=True)
class SectorGrowth:
    """Growth of every sector in one release that agrees with all that was published."""

    growth: np.ndarray  # (S,) per cent
    origin: np.ndarray  # (S,) of 'published', 'parent', 'proxy', 'residual'
    adjustment: float  # pp added to all residual groups so that the total holds; NaN without categories


def sector_growth(history: History, proxies: tuple[Proxy, ...], t: int, level: np.ndarray) -> SectorGrowth:
    """Close release ``t``: published divisions stay, the others take the growth that their category leaves.

    Parameters
    ----------
    level : (S,) array
        Level a year before: the weights.

    Notes
    -----
    The three categories miss the published total by about a tenth of a point. The total is met exactly; the
    gap goes to all residual sectors alike, so no published division moves.
    """
    known = history.by_sector[t].copy()
    origin = np.where(np.isfinite(known), "published", "residual").astype("<U9")
    shared = np.array([history.division.count(d) > 1 for d in history.division])
    origin[shared & np.isfinite(known)] = "parent"
    for proxy in proxies:
        members = np.array([d == proxy.division for d in history.division]) & np.isnan(known)
        if members.any() and np.isfinite(history.products[proxy.product][t]):
            known[members] = proxy.intercept + proxy.slope * history.products[proxy.product][t]
            origin[members] = "proxy"
    weight = level / level.sum()
    rest = np.isnan(known)
    growth = np.where(rest, 0.0, known)
    by_category = bool(np.isfinite(history.by_category[t]).all())
    if by_category:
        for c, target in enumerate(history.by_category[t]):
            inside = history.category == c
            left = weight[inside].sum() * target - weight[inside] @ growth[inside]
            growth[inside & rest] = left / weight[inside & rest].sum()
    gap = float((history.total[t] - weight @ growth) / weight[rest].sum())
    growth[rest] += gap
    return SectorGrowth(growth, origin, gap if by_category else float("nan"))
