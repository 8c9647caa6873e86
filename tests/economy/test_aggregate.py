"""Other classifications keep totals and balance."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy.aggregate import Concordance, aggregate
from simcore.economy.audit import audit
from simcore.economy.build import from_flows
from simcore.errors import TableError

GOODS = Concordance.of("goods", {"C13": "goods", "C34": "goods", "F": "F"})
ONE_REGION = Concordance.of("country", {"east": "country", "west": "country"})
ONE_OWNER = Concordance.of("owner", {"state": "all", "private": "all", "unclassified": "all"})


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"sectors": GOODS},
        {"regions": ONE_REGION},
        {"ownerships": ONE_OWNER},
        {"sectors": GOODS, "regions": ONE_REGION, "ownerships": ONE_OWNER},
    ],
)
def test_totals_and_balance_are_kept(two_region_economy, how):
    old, new = two_region_economy, aggregate(two_region_economy, **how)
    totals = (
        "x",
        "value_added",
        "employment",
        "use_domestic",
        "use_imported",
        "final_domestic",
        "final_imported",
    )
    for name in (*totals, "stock_change"):
        assert getattr(new, name).sum() == pytest.approx(getattr(old, name).sum(), rel=1e-12), name
    assert new.final_domestic.sum(axis=0) == pytest.approx(old.final_domestic.sum(axis=0), rel=1e-12)
    stocks = ((old.use_domestic + old.use_imported) * old.cover).sum()
    assert ((new.use_domestic + new.use_imported) * new.cover).sum() == pytest.approx(stocks, rel=1e-12)
    report = audit(new)
    assert report.ok, str(report)
    assert new.meta["aggregated"] == [c.name for c in how.values()]
    assert set(new.alternatives) == set(old.alternatives)


def test_doing_nothing_gives_the_same_economy(two_region_economy):
    new = aggregate(two_region_economy)
    assert np.allclose(new.Z, two_region_economy.Z, rtol=1e-13)
    assert np.allclose(new.origin, two_region_economy.origin, rtol=1e-13)
    assert new.activities == two_region_economy.activities


@given(st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=40, deadline=None)
def test_in_full_form_every_flow_is_the_sum_of_its_parts(seed, merge_regions):
    rng = np.random.default_rng(seed)
    labels = [f"r{r}|s{k}" for r in range(3) for k in range(4)]
    users = [f"r{r}|{c}" for r in range(3) for c in ("households", "investment")] + ["exports"]
    economy = from_flows(rng.random((12, 12)), rng.random((12, 7)), activities=labels, users=users)
    sectors = Concordance.of("s", {f"s{k}": f"t{k // 2}" for k in range(4)})
    regions = Concordance.of("r", {"r0": "a", "r1": "a" if merge_regions else "b", "r2": "b"})
    new = aggregate(economy, sectors=sectors, regions=regions)
    home = ["a", "a" if merge_regions else "b", "b"]
    group = [new.activities.index(f"t{k // 2}|{home[r]}|unclassified") for r in range(3) for k in range(4)]
    G = (np.array(group) == np.arange(new.n)[:, None]).astype(float)
    assert np.allclose(new.Z, G @ economy.Z @ G.T, rtol=1e-12)
    assert np.allclose(new.Y, G @ economy.Y, rtol=1e-12)
    assert np.allclose(new.x, G @ economy.x, rtol=1e-13)


def test_a_split_keeps_technology_and_undoes_itself(two_region_economy):
    parts = {"C13": {"C13": 1.0}, "C34": {"C34a": 0.7, "C34b": 0.3}, "F": {"F": 1.0}}
    split = aggregate(two_region_economy, sectors=Concordance("split", parts))
    assert split.n == two_region_economy.n + 4 and audit(split).ok
    a, b = split.sectors.index("C34a"), split.sectors.index("C34b")
    assert split.x[split.sector == a].sum() / split.x[split.sector == b].sum() == pytest.approx(7 / 3)
    made = split.sector == a
    before = (two_region_economy.use_domestic / two_region_economy.x)[0, two_region_economy.sector == 1]
    assert np.allclose((split.use_domestic / split.x)[0, made], before)
    together = Concordance.of("back", {"C13": "C13", "C34a": "C34", "C34b": "C34", "F": "F"})
    back = aggregate(split, sectors=together)
    assert np.allclose(back.Z, two_region_economy.Z, rtol=1e-12)
    assert np.allclose(back.origin, two_region_economy.origin, rtol=1e-12)


def test_pools_whose_buyers_come_together_become_one(two_region_economy):
    assert aggregate(two_region_economy, sectors=GOODS).pools == ("east", "west", "abroad")
    country = aggregate(two_region_economy, regions=ONE_REGION)
    assert country.pools == ("east+west", "abroad")
    assert country.user_region.tolist() == [0, 0, 0, 0, 0, 0, -1]


def test_groups_and_names_stay_where_the_new_codes_respect_them(two_region_economy):
    new = aggregate(two_region_economy, sectors=GOODS)
    assert new.sectors.groups == {"industry": ("goods",), "manufacturing": ("goods",)}
    assert new.meta["groups_lost_in_aggregation"] == ["equipment"]
    assert new.sectors.names_zh == ("goods", "批发零售")


def test_ratings_and_headroom_are_means(two_region_economy):
    rated = replace(
        two_region_economy,
        criticality=np.where(np.arange(3)[:, None] == 0, 1.0, 0.0) * np.ones(10),
        headroom=np.where(two_region_economy.ownership == 0, 0.1, 0.0),
    )
    new = aggregate(rated, ownerships=ONE_OWNER, sectors=GOODS)
    assert set(np.unique(new.criticality)) <= {0.0, 0.5, 1.0}
    assert (new.headroom * new.x).sum() == pytest.approx((rated.headroom * rated.x).sum())


def test_a_concordance_file_is_read_and_named_after_itself(tmp_path):
    file = tmp_path / "nbs-to-three.csv"
    file.write_text("from,to,weight\nC13,A,\nC34,A,0.4\nC34,B,0.6\nF,C,1\n", encoding="utf-8")
    concordance = Concordance.read(file)
    assert concordance.name == "nbs-to-three"
    assert concordance.shares == {"C13": {"A": 1.0}, "C34": {"A": 0.4, "B": 0.6}, "F": {"C": 1.0}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("old,new\na,b\n", "it needs from, to and perhaps weight"),
        ("from,to,weight\na,b,half\n", "line 2: weight 'half' is not a number"),
        ("from,to\na,b\na,b\n", "line 3: 'a' goes to 'b' twice"),
        ("from,to,weight\na,b,0.5\na,c,0.4\n", "shares of 'a' are .*; they must be positive and sum to one"),
    ],
)
def test_a_doubtful_concordance_file_is_refused(tmp_path, text, message):
    (tmp_path / "c.csv").write_text(text, encoding="utf-8")
    with pytest.raises(TableError, match=message):
        Concordance.read(tmp_path / "c.csv")


def test_codes_must_match_and_regions_cannot_be_split(two_region_economy):
    with pytest.raises(TableError, match=r"sectors \['C34'\] are missing, \['C35'\] are unknown"):
        aggregate(two_region_economy, sectors=Concordance.of("x", {"C13": "a", "C35": "a", "F": "b"}))
    halves = Concordance("halves", {"east": {"e": 0.5, "f": 0.5}, "west": {"w": 1.0}})
    with pytest.raises(TableError, match="regions can only be put together"):
        aggregate(two_region_economy, regions=halves)
