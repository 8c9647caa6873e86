"""Updates of a table whose later truth is known: errors by method, and that the tutorial tells them as they are."""

import re
from pathlib import Path

import numpy as np
import pytest
from updating import CELLS, FOLDER, HELD, by_recipe, errors, grid, later, start, updated

from simcore.fitting.balances import BALANCES
from simcore.fitting.own.fit import CELLS as RECIPES_CELLS

TUTORIAL = Path(__file__).parents[2] / "calibration" / "README.md"


@pytest.fixture(scope="module")
def found():
    return errors()


def test_the_tutorial_tells_every_error_as_it_is(found):
    text = TUTORIAL.read_text(encoding="utf-8")
    rows = re.finditer(r"^\| `?([\w ]+?)`? \| ((?:[\d.]+ \| ){6}[\d.]+) \|$", text, re.MULTILINE)
    told = {row[1]: [float(v) for v in row[2].split("|")] for row in rows}
    assert set(told) == set(found) == {HELD, *BALANCES}
    for method, row in found.items():
        assert told[method] == pytest.approx(row, abs=0.051), method


def test_the_readme_tells_the_errors_of_2020(found):
    readme = (TUTORIAL.parents[1] / "README.md").read_text(encoding="utf-8")
    told = re.search(r"errs by ([\d.]+) % of its flows, with old coefficients by\s+([\d.]+) %", readme)
    assert told and [float(v) for v in told.groups()] == pytest.approx([found["gras"][1], found[HELD][1]], abs=0.051)


def test_margins_of_the_later_year_bring_the_table_nearer_than_old_coefficients(found):
    held = found.pop(HELD)
    for method, row in found.items():
        assert row[0] < held[0] and row[1] < held[1] and row[2] < held[2], method
    assert min(found, key=lambda m: found[m][1]) in ("ras", "gras", "mrgras")
    found[HELD] = held


def test_where_sales_are_uncertain_a_method_that_weighs_them_errs_less_than_one_that_meets_them(found):
    one_year, three_years = (5, 6)  # columns of errors of 10 %
    assert found["kras"][3] < found["ras"][3]
    assert found["kras"][one_year] < 0.7 * found["ras"][one_year]
    assert found["kras"][three_years] < 0.9 * found["ras"][three_years]


def test_an_update_meets_the_later_margins_and_sees_nothing_else_of_the_truth():
    truth = later(2020)
    for method in ("ras", "gras", "cross_entropy", "least_squares", "mrgras"):
        table = updated(method, 2020)
        assert np.abs(table.sum(axis=1) - truth.flows.sum(axis=1)).max() < 1e-6, method
        assert np.abs(table.sum(axis=0) - truth.flows.sum(axis=0)).max() < 1e-6, method
    assert updated(HELD, 2020) == pytest.approx(start(truth.x))


def test_the_tables_are_those_of_the_statistical_office():
    """Value added of 2017, 2018 and 2020 in the tables, bn yuan, and rows that sum to output."""
    assert grid("sources", "value_added_2017").sum() == pytest.approx(82_321.6, abs=0.2)
    assert grid("sources", "value_added_2018").sum() == pytest.approx(92_205.7, abs=0.2)
    assert grid("sources", "value_added_2020").sum() == pytest.approx(101_642.2, abs=0.2)
    for year in (2018, 2020):
        x, added = grid("sources", f"output_{year}")[:, 0], grid("sources", f"value_added_{year}")[:, 0]
        assert later(year).flows.sum(axis=0) + added == pytest.approx(x, rel=1e-4)
    assert (FOLDER / "sources" / "SOURCES.md").exists()


@pytest.mark.parametrize("method", ["gras", "least_squares"])
def test_a_recipe_with_fewer_totals_still_beats_old_coefficients(tmp_path, found, method):
    errors = [by_recipe(tmp_path, method, year) for year in (2018, 2020)]
    assert errors[0] < found[HELD][0] and errors[1] < found[HELD][1]
    if method == "gras":
        told = re.search(r"errs by ([\d.]+) % in 2018 and ([\d.]+) % in 2020", TUTORIAL.read_text(encoding="utf-8"))
        assert told and [float(value) for value in told.groups()] == pytest.approx(errors, abs=0.051)
    assert errors[0] > found[method][0] and errors[1] > found[method][1]  # it knows less than the margins of the flows


def test_cells_are_as_uncertain_here_as_in_recipes():
    assert CELLS == RECIPES_CELLS
