"""simcore: what a package of measures does to output, by sector, region, ownership and month.

From Python::

    import simcore

    result = simcore.run_file("notice-2022", draws=0)
    simcore.save_run(result, "my-run")

Every name in ``simcore.__all__`` is loaded when it is first used, so that ``import simcore`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {  # public name: module and name in it
    "Calendar": ("calendar", "Calendar"),
    "Drivers": ("drivers", "Drivers"),
    "Economy": ("economy", "Economy"),
    "Member": ("ensemble", "Member"),
    "Result": ("result", "Result"),
    "SimcoreError": ("errors", "SimcoreError"),
    "compare": ("comparison", "compare"),
    "check": ("language.scenario", "check"),
    "esri": ("models.systemic", "esri"),
    "find_calibration": ("content", "find_calibration"),
    "find_scenario": ("content", "find_scenario"),
    "indicators": ("key_sectors", "indicators"),
    "list_calibrations": ("content", "list_calibrations"),
    "list_scenarios": ("content", "list_scenarios"),
    "load": ("language.scenario", "load"),
    "open_study": ("studies", "open_study"),
    "run_file": ("run", "run_file"),
    "save_run": ("report", "save_run"),
    "run_scenario": ("run", "run"),  # not "run": that is the module's name
    "simulate": ("ensemble", "simulate"),
    "study": ("studies", "study"),
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'simcore' has no attribute '{name}'; it has {', '.join(sorted(_HOMES))}")
    module, attribute = _HOMES[name]
    return getattr(import_module(f".{module}", __name__), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
