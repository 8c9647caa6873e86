"""Ratings of a survey come to our sectors by stated rules, also where the analysts were silent."""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.errors import ScenarioError
from simcore.fitting.calibrate import work_through
from simcore.fitting.criticality import MEANING, UNRATED, VALUE, Ratings, rate
from simcore.fitting.recipe import load_recipe
from simcore.fitting.report import check_report
from simcore.fitting.stocks import rate_inputs

RULES = ("non-critical", "important", "critical")  # from the mildest


def survey(rating: np.ndarray) -> Ratings:
    inputs, users = rating.shape
    return Ratings({f"i{i}": i for i in range(inputs)}, {f"i{j}": j for j in range(users)}, rating)


@st.composite
def surveys(draw):
    """A survey with empty cells, sectors of one or two of its classes, and what they buy."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(2, 6))
    rating = rng.choice([0.0, 0.5, 1.0, np.nan], (size, size), p=[0.4, 0.2, 0.2, 0.2])
    K = draw(st.integers(2, 6))
    classes = [sorted({f"i{i}" for i in rng.integers(0, size, rng.integers(1, 3))}) for _ in range(K)]
    return survey(rating), classes, rng.uniform(0.0, 1.0, (K, K)) * (rng.random((K, K)) < 0.8)


def test_every_rule_has_a_meaning():
    assert set(UNRATED) == set(MEANING)
    assert set(VALUE) == set(RULES)


@given(surveys())
@settings(max_examples=40, deadline=None)
def test_the_rule_moves_unrated_pairs_only(case):
    ratings, classes, use = case
    found = {rule: rate(ratings, classes, use, rule, 0.0) for rule in UNRATED}
    silent = np.zeros(use.shape, dtype=bool)
    for k, j in found["important"].unrated:
        silent[k, j] = True
    for rule in UNRATED:
        assert found[rule].unrated == found["important"].unrated
        np.testing.assert_array_equal(found[rule].rating[~silent], found["important"].rating[~silent])
        assert set(np.unique(found[rule].rating)) <= {0.0, 0.5, 1.0}
    mildest, middle, strictest = (found[rule].rating for rule in RULES)
    assert (mildest <= middle).all()
    assert (middle <= strictest).all()
    assert (found["industry-mean"].rating >= mildest).all()
    assert (found["industry-mean"].rating <= strictest).all()


@given(surveys())
@settings(max_examples=40, deadline=None)
def test_a_pair_counts_as_unrated_where_it_is_used_and_a_cell_is_empty(case):
    ratings, classes, use = case
    expected = [
        (k, j)
        for k, j in np.ndindex(use.shape)
        if use[k, j] > 0 and any(np.isnan(ratings.of(a, b)) for a in classes[k] for b in classes[j])
    ]
    assert list(rate(ratings, classes, use, "important", 0.0).unrated) == expected


def test_an_industrys_mean_is_that_of_its_other_inputs():
    rating = np.array([[np.nan, 1.0], [1.0, np.nan], [0.5, 0.0], [0.0, 0.0]])
    ratings = Ratings({f"i{i}": i for i in range(4)}, {"i0": 0, "i1": 1}, rating)
    use = np.ones((2, 2))
    found = rate(ratings, [["i0"], ["i1"]], use, "industry-mean", 0.0).rating
    assert found[0, 0] == 0.5  # of 1, 0.5 and 0
    assert found[1, 1] == 0.5  # of 1, 0 and 0: a third, nearest to a half


def test_a_class_that_the_survey_lacks_counts_as_unrated():
    ratings = survey(np.ones((2, 2)))
    use = np.ones((3, 3))
    found = rate(ratings, [["i0"], ["i1"], ["households"]], use, "critical", 0.0)
    assert set(found.unrated) == {(0, 2), (1, 2), (2, 0), (2, 1), (2, 2)}
    assert (rate(ratings, [["i0"], ["i1"], ["households"]], use, "industry-mean", 0.0).rating[:, 2] == 0.0).all()


def test_a_product_carries_its_classes_rating_only_as_a_main_part_of_the_purchases():
    ratings = survey(np.ones((1, 1)))
    use = np.array([[0.95, 0.5], [0.05, 0.5]])
    found = rate(ratings, [["i0"], ["i0"]], use, "important", 0.1).rating
    np.testing.assert_array_equal(found, [[1.0, 1.0], [0.0, 1.0]])


def test_the_shipped_survey_leaves_eleven_cells_empty(steps):
    ratings = Ratings.read(steps.figures.rows("critical_inputs_wiod55"))
    assert ratings.rating.shape == (55, 54)
    assert np.isnan(ratings.rating).sum() == 11
    counts = [int((ratings.rating == level).sum()) for level in (0.0, 0.5, 1.0)]
    assert counts == [2206, 315, 438]


def test_the_shipped_calibration_takes_unrated_pairs_for_important_and_says_so(steps, china):
    assert steps.recipe.stocks.unrated == "important"
    found = rate_inputs(steps.figures, steps.sectors, steps.scaled.table, steps.recipe.stocks, "important")
    np.testing.assert_array_equal(found.rating[:, china.sector], china.criticality)
    report = check_report(china, steps)
    assert f"{len(found.unrated)} pairs in use (" in report
    assert "| important (taken) | rating 0.5" in report
    (entry,) = [e for e in china.meta["estimate_details"] if e["item"] == "criticality"]
    assert f"{len(found.unrated)} pairs in use are not rated and count as important (rating 0.5" in entry["method"]


def test_a_rule_that_is_none_is_refused_with_the_choices(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.npz", "*.json", "sources"))
    path = tmp_path / "copy" / "recipe.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("unrated: important", "unrated: 0.5"), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"found 0\.5; expected 'critical', 'important', 'non-critical'"):
        load_recipe(tmp_path / "copy")


def test_another_rule_of_the_recipe_reaches_the_ratings(folder, tmp_path, steps):
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("*.npz", "*.json"))
    path = tmp_path / "copy" / "recipe.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("unrated: important", "unrated: critical"), encoding="utf-8"
    )
    other = work_through(tmp_path / "copy").store
    assert other.unrated == steps.store.unrated
    changed = np.argwhere(other.criticality != steps.store.criticality)
    assert len(changed) > 0
    assert {tuple(pair) for pair in changed} <= set(other.unrated)
