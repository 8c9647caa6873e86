"""Published tables as they lie in a file: rows of text with numbers in them, from CSV or a workbook."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..errors import TableError

SUFFIXES = (".csv", ".txt", ".xlsx")


class Grid(NamedTuple):
    """Header rows and label columns as text, and the numbers that they frame; empty cells are NaN."""

    head: list[list[str]]  # header rows, label columns left out
    labels: list[list[str]]  # of each row
    values: np.ndarray  # (rows, columns)
    source: str


def rows_of(path: Path, separator: str = ",") -> Iterator[list[Any]]:
    """Rows of cells, one at a time: a table of the world does not fit into memory as text.

    Raises
    ------
    TableError
        If the file is missing, is no CSV and no workbook, or a workbook cannot be read here.
    """
    if not path.is_file():
        raise TableError(f"{path} does not exist")
    if path.suffix.lower() == ".xlsx":
        yield from _workbook(path)
    elif path.suffix.lower() in (".csv", ".txt"):
        with open(path, newline="", encoding="utf-8-sig") as file:
            yield from csv.reader(file, delimiter=separator)
    else:
        raise TableError(f"{path}: cannot read '{path.suffix}'; save the sheet as CSV (or .xlsx)")


def _workbook(path: Path) -> Iterator[list[Any]]:
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise TableError(f"{path}: workbooks need openpyxl; pip install openpyxl, or save the sheet as CSV") from None
    book = load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a workbook says of its own size is not always so
        for row in sheet.iter_rows(values_only=True):
            yield list(row)
    finally:
        book.close()


def first_rows(path: Path, count: int) -> list[list[str]]:
    """The first rows as text, to recognise a layout."""
    found = []
    for row in rows_of(path):
        found.append([text(cell) for cell in row])
        if len(found) == count:
            break
    return found


def text(cell: Any) -> str:
    """A cell as a label: whole numbers without a decimal point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def read_grid(path: Path, header: int, labels: int, separator: str = ",") -> Grid:
    """Split a file into header rows, label columns and numbers.

    Raises
    ------
    TableError
        With line and column, where a cell that must be a number is none.
    """
    head: list[list[str]] = []
    names: list[list[str]] = []
    values: list[np.ndarray] = []
    for i, row in enumerate(rows_of(path, separator)):
        if i < header:
            head.append([text(cell) for cell in row[labels:]])
            continue
        if not any(text(cell) for cell in row):
            continue
        names.append([text(cell) for cell in row[:labels]])
        values.append(_numbers(row[labels:], path, i + 1, labels))
    if not head or not values:
        raise TableError(f"{path}: no numbers below {header} header rows")
    width = max(max(map(len, head)), max(map(len, values)))
    table = np.full((len(values), width), np.nan)
    for i, numbers in enumerate(values):
        table[i, : len(numbers)] = numbers
    return Grid([row + [""] * (width - len(row)) for row in head], names, table, str(path))


def _numbers(cells: list[Any], path: Path, line: int, labels: int) -> np.ndarray:
    try:
        return np.array(cells, dtype=float)
    except (TypeError, ValueError):
        pass
    numbers = np.empty(len(cells))
    for j, cell in enumerate(cells):
        written = text(cell).replace(",", "")  # thousands
        try:
            numbers[j] = float(written) if written else np.nan
        except ValueError:
            raise TableError(f"{path}, line {line}, column {labels + j + 1}: '{cell}' is not a number") from None
    return numbers


def filled(labels: list[str]) -> list[str]:
    """Labels that stand once at the start of their block, repeated over it."""
    last, result = "", []
    for label in labels:
        last = label or last
        result.append(last)
    return result
