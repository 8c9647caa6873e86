"""Who exports: foreign firms sell more of what they make abroad than the other makers of a product do.

What a sector exports, what it sells at home and what each kind of owner makes are known; one odds ratio for all sectors
(``economy.exporters``) is found at which foreign firms make their published share of industry's exports. Firms without
foreign money export alike: nothing tells them apart.

w, q   shares of foreign firms and of exports in what a sector of a region sells   (K, R)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..economy.exporters import exported
from ..errors import BalanceError
from .owner_posterior import CLASSES
from .recipe import Weight
from .regions import Regional

FOREIGN = CLASSES.index("foreign")
WIDEST = 1000.0  # odds ratio that no published share should ask for


class OwnerExports(NamedTuple):
    """Shares of the kinds of owner in what leaves the country and in what stays, by sector and region.

    abroad, home : (K, R, 4) in the order of CLASSES; rows outside industry are zero.
    share : share of foreign firms in industry's exports: with equal odds, low, central, high.
    ratio : odds ratio that each of them takes.
    by_class : (4, 4) shares of the kinds of owner in industry's exports, a row for each of them.
    """

    abroad: np.ndarray
    home: np.ndarray
    share: tuple[float, float, float, float]
    ratio: tuple[float, float, float, float]
    by_class: np.ndarray


def estimate_owner_exports(regional: Regional, share: np.ndarray, wanted: Weight) -> OwnerExports:
    """Split every sector's exports over owners so that foreign firms make their share of all industry's exports.

    Parameters
    ----------
    share : (K, 4) array
        Of owners in each sector; zero outside industry.
    wanted : Weight
        Share of foreign firms in industry's exports, with its range.

    Raises
    ------
    BalanceError
        If foreign firms cannot make so much or so little of the exports, whatever the odds ratio.
    """
    inside = share.sum(axis=1) > 0
    exports = regional.exports * inside[:, None]
    sold = regional.markets.supply + regional.exports
    q = np.divide(exports, sold, out=np.zeros_like(sold), where=sold > 0)
    w = np.broadcast_to(share[:, [FOREIGN]], q.shape)
    even = float((exports * w).sum() / exports.sum())
    shares = (even, wanted.low, wanted.share, wanted.high)
    low, central, high = (_ratio_of(value, w, q, sold, exports.sum()) for value in shares[1:])
    ratios = (1.0, low, central, high)
    abroad = [_with_others(_leaving(w, q, ratio), share) for ratio in ratios]
    home = np.divide(w - exported(w, q, central), 1.0 - q, out=w.copy(), where=q < 1.0)
    by_class = np.array([np.einsum("kr,krc->c", exports, a) for a in abroad]) / exports.sum()
    return OwnerExports(abroad[2], _with_others(home, share), shares, ratios, by_class)


def _leaving(w: np.ndarray, q: np.ndarray, ratio: float) -> np.ndarray:
    """Share of foreign firms in exports, (K, R); in output where nothing is exported."""
    return np.divide(exported(w, q, ratio), q, out=w.copy(), where=q > 0)


def _ratio_of(wanted: float, w: np.ndarray, q: np.ndarray, sold: np.ndarray, exports: float) -> float:
    """Odds ratio at which foreign firms make the wanted share of all exports; halving steps, the same anywhere."""
    low, high = -np.log(WIDEST), np.log(WIDEST)

    def made(ratio: float) -> float:
        return float((exported(w, q, ratio) * sold).sum() / exports)

    least, most = made(np.exp(low)), made(np.exp(high))
    if not least < wanted < most:
        raise BalanceError(
            f"with the weights that they have in its sectors, foreign firms can make {least:.2f} to {most:.2f} of "
            f"industry's exports; ownership.exports asks for {wanted:.2f}: change it, or their weights"
        )
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if made(np.exp(middle)) < wanted else (low, middle)
    return float(np.exp(0.5 * (low + high)))


def _with_others(foreign: np.ndarray, share: np.ndarray) -> np.ndarray:
    """(K, R, 4) shares: the other kinds of owner divide what foreign firms leave as they divide the sector's output."""
    others = share.copy()
    others[:, FOREIGN] = 0.0
    total = others.sum(axis=1, keepdims=True)
    others = np.divide(others, total, out=np.zeros_like(others), where=total > 0)
    result = (1.0 - foreign)[:, :, None] * others[:, None, :]
    result[:, :, FOREIGN] = foreign
    return result
