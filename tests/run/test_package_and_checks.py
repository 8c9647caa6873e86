"""Counterfactuals, and a file's own checks."""

import numpy as np
import pytest

import simcore.measures.all  # noqa: F401
from simcore.calendar import Calendar
from simcore.checks import evaluate, value_at
from simcore.errors import UnknownNameError
from simcore.language.schema import Check
from simcore.measures.base import get_measure
from simcore.package import Package, counted, simulated_calendar
from simcore.result import Result

YEAR = Calendar.between("2022-11", "2023-10")


def shock(id, **fields):
    kind = get_measure("capacity_loss")
    return kind(id=id, loss=0.1, profile={"kind": "pulse", "start": "2022-12", "end": "2023-01"}, **fields)


def policy(id, **fields):
    kind = get_measure("supply_guarantee")
    profile = {"kind": "pulse", "start": "2022-12", "end": "2023-01"}
    return kind.model_validate({"id": id, "profile": profile, **fields})


def test_never_starts_where_the_earliest_measure_started():
    calendar = simulated_calendar(YEAR, [policy("a", started="2022-06"), policy("b", started="2022-09")], "never")
    assert (calendar.labels[0], calendar.labels[-1]) == ("2022-06", "2023-10")
    assert simulated_calendar(YEAR, [policy("a", started="2022-06")], "off_from_origin") == YEAR


def test_as_legislated_leaves_out_what_was_decided_before_the_origin():
    measures = [policy("old", decided="2022-05"), policy("new", decided="2022-11"), shock("wave")]
    kept, left_out = counted(measures, "as_legislated", "2022-10")
    assert [m.id for m in kept] == ["new", "wave"]
    assert left_out == ["old"]


def test_a_package_keeps_shocks_and_policies_apart(two_region_economy):
    package = Package.build([policy("p"), shock("s")], {}, two_region_economy, YEAR)
    assert [m.id for m in package.policies] == ["p"]
    assert [m.id for m in package.shocks] == ["s"]
    assert package.drivers(frozenset()).channels == frozenset({"capacity"})
    assert package.drivers(frozenset({0}), frozenset()).channels == package.policy_drivers[0].channels


@pytest.fixture
def result():
    series = np.array([[[1.0, 2.0, 3.0], [0.1, 0.2, 0.3]], [[2.0, 3.0, 4.0], [0.2, 0.3, 0.4]]])
    return Result(
        scenario="x", title="x", counterfactual="off_from_origin", counterfactual_text="", model="", closure="",
        periods=("2022-11", "2022-12", "2023-01"), variants=("baseline", "scenario"),
        slices=(("total", "total", "total"), ("total", "east", "total")),
        values={"iva_yoy": series, "iva_level_effect": series - series[:1]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("iva_yoy", 3.0),
        ("iva_yoy.total.2022-12", 3.0),
        ("iva_yoy.east.max", 0.4),
        ("iva_yoy.total.min", 2.0),
        ("iva_level_effect.total.cumulative", 3.0),
    ],
)
def test_a_path_names_one_number_of_the_scenario(result, path, value):
    assert value_at(result, path) == pytest.approx(value)


@pytest.mark.parametrize("path", ["output.total", "iva_yoy.moon.mean", "iva_yoy.total.2025-01"])
def test_a_path_that_names_nothing_says_what_is_wrong(result, path):
    with pytest.raises(UnknownNameError):
        value_at(result, path)


def test_statistics_are_taken_over_the_months_of_the_file_alone(result):
    months, series = result.periods, result.series("iva_yoy")
    for word, of in (("mean", np.mean), ("cumulative", np.sum), ("max", np.max)):
        assert value_at(result, f"iva_yoy.total.{word}", since=months[1]) == pytest.approx(of(series[1:]))
    assert value_at(result, f"iva_yoy.total.{months[0]}", since=months[1]) == series[0]  # a month is a month
    check = Check(that="iva_yoy.total.cumulative", between=(series[1:].sum() - 0.01, series[1:].sum() + 0.01))
    assert [evaluate(result, [check], since)[0].passed for since in ("", months[1])] == [False, True]


def test_checks_pass_fail_and_answer_with_what_was_found(result):
    conditions = [
        Check(that="iva_yoy.total.mean", between=(2.5, 3.5)),
        Check.model_validate({"that": "iva_yoy.total.mean", "is": "above", "than": 4.0}),
        Check.model_validate({"that": "iva_yoy.total.max", "is": "above", "than": "iva_yoy.east.max"}),
        Check(that="iva_yoy.moon.mean", between=(0, 1)),
    ]
    answers = evaluate(result, conditions)
    assert [a.passed for a in answers] == [True, False, True, False]
    assert answers[0].found == "3 %"
    assert "moon" in answers[3].found
