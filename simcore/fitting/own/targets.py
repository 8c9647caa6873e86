"""Published figures that a built economy must reproduce."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...economy import CATEGORIES, Economy
from ...economy.indicators import leontief_inverse, spectral_radius
from .reading import Opened


class Held(NamedTuple):
    """A target and what the built economy has."""

    what: str
    found: float
    low: float
    high: float
    met: bool
    source: str

    @property
    def fact(self) -> dict[str, Any]:
        """For ``meta``."""
        found, wanted = float(f"{self.found:.6g}"), _ends(self.low, self.high)
        return {"what": self.what, "found": found, "wanted": wanted, "met": self.met, "source": self.source}


def figures_of(economy: Economy) -> dict[str, Any]:
    """What targets can ask for: figures of the whole economy, and by sector."""
    A = economy.Z / np.where(economy.x > 0, economy.x, 1.0)
    by_product = np.zeros((economy.K, economy.n))
    by_product[economy.sector, np.arange(economy.n)] = 1.0
    output = by_product @ economy.x
    spread = by_product.T * economy.x[:, None] / np.where(output > 0, output, 1.0)  # (n, K) one unit of demand
    L = leontief_inverse(A)
    per_output = economy.value_added.sum(axis=0) / economy.x
    exports = economy.users("exports") if "exports" in _used(economy) else np.array([], dtype=int)
    pay = economy.value_added_names.index("compensation") if "compensation" in economy.value_added_names else None
    pay_row = economy.value_added[pay] if pay is not None else np.zeros(economy.n)
    return {
        "gdp": float(economy.value_added.sum()),
        "imports": float(economy.use_imported.sum() + economy.final_imported.sum()),
        "exports": float(economy.final_domestic[:, exports].sum() + economy.final_imported[:, exports].sum()),
        "spectral_radius": float(spectral_radius(A)),
        "output": output,
        "value_added": by_product @ economy.value_added.sum(axis=0),
        "compensation": by_product @ pay_row,
        "output_multiplier": L.sum(axis=0) @ spread,
        "value_added_multiplier": per_output @ L @ spread,
    }


def _used(economy: Economy) -> set[str]:
    return {CATEGORIES[c] for c in economy.user_category}


def held_targets(opened: Opened, economy: Economy) -> tuple[Held, ...]:
    """Every target of the recipe; one that is missed is told, as an error or a warning."""
    recipe = opened.recipe
    if not recipe.targets:
        return ()
    figures, rows = figures_of(economy), []
    for i, target in enumerate(recipe.targets):
        value = figures[target.of]
        if target.sector is not None:
            members = recipe.sectors.groups.get(target.sector, (target.sector,))
            places = [economy.sectors.index(c) for c in members if c in economy.sectors.codes]
            value = value[places].mean() if target.of.endswith("multiplier") else value[places].sum()
        value = float(np.sum(value))
        low, high = target.ends
        met = low <= value <= high
        name = target.of.replace("_", " ") + (f" of {target.sector}" if target.sector else "")
        if not met:
            unit = "" if target.of.endswith(("multiplier", "radius")) else " bn"
            prices = f" at prices of {economy.price_year}" if unit and recipe.deflators else ""
            near = low if value < low else high
            opened.tell(
                "SC515",
                f"{name} is {value:.6g}{unit}{prices} in the built economy, outside {_ends(low, high)}: "
                f"{value - near:+.4g}{unit}, {100 * (value / near - 1) if near else float('inf'):+.3g} %; "
                f"source of the target: {target.source}",
                "targets",
                i,
                severity=target.miss,
            )
        rows.append(Held(name, value, low, high, met, target.source))
    return tuple(rows)


def _ends(low: float, high: float) -> str:
    if not np.isfinite(low):
        return f"at most {high:.6g}"
    return f"at least {low:.6g}" if not np.isfinite(high) else f"{low:.6g} to {high:.6g}"
