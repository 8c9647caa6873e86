"""``check.md`` of a calibration from one's own table: every figure is computed from the economy that was built."""

from __future__ import annotations

import numpy as np

from ...economy import Economy
from ...economy.indicators import spectral_radius
from ..words import table
from .build import Built
from .price_base import price_report
from .settle import Settled
from .targets import figures_of
from .update import update_report

SHOWN = 12
NAMED = 20


def check_report(built: Built) -> str:
    """Balance, signs, targets, multipliers, what each balance moved, what is estimated, and hashes of the inputs."""
    economy, recipe = built.economy, built.opened.recipe
    parts = [
        f"# Check report: {recipe.name}, version {recipe.version}",
        f"{recipe.title}. Table of {recipe.year}"
        + (f", brought to {recipe.target_year}" if recipe.target_year else "")
        + (f", at prices of {built.prices.year}" if built.prices else "")
        + f"; vintage {recipe.vintage}. Written by the build. Money in {economy.unit} a year unless said otherwise.",
        "## Size\n\n" + _size(economy),
        "## Identities\n\nLargest gap over output.\n\n" + _identities(economy),
        "## What the balance moved\n\n" + _balance(built.settled),
        *update_report(
            built.settled, recipe.target_year, dict(zip(economy.sectors.codes, economy.sectors.names_en, strict=True))
        ),
        *price_report(built.prices, economy),
        "## Signs\n\n" + _signs(economy),
        "## Targets\n\n" + _targets(built),
        "## Multipliers\n\n" + _multipliers(economy),
        "## What is estimated or assumed\n\n" + _estimates(economy),
        "## Inputs\n\nSHA-256; `simcore calibrate --check` names a file that has changed since.\n\n"
        + table(["file", "SHA-256"], sorted(economy.meta["input_hashes"].items())),
    ]
    return "\n\n".join(parts) + "\n"


def _size(economy: Economy) -> str:
    f = figures_of(economy)
    industry = economy.value_added.sum(axis=0)[economy.is_industry].sum()
    regions = "1 region" if economy.R == 1 else f"{economy.R} regions"
    return (
        f"{economy.n} activities: {economy.K} sectors, {regions}; {economy.P} pools, {economy.F} final "
        f"users. Value added {f['gdp']:,.1f}, of it {industry:,.1f} in the group 'industry' (the headline of results); "
        f"output {economy.x.sum():,.1f}, imports {f['imports']:,.1f}, exports {f['exports']:,.1f}."
    )


def _identities(economy: Economy) -> str:
    rows = economy.Z.sum(axis=1) + economy.Y.sum(axis=1) + economy.stock_change - economy.x
    columns = economy.use_domestic.sum(axis=0) + economy.use_imported.sum(axis=0)
    columns = columns + economy.value_added.sum(axis=0) - economy.x
    spending = economy.Y.sum() + economy.final_imported.sum() + economy.stock_change.sum()
    imports = economy.use_imported.sum() + economy.final_imported.sum()
    gdp = economy.value_added.sum()
    return table(
        ["identity", "gap"],
        [
            ["supply = use, every activity", f"{np.abs(rows / economy.x).max():.1e}"],
            ["output = inputs + value added, every activity", f"{np.abs(columns / economy.x).max():.1e}"],
            ["value added = final demand less imports", f"{abs(spending - imports - gdp) / gdp:.1e}"],
        ],
    )


def _balance(settled: Settled) -> str:
    rows, columns, names = settled.row_gap, settled.column_gap, settled.published.activities
    i, j = int(np.abs(rows).argmax()), int(np.abs(columns).argmax())
    text = (
        f"As published, sales differ from output by at most {100 * rows[i]:+.2g} % ({names[i]}), inputs and value "
        f"added by at most {100 * columns[j]:+.2g} % ({names[j]})."
    )
    if settled.start is None:
        return text + " No balance was needed."
    count = "solved at once" if settled.iterations is None else f"{settled.iterations} iterations"
    text += (
        f" Balanced by {settled.method}, {count}; margins are met to {settled.worst[1]:.1e} or better "
        f"({settled.worst[0]}). Cells moved by {100 * settled.moved:.3g} % of all flows."
    )
    if settled.totals:
        text += "\n\n" + table(
            ["totals of", "before", "wanted", "after"], [[t[0], *(f"{v:,.2f}" for v in t[1:])] for t in settled.totals]
        )
    if settled.missed:
        text += "\n\nUncertain totals that gave way by more than 5 %: " + "; ".join(settled.missed[:SHOWN]) + "."
    return (
        text
        + "\n\nLargest moves:\n\n"
        + table(
            ["row", "column", "before", "after"], [[r, c, f"{b:,.3f}", f"{a:,.3f}"] for r, c, b, a in settled.largest]
        )
    )


def _signs(economy: Economy) -> str:
    def names(mask: np.ndarray) -> str:
        labels = economy.sectors.codes if economy.n == economy.K else economy.activities
        found = [labels[i] for i in np.flatnonzero(mask)]
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        return ", ".join(found[:NAMED]) + more or "none"

    rows = [["stock changes", names(economy.stock_change < 0)]]
    rows += [[n, names(economy.value_added[i] < 0)] for i, n in enumerate(economy.value_added_names)]
    smallest = min(economy.use_domestic.min(), economy.use_imported.min())
    return f"Smallest flow {smallest:.3g}, smallest final demand {economy.final_domestic.min():.3g}. Negative:\n\n" + (
        table(["what", "where"], rows)
    )


def _targets(built: Built) -> str:
    if not built.targets:
        return "The recipe names none, so nothing outside the table has been checked."
    rows = []
    for name, found, low, high, met, source in built.targets:
        bounds = (
            f"{low:,.6g} to {high:,.6g}"
            if np.isfinite([low, high]).all()
            else (f"at most {high:,.6g}" if np.isfinite(high) else f"at least {low:,.6g}")
        )
        rows.append([name, f"{found:,.6g}", bounds, "yes" if met else "**no**", source])
    return table(["what", "built", "published", "met", "source"], rows)


def _multipliers(economy: Economy) -> str:
    f = figures_of(economy)
    B = (economy.use_domestic + economy.use_imported) @ _by_sector(economy)
    output = np.where(f["output"] > 0, f["output"], 1.0)
    order = np.argsort(-f["value_added"])[:SHOWN]
    rows = [
        [
            f"{economy.sectors.codes[k]} {economy.sectors.names_en[k]}",
            f"{f['output_multiplier'][k]:.2f}",
            f"{f['value_added_multiplier'][k]:.2f}",
        ]
        for k in order
    ]
    currency = economy.meta["currency"]
    return (
        f"Spectral radius {f['spectral_radius']:.3f} (domestic inputs), {spectral_radius(B / output):.3f} (all "
        f"inputs). Open model, domestic inputs; the {len(rows)} largest sectors.\n\n"
    ) + table(["product", f"output per {currency} of demand", f"value added per {currency}"], rows)


def _by_sector(economy: Economy) -> np.ndarray:
    found = np.zeros((economy.n, economy.K))
    found[np.arange(economy.n), economy.sector] = 1.0
    return found


def _estimates(economy: Economy) -> str:
    rows = [[e["item"], e["what"], e["method"], e["range"], e["flag"]] for e in economy.meta["estimate_details"]]
    return table(["item", "what", "method", "range", "flag"], rows)
