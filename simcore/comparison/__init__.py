"""One scenario through several models: what each finds, and why they differ."""

from .record import Comparison
from .runs import compare

__all__ = ["Comparison", "compare"]
