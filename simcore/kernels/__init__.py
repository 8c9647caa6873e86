"""Kernels: pure arithmetic on arrays, compiled by numba; one file a model family."""
