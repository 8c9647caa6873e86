"""The audit finds what is planted, says where, and changes nothing."""

from dataclasses import replace

import numpy as np
import pytest

from simcore.economy.audit import _radius, audit
from simcore.economy.build import from_flows
from simcore.economy.indicators import spectral_radius
from simcore.economy.readers import Labelled, Table


def finding(report, check):
    return next(f for f in report.findings if f.check == check)


def test_a_balanced_economy_has_no_problem_and_says_its_accounts(two_region_economy):
    report = audit(two_region_economy)
    assert report.ok and str(report).endswith("no problem found; nothing was changed")
    assert finding(report, "units").message == "bn yuan, flows of 2022 at prices of 2020"
    gdp = two_region_economy.value_added.sum()
    assert f"value added {gdp:,.6g}" in finding(report, "accounts").message
    radius = spectral_radius(two_region_economy.A)
    assert f"spectral radius of the domestic coefficients {radius:.3f}" in str(report)


def planted(economy, name, place, value):
    array = getattr(economy, name).copy()
    array[place] = value
    return replace(economy, **{name: array})


@pytest.mark.parametrize(
    ("name", "place", "value", "check", "where"),
    [
        ("x", 3, 500.0, "rows", "C13|west|private: sales to all users"),
        ("x", 3, 500.0, "columns", "C13|west|private: inputs and value added"),
        ("use_imported", (1, 4), 50.0, "columns", "C34|east|state"),
        ("use_imported", (1, 4), 50.0, "accounts", None),
        ("use_domestic", (1, 4), -9.0, "signs", "use_domestic[C34, C34|east|state] = -9"),
        ("cover", (0, 2), -1.0, "signs", "cover[C13, C13|west|state] = -1"),
        ("employment", 0, -1.0, "signs", "employment[C13|east|state] = -1"),
        ("origin", (0, 1), 0.9, "origins", "C13 in pool west"),
        ("value_added", (0, 1), -1e4, "value added", "C13|east|private"),
        ("headroom", 2, np.nan, "numbers", "headroom: 1 cells"),
        ("x", 3, 0.0, "idle", "C13|west|private"),
    ],
)
def test_a_planted_fault_is_found_and_placed(two_region_economy, name, place, value, check, where):
    economy = planted(two_region_economy, name, place, value)
    before = getattr(economy, name).copy()
    report = audit(economy)
    found = finding(report, check)
    assert found.status == "problem" and not report.ok
    assert where is None or any(where in text for text in found.places)
    assert np.array_equal(getattr(economy, name), before, equal_nan=True)


def test_things_worth_knowing_are_notes(two_region_economy):
    economy = planted(two_region_economy, "final_imported", (0, 0), -400.0)
    found = finding(audit(economy), "final demand")
    assert found.status == "note" and "1 negative cells, 1 of them outside changes of inventories" in found.message
    flagged = replace(two_region_economy, meta={"estimates": {"regions": "gravity"}, "assumptions": ["cover 30 d"]})
    assert finding(audit(flagged), "estimates").places == ("regions: gravity", "cover 30 d")
    assert finding(audit(replace(two_region_economy, unit=" ")), "units").status == "problem"


def test_a_table_that_states_no_unit_is_not_given_one():
    economy = from_flows(np.eye(2), np.ones((2, 1)), activities=["a", "b"], users=["households"])
    found = finding(audit(economy), "units")
    assert found.status == "problem" and found.message == "the table states no unit; say which, as 'bn yuan'"


def test_an_economy_that_feeds_on_itself_fails_hawkins_and_simon():
    Z, Y = np.array([[5.0, 6.0], [6.0, 5.0]]), np.array([[1.0], [1.0]])
    labels = dict(activities=["a", "b"], users=["households"], unit="m EUR")
    found = finding(audit(from_flows(Z, Y, x=np.array([8.0, 8.0]), **labels)), "productivity")
    assert found.status == "problem" and "buys inputs of 137.5 %" in found.message
    idle = audit(from_flows(np.diag([1.0, 0.0]), np.array([[1.0], [0.0]]), **labels))
    assert idle.ok and finding(idle, "idle").places == ("b|nation|unclassified",)


def table(rows=("a", "b"), users=("households",), **facts):
    flows = Labelled(np.array([[1.0, 2.0], [0.5, 1.0]]), tuple(rows), ("a", "b"), "flows.csv")
    final = Labelled(np.ones((2, len(users))), ("a", "b"), users, "final.csv")
    return Table(flows, final, facts={"name": "t", "unit": "m EUR", **facts})


def test_labels_that_do_not_match_are_findings_not_exceptions():
    report = audit(table(rows=("a", "B")))
    assert not report.ok
    assert finding(report, "labels").places == (
        "flows.csv: row labels lack 'b' and have 'B' too many; labels must match exactly",
    )
    assert finding(audit(table()), "labels").status == "ok"
    assert "write all activities as" in finding(audit(replace(table(), flows=replace(
        table().flows, rows=("a", "b|c|d"), columns=("a", "b|c|d")), final_demand=replace(
        table().final_demand, rows=("a", "b|c|d")))), "table").message  # fmt: skip


def test_final_users_without_a_category_are_a_problem_and_the_rest_is_still_checked():
    report = audit(table(users=("C", "households", "G"), categories={"G": "government"}))
    assert finding(report, "categories").places == ("C",)
    assert finding(report, "rows").status == "ok"
    assert sum(f.status == "problem" for f in report.findings) == 1


def test_the_spectral_radius_of_large_tables_is_that_of_the_eigenvalues():
    rng = np.random.default_rng(1)
    A = rng.random((450, 450)) * (rng.random((450, 450)) < 0.1)
    A *= 0.7 / A.sum(axis=0).max()
    assert _radius(A) == pytest.approx(spectral_radius(A), abs=5e-4)
    ring = np.roll(np.eye(450), 1, axis=0) * 0.6  # cyclic: plain powers never settle
    assert _radius(ring) == pytest.approx(0.6, abs=5e-4)
