"""Draws: the right distributions, and streams that do not disturb each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from simcore.language.distribution import Distribution
from simcore.language.draws import draw, quantile

U = np.linspace(0.001, 0.999, 99)


def make(kind, **params):
    return Distribution(kind, params, 0.0)


def lognormal(mean, sd):
    s = np.sqrt(np.log1p((sd / mean) ** 2))
    return stats.lognorm(s, scale=np.exp(np.log(mean) - s**2 / 2))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (make("uniform", low=1.0, high=3.0), stats.uniform(1.0, 2.0)),
        (make("triangular", low=0.05, mode=0.12, high=0.25), stats.triang(0.35, 0.05, 0.2)),
        (make("triangular", low=0.0, mode=0.0, high=1.0), stats.triang(0.0)),
        (make("triangular", low=0.0, mode=1.0, high=1.0), stats.triang(1.0)),
        (make("pert", low=0.3, mode=0.5, high=0.8), stats.beta(2.6, 3.4, 0.3, 0.5)),
        (make("beta", mean=0.9, sd=0.06, low=0.0, high=1.0), stats.beta(21.6, 2.4)),
        (make("normal", mean=-1.2, sd=0.3), stats.norm(-1.2, 0.3)),
        (make("normal", mean=-1.2, sd=0.3, high=-1.0), stats.truncnorm(-np.inf, 2 / 3, -1.2, 0.3)),
        (make("normal", mean=0.0, sd=1.0, low=6.0, high=7.0), stats.truncnorm(6.0, 7.0)),
        (make("lognormal", mean=2.0, sd=1.0), lognormal(2.0, 1.0)),
    ],
)
def test_quantiles_agree_with_scipy(ours, theirs):
    assert quantile(ours, U) == pytest.approx(theirs.ppf(U), rel=1e-9, abs=1e-12)


def test_a_truncated_lognormal_is_the_conditional_one():
    ours, whole = quantile(make("lognormal", mean=2.0, sd=1.0, low=1.0, high=3.0), U), lognormal(2.0, 1.0)
    a, b = whole.cdf([1.0, 3.0])
    assert ours == pytest.approx(whole.ppf(a + U * (b - a)), rel=1e-9)


def test_discrete_values_come_in_their_shares():
    values = draw({"a": make("discrete", values=(1.0, 2.0, 5.0), weights=(0.25, 0.5, 0.25))}, 400, 1)["a"]
    assert [int((values == v).sum()) for v in (1.0, 2.0, 5.0)] == [100, 200, 100]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["random", "latin_hypercube"]),
    st.integers(0, 2**31),
    st.lists(st.text("abc.", min_size=1, max_size=6), unique=True, min_size=1, max_size=6),
)
def test_one_more_measure_changes_no_other_draw(sampler, seed, paths):
    distributions = {path: make("uniform", low=0.0, high=1.0) for path in paths}
    alone = draw({paths[0]: distributions[paths[0]]}, 16, seed, sampler)
    together = draw(distributions, 16, seed, sampler)
    assert np.array_equal(alone[paths[0]], together[paths[0]])


def test_a_sobol_path_keeps_its_sequence_when_others_join():
    one = {"policies.a.amount": make("uniform", low=0.0, high=1.0)}
    two = {"shocks.b.loss": make("uniform", low=0.0, high=1.0), **one}
    path = "policies.a.amount"
    assert np.array_equal(draw(one, 64, 3, "sobol")[path], draw(two, 64, 3, "sobol")[path])


@pytest.mark.parametrize("sampler", ["latin_hypercube", "sobol"])
def test_each_equal_part_of_a_distribution_gets_one_draw(sampler):
    values = draw({"a": make("uniform", low=0.0, high=1.0), "b": make("uniform", low=0.0, high=1.0)}, 64, 9, sampler)
    for path in ("a", "b"):
        assert sorted(np.floor(64 * values[path]).astype(int)) == list(range(64))
    assert abs(np.corrcoef(values["a"], values["b"])[0, 1]) < 0.4


def test_the_seed_decides_the_draws_and_paths_differ():
    distributions = {path: make("uniform", low=0.0, high=1.0) for path in ("a", "b")}
    one, again, other = (draw(distributions, 32, seed, "random") for seed in (1, 1, 2))
    assert np.array_equal(one["a"], again["a"]) and not np.array_equal(one["a"], other["a"])
    assert not np.array_equal(one["a"], one["b"])


def test_no_draws_give_empty_arrays_and_unknown_samplers_are_refused():
    distributions = {"a": make("uniform", low=0.0, high=1.0)}
    assert draw(distributions, 0, 1)["a"].shape == (0,)
    with pytest.raises(ValueError, match="unknown sampler"):
        draw(distributions, 4, 1, "halton")


class Entry:
    def __init__(self, value, *between):
        self.value, self.between = value, between


THREE = {name: make("pert", low=0.0, mode=m, high=1.0) for name, m in (("a", 0.2), ("b", 0.5), ("c", 0.8))}


@pytest.mark.parametrize("sampler", ["latin_hypercube", "random", "sobol"])
@pytest.mark.parametrize("rho", [-0.8, 0.0, 0.5, 0.95])
def test_correlated_values_keep_their_numbers_and_move_together(sampler, rho):
    apart, together = draw(THREE, 1024, 3, sampler), draw(THREE, 1024, 3, sampler, [Entry(rho, "a", "b")])
    assert (together["a"] == apart["a"]).all() and (together["c"] == apart["c"]).all()
    assert sorted(together["b"]) == sorted(apart["b"])
    scores = [stats.norm.ppf(stats.rankdata(together[k]) / 1025) for k in "ab"]
    assert np.corrcoef(scores)[0, 1] == pytest.approx(rho, abs=0.06)


def test_a_value_that_joins_at_the_end_moves_none_before_it():
    two = draw(THREE, 64, 3, correlation=[Entry(0.5, "b", "a")])
    three = draw(THREE, 64, 3, correlation=[Entry(0.5, "b", "a"), Entry(0.3, "b", "c"), Entry(0.3, "a", "c")])
    assert (two["a"] == three["a"]).all() and (two["b"] == three["b"]).all() and (two["c"] != three["c"]).any()
