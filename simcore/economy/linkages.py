"""Extraction of activities and groups, effects closed to households, and places in the chain; on bare arrays.

A  technical coefficients  (n, n)  by column
L  Leontief inverse        (n, n)  ``(I - A)^-1``
G  Ghosh inverse           (n, n)  ``(I - Z / x[:, None])^-1``

"MB" is Miller and Blair (2009), Input-Output Analysis, 2nd edition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..errors import TableError
from .indicators import ghosh_inverse, output_for, technical_coefficients

Kind = Literal["complete", "backward", "forward"]


def extraction(inverse: np.ndarray, x: np.ndarray, groups: Sequence[np.ndarray], kind: Kind = "complete") -> np.ndarray:
    """Output that each activity loses when a group of activities is taken out of the economy.

    One inverse serves all groups: taking out g changes it by a matrix of the rank of g (Woodbury), so that a loss
    costs the solution of a system of the size of g.

    Parameters
    ----------
    inverse : (n, n) array
        The Leontief inverse; for ``forward`` the Ghosh inverse.
    x : (n,) array
        Gross output.
    groups : sequence of int arrays
        Positions of the activities of each group.
    kind : {"complete", "backward", "forward"}
        Complete: the group neither buys, sells nor makes anything, and the others keep their coefficients and
        final demand; ``L[:, g] L[g, g]^-1 x[g]``. Backward: it buys nothing from activities (imports all inputs),
        its column of A is zero, and meets demand as before; ``(L - I)[:, g] L[g, g]^-1 x[g]``. Forward: activities
        get nothing from it, its row of the allocation coefficients is zero, primary inputs stay as they are;
        ``x[g] G[g, g]^-1 (G - I)[g, :]``.

    Returns
    -------
    (groups, n) array
        In the unit of x; sums over the last axis are the total losses.

    References
    ----------
    MB ch. 12; for one activity and the complete form see ``indicators.extraction_losses``.
    """
    if kind not in ("complete", "backward", "forward"):
        raise TableError(f"kind of extraction is '{kind}'; write complete, backward or forward")
    # In relative form the Ghosh model is the Leontief model of the transposed table.
    inverse = inverse.T if kind == "forward" else inverse
    losses = np.empty((len(groups), len(x)))
    for row, group in zip(losses, groups, strict=True):
        g = np.asarray(group)
        columns = inverse[:, g].copy()
        core = columns[g]
        if kind != "complete":
            columns[g] -= np.eye(len(g))
        row[:] = columns @ np.linalg.solve(core, x[g])
    return losses


def closed_inverse(L: np.ndarray, earned: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """The Leontief inverse of the model closed to households, cut to the activities; (n, n). MB ch. 2.

    ``(I - A - bought earned)^-1`` by Woodbury's identity.

    Parameters
    ----------
    L : (n, n) array
    earned : (R, n) array
        Spending that region r's households derive from a unit of output of j.
    bought : (n, R) array
        Domestic output that a unit of that spending calls for.

    Raises
    ------
    TableError
        If a yuan of spending brings about a yuan of income and more, all rounds counted.
    """
    rounds = earned @ L @ bought
    if len(rounds) and np.abs(np.linalg.eigvals(rounds)).max() >= 1.0:
        raise TableError(
            "what households spend earns them as much and more, so effects have no end: lower the share of income "
            "that is spent"
        )
    return L + (L @ bought) @ np.linalg.solve(np.eye(len(rounds)) - rounds, earned @ L)


def upstreamness(
    Z: np.ndarray,
    x: np.ndarray,
    *,
    exports: np.ndarray | None = None,
    imports: np.ndarray | None = None,
) -> np.ndarray:
    """Average number of stages between an activity's output and final use, one for final use itself; (n,).

    ``u_i = 1 + sum_j Z_ij / (x_i - exports_i + imports_i) u_j``. Without trade this is the closed-economy form, the
    row sums of the Ghosh inverse: right for domestic flows, with exports as a final use. With imported flows inside
    Z, give exports and imports: activities then use the same share of exports, abroad, as of what is used at home.

    Parameters
    ----------
    Z : (n, n) array
        Intermediate flows.
    x, exports, imports : (n,) arrays
        In the unit of Z.

    Raises
    ------
    TableError
        If some activity's domestic absorption is negative.
    UnproductiveEconomyError
        If activities sell more to each other than is absorbed.

    References
    ----------
    Antras, Chor, Fally and Hillberry (2012), Measuring the upstreamness of production and trade flows, American
    Economic Review: Papers and Proceedings 102(3), 412-416.
    """
    absorbed = np.asarray(x, dtype=float)
    for sign, flow in ((-1.0, exports), (1.0, imports)):
        absorbed = absorbed if flow is None else absorbed + sign * np.asarray(flow, dtype=float)
    if (absorbed < 0).any():
        i = int(np.argmin(absorbed))
        raise TableError(f"activity {i} exports {-absorbed[i]:.6g} more than it makes and imports; look at its trade")
    return ghosh_inverse(technical_coefficients(np.transpose(Z), absorbed).T).sum(axis=1)


def downstreamness(Z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Average number of stages of production that an activity's output has gone through, its own included; (n,).

    ``d_j = 1 + sum_i d_i Z_ij / x_j``, the column sums of the Leontief inverse.

    References
    ----------
    Miller and Temurshoev (2017), Output upstreamness and input downstreamness of industries/countries in world
    production, International Regional Science Review 40(5), 443-475.
    """
    return output_for(technical_coefficients(Z, x), np.ones(len(Z)), transposed=True)
