"""Timings: named cases with sizes. ``python -m benchmarks.inventory``."""
