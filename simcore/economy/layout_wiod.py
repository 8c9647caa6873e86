"""World Input-Output Tables (WIOD), releases of 2013 and 2016, one year in one file.

Two layouts are read, from CSV or .xlsx (an .xlsb or .RData file must be saved as one of these first):

matrix  The workbooks. Four label columns and four header rows, both in the order code, name, country, number; the
        numbers are ``c1``, ``c2`` ... (rows may have ``r1``). Titles stand above. Final users follow the industries of
        all countries, five a country: consumption of households, of non-profit organisations and of government,
        fixed capital, changes in inventories and valuables. The last column is the total; eight rows of totals stand
        below.
wide    The Stata and R files of 2016. One header row IndustryCode, IndustryDescription, Country, RNr, Year, then
        ``vAUS1`` ... ``vROW56``, the final users ``vAUS57`` ... ``vROW61`` in the order above, and TOT.

The position of labels and the codes of totals in 2016 (II_fob, TXSP, EXP_adj, PURR, PURNR, VA, IntTTM, GO) were taken
from public descriptions and programs that read these files. The codes of final users (CONS_h, CONS_np, CONS_g, GFCF,
INVEN are expected) and those of totals in the 2013 release could not be verified: an unknown code leaves it to the
name, as the documentation gives it, and what neither tells is refused.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..errors import TableError
from .grids import Grid, first_rows, read_grid
from .readers import Labelled, Table

USES = {
    "CONS_h": "households", "CONS_np": "households", "CONS_g": "government", "GFCF": "investment",
    "INVEN": "inventories",
}  # fmt: skip
USE_NAMES = {
    "final consumption expenditure by households": "CONS_h",
    "final consumption expenditure by non-profit": "CONS_np",
    "final consumption expenditure by government": "CONS_g",
    "gross fixed capital formation": "GFCF",
    "changes in inventories": "INVEN",
}
PAID = {
    "VA": "value_added", "TXSP": "taxes_on_products", "EXP_adj": "cif_fob_adjustment",
    "PURR": "purchases_abroad", "PURNR": "purchases_of_non_residents", "IntTTM": "international_transport_margins",
}  # fmt: skip
PAID_NAMES = {
    "value added at basic prices": "VA",
    "taxes less subsidies on products": "TXSP",
    "cif/ fob adjustments on exports": "EXP_adj",
    "direct purchases abroad by residents": "PURR",
    "purchases on the domestic territory by non-residents": "PURNR",
    "international transport margins": "IntTTM",
    "total intermediate consumption": "II_fob",
    "output at basic prices": "GO",
}
UNIT = "mn USD"
WIDE = ["IndustryCode", "IndustryDescription", "Country", "RNr", "Year"]


class _Axis(NamedTuple):
    code: list[str]
    name: list[str]
    country: list[str]
    number: list[int]  # 0 where there is none


def is_wiod(rows: list[list[str]]) -> bool:
    """Whether a row starts with the wide layout's headers, or its fifth cell is ``c1`` under a country."""
    return bool(rows) and (rows[0][:5] == WIDE or _number_row(rows) is not None)


def _number_row(rows: list[list[str]]) -> int | None:
    return next((i for i, row in enumerate(rows) if i >= 3 and len(row) > 4 and row[4] == "c1"), None)


def read_wiod(path: Path) -> Table:
    """Read one year of either release in either layout; ``facts["year"]`` is told by the file.

    Raises
    ------
    TableError
        If columns and rows do not name the same industries, or a final user is of no known kind.
    """
    top = first_rows(path, 12)
    if not top:
        raise TableError(f"{path} is empty")
    if top[0][:5] == WIDE:
        grid = read_grid(path, 1, 5)
        rows, columns = _wide_axes(grid)
        year = int(float(grid.labels[0][4] or 0))
    else:
        at = _number_row(top)
        if at is None:
            raise TableError(f"{path}: no header row with c1, c2 ... below code, name and country")
        grid = read_grid(path, at + 1, 4)
        rows, columns = _matrix_axes(grid, at)
        year = _year(path)
    return _table(path, grid, rows, columns, year)


def _wide_axes(grid: Grid) -> tuple[_Axis, _Axis]:
    code, name, country, number, _ = (list(column) for column in zip(*grid.labels, strict=True))
    rows = _Axis(code, name, country, [_number(n) for n in number])
    found = [re.fullmatch(r"v([A-Z]{3})(\d+)", label) for label in grid.head[0]]
    industries = {n: c for c, n, where in zip(code, rows.number, country, strict=True) if where != "TOT"}
    last = max(industries)
    codes, countries, numbers = [], [], []
    for match in found:
        n = int(match[2]) if match else 0
        countries.append(match[1] if match else "TOT")
        numbers.append(n)
        codes.append(industries.get(n) or (list(USES)[n - last - 1] if last < n <= last + len(USES) else ""))
    return rows, _Axis(codes, [""] * len(codes), countries, numbers)


def _matrix_axes(grid: Grid, at: int) -> tuple[_Axis, _Axis]:
    code, name, country, number = (list(column) for column in zip(*grid.labels, strict=True))
    head = grid.head[at - 3 : at + 1]
    numbers = [_number(n) for n in head[3]]
    return _Axis(code, name, country, [_number(n) for n in number]), _Axis(head[0], head[1], head[2], numbers)


def _number(label: str) -> int:
    match = re.fullmatch(r"[cr]?(\d+)", label)
    return int(match[1]) if match else 0


def _table(path: Path, grid: Grid, rows: _Axis, columns: _Axis, year: int) -> Table:
    totals = [_coded(c, n, PAID_NAMES, {*PAID, "II_fob", "GO"}) for c, n in zip(rows.code, rows.name, strict=True)]
    made = [i for i, total in enumerate(totals) if not total and rows.country[i] not in ("", "TOT")]
    keys = [(rows.country[i], rows.number[i]) for i in made]
    place = {key: j for j, key in enumerate(zip(columns.country, columns.number, strict=True))}
    missing = [key for key in keys if key not in place]
    if not keys or missing:
        named = ", ".join(f"{country} {number}" for country, number in missing[:5]) or "any industry"
        raise TableError(f"{path}: no column for {named}; rows and columns must name the same industries")
    buyers = [place[key] for key in keys]
    bought = set(buyers)
    others = [j for j, where in enumerate(columns.country) if j not in bought and where not in ("", "TOT")]
    uses = [_coded(columns.code[j], columns.name[j], USE_NAMES, set(USES)) for j in others]
    if "" in uses:
        j = others[uses.index("")]
        raise TableError(
            f"{path}: column {columns.country[j]} '{columns.code[j]}' '{columns.name[j]}' is neither an industry nor "
            f"one of {', '.join(USES)}"
        )
    values = np.nan_to_num(grid.values)  # the published files leave cells without a flow empty
    labels = tuple(f"{rows.country[i]}|{rows.code[i] or f'c{rows.number[i]}'}" for i in made)
    users = tuple(f"{columns.country[j]}|{use}" for j, use in zip(others, uses, strict=True))
    source = str(path)
    paid = {PAID[code]: values[totals.index(code), buyers] for code in PAID if code in totals}
    output = values[totals.index("GO"), buyers][:, None] if "GO" in totals else None
    return Table(
        flows=Labelled(values[np.ix_(made, buyers)], labels, labels, source),
        final_demand=Labelled(values[np.ix_(made, others)], labels, users, source),
        output=None if output is None else Labelled(output, labels, ("value",), source),
        value_added=Labelled(np.array(list(paid.values())), tuple(paid), labels, source) if "VA" in totals else None,
        facts={"name": path.stem, "unit": UNIT, "year": year, "categories": USES},
    )


def _coded(code: str, name: str, names: dict[str, str], codes: set[str]) -> str:
    """The known code that a code or a name stands for; empty where it is none."""
    if code in codes:
        return code
    written = " ".join(name.lower().split())
    return next((known for start, known in names.items() if written.startswith(start)), "")


def _year(path: Path) -> int:
    match = re.match(r"wiot(\d{4}|\d{2})(?!\d)", path.stem.lower())
    if not match:
        return 0
    year = int(match[1])
    return year if year > 99 else year + (1900 if year > 50 else 2000)
