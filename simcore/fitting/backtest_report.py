"""The table and the figure of a back-test."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .backtest import LEVEL, NAIVE, Backtest, Line
from .replaced import replaced
from .words import paragraphs

REPORT, FIGURE = "backtest.md", "backtest.png"
SHOWN = (
    ("spring-2020", "2020-02"), ("spring-2020", "2020-03"), ("spring-2022", "2022-04"),
    ("spring-2022", "2022-05"), ("spring-2022", "2022-06"), ("cars-2022", "2022-09"),
)  # fmt: skip
WORDS = {"divisions": "divisions", "without vehicles": "divisions without vehicles"}


def gain(line: Line) -> float:
    """Share of the honest naive's error that the model takes away."""
    return 1.0 - line.model / line.naive[NAIVE[0]]


def report(found: Backtest) -> str:
    """All scores, in Markdown."""
    episodes = list(dict.fromkeys((line.episode, line.fitted_on) for line in found.lines))
    parts = [_HEAD, _verdict(found)]
    parts += [_episode(found, *key) for key in episodes]
    return "\n\n".join([*parts, _LIMITS]) + "\n"


def summary(found: Backtest) -> str:
    """One line an episode and fit: the table that the README shows."""
    rows = [line for line in found.lines if line.month == "all" and line.scope in WORDS]
    rows += [line for line in found.lines if line.month == "2022-04" and line.scope in WORDS]
    return _table(sorted(rows, key=lambda line: (line.fitted_on.count(","), line.episode, line.month)), True)


def _verdict(found: Backtest) -> str:
    first = found.lines[0].episode
    april = found.find("spring-2022", "2022-04", fitted_on=first)
    rest = found.find("spring-2022", "2022-04", "without vehicles", first)
    cars = found.find("cars-2022", "all")
    return paragraphs(
        f"""**The test worth passing**: the pattern of April 2022 from sensitivities and dynamics estimated on 2020
        alone         errs {april.model:.2f} pp where the honest naive forecast errs {april.naive[NAIVE[0]]:.2f} pp
        ({gain(april):.0%} less); without vehicles {rest.model:.2f} against
        {rest.naive[NAIVE[0]]:.2f} ({gain(rest):.0%} less). In the
        car-tax months the model errs {cars.model:.2f} against {cars.naive[NAIVE[0]]:.2f}: demand for vehicles is an
        input there, and their chain moves other divisions too little to be seen beside what these do on their own. No
        win is counted."""
    )


def _episode(found: Backtest, episode: str, fitted_on: str) -> str:
    lines = [line for line in found.lines if (line.episode, line.fitted_on) == (episode, fitted_on)]
    return f"## {episode}, estimated on {fitted_on}\n\n" + _table(lines, False)


def _table(lines: list[Line], named: bool) -> str:
    head = ["episode", "estimated on"] if named else []
    head += [
        "month",
        "what",
        "figures",
        "model",
        *NAIVE,
        "less error",
        f"in {LEVEL:.0%} fan",
        "interval score",
        "naive's",
    ]
    rows = [_row(line, named) for line in lines]
    return "\n".join(["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] * len(head)) + " |", *rows])


def _row(line: Line, named: bool) -> str:
    cells = [line.episode, line.fitted_on] if named else []
    cells += [line.month, WORDS.get(line.scope, f"{line.scope} (check)"), str(line.cells), f"**{line.model:.2f}**"]
    cells += [_number(line.naive.get(name, np.nan)) for name in NAIVE]
    cells += [
        f"{gain(line):+.0%}",
        _number(line.covered, "{:.0%}"),
        _number(line.interval),
        _number(line.naive_interval),
    ]
    return "| " + " | ".join(cells) + " |"


def _number(value: float, form: str = "{:.2f}") -> str:
    return "–" if np.isnan(value) else form.format(value)


def figure(found: Backtest, path: Path) -> None:
    """Published against predicted growth by division: model and naive, one panel a month."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    shown = [
        key for key in found.points if key[1] in ("2020-02", "2020-03", "2022-04", "2022-05", "2022-06", "2022-09")
    ]
    fig, axes = plt.subplots(2, 3, figsize=(11.5, 7.6), constrained_layout=True)
    for axis, key in zip(axes.flat, shown, strict=False):
        points = found.points[key]
        kept = np.isfinite(points).all(axis=1)
        now, model, naive = points[kept].T
        low, high = points[kept].min() - 2.0, points[kept].max() + 2.0
        axis.plot([low, high], [low, high], color="0.7", lw=0.8)
        axis.plot(now, naive, "o", mfc="none", color="#a33", label=f"naive, {np.abs(naive - now).mean():.1f} pp")
        axis.plot(now, model, "o", color="#15508c", label=f"model, {np.abs(model - now).mean():.1f} pp")
        for division, x, y in zip(np.array(found.divisions)[kept], now, model, strict=True):
            axis.annotate(division, (x, y), xytext=(3, 3), textcoords="offset points", fontsize=7, color="0.35")
        axis.set(xlim=(low, high), ylim=(low, high), title=f"{key[1]} ({key[0]})")
        axis.set_xlabel("published, % on the year")
        axis.set_ylabel("predicted, % on the year")
        axis.legend(frameon=False, fontsize=8, loc="upper left")
    for axis in axes.flat[len(shown) :]:
        axis.set_visible(False)
    fig.suptitle(
        "Growth by division: published and predicted, mean absolute errors; numbers are divisions", fontsize=11
    )
    fig.savefig(path, dpi=110)
    plt.close(fig)


def write(found: Backtest, folder: Path) -> tuple[Path, Path]:
    """Put report and figure into the calibration's folder, whole or not at all."""
    places = folder / REPORT, folder / FIGURE
    with replaced(*places) as parts:
        parts[0].write_text(report(found), encoding="utf-8", newline="\n")
        figure(found, parts[1])
    return places


_HEAD = "# Back-tests\n\n" + paragraphs(
    """Written by `simcore backtest`. Each episode is run with sensitivities and dynamics estimated on other episodes,
    its closures tied to the published totals. Scored is growth on the year by division in a month, given the pattern of
    the release before and the total of the month: mean absolute errors in pp. The model adds its own change to the last
    pattern; both it and the honest naive forecast (last pattern, shifted) move the mean of the divisions as the total
    moved. The other simple forecasts do not know the total. Regions and owners are checks, nothing is fitted to them;
    only the regional figures of January-February 2020 set the exposures of that episode. The fan holds how growth
    strays in calm months, what the model leaves out, and the spread of the parameters; the naive's fan holds the
    first."""
)

_LIMITS = """## What this does not show

- The totals of these months are inputs: nothing here says how deep a wave goes.
- In March and April 2020 the pattern from 2022 errs more than the naive: recovery from a closed month differed by
  division in ways that closures of 2022, half as wide and region by region, do not teach.
- Owners differ in the sectors they are in and in what they export, no more, so little can be expected of them.
- These are few months of two epidemics and one tax cut; errors of neighbouring months depend on each other."""
