"""Cost-push prices against their closed form, and what buyers pay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import indicators as io
from simcore.errors import ChannelError, UnknownNameError
from simcore.models.price import Price, category_prices, purchaser_prices

YEAR = Calendar.between("2022-Q1", "2022-Q4")
few = settings(max_examples=15, deadline=None)
seeds = st.integers(0, 2**32 - 1)


def per_output(economy, flows):
    return flows.sum(axis=0) / economy.x


@given(economy=testing.economies())
@few
def test_imports_ten_per_cent_dearer_raise_prices_by_their_closed_form(economy):
    drivers = Drivers.calm(economy, YEAR).having("a:p", "import_price", np.ones(4), np.full(economy.K, 0.1))
    paths = Price().simulate(economy, drivers)
    primary = per_output(economy, economy.value_added) + 1.1 * per_output(economy, economy.use_imported)
    assert np.abs(paths.price - io.cost_push_prices(economy.A, primary)).max() < 1e-12
    assert (paths.output == economy.x / 4).all()
    home = 1.1 * economy.final_imported.sum()
    home += (paths.price[0] * (economy.Y.sum(axis=1))).sum()
    paid = purchaser_prices(economy, drivers, paths.price)[0] @ (economy.final_domestic + economy.final_imported).sum(
        axis=0
    )
    assert paid == pytest.approx(home, rel=1e-12)


@given(economy=testing.economies(), seed=seeds)
@few
def test_what_final_users_pay_more_is_the_cost_times_output(economy, seed):
    rng = np.random.default_rng(seed)
    wedge = rng.uniform(-0.05, 0.1, economy.n)
    drivers = Drivers.calm(economy, YEAR).having("a:c", "cost", np.ones(4), wedge)
    price = Price().simulate(economy, drivers).price[0]
    final = economy.Y.sum(axis=1) + economy.stock_change
    assert (price - 1.0) @ final == pytest.approx(wedge @ economy.x, rel=1e-9)


@given(economy=testing.economies(), share=st.floats(0.0, 1.0))
@few
def test_what_is_not_passed_on_stays_with_the_activity(economy, share):
    wedge = np.linspace(0.0, 0.1, economy.n)
    drivers = Drivers.calm(economy, YEAR).having("a:c", "cost", np.ones(4), wedge)
    dp = Price(pass_through=share).simulate(economy, drivers).price[0] - 1.0
    assert np.abs(dp - share * (economy.A.T @ dp + wedge)).max() < 1e-12


def test_productivity_of_all_lowers_all_prices_by_it(two_region_economy):
    economy = two_region_economy
    drivers = Drivers.calm(economy, YEAR).having("a:p", "productivity", np.ones(4), np.full(economy.n, 0.25))
    dp = Price().simulate(economy, drivers).price[0]
    A, primary = economy.A / 1.25, 1.0 / 1.25 - (economy.A / 1.25).sum(axis=0)
    assert np.allclose(dp, io.cost_push_prices(A, primary), atol=1e-12)


def test_a_coefficient_saves_its_cost_down_the_chain(two_region_economy):
    economy = two_region_economy
    factor = np.zeros((economy.K, economy.n))
    factor[0, 3] = -0.2
    drivers = Drivers.calm(economy, YEAR).having("a:k", "coefficient", np.ones(4), factor)
    dp = Price().simulate(economy, drivers).price[0] - 1.0
    use = (economy.use_domestic + economy.use_imported) * (1.0 + factor)
    A = economy.origin[:, economy.pool] * (economy.use_domestic * (1.0 + factor))[economy.sector] / economy.x
    saved = (use.sum(axis=0) - (economy.use_domestic + economy.use_imported).sum(axis=0)) / economy.x
    assert np.allclose(dp, io.leontief_inverse(A).T @ saved, atol=1e-12)


def test_pass_through_by_sector_has_the_last_word(two_region_economy):
    model = Price(pass_through=0.9, pass_through_by_sector={"manufacturing": 0.5, "C34": 0.7})
    codes = np.array(two_region_economy.sectors.codes)[two_region_economy.sector]
    expected = {"C13": 0.5, "C34": 0.7, "F": 0.9}
    assert (model.passed_on(two_region_economy) == [expected[c] for c in codes]).all()
    with pytest.raises(UnknownNameError, match="_by_sector: no sector or group 'C99'"):
        Price(pass_through_by_sector={"C99": 0.5}).passed_on(two_region_economy)
    with pytest.raises(ValueError, match=r"C13 is 1\.5"):
        Price(pass_through_by_sector={"C13": 1.5})


def test_a_purchase_tax_is_paid_by_the_category_that_it_hits(two_region_economy):
    economy, calm = two_region_economy, Drivers.calm(two_region_economy, YEAR)
    wedge = np.zeros((economy.K, economy.F))
    wedge[:, economy.users("households")] = 0.05
    drivers = calm.having("a:t", "buyer_price", np.ones(4), wedge)
    price = Price().simulate(economy, drivers).price
    assert (price == 1.0).all()
    prices = category_prices(economy, drivers, price)
    assert np.allclose(prices["households"], 1.05) and (prices["exports"] == 1.0).all()


def test_volumes_are_refused_with_advice(two_region_economy):
    drivers = Drivers.calm(two_region_economy, YEAR).having(
        "a:l", "labour", np.ones(4), np.full(two_region_economy.n, -0.1)
    )
    with pytest.raises(ChannelError, match="'price' has no channel 'labour'; quantities stay"):
        Price().simulate(two_region_economy, drivers)
