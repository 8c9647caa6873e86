"""Activities that nothing tells apart run as one.

Activities that make the same product in the same region, buy in the same pool and use, earn, store and sell the same
per unit of output follow the same path over their base, as long as no driver singles one of them out: the classes of
ownership of one sector and region, say, which differ in size only. One activity of their joint size takes their
place in the kernel, and its path is split by size. What it splits are changes from base, so that calm stays exact.
Which activities run as one depends on the economy and on the drivers of the run alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..drivers import CHANNELS, Drivers, Term
from ..economy import Economy
from .base import kept

SAME = 13  # decimals per unit of output that like activities have in common
WORTH = 0.75  # share of all activities up to which classes of like ones are worth a table of their own
KEPT = 16  # economies of lumped activities that are kept with their tables
AMOUNTS = ("capital", "stock_release")  # channels in money, which an activity gets by its size


class Lumped(NamedTuple):
    """An economy and drivers with one activity for each class of like ones."""

    economy: Economy
    drivers: Drivers
    which: np.ndarray | None  # (n,) class of each activity; None where each stays by itself
    share: np.ndarray  # (n,) of an activity in the output of its class

    def split(self, changes: np.ndarray) -> np.ndarray:
        """Changes by class (..., classes) as those of their activities (..., n)."""
        if self.which is None:
            return changes
        parts = changes.take(self.which, axis=-1)
        parts *= self.share
        return parts

    def same(self, values: np.ndarray) -> np.ndarray:
        """What all activities of a class have in common, by activity."""
        return values if self.which is None else values[..., self.which]


class Classes(NamedTuple):
    """Classes of like activities."""

    which: np.ndarray  # (n,) class of each activity
    order: np.ndarray  # (n,) activities ordered by class
    start: np.ndarray  # (classes,) where each class starts among them

    @classmethod
    def of(cls, which: np.ndarray) -> Classes:
        order = np.argsort(which, kind="stable")
        return cls(which, order, np.searchsorted(which[order], np.arange(which.max(initial=-1) + 1)))


def lump(economy: Economy, drivers: Drivers) -> Lumped:
    """The economy and drivers with like activities as one; themselves where little would be gained."""
    classes = _told_apart(economy, drivers)
    if classes.start.size > WORTH * economy.n:
        return Lumped(economy, drivers, None, np.ones(economy.n))
    small, share = _kept_economy(economy, classes)
    shapes = {**drivers.shapes, "activity": (small.n,), "input": (small.K, small.n)}
    terms = tuple(_lumped_term(term, classes) for term in drivers.terms)
    return Lumped(small, Drivers(drivers.calendar, shapes, terms), classes.which, share)


def _told_apart(economy: Economy, drivers: Drivers) -> Classes:
    """Classes of activities that neither the economy nor a driver tells apart."""
    classes = kept(economy, "like activities", lambda: Classes.of(_like(economy)))
    for term in drivers.terms:
        if CHANNELS[term.channel].over in ("activity", "input"):
            classes = _refined(classes, _per_output(economy, term))
    return classes


def _per_output(economy: Economy, term: Term) -> np.ndarray:
    """Weights by activity, amounts per unit of output."""
    if term.channel not in AMOUNTS:
        return term.weights
    rate = np.divide(term.weights, economy.x, out=term.weights.copy(), where=economy.x > 0)
    largest = np.abs(rate).max(initial=0.0)
    return np.round(rate / largest, SAME) if largest > 0 else rate


def _refined(classes: Classes, values: np.ndarray) -> Classes:
    """Classes split where values (n,) or (rows, n) of their members differ."""
    which, order, start = classes
    if start.size == which.size:
        return classes
    example = order[start][which]
    if (values[..., example] == values).all():
        return classes
    keys = np.vstack([which, values])
    return Classes.of(np.unique(keys, axis=1, return_inverse=True)[1].reshape(-1))


def _like(economy: Economy) -> np.ndarray:
    """(n,) classes of activities that the economy does not tell apart; one without output is a class of its own."""
    makes = np.bincount(economy.sector, weights=economy.x, minlength=economy.K)[economy.sector]
    places = np.stack([economy.sector, economy.region, economy.pool, np.where(economy.x > 0, -1, np.arange(economy.n))])
    apart = np.unique(places, axis=1, return_inverse=True)[1].reshape(-1)
    if apart.max(initial=-1) + 1 > WORTH * economy.n:  # so in full form, where a comparison of origins takes long
        return apart
    per_output = np.vstack(
        [
            economy.use_domestic, economy.use_imported, economy.value_added, economy.stock_change,
            economy.origin.T * makes,
        ]
    )  # fmt: skip
    per_output = np.divide(per_output, economy.x, out=np.zeros_like(per_output), where=economy.x > 0)
    alike = np.vstack([economy.headroom, economy.criticality, np.nan_to_num(economy.cover, posinf=-1.0)])
    keys = np.round(np.vstack([places, alike, per_output]), SAME)
    return np.unique(keys, axis=1, return_inverse=True)[1].reshape(-1)


def _lumped_term(term: Term, classes: Classes) -> Term:
    """The term with weights by class: money adds up, everything else is common to a class."""
    if CHANNELS[term.channel].over not in ("activity", "input"):
        return term
    _, order, start = classes
    if term.channel in AMOUNTS:
        weights = np.add.reduceat(term.weights[order], start)
    else:
        weights = term.weights[..., order[start]]
    return Term(term.id, term.channel, term.profile, np.ascontiguousarray(weights))


def _kept_economy(economy: Economy, classes: Classes) -> tuple[Economy, np.ndarray]:
    """The economy with an activity a class, and the share of each activity (n,) in the output of its class.

    The last few are kept, since runs of a study often share their classes.
    """
    found: dict[bytes, tuple[Economy, np.ndarray]] = kept(economy, "lumped", dict)
    name = classes.which.tobytes()
    if name in found:
        return found[name]
    small = _lumped_economy(economy, classes)
    share = np.divide(economy.x, small.x[classes.which], out=np.ones(economy.n), where=economy.x > 0)
    made = found.setdefault(name, (small, share))
    for oldest in list(found)[:-KEPT]:
        found.pop(oldest, None)
    return made


def _lumped_economy(economy: Economy, classes: Classes) -> Economy:
    _, order, start = classes
    example = order[start]

    def added(names: Iterable[str]) -> dict[str, Any]:
        return {name: np.add.reduceat(getattr(economy, name)[..., order], start, axis=-1) for name in names}

    def common(names: Iterable[str]) -> dict[str, Any]:
        return {name: getattr(economy, name)[..., example] for name in names}

    return replace(
        economy,
        **common(("sector", "region", "ownership", "pool", "cover", "headroom", "criticality")),
        **added(("x", "use_domestic", "use_imported", "stock_change", "value_added", "employment")),
        origin=np.add.reduceat(economy.origin[order], start, axis=0),
        alternatives={},
    )
