"""Pools of money, and paying for a measure out of other purchases."""

from __future__ import annotations

from itertools import permutations
from typing import NamedTuple

import numpy as np
import pytest

from simcore.errors import UnknownNameError
from simcore.measures.money import grant, reallocated

from .helpers import RUN, china, entry


class Pool(NamedTuple):
    ceiling: float


def claimants():
    return [
        entry("investment_support", id="one", pool="p"),
        entry("investment_support", id="two", pool="p", amount=100.0),
        entry("project_finance", id="three", pool="p"),
        entry("consumer_subsidy", id="four"),
    ]


def test_a_pool_scales_all_claims_in_the_same_proportion_whatever_their_order():
    total = sum(m.claim() for m in claimants()[:3])
    for order in permutations(claimants()):
        granted, (report,) = grant(order, {"p": Pool(total / 4.0)})
        shares = {m.id: m.granted for m in granted}
        assert shares == {"one": 0.25, "two": 0.25, "three": 0.25, "four": 1.0}
        assert report.excess == pytest.approx(0.75 * total)
        assert sum(report.claims.values()) * report.share == pytest.approx(total / 4.0)


def test_a_pool_that_holds_enough_changes_nothing():
    granted, (report,) = grant(claimants(), {"p": Pool(1e6)})
    assert all(m.granted == 1.0 for m in granted) and report.excess == 0.0


def test_what_the_pool_refuses_stands_in_the_account_and_moves_no_demand():
    granted, _ = grant(claimants()[:1], {"p": Pool(84.0)})  # half of 200 x 0.6 x 1.4
    account = granted[0].account(china(), RUN)
    assert account.uses["beyond the pool's ceiling"] == pytest.approx(100.0)
    whole = claimants()[0].drivers(china(), RUN).dense("demand")
    np.testing.assert_allclose(granted[0].drivers(china(), RUN).dense("demand"), 0.5 * whole, atol=1e-12)


def test_a_pool_nobody_defined_is_named():
    with pytest.raises(UnknownNameError, match="one draws on the pool 'p'"):
        grant(claimants()[:1], {})


def test_reallocated_money_is_cut_from_other_government_purchases():
    vouchers = entry("consumer_subsidy")
    cut = reallocated(vouchers, china(), RUN).dense("demand")
    money = np.einsum("tkf,k->t", cut, china().price_index)
    np.testing.assert_allclose(money, -vouchers.drawn(RUN), atol=1e-12)
    government = china().user_category == 1
    assert not cut[:, :, ~government].any()
