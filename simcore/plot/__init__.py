"""Figures of a result: each a function from a result to a matplotlib ``Figure``, drawn without pyplot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ..result import SCENARIO, Result

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Drawing(NamedTuple):
    """How to draw a figure, whether a result has what it shows, and how to read it."""

    draw: Callable[[Result, str], Figure]
    possible: Callable[[Result], bool]
    caption: str


def drawings() -> Mapping[str, Drawing]:
    """Every figure of a report, in order; matplotlib is imported here and not before."""
    from .binding import draw_binding
    from .contributions import draw_contributions
    from .cost import draw_cost
    from .growth import draw_growth
    from .headings import draw_headings
    from .headings import possible as has_headings
    from .heatmap import draw_heatmap

    return {
        "growth": Drawing(draw_growth, lambda r: "iva_yoy" in r.values, GROWTH),
        "contributions": Drawing(draw_contributions, lambda r: bool(r.measures), CONTRIBUTIONS),
        "headings": Drawing(draw_headings, has_headings, HEADINGS),
        "heatmap": Drawing(draw_heatmap, lambda r: bool(r.codes("sector") and r.codes("region")), HEATMAP),
        "binding": Drawing(draw_binding, lambda r: r.binding is not None, BINDING),
        "cost": Drawing(draw_cost, lambda r: any(line.kind != "revenue" for _, line in r.fiscal), COST),
    }


GROWTH = (
    "Growth of industrial value added on the year (above) and its average over two years (below), in per "
    "cent: as published, projected without what this scenario adds, and with it. Where the two paths "
    "lie close together, read their difference in the next figure. Swings in the upper panel that the "
    "lower one lacks are base effects of one year before; the lower one has bases of its own where growth two "
    "years before was unusual. Grey lines: 5-95 % of draws without, which are draws of the "
    "projection's own error, sized by pseudo-real-time forecasts of the method. Blue bands: the same draws "
    "with, the uncertain parameters drawn as well. January and February are one observation."
)
CONTRIBUTIONS = (
    "What each measure adds to growth on the year, in percentage points (above), and to the level, in per "
    "cent of the baseline (below). Bars add up to the line. From the thirteenth month on growth is measured "
    "against months that the measures have already changed, so contributions above can be negative while "
    "the level below is still higher."
)
HEADINGS = (
    "What every measure of the notice adds to the level of industrial value added, in per cent of the baseline; lines: "
    "the range over draws. Campaigns without money, targets, early warning and responsibility add nothing by "
    "themselves; guarantees add nothing where no shock comes."
)
HEATMAP = (
    "Effect on the level of industrial value added by sector and region, in per cent of the baseline, "
    "averaged over the run; sectors in the order of their effect in the whole country. The colour scale "
    "ends where the outermost cells would leave the others pale. Regions are estimates: see their range in "
    "the table."
)
BINDING = (
    "What limited output in each period of this run, as the share of gross output it bound (left), and the inputs "
    "that were short (right). The rest of output is bound by demand. In the undisturbed economy demand alone binds "
    "by construction."
)
COST = (
    "Cost by measure over the run, in bn yuan at current prices, by kind; the first number beside a bar is its budget "
    "cost, outlays and tax forgone. Quasi-fiscal cost falls elsewhere; deferred is timing only. Contingent cost is "
    "written, not drawn: expected losses, and the most that guarantees could cost firms if a shock called for them. "
    "The principal of loans is never a cost."
)


def figures(result: Result, variant: str = SCENARIO) -> dict[str, Figure]:
    """All figures that a result allows, by name."""
    return {name: d.draw(result, variant) for name, d in drawings().items() if d.possible(result)}


__all__ = ["Drawing", "drawings", "figures"]
