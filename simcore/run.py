"""One scenario through one model: the whole way from a loaded file to a result.

The central run uses the values of the file. Draws change every value that has a distribution, and the error of the
projected baseline, together; all variants use the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from threading import Thread
from time import perf_counter
from typing import Any, TypeVar

import numpy as np

from .calendar import Calendar
from .checks import evaluate, identities
from .content import find_calibration, find_scenario
from .drivers import Drivers
from .economy import Economy
from .economy.baseline import Baseline
from .economy.estimates import FILE as ESTIMATES
from .economy.estimates import ClosureSensitivity, Estimates, estimates_in
from .economy.store import load_economy
from .effects import Growth, Requests, Yardstick, grow, vary
from .errors import SimcoreError, UnknownNameError
from .findings import Findings, Variant
from .hindcast import hindcast
from .language.distribution import Distribution
from .language.draws import draw
from .language.scenario import Scenario, load
from .ledger import entries, ledger_of
from .levels import months_of
from .measures.base import Measure
from .models import all as _all_models  # noqa: F401  registers every model
from .models.base import get_model, require_channels
from .ownership import other_exports
from .package import COUNTERFACTUALS, Package, counted, simulated_calendar
from .records import LEDGER, Grid
from .result import Result
from .safeguards import tracked, warned

DRAWS = 64  # where a file has distributions and names no number
Progress = Callable[[str], None]


@dataclass
class Stopwatch:
    """Seconds spent in each part of a run."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=perf_counter)

    def lap(self, part: str) -> None:
        now = perf_counter()
        self.seconds[part] = self.seconds.get(part, 0.0) + now - self._since
        self._since = now


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


def run_file(
    file_or_name: str | Path,
    *,
    sets: Sequence[str] = (),
    draws: int | None = None,
    seed: int | None = None,
    model: str | None = None,
    counterfactual: str | None = None,
    progress: Progress | None = None,
    warn: Progress | None = None,
) -> Result:
    """Load a scenario by file or name and run it; see ``run``."""
    scenario = load(find_scenario(file_or_name), sets=tuple(sets))
    return run(
        scenario, draws=draws, seed=seed, model=model, counterfactual=counterfactual, progress=progress, warn=warn
    )


def run(
    scenario: Scenario,
    *,
    draws: int | None = None,
    seed: int | None = None,
    model: str | None = None,
    counterfactual: str | None = None,
    progress: Progress | None = None,
    warn: Progress | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Result:
    """Run a scenario with its variants.

    Parameters
    ----------
    draws : int, optional
        Number of draws; by default the file's ``uncertainty.n``, or 64 where a value has a distribution. 0: none.
    seed : int, optional
        Seed of the draws, the file's by default.
    model, counterfactual : str, optional
        In place of the file's.
    progress : function of a text, optional
        Told what the run is doing.
    warn : function of a text, optional
        Told what makes the model doubtful on this economy, before anything runs; the result holds it, too.
    meanwhile : function, optional
        Called on a thread of its own while the kernels run, which leave the interpreter free: to load what comes
        next, say.

    Raises
    ------
    ChannelError
        If a measure uses a channel that the model lacks; nothing has run then.
    UnknownNameError
        For a model, counterfactual or calibration that does not exist.
    """
    tell = progress or (lambda text: None)
    watch = Stopwatch()
    tell("loading the economy")
    setting = prepare(scenario, model, counterfactual)
    doubts = _stability(setting)
    if warn is not None:
        for doubt in doubts:
            warn(doubt)
    watch.lap("load")

    tell("stating the measures")
    number = number_of_draws(scenario, draws)
    members = Drawn.of(setting, number, scenario.uncertainty.seed if seed is None else seed).members()
    package = setting.package(scenario)
    require_channels(setting.model, package.drivers(frozenset(range(len(package.policies)))))
    watch.lap("measures")

    requests = Requests()
    packages = [members.package(setting, d) for d in range(number)]
    central = requests.add(package, setting.model)
    readers = [
        requests.add_parts(p, m, reverse=bool(d % 2))
        for d, (p, m) in enumerate(zip(packages, members.models, strict=True))
    ]
    last_in = requests.add_last_in(package, setting.model)
    variant_readers = [
        (
            requests.add_whole(setting.package(scenario.variant(name)), setting.model),
            [requests.add_effect(members.package(setting, d, name), members.models[d]) for d in range(number)],
        )
        for name in scenario.variants
    ]
    other_methods = [
        requests.add_effect(setting.package(scenario, setting.economy.with_origin(method)), setting.model)
        for method in sorted(setting.economy.alternatives)
    ]
    other_exporters = [
        requests.add_effect(setting.package(scenario, economy), setting.model)
        for economy in other_exports(setting.economy)
    ]
    for asked in requests.asked:  # a variant or a draw may use a channel that the file at its values does not
        require_channels(asked.model, asked.drivers)
    watch.lap("measures")
    tell(f"simulating {len(requests.asked)} runs of {setting.model.name}")
    beside = Thread(target=meanwhile, daemon=True) if meanwhile else None
    if beside:
        beside.start()
    answers = requests.run()
    if beside:
        beside.join()
    watch.lap("simulate")

    tell("measuring growth")
    effects = central(answers)
    grown = grow(setting.yardstick, effects, carried(package))
    errors = projection_errors(setting, number, members.seed)
    coarse = setting.yardstick.coarse
    drawn, paid = [], []
    for read, drawn_package, error in zip(readers, packages, errors, strict=True):
        parts = read(answers)
        drawn.append(grow(coarse, parts, carried(drawn_package), error))
        paid.append(entries(setting, drawn_package, parts, drawn[-1].window))
    ledger = ledger_of(setting, package, effects, grown.window, last_in(answers), [a.sum(axis=-1) for a in paid])
    cost = np.array([a[LEDGER.index("budget_cost")].sum(axis=0) for a in paid]) if paid else None
    variants = {
        name: Variant.of(setting.yardstick, grown, drawn, whole(answers), [read(answers) for read in by_draw])
        for name, (whole, by_draw) in zip(scenario.variants, variant_readers, strict=True)
    }
    ranges = _regional_ranges(setting.yardstick, grown, [read(answers) for read in other_methods])
    watch.lap("growth")

    tell("putting the result together")
    exporters = [vary(setting.yardstick, grown, read(answers)) for read in other_exporters]
    findings = Findings(setting, package, effects, grown, drawn, variants, ranges, ledger, cost, exporters)
    result = findings.result(scenario, members, watch.seconds)
    checks = (*evaluate(result, scenario.checks, own_start(scenario)), *identities(result))
    return replace(
        result,
        checks=checks,
        targets=tracked(result, package.policies),
        signals=warned(result, setting.economy, package.policies),
        warnings=(*result.warnings, *doubts),
        hindcast=_hindcast(result, scenario),
    )


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


def _stability(setting: Setting) -> tuple[str, ...]:
    """Warnings of a dynamic model whose times the file sets itself; the defaults are known to be stable."""
    from .models.inventory import Inventory
    from .models.stability import stability_warnings

    if not isinstance(setting.model, Inventory) or (setting.model.name == "inventory" and not setting.fixed):
        return ()

    return stability_warnings(setting.economy, setting.model)


def _hindcast(result: Result, scenario: Scenario) -> Grid | None:
    """Errors against what was published since, where a run starts from an earlier origin."""
    if scenario.origin is None:
        return None
    folder = find_calibration(scenario.calibration.partition("@")[0])
    return hindcast(result, Baseline.load(folder / "baseline.npz"), scenario.origin, folder)


def own_start(scenario: Scenario) -> str:
    """First month of a file's time, whatever its counterfactual lets a run begin with."""
    return months_of(scenario.calendar)[0][0]


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


def carried(package: Package) -> np.ndarray:
    """Share of each policy's effect that the projection already holds, (policies,)."""
    return np.array([m.in_projection for m in package.policies], dtype=float)


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


def _regional_ranges(
    yardstick: Yardstick, central: Growth, others: Sequence[np.ndarray]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Least and largest value of regional variables over the methods of trade between regions."""
    varied = [vary(yardstick, central, effect) for effect in others]
    levels = np.array([central.effect, *(effect for _, effect in varied)])
    rates = np.array([central.scenario.yoy, *(path.yoy for path, _ in varied)])
    return {
        "iva_level_effect": (levels.min(axis=0), levels.max(axis=0)),
        "iva_yoy": (rates.min(axis=0), rates.max(axis=0)),
    }
