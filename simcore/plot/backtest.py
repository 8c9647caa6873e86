"""Back-tests: one month by division, and what sensitivities save against the naive pattern in every month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from .style import COLOURS, figure, look


@dataclass(frozen=True)
class Shown:
    """What is drawn."""

    title: str
    divisions: tuple[str, ...]  # (N,)
    published: np.ndarray  # (N,) growth on the year, %
    own: np.ndarray
    half: np.ndarray  # (N,) half of the 90 % fan
    naive: np.ndarray
    months: tuple[str, ...]  # (M,) replays
    own_error: np.ndarray  # (M,) mean absolute error, pp
    naive_error: np.ndarray


def draw_backtest(shown: Shown) -> Figure:
    """Left: published, forecast and naive growth by division. Right: errors by replay."""
    order = np.argsort(-shown.published, kind="stable")
    rows = np.arange(len(order))
    with look():
        fig = figure(5.6)
        left, right = fig.subplots(1, 2, width_ratios=(1.25, 1.0))
        left.hlines(
            rows, (shown.own - shown.half)[order], (shown.own + shown.half)[order], color=COLOURS[4], linewidth=5.0,
            alpha=0.35, label="90 % fan",
        )  # fmt: skip
        for values, mark, colour, label in (
            (shown.naive, "|", COLOURS[1], "naive: pattern shifted"),
            (shown.own, "o", COLOURS[0], "sensitivities"),
            (shown.published, "D", "#222222", "published"),
        ):
            left.plot(values[order], rows, mark, color=colour, markersize=9 if mark == "|" else 4.5,
                      markeredgewidth=2 if mark == "|" else 0, label=label)  # fmt: skip
        left.set_yticks(rows, [shown.divisions[i] for i in order])
        left.set_xlabel("Growth on the year, %")
        left.set_title(shown.title)
        places = np.arange(len(shown.months))[::-1]
        right.barh(places + 0.2, shown.naive_error, 0.38, color=COLOURS[1], label="naive")
        right.barh(places - 0.2, shown.own_error, 0.38, color=COLOURS[0], label="sensitivities")
        right.set_yticks(places, shown.months)
        right.set_xlabel("Mean absolute error over divisions, pp")
        right.set_title("All replays, other episodes fitted")
        for axis in (left, right):
            axis.grid(axis="x")
            axis.grid(visible=False, axis="y")
            axis.tick_params(axis="y", length=0)
        handles, labels = left.get_legend_handles_labels()
        fig.legend(handles, labels, loc="lower center", ncols=4, fontsize=8.0)
        fig.subplots_adjust(left=0.07, right=0.975, top=0.93, bottom=0.18, wspace=0.5)
        return fig
