"""From a recipe of one's own table to the economy, its baseline and its check report; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...economy import Codes, Economy
from ...economy.baseline import Baseline
from ...economy.build import from_flows
from ...economy.indicators import leontief_inverse
from ...errors import SimcoreError
from ...language.shape import did_you_mean
from .accounts import Accounts
from .activity import activity_baseline, flat_baseline, industry_value_added
from .beside import ALL, COVER, HEADROOM, More, assumed, read_beside
from .price_base import Repriced, reprice
from .reading import Opened, open_recipe, read_lines
from .recipe import Flat
from .settle import Settled, settle
from .tables import read_accounts
from .targets import Held, held_targets
from .words import check_words

NATION = "nation"


@dataclass(frozen=True)
class Built:
    """One calibration, made."""

    opened: Opened
    settled: Settled
    prices: Repriced | None
    economy: Economy
    baseline: Baseline
    targets: tuple[Held, ...]


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
    more = read_beside(opened, accounts)
    opened.problems.stop()
    settled = settle(opened, accounts)
    prices = reprice(opened, settled.accounts)
    economy = _economy(opened, settled, prices, names, more)
    targets = held_targets(opened, economy)
    opened.problems.stop()
    economy = replace(economy, meta={**economy.meta, "targets": [target.fact for target in targets]})
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
    rows += assumed(opened, more)
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
