"""An economy from bare tables, in full form: every buyer is a pool of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import TableError
from .economy import ABROAD, CATEGORIES, Codes, Economy

NATION = "nation"  # region of a table without regions
COVER = 30.0  # days; assumption, range 15-90, for tables that say nothing about stocks


def from_flows(
    Z: np.ndarray,
    Y: np.ndarray,
    *,
    activities: Sequence[str],
    users: Sequence[str],
    x: np.ndarray | None = None,
    imports: np.ndarray | None = None,
    final_imports: np.ndarray | None = None,
    value_added: np.ndarray | None = None,
    value_added_names: Sequence[str] | None = None,
    employment: np.ndarray | None = None,
    categories: Mapping[str, str] | None = None,
    name: str = "table",
    unit: str = "",
    year: int = 0,
) -> Economy:
    """An economy from flows and final demand, each buyer with its own origins.

    Parameters
    ----------
    Z : (n, n) array
        Domestic intermediate flows of a year, in ``unit``.
    Y : (n, F) array
        Domestic final demand by user.
    activities : n labels
        ``sector`` or ``region|sector``.
    users : F labels
        ``category`` or ``region|category``; exports lie abroad whatever their region.
    x : (n,) array, optional
        Gross output; by default ``Z.sum(1) + Y.sum(1)``. It is taken as given: ``audit`` tells whether it
        balances.
    imports, final_imports : (K, n), (K, F) arrays, or (n,), (F,) totals, optional
        Imported products, which are the sectors in the order of their first activity. Totals are spread like
        domestic purchases, and ``meta`` says so.
    value_added : (V, n) array, optional
        With its ``value_added_names``; by default one component, what is left of output.
    employment : (n,) array, optional
        Persons, in millions.
    categories : mapping, optional
        From a label of ``users`` to one of ``CATEGORIES``.

    Returns
    -------
    Economy
        In full form. Purchases that a buyer does not make now would come from the producers in proportion to
        their output. Stocks, headroom and criticality are assumptions, listed in ``meta["assumptions"]``.

    Raises
    ------
    TableError
        Where a shape, a label or a sign does not fit.
    """
    Z, Y = np.asarray(Z, dtype=float), np.asarray(Y, dtype=float)
    n, F = len(activities), len(users)
    for what, table, shape in (("flows", Z, (n, n)), ("final demand", Y, (n, F))):
        if table.shape != shape:
            raise TableError(f"{name}: {what} have shape {table.shape}; the labels need {shape}")
        if not np.isfinite(table).all():
            i, j = np.argwhere(~np.isfinite(table))[0]
            raise TableError(f"{name}: {what} of '{activities[i]}' in column {j} is not a finite number")
    regions, sectors, region, sector = _split_labels(activities, name)
    user_region, user_category = _users(users, regions, categories or {}, name)
    meta: dict[str, Any] = {"estimates": [], "assumptions": _assumptions()}
    output = Z.sum(axis=1) + Y.sum(axis=1) if x is None else np.asarray(x, dtype=float)
    if output.shape != (n,):
        raise TableError(f"{name}: output has shape {output.shape}; the labels need ({n},)")
    Y, stock_change = _unmix(Y, sector, meta)
    use_domestic, final_domestic = _by_product(Z, sector), _by_product(Y, sector)
    origin = np.hstack(
        [
            _origins(Z, use_domestic, sector, output, activities, name),
            _origins(Y, final_domestic, sector, output, activities, name),
        ]
    )
    use_imported = _imports(imports, use_domestic, "imports", meta, name)
    if value_added is None:
        value_added = (output - Z.sum(axis=0) - use_imported.sum(axis=0))[None]
        value_added_names = ("value_added",)
        meta["estimates"].append("value added is what inputs leave of output: it holds whatever the table leaves out")
    value_added = np.atleast_2d(np.asarray(value_added, dtype=float))
    names = tuple(value_added_names or (f"component {i + 1}" for i in range(len(value_added))))
    return Economy(
        name=name, version=1, unit=unit, base_year=year, price_year=year,
        sectors=_codes(sectors), regions=_codes(regions), ownerships=_codes(("unclassified",)),
        sector=sector, region=region, ownership=np.zeros(n, dtype=int),
        pools=(*activities, *(f"final {label}" for label in users)), pool=np.arange(n),
        user_category=user_category, user_region=user_region, user_pool=np.arange(n, n + F),
        x=output, use_domestic=use_domestic, use_imported=use_imported, origin=origin,
        final_domestic=final_domestic,
        final_imported=_imports(final_imports, final_domestic, "final_imports", meta, name),
        stock_change=stock_change, value_added=value_added, value_added_names=names,
        employment=np.full(n, np.nan) if employment is None else np.asarray(employment, dtype=float),
        cover=np.full((len(sectors), n), COVER), headroom=np.zeros(n),
        criticality=(use_domestic + use_imported > 0).astype(float), price_index=np.ones(len(sectors)),
        meta=meta,
    )  # fmt: skip


def _assumptions() -> list[str]:
    return [
        f"stocks cover {COVER:g} days of use of every input (range 15-90); the table says nothing about stocks",
        "no headroom over base output (range 0-0.1); the table says nothing about utilisation",
        "every input that is used is critical (range 0-1 by input); the table says nothing about substitution",
    ]


def _codes(codes: Sequence[str]) -> Codes:
    return Codes(tuple(codes), tuple(codes), tuple(codes))


def _split_labels(labels: Sequence[str], name: str) -> tuple[list[str], list[str], np.ndarray, np.ndarray]:
    """Codes of regions and sectors by first appearance, and each activity's positions in them."""
    parts = [label.split("|") for label in labels]
    widths = sorted({len(p) for p in parts})
    if widths not in ([1], [2]):
        odd = next(label for label, p in zip(labels, parts, strict=True) if len(p) != len(parts[0]) or len(p) > 2)
        raise TableError(f"{name}: label '{odd}'; write all activities as 'sector' or all as 'region|sector'")
    if len(set(labels)) < len(labels):
        twice = next(label for i, label in enumerate(labels) if label in labels[:i])
        raise TableError(f"{name}: activity '{twice}' appears twice")
    pairs = [(p[0] if len(p) == 2 else NATION, p[-1]) for p in parts]
    if any(not part for pair in pairs for part in pair):
        raise TableError(f"{name}: an activity has an empty label")
    regions, sectors = list(dict.fromkeys(r for r, _ in pairs)), list(dict.fromkeys(s for _, s in pairs))
    region = np.array([regions.index(r) for r, _ in pairs])
    return regions, sectors, region, np.array([sectors.index(s) for _, s in pairs])


def _users(
    users: Sequence[str], regions: list[str], categories: Mapping[str, str], name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Region and category of each final user."""
    where, what = [], []
    for label in users:
        region, _, own = label.rpartition("|")
        category = categories.get(label, categories.get(own, own))
        if category not in CATEGORIES:
            raise TableError(
                f"{name}: final user '{label}' is of no known category; say which of {', '.join(CATEGORIES)} "
                "it is, "
                f'as categories={{"{own}": "households"}}'
            )
        if category != "exports" and region not in (*regions, ""):
            raise TableError(f"{name}: final user '{label}' is in region '{region}'; there is {', '.join(regions)}")
        if category != "exports" and not region and len(regions) > 1:
            raise TableError(f"{name}: final user '{label}' has no region; write 'region|{label}'")
        what.append(CATEGORIES.index(category))
        where.append(ABROAD if category == "exports" else regions.index(region) if region else 0)
    return np.array(where, dtype=int), np.array(what, dtype=int)


def _by_product(table: np.ndarray, sector: np.ndarray) -> np.ndarray:
    """Sums over the producers of each product, (K, columns)."""
    total = np.zeros((sector.max() + 1, table.shape[1]))
    np.add.at(total, sector, table)
    return total


def _unmix(Y: np.ndarray, sector: np.ndarray, meta: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Move negative cells out of columns where other producers of the product sell.

    Shares of origin cannot have mixed signs. Negative final demand is goods leaving stocks, so such cells
    become the producers' own stock change; the rows keep their sums.
    """
    sells = _by_product(np.maximum(Y, 0.0), sector)[sector] > 0
    moved = np.where((Y < 0) & sells, Y, 0.0)
    if moved.any():
        meta["estimates"].append(
            f"{np.count_nonzero(moved)} negative cells of final demand ({moved.sum():.6g} in all), in "
            "columns where other "
            "producers of the product sell, are counted as change of the producers' own stocks"
        )
    return Y - moved, moved.sum(axis=1)


def _origins(
    table: np.ndarray,
    total: np.ndarray,
    sector: np.ndarray,
    output: np.ndarray,
    labels: Sequence[str],
    name: str,
) -> np.ndarray:
    """Share of each producer in what a column buys of its product; of output where nothing is bought."""
    mixed = (table < 0) & (_by_product(np.maximum(table, 0.0), sector)[sector] > 0)
    if mixed.any():
        i, j = np.argwhere(mixed)[0]
        raise TableError(
            f"{name}: the flow of '{labels[i]}' into column {j} is {table[i, j]:.6g} where other producers "
            "of the same "
            "product sell; net it out or move it to final demand"
        )
    made = np.maximum(output, 0.0)
    by_product = np.bincount(sector, weights=made)[sector]
    share = np.divide(made, by_product, out=np.zeros(len(made)), where=by_product > 0)
    bought = total[sector]
    return np.where(bought != 0, np.divide(table, np.where(bought != 0, bought, 1.0)), share[:, None])


def _imports(given: np.ndarray | None, domestic: np.ndarray, what: str, meta: dict[str, Any], name: str) -> np.ndarray:
    """Imported products by buyer, (K, columns)."""
    if given is None:
        return np.zeros(domestic.shape)
    given = np.asarray(given, dtype=float)
    if given.shape == domestic.shape:
        return given
    if given.shape != domestic.shape[1:]:
        raise TableError(
            f"{name}: {what} have shape {given.shape}; give {domestic.shape} by product, or {domestic.shape[1:]} in all"
        )
    mix = np.maximum(domestic, 0.0)
    whole = mix.sum(axis=1) / mix.sum() if mix.sum() > 0 else np.full(len(mix), 1.0 / len(mix))
    total = mix.sum(axis=0)
    meta["estimates"].append(f"{what} by product: the total of each buyer, spread like its domestic purchases")
    return given * np.where(total > 0, mix / np.where(total > 0, total, 1.0), whole[:, None])
