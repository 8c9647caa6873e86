"""One layer for (I - A) x = b: every solver against plain numpy, bit for bit repeatable, and honest about failure."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from simcore.economy import solvers
from simcore.economy.krylov import blocks_of
from simcore.economy.solvers import Changed, choose, fixed_outputs, inverse_of, prepare, solve
from simcore.errors import TableError, UnproductiveEconomyError

NAMES = ("auto", "lu", "krylov", "inverse", "sparse")
seeds = st.integers(0, 2**32 - 1)


def coefficients(seed: int, n: int, heaviest: float = 0.8, density: float = 0.4) -> np.ndarray:
    """Random coefficients, some tiny, some columns empty; a column sums to ``heaviest`` at most."""
    rng = np.random.default_rng(seed)
    A = rng.random((n, n)) ** rng.integers(1, 12) * (rng.random((n, n)) < density)
    A[:, rng.random(n) < 0.1] = 0.0
    return A * (heaviest * rng.uniform(0.3, 1.0, n) / np.maximum(A.sum(axis=0), 1e-300))


def regions_table(seed: int, regions: int = 8, sectors: int = 42) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of a table of regions that buy four fifths at home, and each activity's region."""
    rng = np.random.default_rng(seed)
    region = np.repeat(np.arange(regions), sectors)
    weight = np.where(region[:, None] == region, 0.8, 0.2 / max(regions - 1, 1))
    A = rng.gamma(0.6, 1.0, (region.size, region.size)) * weight
    return A * (rng.uniform(0.35, 0.65, region.size) / A.sum(axis=0)), region


def plain(A: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray:
    matrix = np.eye(len(A)) - A
    return np.linalg.solve(matrix.T if transposed else matrix, b.T).T


@given(seeds, st.integers(1, 60), st.sampled_from(NAMES), st.booleans(), st.booleans())
def test_every_solver_agrees_with_plain_numpy(seed, n, name, transposed, sparse):
    A = coefficients(seed, n)
    b = np.random.default_rng(seed).normal(size=(3, n))
    found = solve(csr_array(A) if sparse else A, b, transposed=transposed, solver=name)
    wanted = plain(A, b, transposed)
    assert np.abs(found.x - wanted).max() <= 1e-12 * np.abs(wanted).max()
    assert found.residual <= 1e-12
    assert name == "auto" or found.solver.startswith(name)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("transposed", [False, True])
def test_a_table_of_regions_is_solved_to_rounding(name, transposed):
    A, region = regions_table(1)
    b = np.random.default_rng(2).random(len(A))
    found = solve(A, b, transposed=transposed, solver=name, blocks=region)
    wanted = plain(A, b, transposed)
    assert found.x.shape == b.shape
    assert np.abs(found.x - wanted).max() <= 1e-13 * wanted.max()


def test_blocks_by_region_save_steps():
    A, region = regions_table(3)
    b = np.ones(len(A))
    known = solve(A, b, solver="krylov", blocks=region)
    nothing = solve(A, b, solver="krylov", blocks=np.arange(len(A)))
    assert 0 < known.steps < nothing.steps


def test_blocks_of_any_order_and_size_hold_the_same_numbers():
    A, region = regions_table(4, regions=3, sectors=20)
    rng = np.random.default_rng(4)
    region = np.where(rng.random(60) < 0.3, 0, region)  # uneven
    mixed = rng.permutation(60)
    shuffled = A[np.ix_(mixed, mixed)]
    dense, sparse = blocks_of(shuffled, region[mixed]), blocks_of(csr_array(shuffled), region[mixed])
    v = rng.random(60)
    kept = np.where(region[:, None] == region, A, 0.0)[np.ix_(mixed, mixed)]
    for transposed in (False, True):
        wanted = plain(kept, v, transposed)
        assert np.allclose(dense.apply(v, transposed), wanted, rtol=1e-12)
        assert np.allclose(sparse.apply(v, transposed), wanted, rtol=1e-12)


@given(seeds, st.integers(2, 40), st.sampled_from(NAMES))
def test_nothing_asked_for_is_exactly_nothing(seed, n, name):
    b = np.zeros((4, n))
    b[2, 0] = 1.0
    found = solve(coefficients(seed, n), b, solver=name)
    assert (found.x[[0, 1, 3]] == 0.0).all()
    assert solve(coefficients(seed, n), np.zeros(n), solver=name).residual == 0.0


@pytest.mark.parametrize("n", [40, 336])
@pytest.mark.parametrize("name", NAMES[1:])
def test_an_answer_does_not_depend_on_what_else_is_solved(name, n):
    A, region = regions_table(5, sectors=n // 8)
    rng = np.random.default_rng(6)
    members = [rng.random((27, n)) for _ in range(40)]
    alone = [prepare(A, solver=name, blocks=region).solve(b).x for b in members[:3]]
    shared = prepare(A, solver=name, blocks=region)
    in_turn = [shared.solve(b).x for b in members]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda b: shared.solve(b).x, members))
    assert all(np.array_equal(a, b) for a, b in zip(alone, in_turn, strict=False))
    assert all(np.array_equal(a, b) for a, b in zip(in_turn, together, strict=True))


KRYLOV_BITS = """
import hashlib, numpy as np
from simcore.economy.solvers import solve
rng = np.random.default_rng(0)
A = rng.random((400, 400)); A *= 0.9 / A.sum(axis=0)
b = rng.random((2, 400))
for transposed in (False, True):
    x = solve(A, b, solver="krylov", blocks=np.arange(400) // 40, transposed=transposed).x
    print(hashlib.sha256(x.tobytes()).hexdigest())
"""


def test_steps_over_regions_of_forty_sectors_give_the_same_bits_whatever_the_threads_of_blas():
    found = {
        subprocess.run(
            [sys.executable, "-c", KRYLOV_BITS], env=os.environ | {"OPENBLAS_NUM_THREADS": threads},
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1


@settings(max_examples=30)
@given(seeds, st.floats(1e-9, 1e-2))
def test_near_the_limit_of_productive_the_answer_keeps_the_digits_there_are(seed, margin):
    A = coefficients(seed, 25, density=1.0)
    A[:, ::3] = A[:, ::3] / np.maximum(A[:, ::3].sum(axis=0), 1e-300)
    A *= 1.0 - margin
    b = np.random.default_rng(seed).random(25)
    lost = np.linalg.cond(np.eye(25) - A)
    for name in NAMES[1:]:
        found = solve(A, b, solver=name)
        assert found.residual <= 1e-12
        assert np.abs(found.x - plain(A, b)).max() <= 1e-14 * lost * np.abs(found.x).max()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sparse", [False, True])
def test_a_singular_system_is_told_with_the_activity_that_buys_most(name, sparse):
    A = np.array([[0.5, 0.25, 0.0], [0.5, 0.75, 0.0], [0.0, 0.5, 0.0]])
    with pytest.raises(UnproductiveEconomyError, match=r"activity 1 buys inputs of 150\.0 %"):
        solve(csr_array(A) if sparse else A, np.ones(3), solver=name)


def test_steps_that_fail_hand_over_to_factors_and_say_so():
    rng = np.random.default_rng(1)
    turn = np.linalg.qr(rng.normal(size=(300, 300)))[0]
    A = np.eye(300) - turn  # I - A is a rotation: GMRES finds nothing in steps fewer than unknowns
    b = rng.random((2, 300))
    found = solve(A, b, solver="krylov", blocks=np.arange(300))
    assert np.abs(found.x - b @ turn).max() <= 1e-12
    assert found.solver == "krylov, lu"
    assert "2 of 2 right-hand sides did not converge in steps and were solved by lu" in found.note


def test_small_coefficients_count():
    A, region = regions_table(7, regions=4, sectors=30)
    small = np.where(np.quantile(A, 0.5) < A, A, A * 1e-8)
    dropped = np.where(small > 1e-7, small, 0.0)
    b = np.ones(len(A))
    for name in NAMES:
        with_them = solve(small, b, solver=name, blocks=region).x
        assert np.abs(with_them - plain(small, b)).max() <= 1e-13 * with_them.max()
        assert np.abs(with_them - plain(dropped, b)).max() > 1e-10


@given(seeds, st.integers(2, 40), st.integers(1, 5), st.sampled_from(NAMES[1:]), st.booleans())
def test_changed_columns_are_solved_as_if_afresh(seed, n, count, name, transposed):
    rng = np.random.default_rng(seed)
    A = coefficients(seed, n)
    where = rng.choice(n, min(count, n), replace=False)
    now = A.copy()
    now[:, where] *= rng.uniform(0.5, 1.2, where.size)
    b = rng.random((3, n))
    found = Changed.of(prepare(A, solver=name), where, (now - A)[:, where].T).solve(b, transposed)
    wanted = plain(now, b, transposed)
    assert np.abs(found.x - wanted).max() <= 1e-11 * np.abs(wanted).max()
    assert found.residual <= 1e-12


def test_a_change_that_makes_the_system_singular_has_no_answer():
    A = np.array([[0.2, 0.1], [0.1, 0.3]])
    changed = Changed.of(prepare(A, solver="lu"), np.array([0]), np.array([[0.8, -0.1]]))
    assert changed.solve(np.ones((1, 2))).residual > 1e-8


@given(seeds, st.integers(2, 30))
def test_fixed_outputs_are_made_and_others_meet_their_demand(seed, n):
    rng = np.random.default_rng(seed)
    A, f = coefficients(seed, n), rng.random(n)
    where = rng.choice(n, rng.integers(1, n), replace=False)
    L, free = inverse_of(A), plain(A, f)
    given_output = 0.9 * free[where]
    x, unmet = fixed_outputs(L[:, where], free, where, given_output)
    assert (x[where] == given_output).all()
    others = np.setdiff1d(np.arange(n), where)
    assert np.allclose((x - A @ x)[others], f[others], rtol=0, atol=1e-12 * free.max())
    assert np.allclose((x - A @ x)[where], f[where] - unmet, rtol=0, atol=1e-12 * free.max())


@given(seeds, st.integers(0, 40))
def test_the_inverse_is_that_of_numpy(seed, n):
    A = coefficients(seed, n)
    assert np.allclose(inverse_of(A), np.linalg.inv(np.eye(n) - A), rtol=1e-11, atol=1e-13)


def test_an_error_in_an_inverse_shows_in_its_residual():
    A, _ = regions_table(8, regions=2)
    right = prepare(A, solver="inverse")
    L = right.L.copy()
    L[3] *= 1.0 + 1e-6
    b = np.random.default_rng(0).random((5, len(A)))
    wrong = solvers.Inverse(A, L, right.probes, right.sums, right.sums_transposed)
    assert right.solve(b).residual < 1e-12 < 1e-8 < wrong.solve(b).residual


def test_factors_are_refined_where_they_gave_accuracy_away():
    A, _ = regions_table(9, regions=2)
    lu = prepare(A, solver="lu")
    blunt = solvers.LU(A, (lu.factor[0].astype(np.float32).astype(float), lu.factor[1]), False)
    b = np.random.default_rng(0).random((4, len(A)))
    assert np.abs(blunt.solve(b).x - plain(A, b)).max() <= 1e-13


@pytest.mark.parametrize(
    ("n", "columns", "sparse", "name"),
    [
        (42, 1, False, "lu"), (1302, 1, False, "krylov"), (1302, 27, False, "lu"), (1302, 5000, False, "inverse"),
        (7987, 10, False, "krylov"), (50, 1, True, "sparse"), (100_000, 1, True, "krylov"),
        (100_000, 100, True, "sparse"),
    ],
)  # fmt: skip
def test_the_solver_is_chosen_by_size_sparsity_and_number_of_right_hand_sides(n, columns, sparse, name):
    assert choose(n, columns, sparse) == name


def test_input_that_is_no_system_is_refused():
    with pytest.raises(TableError, match="square"):
        solve(np.zeros((2, 3)), np.ones(3))
    with pytest.raises(TableError, match="no solver 'magic'; there is auto, lu, krylov"):
        solve(np.zeros((2, 2)), np.ones(2), solver="magic")
