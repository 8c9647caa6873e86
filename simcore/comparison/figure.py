"""The figure of a comparison: paths by model above, where the effect falls below."""

from __future__ import annotations

from collections.abc import Collection
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..result import january_february
from ..tables import clipped
from .record import Comparison, ModelRun
from .show import span

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SECTORS = 8
FAR = 4.0  # times the next model's largest effect: a line that far out flattens the others
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
STYLES = ("-", "--", "-.", ":")
UPPER, LOWER, GAP, TOP = 3.3, 2.3, 0.95, 0.35  # inches: the two rows of panels, between them, above them
LINE = 0.2  # inches of a line of the legend


def draw(comparison: Comparison) -> Figure:
    """Effect on the level of industrial value added by month and model, then by sector and region."""
    from ..plot.style import WIDTH, figure, look

    below = 0.95 + LINE * ((len(comparison.runs) + 1) // 2)
    height = TOP + UPPER + GAP + LOWER + below
    with look():
        fig = figure(height)

        def panel(left: float, width: float, bottom: float, tall: float) -> Axes:
            return fig.add_axes((left / WIDTH, bottom / height, width / WIDTH, tall / height))

        title, upper = f"{clipped(comparison.title, 70)}: effect on industrial value added", below + LOWER + GAP
        apart = outliers(comparison)
        paths = panel(0.7, 3.5 if apart else 8.15, upper, UPPER)
        _paths(paths, comparison, title)
        if apart:
            closer = panel(4.85, 4.0, upper, UPPER - 0.3)
            _paths(closer, comparison, f"Closer, without {', '.join(apart)}", apart)
        _places(panel(2.55, 3.0, below, LOWER), comparison, 0, f"Largest effects by sector, {span(comparison)}")
        _places(panel(6.5, 2.35, below, LOWER), comparison, 1, "Effects by region (estimates)")
        handles, names = paths.get_legend_handles_labels()
        corner = (0.06, (below - 0.55) / height)
        fig.legend(handles, names, loc="upper left", bbox_to_anchor=corner, ncols=2, columnspacing=1.6)
        source = f"Source: simcore, scenario {comparison.scenario}; counterfactual {comparison.counterfactual}"
        source += f"; data as of {comparison.vintage}." if comparison.vintage else "."
        fig.text(0.01, 0.04 / height, source, fontsize=7.5, color="#555555", ha="left", va="bottom")
        return fig


def outliers(comparison: Comparison) -> list[str]:
    """Models whose paths would flatten those of all others; none where half of them or more would be apart."""
    sizes = {r.label: float(np.nanmax(np.abs(comparison.path(r)), initial=0.0)) for r in comparison.runs}
    ordered = sorted(sizes.values())
    for below, above in pairwise(ordered):
        far = [label for label, size in sizes.items() if size >= above]
        if below > 0.0 and above > FAR * below and len(far) < len(sizes) / 2:
            return far
    return []


def _paths(axis: Axes, comparison: Comparison, title: str, without: Collection[str] = ()) -> None:
    """Effect by month, a line a model."""
    from ..plot.style import WIDTH, month_axis

    observations = january_february(comparison.months)
    positions = [sum(months) / len(months) for _, months in observations]
    for i, run in enumerate(comparison.runs):
        values, line = comparison.path(run), STYLES[i % len(STYLES)]
        if run.label in without:
            continue
        if np.isfinite(values).any():
            axis.plot(positions, values, linestyle=line, linewidth=1.6, markersize=4, label=_label(run), **_look(i))
        else:
            axis.plot([], [], linestyle="none", label=_label(run))
    axis.axhline(0.0, color="#888888", linewidth=0.8)
    axis.set_ylabel("% of the level without")
    axis.set_title(title)
    room = axis.get_position().width * WIDTH
    every = int(np.ceil(0.48 * len(observations) / room))  # inches that a month's label takes
    month_axis(axis, positions, [label for label, _ in observations], every)


def _places(axis: Axes, comparison: Comparison, dimension: int, title: str) -> None:
    """One line a place, one mark a model: effect of the first twelve months, % of the place's level."""
    places = comparison.largest(dimension, SECTORS if dimension == 0 else 12)[::-1]
    for i, run in enumerate(comparison.runs):
        values = [run.share(run.amount, place) for place, _ in places]
        axis.plot(values, range(len(places)), linestyle="none", markersize=5, alpha=0.85, **_look(i))
    axis.axvline(0.0, color="#888888", linewidth=0.8)
    axis.set_yticks(range(len(places)), [clipped(comparison.name(dimension, code), 32) for _, code in places])
    axis.tick_params(axis="y", length=0, labelsize=8.5)
    axis.grid(axis="x")
    axis.margins(y=0.1)
    axis.set_xlabel("% of its level without")
    axis.set_title(title)


def _look(i: int) -> dict[str, Any]:
    from ..plot.style import COLOURS

    return {"color": COLOURS[i % len(COLOURS)], "marker": MARKERS[i % len(MARKERS)]}


def _label(run: ModelRun) -> str:
    """The model, what its run goes without, and how it ended where that is not at its end."""
    text = f"{run.label}, without {', '.join(run.channels_left_out)}" if run.left_out else run.label
    return text if run.outcome.status == "completed" else f"{text} ({run.outcome.status.replace('_', ' ')})"
