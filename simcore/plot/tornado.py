"""Tornado: what each uncertain value does to an outcome at both ends of its range."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from ..sensitivity import Line, Sensitivity
from .style import COLOURS, figure, look

SHOWN = 15  # bars that can still be read


def _labels(line: Line, central: float) -> list[tuple[float, str]]:
    """Where the values of both ends are written: at their bars; both at the longer one where they lie on one side."""
    ends = sorted(((line.at_low, line.write(line.low)), (line.at_high, line.write(line.high))))
    if ends[0][0] < central <= ends[1][0]:
        return ends
    far = max(ends, key=lambda end: abs(end[0] - central))[0]
    return [(far, f"{line.write(line.low)} … {line.write(line.high)}")]


def draw_tornado(found: Sensitivity) -> Figure:
    """Horizontal bars from the outcome at the 5 % point of a value to that at its 95 % point, the longest on top."""
    lines = found.lines[:SHOWN]
    with look():
        fig = figure(1.5 + 0.34 * len(lines))
        axis = fig.subplots()
        for row, line in enumerate(reversed(lines)):
            for value, colour in sorted(
                ((line.at_low, COLOURS[1]), (line.at_high, COLOURS[0])), key=lambda end: -abs(end[0] - found.central)
            ):  # the longer one first, for both may lie on one side
                axis.barh(row, value - found.central, left=found.central, height=0.62, color=colour)
            for value, text in _labels(line, found.central):
                side = 3 if value >= found.central else -3
                axis.annotate(
                    text, (value, row), (side, 0), textcoords="offset points", fontsize=7.0,
                    ha="left" if side > 0 else "right", va="center", color="#444444",
                )  # fmt: skip
        axis.axvline(found.central, color="#444444", linewidth=0.8)
        axis.set_yticks(range(len(lines)), [line.name for line in reversed(lines)])
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x")
        axis.grid(visible=False, axis="y")
        axis.margins(x=0.14)
        axis.set_xlabel(f"{found.outcome}, {found.unit}")
        axis.set_title(f"What moves the result most: {found.scenario}, model {found.model}")
        ends = ((COLOURS[1], "value at its 5 % point"), (COLOURS[0], "at its 95 % point"))
        fig.legend([Patch(color=c) for c, _ in ends], [text for _, text in ends], loc="lower left", fontsize=8.0)
        fig.subplots_adjust(
            left=0.34, right=0.975, top=1.0 - 0.45 / fig.get_figheight(), bottom=0.6 / fig.get_figheight()
        )
        return fig
