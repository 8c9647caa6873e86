"""OECD Inter-Country Input-Output tables, one year in one CSV file.

The layout read here, that of the 2021 edition and later: the first row holds the labels of columns, the first column
(headed ``V1``) those of rows. A producer is ``COUNTRY_INDUSTRY`` (``AUS_01T02``); a final user is ``COUNTRY_USE`` with
the uses HFCE (households), NPISH, GGFC (government), GFCF, INVNT (inventories) and DPABR (direct purchases abroad by
residents). Below the producers stand the rows TLS (taxes less subsidies on products), VA (or VALU) and OUT (or OUTPUT),
to the right the column OUT. The labels were taken from public programs that read these files; the rows of taxes by
country of the 2018 edition (``AUS_TAXSUB``) are another layout and are refused.

In the extended edition China and Mexico are split into CN1, CN2 and MX1, MX2, which share the final users of CHN and
MEX: the parts are added up.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np

from ..errors import TableError
from .grids import rows_of, text
from .readers import Labelled, Table

USES = {
    "HFCE": "households", "NPISH": "households", "GGFC": "government", "GFCF": "investment",
    "INVNT": "inventories", "DPABR": "households",
}  # fmt: skip
TAXES, VALUE_ADDED, OUTPUT = ("TLS",), ("VA", "VALU"), ("OUT", "OUTPUT", "TOTAL")
PARTS = {"CN1": "CHN", "CN2": "CHN", "MX1": "MEX", "MX2": "MEX"}
UNIT = "mn USD"


def is_icio(rows: list[list[str]]) -> bool:
    """Whether the first row names producers and the final users HFCE."""
    return bool(rows) and any(label.endswith("_HFCE") for label in rows[0])


def read_icio(path: Path) -> Table:
    """Read one year; the year is taken from the file's name (``2018_SML.csv``, ``ICIO2021_2018.csv``) if it is there.

    Raises
    ------
    TableError
        Where a label is of no known kind or a cell is no number.
    """
    rows, values, header = _read(path)
    kinds = [_kind(label) for label in header]
    unknown = [label for label, kind in zip(header, kinds, strict=True) if kind == "unknown"]
    unknown += [label for label in rows if _kind(label) in ("unknown", "use")]
    if unknown:
        raise TableError(
            f"{path}: labels {', '.join(unknown[:5])} are no COUNTRY_INDUSTRY, no COUNTRY_USE "
            f"({', '.join(USES)}) and no total (TLS, VA, OUT); only the layout of 2021 and later is read"
        )
    producers = [label for label in rows if _kind(label) == "producer"]
    made = [i for i, label in enumerate(rows) if _kind(label) == "producer"]
    buyers = [j for j, kind in enumerate(kinds) if kind == "producer"]
    if [header[j] for j in buyers] != producers:
        raise TableError(f"{path}: rows and columns name different producers, or in another order")
    users = [j for j, kind in enumerate(kinds) if kind == "use"]
    row_labels, join_rows = _joined(producers)
    user_labels, join_users = _joined([header[j] for j in users])
    source = str(path)

    def table(found: np.ndarray, labels: tuple[str, ...], columns: tuple[str, ...]) -> Labelled:
        return Labelled(found, labels, columns, source)

    flows = join_rows @ values[np.ix_(made, buyers)] @ join_rows.T
    final = join_rows @ values[np.ix_(made, users)] @ join_users.T
    paid = {
        name: values[rows.index(label), buyers] @ join_rows.T
        for name, kinds_of in (("taxes_on_products", TAXES), ("value_added", VALUE_ADDED))
        for label in kinds_of
        if label in rows
    }
    total = next((label for label in OUTPUT if label in rows), None)
    output = None
    if total is not None:
        output = table((values[rows.index(total), buyers] @ join_rows.T)[:, None], row_labels, ("value",))
    return Table(
        flows=table(flows, row_labels, row_labels),
        final_demand=table(final, row_labels, user_labels),
        output=output,
        value_added=table(np.array(list(paid.values())), tuple(paid), row_labels) if "value_added" in paid else None,
        facts={"name": path.stem, "unit": UNIT, "year": _year(path), "categories": USES},
    )


def _read(path: Path) -> tuple[list[str], np.ndarray, list[str]]:
    """Row labels, numbers and column labels; CSV is read line by line, without a list of its 18 million cells."""
    if path.suffix.lower() == ".xlsx":
        body = rows_of(path)
        header = [text(cell) for cell in next(body)][1:]
        named = [(text(row[0]), row[1:]) for row in body if row and text(row[0])]
        return [name for name, _ in named], np.array([row for _, row in named], dtype=float), header
    names: list[str] = []
    values: list[np.ndarray] = []
    with open(path, newline="", encoding="utf-8-sig") as file:
        header = [cell.strip() for cell in next(csv.reader([file.readline()]))][1:]
        for line, row in enumerate(file, start=2):
            label, _, rest = row.partition(",")
            if not label.strip():
                continue
            try:
                numbers = np.array(rest.rstrip("\r\n").split(","), dtype=float)
            except ValueError as problem:
                raise TableError(f"{path}, line {line}: {problem}") from None
            if numbers.size != len(header):
                raise TableError(f"{path}, line {line}: {numbers.size} values under {len(header)} column labels")
            names.append(label.strip().strip('"'))
            values.append(numbers)
    if not values:
        raise TableError(f"{path}: a header without rows")
    return names, np.array(values), header


def _kind(label: str) -> str:
    if label in (*TAXES, *VALUE_ADDED, *OUTPUT):
        return "total"
    country, _, code = label.partition("_")
    if not (country and code) or code == "TAXSUB":
        return "unknown"
    return "use" if code in USES else "producer"


def _joined(labels: list[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Labels ``country|code`` with parts of a country put together, and the matrix that adds them up."""
    pairs = [label.partition("_") for label in labels]
    new = [f"{PARTS.get(country, country)}|{code}" for country, _, code in pairs]
    unique = tuple(dict.fromkeys(new))
    place = {label: i for i, label in enumerate(unique)}
    matrix = np.zeros((len(unique), len(new)))
    matrix[[place[label] for label in new], np.arange(len(new))] = 1.0
    return unique, matrix


def _year(path: Path) -> int:
    years = re.findall(r"(?<!\d)((?:19|20)\d\d)(?!\d)", path.stem.replace("ICIO", " "))
    return int(years[-1]) if years else 0
