"""From the accounts as published to accounts that balance and meet the recipe's totals.

Domestic and imported products are rows, industries and final users columns of one table: a row of a domestic product
sums to output, one of an imported product to its imports, a column of an industry to output less value added, one of a
final user to its spending. So income, production and expenditure agree after every balance.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .accounts import Accounts
from .fit import Margins, fit, method_of
from .imports import net_of_sales
from .reading import Opened
from .totals import EXACT, Wanted, given_way, read_totals, require_agreement, user_totals
from .trade_totals import traded

SMALL = 1e-12  # of the largest flow: negative cells below it come from arithmetic


@dataclass(frozen=True)
class Settled:
    """The accounts with what the balance moved, for the report."""

    accounts: Accounts
    published: Accounts
    row_gap: np.ndarray  # before, of output
    column_gap: np.ndarray
    start: Accounts | None = None  # before the balance, without negative flows; None where none was needed
    method: str = ""
    iterations: int | None = None  # None where the method counts none
    worst: tuple[str, float] = ("", 0.0)  # of margins that must be met: which, and its gap over its cells
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
    totals = read_totals(opened, a)
    opened.problems.stop()
    method = method_of(opened, a, totals)
    opened.problems.stop()
    gaps = max(np.abs(a.row_gap() / size).max(), np.abs(a.column_gap() / size).max())
    first = Settled(a, published, row_gap / size, column_gap / size, notes=notes)
    return first if gaps <= EXACT and not totals else _balanced(opened, first, method, totals)


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


def _balanced(opened: Opened, before: Settled, method: str, totals: dict[str, Wanted]) -> Settled:
    a = before.accounts
    n = len(a.activities)
    x = totals["output"].values if "output" in totals else a.x
    growth = np.divide(x, a.x, out=np.ones(n), where=a.x > 0)
    va = a.va * growth
    given = _margins(opened, a, totals, x, growth, va.sum(axis=0))
    found = fit(opened, method, a, given, totals)
    prior, T = given.prior, found.table
    added = x - T[:, :n].sum(axis=0)
    share = np.divide(added, va.sum(axis=0), out=np.ones(n), where=va.sum(axis=0) != 0)
    made = replace(a, Zd=T[:n, :n], Yd=T[:n, n:], Zm=T[n:, :n], Ym=T[n:, n:], va=va * share, x=x)
    change = np.abs(T - prior)
    labels = [*a.activities, *(f"imported {s}" for s in a.sectors)]
    top = np.argsort(-change, axis=None)[:10]
    largest = tuple(
        (labels[i], given.columns[j], float(prior[i, j]), float(T[i, j]))
        for i, j in zip(*np.unravel_index(top, T.shape), strict=True)
    )
    return replace(
        before,
        accounts=made,
        start=a,
        method=method,
        iterations=found.iterations,
        worst=found.worst,
        moved=float(change.sum() / np.abs(prior).sum()),
        totals=_told(a, made, totals),
        missed=given_way(made, totals),
        largest=largest,
        notes=(*before.notes, *found.notes),
    )


def _margins(
    opened: Opened, a: Accounts, totals: dict[str, Wanted], x: np.ndarray, growth: np.ndarray, added: np.ndarray
) -> Margins:
    """Old coefficients at new output, and all totals: given ones, and for the others what growth of output makes of
    them; ``added`` is value added that grows with output."""
    n, K = len(a.activities), len(a.sectors)
    row_sd, column_sd = np.zeros(n + K), np.zeros(n + len(a.users))
    if "value_added" in totals:
        added, column_sd[:n] = totals["value_added"].values, totals["value_added"].sd
    by_sector = np.zeros((K, n))
    by_sector[a.sector, np.arange(n)] = 1.0
    old, new = by_sector @ a.x, by_sector @ x
    m = (a.Zm.sum(axis=1) + a.Ym.sum(axis=1)) * np.divide(new, old, out=np.ones(K), where=old > 0)
    if "imports" in totals:
        m, row_sd[n:] = totals["imports"].values, totals["imports"].sd
    users, column_sd[n:] = user_totals(a, a.Yd.sum(axis=0) + a.Ym.sum(axis=0), totals.get("final_demand"))
    require_agreement(opened, totals, users, added, m)
    opened.problems.stop()
    if "final_demand" not in totals:  # spending of all users grows alike, changes in stocks apart
        positive, need = users > 0, added.sum() + m.sum()
        users = np.where(positive, users * (need - users[~positive].sum()) / users[positive].sum(), users)
    # Final users grow to their totals beforehand, as industries do: methods that weigh distances count from there.
    now = a.Yd.sum(axis=0) + a.Ym.sum(axis=0)
    spent = np.divide(users, now, out=np.ones(len(users)), where=(users > 0) & (now > 0) & ~a.inventories)
    return Margins(
        np.block([[a.Zd * growth, a.Yd * spent], [a.Zm * growth, a.Ym * spent]]),
        np.concatenate([x, m]),
        np.concatenate([x - added, users]),
        row_sd,
        column_sd,
        (*a.activities, *(f"imports of {s}" for s in a.sectors)),
        (*a.activities, *a.users),
    )


def _told(a: Accounts, made: Accounts, totals: dict[str, Wanted]) -> tuple[tuple[str, float, float, float], ...]:
    """Sums of totals: before, wanted, after."""
    sums = {
        "output": lambda t: t.x.sum(),
        "value_added": lambda t: t.va.sum(),
        "imports": lambda t: t.Zm.sum() + t.Ym.sum(),
        "final_demand": lambda t: t.Yd.sum() + t.Ym.sum(),
        "trade": lambda t: np.nansum(traded(t, totals["trade"].labels) + 0.0 * totals["trade"].values),
    }
    return tuple(
        (key.replace("_", " "), float(of(a)), float(np.nansum(totals[key].values)), float(of(made)))
        for key, of in sums.items()
        if key in totals
    )
