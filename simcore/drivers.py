"""Drivers: what measures and shocks do, in the words that models understand.

A channel holds a list of terms ``profile(t) (x) weights``. Each channel has one commutative rule by which its
terms combine; terms combine in the order of their ids, so the order of a file changes no bit of a result.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np

from .calendar import Calendar
from .economy import Economy
from .errors import ChannelError


class Channel(NamedTuple):
    """One path into a model.

    ``over`` names the axes of the weights: activity (n,), use (K, F) product by final user, product (K,),
    input (K, n) product by activity, region (R,), route (R, P) region of origin by pool of buyers.
    """

    unit: str
    over: str
    rule: str  # add | multiply | maximum
    neutral: float
    meaning: str


CHANNELS: Mapping[str, Channel] = {
    "demand": Channel(
        "bn yuan a period",
        "use",
        "add",
        0.0,
        "extra final demand at base-year producer prices, imports included",
    ),
    "preference": Channel("factor", "use", "multiply", 1.0, "what households buy, at a given total"),
    "income": Channel("bn yuan a period", "region", "add", 0.0, "to (or from) households, base-year prices"),
    "capacity": Channel("share that remains", "activity", "multiply", 1.0, "of productive capacity"),
    "labour": Channel("share that remains", "activity", "multiply", 1.0, "of labour"),
    "capital": Channel("bn yuan", "activity", "add", 0.0, "yearly output that new or lost capital adds to capacity"),
    "productivity": Channel("factor", "activity", "multiply", 1.0, "output for given inputs"),
    "coefficient": Channel("factor", "input", "multiply", 1.0, "on an input coefficient"),
    "cost": Channel("share of the producer price", "activity", "add", 0.0, "taxes and subsidies included"),
    "buyer_price": Channel("share of the purchaser price", "use", "add", 0.0, "purchase taxes and subsidies"),
    "import_price": Channel("factor", "product", "multiply", 1.0, "on the price of imports"),
    "import_limit": Channel("share that can come in", "product", "multiply", 1.0, "of imports"),
    "passage": Channel("share that gets through", "route", "multiply", 1.0, "of deliveries from a region to a pool"),
    "delay": Channel("days", "route", "add", 0.0, "added to transport"),
    "floor": Channel("share of base capacity", "activity", "maximum", 0.0, "guaranteed whatever is lost"),
    "listed": Channel(
        "share of the activity",
        "activity",
        "maximum",
        0.0,
        "that its floor covers; all of it where none is stated",
    ),
    "priority": Channel("class", "activity", "maximum", 0.0, "of the user in rationing"),
    "stock_release": Channel("bn yuan a period", "activity", "add", 0.0, "supply from (or into) strategic stocks"),
    "stock_cover": Channel("factor", "input", "multiply", 1.0, "on the target cover"),
}


@dataclass(frozen=True)
class Term:
    """``profile`` (periods,) times ``weights`` (shape of the channel), stated once and never undone.

    For a channel that adds, the product is the amount itself; for one that multiplies it is the deviation of
    the factor from 1 (a loss of 12 % is -0.12); for a maximum it is the level.
    """

    id: str
    channel: str
    profile: np.ndarray
    weights: np.ndarray

    def dense(self) -> np.ndarray:
        """(periods, *weights.shape)."""
        return np.multiply.outer(self.profile, self.weights)


def _frozen(values: np.ndarray) -> np.ndarray:
    """A copy that nobody can change, or the array itself where nobody can: terms of many members may share it."""
    given = np.asarray(values)
    if given.dtype == float and given.flags.c_contiguous and given.flags.owndata and not given.flags.writeable:
        return given
    copy = np.array(given, dtype=float)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True)
class Drivers:
    """All terms of a run, on one calendar and one economy's axes; combine with ``&``."""

    calendar: Calendar
    shapes: Mapping[str, tuple[int, ...]]
    terms: tuple[Term, ...] = field(default=())

    @classmethod
    def calm(cls, economy: Economy, calendar: Calendar) -> Drivers:
        """Nothing happens."""
        n, K, F, R, P = economy.n, economy.K, economy.F, economy.R, economy.P
        shapes = {
            "activity": (n,),
            "use": (K, F),
            "product": (K,),
            "input": (K, n),
            "region": (R,),
            "route": (R, P),
        }
        return cls(calendar, shapes)

    def having(self, id: str, channel: str, profile: np.ndarray, weights: np.ndarray) -> Drivers:
        """These drivers and one more term; a term that moves nothing is left out.

        Raises
        ------
        ChannelError
            If the channel is unknown, a shape does not fit or a value is not finite.
        """
        if channel not in CHANNELS:
            raise ChannelError(f"{id}: no channel '{channel}'; there is {', '.join(CHANNELS)}")
        profile, weights = _frozen(profile), _frozen(weights)
        if profile.shape != (self.calendar.periods,):
            raise ChannelError(f"{id}: profile has shape {profile.shape}, needs ({self.calendar.periods},)")
        shape = self.shapes[CHANNELS[channel].over]
        if weights.shape != shape:
            raise ChannelError(f"{id}: weights of '{channel}' have shape {weights.shape}, need {shape}")
        if not (np.isfinite(profile).all() and np.isfinite(weights).all()):
            raise ChannelError(f"{id}: a value of channel '{channel}' is not finite")
        if not (profile.any() and weights.any()):
            return self  # nothing happens, and a channel that nobody uses costs nothing
        return self._of((*self.terms, Term(id, channel, profile, weights)))

    def __and__(self, other: Drivers) -> Drivers:
        self._must_fit(other)
        if not (self.terms and other.terms):
            return self if self.terms else other
        return self._of((*self.terms, *other.terms))

    def all_of(self, parts: Iterable[Drivers]) -> Drivers:
        """These drivers and several more, combined at once."""
        terms = list(self.terms)
        for part in parts:
            self._must_fit(part)
            terms += part.terms
        return self._of(terms)

    def _must_fit(self, other: Drivers) -> None:
        same = self.calendar is other.calendar or self.calendar == other.calendar
        if not (same and (self.shapes is other.shapes or dict(self.shapes) == dict(other.shapes))):
            raise ChannelError("drivers of different calendars or economies cannot be combined")

    def _of(self, terms: Iterable[Term]) -> Drivers:
        # The sort is stable and ids are unique by measure, so equal sets of terms give equal drivers.
        return Drivers(self.calendar, self.shapes, tuple(sorted(terms, key=lambda t: (t.channel, t.id))))

    def only(self, ids: Iterable[str]) -> Drivers:
        """The terms of some measures: a term belongs to the measure whose id stands before its first colon."""
        chosen = set(ids)
        return self._of(t for t in self.terms if t.id.split(":")[0] in chosen)

    def within(self, channels: Collection[str]) -> Drivers:
        """The terms of some channels."""
        return self._of(t for t in self.terms if t.channel in channels)

    @cached_property
    def channels(self) -> frozenset[str]:
        """Channels that something moves."""
        return frozenset(t.channel for t in self.terms)

    def dense(self, channel: str) -> np.ndarray | None:
        """The combined channel, (periods, *shape); None where no term uses it."""
        terms = [t for t in self.terms if t.channel == channel]
        if not terms:
            return None
        rule, neutral = CHANNELS[channel].rule, CHANNELS[channel].neutral
        total = np.full((self.calendar.periods, *self.shapes[CHANNELS[channel].over]), neutral)
        for term in terms:
            if rule == "add":
                total += term.dense()
            elif rule == "multiply":
                total *= 1.0 + term.dense()
            else:
                np.maximum(total, term.dense(), out=total)
        return total

    def equals(self, other: Drivers) -> bool:
        """Same calendar and the same combined value in every channel, bit for bit."""
        if self.calendar != other.calendar or self.channels != other.channels:
            return False
        pairs = ((self.dense(c), other.dense(c)) for c in self.channels)
        return all(a is not None and b is not None and np.array_equal(a, b) for a, b in pairs)
