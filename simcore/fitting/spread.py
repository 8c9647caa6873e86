"""How much regional results depend on the method of trade: multipliers under every set of trade shares."""

from __future__ import annotations

import numpy as np

from ..economy.indicators import leontief_inverse
from .figures import Table
from .regions import Regional


def value_added_by_region(table: Table, regional: Regional, method: str) -> np.ndarray:
    """Value added in region q per unit of demand for product k made in region r, (K, R, R) as [k, r, q]."""
    K, R = regional.output_share.shape
    trade = regional.trade[method][:, :, :R]  # product, origin, pool
    A = table.use_domestic / table.x
    flows = np.einsum("krp,kj->krjp", trade, A).reshape(K * R, K * R)
    inverse = leontief_inverse(flows)
    content = np.repeat(table.value_added.sum(axis=0) / table.x, R)
    return (content[:, None] * inverse).reshape(K, R, K, R).sum(axis=0).transpose(1, 2, 0)


def own_region_shares(table: Table, regional: Regional) -> dict[str, np.ndarray]:
    """Share of a region's product's value-added multiplier that stays in the region, by method, (K, R)."""
    shares = {}
    for method in regional.trade:
        content = value_added_by_region(table, regional, method)
        shares[method] = np.einsum("krr->kr", content) / content.sum(axis=2)
    return shares


def where_demand_lands(table: Table, regional: Regional, method: str) -> np.ndarray:
    """Regions' shares in the value added of one more yuan of each product, made as now; (K, R)."""
    content = value_added_by_region(table, regional, method)
    landed = np.einsum("kr,krq->kq", regional.output_share, content)
    return landed / landed.sum(axis=1, keepdims=True)
