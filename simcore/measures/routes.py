"""Routes from regions to pools of buyers, and the goods on them."""

from __future__ import annotations

import numpy as np

from ..economy import ABROAD, Economy
from .fields import Selector


def pool_regions(economy: Economy) -> np.ndarray:
    """Region of the buyers of each pool, (P,); ``ABROAD`` for pools of buyers abroad."""
    home = np.full(economy.P, ABROAD)
    home[economy.user_pool] = economy.user_region
    home[economy.pool] = economy.region
    return home


def routes_touching(economy: Economy, target: Selector) -> np.ndarray:
    """(R, P) share of each route that counts: the larger of the two ends' in the target's regions."""
    reached = target.region.level(economy.regions)
    home = pool_regions(economy)
    at_buyer = np.where(home == ABROAD, 0.0, reached[home])
    return np.maximum(reached[:, None], at_buyer[None, :])


def goods_sent(economy: Economy, routes: np.ndarray) -> np.ndarray:
    """(n,) yearly sales of goods on some routes, each (n, P) with the share of a pool's purchases that it carries."""
    bought = np.zeros((economy.P, economy.K))
    np.add.at(bought, economy.pool, economy.use_domestic.T)
    np.add.at(bought, economy.user_pool, np.maximum(economy.final_domestic, 0.0).T)
    return (routes * bought.T[economy.sector]).sum(axis=1) * economy.is_hauled[economy.sector]
