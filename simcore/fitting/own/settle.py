"""From the accounts as published to accounts that balance and meet the recipe's totals.

Domestic and imported products are rows, industries and final users columns of one table: a row of a domestic product
sums to output, one of an imported product to its imports, a column of an industry to output less value added, one of a
final user to its spending. So income, production and expenditure agree after every balance.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...economy import CATEGORIES
from ...errors import BalanceError
from ...language.shape import did_you_mean
from .. import balance as _balance
from ..entropy import gras
from .accounts import Accounts
from .imports import net_of_sales
from .reading import Opened, read_vector
from .recipe import Total, scale_of

EXACT = 1e-10  # of output: below it a table balances
SMALL = 1e-12  # of the largest flow: negative cells below it come from arithmetic
WIDE = 0.05  # a margin that moves by more is named in the report


@dataclass(frozen=True)
class Settled:
    """The accounts with what the balance moved, for the report."""

    accounts: Accounts
    published: Accounts
    row_gap: np.ndarray  # before, of output
    column_gap: np.ndarray
    iterations: int = 0
    margin_error: float = 0.0  # largest, relative
    moved: float = 0.0  # sum of absolute changes of cells over the sum of absolute cells
    totals: tuple[tuple[str, float, float, float], ...] = ()  # what, before, wanted, after
    missed: tuple[str, ...] = ()
    largest: tuple[tuple[str, str, float, float], ...] = ()  # row, column, before, after
    notes: tuple[tuple[str, str, str], ...] = field(default=())


def settle(opened: Opened, published: Accounts) -> Settled:
    """Check signs and gaps, then balance if there are gaps within the recipe's bound, or totals to meet."""
    _check_signs(opened, published)
    opened.problems.stop()
    row_gap, column_gap = published.row_gap(), published.column_gap()
    # An industry without output has no gap of its own size: it counts by the smallest output that there is.
    made = published.x[published.x > 0]
    size = np.where(published.x > 0, published.x, made.min() if made.size else 1.0)
    _check_gaps(opened, published, row_gap / size, column_gap / size)
    opened.problems.stop()
    a, notes = _without_negatives(opened, published)
    totals = _totals(opened, a)
    opened.problems.stop()
    gaps = max(np.abs(a.row_gap() / size).max(), np.abs(a.column_gap() / size).max())
    first = Settled(a, published, row_gap / size, column_gap / size, notes=notes)
    return first if gaps <= EXACT and not totals else _balanced(opened, first, totals)


def _check_signs(opened: Opened, a: Accounts) -> None:
    """Outputs and value added that no model can stand on; each at its line."""
    bought = a.Zd.sum(axis=0) + a.Zm.sum(axis=0)
    added = a.va.sum(axis=0)
    for j, label in enumerate(a.activities):
        if a.x[j] < 0:
            _tell(opened, a, j, "SC513", f"output of '{label}' is {a.x[j]:.6g} bn; output is zero or more")
        elif a.x[j] == 0 and bought[j] > SMALL:
            _tell(
                opened,
                a,
                j,
                "SC512",
                f"'{label}' has no output but buys inputs of {bought[j]:.6g} bn; give it output, or 0 in its column",
            )
        elif added[j] < -SMALL * max(a.x.max(), 1.0):
            _tell(
                opened,
                a,
                j,
                "SC511",
                f"value added of '{label}' is {added[j]:.6g} bn: its inputs of {bought[j]:.6g} bn exceed output of "
                f"{a.x[j]:.6g} bn; correct the table, or add the industry to another",
            )
    limit = SMALL * max(np.abs(a.Zd).max(), 1.0)
    if (a.Ym < -limit)[:, ~a.inventories].any():
        k, u = np.argwhere((a.Ym < -limit) & ~a.inventories)[0]
        opened.tell("SC513", f"imports of '{a.sectors[k]}' by '{a.users[u]}' are {a.Ym[k, u]:.6g} bn", "table")
    if (a.Zm < -limit).any():
        k, j = (int(at) for at in np.unravel_index(a.Zm.argmin(), a.Zm.shape))
        _tell(opened, a, int(j), "SC513", f"imports of '{a.sectors[k]}' by '{a.activities[j]}' are {a.Zm[k, j]:.6g} bn")


def _tell(opened: Opened, a: Accounts, i: int, code: str, message: str) -> None:
    if a.sheet is not None:
        opened.problems.add(a.sheet.row(i, code, message))
    else:
        opened.tell(code, message, "table", "file")


def _check_gaps(opened: Opened, a: Accounts, rows: np.ndarray, columns: np.ndarray) -> None:
    within = max(opened.recipe.balance.within, EXACT)
    for what, gap, absolute in (
        ("sales", rows, a.row_gap()),
        ("inputs and value added", columns, a.column_gap()),
    ):
        order = [int(i) for i in np.argsort(-np.abs(gap)) if abs(gap[i]) > within]
        for i in order[:5]:
            off = absolute[i]
            share = f", {100 * gap[i]:+.3g} %" if a.x[i] > 0 else ""
            message = (
                f"{what} of '{a.activities[i]}' are {a.x[i] + off:.6g} bn but its output is {a.x[i]:.6g} bn: "
                f"{off:+.4g} bn{share}; correct the table, or allow the gap by 'balance: {{within: ... %}}'"
            )
            _tell(opened, a, i, "SC510", message)
        if len(order) > 5:
            _tell(opened, a, order[5], "SC510", f"{what} of {len(order) - 5} more industries differ from output")


def _without_negatives(opened: Opened, a: Accounts) -> tuple[Accounts, tuple[tuple[str, str, str], ...]]:
    """Negative flows between industries to zero (by-products sold by their user), negative final use to stocks."""
    notes: list[tuple[str, str, str]] = []
    negative = np.minimum(a.Zd, 0.0)
    size = max(float(np.abs(a.Zd).sum()), 1e-300)
    if -negative.sum() > max(opened.recipe.balance.within, EXACT) * size:
        i, j = (int(at) for at in np.unravel_index(a.Zd.argmin(), a.Zd.shape))
        _tell(
            opened,
            a,
            int(i),
            "SC513",
            f"the flow of '{a.activities[i]}' to '{a.activities[j]}' is {a.Zd[i, j]:.6g} "
            f"bn, and negative flows come to {-negative.sum():.6g} bn in all; book them as final demand or as "
            "output of their sellers",
        )
        opened.problems.stop()
    if (negative < -SMALL * size).any():
        count = np.count_nonzero(negative < -SMALL * size)
        notes.append(
            (
                "negative flows",
                f"{count} cells between industries ({negative.sum():.4g} bn in all: scrap and "
                "by-products sold by their user) were set to zero and the table balanced again",
                "estimate",
            )
        )
    if not a.inventories.any() and (a.Yd < 0).any():
        width = np.zeros((1, 1))
        a = replace(
            a,
            users=(*a.users, "stocks"),
            categories=(*a.categories, "inventories"),
            Yd=np.hstack([a.Yd, np.repeat(width, len(a.Yd), axis=0)]),
            Ym=np.hstack([a.Ym, np.repeat(width, len(a.Ym), axis=0)]),
        )
    Yd, netted = net_of_sales(a.Yd, a.inventories)
    notes += netted
    return replace(a, Zd=a.Zd - negative, Yd=Yd), tuple(notes)


@dataclass(frozen=True)
class Wanted:
    """One set of totals as the recipe gives it, in bn, in the order of its labels."""

    given: Total
    at: int  # place under ``totals``
    labels: tuple[str, ...]
    values: np.ndarray
    sheet: Any


def _totals(opened: Opened, a: Accounts) -> dict[str, Wanted]:
    found: dict[str, Wanted] = {}
    for at, total in enumerate(opened.recipe.totals):
        labels = {
            "output": a.activities,
            "value_added": a.activities,
            "imports": a.sectors,
            "final_demand": tuple(dict.fromkeys(a.users)),
        }[total.of]
        what = {"imports": "product", "final_demand": "final user"}.get(total.of, "industry")
        if total.of == "final_demand":
            found_labels = _user_labels(opened, a, total, at)
            if found_labels is None:
                continue
            labels = found_labels
        sheet = read_vector(opened, total.file, labels, what, "totals", at, "file")
        if sheet is None:
            continue
        values = sheet.values[:, 0] * scale_of(total.unit)[0]
        if total.of in ("output", "value_added", "imports"):
            for i in np.flatnonzero(values < 0):
                opened.problems.add(sheet.row(int(i), "SC509", f"{total.of} of '{labels[i]}' is {values[i]:.6g} bn"))
        found[total.of] = Wanted(total, at, labels, values, sheet)
    return found


def _user_labels(opened: Opened, a: Accounts, total: Total, at: int) -> tuple[str, ...] | None:
    """Totals of final demand are by user of the table, or by category."""
    from .reading import read_sheet

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


def _balanced(opened: Opened, before: Settled, totals: dict[str, Wanted]) -> Settled:
    a = before.accounts
    n, K, F = len(a.activities), len(a.sectors), len(a.users)
    x = totals["output"].values if "output" in totals else a.x
    growth = np.divide(x, a.x, out=np.ones(n), where=a.x > 0)
    va = a.va * growth
    wanted_va = va.sum(axis=0)
    if "value_added" in totals:
        wanted_va = totals["value_added"].values
    by_sector = np.zeros((K, n))
    by_sector[a.sector, np.arange(n)] = 1.0
    m0 = a.Zm.sum(axis=1) + a.Ym.sum(axis=1)
    old, new = by_sector @ a.x, by_sector @ x
    m = m0 * np.divide(new, old, out=np.ones(K), where=old > 0)
    if "imports" in totals:
        m = totals["imports"].values
    users0 = a.Yd.sum(axis=0) + a.Ym.sum(axis=0)
    users, fixed = _user_totals(a, users0, totals.get("final_demand"))
    need = wanted_va.sum() + m.sum()
    _agree(opened, before, totals, users, fixed, need, wanted_va, m)
    opened.problems.stop()
    if not fixed.any():  # spending of all users grows alike, changes in stocks apart
        positive = users > 0
        users = np.where(positive, users * (need - users[~positive].sum()) / users[positive].sum(), users)
    prior = np.block([[a.Zd * growth[None, :], a.Yd], [a.Zm * growth[None, :], a.Ym]])
    u, v = np.concatenate([x, m]), np.concatenate([x - wanted_va, users])
    fitted = _fit(opened, prior, u, v, totals, n, K, F, a)
    T = fitted.table
    added = x - T[:, :n].sum(axis=0)
    share = np.divide(added, va.sum(axis=0), out=np.ones(n), where=va.sum(axis=0) != 0)
    made = replace(a, Zd=T[:n, :n], Yd=T[:n, n:], Zm=T[n:, :n], Ym=T[n:, n:], va=va * share, x=x)
    size = np.abs(prior).sum()
    change = np.abs(T - prior)
    labels = [*a.activities, *(f"imported {s}" for s in a.sectors)]
    heads = [*a.activities, *a.users]
    top = np.argsort(-change, axis=None)[:10]
    largest = tuple(
        (labels[i], heads[j], float(prior[i, j]), float(T[i, j]))
        for i, j in zip(*np.unravel_index(top, T.shape), strict=True)
    )
    told = tuple(
        (f"{w.given.of}", float(b.sum()), float(w.values.sum()), float(after.sum()))
        for key, b, after in (
            ("output", a.x, made.x),
            ("value_added", a.va.sum(axis=0), made.va.sum(axis=0)),
            ("imports", m0, made.Zm.sum(axis=1) + made.Ym.sum(axis=1)),
            ("final_demand", users0, made.Yd.sum(axis=0) + made.Ym.sum(axis=0)),
        )
        if (w := totals.get(key)) is not None
    )
    return replace(
        before,
        accounts=made,
        iterations=int(fitted.iterations),
        margin_error=float(max(fitted.row_error, fitted.column_error)),
        moved=float(change.sum() / size),
        totals=told,
        missed=_missed(made, totals),
        largest=largest,
    )


def _user_totals(a: Accounts, now: np.ndarray, wanted: Wanted | None) -> tuple[np.ndarray, np.ndarray]:
    """Spending of each final user, and whether it is given; a category's total is shared as now."""
    if wanted is None:
        return now, np.zeros(len(now), dtype=bool)
    if wanted.labels == a.users:
        return wanted.values, np.ones(len(now), dtype=bool)
    users = now.copy()
    for label, value in zip(wanted.labels, wanted.values, strict=True):
        inside = np.array([c == label for c in a.categories])
        whole = now[inside].sum()
        users[inside] = value * (now[inside] / whole if whole else 1.0 / inside.sum())
    return users, np.ones(len(now), dtype=bool)


def _agree(opened, before, totals, users, fixed, need, added, m) -> None:
    """Whether income and expenditure agree: value added and imports against final demand."""
    if not fixed.all():
        return
    gap = users.sum() - need
    soft = any(w.given.uncertainty > 0 for w in totals.values())
    if abs(gap) > max(opened.recipe.balance.within, EXACT) * need and not soft:
        at = totals["final_demand"].at
        opened.tell(
            "SC509",
            f"final demand of {users.sum():.6g} bn does not match value added of {added.sum():.6g} bn and imports of "
            f"{m.sum():.6g} bn: {gap:+.6g} bn, {100 * gap / need:+.3g} %; settle which is right, give one an "
            "'uncertainty', or allow the gap by 'balance: {within: ... %}'",
            "totals",
            at,
            "file",
        )


def _fit(opened: Opened, prior, u, v, totals, n: int, K: int, F: int, a: Accounts):
    """Balance by the method that the recipe names; uncertain totals give way by generalised RAS."""
    method = opened.recipe.balance.method
    known = _methods()
    if method not in known:
        opened.tell("SC024", f"unknown method '{method}'{did_you_mean(method, known, 12)}", "balance", "method")
        opened.problems.stop()
    scale = float(np.abs(u).max())
    live_rows, live_columns = np.abs(prior).sum(axis=1) > 0, np.abs(prior).sum(axis=0) > 0
    for i in np.flatnonzero(~live_rows & (np.abs(u) > EXACT * scale)):
        label = a.activities[i] if i < n else f"imports of {a.sectors[i - n]}"
        opened.tell("SC509", f"'{label}' has a total of {u[i]:.6g} bn but nobody buys it in the table", "totals")
    for j in np.flatnonzero(~live_columns & (np.abs(v) > EXACT * scale)):
        label = a.activities[j] if j < n else a.users[j - n]
        opened.tell("SC509", f"'{label}' has a total of {v[j]:.6g} bn but buys nothing in the table", "totals")
    opened.problems.stop()
    sd = np.zeros(n + K), np.zeros(n + F)
    for key, (side, part) in {
        "imports": (0, slice(n, None)),
        "value_added": (1, slice(0, n)),
        "final_demand": (1, slice(n, None)),
    }.items():
        if key in totals and totals[key].given.uncertainty > 0:
            values = totals[key].values
            size = np.abs(values) if key != "final_demand" else np.abs(v[n:])
            sd[side][part] = totals[key].given.uncertainty * size
    u, v = np.where(live_rows, u, 0.0), np.where(live_columns, v, 0.0)
    soft = sd[0].any() or sd[1].any()
    if not soft:
        v = _agreeing(opened, prior, u, v, n, a)
    rows, columns = np.flatnonzero(live_rows), np.flatnonzero(live_columns)
    inner = prior[np.ix_(rows, columns)]
    try:
        if soft:
            found = gras(inner, u[rows], v[columns], row_sd=sd[0][rows], column_sd=sd[1][columns])
        else:
            found = known[method](inner, u[rows], v[columns])
    except BalanceError as problem:
        opened.tell("SC516", f"the table cannot be balanced by {method}: {problem}", "balance", "method")
        opened.problems.stop()
        raise
    table = np.zeros(prior.shape)
    table[np.ix_(rows, columns)] = found.table
    return found._replace(table=table)


def _agreeing(opened: Opened, prior, u, v, n: int, a: Accounts) -> np.ndarray:
    """Column totals that agree with the row totals in every part of the table that trades with no other part.

    What defence produces, say, only government buys, which buys nothing else: then their totals must agree on their
    own, to the last digit. Final users' spending takes the gap, or value added where there is no final user.
    """
    import scipy.sparse
    from scipy.sparse.csgraph import connected_components

    m = len(u)
    links = scipy.sparse.csr_matrix(
        np.block([[np.zeros((m, m)), prior != 0], [np.zeros(prior.T.shape), np.zeros((len(v), len(v)))]])
    )
    count, part = connected_components(links, directed=False)
    v = v.copy()
    for c in range(count):
        rows, columns = np.flatnonzero(part[:m] == c), np.flatnonzero(part[m:] == c)
        gap = u[rows].sum() - v[columns].sum()
        takers = columns[(columns >= n) & (v[columns] > 0)]
        takers = takers if takers.size else columns[v[columns] > 0]
        if not takers.size or gap == 0.0:
            continue
        if abs(gap) > max(opened.recipe.balance.within, EXACT) * np.abs(u[rows]).sum():
            names = [a.activities[i] for i in rows if i < n][:3]
            opened.tell(
                "SC509",
                f"{', '.join(names)} sell only among themselves and to some final users; totals of "
                f"what they sell exceed totals of what is bought there by {gap:+.6g} bn",
                "totals",
            )
            opened.problems.stop()
        v[takers] += gap * v[takers] / v[takers].sum()
        v[takers[-1]] += u[rows].sum() - v[columns].sum()
    return v


def _methods() -> dict[str, Any]:
    """Balances by the word that recipes use."""
    return {"ras": _balance.ras, "gras": gras}


def methods() -> tuple[str, ...]:
    return tuple(_methods())


def _missed(a: Accounts, totals: dict[str, Wanted]) -> tuple[str, ...]:
    """Uncertain totals that gave way by more than a twentieth."""
    found = []
    pairs = {"value_added": a.va.sum(axis=0), "imports": a.Zm.sum(axis=1) + a.Ym.sum(axis=1)}
    for key, now in pairs.items():
        if key in totals:
            wanted = totals[key].values
            off = np.divide(now - wanted, wanted, out=np.zeros(len(now)), where=np.abs(wanted) > 0)
            found += [
                f"{key} of {totals[key].labels[i]}: {100 * off[i]:+.1f} %" for i in np.flatnonzero(np.abs(off) > WIDE)
            ]
    return tuple(found)
