"""Kernels: pure arithmetic on arrays, compiled by numba; those of one model may call each other across files."""

from .cache import prepare

prepare()  # before any kernel's module is read: numba chooses a kernel's cache when it meets the decorator
