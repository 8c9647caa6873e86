"""Where products are made and used, and how they travel: regional estimates under exact national totals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy import Codes
from ..errors import TableError
from .balance import ras
from .figures import Figures, Table
from .recipe import Recipe
from .regional_table import Observed, observe
from .trade import Markets, Trade, estimate_trade

EARTH = 6371.0  # km, mean radius


class Regional(NamedTuple):
    """Regional margins of every product and its trade by method; pools are the regions and abroad."""

    output_share: np.ndarray  # (K, R)
    use_share: dict[str, np.ndarray]  # final category -> (K, R) share of each region in the category's purchases
    exports: np.ndarray  # (K, R) exports by region of origin
    default: str  # method of the economy's own trade
    trade: dict[str, np.ndarray]  # method -> (K, R, R + 1) share of origin r in what pool p buys
    balance: dict[str, Trade]  # method -> flows and how they were balanced
    markets: Markets  # what any other method would start from
    distance: np.ndarray  # (R, R) km, mean over pairs of provinces, by GDP
    export_share: np.ndarray  # (R,) share of regions in exports of goods
    evidence: tuple[str, ...]  # (K,) what the output shares rest on
    notes: tuple[str, ...]  # where a region's figures contradict each other, and what was done


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
    options, codes = recipe.regional, recipe.regions.as_codes()
    provinces = placed(figures.rows("province_sector_shares"), recipe)
    observed = observe(figures, sectors, codes, options.table, provinces) if options.table else None
    shares, evidence, notes = _output_shares(figures, sectors, table, recipe, codes.codes, provinces)
    use = {
        name: np.tile(_column(provinces, codes.codes, column), (len(sectors), 1))
        for name, column in options.use.model_dump().items()
    }
    export_share = _export_shares(figures, recipe)
    if observed is not None:
        shares, evidence, notes = observed.output_share, (f"table: {observed.source}",) * len(sectors), ()
        use = observed.use_share
    exports, capped = _exports(sectors, table, shares, export_share, recipe, observed)
    if observed is not None:
        goods = [k for k, code in enumerate(sectors.codes) if code[0] in "ABCD"]
        export_share = exports[goods].sum(axis=0) / exports[goods].sum()
    distance, pairs = _distances(figures, codes.codes, provinces)
    markets = Markets(
        codes=sectors.codes,
        output=table.x[:, None] * shares,
        supply=(table.x - table.stock_change)[:, None] * shares - exports,
        firms=table.use_domestic[:, :, None] * shares,
        final=sum(table.final_domestic[:, [c]] * use[name] for c, name in enumerate(list(use)[:3])),
        foreign=np.column_stack(
            [table.final_domestic[:, 3], table.use_imported.sum(axis=1) + table.final_imported.sum(axis=1)]
        ),
        km=pairs["km"],
        weight=pairs["weight"],
        shipments=_shipments(figures, sectors, codes, options.shipments),
        table=None if observed is None else observed.flows,
    )
    methods: tuple[str, ...] = (options.method, *options.alternatives)
    balance = {name: estimate_trade(markets, options, name) for name in methods}
    trade = {name: origins(found.flows, markets.supply, exports) for name, found in balance.items()}
    return Regional(
        shares, use, exports, options.method, trade, balance, markets, distance, export_share, evidence,
        (*notes, *capped),
    )  # fmt: skip


def placed(rows: list[dict[str, str]], recipe: Recipe) -> list[dict[str, str]]:
    """Rows of a provincial file with the code of our region in ``region``; the nation's own rows stay apart.

    Where areas are regions, the file says which; where they are provinces, our English names do.
    """
    codes = recipe.regions.as_codes()
    if recipe.regional.areas == "region":
        return rows
    by_name = dict(zip(codes.names_en, codes.codes, strict=True))
    national = [row for row in rows if row.get("region") == "national"]
    unknown = sorted({row["province"] for row in rows} - set(by_name) - {row["province"] for row in national})
    if unknown:
        raise TableError(f"the recipe has no region of the English name {unknown[0]!r}, which a provincial file lists")
    return [row if row.get("region") == "national" else {**row, "region": by_name[row["province"]]} for row in rows]


def _shipments(figures: Figures, sectors: Codes, codes: Codes, name: str | None) -> dict[str, np.ndarray]:
    """Given flows by product (a sector, a group of sectors, or all), (R, R) each."""
    found: dict[str, np.ndarray] = {}
    for row in figures.rows(name) if name else ():
        r, p = codes.index(row["origin"]), codes.index(row["destination"])
        value = float(row["value"])
        if not (np.isfinite(value) and value >= 0.0):
            raise TableError(f"{name}.csv: {row['product']} from {row['origin']} to {row['destination']} is {value}")
        product = row["product"]
        members = [product] if product == "all" else [sectors.codes[k] for k in sectors.expand(product)]
        for code in members:
            found.setdefault(code, np.zeros((len(codes), len(codes))))[r, p] += value
    return found


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
        evidence[position] = f"estimate: {covered}"
    own = [sectors.index(code) for code in options.products]
    rest = [m for m in members if m not in own]
    broad = total / total.sum()
    # Where known products alone fill a region's broad share (composition of 2015, when coal was cheap), the others
    # keep a part of theirs and the region's industry is larger than its broad share.
    own_word, least = total - value_added[own] @ shares[own], options.rest_floor * broad * value_added[rest].sum()
    left = np.maximum(own_word, least)
    shares[rest] = left / left.sum()
    filled = [regions[r] for r in np.flatnonzero(own_word < least)]
    notes = (
        f"Products with figures of their own take more than the broad share of industry leaves in {', '.join(filled)}: "
        f"its other products keep {options.rest_floor:.0%} of their broad share (`rest_floor`, assumption), and its "
        "industry is larger than the broad share says.",
    )
    return shares, tuple(evidence), notes if filled else ()


def _product_shares(figures: Figures, product: str, period: str, regions, provinces) -> tuple[np.ndarray, str]:
    """Shares from provincial output: one period, or the newest of each province; and in words what they cover.

    Rows of the province ``total`` give the sum of a region: what its listed provinces leave goes to its others by
    their industry. Without them the unlisted share what is left of the nation.
    """
    rows = figures.rows("province_product_output", product=product)
    nation = {row["period"]: float(row["level"]) for row in rows if row["region"] == "national"}
    newest: dict[str, tuple[str, float]] = {}
    sums: dict[str, float] = {}
    for row in rows:
        when, province = row["period"], row["province"]
        if row["region"] == "national" or period not in ("newest", when) or when not in nation:
            continue
        share = float(row["level"]) / nation[when]
        if province == "total":
            sums[row["region"]] = share
        elif when > newest.get(province, ("", 0.0))[0]:
            newest[province] = (when, share)
    full = {province: share for province, (_, share) in newest.items()}
    inside = {row["province"]: row["region"] for row in figures.rows("province_capitals")}
    industry = {p["province"]: float(p["industry"]) for p in provinces}
    covered = sum(full.values())
    areas: tuple[str | None, ...] = tuple(sums) or (None,)
    for area in areas:
        members = [p for p in industry if area is None or inside[p] == area]
        listed = sum(share for province, (_, share) in newest.items() if province in members)
        unlisted = [p for p in members if p not in newest]
        left = max(0.0, (1.0 if area is None else sums[area]) - listed) / max(sum(industry[p] for p in unlisted), 1e-12)
        full |= {p: left * industry[p] for p in unlisted}
    total = np.array([sum(full.get(p["province"], 0.0) for p in provinces if p["region"] == r) for r in regions])
    known = "the sums of regions and " if sums else ""
    return total / total.sum(), f"{product} by province, {known}{min(covered, 1.0):.0%} of the national figure"


def _export_shares(figures: Figures, recipe: Recipe) -> np.ndarray:
    """Customs exports by region of 2015-16; provinces not listed share the rest as they exported in 2007."""
    rows = placed(figures.rows("province_exports"), recipe)
    codes = recipe.regions.as_codes()
    nation = sum(float(r["level"]) for r in rows if r["region"] == "national")
    new = {r["province"]: r for r in rows if r["year"] != "2007" and r["region"] != "national"}
    old = [r for r in rows if r["year"] == "2007" and r["province"] not in new]
    rest = nation - sum(float(r["level"]) for r in new.values())
    scale = rest / sum(float(r["level"]) for r in old)
    total = {region: 0.0 for region in codes.codes}
    for row in new.values():
        total[row["region"]] += float(row["level"])
    for row in old:
        total[row["region"]] += scale * float(row["level"])
    return np.array([total[region] / nation for region in codes.codes])


def _exports(sectors: Codes, table: Table, shares, export_share, recipe: Recipe, observed: Observed | None):
    """Exports by product and region, (K, R): goods meet the customs shares as a whole; services take the same shares.

    The pattern by product follows output, moved by one factor a region (RAS), under a cap on what can leave. A
    table of regions gives the origins itself, under the same cap.
    """
    exports = table.final_domestic[:, 3]
    room = recipe.regional.export_cap * (table.x - table.stock_change)[:, None] * shares
    if observed is not None:
        return _within(exports[:, None] * observed.export_share, exports, room, sectors, recipe)
    goods = np.array([code[0] in "ABCD" for code in sectors.codes])
    result = exports[:, None] * export_share
    sold = goods & (exports > 0)
    totals = exports[sold].sum() * export_share
    found = ras(exports[sold, None] * shares[sold], exports[sold], totals, tolerance=1e-13)
    result[sold] = _exactly(found.table, exports[sold])
    return _within(result, exports, room, sectors, recipe)


def _within(result: np.ndarray, exports: np.ndarray, room: np.ndarray, sectors: Codes, recipe: Recipe):
    """Exports cut to what can leave a region, and a note on it; others make up for it by the room they have left."""
    over = result > room
    for k in np.flatnonzero((result > room).any(axis=1)):
        if room[k].sum() < exports[k]:
            raise TableError(
                f"exports of {sectors.codes[k]}, {exports[k]:.4g}, exceed {recipe.regional.export_cap:.0%} of what the "
                "country makes of it; raise regional.export_cap"
            )
        capped = np.minimum(result[k], room[k])
        left = room[k] - capped
        result[k] = capped + left * ((exports[k] - capped.sum()) / left.sum() if left.sum() > 0 else 0.0)
    if not over.any():
        return result, ()
    names = recipe.regions.as_codes().codes
    where = ", ".join(f"{names[r]} ({int(over[:, r].sum())} products)" for r in np.flatnonzero(over.any(axis=0)))
    return result, (
        f"Exports would exceed {recipe.regional.export_cap:.0%} of output (`export_cap`) in {where}: what is above it "
        "leaves from the other regions.",
    )


def _exactly(rows: np.ndarray, totals: np.ndarray) -> np.ndarray:
    return rows * (totals / rows.sum(axis=1))[:, None]


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


def origins(flows: np.ndarray, supply: np.ndarray, exports: np.ndarray) -> np.ndarray:
    """Shares of origin by pool, (K, R, R + 1); where a pool buys nothing, the regions' supply."""
    columns = np.concatenate([flows, exports[:, :, None]], axis=2)
    total = columns.sum(axis=1, keepdims=True)
    usual = supply / supply.sum(axis=1, keepdims=True)
    return np.where(total > 0, columns / np.where(total > 0, total, 1.0), usual[:, :, None])
