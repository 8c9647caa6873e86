"""Tables of many regions in the layouts in which they are published; every region lies inside.

Nothing is abroad unless the table itself says so (exports and imports of the Chinese provincial tables): the rest of
the world of a world table is a region like any other. What pays for inputs and is no product of a region (taxes on
products, margins, adjustments) is counted as a component of value added, under its own name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TableError
from .economy import Economy
from .grids import SUFFIXES, first_rows
from .layout_ceads import is_ceads, read_ceads
from .layout_icio import is_icio, read_icio
from .layout_wiod import is_wiod, read_wiod
from .pymrio_folder import PARAMETERS, read_pymrio_folder
from .readers import Table

Reader = Callable[[Path], Table]
LAYOUTS: dict[str, tuple[Callable[[list[list[str]]], bool], Reader]] = {
    "OECD ICIO": (is_icio, read_icio),
    "WIOD": (is_wiod, read_wiod),
    "CEADS": (is_ceads, read_ceads),
}


def read_layout(path: Path) -> Table | None:
    """The table of a file or folder in a known layout; None where the layout is none of these.

    A folder is read if pymrio saved it or if exactly one of its files has a known layout.
    """
    if path.is_dir():
        if (path / PARAMETERS).is_file():
            return read_pymrio_folder(path)
        known = [(file, read) for file in _files(path) if (read := _reader(file)) is not None]
        if len(known) > 1:
            names = ", ".join(file.name for file, _ in known)
            raise TableError(f"{path} holds {len(known)} tables ({names}); name the file")
        return known[0][1](known[0][0]) if known else None
    read = _reader(path)
    return None if read is None else read(path)


def _files(folder: Path) -> Sequence[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in SUFFIXES)


def _reader(path: Path) -> Reader | None:
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return None
    rows = first_rows(path, 12)
    return next((read for fits, read in LAYOUTS.values() if fits(rows)), None)


def with_labour_share(economy: Economy, share: float) -> Economy:
    """The economy with ``share`` of each activity's value added counted as compensation of employees.

    World tables state value added as one figure; models in which households spend what they earn need to know what
    labour earns. The share is an assumption of the caller and goes into ``meta["assumptions"]``.

    Raises
    ------
    TableError
        If the table states compensation itself, has no component ``value_added``, or the share is not within 0 and 1.
    """
    names = economy.value_added_names
    if "compensation" in names or "value_added" not in names:
        raise TableError(
            f"{economy.name}: value added is {', '.join(names)}; only one figure 'value_added' can be split"
        )
    if not 0.0 <= share <= 1.0:
        raise TableError(f"labour share is {share}; it lies between 0 and 1")
    at = names.index("value_added")
    whole = economy.value_added[at]
    others = np.delete(economy.value_added, at, axis=0)
    meta: dict[str, Any] = dict(economy.meta)
    told = f"compensation is {share:g} of value added in every activity; the table states no labour income"
    meta["assumptions"] = [*meta.get("assumptions", []), told]
    return replace(
        economy,
        value_added=np.vstack([share * whole, (1.0 - share) * whole, others]),
        value_added_names=("compensation", "operating_surplus", *(name for name in names if name != "value_added")),
        meta=meta,
    )
