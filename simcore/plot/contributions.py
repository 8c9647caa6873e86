"""Stacked contributions by measure: to growth on the year and to the level."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from ..headline import average_part, growth_difference, level_effect, shown_measures, subject
from ..result import Result
from .style import (
    COLOURS,
    HATCHES,
    OTHER,
    PUBLISHED,
    figure,
    footnote,
    joined,
    legend_columns,
    look,
    month_axis,
)


def draw_contributions(result: Result, variant: str = "scenario") -> Figure:
    """Contributions in pp of growth on the year above, in % of the baseline's level below."""
    with look():
        fig = figure(6.6)
        upper, lower = fig.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        labels, groups, positions = joined(result.periods)
        widths = [0.72 + len(g) - 1 for g in groups]
        names, members = shown_measures(result, len(COLOURS))
        points = np.array([[result.points[m, 0, g[-1]].sum() for g in groups] for m in members])
        parts = np.array([[sum(average_part(result, i, periods=g) for i in m) for g in groups] for m in members])
        _stack(upper, positions, widths, points, names)
        _stack(lower, positions, widths, parts, names)
        effects = [growth_difference(result, g[-1], variant=variant) for g in groups]
        levels = [level_effect(result, g, variant=variant) for g in groups]
        for axis, spreads in ((upper, effects), (lower, levels)):
            middle = [s.value for s in spreads]
            axis.plot(
                positions,
                middle,
                color=PUBLISHED,
                marker="D",
                markersize=4,
                linewidth=1.0,
                label="sum",
            )
            if any(s.has_range for s in spreads):
                axis.vlines(
                    positions, [s.low for s in spreads], [s.high for s in spreads],
                    color=PUBLISHED, linewidth=1.1, label="sum, 5-95 % of draws",
                )  # fmt: skip
            axis.axhline(0.0, color="#444444", linewidth=0.8)
        upper.set_title(f"Contributions to growth on the year (counterfactual: {result.counterfactual})")
        lower.set_title("Contributions to the level")
        upper.set_ylabel("pp of growth on the year")
        lower.set_ylabel("% of the baseline's level")
        _echo(upper, result)
        month_axis(lower, positions, labels, every=1 if len(labels) <= 18 else 2)
        handles, texts = upper.get_legend_handles_labels()
        columns = legend_columns(texts)
        rows = -(-len(texts) // columns)
        fig.legend(handles, texts, loc="upper left", bbox_to_anchor=(0.06, 0.055 + 0.033 * rows), ncols=columns)
        fig.subplots_adjust(left=0.085, right=0.985, top=0.955, bottom=0.115 + 0.033 * rows, hspace=0.17)
        footnote(fig, result)
        return fig


def _stack(axis: Axes, positions: list[float], widths: list[float], parts: np.ndarray, names: list[str]) -> None:
    """Positive parts upwards from zero, negative ones downwards."""
    above, below = np.zeros(len(positions)), np.zeros(len(positions))
    for i, (part, name) in enumerate(zip(parts, names, strict=True)):
        bottom = np.where(part >= 0.0, above, below)
        colour = OTHER if name.endswith("other measures") else COLOURS[i]
        axis.add_collection(_bars(positions, widths, bottom, part, colour, HATCHES[i], name))
        above += np.maximum(part, 0.0)
        below += np.minimum(part, 0.0)
    axis.autoscale_view()


def _bars(
    positions: list[float], widths: list[float], bottom: np.ndarray, height: np.ndarray,
    colour: str, hatch: str, label: str,
) -> PolyCollection:  # fmt: skip
    """Bars of one measure as one object: a tenth of the time of single rectangles."""
    x, half = np.array(positions), np.array(widths) / 2.0
    left, right, top = x - half, x + half, bottom + height
    corners = np.stack([left, bottom, left, top, right, top, right, bottom], axis=1).reshape(-1, 4, 2)
    return PolyCollection(list(corners), facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.4, label=label)


def _echo(axis: Axes, result: Result) -> None:
    """Mark the months whose base already contains the measures."""
    if len(result.periods) <= 12:
        return
    axis.axvspan(11.5, len(result.periods) - 0.5, color="#f2f2f2", zorder=0)
    axis.annotate(
        f"base contains\n{subject(result)}", (11.55, 1.0), xycoords=("data", "axes fraction"), xytext=(2, -3),
        textcoords="offset points", fontsize=8, color="#555555", va="top",
    )  # fmt: skip
