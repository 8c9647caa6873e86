"""The report of a run, one self-contained HTML page."""

from __future__ import annotations

import gc
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..result import SCENARIO, Result

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

ADDRESS = re.compile(r"(https?://[^\s;,)\"'<>]*[^\s;,)\"'<>.])")


def render(result: Result, variant: str = SCENARIO) -> str:
    """The report as HTML: text, tables and figures in one file that loads nothing from anywhere."""
    from .page import page_of

    template = templates().get_template("page.html.j2")
    return template.render(page=page_of(result, variant, _figures(result, variant)))


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


def _figures(result: Result, variant: str) -> dict[str, tuple[str, str]]:
    """Figures as data URIs with their captions, by name."""
    from ..plot import drawings
    from ..plot.style import embedded

    possible = {name: d for name, d in drawings().items() if d.possible(result)}
    collecting = gc.isenabled()
    gc.disable()  # figures make many objects that live until the last of them is written
    try:
        return {name: (embedded(d.draw(result, variant)), d.caption) for name, d in possible.items()}
    finally:
        if collecting:
            gc.enable()


def save_run(
    result: Result,
    folder: str | Path,
    formats: Collection[str] = ("nc", "csv", "html"),
    files: Mapping[str, str | bytes] | None = None,
    force: bool = False,
) -> Path:
    """Write a run folder with its report; ``files`` adds others, such as ``resolved.yaml``."""
    from ..runfolder import refuse_to_overwrite

    refuse_to_overwrite(Path(folder), force)  # before the figures are drawn
    extra = dict(files or {})
    if "html" in formats:
        extra["report.html"] = render(result)
    return result.save(folder, formats, extra, force)


__all__ = ["render", "save_run", "templates"]
