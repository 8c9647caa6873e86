"""Importing this registers every kind of measure and shock that comes with simcore."""

from . import consumption, epidemic, exports, investment, projects, shocks, subsidy, supply

__all__ = ["consumption", "epidemic", "exports", "investment", "projects", "shocks", "subsidy", "supply"]
