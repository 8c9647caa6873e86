"""The baseline of one's own economy: flat, or monthly activity that is projected as China's is.

A baseline holds the sectors of the group ``industry``; its base year sums to their value added in the table.
"""

from __future__ import annotations

import numpy as np

from ...economy import Economy
from ...economy.baseline import STATUS, Baseline, growth
from ...language.shape import did_you_mean
from ..baseline import BaselineOptions, project_shares
from ..fan import Forecasts, covariance, fit_scale
from ..history import SLOTS
from ..projection import PROJECTIONS, ProjectionOptions, Vintage, project
from .reading import Opened, number, read_lines
from .recipe import MONTH, Levels

TOTAL = "total"


def flat_baseline(opened: Opened, economy: Economy) -> Baseline:
    """Every month a twelfth of the base year's value added, from the year before it to ``end``; no error band."""
    end, year = opened.recipe.baseline.end, economy.base_year
    months = months_from(f"{year - 1}-01", end)  # growth over two years has its base then
    codes, added = industry_value_added(economy)
    M, H = len(months), len(months) - 24
    status = np.full((M, len(codes)), STATUS.index("profile"), dtype=np.int8)
    status[24:] = STATUS.index("projected")
    return Baseline(
        months=months,
        last_observed=f"{year}-12",
        sectors=codes,
        level=np.repeat(added[None, :] / 12.0, M, axis=0),
        status=status,
        growth_sd=np.full((M, len(codes)), np.nan),
        published_total=np.full(M, np.nan),
        published_sector=np.full((M, len(codes)), np.nan),
        joint=np.array([m[5:] in ("01", "02") for m in months]),
        seasonal=np.ones(12),
        error_loading=np.zeros((H, 1)),
        meta={"method": "flat", "source": "none: the path without measures is flat"},
    )


def months_from(first: str, last: str) -> tuple[str, ...]:
    """All month labels, both ends inclusive."""
    start, stop = (12 * int(m[:4]) + int(m[5:]) - 1 for m in (first, last))
    return tuple(f"{k // 12}-{k % 12 + 1:02d}" for k in range(start, stop + 1))


def industry_value_added(economy: Economy) -> tuple[tuple[str, ...], np.ndarray]:
    """Codes of the group ``industry`` with their value added a year, bn."""
    codes = tuple(economy.sectors.groups["industry"])
    added = np.bincount(economy.sector, weights=economy.value_added.sum(axis=0), minlength=economy.K)
    return codes, added[[economy.sectors.index(c) for c in codes]]


LEAST_YEARS = 3  # projections look back one, two and three years


def activity_baseline(opened: Opened, economy: Economy) -> Baseline | None:
    """Monthly levels of activity, scaled to the table's value added of the base year and projected as China's are.

    The method works on the total, in pseudo-real time at every past origin for the error band; sectors keep their
    shares, drifting (``fitting.baseline.project_shares``). January and February count as one observation. A sector
    without a series of its own moves with the total.
    """
    recipe = opened.recipe.baseline
    assert isinstance(recipe, Levels)
    if recipe.method not in PROJECTIONS:
        advice = did_you_mean(recipe.method, PROJECTIONS, 12)
        opened.tell("SC024", f"unknown method '{recipe.method}'{advice}", "baseline", "method")
    codes, added = industry_value_added(economy)
    read = _read(opened, recipe, codes, economy.base_year)
    if read is None or recipe.method not in PROJECTIONS:
        return None
    months, level = read
    in_base = np.array([m.startswith(f"{economy.base_year}-") for m in months])
    level = level * (added / level[in_base].sum(axis=0))
    _, by_release = _released(months, level)
    H_months = months_from(months[0], recipe.end)[len(months) :]
    ahead = len({_release(m) for m in H_months})
    x = np.log(by_release.sum(axis=1))
    vintage = _vintage(x)
    path = project(recipe.method, vintage, ahead)
    options = BaselineOptions(end=recipe.end)
    future = np.exp(path)[:, None] * project_shares(by_release, ahead, options)
    scale = fit_scale(_past(x, recipe.method), options.fan)
    error = covariance(scale, vintage.seasonal_covariance, len(x) - 1, ahead, options.fan)
    loading = np.linalg.cholesky(error + 1e-14 * np.eye(ahead))
    first = _release(H_months[0])
    row = np.array([_release(m) - first for m in H_months])
    whole = np.concatenate([level, future[row]])
    every = (*months, *H_months)
    M, T, S = len(every), len(months), len(codes)
    status = np.full((M, S), STATUS.index("published"), dtype=np.int8)
    status[:12], status[T:] = STATUS.index("profile"), STATUS.index("projected")
    sd = np.zeros((M, S))
    sd[:12] = np.nan
    sd[T:] = 100.0 * np.sqrt((loading[row] ** 2).sum(axis=1))[:, None]
    observed = np.where(np.arange(M) < T, growth(whole.sum(axis=1), every), np.nan)
    by_sector = np.where(np.arange(M)[:, None] < T, growth(whole.T, every).T, np.nan)
    season = np.exp(vintage.seasonal[[0, 0, *range(1, SLOTS)]])
    return Baseline(
        months=every,
        last_observed=months[-1],
        sectors=codes,
        level=whole,
        status=status,
        growth_sd=sd,
        published_total=observed,
        published_sector=by_sector,
        joint=np.array([m[5:] in ("01", "02") for m in every]),
        seasonal=season / season.mean(),
        error_loading=loading[row],
        meta={
            "method": recipe.method,
            "source": recipe.file,
            "error_law": {
                "transitory_sd": scale.transitory**0.5,
                "permanent_sd_a_month": scale.permanent**0.5,
                "joint_sd": scale.joint**0.5,
            },
        },
    )


def _release(month: str) -> int:
    """Position of a month's release on a list of eleven a year; January shares February's."""
    return SLOTS * int(month[:4]) + max(int(month[5:]) - 2, 0)


def _released(months: tuple[str, ...], level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean monthly level of every release, (T, S)."""
    position = np.array([_release(m) for m in months])
    found, place = np.unique(position, return_inverse=True)
    total = np.zeros((len(found), level.shape[1]))
    np.add.at(total, place, level)
    return found, total / np.bincount(place)[:, None]


def _vintage(x: np.ndarray) -> Vintage:
    """What is known at the end of log levels ``x`` (T,) that start with a January-February."""
    width = SLOTS
    kernel = np.full(width, 1.0 / width)
    middle = np.convolve(x, kernel, mode="valid")
    gap = x[width // 2 : width // 2 + len(middle)] - middle
    slot = (np.arange(len(middle)) + width // 2) % SLOTS
    seasonal = np.array([np.median(gap[slot == s]) for s in range(SLOTS)])
    spread = np.array([np.mean((gap[slot == s] - seasonal[s]) ** 2) / (slot == s).sum() for s in range(SLOTS)])
    return Vintage(x, seasonal - seasonal.mean(), np.diag(spread), ProjectionOptions())


def _past(x: np.ndarray, method: str) -> Forecasts:
    """The method repeated at every origin from the end of the second year on."""
    R, first = len(x), 2 * SLOTS
    H = R - first
    error, growth_error = np.full((H, H), np.nan), np.full((H, H), np.nan)
    for row, n in enumerate(range(first, R)):
        path = np.concatenate([x[:n], project(method, _vintage(x[:n]), R - n)])
        error[row, : R - n] = (path - x)[n:]
        growth_error[row, : R - n] = 100.0 * np.exp(x[n:] - x[n - SLOTS : R - SLOTS]) * np.expm1((path - x)[n:])
    return Forecasts(method, np.arange(first, R) - 1, error, growth_error)


def _read(
    opened: Opened, recipe: Levels, codes: tuple[str, ...], base_year: int
) -> tuple[tuple[str, ...], np.ndarray] | None:
    """Months and levels (months, sectors); every faulty line is told."""
    lines = read_lines(opened, recipe.file, "baseline", "file")
    if lines is None:
        return None
    source, rows = lines
    before = len(opened.problems.found)
    if [cell.strip() for cell in rows[0][1]] != ["month", "code", "value"]:
        opened.problems.add(source.problem("SC506", "the first line must be month,code,value", 1, 1))
        return None
    found: dict[tuple[str, str], float] = {}
    for line, row in rows[1:]:
        month, code, text = (*(cell.strip() for cell in row), "", "", "")[:3]
        value = number(text)
        if not MONTH.match(month):
            opened.problems.add(source.problem("SC112", f"cannot read the month '{month}'; write 2019-01", line, 1))
        elif code not in (*codes, TOTAL):
            message = f"'{code}' is no sector of the group 'industry'{did_you_mean(code, (*codes, TOTAL))}"
            opened.problems.add(source.problem("SC505", message, line, len(month) + 2))
        elif value is None or value <= 0.0:
            message = f"the level '{text}' is no number above 0"
            opened.problems.add(source.problem("SC503", message, line, len(month) + len(code) + 3))
        elif (month, code) in found:
            opened.problems.add(source.problem("SC504", f"{code} of {month} stands twice", line, 1))
        else:
            found[month, code] = value
    if len(opened.problems.found) > before:
        return None
    months = months_from(min(m for m, _ in found), max(m for m, _ in found))
    series = sorted({c for _, c in found})
    holes = [f"{c} of {m}" for c in series for m in months if (m, c) not in found]
    if holes:
        more = f" and {len(holes) - 3} more" if len(holes) > 3 else ""
        opened.tell("SC505", f"'{recipe.file}' has no figure for {', '.join(holes[:3])}{more}", "baseline", "file")
    if TOTAL not in series and len(series) < len(codes):
        missing = next(c for c in codes if c not in series)
        opened.tell("SC505", f"'{recipe.file}' has no series 'total' and none for '{missing}'", "baseline", "file")
    if not months[0].endswith("-01") or months[-1].endswith("-01") or len(months) < 12 * LEAST_YEARS:
        opened.tell(
            "SC508",
            f"'{recipe.file}' runs from {months[0]} to {months[-1]}; it must start with a January, not end with one, "
            f"and hold {LEAST_YEARS} years or more",
            "baseline",
            "file",
        )
    if f"{base_year}-01" not in months or f"{base_year}-12" not in months:
        opened.tell("SC508", f"'{recipe.file}' lacks months of {base_year}, the year of the table", "baseline", "file")
    if recipe.end <= months[-1]:
        opened.tell("SC508", f"the baseline ends in {recipe.end}, not after its last figure", "baseline", "end")
    if len(opened.problems.found) > before:
        return None
    own = {c: np.array([found[m, c] for m in months]) for c in series}
    return months, np.column_stack([own[c] if c in own else own[TOTAL] for c in codes])
