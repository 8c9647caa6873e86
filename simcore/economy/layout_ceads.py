"""Chinese provincial tables of CEADS (31 provinces by 42 sectors; 2012, 2015, 2017 and later), CSV or .xlsx.

The layout read here, as public programs that load these workbooks describe it:

========  ======================================================================================================
rows      1 title; 2 provinces, once at the start of their block; 3 names of sectors and uses; 4 codes of sectors
columns   1 province, once at the start of its block; 2 name of the sector; 3 its code; then the producers' use
========  ======================================================================================================

Producers (province and code) stand first in rows and columns, in the same order. What follows is told by its name,
English or Chinese: for each province the final users rural and urban household consumption, government consumption,
gross fixed capital formation and change of inventories; then exports, the balance error and totals. Below the producers
stand imports, the rows VA001 to VA004 (compensation, net taxes, depreciation, operating surplus) and totals (TI: total
input). The parts of the table follow the documentation of the table of 2012 (Mi, Meng, Zheng, Shan, Wei and Guan, 2018,
Scientific Data 180155); names of final columns could not be checked against each year's file: a column that is not
understood is refused by name.

Treatment. Provinces are the regions. Exports go abroad. Imports stand as one total a buyer and are spread over products
like the buyer's domestic purchases (``meta`` says so). The balance error of a producer's row is counted as a change of
inventories in its own province.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ..errors import TableError
from .grids import Grid, filled, read_grid
from .readers import Labelled, Table

HEADER, LABELS = 4, 3
USES = {
    "rural": (("rural", "农村"), "households"),
    "urban": (("urban", "城镇"), "households"),
    "government": (("government", "政府"), "government"),
    "investment": (("fixed capital", "固定资本"), "investment"),
    "inventories": (("inventor", "stock", "存货"), "inventories"),
}
EXPORTS, ERROR = (("export", "出口"),), (("error", "误差", "其他"),)
IMPORTS = ("import", "进口")
COMPONENTS = {
    "VA001": "compensation", "VA002": "net_taxes", "VA003": "depreciation", "VA004": "operating_surplus",
}  # fmt: skip
TOTALS = ("total", "合计", "总", "proportion", "gross output", "tiu", "tfu", "tva", "tii", "check")
CATEGORIES = {use: category for use, (_, category) in USES.items()} | {"balance_error": "inventories"}


def is_ceads(rows: list[list[str]]) -> bool:
    """Whether the fourth row has sector codes and the fifth a province, a name and the first of these codes."""
    if len(rows) < 5 or len(rows[3]) < 5 or len(rows[4]) < 5:
        return False
    code, first = rows[3][3], rows[4]
    return bool(re.fullmatch(r"\d{1,3}", code)) and first[2] == code and bool(first[0]) and rows[1][3] == first[0]


def read_ceads(path: Path) -> Table:
    """Read one year; the unit is not stated in a cell of its own and must be given (``unit=``), the year from the name.

    Raises
    ------
    TableError
        If producers differ between rows and columns, or a column or row is not understood.
    """
    grid = read_grid(path, HEADER, LABELS)
    provinces = filled([row[0] for row in grid.labels])
    codes = [row[2] for row in grid.labels]
    sector = [bool(re.fullmatch(r"\d{1,3}", code)) for code in codes]
    n = sector.index(False) if False in sector else len(sector)
    keys = list(zip(provinces[:n], codes[:n], strict=True))
    heads = filled(grid.head[1])
    columns = list(zip(heads[:n], grid.head[3][:n], strict=True))
    if not n or keys != columns:
        at = next((i for i, (k, c) in enumerate(zip(keys, columns, strict=False)) if k != c), 0)
        raise TableError(
            f"{path}: producer {at + 1} is {keys[at : at + 1]} in the rows and {columns[at : at + 1]} in the columns; "
            "provinces stand in row 2 and column 1, codes in row 4 and column 3"
        )
    labels = tuple(f"{province}|{code}" for province, code in keys)
    values = np.nan_to_num(grid.values)
    users, final = _final(path, grid, heads, n, [province for province, _ in keys], values)
    return _table(path, grid, labels, users, final, values, n)


def _final(
    path: Path, grid: Grid, heads: list[str], n: int, province: list[str], values: np.ndarray
) -> tuple[list[tuple[str, int | None]], np.ndarray]:
    """Final users with the column that their imports stand in, and what they buy (n, F)."""
    known = list(dict.fromkeys(province))
    users: list[tuple[str, int | None]] = []
    bought: list[np.ndarray] = []
    for j in range(n, values.shape[1]):
        name = grid.head[2][j].lower() or grid.head[3][j].lower()
        use = next((use for use, (words, _) in USES.items() if any(word in name for word in words)), None)
        if any(word in name for word in TOTALS) or not name:
            continue
        if use is not None:
            if heads[j] not in known:
                raise TableError(f"{path}: column {LABELS + j + 1} '{name}' stands under no province ('{heads[j]}')")
            users.append((f"{heads[j]}|{use}", j))
            bought.append(values[:n, j])
        elif any(word in name for word in EXPORTS[0]):
            users.append(("exports", j))
            bought.append(values[:n, j])
        elif any(word in name for word in ERROR[0]):
            for region in known:  # the error of each province's rows, in that province
                here = np.array([where == region for where in province])
                users.append((f"{region}|balance_error", None))
                bought.append(np.where(here, values[:n, j], 0.0))
        else:
            raise TableError(
                f"{path}: column {LABELS + j + 1} '{name}' is not understood; final columns are named rural, urban, "
                "government, fixed capital, inventory, export, error or total"
            )
    if not users:
        raise TableError(f"{path}: no column of final use to the right of the {n} producers")
    return users, np.column_stack(bought)


def _table(
    path: Path, grid: Grid, labels: tuple[str, ...], users: list[tuple[str, int | None]], final: np.ndarray,
    values: np.ndarray, n: int,
) -> Table:  # fmt: skip
    source, names = str(path), tuple(user for user, _ in users)
    below = {i: (row[1].lower() or row[0].lower(), row[2]) for i, row in enumerate(grid.labels) if i >= n}
    paid = {COMPONENTS[code]: values[i, :n] for i, (_, code) in below.items() if code in COMPONENTS}
    total = next((values[i, :n] for i, (_, code) in below.items() if code == "TI"), None)
    bought = [i for i, (name, _) in below.items() if any(w in name for w in IMPORTS) and "total" not in name]
    imports = final_imports = None
    if bought:
        imports = Labelled(values[bought, :n].sum(axis=0)[None], ("all",), labels, source)
        abroad = [0.0 if j is None else values[bought, j].sum() for _, j in users]
        final_imports = Labelled(np.array(abroad)[None], ("all",), names, source)
    years = re.findall(r"(?<!\d)(20\d\d)(?!\d)", path.stem)
    return Table(
        flows=Labelled(values[:n, :n], labels, labels, source),
        final_demand=Labelled(final, labels, names, source),
        output=None if total is None else Labelled(total[:, None], labels, ("value",), source),
        imports=imports,
        final_imports=final_imports,
        value_added=Labelled(np.array(list(paid.values())), tuple(paid), labels, source) if paid else None,
        facts={"name": path.stem, "year": int(years[-1]) if years else 0, "categories": CATEGORIES},
    )
