"""Imports taken out of use that holds them, and final demand without negative cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .reading import Opened, Sheet

IMPORTS = "imports"  # a column of final demand with minus signs, as published competitive tables have it
DUST = 1e-13  # of the largest cell: what subtraction leaves of nothing
CHANGES = ("inventories",)  # categories that may be negative
Notes = tuple[tuple[str, str, str], ...]  # item, what was done, flag


@dataclass(frozen=True)
class Split:
    """Use of products (P) by industries (n) and final users (F), domestic and imported."""

    domestic: np.ndarray
    imported: np.ndarray
    final_domestic: np.ndarray
    final_imported: np.ndarray
    notes: Notes


def split_imports(
    opened: Opened,
    U: np.ndarray,
    Y: np.ndarray,
    M: np.ndarray | None,
    categories: tuple[str, ...],
    final: Sheet | None,
) -> Split:
    """Take imports out of use: as the table says by industry, else in proportion to use; exports hold none.

    A product's imports stand as minus signs in columns of final demand. A plus there (duties and services to
    importers, which are made at home) is counted as exports: imports and exports less imports stay what they are.
    """
    F = Y.shape[1]
    columns = np.array([c == IMPORTS for c in categories])
    exports = np.array([c == "exports" for c in categories])
    stocks = np.array([c in CHANGES for c in categories])
    imports = -Y[:, columns].sum(axis=1)
    notes: list[tuple[str, str, str]] = []
    Y = np.where(columns, 0.0, Y)
    back = np.maximum(-imports, 0.0)
    if back.any():
        if not exports.any():
            opened.tell(
                "SC514",
                "imports of some products are positive in the table and there is no column of "
                "exports to count them in; add one under 'final_demand'",
                "final_demand",
            )
            opened.problems.stop()
        Y[:, np.flatnonzero(exports)[0]] += back
        imports = np.maximum(imports, 0.0)
        notes.append(
            (
                "exports",
                f"{back.sum():.6g} bn that the table adds in its column of imports (margins and "
                "duties of importers) are counted as exports of the same products",
                "assumption",
            )
        )
    Y, netted = net_of_sales(Y, stocks)
    notes += netted
    if M is None and not imports.any():
        return Split(U, np.zeros(U.shape), Y, np.zeros(Y.shape), tuple(notes))
    use, want = np.maximum(U, 0.0), np.maximum(np.where(exports | stocks, 0.0, Y), 0.0)
    if M is None:
        share = _ratio(imports, use.sum(axis=1) + want.sum(axis=1))
        inside = share[:, None] * use
        notes.append(("imports by buyer", "every buyer at home imports the same share of a product", "assumption"))
    else:
        inside = np.clip(M, 0.0, use)
        cut = np.abs(M - inside).sum()
        if cut > 0:
            notes.append(
                (
                    "imports by industry",
                    f"{cut:.4g} bn of imports beyond what an industry uses of a product, "
                    "or negative, were moved to final users",
                    "estimate",
                )
            )
        over = _ratio(imports, inside.sum(axis=1))
        inside = np.where(over[:, None] < 1.0, over[:, None] * inside, inside)
    left = imports - inside.sum(axis=1)
    if M is not None:
        notes.append(
            (
                "imports by final user",
                "what industries leave of a product's imports, in the same share for "
                "every final user at home; stocks and exports hold none",
                "assumption",
            )
        )
    share = _ratio(left, want.sum(axis=1))
    final_imported = np.minimum(share, 1.0)[:, None] * want
    rest = left - final_imported.sum(axis=1)  # beyond what final users at home buy: industries use it, too
    more = np.minimum(_ratio(np.maximum(rest, 0.0), (use - inside).sum(axis=1)), 1.0)[:, None] * (use - inside)
    if more.sum() > 1e-6:
        notes.append(
            (
                "imports by industry",
                f"{more.sum():.4g} bn of imports beyond those that the table gives to "
                "industries and what final users at home buy go to industries in proportion to use",
                "estimate",
            )
        )
    inside = inside + more
    rest = rest - more.sum(axis=1)  # and more imports than uses at home: they leave again
    if (rest > 1e-9).any():
        if exports.any() and (np.maximum(Y[:, exports].sum(axis=1), 0.0) + 1e-9 >= rest).all():
            final_imported[:, np.flatnonzero(exports)[0]] += np.maximum(rest, 0.0)
            notes.append(
                (
                    "re-exports",
                    f"{rest.clip(0).sum():.4g} bn of imports beyond use at home leave again as exports",
                    "estimate",
                )
            )
        else:
            p = int(np.argmax(rest))
            message = f"imports of '{final.rows[p] if final else p}' exceed all its uses by {rest[p]:.6g} bn"
            opened.tell("SC509", message + "; correct the column of imports", "table")
            opened.problems.stop()
    assert final_imported.shape[1] == F
    dust = DUST * max(float(np.abs(U).max(initial=0.0)), float(np.abs(Y).max(initial=0.0)))
    parts = (U - inside, inside, Y - final_imported, final_imported)
    domestic, imported, at_home, from_abroad = (np.where(np.abs(part) < dust, 0.0, part) for part in parts)
    return Split(domestic, imported, at_home, from_abroad, tuple(notes))


def net_of_sales(Y: np.ndarray, stocks: np.ndarray) -> tuple[np.ndarray, list[tuple[str, str, str]]]:
    """Final demand (rows of products, F) without negative cells, stock changes apart; every row keeps its sum.

    A negative cell is a final user's sale of used goods or scrap, or an adjustment: it is taken off what other final
    users buy of the product, in proportion. What is left over is counted as a fall in stocks.
    """
    inner = np.where(stocks, 0.0, Y)
    sold, bought = -np.minimum(inner, 0.0).sum(axis=1), np.maximum(inner, 0.0)
    if not sold.any():
        return Y, []
    total = bought.sum(axis=1)
    kept = np.maximum(1.0 - _ratio(sold, total), 0.0)
    rest = np.maximum(sold - total, 0.0)
    made = np.where(stocks, Y, bought * kept[:, None])
    at = np.flatnonzero(stocks)
    if at.size:
        made[:, at[0]] -= rest
    else:
        made[:, np.argmax(np.abs(made).sum(axis=0))] -= rest
    told = (
        f"{np.count_nonzero(inner < 0)} negative cells ({-sold.sum():.6g} bn: used goods, scrap and adjustments) were "
    )
    told += "taken off what other final users buy of the same product"
    if rest.any():
        told += f"; {rest.sum():.4g} bn beyond that are falls in stocks"
    return made, [("negative final demand", told, "estimate")]


def _ratio(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.divide(a, b, out=np.zeros(len(a)), where=b > 0)
