"""Revaluation: accounts stay closed, ways there and back meet, negative value added is told."""

import numpy as np
import pytest

from simcore.errors import BalanceError
from simcore.fitting.price_bases import chained, revalue


def table(seed):
    rng = np.random.default_rng(seed)
    Z, Y = rng.random((5, 5)), 5.0 + rng.random((5, 2))
    return Z, Y, Z.sum(axis=1) + Y.sum(axis=1), rng.uniform(0.7, 1.4, 5)


@pytest.mark.parametrize("seed", range(20))
def test_rows_and_income_balance_at_any_prices_and_the_way_back_returns(seed):
    Z, Y, x, p = table(seed)
    there = revalue(Z, Y, x, p)
    assert np.allclose(there.Z.sum(axis=1) + there.Y.sum(axis=1), there.x, rtol=1e-13)
    assert np.isclose(there.v.sum(), there.Y.sum(), rtol=1e-13)
    back = revalue(there.Z, there.Y, there.x, 1 / p)
    assert np.allclose(back.Z, Z, rtol=1e-14) and np.allclose(back.x, x, rtol=1e-14)


def test_prices_of_one_change_nothing():
    Z, Y, x, p = table(0)
    same = revalue(Z, Y, x, np.ones_like(p))
    assert (same.Z == Z).all() and (same.Y == Y).all() and (same.x == x).all()


def test_negative_value_added_is_refused_or_flagged():
    Z, Y = np.array([[0.0, 8.0], [0.0, 0.0]]), np.array([[2.0], [10.0]])
    prices = np.array([0.5, 1.0])  # 8 of inputs become 16, more than an output of 10
    with pytest.raises(BalanceError, match="industry 1 turns from 2 to -6"):
        revalue(Z, Y, np.array([10.0, 10.0]), prices)
    assert revalue(Z, Y, np.array([10.0, 10.0]), prices, allow_negative=True).negative == (1,)


def test_chaining_removes_prices_from_values():
    volume, price = np.array([10.0, 11.0, 9.0]), np.array([1.0, 1.3, 1.1])
    previous = volume * np.concatenate([[1.0], price[:-1]])
    assert np.allclose(chained(volume * price, previous), volume)
    with pytest.raises(BalanceError, match="positive"):
        chained(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
