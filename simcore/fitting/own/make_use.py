"""From make and use tables to one symmetric table of industries or of products.

V  make (industries, products)   U  use (products, industries)   Y  final use (products, F)   va  (V, industries)
g  output of industries ``V.sum(1)``   q  output of products ``V.sum(0)``
D  market shares ``V / q``   C  product mix ``V' / g``

The symmetric table is ``S U T`` with final demand ``S Y`` and value added ``va T``:

=====================  ==========  =========================  ==============================================
construction           S           T                          table, assumes
=====================  ==========  =========================  ==============================================
fixed_product_sales    D           1                          industries; a product has the same buyers
fixed_industry_sales   C^-1        1                          industries; an industry has the same buyers
industry_technology    1           V / g                      products; an industry makes all alike
product_technology     1           (C diag(g))^-1 diag(q)     products; a product is made alike everywhere
=====================  ==========  =========================  ==============================================

Source: Miller and Blair (2009), Input-Output Analysis, chapter 5; Eurostat (2008), Manual of Supply, Use and
Input-Output Tables, models D, C, B and A.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...economy.supply_use import PRODUCT_BY_PRODUCT, market_shares, product_mix
from .accounts import Accounts, categories_of
from .imports import IMPORTS, split_imports
from .reading import Opened, Sheet, matched, read_sheet
from .recipe import MakeUse, scale_of

ASSUMES = {
    "fixed_product_sales": "a product has the same buyers whoever makes it, imports of a product lie with the "
    "industries that make it at home",
    "fixed_industry_sales": "an industry has the same buyers whatever it makes",
    "industry_technology": "an industry makes all its products alike",
    "product_technology": "a product is made alike in every industry",
}


def read_make_use(opened: Opened, table: MakeUse) -> Accounts | None:
    """Accounts from the five files of a make-and-use table; their problems are all told."""
    names = ("make", "use", "final_demand", "value_added")
    sheets = [read_sheet(opened, getattr(table, key), "table", key) for key in names]
    imported = read_sheet(opened, table.imported_use, "table", "imported_use") if table.imported_use else None
    if any(sheet is None for sheet in sheets) or (table.imported_use and imported is None):
        return None
    make, use, final, added = (sheet for sheet in sheets if sheet is not None)
    industries, products = make.rows, make.columns
    places: dict[str, Any] = {
        "use": (
            matched(opened, use, products, "row", "product"),
            matched(opened, use, industries, "column", "industry"),
        ),
        "final": (matched(opened, final, products, "row", "product"), None),
        "added": (None, matched(opened, added, industries, "column", "industry")),
        "imported": (None, None),
    }
    if imported is not None:
        places["imported"] = (
            matched(opened, imported, products, "row", "product"),
            matched(opened, imported, industries, "column", "industry"),
        )
    categories = categories_of(opened, final.columns, final)
    opened.problems.stop()
    scale = scale_of(table.unit)[0]
    V = scale * make.values
    U = scale * use.values[np.ix_(*places["use"])]
    Y = scale * final.values[places["final"][0]]
    va = scale * added.values[:, places["added"][1]]
    M = np.zeros(U.shape) if imported is None else scale * imported.values[np.ix_(*places["imported"])]
    _check_make(opened, make, V)
    lines = tuple(use.lines[i] for i in places["use"][0])
    rows = Sheet(use.source, products, use.columns, use.values, lines)
    split = split_imports(opened, U, Y, M if imported is not None else None, categories, final)
    S, T = _turns(opened, table.construction, V)
    kept = [u for u, c in enumerate(categories) if c != IMPORTS]
    by_product = table.construction in PRODUCT_BY_PRODUCT
    title = ("product by product" if by_product else "industry by industry") + ", " + table.construction
    return Accounts(
        activities=products if by_product else industries,
        users=tuple(final.columns[u] for u in kept),
        categories=tuple(categories[u] for u in kept),
        Zd=S @ split.domestic @ T,
        Zm=S @ split.imported @ T,
        Yd=S @ split.final_domestic[:, kept],
        Ym=S @ split.final_imported[:, kept],
        va=va @ T,
        va_names=added.rows,
        x=V.sum(axis=0) if by_product else V.sum(axis=1),
        sheet=rows if by_product else make,
        notes=(*split.notes, (title.replace("_", " "), ASSUMES[table.construction], "assumption")),
    )


def _check_make(opened: Opened, make: Sheet, V: np.ndarray) -> None:
    if (V < 0).any():
        i, p = (int(at) for at in np.argwhere(V < 0)[0])
        message = (
            f"'{make.rows[i]}' makes {V[i, p]:.6g} bn of '{make.columns[p]}'; a make table has no negative cells: "
        )
        opened.problems.add(make.cell(i, p, "SC513", message + "net it into use"))
    for nobody in np.flatnonzero(V.sum(axis=0) <= 0):
        message = f"no industry makes product '{make.columns[nobody]}'; add it to another product"
        opened.problems.add(make.head(int(nobody), "SC512", message))
    for idle in np.flatnonzero(V.sum(axis=1) <= 0):
        message = f"industry '{make.rows[idle]}' makes nothing; leave it out of all tables, or add it to another one"
        opened.problems.add(make.row(int(idle), "SC512", message))
    opened.problems.stop()


def _turns(opened: Opened, construction: str, V: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """S and T of the module's table."""
    n, P = V.shape
    g, q = V.sum(axis=1), V.sum(axis=0)
    if construction == "fixed_product_sales":
        return market_shares(V), np.eye(n)
    if construction == "industry_technology":
        return np.eye(P), V / g[:, None]
    C = product_mix(V)
    if n != P or np.linalg.matrix_rank(C) < n:
        message = (
            f"{construction} needs as many products as industries and a product mix with an inverse; there are {P} "
            f"products and {n} industries: aggregate, or take fixed_product_sales or industry_technology"
        )
        opened.tell("SC506", message, "table", "construction")
        opened.problems.stop()
    if construction == "fixed_industry_sales":
        return np.linalg.inv(C), np.eye(n)
    return np.eye(P), np.linalg.solve(C * g, np.diag(q))
