"""The textbook indicators of an input-output table, on bare arrays.

Z  intermediate flows       (n, n)  row i sells, column j buys
x  gross output             (n,)
A  technical coefficients   (n, n)  ``Z / x``, by column
B  allocation coefficients  (n, n)  ``Z / x[:, None]``, by row
L  Leontief inverse         (n, n)
G  Ghosh inverse            (n, n)

Sources are given by chapter of Miller and Blair (2009), Input-Output Analysis, 2nd edition ("MB").
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import TableError, UnproductiveEconomyError
from .solvers import UNSOLVED, inverse_of, prepare


def technical_coefficients(Z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Inputs per unit of output, ``A[i, j] = Z[i, j] / x[j]``; a column without output is zero. MB ch. 2.

    Z (m, n) and x (n,) in one unit; m may differ from n (imports, value added by component).
    """
    return np.divide(Z, x, out=np.zeros(np.shape(Z)), where=np.asarray(x) != 0)


def allocation_coefficients(Z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Share of output that goes to each buyer, ``Z[i, j] / x[i]``; zero rows without output. MB ch. 12."""
    return technical_coefficients(np.transpose(Z), x).T


def leontief_inverse(A: np.ndarray) -> np.ndarray:
    """Output needed, directly and indirectly, per unit of final demand.

    Parameters
    ----------
    A : (n, n) array
        Technical coefficients: ``A[i, j]`` yuan of input i per yuan of output j.

    Returns
    -------
    (n, n) array
        ``L[i, j]`` yuan of output i per yuan of final demand for j; ``x = L @ f``.

    Raises
    ------
    UnproductiveEconomyError
        If the economy cannot meet some final demand (Hawkins-Simon).

    References
    ----------
    MB ch. 2, with its appendix on the Hawkins-Simon conditions.
    """
    L = inverse_of(A)
    if L.size and L.min() < -1e-12:  # for A >= 0, L >= 0 holds exactly when A is productive
        raise _unproductive(A)
    return L


def output_for(A: np.ndarray, f: np.ndarray, transposed: bool = False) -> np.ndarray:
    """Output that final demand f calls for, ``(I - A)^-1 f``, without the inverse; transposed, prices that cover costs.

    Parameters
    ----------
    A : (n, n) array
    f : (n,) array, or (m, n) with one demand a row

    Raises
    ------
    UnproductiveEconomyError
        If the economy cannot meet some final demand (Hawkins-Simon).

    References
    ----------
    MB ch. 2. How it is solved: ``solvers``.
    """
    rows = np.atleast_2d(np.asarray(f, dtype=float))
    solver = prepare(A, columns=len(rows))
    found = solver.solve(rows, transposed)
    # Columns below one are productive for certain; otherwise A >= 0 is exactly where a demand of one everywhere calls
    # for at least one of everything.
    plain = A.size == 0 or (A.sum(axis=0).max() < 1.0 and A.min() >= 0.0)
    if (not plain and not (solver.solve(np.ones((1, len(A)))).x >= 1.0 - 1e-9).all()) or found.residual > UNSOLVED:
        raise _unproductive(A)
    return found.x.reshape(np.shape(f))


def _unproductive(A: np.ndarray) -> UnproductiveEconomyError:
    worst = int(A.sum(axis=0).argmax())
    return UnproductiveEconomyError(
        f"activity {worst} buys inputs of {100.0 * A[:, worst].sum():.1f} % of its output; look for a missing "
        "value-added row, or balance the table first"
    )


def ghosh_inverse(B: np.ndarray) -> np.ndarray:
    """Output enabled per unit of primary input: ``x = v @ G``, ``G = (I - B)^-1``. MB ch. 12.

    Raises
    ------
    UnproductiveEconomyError
        If some activity sells more to others than it makes, all rounds counted.
    """
    G = inverse_of(B)
    if G.size and G.min() < -1e-12:
        worst = int(B.sum(axis=1).argmax())
        raise UnproductiveEconomyError(
            f"activity {worst} sells {B[worst].sum():.3f} of its output to other activities; look for a "
            "missing "
            "final-demand column, or balance the table first"
        )
    return G


def spectral_radius(A: np.ndarray) -> float:
    """Largest absolute eigenvalue; below one exactly when a non-negative A is productive. MB ch. 2."""
    return float(np.abs(np.linalg.eigvals(A)).max()) if len(A) else 0.0


def power_series(A: np.ndarray, f: np.ndarray, rounds: int) -> np.ndarray:
    """Output after 0, 1, .. ``rounds`` rounds, ``(I + A + .. + A^k) f``; (rounds + 1, n). MB ch. 2."""
    outputs = np.empty((rounds + 1, len(f)))
    outputs[0] = f
    for k in range(rounds):
        outputs[k + 1] = f + A @ outputs[k]
    return outputs


# Multipliers


def output_multipliers(L: np.ndarray) -> np.ndarray:
    """Output of all activities per unit of final demand for each, the column sums of L; (n,). MB ch. 6."""
    return L.sum(axis=0)


def simple_multipliers(intensity: np.ndarray, L: np.ndarray) -> np.ndarray:
    """Income, value added or employment per unit of final demand, without induced spending; (n,). MB ch. 6.

    ``intensity`` (n,) is the direct content per unit of output (wages, value added, persons).
    """
    return intensity @ L


def total_multipliers(intensity: np.ndarray, L_closed: np.ndarray) -> np.ndarray:
    """The same with the spending of households induced; (n,). MB ch. 6.

    ``L_closed`` (n + 1, n + 1) is the inverse of ``close_to_households``; the last entry of ``intensity`` (n
    + 1,) is the content of household spending itself: what households pay to households for income, 0 for
    output "truncated" to the activities.
    """
    return intensity @ L_closed[:, :-1]


def per_direct_unit(multipliers: np.ndarray, intensity: np.ndarray) -> np.ndarray:
    """Type I (from simple) or Type II (from total) multipliers: whole effect per unit of direct effect. MB
    ch. 6.

    (n,); NaN where an activity has no direct effect.
    """
    return np.divide(multipliers, intensity, out=np.full(np.shape(intensity), np.nan), where=intensity != 0)


def close_to_households(A: np.ndarray, labour: np.ndarray, consumption: np.ndarray, within: float = 0.0) -> np.ndarray:
    """Technical coefficients of the model closed to households, (n + 1, n + 1). MB ch. 2.

    Parameters
    ----------
    A : (n, n) array
    labour : (n,) array
        Wages per unit of output, the new row.
    consumption : (n,) array
        Household purchases per unit of household income, the new column.
    within : float
        What households pay to households per unit of their income.
    """
    n = len(A)
    closed = np.empty((n + 1, n + 1))
    closed[:n, :n], closed[n, :n], closed[:n, n], closed[n, n] = A, labour, consumption, within
    return closed


# Prices


def cost_push_prices(A: np.ndarray, primary_cost: np.ndarray) -> np.ndarray:
    """Prices that cover costs, ``p = A' p + v``, relative to the base year's; (n,). MB ch. 2.

    ``primary_cost`` (n,) is the cost of primary inputs (wages, taxes, surplus, imports) per unit of output,
    after the change. All costs are passed on in full, quantities stay.
    """
    return output_for(A, primary_cost, transposed=True)


# Linkages


def backward_linkages(L: np.ndarray) -> np.ndarray:
    """Column sums of the Leontief inverse; (n,). MB ch. 12."""
    return L.sum(axis=0)


def forward_linkages(inverse: np.ndarray) -> np.ndarray:
    """Row sums of the Ghosh inverse (or of L, as in Rasmussen's sensitivity); (n,). MB ch. 12."""
    return inverse.sum(axis=1)


def against_mean(linkages: np.ndarray) -> np.ndarray:
    """Linkages over their mean: power (backward) or sensitivity (forward) of dispersion. MB ch. 12."""
    return linkages / linkages.mean()


def multiplier_product(L: np.ndarray) -> np.ndarray:
    """Multiplier product matrix: what the totals of rows and columns alone would make of L; (n, n).

    ``row total x column total / grand total``: the economic landscape of Sonis, Hewings and Guo.
    """
    return np.outer(L.sum(axis=1), L.sum(axis=0)) / L.sum()


def dispersion(L: np.ndarray) -> np.ndarray:
    """Coefficient of variation of each column of L: how unevenly demand for j spreads over suppliers; (n,).

    Sample deviation (n - 1) of the column over its mean, as Rasmussen defined it beside the power of dispersion.
    """
    return L.std(axis=0, ddof=1) / L.mean(axis=0)


def extraction_losses(A: np.ndarray, f: np.ndarray) -> np.ndarray:
    """Total output lost when an activity vanishes with all it buys and sells, own output included; (n,). MB
    ch. 12.

    ``sum(x) - sum(x without k)``, where the others keep their coefficients among themselves and final demand.
    By the inverse of a bordered matrix, removing k leaves ``x[i] - L[i, k] x[k] / L[k, k]``: one inverse
    serves all.
    """
    L = leontief_inverse(A)
    return L.sum(axis=0) * (L @ f) / np.diag(L)


def mixed_model(A: np.ndarray, f: np.ndarray, x: np.ndarray, output_given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output where final demand is given, final demand where output is given. MB ch. 13.

    Parameters
    ----------
    A : (n, n) array
    f, x : (n,) arrays
        Final demand, read where ``output_given`` is false; gross output, read where it is true.
    output_given : (n,) bool array

    Returns
    -------
    (x, f) : (n,) arrays, complete
    """
    given, free = np.asarray(output_given, dtype=bool), ~np.asarray(output_given, dtype=bool)
    output = np.where(given, x, 0.0)
    known = f[free] + A[np.ix_(free, given)] @ output[given]
    output[free] = output_for(A[np.ix_(free, free)], known)
    return output, np.where(given, output - A @ output, f)


# Regions


class RegionalEffects(NamedTuple):
    """Output effects of final demand in one region, by where and why; MB ch. 3."""

    own: np.ndarray  # (inside,) as if the region stood alone
    feedback: np.ndarray  # (inside,) what comes back through the others
    spillover: np.ndarray  # (outside,) output of the other regions

    @property
    def feedback_share(self) -> float:
        """Feedback over the whole effect inside the region."""
        return float(self.feedback.sum() / (self.own + self.feedback).sum())


def regional_effects(A: np.ndarray, inside: np.ndarray, f: np.ndarray) -> RegionalEffects:
    """Own, feedback and spill-over effects of final demand for one region's products.

    Parameters
    ----------
    A : (n, n) array
        Coefficients of all regions together.
    inside : (n,) bool array
        Activities of the region.
    f : array, one entry for each activity inside
        Final demand.

    References
    ----------
    MB ch. 3; Miller (1966), Interregional Feedback Effects in Input-Output Models.
    """
    r, s = np.asarray(inside, dtype=bool), ~np.asarray(inside, dtype=bool)
    if len(f) != r.sum():
        raise TableError(f"final demand has {len(f)} entries; the region has {r.sum()} activities")
    demand = np.zeros(len(A))
    demand[r] = f
    whole, own = output_for(A, demand), output_for(A[np.ix_(r, r)], np.asarray(f, dtype=float))
    return RegionalEffects(own, whole[r] - own, whole[s])


def feedback_matrix(A: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """What a region needs from itself by way of the others, ``A_rs (I - A_ss)^-1 A_sr``. MB ch. 3."""
    r, s = np.asarray(inside, dtype=bool), ~np.asarray(inside, dtype=bool)
    return A[np.ix_(r, s)] @ output_for(A[np.ix_(s, s)], A[np.ix_(s, r)].T).T
