"""Markets of labour and capital, which settle the prices of value added; in logs over the base.

V  (n,)  value added of an activity, CES of its labour L and capital K with elasticity eta
w  (n,)  its price
d  (n,)  how much of it the network asks for at w
s        share of labour; wage ``w + (V - L) / eta``, rental ``w + (V - K) / eta`` (marginal products)

A market has unknowns z and as many residuals. Where wages are rigid, an activity's labour is tight (all employed, the
wage at or above its floor) or slack (the wage at its floor, some unemployed): z > 0 is the distance above the floor,
z < 0 the log of the share employed, so that one of them is zero by construction. This is Baqaee and Farhi (2022),
American Economic Review 112(5): ``(1 - L) (wage - floor) = 0`` with both factors not negative; capital stays flexible.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from .nested_ces import ces_index


def fischer_burmeister(unemployed: Any, above: Any) -> Any:
    """Zero exactly where both are not negative and one of them is zero."""
    return unemployed + above - np.hypot(unemployed, above)


@dataclass(frozen=True)
class Market(ABC):
    """What all forms share; subclasses say what moves. Derivatives take directions (n, m) or give (.., size)."""

    paid: np.ndarray  # (n,) base payments to value added
    share: np.ndarray  # (n,) of labour in it
    labour: np.ndarray  # (n,) log of supply
    capital: np.ndarray  # (n,) log of supply
    eta: float
    rigid: bool

    @property
    @abstractmethod
    def size(self) -> int:
        """Number of unknowns."""

    @property
    def active(self) -> np.ndarray:
        return self.paid > 0

    def made(self, labour: np.ndarray) -> np.ndarray:
        """Value added that labour (n,) and all capital make."""
        shares = np.stack([self.share, 1.0 - self.share])
        return ces_index(shares, np.stack([labour, self.capital]), 1.0 / self.eta)

    def weight(self, labour: np.ndarray) -> np.ndarray:
        """Elasticity of value added to labour."""
        return self.share * np.exp((1.0 - 1.0 / self.eta) * (labour - self.made(labour)))

    @abstractmethod
    def price(self, z: np.ndarray) -> np.ndarray:
        """(n,) price of value added."""

    @abstractmethod
    def residual(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """Zero where markets clear; ``asked`` (n,) is d."""

    @abstractmethod
    def price_change(self, z: np.ndarray) -> np.ndarray:
        """(n, size) derivative of the price."""

    @abstractmethod
    def cleared(self, z: np.ndarray, asked: np.ndarray, change: np.ndarray) -> np.ndarray:
        """(size, m) change of the residual by a ``change`` (n, m) of what is asked for."""

    @abstractmethod
    def own_change(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """(size, size) derivative of the residual at what is asked for."""

    @abstractmethod
    def supply_change(self, labour: np.ndarray, capital: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Changes of price (n, m) and residual (size, m) at the base by changes of ``supplies``, (n, m) each."""

    @abstractmethod
    def pay_change(self, z: np.ndarray, price: np.ndarray, labour: np.ndarray, capital: np.ndarray) -> np.ndarray:
        """(n, m) change of the wage at the base, with unknowns that change by ``z`` (size, m)."""

    @abstractmethod
    def employment(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """(n,) log of labour employed."""

    @abstractmethod
    def wage(self, z: np.ndarray) -> np.ndarray:
        """(n,) log of the wage."""

    @abstractmethod
    def supplies(self) -> tuple[np.ndarray, np.ndarray]:
        """Labour and capital, (n,) each, as far as activities tell them apart: what moves counts by its total."""

    @abstractmethod
    def complementarity(self, z: np.ndarray, asked: np.ndarray) -> float:
        """Largest Fischer-Burmeister residual of unemployment against the wage above its floor."""


def _total(owned: np.ndarray, log: np.ndarray) -> Any:
    """Log of the total over the base's, of a factor that activities own in base amounts ``owned`` (n,)."""
    return np.log((owned * np.exp(log)).sum() / owned.sum())


@dataclass(frozen=True)
class Specific(Market):
    """Labour and capital stay in their activity: n unknowns."""

    @property
    def size(self) -> int:
        return len(self.paid)

    def _slack(self, z: np.ndarray) -> np.ndarray:
        return (z < 0) & (self.share > 0) & self.rigid

    def price(self, z: np.ndarray) -> np.ndarray:
        if not self.rigid:
            return np.where(self.active, z, 0.0)
        employed = self.employment(z, z)
        at_floor = np.where(self.share > 0, (employed - self.made(employed)) / self.eta, 0.0)
        return np.where(self.active, at_floor + np.where(self._slack(z), 0.0, z), 0.0)

    def residual(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return np.where(self.active, asked - self.made(self.employment(z, asked)), z)

    def price_change(self, z: np.ndarray) -> np.ndarray:
        weight = self.weight(self.employment(z, z))
        return np.diag(np.where(self._slack(z), (1.0 - weight) / self.eta, 1.0) * self.active)

    def cleared(self, z: np.ndarray, asked: np.ndarray, change: np.ndarray) -> np.ndarray:
        return change * self.active[:, None]

    def own_change(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        made = np.where(self._slack(z), self.weight(self.employment(z, asked)), 0.0)
        return np.diag(np.where(self.active, -made, 1.0))

    def supply_change(self, labour: np.ndarray, capital: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        share = self.share[:, None]
        made = (share * labour + (1.0 - share) * capital) * self.active[:, None]
        return np.zeros_like(made), -made

    def pay_change(self, z: np.ndarray, price: np.ndarray, labour: np.ndarray, capital: np.ndarray) -> np.ndarray:
        return price + (1.0 - self.share[:, None]) * (capital - labour) / self.eta

    def employment(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return self.labour + np.where(self._slack(z), z, 0.0)

    def wage(self, z: np.ndarray) -> np.ndarray:
        employed = self.employment(z, z)
        return self.price(z) + (self.made(employed) - employed) / self.eta

    def supplies(self) -> tuple[np.ndarray, np.ndarray]:
        return self.labour, self.capital

    def complementarity(self, z: np.ndarray, asked: np.ndarray) -> float:
        gap = fischer_burmeister(self.labour - self.employment(z, asked), self.wage(z))
        return float(np.abs(gap[self.active & (self.share > 0)]).max(initial=0.0))


@dataclass(frozen=True)
class MobileLabour(Market):
    """Labour moves to where it is paid best, capital stays: log labour of each activity, then the wage."""

    @property
    def size(self) -> int:
        return len(self.paid) + 1

    @property
    def people(self) -> np.ndarray:
        return self.paid * self.share

    def _wage(self, z: np.ndarray) -> float:
        return max(float(z[-1]), 0.0) if self.rigid else float(z[-1])

    def _idle(self, z: np.ndarray) -> float:
        return min(float(z[-1]), 0.0) if self.rigid else 0.0

    def price(self, z: np.ndarray) -> np.ndarray:
        return np.where(self.active, self._wage(z) + (z[:-1] - self.made(z[:-1])) / self.eta, 0.0)

    def residual(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        gap = _total(self.people, z[:-1]) - _total(self.people, self.labour) - self._idle(z)
        return np.append(np.where(self.active, asked - self.made(z[:-1]), z[:-1]), gap)

    def price_change(self, z: np.ndarray) -> np.ndarray:
        change = np.diag((1.0 - self.weight(z[:-1])) / self.eta)
        wage = np.full((len(change), 1), float(not self._idle(z)))
        return np.concatenate([change, wage], axis=1) * self.active[:, None]

    def cleared(self, z: np.ndarray, asked: np.ndarray, change: np.ndarray) -> np.ndarray:
        return np.concatenate([change * self.active[:, None], np.zeros((1, change.shape[1]))])

    def own_change(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        matrix = np.diag(np.append(np.where(self.active, -self.weight(z[:-1]), 1.0), -float(self._idle(z) < 0)))
        hired = self.people * np.exp(z[:-1])
        matrix[-1, :-1] = hired / hired.sum()
        return matrix

    def supply_change(self, labour: np.ndarray, capital: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        made = (1.0 - self.share[:, None]) * capital * self.active[:, None]
        return -made / self.eta, -np.concatenate([made, labour[:1]])

    def pay_change(self, z: np.ndarray, price: np.ndarray, labour: np.ndarray, capital: np.ndarray) -> np.ndarray:
        return np.broadcast_to(z[-1], price.shape)

    def employment(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return z[:-1]

    def wage(self, z: np.ndarray) -> np.ndarray:
        return np.full(len(self.paid), self._wage(z))

    def supplies(self) -> tuple[np.ndarray, np.ndarray]:
        return np.full(len(self.paid), _total(self.people, self.labour)), self.capital

    def complementarity(self, z: np.ndarray, asked: np.ndarray) -> float:
        unemployed = _total(self.people, self.labour) - _total(self.people, z[:-1])
        return float(abs(fischer_burmeister(unemployed, self._wage(z))))


@dataclass(frozen=True)
class Mobile(Market):
    """Labour and capital both move freely: the wage and the rental."""

    @property
    def size(self) -> int:
        return 2

    @property
    def _owned(self) -> tuple[np.ndarray, np.ndarray]:
        return self.paid * self.share, self.paid * (1.0 - self.share)

    def _prices(self, z: np.ndarray) -> np.ndarray:
        return np.array([max(z[0], 0.0) if self.rigid else z[0], z[1]])

    def _idle(self, z: np.ndarray) -> np.ndarray:
        return np.array([min(z[0], 0.0) if self.rigid else 0.0, 0.0])

    def price(self, z: np.ndarray) -> np.ndarray:
        shares = np.stack([self.share, 1.0 - self.share])
        prices = np.broadcast_to(self._prices(z)[:, None], shares.shape)
        return np.where(self.active, ces_index(shares, prices, self.eta), 0.0)

    def _hired(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """(2, n) log labour and capital."""
        return np.where(self.active, asked + self.eta * (self.price(z) - self._prices(z)[:, None]), 0.0)

    def residual(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        supply, idle, gaps = (self.labour, self.capital), self._idle(z), np.array(z, dtype=float)
        for i, (owned, hired) in enumerate(zip(self._owned, self._hired(z, asked), strict=True)):
            if owned.any():
                gaps[i] = _total(owned, hired) - _total(owned, supply[i]) - idle[i]
        return gaps

    def price_change(self, z: np.ndarray) -> np.ndarray:
        share = self.share * np.exp((1.0 - self.eta) * (self._prices(z)[0] - self.price(z)))
        return np.stack([share, 1.0 - share], axis=1) * (self._idle(z) == 0) * self.active[:, None]

    def _weights(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        """(2, n) share of each activity in what is hired; zero for a factor that nobody owns."""
        hired = np.stack(self._owned) * np.exp(self._hired(z, asked))
        total = hired.sum(axis=1, keepdims=True)
        return np.divide(hired, total, out=np.zeros_like(hired), where=total > 0)

    def cleared(self, z: np.ndarray, asked: np.ndarray, change: np.ndarray) -> np.ndarray:
        return self._weights(z, asked) @ change

    def own_change(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        weights, idle = self._weights(z, asked), self._idle(z) < 0
        matrix = self.eta * weights @ self.price_change(z) - np.diag(np.where(idle, 1.0, self.eta))
        nobody = ~weights.any(axis=1)
        matrix[nobody] = np.eye(2)[nobody]
        return matrix

    def supply_change(self, labour: np.ndarray, capital: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        owned = np.array([[owned.any()] for owned in self._owned])
        return np.zeros_like(labour), -np.stack([labour[0], capital[0]]) * owned

    def pay_change(self, z: np.ndarray, price: np.ndarray, labour: np.ndarray, capital: np.ndarray) -> np.ndarray:
        return np.broadcast_to(z[0], price.shape)

    def employment(self, z: np.ndarray, asked: np.ndarray) -> np.ndarray:
        return self._hired(z, asked)[0]

    def wage(self, z: np.ndarray) -> np.ndarray:
        return np.full(len(self.paid), self._prices(z)[0])

    def supplies(self) -> tuple[np.ndarray, np.ndarray]:
        n, supply = len(self.paid), (self.labour, self.capital)
        labour, capital = (
            np.full(n, _total(owned, log) if owned.any() else 0.0)
            for owned, log in zip(self._owned, supply, strict=True)
        )
        return labour, capital

    def complementarity(self, z: np.ndarray, asked: np.ndarray) -> float:
        owned = self._owned[0]
        if not owned.any():
            return 0.0
        unemployed = _total(owned, self.labour) - _total(owned, self._hired(z, asked)[0])
        return float(abs(fischer_burmeister(unemployed, self._prices(z)[0])))


MARKETS: dict[str, type[Market]] = {"specific": Specific, "mobile_labour": MobileLabour, "mobile": Mobile}
