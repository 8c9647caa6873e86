"""Why models differ, in sentences derived from what each understands, holds fixed, and from what bound in its run.

The gap between two effects is split without a rest: what comes through channels that only one of the two has, what a
trait does that can be switched off (measured by a run without it), and the remainder, which belongs to the traits
that differ and cannot be switched.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from ..models.base import TRAITS
from ..tables import signed
from .record import FIRST, Comparison, ModelRun

SMALL = 0.005  # points: what rounds to 0.00
REGAINED = 0.1  # of what is lost: less of the other sign is not worth a word


class Part(NamedTuple):
    """A part of the gap between two models, in points of the level of industrial value added, and what makes it."""

    points: float
    text: str


def why(comparison: Comparison) -> list[str]:
    """How far the models agree, and each model against the first.

    Where the first leaves something out, models that leave out nothing are also compared among themselves.
    """
    reference, *others = comparison.runs
    found = agreement(comparison)
    seen = {run.label: comparison.money.words(seen_in(run)) for run in comparison.runs}
    if seen[reference.label]:
        found.append(f"Seen in {reference.label}: {seen[reference.label]}.")
    for run in others:
        found += against(run, reference)
        found += [f"  Seen in {run.label}: {seen[run.label]}."] if seen[run.label] else []
    whole = [run for run in others if not run.left_out]
    if reference.left_out and len(whole) > 1:
        found.append(f"Among the models that leave nothing out, against {whole[0].label}:")
        found += [line for run in whole[1:] for line in against(run, whole[0])]
    return found


def left_out(comparison: Comparison) -> list[str]:
    """Loudly: what of which measure a model goes without."""
    found = []
    for run in comparison.runs:
        missing = "; ".join(f"{', '.join(item.channels)} of {item.measure}" for item in run.left_out)
        if missing:
            found.append(f"LEFT OUT in {run.label}: {missing}. Its figures are those of the rest of the scenario.")
    return found


def idle(comparison: Comparison) -> list[str]:
    """What a model takes and by its logic cannot feel."""
    return [
        f"Moves nothing in {run.label}, by its logic: {', '.join(run.idle)}." for run in comparison.runs if run.idle
    ]


def agreement(comparison: Comparison) -> list[str]:
    """How far the models agree in sign, size and pattern over sectors."""
    ended = [r for r in comparison.runs if np.isfinite(r.share(r.amount))]
    if len(ended) < 2:
        return ["Fewer than two models came to an end, so there is nothing to compare."]
    effects = {r.label: r.share(r.amount) for r in ended}
    low, high = min(effects, key=effects.__getitem__), max(effects, key=effects.__getitem__)
    signs = {np.sign(round(e, 2)) for e in effects.values()} - {0.0}
    found = (
        f"Effect of the first {min(FIRST, len(comparison.months))} months between {signed(effects[low])} % ({low}) and "
        f"{signed(effects[high])} % ({high}); "
    )
    found += "the models agree on its sign." if len(signs) < 2 else "the models do not agree on its sign."
    reference = ended[0]
    ranks = {r.label: _rank_correlation(comparison, r, reference) for r in ended[1:]}
    told = [f"{label} {value:.2f}" for label, value in ranks.items() if np.isfinite(value)]
    if told:
        found += f" Order of sectors by effect, rank correlation with {reference.label}: {', '.join(told)}."
    return [found]


def against(run: ModelRun, reference: ModelRun) -> list[str]:
    """One model against another: the gap and its parts."""
    here, there = run.share(run.amount), reference.share(reference.amount)
    if run.outcome.status != "completed":
        start = f"{run.label}: {run.outcome.status}. {run.outcome.message}"
        if not np.isfinite(here):
            return [start]
    else:
        start = ""
    if not np.isfinite(there):
        return [start, f"{run.label}: {signed(here)} %; {reference.label} has no figure to compare."][not start :]
    head = f"{run.label} {signed(here)} % against {reference.label} {signed(there)} %: {signed(here - there)} points"
    parts = [f"  {signed(p.points)}  {p.text}" for p in parts_of(run, reference)]
    return [*([start] if start else []), head, *parts]


def parts_of(run: ModelRun, reference: ModelRun) -> list[Part]:
    """The gap between two models' effects, split; the parts add up to it."""
    both = run.felt & reference.felt
    common = [r.share(r.on(both)) for r in (run, reference)]
    gap = run.share(run.amount) - reference.share(reference.amount)
    found = []
    only = [*_missing(run.felt - both, reference), *_missing(reference.felt - both, run)]
    if only:
        found.append(Part(gap - (common[0] - common[1]), f"channels that only one has: {'; '.join(only)}"))
    measured = sorted({trait for r in (run, reference) for trait in r.switched}) if both else []
    for trait in measured:
        does = [_switch(r, both, trait) for r in (run, reference)]
        found.append(Part(does[0] - does[1], f"{_difference(run, reference, trait)} (measured by switching it off)"))
    rest = gap - sum(p.points for p in found)
    if both:
        where = "the rest on what both have" if only else "the rest"
        found.append(Part(rest, f"{where}: {_rest(run, reference, measured)}"))
    return found


def _missing(channels: frozenset[str], run: ModelRun) -> list[str]:
    """Why a model does not feel some channels: it leaves them out, or they move nothing in it."""
    lacks, idle = sorted(channels - run.understood), sorted(channels & run.understood)
    texts = [f"{', '.join(lacks)}, which {run.label} leaves out"] if lacks else []
    return [*texts, f"{', '.join(idle)}, without effect in {run.label}"] if idle else texts


def _switch(run: ModelRun, channels: frozenset[str], trait: str) -> float:
    """What a trait adds to the effect of some channels, points."""
    off = run.switched_off(trait, channels)
    return 0.0 if off is None else run.share(run.on(channels)) - run.share(off)


def _difference(run: ModelRun, reference: ModelRun, trait: str) -> str:
    here, there = (getattr(r.traits, trait, "") for r in (run, reference))
    meaning = TRAITS[trait]
    if here == there:
        return f"{meaning.get(here, here)}, in both, but not alike"
    return f"{meaning.get(here, here)}; in {reference.label} {meaning.get(there, there)}"


def _rest(run: ModelRun, reference: ModelRun, measured: Collection[str]) -> str:
    """The traits that differ and have no switch."""
    if run.traits is None or reference.traits is None:
        return "one of the models states no traits"
    different = [
        trait for trait in TRAITS
        if trait not in measured and getattr(run.traits, trait) != getattr(reference.traits, trait)
    ]  # fmt: skip
    if not different:
        return "the same traits, other parameters"
    texts = [_difference(run, reference, trait) for trait in different]
    return ("not told apart: " if len(texts) > 1 else "") + "; ".join(texts)


def seen_in(run: ModelRun) -> str:
    """What bound and what moved in a run, in words; nothing where nothing did."""
    e = run.evidence
    if e is None:
        return ""
    texts = []
    if e.by_capacity >= SMALL or e.by_inputs >= SMALL:
        texts.append(f"{e.by_capacity:.1f} % of output bound by capacity or labour and {e.by_inputs:.1f} % by inputs")
    if abs(e.stocks) >= 0.05:
        texts.append(f"{signed(e.stocks, 1)} bn yuan put into stocks")
    if e.unmet >= 0.05:
        texts.append(f"{e.unmet:,.1f} bn yuan of final demand unmet")
    if np.isfinite(e.price) and abs(e.price) >= SMALL:
        texts.append(f"producer prices {signed(e.price)} %")
    if e.scarce:
        texts.append(f"one more yuan of capacity worth most in {e.scarce}")
    texts += _both_signs(run)
    late = _half(run)
    if late > 1:
        texts.append(f"half of the effect reached in month {late}")
    return ", ".join(texts)


def _both_signs(run: ModelRun) -> list[str]:
    """What is lost in some months and regained in others, which the sum hides."""
    if run.amount is None or run.without is None or not np.isfinite(run.amount[0, :FIRST]).all():
        return []
    months, base = run.amount[0, :FIRST], run.without[0, :FIRST].sum()
    low, high = (100.0 * float(part.sum()) / base for part in (np.minimum(months, 0.0), np.maximum(months, 0.0)))
    if min(-low, high) < max(SMALL, REGAINED * max(-low, high)):
        return []
    return [f"the effect is {signed(low)} % in some months and {signed(high)} % in others"]


def _half(run: ModelRun) -> int:
    """First month by which half of the first year's effect has fallen; 0 where there is none."""
    if run.amount is None or not np.isfinite(run.amount[0, :FIRST]).all():
        return 0
    reached = np.cumsum(np.abs(run.amount[0, :FIRST]))
    return int(np.argmax(reached >= 0.5 * reached[-1])) + 1 if reached[-1] > 0.0 else 0


def _rank_correlation(comparison: Comparison, run: ModelRun, reference: ModelRun) -> float:
    """Spearman's correlation of the effects by sector, % of each sector's level; NaN where one has no effect."""
    rows = [[r.share(r.amount, i) for i, _ in comparison.places(0)] for r in (run, reference)]
    values = np.array(rows)
    values = values[:, np.isfinite(values).all(axis=0)]
    if values.shape[1] < 3 or any(len(set(v)) == 1 for v in values.round(9)):
        return float("nan")
    ranks = np.array([_ranks(v) for v in values])
    return float(np.corrcoef(ranks)[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks with ties at their mean."""
    order = np.sort(values)
    return (np.searchsorted(order, values, "left") + np.searchsorted(order, values, "right") - 1) / 2.0
