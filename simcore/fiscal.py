"""What a package costs and what comes back.

Induced revenue is ``sum_i t_i * change of value added_i`` with t_i the net taxes on products and production per
yuan of value added in the base year, times a marginal factor. Social contributions and corporate income tax sit in
other components of value added and are not modelled.
"""

from __future__ import annotations

import numpy as np

from .economy import Economy
from .measures.base import FiscalLine
from .models.base import Paths

MARGINAL_REVENUE = 0.8  # of the average rate; assumption, range 0.5 to 1.0: exemptions and lags take the rest


def net_tax_rate(economy: Economy) -> np.ndarray:
    """Net taxes per yuan of value added by activity, (n,); 0 where the table names no such component."""
    if "net_taxes" not in economy.value_added_names:
        return np.zeros(economy.n)
    taxes = economy.value_added[economy.value_added_names.index("net_taxes")]
    total = economy.value_added.sum(axis=0)
    return np.divide(taxes, total, out=np.zeros(economy.n), where=total > 0)


def revenue_rate(economy: Economy) -> np.ndarray:
    """Taxes that come back per yuan of value added at base-year prices, at current prices, (n,)."""
    rate: np.ndarray = MARGINAL_REVENUE * net_tax_rate(economy) * economy.price_index[economy.sector]
    return rate


def induced_revenue(economy: Economy, scenario: Paths, background: Paths) -> FiscalLine:
    """Taxes on the value added that the policies bring, bn yuan by period at current prices."""
    path = (scenario.value_added - background.value_added) @ revenue_rate(economy)
    return FiscalLine("taxes on induced value added", "revenue", "central and local budget", path)
