"""Signed, blocked and uncertain balances: margins, signs, zeros, optimality, refusals that name what cannot be met."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from simcore.errors import BalanceError
from simcore.fitting.balance import ras
from simcore.fitting.cross_entropy import cross_entropy
from simcore.fitting.entropy import Blocks, balance_supply_use, gras

seeds = st.integers(0, 2**32 - 1)


def problem(seed, negatives=0.3, hostile=True):
    """A prior of mixed signs and a table with the same signs, whose margins can therefore be met."""
    rng = np.random.default_rng(seed)
    m, n = rng.integers(1, 9, 2)
    size = rng.gamma(1.0, 1.0, (m, n)) * 10.0 ** (rng.uniform(-3, 3, (m, n)) if hostile else 0.0)
    prior = size * (rng.random((m, n)) < rng.uniform(0.3, 1.0)) * np.where(rng.random((m, n)) < negatives, -1.0, 1.0)
    return prior, prior * rng.uniform(0.2, 5.0, (m, n)), rng


@given(seeds)
@settings(max_examples=1000, deadline=None)
def test_a_thousand_random_tables_of_any_signs_meet_their_margins(seed):
    prior, target, _ = problem(seed)
    u, v = target.sum(axis=1), target.sum(axis=0)
    fitted = gras(prior, u, v)
    size = np.abs(fitted.table)
    assert (np.abs(fitted.row_gap) <= 1e-10 * (size.sum(axis=1) + np.abs(u))).all()
    assert (np.abs(fitted.column_gap) <= 1e-10 * (size.sum(axis=0) + np.abs(v))).all()
    assert (np.sign(fitted.table) == np.sign(prior)).all()


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_without_negatives_it_is_ras(seed):
    prior, target, _ = problem(seed, negatives=0.0)
    u, v = target.sum(axis=1), target.sum(axis=0)
    one, other = gras(prior, u, v).table, ras(prior, u, v).table
    assert np.allclose(one, other, rtol=1e-8, atol=1e-10 * max(u.max(initial=0.0), 1e-300))


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_each_cell_is_prior_times_or_over_its_multipliers(seed):
    prior, target, _ = problem(seed)
    f = gras(prior, target.sum(axis=1), target.sum(axis=0))
    factor = np.outer(f.row_multipliers, f.column_multipliers) * f.block_multipliers
    assert np.allclose(f.table, np.where(prior > 0, prior * factor, prior / factor), rtol=1e-10)


@given(seeds)
@settings(max_examples=15, deadline=None)
def test_cells_agree_with_a_second_solver(seed):
    """The primal problem by a general optimiser, on tables small and mild enough for it."""
    prior, target, _ = problem(seed, hostile=False)
    u, v = target.sum(axis=1), target.sum(axis=0)
    cells = prior != 0
    if cells.sum() < 2:
        return
    sizes, signs = np.abs(prior[cells]), np.sign(prior[cells])
    rows, columns = (np.broadcast_to(g, prior.shape)[cells] for g in np.ogrid[: len(u), : len(v)])
    margins = np.vstack(
        [np.where(rows == i, signs, 0.0) for i in range(len(u))]
        + [np.where(columns == j, signs, 0.0) for j in range(len(v) - 1)]  # the last follows from the others
    )
    totals = np.concatenate([u, v[:-1]])
    # In the dual: the least-norm multipliers y of the margins, with cells sizes * exp(sign z).
    dual = minimize(
        lambda y: (sizes * np.exp(y @ margins)).sum() - y @ totals,
        np.zeros(len(totals)),
        jac=lambda y: margins @ (sizes * np.exp(y @ margins)) - totals,
        method="BFGS",
        options={"gtol": 1e-11, "maxiter": 5000},
    )
    table = np.zeros_like(prior)
    table[cells] = signs * sizes * np.exp(dual.x @ margins)
    fitted = gras(prior, u, v).table
    assert np.allclose(fitted, table, rtol=0, atol=1e-6 * np.abs(target).sum() + 10 * np.abs(dual.jac).max())


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_blocks_are_met_where_they_are_known(seed):
    prior, target, rng = problem(seed)
    row, column = rng.integers(0, 2, len(prior)), rng.integers(0, 2, prior.shape[1])
    totals = np.array([[target[np.ix_(row == g, column == h)].sum() for h in range(2)] for g in range(2)])
    totals[0, 0] = np.nan
    f = gras(prior, target.sum(axis=1), target.sum(axis=0), blocks=Blocks(row, column, totals))
    for g, h in ((0, 1), (1, 0), (1, 1)):
        cells = f.table[np.ix_(row == g, column == h)]
        assert abs(cells.sum() - totals[g, h]) <= 1e-10 * (np.abs(cells).sum() + abs(totals[g, h]))
    assert f.block_multipliers[0, 0] == 1.0


def test_uncertain_totals_give_way_by_their_variance_and_certain_ones_do_not():
    prior = np.array([[10.0, 5.0], [4.0, 20.0]])
    u, v, sd = np.array([16.0, 26.0]), np.array([15.0, 25.0]), np.array([0.5, 2.0])  # sums differ by 2
    f = gras(prior, u, v, row_sd=sd)
    assert np.allclose(f.column_gap, 0.0, atol=1e-10)
    assert np.allclose(f.row_gap, -(sd**2) * np.log(f.row_multipliers), atol=1e-10)
    assert abs(f.row_gap[1]) > 3 * abs(f.row_gap[0])


def test_small_standard_errors_come_to_ras_and_large_ones_to_the_prior():
    rng = np.random.default_rng(1)
    prior, target = rng.random((4, 3)), rng.random((4, 3))
    u, v = target.sum(axis=1), target.sum(axis=0)
    one, many = np.ones(4), np.ones(3)
    near = gras(prior, u, v, row_sd=1e-6 * one, column_sd=1e-6 * many).table
    assert np.allclose(near, ras(prior, u, v).table, atol=1e-9)
    assert np.allclose(gras(prior, u, v, row_sd=1e6 * one, column_sd=1e6 * many).table, prior, atol=1e-9)


@pytest.mark.parametrize(
    ("prior", "u", "v", "words"),
    [
        ([[1.0, 0.0], [1.0, 1.0]], [5.0, 1.0], [2.0, 4.0], "row 0 lacks 3"),
        ([[1.0, -1.0], [1.0, 0.0]], [5.0, 1.0], [4.0, 2.0], "column 1 lacks 2"),
        ([[1.0, 1.0], [1.0, 1.0]], [5.0, 1.0], [2.0, 2.0], "they differ by 2"),
        ([[1.0, np.nan], [1.0, 1.0]], [1.0, 1.0], [1.0, 1.0], r"prior: entry \(0, 1\) is not a finite number"),
        ([[1.0, 1.0]], [1.0, 1.0], [1.0, 1.0], r"shape \(1, 2\); the totals need \(2, 2\)"),
    ],
)
def test_totals_that_cannot_be_met_are_refused_by_margin_and_size(prior, u, v, words):
    with pytest.raises(BalanceError, match=words):
        gras(np.array(prior), np.array(u), np.array(v))


def test_blocks_that_contradict_the_rows_are_refused():
    with pytest.raises(BalanceError, match="row totals of group 0 sum to 2, its blocks to 3"):
        gras(
            np.ones((2, 2)),
            np.ones(2),
            np.ones(2),
            blocks=Blocks(np.zeros(2, int), np.zeros(2, int), np.array([[3.0]])),
        )


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_cross_entropy_meets_rows_keeps_columns_and_is_ras_where_columns_weigh_alike(seed):
    prior, target, rng = problem(seed, negatives=0.0, hostile=False)
    x = 10.0 ** rng.uniform(0, 2, prior.shape[1])
    scale = np.divide(prior.sum(axis=0), target.sum(axis=0), out=np.zeros(len(x)), where=target.sum(axis=0) > 0)
    target = target * scale
    a = cross_entropy(prior, x, target @ x)
    assert np.allclose(a @ x, target @ x, rtol=1e-10, atol=1e-11 * max((target @ x).max(initial=0), 1e-300))
    assert np.allclose(a.sum(axis=0), prior.sum(axis=0), rtol=1e-12) and (a[prior == 0] == 0).all()
    even = cross_entropy(prior, np.ones(len(x)), target.sum(axis=1))
    table = ras(prior, target.sum(axis=1), prior.sum(axis=0), tolerance=1e-10).table
    assert np.allclose(even, table, atol=1e-8)


def test_cross_entropy_does_not_overshoot_for_ever():
    prior, totals = np.array([[0.96063591], [0.0270702]]), np.array([0.68594854, 0.30175756])
    found = cross_entropy(prior, np.ones(1), totals * prior.sum() / totals.sum())
    assert np.allclose(found[:, 0], totals, rtol=1e-7)


def test_cross_entropy_says_which_row_cannot_be_met():
    with pytest.raises(BalanceError, match="row 0 ends 1 below its total of 2"):
        cross_entropy(np.array([[1.0, 0.0], [0.0, 1.0]]), np.ones(2), np.array([2.0, 0.0]))


def test_supply_equals_use_of_every_product_and_given_totals_hold():
    rng = np.random.default_rng(5)
    p, q, f = 5, 4, 2
    supply = np.pad(np.diag(rng.uniform(50, 100, q)), ((0, 1), (0, 0))) + rng.random((p, q))
    use, final = rng.uniform(0, 10, (p, q)), rng.uniform(5, 20, (p, f))
    imports, output = rng.uniform(1, 5, p), supply.sum(axis=0)
    share = (output.sum() + imports.sum()) / (use.sum() + final.sum())
    balanced = balance_supply_use(
        supply, use, final, imports, output, share * use.sum(axis=0), share * final.sum(axis=0)
    )
    made = balanced.supply.sum(axis=1) + imports
    assert np.allclose(made, balanced.use.sum(axis=1) + balanced.final.sum(axis=1), rtol=1e-11)
    assert np.allclose(balanced.supply.sum(axis=0), output, rtol=1e-11)
    assert np.allclose(balanced.use.sum(axis=0), share * use.sum(axis=0), rtol=1e-11)
    assert (balanced.supply[supply == 0] == 0).all() and (balanced.use >= 0).all()


def test_a_large_balance_that_comes_no_nearer_ends_and_names_the_margins_that_are_furthest_off(monkeypatch):
    from simcore.fitting import entropy, unmet

    monkeypatch.setattr(entropy, "LARGE", 0)
    monkeypatch.setattr(unmet, "NAMED_BY_PROGRAM", 0)
    prior = np.ones((4, 4))
    prior[:2, 1:] = 0.0  # rows 0 and 1 sell to column 0 alone, which buys 5 while they sell 8
    with pytest.raises(BalanceError, match=r"not met after \d\d iterations, and more bring them no nearer: .*row 0 "):
        entropy.gras(prior, np.array([4.0, 4.0, 3.0, 4.0]), np.array([5.0, 4.0, 3.0, 3.0]))
