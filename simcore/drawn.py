"""Draws of everything uncertain in a scenario: values of the file, parameters left at their default, the model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from .language.distribution import Distribution
from .language.draws import draw
from .language.scenario import Scenario
from .models.base import get_model
from .package import Package
from .setting import Setting

DRAWS = 64  # where a file has distributions and names no number


def number_of_draws(scenario: Scenario, asked: int | None = None) -> int:
    """The number asked for; else the file's, or ``DRAWS`` where a value has a distribution."""
    if asked is not None:
        return asked
    if scenario.uncertainty.n is not None:
        return scenario.uncertainty.n
    return DRAWS if scenario.distributions or any(m.waits for m in scenario.measures) else 0


@dataclass(frozen=True)
class Drawn:
    """Values of everything uncertain by draw: of the file, of parameters that it leaves at their default, the model's.

    Each has its own stream, so adding a measure never changes the draws of the others. Values by path, (draws,).
    """

    setting: Setting
    number: int
    seed: int
    values: dict[str, np.ndarray]
    parameters: dict[str, np.ndarray]
    options: dict[str, np.ndarray]
    sensitivities: tuple[dict[str, float], ...] = ()  # to closures by draw, where a measure waits for estimates

    @classmethod
    def of(cls, setting: Setting, number: int, seed: int) -> Drawn:
        """All draws of a setting's scenario; none costs nothing."""
        if number == 0:
            return cls(setting, 0, seed, {}, {}, {})
        scenario = setting.scenario
        sampler = scenario.uncertainty.sampler
        assumed = {
            f"parameters.{m.id}.{name}": Distribution("pert", params, p.default, p.dimension)
            for m in scenario.measures
            for name, p in m.assumed().items()
            if (params := p.dist()) is not None
        }
        behaviour = {f"model.{k}": d for k, d in uncertain_options(setting).items()}
        learnt = learnt_options(setting, number, seed)
        return cls(
            setting,
            number,
            seed,
            draw(scenario.distributions, number, seed, sampler, scenario.uncertainty.correlation),
            draw(assumed, number, seed, sampler),
            draw(behaviour, number, seed, sampler) | {f"model.{k}": v for k, v in learnt.items()},
            learnt_sensitivities(setting, number, seed),
        )

    def members(self, rows: Sequence[int] | None = None) -> Ensemble:
        """Scenarios and models of some draws, or of all; only these are made."""
        chosen = range(self.number) if rows is None else rows
        scenario, setting = self.setting.scenario, self.setting
        scenarios = tuple(scenario.with_values({p: float(v[d]) for p, v in self.values.items()}) for d in chosen)
        models = tuple(
            replace(
                get_model(setting.model.name)(**(s.model_options if setting.fixed else {})),
                **{path.partition(".")[2]: float(v[d]) for path, v in self.options.items()},
            )
            for d, s in zip(chosen, scenarios, strict=True)
        )
        uncertain = len(self.values) + len(self.parameters) + len(self.options)
        closed = tuple(self.sensitivities[d] for d in chosen) if self.sensitivities else ()
        return Ensemble(scenarios, tuple(self._parameters(d) for d in chosen), models, self.seed, uncertain, closed)

    def _parameters(self, d: int) -> dict[str, dict[str, float]]:
        found: dict[str, dict[str, float]] = {}
        for path, column in self.parameters.items():
            _, measure, name = path.split(".", 2)
            found.setdefault(measure, {})[name] = float(column[d])
        return found


@dataclass(frozen=True)
class Ensemble:
    """Some draws of a scenario, ready to run."""

    scenarios: tuple[Scenario, ...]
    parameters: tuple[dict[str, dict[str, float]], ...]  # by draw: measure id, field, value
    models: tuple[Any, ...]
    seed: int
    uncertain: int
    sensitivities: tuple[dict[str, float], ...] = ()

    def package(self, setting: Setting, d: int, variant: str | None = None) -> Package:
        """The measures of one draw, of the file itself or of one of its variants."""
        scenario = self.scenarios[d] if variant is None else self.scenarios[d].variant(variant)
        changed = self.parameters[d]
        measures = []
        for m in scenario.measures:
            free = m.assumed() if changed.get(m.id) else {}  # a variant may set what the file leaves open
            left = {name: v for name, v in changed.get(m.id, {}).items() if name in free}
            made = m.replaced(left) if left else m
            measures.append(made.with_estimates(self.sensitivities[d]) if self.sensitivities else made)
        return setting.package(scenario, measures=measures)


def uncertain_options(setting: Setting) -> dict[str, Distribution]:
    """Distributions of the model's parameters that neither the file fixes nor the calibration estimates."""
    return model_distributions(setting.model, {*setting.fixed, *setting.estimated})


def learnt_options(setting: Setting, number: int, seed: int) -> dict[str, np.ndarray]:
    """Joint draws of the model's parameters that the calibration estimates, (number,) each."""
    found = setting.calibration.estimates
    if found is None or not setting.estimated:
        return {}
    return {k: v for k, v in found.draw(number, seed).items() if k in setting.estimated}


def learnt_sensitivities(setting: Setting, number: int, seed: int) -> tuple[dict[str, float], ...]:
    """Sensitivities to closures by draw, drawn together with the model's parameters; none if the run needs none."""
    found, scenario = setting.calibration.estimates, setting.scenario
    known = (scenario.measures, *(scenario.variant(name).measures for name in scenario.variants))
    if found is None or not any(m.waits for measures in known for m in measures):
        return ()
    return tuple(found.sensitivities(z) for z in found.draws(number, seed))


def model_distributions(model: Any, fixed: Collection[str]) -> dict[str, Distribution]:
    """Distributions of the model's own parameters, from the range that each states, but those that a file fixes."""
    found: dict[str, Distribution] = {}
    idle: Collection[str] = getattr(model, "idle", ())  # what the chosen rules do not read
    for f in fields(model):
        if "range" in f.metadata and f.name not in fixed and f.name not in idle:
            low, high = f.metadata["range"]
            params = {"low": low, "mode": getattr(model, f.name), "high": high}
            found[f.name] = Distribution("pert", params, params["mode"])
    return found


def projection_errors(setting: Setting, number: int, seed: int) -> np.ndarray:
    """Log errors of the projection on the yardstick's months, (draws, months); 0 where observed."""
    baseline, months = setting.calibration.baseline, setting.yardstick.months
    first = baseline.months.index(baseline.last_observed) + 1
    ahead = {m: h for h, m in enumerate(baseline.months[first:])}
    errors = np.zeros((number, len(months)))
    if number:
        paths = baseline.error_paths(number, seed)
        for i, month in enumerate(months):
            if month in ahead:
                errors[:, i] = paths[:, ahead[month]]
    return errors
