"""First-order supply shocks from remote-work and essential shares, and shocks to prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.errors import ChannelError
from simcore.measures.stay_at_home import StayAtHome, labour_lost, stay_at_home
from simcore.models.first_order import FirstOrder
from simcore.models.price import Price, category_prices

from .helpers import china, entry, small

YEAR = Calendar.between("2022-01", "2022-12")
PULSE = {"kind": "pulse", "start": "2022-03", "end": "2022-04"}
shares = st.floats(0.0, 1.0)


@given(remote=shares, essential=shares, proximity=shares, distancing=shares)
def test_a_share_of_labour_is_lost_and_more_so_with_distancing(remote, essential, proximity, distancing):
    lost = float(labour_lost(remote, essential))
    assert lost == pytest.approx((1 - remote) * (1 - essential))
    assert 0.0 <= lost <= float(labour_lost(remote, essential, proximity, distancing)) + 1e-15 <= 1.0 + 1e-12
    assert labour_lost(1.0, essential, proximity, distancing) == 0.0
    assert labour_lost(remote, 1.0) == 0.0


def test_work_at_home_and_essential_work_go_on():
    economy = small()
    order = StayAtHome(id="s", remote={"C36a": 0.25, "F": 0.5}, essential={"C36a": 0.6}, profile=PULSE)
    labour = order.drivers(economy, YEAR).dense("labour")
    by_code = {"C36a": 1 - 0.75 * 0.4, "F": 0.5, "E": 1.0}
    assert np.allclose(labour[2], [by_code[economy.sectors.codes[s]] for s in economy.sector])
    assert (labour[:2] == 1.0).all() and (labour[4:] == 1.0).all()
    strict = order.model_copy(update={"proximity": order.remote, "distancing": 1.0}).by_sector(economy)
    assert strict == pytest.approx([0.75 * (1 - 0.6 * 0.75), 0.5, 0.0])


def test_the_builder_and_the_shock_say_the_same():
    economy = small()
    remote, essential = np.array([0.25, 0.5, 0.1]), np.array([0.6, 0.0, 1.0])
    level = np.zeros(12)
    level[2:4] = 1.0
    built = stay_at_home(economy, YEAR, level, remote, essential, id="s")
    codes = economy.sectors.codes
    stated = StayAtHome(
        id="s", remote=dict(zip(codes, remote, strict=True)), essential=dict(zip(codes, essential, strict=True)),
        profile=PULSE,
    ).drivers(economy, YEAR)  # fmt: skip
    assert built.equals(stated)
    output = FirstOrder().simulate(economy, built).output
    kept = 1.0 - (1.0 - remote) * (1.0 - essential)
    assert np.allclose(output[2], kept[economy.sector] * economy.x / 12)
    with pytest.raises(ChannelError, match="profile"):
        stay_at_home(economy, YEAR, level[:3], remote, essential)


def test_later_entries_have_the_last_word():
    economy = china()
    order = entry("stay_at_home")
    lost = dict(zip(economy.sectors.codes, order.by_sector(economy), strict=True))
    assert lost["C13"] == 0.0 and lost["C14"] == pytest.approx(0.8 * 0.6) and lost["J"] == pytest.approx(0.2)
    assert lost["A"] == 0.0  # named nowhere


def test_dearer_oil_raises_what_is_made_of_it_most():
    economy = china()
    calendar = Calendar.between("2022-11", "2023-12")
    oil = entry("import_price")
    drivers = oil.drivers(economy, calendar)
    assert np.allclose(drivers.dense("import_price")[-1][economy.sectors.index("B07")], 1.1)
    paths = Price().simulate(economy, drivers)
    rise = paths.price[-1] - 1.0
    by_sector = {c: rise[economy.sector == k].mean() for k, c in enumerate(economy.sectors.codes)}
    assert max(by_sector, key=by_sector.get) == "C25" and 0.01 < by_sector["C25"] < 0.1
    assert by_sector["G"] > by_sector["P"] > 0.0
    households = category_prices(economy, drivers, paths.price)["households"]
    assert 1.0 < households[-1] < 1.01 and (np.diff(households) >= 0.0).all()


def test_a_cost_falls_on_its_target_alone():
    drivers = entry("cost_change").drivers(china(), Calendar.between("2022-11", "2023-12"))
    wedge = drivers.dense("cost")
    hit = np.isin(china().sector, [china().sectors.index(c) for c in ("D44", "C31")])
    assert np.allclose(wedge, 0.03 * hit)
    assert isinstance(drivers, Drivers) and drivers.channels == {"cost"}
