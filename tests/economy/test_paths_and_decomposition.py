"""Paths and factors add up to what they explain."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy.decomposition import output_change, structural_decomposition
from simcore.economy.indicators import leontief_inverse
from simcore.economy.paths import structural_paths
from simcore.errors import TableError

SOME = settings(max_examples=40, deadline=None)


def technology(rng, n):
    A = rng.random((n, n)) * (rng.random((n, n)) < 0.7)
    return 0.7 * A / max(A.sum(axis=0).max(), 1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.sampled_from([1e-4, 1e-3, 1e-2, 0.1]), st.booleans())
@SOME
def test_paths_and_remainder_add_up_to_the_total(seed, n, threshold, signed):
    rng = np.random.default_rng(seed)
    A = technology(rng, n)
    f = rng.normal(0.5, 1.0, n) if signed else rng.random(n)
    e = rng.normal(0.5, 1.0, n) if signed else rng.random(n)
    found = structural_paths(A, e, f, threshold=threshold)
    assert found.total == pytest.approx(e @ leontief_inverse(A) @ f, rel=1e-10, abs=1e-12)
    size = np.abs(e) @ leontief_inverse(A) @ np.abs(f)
    assert sum(p.value for p in found.paths) + found.remainder == pytest.approx(found.total, abs=1e-12 * size)
    for path in found.paths:
        weight = f[path.activities[0]]
        for user, supplier in zip(path.activities, path.activities[1:], strict=False):
            weight *= A[supplier, user]
        assert path.value == pytest.approx(weight * e[path.activities[-1]], rel=1e-12)
        assert abs(path.value) >= threshold * size
    assert len({p.activities for p in found.paths}) == len(found.paths) and found.complete


def test_no_path_of_the_threshold_is_missed():
    A, e, f = technology(np.random.default_rng(7), 3), np.array([1.0, 0.2, 2.0]), np.array([3.0, 1.0, 0.5])
    found = structural_paths(A, e, f, threshold=0.01)
    least, expected = 0.01 * found.total, {}
    level = {(j,): f[j] for j in range(3)}
    for _ in range(12):
        expected |= {path: e[path[-1]] * w for path, w in level.items() if e[path[-1]] * w >= least}
        level = {(*path, i): A[i, path[-1]] * w for path, w in level.items() for i in range(3)}
    assert {p.activities for p in found.paths} == set(expected)
    assert found.covered == pytest.approx(sum(expected.values()) / found.total)
    finer = structural_paths(A, e, f, threshold=1e-5)
    assert 1.0 > finer.covered > found.covered > 0.5


def test_a_search_that_is_cut_short_still_adds_up_and_says_so():
    A, e, f = technology(np.random.default_rng(7), 5), np.ones(5), np.ones(5)
    short = structural_paths(A, e, f, threshold=1e-6, limit=20)
    assert not short.complete
    assert sum(p.value for p in short.paths) + short.remainder == pytest.approx(short.total, rel=1e-12)
    with pytest.raises(TableError, match="threshold is 0"):
        structural_paths(A, e, f, threshold=0.0)
    with pytest.raises(TableError, match=r"coefficient \(0, 0\) is -1"):
        structural_paths(np.array([[-1.0]]), np.ones(1), np.ones(1))


def years(seed, n=4):
    rng = np.random.default_rng(seed)
    return [
        [np.diag(rng.random(n)), leontief_inverse(technology(rng, n)), rng.random((n, 2)), rng.random(2)] for _ in "01"
    ]


@given(st.integers(0, 2**32 - 1), st.sampled_from(["average", "polar"]))
@SOME
def test_factors_add_up_exactly_to_the_change(seed, method):
    start, end = years(seed)
    parts = structural_decomposition(start, end, method=method)
    change = end[0] @ end[1] @ end[2] @ end[3] - start[0] @ start[1] @ start[2] @ start[3]
    assert np.abs(parts.sum(axis=0) - change).max() <= 1e-12 * max(1.0, np.abs(change).max())
    back = structural_decomposition(end, start, method=method)
    assert np.allclose(back, -parts, atol=1e-12)  # time can run either way
    same = structural_decomposition([end[0], *start[1:]], end, method=method)
    assert np.abs(same[0]).max() <= 1e-12  # what does not change contributes nothing


def test_the_average_is_that_over_all_orders():
    start, end = years(3)
    expected = np.zeros((4, 4))
    orders = list(permutations(range(4)))
    for order in orders:
        now = list(start)
        for factor in order:
            before = now[0] @ now[1] @ now[2] @ now[3]
            now[factor] = end[factor]
            expected[factor] += (now[0] @ now[1] @ now[2] @ now[3] - before) / len(orders)
    assert np.allclose(structural_decomposition(start, end), expected, atol=1e-13)
    first = [a - b for a, b in zip(end, start, strict=True)]
    polar = structural_decomposition(start, end, method="polar")[1]
    by_hand = start[0] @ first[1] @ end[2] @ end[3] + end[0] @ first[1] @ start[2] @ start[3]
    assert np.allclose(polar, 0.5 * by_hand, atol=1e-13)


def test_output_changes_by_technology_and_final_demand():
    rng = np.random.default_rng(1)
    A0, A1, f0, f1 = technology(rng, 3), technology(rng, 3), rng.random(3), rng.random(3)
    parts, L0, L1 = output_change(A0, f0, A1, f1), leontief_inverse(A0), leontief_inverse(A1)
    assert np.allclose(parts.technology, 0.5 * (L1 - L0) @ (f0 + f1))
    assert np.allclose(parts.final_demand, 0.5 * (L0 + L1) @ (f1 - f0))


def test_years_that_do_not_match_are_refused():
    with pytest.raises(TableError, match="the years have factors of shapes"):
        structural_decomposition([np.eye(2)], [np.eye(3)])
    with pytest.raises(TableError, match="too many orders"):
        structural_decomposition([np.eye(2)] * 9, [np.eye(2)] * 9)
    with pytest.raises(TableError, match="method is 'mean'"):
        structural_decomposition([np.eye(2)], [np.eye(2)], method="mean")
