"""Block-Jacobi preconditioned GMRES for ``(I - A) x = b``: no factorisation of the whole, one product with A a step.

A  coefficients  (n, n)  dense or sparse
M  the blocks of I - A within regions (or whatever blocks the table has), inverted one by one

Most inputs come from the own region, so I - A differs little from M and ``(I - A) M^-1`` little from the identity: the
residual falls by about a digit a step.

References: Saad and Schultz (1986), GMRES: a generalized minimal residual algorithm for solving nonsymmetric linear
systems, SIAM Journal on Scientific and Statistical Computing 7(3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

STEPS = 60  # before a restart; each keeps two vectors
CYCLES = 4  # a restart also refines: it solves for what the residual still asks for
AIM = 1e-14  # of the largest right-hand side, for the estimated residual of a cycle
ENOUGH = 1e-13  # of the largest output, for the residual measured afterwards
LARGEST_BLOCK = 256  # a larger one is cut, so that the blocks never cost more than a few products with A


def products(A: Any, v: np.ndarray) -> np.ndarray:
    """``A @ v``, by rows: on one thread, and so alike to the last bit whatever BLAS may use.

    On a busy machine a product of this size is many times slower on two threads than on one.
    """
    if hasattr(A, "tocsr"):
        return A @ v
    if A.strides[-1] == A.itemsize:  # rows lie in one piece: a scalar product each
        return np.matmul(A[..., None, :], v[..., None, :, None])[..., 0, 0]
    return np.einsum("...ij,...j->...i", A, v)


class Blocks(NamedTuple):
    """The diagonal blocks of ``I - A``, inverted; smaller ones are filled up with ones on the diagonal."""

    places: np.ndarray  # (blocks, size) int, n where filled up
    inverses: np.ndarray  # (blocks, size, size)
    n: int
    in_order: bool  # the blocks lie one behind the other and are of one size

    def apply(self, v: np.ndarray, transposed: bool = False) -> np.ndarray:
        """``M^-1 v``."""
        inverses = self.inverses.transpose(0, 2, 1) if transposed else self.inverses
        if self.in_order:
            return products(inverses, v.reshape(self.places.shape)).reshape(-1)
        out = np.zeros(self.n + 1)
        out[self.places] = products(inverses, np.append(v, 0.0)[self.places])
        return out[:-1]


def blocks_of(A: Any, labels: np.ndarray) -> Blocks:
    """Invert the blocks of ``I - A`` among activities of one label, (n,) int.

    A block that cannot be inverted is left as the identity: that costs steps, not accuracy.
    """
    places = _places(labels)
    n = len(labels)
    size = places.shape[1]
    if hasattr(A, "tocoo"):
        blocks = _sparse_blocks(A.tocoo(), places)
    else:
        inside = np.minimum(places, n - 1)
        known = places < n
        blocks = A[inside[:, :, None], inside[:, None, :]] * (known[:, :, None] & known[:, None, :])
    blocks = np.eye(size) - blocks
    try:
        inverses = np.linalg.inv(blocks)
    except np.linalg.LinAlgError:
        inverses = np.stack([_inverse_or_identity(block) for block in blocks])
    in_order = places.size == n and bool((places.reshape(-1) == np.arange(n)).all())
    return Blocks(places, inverses, n, in_order)


def _places(labels: np.ndarray) -> np.ndarray:
    """Positions of each block's activities, (blocks, size), filled up with n."""
    groups = []
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        groups += [members[start : start + LARGEST_BLOCK] for start in range(0, len(members), LARGEST_BLOCK)]
    places = np.full((len(groups), max(map(len, groups), default=0)), len(labels))
    for row, group in zip(places, groups, strict=True):
        row[: len(group)] = group
    return places


def _sparse_blocks(A: Any, places: np.ndarray) -> np.ndarray:
    blocks = np.zeros((*places.shape, places.shape[1]))
    block, position = np.empty(A.shape[0], dtype=int), np.empty(A.shape[0], dtype=int)
    b, p = np.nonzero(places < A.shape[0])
    block[places[b, p]], position[places[b, p]] = b, p
    within = block[A.row] == block[A.col]
    row, column = A.row[within], A.col[within]
    np.add.at(blocks, (block[row], position[row], position[column]), A.data[within])
    return blocks


def _inverse_or_identity(block: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.inv(block)
    except np.linalg.LinAlgError:
        return np.eye(len(block))


def gmres(
    product: Callable[[np.ndarray], np.ndarray], precondition: Callable[[np.ndarray], np.ndarray], b: np.ndarray
) -> tuple[np.ndarray, float, int]:
    """Solve ``x - product(x) = b``.

    Parameters
    ----------
    product, precondition : functions of an (n,) array
        ``A x`` and ``M^-1 x``.
    b : (n,) array

    Returns
    -------
    (x, residual, steps) : (n,) array, float, int
        The residual is the largest entry of ``b - x + A x`` over the largest of x and b, measured at the end; above
        ``ENOUGH`` it has not converged. Zero asks for exactly zero.
    """
    x, steps = np.zeros_like(b), 0
    left, residual = b, gap(b, x, b)
    for _ in range(CYCLES):
        if residual <= ENOUGH:
            break
        change, used = _cycle(product, precondition, left)
        steps += used
        tried = x + change
        remains = b - tried + product(tried)
        now = gap(remains, tried, b)
        if not now < residual:  # the last digit, or divergence
            break
        x, left, residual = tried, remains, now
    return x, residual, steps


def gap(remains: np.ndarray, x: np.ndarray, b: np.ndarray) -> float:
    """Largest gap between what is made and what is asked for, over the largest output; zero where all is zero."""
    scale = max(np.abs(x).max(initial=0.0), np.abs(b).max(initial=0.0))
    return float(np.abs(remains).max(initial=0.0) / scale) if scale > 0 else float(np.nan_to_num(scale, nan=np.inf))


def _cycle(
    product: Callable[[np.ndarray], np.ndarray], precondition: Callable[[np.ndarray], np.ndarray], b: np.ndarray
) -> tuple[np.ndarray, int]:
    """The best change within the space that the steps span: (n,), and the number of steps."""
    n = len(b)
    steps = min(STEPS, n)
    basis, turned = np.empty((steps + 1, n)), np.empty((steps, n))
    # Columns of the projected matrix, made triangular as they come by Givens rotations (cosine, sine).
    triangle, rotations = np.zeros((steps + 1, steps)), np.zeros((steps, 2))
    asked = np.zeros(steps + 1)
    asked[0] = np.linalg.norm(b)
    basis[0] = b / asked[0]
    aim, k = AIM * np.abs(b).max(), 0
    while k < steps and abs(asked[k]) > aim:
        turned[k] = precondition(basis[k])
        following = turned[k] - product(turned[k])
        column = triangle[:, k]
        for _ in range(2):  # Gram-Schmidt twice keeps the basis orthogonal to rounding
            parts = products(basis[: k + 1], following)
            column[: k + 1] += parts
            following -= products(basis[: k + 1].T, parts)
        length = np.linalg.norm(following)
        for j in range(k):
            cosine, sine = rotations[j]
            column[j], column[j + 1] = (
                cosine * column[j] + sine * column[j + 1],
                cosine * column[j + 1] - sine * column[j],
            )
        radius = np.hypot(column[k], length)
        if not radius > 0.0:  # a singular system: what was found so far is all there is
            break
        rotations[k] = column[k] / radius, length / radius
        column[k] = radius
        asked[k + 1], asked[k] = -rotations[k, 1] * asked[k], rotations[k, 0] * asked[k]
        k += 1
        if not length > 0.0:
            break
        basis[k] = following / length
    weights = np.zeros(k)
    for j in range(k - 1, -1, -1):
        weights[j] = (asked[j] - triangle[j, j + 1 : k] @ weights[j + 1 :]) / triangle[j, j]
    return products(turned[:k].T, weights), k
