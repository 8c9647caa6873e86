"""Effect by region under every way to estimate trade between regions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from .style import COLOURS, figure, look

MARKS = "oDs^vP*Xp<>"


@dataclass(frozen=True)
class ByWay:
    """What is drawn."""

    scenario: str
    model: str
    regions: tuple[str, ...]  # (R,) names
    ways: tuple[str, ...]  # (W,) methods first, the one taken at their head, then other parameters
    methods: int  # how many ways are methods
    shown: tuple[str, ...]  # ways whose range runs show
    percent: np.ndarray  # (W, R + 1) effect, %; the nation first


def draw_regions(found: ByWay) -> Figure:
    """One row a region: a mark a method, a thick bar over those that runs show, a thin one over all ways."""
    effect, m = found.percent[:, 1:], found.methods
    shown = [found.ways.index(way) for way in found.shown]
    order = np.argsort(effect[0], kind="stable")
    with look():
        fig = figure(2.0 + 0.3 * len(order))
        axis = fig.subplots()
        for row, r in enumerate(order):
            axis.plot([effect[:, r].min(), effect[:, r].max()], [row, row], color="#bbbbbb", linewidth=1.2, zorder=1)
            ends = [effect[shown, r].min(), effect[shown, r].max()]
            axis.plot(ends, [row, row], color="#bbbbbb", linewidth=6.0, alpha=0.6, zorder=1, solid_capstyle="butt")
        for w in range(m):
            axis.scatter(
                effect[w, order], np.arange(len(order)), marker=MARKS[w % len(MARKS)], s=30 if w else 46,
                color=COLOURS[w % len(COLOURS)], label=found.ways[w] + (" (taken)" if w == 0 else ""),
                zorder=3 - w / 20, linewidths=0,
            )  # fmt: skip
        axis.axvline(found.percent[0, 0], color="#444444", linewidth=0.8, linestyle="--", zorder=0)
        axis.annotate(
            "nation", (found.percent[0, 0], len(order) - 0.45), (3, 0), textcoords="offset points", fontsize=7.5,
            color="#444444", va="center",
        )  # fmt: skip
        axis.set_yticks(np.arange(len(order)), [found.regions[r] for r in order])
        axis.set_ylim(-0.6, len(order) - 0.2)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x")
        axis.grid(visible=False, axis="y")
        axis.set_xlabel("Effect on industrial value added over the run, % of the region's baseline")
        axis.set_title(f"{found.scenario}, model {found.model}: effect by region under every method of trade")
        inch = 1.0 / fig.get_figheight()
        fig.legend(
            *axis.get_legend_handles_labels(),
            loc="lower center",
            ncols=5,
            fontsize=8.0,
            bbox_to_anchor=(0.5, 0.2 * inch),
        )
        text = "Thick: range that runs show. Thin: range over all methods and parameters."
        fig.text(0.01, 0.06 * inch, text, fontsize=7.5, color="#444444", va="bottom")
        fig.subplots_adjust(left=0.14, right=0.975, top=1.0 - 0.4 * inch, bottom=1.25 * inch)
        return fig
