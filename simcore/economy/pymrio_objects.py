"""Between an economy and pymrio's ``IOSystem``, in memory.

Reading needs no pymrio, only an object with its attributes; making one does (``pip install simcore[pymrio]``).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import TableError
from .economy import CATEGORIES, Economy
from .pymrio_folder import IMPORTED, PAID, adds_up, frame_labels, one_unit, split, table_of
from .readers import Labelled, Table

PARSERS = {"exiobase3": "parse_exiobase3", "eora26": "parse_eora26"}
ABROAD = "abroad"  # region of exports in a table that states none
STOCKS = "stock change"  # of the producers, a category of its own


def from_pymrio(io: Any, **facts: Any) -> Economy:
    """An economy in full form from an ``IOSystem``.

    Parameters
    ----------
    io : IOSystem
        With Z and Y, labelled by region and sector, region and category; x, unit and an extension ``factor_inputs``
        (value added, perhaps imports) are used if they are there.
    name, year, unit, categories
        As for ``read_table``; stated facts hold before those of ``io``.

    Raises
    ------
    TableError
        If a part is missing or labels do not fit.
    """
    table = table_from_pymrio(io)
    categories = {**table.facts["categories"], **facts.pop("categories", {})}
    stated = {key: value for key, value in facts.items() if value is not None}
    return replace(table, facts={**table.facts, "categories": categories, **stated}).economy()


def table_from_pymrio(io: Any) -> Table:
    """The flows of an ``IOSystem`` with their labels, not yet matched; arguments and errors as ``from_pymrio``."""
    for name in ("Z", "Y"):
        if getattr(io, name, None) is None:
            raise TableError(f"this IOSystem has no {name}; call calc_all() or load its flows first")
    Z, Y = (frame_labels(getattr(io, name), f"pymrio {name}") for name in ("Z", "Y"))
    x = None if getattr(io, "x", None) is None else frame_labels(io.x, "pymrio x")
    output = Z.values.sum(axis=1) + Y.values.sum(axis=1) if x is None else x.values[:, 0]
    parts: dict[str, Labelled] = {}
    paid = None
    for name in PAID:
        F, F_Y = (getattr(getattr(io, name, None), part, None) for part in ("F", "F_Y"))
        found = None if F is None or paid is not None else adds_up(frame_labels(F, f"pymrio {name}.F"), Z, output)
        if found is not None:
            paid, parts = split(found, None if F_Y is None else frame_labels(F_Y, f"pymrio {name}.F_Y"), Z)
    unit = "" if getattr(io, "unit", None) is None else one_unit(io.unit)
    meta = getattr(io, "meta", None)
    return table_of(Z, Y, x, paid, name=str(getattr(meta, "name", "") or "pymrio"), unit=unit, **parts)


def parsed_by_pymrio(path: Path, kind: str, year: int | None = None) -> Any:
    """The ``IOSystem`` that pymrio's own parser makes of a publisher's folder or archive; ``kind`` is one of PARSERS.

    Raises
    ------
    TableError
        If pymrio is not installed or cannot read what is there.
    """
    try:
        import pymrio
    except ImportError:
        raise TableError(f"{kind} is parsed by pymrio; pip install 'simcore[pymrio]'") from None
    try:
        options = {"year": year} if kind == "eora26" else {}
        system = getattr(pymrio, PARSERS[kind])(path, **options)
        if system.Z is None:
            system.calc_all()
    except Exception as problem:  # pymrio raises whatever its reader meets
        raise TableError(f"pymrio cannot parse '{path.name}' as {kind}: {problem}") from None
    return system


def to_pymrio(economy: Economy) -> Any:
    """The economy as an ``IOSystem``: Z, Y, x and an extension ``factor_inputs`` with value added and imports.

    A sector under several kinds of ownership becomes several sectors of pymrio (``sector/ownership``). The producers'
    own change of stocks is a category of final demand of their region; exports stand in a region ``abroad``. Covers,
    headroom, criticality, employment and pools have no place there and are lost.

    Raises
    ------
    TableError
        If pymrio is not installed.
    """
    try:
        import pandas as pd
        import pymrio
    except ImportError:
        raise TableError("to_pymrio needs pymrio; pip install simcore[pymrio], or pip install pymrio") from None
    several = len(economy.ownerships) > 1
    sectors = [
        f"{economy.sectors.codes[s]}/{economy.ownerships.codes[o]}" if several else economy.sectors.codes[s]
        for s, o in zip(economy.sector, economy.ownership, strict=True)
    ]
    regions = [economy.regions.codes[r] for r in economy.region]
    rows = pd.MultiIndex.from_arrays([regions, sectors], names=["region", "sector"])
    columns, Y, F_Y = _final(economy)
    users = pd.MultiIndex.from_tuples(columns, names=["region", "category"])
    inputs = [*economy.value_added_names, *(IMPORTED + code for code in economy.sectors.codes)]
    stressors = pd.Index(inputs, name="inputtype")
    F = pd.DataFrame(np.vstack([economy.value_added, economy.use_imported]), index=stressors, columns=rows)
    unit = pd.DataFrame({"unit": [economy.unit] * len(inputs)}, index=stressors)
    extension = {"name": "factor_inputs", "F": F, "unit": unit}
    extension["F_Y"] = pd.DataFrame(F_Y, index=stressors, columns=users)
    system = pymrio.IOSystem(
        Z=pd.DataFrame(economy.Z, index=rows, columns=rows),
        Y=pd.DataFrame(Y, index=rows, columns=users),
        x=pd.DataFrame({"indout": economy.x}, index=rows),
        unit=pd.DataFrame({"unit": [economy.unit] * economy.n}, index=rows),
        factor_inputs=extension,
    )
    system.meta.change_meta("name", economy.name)
    return system


def _final(economy: Economy) -> tuple[list[tuple[str, str]], np.ndarray, np.ndarray]:
    """Labels of final users, what they buy at home (n, columns) and of imports (V + K, columns)."""
    labels: list[tuple[str, str]] = []
    for f in range(economy.F):
        region = economy.user_region[f]
        where, what = ABROAD if region < 0 else economy.regions.codes[region], CATEGORIES[economy.user_category[f]]
        count = sum(label == where and name.split(" ")[0] == what for label, name in labels)
        labels.append((where, what if not count else f"{what} {count + 1}"))
    stocks = np.where(economy.region == np.arange(economy.R)[:, None], economy.stock_change, 0.0).T
    kept = np.flatnonzero(np.abs(stocks).sum(axis=0))
    labels += [(economy.regions.codes[r], STOCKS) for r in kept]
    Y = np.hstack([economy.Y, stocks[:, kept]])
    abroad = np.zeros((len(economy.value_added) + economy.K, Y.shape[1]))
    abroad[len(economy.value_added) :, : economy.F] = economy.final_imported
    return labels, Y, abroad
