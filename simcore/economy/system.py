"""The Leontief system of an economy, solved without forming more than its pools need.

All buyers of a pool share their origins, so the domestic coefficients factor into ``A = O D``:

D  (K P, n)  product k that pool p needs per unit of output of j (zero where j buys in another pool)
O  (n, K P)  share of activity i in product k bought by pool p (zero where i makes another product)

and ``(I - O D) x = g`` becomes ``(I - D O) d = D g``, ``x = g + O d`` with K P unknowns instead of n (the
push-through identity). Households that spend what they earn are more rows of D and columns of O. Where the
pools are many, as in the full form, the n equations are solved as they stand. How they are solved, ``solvers`` says.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import TableError
from .economy import Economy
from .solvers import LARGEST, UNSOLVED, Changed, Solved, Solver, choose, prepare

FEW_COLUMNS = 20  # activities for each changed column of coefficients from which Woodbury's identity saves time
ACCURATE = 1e-12  # residual above which a changed system is factorised afresh


@dataclass(frozen=True)
class Induced:
    """Spending out of labour income: who earns it, and where it goes."""

    earned: np.ndarray  # (R, n) induced spending of region r per unit of output of j
    bought: np.ndarray  # (n, R) domestic output that one unit of spending in region r calls for


@dataclass(frozen=True)
class Pooled:
    """The n equations by way of those for what pools need of products; a ``Solver`` like any other."""

    supply: np.ndarray  # O, (n, m)
    need: np.ndarray  # D, (m, n)
    inner: Solver  # of I - D O

    @property
    def name(self) -> str:
        return self.inner.name

    def solve(self, b: np.ndarray, transposed: bool = False) -> Solved:
        """As ``Solver``; the residual is that of the m equations."""
        inwards, outwards = (self.supply, self.need) if transposed else (self.need.T, self.supply.T)
        found = self.inner.solve(b @ inwards, transposed)
        return found._replace(x=b + found.x @ outwards)

    def left(self, x: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray:
        """``b - x + A x`` by row."""
        inwards, outwards = (self.supply, self.need) if transposed else (self.need.T, self.supply.T)
        return b - x + (x @ inwards) @ outwards


@dataclass(frozen=True)
class System:
    """A prepared system; ``solve`` as often as wanted, from any number of threads."""

    solver: Solver
    productive: bool

    def solve(self, g: np.ndarray) -> np.ndarray:
        """Output for autonomous demand ``g`` on activities, both (T, n); zero demand gives exact zeros."""
        return self.solver.solve(g).x

    def solve_costs(self, g: np.ndarray) -> np.ndarray:
        """What costs ``g`` add up to along the chain, ``y = A' y + g``, both (T, n); zero costs give exact zeros.

        The transposed system: price changes from changes of unit cost, and the supply-driven (Ghosh) model in shares.
        """
        return self.solver.solve(g, transposed=True).x


def factorise(
    economy: Economy,
    a: np.ndarray,
    induced: Induced | None = None,
    *,
    solver: str = "auto",
    columns: int | None = None,
) -> System:
    """Prepare the system of domestic coefficients ``a`` (K, n), closed by ``induced`` spending or open.

    Parameters
    ----------
    solver : str
        One of ``solvers.SOLVERS``.
    columns : int, optional
        About how many right-hand sides there will be, for ``auto``; by default it is made for being used again and
        again.

    Returns
    -------
    System
        It knows whether it is ``productive`` (Hawkins-Simon): a non-negative A is where no column sums to one, and
        exactly when ``(I - A) y = 1`` has a solution ``y >= 1``.
    """
    n, K, P = economy.n, economy.K, economy.P
    extra = 0 if induced is None else induced.bought.shape[1]
    chosen = chosen_solver(economy, solver, columns, extra)
    made: Solver
    if K * P + extra < n:
        supply, need = np.zeros((n, K * P + extra)), np.zeros((K * P + extra, n))
        supply[np.arange(n)[:, None], economy.sector[:, None] * P + np.arange(P)] = economy.origin
        need[np.arange(K)[:, None] * P + economy.pool, np.arange(n)] = a
        if induced is not None:
            supply[:, K * P :], need[K * P :] = induced.bought, induced.earned
        pools = np.concatenate([np.tile(np.arange(P), K), np.full(extra, P)])
        made = Pooled(supply, need, prepare(need @ supply, solver=chosen, blocks=pools))
    else:
        matrix = domestic_matrix(economy, a)
        if induced is not None:
            matrix = matrix + induced.bought @ induced.earned
        made = prepare(matrix, solver=chosen, blocks=economy.region)
    return System(made, _is_productive(made, a, induced))


def chosen_solver(economy: Economy, solver: str, columns: int | None, extra: int = 0) -> str:
    """The name that ``auto`` stands for, for as many right-hand sides; ``extra`` unknowns close the system."""
    if solver != "auto":
        return solver
    unknowns = min(economy.n, economy.K * economy.P + extra)
    return "lu" if columns is None else choose(unknowns, columns)


def changed_system(economy: Economy, base: System, before: np.ndarray, a: np.ndarray) -> System | None:
    """The open system of coefficients ``a`` (K, n) from that of ``before``, where few columns differ; None otherwise.

    By Woodbury's identity it costs a solution for every column that differs.
    """
    where = np.flatnonzero((a != before).any(axis=0))
    if not base.productive or base.solver.name == "krylov" or len(where) > economy.n // FEW_COLUMNS:
        return None
    change = (economy.origin[:, economy.pool[where]] * (a - before)[economy.sector[:, None], where]).T
    made = Changed.of(base.solver, where, np.ascontiguousarray(change))
    if made.solve(np.ones((1, economy.n))).residual > ACCURATE:
        return None
    return System(made, _is_productive(made, a, None))


def _is_productive(made: Solver, a: np.ndarray, induced: Induced | None) -> bool:
    buys, signed = a.sum(axis=0), bool((a < 0.0).any())
    if induced is not None:
        buys = buys + induced.bought.sum(axis=0) @ induced.earned
        signed = signed or bool((induced.bought < 0.0).any() or (induced.earned < 0.0).any())
    if not signed and buys.max(initial=0.0) < 1.0 - 1e-9:
        return True
    y = made.solve(np.ones((1, a.shape[1])))
    return bool(y.residual <= UNSOLVED and (y.x >= 1.0 - 1e-9).all() and (y.x <= LARGEST).all())


def domestic_matrix(economy: Economy, a: np.ndarray) -> np.ndarray:
    """A (n, n) from what a unit of output needs of products, (K, n); that of the economy itself is made once."""
    if np.array_equal(a, economy.a):
        return economy.A
    return economy.origin[:, economy.pool] * a[economy.sector]


def sales_on_path(economy: Economy, output: np.ndarray) -> np.ndarray:
    """What each activity sells to activities at the base's coefficients and these outputs, ``A x``; (T, n) both."""
    pools = np.unique(economy.pool)
    if economy.K * len(pools) >= economy.n:
        return output @ economy.A.T
    members = [np.flatnonzero(economy.pool == pool) for pool in pools]
    bought = np.stack([output[:, m] @ economy.a[:, m].T for m in members], axis=2)
    return _by_origin(economy, bought, pools)


def intermediate_sales(economy: Economy, use: np.ndarray) -> np.ndarray:
    """What each activity sells when activities use the domestic products ``use`` (K, n); (n,)."""
    order = np.argsort(economy.pool, kind="stable")
    pools, first = np.unique(economy.pool[order], return_index=True)
    bought = np.add.reduceat(use[:, order], first, axis=1)  # (K, pools in which activities buy)
    return _by_origin(economy, bought[None], pools)[0]


def final_sales(economy: Economy, purchases: np.ndarray) -> np.ndarray:
    """What each activity sells when final users buy the domestic products ``purchases`` (T, K, F); (T, n)."""
    pools, place = np.unique(economy.user_pool, return_inverse=True)
    to_pool = (place[:, None] == np.arange(len(pools))).astype(float)
    return _by_origin(economy, purchases @ to_pool, pools)


def _by_origin(economy: Economy, bought: np.ndarray, pools: np.ndarray) -> np.ndarray:
    """What each activity sells, (T, n), when these pools buy so much of the domestic products, (T, K, pools)."""
    sold = np.zeros((len(bought), economy.n))
    in_row = pools.size > 0 and pools[-1] - pools[0] == pools.size - 1
    origin = economy.origin[:, pools[0] : pools[-1] + 1] if in_row else economy.origin[:, pools]
    for k, makers in enumerate(economy.makers):  # by product, so that what is gathered stays in the cache
        sold[:, makers] = bought[:, k] @ origin[makers].T
    return sold


def basket_shares(economy: Economy, basket: np.ndarray) -> np.ndarray:
    """(K, F) purchases per yuan that the households of the user's region spend on ``basket`` (K, F).

    Raises
    ------
    TableError
        If a region with activities has no purchases of households.
    """
    shares = np.zeros_like(basket)
    for r, code in enumerate(economy.regions.codes):
        users = economy.users("households", code)
        total = basket[:, users].sum()
        if total > 0:
            shares[:, users] = basket[:, users] / total
        elif (economy.region == r).any():
            raise TableError(
                f"{economy.name}: region '{code}' earns labour income but has no household purchases; add a "
                "final user of category 'households' there, or use households: open"
            )
    return shares


def induced_spending(economy: Economy, wages: np.ndarray, basket: np.ndarray, spend: float) -> Induced:
    """Households spend the share ``spend`` of their region's pay, ``wages`` (n,) a unit of output, on ``basket``."""
    shares = basket_shares(economy, basket) * (1.0 - economy.import_share)
    by_region = np.stack([np.where(economy.user_region == r, shares, 0.0) for r in range(economy.R)])
    home = (economy.region == np.arange(economy.R)[:, None]).astype(float)
    return Induced(spend * home * wages, final_sales(economy, by_region).T)
