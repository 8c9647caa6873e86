"""Totals that a recipe gives for its table: read, in bn, in the order of the table's labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...economy import CATEGORIES
from ...language.shape import did_you_mean
from .accounts import Accounts
from .reading import Opened, Sheet, matched, read_sheet, read_vector
from .recipe import Total, scale_of

EXACT = 1e-10  # of output: below it a table balances
WIDE = 0.05  # a total that gives way by more is named in the report


@dataclass(frozen=True)
class Wanted:
    """One set of totals, in bn, in the order of its labels; ``trade`` is (regions, regions) with NaN at home."""

    given: Total
    at: int  # place under ``totals``
    labels: tuple[str, ...]
    values: np.ndarray
    sd: np.ndarray  # standard deviations, bn, 0 for a total that must be met
    sheet: Sheet


def read_totals(opened: Opened, a: Accounts) -> dict[str, Wanted]:
    """All totals that the recipe names, by what they are of; problems are told."""
    found: dict[str, Wanted] = {}
    for at, total in enumerate(opened.recipe.totals):
        wanted = _trade(opened, a, total, at) if total.of == "trade" else _margin(opened, a, total, at)
        if wanted is not None:
            found[total.of] = wanted
    return found


def _margin(opened: Opened, a: Accounts, total: Total, at: int) -> Wanted | None:
    what = {"imports": "product", "final_demand": "final user"}.get(total.of, "industry")
    labels = _user_labels(opened, a, total, at) if total.of == "final_demand" else None
    if total.of != "final_demand":
        labels = a.sectors if total.of == "imports" else a.activities
    if labels is None:
        return None
    sheet = read_vector(opened, total.file, labels, what, "totals", at, "file", doubt=True)
    if sheet is None:
        return None
    values = sheet.values[:, 0] * scale_of(total.unit)[0]
    if total.of != "final_demand":
        for i in np.flatnonzero(values < 0):
            opened.problems.add(sheet.row(int(i), "SC509", f"{total.of} of '{labels[i]}' is {values[i]:.6g} bn"))
    return Wanted(total, at, labels, values, _doubt(opened, total, at, sheet, values), sheet)


def _doubt(opened: Opened, total: Total, at: int, sheet: Sheet, values: np.ndarray) -> np.ndarray:
    """Standard deviations: a share of each total, or those of the file."""
    if len(sheet.columns) == 1:
        return total.uncertainty * np.abs(values)
    if total.of == "output":
        message = "output is a total of rows and of columns at once and must hold exactly; leave the column 'sd' out"
        opened.problems.add(sheet.head(1, "SC509", message))
    if total.uncertainty > 0:
        message = f"'{total.file}' has standard deviations in its column 'sd'; leave 'uncertainty' or that column out"
        opened.tell("SC509", message, "totals", at, "uncertainty")
    sd = sheet.values[:, 1]
    for i in np.flatnonzero(sd < 0):
        opened.problems.add(sheet.cell(int(i), 1, "SC513", f"the standard deviation {sd[i]:g} is below 0"))
    return sd * scale_of(total.unit)[0]


def _user_labels(opened: Opened, a: Accounts, total: Total, at: int) -> tuple[str, ...] | None:
    """Totals of final demand are by user of the table, or by category."""
    before = len(opened.problems.found)
    sheet = read_sheet(opened, total.file, "totals", at, "file")
    if sheet is None:
        return None
    del opened.problems.found[before:]
    categories = tuple(c for c in CATEGORIES if c in a.categories)
    if any(row in categories for row in sheet.rows) and not any(row in a.users for row in sheet.rows):
        return categories
    for i, row in enumerate(sheet.rows):
        if row not in a.users and row not in categories:
            message = f"unknown final user '{row}'{did_you_mean(row, (*a.users, *categories), 12)}"
            opened.problems.add(sheet.row(i, "SC505", message))
    return None if len(opened.problems.found) > before else a.users


def _trade(opened: Opened, a: Accounts, total: Total, at: int) -> Wanted | None:
    """What each region sells to industries and final users of each other one; sales at home follow from the rest."""
    regions = a.regions
    if len(regions) == 1:
        opened.tell("SC509", "the table has one region, so there is no trade between regions", "totals", at, "of")
        return None
    sheet = read_sheet(opened, total.file, "totals", at, "file")
    if sheet is None:
        return None
    rows = matched(opened, sheet, regions, "row", "region")
    columns = matched(opened, sheet, regions, "column", "region")
    if rows is None or columns is None:
        return None
    values = sheet.values[np.ix_(rows, columns)] * scale_of(total.unit)[0]
    for i, j in np.argwhere(values < 0):
        message = f"sales of '{regions[i]}' to '{regions[j]}' are {values[i, j]:.6g} bn"
        opened.problems.add(sheet.cell(int(rows[i]), int(columns[j]), "SC509", message))
    for i in np.flatnonzero(np.diag(values) != 0):
        message = f"what '{regions[i]}' buys at home follows from the other totals; write 0 here"
        opened.problems.add(sheet.cell(int(rows[i]), int(columns[i]), "SC509", message))
    np.fill_diagonal(values, np.nan)
    return Wanted(total, at, regions, values, np.zeros(values.shape), sheet)


def user_totals(a: Accounts, now: np.ndarray, wanted: Wanted | None) -> tuple[np.ndarray, np.ndarray]:
    """Spending of each final user with its standard deviation; a category's total is shared as now."""
    if wanted is None:
        return now, np.zeros(len(now))
    if wanted.labels == a.users:
        return wanted.values, wanted.sd
    users, sd = now.copy(), np.zeros(len(now))
    for label, value, doubt in zip(wanted.labels, wanted.values, wanted.sd, strict=True):
        inside = np.array([c == label for c in a.categories])
        whole = now[inside].sum()
        share = now[inside] / whole if whole else np.full(inside.sum(), 1.0 / inside.sum())
        users[inside], sd[inside] = value * share, doubt * np.abs(share)
    return users, sd


def require_agreement(
    opened: Opened, totals: dict[str, Wanted], users: np.ndarray, added: np.ndarray, m: np.ndarray
) -> None:
    """Income and expenditure must agree where all is certain: value added and imports against final demand."""
    if "final_demand" not in totals:
        return
    need = added.sum() + m.sum()
    gap = users.sum() - need
    soft = any(w.sd.any() for w in totals.values())
    if abs(gap) > max(opened.recipe.balance.within, EXACT) * need and not soft:
        opened.tell(
            "SC509",
            f"final demand of {users.sum():.6g} bn does not match value added of {added.sum():.6g} bn and imports of "
            f"{m.sum():.6g} bn: {gap:+.6g} bn, {100 * gap / need:+.3g} %; settle which is right, give one an "
            "'uncertainty', or allow the gap by 'balance: {within: ... %}'",
            "totals",
            totals["final_demand"].at,
            "file",
        )


def given_way(a: Accounts, totals: dict[str, Wanted]) -> tuple[str, ...]:
    """Uncertain totals that gave way by more than a twentieth."""
    spent = a.Yd.sum(axis=0) + a.Ym.sum(axis=0)
    sums = {"value_added": a.va.sum(axis=0), "imports": a.Zm.sum(axis=1) + a.Ym.sum(axis=1), "final_demand": spent}
    found = []
    for key, now in sums.items():
        wanted = totals.get(key)
        if wanted is None:
            continue
        if key == "final_demand" and wanted.labels != a.users:
            now = np.array([spent[[c == label for c in a.categories]].sum() for label in wanted.labels])
        off = np.divide(now - wanted.values, np.abs(wanted.values), out=np.zeros(len(now)), where=wanted.values != 0)
        found += [
            f"{key.replace('_', ' ')} of {wanted.labels[i]}: {100 * off[i]:+.1f} %"
            for i in np.flatnonzero((np.abs(off) > WIDE) & (wanted.sd > 0))
        ]
    return tuple(found)
