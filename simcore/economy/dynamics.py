"""Textbook models that move in time, and the shares of lost output behind them, on bare arrays.

A   technical coefficients          (n, n)  yuan of input i per yuan of output j
B   capital coefficients            (n, n)  yuan of capital good i per yuan of output j a period
A*  interdependency, demand form    (n, n)  ``A[i, j] x[j] / x[i]``: share of i's output lost per share of j's
c*  loss of final demand            (n,)    over base output
q   inoperability                   (n,)    share of base output that is lost; negative where more is made
k   resilience                      (n,)    share of a gap that an activity closes in a period
"""

from __future__ import annotations

import numpy as np

from ..errors import TableError
from .indicators import leontief_inverse

TIE = 1e-14  # an activity this near to a bound stays where it is

# The dynamic Leontief model: (I - A) x[t] = B (x[t + 1] - x[t]) + f[t]


def balanced_growth(A: np.ndarray, B: np.ndarray) -> tuple[float, np.ndarray]:
    """Rate at which all activities can grow together when all that is left of output is invested.

    Parameters
    ----------
    A, B : (n, n) arrays

    Returns
    -------
    (rate, proportions) : float, (n,)
        Growth a period, ``1 / rho((I - A)^-1 B)``, and the outputs that grow so, which sum to one.

    Raises
    ------
    TableError
        If no capital is needed, so that growth has no bound.

    References
    ----------
    Miller and Blair (2009), chapter 13; Leontief (1970), The Dynamic Inverse.
    """
    values, vectors = np.linalg.eig(leontief_inverse(A) @ B)
    largest = int(np.abs(values).argmax())
    radius = float(np.abs(values[largest]))
    if radius == 0.0:
        raise TableError("no activity needs capital (B is zero), so balanced growth has no bound")
    proportions = np.abs(vectors[:, largest].real)
    return 1.0 / radius, proportions / proportions.sum()


def growing_path(A: np.ndarray, B: np.ndarray, f: np.ndarray, growth: float, periods: int) -> np.ndarray:
    """Output when final demand grows at one rate for ever, ``(1 + g)^t (I - A - g B)^-1 f``; (periods, n).

    f (n,) is final demand of the first period without the investment that B calls for.

    References
    ----------
    Miller and Blair (2009), chapter 13.
    """
    first = np.linalg.solve(np.eye(len(A)) - A - growth * np.asarray(B), f)
    return (1.0 + growth) ** np.arange(periods)[:, None] * first


def backward_path(A: np.ndarray, B: np.ndarray, f: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Output that meets demand and builds the capital which the next period's output needs.

    Solved from the end, ``x[t] = (I - A + B)^-1 (B x[t + 1] + f[t])``: errors die out towards the present,
    where the forward recursion makes them grow.

    Parameters
    ----------
    A, B : (n, n) arrays
    f : (T, n) array
        Final demand without the investment that B calls for.
    after : (n,) array
        Output of the first period after the last.

    Returns
    -------
    (T, n) array

    References
    ----------
    Miller and Blair (2009), chapter 13; Leontief (1970), The Dynamic Inverse.
    """
    from scipy.linalg import lu_factor, lu_solve

    factor = lu_factor(np.eye(len(A)) - A + B)
    path, following = np.empty(np.shape(f)), np.asarray(after, dtype=float)
    for t in range(len(f) - 1, -1, -1):
        following = lu_solve(factor, B @ following + f[t])
        path[t] = following
    return path


def dynamic_residual(A: np.ndarray, B: np.ndarray, x: np.ndarray, f: np.ndarray) -> np.ndarray:
    """What ``(I - A) x[t] = B (x[t + 1] - x[t]) + f[t]`` leaves in each period; x (T + 1, n), f and result (T, n)."""
    made = x[:-1] - x[:-1] @ np.transpose(A)
    return made - np.diff(x, axis=0) @ np.transpose(B) - f


# Inoperability: q[t + 1] = q[t] + K (A* q[t] + c*[t] - q[t])


def interdependency(A: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A* of the demand form, ``x^-1 A x``: the share of i's sales that j buys; (n, n), zero rows without output.

    References
    ----------
    Santos and Haimes (2004), Risk Analysis; Lian and Haimes (2006), Systems Engineering 9(3).
    """
    x = np.asarray(x, dtype=float)
    return np.divide(A * x, x[:, None], out=np.zeros(np.shape(A)), where=x[:, None] != 0)


def static_inoperability(
    A_star: np.ndarray, c: np.ndarray, least: np.ndarray | None = None, most: float = 1.0
) -> np.ndarray:
    """The share of output lost once all has settled: ``q = A* q + c``, at least ``least`` and at most ``most``.

    Exact by policy iteration: the activities on a bound are fixed, the others solved for, and who is on a bound is
    decided anew, until nobody moves. Losses never lower each other, so the values move one way and the search ends.

    Parameters
    ----------
    A_star : (n, n) array
        Not negative, with a Leontief inverse.
    c : (n,) array
        Loss of final demand over base output.
    least : (n,) array, optional
        Share of output that is lost whatever is demanded, not above ``most``; -inf where nothing is.
    most : float
        No more than all output can be lost.

    Returns
    -------
    (n,) array

    Raises
    ------
    UnproductiveEconomyError
        If losses would feed on themselves without bound.

    References
    ----------
    Haimes and Jiang (2001), Journal of Infrastructure Systems 7, where ``least`` is absent.
    """
    leontief_inverse(A_star)  # refuses a matrix whose losses feed on themselves
    floor = np.full(len(c), -np.inf) if least is None else np.asarray(least, dtype=float)
    high = np.zeros(len(c), dtype=bool)
    while True:
        q = _at_least(A_star, c, floor, high, most)
        now = A_star @ q + c > most + np.where(high, -TIE, TIE)
        if (now == high).all():
            return q
        high = now


def _at_least(A_star: np.ndarray, c: np.ndarray, floor: np.ndarray, high: np.ndarray, most: float) -> np.ndarray:
    """``q = most`` on ``high`` and ``max(floor, A* q + c)`` elsewhere."""
    low = np.zeros(len(c), dtype=bool)
    while True:
        fixed = high | low
        q = np.where(high, most, np.where(low, floor, 0.0))
        free = np.flatnonzero(~fixed)
        known = c[free] + A_star[np.ix_(free, np.flatnonzero(fixed))] @ q[fixed]
        q[free] = np.linalg.solve(np.eye(len(free)) - A_star[np.ix_(free, free)], known)
        now = ~high & (A_star @ q + c < floor + np.where(low, TIE, -TIE))
        if (now == low).all():
            return q
        low = now


def resilience(A_star: np.ndarray, recovery_time: np.ndarray, left: float = 0.01) -> np.ndarray:
    """Speed at which an activity left to itself gets rid of all but ``left`` of a loss in its recovery time.

    ``k = ln(1 / left) / (T (1 - a*_ii))`` a period, with T (n,) in periods; (n,).

    References
    ----------
    Lian and Haimes (2006), Systems Engineering 9(3).
    """
    own = 1.0 - np.diag(A_star)
    time = np.asarray(recovery_time, dtype=float)
    if not ((time > 0.0).all() and 0.0 < left < 1.0 and (own > 0.0).all()):
        raise TableError("a recovery needs a time above zero, a share left between 0 and 1 and a*_ii below 1")
    return -np.log(left) / (time * own)


def inoperability_path(
    A_star: np.ndarray, k: np.ndarray, c: np.ndarray, first: np.ndarray, least: np.ndarray | None = None
) -> np.ndarray:
    """Loss period by period, ``q[t + 1] = q[t] + K (A* q[t] + c[t] - q[t])``, the first included; (T + 1, n).

    No more than all output is ever lost.

    Parameters
    ----------
    A_star : (n, n) array
    k : (n,) array
        Share of a gap that closes in a period, 0 to 1.
    c : (T, n) array
        Loss of final demand over base output.
    first : (n,) array
        Loss at the start.
    least : (T, n) array, optional
        Share lost whatever is demanded while it lasts: ``q[t + 1]`` is not below ``least[t]``.

    References
    ----------
    Lian and Haimes (2006), Systems Engineering 9(3); Orsi and Santos (2010), IEEE Transactions on Systems, Man, and
    Cybernetics A 40(2), for losses of workers that last and change.
    """
    path = np.empty((len(c) + 1, len(first)))
    path[0] = first
    for t in range(len(c)):
        path[t + 1] = path[t] + k * (A_star @ path[t] + c[t] - path[t])
        if least is not None:
            np.maximum(path[t + 1], least[t], out=path[t + 1])
        np.minimum(path[t + 1], 1.0, out=path[t + 1])
    return path


def continuous_recovery(A_star: np.ndarray, k: np.ndarray, first: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Loss when nothing happens any more, ``q(t) = exp(-K (I - A*) t) q(0)``; (len(times), n).

    k (n,) is per unit of time, ``first`` (n,) the loss at time 0.

    References
    ----------
    Lian and Haimes (2006), Systems Engineering 9(3).
    """
    from scipy.linalg import expm

    fall = -np.asarray(k)[:, None] * (np.eye(len(first)) - A_star)
    return np.stack([expm(fall * t) @ first for t in np.asarray(times, dtype=float)])


def cumulative_inoperability(path: np.ndarray) -> np.ndarray:
    """Area under a path of losses (T + 1, n), in periods of lost output by activity, by trapezoids; (n,)."""
    return 0.5 * (path[1:] + path[:-1]).sum(axis=0)


def economic_loss(path: np.ndarray, x: np.ndarray, per_year: float) -> float:
    """Output lost over a path of inoperability (T + 1, n), with x (n,) the yearly base output; in x's unit."""
    return float(cumulative_inoperability(path) @ x / per_year)
