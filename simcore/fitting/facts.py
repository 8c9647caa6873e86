"""What a calibration says about itself: every estimate with its method, sources, range and flag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ScenarioError
from .criticality import MEANING
from .owner_exports import FOREIGN
from .owner_posterior import CLASSES
from .spread import contents, own_region_shares

if TYPE_CHECKING:
    from .calibrate import Calibration


def describe(steps: Calibration) -> dict[str, Any]:
    """The ``meta`` of an economy: JSON values only, figures to six digits."""
    meta: dict[str, Any] = {
        "title": steps.recipe.title,
        "vintage": steps.recipe.vintage.isoformat(),
        "unit": steps.recipe.unit,
        "definitions": steps.recipe.definitions,
        "closure_of_volumes": "technical coefficients and import shares of 2020, prices of 2020",
        "estimate_details": _estimates(steps),
        "scaling": _scaling(steps),
        "prices": _prices(steps),
        "regional": _regional(steps),
        "ownership": _ownership(steps),
        "headroom": _by_code(steps, steps.store.headroom_basis),
        "input_hashes": steps.figures.hashes(),
    }
    meta["estimates"] = [
        f"{e['item']}: {e['what']}; {e['method']}. Range: {e['range']}. [{e['flag']}]" for e in meta["estimate_details"]
    ]
    return _tidy(meta)


def _by_code(steps: Calibration, values) -> dict[str, Any]:
    return dict(zip(steps.sectors.codes, values, strict=True))


def _tidy(value: Any) -> Any:
    """Plain JSON values; figures to six digits, so that builds on two machines print the same."""
    if isinstance(value, dict):
        return {key: _tidy(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_tidy(entry) for entry in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.6g}")
    return int(value) if isinstance(value, np.integer) else value


def _estimates(steps: Calibration) -> list[dict[str, str]]:
    """The recipe's word on everything that is not in the published table, with the figures of this build."""
    fit, exporters = steps.owners.fit, steps.exporters
    figures = {
        "foreign": f"{fit.weight:.3f}",
        "foreign_low": f"{fit.low:.3f}",
        "foreign_high": f"{fit.high:.3f}",
        "foreign_error": f"{fit.mean_error:.2f}",
        "foreign_months": fit.months,
        "foreign_exports": f"{exporters.share[2]:.2f}",
        "foreign_exports_low": f"{exporters.share[1]:.2f}",
        "foreign_exports_high": f"{exporters.share[3]:.2f}",
        "export_odds": f"{exporters.ratio[2]:.1f}",
        "export_odds_low": f"{exporters.ratio[1]:.1f}",
        "export_odds_high": f"{exporters.ratio[3]:.1f}",
        "unrated": len(steps.store.unrated),
        "unrated_rule": f"{steps.recipe.stocks.unrated} ({MEANING[steps.recipe.stocks.unrated]})",
        "worst_miss": f"{np.abs(steps.scaled.value_added_miss).max():.0%}",
    }
    found = [estimate.model_dump() for estimate in steps.recipe.estimates]
    try:
        return [{key: text.format_map(figures) for key, text in entry.items()} for entry in found]
    except (KeyError, ValueError) as problem:
        known = ", ".join(figures)
        raise ScenarioError([f"recipe.yaml: estimates: {{{problem}}} is not one of {known}"]) from None


def _scaling(steps: Calibration) -> dict[str, Any]:
    scaled = steps.scaled
    return {
        "growth_kind": _by_code(steps, steps.growth.kind),
        "growth_factor": _by_code(steps, steps.growth.factor),
        "value_added_miss": _by_code(steps, scaled.value_added_miss),
        "final_demand_factor": _by_code(steps, scaled.final_demand_factor),
        "stock_move": _by_code(steps, scaled.stock_move),
        "totals": steps.growth.reconstructed,
    }


def _prices(steps: Calibration) -> dict[str, Any]:
    prices = steps.prices
    rows = zip(prices.low, prices.high, prices.basis, strict=True)
    return {
        "period": "mean of January-October 2022 over mean of 2020",
        "stages": prices.stages,
        "by_sector": _by_code(steps, [{"low": low, "high": high, "basis": basis} for low, high, basis in rows]),
    }


def _regional(steps: Calibration) -> dict[str, Any]:
    regional = steps.regional
    own = {name: own_region_shares(c) for name, c in contents(steps.scaled.table, regional).items()}
    k = steps.sectors.index("C36a")
    return {
        "output_share_basis": _by_code(steps, regional.evidence),
        "distance_km": regional.distance,
        "export_share": regional.export_share,
        "notes": regional.notes,
        "default_method": regional.default,
        "own_share_of_value_added_multiplier": {
            method: {"C36a": shares[k], "mean": shares.mean(axis=0)} for method, shares in own.items()
        },
    }


def _ownership(steps: Calibration) -> dict[str, Any]:
    owners = steps.owners
    weights = {
        name: {"share": owners.weight[name], "low": owners.weight_low[name], "high": owners.weight_high[name]}
        for name in CLASSES
    }
    members = steps.sectors.expand("industry")
    sectors = {
        steps.sectors.codes[k]: {
            name: [owners.low[k, c], owners.share[k, c], owners.high[k, c]] for c, name in enumerate(CLASSES)
        }
        for k in members
    }
    return {
        "weights": weights,
        "fit": owners.fit._asdict(),
        "posterior": {
            name: {
                "quantiles": [float(q) for q in owners.posterior.posterior[:, c]],
                "kept": float(owners.posterior.kept[c]),
                "narrowed": owners.posterior.narrowed[c],
            }
            for c, name in enumerate(CLASSES)
        },
        "by_sector_low_central_high": sectors,
        "sourced": sorted({row["code"] for row in steps.figures.rows("ownership_sector_priors")}),
        "exports": _exports(steps),
    }


def _exports(steps: Calibration) -> dict[str, Any]:
    """Foreign firms' part in exports: with equal odds in every sector, low, central, high."""
    found, at = steps.exporters, ("even", "low", "central", "high")
    return {
        "owner": CLASSES[FOREIGN],
        "share": dict(zip(at, found.share, strict=True)),
        "odds_ratio": dict(zip(at, found.ratio, strict=True)),
        "by_class": {n: dict(zip(at, found.by_class[:, c], strict=True)) for c, n in enumerate(CLASSES)},
    }
