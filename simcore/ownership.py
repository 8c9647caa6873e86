"""How far results by class of owner hang on the weights of the classes, which no statistic publishes.

Owners of a sector share its technology, so a class's path is ``sum over sectors of share x the sector's path`` and
other weights give another path without another run. What the weights move is the level, in bn yuan; effects in per
cent move only as far as the mix of sectors does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .effects import Growth, Yardstick
from .levels import TOTAL, Slice, growth

Ranges = dict[tuple[str, Slice], tuple[np.ndarray, np.ndarray]]


def ranges_by_owner(
    shares: Mapping[str, Mapping[str, Any]], yardstick: Yardstick, grown: Growth, flows: dict[str, np.ndarray]
) -> Ranges:
    """Least and largest value of each class's variables over its low, central and high shares in the sectors.

    Parameters
    ----------
    shares : {sector: {class: (low, central, high)}}
        As the calibration states them.
    flows : {variable: (slices, months) array}
        Other variables of the scenario that are sums over activities.

    Returns
    -------
    {(variable, slice): (low, high)}
        Each end (months,).
    """
    labels = yardstick.slices.labels
    sectors = [s for s in shares if (s, TOTAL, TOTAL) in labels]
    rows = [labels.index((s, TOTAL, TOTAL)) for s in sectors]
    found: Ranges = {}
    for place in (label for label in labels if label[2] != TOTAL):
        if not sectors or not all(place[2] in shares[s] for s in sectors):
            continue
        weights = np.array([shares[s][place[2]] for s in sectors], dtype=float).T  # (ends, sectors)
        own, row = _central(grown), labels.index(place)
        values = _industry(weights, rows, yardstick, grown)
        values |= {name: weights @ path[rows] for name, path in flows.items()}
        for name, paths in values.items():
            # The run's own path belongs to its range, whatever digits the stated shares were rounded to.
            paths = np.concatenate([paths, (own | flows)[name][row : row + 1]])
            if np.isfinite(paths).all():
                found[name, place] = (paths.min(axis=0), paths.max(axis=0))
    return found


def _central(grown: Growth) -> dict[str, np.ndarray]:
    path = grown.scenario
    return {"iva": path.level, "iva_yoy": path.yoy, "iva_two_year": path.two_year, "iva_level_effect": grown.effect}


def _industry(weights: np.ndarray, rows: list[int], yardstick: Yardstick, grown: Growth) -> dict[str, np.ndarray]:
    """Industrial value added with the package, its growth and its effect, by end; each (ends, months)."""
    base = weights @ grown.without[rows]
    own = np.zeros_like(base)
    lead = base.shape[1] - grown.scenario.level.shape[1]
    own[:, lead:] = weights @ (grown.scenario.level - grown.baseline.level)[rows]
    high = base + own
    return {
        "iva": high[:, lead:],
        "iva_yoy": growth(high, yardstick.months)[:, lead:],
        "iva_two_year": growth(high, yardstick.months, 2)[:, lead:],
        "iva_level_effect": (100.0 * own / base)[:, lead:],
    }
