"""A recipe that cannot be right is refused, with every problem named."""

import re
import shutil

import pytest

from simcore.errors import BalanceError, ScenarioError, TableError
from simcore.fitting.calibrate import work_through
from simcore.fitting.recipe import load_recipe


@pytest.fixture
def altered(folder, tmp_path):
    """A copy of the calibration with one text replaced in one file."""

    def alter(name: str, old: str, new: str):
        target = tmp_path / "copy"
        shutil.copytree(folder, target, ignore=shutil.ignore_patterns("economy.npz", "*.json", "check.md"))
        path = target / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return target

    return alter


def test_all_problems_of_a_recipe_come_at_once(altered):
    target = altered("recipe.yaml", "flq_delta: 0.3", "flq_delta: 3\n  colour: blue")
    with pytest.raises(ScenarioError) as problem:
        load_recipe(target)
    text = str(problem.value)
    assert re.search(r"recipe\.yaml:\d+:3: error\[SC020\]: unknown key 'colour'", text)
    assert re.search(r"recipe\.yaml:\d+:\d+: error\[SC108\]: 3 is out of range; it must be less than 1", text)


def test_a_weight_outside_its_range_is_refused(altered):
    with pytest.raises(ScenarioError, match=r"recipe\.yaml:\d+:\d+: error.*'state': 0\.5 does not lie between"):
        load_recipe(altered("recipe.yaml", "state: {share: 0.25", "state: {share: 0.5"))


def test_text_that_is_not_yaml_is_refused(altered):
    with pytest.raises(ScenarioError, match=r"recipe\.yaml:\d+:\d+: error\[SC001\]"):
        load_recipe(altered("recipe.yaml", "version: 1", "version: [1"))


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(ScenarioError, match=r"recipe\.yaml:1:1: .*cannot read the file"):
        load_recipe(tmp_path)


def test_labels_out_of_order_are_refused_not_reordered(altered):
    with pytest.raises(TableError, match="in their order"):
        work_through(altered("sources/io_2020_use_domestic.csv", "product,A,B06", "product,B06,A"))


def test_class_weights_that_leave_nothing_to_others_are_refused(altered):
    old, new = "private: {share: 0.33, low: 0.25, high: 0.42}", "private: {share: 0.6, low: 0.25, high: 0.7}"
    with pytest.raises(BalanceError, match="lower one of them"):
        work_through(altered("recipe.yaml", old, new))


def test_a_column_that_no_source_has_is_named(altered):
    with pytest.raises(TableError, match="no column 'consumption'"):
        work_through(altered("recipe.yaml", "households: gdp", "households: consumption"))
