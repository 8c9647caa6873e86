"""What there is: measures, models, scenarios, calibrations and their codes, as rows of two texts."""

from __future__ import annotations

import inspect
import json

from .content import find_calibration, list_calibrations, list_scenarios, title
from .errors import UnknownNameError

Rows = list[tuple[str, str]]
DIMENSIONS = ("sectors", "regions", "ownerships")
KNOWN = ("measures", "scenarios", "models", "calibrations", *DIMENSIONS)


def rows(what: str, calibration: str) -> Rows:
    """Names with their meaning.

    Parameters
    ----------
    what : str
        One of ``KNOWN``.
    calibration : str
        Whose sectors, regions or ownerships.

    Raises
    ------
    UnknownNameError
        If there is no such list or calibration.
    """
    if what == "measures":
        return _measures()
    if what == "models":
        return _models()
    if what == "scenarios":
        return [(s.name, title(s.path)) for s in list_scenarios()]
    if what == "calibrations":
        return [(c.name, str(c.path)) for c in list_calibrations()]
    if what in DIMENSIONS:
        return _codes(what, calibration)
    raise UnknownNameError(f"cannot list '{what}'; there is {', '.join(KNOWN)}")


def _measures() -> Rows:
    from .language.reading import register_measures
    from .measures.base import MEASURES

    register_measures()
    ordered = sorted(MEASURES.items(), key=lambda item: (item[1].shock, item[0]))
    return [(kind, ("shock: " if cls.shock else "") + first_line(cls)) for kind, cls in ordered]


def _models() -> Rows:
    from .models.base import register_models

    return [(name, first_line(cls)) for name, cls in sorted(register_models().items())]


def _codes(dimension: str, calibration: str) -> Rows:
    """Codes, then the groups that stand for several."""
    file = find_calibration(calibration) / "codes.json"
    content = json.loads(file.read_text(encoding="utf-8"))[dimension]
    codes = zip(content["codes"], content["names_en"], content["names_zh"], strict=True)
    groups = ((name, f"group of {', '.join(members)}") for name, members in sorted(content["groups"].items()))
    return [*((code, f"{english}  {chinese}") for code, english, chinese in codes), *groups]


def first_line(documented: type) -> str:
    """First line of a docstring."""
    return (inspect.getdoc(documented) or "").split("\n")[0]
