"""What the measures cost, by kind of cost."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ..result import Result
from .style import figure, footnote, look, shortened

KINDS = (
    ("gross", "outlays", "#0072B2", ""),
    ("forgone", "tax forgone", "#E69F00", ""),
    ("quasi_fiscal", "quasi-fiscal (central bank, state banks)", "#CC79A7", "//"),
    ("contingent", "contingent (expected loss)", "#009E73", ".."),
    ("deferred", "deferred (timing only)", "#cccccc", "xx"),
)

BUDGET = ("gross", "forgone")


def draw_cost(result: Result, variant: str = "scenario") -> Figure:
    """Cost by measure over the run, bn yuan at current prices, stacked by kind."""
    titles = {m.id: m.name for m in result.measures}
    ids = list(dict.fromkeys(m for m, line in result.fiscal if line.kind != "revenue"))
    with look():
        fig = figure(2.0 + 0.42 * max(len(ids), 2))
        axis = fig.subplots()
        start = np.zeros(len(ids))
        for kind, label, colour, hatch in KINDS:
            sums = [sum(float(np.sum(x.path)) for m, x in result.fiscal if m == i and x.kind == kind) for i in ids]
            if any(sums):
                axis.barh(ids, sums, 0.62, left=start, color=colour, hatch=hatch, edgecolor="white", label=label)
                start += np.array(sums)
        for y, (total, i) in enumerate(zip(start, ids, strict=True)):
            budget = sum(float(np.sum(x.path)) for m, x in result.fiscal if m == i and x.kind in BUDGET)
            axis.annotate(f" {budget:,.1f}", (max(total, 0.0), y), va="center", fontsize=8.5)
        axis.set_yticks(range(len(ids)), [shortened(titles.get(i, "whole package"), 40) for i in ids])
        axis.invert_yaxis()
        axis.grid(True, axis="x")
        axis.grid(False, axis="y")
        axis.set_xlim(0.0, 1.12 * max(float(start.max()), 1e-9))
        axis.set_xlabel("bn yuan at current prices, sum over the run")
        axis.set_title("Cost by kind; the number is the budget cost")
        inch = 1.0 / fig.get_figheight()
        handles, labels = axis.get_legend_handles_labels()
        fig.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.01, 0.3 * inch), ncols=3, columnspacing=1.2)
        fig.subplots_adjust(left=0.34, right=0.985, top=1.0 - 0.3 * inch, bottom=1.25 * inch)
        footnote(fig, result, "Loan principal is no cost.")
        return fig
