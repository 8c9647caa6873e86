"""The reference kernel: what this machine's speed is measured by, of like character to simcore's own kernels.

It streams through more memory than the inner caches hold and does the divisions and minima of a step on the way.
Timings relative to it survive another machine, and a busy one, far better than seconds do. Never change it: committed
ratios would lose their meaning.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

import simcore.kernels  # noqa: F401  says where compiled kernels are kept

ROWS, COLUMNS = 600, 1000  # 4.8 MB


@njit(cache=True, error_model="numpy")
def step(stock, need, output, made):
    """What stocks allow (made), and what is left of them; two sweeps, as in a step of the inventory model."""
    for j in range(stock.shape[0]):
        least = output[j]
        for k in range(stock.shape[1]):
            least = min(least, stock[j, k] / need[j, k])
        made[j] = least
    for j in range(stock.shape[0]):
        for k in range(stock.shape[1]):
            stock[j, k] += 0.1 * (need[j, k] * output[j] - 0.5 * need[j, k] * made[j] - 0.5 * stock[j, k])


def reference() -> Callable[[], None]:
    """The kernel on arrays of its own, compiled and warm; about a millisecond a call."""
    rng = np.random.default_rng(0)
    need = rng.uniform(0.5, 1.0, (ROWS, COLUMNS))
    output, made = rng.uniform(1.0, 2.0, ROWS), np.empty(ROWS)
    stock = need * output[:, None]

    def call() -> None:
        step(stock, need, output, made)

    call()
    return call
