"""Which models to compare: ``leontief``, or one of its forms, ``leontief(households=closed)``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ..content import find_calibration
from ..economy.estimates import estimates_in
from ..errors import UnknownNameError
from ..language.scenario import Scenario
from ..language.source import scalar
from ..models.base import get_model

DEFAULT = ("leontief", "inventory", "equilibrium", "allocation", "diim")
_FORM = re.compile(r"^([a-z_][\w-]*)(?:\((.*)\))?$")


class Choice(NamedTuple):
    """A model and the name it has in tables and figures."""

    label: str
    model: Any


def choices(models: Iterable[Any], scenario: Scenario) -> list[Choice]:
    """The models in their order.

    Parameters
    ----------
    models : names, ``name(option=value, ...)``, or models themselves
        A bare name takes the options that the scenario states for that model, as a run would.

    Raises
    ------
    UnknownNameError
        For a model or an option that does not exist, a value that it refuses, or fewer than two models.
    """
    found = [_choice(m, scenario) for m in models]
    if len(found) < 2:
        raise UnknownNameError("a comparison needs two models or more: --models leontief,inventory")
    twice = {c.label for c in found if [d.label for d in found].count(c.label) > 1}
    if twice:
        raise UnknownNameError(f"{', '.join(sorted(twice))} stands twice among the models; name each form once")
    return found


def split(text: str) -> list[str]:
    """``a,b(x=1,y=2)`` as ``a`` and ``b(x=1,y=2)``: commas inside brackets separate options."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def _choice(wanted: Any, scenario: Scenario) -> Choice:
    if not isinstance(wanted, str):
        return Choice(wanted.name, wanted)
    match = _FORM.match(wanted.strip())
    if match is None:
        raise UnknownNameError(f"cannot read the model '{wanted}'; write leontief or leontief(households=closed)")
    name, listed = match[1], match[2]
    options = dict(scenario.model_options) if listed is None and name == scenario.model_name else {}
    for part in split(listed or ""):
        key, equals, value = part.partition("=")
        if not equals:
            raise UnknownNameError(f"cannot read '{part}' in '{wanted}'; write option=value")
        options[key.strip()] = scalar(value.strip())
    estimates = estimates_in(find_calibration(scenario.calibration.partition("@")[0]), scenario.origin)
    learnt = {} if estimates is None else estimates.of(name, options)
    return Choice(wanted.strip(), made(name, {**learnt, **options}))


def made(name: str, options: dict[str, Any]) -> Any:
    """The model with some options."""
    cls = get_model(name)
    try:
        return cls(**options)
    except (TypeError, ValueError) as problem:
        raise UnknownNameError(f"model '{name}': {problem}; see simcore explain model {name}") from None
