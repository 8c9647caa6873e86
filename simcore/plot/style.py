"""One look for every figure: colours that the colour-blind can tell apart, units on axes, sources below.

Figures are made from ``Figure`` itself: pyplot keeps state and takes half a second to import.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..result import Result, january_february

# Okabe and Ito (2008), Color universal design; the order keeps neighbours apart in grey as well.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#B8A800")
WITHOUT, WITH, PUBLISHED, OTHER = "#777777", "#0072B2", "#111111", "#999999"
HATCHES = ("", "", "", "", "//", "..", "xx")  # from the fifth on hatches help where colours come close

LOOK: dict[str, Any] = {
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "hatch.linewidth": 0.4,
    "svg.fonttype": "none",  # text stays text: it can be searched, and is a third of the size
    "svg.hashsalt": "simcore",  # the same result gives the same file
}
WIDTH = 9.0  # inches: the width of the report's page


def look():
    """Context in which every figure is made and written."""
    return matplotlib.rc_context(LOOK)


def figure(height: float) -> Figure:
    """An empty figure of page width; ``height`` in inches."""
    return Figure(figsize=(WIDTH, height))


def footnote(fig: Figure, result: Result, text: str = "") -> None:
    """Source, vintage and counterfactual under a figure."""
    vintage = result.provenance.get("vintage")
    model = result.model.split(" (")[0]  # its parameters stand in the report
    source = f"Source: simcore, scenario {result.scenario}, model {model}; "
    source += f"counterfactual {result.counterfactual}"
    source += f"; data as of {vintage}" if vintage else ""
    lines = f"{text}\n{source}." if text else f"{source}."
    fig.text(0.01, 0.04 / fig.get_figheight(), lines, fontsize=7.5, color="#555555", ha="left", va="bottom")


def month_axis(axis: Axes, positions: list[float], labels: list[str], every: int = 1) -> None:
    """Month labels, the year under the first of each."""
    axis.set_xticks(positions[::every], short_labels(labels[::every]))
    axis.tick_params(axis="x", length=2, labelsize=8.5)


def short_labels(labels: list[str]) -> list[str]:
    """``Nov\\n2022``, ``Dec``, ``Jan-Feb\\n2023`` ...; labels that are no months stay as they are."""
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    short, year = [], ""
    for label in labels:
        tail = label[5:]
        month = tail if tail == "Jan-Feb" else names[int(tail) - 1] if tail.isdigit() and len(tail) == 2 else None
        if month is None:
            short.append(label)
            continue
        short.append(month if label[:4] == year else f"{month}\n{label[:4]}")
        year = label[:4]
    return short


def legend_columns(texts: list[str]) -> int:
    """Columns of a legend under a figure that still fit the page."""
    longest = max((len(t) for t in texts), default=0)
    return 3 if longest <= 38 else 2 if longest <= 62 else 1


def shortened(text: str, length: int) -> str:
    """At most ``length`` characters."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def joined(periods: tuple[str, ...]) -> tuple[list[str], list[list[int]], list[float]]:
    """Labels, members and positions of the observations: January and February share one, between the two."""
    rows = january_february(periods)
    return [r[0] for r in rows], [r[1] for r in rows], [sum(r[1]) / len(r[1]) for r in rows]


def to_svg(fig: Figure) -> str:
    """A figure as SVG text."""
    buffer = io.StringIO()
    with look():
        fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": "simcore"})
    return buffer.getvalue()


def to_png(fig: Figure, dpi: int = 150) -> bytes:
    """A figure as PNG."""
    buffer = io.BytesIO()
    with look():
        fig.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def embedded(fig: Figure) -> str:
    """A figure as a data URI: an image of its own, so that ids of several figures never meet."""
    return "data:image/svg+xml;base64," + base64.b64encode(to_svg(fig).encode()).decode()
