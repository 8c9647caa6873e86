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
THIN = 0.1  # reserve of a binding input over the restocking time, at or below which a small loss may feed on itself
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

    system = factorise(economy, economy.a)
    if not system.productive:
        raise UnproductiveEconomyError(f"{economy.name} cannot meet its final demand (Hawkins-Simon); audit the table")
    held = economy.a * economy.cover
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
    thin = _thin_reserves(economy, parameters)
    if thin:
        warnings.append(thin)
    needed, given = stock_cycle(economy), parameters.restocking_time + parameters.expectation_time
    if parameters.stock_target == "follows" and MARGIN * needed >= given:
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


def _thin_reserves(economy: Economy, parameters: Inventory) -> str:
    """Advice where stocks are refilled slowly and inputs limit output before they run out; empty where not.

    The same holds where firms order for what they made (ARIO's rule): what stands still for lack of inputs orders less.
    With a needed share psi of the wanted stock, (1 - psi) of the cover is what a late delivery may take. In a map of
    runs over covers of 5 to 90 days, psi of 0.5 to 1 and restocking times of 10 and 60 days, each one that broke down
    had less than ``THIN`` of the restocking time in reserve.
    """
    if parameters.stock_needed == 0.0 and parameters.orders != "output":
        return ""
    binding = (parameters.binds(economy) > 0.0) & (economy.use_domestic + economy.use_imported > 0)
    reserve = np.where(binding, (1.0 - parameters.stock_needed) * economy.cover, np.inf).min(axis=0)
    thin = reserve <= THIN * parameters.restocking_time
    share = float(economy.x[thin].sum() / economy.x.sum())
    if share < WORTH_NAMING:
        return ""
    return (
        f"{share:.0%} of output has inputs whose reserve, (1 - stock_needed) times their cover, is at most "
        f"{THIN:.0%} of restocking_time: a small loss may feed on itself until all stands still; lower stock_needed "
        "or restocking_time, lengthen the covers, or use production: half_critical"
    )


def _fragile(economy: Economy, parameters: Inventory) -> np.ndarray:
    critical = parameters.binds(economy) >= 1.0
    used = economy.use_domestic + economy.use_imported > 0
    return (critical & used & (economy.cover < SHORT_COVER)).any(axis=0)
