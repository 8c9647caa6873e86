"""Solving ``(I - A) x = b`` and its transpose ``(I - A') y = g``: one layer for every size and number of demands.

A  coefficients       (n, n)  dense or sparse, of any sign; nothing small is ever dropped
b  right-hand sides   (m, n)  one a row, as periods are elsewhere; or (n,)

| name      | what it does                                        | for                                        |
| --------- | --------------------------------------------------- | ------------------------------------------ |
| `lu`      | LU factors, refined where a residual is not small   | small systems, and most others             |
| `krylov`  | block-Jacobi GMRES, no factors; `lu` if that fails  | a few right-hand sides of a large system   |
| `inverse` | the inverse, one BLAS-3 product for all             | many right-hand sides of one system        |
| `sparse`  | sparse LU                                           | sparse A, more than a few right-hand sides |

``Changed`` (Woodbury) solves a system of which a few columns changed with the solver of the old one, and
``fixed_outputs`` a system in which some outputs are given.

Every answer carries its residual. An answer depends on A and on the right-hand sides given in one call, to the last
bit, but not on what is solved before, after or at the same time in other threads. So members of an ensemble are to be
solved by a call each (factors are shared): a BLAS-3 product over several members would round each of them by its
place among the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..errors import TableError, UnproductiveEconomyError
from .krylov import ENOUGH, Blocks, blocks_of, gmres, products

SOLVERS = ("auto", "lu", "krylov", "inverse", "sparse")
SMALL = 350  # unknowns a right-hand side from which steps take less time than factors ..
FEW = 20  # .. up to this number of right-hand sides
MANY = 0.7  # right-hand sides per unknown from which an inverse pays: it takes three times as long as factors
REFINED = 5e-15  # residual above which factors are used again, on what is left
REFINEMENTS = 3
UNSOLVED = 1e-8  # residual above which an answer is none ..
LARGEST = 1e12  # .. and output per unit of demand: beyond it the system is singular but for rounding
BLOCK = 48  # activities in a block of a table whose blocks are not known
PROBES = 4


class Solved(NamedTuple):
    """An answer and how good it is."""

    x: np.ndarray  # of the shape of b
    residual: float  # largest gap of any right-hand side, over the largest output (or entry of b) of its row
    solver: str
    steps: int = 0  # most that a right-hand side took; 0 for direct solvers
    note: str = ""  # what did not go as asked for


class Solver(Protocol):
    """A prepared system; ``solve`` as often as wanted, from any number of threads."""

    @property
    def name(self) -> str: ...

    def solve(self, b: np.ndarray, transposed: bool = False) -> Solved: ...

    def left(self, x: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray: ...


def solve(
    A: Any, b: np.ndarray, *, transposed: bool = False, solver: str = "auto", blocks: np.ndarray | None = None
) -> Solved:
    """Output that demand ``b`` calls for, ``(I - A) x = b``; transposed, what costs ``b`` add up to.

    Parameters
    ----------
    A : (n, n) array or sparse matrix
        Technical coefficients.
    b : (n,) or (m, n) array
        Final demand (unit costs for the transposed system), one right-hand side a row.
    solver : {"auto", "lu", "krylov", "inverse", "sparse"}
        See the module; ``auto`` chooses by size, sparsity and number of right-hand sides.
    blocks : (n,) int array, optional
        Label of each activity's region, for ``krylov``; by default neighbours form blocks.

    Raises
    ------
    UnproductiveEconomyError
        If the system is singular, so that no output meets the demand.

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis, chapter 2.
    """
    rows = np.atleast_2d(np.asarray(b, dtype=float))
    found = prepare(A, solver=solver, columns=len(rows), blocks=blocks).solve(rows, transposed)
    if not (found.residual <= UNSOLVED and np.abs(found.x).max(initial=0.0) <= LARGEST * np.abs(rows).max(initial=0.0)):
        worst = int(np.asarray(A.sum(axis=0)).argmax())
        raise UnproductiveEconomyError(
            f"I - A is singular or nearly so (residual {found.residual:.1g} by {found.solver}); activity {worst} buys "
            f"inputs of {100.0 * float(np.asarray(A.sum(axis=0))[worst]):.1f} % of its output; look for a "
            "missing value-added row, or balance the table first"
        )
    return found._replace(x=found.x.reshape(np.shape(b)))


def prepare(A: Any, *, solver: str = "auto", columns: int = 1, blocks: np.ndarray | None = None) -> Solver:
    """A solver of ``(I - A) x = b`` for about ``columns`` right-hand sides; see ``solve``.

    Raises
    ------
    TableError
        If A is not square, or there is no such solver.
    """
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise TableError(f"A has shape {A.shape}; coefficients are square")
    sparse = hasattr(A, "tocsr")
    chosen = choose(A.shape[0], columns, sparse) if solver == "auto" else solver
    if chosen == "krylov":
        labels = np.arange(A.shape[0]) // BLOCK if blocks is None else blocks
        return Krylov(A.tocsr() if sparse else A, blocks_of(A, labels))
    if chosen == "sparse":
        return SparseLU.of(A)
    dense = A.toarray() if sparse else np.asarray(A, dtype=float)
    if chosen == "lu":
        return LU.of(dense)
    if chosen == "inverse":
        return Inverse.of(dense)
    raise TableError(f"no solver '{solver}'; there is {', '.join(SOLVERS)}")


def choose(n: int, columns: int, sparse: bool = False) -> str:
    """The solver for ``columns`` right-hand sides of n unknowns: what takes least time.

    Measured on tables of 210 to 7987 activities with blocks by region, on one thread: ``krylov`` takes 9 to 11 steps,
    each reading A once; factors take n / 1.5 operations an entry, but run from the cache, so that they pay from about
    n / 350 right-hand sides on.
    """
    if columns <= min(FEW, n // SMALL):
        return "krylov"
    if sparse:
        return "sparse"
    return "inverse" if n >= SMALL and columns >= MANY * n else "lu"


@dataclass(frozen=True)
class LU:
    """Factors of ``I - A``; what a solution leaves over is solved for again where it is not small."""

    A: np.ndarray
    factor: tuple[np.ndarray, np.ndarray]  # of (I - A)'
    singular: bool  # a pivot is exactly zero
    name: str = "lu"

    @classmethod
    def of(cls, A: np.ndarray) -> LU:
        return cls(A, *_factors(A))

    def solve(self, b: np.ndarray, transposed: bool = False) -> Solved:
        if self.singular:
            return Solved(np.full(b.shape, np.nan), np.inf, self.name)
        x = solve_factored(self.factor, b.T, not transposed).T
        left = self.left(x, b, transposed)
        gaps = _gaps(left, x, b)
        for _ in range(REFINEMENTS):
            again = np.flatnonzero(gaps > REFINED)
            if not again.size:
                break
            tried = x[again] + solve_factored(self.factor, left[again].T, not transposed).T
            remains = self.left(tried, b[again], transposed)
            now = _gaps(remains, tried, b[again])
            better = now < gaps[again]
            if not better.any():
                break
            chosen = again[better]
            x[chosen], left[chosen], gaps[chosen] = tried[better], remains[better], now[better]
        return Solved(x, _largest(gaps), self.name)

    def left(self, x: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray:
        """``b - x + A x`` by row."""
        return b - x + x @ (self.A if transposed else self.A.T)


@dataclass(frozen=True)
class Krylov:
    """No factors: each right-hand side is found in steps that read A once."""

    A: Any
    blocks: Blocks
    name: str = "krylov"
    _direct: list[Solver] = field(default_factory=list, repr=False)  # made when steps fail

    def solve(self, b: np.ndarray, transposed: bool = False) -> Solved:
        """Each row for itself, so that its answer does not depend on the others.

        A row that does not converge is solved by ``lu`` (``sparse`` for sparse A), and the note says so.
        """
        x, worst, most, failed = np.empty(b.shape), 0.0, 0, []
        matrix = self.A.T if transposed else self.A
        for row, (out, asked) in enumerate(zip(x, b, strict=True)):
            out[:], residual, steps = gmres(
                lambda v: products(matrix, v), lambda v: self.blocks.apply(v, transposed), np.ascontiguousarray(asked)
            )
            most = max(most, steps)
            if residual <= ENOUGH:
                worst = max(worst, residual)
            else:
                failed.append(row)
        if not failed:
            return Solved(x, worst, self.name, most)
        again = self._by_factors().solve(b[failed], transposed)
        x[failed] = again.x
        note = f"{len(failed)} of {len(b)} right-hand sides did not converge in steps and were solved by {again.solver}"
        return Solved(x, max(worst, again.residual), f"{self.name}, {again.solver}", most, note)

    def _by_factors(self) -> Solver:
        if not self._direct:
            self._direct.append(prepare(self.A, solver="sparse" if hasattr(self.A, "tocsr") else "lu"))
        return self._direct[0]

    def left(self, x: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray:
        """``b - x + A x`` by row."""
        return b - x + x @ (self.A if transposed else self.A.T)


@dataclass(frozen=True)
class Inverse:
    """The inverse itself: one product for any number of right-hand sides.

    The residual (root of the sum of squares, of the gaps over the outputs) is estimated from random sums of the
    equations (Freivalds), which costs next to nothing; an error goes unseen by all of them with a chance of 1 in 16
    at most.
    """

    A: np.ndarray
    L: np.ndarray  # (n, n) Leontief inverse
    probes: np.ndarray  # (PROBES, n) signs
    sums: np.ndarray  # (PROBES, n) the same sums of the rows of I - A
    sums_transposed: np.ndarray  # and of its columns
    name: str = "inverse"

    @classmethod
    def of(cls, A: np.ndarray) -> Inverse:
        probes = np.where(np.random.default_rng(0).random((PROBES, len(A))) < 0.5, -1.0, 1.0)
        return cls(A, inverse_of(A), probes, probes - probes @ A, probes - probes @ A.T)

    def solve(self, b: np.ndarray, transposed: bool = False) -> Solved:
        if self.L.size and np.isneginf(self.L[0, 0]):
            return Solved(np.full(b.shape, np.nan), np.inf, self.name)
        x = b @ (self.L if transposed else self.L.T)
        sums = self.sums_transposed if transposed else self.sums
        left = b @ self.probes.T - x @ sums.T
        length = np.sqrt(np.einsum("ij,ij->i", x, x))
        gaps = np.sqrt((left**2).mean(axis=1)) / np.where(length == 0.0, 1.0, length)
        return Solved(x, _largest(gaps), self.name)

    def left(self, x: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray:
        """``b - x + A x`` by row."""
        return b - x + x @ (self.A if transposed else self.A.T)


@dataclass(frozen=True)
class SparseLU:
    """Sparse factors of ``I - A``."""

    A: Any
    factor: Any  # SuperLU; None where I - A is singular
    name: str = "sparse"

    @classmethod
    def of(cls, A: Any) -> SparseLU:
        from scipy.sparse import csc_array, eye_array
        from scipy.sparse.linalg import splu

        A = csc_array(A)
        try:
            return cls(A, splu((eye_array(A.shape[0], format="csc") - A).tocsc()))
        except RuntimeError:  # exactly singular
            return cls(A, None)

    def solve(self, b: np.ndarray, transposed: bool = False) -> Solved:
        if self.factor is None:
            return Solved(np.full(b.shape, np.nan), np.inf, self.name)
        way = "T" if transposed else "N"
        x = self.factor.solve(np.ascontiguousarray(b.T), way).T
        for _ in range(2):  # the first time to refine, since sparse pivots give accuracy away
            left = self.left(x, b, transposed)
            gaps = _gaps(left, x, b)
            if not (gaps > REFINED).any():
                break
            tried = x + self.factor.solve(np.ascontiguousarray(left.T), way).T
            better = _gaps(self.left(tried, b, transposed), tried, b) < gaps
            x = np.where(better[:, None], tried, x)
        return Solved(x, _largest(_gaps(self.left(x, b, transposed), x, b)), self.name)

    def left(self, x: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray:
        """``b - x + A x`` by row."""
        return b - x + x @ (self.A if transposed else self.A.T)


# Systems that differ little from one that is solved already


@dataclass(frozen=True)
class Changed:
    """The system of ``A`` with a few columns changed, by the solver of A and Woodbury's identity.

    With E the columns of the identity at ``where`` and D = ``change`` of these columns of A, ``I - A - D E'`` has the
    solution ``x = y + W (I - E' W)^-1 E' y`` with ``y = (I - A)^-1 b`` and ``W = (I - A)^-1 D``.
    """

    base: Solver
    where: np.ndarray  # (c,) int
    change: np.ndarray  # (c, n): row j is what is added to column where[j] of A
    through: np.ndarray  # (c, n) W'
    name: str = "woodbury"

    @classmethod
    def of(cls, base: Solver, where: np.ndarray, change: np.ndarray) -> Changed:
        """``change`` (c, n): row j is what is added to column ``where[j]`` of A."""
        return cls(base, np.asarray(where), change, base.solve(change).x)

    def solve(self, b: np.ndarray, transposed: bool = False) -> Solved:
        core = np.eye(len(self.where)) - self.through[:, self.where].T
        try:
            x = self._transposed(b, core) if transposed else self._plain(b, core)
        except np.linalg.LinAlgError:  # the change made the system singular
            return Solved(np.full(b.shape, np.nan), np.inf, self.name)
        return Solved(x, _largest(_gaps(self.left(x, b, transposed), x, b)), self.name)

    def _plain(self, b: np.ndarray, core: np.ndarray) -> np.ndarray:
        y = self.base.solve(b).x
        return y + np.linalg.solve(core, y[:, self.where].T).T @ self.through

    def _transposed(self, b: np.ndarray, core: np.ndarray) -> np.ndarray:
        # y + (I - A')^-1 E (I - W' E)^-1 D' y is the solution for b + E (I - W' E)^-1 W' b, as D' y = W' b.
        moved = np.array(b, dtype=float)
        moved[:, self.where] += np.linalg.solve(core.T, self.through @ b.T).T
        return self.base.solve(moved, transposed=True).x

    def left(self, x: np.ndarray, b: np.ndarray, transposed: bool = False) -> np.ndarray:
        """``b - x + A x`` by row."""
        left = self.base.left(x, b, transposed)
        if transposed:
            left[:, self.where] += x @ self.change.T
            return left
        return left + x[:, self.where] @ self.change


def fixed_outputs(
    columns: np.ndarray, free: np.ndarray, where: np.ndarray, output: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Output of all where that of some is given, and final demand for their products takes what is left.

    Parameters
    ----------
    columns : (n, c) array
        Columns of the Leontief inverse at ``where``: what a unit of final demand for each calls for.
    free : (n,) array
        Output that demand would call for.
    where : (c,) int array
        Activities whose output is given.
    output : (c,) array
        What they make.

    Returns
    -------
    (x, unmet) : (n,), (c,) arrays
        Output, exactly as given at ``where``, and the final demand for its products that is not met.

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis, chapter 13.
    """
    unmet = np.linalg.solve(columns[where], free[where] - output)
    x = free - columns @ unmet
    x[where] = output
    return x, unmet


# Parts


def inverse_of(A: np.ndarray) -> np.ndarray:
    """``(I - A)^-1``, (n, n), by LAPACK's factors and their inverse in place: half the work of solving for I.

    Minus infinity everywhere where ``I - A`` is exactly singular.
    """
    from scipy.linalg import get_lapack_funcs

    (lu, pivots), singular = _factors(A)
    if singular or not len(A):
        return np.full(np.shape(A), -np.inf)
    getri, lwork = get_lapack_funcs(("getri", "getri_lwork"), (lu,))
    inverse, _ = getri(lu, pivots, lwork=int(lwork(len(A))[0]), overwrite_lu=True)
    return inverse.T


def _factors(A: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], bool]:
    """LU factors of the transposed ``I - A``, and whether it is exactly singular.

    A matrix that lies in memory by rows is, to LAPACK, its transposed: so nothing needs to be copied.
    """
    from scipy.linalg import get_lapack_funcs

    matrix = np.negative(A, order="C")
    matrix[np.diag_indices_from(matrix)] += 1.0
    if not len(A):
        return (matrix, np.zeros(0, dtype=np.int32)), False
    (getrf,) = get_lapack_funcs(("getrf",), (matrix,))
    lu, pivots, zero = getrf(matrix.T, overwrite_a=True)
    return (lu, pivots), zero > 0


def solve_factored(factor: Any, right: np.ndarray, transposed: bool = False) -> np.ndarray:
    """Solve with ``lu_factor``'s result, which other threads may be solving with at the same time.

    LAPACK's wrapper in scipy counts the pivots up by one for the call and down again after it, in place and without
    the interpreter's lock: two threads that share them corrupt each other, and memory.
    """
    from scipy.linalg import lu_solve

    lu, pivots = factor
    return lu_solve((lu, pivots.copy()), right, trans=int(transposed), check_finite=False)


def _scale(x: np.ndarray, b: np.ndarray) -> np.ndarray:
    ends = [(rows.max(axis=1, initial=0.0), -rows.min(axis=1, initial=0.0)) for rows in (x, b)]
    largest = np.max([end for pair in ends for end in pair], axis=0)
    return np.where(largest == 0.0, 1.0, largest)  # where nothing is asked for nothing is left


def _gaps(left: np.ndarray, x: np.ndarray, b: np.ndarray) -> np.ndarray:
    """(m,) largest gap of each right-hand side, over the largest output."""
    return np.abs(left).max(axis=1, initial=0.0) / _scale(x, b)


def _largest(gaps: np.ndarray) -> float:
    """The largest; infinite where one is no number."""
    return float(np.nan_to_num(gaps, nan=np.inf, posinf=np.inf).max(initial=0.0))
