"""Identities of tables built from make and use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy import supply_use
from simcore.economy.supply_use import INDUSTRY_BY_INDUSTRY, PRODUCT_BY_PRODUCT
from simcore.errors import TableError

SEEDS = st.integers(0, 2**32 - 1)


def tables(seed, n, products=None):
    """Make with strong own products, and a use that leaves final demand and value added."""
    rng = np.random.default_rng(seed)
    V = rng.uniform(0.0, 5.0, (n, products or n))
    V[np.arange(n), np.arange(n)] += 100.0
    U = rng.uniform(0.0, 1.0, V.T.shape)
    return 0.4 * U * np.minimum(V.sum(axis=1) / U.sum(axis=0), (V.sum(axis=0) / U.sum(axis=1)).min()), V


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_every_construction_meets_the_base_year(seed, n):
    U, V = tables(seed, n)
    q, g = V.sum(axis=0), V.sum(axis=1)
    f = q - U.sum(axis=1)
    for construction in PRODUCT_BY_PRODUCT:
        assert np.allclose(q - supply_use.coefficients(U, V, construction) @ q, f, atol=1e-9)
    by_industry = {
        "fixed_product_sales": supply_use.market_shares(V) @ f,
        "fixed_industry_sales": np.linalg.solve(supply_use.product_mix(V), f),
    }
    for construction in INDUSTRY_BY_INDUSTRY:
        left = g - supply_use.coefficients(U, V, construction) @ g
        assert np.allclose(left, by_industry[construction], atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 6))
def test_without_by_products_all_constructions_are_one(seed, n):
    U, V = tables(seed, n)
    V = np.diag(V.sum(axis=1))
    for construction in (*PRODUCT_BY_PRODUCT, *INDUSTRY_BY_INDUSTRY):
        found = supply_use.coefficients(U, V, construction)
        assert np.allclose(found, supply_use.use_coefficients(U, V), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_rectangular_tables_have_the_two_constructions_that_need_no_inverse(seed):
    U, V = tables(seed, 3, products=5)
    assert supply_use.coefficients(U, V, "industry_technology").shape == (5, 5)
    assert supply_use.coefficients(U, V, "fixed_product_sales").shape == (3, 3)
    with pytest.raises(TableError, match="5 products"):
        supply_use.coefficients(U, V, "product_technology")


def test_tables_that_do_not_fit_are_refused():
    with pytest.raises(TableError, match="shape"):
        supply_use.coefficients(np.ones((2, 3)), np.ones((2, 3)), "industry_technology")
    with pytest.raises(TableError, match="no construction"):
        supply_use.coefficients(np.eye(2), np.eye(2), "by_magic")  # type: ignore[arg-type]
