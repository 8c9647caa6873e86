"""The Leontief system of an economy, solved again and again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from simcore import testing
from simcore.economy import Economy
from simcore.economy.system import changed_system, factorise, final_sales, intermediate_sales, sales_on_path

SOLVERS = ("auto", "lu", "krylov", "inverse", "sparse")


def coefficients(economy: Economy) -> np.ndarray:
    return np.divide(economy.use_domestic, economy.x, out=np.zeros_like(economy.use_domestic), where=economy.x > 0)


def economy_of(owners: int) -> Economy:
    """With one owner a sector and region the n equations are solved, with four those of the pools."""
    return testing.random_economy(np.random.default_rng(1), sectors=6, regions=3, owners=owners)


@pytest.mark.parametrize("owners", [1, 4])
@pytest.mark.parametrize("name", SOLVERS)
def test_every_solver_meets_demand_and_costs_as_the_plain_equations_do(name, owners):
    economy = economy_of(owners)
    system = factorise(economy, coefficients(economy), solver=name, columns=3)
    g = np.random.default_rng(2).random((3, economy.n))
    system_matrix = np.eye(economy.n) - economy.A
    assert system.productive
    for found, matrix in ((system.solve(g), system_matrix), (system.solve_costs(g), system_matrix.T)):
        wanted = np.linalg.solve(matrix, g.T).T
        assert np.abs(found - wanted).max() <= 1e-12 * wanted.max()
    for transposed in (False, True):
        found = system.solver.solve(g, transposed)
        assert np.abs(system.solver.left(found.x, g, transposed)).max() <= 1e-12 * found.x.max()
        assert found.residual <= 1e-12


@pytest.mark.parametrize("owners", [1, 4])
def test_a_few_changed_columns_need_no_new_factors(owners):
    economy = testing.random_economy(np.random.default_rng(1), sectors=14, regions=2, owners=owners)
    before = coefficients(economy)
    now = before.copy()
    now[:, 3] *= 1.1
    changed = changed_system(economy, factorise(economy, before), before, now)
    assert changed is not None and changed.productive and changed.solver.name == "woodbury"
    g = np.random.default_rng(2).random((3, economy.n))
    afresh = factorise(economy, now)
    assert np.abs(changed.solve(g) - afresh.solve(g)).max() <= 1e-12 * afresh.solve(g).max()
    assert np.abs(changed.solve_costs(g) - afresh.solve_costs(g)).max() <= 1e-12 * afresh.solve_costs(g).max()
    assert changed_system(economy, factorise(economy, before), before, before * 1.01) is None


def test_a_changed_system_knows_when_it_is_not_productive():
    economy = testing.random_economy(np.random.default_rng(1), sectors=14, regions=2)
    before = coefficients(economy)
    now = before.copy()
    now[:, 3] *= 1.3 / economy.A[3, 3] if economy.A[3, 3] > 0 else 50.0
    changed = changed_system(economy, factorise(economy, before), before, now)
    assert changed is not None and not changed.productive
    assert not factorise(economy, now).productive


def test_threads_that_share_a_system_find_the_same():
    economy = testing.random_economy(np.random.default_rng(1), sectors=40, regions=3)
    system = factorise(economy, coefficients(economy))
    wanted = np.random.default_rng(2).random((14, economy.n))
    for solve in (system.solve, system.solve_costs):
        alone = solve(wanted)
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda _, solve=solve: solve(wanted), range(400)))
        assert all(np.array_equal(found, alone) for found in together)


@pytest.mark.parametrize("full", [False, True])
def test_sales_of_a_path_are_those_of_its_periods(full):
    economy = testing.random_economy(np.random.default_rng(3), sectors=5, regions=3, owners=3)
    if full:  # each buyer its own pool
        economy = replace(
            economy, pools=tuple(map(str, range(economy.n + economy.P))), pool=np.arange(economy.n),
            user_pool=economy.user_pool + economy.n,
            origin=np.concatenate([economy.origin[:, economy.pool], economy.origin], axis=1), alternatives={},
        )  # fmt: skip
    rng = np.random.default_rng(4)
    output, purchases = rng.random((6, economy.n)), rng.random((6, economy.K, economy.F))
    sold = sales_on_path(economy, output)
    assert np.allclose(sold, output @ economy.A.T, rtol=1e-12)
    by_period = [intermediate_sales(economy, economy.a * x) for x in output]
    assert np.allclose(sold, by_period, rtol=1e-12)
    shares = economy.origin[:, economy.user_pool]
    plain = [(shares * bought[economy.sector]).sum(axis=1) for bought in purchases]
    assert np.allclose(final_sales(economy, purchases), plain, rtol=1e-12)
