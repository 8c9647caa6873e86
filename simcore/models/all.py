"""Importing this module registers every model that comes with simcore."""

from .inventory import Inventory
from .leontief import Leontief

__all__ = ["Inventory", "Leontief"]
