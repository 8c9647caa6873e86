"""The labelled data set, arithmetic on results, and the numbers of tables."""

import dataclasses
import io
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.console import Console

from simcore.errors import TableError, UnknownNameError
from simcore.headline import (
    average_part,
    first_year,
    first_year_part,
    level_effect,
    month_rows,
    place_month,
    place_rows,
    shown_measures,
)
from simcore.result import BASELINE, NATION, SCENARIO, TOTAL, january_february, with_statistics
from simcore.tables import signed, table


def text_of(renderable, width=120) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(renderable)
    return console.export_text()


@settings(max_examples=30, deadline=None)
@given(arrays(float, (9, 2, 3, 2), elements=st.floats(-1e6, 1e6)))
def test_statistics_are_those_of_numpy(draws):
    values = draws[0]
    found = with_statistics(values, draws)
    np.testing.assert_array_equal(found[:, 0], values)
    np.testing.assert_allclose(found[:, 1], draws.mean(axis=0), atol=1e-6)
    expected = np.quantile(draws, (0.05, 0.25, 0.5, 0.75, 0.95), axis=0)
    np.testing.assert_allclose(found[:, 2:], np.moveaxis(expected, 0, 1), rtol=1e-12, atol=1e-6)


def test_every_variable_has_units_and_names_in_both_languages(result):
    data = result.dataset
    for name in result.values:
        assert data[name].dims == ("variant", "statistic", "slice", "period")
        assert data[name].attrs["units"] and data[name].attrs["long_name"] and data[name].attrs["long_name_zh"]
    assert "ownership: estimate, share_only" in data["iva"].attrs["flags"]


def test_by_gives_the_codes_of_one_dimension(result):
    regions = result.by("region")
    assert list(regions["region"].values) == ["east", "central", "west", "northeast"]
    assert regions["region"].attrs["flags"] == "estimate"
    west = regions["iva_yoy"].sel(region="west", variant="scenario", statistic="value")
    np.testing.assert_array_equal(west, result.series("iva_yoy", "scenario", ("total", "west", "total")))
    with pytest.raises(UnknownNameError, match="planet"):
        result.by("planet")


def test_minus_itself_is_zero_with_all_statistics(result):
    nothing = result.minus(result)
    there = np.isfinite(result.statistics("iva_yoy"))
    assert (nothing["iva_yoy"].values[there] == 0.0).all()
    assert nothing["iva_yoy"].attrs["units"] == "pp"
    assert nothing["iva"].attrs["units"] == result.variables["iva"].unit


def test_the_range_of_a_difference_comes_from_differences_draw_by_draw(result):
    effect = result.versus()["iva_yoy"].isel(slice=0)
    draws = result.series_draws("iva_yoy", "scenario") - result.series_draws("iva_yoy", "baseline")
    np.testing.assert_allclose(
        effect.sel(variant="scenario", statistic="q95"), np.quantile(draws, 0.95, axis=0), rtol=1e-12
    )
    assert (result.versus()["iva"].sel(variant="baseline", statistic="value").isel(slice=0) == 0.0).all()


def test_versus_gives_flows_in_per_cent_and_rates_in_points(result):
    deviation = result.versus("baseline")
    assert deviation["iva"].attrs["units"] == "% of the baseline"
    assert deviation["iva_yoy"].attrs["units"] == "pp"
    mine = deviation["iva"].sel(variant="scenario", statistic="value").isel(slice=0)
    np.testing.assert_allclose(mine, result.series("iva_level_effect"), atol=1e-10)
    np.testing.assert_array_equal(result.versus(result)["iva"].isel(slice=0).sel(statistic="value"), 0.0)


def test_results_over_other_months_are_not_subtracted_in_silence(result):
    other = dataclasses.replace(result, periods=tuple(f"2030-{m:02d}" for m in range(1, 15)))
    with pytest.raises(TableError, match="periods differ"):
        result.minus(other)


def test_contributions_add_up_in_the_data_set(result):
    found = result.contributions()
    difference = result.versus()["iva_yoy"].sel(variant="scenario", statistic="value")
    total = found["points"].sel(statistic="value").sum("measure", skipna=False)
    np.testing.assert_allclose(total.values, difference.values, atol=1e-9)
    level = found["parts"].sum("measure", skipna=False)
    np.testing.assert_allclose(level.values, result.values["iva_level_effect"][1], atol=1e-9)


def test_the_rows_of_the_table_add_up(result):
    for row in month_rows(result):
        assert sum(row.points) == pytest.approx(row.with_measures.value - row.without, abs=1e-9)
        assert row.difference.low <= row.difference.high
    assert len(month_rows(result)) == 13  # fourteen months, January and February as one


def test_january_and_february_are_one_row_only_where_both_are_there():
    assert january_february(["2022-12", "2023-01", "2023-02"]) == [("2022-12", [0]), ("2023 Jan-Feb", [1, 2])]
    assert january_february(["2023-02", "2023-03"]) == [("2023-02", [0]), ("2023-03", [1])]
    assert january_february(["2023-Q1", "2023-Q2"]) == [("2023-Q1", [0]), ("2023-Q2", [1])]


def test_the_level_effect_of_several_months_is_that_of_their_sum(result):
    high, low = result.series("iva", "scenario"), result.series("iva", "baseline")
    assert level_effect(result, [2, 3]).value == pytest.approx(100 * (high[2:4].sum() / low[2:4].sum() - 1))
    parts = sum(average_part(result, i) for i in range(len(result.measures)))
    assert parts == pytest.approx(level_effect(result).value, abs=1e-9)


def test_ranges_of_parts_agree_with_the_draws_of_the_level(result):
    one = dataclasses.replace(
        result,
        measures=result.measures[:1],
        points=result.points.sum(axis=0, keepdims=True),
        parts=result.parts.sum(axis=0, keepdims=True),
        point_draws=result.point_draws.sum(axis=1, keepdims=True),
        ledger=None,
    )
    whole, part = level_effect(one, first_year(one)), first_year_part(one, 0)
    assert part.value == pytest.approx(whole.value, abs=1e-9)
    np.testing.assert_allclose(part[1:], whole[1:], atol=1e-5)  # draws are kept in single precision


def test_the_smallest_of_many_measures_are_summed(result):
    names, groups = shown_measures(result, limit=2)
    assert names[-1] == "2 other measures" and sorted(i for group in groups for i in group) == [0, 1, 2]
    assert all(
        sum(row.points) == pytest.approx(row.difference.value, abs=1e-9) for row in month_rows(result, groups=groups)
    )


def test_the_headline_table_names_its_counterfactual_and_its_range(result, central):
    text = text_of(table(result))
    assert "off_from_origin" in text and "2023 Jan-Feb" in text and "5-95 %" in text and "16 draws" in text
    row = next(r for r in month_rows(result) if r.label == "2022-11")
    line = next(line for line in text.splitlines() if line.strip().startswith("2022-11  "))
    assert f"{row.without:.1f}" in line and signed(row.difference.value) in line
    assert "5-95 %" not in text_of(table(central))
    assert "Check failed: plausible size" in text


@pytest.mark.parametrize("dimension", ["region", "ownership", "sector"])
def test_tables_by_dimension_carry_flags_and_ranges(result, dimension):
    text = text_of(table(result, by=dimension))
    assert ("estimate" in text) == (dimension != "sector")
    assert ("range over" in text) == (dimension != "sector")
    assert ("share only" in text) == (dimension == "ownership")
    assert "Wholesale" not in text  # a sector without industrial value added


def test_owners_that_differ_in_exports_are_no_share_only_and_every_figure_of_theirs_has_a_range(result):
    place = (TOTAL, TOTAL, "private")
    level, growth = (result.series(name, SCENARIO, place) for name in ("iva", "iva_yoy"))
    ranges = result.ranges | {("iva", place): (0.5 * level, 1.5 * level), ("iva_yoy", place): (growth - 1, growth + 2)}
    own = dataclasses.replace(result, flags={"ownership": ("estimate",)}, ranges=ranges)
    text = text_of(table(own, by="ownership"))
    assert "share only" not in text and "what they export" in " ".join(text.split())
    (row,) = [r for r in place_rows(own, "ownership") if r.code == "private"]
    assert row.share_low == pytest.approx(0.5 * row.share) and row.share_high == pytest.approx(1.5 * row.share)
    assert row.amount_low < row.amount < row.amount_high
    month = place_month(own, place, 6)
    assert (month.low, month.high) == (pytest.approx(month.rate - 1.0), pytest.approx(month.rate + 2.0))
    assert f"{month.low:.1f} to {month.high:.1f}" in text


def test_a_variant_has_no_ranges_and_so_no_lines_by_owner(result):
    assert place_rows(result, "ownership") and not place_rows(result, "ownership", BASELINE)
    assert all(np.isnan(row.method_low) for row in place_rows(result, "region", BASELINE))


def test_a_result_refuses_shapes_that_do_not_fit(result):
    with pytest.raises(TableError, match=r"values\['iva'\] has shape"):
        dataclasses.replace(result, values=dict(result.values) | {"iva": np.zeros((2, 3, 4))})
    with pytest.raises(TableError, match="low end above"):
        dataclasses.replace(result, ranges={("iva", NATION): (1.0, 0.0)})
    with pytest.raises(TableError, match="needs central values"):
        dataclasses.replace(result, values=dict(result.values) | {"magic": result.values["iva"]})


def test_a_result_cannot_be_written_to(result):
    with pytest.raises(ValueError, match="read-only"):
        result.values["iva"][0, 0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        result.series("iva")[0] = 1.0


def test_unknown_names_are_answered_with_the_known_ones(result):
    with pytest.raises(UnknownNameError, match="iva_yoy"):
        result.series("growth")
    with pytest.raises(UnknownNameError, match="baseline, scenario"):
        result.series("iva", "other")
    with pytest.raises(UnknownNameError, match="sector=C99"):
        result.series("iva", "scenario", ("C99", "total", "total"))


def test_importing_results_and_tables_loads_nothing_heavy():
    code = (
        "import sys, simcore.result, simcore.tables, simcore.runfolder, simcore.report, simcore.plot;heavy "
        "= {'xarray', 'matplotlib', 'jinja2', 'h5netcdf', 'pandas', 'numba', 'scipy'} & "
        "set(sys.modules);print(heavy); sys.exit(bool(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
