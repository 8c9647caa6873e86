"""The page of a forecast: fans, tables, and in words what it rests on and what would make it wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..forecast import HEADING, PATH_HEADING, WORDS, Forecast
from ..runfolder import Kind, whole_or_nothing

FILES = ("forecast.csv", "epidemic.csv", "forecast.png", "forecast.html")
FOLDER = Kind("forecast", "forecast.csv", FILES)
SHOWN_SECTORS = 6


class Table(NamedTuple):
    """A table of the page; cells as they are printed."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


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
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from ..plot.forecast import draw_forecast
    from ..plot.style import embedded

    env = Environment(
        loader=PackageLoader("simcore", "report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    content: Mapping[str, Any] = {
        "f": forecast,
        "figure": embedded(draw_forecast(forecast)),
        "headline": headline(forecast),
        "tables": [fan_table(forecast, "both"), fan_table(forecast, "measures"), cases(forecast), wave(forecast)],
        "reading": reading(forecast),
        "doubts": (*forecast.rule.doubts, *doubts(forecast)),
    }
    return env.get_template("forecast.html.j2").render(content)


def observations(forecast: Forecast) -> list[tuple[str, int]]:
    """Label and last month of each observation; January and February share one."""
    found = []
    for t, month in enumerate(forecast.months):
        if month.endswith("-01") and t + 1 < len(forecast.months):
            continue
        joint = month.endswith("-02") and t > 0
        found.append((f"{month[:4]}-01/02" if joint else month, t))
    return found


def fan_table(forecast: Forecast, case: str) -> Table:
    """Mean, median and fans by observation."""
    q, mean, two = forecast.quantiles(case), forecast.growth[case].mean(axis=0), forecast.two_year[case].mean(axis=0)
    rows = [
        (
            label,
            f"{mean[t]:.1f}",
            f"{q[2, t]:.1f}",
            f"{q[1, t]:.1f} to {q[3, t]:.1f}",
            f"{q[0, t]:.1f} to {q[4, t]:.1f}",
            f"{two[t]:.1f}",
        )
        for label, t in observations(forecast)
    ]
    words = WORDS[case]
    return Table(
        words[0].upper() + words[1:],
        ("month", "mean", "median", "50 %", "90 %", "two-year average"),
        rows,
        "Growth of industrial value added on the year, %. The two-year average takes out what comes from the base.",
    )


def cases(forecast: Forecast) -> Table:
    """Means of all four cases."""
    means = {case: forecast.growth[case].mean(axis=0) for case in WORDS}
    rows = [(label, *(f"{means[case][t]:.1f}" for case in WORDS)) for label, t in observations(forecast)]
    return Table("All four cases, mean growth on the year, %", ("month", *WORDS.values()), rows)


def wave(forecast: Forecast) -> Table:
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
    return Table(
        "The epidemic path: loss of industrial value added, % of the level without a wave",
        ("month", "index of the present wave, median", "mean loss", "median", "90 %", "closures have ended"),
        rows,
        f"Through the model the mean path closes {closed[worst]:.1%} of the country in {forecast.months[worst]} and "
        f"meets the stated losses to {gap:.2f} pp; hit most there: {hit}. In a wave the measures do less by "
        f"{-100.0 * forecast.wave.interplay:.0f} % of its loss, for they need the hands that it takes.",
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
    """What else would make it wrong."""
    q = forecast.quantiles("both")
    first, last = (float(q[4, t] - q[0, t]) for t in (0, len(forecast.months) - 1))
    return [
        "The projection continues growth of the past; a turn of exports or of housing is not in it. Its past errors "
        f"are in the fan, {first:.0f} pp wide in {forecast.months[0]} and {last:.0f} pp in {forecast.months[-1]}.",
        "First prints are revised in silence: January-February came out 2 to 10 pp above every forecast of this kind "
        "in 2021 and 2022, and the fan is wider there for that.",
        "Months a year after the wave are high because of their base, by as much as the wave cost: a milder winter "
        "means lower growth in the next one.",
        "Effects of measures rest on assumptions with ranges in the scenario's file, not on estimates from these data.",
    ]


def text_table(forecast: Forecast, fixed: Callable[[float], str] = "{:.1f}".format) -> str:
    """What the command prints."""
    head = f"{'month':<12}{'without epidemic: median':>26}{'50 %':>16}{'90 %':>16}{'with epidemic: median':>25}"
    lines = ["Industrial value added, growth on the year, %, with the measures", head + f"{'50 %':>16}{'90 %':>16}"]
    fans = {case: forecast.quantiles(case) for case in ("measures", "both")}
    for label, t in observations(forecast):
        cells = f"{label:<12}"
        for (case, q), width in zip(fans.items(), (26, 25), strict=True):
            del case
            inner, outer = (f"{fixed(q[a, t])} to {fixed(q[b, t])}" for a, b in ((1, 3), (0, 4)))
            cells += f"{fixed(q[2, t]):>{width}}{inner:>16}{outer:>16}"
        lines.append(cells)
    return "\n".join(lines)
