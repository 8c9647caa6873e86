"""Delays keep every yuan, whatever the step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.calendar import Calendar
from simcore.measures.lags import Erlang, Spread, arrival, by_period, delayed, evenly_after, in_place

LONG = Calendar.between("2022-01", "2061-12")
lags = st.one_of(
    st.builds(Erlang, mean=st.just(0.0) | st.floats(0.1, 400.0), shape=st.integers(1, 6)),
    st.builds(lambda a, b: Spread(a, a + b), st.floats(0.0, 200.0), st.floats(0.0, 400.0)),
)


@given(lags)
@settings(max_examples=60, deadline=None)
def test_all_of_a_flow_arrives_and_none_before_it_leaves(lag):
    shares = arrival(lag, LONG)
    assert shares.min() >= -1e-12
    assert shares.sum() == pytest.approx(1.0, abs=1e-12)


@given(lags, st.lists(st.floats(-10.0, 10.0), min_size=6, max_size=6))
@settings(max_examples=40, deadline=None)
def test_a_longer_run_sees_the_same_course_and_more_of_it(lag, flow):
    short, longer = Calendar.between("2022-01", "2022-06"), Calendar.between("2022-01", "2023-06")
    path = np.array(flow)
    early = delayed(path, lag, short)
    late = delayed(np.concatenate((path, np.zeros(12))), lag, longer)
    np.testing.assert_allclose(early, late[:6], atol=1e-12)


def test_mean_delay_is_the_lags_own():
    for lag, mean in ((Erlang(270.0, 4), 270.0), (Spread(91.25, 273.75), 182.5), (Spread(60.0, 60.0), 60.0)):
        weeks = Calendar.between("2022-W01", "2041-W52")
        shares = arrival(lag, weeks)
        assert (shares * np.arange(weeks.periods)).sum() * 7.0 == pytest.approx(mean, abs=0.01)


def test_an_erlang_of_four_stages_matches_its_known_distribution():
    # The closed form 1 - e^-s (1 + s + s^2/2 + s^3/6), integrated by the trapezoid rule.
    t = np.linspace(0.0, 600.0, 60_001)
    stages = 4.0 * t / 270.0
    known = 1.0 - np.exp(-stages) * (1.0 + stages + stages**2 / 2.0 + stages**3 / 6.0)
    integral = np.concatenate(([0.0], np.cumsum(0.5 * (known[1:] + known[:-1]) * np.diff(t))))
    np.testing.assert_allclose(Erlang(270.0, 4).integral(t), integral, atol=1e-5)


def test_stock_wears_out_at_the_rate_of_its_life():
    months = Calendar.between("2022-01", "2022-12")
    flow = np.zeros(12)
    flow[0] = 1.0
    stock = in_place(flow, 365.0, months)
    assert stock[0] == pytest.approx(0.5)
    np.testing.assert_allclose(stock[2:] / stock[1:-1], np.exp(-1.0 / 12.0))


def test_what_is_spread_evenly_adds_up_inside_and_outside_the_run():
    run = Calendar.between("2022-11", "2023-12")
    day = run.all[2].first.toordinal()
    assert evenly_after(day, 200.0, run).sum() == pytest.approx(1.0, abs=1e-14)
    half = evenly_after(run.end.last.toordinal() + 1 - 100, 200.0, run)
    assert half.sum() == pytest.approx(0.5, abs=1e-14)
    assert by_period(np.ones(30), run.start.first.toordinal(), run)[0] == 30.0
