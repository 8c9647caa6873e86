"""The folder in which pymrio saves a table (``save`` and ``save_all``), read without pymrio.

``file_parameters.json`` names the files with the number of their label columns and header rows: Z and Y (flows and
final demand, with region and sector, region and category), x (output) and unit. Text files are separated by tabs;
parquet files need pandas with pyarrow. Folders beside them are extensions, each with its own ``file_parameters.json``;
one called ``factor_inputs`` (or ``value_added``) whose rows and the flows add up to output is value added.

The layout is that which pymrio 0.7 writes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TableError
from .grids import read_grid
from .readers import Labelled, Table

PARAMETERS = "file_parameters.json"
PAID = ("factor_inputs", "value_added")  # extensions that can hold value added
IMPORTED = "imports of "  # rows of such an extension that hold imported products, as ``to_pymrio`` writes them
ADDS_UP = 1e-6  # of output
USES = (  # what a category of final demand means, by its first words
    ("final consumption expenditure by households", "households"),
    ("final consumption expenditure by non-profit", "households"),
    ("final consumption expenditure by government", "government"),
    ("household final consumption", "households"),
    ("non-profit institutions serving households", "households"),
    ("government final consumption", "government"),
    ("acquisitions less disposals of valuables", "inventories"),
    ("gross fixed capital formation", "investment"),
    ("changes in inventories", "inventories"),
    ("changes in valuables", "inventories"),
    ("export", "exports"),
    ("stock change", "inventories"),
)


def read_pymrio_folder(folder: Path) -> Table:
    """Read a saved table.

    Raises
    ------
    TableError
        If a file is missing, is of another layout, or is parquet and cannot be read here.
    """
    files = _parameters(folder)
    missing = [name for name in ("Z", "Y") if name not in files]
    if missing:
        raise TableError(
            f"{folder / PARAMETERS} names no {' and no '.join(missing)}; save the table with pymrio's save()"
        )
    Z, Y = _labelled(folder, files["Z"]), _labelled(folder, files["Y"])
    x = _labelled(folder, files["x"]) if "x" in files else None
    paid, imports = _paid(folder, Z, Y, x)
    return table_of(Z, Y, x, paid, name=_name(folder), unit=_unit(folder, files), **imports)


def table_of(
    Z: Labelled, Y: Labelled, x: Labelled | None, paid: Labelled | None, *, name: str, unit: str, **more: Any
) -> Table:
    """A table of pymrio's parts; categories of final demand are told by their first words."""
    own = {label.rpartition("|")[2] for label in Y.columns}
    categories = {label: known for label in own for start, known in USES if label.lower().startswith(start)}
    output = None if x is None else Labelled(x.values, x.rows, ("value",), x.source)
    facts = {"name": name, "unit": unit, "categories": categories}
    return Table(flows=Z, final_demand=Y, output=output, value_added=paid, facts=facts, **more)


def _parameters(folder: Path) -> dict[str, dict[str, str]]:
    try:
        return json.loads((folder / PARAMETERS).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError) as problem:
        raise TableError(f"{folder / PARAMETERS}: not what pymrio writes ({problem})") from None


def _labelled(folder: Path, entry: dict[str, str]) -> Labelled:
    path, labels, header = folder / entry["name"], int(entry["nr_index_col"]), int(entry["nr_header"])
    if path.suffix == ".parquet":
        return frame_labels(_parquet(path), str(path))
    grid = read_grid(path, header, labels, separator="\t")
    if np.isnan(grid.values[0]).all():  # a line with the names of the label columns
        grid = grid._replace(labels=grid.labels[1:], values=grid.values[1:])
    if np.isnan(grid.values).any():
        i, j = np.argwhere(np.isnan(grid.values))[0]
        raise TableError(f"{path}: '{'|'.join(grid.labels[i])}' has no number in column {labels + j + 1}")
    columns = tuple("|".join(parts) for parts in zip(*grid.head, strict=True))
    return Labelled(grid.values, tuple("|".join(row) for row in grid.labels), columns, str(path))


def _parquet(path: Path) -> Any:
    try:
        import pandas

        return pandas.read_parquet(path)
    except ImportError:
        raise TableError(
            f"{path}: parquet needs pandas with pyarrow; pip install pyarrow, or save the table with table_format='txt'"
        ) from None


def frame_labels(frame: Any, source: str) -> Labelled:
    """A data frame with its labels, levels joined by '|'."""
    rows, columns = ([_joined(label) for label in axis.tolist()] for axis in (frame.index, frame.columns))
    return Labelled(np.asarray(frame.to_numpy(), dtype=float), tuple(rows), tuple(columns), source)


def _joined(label: Any) -> str:
    return "|".join(str(part) for part in label) if isinstance(label, tuple) else str(label)


def _paid(folder: Path, Z: Labelled, Y: Labelled, x: Labelled | None) -> tuple[Labelled | None, dict[str, Labelled]]:
    output = Z.values.sum(axis=1) + Y.values.sum(axis=1) if x is None else x.values[:, 0]
    for name in PAID:
        place = folder / name
        files = _parameters(place) if (place / PARAMETERS).is_file() else {}
        found = adds_up(_labelled(place, files["F"]), Z, output) if "F" in files else None
        if found is not None:
            return split(found, _labelled(place, files["F_Y"]) if "F_Y" in files else None, Z)
    return None, {}


def split(paid: Labelled, final: Labelled | None, Z: Labelled) -> tuple[Labelled | None, dict[str, Labelled]]:
    """Value added and imports apart, where the extension was made by ``to_pymrio``.

    Imports of products that are no sectors of the table (sectors by ownership) become one total a buyer.
    """
    bought = np.array([row.startswith(IMPORTED) for row in paid.rows])
    if not bought.any():
        return paid, {}
    names = tuple(row.removeprefix(IMPORTED) for row in paid.rows if row.startswith(IMPORTED))
    known = names == tuple(dict.fromkeys(label.rpartition("|")[2] for label in Z.columns))

    def rows(part: Labelled) -> Labelled:
        values = part.values[bought]
        if known:
            return Labelled(values, names, part.columns, part.source)
        return Labelled(values.sum(axis=0)[None], ("all",), part.columns, part.source)

    parts = {"imports": rows(paid)} | ({} if final is None else {"final_imports": rows(final)})
    kept = tuple(row for row in paid.rows if not row.startswith(IMPORTED))
    return Labelled(paid.values[~bought], kept, paid.columns, paid.source), parts


def adds_up(F: Labelled, Z: Labelled, output: np.ndarray) -> Labelled | None:
    """The rows of an extension if they are what the flows leave of output; None where they are something else."""
    gap = np.abs(Z.values.sum(axis=0) + F.values.sum(axis=0) - output)
    if F.columns != Z.columns or gap.max(initial=0.0) > ADDS_UP * max(float(np.abs(output).max(initial=0.0)), 1e-300):
        return None
    return F


def _unit(folder: Path, files: dict[str, dict[str, str]]) -> str:
    """The one unit of all rows; nothing where they differ."""
    if "unit" not in files or not (folder / files["unit"]["name"]).is_file():
        return ""
    if files["unit"]["name"].endswith(".parquet"):
        return one_unit(_parquet(folder / files["unit"]["name"]))
    lines = (folder / files["unit"]["name"]).read_text(encoding="utf-8").splitlines()[int(files["unit"]["nr_header"]) :]
    units = {line.split("\t")[-1] for line in lines if line.strip()}
    return units.pop() if len(units) == 1 else ""


def one_unit(frame: Any) -> str:
    """The unit that stands in every cell of a data frame; nothing where they differ."""
    units = {str(value) for value in np.asarray(frame.to_numpy()).ravel()}
    return units.pop() if len(units) == 1 else ""


def _name(folder: Path) -> str:
    try:
        return str(json.loads((folder / "metadata.json").read_text(encoding="utf-8"))["name"]) or folder.name
    except (OSError, ValueError, KeyError):
        return folder.resolve().name
