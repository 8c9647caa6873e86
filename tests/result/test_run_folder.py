"""Saving, loading and the files of a run folder."""

import csv
import json

import numpy as np
import pytest

from simcore.errors import RunExistsError, UnknownNameError
from simcore.report import save_run
from simcore.result import Result
from simcore.runfolder import COLUMNS, write_summary
from simcore.variables import RANGE, STATISTICS


def assert_same(one: Result, two: Result) -> None:
    """Every field equal, arrays bit for bit."""
    for name in ("values", "draws"):
        mine, theirs = getattr(one, name), getattr(two, name)
        assert list(mine) == list(theirs)
        for key in mine:
            np.testing.assert_array_equal(mine[key], theirs[key])
    for name in ("points", "parts", "point_draws", "baseline_band"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert list(one.ranges) == list(two.ranges)
    for key in one.ranges:
        np.testing.assert_array_equal(one.ranges[key], two.ranges[key])
    for (m, line), (other, again) in zip(one.fiscal, two.fiscal, strict=True):
        assert (m, line.name, line.kind, line.payer) == (other, again.name, again.kind, again.payer)
        np.testing.assert_array_equal(line.path, again.path)
    np.testing.assert_array_equal(one.binding.codes, two.binding.codes)
    np.testing.assert_array_equal(one.binding.weights, two.binding.weights)
    assert one.binding.codes.dtype == two.binding.codes.dtype
    for name in ("variants", "activities", "products"):
        assert getattr(one.binding, name) == getattr(two.binding, name)
    assert one.history.months == two.history.months and one.history.source == two.history.source
    np.testing.assert_array_equal(one.history.yoy, two.history.yoy)
    np.testing.assert_array_equal(one.history.two_year, two.history.two_year)
    for name in (
        "scenario",
        "title",
        "counterfactual",
        "counterfactual_text",
        "model",
        "closure",
        "periods",
        "variants",
        "slices",
        "measures",
        "flags",
        "names",
        "estimates",
        "assumptions",
        "claims",
        "checks",
        "warnings",
        "notes",
        "hindcast",
        "residuals",
        "provenance",
        "outcome",
        "variables",
    ):
        assert getattr(one, name) == getattr(two, name), name


@pytest.mark.parametrize("which", ["result", "central"])
def test_a_saved_result_comes_back_exactly(which, request, tmp_path):
    before = request.getfixturevalue(which)
    assert_same(before, Result.load(before.save(tmp_path / "run")))


def test_the_file_reads_as_the_data_set_in_xarray(result, tmp_path):
    import xarray

    result.save(tmp_path / "run", ["nc"])
    with xarray.open_dataset(tmp_path / "run" / "results.nc", engine="h5netcdf") as found:
        for name, array in result.dataset.data_vars.items():
            xarray.testing.assert_equal(array, found[name])
            assert found[name].attrs["units"] == array.attrs["units"]
            assert found[name].attrs["long_name_zh"] == array.attrs["long_name_zh"]


def read_summary(result, path):
    write_summary(result, path)
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_summary_has_exactly_the_promised_columns_and_statistics(result, central, tmp_path):
    rows = read_summary(result, tmp_path / "summary.csv")
    assert tuple(rows[0]) == COLUMNS
    assert ",".join(COLUMNS) == "variant,statistic,variable,sector,region,ownership,period,value,unit"
    assert {r["statistic"] for r in rows if r["variable"] == "iva_yoy"} == set(STATISTICS)
    assert {r["statistic"] for r in rows if r["variable"] == "output"} == {"value"}
    assert {r["statistic"] for r in read_summary(central, tmp_path / "central.csv")} == {"value", *RANGE}
    assert {r["variant"] for r in rows} == {"baseline", "scenario"}
    assert {r["unit"] for r in rows if r["variable"] == "iva_yoy"} == {"%"}


def test_the_summary_holds_the_numbers_of_the_result(result, tmp_path):
    rows = read_summary(result, tmp_path / "summary.csv")
    found = {tuple(r[c] for c in COLUMNS[:7]): float(r["value"]) for r in rows}
    assert len(found) == len(rows)
    draws = result.series_draws("iva_yoy", "scenario", ("total", "west", "total"))
    place = ("iva_yoy", "total", "west", "total", "2023-05")
    assert found["scenario", "mean", *place] == pytest.approx(draws[:, 6].mean(), rel=1e-9)
    for q, name in ((0.05, "q05"), (0.25, "q25"), (0.5, "q50"), (0.75, "q75"), (0.95, "q95")):
        assert found["scenario", name, *place] == pytest.approx(np.quantile(draws[:, 6], q), rel=1e-9)
    cell = ("scenario", "value", "iva_level_effect", "C36a", "east", "total", "2022-11")
    expected = result.series("iva_level_effect", "scenario", ("C36a", "east", "total"))[0]
    assert found[cell] == pytest.approx(expected, rel=1e-9)


def test_the_summary_holds_the_ranges_of_regions_and_owners(result, tmp_path):
    rows = [r for r in read_summary(result, tmp_path / "summary.csv") if r["statistic"] in RANGE]
    assert {r["variant"] for r in rows} == {"scenario"} and {r["variable"] for r in rows} == {"iva_level_effect"}
    found = {(r["statistic"], r["region"], r["ownership"], r["period"]): float(r["value"]) for r in rows}
    for (_, (sector, region, owner)), ends in result.ranges.items():
        for word, end in zip(RANGE, ends, strict=True):
            assert sector == "total"
            values = np.broadcast_to(end, len(result.periods))
            for t, period in enumerate(result.periods):
                assert found[word, region, owner, period] == pytest.approx(values[t], rel=1e-9)


def test_the_summary_has_no_line_for_a_number_that_does_not_exist(result, tmp_path):
    rows = read_summary(result, tmp_path / "summary.csv")
    assert all(np.isfinite(float(r["value"])) for r in rows)
    assert not [r for r in rows if r["sector"] == "F" and r["variable"] == "iva"]  # trade has no industrial value added
    assert [r for r in rows if r["sector"] == "F" and r["variable"] == "output"]


def test_a_run_folder_holds_all_its_files(result, tmp_path):
    folder = save_run(result, tmp_path / "deep" / "run", files={"resolved.yaml": "schema: simcore/scenario@1\n"})
    names = {p.name for p in folder.iterdir()}
    assert names == {"run.json", "results.nc", "summary.csv", "cost_effectiveness.csv", "report.html", "resolved.yaml"}
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["seed"] == 7 and record["versions"]["simcore"] == "0.1.0"
    assert record["outcome"]["status"] == "completed" and record["residuals"]
    assert [p.name for p in folder.parent.iterdir()] == ["run"]


def test_an_existing_run_is_not_overwritten_without_force(result, tmp_path):
    folder = result.save(tmp_path / "run", ["csv"])
    before = (folder / "summary.csv").read_bytes()
    with pytest.raises(RunExistsError, match="--force"):
        result.save(folder, ["csv"])
    with pytest.raises(RunExistsError, match="--force"):
        save_run(result, folder, ["html"])
    assert (folder / "summary.csv").read_bytes() == before


def test_force_replaces_the_run_and_keeps_what_the_user_put_beside_it(result, central, tmp_path):
    folder = result.save(tmp_path / "run", ["nc", "csv"])
    (folder / "notes.txt").write_text("mine")
    central.save(folder, ["nc"], force=True)
    assert {p.name for p in folder.iterdir()} == {"run.json", "results.nc", "notes.txt"}
    assert Result.load(folder).n_draws == 0
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_even_force_leaves_a_folder_alone_that_is_no_run(result, tmp_path):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "letter.txt").write_text("dear")
    with pytest.raises(RunExistsError, match="not a run"):
        result.save(tmp_path / "letters", ["csv"], force=True)
    assert (tmp_path / "letters" / "letter.txt").read_text() == "dear"


def test_an_empty_folder_is_filled(result, tmp_path):
    (tmp_path / "run").mkdir()
    assert (result.save(tmp_path / "run", ["csv"]) / "summary.csv").is_file()


@pytest.mark.parametrize("occupied", [False, True])
def test_a_run_that_breaks_off_leaves_nothing_of_itself(result, tmp_path, monkeypatch, occupied):
    if occupied:
        result.save(tmp_path / "run", ["csv"])
    before = sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*"))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("simcore.runfolder.write_run_record", interrupted)
    with pytest.raises(KeyboardInterrupt):
        result.save(tmp_path / "run", ["csv"], force=True)
    assert sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")) == before


def test_an_unknown_format_is_named(result, tmp_path):
    with pytest.raises(UnknownNameError, match="docx"):
        result.save(tmp_path / "run", ["docx"])
    assert not list(tmp_path.iterdir())


def test_loading_a_folder_without_netcdf_says_what_to_do(result, tmp_path):
    folder = result.save(tmp_path / "run", ["csv"])
    with pytest.raises(UnknownNameError, match="--formats nc"):
        Result.load(folder)
