"""A result in the formats of other tools holds the same numbers."""

import csv

import numpy as np
import pytest
import xarray

import simcore
from simcore.result import TOTAL


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("run") / "one"
    result = simcore.run_file("consumption-vouchers", draws=4, model="inventory")
    result.save(place, ["nc", "zarr", "iamc", "xlsx"])
    return result, place


def test_zarr_holds_the_data_set(folder):
    result, place = folder
    assert xarray.open_zarr(place / "results.zarr").identical(result.dataset)


def test_the_iamc_table_has_a_column_a_month_and_every_region(folder):
    result, place = folder
    with open(place / "results.iamc.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["Model", "Scenario", "Region", "Variable", "Unit", *result.periods]
    found = {(r["Scenario"], r["Region"], r["Variable"]): r for r in rows}
    assert len(found) == len(rows)
    name = result.variables["iva"].long_name
    for region in (TOTAL, *result.codes("region")):
        row = found[f"{result.scenario} scenario", region, name]
        series = result.series("iva", "scenario", (TOTAL, region, TOTAL))
        assert np.allclose([float(row[p]) for p in result.periods], series, rtol=1e-9)
    assert (f"{result.scenario} scenario", TOTAL, f"{name}|q05") in found
    assert (f"{result.scenario} scenario", TOTAL, f"{name}|C38") in found


def test_the_workbook_has_a_sheet_a_variable_with_its_numbers(folder):
    from openpyxl import load_workbook

    result, place = folder
    book = load_workbook(place / "results.xlsx", read_only=True)
    assert {*result.values, "contributions", "costs", "assumptions"} == set(book.sheetnames)
    rows = book["iva_level_effect"].iter_rows(values_only=True)
    head = next(rows)
    assert head[5 : 5 + len(result.periods)] == result.periods and head[-1] == "unit: %"
    first = next(row for row in rows if row[:5] == ("scenario", "value", TOTAL, TOTAL, TOTAL))
    assert np.allclose(first[5 : 5 + len(result.periods)], result.series("iva_level_effect"), rtol=1e-12)


def test_a_file_that_asks_for_parts_gets_their_tables(tmp_path, monkeypatch):
    from simcore import cli

    monkeypatch.chdir(tmp_path)
    sets = ["--set", "outputs.decompose=[direct, policy]", "--model", "leontief", "--draws", "0"]
    sets += ["--formats", "csv", "--out", "run", "--quiet"]
    with pytest.raises(SystemExit):
        cli.app(["run", "consumption-vouchers", "--set", "model=leontief", *sets[:2], *sets[4:]], prog_name="simcore")
    decomposed = (tmp_path / "run" / "decomposition.csv").read_text(encoding="utf-8")
    assert decomposed.startswith("table,row,column,value,unit\nchain,vouchers,spent,")
    attributed = (tmp_path / "run" / "contributions.csv").read_text(encoding="utf-8")
    assert attributed.startswith("table,name,first_in,last_in,shapley,error,without_shocks,members\npolicies,")
