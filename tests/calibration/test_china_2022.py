"""The shipped economy keeps the published table, the published growth and its word on what is estimated."""

import hashlib

import numpy as np
import pytest

from simcore.economy import ABROAD
from simcore.economy.indicators import leontief_inverse, spectral_radius
from simcore.economy.store import load_economy
from simcore.fitting.calibrate import calibrate, compare
from simcore.fitting.ownership import CLASSES, fit_foreign_weight
from simcore.fitting.spread import contents, own_region_shares, value_added_by_region, where_demand_lands


def test_a_rebuilt_economy_equals_the_shipped_one(folder):
    assert compare(folder) == []


def test_two_builds_give_the_same_bytes(folder, tmp_path):
    for name in ("one", "two"):
        calibrate(folder, tmp_path / name)
    for name in ("economy.npz", "meta.json", "codes.json", "check.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_compare_finds_a_changed_array_and_a_changed_fact(folder, tmp_path):
    import shutil
    from dataclasses import replace

    from simcore.economy.store import save_economy

    shutil.copytree(folder, tmp_path / "copy")
    shipped = load_economy(folder)
    headroom = shipped.headroom.copy()
    headroom[5] *= 1.0 + 1e-6
    meta = {**shipped.meta, "vintage": "2022-11-21"}
    save_economy(replace(shipped, headroom=headroom, meta=meta), tmp_path / "copy")
    found = compare(tmp_path / "copy")
    assert len(found) == 2
    assert found[0].startswith("headroom: differs by")
    assert "meta.vintage" in found[1]


def test_the_hashes_are_those_of_the_sources(folder, china):
    hashes = china.meta["input_hashes"]
    assert {"recipe.yaml", "io_2020_use_domestic.csv", "province_capitals.csv"} <= set(hashes)
    assert set(hashes) <= {"recipe.yaml", *(path.name for path in (folder / "sources").glob("*.csv"))}
    for name, value in hashes.items():
        path = folder / name if name == "recipe.yaml" else folder / "sources" / name
        assert hashlib.sha256(path.read_bytes()).hexdigest() == value, name


def test_every_activity_sells_and_pays_what_it_makes(china):
    sold = china.Z.sum(axis=1) + china.Y.sum(axis=1) + china.stock_change
    paid = china.use_domestic.sum(axis=0) + china.use_imported.sum(axis=0) + china.value_added.sum(axis=0)
    np.testing.assert_allclose(sold, china.x, rtol=1e-9)
    np.testing.assert_allclose(paid, china.x, rtol=1e-9)


@pytest.mark.parametrize("method", ["no_distance", "strong_home_bias", "flq"])
def test_other_methods_of_trade_keep_the_same_margins(china, method):
    other = china.with_origin(method)
    sold = other.Z.sum(axis=1) + other.Y.sum(axis=1) + other.stock_change
    np.testing.assert_allclose(sold, china.x, rtol=1e-9)
    assert np.abs(other.origin - china.origin).max() > 0.01


def test_every_pool_has_all_its_origins(china):
    for origin in (china.origin, *china.alternatives.values()):
        assert (origin >= 0).all()
        for product in range(china.K):
            np.testing.assert_allclose(origin[china.sector == product].sum(axis=0), 1.0, rtol=1e-12)


def test_regions_and_owners_sum_to_the_national_table(china, steps):
    national = steps.scaled.table
    member = (china.sector == np.arange(china.K)[:, None]).astype(float)
    pairs = [
        (member @ china.x, national.x),
        (china.use_domestic @ member.T, national.use_domestic),
        (china.use_imported @ member.T, national.use_imported),
        (member @ china.Z @ member.T, national.use_domestic),
        (china.value_added @ member.T, national.value_added),
        (member @ china.stock_change, national.stock_change),
        (china.final_domestic.sum(axis=1), national.final_domestic.sum(axis=1)),
    ]
    for found, wanted in pairs:
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
    imported = national.final_imported.sum(axis=1) + national.inventories_imported
    np.testing.assert_allclose(china.final_imported.sum(axis=1), imported, rtol=1e-9, atol=1e-9)
    for c, name in enumerate(("households", "government", "investment", "exports")):
        bought = china.final_domestic[:, china.users(name)].sum(axis=1)
        np.testing.assert_allclose(bought, national.final_domestic[:, c], rtol=1e-9, atol=1e-9)


def test_no_flow_is_negative_and_no_activity_is_empty(china):
    assert china.n == 41 * 4 * 4 + 17 * 4
    assert china.x.min() > 0
    for flow in (china.use_domestic, china.use_imported, china.final_domestic, china.final_imported):
        assert flow.min() >= 0
    assert (china.user_region[china.users("exports")] == ABROAD).all()
    assert (china.final_domestic[:, china.users("inventories")] == 0).all()
    assert np.isfinite(china.employment).all()


def test_what_is_negative_was_negative_in_the_published_table(steps):
    before, after = steps.published, steps.scaled.table
    assert ((before.value_added < 0) == (after.value_added < 0)).all()
    assert (after.stock_change[before.stock_change == 0] == 0).all()


def test_what_nobody_uses_stays_unused(steps):
    before, after = steps.published, steps.scaled.table
    for name in ("use_domestic", "use_imported", "final_domestic", "final_imported"):
        assert ((getattr(before, name) == 0) == (getattr(after, name) == 0)).all(), name


# Type I output multipliers, value-added contents and industrial value added per 100 yuan of demand of the NBS
# table of 2020 (58 sectors), computed apart from this code.
MULTIPLIERS = {
    "C36a": (2.87, 0.82, 53), "C36b": (2.91, 0.81, None), "C34": (2.82, 0.83, 58), "C35": (2.72, 0.82, 57),
    "C31": (2.30, 0.76, None), "C39": (2.35, 0.57, 36), "E": (2.81, 0.90, 33), "C38": (None, None, 53),
    "C18": (None, None, 51), "C17": (None, None, 45),
}  # fmt: skip


def test_the_published_table_gives_the_known_multipliers(steps):
    table = steps.published
    L = leontief_inverse(table.use_domestic / table.x)
    content = table.value_added.sum(axis=0) / table.x
    inside = np.zeros(len(content))
    members = list(steps.sectors.expand("industry"))
    inside[members] = content[members]
    for code, (output, added, industrial) in MULTIPLIERS.items():
        k = steps.sectors.index(code)
        if output is not None:
            assert L[:, k].sum() == pytest.approx(output, abs=0.005), code
            assert content @ L[:, k] == pytest.approx(added, abs=0.005), code
        if industrial is not None:
            assert 100 * inside @ L[:, k] == pytest.approx(industrial, abs=0.5), code


def test_the_spectral_radii_are_those_of_the_published_table(steps):
    for table in (steps.published, steps.scaled.table):
        domestic = table.use_domestic / table.x
        assert spectral_radius(domestic) == pytest.approx(0.567, abs=5e-4)
        assert spectral_radius(domestic + table.use_imported / table.x) == pytest.approx(0.636, abs=5e-4)


def test_scaling_changes_no_coefficient(steps):
    before, after = steps.published, steps.scaled.table
    np.testing.assert_allclose(after.use_domestic / after.x, before.use_domestic / before.x, rtol=1e-12)
    np.testing.assert_allclose(after.use_imported / after.x, before.use_imported / before.x, rtol=1e-12)
    np.testing.assert_allclose(after.value_added / after.x, before.value_added / before.x, rtol=1e-12)


def test_broad_sectors_grow_exactly_as_published(steps):
    # Growth of 2021 and January-September 2022: NBS, as in gdp_by_industry.csv.
    before, after = (t.value_added.sum(axis=0) for t in (steps.published, steps.scaled.table))
    for name, rates in {"agriculture": (7.1, 4.2), "industry": (9.6, 3.7), "services": (8.2, 2.3)}.items():
        members = list(steps.sectors.expand(name))
        growth = after[members].sum() / before[members].sum()
        assert growth == pytest.approx(np.prod([1 + r / 100 for r in rates]), rel=1e-9), name
    gdp = steps.growth.reconstructed
    assert gdp["gdp_2021_from_parts"] == pytest.approx(gdp["gdp_2021_published"], abs=0.001)
    assert gdp["gdp_2022_from_parts"] == pytest.approx(gdp["gdp_2022_published"], abs=0.001)


def test_published_divisions_are_met_within_a_few_per_cent(steps):
    miss = np.abs(steps.scaled.value_added_miss)
    published = np.array([kind == "published" for kind in steps.growth.kind])
    assert np.average(miss[published], weights=steps.scaled.target[published]) < 0.015
    assert miss[published].max() < 0.06
    assert miss.max() < 0.10
    assert np.abs(steps.scaled.stock_move).max() < 0.02


def test_divisions_with_a_cumulated_rate_take_it(steps):
    # January-October 2022, ihry.cn/2375.html; industry's total then moves all divisions by under a point.
    second = steps.growth.yearly[1]
    found = np.array([second[steps.sectors.index(code)] for code in ("C34", "C35", "C36a", "C38")])
    shift = (1 + found) / (1 + np.array([-0.010, 0.042, 0.081, 0.119]))
    np.testing.assert_allclose(shift, shift[0], rtol=1e-12)
    assert abs(shift[0] - 1) < 0.01


def test_the_foreign_weight_is_the_one_that_growth_identifies(steps):
    fit = fit_foreign_weight(steps.figures, "2022-02", "2022-10")
    assert fit.months == 9
    assert fit.weight == pytest.approx(0.212, abs=5e-4)
    assert fit.low == pytest.approx(0.208, abs=1e-3)
    assert fit.high == pytest.approx(0.224, abs=1e-3)
    assert fit.mean_error == pytest.approx(0.08, abs=0.01)


def test_owners_sum_to_their_weights_within_industry_only(china, steps):
    added = china.value_added.sum(axis=0)
    total = np.bincount(china.ownership, added * china.is_industry, len(china.ownerships))
    weights = [steps.owners.weight[name] for name in CLASSES]
    np.testing.assert_allclose(total[:4] / total.sum(), weights, rtol=1e-9)
    outside = china.ownership == china.ownerships.index("unclassified")
    assert (outside == ~china.is_industry).all()


def test_sourced_shares_of_owners_are_kept_and_lie_in_their_ranges(steps):
    owners, k = steps.owners, steps.sectors.index
    for code, share in {"B07": 0.93, "D44": 0.92, "C16": 0.96, "C25": 0.49}.items():
        assert owners.share[k(code), 0] == pytest.approx(share, rel=1e-9)
    assert (owners.low <= owners.share).all()
    assert (owners.share <= owners.high).all()
    inside = list(steps.sectors.expand("industry"))
    np.testing.assert_allclose(owners.share[inside].sum(axis=1), 1.0, rtol=1e-12)


def test_product_statistics_place_steel_and_coal(steps):
    # Crude steel 2018, 27 provinces: east .552, central .207, west .145, north-east .095.
    steel = steps.regional.output_share[steps.sectors.index("C31")]
    np.testing.assert_allclose(steel, [0.552, 0.207, 0.145, 0.095], atol=1e-3)
    coal = steps.regional.output_share[steps.sectors.index("B06")]
    assert coal[2] > 0.5
    assert coal[0] < 0.15


def test_power_lies_where_it_is_generated(steps):
    # First half of 2022, 10^8 kWh: east 14,378.9, central 7,877.5, west 15,335.7, north-east 2,039.2 of 39,631.
    power = steps.regional.output_share[steps.sectors.index("D44")]
    np.testing.assert_allclose(power, [0.363, 0.199, 0.387, 0.051], atol=1e-3)


def test_industry_as_a_whole_keeps_its_broad_shares(steps):
    table, members = steps.scaled.table, list(steps.sectors.expand("industry"))
    added = table.value_added.sum(axis=0)[members] @ steps.regional.output_share[members]
    np.testing.assert_allclose(added / added.sum(), [0.521, 0.230, 0.199, 0.051], atol=1e-3)


def test_exports_are_more_eastern_than_output(steps):
    goods = [k for k, code in enumerate(steps.sectors.codes) if code[0] in "ABCD"]
    exports = steps.regional.exports[goods].sum(axis=0)
    np.testing.assert_allclose(exports / exports.sum(), steps.regional.export_share, rtol=1e-9)
    assert steps.regional.export_share[0] > 0.75
    room = steps.scaled.table.x[:, None] * steps.regional.output_share
    assert (steps.regional.exports <= 0.9 * room + 1e-9).all()


def test_the_national_multiplier_does_not_depend_on_the_method(steps):
    table = steps.scaled.table
    L = leontief_inverse(table.use_domestic / table.x)
    national = table.value_added.sum(axis=0) / table.x @ L
    for method in steps.regional.trade:
        content = value_added_by_region(table, steps.regional, method).sum(axis=2)
        np.testing.assert_allclose(content, np.repeat(national[:, None], 4, axis=1), rtol=1e-9)


def test_vehicles_of_the_east_keep_as_much_at_home_as_other_estimates_say(steps):
    # No distance .67, gravity .69-.78, Flegg's quotient .82-.92 where broad shares place vehicles too.
    k = steps.sectors.index("C36a")
    own = {m: own_region_shares(c)[k, 0] for m, c in contents(steps.scaled.table, steps.regional).items()}
    assert own["no_distance"] == pytest.approx(0.67, abs=0.03)
    assert 0.69 <= own["gravity"] <= 0.78
    assert 0.78 <= own["flq"] <= 0.92
    assert own["no_distance"] < own["gravity"] < own["strong_home_bias"]


def test_demand_for_coal_and_steel_lands_elsewhere_than_demand_for_cars(steps):
    landed = where_demand_lands(steps.scaled.table, steps.regional, "gravity")
    k = steps.sectors.index
    assert landed[k("B06"), 2] > 2 * landed[k("C39"), 2]
    assert landed[k("C31"), 3] > landed[k("C39"), 3]
    np.testing.assert_allclose(landed.sum(axis=1), 1.0, rtol=1e-12)


def test_all_producer_prices_rise_as_published(steps):
    assert steps.prices.stages["ppi"] == pytest.approx(1.137, abs=5e-4)
    assert (steps.prices.low <= steps.prices.level).all()
    assert (steps.prices.level <= steps.prices.high).all()


def test_stocks_headroom_and_ratings_lie_in_their_ranges(china):
    assert set(np.unique(china.criticality)) == {0.0, 0.5, 1.0}
    assert china.headroom.min() >= 0.01
    assert china.headroom.max() <= 0.12
    assert (china.cover >= 0).all()
    for code, days in (("D44", 1), ("D45", 1), ("D46", 1), ("F", 10), ("J", 10)):  # put off or shifted, not stored
        assert (china.cover[china.sectors.index(code)] == days).all()
    power = china.sector == china.sectors.index("D44")
    assert (china.cover[china.sectors.index("B06"), power] == 20).all()
    use = (china.use_domestic + china.use_imported) * china.is_hauled[:, None] * china.is_industry
    carriers = use.sum(axis=0) > 0
    days = (china.cover * china.is_hauled[:, None]).max(axis=0)
    assert 17 <= np.average(days[carriers], weights=use.sum(axis=0)[carriers]) <= 20
    assert (china.criticality[china.sectors.index("D44"), power] == 0).all()  # works serve themselves first


def test_employment_is_that_of_the_nation(china):
    # 775.86 million in 2018, of which 0.0067 in international organisations without a sector.
    assert china.employment.sum() == pytest.approx(775.86 - 0.0067, abs=0.02)


def test_every_estimate_is_flagged_and_printable(china):
    flags = {entry["flag"] for entry in china.meta["estimate_details"]}
    assert flags == {"estimate", "share_only", "assumption"}
    assert len(china.meta["estimates"]) == len(china.meta["estimate_details"])
    basis = china.meta["regional"]["output_share_basis"]
    assert {c for c, text in basis.items() if not text.startswith("share_only")} == {"B06", "C31", "C36a", "D44"}
    assert set(china.meta["definitions"]) >= {"industry", "equipment", "east", "state", "other"}


def test_groups_name_what_measures_speak_of(china):
    codes = china.sectors
    assert codes.groups["C36"] == ("C36a", "C36b")
    assert len(codes.groups["industry"]) == 41
    assert set(codes.groups["industry"]) == {
        *codes.groups["mining"], *codes.groups["manufacturing"], *codes.groups["utilities"]
    }  # fmt: skip
    assert set(codes.groups["equipment"]) == {"C34", "C35", "C36a", "C36b", "C37", "C38", "C39", "C40"}
    assert not set(codes.groups["services"]) & set(codes.groups["industry"])
