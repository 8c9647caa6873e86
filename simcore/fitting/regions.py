"""Where products are made and used, and how they travel: regional estimates under exact national totals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy import Codes
from ..errors import TableError
from .balance import ras
from .figures import Figures, Table
from .recipe import Recipe

EARTH = 6371.0  # km, mean radius
METHODS = ("gravity", "no_distance", "strong_home_bias", "flq")


class Regional(NamedTuple):
    """Regional margins of every product and its trade by method; pools are the regions and abroad."""

    output_share: np.ndarray  # (K, R)
    use_share: dict[str, np.ndarray]  # final category -> (K, R) share of each region in the category's purchases
    exports: np.ndarray  # (K, R) exports by region of origin
    trade: dict[str, np.ndarray]  # method -> (K, R, R + 1) share of origin r in what pool p buys
    distance: np.ndarray  # (R, R) km, mean over pairs of provinces, by GDP
    export_share: np.ndarray  # (R,) share of regions in exports of goods
    evidence: tuple[str, ...]  # (K,) what the output shares rest on
    iterations: dict[str, int]  # method -> most sweeps any product took


def regionalise(figures: Figures, sectors: Codes, table: Table, recipe: Recipe) -> Regional:
    """Regional output, final use, exports and trade of every product.

    Rows and columns of trade are balanced product by product: what a region ships at home is its output less
    stock change and exports; what a pool buys is its firms' and final users' use. National totals are kept
    whatever the method.

    References
    ----------
    Leontief and Strout (1963) for gravity; Flegg and Webber (1997), Regional Studies 31, for the quotient;
    Miller and Blair (2009), Input-Output Analysis, chapters 3 and 8.
    """
    regions = recipe.regions.as_codes().codes
    provinces = figures.rows("province_sector_shares")
    shares, evidence = _output_shares(figures, sectors, table, recipe, regions, provinces)
    use = {
        name: np.tile(_column(provinces, regions, column), (len(sectors), 1))
        for name, column in recipe.regional.use.model_dump().items()
    }
    export_share = _export_shares(figures, regions)
    exports = _exports(sectors, table, shares, export_share, recipe)
    supply = (table.x - table.stock_change)[:, None] * shares - exports
    demand = _demand(table, shares, use)
    distance, pairs = _distances(figures, regions, provinces)
    trade, iterations = {}, {}
    for method in METHODS:
        prior = _prior(method, sectors, recipe, shares, table.x, supply, pairs)
        balanced = [ras(prior[k], *_matched(supply[k], demand[k]), tolerance=1e-13) for k in range(len(sectors))]
        iterations[method] = max(found.iterations for found in balanced)
        trade[method] = np.stack(
            [_origins(found.table, supply[k], exports[k]) for k, found in enumerate(balanced)], axis=0
        )
    return Regional(shares, use, exports, trade, distance, export_share, evidence, iterations)


def _column(provinces, regions: tuple[str, ...], column: str) -> np.ndarray:
    """Shares of the regions, normalised (the printed shares carry rounding)."""
    if column not in provinces[0]:
        raise TableError(f"province_sector_shares.csv has no column '{column}'; the recipe asks for it")
    total = np.array([sum(float(p[column]) for p in provinces if p["region"] == region) for region in regions])
    return total / total.sum()


def _output_shares(figures, sectors: Codes, table: Table, recipe: Recipe, regions, provinces):
    """Regions' shares in output: product statistics where any; the rest of industry keeps its total."""
    options = recipe.regional
    shares, evidence = np.empty((len(sectors), len(regions))), []
    industry = sectors.groups["industry"]
    for position, code in enumerate(sectors.codes):
        column = "industry" if code in industry else options.broad.get(code, "other_services")
        shares[position] = _column(provinces, regions, column)
        evidence.append(f"share_only: broad shares ({column})")
    value_added = table.value_added.sum(axis=0)
    members = list(sectors.expand("industry"))
    total = value_added[members].sum() * shares[members[0]]
    for code, choice in options.products.items():
        position = sectors.index(code)
        shares[position], covered = _product_shares(figures, choice.product, choice.period, regions, provinces)
        evidence[position] = f"estimate: {choice.product} by province, {covered:.0%} of the national figure"
    own = [sectors.index(code) for code in options.products]
    rest = [m for m in members if m not in own]
    left = total - value_added[own] @ shares[own]
    shares[rest] = left / left.sum()
    return shares, tuple(evidence)


def _product_shares(figures, product: str, period: str, regions, provinces) -> tuple[np.ndarray, float]:
    """Shares from provincial output: one period, or the newest of each province; the unlisted by industry."""
    rows = figures.rows("province_product_output", product=product)
    nation = {row["period"]: float(row["level"]) for row in rows if row["region"] == "national"}
    newest: dict[str, tuple[str, float]] = {}
    for row in rows:
        when, province = row["period"], row["province"]
        if row["region"] == "national" or period not in ("newest", when) or when not in nation:
            continue
        if when > newest.get(province, ("", 0.0))[0]:
            newest[province] = (when, float(row["level"]) / nation[when])
    covered = sum(share for _, share in newest.values())
    unlisted = {p["province"]: float(p["industry"]) for p in provinces if p["province"] not in newest}
    remainder = max(0.0, 1.0 - covered) / max(sum(unlisted.values()), 1e-12)
    full = {province: remainder * weight for province, weight in unlisted.items()}
    full |= {province: share for province, (_, share) in newest.items()}
    total = np.array([sum(full[p["province"]] for p in provinces if p["region"] == region) for region in regions])
    return total / total.sum(), min(covered, 1.0)


def _export_shares(figures: Figures, regions) -> np.ndarray:
    """Customs exports by region of 2015-16; provinces not listed share the rest as they exported in 2007."""
    rows = figures.rows("province_exports")
    nation = sum(float(r["level"]) for r in rows if r["region"] == "national")
    new = {r["province"]: r for r in rows if r["year"] != "2007" and r["region"] != "national"}
    old = [r for r in rows if r["year"] == "2007" and r["province"] not in new]
    rest = nation - sum(float(r["level"]) for r in new.values())
    scale = rest / sum(float(r["level"]) for r in old)
    total = {region: 0.0 for region in regions}
    for row in new.values():
        total[row["region"]] += float(row["level"])
    for row in old:
        total[row["region"]] += scale * float(row["level"])
    return np.array([total[region] / nation for region in regions])


def _exports(sectors: Codes, table: Table, shares, export_share, recipe: Recipe) -> np.ndarray:
    """Exports by product and region: goods meet the customs shares as a whole; services take the same shares.

    The pattern by product follows output, moved by one factor a region (RAS), under a cap on what can leave.
    """
    exports = table.final_domestic[:, 3]
    room = recipe.regional.export_cap * (table.x - table.stock_change)[:, None] * shares
    goods = np.array([code[0] in "ABCD" for code in sectors.codes])
    result = exports[:, None] * export_share
    sold = goods & (exports > 0)
    totals = exports[sold].sum() * export_share
    found = ras(exports[sold, None] * shares[sold], exports[sold], totals, tolerance=1e-13)
    result[sold] = _exactly(found.table, exports[sold])
    over = result > room
    if over.any():
        k, r = np.argwhere(over)[0]
        raise TableError(
            f"exports of {sectors.codes[k]} from region {r} exceed {recipe.regional.export_cap:.0%} of what "
            "it makes; "
            "raise export_cap or correct the regional shares"
        )
    return result


def _exactly(rows: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return rows * (totals / rows.sum(axis=1))[:, None]


def _demand(table: Table, shares: np.ndarray, use: dict[str, np.ndarray]) -> np.ndarray:
    """Domestic purchases of each product by region, firms and final users, (K, R)."""
    firms = table.use_domestic @ shares
    final = sum(table.final_domestic[:, [c]] * use[name] for c, name in enumerate(list(use)[:3]))
    return firms + final


def _matched(supply: np.ndarray, demand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same totals to the last bit: both sides are one number apart from rounding."""
    return supply * (demand.sum() / supply.sum()), demand


def _distances(figures, regions, provinces) -> tuple[np.ndarray, dict]:
    """Mean distance between regions in km, and the pairs of provinces for gravity at any power."""
    places = {row["province"]: row for row in figures.rows("province_capitals")}
    lon, lat = (
        np.radians([float(places[p["province"]][c]) for p in provinces]) for c in ("longitude_deg", "latitude_deg")
    )
    haversine = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    km = 2.0 * EARTH * np.arcsin(np.sqrt(haversine))
    np.fill_diagonal(km, np.inf)
    np.fill_diagonal(km, 0.5 * km.min(axis=1))  # within a province: half the way to the nearest capital
    weight = np.zeros((len(regions), len(provinces)))
    for i, province in enumerate(provinces):
        weight[regions.index(province["region"]), i] = float(province["gdp"])
    weight /= weight.sum(axis=1, keepdims=True)
    return weight @ km @ weight.T, {"km": km, "weight": weight}


def _prior(method: str, sectors: Codes, recipe: Recipe, shares, x, supply, pairs) -> np.ndarray:
    """Trade before balancing, (K, R, R): from region r to region p, up to factors of row and column."""
    options = recipe.regional
    K, R = shares.shape
    prior = np.empty((K, R, R))
    for k, code in enumerate(sectors.codes):
        kind = "local" if code in options.local else "goods" if code[0] in "ABCD" else "services"
        decays = options.strong_decay if method == "strong_home_bias" else options.decay
        power = 0.0 if method == "no_distance" else getattr(decays, kind)
        if method == "flq":
            prior[k] = _flq(shares[k], x @ shares / x.sum(), supply[k], options.flq_delta)
            continue
        # Trade of regions is the sum over pairs of provinces, so nearness inside a region counts.
        prior[k] = supply[k][:, None] * (pairs["weight"] @ pairs["km"] ** -power @ pairs["weight"].T)
    return prior


def _flq(share: np.ndarray, size: np.ndarray, supply: np.ndarray, delta: float) -> np.ndarray:
    """Own share by Flegg's quotient (location quotient times a size term), the rest as others supply."""
    own = np.minimum(share / size * np.log2(1.0 + size) ** delta, 0.99)
    others = np.where(np.eye(len(share), dtype=bool), 0.0, supply[:, None])
    return np.diag(own) + others / others.sum(axis=0) * (1.0 - own)


def _origins(trade: np.ndarray, supply: np.ndarray, exports: np.ndarray) -> np.ndarray:
    """Shares of origin by pool, (R, R + 1); where a pool buys nothing, the regions' supply."""
    columns = np.column_stack([trade, exports])
    total = columns.sum(axis=0)
    usual = supply / supply.sum()
    return np.where(total > 0, columns / np.where(total > 0, total, 1.0), usual[:, None])
