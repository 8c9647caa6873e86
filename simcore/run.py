"""One scenario through one model: the whole way from a loaded file to a result.

The central run uses the values of the file. Draws change every value that has a distribution, and the error of the
projected baseline, together; all variants use the same draws.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from time import perf_counter

import numpy as np

from .checks import evaluate, identities
from .content import find_calibration, find_scenario
from .drawn import Drawn, number_of_draws, projection_errors
from .economy.baseline import Baseline
from .effects import Growth, Requests, Yardstick, grow, vary
from .findings import Findings, Variant
from .hindcast import hindcast
from .language.scenario import Scenario, load
from .ledger import entries, ledger_of
from .levels import months_of
from .models.base import require_channels
from .ownership import other_exports
from .records import LEDGER, Grid
from .result import Result
from .safeguards import tracked, warned
from .setting import Setting, carried, prepare

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
