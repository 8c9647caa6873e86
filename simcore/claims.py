"""What others say a measure does, with what this run gives beside it. No number here feeds back into a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .calendar import Calendar
from .economy import Economy
from .economy.indicators import leontief_inverse, output_multipliers, simple_multipliers, technical_coefficients
from .language.scenario import Scenario
from .measures.base import Measure
from .measures.parts import Part
from .package import Package
from .records import Claim
from .variables import Money

if TYPE_CHECKING:
    from .setting import Setting

NOT_COMPUTED = "not computed here"
CHAIN_WORDS = ("upstream", "downstream", "上下游")  # claims that count the whole chain of suppliers


def claims(scenario: Scenario, setting: Setting, package: Package) -> tuple[Claim, ...]:
    """Statements of the file beside what the run gives.

    A claim belongs to the measure whose id or title holds the first word of the claim's key: ``cars_units`` to
    "Halved purchase tax on cars".
    """
    found = []
    whole = {m.id: m for m in scenario.measures}  # before parts took their share
    counted = [whole[m.id].model_copy(update={"granted": m.granted}) for m in package.policies]
    for key, c in scenario.claims.items():
        owner = next((m for m in counted if not isinstance(m, Part) and _concerns(key, m)), None)
        value = f"claimed: {c.value} {c.unit}".strip() if c.value is not None else ""
        here = NOT_COMPUTED if owner is None else _here(c.statement, c.unit, owner, setting)
        found.append(Claim(c.statement, c.source, here, "; ".join(t for t in (value, c.note) if t)))
    return tuple(found)


def _concerns(key: str, measure: Measure) -> bool:
    word = key.partition("_")[0].lower()
    return word in measure.id.lower().split("_") or word in measure.title.lower().replace(",", " ").split()


def _here(statement: str, unit: str, measure: Measure, setting: Setting) -> str:
    account = measure.account(setting.economy, setting.calendar)
    whole = _whole(setting.calendar, measure)
    if any(word in statement for word in CHAIN_WORDS):
        return _chain(setting.economy, measure)
    money = Money.of(setting.economy.unit, setting.economy.price_year)
    if money.currency not in unit:
        return f"{NOT_COMPUTED} in {unit}: this run counts money. {_spending(measure, setting.economy, whole)}"
    if not account.spending:
        return NOT_COMPUTED
    inside = f"extra spending in this run {account.induced:,.1f} bn {money.currency} ({_parts(account.spending)})"
    if whole.start == setting.calendar.start:
        return f"{inside}."
    return f"{inside}. {_spending(measure, setting.economy, whole)}".strip()


def _whole(calendar: Calendar, measure: Measure) -> Calendar:
    """The run's calendar, begun early enough to hold the whole measure."""
    if measure.profile is None:
        return calendar
    first, before = measure.profile.window()[0], 0
    while calendar.start.shift(-before).first > first:
        before += 1
    return calendar.extended(before, 0)


def _spending(measure: Measure, economy: Economy, whole: Calendar) -> str:
    account = measure.account(economy, whole)
    if not account.spending:
        return ""
    unit = f"bn {Money.of(economy.unit, economy.price_year).currency}"
    text = f"Since the measure began in {whole.start}: {account.induced:,.1f} {unit} ({_parts(account.spending)})"
    covered = _covered(measure, economy, whole)
    return f"{text}, {100.0 * account.induced / covered:.1f} % of covered sales." if covered else f"{text}."


def _covered(measure: Measure, economy: Economy, whole: Calendar) -> float:
    """Sales that would have been made anyway while the measure holds, bn yuan; 0 where it names none."""
    sales = getattr(measure, "sales", None)
    return float(sales(economy, whole).covered.sum()) if sales is not None else 0.0


def _parts(entries: dict[str, float]) -> str:
    return ", ".join(
        f"{name.replace(' in the run', '')} {value:,.1f}" for name, value in entries.items() if abs(value) >= 0.05
    )


def _chain(economy: Economy, measure: Measure) -> str:
    product = getattr(measure, "product", None)
    if not isinstance(product, str) or product not in economy.sectors.codes:
        return NOT_COMPUTED
    output, added = chain_multipliers(economy, product)
    return Money.of(economy.unit, economy.price_year).words(
        f"open Leontief multipliers of {product} in this calibration, domestic flows only: {output:.2f} yuan of gross "
        f"output and {added:.2f} yuan of value added per yuan of domestic {product} sold. Gross output counts each "
        "input again at every stage and value added does not: a ratio of sales is like the first at best. Both count "
        "suppliers and no users downstream."
    )


def chain_multipliers(economy: Economy, product: str) -> tuple[float, float]:
    """Gross output and value added of all sectors per yuan of final demand for a domestic product.

    Open Leontief model of the whole country, domestic flows only (Miller and Blair 2009, chapter 6).
    """
    K = economy.K
    x = np.bincount(economy.sector, weights=economy.x, minlength=K)
    Z = np.array([np.bincount(economy.sector, weights=row, minlength=K) for row in economy.use_domestic])
    added = np.bincount(economy.sector, weights=economy.value_added.sum(axis=0), minlength=K)
    made = x > 0.0
    L = leontief_inverse(technical_coefficients(Z[np.ix_(made, made)], x[made]))
    column = int(made[: economy.sectors.codes.index(product)].sum())
    return float(output_multipliers(L)[column]), float(simple_multipliers(added[made] / x[made], L)[column])


__all__ = ["chain_multipliers", "claims"]
