"""A table of many regions (CEADS, ICIO, WIOD, pymrio's folders) in the place of regional estimates.

What is taken are shares alone: of regions in a product's output, final use by category and exports, and of origins in
what each region buys. The national table keeps its totals and its technology. Sectors of the table that stand for
several of ours give each the same shares; several of theirs that stand for one of ours are summed.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..economy import ABROAD, CATEGORIES, Codes, Economy
from ..economy.grids import SUFFIXES, first_rows
from ..economy.layouts import LAYOUTS
from ..economy.pymrio_folder import PARAMETERS
from ..economy.pymrio_objects import from_pymrio, parsed_by_pymrio
from ..economy.readers import read_table
from ..errors import TableError
from .figures import Figures
from .regional_options import RegionalTable

RECOGNISED = {"ceads": "CEADS", "icio": "OECD ICIO", "wiod": "WIOD"}
PARSED = {"exiobase": "exiobase3", "eora26": "eora26"}  # by pymrio
USED_AT_HOME = ("households", "government", "investment", "inventories")


class Observed(NamedTuple):
    """Shares of regions in a table, by our products and regions."""

    output_share: np.ndarray  # (K, R)
    use_share: dict[str, np.ndarray]  # category -> (K, R)
    export_share: np.ndarray  # (K, R)
    flows: np.ndarray  # (K, R, R) from region to region, in the table's unit
    source: str


def observe(
    figures: Figures, sectors: Codes, regions: Codes, options: RegionalTable, provinces: list[dict[str, str]]
) -> Observed:
    """Read the table that a recipe names and express it in our products and regions.

    Raises
    ------
    TableError
        If the file cannot be read, or one of our sectors or regions has no part in it; with what is missing.
    """
    path = figures.folder.parent / Path(options.path).expanduser()
    if not path.exists():
        raise TableError(f"{path} does not exist; regional.table.path of the recipe names it")
    economy = _read(path, options)
    figures.note(path)
    to_ours = _sectors(figures, options, sectors, economy)
    where = _regions(options, regions, economy, provinces)
    return _shares(economy, to_ours, where, f"{options.layout} {path.name}")


def _read(path: Path, options: RegionalTable) -> Economy:
    """The table as an economy; a layout that the recipe states must be the file's."""
    layout = options.layout
    if layout in PARSED:
        return from_pymrio(parsed_by_pymrio(path, PARSED[layout], options.year))
    if layout in RECOGNISED:
        files = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        fits = LAYOUTS[RECOGNISED[layout]][0]
        if not any(fits(first_rows(file, 12)) for file in files if file.suffix.lower() in SUFFIXES):
            raise TableError(f"{path} has not the layout '{layout}'; state another one in regional.table, or auto")
    if layout == "pymrio" and not (path / PARAMETERS).is_file():
        raise TableError(f"{path} is no folder that pymrio saved: it lacks {PARAMETERS}")
    try:
        return read_table(path)
    except TableError as problem:
        if "unit" not in str(problem):
            raise
    return read_table(path, unit=options.unit)  # of a layout that states none


def _sectors(figures: Figures, options: RegionalTable, sectors: Codes, economy: Economy) -> np.ndarray:
    """(K, theirs) 1 where a sector of the table stands for ours."""
    path = figures.beside(options.concordance)
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.DictReader(lines) if row.get("list") == options.list]
    except OSError:
        raise TableError(f"{path} cannot be read; regional.table.concordance of the recipe names it") from None
    figures.note(path)
    if not rows:
        raise TableError(f"{path} has no list '{options.list}' that regional.table.list names")
    position = {_plain(code): j for j, code in enumerate(economy.sectors.codes)}
    member = np.zeros((len(sectors), len(economy.sectors)))
    for row in rows:
        if _plain(row["code"]) not in position:
            raise TableError(f"the table has no sector {row['code']} ({row.get('name_en', '')}) that {path.name} lists")
        for code in row["stands_for"].split():
            member[sectors.index(code), position[_plain(row["code"])]] = 1.0
    lost = [code for code, row in zip(sectors.codes, member, strict=True) if not row.any()]
    if lost:
        raise TableError(f"{path.name}, list '{options.list}': nothing stands for {', '.join(lost)}")
    return member


def _plain(code: str) -> str:
    """Codes of digits without leading zeros: tables write 1 or 01 for the same sector."""
    return code.lstrip("0") or code if code.isdigit() else code


def _regions(options: RegionalTable, regions: Codes, economy: Economy, provinces: list[dict[str, str]]) -> np.ndarray:
    """(R, theirs) 1 where a region of the table lies in ours: as stated, by code or name, or as its provinces do."""
    member = np.zeros((len(regions), len(economy.regions)))
    inside = {row["province"]: row["region"] for row in provinces}
    for j, names in enumerate(zip(economy.regions.codes, economy.regions.names_en, strict=True)):
        for r, (code, name) in enumerate(zip(regions.codes, regions.names_en, strict=True)):
            stated = options.regions.get(code)
            own = any(n in (code, name) or inside.get(n) == code for n in names)
            member[r, j] = any(n in stated for n in names) if stated is not None else own
    for r, code in enumerate(regions.codes):
        if not member[r].any():
            raise TableError(
                f"no region of the table is our '{code}'; name its regions under regional.table.regions "
                f"(the table has {', '.join(economy.regions.codes[:6])} ...)"
            )
    twice = np.flatnonzero(member.sum(axis=0) > 1)
    if twice.size:
        raise TableError(f"region {economy.regions.codes[twice[0]]} of the table would stand for two of ours")
    return member


def _shares(economy: Economy, to_ours: np.ndarray, where: np.ndarray, source: str) -> Observed:
    S, N = len(economy.sectors), len(economy.regions)

    def by_place(values: np.ndarray) -> np.ndarray:
        """Values of activities (n, ...) by our product and region, (K, R, ...)."""
        table = np.zeros((S * N, *values.shape[1:]))
        np.add.at(table, economy.sector * N + economy.region, values)
        return np.einsum("ks,rn,sn...->kr...", to_ours, where, table.reshape(S, N, *values.shape[1:]))

    bought = np.zeros((economy.n, N))  # by region of the buyer; stocks lie with their producers, here as in our economy
    stocked = economy.user_category == CATEGORIES.index("inventories")
    for j in range(N):
        bought[:, j] = economy.Z[:, economy.region == j].sum(axis=1)
        bought[:, j] += economy.Y[:, (economy.user_region == j) & ~stocked].sum(axis=1)
    flows = np.maximum(by_place(bought) @ where.T, 0.0)
    output, usual = by_place(economy.x), by_place(economy.x).sum(axis=0)
    use: dict[str, np.ndarray] = {}
    at_home = to_ours @ (economy.final_domestic + economy.final_imported)
    for name in USED_AT_HOME:
        total = np.zeros((len(to_ours), len(where)))
        for u in np.flatnonzero((economy.user_category == CATEGORIES.index(name)) & (economy.user_region != ABROAD)):
            total += np.maximum(at_home[:, u], 0.0)[:, None] * where[:, economy.user_region[u]]
        use[name] = _rows(total, usual)
    # Abroad is what the table calls so and, in a world table, every region that is none of ours.
    outside = np.append(~where.any(axis=0), True)  # the last one: ABROAD is -1
    away = economy.Y[:, outside[economy.user_region] & ~stocked].sum(axis=1) + economy.Z[
        :, outside[economy.region]
    ].sum(axis=1)
    exports = by_place(away)
    return Observed(_rows(output, usual), use, _rows(np.maximum(exports, 0.0), output), flows, source)


def _rows(values: np.ndarray, usual: np.ndarray) -> np.ndarray:
    """Shares along rows; a row of zeros takes the usual ones, (R,) or by row."""
    total = values.sum(axis=1, keepdims=True)
    usual = np.broadcast_to(usual, values.shape)
    return np.where(total > 0, values / np.where(total > 0, total, 1.0), usual / usual.sum(axis=1, keepdims=True))
