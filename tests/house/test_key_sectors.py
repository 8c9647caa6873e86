"""The table of indicators: the same numbers as the models, and nothing that could be read in two ways."""

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

import simcore
from simcore import cli
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy.readers import from_flows
from simcore.errors import UnknownNameError
from simcore.key_sectors import csv_table, text_table
from simcore.models.leontief import Leontief
from simcore.testing import economies, permuted, random_economy, scaled

MONTH = Calendar.between("2022-11", "2022-11")
SOME = settings(max_examples=10, deadline=None)
RATIOS = ("income", "value_added", "employment", "imports", "taxes")


def printed(found, width=160, top=None):
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(text_table(found, top, width))
    return console.export_text()


@given(st.integers(0, 2**32 - 1), st.integers(1, 4))
@SOME
def test_effects_are_what_the_leontief_model_makes_of_a_yuan_of_exports(seed, sectors):
    economy = random_economy(np.random.default_rng(seed), sectors, 1, 1, empty=0.0)
    found = simcore.indicators(economy).sortby("activity")
    exports = int(economy.users("exports")[0])
    for i in np.argsort(economy.activities):
        weights = np.zeros((economy.K, economy.F))
        weights[economy.sector[i], exports] = 1.0
        more = Drivers.calm(economy, MONTH).having("more:0", "demand", np.ones(1), weights)
        row = found.sel(activity=economy.activities[i])
        for form in ("open", "closed"):
            paths = Leontief(households=form).simulate(economy, more)
            base = Leontief(households=form).simulate(economy, Drivers.calm(economy, MONTH))
            assert float(row[f"output_{form}"]) == pytest.approx((paths.output - base.output).sum(), rel=1e-6)
            assert float(row[f"income_{form}"]) == pytest.approx(paths.household_income.sum(), rel=1e-6)
            added = (paths.value_added - base.value_added).sum()
            assert float(row[f"value_added_{form}"]) == pytest.approx(added, rel=1e-6)
            abroad = (paths.imports - base.imports).sum()
            assert float(row[f"imports_{form}"]) == pytest.approx(abroad, rel=1e-6, abs=1e-9)


@given(economies(max_sectors=4), st.sampled_from(["activity", "sector", "region"]))
@SOME
def test_what_a_yuan_of_demand_brings_is_value_added_or_imports(economy, by):
    found = simcore.indicators(economy, by)
    assert np.allclose(found.value_added_open + found.imports_open, 1.0, rtol=1e-9)
    assert np.allclose(found.output_share.sum(), 100.0)
    assert (found.output_closed >= found.output_open - 1e-12).all()
    assert (found.esri <= 100.0 + 1e-9).all() and (found.esri >= found.output_share - 1e-9).all()
    assert np.allclose(found.extraction_complete, found.esri_upstream, rtol=1e-8)  # one event, two ways to it
    assert (np.diff(found.esri) <= 0).all()
    for name in RATIOS:
        direct = found[f"{name}_open"] / found[f"{name}_type_1"]
        assert np.allclose(found[f"{name}_closed"] / found[f"{name}_type_2"], direct, rtol=1e-9, equal_nan=True)


@given(economies(max_sectors=4), st.integers(0, 2**32 - 1))
@SOME
def test_order_and_unit_of_money_change_no_row(economy, seed):
    rng = np.random.default_rng(seed)
    calm = Drivers.calm(economy, MONTH)
    other, _ = permuted(economy, calm, rng.permutation(economy.n), rng.permutation(economy.K))
    bigger, _ = scaled(economy, calm, 4.0)
    one = simcore.indicators(economy, "sector").sortby("sector")
    two = simcore.indicators(other, "sector").sortby("sector")
    three = simcore.indicators(bigger, "sector").sortby("sector")
    for name in one.data_vars:
        assert np.allclose(one[name], two[name], rtol=1e-8, equal_nan=True), name
        factor = 4.0 if name == "output" else 0.25 if name in ("employment_open", "employment_closed") else 1.0
        assert np.allclose(factor * one[name], three[name], rtol=1e-8, equal_nan=True), name


def test_a_sector_is_the_mean_of_its_activities_by_output():
    economy = random_economy(np.random.default_rng(5), 3, 2, 2, empty=0.0)
    one, whole = simcore.indicators(economy).sortby("activity"), simcore.indicators(economy, "sector")
    order = np.argsort(economy.activities)
    x, sector = economy.x[order], economy.sector[order]
    for k, code in enumerate(economy.sectors.codes):
        row, mine = whole.sel(sector=code), sector == k
        for name in ("output_open", "employment_closed", "upstreamness", "downstreamness", "value_added_share"):
            assert float(row[name]) == pytest.approx(np.average(one[name].values[mine], weights=x[mine]), rel=1e-9)
        assert float(row.extraction_complete) <= float(one.extraction_complete.values[mine].sum()) + 1e-9


def test_a_sector_without_output_has_finite_numbers_but_no_ratio_to_nothing():
    economy = random_economy(np.random.default_rng(8), 3, 1, 1, empty=0.0)
    x, use, imported, origin = (
        a.copy() for a in (economy.x, economy.use_domestic, economy.use_imported, economy.origin)
    )
    added = economy.value_added.copy()
    x[1] = use[:, 1] = imported[:, 1] = origin[1] = added[:, 1] = 0.0
    economy = replace(economy, x=x, use_domestic=use, use_imported=imported, origin=origin, value_added=added)
    found = simcore.indicators(economy, "sector")
    ratios = {f"{name}_type_{i}" for name in RATIOS for i in (1, 2)}
    assert all(np.isfinite(found[name]).all() for name in found.data_vars if name not in ratios)
    row = found.sel(sector="S1")
    assert np.isnan(float(row.income_type_1)) and float(row.esri) == 0.0 and float(row.output_open) == 1.0
    assert "–" in printed(found) and ",," in csv_table(found)


@pytest.fixture
def bare():
    """A table of two sectors that says nothing about labour."""
    Z, Y = np.array([[150.0, 500.0], [200.0, 100.0]]), np.array([[350.0], [1700.0]])
    return from_flows(
        Z, Y, activities=["farm", "factory"], users=["households"], name="two", unit="m dollars", year=2000
    )


def test_the_textbook_table_of_two_sectors(bare):
    found = simcore.indicators(bare, "sector").sel(sector=["farm", "factory"])
    # Miller and Blair (2009), chapter 2: L = [[1.2541, 0.3300], [0.2640, 1.1221]].
    assert found.output_open.values == pytest.approx([1.5181, 1.4521], abs=1e-4)
    assert found.output.units == "m dollars a year" and found.output_open.units == "dollars per dollars of final demand"


def test_what_a_table_cannot_tell_is_left_out_and_said(bare):
    found = simcore.indicators(bare, "sector")
    assert not {"income_open", "output_closed", "employment_open", "taxes_open"} & set(found.data_vars)
    notes = " ".join(found.attrs["notes"])
    assert "no closed effects: value added has no component 'compensation'" in notes
    assert "no effects on employment" in notes and "every input that is used is critical" in notes
    assert "Note: no closed effects" in printed(found)
    negative = replace(bare, use_imported=np.array([[-1.0, 0.0], [0.0, 0.0]]))
    found = simcore.indicators(negative, "sector")
    assert "esri" not in found and found.attrs["sorted_by"] == "extraction loss"
    assert "no index of systemic risk: two: use_imported of farm" in " ".join(found.attrs["notes"])


def test_every_number_has_its_unit_and_form():
    found = simcore.indicators(random_economy(np.random.default_rng(1), 3, 2, 1), "activity")
    for name, variable in found.data_vars.items():
        assert variable.attrs["units"] and variable.attrs["long_name"], name
        if name.endswith(("_open", "_closed")):
            assert "of final demand" in variable.units and name.rpartition("_")[2] in variable.long_name
        if name.endswith(("_type_1", "_type_2")):
            assert "direct effect" in variable.units and "Type I" in variable.long_name
    text = printed(found, top=2)
    assert "2 of 6" in text and len(re.findall(r"^ S\d, R\d, O\d ", text, re.MULTILINE)) == 2
    assert "wider terminal" in printed(found, width=90) and "systemic" in printed(found, width=60)
    rows = list(csv.reader(io.StringIO(csv_table(found))))
    assert rows[0][:3] == ["activity", "name", "output [bn yuan a year]"]
    assert len(rows) == 1 + found.sizes["activity"] and float(rows[1][2]) > 0
    with pytest.raises(UnknownNameError, match="no indicators by 'country'"):
        simcore.indicators(random_economy(np.random.default_rng(1)), "country")


def test_the_command_prints_the_table_of_a_folder(tmp_path, capsys):
    (tmp_path / "flows.csv").write_text(",a,b\na,150,500\nb,200,100\n")
    (tmp_path / "final_demand.csv").write_text(",households\na,350\nb,1700\n")

    def call(*words):
        with pytest.raises(SystemExit) as end:
            cli.app(["indicators", *words], prog_name="simcore")
        return (end.value.code or 0, *capsys.readouterr())

    code, out, _ = call(str(tmp_path), "--format", "csv")
    assert code == 0 and out.startswith("sector,name,output [") and len(out.splitlines()) == 3
    code, out, _ = call(str(tmp_path), "--top", "1")
    assert code == 0 and "1 of 2" in out
    assert call(str(tmp_path), "--by", "country")[0] == 2
    assert call(str(tmp_path), "--format", "html")[0] == 2
    code, _, err = call("nowhere")
    assert code == 2 and "there is no file or folder 'nowhere'" in err
