"""Prices in a result: where a model gives them, by sector and for households."""

from __future__ import annotations

import numpy as np
import pytest
from rich.console import Console

from simcore.models.price import Price, category_prices
from simcore.result import SCENARIO
from simcore.run import run_file
from simcore.setting import prepare
from simcore.tables import table


@pytest.fixture(scope="module")
def result():
    return run_file("import-prices", draws=0)


def test_a_price_scenario_meets_its_checks_and_moves_no_volume(result):
    assert all(check.passed for check in result.checks), [c for c in result.checks if not c.passed]
    assert (result.series("iva", SCENARIO) == result.series("iva", "baseline")).all()


def test_prices_of_a_result_are_the_models_averaged(result):
    from simcore.content import find_scenario
    from simcore.language.scenario import load

    scenario = load(find_scenario("import-prices"))
    setting = prepare(scenario)
    drivers, economy = setting.package(scenario).drivers(frozenset()), setting.economy
    paths = Price().simulate(economy, drivers)
    found = result.series("price", SCENARIO)
    assert found[0] == 0.0
    assert found[5] == pytest.approx(100.0 * (paths.price[5] - 1.0) @ economy.x / economy.x.sum(), rel=1e-12)
    households = category_prices(economy, drivers, paths.price)["households"]
    assert result.series("consumer_price", SCENARIO) == pytest.approx(100.0 * (households - 1.0), rel=1e-9)
    east = result.series("consumer_price", SCENARIO, result.slice_of("region", "east"))
    assert np.isfinite(east).all() and east[5] > 0.0
    # A tenth on all imports is known to raise industrial prices by 1.8 % in this table.
    made = economy.x * economy.is_industry
    assert 100.0 * (paths.price[5] - 1.0) @ made / made.sum() == pytest.approx(1.8, abs=0.05)


def test_the_printed_table_names_prices_only_where_there_are_some(result):
    def printed(shown):
        console = Console(width=140, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
        console.print(table(shown))
        return console.export_text()

    assert "Prices of all producers" in printed(result)
    without = run_file(
        "export-stabilisation", draws=0, model="leontief", sets=("policies.faster_rebates.enabled=false",)
    )
    assert "price" not in without.values and "Prices of" not in printed(without)


def test_the_report_shows_prices(result):
    from simcore.report import render

    assert "Prices of all producers" in render(result)
