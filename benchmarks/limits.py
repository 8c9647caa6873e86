"""What the machine can do at most, measured in the same run: reading memory, multiplying matrices."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit

import simcore.kernels  # noqa: F401  says where compiled kernels are kept
from simcore.timing import timed

LEVELS = {"L2": 512 << 10, "L3": 8 << 20, "DRAM": 256 << 20}  # bytes; what usual processors hold where


@njit(cache=True, fastmath=True)
def total(values):
    """Sum of an array: reading and nothing else, once its loop is unrolled and vectorised."""
    found = 0.0
    for i in range(values.size):
        found += values[i]
    return found


@lru_cache
def read_bandwidth(size: int) -> float:
    """Bytes a second that one thread reads of a working set of ``size`` bytes."""
    values = np.ones(max(1, size // 8))
    return values.nbytes / timed(lambda: total(values), seconds=0.3).low


@lru_cache
def gemm(n: int, columns: int | None = None) -> float:
    """Floating-point operations a second of numpy's product of (n, n) and (n, columns) matrices, one thread."""
    a, b = np.ones((n, n)), np.ones((n, columns or n))
    out = np.empty((n, columns or n))
    return 2.0 * n * n * (columns or n) / timed(lambda: np.matmul(a, b, out=out), seconds=0.3, least=3).low


def described(quick: bool) -> str:
    """The limits in a line."""
    bandwidths = ", ".join(f"{name} {read_bandwidth(size) / 1e9:.1f}" for name, size in LEVELS.items())
    n = 420 if quick else 1302
    return f"limits, one thread: reads GB/s {bandwidths}; gemm at n = {n} {gemm(n) / 1e9:.0f} GF/s"
