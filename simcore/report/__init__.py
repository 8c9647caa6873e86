"""The report of a run, one self-contained HTML page."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..result import SCENARIO, Result

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from ..forecast import Forecast
    from ..runfolder import Content

Figures = Mapping[str, tuple[str, str]]  # data URI and caption by name
LARGE = {"growth", "contributions", "heatmap"}  # take as long to draw as all other files of a run to write
ADDRESS = re.compile(r"(https?://[^\s;,)\"'<>]*[^\s;,)\"'<>.])")


def render(
    result: Result, variant: str = SCENARIO, figures: Figures | None = None, forecast: Forecast | None = None
) -> str:
    """The report as HTML: text, tables and figures in one file that loads nothing from anywhere.

    ``figures`` are those of ``draw``, where they were drawn before; a ``forecast`` gets a section of its own.
    """
    from .page import page_of

    drawn = draw(result, variant) if figures is None else figures
    section = None
    if forecast is not None:
        from .forecast import figure, section_of

        drawn, section = {**drawn, "forecast": figure(forecast)}, section_of(forecast)
    return templates().get_template("page.html.j2").render(page=page_of(result, variant, drawn, section))


def templates(*folders: Path) -> Environment:
    """Where pages are made from: the templates of some folders and those of reports, with their style."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["linked"] = linked
    return environment


def linked(text: str) -> Markup:
    """Text made safe for HTML, with its web addresses as links."""
    from markupsafe import Markup, escape

    parts = ADDRESS.split(text)
    pieces = [escape(p) if i % 2 == 0 else Markup('<a href="{0}">{0}</a>').format(p) for i, p in enumerate(parts)]
    return Markup("").join(pieces)


def draw(result: Result, variant: str = SCENARIO, only: Collection[str] | None = None) -> Figures:
    """Figures as data URIs with their captions, by name: all that a result allows, or some of them."""
    from ..plot import drawings
    from ..plot.style import embedded

    possible = {name: d for name, d in drawings().items() if (only is None or name in only) and d.possible(result)}
    collecting = gc.isenabled()
    gc.disable()  # figures make many objects that live until the last of them is written
    try:
        return {
            name: (embedded(d.draw(result, variant)), result.money.words(d.caption)) for name, d in possible.items()
        }
    finally:
        if collecting:
            gc.enable()


def save_run(
    result: Result,
    folder: str | Path,
    formats: Collection[str] = ("nc", "csv", "html"),
    files: Mapping[str, str | bytes] | None = None,
    force: bool = False,
    beside: bool = False,
    forecast: Forecast | None = None,
) -> Path:
    """Write a run folder with its report; ``files`` adds others, such as ``resolved.yaml``.

    A ``forecast`` of the same scenario goes into the report and into ``forecast.csv``.
    With ``beside``, most figures are drawn in a copy of this process, while it writes the other files.
    """
    from ..runfolder import refuse_to_overwrite

    refuse_to_overwrite(Path(folder), force)  # before the figures are drawn
    extra: dict[str, Content] = dict(files or {})
    if "html" in formats:
        extra["report.html"] = (lambda: render(result, forecast=forecast)) if not beside else _report(result, forecast)
    if forecast is not None:
        from .forecast import csv_text

        extra["forecast.csv"] = csv_text(forecast)
    return result.save(folder, formats, extra, force)


def _report(result: Result, forecast: Forecast | None) -> Callable[[], str]:
    """Start to draw now; the report is put together when the function is called."""
    from ..plot import drawings
    from .beside import started

    small = {*drawings()} - LARGE
    large = started(lambda: draw(result, only=LARGE))

    def report() -> str:
        return render(result, figures={**draw(result, only=small), **large()}, forecast=forecast)

    return report


__all__ = ["draw", "render", "save_run", "templates"]
