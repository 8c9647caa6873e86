"""The Leontief system of an economy, solved without forming more than its pools need.

All buyers of a pool share their origins, so the domestic coefficients factor into ``A = O D``:

D  (K P, n)  product k that pool p needs per unit of output of j (zero where j buys in another pool)
O  (n, K P)  share of activity i in product k bought by pool p (zero where i makes another product)

and ``(I - O D) x = g`` becomes ``(I - D O) d = D g``, ``x = g + O d`` with K P unknowns instead of n (the
push-through identity). Households that spend what they earn are more rows of D and columns of O. Where the
pools are many, as in the full form, the n equations are solved as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import TableError
from .economy import Economy


@dataclass(frozen=True)
class Induced:
    """Spending out of labour income: who earns it, and where it goes."""

    earned: np.ndarray  # (R, n) induced spending of region r per unit of output of j
    bought: np.ndarray  # (n, R) domestic output that one unit of spending in region r calls for


@dataclass(frozen=True)
class System:
    """A factorised system; ``solve`` as often as wanted."""

    supply: np.ndarray | None  # O, (n, m); None in the dense form
    need: np.ndarray | None  # D, (m, n)
    factor: Any  # LU of I - D O, or of I - A
    productive: bool

    def solve(self, g: np.ndarray) -> np.ndarray:
        """Output for autonomous demand ``g`` on activities, both (T, n); zero demand gives exact zeros."""
        return _solve(self.supply, self.need, self.factor, g)

    def solve_costs(self, g: np.ndarray) -> np.ndarray:
        """What costs ``g`` add up to along the chain, ``y = A' y + g``, both (T, n); zero costs give exact zeros.

        The transposed system: price changes from changes of unit cost, and the supply-driven (Ghosh) model in shares.
        """
        from scipy.linalg import lu_solve

        if self.supply is None or self.need is None:
            return lu_solve(self.factor, g.T, trans=1, check_finite=False).T
        return g + (self.need.T @ lu_solve(self.factor, self.supply.T @ g.T, trans=1, check_finite=False)).T


def factorise(economy: Economy, a: np.ndarray, induced: Induced | None = None) -> System:
    """Factorise the system of domestic coefficients ``a`` (K, n), closed by ``induced`` spending or open.

    The system knows whether it is ``productive`` (Hawkins-Simon): a non-negative A is exactly when ``(I - A)
    y = 1`` has a solution ``y >= 1``.
    """
    from scipy.linalg import lu_factor

    n, K, P = economy.n, economy.K, economy.P
    extra = 0 if induced is None else induced.bought.shape[1]
    supply = need = None
    if K * P + extra < n:
        supply, need = np.zeros((n, K * P + extra)), np.zeros((K * P + extra, n))
        supply[np.arange(n)[:, None], economy.sector[:, None] * P + np.arange(P)] = economy.origin
        need[np.arange(K)[:, None] * P + economy.pool, np.arange(n)] = a
        if induced is not None:
            supply[:, K * P :], need[K * P :] = induced.bought, induced.earned
        matrix = need @ supply
    else:
        matrix = economy.origin[:, economy.pool] * a[economy.sector]
        if induced is not None:
            matrix = matrix + induced.bought @ induced.earned
    np.negative(matrix, out=matrix)
    matrix[np.diag_indices_from(matrix)] += 1.0
    factor = lu_factor(matrix, overwrite_a=True, check_finite=False)
    if not np.diag(factor[0]).all():  # exactly singular
        return System(supply, need, factor, False)
    y = _solve(supply, need, factor, np.ones((1, n)))
    return System(supply, need, factor, bool((y >= 1.0 - 1e-9).all()))


def solve_factored(factor: Any, right: np.ndarray, transposed: bool = False) -> np.ndarray:
    """Solve with ``lu_factor``'s result, which other threads may be solving with at the same time.

    LAPACK's wrapper in scipy counts the pivots up by one for the call and down again after it, in place and without
    the interpreter's lock: two threads that share them corrupt each other, and memory.
    """
    from scipy.linalg import lu_solve

    lu, pivots = factor
    return lu_solve((lu, pivots.copy()), right, trans=int(transposed), check_finite=False)


def _solve(supply: np.ndarray | None, need: np.ndarray | None, factor: Any, g: np.ndarray) -> np.ndarray:
    if supply is None or need is None:
        return solve_factored(factor, g.T).T
    return g + (supply @ solve_factored(factor, need @ g.T)).T


def intermediate_sales(economy: Economy, use: np.ndarray) -> np.ndarray:
    """What each activity sells when activities use the domestic products ``use`` (K, n); (n,)."""
    order = np.argsort(economy.pool, kind="stable")
    pools, first = np.unique(economy.pool[order], return_index=True)
    bought = np.add.reduceat(use[:, order], first, axis=1)  # (K, pools in which activities buy)
    return (economy.origin[:, pools] * bought[economy.sector]).sum(axis=1)


def final_sales(economy: Economy, purchases: np.ndarray) -> np.ndarray:
    """What each activity sells when final users buy the domestic products ``purchases`` (T, K, F); (T, n)."""
    pools, place = np.unique(economy.user_pool, return_inverse=True)
    to_pool = (place[:, None] == np.arange(len(pools))).astype(float)
    origin = economy.origin[:, pools]
    return np.stack([((month @ to_pool)[economy.sector] * origin).sum(axis=1) for month in purchases])


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
