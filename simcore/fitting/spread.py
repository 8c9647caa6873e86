"""How much regional results depend on the method of trade: multipliers under every set of trade shares."""

from __future__ import annotations

import numpy as np

from ..economy.indicators import leontief_inverse
from .figures import Table
from .regions import Regional, origins

METHODS_SHOWN = {
    "gravity": "nearness, decay by distance",
    "strong_home_bias": "gravity with stronger decay",
    "no_distance": "everybody buys from everybody as they supply",
    "slq": "own supply by the simple quotient",
    "cilq": "by the cross-industry quotient",
    "rlq": "by Round's quotient",
    "flq": "by Flegg's quotient, with the size of the region",
    "aflq": "the same, raised where specialised",
    "cross_hauling": "net trade, and two-way trade by the product's heterogeneity",
    "chenery_moses": "origins of given shipments",
    "table": "origins of a table of regions",
}


def content_of_trade(table: Table, share: np.ndarray, flows: np.ndarray, exports: np.ndarray) -> np.ndarray:
    """Value added in region q per unit of demand for product k made in region r, (K, R, R) as [k, r, q].

    Parameters
    ----------
    share : (K, R) array
        Of regions in output.
    flows : (K, R, R) array
        Trade within the country by product, origin and destination.
    exports : (K, R) array
    """
    K, R = share.shape
    trade = origins(flows, flows.sum(axis=2), exports)[:, :, :R]  # product, origin, pool
    A = table.use_domestic / table.x
    inputs = np.einsum("krp,kj->krjp", trade, A).reshape(K * R, K * R)
    inverse = leontief_inverse(inputs)
    content = np.repeat(table.value_added.sum(axis=0) / table.x, R)
    return (content[:, None] * inverse).reshape(K, R, K, R).sum(axis=0).transpose(1, 2, 0)


def contents(table: Table, regional: Regional) -> dict[str, np.ndarray]:
    """``content_of_trade`` under each of the economy's methods."""
    return {method: value_added_by_region(table, regional, method) for method in regional.balance}


def value_added_by_region(table: Table, regional: Regional, method: str) -> np.ndarray:
    """``content_of_trade`` under one of the economy's methods."""
    return content_of_trade(table, regional.output_share, regional.balance[method].flows, regional.exports)


def own_region_shares(content: np.ndarray) -> np.ndarray:
    """Share of a region's product's value-added multiplier that stays in the region, (K, R)."""
    return np.einsum("krr->kr", content) / content.sum(axis=2)


def spill_over(content: np.ndarray, flows: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Share of the value added of a region's final demand, as it is now, that other regions earn; (R,).

    Parameters
    ----------
    content : (K, R, R) array
        From ``content_of_trade``.
    flows : (K, R, R) array
        Trade, which says where final users buy.
    final : (K, R) array
        Final demand by product and region of use, domestic origin.
    """
    bought = flows.sum(axis=1, keepdims=True)
    origin = np.divide(flows, bought, out=np.zeros_like(flows), where=bought > 0)
    earned = np.einsum("kp,krp,krq->pq", final, origin, content, optimize=True)
    return 1.0 - np.diag(earned) / earned.sum(axis=1)


def landed_share(content: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Regions' shares in the value added of one more yuan of each product, made where ``share`` says; (K, R)."""
    landed = np.einsum("kr,krq->kq", share, content)
    return landed / landed.sum(axis=1, keepdims=True)


def where_demand_lands(table: Table, regional: Regional, method: str) -> np.ndarray:
    """``landed_share`` under one of the economy's methods, output made as now."""
    return landed_share(value_added_by_region(table, regional, method), regional.output_share)
