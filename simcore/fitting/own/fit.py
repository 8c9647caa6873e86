"""The balance itself: the method that a recipe names, and whether it fits the totals that the recipe states."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from ...errors import BalanceError
from ..balances import Balance, balance
from .accounts import Accounts
from .reading import Opened
from .totals import EXACT, Wanted
from .trade_totals import agree_with_trade, blocks_of

# Relative standard deviation of cells: for tables of China one and three years later, 20 and 50 % come nearest.
CELLS = 0.30
WEIGHS = ("kras", "least_squares")  # methods that let uncertain totals give way
UNSIGNED = ("ras", "cross_entropy")  # that know no negative cells: those stay as they are
MOST = 60_000_000  # numbers of the system that least squares solves: 0.5 GB
ROUNDS = 30  # of least squares, cells that turn negative set to zero after each
WORDS = {  # of messages for callers, in the words of recipes
    "give standard errors": "give some an 'uncertainty'",
    "give totals in conflict standard errors": "give totals in conflict an 'uncertainty'",
    ", or raise max_iterations": "",
}


@dataclass(frozen=True)
class Margins:
    """Table and totals of one balance: domestic and imported products by industries and final users, bn."""

    prior: np.ndarray  # (n + K, n + F)
    u: np.ndarray  # (n + K,)
    v: np.ndarray  # (n + F,)
    row_sd: np.ndarray
    column_sd: np.ndarray
    rows: tuple[str, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Fit:
    """What a balance made of it; the worst margin is that of totals which must be met."""

    method: str
    table: np.ndarray
    iterations: int | None  # None where a method counts none
    worst: tuple[str, float]  # margin, gap over its cells
    notes: tuple[tuple[str, str, str], ...] = ()


def method_of(opened: Opened, a: Accounts, totals: dict[str, Wanted]) -> str:
    """The word of the recipe, or the simplest method that fits its totals; one that does not fit is told."""
    word = opened.recipe.balance.method
    soft = [key for key, wanted in totals.items() if wanted.sd.any()]
    if word is None:
        word = "kras" if soft else "mrgras" if "trade" in totals else "gras"
    elif complaint := _unfit(word, soft, "trade" in totals, len(a.regions) > 1):
        opened.tell("SC520", complaint, "balance", "method")
    if opened.recipe.balance.cells is not None and word not in WEIGHS:
        message = f"{word} has no use for uncertain cells; take {' or '.join(WEIGHS)}, or leave 'cells' out"
        opened.tell("SC520", message, "balance", "cells")
    size = (len(a.activities) + len(a.sectors)) * (len(a.activities) + len(a.users))
    margins = 2 * len(a.activities) + len(a.sectors) + len(a.users)
    if word == "least_squares" and size * margins > MOST:
        message = f"least_squares is for tables of some 200 industries; this one has {size:,} cells: take kras or gras"
        opened.tell("SC520", message, "balance", "method")
    return word


def _unfit(word: str, soft: list[str], trade: bool, regions: bool) -> str | None:
    """Why a method does not fit, with what would."""
    if soft and word not in WEIGHS:
        return (
            f"{word} meets every total, but {' and '.join(soft)} may give way; take {' or '.join(WEIGHS)}, or leave "
            "the uncertainty out"
        )
    if word == "kras" and not soft:
        return (
            "kras weighs uncertain totals and none is uncertain; give one an 'uncertainty', or take gras, which meets "
            "every total"
        )
    if trade and word not in ("mrgras", "kras"):
        return f"{word} cannot meet totals of trade between regions; take {'kras' if soft else 'mrgras'}"
    if word == "mrgras" and not trade:
        if not regions:
            return "mrgras is for tables of several regions and this one has one; take gras"
        return (
            "mrgras needs totals of trade between regions; add '- {of: trade, file: sources/trade.csv, unit: ...}' "
            "under 'totals', or take gras"
        )
    return None


def fit(opened: Opened, method: str, a: Accounts, given: Margins, totals: dict[str, Wanted]) -> Fit:
    """Balance the table; empty margins are left out, labels stand in place of numbers in what is told."""
    live = np.abs(given.prior).sum(axis=1) > 0, np.abs(given.prior).sum(axis=0) > 0
    _require_cells(opened, given, *live)
    u, v = np.where(live[0], given.u, 0.0), np.where(live[1], given.v, 0.0)
    soft = given.row_sd.any() or given.column_sd.any()
    if not soft and "trade" in totals:
        v = agree_with_trade(opened, given.prior, u, v, a, totals)
    if not soft:
        v = _agreeing(opened, given.prior, u, v, a)
    rows, columns = np.flatnonzero(live[0]), np.flatnonzero(live[1])
    options: dict = {}
    if soft:
        options |= {"row_sd": given.row_sd[rows], "column_sd": given.column_sd[columns]}
    if method in WEIGHS:
        options["cells"] = opened.recipe.balance.cells or CELLS
    if "trade" in totals:
        blocks = blocks_of(a, totals["trade"])
        options["blocks"] = blocks._replace(row_group=blocks.row_group[rows], column_group=blocks.column_group[columns])
    names = [given.rows[i] for i in rows], [given.columns[j] for j in columns]
    try:
        inner = given.prior[np.ix_(rows, columns)]
        found, notes = _solved(method, inner, u[rows], v[columns], options)
    except BalanceError as problem:
        groups = [*a.regions, "users abroad"]
        told = labelled(str(problem), *names, groups)
        opened.tell("SC516", f"the table cannot be balanced by {method}: {told}", "balance", "method")
        opened.problems.stop()
        raise
    table = np.zeros(given.prior.shape)
    table[np.ix_(rows, columns)] = found.table
    return Fit(method, table, found.iterations, _worst(given, table, u, v), notes)


def _solved(method, prior, u, v, options) -> tuple[Balance, tuple[tuple[str, str, str], ...]]:
    """One method with what it does about signs: some hold negative cells, least squares may make them."""
    if method in UNSIGNED:
        held = np.minimum(prior, 0.0)
        found = balance(method, prior - held, u - held.sum(axis=1), v - held.sum(axis=0), **options)
        count = np.count_nonzero(held)
        note = f"{count} negative cells ({held.sum():.4g} bn) stay as they are; {method} balances the others"
        return found._replace(table=found.table + held), (("balance", note, "estimate"),) if count else ()
    if method != "least_squares":
        return balance(method, prior, u, v, **options), ()
    left = np.where(
        _empty(prior, u, 1, options.get("row_sd")) | _empty(prior, v, 0, options.get("column_sd")), 0.0, prior
    )
    turned = 0
    for _ in range(ROUNDS):
        found = balance(method, left, u, v, **options)
        wrong = found.table * prior < 0
        if not wrong.any():
            break
        turned += int(wrong.sum())
        left = np.where(wrong, 0.0, left)
    else:
        raise BalanceError("cells go on changing signs; take gras or kras, which keep them")
    note = f"{turned} cells to which least squares gives another sign are set to zero"
    return found, (("balance", note, "estimate"),) if turned else ()


def _empty(prior: np.ndarray, totals: np.ndarray, axis: int, sd: np.ndarray | None) -> np.ndarray:
    """Cells of one sign under a certain total of zero, by row (axis 1) or column (0): they can only be zero."""
    known = (totals == 0) & (True if sd is None else sd == 0)
    alike = (prior >= 0).all(axis=axis) | (prior <= 0).all(axis=axis)
    return np.expand_dims(known & alike, axis)


def _worst(given: Margins, table: np.ndarray, u: np.ndarray, v: np.ndarray) -> tuple[str, float]:
    gaps = np.concatenate([table.sum(axis=1) - u, table.sum(axis=0) - v])
    size = np.concatenate([np.abs(table).sum(axis=1), np.abs(table).sum(axis=0)])
    certain = np.concatenate([given.row_sd, given.column_sd]) == 0
    off = np.where(certain, np.abs(gaps) / np.where(size > 0, size, 1.0), 0.0)
    names = [*(f"sales of {r}" for r in given.rows), *(f"purchases of {c}" for c in given.columns)]
    return names[int(off.argmax())], float(off.max())


def labelled(message: str, rows: list[str], columns: list[str], groups: list[str]) -> str:
    """A message about numbered rows, columns and blocks with their labels."""
    names = {"row": rows, "column": columns}

    def one(match: re.Match) -> str:
        return f"{match[1]} '{names[match[1]][int(match[2])]}'"

    def several(match: re.Match) -> str:
        axis = "row" if match[1].startswith("row") else "column"
        places = match[2].removesuffix(", ...").split(", ")
        more = ", ..." if match[2].endswith("...") else ""
        return match[1] + ", ".join(f"'{names[axis][int(p)]}'" for p in places) + more

    def block(match: re.Match) -> str:
        g, h = (groups[min(int(k), len(groups) - 1)] for k in (match[1], match[2]))
        return f"trade of '{g}' with '{h}'"

    for word, ours in WORDS.items():
        message = message.replace(word, ours)
    text = re.sub(r"\b(row|column) (\d+)\b", one, message)
    text = re.sub(r"((?:rows |positive cells, ))\[([\d, .]+)\]", several, text)
    return re.sub(r"\bblock \((\d+), (\d+)\)", block, text)


def _require_cells(opened: Opened, given: Margins, rows: np.ndarray, columns: np.ndarray) -> None:
    """A total needs a cell to go to."""
    scale = float(np.abs(given.u).max())
    for i in np.flatnonzero(~rows & (np.abs(given.u) > EXACT * scale)):
        message = f"'{given.rows[i]}' has a total of {given.u[i]:.6g} bn but nobody buys it in the table"
        opened.tell("SC509", message, "totals")
    for j in np.flatnonzero(~columns & (np.abs(given.v) > EXACT * scale)):
        message = f"'{given.columns[j]}' has a total of {given.v[j]:.6g} bn but buys nothing in the table"
        opened.tell("SC509", message, "totals")
    opened.problems.stop()


def _agreeing(opened: Opened, prior: np.ndarray, u: np.ndarray, v: np.ndarray, a: Accounts) -> np.ndarray:
    """Column totals that agree with the row totals in every part of the table that trades with no other part.

    What defence produces, say, only government buys, which buys nothing else: then their totals must agree on their
    own, to the last digit. Final users' spending takes the gap, or value added where there is no final user.
    """
    import scipy.sparse
    from scipy.sparse.csgraph import connected_components

    m, n = len(u), len(a.activities)
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
