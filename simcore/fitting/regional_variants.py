"""Trade under every method, and under other values of the parameters that a method assumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..economy import Economy
from ..economy.store import Spread
from .regional_options import Decay
from .regional_options import Regional as Options
from .regions import Regional, origins
from .trade import METHODS, Trade, estimate_trade

if TYPE_CHECKING:
    from .calibrate import Calibration

HETEROGENEITY = (0.0, 0.1, 0.3)  # of all products: none, and two stated values; the default differs by product
DELTA = (0.2, 0.4)  # both ends of what has been estimated: Flegg and Tohmo (2013)
DECAY = (0.5, 1.5, 2.0)  # of goods; that of services and of local products in proportion


def all_methods(steps: Calibration) -> dict[str, Trade]:
    """Trade under every method that has what it needs, those of the economy first."""
    regional, options = steps.regional, steps.recipe.regional
    missing = {"chenery_moses": not options.shipments, "table": regional.markets.table is None}
    rest = [name for name in METHODS if name not in regional.balance and not missing.get(name, False)]
    return regional.balance | {name: estimate_trade(regional.markets, options, name) for name in rest}


def other_parameters(steps: Calibration) -> dict[str, Trade]:
    """Trade under other values of the assumed parameters, by words that say which."""
    found: dict[str, Trade] = {}
    for name, method, changed in _changes(steps.recipe.regional):
        options = steps.recipe.regional.model_copy(update=changed)
        found[name] = estimate_trade(steps.regional.markets, options, method)
    return found


def _changes(options: Options) -> list[tuple[str, str, Mapping[str, Any]]]:
    decays = {
        goods: Decay(
            **{kind: value * goods / options.decay.goods for kind, value in options.decay.model_dump().items()}
        )
        for goods in DECAY
    }
    return [
        *((f"gravity, decay of goods {goods:g}", "gravity", {"decay": decay}) for goods, decay in decays.items()),
        *((f"{m}, delta {delta:g}", m, {"flq_delta": delta}) for m in ("flq", "aflq") for delta in DELTA),
        *((f"cross_hauling, heterogeneity {h:g}", "cross_hauling", {"heterogeneity": h}) for h in HETEROGENEITY),
    ]


def with_trade(economy: Economy, regional: Regional, trade: Trade) -> Economy:
    """A built economy with other trade between its regions; owners keep their shares in what a region sells at home and
    in what it sells abroad."""
    shares = origins(trade.flows, regional.markets.supply, regional.exports)
    users = economy.users("exports")
    bought = economy.final_domestic[:, users][economy.sector]
    abroad = (economy.origin[:, economy.user_pool[users]] * bought).sum(axis=1)
    owner = np.column_stack([_within(economy, economy.x - economy.stock_change - abroad), _within(economy, abroad)])
    return replace(economy, origin=Spread(shares, owner).over(economy.sector, economy.region, 2), alternatives={})


def _within(economy: Economy, values: np.ndarray) -> np.ndarray:
    """Shares of activities (n,) in the values of their sector and region; in its output where these are zero."""

    def total(of: np.ndarray) -> np.ndarray:
        found = np.zeros((economy.K, economy.R))
        np.add.at(found, (economy.sector, economy.region), of)
        return found[economy.sector, economy.region]

    whole = total(values)
    return np.divide(values, whole, out=economy.x / total(economy.x), where=whole > 0)
