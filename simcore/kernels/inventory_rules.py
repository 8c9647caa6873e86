"""Rules of the inventory model beyond its default ones, and what they remember.

A run with the default rules passes ``None`` in their place, and its kernel is compiled without them. Letters, arrays
and units as in ``inventory_state``; a speed is the share of a gap that closes in a step.
"""

from typing import NamedTuple

import numpy as np

from .inventory_state import phase

MINIMUM, LINEAR, CES = 0, 1, 2  # how inputs limit output
EXPECTED, DEMANDED, MADE = 0, 1, 2  # for which output firms order inputs: what they could sell, are asked for, made
STILL = 1e-9  # share by which demand may miss output and still count as met: rounding must not decide


class Rules(NamedTuple):
    """Parameters, then memory, which ``open_rules`` sets to the base, then sums over a period."""

    form: np.ndarray  # (n,) int, MINIMUM, LINEAR or CES
    power: np.ndarray  # (n,) of CES: (s - 1) / s with elasticity s; 0 is Cobb-Douglas
    normal: np.ndarray  # (n,) bool, partly critical inputs stop a part of normal capacity, not of the present one
    per_day: np.ndarray  # (M, K) one over the days of stock that unhindered production needs
    plain: int  # 1: stocks and orders follow the default rules
    order_for: int  # EXPECTED, DEMANDED or MADE
    target_fixed: int  # 1: wanted stocks stay those of the base
    refill: np.ndarray  # (M, K) share of a lack of stock ordered per day; 0 of an input that never runs short
    run_down: np.ndarray  # (M, K) share of a surplus left out of orders per day
    as_they_arrive: int  # 1: a step's arrivals can be used in it, by inputs that do not stop production
    hires: int  # 1: labour follows output slowly
    hire: float  # speed
    fire: float  # speed
    swells: int  # 1: overproduction follows unmet demand
    room_base: float  # overproduction at rest, over capacity
    room_most: float  # and at most
    swell: float  # speed
    muellbauer: int  # 1: consumption follows the logarithms of income and of permanent income
    belief: float  # share of a first loss of labour income that lowers permanent income while it lasts
    no_return: float  # share of those who expect that it stays
    earned: np.ndarray  # (R,) labour income, yearly
    consumed: np.ndarray  # (R,) consumption of households, yearly
    rebuilds: int  # 1: destroyed capital is ordered anew
    rebuild: float  # speed
    worth: np.ndarray  # (n,) yuan of capital per yuan of yearly output
    builder: np.ndarray  # (n,) int, final user that orders for the activity
    build_home: np.ndarray  # (F, K) share of a rebuilding yuan spent on a domestic product
    build_abroad: np.ndarray  # (F, K) on an imported one

    employed: np.ndarray  # (n,) labour over its base
    allowed: np.ndarray  # (n,) output that inputs allow, over base
    want: np.ndarray  # (n,) demand over base output
    room: np.ndarray  # (n,) overproduction
    used: np.ndarray  # (n,) inputs used over those of the base, less one
    expected: np.ndarray  # (2, n) need of inputs ordered for: by the last orders, and now
    level: np.ndarray  # (R,) consumption over its base
    permanent: np.ndarray  # (R,) permanent income over its base
    deepest: np.ndarray  # (R,) largest share of labour income lost so far
    rebuilt: np.ndarray  # (n,) capacity that rebuilding has brought back, over base output
    ruined: np.ndarray  # (n,) destroyed and not rebuilt
    building: np.ndarray  # (F,) rebuilding asked for, yearly
    served: np.ndarray  # (F,) share of it that was delivered

    record_demand: np.ndarray  # (T, n)
    record_capacity: np.ndarray  # (T, n)
    record_limit: np.ndarray  # (T, n) output that inputs allow
    record_pay: np.ndarray  # (T, n) labour compensation


@phase
def open_rules(rules):
    """The base."""
    for ones in (rules.employed, rules.allowed, rules.want, rules.expected[0], rules.expected[1]):
        ones[:] = 1.0
    for ones in (rules.level, rules.permanent):
        ones[:] = 1.0
    for zeros in (rules.used, rules.deepest, rules.rebuilt, rules.ruined, rules.building, rules.served):
        zeros[:] = 0.0
    rules.room[:] = rules.room_base
