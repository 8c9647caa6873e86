"""What is known of the kinds of owner: their weights, who exports, stocks and credit by owner, and what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..economy import Economy
from . import words
from .figures import Figures
from .owner_posterior import APART, CLASSES, MARGIN, REVENUE

if TYPE_CHECKING:
    from .calibrate import Calibration

DAYS = 151.0  # January to May, which flows of Beijing's figures cover
GROUPS = {
    "total": "all",
    "state_holding": "state-holding",
    "private": "private",
    "foreign_hmt": "foreign",
    "joint_stock": "joint-stock",
}

OPEN = words.paragraphs(
    """Looked for in what was published up to the vintage and not found: the statistics office's monthly tables by kind
    of owner (days of finished goods, days of receivables, liabilities, revenue), export deliveries by kind of owner for
    all of industry, customs exports of foreign-invested and of state-owned enterprises apart from their imports,
    interest rates of loans by kind of borrower. So stocks and credit do not differ by owner inside a sector."""
)


def owners_section(economy: Economy, steps: Calibration) -> str:
    """Markdown: weights with their posterior, sectors, exports, stocks and credit by kind of owner; of this build."""
    parts = [_weights(economy, steps), _sectors(steps), _exports(economy, steps), _stocks(economy, steps.figures)]
    return "\n\n".join([*parts, _credit(steps.figures), f"### Open\n\n{OPEN}"])


def _weights(economy: Economy, steps: Calibration) -> str:
    owners, posterior = steps.owners, steps.owners.posterior
    earned = ", ".join(f"{n} {p:.2f}" for n, p in zip(CLASSES, posterior.profits, strict=False))
    spans = ((posterior.prior, 0, 4), (posterior.posterior, 0, 4), (posterior.posterior, 1, 3))
    found = np.bincount(economy.ownership, economy.value_added.sum(axis=0), len(economy.ownerships))
    inside = found[: len(CLASSES)] / found[: len(CLASSES)].sum()
    rows = [
        (
            name,
            f"{owners.weight[name]:.3f}",
            f"{inside[c]:.3f}",
            *(f"{q[a][c]:.3f}-{q[b][c]:.3f}" for q, a, b in spans),
            f"{posterior.kept[c]:.2f}",
            "yes" if posterior.narrowed[c] else "no",
        )
        for c, name in enumerate(CLASSES)
    ]
    fit = owners.fit
    return (
        f"## Owners inside industry\n\nTotal growth = {1 - fit.weight:.3f} joint-stock + {fit.weight:.3f} "
        f"foreign over {fit.months} releases of 2022 (mean error {fit.mean_error:.2f} pp; leaving out a "
        f"month {fit.low:.3f} to {fit.high:.3f}; standard error {fit.standard_error:.3f}). State and private inside "
        "joint-stock overlap and are bounded only: by priors, by shares in profits of "
        f"{posterior.period} ({earned}; within a factor of {np.exp(MARGIN):.2f}, assumption), by the share of private "
        f"firms in revenue of {posterior.year} ({posterior.revenue:.3f}; within a factor of {np.exp(REVENUE):.2f}, "
        f"assumption), and by what growth leaves for other joint-stock firms (within {APART:g} pp of all of them on "
        "average, assumption). Ranges of results by owner take 5 and 95 % of the posterior.\n\n"
        + words.table(["class", "wanted", "in the economy", "prior, 5 to 95 %", "posterior, 5 to 95 %", "25 to 75 %",
                 "spread kept", "narrowed"], rows)
    )  # fmt: skip


def _sectors(steps: Calibration) -> str:
    owners = steps.owners
    sourced = [row["code"] for row in steps.figures.rows("ownership_sector_priors")]
    rows = [
        (code, *(f"{owners.share[k, c]:.2f} ({owners.low[k, c]:.2f}-{owners.high[k, c]:.2f})" for c in range(4)))
        for code in (*sourced, "C36a")
        for k in [steps.sectors.index(code)]
    ]
    return (
        "Sectors with a sourced share of one class (`sources/ownership_sector_priors.csv`), and vehicles, which stand "
        "for all the others: their shares are the same by construction. Range in brackets.\n\n"
        + words.table(["sector", *CLASSES], rows)
    )


def _exports(economy: Economy, steps: Calibration) -> str:
    found = steps.exporters
    even, low, share, high = found.share
    made = np.bincount(economy.ownership, economy.x * economy.is_industry, len(economy.ownerships))[: len(CLASSES)]
    abroad = steps.regional.exports[list(steps.sectors.expand("industry"))].sum()
    rows = []
    for c, name in enumerate(CLASSES):
        ends = np.sort(found.by_class[1:, c])
        of_own = 100.0 * abroad * np.array([found.by_class[2, c], ends[0], ends[-1]]) / made[c]
        rows.append((
            name, f"{made[c] / made.sum():.3f}", f"{found.by_class[0, c]:.3f}",
            f"{found.by_class[2, c]:.3f} ({ends[0]:.3f}-{ends[-1]:.3f})",
            f"{of_own[0]:.0f} ({of_own[1]:.0f}-{of_own[2]:.0f})",
        ))  # fmt: skip
    k = steps.sectors.index("C39")
    electronics = (steps.regional.exports[k] @ found.abroad[k])[CLASSES.index("foreign")]
    electronics /= steps.regional.exports[k].sum()
    then = _electronics(steps.figures)
    text = f"""Foreign firms make {share:.2f} of industry's exports ({low:.2f}-{high:.2f}): their share in all trade of
    2021, and what private firms did not export in 2019, are the ends, the middle is an assumption. Customs count who
    declares, not who makes. Their sectors alone would give {even:.2f}; the rest is one odds ratio of exporting between
    foreign firms and all others in every sector and region, {found.ratio[2]:.1f}
    ({found.ratio[1]:.1f}-{found.ratio[3]:.1f}). Exports, sales at home and output of every sector and region stay as
    they are; what a kind of owner makes stays too, only where it goes differs. State, private and other firms export
    alike: nothing tells them apart."""
    check = f"""A check from the makers' side: in electronics foreign, Hong Kong, Macao and Taiwan firms made
    {then[0]:.2f} of sales and {then[1]:.2f} of export deliveries in the first half of 2013, an odds ratio of
    {then[2]:.0f}; here they make {steps.owners.share[k, CLASSES.index("foreign")]:.2f} of the output of C39 and
    {electronics:.2f} of its exports. One ratio for all sectors is too even."""
    head = [
        "class", "share of output", "of exports, equal odds", "of exports (range)", "exports, % of its output (range)"
    ]  # fmt: skip
    return f"### Exports\n\n{words.paragraphs(text)}\n\n{words.table(head, rows)}\n\n{words.paragraphs(check)}"


def _electronics(figures: Figures) -> tuple[float, float, float]:
    """Share of firms with foreign money in sales and in export deliveries of electronics, and the odds ratio."""

    def value(group: str, measure: str) -> float:
        return figures.number("ownership_differences", "value", period="2013H1", group=group, measure=measure)

    shares = []
    for measure in ("sales", "export delivery"):
        foreign = value("foreign_only", f"share of {measure}") / 100.0
        hmt, domestic = value("hmt", measure), value("domestic", measure)
        shares.append(foreign + (1.0 - foreign) * hmt / (hmt + domestic))
    sales = value("hmt", "sales") + value("domestic", "sales")
    sales /= 1.0 - value("foreign_only", "share of sales") / 100.0
    exports = value("hmt", "export delivery") + value("domestic", "export delivery")
    exports /= 1.0 - value("foreign_only", "share of export delivery") / 100.0
    abroad, home = shares[1] * exports, shares[0] * sales - shares[1] * exports
    others = (1.0 - shares[1]) * exports, (1.0 - shares[0]) * sales - (1.0 - shares[1]) * exports
    return shares[0], shares[1], abroad / home / (others[0] / others[1])


def _beijing(figures: Figures, topic: str, measure: str) -> dict[str, float]:
    rows = figures.rows("ownership_differences", topic=topic, area="Beijing", measure=measure)
    return {row["group"]: float(row["value"]) for row in rows}


def _stocks(economy: Economy, figures: Figures) -> str:
    cost = _beijing(figures, "stocks", "cost of revenue")
    held = [_beijing(figures, "stocks", m) for m in ("finished goods", "raw materials")]
    rows = [(GROUPS[g], *(f"{h[g] / cost[g] * DAYS:.1f}" for h in held)) for g in cost]
    raw = [held[1][g] / cost[g] / (held[1]["total"] / cost["total"]) for g in cost]
    use = economy.use_domestic + economy.use_imported
    goods = (use * economy.cover)[economy.is_hauled].sum(axis=0)
    own = []
    for c, name in enumerate(CLASSES):
        inside = (economy.ownership == c) & economy.is_industry
        own.append(f"{name} {goods[inside].sum() / use[:, inside].sum():.1f}")
    text = """Days of cost that firms in one city held in stock, end of April 2017 (Beijing, above-scale industry, power
    grid included; cost of January to May):"""
    meaning = f"""These averages mix owners with sectors: who runs the grid stores nothing. The economy holds the same
    days for all owners of a sector; over all their inputs that is {", ".join(own)} days of goods. No figure by owner
    and sector was found, so no difference inside a sector is entered; in Beijing raw materials of a kind of owner lay
    at {min(raw):.1f} to {max(raw):.1f} of the mean, the range that such a difference could have."""
    grid = words.table(["firms", "finished goods", "raw materials"], rows)
    return f"### Stocks\n\n{words.paragraphs(text)}\n\n{grid}\n\n{words.paragraphs(meaning)}"


def _credit(figures: Figures) -> str:
    debts: dict[tuple[str, str], dict[str, str]] = {}
    for row in figures.rows("ownership_differences", topic="credit", measure="liabilities over assets"):
        debts.setdefault((row["area"], row["period"]), {})[row["group"]] = row["value"]
    revenue, owed, paid = (_beijing(figures, "credit", m) for m in ("revenue", "receivables", "financial expenses"))
    rows = [("liabilities, % of assets", *key, *(found.get(g, "") for g in GROUPS)) for key, found in debts.items()]
    days = {g: f"{owed[g] / revenue[g] * DAYS:.0f}" for g in revenue}
    share = {g: f"{100.0 * paid[g] / revenue[g]:.1f}" for g in revenue}
    rows.append(("receivables, days of revenue", "Beijing", "2017M4", *(days.get(g, "") for g in GROUPS)))
    rows.append(("financial expenses, % of revenue", "Beijing", "2017M1-5", *(share.get(g, "") for g in GROUPS)))
    text = f"""Above-scale industry; sources in `sources/ownership_differences.csv`. Over places and years state-holding
    firms owe {_apart(debts, "state_holding")} points of their assets more than all firms, private ones
    {_apart(debts, "private")}, foreign ones {_apart(debts, "foreign_hmt")}."""
    meaning = """No measure takes these by owner: the share of firms that lack cash (`constrained` of
    `liquidity_support`) is an assumption with a range, for whom the target names."""
    grid = words.table(["what", "where", "when", *GROUPS.values()], rows)
    return f"### Credit\n\n{words.paragraphs(text)}\n\n{grid}\n\n{words.paragraphs(meaning)}"


def _apart(debts: dict[tuple[str, str], dict[str, str]], group: str) -> str:
    """Least and largest distance of a group from all firms, points."""
    gaps = [float(found[group]) - float(found["total"]) for found in debts.values() if group in found]
    return f"{min(gaps):.0f} to {max(gaps):.0f}" if len(gaps) > 1 else f"{gaps[0]:.0f}"
