"""Reading the table that a recipe names: a symmetric table, make and use, or a file of a publisher."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...economy import CATEGORIES
from ...economy.pymrio_objects import parsed_by_pymrio, table_from_pymrio
from ...economy.readers import Table, read_raw
from ...errors import TableError
from ...language.shape import did_you_mean
from .accounts import Accounts, categories_of
from .imports import IMPORTS, split_imports
from .make_use import read_make_use
from .reading import Opened, matched, path_of, read_sheet, read_vector
from .recipe import Eora, Exiobase, MakeUse, Symmetric, scale_of, unit_said

RESIDUAL: tuple[str, ...] = ("value_added",)
LEFT = ("value added", "what inputs leave of output; it holds whatever the table leaves out", "estimate")


def read_accounts(opened: Opened) -> Accounts:
    """The table that the recipe names; problems of its files are all told before anything else is looked at."""
    table = opened.recipe.table
    if isinstance(table, Symmetric):
        found = _symmetric(opened, table)
    elif isinstance(table, MakeUse):
        found = read_make_use(opened, table)
    else:
        found = _from_file(opened, table)
    opened.problems.stop()
    assert found is not None
    found = _own_value_added(opened, found)
    opened.problems.stop()
    return found


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
    categories = categories_of(opened, final.columns, final)
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
    K, n, F = len(sectors), len(activities), len(final.columns)
    Zm = np.zeros((K, n)) if imports is None else imports
    Ym = np.zeros((K, F)) if final_imports is None else final_imports
    va, names = (None, ()) if value_added is None else (value_added.values[:, columns], value_added.rows)
    labels = (activities, final.columns, categories)
    made = replace(
        _in_bn(scale, labels, Z, Zm, Y, Ym, va, names, x, ()),
        sheet=replace(flows, rows=activities, lines=tuple(flows.lines[i] for i in rows)),
    )
    return _without_import_column(opened, made)


def _in_bn(scale: float, labels, Z, Zm, Y, Ym, va, va_names, x, notes) -> Accounts:
    """Accounts in bn of a table in another unit; value added is what inputs leave of output where it is not stated."""
    if va is None:
        va, va_names = (x - Z.sum(axis=0) - Zm.sum(axis=0))[None], RESIDUAL
        notes = [*notes, LEFT]
    Zd, Zm, Yd, Ym, va, x = (scale * part for part in (Z, Zm, Y, Ym, va, x))
    activities, users, categories = labels
    told = tuple(dict.fromkeys(notes))
    return Accounts(activities, users, categories, Zd, Zm, Yd, Ym, va, va_names, x, notes=told)


def _imports(opened: Opened, name: str | None, sectors: tuple[str, ...], columns: tuple[str, ...], key: str):
    if not name:
        return None
    sheet = read_sheet(opened, name, "table", key)
    if sheet is None:
        return None
    rows = matched(opened, sheet, sectors, "row", "product")
    across = matched(opened, sheet, columns, "column", "industry" if key == "imports" else "final user")
    return None if rows is None or across is None else sheet.values[np.ix_(rows, across)]


def _without_import_column(opened: Opened, a: Accounts) -> Accounts:
    """A competitive table (all use in one, imports as a column with minus signs) as one with imports apart."""
    if IMPORTS not in a.categories:
        return a
    split = split_imports(opened, a.Zd, a.Yd, None, a.categories, a.sheet)
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
        if isinstance(table, Exiobase | Eora):
            raw = table_from_pymrio(parsed_by_pymrio(path, table.kind, opened.recipe.year))
        else:
            raw = read_raw(path)
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
    va, names = (None, ()) if raw.value_added is None else (raw.value_added.values, raw.value_added.rows)
    made = _in_bn(scale, (activities, labels, tuple(categories)), Z, Zm, Y, Ym, va, names, x, notes)
    return made if raw.employment is None else replace(made, employment=raw.employment.values[:, 0])


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
