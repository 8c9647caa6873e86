"""What stays the same over the draws and variants of a run: scenario, economy, calendar, model, yardstick."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np

from .calendar import Calendar
from .content import find_calibration
from .drivers import Drivers
from .economy import Economy
from .economy.baseline import Baseline
from .economy.estimates import FILE as ESTIMATES
from .economy.estimates import ClosureSensitivity, Estimates, estimates_in
from .economy.store import load_economy
from .effects import Yardstick
from .errors import SimcoreError, UnknownNameError
from .language.distribution import Distribution
from .language.scenario import Scenario
from .levels import months_of
from .measures.base import Measure
from .models import all as _all_models  # noqa: F401  registers every model
from .models.base import get_model
from .package import COUNTERFACTUALS, Package, counted, simulated_calendar

M = TypeVar("M", bound=Measure)


@dataclass(frozen=True)
class Calibration:
    """An economy with the baseline that its runs are measured against."""

    economy: Economy
    baseline: Baseline
    hashes: dict[str, str]
    estimates: Estimates | None = None  # of the inventory model's dynamics, from past episodes

    @classmethod
    def load(cls, name: str, origin: str | None = None) -> Calibration:
        """Load a calibration by ``name`` or ``name@version``.

        ``origin`` asks for the baseline that was projected from an earlier month. Estimates that rest on later months
        are then left out: a test on the past must not know what came after.

        Raises
        ------
        UnknownNameError
            If there is no such calibration, or it holds no baseline of that origin.
        """
        folder = find_calibration(name.partition("@")[0])
        file = folder / (f"baseline-{origin}.npz" if origin else "baseline.npz")
        if not file.is_file():
            there = ", ".join(sorted(f.stem[9:] or "the newest" for f in folder.glob("baseline*.npz")))
            raise UnknownNameError(f"calibration {name} has no baseline projected from {origin}; there is {there}")
        baseline = Baseline.load(file)
        estimates = estimates_in(folder, baseline.last_observed)
        files = [folder / "economy.npz", file, *([folder / ESTIMATES] if estimates else [])]
        hashes = {f.name: sha256(f.read_bytes()).hexdigest() for f in files}
        return cls(load_economy(folder), baseline, hashes, estimates)


@dataclass(frozen=True)
class Setting:
    """Everything that stays the same over the draws and variants of a run."""

    scenario: Scenario
    calibration: Calibration
    calendar: Calendar
    months: tuple[str, ...]
    counterfactual: str
    model: Any
    fixed: tuple[str, ...]  # options of the model that the file sets
    yardstick: Yardstick
    stated: dict[Any, Drivers] = field(default_factory=dict, repr=False)  # drivers by measure, as they are made

    @property
    def economy(self) -> Economy:
        return self.calibration.economy

    @property
    def estimated(self) -> dict[str, float]:
        """Options of the model that come from the calibration's estimates."""
        found = self.calibration.estimates
        return {} if found is None else found.of(self.model.name, self.fixed)

    @cached_property
    def sensitivities(self) -> dict[str, float]:
        """Estimated sensitivities of sectors to closures, medians; empty where the calibration has none."""
        found = self.calibration.estimates
        return {} if found is None else found.sensitivities()

    @property
    def closure_ranges(self) -> tuple[ClosureSensitivity, ...]:
        """The same with ranges, for reports."""
        found = self.calibration.estimates
        return () if found is None else found.closure_ranges()

    def informed(self, measure: M) -> M:
        """A measure with the estimates that it waits for."""
        if measure.waits and not self.sensitivities:
            raise SimcoreError(
                f"{measure.id}: 'estimated' needs estimates of past closures, and {self.scenario.calibration} holds "
                "none that rest on months up to the run's origin; state numbers by sector, or run simcore estimate"
            )
        return measure.with_estimates(self.sensitivities)

    @property
    def learnt(self) -> dict[str, Distribution]:
        """The same with their 5 and 95 %, for looking at one value after the other."""
        found, learnt = self.calibration.estimates, {}
        if found is not None:
            for name in self.estimated:
                low, mode, high = found.quantiles(f"model.{name}")
                learnt[name] = Distribution("pert", {"low": low, "mode": mode, "high": high}, mode)
        return learnt

    def package(
        self, scenario: Scenario, economy: Economy | None = None, measures: Sequence[Measure] | None = None
    ) -> Package:
        """The scenario's measures that count (or others in their place), with drivers on this run's calendar.

        Raises
        ------
        SimcoreError
            If a measure waits for estimates that the calibration does not hold.
        """
        chosen = tuple(self.informed(m) for m in (scenario.measures if measures is None else measures))
        kept, left_out = counted(chosen, self.counterfactual, self.calibration.baseline.last_observed)
        return Package.build(kept, scenario.pools, economy or self.economy, self.calendar, left_out, self.stated)


def prepare(
    scenario: Scenario,
    model: str | None = None,
    counterfactual: str | None = None,
    calibrations: Callable[[str, str | None], Calibration] = Calibration.load,
) -> Setting:
    """Load what a scenario refers to and settle its calendar, counterfactual and model.

    ``calibrations`` finds an economy by name and origin; one that remembers serves many settings with one economy.
    """
    calibration = calibrations(scenario.calibration, scenario.origin)
    chosen = counterfactual or scenario.counterfactual
    if chosen not in COUNTERFACTUALS:
        raise UnknownNameError(f"unknown counterfactual '{chosen}'; there is {', '.join(COUNTERFACTUALS)}")
    calendar = simulated_calendar(scenario.calendar, scenario.measures, chosen)
    months = months_of(calendar)[0]
    known = calibration.baseline.months
    if not months or months[0] not in known or months[-1] not in known:
        raise SimcoreError(
            f"the run covers {calendar.labels[0]} .. {calendar.labels[-1]}, but the baseline of "
            f"{scenario.calibration} knows {known[0]} .. {known[-1]}; change time.start or time.end"
        )
    name = model or scenario.model_name
    options = scenario.model_options if name == scenario.model_name else {}
    yardstick = Yardstick.of(calibration.economy, calibration.baseline, months)
    known_of = {} if calibration.estimates is None else calibration.estimates.of(name, options)
    made = get_model(name)(**{**known_of, **options})
    return Setting(scenario, calibration, calendar, months, chosen, made, tuple(options), yardstick)


def carried(package: Package) -> np.ndarray:
    """Share of each policy's effect that the projection already holds, (policies,)."""
    return np.array([m.in_projection for m in package.policies], dtype=float)
