"""Effect on the level by sector and region."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ..result import BASELINE, TOTAL, Result, Slice
from .style import figure, footnote, look, shortened

EXTEND = {(False, False): "neither", (False, True): "max", (True, False): "min", (True, True): "both"}
NUMBERED = 60  # rows up to which every cell carries its number
BROAD = 12  # regions up to which a cell has room for its number and a name stands upright


def draw_heatmap(result: Result, variant: str = "scenario") -> Figure:
    """Average effect over the run, % of the baseline; sectors down, the country and its regions across."""
    regions = result.codes("region")
    sectors = [c for c in result.codes("sector") if np.nansum(result.series("iva", BASELINE, (c, TOTAL, TOTAL))) > 0]
    effect = np.array([[_average(result, variant, (s, r, TOTAL)) for r in (TOTAL, *regions)] for s in sectors])
    order = np.argsort(-np.nan_to_num(effect[:, 0]), kind="stable")
    effect, sectors = effect[order], [sectors[i] for i in order]
    with look():
        many = len(regions) > BROAD
        head = 1.35 if many else 0.75  # inches above the cells
        fig = figure(0.95 + head + 0.2 * len(sectors))
        axis = fig.subplots()
        axis.grid(False)
        limit = _limit(effect)
        image = axis.pcolormesh(
            np.arange(len(regions) + 2), np.arange(len(sectors) + 1), np.ma.masked_invalid(effect),
            cmap="PuOr_r", norm=Normalize(-limit, limit), edgecolors="white", linewidth=0.3 if many else 0.8,
        )  # fmt: skip
        axis.set_facecolor("#dddddd")
        axis.axvline(1.0, color="white", linewidth=2 if many else 5)
        axis.invert_yaxis()
        names = ["Country", *(result.name("region", r) for r in regions)]
        axis.set_xticks(np.arange(len(names)) + 0.5, names, rotation=90 if many else 0)
        axis.set_yticks([])
        for i, sector in enumerate(sectors):  # plain text: ticks take three times as long
            axis.text(-0.08, i + 0.5, _label(result, sector), ha="right", va="center", fontsize=8.5)
        axis.tick_params(length=0, labelsize=8.5)
        axis.xaxis.tick_top()
        for spine in axis.spines.values():
            spine.set_visible(False)
        if not many:
            _numbers(axis, effect, limit)
        flag = ", ".join(f.replace("_", " ") for f in result.flags.get("region", ()))
        axis.set_xlabel(f"Region{f' ({flag})' if flag else ''}")
        axis.set_ylabel("Sector of industry", rotation=0, ha="right", va="bottom")
        axis.yaxis.set_label_coords(-0.02, 1.0)
        inch = 1.0 / fig.get_figheight()
        fig.subplots_adjust(left=0.36, right=0.86, top=1.0 - head * inch, bottom=0.6 * inch)
        fig.suptitle(
            "Industrial value added: effect on the level, average over the run, % of the baseline",
            x=0.01, y=1.0 - 0.1 * inch, ha="left", va="top", fontsize=10, fontweight="bold",
        )  # fmt: skip
        above, below = np.nanmax(effect) > limit, np.nanmin(effect) < -limit
        bar = fig.colorbar(
            image, ax=None, cax=fig.add_axes((0.885, 0.6 * inch, 0.018, 1.0 - (head + 0.6) * inch)),
            extend=EXTEND[bool(below), bool(above)],
        )  # fmt: skip
        bar.set_label("% of the baseline's level")
        bar.outline.set_visible(False)  # type: ignore[operator]
        if np.nanmin(effect) >= 0.0 and np.nanmax(effect) > 0.0:
            bar.ax.set_ylim(0.0, limit)
        footnote(fig, result)
        return fig


def _average(result: Result, variant: str, place: Slice) -> float:
    if place not in result.slices:
        return float("nan")
    base, high = result.series("iva", BASELINE, place).sum(), result.series("iva", variant, place).sum()
    return 100.0 * (high / base - 1.0) if base > 0.0 else float("nan")


def _limit(effect: np.ndarray) -> float:
    """Ends of the colour scale: the largest effect but for the outermost 5 %, a round number."""
    size = float(np.nanquantile(np.abs(effect), 0.95)) if np.isfinite(effect).any() else 0.0
    if size <= 0.0:
        return 1.0
    step = 10.0 ** np.floor(np.log10(size))
    return float(np.ceil(size / step * 2.0) / 2.0 * step)


def _label(result: Result, sector: str) -> str:
    name = result.name("sector", sector)
    return f"{shortened(name, 40)}  {sector}" if name != sector else sector


def _numbers(axis: Axes, effect: np.ndarray, limit: float) -> None:
    """Every number in its cell, so that nothing is said by colour alone."""
    if len(effect) > NUMBERED:
        return
    digits = 2 if limit < 10.0 else 1
    for i, j in zip(*np.nonzero(np.isfinite(effect)), strict=True):
        value = effect[i, j]
        text = f"{value:+.{digits}f}"
        colour = "white" if abs(value) > 0.72 * limit else "black"
        axis.text(
            j + 0.5, i + 0.5, text[1:] if float(text) == 0.0 else text,
            ha="center", va="center", fontsize=7.5, color=colour, fontweight="bold" if j == 0 else "normal",
        )  # fmt: skip
