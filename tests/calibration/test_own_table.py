"""Calibrations from one's own table: accounts close, totals are met, scenarios run in the table's currency."""

import os
import re
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from own_country import FILES, RECIPE, column, with_totals, write

from simcore import cli
from simcore.content import find_calibration
from simcore.economy.baseline import Baseline
from simcore.economy.indicators import leontief_inverse
from simcore.economy.store import load_economy
from simcore.economy.supply_use import coefficients
from simcore.errors import ScenarioError
from simcore.fitting.calibrate import calibrate, compare
from simcore.fitting.own.build import build_own
from simcore.fitting.own.reading import input_hashes
from simcore.fitting.swap import write_whole
from simcore.run import run_file

US = find_calibration("us-2019")
SCENARIO = """schema: simcore/scenario@1
id: steel
calibration: small@1
time: {step: month, start: 2020-01, end: 2020-06}
shocks:
  strike:
    kind: capacity_loss
    target: {sector: {any: [steel]}}
    loss: 30 %
    profile: {kind: pulse, start: 2020-02, end: 2020-02}
policies:
  works:
    kind: consumer_subsidy
    amount: 2 bn EUR
    spend_on: {cars: 1}
    profile: {kind: pulse, start: 2020-03, end: 2020-04}
"""


def gaps(economy):
    """Largest gaps of supply and use, of output and its cost, and of the two sides of GDP; relative."""
    rows = economy.Z.sum(axis=1) + economy.Y.sum(axis=1) + economy.stock_change - economy.x
    cost = economy.use_domestic.sum(axis=0) + economy.use_imported.sum(axis=0) + economy.value_added.sum(axis=0)
    imports = economy.use_imported.sum() + economy.final_imported.sum()
    spent = economy.Y.sum() + economy.stock_change.sum() + economy.final_imported.sum()
    size = economy.x.max()
    added = economy.value_added.sum()
    return np.abs(rows).max() / size, np.abs(cost - economy.x).max() / size, abs(spent - imports - added) / added


# ---- the United States


def test_the_shipped_united_states_are_as_their_recipe_builds_them():
    assert compare(US) == []


def test_income_production_and_expenditure_of_the_united_states_agree():
    assert max(gaps(load_economy(US))) < 1e-12


def test_value_added_of_the_united_states_is_that_of_the_published_table_in_every_industry():
    rows = [line.split(",") for line in (US / "sources" / "value_added.csv").read_text(encoding="utf-8").splitlines()]
    published = dict(zip(rows[0][1:], np.array([row[1:] for row in rows[1:]], dtype=float).sum(axis=0), strict=True))
    economy = load_economy(US)
    built = dict(zip(economy.sectors.codes, economy.value_added.sum(axis=0), strict=True))
    assert built == pytest.approx(published, abs=0.01)
    assert sum(built.values()) == pytest.approx(21_540, abs=1)


def test_flows_of_the_united_states_are_those_of_fixed_product_sales_but_for_the_last_digits():
    def grid(name):
        text = (US / "sources" / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        return np.array([line.split(",")[1:] for line in text[1:]], dtype=float)

    U, V = grid("use"), grid("make")
    economy = load_economy(US)
    total = economy.use_domestic + economy.use_imported
    wanted = coefficients(U, V, "fixed_product_sales") * V.sum(axis=1)
    assert np.abs(total - wanted).sum() < 2e-4 * wanted.sum()


def test_multipliers_of_the_united_states_in_the_report_are_those_of_the_domestic_flows():
    economy = load_economy(US)
    L = leontief_inverse(economy.use_domestic / economy.x)
    report = (US / "check.md").read_text(encoding="utf-8")
    found = re.search(r"\| 23 Construction \| ([\d.]+) \|", report)
    assert found and float(found[1]) == pytest.approx(L.sum(axis=0)[economy.sectors.index("23")], abs=0.006)


# ---- the four constructions

MAKE = "code,wheat,steel,trips\nfarms,90,2,8\nmills,1,120,4\ncoaches,0,3,72\n"
USE = "code,farms,mills,coaches\nwheat,20,5,10\nsteel,12,40,9\ntrips,6,10,8\n"
SPENT = "code,people,plants,abroad\nwheat,46,0,10\nsteel,4,30,30\ntrips,50,0,10\n"
PAID = "code,farms,mills,coaches\nwages,40,40,30\nprofits,22,30,18\n"
OF_MAKE = """table:
  kind: make_use
  unit: bn EUR
  make: sources/make.csv
  use: sources/use.csv
  final_demand: sources/spent.csv
  value_added: sources/paid.csv
  construction: CONSTRUCTION
regions: {small: Small country}
industry: [SECTOR]
final_demand: {people: households, plants: investment, abroad: exports}
value_added: {wages: compensation, profits: operating_surplus}
baseline: {kind: flat, end: 2020-12}
"""


def of_make_and_use(folder, construction, sector, make=MAKE):
    recipe = RECIPE.split("table:")[0] + OF_MAKE.replace("CONSTRUCTION", construction).replace("SECTOR", sector)
    return write(folder, recipe, make=make, use=USE, spent=SPENT, paid=PAID)


@pytest.mark.parametrize(
    ("construction", "sector"),
    [
        ("fixed_product_sales", "mills"),
        ("fixed_industry_sales", "mills"),
        ("industry_technology", "steel"),
        ("product_technology", "steel"),
    ],
)
def test_each_construction_has_the_textbook_coefficients_and_the_same_gdp(tmp_path, construction, sector):
    V, U = (np.array([line.split(",")[1:] for line in text.splitlines()[1:]], dtype=float) for text in (MAKE, USE))
    economy = build_own(of_make_and_use(tmp_path, construction, sector)).economy
    assert economy.use_domestic / economy.x == pytest.approx(coefficients(U, V, construction), abs=1e-12)
    assert economy.value_added.sum() == pytest.approx(180.0, rel=1e-12)
    assert max(gaps(economy)) < 1e-12


def test_a_product_mix_without_an_inverse_is_told_with_a_way_out(tmp_path):
    make = MAKE.replace("coaches,0,3,72", "coaches,1,120,4").replace("mills,1,120,4", "mills,1,120,4")
    with pytest.raises(ScenarioError, match=r"SC506.*take fixed_product_sales or industry_technology"):
        build_own(of_make_and_use(tmp_path, "product_technology", "steel", make))


# ---- runs


@pytest.fixture(scope="module")
def run_of_the_small_country(tmp_path_factory):
    top = tmp_path_factory.mktemp("own")
    calibrate(write(top / "calibration"))
    (top / "steel.yaml").write_text(SCENARIO, encoding="utf-8")
    before = Path.cwd()
    os.chdir(top)
    try:
        yield top, run_file("steel.yaml", draws=0)
    finally:
        os.chdir(before)


def test_a_scenario_runs_on_ones_own_table(run_of_the_small_country):
    _, result = run_of_the_small_country
    effect = result.series("iva_level_effect")
    assert effect[0] == 0.0 and effect[1] < -1.0
    assert result.series("iva", "baseline") == pytest.approx(np.full(6, 104.0 / 12.0))
    assert result.outcome.status == "completed"


def test_units_and_words_of_a_run_are_those_of_its_table(run_of_the_small_country):
    from simcore.report import render

    _, result = run_of_the_small_country
    assert result.variables["iva"].unit == "bn EUR a month at 2019 prices"
    text = re.sub(r"data:image[^\"]*|<svg.*?</svg>", "", render(result), flags=re.DOTALL)
    assert "bn EUR" in text and "2019 prices" in text
    assert not re.search(r"\bCNY\b|\byuan\b|2020 prices|Bureau of Statistics", text)


def test_an_amount_in_another_currency_is_refused(run_of_the_small_country):
    with pytest.raises(ScenarioError, match=r"SC113.*'2 bn CNY' is in CNY, but small counts in EUR"):
        run_file("steel.yaml", sets=["policies.works.amount=2 bn CNY"], draws=0)


def test_amounts_in_bn_and_mn_of_a_currency_are_the_same_money(run_of_the_small_country):
    _, result = run_of_the_small_country
    other = run_file("steel.yaml", sets=["policies.works.amount=2000 mn EUR"], draws=0)
    assert (other.series("iva") == result.series("iva")).all()


def test_a_draft_on_ones_own_calibration_has_no_problems(run_of_the_small_country, capsys):
    from simcore.language.scenario import check

    with pytest.raises(SystemExit) as end:
        cli.app(["new", "draft", "--calibration", "small"], prog_name="simcore")
    assert end.value.code == 0 and "draft.yaml written" in capsys.readouterr().out
    assert check("draft.yaml") == []


def test_the_size_that_meets_a_target_is_found_and_told_in_the_tables_currency(run_of_the_small_country):
    from simcore.solve import solve

    found = solve("steel.yaml", "policies.works.amount", "iva_level_effect.total.2020-04 >= 0.5 %", draws=0)
    text = str(found)
    assert found.reached and "bn EUR" in text and "CNY" not in text


# ---- totals and balances


shares = st.lists(st.floats(0.8, 1.25), min_size=4, max_size=4)


@settings(max_examples=25, deadline=None)
@given(growth=shares, added=shares)
def test_totals_of_output_and_value_added_are_met_and_the_accounts_close(tmp_path_factory, growth, added):
    output = 100.0 * np.array(growth)
    value_added = np.array([73.0, 64.0, 40.0, 77.0]) * growth * (0.9 + 0.1 * np.array(added))
    folder = with_totals(tmp_path_factory.mktemp("t"), output=column(output), value_added=column(value_added))
    economy = build_own(folder).economy
    assert economy.x == pytest.approx(output, rel=1e-10)
    assert economy.value_added.sum(axis=0) == pytest.approx(value_added, rel=1e-9)
    assert max(gaps(economy)) < 1e-11
    assert economy.use_domestic[0, 1] == 0  # farms sell nothing to steel works, before and after


def test_an_updated_table_is_of_its_target_year(tmp_path):
    built = build_own(with_totals(tmp_path, output=column([104.0, 101.0, 99.0, 108.0])))
    assert built.economy.base_year == built.economy.price_year == 2020
    assert built.baseline.months[0] == "2019-01" and built.baseline.last_observed == "2020-12"
    assert built.settled.iterations > 0 and built.settled.worst[1] < 1e-11


def test_an_uncertain_total_gives_way_and_a_certain_one_does_not(tmp_path):
    output, added = [100.0] * 4, [80.0, 64.0, 40.0, 77.0]
    soft = build_own(
        with_totals(tmp_path / "soft", "kras", uncertainty="20 %", output=column(output), value_added=column(added))
    ).economy.value_added.sum(axis=0)
    hard = build_own(
        with_totals(tmp_path / "hard", output=column(output), value_added=column(added))
    ).economy.value_added.sum(axis=0)
    assert hard == pytest.approx(added, rel=1e-9)
    assert 73.0 < soft[0] < 80.0


def test_a_competitive_table_becomes_one_with_imports_apart_and_the_same_gdp(tmp_path):
    """Use in one table with imports as a column of minus signs: every buyer at home takes the same share."""
    flows = "code,farm,steel,cars,22\nfarm,15,0,5,6\nsteel,3,25,35,9\ncars,3,4,14,3\n22,6,7,6,5\n"
    final = (
        "code,people,state,plants,stocks,abroad,bought_abroad\n"
        "farm,52,5,5,0,20,-8\nsteel,10,5,21,-5,10,-13\ncars,45,10,23,2,8,-12\n22,51,25,4,1,0,-5\n"
    )
    recipe = RECIPE.replace("  imports: sources/imports.csv\n  final_imports: sources/final_imports.csv\n", "")
    recipe = recipe.replace("  abroad: exports\n", "  abroad: exports\n  bought_abroad: imports\n")
    economy = build_own(write(tmp_path, recipe, flows=flows, final_demand=final)).economy
    assert economy.value_added.sum() == 254.0
    assert economy.use_imported.sum() + economy.final_imported.sum() == pytest.approx(38.0)
    assert max(gaps(economy)) < 1e-12
    bought = economy.use_imported / (economy.use_domestic + economy.use_imported).clip(1e-300)
    at_home = economy.final_imported / (economy.final_domestic + economy.final_imported).clip(1e-300)
    assert bought[0][bought[0] > 0] == pytest.approx(bought[0, 0]) and at_home[0, 0] == pytest.approx(bought[0, 0])


def test_a_unit_in_millions_gives_the_same_economy(tmp_path):
    def thousandfold(text):
        return re.sub(r"(?<=,)-?\d+(?=,|\n)", lambda m: str(1000 * int(m[0])), text)

    one = build_own(write(tmp_path / "bn")).economy
    files = {name: text.split("\n", 1)[0] + "\n" + thousandfold(text.split("\n", 1)[1]) for name, text in FILES.items()}
    other = build_own(write(tmp_path / "mn", RECIPE.replace("unit: bn EUR", "unit: mn EUR"), **files)).economy
    assert other.x == pytest.approx(one.x, rel=1e-14) and other.unit == one.unit == "bn EUR"


# ---- activity


def activity(months=48, first=2017, series=("total",)):
    rng = np.random.default_rng(3)
    rows = ["month,code,value"]
    for k in range(months):
        for code in series:
            season = 1.0 + 0.1 * np.sin(2 * np.pi * (k % 12) / 12)
            rows.append(
                f"{first + k // 12}-{k % 12 + 1:02d},{code},{100 * 1.002**k * season * rng.normal(1, 0.01):.6f}"
            )
    return "\n".join(rows) + "\n"


LEVELS = RECIPE.replace("{kind: flat, end: 2020-12}", "{kind: levels, file: sources/activity.csv, end: 2022-12}")


@pytest.mark.parametrize("series", [("total",), ("steel", "cars"), ("total", "cars")])
def test_monthly_activity_is_kept_as_published_and_projected_with_a_band(tmp_path, series):
    text = activity(series=series)
    built = build_own(write(tmp_path, LEVELS, activity=text))
    b: Baseline = built.baseline
    assert b.last_observed == "2020-12" and b.months[0] == "2017-01" and b.months[-1] == "2022-12"
    year = np.array([m.startswith("2019") for m in b.months])
    assert b.level[year].sum(axis=0) == pytest.approx([64.0, 40.0])
    values = {tuple(line.split(",")[:2]): float(line.split(",")[2]) for line in text.splitlines()[1:]}
    own = [values[m, "cars" if "cars" in series else "total"] for m in b.months[:48]]
    assert b.level[:48, 1] / b.level[0, 1] == pytest.approx(np.array(own) / own[0])
    after = b.yoy()[-12:]
    assert (np.abs(after - 2.4) < 3.0).all()
    assert (b.error_sd > 0.0).all()


def test_seasonal_months_return_in_the_projection(tmp_path):
    b = build_own(write(tmp_path, LEVELS, activity=activity())).baseline
    assert np.corrcoef(b.total[-12:], b.total[24:36])[0, 1] > 0.9


# ---- provenance and writing


def test_check_names_the_source_that_has_changed(tmp_path, capsys):
    folder = write(tmp_path)
    calibrate(folder)
    assert compare(folder) == []
    file = folder / "sources" / "value_added.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("40,34", "41,33"), encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        cli.app(["calibrate", str(folder), "--check"], prog_name="simcore")
    told = capsys.readouterr().err
    assert end.value.code == 2  # the changed table no longer balances: that is told before any comparison
    file.write_text(file.read_text(encoding="utf-8").replace("30,25", "29,26"), encoding="utf-8")
    with pytest.raises(SystemExit) as end:
        cli.app(["calibrate", str(folder), "--check"], prog_name="simcore")
    told = capsys.readouterr().err
    assert end.value.code == cli.CHECK_FAILED
    assert "sources/value_added.csv: has changed since the calibration was built" in told
    assert "value_added: differs by" in told


def test_hashes_cover_the_recipe_and_every_source():
    economy = load_economy(US)
    assert economy.meta["input_hashes"] == input_hashes(US)
    assert {"recipe.yaml", "sources/make.csv", "sources/SOURCES.md"} <= set(economy.meta["input_hashes"])


def test_two_builds_give_the_same_bytes(tmp_path):
    folder = write(tmp_path)
    one, other = calibrate(folder, tmp_path / "one"), calibrate(folder, tmp_path / "other")
    names = ("economy.npz", "meta.json", "codes.json", "check.md")
    assert all((one / name).read_bytes() == (other / name).read_bytes() for name in names)


def test_a_build_that_is_interrupted_while_writing_leaves_the_old_files(tmp_path):
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "economy.npz").write_text("old")

    def write_half(place):
        (place / "economy.npz").write_text("new")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(folder, write_half)
    assert [p.name for p in folder.iterdir()] == ["economy.npz"]
    assert (folder / "economy.npz").read_text() == "old"


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals reach the main thread")
def test_ctrl_c_while_files_are_replaced_waits_until_all_are(tmp_path, monkeypatch):
    folder = tmp_path / "c"
    folder.mkdir()
    names = ("codes.json", "economy.npz", "meta.json")
    for name in names:
        (folder / name).write_text("old")
    replace = os.replace

    def replace_and_interrupt(source, target):
        replace(source, target)
        if Path(target).name == "codes.json":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(os, "replace", replace_and_interrupt)

    def write_new(place):
        for name in names:
            (place / name).write_text("new")

    with pytest.raises(KeyboardInterrupt):
        write_whole(folder, write_new)
    assert {p.name: p.read_text() for p in folder.iterdir()} == dict.fromkeys(names, "new")
