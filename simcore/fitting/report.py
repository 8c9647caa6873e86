"""The check report of a calibration: what an economist looks at before using the economy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..economy import Economy
from ..economy.indicators import leontief_inverse, spectral_radius
from . import words
from .criticality import MEANING, UNRATED
from .owner_posterior import CLASSES
from .owner_report import owners_section
from .regional_report import regions_section
from .stocks import rate_inputs

if TYPE_CHECKING:
    from .calibrate import Calibration

SHOWN = ("C36a", "C36b", "C34", "C35", "C31", "C39", "E", "C38", "C18", "C17")


def check_report(economy: Economy, steps: Calibration) -> str:
    """Markdown: identities, signs, multipliers, scaling, prices, regions, owners, stocks; of this build."""
    parts = [
        f"# Check report: {economy.name}, version {economy.version}",
        f"Vintage {steps.recipe.vintage.isoformat()}. Written by the build; every figure is computed from "
        "the economy in this folder. Money in bn yuan at prices of 2020 unless said otherwise.",
        _size(economy),
        _identities(economy, steps),
        _signs(economy),
        _multipliers(steps),
        _scaling(steps),
        _prices(steps),
        regions_section(steps),
        owners_section(economy, steps),
        _stocks(economy, steps),
        _criticality(steps),
        _estimates(economy),
    ]
    return "\n\n".join(parts) + "\n"


def _size(economy: Economy) -> str:
    gdp, x = economy.value_added.sum(), economy.x.sum()
    return (
        f"## Size\n\n{economy.n} activities: {economy.K} sectors, {economy.R} regions, {len(CLASSES)} "
        f"kinds of owner in industry; {economy.P} pools, {economy.F} final users. Value added {gdp:,.0f}, "
        f"output {x:,.0f}, industrial value added "
        f"{economy.value_added[:, economy.is_industry].sum():,.0f}, imports "
        f"{economy.use_imported.sum() + economy.final_imported.sum():,.0f}, exports "
        f"{economy.final_domestic[:, economy.users('exports')].sum():,.0f}."
    )


def _identities(economy: Economy, steps: Calibration) -> str:
    national = steps.scaled.table
    by_sector = np.zeros((economy.K, economy.n))
    by_sector[economy.sector, np.arange(economy.n)] = 1.0
    bought, at_home = _by_pool(economy), np.zeros((economy.K, economy.P, economy.K))
    for p in range(economy.P):
        buyers = economy.pool == p
        at_home[:, p] = economy.use_domestic[:, buyers] @ by_sector[:, buyers].T
    # Of each product the origins of a pool sum to one, so that inputs by sector are those of the nation.
    flows = np.einsum("kp,kpj->kj", by_sector @ economy.origin, at_home)
    sold = (economy.origin * bought[economy.sector]).sum(axis=1) + economy.stock_change
    paid = economy.use_domestic.sum(axis=0) + economy.use_imported.sum(axis=0) + economy.value_added.sum(axis=0)
    rows = [
        ("supply = use, every activity", np.abs(sold / economy.x - 1).max()),
        ("output = inputs + value added, every activity", np.abs(paid / economy.x - 1).max()),
        ("domestic inputs by product and buyer sum to the national table",
         _gap(economy.use_domestic @ by_sector.T, national.use_domestic)),
        ("imported inputs likewise", _gap(economy.use_imported @ by_sector.T, national.use_imported)),
        ("value added likewise", _gap(economy.value_added @ by_sector.T, national.value_added)),
        ("output by sector", _gap(by_sector @ economy.x, national.x)),
        ("final demand by product",
         _gap(economy.final_domestic.sum(axis=1), national.final_domestic.sum(axis=1))),
        ("flows by sector, origins summed", _gap(flows, national.use_domestic)),
    ]  # fmt: skip
    for method, origin in sorted(economy.alternatives.items()):
        other = (origin * bought[economy.sector]).sum(axis=1) + economy.stock_change
        rows.append((f"supply = use under {method}", np.abs(other / economy.x - 1).max()))
    return "## Identities\n\nLargest relative gap.\n\n" + words.table(
        ["identity", "gap"], [(n, f"{v:.1e}") for n, v in rows]
    )


def _by_pool(economy: Economy) -> np.ndarray:
    """Domestic purchases of firms and final users by pool, (K, P)."""
    member = (economy.pool[:, None] == np.arange(economy.P)).astype(float)
    users = (economy.user_pool[:, None] == np.arange(economy.P)).astype(float)
    return economy.use_domestic @ member + economy.final_domestic @ users


def _gap(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(found - wanted).max() / np.abs(wanted).max())


def _signs(economy: Economy) -> str:
    def codes(mask: np.ndarray) -> str:
        return ", ".join(c for c, negative in zip(economy.sectors.codes, mask, strict=True) if negative) or "none"

    stock = np.bincount(economy.sector, economy.stock_change, economy.K)
    rows = [("stock changes", codes(stock < 0))]
    for v, name in enumerate(economy.value_added_names):
        rows.append((name, codes(np.bincount(economy.sector, economy.value_added[v], economy.K) < 0)))
    flows = min(economy.use_domestic.min(), economy.use_imported.min(), economy.final_domestic.min())
    zeros = sum(int((a < 0).sum()) for a in (economy.origin, economy.final_imported))
    return (
        f"## Signs\n\nSmallest domestic or imported flow {flows:.3g}; negative origin shares or imported "
        f"final demand {zeros}; activities without output {int((economy.x <= 0).sum())}. Negative entries "
        "are those of the published table:\n\n" + words.table(["negative", "sectors"], rows)
    )


def _multipliers(steps: Calibration) -> str:
    table = steps.published
    A, A_all = table.use_domestic / table.x, (table.use_domestic + table.use_imported) / table.x
    L = leontief_inverse(A)
    content = table.value_added.sum(axis=0) / table.x
    industry = np.zeros(len(content))
    members = list(steps.sectors.expand("industry"))
    industry[members] = content[members]
    rows = []
    for code in SHOWN:
        k = steps.sectors.index(code)
        rows.append((f"{code} {steps.sectors.names_en[k]}", f"{L[:, k].sum():.2f}",
                     f"{content @ L[:, k]:.2f}", f"{100 * industry @ L[:, k]:.0f}"))  # fmt: skip
    return (
        f"## Multipliers of the table of 2020\n\nSpectral radius {spectral_radius(A):.3f} (domestic "
        f"inputs), {spectral_radius(A_all):.3f} (all inputs); scaling leaves both as they are. Open "
        "model, domestic inputs: output counts every round gross, so it must not stand beside sales.\n\n"
        + words.table(["product", "output per yuan of demand", "value added per yuan",
                  "industrial value added per 100 of demand"], rows)
    )  # fmt: skip


def _scaling(steps: Calibration) -> str:
    growth, scaled = steps.growth, steps.scaled
    checks = growth.reconstructed
    rows = []
    for k, code in enumerate(steps.sectors.codes):
        rows.append((
            code, growth.kind[k], *(f"{100 * year[k]:.1f}" for year in growth.yearly),
            f"{growth.factor[k]:.3f}",
            f"{100 * scaled.value_added_miss[k]:+.1f}", f"{scaled.final_demand_factor[k]:.3f}",
            f"{100 * scaled.stock_move[k]:+.2f}",
        ))  # fmt: skip
    exact = ", ".join(growth.totals)
    before, after = steps.published.value_added.sum(), scaled.table.value_added.sum()
    worst = int(np.abs(scaled.value_added_miss).argmax())
    return (
        f"## Volumes from 2020 to 2022\n\nValue added {before:,.0f} to {after:,.0f}. Met exactly: value "
        f"added of {exact}. GDP growth from the parts {100 * checks['gdp_2021_from_parts']:.2f} % (2021; "
        f"published {100 * checks['gdp_2021_published']:.1f}) and "
        f"{100 * checks['gdp_2022_from_parts']:.2f} % (2022; published for January-September "
        f"{100 * checks['gdp_2022_published']:.1f}). All else gives way within its tolerance; the largest "
        f"miss is {steps.sectors.codes[worst]} with {100 * scaled.value_added_miss[worst]:+.1f} %: with "
        "coefficients of 2020 its buyers need more, or less, than its published growth. Kind: published "
        "(own value added in both years), proxy (output of the product in one year), residual (what its "
        "group leaves, in one year at least).\n\n"
        + words.table(["sector", "kind", "2021, %", "2022, %", "factor", "miss of value added, %",
                  "final demand factor", "stocks moved, % of output"], rows)
    )  # fmt: skip


def _prices(steps: Calibration) -> str:
    prices = steps.prices
    stages = ", ".join(f"{name} {value:.3f}" for name, value in prices.stages.items())
    rows = [
        (code, f"{prices.level[k]:.3f}", f"{prices.low[k]:.2f}-{prices.high[k]:.2f}", prices.basis[k])
        for k, code in enumerate(steps.sectors.codes)
    ]
    return (
        "## Prices\n\nMean of January-October 2022 over the mean of 2020; the published rates do not "
        f"give October alone. Stages: {stages}. Indices turn money of 2022 into volumes; they never enter "
        "the table.\n\n" + words.table(["sector", "index", "range", "basis"], rows)
    )


def _stocks(economy: Economy, steps: Calibration) -> str:
    store = steps.store
    use = economy.use_domestic + economy.use_imported
    storable = (economy.cover > 0) & (use > 0)
    industry = storable & economy.is_industry
    rows = [
        (code, f"{store.headroom[k]:.3f}", store.headroom_basis[k])
        for k, code in enumerate(steps.sectors.codes)
        if code in ("A", "B06", "B07", "C25", "C26", "C31", "C34", "C36a", "C38", "C39", "D44", "E", "F")
    ]  # fmt: skip
    return (
        "## Stocks, headroom, employment\n\nMean cover of industry's storable inputs "
        f"{np.average(economy.cover[industry], weights=use[industry]):.1f} days, from "
        f"{economy.cover[industry].min():.1f} to {economy.cover[industry].max():.1f}. "
        f"Employment {np.nansum(economy.employment):.1f} million persons (2018), unknown for "
        f"{int(np.isnan(economy.employment).sum())} activities.\n\n"
        + words.table(["sector", "headroom", "basis"], rows)
    )


def _criticality(steps: Calibration) -> str:
    """The survey's ratings in our sectors, and what the rule for unrated pairs decides."""
    options, codes = steps.recipe.stocks, steps.sectors.codes
    use = steps.scaled.table.use_domestic + steps.scaled.table.use_imported
    rows = []
    for rule in UNRATED:
        rated = rate_inputs(steps.figures, steps.sectors, steps.scaled.table, options, rule).rating
        depends = [(rated >= level) * use for level in (1.0, 0.5)]
        rows.append((
            f"{rule} (taken)" if rule == options.unrated else rule, MEANING[rule],
            *(int((rated == level).sum()) for level in (1.0, 0.5)),
            *(f"{100 * bought.sum() / use.sum():.1f}" for bought in depends),
        ))  # fmt: skip
    pairs = ", ".join(f"{codes[k]} for {codes[j]}" for k, j in steps.store.unrated) or "none"
    return (
        "## Critical inputs\n\nRatings of IHS Markit's analysts (Pichler et al. 2022; licence in sources/SOURCES.md) "
        "by concordance. A pair of product and user counts as unrated where a cell of the survey that it stands on is "
        f"empty: {len(steps.store.unrated)} pairs in use ({pairs}). What they count as is `stocks: unrated` of the "
        "recipe; under each rule:\n\n"
        + words.table(["rule", "an unrated input", "critical pairs", "important pairs",
                  "critical, % of purchases", "critical or important, % of purchases"], rows)
    )  # fmt: skip


def _estimates(economy: Economy) -> str:
    rows = [(e["item"], e["method"], e["source"], e["range"], e["flag"]) for e in economy.meta["estimate_details"]]
    return "## What is estimated\n\n" + words.table(["item", "method", "sources", "range", "flag"], rows)
