"""Importing this module registers every model that comes with simcore."""

from . import inventory, leontief

__all__ = ["inventory", "leontief"]
