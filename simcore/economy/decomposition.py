"""Structural decomposition: which factors of a product account for its change between two years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Literal, NamedTuple

import numpy as np

from ..attribution import EXACT_LIMIT, Coalition, shapley, shapley_by_orders
from ..errors import TableError
from .indicators import leontief_inverse

Evaluate = Callable[[Sequence[np.ndarray]], np.ndarray]


def product(factors: Sequence[np.ndarray]) -> np.ndarray:
    """``factors[0] @ factors[1] @ ..``."""
    return np.asarray(reduce(np.matmul, factors))


def structural_decomposition(
    start: Sequence[np.ndarray],
    end: Sequence[np.ndarray],
    *,
    method: Literal["average", "polar"] = "average",
    evaluate: Evaluate = product,
) -> np.ndarray:
    """Additive decomposition of the change of a product into the changes of its factors.

    Parameters
    ----------
    start, end : sequences of arrays
        The factors in both years, as ``[intensity, L, f]`` for an effect ``intensity @ L @ f``. To see it by activity
        of origin make the first one a diagonal matrix.
    method : {"average", "polar"}
        Average: the mean over all n! orders in which factors can change, exact for up to 8 factors (as the Shapley
        value, from 2^n products). Polar: the mean of the two orders from first to last and from last to first,
        which is close to it and takes 2 n products.
    evaluate : function, optional
        Of the list of factors; by default their matrix product.

    Returns
    -------
    (factors, *shape of the product) array
        Adds up exactly to the change of the product.

    Raises
    ------
    TableError
        If the years have different factors, or too many for all orders.

    References
    ----------
    Dietzenbacher and Los (1998), Structural decomposition techniques: sense and sensitivity, Economic Systems
    Research 10(4), 307-324.
    """
    count = len(start)
    shapes = [(np.shape(a), np.shape(b)) for a, b in zip(start, end, strict=False)]
    if count == 0 or count != len(end) or any(a != b for a, b in shapes):
        raise TableError(f"the years have factors of shapes {[*map(np.shape, start)]} and {[*map(np.shape, end)]}")
    if method == "average" and count > EXACT_LIMIT:
        raise TableError(f"{count} factors have too many orders; merge some, or use method='polar'")
    if method not in ("average", "polar"):
        raise TableError(f"method is '{method}'; write average or polar")

    def value(changed: Coalition) -> np.ndarray:
        return evaluate([np.asarray(end[i] if i in changed else start[i]) for i in range(count)])

    if method == "average":
        return shapley(value, count)
    order = tuple(range(count))
    return shapley_by_orders(value, [order, order[::-1]])


class OutputChange(NamedTuple):
    """Change of gross output by cause, (n,) each."""

    technology: np.ndarray
    final_demand: np.ndarray


def output_change(A0: np.ndarray, f0: np.ndarray, A1: np.ndarray, f1: np.ndarray) -> OutputChange:
    """What coefficients and final demand contribute to the change of output from year 0 to year 1.

    ``dx = 1/2 dL (f0 + f1) + 1/2 (L0 + L1) df``. MB ch. 13, which is Miller and Blair (2009), Input-Output Analysis.
    """
    parts = structural_decomposition([leontief_inverse(A0), f0], [leontief_inverse(A1), f1])
    return OutputChange(*parts)
