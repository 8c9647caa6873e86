"""Stocks, home goods for imports, orders and plants that move: what is gained here is lost there."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.calendar import Calendar
from simcore.errors import TableError
from simcore.models.inventory import Inventory

from .helpers import RUN, china, entry, small

THREE_YEARS = Calendar.between("2022-11", "2025-10")


def released(measure, calendar=RUN, economy=None):
    return measure.drivers(economy or china(), calendar).dense("stock_release")


def test_a_reserve_ends_where_it_began():
    reserve = entry("strategic_stock")
    path = released(reserve)
    assert path.sum() == pytest.approx(0.0, abs=1e-12)
    index = china().price_index[china().sectors.index("C32")]
    assert path[path > 0].sum() == pytest.approx(6.0 / index, rel=1e-12)
    short = Calendar.between("2022-11", "2023-03")
    assert released(reserve, short).sum() == pytest.approx(6.0 / index, rel=1e-12)
    assert reserve.account(china(), short).moved["not bought back in it"] == pytest.approx(6.0)


def test_a_reserve_that_buys_first_is_the_mirror_image():
    np.testing.assert_allclose(
        released(entry("strategic_stock", action="purchase")), -released(entry("strategic_stock")), atol=1e-12
    )
    with pytest.raises(ValueError, match="reverse starts before"):
        entry("strategic_stock", reverse={"kind": "pulse", "start": "2022-10", "end": "2022-11"})


def test_a_reserve_saves_its_buyers_when_the_material_is_short():
    economy, calendar = small(), Calendar.between("2022-12", "2023-02")
    short = entry("capacity_loss", loss=0.5, target={"sector": {"any": ["C36a"]}}, recovery=None,
                  profile={"kind": "pulse", "start": "2022-12", "end": "2023-02"})  # fmt: skip
    reserve = entry("strategic_stock", product="C36a", quantity=3.0, reverse=None)
    without = short.drivers(economy, calendar)
    model = Inventory(rationing="proportional")
    unmet = [model.simulate(economy, d).unmet.sum() for d in (without, without & reserve.drivers(economy, calendar))]
    assert 0.0 < unmet[1] < unmet[0]


def test_home_makers_gain_what_imports_lose_and_only_after_qualification():
    home = entry("import_substitution")
    imports = home.imports(china())
    path = home.taken_over(china(), THREE_YEARS)
    assert path[:5].sum() == pytest.approx(0.0, abs=1e-12) and path.max() == pytest.approx(0.02 * imports / 12.0)
    assert released(home, THREE_YEARS).sum() == pytest.approx(-path.sum() / china().price_index[35], rel=1e-9)
    assert china().sectors.codes[35] == "C40"


def test_the_price_difference_follows_the_elasticity_of_substitution():
    one, two = (entry("import_substitution", armington=s) for s in (1.0, 2.0))
    assert one.cheaper(china()) > 1.9 * two.cheaper(china()) > 0.0
    # With an elasticity of one and few imports, a share s takes a price lower by about s.
    assert one.cheaper(china()) == pytest.approx(1.0 - 0.98 / (1.0 + 0.02 * _import_ratio("C40")), rel=1e-12)


def _import_ratio(code: str) -> float:
    economy = china()
    k = economy.sectors.index(code)
    bought = economy.use_imported[k].sum() + np.maximum(economy.final_imported[k], 0.0).sum()
    return float(bought / economy.x[economy.sector == k].sum())


def test_orders_change_owners_and_no_product_and_no_region():
    moved = released(entry("orders")).sum(axis=0)
    economy = china()
    for axis in (economy.sector, economy.region):
        np.testing.assert_allclose(np.bincount(axis, moved), 0.0, atol=1e-12)
    by_owner = np.bincount(economy.ownership, moved * economy.price_index[economy.sector])
    inside = entry("orders").passed(RUN).sum()
    np.testing.assert_allclose(by_owner[:2], [inside, -inside], rtol=1e-12)
    assert not by_owner[2:].any()


def test_orders_between_classes_that_make_nothing_in_common_are_refused():
    with pytest.raises(TableError, match="made by both"):
        entry("orders", target={"sector": {"any": ["F"]}}).drivers(china(), RUN)


def test_plants_that_move_change_regions_and_no_total():
    move = entry("relocation")
    drivers = move.drivers(china(), THREE_YEARS)
    for channel in ("stock_release", "capital"):
        path = drivers.dense(channel)
        np.testing.assert_allclose(path.sum(axis=1), 0.0, atol=1e-9)
        by_region = np.stack([path[:, china().region == r].sum(axis=1) for r in range(4)])
        assert not by_region[2:].any() and by_region[0, -1] == pytest.approx(-by_region[1, -1])
    assert drivers.dense("stock_release")[0].max() < 0.01 * drivers.dense("stock_release").max()  # building comes first
    elsewhere = china().user_region != china().regions.index("central")
    assert not drivers.dense("demand")[:, :, elsewhere].any()


def test_relocation_to_where_nobody_makes_it_is_refused():
    with pytest.raises(TableError, match="made in both"):
        entry("relocation", arrives="east").drivers(china(), RUN)
