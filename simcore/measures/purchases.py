"""From money to volumes: what a yuan buys, at whose prices, by product and region.

Purchaser prices become producer prices by taking out deductible VAT and moving trade and transport margins
to the sectors that earn them; current prices become base-year prices by each product's own index.
"""

from __future__ import annotations

import numpy as np

from ..economy import CATEGORIES, Economy
from .base import Parameter
from .fields import Selector

TRADE, TRANSPORT, CONSTRUCTION = "F", "G", "E"
EQUIPMENT = ("C33", "C34", "C35", "C36a", "C36b", "C36", "C37", "C38", "C39", "C40", "I")
GOODS = ("A", "B", "C")  # first letters of the sectors whose products pass through trade
TRADE_MARGIN = Parameter(
    0.087, 0.05, 0.12, "share", "C",
    "trade in the investment column of the 2020 table, 849 bn, over goods with margins",
    "share of the price of goods that trade earns",
)  # fmt: skip
TRANSPORT_MARGIN = Parameter(
    0.035, 0.02, 0.05, "share", "C",
    "transport in the investment column of the 2020 table, 344 bn, over goods with margins",
    "share of the price of goods that transport earns",
)  # fmt: skip
VAT = Parameter(
    0.13, 0.13, 0.13, "share", "F", "rate on goods in the purchase tax example of the policy table", "VAT on equipment"
)


def row(economy: Economy, code: str) -> int | None:
    """Position of a product, None where the economy has no such sector."""
    return economy.sectors.codes.index(code) if code in economy.sectors.codes else None


def are_goods(economy: Economy) -> np.ndarray:
    """(K,) bool: products that pass through trade."""
    return np.array([code.startswith(GOODS) for code in economy.sectors.codes])


def bought(economy: Economy, category: str) -> np.ndarray:
    """Yearly purchases of a final-demand category by product, imports included, none below zero; (K, F)."""
    users = economy.user_category == CATEGORIES.index(category)
    return np.maximum(economy.final_domestic + economy.final_imported, 0.0) * users


def with_margins(economy: Economy, products: np.ndarray, trade: float, transport: float) -> np.ndarray:
    """Move shares of the money spent on goods to trade and transport; (K,), same sum.

    An economy without such a sector keeps that margin with the product.
    """
    result = products.astype(float)
    goods = np.where(are_goods(economy), products, 0.0)
    for code, share in ((TRADE, trade), (TRANSPORT, transport)):
        position = row(economy, code)
        if position is not None:
            result = result - share * goods
            result[position] += share * goods.sum()
    return result


def with_building(economy: Economy, products: np.ndarray, share: float) -> np.ndarray:
    """The same money with a share of it spent on construction; (K,), same sum where ``products`` sums to one.

    An economy without that sector spends all of it on the products.
    """
    building = row(economy, CONSTRUCTION)
    if building is None:
        return products
    result = products * (1.0 - share)
    result[building] += share
    return result


def equipment_mix(economy: Economy) -> np.ndarray:
    "Equipment and software in the investment column, (K,), sums to one; the whole column if it holds"
    "neither."
    column = bought(economy, "investment").sum(axis=1)
    chosen = np.isin(np.array(economy.sectors.codes), EQUIPMENT)
    mix = np.where(chosen, column, 0.0) if (column * chosen).sum() > 0 else column
    return mix / mix.sum()


def other_goods(economy: Economy, product: np.ndarray) -> np.ndarray:
    """What households buy apart from ``product`` (K,), as budget shares (K,) that sum to one."""
    column = np.where(product > 0, 0.0, bought(economy, "households").sum(axis=1))
    return column / column.sum() if column.sum() > 0 else column


def consumer_price(economy: Economy) -> float:
    """Price of the households' basket over its price in the table's year."""
    column = bought(economy, "households").sum(axis=1)
    return float(column @ economy.price_index / column.sum()) if column.sum() > 0 else 1.0


def volume(economy: Economy, money: np.ndarray) -> np.ndarray:
    """Money by product at current prices as a volume at base-year prices, (K,)."""
    return money / economy.price_index


def where_bought(economy: Economy, target: Selector, by_output: bool = False) -> np.ndarray | None:
    "Share of each region of use, (R,); None where the target names no region, so that use stays as it"
    "is."
    if not target.region.restricts:
        return None
    return target.regions(economy) if by_output else _households(economy, target)


def _households(economy: Economy, target: Selector) -> np.ndarray:
    """Regions of a target's households by what they buy, or by the target's own weights."""
    spent = bought(economy, "households").sum(axis=0)
    inside = economy.user_region >= 0
    size = np.bincount(economy.user_region[inside], spent[inside], economy.R)
    if target.region.weights:
        return target.region.weights.over(economy.regions, size)
    size = size * target.region.chosen(economy.regions)
    return size / size.sum() if size.sum() > 0 else target.regions(economy)
