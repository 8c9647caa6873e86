"""What the measures cost, by kind of cost."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from ..answer_tables import FEW
from ..headline import has_headings
from ..result import Result
from .style import figure, footnote, look, shortened

KINDS = (
    ("gross", "outlays", "#0072B2", ""),
    ("forgone", "tax forgone", "#E69F00", ""),
    ("quasi_fiscal", "quasi-fiscal (central bank, state banks)", "#CC79A7", "//"),
    ("deferred", "deferred (timing only)", "#cccccc", "xx"),
)

BUDGET = ("gross", "forgone")


def draw_cost(result: Result, variant: str = "scenario") -> Figure:
    """Cost by measure over the run, bn yuan at current prices, stacked by kind."""
    summed = len(result.measures) > FEW and has_headings(result)
    names = {m.id: m.heading or m.name if summed else m.name for m in result.measures}
    lines = [(names.get(m, "whole package"), line) for m, line in result.fiscal if line.kind != "revenue"]
    titles = list(dict.fromkeys(name for name, _ in lines))
    titles = sorted(titles) if summed else titles
    with look():
        fig = figure(2.0 + (0.3 if summed else 0.42) * max(len(titles), 2))
        axis = fig.subplots()
        start = np.zeros(len(titles))
        for kind, label, colour, hatch in KINDS:  # contingent cost would dwarf what is paid, so it is written
            sums = [sum(float(np.sum(x.path)) for m, x in lines if m == name and x.kind == kind) for name in titles]
            if any(sums):
                axis.barh(
                    range(len(titles)),
                    sums,
                    0.62,
                    left=start,
                    color=colour,
                    hatch=hatch,
                    edgecolor="white",
                    label=label,
                )
                start += np.array(sums)
        for y, (total, name) in enumerate(zip(start, titles, strict=True)):
            budget = sum(float(np.sum(x.path)) for m, x in lines if m == name and x.kind in BUDGET)
            apart = sum(float(np.sum(x.path)) for m, x in lines if m == name and x.kind == "contingent")
            text = f" {budget:,.1f}" + (f"; contingent {apart:,.1f}" if apart >= 0.05 else "")
            axis.annotate(text, (max(total, 0.0), y), va="center", fontsize=8.5)
        axis.set_yticks(range(len(titles)), [shortened(name, 40) for name in titles])
        axis.set_ylim(len(titles) - 0.5, -0.5)
        axis.grid(True, axis="x")
        axis.grid(False, axis="y")
        axis.set_xlim(0.0, 1.25 * max(float(start.max()), 1e-9))
        axis.set_xlabel(result.money.words("bn yuan at current prices, sum over the run"))
        axis.set_title("Cost by kind; the first number is the budget cost")
        inch = 1.0 / fig.get_figheight()
        handles, labels = axis.get_legend_handles_labels()
        fig.legend(handles, labels, loc="lower left", bbox_to_anchor=(0.01, 0.3 * inch), ncols=3, columnspacing=1.2)
        fig.subplots_adjust(left=0.34, right=0.985, top=1.0 - 0.3 * inch, bottom=1.25 * inch)
        footnote(
            fig,
            result,
            "Loan principal is no cost. Contingent: expected losses, or the most that a guarantee could cost.",
        )
        return fig
