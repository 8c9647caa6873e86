"""The page of a forecast: fans, tables, and in words what it rests on and what would make it wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..forecast import HEADING, PATH_HEADING, WORDS, Forecast
from ..runfolder import Kind, whole_or_nothing
from .table import HtmlTable

FILES = ("forecast.csv", "epidemic.csv", "forecast.png", "forecast.html")
FOLDER = Kind("forecast", "forecast.csv", FILES)
SHOWN_SECTORS = 6
CAPTION = (
    "Medians with 50 % and 90 % fans. Each fan holds the error of the projection in pseudo-real time, the ranges of "
    "the measures and of behaviour and, below, the epidemic path with its own uncertainty."
)


class Section(NamedTuple):
    """What the report of a run shows of a forecast."""

    headline: list[str]
    fans: HtmlTable
    details: list[tuple[str, HtmlTable]]  # titles and tables that unfold
    doubts: list[str]


def save(forecast: Forecast, folder: Path, force: bool) -> None:
    """Write the folder, whole or not at all.

    Raises
    ------
    RunExistsError
        If the folder holds anything and ``force`` does not cover it.
    """
    from ..plot.forecast import draw_forecast
    from ..plot.style import to_png

    with whole_or_nothing(folder, force, FOLDER) as part:
        (part / "forecast.csv").write_text(csv_text(forecast), encoding="utf-8")
        (part / "epidemic.csv").write_text(_lines(PATH_HEADING, forecast.path_rows()), encoding="utf-8")
        (part / "forecast.png").write_bytes(to_png(draw_forecast(forecast)))
        (part / "forecast.html").write_text(page(forecast), encoding="utf-8")


def csv_text(forecast: Forecast) -> str:
    """``forecast.csv``."""
    return _lines(HEADING, forecast.rows())


def _lines(heading: tuple[str, ...], rows: Any) -> str:
    return "".join(",".join(f'"{c}"' if "," in c else c for c in row) + "\n" for row in (heading, *rows))


def page(forecast: Forecast) -> str:
    """``forecast.html``: one file that needs no other."""
    from . import templates

    content: Mapping[str, Any] = {
        "f": forecast,
        "figure": figure(forecast),
        "headline": headline(forecast),
        "tables": [fan_table(forecast, "both"), fan_table(forecast, "measures"), cases(forecast), wave(forecast)],
        "reading": reading(forecast),
        "doubts": doubts(forecast),
    }
    return templates().get_template("forecast.html.j2").render(content)


def figure(forecast: Forecast) -> tuple[str, str]:
    """The fans as a data URI, with their caption."""
    from ..plot.forecast import draw_forecast
    from ..plot.style import embedded

    return embedded(draw_forecast(forecast)), CAPTION


def section_of(forecast: Forecast) -> Section:
    """What the report of a run shows of a forecast."""
    details = [(t.caption, replace(t, caption="")) for t in (cases(forecast), wave(forecast))]
    return Section(headline(forecast), fans(forecast), details, doubts(forecast))


def fans(forecast: Forecast) -> HtmlTable:
    """Medians and fans with the measures, without and with the epidemic path, by observation."""
    head = ["Month"]
    for words in ("without the epidemic path", "with it"):
        head += [f"{words}: median", "50 %", "90 %"]
    rows = [
        [label, *(cell for case in ("measures", "both") for cell in _fan(forecast.quantiles(case)[:, t]))]
        for label, t in observations(forecast)
    ]
    note = (
        f"{forecast.draws} draws of the projection's error and of the epidemic path, a written rule on figures "
        f"published by {forecast.vintage}, stated before the run: a scenario, not an estimate. What each month rests "
        f"on, and the rule's figures with their sources: simcore forecast {forecast.scenario}."
    )
    return HtmlTable("Industrial value added, growth on the year, %, with the measures", head, rows, note=note)


def _fan(q: np.ndarray) -> tuple[str, str, str]:
    """Median, 50 % and 90 % of ``QUANTILES``."""
    return f"{q[2]:.1f}", f"{q[1]:.1f} to {q[3]:.1f}", f"{q[0]:.1f} to {q[4]:.1f}"


def observations(forecast: Forecast) -> list[tuple[str, int]]:
    """Label and last month of each observation; January and February share one."""
    found = []
    for t, month in enumerate(forecast.months):
        if month.endswith("-01") and t + 1 < len(forecast.months):
            continue
        joint = month.endswith("-02") and t > 0
        found.append((f"{month[:4]}-01/02" if joint else month, t))
    return found


def fan_table(forecast: Forecast, case: str) -> HtmlTable:
    """Mean, median and fans by observation."""
    q, mean, two = forecast.quantiles(case), forecast.growth[case].mean(axis=0), forecast.two_year[case].mean(axis=0)
    rows = [(label, f"{mean[t]:.1f}", *_fan(q[:, t]), f"{two[t]:.1f}") for label, t in observations(forecast)]
    words = WORDS[case]
    return HtmlTable(
        words[0].upper() + words[1:],
        ("Month", "mean", "median", "50 %", "90 %", "two-year average"),
        rows,
        note="Growth on the year, %. The two-year average takes out what comes from the base.",
    )


def cases(forecast: Forecast) -> HtmlTable:
    """Means of all four cases."""
    means = {case: forecast.growth[case].mean(axis=0) for case in WORDS}
    rows = [(label, *(f"{means[case][t]:.1f}" for case in WORDS)) for label, t in observations(forecast)]
    return HtmlTable("All four cases, mean growth on the year, %", ("Month", *WORDS.values()), rows)


def wave(forecast: Forecast) -> HtmlTable:
    """The epidemic path: losses by month."""
    drawn = np.array([p.loss for p in forecast.paths])
    index = np.array([p.controlled for p in forecast.paths])
    q, closed = np.quantile(drawn, (0.05, 0.5, 0.95), axis=0), forecast.wave.closed
    ended = [np.mean([p.exit is not None and p.exit <= m for p in forecast.paths]) for m in forecast.months]
    rows = [
        (
            m,
            f"{np.median(index[:, t]):.0f}",
            f"{drawn[:, t].mean():.1f}",
            f"{q[1, t]:.1f}",
            f"{q[0, t]:.1f} to {q[2, t]:.1f}",
            f"{ended[t]:.0%}",
        )
        for t, m in enumerate(forecast.months)
    ]
    worst = int(np.argmax(forecast.wave.stated))
    by_sector = sorted((values[worst], code) for code, values in forecast.wave.by_sector.items())
    hit = ", ".join(f"{code} {value:.1f} %" for value, code in by_sector[:SHOWN_SECTORS])
    gap = float(np.abs(forecast.wave.met - forecast.wave.stated).max())
    return HtmlTable(
        "The epidemic path: loss of industrial value added, % of the level without a wave",
        ("Month", "index of the present wave, median", "mean loss", "median", "90 %", "closures have ended"),
        rows,
        note=f"Through the model the mean path closes {closed[worst]:.1%} of the country in {forecast.months[worst]} "
        f"and meets the stated losses to {gap:.2f} pp; hit most there: {hit}. In a wave the measures do "
        f"{'less' if forecast.wave.interplay < 0.0 else 'more'} by {100.0 * abs(forecast.wave.interplay):.0f} % of its "
        "loss: guarantees keep plants running, all else needs the hands that it takes.",
    )


def headline(forecast: Forecast) -> list[str]:
    """The forecast in three sentences."""
    label, t = observations(forecast)[0]
    both, calm = forecast.quantiles("both"), forecast.quantiles("measures")
    year = [t for _, t in observations(forecast) if forecast.months[t].startswith("2023")]
    lines = [
        f"{label}: {both[2, t]:.1f} % on the year with the epidemic path (90 %: {both[0, t]:.1f} to {both[4, t]:.1f}), "
        f"{calm[2, t]:.1f} % without ({calm[0, t]:.1f} to {calm[4, t]:.1f}), measures in both."
    ]
    if year:
        top = max(year, key=lambda t: both[2, t])
        low = min(year, key=lambda t: both[2, t])
        lines.append(
            f"In 2023 growth is least in {_named(forecast, low)} ({both[2, low]:.1f} %) and most in "
            f"{_named(forecast, top)} ({both[2, top]:.1f} %)."
        )
    return lines


def _named(forecast: Forecast, t: int) -> str:
    return next(label for label, place in observations(forecast) if place == t)


def reading(forecast: Forecast) -> list[str]:
    """What moves growth month by month, one line an observation."""
    known = dict(zip(*forecast.known, strict=True))
    mean = {case: forecast.growth[case].mean(axis=0) for case in WORDS}
    two = forecast.two_year["both"].mean(axis=0)
    lines = []
    for label, t in observations(forecast):
        month = forecast.months[t]
        before = known.get(f"{int(month[:4]) - 1}{month[4:]}", np.nan)
        base = f"a year before it grew {before:.1f} %" if np.isfinite(before) else "a year before lies in this forecast"
        lines.append(
            f"{label}: {mean['neither'][t]:.1f} % without both; measures "
            f"{mean['measures'][t] - mean['neither'][t]:+.1f}, epidemic "
            f"{mean['epidemic'][t] - mean['neither'][t]:+.1f}, together {mean['both'][t]:.1f} %. Base: {base}, "
            f"its distance from trend counts {forecast.base_effect[t]:+.1f} pp; two-year average {two[t]:.1f} %."
        )
    return lines


def doubts(forecast: Forecast) -> list[str]:
    """What would make it wrong: what the rule says, and what else."""
    q = forecast.quantiles("both")
    first, last = (float(q[4, t] - q[0, t]) for t in (0, len(forecast.months) - 1))
    return [
        *forecast.rule.doubts,
        "The projection continues growth of the past; a turn of exports or of housing is not in it. Its past errors "
        f"are in the fan, {first:.0f} pp wide in {forecast.months[0]} and {last:.0f} pp in {forecast.months[-1]}.",
        "First prints are revised in silence: January-February came out 2 to 10 pp above every forecast of this kind "
        "in 2021 and 2022, and the fan is wider there for that.",
        "Months a year after the wave are high because of their base, by as much as the wave cost: a milder winter "
        "means lower growth in the next one.",
        "Effects of measures rest on assumptions with ranges in the scenario's file, not on estimates from these data.",
    ]


def text_table(forecast: Forecast) -> str:
    """What the command prints."""
    shown = fans(forecast)
    widths = [max(len(row[i]) for row in (shown.head, *shown.rows)) for i in range(len(shown.head))]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
        for row in (shown.head, *shown.rows)
    ]
    return "\n".join([shown.caption, *lines])
