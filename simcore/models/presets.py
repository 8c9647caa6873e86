"""Published models as settings of the inventory model, so that what differs between them is a list of options."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import field
from typing import Any, ClassVar, Literal

from .base import model, parameter
from .inventory import BIBTEX, Inventory
from .inventory_options import rule

GUAN = """\
@article{Guan2020,
  author = {Guan, Dabo and Wang, Daoping and Hallegatte, Stephane and Davis, Steven J. and Huo, Jingwen
            and Li, Shuping and Bai, Yangchun and Lei, Tianyang and Xue, Qianyu and Coffman, D'Maris
            and Cheng, Danyang and Chen, Peipei and Liang, Xi and Xu, Bing and Lu, Xiaosheng
            and Wang, Shouyang and Hubacek, Klaus and Gong, Peng},
  title = {Global supply-chain effects of {COVID-19} control measures},
  journal = {Nature Human Behaviour},
  volume = {4},
  number = {6},
  pages = {577--587},
  year = {2020},
  doi = {10.1038/s41562-020-0896-8}
}
"""


def entry(key: str) -> str:
    """One entry of the inventory model's literature."""
    return next(f"@{text}" for text in BIBTEX.split("@") if f"{{{key}," in text)


def share(value: float, meaning: str) -> Any:
    """A field between 0 and 1 that is the paper's and not drawn."""
    return field(default=value, metadata={"unit": "share", "meaning": meaning})


@model("pichler")
class Pichler(Inventory):
    """The pandemic model of Pichler, Pangallo, del Rio-Chanona, Lafond and Farmer (2022), on any table.

    Equations
    ---------
    Of a day t, with all flows over those of the base where no letter is given:

        l[i]    = min( 1 - shock[i], l[i] + (min(xinp[i], d[i]) - xcap[i]) / (30 days to hire, 15 to fire) )
        xcap[i] = l[i]
        C       = C^rho (b + (1 - b) L)^((1 - rho) / 2) xi^((1 - rho) / 2)   L labour income, xi permanent income
        O[j, i] = max( 0, A[j, i] d[i] + (n[j, i] A[j, i] x0[i] - S[j, i]) / restocking_time )
        xinp[i] = min over critical j of S / A and over important j of (S / A + x0[i]) / 2     under half_critical
        x[i]    = min( xcap[i], xinp[i], d[i] );  all buyers get the share x / d of what they asked for
        S[j, i] = max( 0, S[j, i] + delivered - A[j, i] x[i] )

    ``production`` may be leontief, strongly_critical, half_critical (the paper's choice), weakly_critical or linear.
    Shocks enter by the channels labour (supply), preference (tastes; ``saved`` of what is no longer spent is saved)
    and demand (investment, exports, fear).

    Assumptions
    -----------
    Inputs used up are used as they arrive where they do not stop production. Nothing unmet waits. Wanted stocks stay
    those of the base. Ratings between 0, 0.5 and 1 count in proportion. Capacity never exceeds the base, so there is
    no rebound above it: the paper's own limit, as ``overproduction: none``.

    Where the package differs from the paper: macrostat 0.6.0 rounds its inputs to single precision and skips the
    first row of a shock; pyIEEM allows negative orders and restocks over 14 days; the paper's restocking time is
    taken as 10 days, which could not be checked in its text. Its fear factor stays outside the memory of
    consumption; here fear is demand that is taken away, which has none either. The step is a day whatever the calendar.

    When not to use it
    ------------------
    For measures that raise output above the base, for slow changes of prices and trade, or for tables without ratings
    of inputs (a table whose inputs are all critical makes half_critical Leontief).

    References
    ----------
    Pichler, Pangallo, del Rio-Chanona, Lafond and Farmer (2022), Journal of Economic Dynamics and Control 144, 104527.
    """

    production: str | Mapping[str, str] = rule(
        "half_critical", "leontief, strongly_critical, half_critical, weakly_critical or linear; or by sector"
    )
    rationing: Literal["intermediate_first", "final_first", "proportional", "water_filling", "price"] = rule(
        "proportional", "all buyers get the same share of what they asked for"
    )
    convention: Literal["continuous", "daily"] = rule("daily", "the paper's step and arithmetic")
    orders: Literal["expected", "demand", "output"] = rule("demand", "inputs are ordered for what was asked for")
    stock_target: Literal["follows", "fixed"] = rule("fixed", "wanted stocks stay those of the base")
    overproduction: Literal["headroom", "ario", "none"] = rule("none", "no output above capacity")
    employment: Literal["flexible", "hire_and_fire"] = rule("hire_and_fire", "labour follows output slowly")
    consumption: Literal["static", "keynesian", "muellbauer"] = rule(
        "muellbauer", "current and permanent income, in logarithms"
    )
    restocking_time: float = parameter(
        10.0, 5.0, 14.0, "days", "in which firms close a gap in stocks", "[A] 5, 10 and 14 in published versions"
    )
    consumption_time: float = parameter(
        225.0, 150.0, 300.0, "days", "of consumption's memory, 90 / (1 - 0.6)", "[F] Pichler et al. 2022; range [A]"
    )
    benefits: float = parameter(
        0.8, 0.6, 0.9, "share", "of lost pay that benefits replace", "[F] Pichler et al. 2022, UK; range [A]"
    )
    tax: float = share(0.0, "labour income is what households have")
    waits: float = share(0.0, "what is not delivered is lost")
    saved: float = share(0.5, "of what households no longer spend on products they turn from, that is saved")
    bibtex: ClassVar[str] = entry("Pichler2022")


@model("ario")
class Ario(Inventory):
    """The disaster model ARIO (Hallegatte 2008, 2013), as its implementation BoARIO 0.7.2 computes it.

    Equations
    ---------
    Of a day t, f a producer, g a buyer, p a product, s its cover in days, x0 output in the base:

        alpha[f] = alpha + (alpha_max - alpha) (d[f] - x[f]) / d[f] / tau_alpha    with d of today and x of yesterday;
                   back to its base by (alpha_base - alpha) / tau_alpha where x met d
        xcap[f]  = alpha[f] (1 - loss[f]) x0[f];   xopt = min( d, xcap )
        x[g]     = min( xopt[g], min over p of S[p, g] / (psi s[p] a[p, g]) )
        O[p, g]  = a[p, g] x[g] + max( 0, s[p] a[p, g] xopt[g] - S[p, g] ) / restocking_time

    and all buyers of f get x[f] / d[f] of their orders. ``stock_needed`` is psi; the base model without it is
    {stock_needed: 1, restocking_time: 0}. Suppliers of a product keep their shares (BoARIO's order type noalt), or
    firms turn at once to those that keep more of their capacity (its default, alt), with {origin: capacity,
    substitutes: firms}.

    Assumptions
    -----------
    Every input with a finite cover is critical; an endless cover (.inf) never binds. Final demand stays, and what is
    not delivered is lost. Losses of capacity enter by the channel capacity; destroyed capital by capital below zero,
    and is ordered anew over ``rebuild_time`` where one is given.

    Differences from the package: its page says that orders follow the suppliers' production, it computes with their
    capacity, as done here. It starts events a step late, keeps full losses two steps longer than stated, leaves
    out changes of stocks below a relative 1e-5, tests met demand for exact equality, and lets rebuilding demand vanish
    that is addressed to sectors from which the industry bought nothing; here timing is exact, nothing is left out and
    demand counts as met within 1e-9. Rebuilding is bought by the region's investors in one mix and what is not
    delivered of it is ordered again. Its documentation returns overproduction to rest as soon as demand is met or
    exceeded; here, as in the package, an output above demand lowers it by the first rule.

    When not to use it
    ------------------
    Where (1 - psi) s is small against the restocking time, a small loss can stop the whole economy: proportional
    rationing cuts everybody's inflow below use. The run is preceded by a warning and its end is reported as a collapse.

    References
    ----------
    Hallegatte (2008), Risk Analysis 28(3); Hallegatte (2014), Risk Analysis, doi 10.1111/risa.12090.
    """

    production: str | Mapping[str, str] = rule("leontief", "every input with a finite cover binds")
    rationing: Literal["intermediate_first", "final_first", "proportional", "water_filling", "price"] = rule(
        "proportional", "all buyers get the same share of what they asked for"
    )
    convention: Literal["continuous", "daily"] = rule("daily", "the package's step and arithmetic")
    orders: Literal["expected", "demand", "output"] = rule("output", "inputs are ordered for what was made")
    surplus_time: float | None = field(
        default=math.inf, metadata={"unit": "days", "meaning": "a surplus of stocks is only used up"}
    )
    stock_needed: float = parameter(
        0.8, 0.5, 1.0, "share", "of the wanted stock, below which an input limits output (psi)", "[F] BoARIO 0.7.2"
    )
    restocking_time: float = parameter(
        60.0, 1.0, 90.0, "days", "in which a lack of stock is ordered", "[F] BoARIO 0.7.2's default; range [A]"
    )
    expectation_time: float = field(
        default=0.0, metadata={"unit": "days", "meaning": "wanted stocks follow what could be sold at once"}
    )
    overproduction: Literal["headroom", "ario", "none"] = rule("ario", "capacity grows with unmet demand")
    consumption: Literal["static", "keynesian", "muellbauer"] = rule("static", "households go on buying")
    waits: float = share(0.0, "what is not delivered is lost")
    bibtex: ClassVar[str] = entry("Hallegatte2008")


@model("guan-2020")
class Guan2020(Ario):
    """The supply-chain model of Guan et al. (2020): firms turn to the suppliers that can still deliver.

    Equations
    ---------
    Those of ``ario`` with inputs that limit output only when they run out, without overproduction, and with orders that
    follow the capacity that suppliers have left:

        x[g]    = min( d[g], (1 - loss[g]) x0[g], min over p of S[p, g] / a[p, g] )
        O[f, g] = O[p, g] Z[f, g] xcap[f] / x0[f] / (sum over suppliers of p of the same)

    Assumptions
    -----------
    Losses are of labour (channel labour) or capacity. Every input with a finite cover is critical, there is no
    substitution between products. Firms turn to other suppliers of a product at once and without cost, final users
    keep theirs, as BoARIO computes its order type alt; covers are those of the table. The restocking time is an
    assumption: the paper's own could not be checked.

    When not to use it
    ------------------
    Where contracts, ports or specifications bind buyers to a supplier: the model lets them turn in a day; give
    ``substitution_time`` a length. For extra demand: nothing above the base can be made.

    References
    ----------
    Guan, Wang, Hallegatte, Davis and others (2020), Nature Human Behaviour 4(6).
    """

    origin: Literal["fixed", "capacity", "output"] = rule("capacity", "firms turn to suppliers with capacity left")
    substitutes: Literal["all", "firms"] = rule("firms", "final users keep their suppliers")
    overproduction: Literal["headroom", "ario", "none"] = rule("none", "no output above capacity")
    stock_needed: float = share(0.0, "inputs limit output when they run out")
    restocking_time: float = parameter(60.0, 5.0, 90.0, "days", "in which a lack of stock is ordered", "[A] as in ARIO")
    bibtex: ClassVar[str] = GUAN
