"""What every measure of the notice adds in the first year, also those that add nothing."""

from __future__ import annotations

from matplotlib.figure import Figure

from ..answer_tables import FEW
from ..cells import signed
from ..headline import first_year_part, has_headings, headings
from ..result import Result
from .style import PUBLISHED, WITH, figure, footnote, look, shortened


def possible(result: Result) -> bool:
    """Whether there are so many measures that figures and tables go by heading."""
    return len(result.measures) > FEW and has_headings(result)


def draw_headings(result: Result, variant: str = "scenario") -> Figure:
    """Bars of the effect on the level of the first twelve months, % of the baseline, with its range over draws."""
    names, groups = headings(result)
    spreads = [first_year_part(result, *g) for g in groups]
    with look():
        fig = figure(1.25 + 0.27 * len(names))
        axis = fig.subplots()
        axis.barh(range(len(names)), [s.value for s in spreads], 0.66, color=WITH, label="effect")
        ranged = [(y, s) for y, s in enumerate(spreads) if s.has_range and s.high > s.low]
        if ranged:
            axis.hlines(
                [y for y, _ in ranged], [s.low for _, s in ranged], [s.high for _, s in ranged],
                color=PUBLISHED, linewidth=1.1, label="5-95 % of draws",
            )  # fmt: skip
        for y, s in enumerate(spreads):
            end = max(s.value, s.high if s.has_range else 0.0, 0.0)
            axis.annotate(f" {signed(s.value, 3)}", (end, y), va="center", fontsize=8.0)
        axis.axvline(0.0, color="#444444", linewidth=0.8)
        axis.set_yticks(range(len(names)), [shortened(n, 36) for n in names])
        axis.set_ylim(len(names) - 0.5, -0.5)
        axis.tick_params(axis="y", length=0)
        axis.grid(True, axis="x")
        axis.grid(False, axis="y")
        axis.margins(x=0.12)
        axis.set_xlabel("% of the baseline's level")
        first = "first twelve months" if len(result.periods) > 12 else "whole run"
        axis.set_title(f"Industrial value added, {first}: contribution by measure of the notice")
        if ranged:
            axis.legend(loc="lower right")
        inch = 1.0 / fig.get_figheight()
        fig.subplots_adjust(left=0.27, right=0.975, top=1.0 - 0.3 * inch, bottom=0.72 * inch)
        footnote(fig, result)
        return fig
