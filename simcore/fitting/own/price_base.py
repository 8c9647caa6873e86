"""The table at another year's prices: deflators that a recipe names, double deflation, and what it moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ...economy import Economy
from ...language.shape import did_you_mean
from ..price_bases import revalue
from ..words import table
from .accounts import Accounts, called
from .reading import Opened, Sheet, matched, read_sheet

SHOWN = 6
PER_CENT = (50.0, 200.0)  # indices that all lie between these count from 100
Note = tuple[str, str, str]


@dataclass(frozen=True)
class Repriced:
    """Accounts before and after, and the prices between; see the module."""

    year: int
    of: int  # year of the accounts, whose prices they had
    before: Accounts
    after: Accounts
    prices: np.ndarray  # (K,) of products made at home, year of the accounts over ``year``
    import_prices: np.ndarray  # (K,)
    turned: tuple[str, ...]  # industries whose value added is negative now
    notes: tuple[Note, ...]


def reprice(opened: Opened, a: Accounts) -> Repriced | None:
    """Take settled accounts to the prices of the recipe's year; None where it names no deflators."""
    given = opened.recipe.deflators
    if given is None:
        return None
    read = _read(opened, a)
    opened.problems.stop()
    assert read is not None
    sheet, p, pm = read
    n = len(a.activities)
    rows = np.concatenate([p[a.sector], pm])
    found = revalue(np.vstack([a.Zd, a.Zm]), np.vstack([a.Yd, a.Ym]), a.x, rows, allow_negative=True)
    added = a.va.sum(axis=0)
    for j in found.negative:
        paid = (a.Zd.sum(axis=0) + a.Zm.sum(axis=0))[j] / found.Z[:, j].sum()
        message = (
            f"value added of '{a.activities[j]}' turns from {added[j]:.6g} to {found.v[j]:.6g} bn at prices of "
            f"{given.year}: its price of {p[a.sector[j]]:.4g} stands against {paid:.4g} of its inputs; check both"
        )
        if given.negative == "error":
            message += ", or write 'negative: warning' under 'deflators' to go on"
        opened.problems.add(sheet.row(int(a.sector[j]), "SC521", message, severity=given.negative))
    opened.problems.stop()
    after = replace(
        a,
        Zd=found.Z[:n],
        Zm=found.Z[n:],
        Yd=found.Y[:n],
        Ym=found.Y[n:],
        x=found.x,
        va=_components(a, found.v),
    )
    notes: list[Note] = [
        (
            "prices",
            f"flows of {opened.recipe.base_year} at prices of {given.year} by double deflation; components of value "
            "added have the implicit deflator of their industry",
            "estimate",
        )
    ]
    if given.imports is None and (a.Zm.any() or a.Ym.any()):
        notes.append(("prices of imports", "those of the same products made at home", "assumption"))
    turned = tuple(a.activities[j] for j in found.negative)
    return Repriced(given.year, opened.recipe.base_year, a, after, p, pm, turned, tuple(notes))


def _components(a: Accounts, added: np.ndarray) -> np.ndarray:
    """Components in proportion; where the sum turns negative, what capital earns takes it."""
    nominal = a.va.sum(axis=0)
    share = np.divide(added, nominal, out=np.ones(len(added)), where=nominal != 0)
    turned = (added < 0) & (nominal >= 0)
    common = added.sum() / nominal.sum()
    va = a.va * np.where(turned, common, share)
    last = a.va_names.index("operating_surplus") if "operating_surplus" in a.va_names else len(va) - 1
    va[last] += np.where(turned | (nominal == 0), added - va.sum(axis=0), 0.0)
    return va


def _read(opened: Opened, a: Accounts) -> tuple[Sheet, np.ndarray, np.ndarray] | None:
    """Prices of products made at home and of imported ones, in the order of the sectors."""
    given = opened.recipe.deflators
    assert given is not None
    sheet = read_sheet(opened, given.file, "deflators", "file")
    if sheet is None:
        return None
    rows = matched(opened, sheet, a.sectors, "row", "sector", none="1 where a price did not move")
    if rows is None:
        return None
    sheet = replace(sheet, rows=a.sectors, values=sheet.values[rows], lines=tuple(sheet.lines[i] for i in rows))
    p = _index(opened, sheet, given.column, given.over, "column", "over")
    pm = p
    if given.imports is not None:
        pm = _index(opened, sheet, given.imports, given.imports_over, "imports", "imports_over")
    return None if p is None or pm is None else (sheet, p, pm)


def _index(opened: Opened, sheet: Sheet, column: str, over: str | None, key: str, key_over: str) -> np.ndarray | None:
    """One price index: a column, or a column over another."""
    given, before = opened.recipe.deflators, len(opened.problems.found)
    assert given is not None
    parts = []
    for name, where in ((column, key), (over, key_over)):
        if name is None:
            continue
        if name not in sheet.columns:
            message = f"'{given.file}' has no column '{name}'{did_you_mean(name, sheet.columns, 12)}"
            opened.tell("SC505", message, "deflators", where)
            continue
        j = sheet.columns.index(name)
        parts.append(sheet.values[:, j])
        for i in np.flatnonzero(parts[-1] <= 0):
            message = f"the price of '{sheet.rows[i]}' is {parts[-1][i]:g}; it is above 0, and 1 where it did not move"
            opened.problems.add(sheet.cell(int(i), j, "SC513", message))
    if len(opened.problems.found) > before:
        return None
    if over is None and PER_CENT[0] < parts[0].min() and parts[0].max() < PER_CENT[1]:
        message = (
            f"prices in column '{column}' lie between {parts[0].min():g} and {parts[0].max():g}, so they count from "
            f"100; name the column that they stand over under '{key_over}', or write 1.05 for 105"
        )
        opened.tell("SC513", message, "deflators", key)
        return None
    return parts[0] if over is None else parts[0] / parts[1]


def price_report(found: Repriced | None, economy: Economy) -> tuple[str, ...]:
    """The section of the check report, or nothing where prices stay."""
    if found is None:
        return ()
    a, b = found.before, found.after
    exports = np.array([c == "exports" for c in a.categories])
    sums = {
        "output": lambda t: t.x.sum(),
        "inputs, domestic": lambda t: t.Zd.sum(),
        "inputs, imported": lambda t: t.Zm.sum(),
        "final demand at home": lambda t: t.Yd[:, ~exports].sum() + t.Ym[:, ~exports].sum(),
        "exports": lambda t: t.Yd[:, exports].sum() + t.Ym[:, exports].sum(),
        "imports": lambda t: t.Zm.sum() + t.Ym.sum(),
        "value added": lambda t: t.va.sum(),
    }
    pairs = [(name, float(of(a)), float(of(b))) for name, of in sums.items()]
    text = (
        f"## Prices of {found.year}\n\nEach row over its price, value added by double deflation: what output leaves "
        f"after inputs at prices of {found.year}. Money in {economy.unit}.\n\n"
    )
    text += table(
        ["what", f"at prices of {found.of}", f"at prices of {found.year}", "implicit deflator"],
        [[name, f"{x:,.1f}", f"{y:,.1f}", f"{x / y:.4f}"] for name, x, y in pairs if y],
    )
    text += "\n\nIndustries whose value added has the lowest and highest implicit deflators:\n\n"
    names = dict(zip(economy.sectors.codes, economy.sectors.names_en, strict=True))
    text += table(["industry", "price of output", "of inputs", "of value added"], _industries(found, names))
    turned = ", ".join(found.turned) or "none"
    return (text + f"\n\nIndustries whose value added turns negative: {turned}.",)


def _industries(found: Repriced, names: Mapping[str, str]) -> list[list[str]]:
    a, b = found.before, found.after

    def ratio(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.divide(x, y, out=np.full(len(x), np.nan), where=y != 0)

    added = ratio(a.va.sum(axis=0), b.va.sum(axis=0))
    paid = ratio(a.Zd.sum(axis=0) + a.Zm.sum(axis=0), b.Zd.sum(axis=0) + b.Zm.sum(axis=0))
    order = np.argsort(added)[: int(np.isfinite(added).sum())]
    shown = order if len(order) <= 2 * SHOWN else np.concatenate([order[:SHOWN], order[-SHOWN:]])
    columns = np.column_stack([found.prices[a.sector], paid, added])
    return [[called(a.activities[j], names), *(f"{value:.4f}" for value in columns[j])] for j in shown]
