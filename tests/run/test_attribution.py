"""Contributions: they add up, and a pair of opposite orders is exact where only pairs interact."""

from functools import partial

import numpy as np
import pytest

from simcore.attribution import (
    all_coalitions,
    antithetic_orders,
    coalitions_of,
    one_order,
    shapley,
    shapley_by_orders,
    shapley_or_sampled,
)


def kinked_game(players, seed):
    """Outcome of a package whose last yuan does nothing: min of a sum and a ceiling, in three cells."""
    size = np.random.default_rng(seed).uniform(0.0, 1.0, (players, 3))
    return lambda coalition: np.minimum(size[sorted(coalition)].sum(axis=0), 0.6 * size.sum(axis=0))


@pytest.mark.parametrize("players", [1, 2, 5])
def test_shapley_values_add_up_to_the_whole_effect(players):
    game = kinked_game(players, seed=players)
    whole = game(frozenset(range(players))) - game(frozenset())
    assert np.allclose(shapley(game, players).sum(axis=0), whole, atol=1e-14)
    assert np.allclose(shapley_by_orders(game, antithetic_orders(players)).sum(axis=0), whole, atol=1e-14)


def test_a_measure_that_does_nothing_contributes_nothing():
    game = kinked_game(3, seed=1)
    shares = shapley(lambda c: game(c - {3}), 4)
    assert not shares[3].any()  # exactly, whatever the others do


def test_like_measures_share_equally():
    shares = shapley(lambda c: np.minimum(float(len(c)), 2.0) * np.ones(1), 3)
    assert np.allclose(shares, 2.0 / 3.0)


def test_shapley_agrees_with_all_orders_of_a_textbook_game():
    # A glove game: player 0 has a left glove, 1 and 2 a right one each; Shapley (2/3, 1/6, 1/6).
    shares = shapley(lambda c: np.array([float(0 in c and bool(c & {1, 2}))]), 3)
    assert np.allclose(shares[:, 0], [2 / 3, 1 / 6, 1 / 6])


def test_one_pair_of_opposite_orders_is_exact_without_triple_interactions():
    rng = np.random.default_rng(3)
    own, pair = rng.normal(size=5), rng.normal(size=(5, 5))

    def game(coalition):
        members = sorted(coalition)
        return np.array([own[members].sum() + sum(pair[i, j] for i in members for j in members if i < j)])

    assert np.allclose(shapley(game, 5), shapley_by_orders(game, antithetic_orders(5)), atol=1e-13)


@pytest.mark.parametrize("split", [shapley_or_sampled, one_order, partial(one_order, reverse=True)])
@pytest.mark.parametrize("players", [0, 1, 3, 10])
def test_a_split_names_every_coalition_that_it_needs_and_adds_up(split, players):
    coalitions, contributions = split(players)
    game = kinked_game(max(players, 1), seed=0)
    shares = contributions({c: game(c) for c in coalitions})
    whole = game(frozenset(range(players))) - game(frozenset())
    assert shares.shape == (players, 3)
    assert np.allclose(shares.sum(axis=0), whole, atol=1e-13)


@pytest.mark.parametrize("reverse", [False, True])
def test_one_order_is_exact_without_interaction(reverse):
    size = np.random.default_rng(0).normal(size=(4, 3))
    coalitions, contributions = one_order(4, reverse)
    assert len(coalitions) == 5
    shares = contributions({c: size[sorted(c)].sum(axis=0) for c in coalitions})
    assert np.allclose(shares, size, atol=1e-14)


def test_a_pair_of_orders_needs_two_runs_a_measure_less_one():
    assert len(coalitions_of(antithetic_orders(4))) == 8
    assert len(all_coalitions(4)) == 16
