"""Output given where supply was lost, final demand given elsewhere: the supply-constrained input-output model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.system import final_sales, intermediate_sales
from .accounts import Base, base_flows, impossible, settle, told, wanted_change
from .base import (
    DEMAND,
    MILLER_BLAIR,
    Outcome,
    Paths,
    Solving,
    Traits,
    check_solver,
    model,
    require_channels,
    solver_option,
)
from .conditions import states, supply_left, within_limits

INPUTS_ADVICE = "missing imports stop nothing here; use 'inventory'"


@model("mixed")
class Mixed:
    """Leontief where supply is free; where a supply shock binds, output is given and final demand takes what is left.

    Equations. Activities with a binding loss of supply (set R) make ``x_R``, what labour and capacity leave of base
    output; final demand f is given for the others (set F):

        x_F = (I - A_FF)^-1 (f_F + A_FR x_R),   f_R = x_R - A_RR x_R - A_RF x_F.

    Which losses bind is part of the answer: ``x = min(limit, A x + f)``, solved exactly by policy iteration.

    What drivers do. ``capacity`` and ``labour`` (the scarcer of the two, at least the ``floor`` on the ``listed``
    part), lost ``capital`` and ``productivity`` give the limit of activities that lose some of it; all others can make
    what is asked of them. ``demand`` and ``preference`` change f, ``coefficient`` and ``productivity`` A,
    ``stock_release`` serves demand before production does. ``stock_cover`` moves nothing: no stocks are wanted.

    What it says. Suppliers of a constrained activity sell less to it (backward effects only). Its buyers get all they
    need: firms come first, final users of the constrained product go short (unmet). Where firms alone need more than
    is made, f_R is negative: it is drawn from the producers' stocks and the outcome says so.

    Assumptions. Fixed coefficients; no forward effect, so other output does not fall for lack of an input; imports
    keep their shares; idle capacity and overtime are not used by those that lost supply and unlimited elsewhere;
    prices passive; each period for itself. Without a supply shock it is ``leontief``. Anchored on the base.

    When not to use it. Not where the lost input stops its buyers (use ``inventory``, or ``allocation`` for the best
    use of what is left). Not where the outcome tells of negative final demand and there are no stocks or imports to
    give it. Not
    for losses that idle capacity or stocks bridge within the period. Not for missing imports or transport.

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis, chapter 13.
    """

    solver: Solving = solver_option()
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "capacity", "labour", "capital", "productivity", "coefficient"}
        | {"floor", "listed", "stock_release", "stock_cover"}
    )
    advice: ClassVar[Mapping[str, str]] = {"import_limit": INPUTS_ADVICE}
    without_effect: ClassVar[frozenset[str]] = frozenset({"stock_cover"})
    traits: ClassVar[Traits] = Traits("capped", "fixed", "at once", "passive", "given", "fixed", "shares")
    closure: ClassVar[str] = (
        "demand-driven where supply is free; where it was lost, output is given and final users go short; "
        "prices passive"
    )
    bibtex: ClassVar[str] = MILLER_BLAIR

    def __post_init__(self) -> None:
        check_solver(self.solver)

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        UnproductiveEconomyError
            If the economy cannot meet its final demand even in the base.
        """
        require_channels(self, drivers)
        base, supply = base_flows(economy, drivers.calendar), supply_left(economy, drivers)
        wanted, release = np.array(wanted_change(economy, drivers)), drivers.dense("stock_release")
        called = final_sales(economy, np.where(base.unknown, 0.0, wanted * (1.0 - economy.import_share)))
        called = called if release is None else called - release
        output, binds = np.full(called.shape, np.nan), np.zeros(called.shape, dtype=bool)
        answers = []
        for factor, system, periods in states(economy, drivers, self.solver):
            if not system.productive:
                wanted[periods] = np.nan
                continue
            g = called[periods]
            if factor is not None:
                g = g + intermediate_sales(economy, base.a * (factor - 1.0) * base.x)
            answers.append(system.solver.solve(g))
            free = base.x + answers[-1].x
            output[periods], binds[periods] = within_limits(base.x, supply, system, free, periods)
        binding = np.where(binds, supply.cause, DEMAND).astype(np.int16)
        paths = settle(economy, drivers, output, wanted=wanted, served=not supply.hit.any(), binding=binding)
        return told(paths._replace(outcome=_outcome(economy, drivers, base, paths)), answers)


def _outcome(economy: Economy, drivers: Drivers, base: Base, paths: Paths) -> Outcome:
    labels, x, stored = drivers.calendar.labels, paths.output, paths.stock_change
    cannot = impossible(economy, drivers, x)
    if cannot is not None:
        return cannot
    assert stored is not None
    release = drivers.dense("stock_release")
    drawn = base.stock_change - stored if release is None else base.stock_change - stored - release
    short = np.argwhere((drawn > 1e-9 * base.x.max()) & (paths.binding != DEMAND))
    if short.size:
        t, i = short[0]
        others = len(np.unique(short[:, 1])) - 1
        return Outcome(
            "completed",
            f"in {labels[t]} firms need {drawn[t, i]:.4g} more of {economy.activities[i]} than is made"
            + (f" (and of {others} others)" if others else "")
            + ": final demand for it is negative, that is, stocks give it. Where there are none firms have to do with "
            "less: use 'inventory' or 'allocation'",
        )
    return Outcome("completed")
