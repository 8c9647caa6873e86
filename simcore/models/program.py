"""A small linear program with one answer: what is given up where not all that is wanted can be made.

y  given up (N,)   yuan; final demand withheld, disaster imports called in, deliveries redirected
c  cost     (N,)   of the objective, per yuan
u  upper    (N,)   most that can be given up
G  relief   (R, N) of limit r per yuan given up
h  need     (R,)   by which what is wanted exceeds limit r

``min c'y`` subject to ``G y >= h`` and ``0 <= y <= u``. Among all optima the one with the least ``sum(y² / weight)`` is
chosen: shares, not yuan, are kept small, so that users that the objective cannot tell apart go short by the same
share. The choice is strictly convex, so the answer is unique and does not depend on the order of anything.

Prices are those of the dual. Where several limits bind only together their prices are not unique; then they share the
value, with the least sum of squares weighted by the size of the limits.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

SLACK = 1e-9  # of a row or of a column's range: nearer to a bound is on it
STEPS = 500  # of the search for the nearest optimum; tables of a few hundred activities need some dozens
IDLE = 1e-8  # of the largest cost: a smaller reduced cost is none


class Program(NamedTuple):
    """See the module; ``equal`` (R,) bool marks rows that hold as equations, ``size`` (R,) the yuan of a limit."""

    cost: np.ndarray
    upper: np.ndarray
    weight: np.ndarray
    relief: np.ndarray
    need: np.ndarray
    equal: np.ndarray
    size: np.ndarray


class Optimum(NamedTuple):
    """What is given up (N,), the objective, and what one yuan less of each need would save (R,)."""

    given_up: np.ndarray
    objective: float
    price: np.ndarray
    nearest: bool = True  # False: an optimum, but the search for the nearest one was stopped


def optimum(program: Program) -> Optimum | None:
    """The answer, or None where no answer meets all needs; HiGHS solves the linear program."""
    if not len(program.need):
        return Optimum(np.zeros(len(program.cost)), 0.0, np.zeros(0))
    vertex = _vertex(program)
    if vertex is None:
        return None
    share, nearest = _closest(program, *vertex)
    given_up = share * program.upper
    return Optimum(given_up, float(program.cost @ given_up), _prices(program, share, vertex[1]), nearest)


def _vertex(program: Program) -> tuple[np.ndarray, np.ndarray] | None:
    """Shares of the upper bounds (N,) and prices (R,), by the simplex method."""
    from scipy.optimize import linprog
    from scipy.sparse import csr_matrix

    free, equal = ~program.equal, program.equal
    unit = float(program.upper.max())
    size = np.maximum(np.abs(program.relief).max(axis=1), 1e-300)
    relief, need = program.relief / size[:, None], program.need / (size * unit)
    highest = _highest(program)
    done = linprog(
        program.cost / highest,
        A_ub=csr_matrix(-relief[free]) if free.any() else None,
        b_ub=-need[free] if free.any() else None,
        A_eq=csr_matrix(relief[equal]) if equal.any() else None,
        b_eq=need[equal] if equal.any() else None,
        bounds=np.column_stack((np.zeros(len(program.upper)), program.upper / unit)),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if done.status == 2:
        return None
    if done.status != 0:
        raise ArithmeticError(f"the linear program of the period was not solved: {done.message}")
    price = np.zeros(len(need))
    if free.any():
        price[free] = np.maximum(-done.ineqlin.marginals, 0.0)
    if equal.any():
        price[equal] = done.eqlin.marginals
    return np.clip(done.x * unit / program.upper, 0.0, 1.0), price * highest / size


def _highest(program: Program) -> float:
    return max(float(np.abs(program.cost).max(initial=0.0)), 1e-300)


def _closest(program: Program, share: np.ndarray, price: np.ndarray) -> tuple[np.ndarray, bool]:
    """The optimum of least squares, and whether it was reached.

    Every optimum is complementary to the prices of any other: columns with a reduced cost stay on their bound and rows
    with a price stay tight. What is left is a strictly convex quadratic program, solved from the vertex by an
    active-set method.
    """
    reduced = program.cost - price @ program.relief
    free = np.abs(reduced) <= IDLE * _highest(program)
    share = np.where(free, share, np.where(reduced < 0.0, 1.0, 0.0))
    if not free.any():
        return share, True
    relief = program.relief * program.upper
    size = np.maximum(np.abs(relief[:, free]).max(axis=1), 1e-300)
    need = (program.need - relief[:, ~free] @ share[~free]) / size
    tight = program.equal | (price * np.abs(program.relief).max(axis=1) > IDLE * _highest(program))
    curvature = program.upper[free] ** 2 / program.weight[free]
    problem = _LeastSquares(relief[:, free] / size[:, None], need, tight, curvature / curvature.max())
    share[free], nearest = problem.solve(share[free])
    return share, nearest


class _LeastSquares:
    """Minimise ``curvature @ s²`` subject to ``G s >= need``, equal where ``tight``, and ``0 <= s <= 1``."""

    def __init__(self, G: np.ndarray, need: np.ndarray, tight: np.ndarray, curvature: np.ndarray):
        self.G, self.need, self.tight, self.curvature = G, need, tight, curvature

    def solve(self, s: np.ndarray) -> tuple[np.ndarray, bool]:
        """From a feasible point: move to the optimum of the working set, stop where a limit is met, drop what pulls
        the wrong way. Several are dropped at once as long as that makes progress, else one, the first (Bland)."""
        low, high, rows = s <= SLACK, s >= 1.0 - SLACK, self.tight.copy()
        s = np.where(low, 0.0, np.where(high, 1.0, s))
        best, single = np.inf, False
        for _ in range(STEPS):
            free = ~(low | high)
            target, multiplier = self._on(s, free, rows)
            step, blocking = self._room(s, target - s, free, rows)
            s = s + step * (target - s)
            if blocking is not None:
                kind, at = blocking
                (low if kind == "low" else high if kind == "high" else rows)[at] = True
                s[low], s[high] = 0.0, 1.0
                continue
            s = target  # exact on the working set
            value = float(self.curvature @ s**2)
            single = single or value >= best * (1.0 - 1e-12)
            best = min(best, value)
            pull = self.curvature * s - multiplier @ self.G
            scale = 1e-11 * max(float(np.abs(self.curvature).max()), float(np.abs(multiplier).max(initial=0.0)))
            wrong = [(low, low & (pull < -scale)), (high, high & (pull > scale)),
                     (rows, rows & ~self.tight & (multiplier < -scale))]  # fmt: skip
            if not any(which.any() for _, which in wrong):
                return s, True
            for held, which in wrong:
                if which.any():
                    held[np.flatnonzero(which)[:1] if single else which] = False
                    if single:
                        break
        return s, False  # feasible on the way, so an optimum all the same

    def _on(self, s: np.ndarray, free: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The optimum with the columns that are not free where they are and the rows tight, and its multipliers."""
        from scipy.linalg import qr, solve_triangular

        target, multiplier, at = s.copy(), np.zeros(rows.size), np.flatnonzero(rows)
        if not at.size or not free.any():
            target[free] = 0.0
            return target, multiplier
        root = np.sqrt(self.curvature[free])
        lack = self.need[at] - self.G[at][:, ~free] @ s[~free]
        # Rows that depend on others (like halves have like rows) come last in the pivoted QR and are left out.
        Q, R, order = qr((self.G[at][:, free] / root).T, mode="economic", pivoting=True, check_finite=False)
        pivot = np.abs(np.diag(R))
        rank = int((pivot > 1e-11 * pivot[0]).sum())
        R = R[:rank, :rank]
        inner = solve_triangular(R, lack[order[:rank]], trans="T", check_finite=False)
        target[free] = (Q[:, :rank] @ inner) / root
        multiplier[at[order[:rank]]] = solve_triangular(R, inner, check_finite=False)
        return target, multiplier

    def _room(
        self, s: np.ndarray, move: np.ndarray, free: np.ndarray, rows: np.ndarray
    ) -> tuple[float, tuple[str, int] | None]:
        """How far to go, at most 1, and what stops it."""
        tiny = 1e-11  # shares; less is rounding, and a row that depends on tight ones falls by no more
        step, blocking = 1.0, None
        down, up = free & (move < -tiny), free & (move > tiny)
        spare = self.G @ s - self.need
        falls = ~rows & (self.G @ move < -tiny)
        for kind, which, room in (
            ("low", down, np.divide(s, -move, out=np.full(s.size, np.inf), where=down)),
            ("high", up, np.divide(1.0 - s, move, out=np.full(s.size, np.inf), where=up)),
            ("row", falls, np.divide(spare, -(self.G @ move), out=np.full(rows.size, np.inf), where=falls)),
        ):
            if which.any():
                at = int(np.argmin(room))
                if room[at] < step:
                    step, blocking = max(float(room[at]), 0.0), (kind, at)
        return step, blocking


def _prices(program: Program, share: np.ndarray, vertex: np.ndarray) -> np.ndarray:
    """Prices per yuan of need; of several optimal ones those of least squares, weighted by the size of the limits."""
    used = program.relief @ (share * program.upper)
    scale = np.maximum(np.abs(program.relief * program.upper).max(axis=1), 1e-300)
    tight = program.equal | (np.abs(used - program.need) <= SLACK * scale)
    inside = (share > SLACK) & (share < 1.0 - SLACK)
    root = np.sqrt(np.maximum(program.size[tight], 1e-300))
    equations = (program.relief[tight][:, inside] / root[:, None]).T
    found = np.linalg.lstsq(equations, program.cost[inside], rcond=1e-12)[0] / root if inside.any() else np.zeros(0)
    if not len(found):
        return vertex
    price = np.zeros(len(vertex))
    price[tight] = found
    reduced = program.cost - price @ program.relief
    allowed = 1e-7 * np.abs(program.cost).max(initial=0.0)
    at_zero, at_upper = share <= SLACK, share >= 1.0 - SLACK
    holds = (
        (reduced[at_zero] >= -allowed).all()
        and (reduced[at_upper] <= allowed).all()
        and (np.abs(reduced[inside]) <= allowed).all()
        and (price[~program.equal] >= -allowed).all()
    )
    if not holds:
        return vertex
    return np.where(program.equal, price, np.maximum(price, 0.0))
