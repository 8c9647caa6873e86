"""Files that others include, figures without a source, and targets that make nothing."""

import json
import shutil
from pathlib import Path

import pytest

from simcore.content import find_calibration, list_scenarios
from simcore.language.scenario import check

SCENARIO = """\
schema: simcore/scenario@1
id: one
calibration: china-2022@1
time: {step: month, start: 2022-11, end: 2023-06}
policies:
  relending:
    kind: investment_support
    amount: {value: 20 bn CNY, dist: {kind: pert, low: 10 bn CNY, mode: 20 bn CNY, high: 25 bn CNY}}
    financing: {kind: interest_subsidy, rate: 2.5 pp, years: 2}
    target: {sector: {any: [C35]}}
    profile: {kind: pulse, start: 2022-11, end: 2023-03}
"""


def codes(found):
    return [(d.code, d.severity, d.line) for d in found]


def test_a_file_without_a_header_is_checked_as_one_that_others_include(tmp_path):
    part = tmp_path / "part.yaml"
    part.write_text("selectors:\n  makers: {sector: {any: [C35]}}\npolicies:\n  a: {kind: nothing, take_up: 5 %}\n")
    assert codes(check(part)) == [("SC034", "note", 1), ("SC022", "error", 4)]
    part.write_text("selectors:\n  makers: {sector: {any: [C35]}}\n")
    assert codes(check(part)) == [("SC034", "note", 1)]
    part.write_text("id: one\nselectors:\n  makers: {sector: {any: [C35]}}\n")
    assert "SC021" in {d.code for d in check(part)}


def test_for_publication_each_measure_and_each_range_needs_a_source(tmp_path):
    path = tmp_path / "one.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    assert not check(path)
    assert codes(check(path, require_sources=True)) == [("SC436", "error", 6), ("SC436", "error", 8)]
    sourced = SCENARIO.replace("high: 25 bn CNY}}", "high: 25 bn CNY}, note: assumption}")
    path.write_text(sourced + "    source: the notice\n", encoding="utf-8")
    assert not check(path, require_sources=True)


@pytest.mark.parametrize("path", [s.path for s in list_scenarios()], ids=lambda p: p.stem)
def test_every_shipped_scenario_names_its_sources(path):
    assert not [str(d) for d in check(path, require_sources=True) if d.code == "SC436"]


def test_a_target_that_makes_nothing_is_told(tmp_path):
    folder = tmp_path / "china-2022"
    shutil.copytree(find_calibration("china-2022"), folder, ignore=shutil.ignore_patterns("sources", "*.npz"))
    listed = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
    listed["output_by_sector"][listed["sectors"]["codes"].index("C35")] = 0.0
    (folder / "codes.json").write_text(json.dumps(listed), encoding="utf-8")
    path = tmp_path / "one.yaml"
    path.write_text(SCENARIO, encoding="utf-8")
    found = {d.code: d.line for d in check(path, calibration_dir=Path(folder))}
    assert found["SC434"] == 10
