"""Reading the figures of a calibration: small CSV files with headers, one source a row or a file."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..economy import Codes
from ..errors import TableError

Row = dict[str, str]


class Table(NamedTuple):
    """A national input-output table with imported flows apart, in one unit and at one year's prices."""

    use_domestic: np.ndarray  # (K, K)
    use_imported: np.ndarray  # (K, K)
    final_domestic: np.ndarray  # (K, C) without stock changes
    final_imported: np.ndarray  # (K, C)
    stock_change: np.ndarray  # (K,) of domestic products
    inventories_imported: np.ndarray  # (K,)
    value_added: np.ndarray  # (V, K)
    x: np.ndarray  # (K,)


OF_BASELINE = ("iva_total", "iva_divisions", "iva_products", "iva_value_added_2020")  # which ``history`` reads
COMPONENTS = ("compensation", "net_taxes", "depreciation", "operating_surplus")
FINAL = ("households", "government", "investment", "exports")  # columns of Table.final_domestic
_COLUMNS = {"households": ("hh_rural", "hh_urban"), "government": ("government",), "investment": ("gfcf",)}


class Figures:
    """The source files of one calibration folder, by name without ``.csv``; knows which were read.

    A calibration that extends another one finds there what its own folder lacks.
    """

    def __init__(self, folder: str | Path, extends: Sequence[str | Path] = ()):
        self.folder = Path(folder) / "sources"
        self._bases = [Path(folder), *map(Path, extends)]
        self._read: dict[str, list[Row]] = {}
        self._others: dict[str, Path] = {}

    def rows(self, name: str, **wanted: str) -> list[Row]:
        """Rows of a file whose columns hold the wanted values."""
        if name not in self._read:
            path = self.place(name)
            try:
                with path.open(encoding="utf-8", newline="") as lines:
                    self._read[name] = list(csv.DictReader(lines))
            except OSError:
                raise TableError(f"{path} cannot be read; the recipe needs it") from None
        rows = self._read[name]
        return [row for row in rows if all(row[column] == value for column, value in wanted.items())]

    def number(self, name: str, column: str, **wanted: str) -> float:
        """The one figure in a column at the wanted row."""
        found = self.rows(name, **wanted)
        if len(found) != 1:
            raise TableError(f"{self.folder / name}.csv: {len(found)} rows with {wanted}; exactly one is needed")
        return float(found[0][column])

    def place(self, name: str) -> Path:
        """The file of a source: in this folder, else in the first that it extends and that has it."""
        places = [base / "sources" / f"{name}.csv" for base in self._bases]
        return next((path for path in places if path.is_file()), places[0])

    def beside(self, name: str) -> Path:
        """A file that stands beside a recipe: in this folder, else in one that it extends."""
        return next((base / name for base in self._bases if (base / name).exists()), self._bases[0] / name)

    def note(self, path: Path) -> None:
        """Count a file or folder read elsewhere among the inputs."""
        self._others[path.name] = path

    def hashes(self) -> dict[str, str]:
        """SHA-256 of the recipe and of every source that was read; of a recipe that is extended under its folder."""
        found = {"recipe.yaml": self._bases[0] / "recipe.yaml"}
        found |= {f"{base.name}/recipe.yaml": base / "recipe.yaml" for base in self._bases[1:]}
        found |= {f"{name}.csv": self.place(name) for name in sorted({*self._read, *OF_BASELINE})}
        return {name: _digest(path) for name, path in (found | self._others).items()}


def _digest(path: Path) -> str:
    """SHA-256 of a file, or of all files of a folder by name."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    whole = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        whole.update(file.name.encode() + file.read_bytes())
    return whole.hexdigest()


def read_sectors(figures: Figures) -> Codes:
    """The code list of sectors with its groups."""
    rows = figures.rows("sectors")
    groups = {row["group"]: tuple(row["members"].split()) for row in figures.rows("sector_groups")}
    codes = Codes(
        tuple(r["code"] for r in rows),
        tuple(r["name_en"] for r in rows),
        tuple(r["name_zh"] for r in rows),
        groups,
    )
    for group in groups:
        codes.expand(group)
    return codes


def read_table(figures: Figures, sectors: Codes) -> Table:
    """The national table, its labels matched to the sectors exactly."""
    accounts = figures.rows("io_2020_accounts")
    if tuple(row["code"] for row in accounts) != sectors.codes:
        raise TableError("io_2020_accounts.csv does not list the sectors of sectors.csv in their order")

    def column(*names: str) -> np.ndarray:
        return np.array([sum(float(row[name]) for name in names) for row in accounts])

    def final(prefix: str) -> np.ndarray:
        parts = {**_COLUMNS, "exports": ("exports",)}
        return np.stack([column(*(prefix + part for part in parts[name])) for name in FINAL], axis=1)

    x = column("output")

    def stocks(name: str) -> np.ndarray:
        change = column(name)  # aggregation of the published table left rounding of 1e-15 where there are no stocks
        return np.where(np.abs(change) > 1e-12 * x, change, 0.0)

    return Table(
        use_domestic=_square(figures, "io_2020_use_domestic", sectors),
        use_imported=_square(figures, "io_2020_use_imported", sectors),
        final_domestic=final("fd_dom_"),
        final_imported=final("fd_imp_"),
        stock_change=stocks("fd_dom_inventories"),
        inventories_imported=stocks("fd_imp_inventories"),
        value_added=np.stack([column("va_" + name) for name in COMPONENTS]),
        x=x,
    )


def _square(figures: Figures, name: str, sectors: Codes) -> np.ndarray:
    rows = figures.rows(name)
    labels = tuple(row["product"] for row in rows)
    if labels != sectors.codes or tuple(rows[0])[1:] != sectors.codes:
        raise TableError(f"{name}.csv: rows and columns must be the sectors of sectors.csv in their order")
    return np.array([[float(row[code]) for code in sectors.codes] for row in rows])


def division(code: str) -> str:
    """Division of a sector: ``C36a`` belongs to ``36``; a service section to itself."""
    return code[1:].rstrip("ab") if code[0] in "BCD" else code
