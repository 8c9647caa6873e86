"""Supply-driven input-output analysis: what a loss of primary inputs means for those who buy from the losers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from .accounts import Base, base_flows, by_region, told
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
from .conditions import Supply, at_buyers, base_system, supply_left

DEMAND_ADVICE = "final users take what is made here, so their wishes move nothing; use 'leontief' or 'inventory'"


@model("ghosh")
class Ghosh:
    """Output follows primary inputs: each activity passes its gains and losses on to its buyers in fixed shares.

    Equations. With Z the domestic flows, x output, v value added and m imported inputs of an activity, the allocation
    coefficients ``B[i, j] = Z[i, j] / x[i]`` stay, so that ``x' = x' B + v' + m'`` and ``x' = (v' + m') (I - B)^-1``.
    It is solved for the ratio r of output to its base, which with the technical coefficients A obeys
    ``(I - A') dr = (dv + dm) / x``: the price model's equation, which is why Dietzenbacher reads the model as one of
    prices.

    What drivers do. What is left of the scarcer of ``capacity`` and ``labour``, at least the ``floor`` on the
    ``listed`` part, plus new ``capital``, times ``productivity``, is the share of value added that an activity still
    supplies. ``import_limit`` holds back imported inputs, which are primary inputs here, and what final users import.

    What it says. An activity that loses the share s of its value added loses less than s of its output (inputs still
    arrive), and its buyers lose in proportion to the share of their inputs that comes from it, and so on downstream.
    Output falls down the chain, value added only where it was lost: buyers keep theirs. Households, investors and
    buyers abroad take their fixed share of what is left; what they get less than in the base counts as unmet.

    Assumptions. Shares of sales are fixed, so every input can replace every other: a car maker without steel goes on
    with more rubber. Demand takes whatever is made. Labour income falls with the inputs supplied. Prices are passive,
    nothing is stored, a period knows nothing of the one before. Anchored on the base: nothing that happens moves
    nothing, bit for bit.

    When not to use it. Not for what a bottleneck stops: inputs substitute perfectly, which Oosterhaven (1988) called
    implausible as a model of quantities, and large shocks make it worse. Not for demand or spending, which it refuses.
    Not for gains: more of one primary input would by itself bring more output all the way down the chain. It serves
    as an order of magnitude for small losses of supply, as a ranking of forward linkages, and, read as the price
    model (Dietzenbacher 1997), for the value of output when the costs of primary inputs change and quantities do not.
    Where inputs are needed in fixed proportions use ``inventory``.

    References
    ----------
    Ghosh (1958), Economica 25; Oosterhaven (1988), Journal of Regional Science; Dietzenbacher (1997), Journal of
    Regional Science 37; Miller and Blair (2009), chapter 12.
    """

    solver: Solving = solver_option()
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"capacity", "labour", "capital", "productivity", "floor", "listed", "import_limit"}
    )
    advice: ClassVar[Mapping[str, str]] = {"demand": DEMAND_ADVICE, "preference": DEMAND_ADVICE}
    traits: ClassVar[Traits] = Traits("supply", "any", "at once", "passive", "given", "fixed", "shares")
    closure: ClassVar[str] = "supply-driven: sales in fixed shares, demand takes what is made, prices passive"
    bibtex: ClassVar[str] = (
        """\
@article{ghosh1958,
  author = {Ghosh, A.},
  title = {Input-Output Approach in an Allocation System},
  journal = {Economica},
  volume = {25},
  number = {97},
  pages = {58--64},
  year = {1958},
  doi = {10.2307/2550694}
}
@article{oosterhaven1988,
  author = {Oosterhaven, Jan},
  title = {On the Plausibility of the Supply-Driven Input-Output Model},
  journal = {Journal of Regional Science},
  year = {1988}
}
@article{dietzenbacher1997,
  author = {Dietzenbacher, Erik},
  title = {In Vindication of the Ghosh Model: A Reinterpretation as a Price Model},
  journal = {Journal of Regional Science},
  volume = {37},
  number = {4},
  pages = {629--651},
  year = {1997},
  doi = {10.1111/0022-4146.00073}
}
"""
        + MILLER_BLAIR
    )

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
        gained = base.value_added * (supply.output - 1.0)
        held_up = _held_up(economy, drivers)
        primary = gained - held_up @ base.m * base.x
        moved = np.divide(primary, base.x, out=np.zeros_like(primary), where=base.x > 0)
        answer = base_system(economy, self.solver, len(moved)).solver.solve(moved, transposed=True)
        return told(_paths(economy, base, supply, answer.x, gained, held_up), [answer])


def _held_up(economy: Economy, drivers: Drivers) -> np.ndarray:
    """Share of imports that does not come in, (T, K)."""
    limit = drivers.dense("import_limit")
    if limit is None:
        return np.zeros((drivers.calendar.periods, economy.K))
    return 1.0 - np.clip(limit, 0.0, 1.0)


def _paths(
    economy: Economy, base: Base, supply: Supply, ratio: np.ndarray, gained: np.ndarray, held_up: np.ndarray
) -> Paths:
    """The flows that go with a change of output by the ``ratio`` (T, n): every buyer of i gets that much more of i."""
    reaches = at_buyers(economy, ratio)
    home = base.final_domestic * reaches[:, :, economy.user_pool]
    abroad = -held_up[:, :, None] * np.maximum(base.final_imported, 0.0)
    lost = held_up[:, :, None] * (base.m * base.x)  # (T, K, n) imported inputs
    paths = Paths(
        output=base.x + base.x * ratio,
        value_added=base.value_added + gained,
        final=base.final + (home + abroad),
        imports=base.imported + (abroad.sum(axis=2) - lost.sum(axis=2)),
        unmet=np.maximum(-home, 0.0) - abroad,
        stocks=np.broadcast_to(base.stocks, held_up.shape),
        household_income=by_region(economy, base.wages * base.x * (supply.inputs - 1.0)),
        binding=np.where(supply.hit, supply.cause, DEMAND).astype(np.int16),
        residual=0.0,
        outcome=Outcome("completed"),
        stock_change=base.stock_change + base.stock_change * ratio,
    )
    used = np.stack([(base.a * base.x * now[:, economy.pool]).sum(axis=0) for now in reaches]) - lost.sum(axis=1)
    return paths._replace(residual=_residual(base, paths, used))


def _residual(base: Base, paths: Paths, used: np.ndarray) -> float:
    """Largest gap over output: of what an activity receives and makes, and of income and expenditure.

    ``used`` (T, n) is the change of what it spends on inputs.
    """
    x, stock_change = paths.output, paths.stock_change
    assert stock_change is not None
    received = used + (paths.value_added - base.value_added) - (x - base.x)
    spent = paths.final.sum(axis=(1, 2)) + stock_change.sum(axis=1) - paths.imports.sum(axis=1)
    gap = np.maximum(np.abs(received).max(axis=1), np.abs(spent - paths.value_added.sum(axis=1)))
    return float((gap / np.maximum(np.abs(x).sum(axis=1), 1e-300)).max())
