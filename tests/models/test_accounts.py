"""Whatever path of output a model finds, its accounts close and nothing that happens moves nothing."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.models.accounts import Inputs, base_flows, settle, use_of

YEAR = Calendar.between("2022-01", "2022-12")
CHANNELS = ("demand", "preference", "coefficient", "productivity", "import_limit", "stock_release")
few = settings(max_examples=30, deadline=None)


@st.composite
def cases(draw):
    economy = draw(testing.economies())
    return economy, draw(testing.drivers(economy, YEAR, channels=CHANNELS))


def some_output(economy, seed):
    rng = np.random.default_rng(seed)
    return economy.x / 12 * rng.uniform(0.4, 1.2, (12, economy.n))


@given(testing.economies())
@few
def test_base_output_settles_to_the_base_bit_for_bit(economy):
    base = base_flows(economy, YEAR)
    paths = settle(economy, Drivers.calm(economy, YEAR), np.tile(base.x, (12, 1)))
    for name in ("value_added", "final", "stock_change", "stocks"):
        assert (getattr(paths, name) == getattr(base, name)).all(), name
    assert (paths.imports == base.imported).all()
    assert not paths.unmet.any() and not paths.household_income.any()
    assert paths.residual < 1e-15


@given(cases(), st.integers(0, 1000))
@few
def test_accounts_close_for_any_path_of_output(case, seed):
    economy, drivers = case
    paths = settle(economy, drivers, some_output(economy, seed))
    assert paths.residual < 1e-12
    spent = paths.final.sum(axis=(1, 2)) + paths.stock_change.sum(axis=1) - paths.imports.sum(axis=1)
    assert np.allclose(spent, paths.value_added.sum(axis=1), rtol=1e-11, atol=1e-9 * economy.x.sum())
    assert (paths.unmet >= 0).all()


@given(testing.economies(), st.integers(0, 1000))
@few
def test_final_users_go_short_only_of_what_is_not_made_and_stocks_give_only_the_rest(economy, seed):
    output = np.minimum(some_output(economy, seed), economy.x / 12)
    paths = settle(economy, Drivers.calm(economy, YEAR), output)
    bought = paths.final - np.minimum(base_flows(economy, YEAR).final, 0.0)
    assert (bought >= -1e-9).all()
    drawn = paths.stock_change < economy.stock_change / 12 - 1e-9 * economy.x.max()
    lacking = np.zeros((12, economy.K), dtype=bool)
    for t, i in np.argwhere(drawn):  # an activity that draws on its stocks delivers nothing to final users
        sells = economy.origin[i, economy.user_pool] > 0
        share = paths.unmet[t, economy.sector[i], sells] / (economy.final_domestic[economy.sector[i], sells] / 12)
        lacking[t, economy.sector[i]] = (share >= economy.origin[i, economy.user_pool[sells]] - 1e-9).all()
        assert lacking[t, economy.sector[i]]


@given(testing.economies(), st.integers(0, 1000))
@few
def test_what_final_users_do_not_want_goes_into_stocks(economy, seed):
    more = economy.x / 12 * np.random.default_rng(seed).uniform(1.0, 1.3, (12, economy.n))
    still = Inputs(*(np.zeros((12, economy.K, economy.n)) for _ in range(2)))
    paths = settle(economy, Drivers.calm(economy, YEAR), more, inputs=still)
    assert not paths.unmet.any()
    assert np.allclose(paths.stock_change - economy.stock_change / 12, more - economy.x / 12, rtol=1e-10, atol=1e-9)


@given(cases(), st.integers(0, 1000))
@few
def test_given_inputs_that_equal_the_coefficients_change_nothing(case, seed):
    economy, drivers = case
    output = some_output(economy, seed)
    factor = np.ones((12, economy.K, economy.n))
    if (c := drivers.dense("coefficient")) is not None:
        factor = factor * c
    if (p := drivers.dense("productivity")) is not None:
        factor = factor / p[:, None, :]
    base = base_flows(economy, YEAR)
    use = factor * output[:, None, :] - base.x
    one = use_of(economy, drivers, output)
    other = use_of(economy, drivers, output, Inputs(base.a * use, base.m * use))
    for name in one._fields:
        assert np.allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-10 * economy.x.max()), name


def test_imports_come_in_as_far_as_they_are_let():
    economy = testing.random_economy(np.random.default_rng(3), 3, 2)
    calm = Drivers.calm(economy, YEAR)
    half = calm.having("m:1", "import_limit", np.ones(12), np.full(economy.K, -0.5))
    output = np.tile(economy.x / 12, (12, 1))
    free, held = settle(economy, calm, output), settle(economy, half, output)
    assert np.allclose(free.final - held.final, economy.final_imported / 24)
    assert np.allclose(held.unmet, economy.final_imported / 24)


def test_a_table_without_labour_income_gives_no_household_income():
    economy = testing.random_economy(np.random.default_rng(3), 3, 2)
    nameless = replace(economy, value_added_names=("a", "b", "c", "d"))
    paths = settle(nameless, Drivers.calm(nameless, YEAR), np.tile(economy.x / 12, (12, 1)))
    assert np.isnan(paths.household_income).all() and np.isfinite(paths.value_added).all()
