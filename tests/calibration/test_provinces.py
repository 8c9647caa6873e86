"""31 provinces: the same nation as in four regions, by the same code."""

from pathlib import Path

import numpy as np
import pytest

from simcore.economy.store import load_economy
from simcore.fitting.calibrate import assemble, work_through
from simcore.fitting.recipe import load_recipe

FOLDER = Path(__file__).parents[2] / "calibration" / "china-2022-provinces"


@pytest.fixture(scope="module")
def provinces():
    return load_economy(FOLDER)


def test_the_recipe_gives_the_arrays_that_are_shipped(provinces):
    built = assemble(work_through(FOLDER), {})  # the whole, with baseline and meta: simcore calibrate --check
    for name in ("x", "use_domestic", "use_imported", "origin", "value_added", "employment", "cover", "criticality"):
        one, other = getattr(provinces, name), getattr(built, name)
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-12 * one.max(), err_msg=name)
    assert provinces.alternatives.keys() == built.alternatives.keys()
    for method, origin in provinces.alternatives.items():
        np.testing.assert_allclose(built.alternatives[method], origin, rtol=1e-9, atol=1e-12, err_msg=method)


def test_provinces_add_up_to_the_nation_of_four_regions(china, provinces):
    assert provinces.R == 31
    for name in ("x", "stock_change", "employment"):
        one, other = (np.bincount(e.sector, getattr(e, name), e.K) for e in (china, provinces))
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-9)
    for name in ("use_domestic", "use_imported", "final_domestic", "final_imported"):
        one, other = (getattr(e, name).sum(axis=1) for e in (china, provinces))
        np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(provinces.value_added.sum(), china.value_added.sum(), rtol=1e-12)


def test_provinces_of_a_region_make_what_the_region_makes(china, provinces):
    # Coal and power alone move: in Shanxi and Inner Mongolia they are more than the broad share of industry leaves.
    for name in ("east", "central", "west", "northeast"):
        inside = np.isin(provinces.region, provinces.regions.expand(name))
        one = china.value_added[:, china.region == china.regions.index(name)].sum()
        assert provinces.value_added[:, inside].sum() == pytest.approx(one, rel=0.01), name


def test_power_by_province_meets_both_provinces_and_regions(provinces):
    made = provinces.x * (provinces.sector == provinces.sectors.index("D44"))
    share = np.bincount(provinces.region, made, provinces.R) / made.sum()
    assert share[provinces.regions.index("inner_mongolia")] == pytest.approx(3073.6 / 39631.1, rel=1e-4)
    assert share[list(provinces.regions.expand("northeast"))].sum() == pytest.approx(2039.2 / 39631.1, rel=1e-4)


def test_every_activity_sells_what_it_makes_under_every_method(provinces):
    member, users = (p[:, None] == np.arange(provinces.P) for p in (provinces.pool, provinces.user_pool))
    bought = provinces.use_domestic @ member + provinces.final_domestic @ users
    for origin in (provinces.origin, *provinces.alternatives.values()):
        sold = (origin * bought[provinces.sector]).sum(axis=1) + provinces.stock_change
        np.testing.assert_allclose(sold, provinces.x, rtol=1e-9)


def test_regions_are_groups_so_that_targets_by_region_keep_their_meaning(china, provinces):
    for name in china.regions.codes:
        assert len(provinces.regions.groups[name]) > 2
    parts = [c for name in china.regions.codes for c in provinces.regions.groups[name]]
    assert sorted(parts) == sorted(provinces.regions.codes)


def test_an_extended_recipe_says_only_what_differs():
    own, base = (load_recipe(f) for f in (FOLDER, FOLDER.parent / "china-2022"))
    for name in ("scaling", "prices", "ownership", "stocks", "baseline", "ownerships"):
        assert getattr(own, name) == getattr(base, name)
    assert own.regional.areas == "province"
    assert base.regional.areas == "region"


def test_hashes_name_both_recipes(provinces):
    assert {"recipe.yaml", "china-2022/recipe.yaml", "province_exports.csv"} <= set(provinces.meta["input_hashes"])


def test_the_baseline_is_the_one_of_the_recipe_that_is_extended():
    for path in (FOLDER.parent / "china-2022").glob("baseline*.npz"):
        assert (FOLDER / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_nation_answers_as_in_four_regions():
    # Who supplies whom cancels in national sums; what is left are places whose stocks or capacity bind on their own.
    from simcore.run import run_file

    total, paths = ("total", "total", "total"), []
    for name in ("china-2022", "china-2022-provinces"):
        result = run_file("notice-2022-five", draws=0, sets=[f"calibration={name}@1"])
        paths.append(result.series("iva", "scenario", total) - result.series("iva", "baseline", total))
    np.testing.assert_allclose(paths[1], paths[0], rtol=0.0, atol=2e-3 * np.abs(paths[0]).max())
    assert np.abs(paths[1] - paths[0]).max() > 0.0
