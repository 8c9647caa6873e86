"""Parts of a measure: counted once, with the whole's own assumptions and draws."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from simcore.errors import TableError
from simcore.measures.parts import Part, allocated
from simcore.package import Package, counted

from .helpers import RUN, china, entry

STEEL = {"sector": {"any": ["metals"]}}
EAST = {"region": {"any": ["east"]}}


def relending(**changes):
    return entry("investment_support", **changes)


def part(id: str, share: float, **fields) -> Part:
    return Part(id=id, of="relending", share=share, **fields)


def money(package: Package) -> np.ndarray:
    """Demand of all policies, (periods, K)."""
    total = package.drivers(frozenset(range(len(package.policies)))).dense("demand")
    return total.sum(axis=2)


def built(*measures, pools=None) -> Package:
    return Package.build(measures, pools or {}, china(), RUN)


def test_parts_and_the_rest_are_the_whole():
    parts = (part("steel", 0.2, target=STEEL), part("east", 0.5, target=EAST))
    split, alone = built(relending(), *parts), built(relending())
    np.testing.assert_allclose(money(split), money(alone), rtol=1e-12)
    cost = [sum(line.path.sum() for _, line in p.costs()) for p in (split, alone)]
    assert cost[0] == pytest.approx(cost[1], rel=1e-12)
    announced = [m.account(china(), RUN).announced for m in split.policies]
    assert announced == pytest.approx([60.0, 40.0, 100.0])


def test_parts_follow_the_draws_of_the_whole():
    drawn = relending().replaced({"installation": 0.25, "vat": 0.13})
    split = built(drawn, part("steel", 0.2, target=STEEL))
    np.testing.assert_allclose(money(split), money(built(drawn)), rtol=1e-12)


def test_a_part_keeps_its_own_name_target_and_tier_and_the_wholes_rest():
    steel = part("steel", 0.2, title="Steel", heading="06 raw materials", responsible="province", target=STEEL)
    _, member = allocated([relending(), steel])
    assert (member.id, member.title, member.heading, member.responsible) == (
        "steel", "Steel", "06 raw materials", "province",
    )  # fmt: skip
    assert member.kind == "investment_support" and member.source == relending().source
    assert member.target.sector.any == ("metals",) and member.target.region == relending().target.region
    here = member.drivers(china(), RUN).dense("capital").sum(axis=0)
    metals = np.isin(china().sector, china().sectors.expand("metals"))
    assert (here[metals] > 0).any() and not here[~metals].any()


def test_regions_that_share_a_whole_get_their_own_money():
    codes = china().regions.codes
    split = built(relending(), *(part(r, 0.25, target={"region": {"any": [r]}}) for r in codes))
    whole, *members = [d.dense("demand") for d in split.policy_drivers]
    assert whole is None  # nothing is left
    for r, demand in enumerate(members):
        elsewhere = china().user_region != r
        assert demand[:, :, ~elsewhere].any() and not demand[:, :, elsewhere].any()


def test_claims_of_parts_on_a_pool_are_those_of_the_whole():
    pools = {"equipment": SimpleNamespace(ceiling=50.0)}
    whole = relending(pool="equipment")
    split, alone = (built(whole, *p, pools=pools) for p in ((part("steel", 0.2),), ()))
    assert split.grants[0].claimed == pytest.approx(alone.grants[0].claimed)
    np.testing.assert_allclose(money(split), money(alone), rtol=1e-12)


def test_the_order_of_parts_and_whole_moves_no_bit():
    parts = (part("steel", 0.2, target=STEEL), relending(), part("east", 0.5, target=EAST))
    every = frozenset(range(3))
    assert built(*parts).drivers(every).equals(built(*parts[::-1]).drivers(every))


def test_a_part_without_its_whole_is_nothing_and_a_disabled_part_stays_with_it():
    assert built(part("steel", 0.2)).drivers(frozenset([0])).terms == ()
    kept = built(relending(), part("steel", 0.2, enabled=False))
    np.testing.assert_array_equal(money(kept), money(built(relending())))
    late = [relending(decided="2022-09"), part("steel", 0.2, decided="2022-11")]
    left, out = counted(late, "as_legislated", "2022-10")
    assert out == ["relending"] and Package.build(left, {}, china(), RUN).drivers(frozenset([0])).terms == ()


def test_more_than_all_or_a_part_of_what_has_no_amount_is_refused():
    with pytest.raises(TableError, match="add up to 110 %"):
        allocated([relending(), part("a", 0.7), part("b", 0.4)])
    with pytest.raises(TableError, match="states no amount"):
        allocated([entry("supply_guarantee", id="white_list"), Part(id="few", of="white_list", share=0.1)])


def test_a_swap_of_capacity_adds_none_and_moves_no_demand():
    swap = built(relending(), part("steel", 0.2, target=STEEL, replacement=1.0))
    metals = np.isin(china().sector, china().sectors.expand("metals"))
    assert swap.policy_drivers[1].dense("capital") is None
    usual = built(relending(), part("steel", 0.2, target=STEEL)).policy_drivers[1]
    assert usual.dense("capital")[-1][metals].sum() > 0.0
    np.testing.assert_array_equal(swap.policy_drivers[1].dense("demand"), usual.dense("demand"))
    vouchers = entry("consumer_subsidy")
    with pytest.raises(TableError, match="renews no equipment"):
        allocated([vouchers, Part(id="p", of=vouchers.id, share=0.1, replacement=1.0)])
