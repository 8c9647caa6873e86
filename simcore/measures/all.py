"""Importing this registers every kind of measure and shock that comes with simcore."""

from . import consumption, epidemic, exports, investment, prices, projects, shocks, stay_at_home, subsidy, supply

__all__ = [
    "consumption", "epidemic", "exports", "investment", "prices", "projects", "shocks", "stay_at_home", "subsidy",
    "supply",
]  # fmt: skip
