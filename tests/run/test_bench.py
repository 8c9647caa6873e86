"""``simcore bench``: anyone's table or scenario is timed, and what cannot run says why."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from simcore import bench
from simcore.cli import app
from simcore.errors import UnknownNameError
from simcore.testing import random_economy

CSV = {
    "flows.csv": ",farms,mills\nfarms,10,40\nmills,20,30\n",
    "final_demand.csv": ",households,exports\nfarms,40,10\nmills,30,20\n",
}


def called(*arguments):
    return CliRunner().invoke(app, ["bench", *map(str, arguments)])


@pytest.fixture
def table(tmp_path):
    for name, text in CSV.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    monkeypatch.setattr(bench, "ENSEMBLE_SECONDS", 0.01)


def test_a_table_is_timed_by_model_and_form(table, tmp_path):
    file = tmp_path / "figures.json"
    done = called(table / "flows.csv", table / "final_demand.csv", "--unit", "bn yuan", "--models",
                  "leontief,cascade", "--members", "2", "--json", file)  # fmt: skip
    assert done.exit_code == 0, done.output
    content = json.loads(file.read_text())
    assert "2 activities, 2 products" in content["about"] and content["about"] in done.output
    by_name = {line["what"]: line for line in content["lines"]}
    assert {"leontief", "cascade", "leontief, 2 members"} <= set(by_name)
    assert by_name["leontief"]["part"] == "month"
    found = by_name["leontief"]["seconds"]
    assert 0.0 < found["low"] <= found["median"] <= found["high"]
    assert by_name["leontief"]["memory_bytes"] > 0 and by_name["leontief"]["first_seconds"] > 0.0


def test_the_inventory_model_is_timed_in_every_form():
    economy = random_economy(np.random.default_rng(0), 3, 2)
    lines = list(bench.of_table(economy, ["inventory"], members=3, seconds=0.0, tell=lambda text: None))
    assert [line.form for line in lines[:4]] == list(bench.FORMS)
    assert all(line.per == ("step", 48) and line.run.median > 0.0 for line in lines[:4])
    assert [line.what for line in lines[4:]] == ["inventory, 3 members"] * len(lines[4:])
    text = bench.text_table(lines)
    assert text.splitlines()[0].split()[:2] == ["what", "form"]
    assert len(text.splitlines()) == len(lines) + 1


def test_what_a_model_cannot_run_says_why():
    economy = random_economy(np.random.default_rng(0), 3, 2)
    without_pay = replace(economy, value_added_names=tuple("abcd"))
    lines = list(bench.of_table(without_pay, ["inventory"], members=2, seconds=0.0, tell=lambda text: None))
    assert len(lines) == len(bench.FORMS)
    assert all(line.run is None and "no component 'compensation'" in line.note for line in lines)


def test_links_that_do_not_fit_into_memory_are_left_out(monkeypatch):
    monkeypatch.setattr(bench, "free_memory", lambda: 1000)
    economy = random_economy(np.random.default_rng(0), 3, 2)
    lines = list(bench.of_table(economy, ["inventory"], members=2, seconds=0.0, tell=lambda text: None))
    left_out = [line.form for line in lines if line.note.startswith("left out: may need")]
    assert left_out == ["dense", "csr"]


def test_a_scenario_is_timed_by_parts():
    done = called("equipment-relending", "--models", "first_order", "--members", "2")
    assert done.exit_code == 0, done.output
    lines = [line[:24].strip() for line in done.output.splitlines()]
    for what in ("load the calibration", "state the measures", "first_order", "the whole run without d"):
        assert any(line.startswith(what) for line in lines), what


def test_a_broken_table_is_told_and_nothing_is_written(table, tmp_path):
    (table / "flows.csv").write_text(",farms,mills\nfarms,10,forty\nmills,20,30\n")
    file = tmp_path / "figures.json"
    done = called(table / "flows.csv", table / "final_demand.csv", "--json", file)
    assert done.exit_code == 2
    assert "flows.csv" in done.stderr and "forty" in done.stderr
    assert not file.exists()


def test_a_broken_scenario_is_told(tmp_path):
    (tmp_path / "own.yaml").write_text("simcore: 1\nnonsense: 2\n")
    done = called(tmp_path / "own.yaml")
    assert done.exit_code == 2
    assert "own.yaml" in done.stderr


def test_an_unknown_model_is_told_first(table):
    done = called(table / "flows.csv", "--models", "leontif")
    assert done.exit_code == 2
    assert "unknown model 'leontif'" in done.stderr


@pytest.mark.parametrize(
    ("given", "kind"),
    [("notice-2022", "scenario"), ("mine.yaml", "scenario"), ("china-2022", "table"), (".", "table")],
)
def test_what_is_given_is_a_scenario_or_a_table(given, kind):
    assert bench.kind_of(given) == kind


def test_what_is_neither_is_told():
    with pytest.raises(UnknownNameError, match="no file or folder here"):
        bench.kind_of("nonsense")
