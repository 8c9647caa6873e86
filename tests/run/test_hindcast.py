"""The hindcast's table: errors of the run and of the naive pattern, against what was published."""

import numpy as np
import pytest

from simcore.economy.baseline import Baseline
from simcore.hindcast import hindcast
from simcore.result import Result

MONTHS = tuple(f"2022-{m:02d}" for m in range(1, 7))
SECTORS = ("C17", "C36a", "C36b")


@pytest.fixture
def newest():
    published = np.array([[4.0, 6.0, 6.0]] * 6)
    published[3] = [0.0, -30.0, -30.0]  # April
    total = np.array([5.0, 5.0, 5.0, -3.0, 1.0, 4.0])
    M = len(MONTHS)
    return Baseline(
        months=MONTHS, last_observed="2022-06", sectors=SECTORS, level=np.ones((M, 3)), status=np.ones((M, 3), int),
        growth_sd=np.zeros((M, 3)), published_total=total, published_sector=published, joint=np.zeros(M, bool),
        seasonal=np.ones(12), error_loading=np.zeros((0, 0)),
    )  # fmt: skip


@pytest.fixture
def result():
    slices = [("total", "total", "total"), *((s, "total", "total") for s in SECTORS), ("total", "east", "total")]
    calm, run = np.full((5, 2), 5.5), np.full((5, 2), 5.5)
    run[:, 1] = [-2.0, 1.0, -28.0, -28.0, -4.5]
    return Result(
        scenario="x", title="x", counterfactual="off_from_origin", counterfactual_text="", model="", closure="",
        periods=("2022-03", "2022-04"), variants=("baseline", "scenario"), slices=tuple(slices),
        values={"iva_yoy": np.array([calm, run])},
    )  # fmt: skip


def test_errors_are_the_run_less_what_was_published(result, newest, tmp_path):
    grid = hindcast(result, newest, "2022-02", tmp_path)
    rows = {(row[0], row[1].split(",")[0]): row for row in grid.rows}
    total = rows["2022-04", "total"]
    assert total[2:] == (-3.0, 5.5, -2.0, 1.0, 8.0)


def test_the_naive_pattern_is_the_last_one_shifted_by_the_total_and_a_division_counts_once(result, newest, tmp_path):
    grid = hindcast(result, newest, "2022-02", tmp_path)
    row = next(r for r in grid.rows if r[0] == "2022-04" and "divisions" in r[1])
    assert row[1].startswith("2 divisions")
    # textiles 1 - 0, vehicles -28 + 30; naive: 4 - 8 against 0, 6 - 8 against -30
    assert row[5] == pytest.approx((1.0 + 2.0) / 2)
    assert row[6] == pytest.approx((4.0 + 28.0) / 2)


def test_a_place_inside_a_region_takes_its_whole_loss(result, newest, tmp_path):
    (tmp_path / "sources").mkdir()
    facts = "month,place,region,share_of_region,yoy_pct,source\n2022-04,Delta,east,0.4,-18,x\n"
    (tmp_path / "sources" / "iva_regions.csv").write_text(facts)
    row = hindcast(result, newest, "2022-02", tmp_path).rows[-1]
    assert row[:3] == ("2022-04", "Delta", -18.0)
    assert row[4] == pytest.approx(5.5 - 10.0 / 0.4)


def test_nothing_published_gives_no_table(result, newest, tmp_path):
    silent = Baseline(**{**vars(newest), "published_total": np.full(6, np.nan)})
    assert hindcast(result, silent, "2022-02", tmp_path) is None
