"""Before a dynamic run: will the stock cycle die out, and who stops at the first late delivery?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..economy import Economy
from ..economy.system import factorise, intermediate_sales

if TYPE_CHECKING:
    from .inventory import Inventory

SHORT_COVER = 1.0  # days: less than a day's use in stock stops production at the first missed delivery
MARGIN = 1.5  # the step between order and delivery widens the unstable region, most at short restocking times
WORTH_NAMING = 0.05  # share of output


def stock_cycle(economy: Economy) -> float:
    """Days that restocking_time + expectation_time must exceed for the stock cycle to die out.

    Firms that see more demand also order for their stocks, their suppliers see that as demand, and so on.
    With C the days of stock, A the domestic coefficients and L the Leontief inverse, orders for stocks w
    follow ``tau w' = ((A * C) L - tau) w + ...``: they die out if the largest eigenvalue of (A * C) L is
    below tau, or below tau plus the time over which firms learn for which output to keep stocks.

    Raises
    ------
    UnproductiveEconomyError
        If the economy cannot meet its final demand.
    """
    from ..errors import UnproductiveEconomyError

    a = np.divide(economy.use_domestic, economy.x, out=np.zeros_like(economy.use_domestic), where=economy.x > 0)
    system = factorise(economy, a)
    if not system.productive:
        raise UnproductiveEconomyError(f"{economy.name} cannot meet its final demand (Hawkins-Simon); audit the table")
    held = a * economy.cover
    orders, largest = economy.x.astype(float), 0.0
    for _ in range(200):  # power iteration on a non-negative matrix
        following = intermediate_sales(economy, held * system.solve(orders[None])[0])
        before, largest = largest, float(following.sum() / orders.sum())
        if following.sum() <= 0.0 or abs(largest - before) <= 1e-10 * largest:
            break
        orders = following / following.sum()
    return largest


def stability_warnings(economy: Economy, parameters: Inventory) -> tuple[str, ...]:
    """What may make a run with these parameters swing or break down by itself, with advice; empty if nothing.

    Parameters
    ----------
    parameters : Inventory
        The model as it will run.
    """
    warnings = []
    needed, given = stock_cycle(economy), parameters.restocking_time + parameters.expectation_time
    if MARGIN * needed >= given:
        warnings.append(
            "stocks of inputs are large for how fast firms adjust them: swings may grow unless "
            f"restocking_time + expectation_time exceeds {MARGIN * needed:.0f} days (it is {given:.0f}); "
            "lengthen them, or check the covers"
        )
    fragile = _fragile(economy, parameters)
    share = float(economy.x[fragile].sum() / economy.x.sum())
    if share >= WORTH_NAMING:
        names = sorted({economy.sectors.codes[s] for s in economy.sector[fragile]})
        listed = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        warnings.append(
            f"{share:.0%} of output holds less than {SHORT_COVER:g} day of a critical input and stops at the "
            f"first missed delivery ({listed}); check cover and criticality"
        )
    return tuple(warnings)


def _fragile(economy: Economy, parameters: Inventory) -> np.ndarray:
    critical = economy.criticality >= 1.0
    if parameters.production == "leontief":
        critical = np.ones_like(critical)
    used = economy.use_domestic + economy.use_imported > 0
    return (critical & used & (economy.cover < SHORT_COVER)).any(axis=0)
