"""From a recipe of one's own table to the economy, its baseline and its check report; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...economy import Codes, Economy
from ...economy.baseline import Baseline
from ...economy.build import from_flows
from ...economy.indicators import leontief_inverse, spectral_radius
from ...errors import SimcoreError
from ...language.shape import did_you_mean
from .accounts import Accounts
from .activity import activity_baseline, flat_baseline, industry_value_added
from .price_base import Repriced, reprice
from .reading import Opened, matched, open_recipe, read_lines, read_sheet, read_vector
from .recipe import Flat
from .settle import Settled, settle
from .tables import read_accounts
from .words import check_words

ALL = "all"
COVER = 30.0  # days, 15 to 90; assumption
HEADROOM = 0.05  # of output, 0 to 0.10; assumption: a table says nothing of utilisation
NATION = "nation"


@dataclass(frozen=True)
class Built:
    """One calibration, made; ``targets`` are (words, found, low, high, met, source)."""

    opened: Opened
    settled: Settled
    prices: Repriced | None
    economy: Economy
    baseline: Baseline
    targets: tuple[tuple[str, float, float, float, bool, str], ...]


def build_own(folder: str | Path) -> Built:
    """Every step of a build.

    Raises
    ------
    ScenarioError
        With all problems of the first stage that has some: the recipe, its files, the accounts, the economy.
    """
    opened = open_recipe(folder)
    check_words(opened)
    accounts = read_accounts(opened)
    _check_codes(opened, accounts)
    names = _names(opened, accounts)
    more = _more(opened, accounts)
    opened.problems.stop()
    settled = settle(opened, accounts)
    prices = reprice(opened, settled.accounts)
    economy = _economy(opened, settled, prices, names, more)
    targets = _targets(opened, economy)
    opened.problems.stop()
    economy = replace(economy, meta={**economy.meta, "targets": [_target_fact(t) for t in targets]})
    _require_industry(opened, economy)
    recipe = opened.recipe.baseline
    baseline = flat_baseline(opened, economy) if isinstance(recipe, Flat) else activity_baseline(opened, economy)
    opened.problems.stop()
    assert baseline is not None
    return Built(opened, settled, prices, economy, baseline, targets)


def _check_codes(opened: Opened, a: Accounts) -> None:
    """Codes that the recipe names must be the table's."""
    recipe, sectors = opened.recipe, a.sectors
    groups = recipe.sectors.groups
    known = (*sectors, *groups)

    def check(code: str, *where: Any, key: bool = False, more: tuple[str, ...] = ()) -> None:
        if code not in (*known, *more):
            node = opened.at(*where)
            message = f"unknown sector '{code}'{did_you_mean(code, (*known, *more), 12)}"
            opened.problems.add(node.problem("SC201", message, key=key))

    for name, members in groups.items():
        for i, code in enumerate(members):
            check(code, "sectors", "groups", name, i)
        if name in sectors:
            opened.problems.add(
                opened.at("sectors", "groups", name).problem(
                    "SC009", f"'{name}' is a sector; give the group another name", key=True
                )
            )
    for i, code in enumerate(recipe.industry):
        check(code, "industry", i, more=(ALL,))
    for part in ("cover", "headroom"):
        for code in getattr(recipe.stocks, part):
            check(code, "stocks", part, code, key=True, more=(ALL,))
    for i, target in enumerate(recipe.targets):
        if target.sector is not None:
            check(target.sector, "targets", i, "sector")
    regions = tuple(dict.fromkeys(label.rpartition("|")[0] for label in a.activities))
    if regions != ("",):
        for code in recipe.regions:
            if code not in regions:
                message = f"the table has no region '{code}'{did_you_mean(code, regions, 12)}"
                opened.problems.add(opened.at("regions", code).problem("SC202", message, key=True))
    elif len(recipe.regions) > 1:
        opened.tell("SC202", f"the table has one region, the recipe names {len(recipe.regions)}; keep one", "regions")


def _names(opened: Opened, a: Accounts) -> dict[str, tuple[str, str]]:
    """English and Chinese names by sector."""
    found = {code: (code, code) for code in a.sectors}
    name = opened.recipe.sectors.names
    if name is None:
        return found
    lines = read_lines(opened, name, "sectors", "names")
    if lines is None:
        return found
    source, rows = lines
    head = [cell.strip() for cell in rows[0][1]]
    if head[:2] != ["code", "name_en"]:
        opened.problems.add(
            source.problem(
                "SC506", f"the first line is {', '.join(head)}; write code,name_en or code,name_en,name_zh", 1, 1
            )
        )
        return found
    seen: set[str] = set()
    for line, row in rows[1:]:
        code, english, *rest = (cell.strip() for cell in row)
        if code not in found:
            message = f"unknown sector '{code}'{did_you_mean(code, found)}"
            opened.problems.add(source.problem("SC505", message, line, 1))
        elif code in seen:
            opened.problems.add(source.problem("SC504", f"the code '{code}' appears twice", line, 1))
        seen.add(code)
        found[code] = (english or code, rest[0] if rest and rest[0] else english or code)
    return found


@dataclass(frozen=True)
class More:
    """What stands beside the table; None where the recipe says nothing."""

    prices: np.ndarray | None
    employment: np.ndarray | None
    criticality: np.ndarray | None


def _more(opened: Opened, a: Accounts) -> More:
    recipe = opened.recipe
    prices = employment = critical = None
    if recipe.price_index:
        sheet = read_vector(opened, recipe.price_index, a.sectors, "sector", "price_index")
        prices = None if sheet is None else sheet.values[:, 0]
        if prices is not None and (prices <= 0).any():
            i = int(prices.argmin())
            assert sheet is not None
            opened.problems.add(
                sheet.row(
                    i,
                    "SC513",
                    f"the price index of '{a.sectors[i]}' is {prices[i]:g}; it is "
                    "above 0, and 1 where prices did not move",
                )
            )
    if recipe.employment:
        sheet = read_vector(opened, recipe.employment, a.activities, "industry", "employment")
        employment = None if sheet is None else sheet.values[:, 0] / 1e6
    if recipe.stocks.criticality:
        grid = read_sheet(opened, recipe.stocks.criticality, "stocks", "criticality")
        if grid is not None:
            rows = matched(opened, grid, a.sectors, "row", "product")
            columns = matched(opened, grid, a.sectors, "column", "industry")
            if rows is not None and columns is not None:
                critical = grid.values[np.ix_(rows, columns)][:, a.sector]
                if (critical < 0).any() or (critical > 1).any():
                    opened.problems.add(grid.source.problem("SC108", "ratings of inputs lie between 0 and 1", 1, 1))
    return More(prices, employment, critical)


def _economy(
    opened: Opened, settled: Settled, prices: Repriced | None, names: dict[str, tuple[str, str]], more: More
) -> Economy:
    recipe = opened.recipe
    a = settled.accounts if prices is None else prices.after
    index = np.ones(len(a.sectors)) if more.prices is None else more.prices
    since = dict(zip(a.sectors, index if prices is None else index * prices.prices, strict=True))
    alive = a.x > 0
    if not alive.all():
        a = _living(a, alive)
        if more.employment is not None:
            more = replace(more, employment=more.employment[alive])
        if more.criticality is not None:
            more = replace(more, criticality=more.criticality[:, alive])
    stocks = a.inventories
    try:
        economy = from_flows(
            a.Zd,
            np.where(stocks, 0.0, a.Yd),
            activities=a.activities,
            users=_labels(a),
            x=a.x,
            imports=a.Zm,
            final_imports=a.Ym,
            value_added=a.va,
            value_added_names=a.va_names,
            name=recipe.name,
            unit=f"bn {recipe.currency}",
            year=recipe.base_year,
            categories=_categories(a),
            employment=more.employment if more.employment is not None else a.employment,
        )
    except SimcoreError as problem:
        opened.tell("SC505", str(problem), "table")
        opened.problems.stop()
        raise
    codes = economy.sectors.codes
    groups = {name: tuple(c for c in members if c in codes) for name, members in recipe.sectors.groups.items()}
    groups = {name: _flat(members, recipe.sectors.groups) for name, members in groups.items()} | {
        "industry": _industry(recipe.industry, codes, recipe.sectors.groups)
    }
    regions = {NATION: recipe.name} if economy.regions.codes == (NATION,) and not recipe.regions else recipe.regions
    region_codes = tuple(regions) if economy.regions.codes == (NATION,) else economy.regions.codes
    region_names = tuple(regions.get(code, code) for code in region_codes)
    n = economy.n
    cover = np.repeat(_by_code(recipe.stocks.cover, codes, recipe.sectors.groups, COVER)[:, None], n, axis=1)
    head = _by_code(recipe.stocks.headroom, codes, recipe.sectors.groups, HEADROOM)[economy.sector]
    critical = economy.criticality if more.criticality is None else more.criticality
    economy = replace(
        economy,
        version=recipe.version,
        price_year=recipe.price_year or (prices.year if prices else recipe.base_year),
        sectors=Codes(codes, tuple(names[c][0] for c in codes), tuple(names[c][1] for c in codes), groups),
        regions=Codes(region_codes, region_names, region_names),
        stock_change=economy.stock_change + np.where(stocks, a.Yd, 0.0).sum(axis=1),
        cover=cover,
        headroom=head,
        criticality=critical,
        price_index=np.array([since[code] for code in codes]),
    )
    economy = pooled(economy)
    economy = replace(economy, meta=_meta(opened, settled, prices, economy, more))
    _require_productive(opened, economy)
    return economy


def _flat(members: tuple[str, ...], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for m in members for c in groups.get(m, (m,))))


def _industry(words: tuple[str, ...], codes: tuple[str, ...], groups: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    wanted = set(codes) if ALL in words else set(_flat(words, groups))
    return tuple(c for c in codes if c in wanted)


def _by_code(told: dict[str, float], codes: tuple[str, ...], groups, default: float) -> np.ndarray:
    found = np.full(len(codes), told.get(ALL, default))
    for word, value in told.items():
        for code in groups.get(word, (word,)):
            if code in codes and (word in codes or code not in told):
                found[codes.index(code)] = value
    return found


def _living(a: Accounts, alive: np.ndarray) -> Accounts:
    """Without activities that make nothing; a sector that no activity makes keeps its imports under no code, so it
    is refused by ``from_flows`` unless nothing of it is used."""
    kept = np.flatnonzero(alive)
    sectors = a.sectors
    left = tuple(a.activities[i] for i in kept)
    inside = np.array([sectors.index(c) for c in dict.fromkeys(label.rpartition("|")[2] for label in left)])
    return replace(
        a,
        activities=left,
        Zd=a.Zd[np.ix_(kept, kept)],
        Yd=a.Yd[kept],
        Zm=a.Zm[np.ix_(inside, kept)],
        Ym=a.Ym[inside],
        va=a.va[:, kept],
        x=a.x[kept],
        employment=None if a.employment is None else a.employment[kept],
    )


def _labels(a: Accounts) -> tuple[str, ...]:
    return a.users


def _categories(a: Accounts) -> dict[str, str]:
    return dict(zip(a.users, a.categories, strict=True))


def pooled(economy: Economy) -> Economy:
    """One region, one producer a product: all buyers at home share their origins, and those abroad theirs."""
    if economy.R > 1 or economy.n > economy.K:
        return economy
    home = economy.regions.codes[0]
    origin = np.ones((economy.n, 2))
    return replace(
        economy,
        pools=(home, "abroad"),
        pool=np.zeros(economy.n, dtype=int),
        user_pool=np.where(economy.user_region < 0, 1, 0),
        origin=origin,
    )


def _meta(opened: Opened, settled: Settled, prices: Repriced | None, economy: Economy, more: More) -> dict[str, Any]:
    recipe = opened.recipe
    rows = [
        {
            "item": item,
            "what": what,
            "method": "from the table",
            "source": "recipe.yaml",
            "range": "not known",
            "flag": flag,
        }
        for item, what, flag in (*settled.published.notes, *settled.notes, *(prices.notes if prices else ()))
    ]
    rows += _defaults(opened, more)
    rows += [e.model_dump() for e in recipe.estimates]
    facts: dict[str, Any] = {
        "title": recipe.title,
        "vintage": recipe.vintage.isoformat(),
        "unit": economy.unit,
        "currency": recipe.currency,
        "own_groups": ["industry", *recipe.sectors.groups],
        "definitions": dict(recipe.definitions),
        "estimate_details": rows,
        "assumptions": [f"{r['item']}: {r['what']}" for r in rows if r["flag"] == "assumption"],
        "input_hashes": opened.hashes(),
    }
    facts["estimates"] = [f"{e['item']}: {e['what']}; {e['method']}. Range: {e['range']}. [{e['flag']}]" for e in rows]
    return facts


def _defaults(opened: Opened, more: More) -> list[dict[str, str]]:
    """One line for each thing that no file says: value, range, flag."""
    recipe = opened.recipe
    lines = []

    def add(item: str, what: str, method: str, range_: str) -> None:
        lines.append(
            {"item": item, "what": what, "method": method, "source": "none", "range": range_, "flag": "assumption"}
        )

    if ALL not in recipe.stocks.cover:
        add("cover", "days of inputs in store", f"{COVER:g} days for every input without a figure", "15 to 90 days")
    else:
        add("cover", "days of inputs in store", "stated in the recipe", "not stated")
    if ALL not in recipe.stocks.headroom:
        add("headroom", "room above present output", f"{100 * HEADROOM:g} % where nothing is stated", "0 to 10 %")
    if more.criticality is None:
        add("criticality", "inputs without which production stops", "every input that is used is critical", "0 to 1")
    if more.prices is None:
        add("price_index", "prices since the table's year", "prices have not moved", "not known")
    if more.employment is None:
        add("employment", "persons", "not stated: jobs are left out of results", "none")
    kind = recipe.baseline.kind
    if kind == "flat":
        add("baseline", "path without measures", "no growth and no season: read effects in per cent", "not known")
    return lines


def _require_productive(opened: Opened, economy: Economy) -> None:
    try:
        leontief_inverse(economy.A if hasattr(economy, "A") else economy.Z / economy.x)
    except SimcoreError as problem:
        opened.tell("SC517", str(problem), "table")
        opened.problems.stop()


def _require_industry(opened: Opened, economy: Economy) -> None:
    """A baseline is a path of positive value added."""
    for code, added in zip(*industry_value_added(economy), strict=True):
        if added <= 0:
            message = f"value added of '{code}' is {added:.6g} bn, and a baseline is a path of positive ones; leave "
            opened.tell("SC511", message + "it out of 'industry'", "industry")
    opened.problems.stop()


def figures_of(economy: Economy) -> dict[str, Any]:
    """What targets can ask for: figures of the whole economy, and by sector."""
    A = economy.Z / np.where(economy.x > 0, economy.x, 1.0)
    total = A.copy()
    by_product = np.zeros((economy.K, economy.n))
    by_product[economy.sector, np.arange(economy.n)] = 1.0
    output = by_product @ economy.x
    spread = by_product.T * economy.x[:, None] / np.where(output > 0, output, 1.0)  # (n, K) one unit of demand
    L = leontief_inverse(A)
    per_output = economy.value_added.sum(axis=0) / economy.x
    exports = economy.users("exports") if "exports" in _used(economy) else np.array([], dtype=int)
    pay = economy.value_added_names.index("compensation") if "compensation" in economy.value_added_names else None
    pay_row = economy.value_added[pay] if pay is not None else np.zeros(economy.n)
    return {
        "gdp": float(economy.value_added.sum()),
        "imports": float(economy.use_imported.sum() + economy.final_imported.sum()),
        "exports": float(economy.final_domestic[:, exports].sum() + economy.final_imported[:, exports].sum()),
        "spectral_radius": float(spectral_radius(total)),
        "output": output,
        "value_added": by_product @ economy.value_added.sum(axis=0),
        "compensation": by_product @ pay_row,
        "output_multiplier": L.sum(axis=0) @ spread,
        "value_added_multiplier": per_output @ L @ spread,
    }


def _used(economy: Economy) -> set[str]:
    from ...economy import CATEGORIES

    return {CATEGORIES[c] for c in economy.user_category}


def _targets(opened: Opened, economy: Economy) -> tuple[tuple[str, float, float, float, bool, str], ...]:
    recipe = opened.recipe
    if not recipe.targets:
        return ()
    figures, rows = figures_of(economy), []
    for i, target in enumerate(recipe.targets):
        value = figures[target.of]
        if target.sector is not None:
            members = recipe.sectors.groups.get(target.sector, (target.sector,))
            places = [economy.sectors.index(c) for c in members if c in economy.sectors.codes]
            value = value[places].mean() if target.of.endswith("multiplier") else value[places].sum()
        value = float(np.sum(value))
        low, high = target.ends
        met = low <= value <= high
        name = target.of.replace("_", " ") + (f" of {target.sector}" if target.sector else "")
        if not met:
            unit = "" if target.of.endswith(("multiplier", "radius")) else " bn"
            near = low if value < low else high
            opened.tell(
                "SC515",
                f"{name} is {value:.6g}{unit} in the built economy, outside {_ends(low, high)}: {value - near:+.4g}"
                f"{unit}, {100 * (value / near - 1) if near else float('inf'):+.3g} %; source of the target: "
                f"{target.source}",
                "targets",
                i,
                severity=target.miss,
            )
        rows.append((name, value, low, high, met, target.source))
    return tuple(rows)


def _ends(low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"at most {high:.6g}"
    return f"at least {low:.6g}" if not np.isfinite(high) else f"{low:.6g} to {high:.6g}"


def _target_fact(row: tuple[str, float, float, float, bool, str]) -> dict[str, Any]:
    name, value, low, high, met, source = row
    return {"what": name, "found": float(f"{value:.6g}"), "wanted": _ends(low, high), "met": met, "source": source}
