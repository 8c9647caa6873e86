"""The regional section of a calibration's check report: how far the method of trade decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..economy import Codes
from . import words
from .regional_variants import all_methods
from .regions import placed
from .spread import (
    METHODS_SHOWN,
    content_of_trade,
    contents,
    own_region_shares,
    spill_over,
    where_demand_lands,
)
from .trade import heterogeneity

if TYPE_CHECKING:
    from .calibrate import Calibration

WIDE = 8  # more regions than these stand in rows, not in columns
PRODUCTS = ("C36a", "C31", "B06", "C39", "C34", "C30", "D44", "C17", "E", "A", "F")
STAYS = "C36a"  # whose own-region share stands for goods made in few places


def regions_section(steps: Calibration) -> str:
    """Markdown of the section; every figure is computed from this build."""
    parts = [
        "## Regions",
        "Domestic trade is not observed. Each method below states who supplies whom; row and column factors then bring "
        "every product to what regions ship and buy: national sums are the same under all of them. The economy holds "
        f"{steps.regional.default}, and {_list(steps.recipe.regional.alternatives)} as alternatives: regional results "
        "of a run carry the range over these. `regions.md` says how far a scenario's effect by region depends on the "
        "method and its parameters.",
        _methods(steps),
        _own(steps),
        _lands(steps),
        _totals(steps),
        _distances(steps),
    ]
    return "\n\n".join(part for part in parts if part)


def _list(names) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if len(names) > 1 else "".join(names)


def _methods(steps: Calibration) -> str:
    regional, table_ = steps.regional, steps.scaled.table
    demand = regional.markets.demand
    k = steps.sectors.index(STAYS)
    big = int(demand.sum(axis=0).argmax())
    names = steps.recipe.regions.as_codes().names_en
    rows = []
    for name, found in all_methods(steps).items():
        content = content_of_trade(table_, regional.output_share, found.flows, regional.exports)
        own, weight = own_region_shares(content), regional.markets.output
        final = regional.markets.final
        away = np.average(spill_over(content, found.flows, final), weights=final.sum(axis=0))
        moved = np.nansum(np.abs(found.own - found.own_prior) * demand) / demand.sum()
        rows.append((
            name + (" (taken)" if name == regional.default else ""), METHODS_SHOWN.get(name, ""),
            f"{np.nansum(found.own * demand) / demand.sum():.2f}",
            f"{(own * weight).sum() / weight.sum():.2f}",
            f"{away:.2f}",
            f"{own[k, big]:.2f}", f"{moved:.3f}", found.iterations, f"{len(found.by_newton)} of {len(demand)}",
            f"{found.worst:.0e}",
        ))  # fmt: skip
    mixed = heterogeneity(regional.markets, steps.recipe.regional)
    return (
        "Own share: of purchases, and of the value-added multiplier, that stays in the region (means over regions and "
        "products by size). Spill-over: share of the value added of a region's final demand that other regions earn. "
        "Moved: mean change of own shares of purchases by balancing: what the totals do not allow of the method's own "
        "word. Sweeps: most over products; Newton: products whose last sweeps it led; gap: largest of a margin.\n\n"
        + words.table(["method", "what it says", "own share of purchases", "of the multiplier", "spill-over",
                 f"vehicles of {names[big]}", "moved", "sweeps", "Newton", "gap"], rows)
        + f"\n\nHeterogeneity of cross_hauling: {mixed.min():.2f} to {mixed.max():.2f} by product, mean by use "
        f"{np.average(mixed, weights=demand.sum(axis=1)):.2f} (two-way foreign trade over output and use; what regions "
        "of one country exchange may well be more mixed: a lower bound)."
    )  # fmt: skip


def _own(steps: Calibration) -> str:
    regional, codes = steps.regional, steps.recipe.regions.as_codes()
    shares = {name: own_region_shares(c) for name, c in contents(steps.scaled.table, regional).items()}
    k, made = steps.sectors.index(STAYS), regional.markets.output
    text = (
        "Share of a region's value-added multiplier that stays in the region, in vehicles and as a mean over products "
        "by output. The spread over methods is the range of every regional result.\n\n"
    )
    head = [f"{what}, {name}" for what in ("vehicles", "mean") for name in shares]
    rows = [
        (name, *(f"{s[k, r]:.2f}" if made[k, r] > 0 else "–" for s in shares.values()),
         *(f"{np.average(s[:, r], weights=made[:, r]):.2f}" for s in shares.values()))
        for r, name in enumerate(codes.names_en)
    ]  # fmt: skip
    return text + words.table(["region", *head], rows)


def _lands(steps: Calibration) -> str:
    regional, codes = steps.regional, steps.recipe.regions.as_codes()
    landed = where_demand_lands(steps.scaled.table, regional, regional.default)
    rows, columns = [], _areas(codes)
    for code in PRODUCTS:
        k = steps.sectors.index(code)
        most = np.argsort(-landed[k])[:3]
        largest = ", ".join(f"{codes.names_en[r]} {landed[k, r]:.2f}" for r in most)
        rows.append((
            f"{code} {steps.sectors.names_en[k]}", *(f"{landed[k, list(m)].sum():.2f}" for m in columns.values()),
            *([largest] if len(codes) > WIDE else []), regional.evidence[k],
        ))  # fmt: skip
    more = ["largest"] if len(codes) > WIDE else []
    return (
        f"Where the value added of one more yuan of demand lands ({regional.default}, output as now). Rows on "
        "share_only shares differ from each other by their inputs alone: no evidence.\n\n"
        + words.table(["product", *columns, *more, "output shares rest on"], rows)
    )


def _areas(codes: Codes) -> dict[str, tuple[int, ...]]:
    """Columns by region, or of many regions by the groups that part the country."""
    if len(codes) <= WIDE:
        return {name: (r,) for r, name in enumerate(codes.names_en)}
    parts: dict[str, tuple[int, ...]] = {}
    seen: set[int] = set()
    for name in codes.groups:
        members = codes.expand(name)
        if not seen & set(members):
            parts[name] = members
            seen |= set(members)
    return parts


def _totals(steps: Calibration) -> str:
    regional, codes = steps.regional, steps.recipe.regions.as_codes()
    added = steps.scaled.table.value_added.sum(axis=0) @ regional.output_share
    provinces = placed(steps.figures.rows("province_sector_shares"), steps.recipe)
    gdp = np.array([sum(float(p["gdp"]) for p in provinces if p["region"] == c) for c in codes.codes])
    rows = [
        (name, f"{a:.3f}", f"{g:.3f}", f"{e:.3f}")
        for name, a, g, e in zip(
            codes.names_en, added / added.sum(), gdp / gdp.sum(), regional.export_share, strict=True
        )
    ]
    return "\n\n".join([
        words.table(
            ["region", "share in value added", "in GDP of 2020", "in exports of goods (customs, 2015-16)"], rows
        ),
        *regional.notes,
    ])  # fmt: skip


def _distances(steps: Calibration) -> str:
    codes, distance = steps.recipe.regions.as_codes(), steps.regional.distance
    if len(codes) > WIDE:
        return (
            f"Distances of provincial capitals from {distance[distance > 0].min():.0f} to {distance.max():.0f} km; "
            "within a province half the way to the nearest other capital."
        )
    rows = [(c, *(f"{v:.0f}" for v in row)) for c, row in zip(codes.names_en, distance, strict=True)]
    return "Mean distance, GDP-weighted pairs of provincial capitals:\n\n" + words.table(["km", *codes.names_en], rows)
