"""Options of the inventory model on who buys where and who is served first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .base import parameter

WORDS = {
    "rationing": ("proportional", "intermediate_first", "final_first", "water_filling", "price"),
    "origin": ("fixed", "capacity", "output"),
    "substitutes": ("all", "firms"),
    "storage": ("auto", "pooled", "dense", "csr"),
}
FIRST = {"intermediate_first": 1, "final_first": 2}  # FIRMS and USERS of the kernel


@dataclass(frozen=True)
class MarketOptions:
    """Rationing, shares of origin, and how they are stored; the model's page says what they mean."""

    rationing: Literal["intermediate_first", "final_first", "proportional", "water_filling", "price"] = field(
        default="intermediate_first",
        metadata={
            "meaning": "intermediate_first: final users go short before firms do; final_first: after them; "
            "proportional: all do alike; water_filling: orders that grew least, over their base, come first; price: "
            "the highest offers come first"
        },
    )
    bids: Mapping[str, float] = field(
        default_factory=dict,
        metadata={
            "meaning": "what buyers offer over the base price where rationing is by price: sector, group of sectors or "
            "category of final demand; 1 where none is stated"
        },
    )
    origin: Literal["fixed", "capacity", "output"] = field(
        default="fixed",
        metadata={
            "meaning": "shares of origin. fixed: as in the base; capacity, output: buyers turn to suppliers that keep "
            "more of their capacity, or output"
        },
    )
    substitution_time: float = parameter(
        0.0, 0.0, 365.0, "days", "in which shares of origin close a gap to the wanted ones but for 1/e; 0: at once",
        "[A]; at once in ARIO with adaptive orders (Guan et al. 2020)",
    )  # fmt: skip
    substitutes: Literal["all", "firms"] = field(
        default="all", metadata={"meaning": "who turns to other suppliers: all buyers, or firms only"}
    )
    import_elasticity: float = parameter(
        0.0, 0.0, 5.0, "elasticity",
        "of imported over domestic purchases to the fill of domestic over imported orders; 0: imports keep their share",
        "[A]; elasticities of substitution lie between 2.5 and 5.1 in a survey of 3,524 estimates [F], about half in "
        "the short run (US International Trade Commission 2000 [F])",
    )  # fmt: skip
    import_time: float = parameter(
        90.0, 7.0, 365.0, "days", "in which buyers turn to imports, or back, but for 1/e", "[A] contracts, shipping"
    )
    import_reach: float = parameter(
        2.0, 1.0, 10.0, "factor", "by which imported over domestic purchases can rise at most, or fall",
        "[A] specifications, ports, approvals",
    )  # fmt: skip
    storage: Literal["auto", "pooled", "dense", "csr"] = field(
        default="auto",
        metadata={
            "meaning": "how shares of origin are kept; changes the speed, not the path. pooled: loops over few pools; "
            "dense: links of each supplier to all pools; csr: to those that buy from it; auto: by number and use"
        },
    )

    def check_market(self) -> None:
        """Refuse words and numbers that mean nothing.

        Raises
        ------
        ValueError
            If an option has no such word, or an offer is not a positive number.
        """
        for name, words in WORDS.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} is '{getattr(self, name)}'; write {', '.join(words)}")
        for name, offer in self.bids.items():
            if not (math.isfinite(offer) and offer > 0.0):
                raise ValueError(f"the offer of {name} in bids is {offer}; it must be more than zero")
        if not (math.isfinite(self.import_elasticity) and self.import_elasticity >= 0.0):
            raise ValueError(f"import_elasticity is {self.import_elasticity}; it must be zero or more")
        if not (math.isfinite(self.import_reach) and self.import_reach >= 1.0):
            raise ValueError(f"import_reach is {self.import_reach}; it must be one or more")
        if self.bids and self.rationing != "price":
            raise ValueError("bids without rationing: price would do nothing; write both or none")
