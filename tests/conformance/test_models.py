"""Every registered model keeps its promises, on economies drawn at random; see ``promises``."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.drivers import CHANNELS, Drivers
from simcore.errors import ChannelError
from simcore.models.base import MODELS, TRAITS, get_model, register_models

from .promises import HALF_YEAR, MONEY, PROMISES, cases, far, gap, label, made, period_scale, promise, shaken

every_case = pytest.mark.parametrize("case", cases(), ids=label)
every_model = pytest.mark.parametrize("name", sorted(register_models()))
seeds = st.integers(0, 2**32 - 1)
economies = testing.economies(max_owners=1)
few = settings(max_examples=6, deadline=None)


def test_every_model_of_simcore_has_its_promises_stated():
    assert {name for name, cls in MODELS.items() if cls.__module__.startswith("simcore.")} <= set(PROMISES)


@every_case
@given(economy=economies)
@few
def test_an_undisturbed_economy_stays_put(case, economy):
    paths = made(case).simulate(economy, Drivers.calm(economy, HALF_YEAR))
    allowed = promise(case).calm * period_scale(economy, HALF_YEAR)
    base = {
        "output": economy.x,
        "value_added": economy.value_added.sum(axis=0),
        "final": economy.final_domestic + economy.final_imported,
        "imports": economy.use_imported.sum(axis=1) + economy.final_imported.sum(axis=1),
        "unmet": 0.0,
        "household_income": 0.0,
    }
    for name, flow in base.items():
        assert np.abs(getattr(paths, name) - flow / HALF_YEAR.per_year).max() <= allowed, name
    assert (paths.stocks == paths.stocks[0]).all()
    assert paths.price is None or np.abs(paths.price - 1.0).max() <= promise(case).calm
    assert paths.outcome.status == "completed" and not paths.binding.any()


@every_case
@given(economy=economies, seed=seeds)
@few
def test_terms_of_size_zero_change_nothing(case, economy, seed):
    model, calm = made(case), Drivers.calm(economy, HALF_YEAR)
    drawn = shaken(model, economy, seed)
    # Drivers leave out terms of size zero on their own; here they reach the model.
    silent = replace(calm, terms=tuple(replace(t, weights=0.0 * t.weights) for t in drawn.terms))
    scale = period_scale(economy, HALF_YEAR)
    assert far(model.simulate(economy, silent), model.simulate(economy, calm), scale, promise(case).calm) == {}


@every_case
@given(economy=economies, seed=seeds)
@few
def test_another_unit_of_money_changes_only_the_unit(case, economy, seed):
    model, unit = made(case), 1000.0
    drawn = shaken(model, economy, seed)
    paths, other = model.simulate(economy, drawn), model.simulate(*testing.scaled(economy, drawn, unit))
    assert other.outcome.status == paths.outcome.status
    back = other._replace(**{n: v / unit for n in MONEY if (v := getattr(other, n)) is not None})
    assert far(paths, back, period_scale(economy, HALF_YEAR), promise(case).close) == {}


@every_case
@given(economy=economies, seed=seeds)
@few
def test_the_order_of_sectors_and_activities_does_not_matter(case, economy, seed):
    model, rng = made(case), np.random.default_rng(seed)
    drawn, order, products = shaken(model, economy, seed), rng.permutation(economy.n), rng.permutation(economy.K)
    paths = model.simulate(economy, drawn)
    other = model.simulate(*testing.permuted(economy, drawn, order, products))
    assert other.outcome.status == paths.outcome.status
    back = {n: getattr(other, n)[:, np.argsort(order)] for n in ("output", "value_added")}
    back |= {n: getattr(other, n)[:, np.argsort(products)] for n in ("final", "imports", "unmet", "stocks")}
    for name in ("stock_change", "price"):
        if getattr(other, name) is not None:
            back[name] = getattr(other, name)[:, np.argsort(order)]
    assert far(paths, other._replace(**back), period_scale(economy, HALF_YEAR), promise(case).close) == {}


@every_case
@given(economy=economies, seed=seeds)
@few
def test_like_halves_of_an_activity_together_do_what_it_did(case, economy, seed):
    if promise(case).halves:
        return  # the model says why it does not claim this
    model, which = made(case), seed % economy.n
    drawn = shaken(model, economy, seed)
    paths, halves = model.simulate(economy, drawn), model.simulate(*testing.split(economy, drawn, which))
    assert halves.outcome.status == paths.outcome.status
    whole = {}
    for name in ("output", "value_added", "stock_change"):
        if getattr(halves, name) is not None:
            whole[name] = getattr(halves, name)[:, :-1].copy()
            whole[name][:, which] += getattr(halves, name)[:, -1]
    if halves.price is not None:
        assert gap(halves.price[:, -1], halves.price[:, which]) <= promise(case).close
        whole["price"] = halves.price[:, :-1]
    assert far(paths, halves._replace(**whole), period_scale(economy, HALF_YEAR), promise(case).close) == {}


@every_case
@given(economy=economies, seed=seeds)
@few
def test_one_pool_a_buyer_gives_the_path_of_the_pooled_form(case, economy, seed):
    model = made(case)
    drawn = shaken(model, economy, seed)
    paths, full = model.simulate(economy, drawn), model.simulate(*testing.full_form(economy, drawn))
    assert full.outcome.status == paths.outcome.status
    assert far(paths, full, period_scale(economy, HALF_YEAR), promise(case).close) == {}


@every_case
@given(economy=economies, seed=seeds)
@few
def test_accounts_close_in_every_period(case, economy, seed):
    """Value added is final demand and all changes of stocks less imports; stocks start from the undisturbed ones."""
    model = made(case)
    paths = model.simulate(economy, shaken(model, economy, seed))
    start = model.simulate(economy, Drivers.calm(economy, HALF_YEAR)).stocks[0].sum()
    producers = economy.stock_change.sum() / HALF_YEAR.per_year
    producers = producers if paths.stock_change is None else paths.stock_change.sum(axis=1)
    gained = np.diff(paths.stocks.sum(axis=1), prepend=start)
    spent = paths.final.sum(axis=(1, 2)) + producers + gained - paths.imports.sum(axis=1)
    total = economy.x.sum() / HALF_YEAR.per_year
    assert gap(paths.value_added.sum(axis=1), spent, total) <= 1e-9
    assert not paths.residual > 1e-9  # NaN where no period has a solution
    if paths.outcome.status == "completed":
        low = {name: float(getattr(paths, name).min()) for name in ("output", "imports", "unmet", "stocks")}
        assert {name: value for name, value in low.items() if value < -1e-9 * total} == {}


@every_case
@given(economy=economies, seed=seeds)
@few
def test_sectors_without_output_or_without_inputs_give_numbers(case, economy, seed):
    model, gaps = made(case), testing.with_gaps(economy)
    calm = Drivers.calm(gaps, HALF_YEAR)
    wanted = np.zeros((gaps.K, gaps.F))
    wanted[-2:, 0] = 0.01 * gaps.final_domestic.max() / HALF_YEAR.per_year  # of what nobody makes here
    drawn = shaken(model, gaps, seed)
    if "demand" in model.channels:
        drawn = drawn.having("gap:demand", "demand", np.ones(HALF_YEAR.periods), wanted)
    for chosen in (calm, drawn):
        paths = model.simulate(gaps, chosen)
        if paths.outcome.status in ("completed", "collapsed"):
            strange = [
                n for n in (*MONEY, "price") if (v := getattr(paths, n)) is not None and not np.isfinite(v).all()
            ]
            assert strange == [] and paths.residual <= 1e-9
    paths = model.simulate(gaps, calm)
    assert paths.outcome.status == "completed"
    assert gap(paths.output, np.broadcast_to(gaps.x / 12, paths.output.shape)) <= promise(case).calm * gaps.x.max()


@every_case
def test_a_channel_that_the_model_lacks_is_refused_by_name_with_advice(case):
    model = made(case)
    economy = testing.random_economy(np.random.default_rng(0))
    calm = Drivers.calm(economy, HALF_YEAR)
    for channel in set(CHANNELS) - model.channels:
        weights = np.full(calm.shapes[CHANNELS[channel].over], 0.1)
        with pytest.raises(ChannelError, match=f"'{model.name}' has no channel '{channel}'; .{{10,}}"):
            model.simulate(economy, calm.having("it", channel, np.ones(HALF_YEAR.periods), weights))


@every_case
def test_traits_are_stated_in_shared_words_and_switches_switch_them(case):
    model = made(case)
    for trait, word in model.traits._asdict().items():
        assert word in TRAITS[trait], f"{trait} is '{word}'"
    for trait, options in getattr(model, "switches", {}).items():
        off = replace(model, **options)
        assert off != model and getattr(off.traits, trait) != getattr(model.traits, trait)


@every_case
@given(economy=economies, seed=seeds)
@few
def test_channels_said_to_be_without_effect_have_none(case, economy, seed):
    model = made(case)
    idle = getattr(model, "without_effect", frozenset())
    assert idle <= model.channels
    drawn = shaken(model, economy, seed, size=1.0)
    paths = model.simulate(economy, drawn.within(model.channels - idle))
    assert far(model.simulate(economy, drawn), paths, period_scale(economy, HALF_YEAR), 0.0) == {}


@every_model
def test_the_docstring_is_a_manual_page(name):
    text = inspect.getdoc(get_model(name))
    first, _, rest = text.partition("\n")
    assert first.endswith(".") and len(first) <= 120
    assert "=" in rest and "ssum" in rest  # equations and what is assumed
    for part in ("When not to use it", "References"):
        assert part in rest, part


@every_model
def test_the_literature_is_given_as_bibtex(name):
    entries = get_model(name).bibtex.split("@")[1:]
    assert entries and all(e.count("{") == e.count("}") for e in entries)
    for entry in entries:
        missing = [field for field in ("author", "title", "year") if not re.search(rf"\b{field}\s*= ", entry)]
        assert missing == [], entry.split(",")[0]
