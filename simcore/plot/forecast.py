"""The forecast as fans: without and with the epidemic path, measures in both."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..forecast import Forecast
from .style import PUBLISHED, WITH, WITHOUT, figure, joined, look, month_axis

HISTORY_SHOWN = 18  # months
PANELS = (("measures", "neither", "Without the epidemic path"), ("both", "epidemic", "With the epidemic path"))


def draw_forecast(forecast: Forecast) -> Figure:
    """Growth on the year, per cent: medians and 50 and 90 % fans, one panel a case."""
    with look():
        fig = figure(7.2)
        panels = fig.subplots(2, 1, sharex=True, sharey=True)
        past, published = forecast.known
        shown = past[-HISTORY_SHOWN:]
        labels, groups, positions = joined((*shown, *forecast.months))
        for axis, (own, without, title) in zip(panels, PANELS, strict=True):
            _published(axis, published[-HISTORY_SHOWN:], groups, positions)
            _fan(axis, forecast, own, without, len(shown), groups, positions)
            axis.axhline(0.0, color="#aaaaaa", linewidth=0.7)
            axis.axvline(len(shown) - 0.5, color="#888888", linewidth=0.8, linestyle=":")
            axis.set_title(f"{title}: industrial value added, growth on the year")
            axis.set_ylabel("% on the year")
        month_axis(panels[1], positions, labels, every=2)
        handles, names = panels[0].get_legend_handles_labels()
        fig.legend(handles, names, loc="upper left", bbox_to_anchor=(0.06, 0.115), ncols=3, columnspacing=1.6)
        fig.subplots_adjust(left=0.07, right=0.985, top=0.96, bottom=0.175, hspace=0.16)
        source = (
            f"Source: simcore, scenario {forecast.scenario}, {forecast.draws} draws, data as of {forecast.vintage}; "
            "January and February are one observation."
        )
        fig.text(0.01, 0.006, source, fontsize=7.5, color="#555555", ha="left", va="bottom")
        return fig


def _published(axis: Axes, values: np.ndarray, groups: list[list[int]], positions: list[float]) -> None:
    inside = [i for i, members in enumerate(groups) if members[-1] < len(values)]
    x = [positions[i] for i in inside]
    y = [values[groups[i][-1]] for i in inside]
    axis.plot(x, y, color=PUBLISHED, marker="o", markersize=3.5, label="published")


def _fan(
    axis: Axes,
    forecast: Forecast,
    own: str,
    without: str,
    lead: int,
    groups: list[list[int]],
    positions: list[float],
) -> None:
    ahead = [i for i, members in enumerate(groups) if members[0] >= lead]
    x = [positions[i] for i in ahead]
    at = [groups[i][-1] - lead for i in ahead]
    low, below, middle, above, high = forecast.quantiles(own)[:, at]
    axis.fill_between(x, low, high, color=WITH, alpha=0.18, linewidth=0.0, label="with measures, 5-95 %")
    axis.fill_between(x, below, above, color=WITH, alpha=0.30, linewidth=0.0, label="with measures, 25-75 %")
    axis.plot(x, middle, color=WITH, marker="o", markersize=3.5, label="with measures, median")
    other = forecast.quantiles(without)[2, at]
    axis.plot(x, other, color=WITHOUT, linestyle="--", marker="s", markersize=3.0, label="without measures, median")
