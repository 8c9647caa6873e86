"""RAS: margins, zeros, uniqueness, and refusals that name what cannot be met."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.errors import BalanceError
from simcore.fitting.balance import ras
from simcore.kernels.balance import ras_multipliers


@st.composite
def problems(draw):
    """A prior with zeros and totals that some table with the same zeros has."""
    m, n = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    prior = rng.random((m, n)) * (rng.random((m, n)) < draw(st.floats(0.3, 1.0))) * 10.0 ** rng.uniform(-3, 3)
    target = prior * rng.uniform(0.2, 5.0, (m, n)) * (rng.random((m, 1)) < 0.95) * (rng.random((1, n)) < 0.95)
    return prior, target.sum(axis=1), target.sum(axis=0)


@given(problems())
@settings(max_examples=1000, deadline=None)
def test_a_thousand_random_tables_meet_their_margins_and_keep_their_zeros(problem):
    prior, u, v = problem
    balanced = ras(prior, u, v)
    scale_u, scale_v = np.where(u > 0, u, 1.0), np.where(v > 0, v, 1.0)
    assert (np.abs(balanced.table.sum(axis=1) - u) <= 1e-10 * scale_u).all()
    assert (np.abs(balanced.table.sum(axis=0) - v) <= 1e-10 * scale_v).all()
    assert balanced.row_error <= 1e-12
    assert (balanced.table[prior == 0] == 0).all()
    assert (balanced.table[u == 0] == 0).all()
    assert (balanced.table[:, v == 0] == 0).all()
    scaled = balanced.row_multipliers[:, None] * prior * balanced.column_multipliers
    assert (scaled == balanced.table).all()


@given(problems(), st.floats(1e-6, 1e6))
@settings(max_examples=50, deadline=None)
def test_the_scale_of_the_prior_changes_nothing(problem, factor):
    prior, u, v = problem
    assert np.allclose(ras(prior, u, v).table, ras(factor * prior, u, v).table, rtol=1e-9, atol=0)


def test_a_table_that_already_fits_is_left_alone():
    prior = np.array([[1.0, 2.0], [3.0, 4.0]])
    balanced = ras(prior, prior.sum(axis=1), prior.sum(axis=0))
    assert balanced.iterations == 1
    assert np.array_equal(balanced.table, prior)


def test_the_balanced_table_is_nearer_to_the_prior_than_any_neighbour_with_its_margins():
    rng = np.random.default_rng(4)
    prior, target = rng.random((4, 5)), rng.random((4, 5))
    table = ras(prior, target.sum(axis=1), target.sum(axis=0)).table

    def distance(candidate):
        return (candidate * np.log(candidate / prior)).sum()

    for _ in range(20):
        (i, k), (j, m) = rng.choice(4, 2, replace=False), rng.choice(5, 2, replace=False)
        moved = table.copy()
        moved[[i, k], [j, m]] += 1e-3
        moved[[i, k], [m, j]] -= 1e-3
        assert distance(moved) > distance(table)


def test_a_nearly_blocked_table_is_met_where_plain_sweeps_need_a_hundred_thousand():
    chain, gap = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]]), 1e-4
    u, v = np.ones(3), np.array([1.0 - gap, 1.0, 1.0 + gap])
    balanced = ras(chain, u, v)
    only = np.array([[1.0 - gap, gap, 0.0], [0.0, 1.0 - gap, gap], [0.0, 0.0, 1.0]])  # no other table fits
    assert np.allclose(balanced.table, only, rtol=1e-9, atol=0)
    assert balanced.iterations < 220
    s = np.ones(3)
    for _ in range(5000):
        r = u / (chain @ s)
        s = v / (r @ chain)
    assert np.abs(r * (chain @ s) - u).max() > 1e-5


def test_a_table_that_fits_only_in_the_limit_comes_within_the_tolerance_of_it():
    table = ras(np.array([[1.0, 1.0], [0.0, 1.0]]), np.ones(2), np.ones(2)).table
    assert table[1, 0] == 0.0 and 0.0 < table[0, 1] < 1e-11
    assert np.allclose(table, np.eye(2), atol=1e-11)


def test_too_few_iterations_are_reported_with_the_error_left():
    with pytest.raises(BalanceError, match=r"not met after 3 iterations: the worst row is off by .* raise max_iter"):
        ras(np.array([[1.0, 5.0], [3.0, 1.0]]), np.array([10.0, 2.0]), np.array([5.0, 7.0]), max_iterations=3)


def test_the_kernel_reports_its_margins_when_it_stops_early():
    prior, u, v = np.array([[1.0, 5.0], [3.0, 1.0]]), np.array([10.0, 2.0]), np.array([5.0, 7.0])
    r, s = np.empty(2), np.empty(2)
    sweeps = ras_multipliers(prior, u, v, r, s, 1e-12, 2)
    table = r[:, None] * prior * s
    assert sweeps.iterations == 2
    assert sweeps.row_error == pytest.approx(np.abs(table.sum(axis=1) / u - 1).max(), rel=1e-9)
    assert sweeps.row_error > 1e-12
    assert sweeps.column_error < 1e-14


DIAGONAL = np.diag([1.0, 1.0])


@pytest.mark.parametrize(
    ("prior", "rows", "columns", "message"),
    [
        (DIAGONAL, [1, 2], [1, 3], r"row totals sum to 3, the column totals to 4: they differ by -1"),
        (DIAGONAL, [1, 2], [2, 1], r"rows \[1\] need 2 in all, but .* \[1\], hold only 1: 1 too little"),
        ([[0, 0], [1, 1]], [3, 2], [2, 3], r"row 0 has a total of 3 but no positive cell"),
        ([[0, 1], [0, 1]], [3, 2], [2, 3], r"column 0 has a total of 2 but no positive cell"),
        ([[1, 0], [1, 1]], [3, 2], [0, 5], r"row 0 has a total of 3 but no positive cell"),
        ([[1, -1], [1, 1]], [3, 2], [2, 3], r"prior: cell \(0, 1\) is -1"),
        (DIAGONAL, [-1, 2], [-1, 2], r"row totals: entry 0 is -1"),
        ([[1, np.nan], [1, 1]], [3, 2], [2, 3], r"prior: cell \(0, 1\) is not a finite number"),
        (DIAGONAL, [1, 2, 3], [3, 3], r"prior has shape \(2, 2\); the totals need \(3, 2\)"),
    ],
)
def test_impossible_totals_are_refused_with_the_margin_and_the_gap(prior, rows, columns, message):
    with pytest.raises(BalanceError, match=message):
        ras(np.array(prior, dtype=float), np.array(rows, dtype=float), np.array(columns, dtype=float))


def test_a_blocked_group_of_rows_is_named_as_a_group():
    prior = np.ones((4, 4))
    prior[:2, 1:] = 0.0  # rows 0 and 1 sell to column 0 alone
    with pytest.raises(BalanceError, match=r"rows \[0, 1\] need 8 in all, but .* \[0\], hold only 5: 3 too"):
        ras(prior, np.array([4.0, 4.0, 3.0, 4.0]), np.array([5.0, 4.0, 3.0, 3.0]))
