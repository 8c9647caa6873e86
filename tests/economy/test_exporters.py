"""One kind of owner exports more than the others: margins stay, and nothing of the nation moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.calendar import Calendar, Period
from simcore.content import find_calibration
from simcore.drivers import Drivers
from simcore.economy.exporters import exported, with_exporters
from simcore.economy.store import load_economy
from simcore.fitting.balance import ras
from simcore.models.inventory import Inventory
from simcore.models.leontief import Leontief

SHARE = st.floats(0.01, 0.99)


@pytest.fixture(scope="module")
def china():
    return load_economy(find_calibration("china-2022"))


def by(economy, values, which):
    return np.bincount(which, values, minlength=int(which.max()) + 1)


@given(SHARE, SHARE, st.floats(0.01, 100.0))
def test_the_cell_keeps_both_margins_and_has_the_odds_ratio(w, q, ratio):
    e = float(exported(np.array(w), np.array(q), ratio))
    assert 0.0 < e < min(w, q) and 1.0 - w - q + e > 0.0
    assert e * (1.0 - w - q + e) == pytest.approx(ratio * (w - e) * (q - e), rel=1e-6, abs=1e-12)


def test_ras_from_the_odds_ratio_ends_in_the_same_cell():
    w, q, ratio = 0.3, 0.6, 4.0
    found = ras(np.array([[ratio, 1.0], [1.0, 1.0]]), np.array([w, 1.0 - w]), np.array([q, 1.0 - q]), tolerance=1e-14)
    assert float(exported(np.array(w), np.array(q), ratio)) == pytest.approx(found.table[0, 0], rel=1e-12)


@pytest.mark.parametrize("ratio", [0.2, 1.0, 8.0])
def test_owners_make_and_sectors_sell_what_they_did(china, ratio):
    other = with_exporters(china, "foreign", ratio)
    cell = china.sector * china.R + china.region
    for p in range(china.P):
        np.testing.assert_allclose(
            by(china, other.origin[:, p], cell), by(china, china.origin[:, p], cell), rtol=1e-12, atol=1e-15
        )
    bought = np.stack(
        [china.use_domestic[:, china.pool == p].sum(axis=1) + china.final_domestic[:, china.user_pool == p].sum(axis=1)
         for p in range(china.P)], axis=1,
    )  # fmt: skip
    sold = (other.origin * bought[china.sector]).sum(axis=1) + china.stock_change
    np.testing.assert_allclose(sold, china.x, rtol=1e-11)
    assert (other.origin >= 0.0).all() and (other.x == china.x).all()


def test_more_odds_mean_more_exports_of_that_owner_and_less_of_each_other(china):
    exports = china.final_domestic[:, china.users("exports")].sum(axis=1)[china.sector]
    pool = china.user_pool[china.users("exports")][0]
    few, many = (with_exporters(china, "foreign", ratio).origin[:, pool] * exports for ratio in (1.0, 3.0))
    change = by(china, many - few, china.ownership)
    assert change[china.ownerships.index("foreign")] > 0.0
    assert all(change[china.ownerships.index(c)] < 0.0 for c in ("state", "private", "other"))
    assert change[china.ownerships.index("unclassified")] == pytest.approx(0.0, abs=1e-9)
    assert change.sum() == pytest.approx(0.0, abs=1e-8)


def test_national_sectors_do_not_feel_who_exports_while_nobody_is_short(china):
    even = with_exporters(china, "foreign", 1.0)
    calendar = Calendar(Period.parse("2022-11"), 6)
    weights = np.zeros((china.K, china.F))
    weights[:, china.users("exports")] = 0.001 * china.final_domestic[:, china.users("exports")]
    for model in (Leontief(), Inventory()):
        one, other = (
            model.simulate(e, Drivers.calm(e, calendar).having("abroad", "demand", np.ones(6), weights))
            for e in (china, even)
        )
        for t in range(6):
            np.testing.assert_allclose(
                by(china, one.output[t], china.sector), by(china, other.output[t], china.sector), rtol=1e-12
            )
        assert np.abs(one.output - other.output).max() > 1e-5  # owners do
