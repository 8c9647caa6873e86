"""The baseline of China against what was published, and its parts replaced one by one."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest

from simcore.economy.baseline import STATUS, Baseline
from simcore.errors import TableError, UnknownNameError
from simcore.fitting.baseline import (
    BaselineOptions,
    build,
    build_from,
    observed_levels,
)
from simcore.fitting.baseline_report import period_growth, write_report
from simcore.fitting.fan import FanOptions, covariance, fit_scale, newest, past_forecasts, vintages
from simcore.fitting.history import SLOTS, fit_proxies, read_history, rebuild_total, release, sector_growth
from simcore.fitting.projection import PROJECTIONS, ProjectionOptions, project, projection
from simcore.fitting.seasonal import SeasonalOptions, adjust, chained_growth, monthly_profile

PUBLISHED = {"2020-02": -13.5, "2021-02": 35.1, "2021-10": 3.5, "2022-04": -2.9, "2022-10": 5.0}  # per cent


def test_growth_from_levels_reproduces_every_published_total(built):
    known = np.isfinite(built.published_total) & np.isfinite(built.yoy())
    assert known.sum() == 34  # January 2020 to October 2022
    assert np.abs(built.yoy() - built.published_total)[known].max() < 1e-9
    for month, rate in PUBLISHED.items():
        assert built.yoy()[built.months.index(month)] == pytest.approx(rate, abs=1e-9)


def test_growth_from_levels_reproduces_every_published_division(built):
    known = np.isfinite(built.published_sector) & np.isfinite(built.yoy_by_sector())
    assert known.sum() > 350
    assert np.abs(built.yoy_by_sector() - built.published_sector)[known].max() < 1e-9


def test_levels_of_2020_sum_to_value_added_of_every_sector(built, history):
    base = built.level[[m.startswith("2020") for m in built.months]].sum(axis=0)
    np.testing.assert_allclose(base, history.value_added, rtol=1e-12)


def test_three_categories_rebuild_the_published_total(history):
    gap = rebuild_total(history)
    assert np.isfinite(gap).sum() >= 18
    assert np.nanmean(np.abs(gap)) <= 0.15


def test_categories_from_sectors_stay_close_to_the_published_ones(built, history):
    for t in range(release("2022-03"), history.releases):
        row = built.months.index(f"2022-{t % SLOTS + 2:02d}")
        for c in range(3):
            inside = history.category == c
            now, before = built.level[row, inside].sum(), built.level[row - 12, inside].sum()
            assert 100 * (now / before - 1) == pytest.approx(history.by_category[t, c], abs=0.35)


def test_every_cell_says_where_it_comes_from(built, history):
    for month, sector, origin in (
        ("2019-07", "C31", "profile"),
        ("2022-10", "C31", "published"),
        ("2022-10", "C36a", "parent"),
        ("2021-05", "C36b", "proxy"),
        ("2022-10", "C42", "residual"),
        ("2023-05", "C31", "projected"),
    ):
        cell = built.months.index(month), built.sectors.index(sector)
        assert STATUS[built.status[cell]] == origin
        assert np.isfinite(built.growth_sd[cell]) == (origin != "profile")
    published = built.growth_sd[built.status == STATUS.index("published")]
    residual = built.growth_sd[built.status == STATUS.index("residual")]
    assert published.max() < 0.05 < 3.0 < residual.min()


def test_residual_sectors_of_a_category_share_one_growth_that_closes_the_total(history):
    t = release("2022-08")
    level = np.linspace(1.0, 2.0, len(history.sectors)) * history.value_added
    closed = sector_growth(history, fit_proxies(history), t, level)
    for c in range(3):
        rest = (history.category == c) & (closed.origin == "residual")
        assert np.ptp(closed.growth[rest]) < 1e-12
    assert closed.growth @ level / level.sum() == pytest.approx(history.total[t], abs=1e-12)


def test_january_and_february_are_halves_and_flagged(built):
    for row in np.flatnonzero([m.endswith("-01") for m in built.months]):
        assert (built.level[row] == built.level[row + 1]).all()
    assert built.joint.sum() == 2 * 6


def test_year_to_date_prints_are_met_to_a_tenth_of_a_point(built, history):
    total = built.total
    for t in range(SLOTS, history.releases):
        if np.isfinite(history.year_to_date[t]):
            year, month = 2019 + t // SLOTS, t % SLOTS + 2
            start = built.months.index(f"{year}-01")
            ratio = total[start : start + month].sum() / total[start - 12 : start - 12 + month].sum()
            assert 100 * (ratio - 1) == pytest.approx(history.year_to_date[t], abs=0.15)


def test_the_adjusted_path_does_not_leave_january_february_above_its_neighbours(history):
    # On a smooth base year it ends about 6 % above trend, by the drift of first prints alone.
    t = release("2022-02")
    chained, path = chained_growth(history), adjust(history, SeasonalOptions()).path
    year = np.log(1.06)
    naive = chained[t] - (chained[t - 1] + year + chained[t + 1]) / 2
    adjusted = path[t] - (path[t - 1] + path[t + 1]) / 2
    assert naive > 0.05
    assert abs(adjusted) < 0.5 * naive


def test_the_profile_is_that_of_year_to_date_weights(history):
    """January-March 2022 grew 6.5 %, January-February 7.5 and March 5.0: so March weighs 40 %."""
    profile = np.exp(monthly_profile(history, SeasonalOptions()))
    growth_2021 = np.exp(chained_growth(history)[release("2021-02") : release("2021-02") + 2])
    joint, march = 2 * profile[0] * growth_2021[0], profile[1] * growth_2021[1]
    assert 0.37 < march / (joint + march) < 0.43
    assert (2 * profile[0] + profile[1:].sum()) / 12 == pytest.approx(1.0)


def test_the_spring_of_2022_lifts_growth_in_april_2023_through_its_base(built):
    effect = dict(zip(built.months, built.base_effect(), strict=True))
    assert 5.0 < effect["2023-04"] < 10.0
    assert 1.5 < effect["2023-05"] < effect["2023-04"]
    assert abs(effect["2023-09"]) < 1.5
    average = dict(zip(built.months, built.two_year_average(), strict=True))
    assert average["2023-04"] < 5.0


def test_sectors_of_the_projection_sum_to_its_total(built, history):
    vintage = newest(history, SeasonalOptions(), ProjectionOptions(), FanOptions())
    path = project("combined", vintage, 2)
    last = built.months.index(built.last_observed)
    ratio = built.total[last + 1] / built.total[last]
    assert np.log(ratio) == pytest.approx(path[0] - vintage.level[-1], abs=1e-12)


def test_a_projection_is_replaced_by_name_and_leaves_history_alone(folder, built):
    naive = build(folder / "sources", {"method": "no_change"})
    observed = ~built.projected
    assert (naive.level[observed] == built.level[observed]).all()
    np.testing.assert_allclose(naive.yoy()[naive.projected], 5.0, atol=1e-9)
    with pytest.raises(UnknownNameError, match="no projection 'oracle'; there is autoregression, bases"):
        build(folder / "sources", {"method": "oracle"})


def test_a_projection_of_the_user_is_registered_and_used(history):
    @projection("flat")
    def flat(vintage, releases):
        return np.full(releases, vintage.level[-1])

    try:
        made = build_from(history, BaselineOptions(method="flat"))
    finally:
        del PROJECTIONS["flat"]
    last = made.months.index(made.last_observed)
    np.testing.assert_allclose(made.total[made.projected], made.total[last], rtol=1e-12)


def test_an_origin_in_the_past_sees_nothing_later(folder, history):
    sources = folder / "sources"
    past = build(sources, {"origin": "2022-03"})
    cut = build_from(history.until(release("2022-03") + 1), BaselineOptions())
    assert past.last_observed == "2022-03" and (past.level == cut.level).all()
    with pytest.raises(TableError, match=r"baseline.origin 2023-01 must lie in 2022-02 .. 2022-10"):
        build(sources, {"origin": "2023-01"})


def test_building_twice_gives_the_same_bytes(folder, built, tmp_path):
    build(folder / "sources").save(tmp_path / "again.npz")
    built.save(tmp_path / "first.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "first.npz").read_bytes()


@pytest.mark.parametrize(("file", "options"), [("baseline.npz", {}), ("baseline-2022-02.npz", {"origin": "2022-02"})])
def test_the_shipped_baseline_is_the_one_its_sources_give(folder, file, options):
    shipped, made = Baseline.load(folder / file), build(folder / "sources", options)
    assert shipped.months == made.months and shipped.sectors == made.sectors
    np.testing.assert_allclose(shipped.level, made.level, rtol=1e-10)
    np.testing.assert_allclose(shipped.error_loading, made.error_loading, atol=1e-10)


def test_the_band_never_falls_below_a_point_and_widens(built):
    assert built.error_sd.min() >= 0.01
    ordinary = ~built.joint[built.projected]
    assert (np.diff(built.error_sd[ordinary]) > 0).all()
    assert built.yoy_error_sd().min() >= 1.0


def test_past_forecasts_use_only_what_was_printed(history):
    options = BaselineOptions()
    later = release("2022-06")
    changed = history.total.copy()
    changed[later:] += 20.0
    known, other = (
        vintages(h, options.seasonal, options.projection, options.fan)
        for h in (history, replace(history, total=changed))
    )
    for n, vintage in known.items():
        same = (project("combined", vintage, 5) == project("combined", other[n], 5)).all()
        assert same == (n <= later)


def test_the_error_law_recovers_a_known_scale():
    from simcore.fitting.fan import Forecasts

    rng = np.random.default_rng(1)
    origins = np.arange(400)
    months = np.arange(1, 13) * 12 / 11
    error = rng.standard_normal((400, 12)) * np.sqrt(0.01**2 + 0.006**2 * months)
    error[rng.random(error.shape) < 0.03] += 0.3  # epidemic months: a robust scale must not see them
    law = fit_scale(Forecasts("made", origins, error, 100 * error), FanOptions(floor=1e-4))
    assert law.sd(np.array(12.0), np.array(5)) == pytest.approx(np.sqrt(0.01**2 + 0.006**2 * 12), rel=0.1)


def test_the_covariance_of_errors_is_positive_definite(history):
    options = BaselineOptions()
    known = vintages(history, options.seasonal, options.projection, options.fan)
    scale = fit_scale(past_forecasts(history, "combined", known), options.fan)
    matrix = covariance(scale, known[max(known)].seasonal_covariance, history.releases - 1, 24, options.fan)
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_an_unknown_option_is_named_with_those_that_exist(folder):
    with pytest.raises(TableError, match=r"baseline.fan: unknown option \['flor'\]; there is first_origin"):
        build(folder / "sources", {"fan": {"flor": 1}})


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        ("iva_total.csv", lambda rows: [r for r in rows if r[0] != "2021-06"], "missing in 2021-06"),
        ("iva_total.csv", lambda rows: [*rows, rows[-1]], "stands twice"),
        ("iva_divisions.csv", lambda rows: [*rows, ["2022-10", "1m", "99", "1.0", "x"]], "division '99'"),
        (
            "iva_divisions.csv",
            lambda rows: [*rows, ["2022-10", "1m", "14", "n/a", "x"]],
            "cannot read percent",
        ),
        (
            "iva_products.csv",
            lambda rows: [*rows, ["2022-10", "1m", "tea", "1.0", "x"]],
            "unknown product 'tea'",
        ),
    ],
)
def test_a_source_with_an_error_is_refused(folder, tmp_path, file, change, message):
    for source in (folder / "sources").glob("iva_*.csv"):
        shutil.copy(source, tmp_path)
    with open(tmp_path / file, newline="", encoding="utf-8") as lines:
        rows = list(csv.reader(lines))
    with open(tmp_path / file, "w", newline="", encoding="utf-8") as out:
        csv.writer(out).writerows(change(rows))
    with pytest.raises(TableError, match=message):
        read_history(tmp_path)


def test_every_figure_of_the_history_names_its_source(folder):
    for name in ("iva_total.csv", "iva_divisions.csv", "iva_products.csv", "iva_value_added_2020.csv"):
        with open(folder / "sources" / name, newline="", encoding="utf-8") as lines:
            assert all(len(row["source"]) > 10 for row in csv.DictReader(lines)), name


def test_observed_levels_are_positive_and_dated_within_the_vintage(history):
    levels = observed_levels(history, SeasonalOptions())
    assert (levels.level > 0).all()
    assert history.releases == release("2022-10") + 1


def test_growth_over_longer_periods_agrees_with_prints_that_were_not_used(folder, built, history):
    """Vehicles less closely: all sectors share one monthly profile, and theirs differs."""
    with open(folder / "sources" / "iva_other_periods.csv", newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["period"].startswith("2022")]
    assert len(rows) >= 16
    for row in rows:
        implied = period_growth(history, built, row["period"], row["division"])
        tolerance = 1.1 if row["division"] == "36" else 0.35
        assert implied == pytest.approx(float(row["percent"]), abs=tolerance), row
    assert np.isnan(period_growth(history, built, "2022Q4", "36"))


def test_the_report_shows_projection_scores_and_base_effects(folder, tmp_path):
    write_report(folder / "sources", {}, tmp_path / "baseline.md")
    text = (tmp_path / "baseline.md").read_text(encoding="utf-8")
    assert "nan" not in text.split()
    for heading in (
        "What it reproduces",
        "Projection",
        "How to read it",
        "Base effects in 2023",
        "Error band",
    ):
        assert f"\n## {heading}" in text
