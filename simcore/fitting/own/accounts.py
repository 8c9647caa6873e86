"""The table of a recipe as accounts in bn, with imports apart: from a symmetric table, from make and use, or a file.

Zd  domestic flows      (n, n)    Zm  imported products used (K, n), K products = sectors
Yd  domestic final use  (n, F)    Ym  imported final use     (K, F)
va  value added         (V, n)    x   gross output           (n,)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...economy import CATEGORIES
from ...economy.readers import Table, read_raw
from ...economy.supply_use import market_shares
from ...errors import TableError
from ...language.shape import did_you_mean
from .reading import Opened, Sheet, input_hashes, matched, path_of, read_sheet, read_vector
from .recipe import Eora, Exiobase, MakeUse, Symmetric, scale_of, unit_said

RESIDUAL: tuple[str, ...] = ("value_added",)
IMPORTS = "imports"  # a column of final demand with minus signs, as published competitive tables have it
DUST = 1e-13  # of the largest cell: what subtraction leaves of nothing
CHANGES = ("inventories",)  # categories that may be negative


@dataclass(frozen=True)
class Accounts:
    """One table; see the module. ``sheet`` holds the lines on which its industries stand, for messages."""

    activities: tuple[str, ...]  # sector, or region|sector
    users: tuple[str, ...]  # labels of final users
    categories: tuple[str, ...]  # of each final user
    Zd: np.ndarray
    Zm: np.ndarray
    Yd: np.ndarray
    Ym: np.ndarray
    va: np.ndarray
    va_names: tuple[str, ...]
    x: np.ndarray
    sheet: Sheet | None = None
    notes: tuple[tuple[str, str, str], ...] = ()  # item, what was done, flag
    employment: np.ndarray | None = None

    @property
    def sectors(self) -> tuple[str, ...]:
        """Sector codes, which are the products, by first appearance."""
        return tuple(dict.fromkeys(a.rpartition("|")[2] for a in self.activities))

    @property
    def sector(self) -> np.ndarray:
        """(n,) position of each activity's sector."""
        place = {code: k for k, code in enumerate(self.sectors)}
        return np.array([place[a.rpartition("|")[2]] for a in self.activities])

    @property
    def inventories(self) -> np.ndarray:
        """(F,) whether a final user is a change in stocks."""
        return np.array([c == "inventories" for c in self.categories])

    def row_gap(self) -> np.ndarray:
        """(n,) sales less output."""
        return self.Zd.sum(axis=1) + self.Yd.sum(axis=1) - self.x

    def column_gap(self) -> np.ndarray:
        """(n,) inputs and value added less output."""
        return self.Zd.sum(axis=0) + self.Zm.sum(axis=0) + self.va.sum(axis=0) - self.x

    def gdp(self) -> float:
        return float(self.va.sum())


def read_accounts(opened: Opened) -> Accounts:
    """The table that the recipe names; problems of its files are all told before anything else is looked at."""
    table = opened.recipe.table
    if isinstance(table, Symmetric):
        found = _symmetric(opened, table)
    elif isinstance(table, MakeUse):
        found = _make_use(opened, table)
    else:
        found = _from_file(opened, table)
    opened.problems.stop()
    assert found is not None
    found = _own_value_added(opened, found)
    opened.problems.stop()
    return found


def _categories(opened: Opened, users: tuple[str, ...], sheet: Sheet | None) -> tuple[str, ...]:
    """Category of each final user: what the recipe says of its label, else the label itself."""
    told = opened.recipe.final_demand
    found = []
    for label in users:
        own = label.rpartition("|")[2]
        category = told.get(label, told.get(own, own))
        if category not in (*CATEGORIES, IMPORTS):
            message = (
                f"final user '{own}' is of no known category{did_you_mean(own, CATEGORIES)}; add "
                f"'{own}: households' (or {', '.join(CATEGORIES[1:])}, {IMPORTS}) under 'final_demand'"
            )
            if sheet is not None:
                opened.problems.add(sheet.head(sheet.columns.index(label), "SC514", message))
            else:
                opened.tell("SC514", message, "final_demand")
        found.append(category)
    known = {label.rpartition("|")[2] for label in users} | set(users)
    for label in told:
        if label not in known:
            node = opened.at("final_demand", label)
            message = f"the table has no final user '{label}'{did_you_mean(label, known, 12)}"
            opened.problems.add(node.problem("SC505", message, key=True))
    return tuple(found)


def _symmetric(opened: Opened, table: Symmetric) -> Accounts | None:
    scale = scale_of(table.unit)[0]
    flows = read_sheet(opened, table.flows, "table", "flows")
    final = read_sheet(opened, table.final_demand, "table", "final_demand")
    if flows is None or final is None:
        for key in ("output", "imports", "final_imports", "value_added"):
            if getattr(table, key):
                read_sheet(opened, getattr(table, key), "table", key)
        return None
    activities = flows.columns
    if len(flows.rows) != len(activities):
        opened.problems.add(
            flows.source.problem(
                "SC506",
                f"{len(flows.rows)} rows and {len(activities)} columns: flows between industries are a square table "
                "with the same labels down and across"
                + (" (make and use tables are read by 'kind: make_use')" if table.kind == "symmetric" else ""),
                1,
                1,
            )
        )
        return None
    rows = matched(opened, flows, activities, "row", "industry")
    final_rows = matched(opened, final, activities, "row", "industry")
    categories = _categories(opened, final.columns, final)
    value_added = read_sheet(opened, table.value_added, "table", "value_added") if table.value_added else None
    columns = matched(opened, value_added, activities, "column", "industry") if value_added else None
    output = read_vector(opened, table.output, activities, "industry", "table", "output") if table.output else None
    sectors = tuple(dict.fromkeys(a.rpartition("|")[2] for a in activities))
    imports = _imports(opened, table.imports, sectors, activities, "imports")
    final_imports = _imports(opened, table.final_imports, sectors, final.columns, "final_imports")
    opened.problems.stop()
    assert rows is not None and final_rows is not None
    Z, Y = flows.values[rows], final.values[final_rows]
    x = Z.sum(axis=1) + Y.sum(axis=1) if output is None else output.values[:, 0]
    notes: list[tuple[str, str, str]] = []
    K, n, F = len(sectors), len(activities), len(final.columns)
    Zm = np.zeros((K, n)) if imports is None else imports
    Ym = np.zeros((K, F)) if final_imports is None else final_imports
    if value_added is None:
        va, names = (x - Z.sum(axis=0) - Zm.sum(axis=0))[None], RESIDUAL
        notes.append(("value added", "what inputs leave of output; it holds whatever the table leaves out", "estimate"))
    else:
        va, names = value_added.values[:, columns], value_added.rows
    made = Accounts(
        activities,
        final.columns,
        categories,
        Z * scale,
        Zm * scale,
        Y * scale,
        Ym * scale,
        va * scale,
        names,
        x * scale,
        replace(flows, rows=activities, lines=tuple(flows.lines[i] for i in rows)),
        tuple(notes),
    )
    return _without_import_column(opened, made)


def _imports(opened: Opened, name: str | None, sectors: tuple[str, ...], columns: tuple[str, ...], key: str):
    if not name:
        return None
    sheet = read_sheet(opened, name, "table", key)
    if sheet is None:
        return None
    rows = matched(opened, sheet, sectors, "row", "product")
    across = matched(opened, sheet, columns, "column", "industry" if key == "imports" else "final user")
    return None if rows is None or across is None else sheet.values[np.ix_(rows, across)]


def _make_use(opened: Opened, table: MakeUse) -> Accounts | None:
    """Industry by industry with fixed product sales: ``D U``, ``D Y`` with D the market shares of industries.

    Source: Miller and Blair (2009), Input-Output Analysis, chapter 5; Eurostat (2008), Manual of Supply, Use and
    Input-Output Tables, model D.
    """
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
    categories = _categories(opened, final.columns, final)
    opened.problems.stop()
    scale = scale_of(table.unit)[0]
    V = scale * make.values
    U = scale * use.values[np.ix_(*places["use"])]
    Y = scale * final.values[places["final"][0]]
    va = scale * added.values[:, places["added"][1]]
    M = np.zeros(U.shape) if imported is None else scale * imported.values[np.ix_(*places["imported"])]
    return _constructed(opened, make, V, U, Y, va, added.rows, M if imported is not None else None, final, categories)


def _constructed(opened, make, V, U, Y, va, va_names, M, final, categories) -> Accounts | None:
    """Domestic and imported products apart, then both turned into sectors by market shares."""
    if (V < 0).any():
        i, p = np.argwhere(V < 0)[0]
        opened.problems.add(
            make.cell(
                i,
                p,
                "SC513",
                f"'{make.rows[i]}' makes {V[i, p]:.6g} of '{make.columns[p]}'; "
                "a make table has no negative cells: net it into use",
            )
        )
    for p in np.flatnonzero(V.sum(axis=0) <= 0):
        opened.problems.add(
            make.head(
                int(p),
                "SC512",
                f"no industry makes product '{make.columns[p]}'; add it to "
                "another product, or to 'value_added' if nobody at home can make it",
            )
        )
    opened.problems.stop()
    split = _split_imports(opened, U, Y, M, categories, final)
    D = market_shares(V)
    kept = [u for u, c in enumerate(categories) if c != IMPORTS]
    n = len(make.rows)
    Zd, Zm = D @ split.domestic, D @ split.imported
    notes = list(split.notes)
    notes.append(
        (
            "industry by industry",
            "fixed product sales: a product has the same buyers whoever makes it, imports of a "
            "product lie with the industries that make it at home",
            "assumption",
        )
    )
    return (
        Accounts(
            make.rows,
            tuple(final.columns[u] for u in kept),
            tuple(categories[u] for u in kept),
            Zd,
            Zm,
            D @ split.final_domestic[:, kept],
            D @ split.final_imported[:, kept],
            va,
            va_names,
            V.sum(axis=1),
            make,
            tuple(notes),
        )
        if n
        else None
    )


@dataclass(frozen=True)
class _Split:
    """Use of products (P) by industries (n) and final users (F), domestic and imported."""

    domestic: np.ndarray
    imported: np.ndarray
    final_domestic: np.ndarray
    final_imported: np.ndarray
    notes: tuple[tuple[str, str, str], ...]


def _split_imports(opened, U, Y, M, categories, final: Sheet | None) -> _Split:
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
        return _Split(U, np.zeros(U.shape), Y, np.zeros(Y.shape), tuple(notes))
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
    return _Split(domestic, imported, at_home, from_abroad, tuple(notes))


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


def _without_import_column(opened: Opened, a: Accounts) -> Accounts:
    """A competitive table (all use in one, imports as a column with minus signs) as one with imports apart."""
    if IMPORTS not in a.categories:
        return a
    split = _split_imports(opened, a.Zd, a.Yd, None, a.categories, a.sheet)
    kept = [u for u, c in enumerate(a.categories) if c != IMPORTS]
    by_sector = np.zeros((len(a.sectors), len(a.activities)))
    by_sector[a.sector, np.arange(len(a.activities))] = 1.0
    return replace(
        a,
        users=tuple(a.users[u] for u in kept),
        categories=tuple(a.categories[u] for u in kept),
        Zd=split.domestic,
        Zm=a.Zm + by_sector @ split.imported,
        Yd=split.final_domestic[:, kept],
        Ym=a.Ym[:, kept] + by_sector @ split.final_imported[:, kept],
        notes=a.notes + split.notes,
    )


def _from_file(opened: Opened, table) -> Accounts | None:
    path = path_of(opened, table.file, "table", "file")
    if path is None:
        return None
    try:
        raw = _parsed(path, table, opened.recipe.year) if isinstance(table, Exiobase | Eora) else read_raw(path)
    except TableError as problem:
        opened.tell("SC501", str(problem), "table", "file")
        return None
    stated = int(raw.facts.get("year") or 0)
    if stated and stated != opened.recipe.year:
        opened.tell("SC508", f"the table says that it is of {stated}, not of {opened.recipe.year}", "year")
    said = str(raw.facts.get("unit") or "")
    known = unit_said(said)
    if known is not None and known != table.unit:
        opened.tell("SC507", f"the table says that it is in {said} ({known}), not in {table.unit}", "table", "unit")
    elif said and known is None:
        message = f"the table says that it is in {said}, which is not understood; {table.unit} is taken as told"
        opened.tell("SC507", message, "table", "unit", severity="warning")
    mismatches = raw.mismatches()
    for text in mismatches:
        opened.tell("SC505", text, "table", "file")
    if mismatches:
        return None
    return _of_raw(opened, raw, scale_of(table.unit)[0])


def _parsed(path: Path, table: Exiobase | Eora, year: int) -> Table:
    """The folder as pymrio reads it."""
    try:
        import pymrio
    except ImportError:
        raise TableError(f"{table.kind} is parsed by pymrio; pip install 'simcore[pymrio]'") from None
    from ...economy.pymrio_objects import table_from_pymrio

    try:
        exiobase = isinstance(table, Exiobase)
        system = pymrio.parse_exiobase3(path) if exiobase else pymrio.parse_eora26(path, year=year)
    except Exception as problem:  # pymrio raises whatever its reader meets
        raise TableError(f"pymrio cannot parse '{table.file}' as {table.kind}: {problem}") from None
    if system.Z is None:
        system.calc_all()
    return table_from_pymrio(system)


def _of_raw(opened: Opened, raw: Table, scale: float) -> Accounts:
    activities, users = raw.flows.columns, raw.final_demand.columns
    told = {k: v for k, v in raw.facts.get("categories", {}).items()}
    labels = tuple(users)
    own = opened.recipe.final_demand
    categories = []
    for label in labels:
        last = label.rpartition("|")[2]
        category = own.get(label, own.get(last, told.get(label, told.get(last, last))))
        if category not in (*CATEGORIES, IMPORTS):
            opened.tell(
                "SC514",
                f"final user '{label}' is of no known category; add '{last}: households' (or "
                f"{', '.join(CATEGORIES[1:])}) under 'final_demand'",
                "final_demand",
            )
        categories.append(category)
    opened.problems.stop()
    Z, Y = raw.flows.values, raw.final_demand.values
    x = Z.sum(axis=1) + Y.sum(axis=1) if raw.output is None else raw.output.values[:, 0]
    K = len(dict.fromkeys(a.rpartition("|")[2] for a in activities))
    notes = []

    def imported(part, domestic):
        if part is None:
            return np.zeros((K, domestic.shape[1]))
        if len(part.values) == K and K > 1:
            return part.values
        mix = np.zeros((K, domestic.shape[1]))
        np.add.at(mix, _sector(activities), np.maximum(domestic, 0.0))
        whole = mix.sum(axis=1) / mix.sum()
        total = mix.sum(axis=0)
        notes.append(("imports by product", "the total of each buyer, spread like its domestic purchases", "estimate"))
        return part.values[0] * np.where(total > 0, mix / np.where(total > 0, total, 1.0), whole[:, None])

    Zm, Ym = imported(raw.imports, Z), imported(raw.final_imports, Y)
    if raw.value_added is None:
        va, names = (x - Z.sum(axis=0) - Zm.sum(axis=0))[None], RESIDUAL
        notes.append(("value added", "what inputs leave of output; it holds whatever the table leaves out", "estimate"))
    else:
        va, names = raw.value_added.values, raw.value_added.rows
    work = None if raw.employment is None else raw.employment.values[:, 0]
    return Accounts(
        activities,
        labels,
        tuple(categories),
        Z * scale,
        Zm * scale,
        Y * scale,
        Ym * scale,
        va * scale,
        names,
        x * scale,
        None,
        tuple(dict.fromkeys(notes)),
        work,
    )


def _sector(activities: tuple[str, ...]) -> np.ndarray:
    codes = list(dict.fromkeys(a.rpartition("|")[2] for a in activities))
    return np.array([codes.index(a.rpartition("|")[2]) for a in activities])


def _own_value_added(opened: Opened, a: Accounts) -> Accounts:
    """Components under the names that models know (compensation, net_taxes, depreciation, operating_surplus)."""
    told, share = opened.recipe.value_added, opened.recipe.labour_share
    for label in told:
        if label not in a.va_names:
            message = f"the table has no component '{label}'{did_you_mean(label, a.va_names, 8)}"
            opened.problems.add(opened.at("value_added", label).problem("SC505", message, key=True))
    names = [told.get(name, name) for name in a.va_names]
    unique = tuple(dict.fromkeys(names))
    va = np.array([a.va[[i for i, n in enumerate(names) if n == name]].sum(axis=0) for name in unique])
    notes = a.notes
    if share is not None:
        if "compensation" in unique or "value_added" not in unique:
            opened.tell(
                "SC518",
                f"value added is {', '.join(unique)}: a labour share only splits one figure called "
                "'value_added'; leave it out",
                "labour_share",
            )
            return a
        at = unique.index("value_added")
        others = np.delete(va, at, axis=0)
        va = np.vstack([share * va[at], (1.0 - share) * va[at], others])
        unique = ("compensation", "operating_surplus", *(n for n in unique if n != "value_added"))
        notes = (*notes, ("labour income", f"compensation is {share:g} of value added in every industry", "assumption"))
    elif "compensation" not in unique:
        opened.tell(
            "SC518",
            f"no component of value added is 'compensation' (there is {', '.join(unique)}), so "
            "households earn nothing and measures on incomes have no effect; name it under 'value_added', or "
            "give a 'labour_share'",
            "value_added",
            severity="warning",
        )
    return replace(a, va=va, va_names=unique, notes=notes)


__all__ = ["IMPORTS", "Accounts", "input_hashes", "read_accounts"]
