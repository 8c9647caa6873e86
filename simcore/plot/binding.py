"""What bound output: demand, capacity, labour or inputs; and which inputs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..headline import subject
from ..records import Binding
from ..result import SCENARIO, Result
from .style import figure, footnote, look, short_labels, shortened

KINDS = (
    ("capacity", "#0072B2", ""),
    ("labour", "#E69F00", "//"),
    ("inputs", "#D55E00", "xx"),
)
TOP_INPUTS = 8


def draw_binding(result: Result, variant: str = "scenario") -> Figure:
    """Share of gross output that each limit of supply bound by period, %, and the inputs that were short."""
    if result.binding is None:
        raise ValueError("this result does not say what bound output")
    with look():
        fig = figure(3.3)
        left, right = fig.subplots(1, 2, width_ratios=(2.1, 1.0))
        _shares(left, result, result.binding, variant)
        _inputs(right, result, result.binding, variant)
        handles, labels = left.get_legend_handles_labels()
        fig.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.06, 0.2), ncols=3)
        fig.subplots_adjust(left=0.075, right=0.985, top=0.91, bottom=0.31, wspace=0.55)
        footnote(
            fig,
            result,
            "A period counts for what bound the activity longest in it; the title gives the average over periods.",
        )
        return fig


def _shares(axis: Axes, result: Result, binding: Binding, variant: str) -> None:
    shares = binding.shares(variant)[:, 1:]
    x = np.arange(len(shares))
    edges = np.arange(len(shares) + 1) - 0.5
    bottom = np.zeros(len(shares))
    for kind, (name, colour, hatch) in enumerate(KINDS):
        top = bottom + shares[:, kind]
        axis.stairs(
            top, edges, baseline=bottom, fill=True, facecolor=colour, hatch=hatch, edgecolor="white",
            linewidth=0.3, label=name,
        )  # fmt: skip
        bottom = top
    title = f"With {subject(result)}" if variant == SCENARIO else f"Variant {variant}"
    axis.set_title(f"{title}: {bottom.mean():.1f} % of output bound by supply")
    axis.set_ylabel("% of gross output")
    axis.set_ylim(0.0, max(1.15 * float(bottom.max()), 1.0))
    every = 1 if len(x) <= 15 else 2
    axis.set_xticks(x[::every], short_labels(list(result.periods[: len(x) : every])))
    axis.tick_params(axis="x", length=2, labelsize=8)


def _inputs(axis: Axes, result: Result, binding: Binding, variant: str) -> None:
    found = binding.inputs(variant)[:TOP_INPUTS]
    axis.set_title("Inputs that were short")
    axis.set_xlabel("% of output-periods bound")
    if not found:
        axis.text(0.5, 0.6, "no input was short\nin any period", ha="center", va="center", transform=axis.transAxes)
        axis.set_xlim(0.0, 1.0)
        axis.set_yticks([])
        return
    y = np.arange(len(found))
    axis.barh(y, [share for _, share in found], 0.6, color="#D55E00")
    axis.set_yticks(y, [shortened(result.name("sector", p), 26) for p, _ in found])
    axis.set_ylim(max(len(found), 4) - 0.5, -0.5)
    axis.grid(True, axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0, labelsize=8)
