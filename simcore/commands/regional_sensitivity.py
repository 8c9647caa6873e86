"""How far regional results depend on the way trade between regions is estimated: a report and a figure.

The effect of one scenario by region is worked out by the model under every method of trade and under other values of
what the methods assume. Where demand lands follows from the multipliers of each.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..content import find_scenario
from ..economy.baseline import Baseline
from ..economy.estimates import estimates_in
from ..economy.store import load_economy
from ..effects import Requests, grow, vary
from ..errors import SimcoreError
from ..language.scenario import load
from ..levels import TOTAL
from ..plot.regions import ByWay, draw_regions
from ..setting import Calibration, carried, prepare

if TYPE_CHECKING:
    from ..fitting.calibrate import Calibration as Steps
    from ..fitting.trade import Trade

SCENARIO = "notice-2022-five"
REPORT, FIGURE = "regions.md", "regions.png"
WIDE = 8  # more regions than these stand in rows
PRODUCTS = ("C36a", "C31", "B06", "D44", "C30", "C39", "C34", "C38", "C17", "E", "F")


@dataclass(frozen=True)
class Dependence(ByWay):
    """Results by region under every way of estimating trade."""

    amount: np.ndarray  # (W, R + 1) bn yuan
    own: np.ndarray  # (W,) share of the value-added multiplier that stays in the region, mean by output
    spill: np.ndarray  # (W,) share of the value added of a region's final demand that other regions earn
    landed: np.ndarray  # (W, K, R) of one more yuan of demand for a product
    landed_broad: np.ndarray  # (K, R) the same by the first way if no product had figures of its own
    evidence: tuple[str, ...]  # (K,) what the output shares of products rest on
    products: tuple[str, ...]  # (K,) codes


def dependence(folder: str | Path, scenario: str = SCENARIO) -> Dependence:
    """Work out the regional results of a built calibration under every way of estimating trade.

    Raises
    ------
    SimcoreError
        If the calibration estimates no trade: that of one's own table is what the table says.
    """
    from ..fitting.calibrate import work_through
    from ..fitting.own.reading import is_own
    from ..fitting.regional_variants import all_methods, other_parameters
    from ..fitting.regions import regionalise
    from ..fitting.spread import content_of_trade, landed_share, own_region_shares, spill_over, where_demand_lands

    if is_own(folder):
        raise SimcoreError(
            f"{Path(folder).name} is made from a table of its own, whose regions and trade are not estimated by "
            "several ways; there is nothing to set out"
        )
    steps = work_through(folder)
    methods = all_methods(steps)
    trades = methods | other_parameters(steps)
    regional, table = steps.regional, steps.scaled.table
    made, final = regional.markets.output, regional.markets.final
    own, spill, landed = [], [], []
    for trade in trades.values():
        content = content_of_trade(table, regional.output_share, trade.flows, regional.exports)
        own.append((own_region_shares(content) * made).sum() / made.sum())
        spill.append(np.average(spill_over(content, trade.flows, final), weights=final.sum(axis=0)))
        landed.append(landed_share(content, regional.output_share))
    broad = steps.recipe.model_copy(update={"regional": steps.recipe.regional.model_copy(update={"products": {}})})
    blind = regionalise(steps.figures, steps.sectors, table, broad)
    model, percent, amount = _effects(Path(folder), steps, trades, scenario)
    return Dependence(
        scenario, model, steps.recipe.regions.as_codes().names_en, tuple(trades), len(methods),
        tuple(regional.balance), percent, amount, np.array(own), np.array(spill), np.array(landed),
        where_demand_lands(table, blind, blind.default), regional.evidence, steps.sectors.codes,
    )  # fmt: skip


def _effects(folder: Path, steps: Steps, trades: dict[str, Trade], name: str) -> tuple[str, np.ndarray, np.ndarray]:
    """Model, and the scenario's effect by way and place: % of the baseline over the run, and bn yuan."""
    from ..fitting.regional_variants import with_trade

    economy = load_economy(folder)
    baseline = Baseline.load(folder / "baseline.npz")
    known = Calibration(economy, baseline, {}, estimates_in(folder, baseline.last_observed))
    scenario = load(find_scenario(name), sets=(f"calibration={steps.recipe.name}@{steps.recipe.version}",))
    setting = prepare(scenario, calibrations=lambda name, origin: known)
    package = setting.package(scenario)
    requests = Requests()
    central = requests.add(package, setting.model)
    others = [
        requests.add_effect(setting.package(scenario, with_trade(economy, steps.regional, trade)), setting.model)
        for trade in trades.values()
    ]
    answers = requests.run()
    grown = grow(setting.yardstick, central(answers), carried(package))
    labels = [(TOTAL, TOTAL, TOTAL), *((TOTAL, code, TOTAL) for code in economy.regions.codes)]
    rows = [setting.yardstick.slices.labels.index(label) for label in labels]
    percent, amount = [], []
    for read in others:
        path, _ = vary(setting.yardstick, grown, read(answers))
        without = grown.without[rows, -path.level.shape[1] :].sum(axis=1)
        gain = path.level[rows].sum(axis=1) - without
        percent.append(100.0 * gain / without)
        amount.append(gain)
    return setting.model.name, np.array(percent), np.array(amount)


def report(found: Dependence, calibration: str) -> str:
    """The report in Markdown."""
    parts = [
        f"# Regions of {calibration}: how much depends on the method of trade",
        f"Written by `simcore regions {calibration}`. Who supplies whom across regions is not observed; every way "
        "below meets the same totals of the nation, output and purchases by region. Results of runs carry the range of "
        f"{', '.join(found.shown)}; this page adds the other methods and other values of what they assume.",
        _ways(found),
        _effect(found),
        _where(found),
        _what_is_evidence(found),
        f"![Effect by region under every method]({FIGURE})",
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: list[str], rows) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)])


def _ways(found: Dependence) -> str:
    rows = [
        (way + (" (taken)" if w == 0 else ""), f"{found.own[w]:.2f}", f"{found.spill[w]:.2f}",
         f"{found.percent[w, 0]:+.3f}")
        for w, way in enumerate(found.ways)
    ]  # fmt: skip
    nation = np.ptp(found.percent[:, 0])
    return (
        "## What each way implies\n\n"
        "Own: share of a product's value-added multiplier that stays where it is made, mean "
        "by output. Spill-over: share of the value added of a region's final demand that other regions earn. Nation: "
        f"effect of {found.scenario} (model {found.model}) on industrial value added, % over the run: it moves by "
        f"{nation:.0e} points over all ways. The sums of the table are the same under each; what is left are stocks "
        "and capacities of single places, which bind a little sooner or later.\n\n"
        + _table(["way", "own", "spill-over", "nation, %"], rows)
    )


def _effect(found: Dependence) -> str:
    """Effect by region: every way for few regions, the ends of the range for many."""
    m, shown = found.methods, [found.ways.index(way) for way in found.shown]
    text = (
        f"## Effect of {found.scenario} by region\n\n% of the region's industrial value added over the run; in "
        "brackets bn yuan."
    )
    if len(found.regions) <= WIDE:
        rows = [
            (way, *(f"{p:+.3f} ({a:+.1f})" for p, a in zip(found.percent[w, 1:], found.amount[w, 1:], strict=True)))
            for w, way in enumerate(found.ways)
        ]
        return text + "\n\n" + _table(["way", *found.regions], rows)
    p = found.percent[:, 1:]
    rows = []
    for r, name in enumerate(found.regions):
        low, high = (int(f(p[:m, r])) for f in (np.argmin, np.argmax))
        rows.append((
            name, f"{p[0, r]:+.3f} ({found.amount[0, r + 1]:+.1f})",
            f"{p[shown, r].min():+.3f} to {p[shown, r].max():+.3f}",
            f"{p[:m, r].min():+.3f} ({found.ways[low]}) to {p[:m, r].max():+.3f} ({found.ways[high]})",
            f"{p[:, r].min():+.3f} to {p[:, r].max():+.3f}",
        ))  # fmt: skip
    head = ["region", found.ways[0], "range that runs show", "range over all methods", "and over parameters"]
    return text + "\n\n" + _table(head, rows)


def _where(found: Dependence) -> str:
    m = found.methods
    rows = []
    for code in (c for c in PRODUCTS if c in found.products):
        k = found.products.index(code)
        places = np.arange(len(found.regions))
        if len(places) > WIDE:
            places = np.argsort(-found.landed[0, k], kind="stable")[:4]
        cells = [
            f"{found.regions[r]} {found.landed[0, k, r]:.2f} "
            f"({found.landed[:m, k, r].min():.2f}-{found.landed[:m, k, r].max():.2f}; {found.landed_broad[k, r]:.2f})"
            for r in places
        ]
        rows.append((code, *cells, found.evidence[k]))
    head = ["product", *(f"{i + 1}." for i in range(len(rows[0]) - 2)), "output shares rest on"]
    return (
        "## Where one more yuan of demand lands\n\nShares of regions in its value added, output made where it is now; "
        "in brackets the range over all methods and, behind it, the share if every product had the broad share of its "
        "sector: what figures by product are worth.\n\n" + _table(head, rows)
    )


def _what_is_evidence(found: Dependence) -> str:
    known = [f"{c} ({e})" for c, e in zip(found.products, found.evidence, strict=True) if "share_only" not in e]
    return (
        "## What is evidence\n\nOutput by province speaks for: " + "; ".join(known) + ". All other products carry the "
        "share of their broad sector (`share_only`): two of them differ by region through their inputs alone, and no "
        "method of trade can repair that: the range over methods does not hold this error. Trade itself is an "
        "assumption under every way, the default included; nothing published by November 2022 tells them apart, so the "
        "range is the result. Location quotients without a term of size (slq, cilq, rlq) net out two-way trade and "
        "overstate what stays: upper ends, not candidates."
    )


def write(folder: str | Path, scenario: str = SCENARIO) -> Path:
    """Write the report and its figure beside a calibration; the report's path."""
    folder = Path(folder)
    found = dependence(folder, scenario)
    draw_regions(found).savefig(folder / FIGURE, dpi=110, metadata={"Software": None})
    path = folder / REPORT
    path.write_text(report(found, folder.resolve().name), encoding="utf-8", newline="\n")
    return path
