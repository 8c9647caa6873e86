"""Timings: cases that register themselves, peers, limits of the machine. ``python -m benchmarks``; see README.md."""
