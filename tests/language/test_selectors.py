"""Selectors: whom a measure concerns, and in which shares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from simcore.errors import TableError, UnknownNameError
from simcore.measures.fields import Selector, product_shares


def select(**fields):
    return Selector.model_validate(fields, context={"yaml": True})


DIMENSION = {
    "sector": ["C13", "C34", "F"],
    "region": ["east", "west"],
    "ownership": ["state", "private"],
}


@st.composite
def selectors(draw):
    fields = {}
    for name, codes in DIMENSION.items():
        form = draw(st.sampled_from(["all", "any", "weights"]))
        if form == "all":
            fields[name] = {"all": True}
        elif form == "any":
            fields[name] = {"any": draw(st.lists(st.sampled_from(codes), min_size=1, unique=True))}
        else:
            first = draw(st.integers(1, 9)) / 10
            fields[name] = {"weights": {codes[0]: first, codes[1]: 1 - first}}
    if fields["sector"].get("any") == ["F"] and fields["ownership"].get("any"):
        fields["ownership"] = {"all": True}
    return select(split=draw(st.sampled_from(["output", "value_added", "equal"])), **fields)


@settings(max_examples=80, deadline=None)
@given(one=selectors())
def test_weights_sum_to_one_and_levels_lie_between_zero_and_one(two_region_economy, one):
    weights, level = one.weights(two_region_economy), one.activities(two_region_economy)
    assert weights.sum() == pytest.approx(1.0) and (weights >= 0.0).all()
    assert ((level >= 0.0) & (level <= 1.0)).all()
    assert not weights[level == 0.0].any()
    assert one.products(two_region_economy).sum() == pytest.approx(1.0)
    assert one.regions(two_region_economy).sum() == pytest.approx(1.0)


def test_the_default_is_everybody_by_output(two_region_economy):
    economy = two_region_economy
    assert Selector().weights(economy) == pytest.approx(economy.x / economy.x.sum())
    assert (Selector().activities(economy) == 1.0).all()


def test_weighted_codes_get_their_shares(two_region_economy):
    one = select(sector={"weights": {"C13": 0.25, "C34": 0.75}}, region={"weights": {"east": 0.9, "west": 0.1}})
    assert one.products(two_region_economy) == pytest.approx([0.25, 0.75, 0.0])
    assert one.regions(two_region_economy) == pytest.approx([0.9, 0.1])


def test_a_weighted_group_shares_by_output(two_region_economy):
    economy = two_region_economy
    one = select(sector={"weights": {"manufacturing": 0.6, "F": 0.4}})
    output = np.bincount(economy.sector, economy.x, 3)
    assert one.products(economy) == pytest.approx([*(0.6 * output[:2] / output[:2].sum()), 0.4])


def test_ownership_weights_divide_industry_and_leave_the_rest(two_region_economy):
    economy = two_region_economy
    plain = select(sector={"any": ["C34", "F"]})
    one = select(sector={"any": ["C34", "F"]}, ownership={"weights": {"state": 0.25, "private": 0.75}})
    outside = plain.outside_industry(economy)
    assert one.outside_industry(economy) == pytest.approx(outside) and 0.0 < outside < 1.0
    weights = one.weights(economy)
    assert weights[economy.ownership == 0].sum() == pytest.approx(0.25 * (1 - outside))
    assert weights[economy.ownership == 1].sum() == pytest.approx(0.75 * (1 - outside))
    assert one.products(economy) == pytest.approx(plain.products(economy))


def test_kinds_of_enterprise_mean_industry_alone(two_region_economy):
    economy = two_region_economy
    one = select(ownership={"any": ["private"]})
    assert one.outside_industry(economy) == 0.0
    chosen = economy.is_industry & (economy.ownership == 1)
    assert (one.activities(economy) == chosen).all()
    assert (select(ownership={"all": True, "except": ["state"]}).activities(economy) == chosen).all()


def test_the_largest_weight_takes_a_level_whole(two_region_economy):
    economy = two_region_economy
    level = select(region={"weights": {"east": 0.8, "west": 0.2}}).activities(economy)
    assert (level[economy.region == 0] == 1.0).all()
    assert level[economy.region == 1] == pytest.approx(0.25)


def test_a_target_without_any_activity_is_refused(two_region_economy):
    with pytest.raises(TableError, match="selects no activity"):
        select(sector={"any": ["F"]}, ownership={"any": ["state"]}).weights(two_region_economy)
    with pytest.raises(UnknownNameError, match="C99"):
        select(sector={"any": ["C99"]}).weights(two_region_economy)


def test_a_product_group_is_split_by_output(two_region_economy):
    shares = product_shares(two_region_economy, "manufacturing")
    assert shares.sum() == pytest.approx(1.0) and shares[2] == 0.0
    assert product_shares(two_region_economy, "C34").tolist() == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"region": {}}, "SC202"),
        ({"region": {"all": True, "any": ["east"]}}, "SC202"),
        ({"region": {"any": []}}, "SC203"),
        ({"region": {"any": "east"}}, "SC029"),
        ({"region": {"any": ["east", "east"]}}, "SC204"),
        ({"region": {"weights": {"east": 0.5, "west": 0.4}}}, "SC206"),
        ({"region": {"weights": {"east": -0.5, "west": 1.0}}}, "SC205"),
        ({"region": {"weights": {"east": 50}}}, "SC102"),
    ],
)
def test_a_selector_that_makes_no_sense_is_refused(fields, code):
    with pytest.raises(ValidationError) as caught:
        select(**fields)
    assert [e["type"] for e in caught.value.errors()] == [code]


def test_selectors_can_be_hashed():
    fields = {"region": {"weights": {"east": "60 %", "west": "40 %"}}}
    assert hash(select(**fields)) == hash(select(**fields)) and select(**fields) == select(**fields)
