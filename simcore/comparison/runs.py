"""Run one scenario through several models.

The models share calibration, calendar, counterfactual and drivers. A channel that a model lacks is left out of its
run, and said so in every table: an economist wants to see the part that can be compared, and what is missing.

More runs of each model say why it differs from the first: with only the channels that both have, and with a trait
(income that is spent, say) switched off where the model has an option for it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path as File
from time import perf_counter
from typing import Any

import numpy as np

from .. import describe
from ..content import find_scenario
from ..drivers import Drivers
from ..economy import Economy
from ..effects import Answers, Requests, grow
from ..errors import SimcoreError
from ..language.scenario import Scenario, load
from ..levels import months_of
from ..models.base import CAPACITY, INPUT, LABOUR, Outcome, Paths
from ..package import COUNTERFACTUALS, Package
from ..run import Progress
from ..setting import Setting, carried, prepare
from .choice import DEFAULT, Choice, choices
from .record import FIRST, Comparison, Evidence, LeftOut, ModelRun


def compare(
    scenario: Scenario | str | File,
    models: Sequence[Any] = DEFAULT,
    *,
    sets: Sequence[str] = (),
    counterfactual: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run a scenario through several models and put what they find side by side.

    Parameters
    ----------
    scenario : Scenario, or the file or name of one
    models : names, ``name(option=value)``, or models
        The first one is the yardstick that the others are explained against.
    sets : ``path=value``
        Changes of the file's values, as ``--set``; for a file or name only.
    counterfactual : str, optional
        In place of the file's.
    progress : function of a text, optional
        Told what is going on.

    Raises
    ------
    ScenarioError, UnknownNameError
        If the file, a model or an option is wrong. What goes wrong inside a model is its row's outcome.
    """
    tell = progress or (lambda text: None)
    if not isinstance(scenario, Scenario):
        scenario = load(find_scenario(scenario), sets=tuple(sets))
    chosen = choices(models, scenario)
    tell("loading the economy")
    setting = prepare(scenario, counterfactual=counterfactual)
    tell("stating the measures")
    package = setting.package(scenario)
    used = frozenset().union(*(d.channels for d in (*package.shock_drivers, *package.policy_drivers)))
    felt = [used & c.model.channels - _idle(c.model) for c in chosen]
    common = [own & felt[0] for own in felt[1:]]
    rows = []
    for choice, own, shared in zip(chosen, felt, [set(common), *({one} for one in common)], strict=True):
        tell(f"running {choice.label}")
        rows.append(run_of(choice, setting, package, shared - {own}))
    yardstick, economy = setting.yardstick, setting.economy
    return Comparison(
        scenario=scenario.id,
        title=scenario.title or scenario.id,
        counterfactual=setting.counterfactual,
        counterfactual_text=COUNTERFACTUALS[setting.counterfactual],
        vintage=str(economy.meta.get("vintage", "")),
        hashes=dict(setting.calibration.hashes),
        months=setting.months,
        history=yardstick.months,
        slices=yardstick.slices.labels,
        names={
            dimension: dict(zip(codes.codes, codes.names_en, strict=True))
            for dimension, codes in (("sector", economy.sectors), ("region", economy.regions))
        },
        used=tuple(sorted(used)),
        kinds=tuple(kind for kind, some in (("shocks", package.shocks), ("policies", package.policies)) if some),
        money=describe.money(economy),
        runs=tuple(rows),
    )


def run_of(choice: Choice, setting: Setting, package: Package, common: Collection[frozenset[str]]) -> ModelRun:
    """One model's row; what keeps the model from running at all becomes its outcome.

    ``common`` are the sets of channels that it shares with the models that it is compared with, but all of its own.
    """
    model, started = choice.model, perf_counter()
    own, left_out = within(package, model.channels)
    stated = frozenset().union(*(d.channels for d in (*own.shock_drivers, *own.policy_drivers)))
    row = ModelRun(
        label=choice.label,
        name=model.name,
        summary=(type(model).__doc__ or "").strip().split("\n")[0],
        closure=str(getattr(model, "closure", "")),
        traits=getattr(model, "traits", None),
        understood=stated,
        left_out=left_out,
        idle=tuple(sorted(stated & _idle(model))),
        outcome=Outcome("completed"),
    )
    try:
        found = _found(model, setting, own, {c: within(own, c)[0] for c in common})
    except SimcoreError as problem:
        found = {"outcome": Outcome("refused", str(problem))}
    return replace(row, **found, seconds=perf_counter() - started)


def _idle(model: Any) -> frozenset[str]:
    """Channels that a model takes and that move nothing in it."""
    return getattr(model, "without_effect", frozenset())


def within(package: Package, channels: frozenset[str]) -> tuple[Package, tuple[LeftOut, ...]]:
    """The package with the terms that a model understands, and what of which measure is left out."""

    def kept(drivers: Sequence[Drivers]) -> tuple[Drivers, ...]:
        return tuple(d if d.channels <= channels else d.within(channels) for d in drivers)

    measures = (*package.shocks, *package.policies)
    stated = (*package.shock_drivers, *package.policy_drivers)
    lacks = [(m.id, tuple(sorted(d.channels - channels))) for m, d in zip(measures, stated, strict=True)]
    smaller = replace(package, policy_drivers=kept(package.policy_drivers), shock_drivers=kept(package.shock_drivers))
    return smaller, tuple(LeftOut(measure, missing) for measure, missing in lacks if missing)


def merged(package: Package) -> Package:
    """The package with all shocks as one, and as one the policies of which the projection holds the same share.

    A comparison shows no single measure, and each that a run tells apart costs a slow model two runs more. What the
    projection holds of a policy is all that its effect is needed for alone.
    """
    shares = sorted({m.in_projection for m in package.policies})
    groups = [[i for i, m in enumerate(package.policies) if m.in_projection == share] for share in shares]
    calm = Drivers.calm(package.economy, package.calendar)

    def together(drivers: Sequence[Drivers]) -> Drivers:
        total = calm
        for one in drivers:
            total = total & one
        return total

    return replace(
        package,
        policies=tuple(package.policies[group[0]] for group in groups),
        policy_drivers=tuple(together([package.policy_drivers[i] for i in group]) for group in groups),
        shocks=package.shocks[:1],
        shock_drivers=(together(package.shock_drivers),) if package.shocks else (),
    )


def _found(model: Any, setting: Setting, package: Package, common: Mapping[frozenset[str], Package]) -> dict[str, Any]:
    """Run a model with all it understands, with what others understand too, and with each trait switched off."""
    requests, whole = Requests(), merged(package)
    read = requests.add(whole, model, reverse=False)
    shared = {c: requests.add_effect(part, model) for c, part in common.items()}
    switched, shared_switched = {}, {}
    for trait, options in getattr(model, "switches", {}).items():
        off = replace(model, **options)
        switched[trait] = requests.add_effect(within(package, off.channels)[0], off)
        for c, part in common.items():
            shared_switched[c, trait] = requests.add_effect(within(part, off.channels)[0], off)
    answers = requests.run()
    effects = read(answers)
    grown = grow(setting.yardstick, effects, carried(whole))
    slices, lead = setting.yardstick.slices, len(setting.yardstick.months) - len(setting.months)
    amount = grown.scenario.level - grown.baseline.level

    def amounts(readers: Mapping[Any, Callable[[Answers], np.ndarray]]) -> dict[Any, np.ndarray]:
        """(slices, months) what other packages add to the same baseline, bn yuan a month."""
        return {key: slices.sum(reading(answers) * grown.window) for key, reading in readers.items()}

    return {
        "outcome": effects.scenario.outcome,
        "without": grown.without[:, lead:],
        "amount": amount,
        "policies": slices.sum(effects.policies.sum(axis=0) * grown.window) if whole.policies else None,
        "level_without": grown.without[0],
        "level": np.concatenate([grown.without[0, :lead], grown.without[0, lead:] + amount[0]]),
        "switched": amounts(switched),
        "common": amounts(shared),
        "common_switched": amounts(shared_switched),
        "evidence": evidence(setting, effects.scenario),
    }


def evidence(setting: Setting, paths: Paths) -> Evidence:
    """What bound and what moved beside output over the first twelve months."""
    economy, calendar = setting.economy, setting.calendar
    weights = months_of(calendar)[1][:FIRST] * (calendar.per_year / 12.0)  # a period's flow to a month's, summed below

    def year(flow: np.ndarray) -> float:
        return float((weights @ flow.reshape(len(flow), -1)).sum())

    output = np.broadcast_to(economy.x, paths.binding.shape)
    total = year(output)
    bound = {
        code: 100.0 * year(np.where(hit, output, 0.0)) / total
        for code, hit in {
            "capacity": np.isin(paths.binding, (CAPACITY, LABOUR)),
            "inputs": paths.binding >= INPUT,
        }.items()
    }
    base_imports = (economy.use_imported.sum() + economy.final_imported.sum()) / calendar.per_year
    # What is made and comes in and reaches no final user went into stocks: income and expenditure agree.
    gained = paths.value_added.sum(axis=1) + paths.imports.sum(axis=1) - paths.final.sum(axis=(1, 2))
    gained = gained - economy.stock_change.sum() / calendar.per_year
    price = float("nan")
    if paths.price is not None:
        price = 100.0 * year((paths.price - 1.0) * output) / total
    return Evidence(
        by_capacity=bound["capacity"],
        by_inputs=bound["inputs"],
        unmet=year(paths.unmet),
        income=year(paths.household_income),
        imports=year(paths.imports.sum(axis=1) - base_imports),
        stocks=year(gained),
        price=price,
        scarce=_scarcest(economy, paths),
    )


def _scarcest(economy: Economy, paths: Paths) -> str:
    """The activity in which one more unit of capacity gains most, with the gain."""
    if paths.shadow_price is None or not np.nanmax(paths.shadow_price, initial=0.0) > 0.0:
        return ""
    j = int(np.nanargmax(np.nanmax(paths.shadow_price, axis=0)))
    return f"{economy.activities[j]} ({np.nanmax(paths.shadow_price[:, j]):.2f} per unit)"
