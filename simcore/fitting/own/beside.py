"""What stands beside a table in a recipe, and what is assumed where nothing does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .accounts import Accounts
from .reading import Opened, matched, read_sheet, read_vector

ALL = "all"
COVER = 30.0  # days, 15 to 90; assumption
HEADROOM = 0.05  # of output, 0 to 0.10; assumption: a table says nothing of utilisation


@dataclass(frozen=True)
class More:
    """What stands beside the table; None where the recipe says nothing."""

    prices: np.ndarray | None
    employment: np.ndarray | None
    criticality: np.ndarray | None


def read_beside(opened: Opened, a: Accounts) -> More:
    """Prices, employment and critical inputs, where the recipe names files of them."""
    recipe = opened.recipe
    prices = employment = critical = None
    if recipe.price_index:
        sheet = read_vector(opened, recipe.price_index, a.sectors, "sector", "price_index")
        prices = None if sheet is None else sheet.values[:, 0]
        if prices is not None and (prices <= 0).any():
            i = int(prices.argmin())
            assert sheet is not None
            opened.problems.add(
                sheet.row(
                    i,
                    "SC513",
                    f"the price index of '{a.sectors[i]}' is {prices[i]:g}; it is "
                    "above 0, and 1 where prices did not move",
                )
            )
    if recipe.employment:
        sheet = read_vector(opened, recipe.employment, a.activities, "industry", "employment")
        employment = None if sheet is None else sheet.values[:, 0] / 1e6
    if recipe.stocks.criticality:
        grid = read_sheet(opened, recipe.stocks.criticality, "stocks", "criticality")
        if grid is not None:
            rows = matched(opened, grid, a.sectors, "row", "product")
            columns = matched(opened, grid, a.sectors, "column", "industry")
            if rows is not None and columns is not None:
                critical = grid.values[np.ix_(rows, columns)][:, a.sector]
                if (critical < 0).any() or (critical > 1).any():
                    opened.problems.add(grid.source.problem("SC108", "ratings of inputs lie between 0 and 1", 1, 1))
    return More(prices, employment, critical)


def assumed(opened: Opened, more: More) -> list[dict[str, str]]:
    """One line for each thing that no file says: value, range, flag."""
    recipe = opened.recipe
    lines = []

    def add(item: str, what: str, method: str, range_: str) -> None:
        lines.append(
            {"item": item, "what": what, "method": method, "source": "none", "range": range_, "flag": "assumption"}
        )

    if ALL not in recipe.stocks.cover:
        add("cover", "days of inputs in store", f"{COVER:g} days for every input without a figure", "15 to 90 days")
    else:
        add("cover", "days of inputs in store", "stated in the recipe", "not stated")
    if ALL not in recipe.stocks.headroom:
        add("headroom", "room above present output", f"{100 * HEADROOM:g} % where nothing is stated", "0 to 10 %")
    if more.criticality is None:
        add("criticality", "inputs without which production stops", "every input that is used is critical", "0 to 1")
    if more.prices is None:
        add("price_index", "prices since the table's year", "prices have not moved", "not known")
    if more.employment is None:
        add("employment", "persons", "not stated: jobs are left out of results", "none")
    kind = recipe.baseline.kind
    if kind == "flat":
        add("baseline", "path without measures", "no growth and no season: read effects in per cent", "not known")
    return lines
