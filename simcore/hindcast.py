"""How a run from an earlier origin compares with what was published afterwards.

Totals of an epidemic are an input of its shock, so what counts is the pattern over sectors. Its naive forecast is the
last pattern known at the origin, shifted by the change of the published total.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from .economy.baseline import Baseline
from .records import Figure, Grid
from .result import BASELINE, SCENARIO, TOTAL, Result

REGIONAL_FACTS = "sources/iva_regions.csv"  # in the calibration's folder


def hindcast(result: Result, newest: Baseline, origin: str, folder: Path) -> Grid | None:
    """Errors of a run against the figures published since its origin; None where none were.

    Parameters
    ----------
    newest : Baseline
        Baseline of the newest vintage: its published figures are the yardstick.
    origin : str
        Last month that the run's own baseline knew.
    folder : path
        The calibration's folder; published regional figures lie in ``REGIONAL_FACTS``.
    """
    months = [
        m for m in result.periods if m in newest.months and np.isfinite(newest.published_total[newest.months.index(m)])
    ]
    if not months:
        return None
    rows = [row for m in months for row in _of_month(result, newest, origin, m)]
    verdict = _verdict(rows)
    rows += _places(result, folder / REGIONAL_FACTS)
    return Grid(
        title=f"Against what was published after {origin}: growth on the year",
        columns=("month", "what", "published, %", "without shocks, %", "run, %", "error, pp", "naive error, pp"),
        rows=tuple(rows),
        note="Sector rows give mean absolute errors over the published divisions; the naive forecast is the pattern of "
        f"{origin} shifted by the change of the published total, and for the total no change. The total of an epidemic "
        "month is an input of the shock, the pattern over sectors is the test. A place inside a region takes the "
        "region's whole loss; where a shock's size was chosen to meet the published figure of a place, as its entry in "
        f"the scenario says, that row is an input and no test. {verdict}",
    )


def _verdict(rows: list[tuple[Figure, ...]]) -> str:
    """In words: in which months the pattern over divisions beats its naive forecast."""
    errors = {str(row[0]): (row[5], row[6]) for row in rows if row[1] != "total"}
    won = [m for m, (own, naive) in errors.items() if float(own or 0) < float(naive or 0)]
    lost = [m for m in errors if m not in won]
    parts = [f"{word} in {', '.join(found)}" for word, found in (("less", won), ("more", lost)) if found]
    return f"Against the naive pattern the run's errs {', '.join(parts)}." if parts else ""


def _of_month(result: Result, newest: Baseline, origin: str, month: str) -> list[tuple[Figure, ...]]:
    t, at, then = result.periods.index(month), newest.months.index(month), newest.months.index(origin)
    published, calm, run = newest.published_total[at], *(result.series("iva_yoy", v)[t] for v in (BASELINE, SCENARIO))
    before = newest.published_total[then]
    total = (month, "total", published, calm, run, run - published, before - published)
    shift = published - before
    pattern = [
        (seen, known + shift, result.series("iva_yoy", SCENARIO, (code, TOTAL, TOTAL))[t])
        for code, seen, known in _divisions(newest, at, then)
    ]
    if not pattern:
        return [total]
    seen, naive, own = np.array(pattern).T
    errors = float(np.abs(own - seen).mean()), float(np.abs(naive - seen).mean())
    similar = float(np.corrcoef(own - run, seen - published)[0, 1]) if len(pattern) > 2 else np.nan
    what = f"{len(pattern)} divisions, mean absolute error (r of the pattern {similar:.2f})"
    return [total, (month, what, None, None, None, *errors)]


def _divisions(newest: Baseline, at: int, then: int) -> list[tuple[str, float, float]]:
    """Sectors with a published figure in both months; the parts of one division count once."""
    found: dict[str, tuple[str, float, float]] = {}
    for s, code in enumerate(newest.sectors):
        seen, known = newest.published_sector[at, s], newest.published_sector[then, s]
        if np.isfinite(seen) and np.isfinite(known):
            found.setdefault(code[:3], (code, float(seen), float(known)))
    return list(found.values())


def _places(result: Result, facts: Path) -> list[tuple[Figure, ...]]:
    """Published figures of regions, and of places that make up a part of one."""
    if not facts.is_file():
        return []
    rows: list[tuple[Figure, ...]] = []
    with open(facts, newline="", encoding="utf-8") as lines:
        for fact in csv.DictReader(lines):
            if fact["month"] not in result.periods or fact["region"] not in result.codes("region"):
                continue
            t, place = result.periods.index(fact["month"]), result.slice_of("region", fact["region"])
            calm, run = (result.series("iva_yoy", v, place)[t] for v in (BASELINE, SCENARIO))
            here = calm + (run - calm) / float(fact["share_of_region"])
            published = float(fact["yoy_pct"])
            rows.append((fact["month"], fact["place"], published, calm, here, here - published, None))
    return rows
