"""Tables from files: labels are matched exactly, nothing is reordered, filled or repaired.

Our own layout is a folder of CSV files, or one ``.npz`` with arrays of the same names:

====================  ================================================================================
flows                 (n, n) domestic intermediate flows; required
final_demand          (n, F) domestic final demand by user; required
output                (n,) gross output; by default the sum of a row
imports               (K, n) imported products used, a row for each sector code, or one row of totals
final_imports         (K, F) likewise for final users, or one row of totals
value_added           (V, n) by component; by default what is left of output
employment            (n,) persons, in millions
====================  ================================================================================

In CSV the first row and the first column are labels (a vector has one value column); in ``.npz`` the labels
are the arrays ``activities``, ``users`` and ``value_added_names``. An activity is ``sector`` or
``region|sector``, a final user ``category`` or ``region|category``. Facts (``name``, ``unit``, ``year``,
``categories``) stand in ``table.json``, in arrays of one element, or in the call.

Published layouts of many regions (a folder that pymrio saved, OECD ICIO, WIOD, CEADS) are recognised by their contents;
each is described in its own module, see ``layouts``.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TableError
from .build import from_flows
from .economy import CATEGORIES, Economy
from .store import load_economy

__all__ = ["Table", "from_flows", "read_raw", "read_table"]

VECTORS = ("output", "employment")
TABLES = ("flows", "final_demand", "imports", "final_imports", "value_added")
FACTS = ("name", "unit", "year", "categories")


@dataclass(frozen=True)
class Labelled:
    """An array as it stands in a file, with its labels and where it came from."""

    values: np.ndarray
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Table:
    """Arrays with labels, read but not yet matched; see the module for what each is."""

    flows: Labelled
    final_demand: Labelled
    output: Labelled | None = None
    imports: Labelled | None = None
    final_imports: Labelled | None = None
    value_added: Labelled | None = None
    employment: Labelled | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def mismatches(self) -> list[str]:
        """Every place where labels differ; empty for a table that can become an economy."""
        activities, users = self.flows.columns, self.final_demand.columns
        sectors = tuple(dict.fromkeys(label.rpartition("|")[2] for label in activities))
        expected = {
            "flows": (activities, activities), "final_demand": (activities, users),
            "output": (activities, None), "employment": (activities, None),
            "imports": (sectors, activities), "final_imports": (sectors, users),
            "value_added": (None, activities),
        }  # fmt: skip
        found = []
        for name, (rows, columns) in expected.items():
            part = getattr(self, name)
            if part is None:
                continue
            one_row = name in ("imports", "final_imports") and len(part.rows) == 1
            for axis, have, want in (
                ("row", part.rows, None if one_row else rows),
                ("column", part.columns, columns),
            ):
                twice = next((label for i, label in enumerate(have) if label in have[:i]), None)
                if twice is not None:
                    found.append(f"{part.source}: {axis} label '{twice}' appears twice")
                elif want is not None and have != want:
                    found.append(f"{part.source}: {axis} labels {_difference(have, want)}")
        return found

    def unknown_users(self) -> tuple[str, ...]:
        """Final users of no known category."""
        known = {*CATEGORIES, *self.facts.get("categories", {})}
        users = self.final_demand.columns
        return tuple(label for label in users if not {label, label.rpartition("|")[2]} & known)

    def economy(self) -> Economy:
        """The table as an economy in full form.

        Raises
        ------
        TableError
            With every mismatch of labels, or the first thing that ``from_flows`` refuses.
        """
        problems = self.mismatches()
        if problems:
            raise TableError("\n".join(problems))
        parts = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "facts"}
        arrays = {name: part.values for name, part in parts.items() if part is not None}
        if self.value_added is not None:
            arrays["value_added_names"] = self.value_added.rows
        for name in ("imports", "final_imports"):
            if name in arrays and len(arrays[name]) == 1 and len(self.flows.columns) > 1:
                arrays[name] = arrays[name][0]
        for name in VECTORS:
            if name in arrays:
                arrays[name] = arrays[name][:, 0]
        if "output" in arrays:
            arrays["x"] = arrays.pop("output")
        Z, Y = arrays.pop("flows"), arrays.pop("final_demand")
        return from_flows(Z, Y, activities=self.flows.columns, users=self.final_demand.columns, **arrays, **self.facts)


def read_table(source: str | Path, final_demand: str | Path | None = None, **facts: Any) -> Economy:
    """Read a table from files.

    Parameters
    ----------
    source : path
        A folder in our layout, a saved economy's folder, an ``.npz`` in our layout, a CSV of flows, or a file or folder
        in a published layout.
    final_demand : path, optional
        CSV of final demand, where ``source`` is a CSV of flows.
    name, unit, year, categories
        Facts that the files lack; ``categories`` translates a label of final demand into one of
        ``CATEGORIES``, ``{"exports_eu": "exports"}``.

    Raises
    ------
    TableError
        Says which file, which row and column, and what to do; all mismatches of labels at once.
    """
    path = Path(source)
    if final_demand is None and (path / "economy.npz").is_file():
        if facts:
            raise TableError(f"{path} is a saved economy and states its own {', '.join(facts)}; leave them out")
        return load_economy(path)
    return read_raw(source, final_demand, **facts).economy()


def read_raw(source: str | Path, final_demand: str | Path | None = None, **facts: Any) -> Table:
    """Read the same files without matching their labels, for an audit; arguments as for ``read_table``."""
    unknown = sorted(set(facts) - set(FACTS))
    if unknown:
        raise TableError(f"a table has no fact {', '.join(unknown)}; there is {', '.join(FACTS)}")
    path = Path(source)
    if final_demand is not None:
        table = Table(_read_csv(path), _read_csv(Path(final_demand)))
        facts = {"name": path.stem, **facts}
    elif (published := _published(path)) is not None:
        table = published
    elif path.is_dir():
        table = _read_folder(path)
    elif path.suffix == ".npz":
        table = _read_npz(path)
    else:
        raise TableError(
            f"{path} is no folder, no .npz and in no known layout (OECD ICIO, WIOD, CEADS); give a CSV of flows "
            "together with one of final demand"
        )
    return replace(table, facts={**table.facts, **{k: v for k, v in facts.items() if v is not None}})


def _published(path: Path) -> Table | None:
    if any((path / f"{name}.csv").is_file() for name in TABLES):
        return None
    from .layouts import read_layout  # the layouts make tables, which are defined here

    return read_layout(path)


def _read_folder(folder: Path) -> Table:
    parts: dict[str, Any] = {}
    for name in (*TABLES, *VECTORS):
        file = folder / f"{name}.csv"
        if file.is_file():
            parts[name] = _read_csv(file)
            if name in VECTORS and len(parts[name].columns) != 1:
                raise TableError(f"{file}: {len(parts[name].columns)} value columns; a vector has one")
    facts: dict[str, Any] = {}
    if (folder / "table.json").is_file():
        try:
            facts = json.loads((folder / "table.json").read_text(encoding="utf-8"))
        except ValueError as problem:
            raise TableError(f"{folder / 'table.json'}: not JSON ({problem})") from None
    return _assemble(parts, {"name": folder.resolve().name, **facts}, folder)


def _read_npz(path: Path) -> Table:
    if not path.is_file():
        raise TableError(f"{path} does not exist")
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    facts = {"name": path.stem} | {name: arrays.pop(name).item() for name in FACTS if name in arrays}
    labels = {
        k: tuple(str(v) for v in arrays.pop(k)) for k in ("activities", "users", "value_added_names") if k in arrays
    }
    missing = [name for name in ("activities", "users") if name not in labels]
    if missing:
        raise TableError(f"{path}: no array {' and '.join(missing)}; labels are needed to match anything")
    activities, users = labels["activities"], labels["users"]
    sectors = tuple(dict.fromkeys(label.rpartition("|")[2] for label in activities))
    unknown = sorted(set(arrays) - {*TABLES, *VECTORS})
    if unknown:
        raise TableError(f"{path}: unknown arrays {', '.join(unknown)}; there is {', '.join((*TABLES, *VECTORS))}")
    axes: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
        "flows": (activities, activities), "final_demand": (activities, users),
        "output": (activities, ("value",)), "employment": (activities, ("value",)),
        "imports": (sectors, activities), "final_imports": (sectors, users),
        "value_added": (labels.get("value_added_names", ()), activities),
    }  # fmt: skip
    parts = {}
    for name, values in arrays.items():
        rows, columns = axes[name]
        values = values[:, None] if name in VECTORS and values.ndim == 1 else np.atleast_2d(values)
        if len(values) == 1 and name in ("imports", "final_imports"):
            rows = ("all",)
        if values.shape != (len(rows), len(columns)):
            raise TableError(f"{path}: {name} has shape {values.shape}; its labels need ({len(rows)}, {len(columns)})")
        parts[name] = Labelled(values.astype(float), rows, columns, f"{path}[{name}]")
    return _assemble(parts, facts, path)


def _assemble(parts: dict[str, Labelled], facts: dict[str, Any], source: Path) -> Table:
    missing = [name for name in ("flows", "final_demand") if name not in parts]
    if missing:
        raise TableError(f"{source}: no {' and no '.join(missing)}; a table needs both")
    unknown = sorted(set(facts) - set(FACTS))
    if unknown:
        raise TableError(f"{source}: unknown facts {', '.join(unknown)}; there is {', '.join(FACTS)}")
    return Table(**parts, facts=facts)


def _read_csv(path: Path) -> Labelled:
    """Numbers with a first row and a first column of labels; every cell must be a number."""
    if not path.is_file():
        raise TableError(f"{path} does not exist")
    with open(path, newline="", encoding="utf-8-sig") as file:
        lines = [row for row in csv.reader(file) if row]
    if len(lines) < 2 or len(lines[0]) < 2:
        raise TableError(f"{path}: needs a header row, a label column and at least one number")
    header, body = [cell.strip() for cell in lines[0][1:]], lines[1:]
    values = np.empty((len(body), len(header)))
    for i, row in enumerate(body):
        if len(row) != len(header) + 1:
            raise TableError(f"{path}, line {i + 2}: {len(row) - 1} values under {len(header)} column labels")
        try:
            values[i] = [float(cell) for cell in row[1:]]
        except ValueError:
            j = next(j for j, cell in enumerate(row[1:]) if not _is_number(cell))
            raise TableError(
                f"{path}, line {i + 2}, column '{header[j]}': '{row[j + 1]}' is not a number; write 0 where "
                "nothing flows"
            ) from None
    return Labelled(values, tuple(row[0].strip() for row in body), tuple(header), str(path))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _difference(have: tuple[str, ...], want: tuple[str, ...]) -> str:
    """How two label lists differ, in words."""
    missing, extra = [w for w in want if w not in have], [h for h in have if h not in want]
    if not missing and not extra:
        at = next(i for i, (h, w) in enumerate(zip(have, want, strict=True)) if h != w)
        return (
            f"are in another order: '{have[at]}' stands where '{want[at]}' is expected (place {at + 1}); sort the file"
        )
    words = [f"lack {_quoted(missing)}"] if missing else []
    words += [f"have {_quoted(extra)} too many"] if extra else []
    return " and ".join(words) + "; labels must match exactly"


def _quoted(labels: list[str]) -> str:
    shown = ", ".join(f"'{label}'" for label in labels[:5])
    return shown + (f" and {len(labels) - 5} more" if len(labels) > 5 else "")
