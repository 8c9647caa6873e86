"""Importing this registers every kind of measure and shock that comes with simcore."""

from . import (
    bring_forward,
    consumption,
    disruptions,
    epidemic,
    exports,
    investment,
    labels,
    liquidity,
    moves,
    parts,
    prices,
    projects,
    shocks,
    stay_at_home,
    subsidy,
    supply,
    technology,
)

__all__ = [
    "bring_forward", "consumption", "disruptions", "epidemic", "exports", "investment", "labels", "liquidity", "moves",
    "parts", "prices", "projects", "shocks", "stay_at_home", "subsidy", "supply", "technology",
]  # fmt: skip
