"""The dynamic Leontief model: growing output calls for capital, and building it calls for output before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal, NamedTuple

import numpy as np

from ..drivers import Drivers
from ..economy import Economy
from ..economy.system import Induced, System, factorise, final_sales, intermediate_sales
from ..errors import TableError
from .accounts import Base, base_flows, settle, wanted_change
from .base import MILLER_BLAIR, Outcome, Paths, Traits, model, parameter, require_channels
from .conditions import states

DEPRECIATION = "depreciation"  # component of value added from which capital is estimated
LEAST_REAL = -0.49  # of an eigenvalue; at -1/2 the backward recursion stops being stable
UNPRODUCTIVE = (
    "production needs more inputs than it yields (Hawkins-Simon fails); lower the coefficient factors or raise "
    "productivity"
)
EXPLODES = (
    "regions make each other's capital goods rather than their own, so that the recursion explodes; take a shorter "
    "asset_life or longer periods, or use 'leontief'"
)
SUPPLY_ADVICE = "supply follows foreseen demand here, so nothing can be lost; use 'inventory'"


@model("dynamic_leontief")
class DynamicLeontief:
    """Leontief with investment inside: output of the next period needs capital, which this period has to build.

    Equations. With A the domestic input coefficients, B the capital coefficients and f final demand without the
    investment that growth calls for,

        (I - A) x[t] = B (x[t + 1] - x[t]) + f[t].

    It is stated as the distance from the base, where output is constant and base investment replaces what wears out,
    and solved from the end, ``dx[t] = (I - A + B)^-1 (B dx[t + 1] + df[t])``. This recursion is stable, where the
    forward one is not, as long as every eigenvalue of ``(I - A)^-1 B`` has a real part above -1/2, which is checked.
    After the run output stays where the last period's demand would settle it (``after: settled``) or is the base's
    again (``after: base``).

    Capital. B is the capital that a yuan of yearly output needs (years) times what investors in the activity's region
    buy now, domestic goods only; the imported part is bought abroad. Capital per output is depreciation over
    output times ``asset_life``, or ``capital_ratio`` times the share of value added. A yuan of capital is a purchase of
    one period, so short periods mean large purchases for the same growth.

    What drivers do. ``demand`` and ``preference`` change f, ``coefficient`` and ``productivity`` A. New ``capital``,
    floors with their lists and wanted stocks move nothing: output has all the capital it calls for, and what drivers
    add is not deducted from it.

    Assumptions. All of the run is foreseen; capital is fully used; it can be unbuilt: a foreseen fall of output lowers
    investment in the period before, and where that would need more than the region's investment in the base the
    outcome says so. Fixed coefficients, passive prices, unlimited supply. Anchored: calm stays, bit for bit; without
    capital it is ``leontief``.

    When not to use it. Not for surprises: output moves before the news. Not for short pulses by month: a pulse of
    demand is met by investing less in the period itself, since its end is foreseen, so output hardly moves; use
    quarters and demand that lasts. Not with idle capacity, which would be used first. It answers what lasting growth of
    demand asks of the makers of capital goods.

    References
    ----------
    Leontief (1970), The Dynamic Inverse; Miller and Blair (2009), Input-Output Analysis, chapter 13.
    """

    asset_life: float = parameter(
        11.0, 10.0, 12.0, "years", "of capital: a year's depreciation times this is the capital in use",
        "[A] straight-line wear over 10 to 12 years, the life of industrial equipment",
    )  # fmt: skip
    capital_ratio: float | None = field(
        default=None,
        metadata={"meaning": "capital per yuan of yearly value added, years; none: depreciation times asset_life"},
    )
    after: Literal["settled", "base"] = field(
        default="settled", metadata={"meaning": "output after the run: settled at the last demand, or the base's"}
    )
    name: ClassVar[str]
    channels: ClassVar[frozenset[str]] = frozenset(
        {"demand", "preference", "coefficient", "productivity"} | {"capital", "floor", "listed", "stock_cover"}
    )
    advice: ClassVar[Mapping[str, str]] = {
        name: SUPPLY_ADVICE for name in ("capacity", "labour", "import_limit", "passage")
    }
    without_effect: ClassVar[frozenset[str]] = frozenset({"capital", "floor", "listed", "stock_cover"})
    traits: ClassVar[Traits] = Traits("demand", "fixed", "foreseen", "passive", "given", "fixed", "shares")
    closure: ClassVar[str] = (
        "demand-driven with investment induced by growth, all foreseen; prices passive, supply unlimited"
    )
    bibtex: ClassVar[str] = (
        """\
@misc{leontief1970,
  author = {Leontief, Wassily},
  title = {The Dynamic Inverse},
  year = {1970},
  note = {reprinted as doi:10.4324/9781315541341-6}
}
"""
        + MILLER_BLAIR
    )

    def __post_init__(self) -> None:
        if self.after not in ("settled", "base"):
            raise ValueError(f"after is '{self.after}'; write settled or base")
        if not self.asset_life >= 0.0:
            raise ValueError(f"asset_life is {self.asset_life}; write a number of years, zero or more")
        if self.capital_ratio is not None and not self.capital_ratio >= 0.0:
            raise ValueError(f"capital_ratio is {self.capital_ratio}; write a number of years, zero or more")

    def capital_per_output(self, economy: Economy) -> np.ndarray:
        """Capital in use per yuan of yearly output, (n,), in years.

        Raises
        ------
        TableError
            If the table has no depreciation and ``capital_ratio`` is not given.
        """
        if self.capital_ratio is not None:
            return self.capital_ratio * economy.value_added_share
        names = economy.value_added_names
        if DEPRECIATION not in names:
            raise TableError(
                f"{economy.name}: no component '{DEPRECIATION}' in value added ({', '.join(names)}), so capital is "
                "not known; name it so, or give capital_ratio, the capital per yuan of value added"
            )
        worn = economy.value_added[names.index(DEPRECIATION)]
        return self.asset_life * np.divide(worn, economy.x, out=np.zeros_like(worn), where=economy.x > 0)

    def simulate(self, economy: Economy, drivers: Drivers) -> Paths:
        """Run all periods; see ``Paths`` for shapes and units.

        Raises
        ------
        ChannelError
            If the drivers use a channel that the model lacks.
        UnproductiveEconomyError
            If the economy cannot meet its final demand even in the base.
        TableError
            If the economy has no investment, or neither depreciation nor ``capital_ratio`` is known.
        """
        require_channels(self, drivers)
        base, calendar = base_flows(economy, drivers.calendar), drivers.calendar
        capital = _capital(economy, base, self.capital_per_output(economy) * calendar.per_year)
        wanted = np.array(wanted_change(economy, drivers))
        change, why = self._solve(economy, drivers, base, capital, wanted)
        wanted += np.tensordot(np.diff(change, axis=0) @ capital.needed.T, capital.mix, axes=1)
        paths = settle(economy, drivers, base.x + change[:-1], wanted=wanted, served=True)
        return paths._replace(outcome=_outcome(economy, drivers, base, paths, why))

    def _solve(
        self, economy: Economy, drivers: Drivers, base: Base, capital: Capital, wanted: np.ndarray
    ) -> tuple[np.ndarray, list[str]]:
        """Change of output (T + 1, n), the period after the run last, and why a period has no solution, T texts."""
        T = drivers.calendar.periods
        called = final_sales(economy, np.where(base.unknown, 0.0, wanted * (1.0 - economy.import_share)))
        system_of: dict[int, tuple[System, System]] = {}  # by period: with output constant, and growing
        why = [""] * T
        for factor, system, periods in states(economy, drivers):
            problem = UNPRODUCTIVE if not system.productive else EXPLODES if _explodes(capital, system) else ""
            pair = (system, _growing(economy, base, capital, factor))
            for t in periods:
                system_of[t], why[t] = pair, problem
                if factor is not None:
                    called[t] += intermediate_sales(economy, base.a * (factor - 1.0) * base.x)
        change = np.full((T + 1, economy.n), np.nan)
        change[T] = 0.0 if self.after == "base" or why[-1] else system_of[T - 1][0].solve(called[-1:])[0]
        following = change[T]
        for t in range(T - 1, -1, -1):
            build = capital.bought @ (capital.needed @ following)
            if why[t] and (build.any() or called[t].any()):
                following = np.full(economy.n, np.nan)  # and so are all periods before
            else:
                following = system_of[t][1].solve((build + called[t])[None])[0]
            change[t] = following
        return change, why


class Capital(NamedTuple):
    """What growth calls for; B is ``bought @ needed``, domestic goods only."""

    needed: np.ndarray  # (R, n) capital that investors of a region buy per yuan of output a period
    mix: np.ndarray  # (R, K, F) what they buy per yuan, imports included
    bought: np.ndarray  # (n, R) domestic output that a yuan of it calls for


def _capital(economy: Economy, base: Base, per_output: np.ndarray) -> Capital:
    """Capital per output of a period (n,), bought as investors of the activity's region buy now."""
    investors = economy.users("investment")
    purchases = np.maximum(base.final, 0.0)
    if not purchases[:, investors].any():
        raise TableError(
            f"{economy.name}: nobody buys capital goods; add a final user of category 'investment', or use 'leontief'"
        )
    mix = np.zeros((economy.R, economy.K, economy.F))
    for r in range(economy.R):
        own = investors[economy.user_region[investors] == r]
        users = own if purchases[:, own].any() else investors  # a region without investors of its own buys as all do
        mix[r][:, users] = purchases[:, users] / purchases[:, users].sum()
    home = (economy.region == np.arange(economy.R)[:, None]).astype(float)
    at_home = np.where(base.unknown, 0.0, mix * (1.0 - economy.import_share))
    return Capital(home * per_output, mix, final_sales(economy, at_home).T)


def _growing(economy: Economy, base: Base, capital: Capital, factor: np.ndarray | None) -> System:
    """The factorised ``I - A + B`` of a technology."""
    a = base.a if factor is None else base.a * factor
    return factorise(economy, a, Induced(-capital.needed, capital.bought))


def _explodes(capital: Capital, system: System) -> bool:
    """Whether the recursion makes errors grow: ``(I - A)^-1 B`` has its eigenvalues in common with an (R, R) matrix."""
    by_region = capital.needed @ system.solve(capital.bought.T).T
    return bool(np.linalg.eigvals(by_region).real.min() < LEAST_REAL)


def _outcome(economy: Economy, drivers: Drivers, base: Base, paths: Paths, why: list[str]) -> Outcome:
    labels, x = drivers.calendar.labels, paths.output
    failed = np.flatnonzero(np.isnan(x).any(axis=1))
    if failed.size:
        reason = why[int(failed[-1])]
        return Outcome("infeasible", f"in {labels[failed[0]]} .. {labels[failed[-1]]} there is no path: {reason}")
    investors = economy.users("investment")
    spent = np.where(base.final[:, investors] >= 0, paths.final[:, :, investors], 0.0).sum(axis=1)
    negative = np.argwhere(spent < -1e-9 * base.x.max())
    if negative.size:
        t, f = negative[0]
        where = economy.user_region[investors[f]]
        place = economy.regions.codes[where] if where >= 0 else "abroad"
        return Outcome(
            "infeasible",
            f"investment in {place} would be {spent[t, f]:.4g} in {labels[t]}: the foreseen fall of output would "
            "unbuild more capital than wears out. Use longer periods or smoother demand, or 'leontief' or 'inventory'",
        )
    below = np.argwhere(x < -1e-9 * base.x.max())
    if below.size:
        t, i = below[0]
        return Outcome(
            "infeasible",
            f"output of {economy.activities[i]} would be {x[t, i]:.4g} in {labels[t]}: demand falls by more than is "
            "sold; make the fall smaller or spread it over more products",
        )
    return Outcome("completed")
