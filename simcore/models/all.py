"""Importing this module registers every model that comes with simcore."""

from .allocation import Allocation
from .cascade import Cascade
from .diim import Diim
from .dynamic_leontief import DynamicLeontief
from .equilibrium import Equilibrium
from .first_order import FirstOrder
from .ghosh import Ghosh
from .inventory import Inventory
from .leontief import Leontief
from .mixed import Mixed
from .presets import Ario, Guan2020, Pichler
from .price import Price

__all__ = [
    "Allocation",
    "Ario",
    "Cascade",
    "Diim",
    "DynamicLeontief",
    "Equilibrium",
    "FirstOrder",
    "Ghosh",
    "Guan2020",
    "Inventory",
    "Leontief",
    "Mixed",
    "Pichler",
    "Price",
]
