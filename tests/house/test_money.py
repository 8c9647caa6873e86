"""On another country's calibration every command speaks of that country's money."""

import re

import pytest
import xarray
from typer.testing import CliRunner

from simcore.cli import app
from simcore.content import find_scenario
from simcore.errors import ScenarioError, SimcoreError, UnknownNameError
from simcore.language.scenario import load
from simcore.solve import solve
from simcore.studies.plan import plan_of

VEHICLES = "us-vehicles-2020"
PREMIUM = "policies.premium.amount"
OTHERS = re.compile(r"yuan|CNY|RMB|元", re.IGNORECASE)
OPTIMISE = """\
schema: simcore/scenario@1
id: cars
title: "Two premiums"
calibration: us-2019@1
time: {step: month, start: 2020-01, end: 2020-06}
model: leontief
pools: {premiums: {ceiling: 12 bn USD}}
policies:
  cars: {kind: consumer_subsidy, amount: AMOUNT, pool: premiums, spend_on: {3361MV: 1},
         profile: {kind: pulse, start: 2020-02, end: 2020-04}, source: "assumption"}
  machines: {kind: consumer_subsidy, amount: 10 bn USD, pool: premiums, spend_on: {"333": 1},
             profile: {kind: pulse, start: 2020-02, end: 2020-04}, source: "assumption"}
optimise: {maximise: value_added.total.cumulative, choose: [policies.cars.amount], budget: 30 bn USD}
"""


def said(*words):
    """What a command prints."""
    found = CliRunner().invoke(app, list(map(str, words)))
    assert found.exit_code == 0, found.output
    return found.output


def words_of(path):
    """A file's text without its pictures."""
    return re.sub(r"base64,[\w+/=]+", "", path.read_text(encoding="utf-8"))


def cars(folder, amount="10 bn USD"):
    path = folder / "cars.yaml"
    path.write_text(OPTIMISE.replace("AMOUNT", amount), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", ["text", "csv"])
def test_an_effect_taken_apart_is_in_the_money_of_its_economy(form):
    text = said("decompose", VEHICLES, "--model", "leontief", "--set", "shocks.plants.enabled=false", "--format", form)
    assert "bn USD at 2019 prices" in text and not OTHERS.search(text)


def test_models_are_compared_in_the_money_of_their_economy(tmp_path):
    out = tmp_path / "out"
    printed = said(
        "compare", VEHICLES, "--models", "inventory,allocation", "--out", out, "--formats", "netcdf,csv,html"
    )
    text = " ".join(printed.split())
    assert "bn USD of final demand unmet" in text and "one more USD of capacity" in text and not OTHERS.search(text)
    for name in ("models.csv", "effects.csv", "comparison.html", "comparison.json"):
        written = words_of(out / name)
        assert "USD" in written and not OTHERS.search(written), name
    with xarray.open_dataset(out / "comparison.nc") as found:
        assert found.iva_effect.attrs["units"] == "bn USD a month at 2019 prices"


def test_a_run_writes_every_unit_in_the_money_of_its_economy(tmp_path):
    out = tmp_path / "out"
    asked = ("--formats", "netcdf,csv,html,iamc", "--draws", 2, "--by", "sector")
    said("run", VEHICLES, "--out", out, *asked, "--set", "outputs.decompose=[direct, policy]")
    for path in out.glob("*.*"):
        if path.suffix != ".nc":
            assert not OTHERS.search(words_of(path)), path.name
    with xarray.open_dataset(out / "results.nc") as found:
        units = {name: values.attrs.get("units", "") for name, values in found.variables.items()}
    assert units["cost"] == "bn USD a month at current prices" and units["ledger_last_in"].startswith("bn USD;")
    assert not OTHERS.search(" ".join(units.values()))


def test_a_study_keeps_its_numbers_in_the_money_of_their_economy(tmp_path):
    said("study", VEHICLES, "--draws", 0, "--out", tmp_path / "cars.nc")
    with xarray.open_dataset(tmp_path / "cars.nc") as found:
        assert found.iva.attrs["units"] == "bn USD a month at 2019 prices"
        assert found.fiscal_cost.attrs["units"] == "bn USD a month at current prices"


def test_a_study_of_two_countries_keeps_only_what_has_one_unit():
    with pytest.raises(UnknownNameError, match="'iva' in different units: bn USD a month at 2019 prices, bn CNY"):
        plan_of([VEHICLES, "equipment-relending"])
    plan = plan_of([VEHICLES, "equipment-relending"], outputs=["iva_level_effect"])
    assert plan.units == {"iva_level_effect": "%"}


def test_ranges_and_contributions_name_no_other_money():
    for words in (("sensitivity", VEHICLES, "--samples", 0, "--top", 99), ("contributions", VEHICLES)):
        assert not OTHERS.search(said(*words))


def test_a_range_of_an_amount_is_told_in_its_money(tmp_path):
    amount = "{value: 10 bn USD, dist: {kind: uniform, low: 5 bn USD, high: 30 bn USD}}"
    path = cars(tmp_path, "$money")
    path.write_text(f"{path.read_text(encoding='utf-8')}parameters: {{money: {amount}}}\n", encoding="utf-8")
    text = said("sensitivity", path, "--samples", 0, "--top", 99)
    assert "6.25 bn USD" in text and not OTHERS.search(text)
    assert load(path).distributions["parameters.money"].range_text("USD") == "uniform 5 bn USD .. 30 bn USD"
    stated = [(a.value, a.range) for a in load(path).assumptions if a.path == "parameters.money"]
    assert stated == [("10 bn USD", "uniform 5 bn USD .. 30 bn USD")]


def test_a_budget_below_its_bounds_is_told_in_its_money(tmp_path):
    path = cars(tmp_path)
    bounds = "{policies.cars.amount: [40 bn USD, 50 bn USD]}"
    path.write_text(path.read_text(encoding="utf-8").replace("budget:", f"bounds: {bounds}, budget:"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="add up to 40 bn USD, more than the budget of 30 bn USD"):
        load(path)


def test_the_best_use_of_a_budget_is_told_in_its_money(tmp_path):
    text = said("optimise", cars(tmp_path))
    assert "file 10 bn USD" in text and "another USD brings" in text and not OTHERS.search(text)


def test_warnings_are_told_in_the_money_of_the_calibration(tmp_path):
    assert "claims of 20 bn USD against a ceiling of 12" in said("run", cars(tmp_path), "--out", tmp_path / "out")
    text = said("check", cars(tmp_path, "20000 bn USD"))
    assert "20 tn USD is" in text and "did you mean '20000 mn USD'?" in text and not OTHERS.search(text)


def test_a_target_in_other_money_is_refused():
    found = solve(VEHICLES, PREMIUM, "fiscal_cost.total.cumulative >= 5 bn USD", model="leontief", low="1 bn USD",
                  high="10 bn USD", sets=("shocks.plants.enabled=false",))  # fmt: skip
    assert found.size == pytest.approx(5.0, rel=2e-3)
    assert "target: fiscal_cost.total.cumulative >= 5 bn USD" in str(found) and not OTHERS.search(str(found))
    with pytest.raises(SimcoreError, match="write a number such as '100 bn USD'"):
        solve(VEHICLES, PREMIUM, "fiscal_cost.total.cumulative >= 5 bn CNY")
    with pytest.raises(SimcoreError, match="'1 bn CNY' is in CNY, but the calibration counts in USD"):
        solve(VEHICLES, PREMIUM, "fiscal_cost.total.cumulative >= 5", low="1 bn CNY")
    with pytest.raises(SimcoreError, match="5 has no unit; write for example '200 bn USD'"):
        solve(VEHICLES, PREMIUM, "fiscal_cost.total.cumulative >= 5", low="5")


@pytest.mark.parametrize(
    ("amount", "advice"),
    [
        ("10", "write for example '200 bn USD'"),
        ("10 billion", "did you mean 'bn USD'?"),
        ("10 billion USD", "did you mean 'bn USD'?"),
        ("12 %", "for example '200 bn USD'"),
        ("10 bn CNY", "'10 bn CNY' is in CNY, but us-2019 counts in USD"),
    ],
)
def test_a_wrong_amount_is_answered_with_one_in_the_money_of_the_calibration(amount, advice):
    with pytest.raises(ScenarioError) as found:
        load(find_scenario(VEHICLES), sets=(f"{PREMIUM}={amount}",))
    assert advice in str(found.value)


def test_an_end_of_the_search_may_be_a_plain_number():
    found = solve(VEHICLES, "policies.premium.response", "iva_level_effect.total.2020-07 >= 0.01", model="leontief",
                  low="0.5", high="4", sets=("policies.premium.response=3", "shocks.plants.enabled=false"))  # fmt: skip
    assert found.trials[0].size == 0.5


@pytest.mark.parametrize(("page", "says"), [("consumer_subsidy", True), ("allocation", True), ("SC410", False)])
def test_a_manual_page_that_speaks_of_yuan_says_what_they_stand_for(page, says):
    assert ("yuan and CNY stand for that one's\ncurrency" in said("explain", page)) == says
