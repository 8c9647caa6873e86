"""Kernels: pure arithmetic on arrays, compiled by numba; one file a model family."""

from .cache import prepare

prepare()  # before any kernel's module is read: numba chooses a kernel's cache when it meets the decorator
