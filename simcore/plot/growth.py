"""The growth path: published, projected without the measures, with them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..headline import subject
from ..result import BASELINE, Result
from .style import PUBLISHED, WITH, WITHOUT, figure, footnote, joined, look, month_axis

HISTORY_SHOWN = 18  # months: what lies before is the rebound of early 2021, ten times the scale of the rest


def draw_growth(result: Result, variant: str = "scenario") -> Figure:
    """Growth on the year above, the two-year average below; % in both."""
    with look():
        fig = figure(6.9)
        upper, lower = fig.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        history = result.history
        past = history.months[-HISTORY_SHOWN:] if history is not None else ()
        labels, groups, positions = joined((*past, *result.periods))
        lead = len(past)
        for axis, name in ((upper, "iva_yoy"), (lower, "iva_two_year")):
            if history is not None:
                published = history.yoy if name == "iva_yoy" else history.two_year
                _line(axis, groups, positions, published[-HISTORY_SHOWN:], 0, PUBLISHED, "published", "-", "o")
            _paths(axis, result, variant, name, groups, positions, lead)
            axis.axhline(0.0, color="#aaaaaa", linewidth=0.7)
            if lead:
                axis.axvline(lead - 0.5, color="#888888", linewidth=0.8, linestyle=":")
        _clip(lower, upper.get_ylim()[1])
        upper.set_title(f"Industrial value added, growth on the year, without and with {subject(result)}")
        lower.set_title("Two-year average: without the base effects of one year before")
        upper.set_ylabel("% on the year")
        lower.set_ylabel("% a year, over two years")
        if lead:
            upper.annotate(
                "run begins", (lead - 0.5, 1.0), xycoords=("data", "axes fraction"), xytext=(4, -9),
                textcoords="offset points", fontsize=8, color="#555555",
            )  # fmt: skip
        month_axis(lower, positions, labels, every=1 if len(labels) <= 16 else 2)
        handles, names = upper.get_legend_handles_labels()
        fig.legend(handles, names, loc="upper left", bbox_to_anchor=(0.06, 0.135), ncols=2, columnspacing=1.6)
        fig.subplots_adjust(left=0.075, right=0.985, top=0.96, bottom=0.19, hspace=0.17)
        footnote(fig, result, f"Published: {history.source}." if history is not None and history.source else "")
        return fig


def _paths(
    axis: Axes,
    result: Result,
    variant: str,
    name: str,
    groups: list[list[int]],
    positions: list[float],
    lead: int,
) -> None:
    who, band = subject(result), result.baseline_band
    if band is not None and name == "iva_yoy":
        for end, label in ((band[0], f"without {who}, 5-95 % of draws"), (band[3], "_")):
            index, x = _at(groups, positions, len(end), lead)
            axis.plot(x, end[index], color=WITHOUT, linewidth=0.9, linestyle=":", label=label)
    draws = result.series_draws(name, variant)
    if draws is not None:
        q05, q25, q75, q95 = np.quantile(draws, (0.05, 0.25, 0.75, 0.95), axis=0)
        _band(axis, groups, positions, lead, q05, q95, WITH, 0.20, f"with {who}, 5-95 % of draws")
        _band(axis, groups, positions, lead, q25, q75, WITH, 0.30, f"with {who}, 25-75 % of draws")
    _line(
        axis,
        groups,
        positions,
        result.series(name, BASELINE),
        lead,
        WITHOUT,
        f"without {who}",
        "--",
        "s",
    )
    _line(axis, groups, positions, result.series(name, variant), lead, WITH, f"with {who}", "-", "o")


def _clip(axis: Axes, top: float) -> None:
    """Keep the scale of the upper panel: what lies above (early 2021) is written, not drawn."""
    if axis.get_ylim()[1] <= top:
        return
    points = np.concatenate([np.asarray(line.get_xydata(), dtype=float) for line in axis.get_lines()])
    inside = points[points[:, 1] <= top, 1]
    axis.set_ylim(axis.get_ylim()[0], max(1.25 * float(inside.max(initial=0.0)), 1.0))
    edge = axis.get_ylim()[1]
    for x, y in points[points[:, 1] > edge]:
        axis.annotate(f"{y:.1f} % ↑", (x, edge), ha="right", va="top", fontsize=8, color=PUBLISHED)


def _at(groups: list[list[int]], positions: list[float], size: int, lead: int) -> tuple[list[int], list[float]]:
    """Where observations lie in an array that starts ``lead`` months after the axis, and on the axis."""
    inside = [(g[-1] - lead, x) for g, x in zip(groups, positions, strict=True) if 0 <= g[-1] - lead < size]
    return [i for i, _ in inside], [x for _, x in inside]


def _line(
    axis: Axes, groups: list[list[int]], positions: list[float], values: np.ndarray,
    lead: int, colour: str, label: str, style: str, marker: str,
) -> None:  # fmt: skip
    index, x = _at(groups, positions, len(values), lead)
    axis.plot(
        x,
        values[index],
        color=colour,
        linestyle=style,
        marker=marker,
        markersize=3,
        linewidth=1.6,
        label=label,
    )


def _band(
    axis: Axes, groups: list[list[int]], positions: list[float], lead: int,
    low: np.ndarray, high: np.ndarray, colour: str, alpha: float, label: str,
) -> None:  # fmt: skip
    index, x = _at(groups, positions, len(low), lead)
    axis.fill_between(x, low[index], high[index], color=colour, alpha=alpha, linewidth=0, label=label)
