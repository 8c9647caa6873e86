"""Saving and loading an economy."""

import json
import time
from dataclasses import fields, replace

import numpy as np
import pytest

from simcore.economy import Codes, Economy
from simcore.economy.store import Spread, load_economy, save_economy
from simcore.errors import TableError

FILES = ("economy.npz", "meta.json", "codes.json")


def assert_same(one: Economy, other: Economy) -> None:
    for f in fields(Economy):
        a, b = getattr(one, f.name), getattr(other, f.name)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype, f.name
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f"), f.name
        elif f.name == "alternatives":
            assert a.keys() == b.keys()
            assert all(np.array_equal(a[k], b[k]) for k in a)
        else:
            assert a == b, f.name


def test_an_economy_comes_back_bit_for_bit(two_region_economy, tmp_path):
    economy = replace(
        two_region_economy,
        employment=np.full(two_region_economy.n, np.nan),
        x=two_region_economy.x / 3.0,
        meta={"zh": "区域", "range": [0.1, 1e-300], "nested": {"flag": True, "none": None}},
    )
    save_economy(economy, tmp_path / "a")
    assert_same(economy, load_economy(tmp_path / "a"))


def test_the_same_economy_gives_the_same_bytes(two_region_economy, tmp_path, monkeypatch):
    save_economy(two_region_economy, tmp_path / "a")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    save_economy(load_economy(tmp_path / "a"), tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_an_array_of_figures_and_weights_is_stored_as_these_two_and_comes_back(two_region_economy, tmp_path):
    economy, rng = two_region_economy, np.random.default_rng(1)
    weight = rng.random(economy.n)
    use, x = rng.random((economy.K, economy.K)), rng.random(economy.K)
    trade = rng.random((economy.K, economy.R, economy.P))
    spread = {
        "use_domestic": Spread(use, weight),
        "x": Spread(x, weight),
        "origin": Spread(trade, 2.0 * weight),
        "value_added": Spread(np.ones((1, economy.K)), weight),  # which it is not
    }
    changed = replace(
        economy, use_domestic=use[:, economy.sector] * weight, x=x[economy.sector] * weight,
        origin=trade[economy.sector, economy.region] * (2.0 * weight)[:, None],
    )  # fmt: skip
    save_economy(changed, tmp_path, spread)
    assert_same(changed, load_economy(tmp_path))
    with np.load(tmp_path / "economy.npz") as stored:
        assert {"use_domestic", "x", "origin"}.isdisjoint(stored.files)
        assert "value_added" in stored.files
        assert sum(name.startswith("weight__") for name in stored.files) == 2


def test_the_codes_hold_what_a_check_needs(two_region_economy, tmp_path):
    save_economy(two_region_economy, tmp_path)
    codes = json.loads((tmp_path / "codes.json").read_text(encoding="utf-8"))
    assert codes["sectors"]["codes"] == ["C13", "C34", "F"]
    assert codes["sectors"]["groups"]["equipment"] == ["C34"]
    assert codes["regions"]["names_zh"] == ["东部", "西部"]
    assert codes["ownerships"]["names_en"][0] == "State"
    assert codes["gdp"] == two_region_economy.value_added.sum()
    by_sector = [two_region_economy.x[two_region_economy.sector == k].sum() for k in range(3)]
    assert codes["output_by_sector"] == pytest.approx(by_sector, rel=1e-14)


@pytest.mark.parametrize("value", [(1, 2), {1: "a"}, float("nan"), np.ones(2), {"a": {1, 2}}])
def test_facts_that_would_not_come_back_are_refused_and_nothing_is_written(two_region_economy, tmp_path, value):
    with pytest.raises(TableError, match="meta of two-regions"):
        save_economy(replace(two_region_economy, meta={"fact": value}), tmp_path / "a")
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_broken_file_is_named(two_region_economy, tmp_path, name):
    save_economy(two_region_economy, tmp_path)
    (tmp_path / name).write_bytes(b"{")
    with pytest.raises(TableError, match="not a readable economy"):
        load_economy(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(TableError, match=f"{name} does not exist"):
        load_economy(tmp_path)


def test_arrays_of_another_version_are_named(two_region_economy, tmp_path):
    save_economy(two_region_economy, tmp_path)
    with np.load(tmp_path / "economy.npz") as stored:
        arrays = {name: stored[name] for name in stored.files if name != "headroom"}
    np.savez(tmp_path / "economy.npz", slack=np.ones(2), **arrays)
    with pytest.raises(TableError, match=r"missing arrays \['headroom'\], unknown arrays \['slack'\]"):
        load_economy(tmp_path)


def test_an_economy_of_560_activities_loads_within_30_ms(tmp_path):
    n, K, P, F = 560, 58, 4, 20
    rng = np.random.default_rng(0)

    def codes(prefix, number):
        names = tuple(f"{prefix}{i}" for i in range(number))
        return Codes(names, names, names)

    economy = Economy(
        name="large", version=1, unit="bn yuan", base_year=2022, price_year=2020,
        sectors=codes("s", K), regions=codes("r", 4), ownerships=codes("o", 4),
        sector=np.arange(n) % K, region=np.arange(n) % 4, ownership=np.arange(n) % 3,
        pools=("a", "b", "c", "d"), pool=np.arange(n) % 4, user_category=np.zeros(F, int),
        user_region=np.zeros(F, int), user_pool=np.zeros(F, int), x=rng.random(n),
        use_domestic=rng.random((K, n)), use_imported=rng.random((K, n)), origin=rng.random((n, P)),
        final_domestic=rng.random((K, F)), final_imported=rng.random((K, F)), stock_change=rng.random(n),
        value_added=rng.random((4, n)), value_added_names=("a", "b", "c", "d"), employment=rng.random(n),
        cover=rng.random((K, n)), headroom=rng.random(n), criticality=rng.random((K, n)),
        price_index=rng.random(K), alternatives={m: rng.random((n, P)) for m in ("flq", "slq", "even")},
    )  # fmt: skip
    save_economy(economy, tmp_path)
    times = []
    for _ in range(7):
        start = time.perf_counter()
        loaded = load_economy(tmp_path)
        times.append(time.perf_counter() - start)
    assert_same(economy, loaded)
    assert min(times) <= 0.030
