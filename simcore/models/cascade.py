"""What a loss of capacity does once it has gone up and down the supply chains: a static cascade in each period."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.indicators import allocation_coefficients
from .accounts import base_flows, settle
from .base import CAPACITY, DEMAND, INPUT, LABOUR, Outcome, Paths, Traits, kept, model, require_channels
from .systemic import SWEEPS, TOLERANCE, network_of, upstream_losses

ONLY_LOSSES = "the cascade counts losses of supply alone; use 'inventory'"


@model("cascade")
class Cascade:
    """Lost capacity spreads down and up the supply chains until it settles, in each period by itself.

    The generalised Leontief cascade of Diem et al. (2022), stated in losses (1 less the remaining share of output).
    What an activity loses by itself follows from its drivers:

        own = 1 - (scarcer of capacity and labour, at least the listed floor, plus new capital)

    Downstream, buyers lose what suppliers fail to deliver:

        down_j = max( own_j,
                      c_kj lack_kj for each input k,
                      sum of share_kj lack_kj over the inputs with c_kj < 1 )
        lack_kj = home_kj sum_i origin_ij replace_i down_i + (1 - home_kj) (1 - import_limit_k)
        replace_i = min(1, x_i / what the makers of i's product still sell together)

    c is the economy's criticality: an essential input (1) stops its buyer, one without (0) takes away its share in
    all inputs, one between does the larger of stopping c and taking its share. A seller with a small part of its
    market is replaced by the others, a monopolist is not; all makers of a product in the table are its market.
    Losses start from ``own`` and only grow, so that the iteration ends at the least losses consistent with the
    equations, to ``tolerance``.

    Upstream, sellers lose the orders of those who produce less:

        up_i = max( own_i, sum_j Z_ij / x_i up_j )

    which is solved exactly. Output is ``x (1 - max(down, up))``.

    Assumptions: no stocks, no prices, no time: each period is where a shock of that size would end if it lasted.
    No idle capacity makes up for a loss except by replaceability. Capacity above its base, and new capital beyond
    what makes up for lost capacity, move nothing.

    When not to use it: for anything that adds to demand or supply, for the course of a short disruption (stocks
    bridge it: use inventory), and for levels where few sectors are rated: with many essential inputs whole chains
    stop, and figures are an upper bound. Splitting an activity into like halves changes its market share, and so
    the result.

    Parameters
    ----------
    tolerance : float
        How far losses may be from where they settle, share of base output.

    References
    ----------
    Diem, Borsos, Reisch, Kertesz and Thurner (2022), Scientific Reports 12, 7719.
    """

    tolerance: float = TOLERANCE
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset({"capacity", "labour", "capital", "floor", "listed", "import_limit"})
    advice: ClassVar[Mapping[str, str]] = {c: ONLY_LOSSES for c in ("demand", "preference", "stock_release")}
    traits: ClassVar[Traits] = Traits("spread", "critical", "at once", "passive", "given", "fixed", "market")
    bibtex: ClassVar[str] = """\
@article{diem2022,
  author = {Diem, Christian and Borsos, András and Reisch, Tobias and Kertész, János and Thurner, Stefan},
  title = {Quantifying firm-level economic systemic risk from nation-wide supply networks},
  journal = {Scientific Reports},
  volume = {12},
  number = {7719},
  year = {2022},
  doi = {10.1038/s41598-022-11522-z}
}"""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance) and self.tolerance > 0.0):
            raise ValueError(f"tolerance is {self.tolerance}; write a small positive share, as 1e-10")

    @property
    def closure(self) -> str:
        """Who adjusts to whom, for reports."""
        return "losses of supply and of orders spread through chains without stocks; prices passive"

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        ``binding`` names what takes most: capacity or labour of its own, an input, or demand.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        TableError
            If a use of inputs is negative or a criticality lies outside 0 to 1.
        """
        require_channels(self, drivers)
        base, shock = base_flows(economy, drivers.calendar), _shock(economy, drivers)
        loss, binding = np.zeros(shock.own.shape), np.full(shock.own.shape, DEMAND, dtype=np.int16)
        change, late = 0.0, -1
        for periods in _alike(shock):
            t = periods[0]
            if not (shock.own[t].any() or shock.abroad[t].any()):
                continue
            loss[periods], binding[periods], settled, last = self._period(economy, shock, t)
            change, late = max(change, last), late if settled else max(late, t)
        paths = settle(economy, drivers, base.x - base.x * loss, binding=binding)
        if late < 0:
            return paths
        message = (
            f"losses still change by {change:.3g} of output after {SWEEPS} sweeps, in {drivers.calendar.labels[late]}; "
            "take a larger tolerance"
        )
        return paths._replace(outcome=Outcome("not_converged", message))

    def _period(self, economy: Economy, shock: Shock, t: int) -> tuple[np.ndarray, np.ndarray, bool, float]:
        """Losses (n,), what bound, whether the downstream part settled, and its last change."""
        from ..kernels.cascade import downstream

        network = kept(economy, "cascade network", lambda: network_of(economy))
        shares = kept(economy, "allocation", lambda: allocation_coefficients(economy.Z, economy.x))
        own, down, cause = shock.own[t], np.empty(economy.n), np.empty(economy.n, dtype=np.int64)
        sweeps, change = downstream(network, own, shock.abroad[t], self.tolerance, SWEEPS, down, cause)
        up = upstream_losses(shares, own)
        limit = np.where(cause >= 0, INPUT + cause, np.where(own > 0, shock.scarce[t], DEMAND))
        limit = np.where(up > down, DEMAND, limit)
        return np.maximum(down, up), limit, sweeps < SWEEPS, change


class Shock(NamedTuple):
    """What activities and imports lose by themselves, share of the base."""

    own: np.ndarray  # (T, n)
    scarce: np.ndarray  # (T, n) what an activity lacks, capacity or labour
    abroad: np.ndarray  # (T, K)


def _shock(economy: Economy, drivers: Drivers) -> Shock:
    T, n = drivers.calendar.periods, economy.n

    def dense(channel: str, neutral: float, width: int = n) -> np.ndarray:
        values = drivers.dense(channel)
        return np.full((T, width), neutral) if values is None else values

    capacity, labour = np.maximum(dense("capacity", 1.0), 0.0), np.maximum(dense("labour", 1.0), 0.0)
    floor, listed, capital = dense("floor", 0.0), dense("listed", 1.0), dense("capital", 0.0)
    listed = np.where(listed > 0.0, np.minimum(listed, 1.0), 1.0)  # without a list the floor covers all of it
    there = np.minimum(capacity, labour)
    there = there + listed * np.maximum(0.0, floor - there)
    added = np.divide(capital, economy.x, out=np.zeros_like(capital), where=economy.x > 0)
    scarce = np.where((labour < capacity) & (there >= floor), LABOUR, CAPACITY)
    limit = np.clip(dense("import_limit", 1.0, economy.K), 0.0, 1.0)
    return Shock(np.clip(1.0 - (there + added), 0.0, 1.0), scarce, 1.0 - limit)


def _alike(shock: Shock) -> list[list[int]]:
    """Periods with the same shock are solved once."""
    groups: dict[tuple[bytes, bytes, bytes], list[int]] = {}
    for t, rows in enumerate(zip(*shock, strict=True)):
        own, scarce, abroad = (row.tobytes() for row in rows)
        groups.setdefault((own, scarce, abroad), []).append(t)
    return list(groups.values())
