"""How far results by class of owner hang on what no statistic publishes: their weights, and what they export.

Owners of a sector share its technology. Were that all, a class's path would be ``sum over sectors of share x the
sector's path``, and other weights give another path without another run: they move the level, in bn yuan, and effects
in per cent only as far as the mix of sectors does. Where a measure names owners, or owners of a sector export
differently, the run's own path lies off that sum, and other weights move it by as much. Runs with a smaller and a
larger difference in exports give the other ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .economy import Economy
from .economy.exporters import with_exporters
from .effects import Growth, Path, Yardstick
from .levels import TOTAL, Slice, growth

CENTRAL = 1  # among low, central and high
Ranges = dict[tuple[str, Slice], tuple[np.ndarray, np.ndarray]]


def ranges_by_owner(
    shares: Mapping[str, Mapping[str, Any]],
    yardstick: Yardstick,
    grown: Growth,
    flows: dict[str, np.ndarray],
    others: Sequence[tuple[Path, np.ndarray]] = (),
) -> Ranges:
    """Least and largest value of each class's variables over its shares in the sectors and over who exports.

    Parameters
    ----------
    shares : {sector: {class: (low, central, high)}}
        As the calibration states them.
    flows : {variable: (slices, months) array}
        Other variables of the scenario that are sums over activities; they move with industrial value added.
    others : (growth, effect on the level in per cent) by run
        The same scenario with other differences in exports between owners of a sector.

    Returns
    -------
    {(variable, slice): (low, high)}
        Each end (months,).
    """
    labels = yardstick.slices.labels
    sectors = [s for s in shares if (s, TOTAL, TOTAL) in labels]
    rows = [labels.index((s, TOTAL, TOTAL)) for s in sectors]
    runs = [_variables(path, effect) for path, effect in ((grown.scenario, grown.effect), *others)]
    found: Ranges = {}
    for place in (label for label in labels if label[2] != TOTAL):
        if not sectors or not all(place[2] in shares[s] for s in sectors):
            continue
        weights = np.array([shares[s][place[2]] for s in sectors], dtype=float).T  # (ends, sectors)
        row = labels.index(place)
        level = np.array([run["iva"][row] for run in runs])
        values = {name: (np.array([run[name][row] for run in runs]), v) for name, v in
                  _industry(weights, rows, yardstick, grown).items()}  # fmt: skip
        with np.errstate(invalid="ignore"):  # a run that leaves the range of numbers has no range
            moved = level / level[0]
        values |= {name: (path[row] * moved, weights @ path[rows]) for name, path in flows.items()}
        for name, (own, by_weights) in values.items():
            # The run's own path belongs to its range: other weights move it as they move the sum over sectors.
            paths = own[:, None] + (by_weights - by_weights[CENTRAL])
            if np.isfinite(paths).all():
                found[name, place] = (paths.min(axis=(0, 1)), paths.max(axis=(0, 1)))
    return found


def _variables(path: Path, effect: np.ndarray) -> dict[str, np.ndarray]:
    return {"iva": path.level, "iva_yoy": path.yoy, "iva_two_year": path.two_year, "iva_level_effect": effect}


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


def other_exports(economy: Economy) -> list[Economy]:
    """The economy with the smallest and the largest difference in exports by owner that its calibration allows."""
    stated = economy.meta.get("ownership", {}).get("exports")
    if not stated:
        return []
    return [with_exporters(economy, stated["owner"], stated["odds_ratio"][end]) for end in ("low", "high")]
