"""The chain of a production network at given cost shares: ``(I - O) s = b`` for sales, ``(I - O') p = c`` for costs.

``O[i, j]`` is what buyer j spends on activity i per yuan. Buyers of a pool split each product over its origins alike,
so ``O = S N`` with

S  origins  (n, P K)  share of activity i in product k bought by pool p (zero where i makes another product)
N  needs    (P K, n)  spending of j on domestic product k (zero where j buys in another pool)

and the push-through identity ``(I - S N)^-1 = I + S (I - N S)^-1 N`` leaves P K equations instead of n. Where the pools
are many, as in the full form, the n equations are solved as they stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..economy.solvers import solve_factored


@dataclass(frozen=True)
class Chain:
    """A factorised chain; right-hand sides are (n,) or (n, m)."""

    members: tuple[np.ndarray, ...]  # activities that buy in each pool
    needs: np.ndarray  # (K, n)
    origins: Any  # S as a sparse matrix; None in the dense form
    matrix: np.ndarray | None  # O; None in the pooled form
    factor: Any  # LU of I - N S, or of I - O

    @classmethod
    def of(cls, sector: np.ndarray, members: tuple[np.ndarray, ...], needs: np.ndarray, origin: np.ndarray) -> Chain:
        """Factorise.

        Parameters
        ----------
        sector : (n,) int array
            Product that each activity makes.
        members : tuple of int arrays
            Activities that buy in each pool, P of them.
        needs : (K, n) array
            Spending of j on domestic product k per yuan of its sales.
        origin : (n, P) array
            Share of activity i in what pool p buys of i's product.
        """
        from scipy.linalg import lu_factor
        from scipy.sparse import csr_array

        (n, P), K = origin.shape, len(needs)
        if n <= K * P:
            matrix = np.zeros((n, n))
            for p, buyers in enumerate(members):
                matrix[:, buyers] = origin[:, p : p + 1] * needs[sector][:, buyers]
            system = -matrix
            system[np.diag_indices(n)] += 1.0
            return cls(members, needs, None, matrix, lu_factor(system, check_finite=False))
        columns = sector[:, None] + K * np.arange(P)
        dense = np.zeros((n, P * K))
        dense[np.arange(n)[:, None], columns] = origin
        system = np.concatenate([-needs[:, buyers] @ dense[buyers] for buyers in members])
        system[np.diag_indices(P * K)] += 1.0
        starts = np.arange(0, n * P + 1, P)
        origins = csr_array((origin.reshape(-1), columns.reshape(-1), starts), shape=(n, P * K))
        return cls(members, needs, origins, None, lu_factor(system, check_finite=False))

    def spread(self, values: np.ndarray) -> np.ndarray:
        """``O @ values``: what activities sell when buyers' spending is ``values``."""
        return self.matrix @ values if self.origins is None else self.origins @ self._need(values)

    def sales(self, demand: np.ndarray) -> np.ndarray:
        """``(I - O)^-1 demand``."""
        if self.origins is None:
            return solve_factored(self.factor, demand)
        return demand + self.origins @ solve_factored(self.factor, self._need(demand))

    def costs(self, primary: np.ndarray) -> np.ndarray:
        """``(I - O')^-1 primary``."""
        if self.origins is None:
            return solve_factored(self.factor, primary, transposed=True)
        composite = solve_factored(self.factor, self.origins.T @ primary, transposed=True)
        K, total = len(self.needs), np.array(primary)
        for p, buyers in enumerate(self.members):
            total[buyers] += self.needs[:, buyers].T @ composite[p * K : (p + 1) * K]
        return total

    def _need(self, values: np.ndarray) -> np.ndarray:
        return np.concatenate([self.needs[:, buyers] @ values[buyers] for buyers in self.members])
