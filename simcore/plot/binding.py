"""What bound output: demand, capacity, labour or inputs; and which inputs."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..headline import subject
from ..records import Binding
from ..result import BASELINE, Result
from .style import figure, footnote, look, short_labels, shortened

KINDS = (
    ("demand", "#d9d9d9", ""),
    ("capacity", "#0072B2", ""),
    ("labour", "#E69F00", "//"),
    ("inputs", "#D55E00", "xx"),
)
TOP_INPUTS = 8


def draw_binding(result: Result, variant: str = "scenario") -> Figure:
    """Share of gross output that each kind of limit bound by period, %, and the inputs that were short."""
    if result.binding is None:
        raise ValueError("this result does not say what bound output")
    variants = [v for v in (BASELINE, variant) if v in result.binding.variants]
    with look():
        fig = figure(5.2)
        grid = fig.add_gridspec(len(variants), 2, width_ratios=(2.1, 1.0), wspace=0.52, hspace=0.32)
        first: Axes | None = None
        for row, name in enumerate(variants):
            axis = fig.add_subplot(grid[row, 0], sharex=first, sharey=first)
            first = first or axis
            _shares(axis, result, result.binding, name)
            axis.tick_params(labelbottom=row == len(variants) - 1)
        _inputs(fig.add_subplot(grid[:, 1]), result, result.binding, variants)
        if first is not None:
            handles, labels = first.get_legend_handles_labels()
            fig.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.06, 0.125), ncols=4)
        fig.subplots_adjust(left=0.075, right=0.985, top=0.94, bottom=0.205)
        footnote(
            fig,
            result,
            "A period counts for what bound the activity longest in it; the title gives the average over periods.",
        )
        return fig


def _shares(axis: Axes, result: Result, binding: Binding, variant: str) -> None:
    shares = binding.shares(variant)
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
    title = {"baseline": f"Without {subject(result)}", "scenario": f"With {subject(result)}"}.get(
        variant, f"Variant {variant}"
    )
    limited = 100.0 - shares[:, 0].mean()
    axis.set_title(f"{title}: {limited:.1f} % of output bound by supply")
    axis.set_ylabel("% of gross output")
    axis.set_ylim(0.0, 100.0)
    every = 1 if len(x) <= 15 else 2
    axis.set_xticks(x[::every], short_labels(list(result.periods[: len(x) : every])))
    axis.tick_params(axis="x", length=2, labelsize=8)


def _inputs(axis: Axes, result: Result, binding: Binding, variants: list[str]) -> None:
    by_variant = {v: dict(binding.inputs(v)) for v in variants}
    size: dict[str, float] = {}
    for shares in by_variant.values():
        for product, share in shares.items():
            size[product] = max(size.get(product, 0.0), share)
    products = sorted(size, key=lambda p: -size[p])[:TOP_INPUTS]
    axis.set_title("Inputs that were short")
    axis.set_xlabel("% of output-periods bound")
    if not products:
        axis.text(0.5, 0.6, "no input was short\nin any period", ha="center", va="center", transform=axis.transAxes)
        axis.set_xlim(0.0, 1.0)
        axis.set_yticks([])
        return
    height = 0.8 / len(variants)
    y = np.arange(len(products))
    for i, variant in enumerate(variants):
        colour, label = ("#999999", "without") if variant == BASELINE else ("#D55E00", "with")
        bars = [by_variant[variant].get(p, 0.0) for p in products]
        axis.barh(y + (i - (len(variants) - 1) / 2) * height, bars, height, color=colour, label=label)
    axis.set_yticks(y, [shortened(result.name("sector", p), 22) for p in products])
    axis.set_ylim(max(len(products), 4) - 0.5, -0.5)
    axis.grid(True, axis="x")
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0, labelsize=8)
    axis.legend(loc="lower right")
