"""The size that reaches a target: the search, what it says when no size does, and the wrong questions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.content import find_scenario
from simcore.errors import SimcoreError, UnknownNameError
from simcore.language.scenario import load
from simcore.run import run_file
from simcore.solve import CLOSE, Condition, number_at, smallest, solve

FILE = "equipment-relending"
AMOUNT = "policies.relending.amount"


@settings(max_examples=60, deadline=None)
@given(st.floats(0.02, 0.98), st.floats(0.2, 5.0), st.floats(0.1, 1e4))
def test_the_smallest_size_is_found_on_any_rising_curve(share, bend, high):
    root = share * high
    found = smallest(lambda size: (size / high) ** bend - (root / high) ** bend, 0.0, high)
    assert root <= found <= root * (1.0 + CLOSE) + 1e-12


def test_a_target_that_only_a_middle_size_reaches_is_found():
    tried = []

    def hump(size):
        tried.append(size)
        return 0.5 - abs(size - 5.2)

    found = smallest(hump, 0.0, 10.0)
    assert 4.7 <= found <= 4.7 * (1.0 + CLOSE) and len(tried) < 30


def test_the_lower_end_is_the_answer_where_it_is_enough_and_none_where_nothing_is():
    assert smallest(lambda size: 1.0, 2.0, 3.0) == 2.0
    assert smallest(lambda size: -1.0, 2.0, 3.0) is None


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("iva_yoy.total.2023-Q1 >= 4.5 %", ("iva_yoy.total.2023-Q1", True, 4.5, "%")),
        ("iva.total.2023-Q1>=4.5 %", ("iva_yoy.total.2023-Q1", True, 4.5, "%")),  # a level in % is its growth
        ("iva >= 2300", ("iva", True, 2300.0, "bn CNY")),
        ("fiscal_cost.total.cumulative < 100 bn CNY", ("fiscal_cost.total.cumulative", False, 100.0, "bn CNY")),
    ],
)
def test_conditions_are_read(text, read):
    found = Condition.parse(text)
    assert (found.path, found.above, found.bound, found.unit) == read


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("4.5 %", SimcoreError, "cannot read '4.5 %'; write for example"),
        ("ivy >= 4.5 %", UnknownNameError, "unknown variable 'ivy'; there is iva"),
        ("iva_yoy >= 4.5 bn CNY", SimcoreError, "'4.5 bn CNY' does not bound iva_yoy; write a number such as '4.5 %'"),
    ],
)
def test_what_is_no_condition_says_so(text, error, message):
    with pytest.raises(error, match=message):
        Condition.parse(text)


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("policies.relending.amuont", UnknownNameError, "did you mean 'amount'"),
        ("policies.relendin.amount", UnknownNameError, "did you mean 'relending'"),
        ("policies.relending.title", SimcoreError, "is no number"),
        ("policies.relending", SimcoreError, "is no number"),
        ("time.start", SimcoreError, "is no number"),
    ],
)
def test_a_path_that_holds_no_number_says_so(path, error, message):
    with pytest.raises(error, match=message):
        solve(FILE, path, "iva_level_effect >= 1 %")


def test_a_value_that_the_file_leaves_at_its_default_can_be_sized():
    quantity, own = number_at(load(find_scenario(FILE)), "policies.relending.installation")
    assert (quantity.dimension, own) == ("share", 0.15)


def test_ends_must_be_a_range_in_the_paths_own_unit():
    with pytest.raises(SimcoreError, match="from 300 bn CNY to 200 bn CNY"):
        solve(FILE, AMOUNT, "iva_level_effect >= 1 %", low="300 bn CNY", high="200 bn CNY")


def test_the_answer_reaches_the_target_and_a_little_less_does_not():
    own = run_file(FILE, draws=0)
    goal = 1.5 * float(np.nansum(own.series("iva_level_effect")) / len(own.periods))
    found = solve(FILE, AMOUNT, Condition("iva_level_effect.total.mean", True, goal))
    assert found.reached and found.own.size == 200.0 and 250.0 < found.size < 350.0
    near = [t for t in found.trials if t.size < found.size][-1]
    assert near.found < goal <= next(t.found for t in found.trials if t.size == found.size)
    assert found.size - near.size <= CLOSE * found.size
    assert "answer: policies.relending.amount = " in str(found)


def test_where_no_size_is_enough_the_answer_says_how_near_it_comes():
    found = solve(FILE, AMOUNT, "iva_level_effect.total.2023-Q1 >= 40 %", high="400 bn CNY", draws=4)
    text = str(found)
    assert not found.reached and "no size from 0 bn CNY to 400 bn CNY reaches it" in text
    assert "nearest: 400 bn CNY" in text and "moves it by +" in text
    assert found.own_probability == 0.0 and "probability of the target: file 0%" in text
