"""The check report of a baseline: what it reproduces, what it projects, what that rests on."""

from __future__ import annotations

import csv
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..economy.baseline import STATUS, Baseline
from .baseline import (
    EPIDEMIC,
    BaselineOptions,
    Levels,
    build_from,
    fans_in_real_time,
    observed_levels,
    residual_group_sd,
)
from .fan import NORMAL, newest, past_forecasts, vintages
from .history import CATEGORIES, ROUNDING, SLOTS, History, read_history, rebuild_total, release, release_month
from .projection import NAIVE, PROJECTIONS, project
from .realtime import BLOCK, FIRST, HORIZONS, MEASURES, RESAMPLES, Fans, best_width, gain
from .seasonal import chained_growth

SHOWN_SDS = (
    "2022-11", "2022-12", "2023-02", "2023-04", "2023-07", "2023-10", "2023-12", "2024-06", "2024-12",
)  # fmt: skip
# Other values of the assumed standard deviations of the sources of seasonality.
VARIANTS: dict[str, dict[str, float]] = {  # of SeasonalOptions
    "2019 smoother (.010)": {"smooth_base": 0.010},
    "2019 rougher (.040)": {"smooth_base": 0.040},
    "month-on-month prints exact (.001, no share)": {"month_on_month": 0.001, "month_on_month_share": 0.0},
    "month-on-month prints loose (.020)": {"month_on_month": 0.020},
    "growth of 2019 at 5.0 %": {"growth_2019": 5.0},
    "growth of 2019 at 6.5 %": {"growth_2019": 6.5},
}


def write_report(folder: Path, options: dict[str, Any] | None, path: Path) -> None:
    """Build the baseline of a sources folder and write its report in Markdown."""
    history, chosen = read_history(Path(folder)), BaselineOptions.of(options or {})
    with open(Path(folder) / "iva_other_periods.csv", newline="", encoding="utf-8") as lines:
        periods = [(r["period"], r["division"], float(r["percent"])) for r in csv.DictReader(lines)]
    text = report(history, chosen, build_from(history, chosen), periods)
    Path(path).write_text(text, encoding="utf-8")


def report(
    history: History,
    options: BaselineOptions,
    baseline: Baseline,
    periods: Sequence[tuple[str, str, float]] = (),
) -> str:
    """The report as Markdown; ``periods`` are published rates of divisions over more than a month."""
    sections = (
        _head(baseline),
        _reproduction(history, options, baseline),
        _to_date(history, baseline),
        _divisions(history, baseline, periods),
        _projection(baseline),
        _reading(history, options, baseline),
        _sensitivity(history, options),
        _bases(baseline),
        _errors(history, options, baseline),
        _limits(history, options, baseline),
    )
    return "\n".join(_filled(section) for section in sections)


def _filled(text: str) -> str:
    """Wrap paragraphs and bullets; tables and headings stay as they are."""
    lines: list[str] = []
    for block in re.split(r"\n(?=\n|- |\||#)", text.strip("\n")):
        block = block.strip("\n")
        if block.startswith(("|", "#")) or not block:
            lines += [block, ""] if block.startswith("#") else [block]
            continue
        indent = "  " if block.startswith("- ") else ""
        flat = " ".join(block.split())
        lines += textwrap.wrap(flat, 112, subsequent_indent=indent, break_on_hyphens=False)
        lines += [""] if not indent else []
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(str(cell) for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _head(baseline: Baseline) -> str:
    meta = baseline.meta
    return f"""# Baseline of industrial value added

Observed to {baseline.last_observed} (first prints, vintage of 22 November 2022), projected to
{baseline.months[-1]} by the method `{meta["method"]}`. Levels in bn yuan a month at prices of 2020,
{len(baseline.sectors)} sectors; growth on the year is computed from levels. This file is written by
`simcore.fitting.baseline_report`; figures and sources lie in `sources/iva_*.csv`.

Method, in short. Published growth is closed to the published total in every release: published divisions stay
as printed, unpublished ones share what their category leaves. Growth is chained on 2019; the profile of 2019
over its months comes from year-to-date growth (a mean of monthly growth with last year's levels as weights),
shrunk toward an even year. Seasonally adjusted levels weigh a smooth 2019, the published month-on-month
changes and smoothness, with heavy tails. `trend` continues the seasonally adjusted level at the long-run
rate, `damped` starts from the momentum of half a year, `drift` goes half way to the slope of the last year;
`bases` is the median of the same month one, two and three years before, each grown up at a rate that runs to the
long run, `steady` keeps it, `persistence` takes the pace of that return from the past. `combined` is the mean of
these six with weights that are shrunk to equal. The band comes from repeating the method at past origins.
"""


def _reproduction(history: History, options: BaselineOptions, baseline: Baseline) -> str:
    gap = rebuild_total(history)
    known = np.isfinite(gap)
    ordinary = known & (np.arange(len(gap)) != release("2020-02"))
    total = np.isfinite(baseline.published_total) & np.isfinite(baseline.yoy())
    sector = np.isfinite(baseline.published_sector) & np.isfinite(baseline.yoy_by_sector())
    of_total = np.abs(baseline.yoy() - baseline.published_total)[total].max()
    of_sector = np.abs(baseline.yoy_by_sector() - baseline.published_sector)[sector].max()
    base = baseline.level[[m.startswith("2020") for m in baseline.months]].sum()
    levels = observed_levels(history, options.seasonal)
    counts = [(levels.status[SLOTS:] == k).mean() for k in range(1, 5)]
    worst = int(np.nanargmax(np.abs(gap)))
    return f"""## What it reproduces

- Growth of the total from levels against the published one: largest difference {of_total:.0e} pp over
  {int(total.sum())} months; of published divisions {of_sector:.0e} pp over {int(sector.sum())} cells.
- Sum over 2020: {base:,.1f} bn yuan, value added by sector of the input-output table of 2020 exactly. That is
  all of industry; the monthly figures cover firms above designated size, whose growth is taken for all.
- Total rebuilt from {", ".join(CATEGORIES)} with weights of 2020
  ({", ".join(f"{w:.4f}" for w in history.weights)}): mean absolute error {np.abs(gap[known]).mean():.3f} pp
  over {int(known.sum())} releases, {np.abs(gap[ordinary]).mean():.3f} without January-February 2020; worst
  {gap[worst]:+.2f} in {release_month(worst)}. The residual groups take this gap: standard deviation
  {residual_group_sd(levels):.2f} pp of their common growth.
- Cells from 2020 on, by origin: published {counts[0]:.0%}, parent division published {counts[1]:.0%}, product
  as proxy {counts[2]:.0%}, residual group {counts[3]:.0%}. A residual sector's own growth is unknown:
  published divisions lie {baseline.meta["sector_dispersion_pp"]:.1f} pp (robust standard deviation) around
  their category, and that is the range given to each residual sector.
- What the statistics leave open, {release_month(history.releases - 1)}: {_residual_groups(history, levels)}. The
  growth of such a group is what its category leaves, so it errs by the sum of what others miss; nothing at all is
  known of how it spreads over the group's sectors, by region, or by owner inside a sector.
- Proxies (least squares on months that print both): {"; ".join(_proxy(p) for p in baseline.meta["proxies"])}.
"""


def _residual_groups(history: History, levels: Levels) -> str:
    """By category: how much of it is a residual group, and how sure the group's growth is."""
    last, total = levels.level[-1], levels.level[-1].sum()
    rest = levels.status[-1] == STATUS.index("residual")
    parts = []
    for c, name in enumerate(CATEGORIES):
        inside = history.category == c
        share = last[inside & rest].sum() / last[inside].sum()
        # Rounding of the category and of its published divisions, and the gap to the total that the groups take.
        known = last[inside & ~rest] / last[inside].sum()
        rounding = ROUNDING * np.sqrt(1.0 + (known**2).sum()) / share if share else 0.0
        parts.append(
            f"{name} {share:.0%} of the category ({last[inside & rest].sum() / total:.0%} of industry), its growth "
            f"known to {np.hypot(rounding, residual_group_sd(levels)):.1f} pp"
        )
    return "; ".join(parts)


def _proxy(p: dict[str, Any]) -> str:
    return (
        f"division {p['division']} = {p['intercept']:.1f} + {p['slope']:.2f} x "
        f"{p['product'].replace('_', ' ')}, {p['months']} months, sd {p['sd']:.1f} pp"
    )


def _to_date(history: History, baseline: Baseline) -> str:
    """Year-to-date growth of the total, from levels against prints."""
    total = baseline.total
    rows = []
    for t in range(SLOTS, history.releases):
        if np.isfinite(history.year_to_date[t]) and t % SLOTS:
            month = release_month(t)
            stop = baseline.months.index(month) + 1
            start = baseline.months.index(month[:5] + "01")
            implied = 100.0 * (total[start:stop].sum() / total[start - 12 : stop - 12].sum() - 1.0)
            rows.append((month, f"{history.year_to_date[t]:.1f}", f"{implied:.2f}"))
    gaps = [abs(float(a) - float(b)) for _, a, b in rows]
    head = f"""## Year-to-date growth, published and from levels

The mean absolute difference is {np.mean(gaps):.2f} pp, the worst {max(gaps):.2f}: first prints of months and
of the year to date need not agree, since the base is revised in silence.
"""
    return head + "\n" + _table(("to", "published", "from levels"), rows)


def period_growth(history: History, baseline: Baseline, period: str, division: str) -> float:
    """Growth (per cent) of a division over ``2022Q2`` or ``2022M1-8``, from observed levels, else NaN."""
    kind, span = period[4], period[5:]
    first, last = (3 * int(span) - 2, 3 * int(span)) if kind == "Q" else map(int, span.split("-"))
    rows = [m for m in range(len(baseline.months)) if baseline.months[m][:4] == period[:4]]
    chosen = np.array([m for m in rows if first <= int(baseline.months[m][5:]) <= last])
    level = baseline.level[:, [d == division for d in history.division]].sum(axis=1)
    if baseline.months[chosen[-1]] > baseline.last_observed or chosen[0] < 12:
        return float("nan")
    return float(100.0 * (level[chosen].sum() / level[chosen - 12].sum() - 1.0))


def _divisions(history: History, baseline: Baseline, periods: Sequence[tuple[str, str, float]]) -> str:
    """Published growth of divisions over longer periods, which nothing above has used."""
    rows, gaps = [], []
    for period, division, published in periods:
        implied = period_growth(history, baseline, period, division)
        rows.append((period, division, f"{published:.1f}", f"{implied:.1f}"))
        gaps.append(abs(implied - published))
    if not rows:
        return ""
    head = f"""## Divisions over longer periods: a check that nothing above has used

Mean absolute difference {np.nanmean(gaps):.2f} pp over {len(rows)} figures. Vehicles of 2020 rest on
the proxy.
"""
    return head + "\n" + _table(("period", "division", "published", "from levels"), rows)


def _band(baseline: Baseline) -> list[tuple[str, np.ndarray]]:
    """(month, [q05, q25, centre, q75, q95]) of growth on the year."""
    centre, sd = baseline.yoy()[baseline.projected], baseline.yoy_error_sd()
    z = np.array([NORMAL.inv_cdf(q) for q in (0.05, 0.25, 0.5, 0.75, 0.95)])
    labels = [m for m, p in zip(baseline.months, baseline.projected, strict=True) if p]
    return [(m, c + s * z) for m, c, s in zip(labels, centre, sd, strict=True)]


def _projection(baseline: Baseline) -> str:
    average = dict(zip(baseline.months, baseline.two_year_average(), strict=True))
    level = dict(zip(baseline.months, baseline.total, strict=True))
    rows = [
        (
            m,
            f"{level[m]:,.0f}",
            f"**{q[2]:.1f}**",
            f"{average[m]:.1f}",
            f"{q[1]:.1f} to {q[3]:.1f}",
            f"{q[0]:.1f} to {q[4]:.1f}",
        )
        for m, q in _band(baseline)
        if m <= "2023-12"
    ]
    head = ("month", "level, bn yuan", "growth on the year, %", "two-year average", "50 % band", "90 % band")
    return "## Projection\n\n" + _table(head, rows)


def _reading(history: History, options: BaselineOptions, baseline: Baseline) -> str:
    of = dict(zip(baseline.months, baseline.yoy(), strict=True))
    average = dict(zip(baseline.months, baseline.two_year_average(), strict=True))
    first, last = of["2022-11"], np.mean([of[f"2023-{m:02d}"] for m in range(6, 13)])
    meta = baseline.meta
    return f"""## How to read it

- The path assumes **no new epidemic wave and no new measure**. {first:.1f} % in November 2022 continues
  October (5.0 %). A forecast needs an epidemic scenario on top, and with a wave lies below.
- January-February 2023 ({of["2023-02"]:.1f} %) and March ({of["2023-03"]:.1f} %) are weak because the
  months before the spring wave of 2022 were strong (7.5 and 5.0 %), and the seasonally adjusted level of
  October 2022 had only just come back to them. Here the methods differ most.
- April 2023 ({of["2023-04"]:.1f} %) and May ({of["2023-05"]:.1f} %) are base effects; the two-year averages
  are {average["2023-04"]:.1f} and {average["2023-05"]:.1f} %.
- {last:.1f} % on average from June to December 2023 is on the high side of what 2022 showed. The long run of
  {meta["long_run_growth_percent"]:.1f} % is the median rate of two years, of which more than half lie before
  2022; the last releases run at {meta["present_growth_percent"]:.1f} %.
  Past forecasts of this method, eight to
  eleven releases ahead and without April and May 2022, were {_late_bias(history, options):+.1f} pp off on
  average. A long run taken from one year lowers the second half of 2023 as the table below shows.
- Car purchase tax, relending and policy-bank funds ran in the summer of 2022: their effect is in the level
  this starts from.
- The year 2024 is the long-run rate and nothing else.
"""


def _late_bias(history: History, options: BaselineOptions) -> float:
    """Mean error (pp) of growth eight to eleven releases ahead, without the epidemic months."""
    known = vintages(history, options.seasonal, options.projection, options.fan)
    past = past_forecasts(history, options.method, known)
    kept = ~np.isin(past.target(), [release(m) for m in EPIDEMIC])
    return float(np.nanmean(np.where(kept, past.growth_error, np.nan)[:, 7:11]))


def _sensitivity(history: History, options: BaselineOptions) -> str:
    shown = ["2022-11", "2022-12", *(f"2023-{month:02d}" for month in (2, 3, 4, 5, 6, 9, 12))]
    rows = []

    def row(name: str, other: BaselineOptions) -> None:
        rows.append((name, *_projected_growth(history, other, shown)))

    for method in PROJECTIONS:
        row(f"method `{method}`", replace(options, method=method))
    for name, change in VARIANTS.items():
        row(name, replace(options, seasonal=replace(options.seasonal, **change)))
    for name, look_back in {"long run from one year": 11, "long run from 18 months": 17}.items():
        row(name, replace(options, projection=replace(options.projection, look_back=look_back)))
    text = "## How much the assumptions matter\n\nGrowth on the year, %, with one thing changed at a time.\n\n"
    return text + _table(("changed", *shown), rows)


def _projected_growth(history: History, options: BaselineOptions, months: Sequence[str]) -> list[str]:
    """Growth of the projected total alone, without sectors and band."""
    vintage = newest(history, options.seasonal, options.projection, options.fan)
    T = history.releases
    path = np.append(vintage.level, project(options.method, vintage, release(months[-1]) + 1 - T))
    at = SLOTS + np.array([release(m) for m in months])
    return [f"{rate:.1f}" for rate in 100.0 * np.expm1(path[at] - path[at - SLOTS])]


def _bases(baseline: Baseline) -> str:
    effect = dict(zip(baseline.months, baseline.base_effect(), strict=True))
    published = dict(zip(baseline.months, baseline.published_total, strict=True))
    long_run = baseline.meta["long_run_growth_percent"]
    rows = []
    for month in (m for m in baseline.months if m.startswith("2023")):
        before = published.get(f"2022-{month[5:]}", np.nan)
        short = f"{long_run - before:+.1f}" if np.isfinite(before) else "projected"
        rows.append((month, f"{effect[month]:+.1f}", short))
    april = (effect["2023-04"], long_run - published["2022-04"])
    text = f"""## Base effects in 2023

First column: growth on the year less what it would be had the seasonally adjusted level a year before lain on
the trend through the months around it (which itself was pulled down by the slump). Second: the long-run rate
less growth on the year a year before, the rule of thumb; between them lies the truth, for April
about {april[0]:.0f} to {april[1]:.0f} pp.

"""
    return text + _table(("month", "against trend, pp", "rule of thumb, pp"), rows)


def _errors(history: History, options: BaselineOptions, baseline: Baseline) -> str:
    scored = fans_in_real_time(history, options)
    rows = []
    for name, fan in scored.items():
        for what, kept in (("all", None), ("without", ~np.isin(fan.target, [release(m) for m in EPIDEMIC]))):
            cells = (f"{fan.mean(measure, kept):.2f}" for measure in MEASURES)
            shares = (f"{fan.mean(f'coverage_{level}', kept):.0%}" for level in (50, 90))
            rows.append((f"`{name}`", what, *cells, *shares))
    own = scored[options.method]
    head = "fan of|targets|interval score 50 %|90 %|CRPS|weighted interval|mean abs. error|coverage 50 %|90 %"
    count, outcomes = int(np.isfinite(own.sd).sum()), len(np.unique(own.target[np.isfinite(own.sd)]))
    return f"""## Is the fan any good? Pseudo-real time

Fans of growth on the year at every origin from {release_month(int(own.target[own.target >= 0].min()) - 1)},
one to eleven releases ahead: {count} forecasts of {outcomes} outcomes. Point forecast, weights and scale of every
method, naive ones too, come from what was printed by the origin (scales from at least {FIRST} earlier origins, by
one and the same law). Scores in pp, less is better; "without" leaves out {" and ".join(EPIDEMIC)}, which are part
of the naive forecasts' past as of this one's.

{_table(head.split("|"), rows)}

Gain of `{options.method}` over each naive fan: share by which its score is less, with 5 and 95 % of {RESAMPLES:,}
resamples of blocks of {BLOCK} outcomes. {outcomes} outcomes that overlap are few: the bootstrap says how much the
figure rests on single months, not how the next years will be.

{_gains(own, scored)}

By releases ahead, 90 % interval score:

{_by_horizon(own, scored)}

{_hindsight(history, options, own, scored)}
{_treatment(history, options, baseline)}"""


def _gains(own: Fans, scored: Mapping[str, Fans]) -> str:
    ordinary = ~np.isin(own.target, [release(m) for m in EPIDEMIC])
    rows = []
    for name in NAIVE:
        for what, kept in (("all", None), ("without", ordinary)):
            found = [gain(own, scored[name], measure, kept) for measure in MEASURES[:3]]
            rows.append((f"`{name}`", what, *(f"{g.gain:.0%} ({g.low:.0%} to {g.high:.0%})" for g in found)))
    return _table(("against", "targets", "interval score 50 %", "90 %", "CRPS"), rows)


def _by_horizon(own: Fans, scored: Mapping[str, Fans]) -> str:
    rows = []
    for name, (first, stop) in HORIZONS.items():
        ahead = np.zeros(own.sd.shape, dtype=bool)
        ahead[:, first:stop] = True
        naive = [scored[n].mean("interval_90", ahead) for n in NAIVE]
        found = gain(own, scored[NAIVE[0]], "interval_90", ahead)
        rows.append(
            (
                name,
                f"{own.mean('interval_90', ahead):.1f}",
                *(f"{score:.1f}" for score in naive),
                f"{found.gain:.0%} ({found.low:.0%} to {found.high:.0%})",
            )
        )
    head = ("releases ahead", f"`{own.method}`", *(f"`{n}`" for n in NAIVE), f"gain over `{NAIVE[0]}`")
    return _table(head, rows)


def _hindsight(history: History, options: BaselineOptions, own: Fans, scored: Mapping[str, Fans]) -> str:
    later = fans_in_real_time(history, options, (options.method, *NAIVE), hindsight=True)
    kind = {n: best_width(scored[n]) for n in NAIVE}
    favour = ", ".join(
        f"`{n}` {fan.mean('interval_90'):.1f} (gain {gain(own, fan, 'interval_90').gain:.0%})"
        for n, fan in kind.items()
    )
    scores = ", ".join(f"`{n}` {later[n].mean('interval_90'):.1f}" for n in (own.method, *NAIVE))
    return f"""Does knowing the scale decide it? With scales from all errors but those of the target month, later ones
included, the 90 % scores are {scores}. And with the naive fans widened or narrowed by the one factor that scores best
on these very outcomes: {favour}. Between the methods that are combined the scores decide little.
"""


def _treatment(history: History, options: BaselineOptions, baseline: Baseline) -> str:
    law = baseline.meta["error_law"]
    months = [m for m, p in zip(baseline.months, baseline.projected, strict=True) if p]
    sd = dict(zip(months, zip(100.0 * baseline.error_sd, baseline.yoy_error_sd(), strict=True), strict=True))
    chosen = [m for m in SHOWN_SDS if m in sd]
    spread = _table(
        ("month", *chosen),
        [
            ("level, %", *(f"{sd[m][0]:.1f}" for m in chosen)),
            ("growth, pp", *(f"{sd[m][1]:.1f}" for m in chosen)),
        ],
    )
    weights = ", ".join(f"`{n}` {w:.2f}" for n, w in baseline.meta["weights"].items())
    return f"""## Error band

Weights of the combination: {weights}. They are inverse squared median errors, shrunk to equal ones: with k past
outcomes the errors have k / (k + {options.projection.outcomes:.0f}) of the say.

A pooled standard deviation is mostly April and May 2022 and the rebound of 2021 (twelve releases ahead
{_pooled(history, options, options.method):.1f} % for this method, {_pooled(history, options, NAIVE[0]):.1f} % for
`{NAIVE[0]}`). So: errors of *levels*, in which a base effect counts once; a robust scale at each horizon; one
smooth law through all, sd(h) = sqrt({100 * law["transitory_sd"]:.2f}^2 +
{100 * law["permanent_sd_a_month"]:.2f}^2 h) %, never below {100 * options.fan.floor:.0f} %; January-February
apart ({100 * law["joint_sd"]:.1f} % more, half of the excess variance of two cases). Draws are normal and
correlated over the horizon; what is not known of seasonal factors comes back a year later. Standard deviations:

{spread}
"""


def _pooled(history: History, options: BaselineOptions, method: str) -> float:
    """Root mean square of the level error twelve releases ahead, per cent."""
    known = vintages(history, options.seasonal, options.projection, options.fan)
    return float(100.0 * np.sqrt(np.nanmean(past_forecasts(history, method, known).error[:, 11] ** 2)))


def _limits(history: History, options: BaselineOptions, baseline: Baseline) -> str:
    seasonal = ", ".join(f"{m} {f:.2f}" for m, f in enumerate(baseline.seasonal, start=1))
    return f"""## Limits

- First prints, never revised: chained January-February lies {_january_gap(history):.1f} % above the mean of
  its neighbours in 2022, which no economy did. The adjusted path gives most of it to the base, so that 2019
  and 2020 carry the distortion; what is left is in the band.
- One monthly profile for all sectors (seasonal factors {seasonal}); nothing is published on theirs. Growth on
  the year of a sector does not depend on it. January and February are halves of one figure.
- Growth in 2019 is assumed at {options.seasonal.growth_2019:.1f} % (January to May of that year), only for
  rates over several years; 5.0 to 6.5 makes no difference of note above.
- Sectors: the share of the total keeps {options.sector.drift_kept:.0%} of its drift of two years, fading; in
  projected months their range is that of the total and {baseline.meta["sector_dispersion_pp"]:.1f} pp around
  it. Their sum is the total by construction, so it is no evidence.
- The two parts of vehicles (36a, 36b) both take the division's growth; range {options.sector.parent_sd:.0f}
  pp (assumption, 3 to 10).
- Origins of cells: {", ".join(STATUS)}.
"""


def _january_gap(history: History) -> float:
    """Per cent by which chained January-February 2022 lies above December and March, on a smooth 2019."""
    chained = chained_growth(history)
    t = release("2022-02")
    monthly = np.log(1.06) / 12.0
    return float(100.0 * np.expm1(chained[t] - (chained[t - 1] + 12.0 * monthly + chained[t + 1]) / 2.0))
