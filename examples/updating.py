"""China's tables of 42 sectors, 2017, 2018 and 2020: how far off updates of the first are from the later two.

Everything is read from ``data/china-2018``; ``sources/SOURCES.md`` there says where the figures are from. Domestic and
imported inputs are rows of one table, industries its columns.
"""

import csv
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simcore.economy.indicators import leontief_inverse
from simcore.fitting.balances import BALANCES, balance
from simcore.fitting.distances import percentage_error
from simcore.fitting.entropy import Blocks
from simcore.fitting.own.build import build_own

FOLDER = Path(__file__).parent / "data" / "china-2018"
HELD = "old coefficients"
CELLS = 0.30  # relative standard deviation of cells where totals are uncertain, as recipes have it by default
DRAWS = 10  # of errors in sales


class Later(NamedTuple):
    """A later year: its flows, which only the comparison sees, and outputs."""

    flows: np.ndarray  # (84, 42) domestic, then imported
    x: np.ndarray  # (42,)


def column(name: str) -> np.ndarray:
    return grid("sources", name)[:, 0]


def grid(place: str, name: str) -> np.ndarray:
    with (FOLDER / place / f"{name}.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))
    return np.array([row[1:] for row in rows[1:]], dtype=float)


def start(x: np.ndarray) -> np.ndarray:
    """Coefficients of 2017 at a later output."""
    flows = np.vstack([grid("sources", "flows_2017"), grid("sources", "imports_2017")])
    final = grid("sources", "final_demand_2017")
    before = flows[:42].sum(axis=1) + final.sum(axis=1)
    return flows * (x / before)


def later(year: int) -> Later:
    return Later(
        np.vstack([grid("later", f"flows_{year}"), grid("later", f"imports_{year}")]), column(f"output_{year}")
    )


def updated(method: str, year: int, error: float = 0.0, seed: int = 0) -> np.ndarray:
    """The table of 2017 brought to a later year by its margins alone: sales to industries by product, domestic and
    imported, and purchases by industry.

    Parameters
    ----------
    error : float
        Relative standard deviation of log-normal errors in the sales. Methods that weigh uncertain totals are told its
        size, all others get sales scaled to the sum of purchases.
    """
    truth = later(year)
    prior, sales, purchases = start(truth.x), truth.flows.sum(axis=1), truth.flows.sum(axis=0)
    if method == HELD:
        return prior
    sales = sales * np.exp(error * np.random.default_rng(seed).normal(size=84))
    options: dict = {}
    if method == "kras" or (method == "least_squares" and error > 0):
        options = {"row_sd": max(error, 0.01) * sales, "cells": CELLS}
    elif method == "mrgras":
        # What industry, services and agriculture use of domestic and of imported products is known, too.
        part, kind = np.repeat([0, 1], 42), np.repeat([0, 1, 2], [1, 26, 15])
        blocks = [[truth.flows[np.ix_(part == g, kind == h)].sum() for h in range(3)] for g in range(2)]
        options = {"blocks": Blocks(part, kind, np.array(blocks))}
        sales = sales * (np.sum(blocks, axis=1) / np.bincount(part, sales))[part]
    else:
        sales = sales * purchases.sum() / sales.sum()
    return balance(method, prior, sales, purchases, **options).table


def flow_error(found: np.ndarray, year: int) -> float:
    """Of inputs by product, domestic and imported together, per cent of all (WAPE)."""
    true = later(year).flows
    return percentage_error(found[:42] + found[42:], true[:42] + true[42:])


def multiplier_error(found: np.ndarray, year: int) -> float:
    """Of what a unit of demand needs beyond itself, domestic inputs, per cent of the mean."""
    truth = later(year)
    L = [leontief_inverse(table[:42] / truth.x).sum(axis=0) - 1.0 for table in (found, truth.flows)]
    return percentage_error(*L)


def errors() -> dict[str, list[float]]:
    """By method: errors of flows in 2018 and 2020, of multipliers in 2020, of flows with errors of 5 and 10 % in sales
    (2018, 2020, 2018, 2020), per cent."""
    found = {}
    for method in (HELD, *BALANCES):
        exact = {year: updated(method, year) for year in (2018, 2020)}
        found[method] = [
            flow_error(exact[2018], 2018),
            flow_error(exact[2020], 2020),
            multiplier_error(exact[2020], 2020),
        ]
        for error in (0.05, 0.10):
            for year in (2018, 2020):
                draws = [flow_error(updated(method, year, error, seed), year) for seed in range(DRAWS)]
                found[method].append(float(np.mean(draws)))
    return found


def by_recipe(place: Path, method: str, year: int) -> float:
    """Error of flows where a recipe knows output, value added, imports by product and spending by final user."""
    folder = place / "china-2018"
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    text = (FOLDER / "recipe.yaml").read_text(encoding="utf-8").replace("gras", method)
    text = text.replace("target_year: 2018", f"target_year: {year}").replace("_2018.csv", f"_{year}.csv")
    text = text.replace("end: 2019-12", f"end: {year + 1}-12")
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    a = build_own(folder).settled.accounts
    return flow_error(np.vstack([a.Zd, a.Zm]), year)
