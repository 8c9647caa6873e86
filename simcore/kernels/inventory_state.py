"""What the kernels of the inventory model share: one economy, its drivers, the state of a run, and how they compile.

Everything is counted from the base: a sum is its base plus the sum of deviations, a fill ratio is one less a
shortage. Calm is then an exact fixed point: all deviations and shortages are exact zeros.

n activities, K products, P pools of buyers, F final users, R regions, M technologies, G groups; flows are yearly,
times in days.

x  base output        (n,)    yuan a year; ``ratio`` is output over it
q  stock of an input  (n, K)  days of the holder's base use; arrivals for the next step are part of it
s  shortage           (n,)    share of its orders that a supplier cannot meet; (P, K): that a pool lacks

Products lie along the last axis of every array that has them, and short loops sweep over it. A sweep becomes vector
instructions if it writes to few arrays, so that few of them need a check for overlap; and K counts products that
nobody makes or uses, up to a multiple of ``LANES``, so that no sweep has a slow remainder. Activities of one
technology that buy in one pool form a group: what they have in common is worked out once. Driver arrays have one row
a period, or a single neutral row where nothing uses them (see ``row``).
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

# Kernels work on memory that their caller holds: counting references to it would take longer than the work on a row.
# Only ``run_members`` is called from Python: they need no wrapper, which would cost most of their compile time.
_inner: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "_nrt": False,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
_outer: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
kernel = njit(**_outer)  # what Python calls
phase = njit(**_inner)
# Sweeps over one row, built into their caller. Minima and maxima become vector instructions where NaN and the
# sign of zero need no care: neither occurs here. A product and a sum may become one instruction with one rounding;
# in calm all these products and sums are exact.
sweep = njit(**_inner, forceinline=True, fastmath={"nnan", "nsz", "contract"})
total = njit(**_inner, forceinline=True, fastmath={"nnan", "nsz", "reassoc"})

DEMAND, CAPACITY, LABOUR, INPUT = 0, 1, 2, 3  # as in simcore.models.base
DAYS_PER_YEAR = 365.0
NOBODY, FIRMS, USERS = 0, 1, 2  # first in rationing
LANES = 16  # numbers that a vectorised loop takes in one turn: two to four vector registers


class Table(NamedTuple):
    """One economy."""

    sector: np.ndarray  # (n,) int
    region: np.ndarray  # (n,) int
    x: np.ndarray  # (n,)
    per_x: np.ndarray  # (n,) one over it, 0 where nothing is made
    inputs: np.ndarray  # (n,) all inputs used
    stored: np.ndarray  # (n,) added to the producer's own stock, where that grows
    drawn: np.ndarray  # (n,) supplied from it, where it shrinks; negative final demand too
    wages: np.ndarray  # (n,)
    headroom: np.ndarray  # (n,)
    origin: np.ndarray  # (n, P)
    shares: np.ndarray  # (n, P) the same, filled up with pools that buy nothing where there are few
    kind: np.ndarray  # (n,) int, row of the next six: activities of like technology share one, which stays in cache
    share: np.ndarray  # (M, K) of a product in all inputs, imported ones included
    home: np.ndarray  # (M, K) domestic share of it
    domestic: np.ndarray  # (M, K) share of the domestic product in all inputs
    foreign: np.ndarray  # (M, K) of the imported one
    binds: np.ndarray  # (M, K) criticality
    abroad: np.ndarray  # (M,) bool, whether anything is imported
    shelf: np.ndarray  # (n,) int, row of the next: activities of like covers share one
    cover: np.ndarray  # (S, K) days
    member: np.ndarray  # (n,) int, activities ordered by group
    start: np.ndarray  # (G + 1,) int, where each group starts among them
    group_kind: np.ndarray  # (G,) int
    group_pool: np.ndarray  # (G,) int
    seller: np.ndarray  # (n,) int, activities ordered by what they make
    sells: np.ndarray  # (products + 1,) int, where the sellers of each product start among them
    orders: np.ndarray  # (P, K) domestic, by firms and final users
    by_firms: np.ndarray  # (P, K) of these, by firms
    imported: np.ndarray  # (K,) by firms
    final_home: np.ndarray  # (F, K)
    final_abroad: np.ndarray  # (F, K)
    import_share: np.ndarray  # (F, K)
    made: np.ndarray  # (F, K) 1 where some activity sells the product to the user, else 0
    hauled: np.ndarray  # (K,) bool, carried by lorries: what passage holds up
    user_pool: np.ndarray  # (F,) int
    user_region: np.ndarray  # (F,) int, -1 abroad
    user_imports: np.ndarray  # (F,) bool, whether a user buys abroad, or would if it bought more


class Rates(NamedTuple):
    """Step and behaviour; a speed is the share of a gap that closes in a step."""

    dt: float  # days
    per_day: float  # 1 / dt, rounded up: a stock of dt days then allows 1 in full
    restock: float  # share of a gap in stocks ordered per day
    learning: float  # speed of the output for which stocks are planned
    overtime: float  # share of headroom that can be added in a step
    settle: float  # speed of consumption
    recall: float  # share of the backlog asked for per day
    waits: float  # share of unmet final demand that waits
    mpc: float
    keep_gain: float  # disposable share of additional pay
    keep_loss: float  # share of lost pay that households feel
    beyond: float  # share of demand beyond capacity that firms order inputs for all the same
    first: int  # who is served first where supply is short: NOBODY, FIRMS or USERS


class Shocks(NamedTuple):
    """Drivers, one row a period (T) or one neutral row."""

    capacity: np.ndarray  # (T, n)
    labour: np.ndarray  # (T, n)
    floor: np.ndarray  # (T, n)
    listed: np.ndarray  # (T, n) share of the activity that its floor covers
    productivity: np.ndarray  # (T, n)
    capital: np.ndarray  # (T, n) over base output
    release: np.ndarray  # (T, n) yearly
    imports: np.ndarray  # (T, K)
    passage: np.ndarray  # (T, R, P); no rows where unused
    income: np.ndarray  # (T, R) yearly
    want: np.ndarray  # (T, F, K) yearly, change of final demand
    basket: np.ndarray  # (T, F, K) what one yuan of a region's consumption buys
    coefficient: np.ndarray  # (1 + T, n, K), the base first; or (1, 1, K)
    keep: np.ndarray  # (1 + T, n, K) or (1, S, K): days of stock wanted, for the coefficients of the period


class State(NamedTuple):
    """What one step hands to the next, and scratch arrays; ``open_books`` sets what the first step reads."""

    stock: np.ndarray  # (n, K) q
    can_make: np.ndarray  # (n,) capacity over base output
    strength: np.ndarray  # (n,) of it, what is there without overtime and new capital
    cause: np.ndarray  # (n,) CAPACITY or LABOUR
    scarce: np.ndarray  # (n,) 1 where some input, critical or not, may run out in the step
    ratio: np.ndarray  # (n,)
    activity: np.ndarray  # (n,) inputs needed over base inputs: ratio over productivity
    extra: np.ndarray  # (n,) overtime
    target: np.ndarray  # (2, n) expected need of inputs: when the last orders were placed, and now
    plan: np.ndarray  # (2, n) the same, learned slowly: what stocks are kept for
    firm_orders: np.ndarray  # (P, K) domestic, change from base
    firm_imports: np.ndarray  # (K,)
    spending: np.ndarray  # (R,) consumption out of changed income
    pay: np.ndarray  # (R,)
    waiting_home: np.ndarray  # (F, K) backlog, yuan a year times days
    waiting_abroad: np.ndarray  # (F, K)
    ask_home: np.ndarray  # (F, K) new final demand
    ask_abroad: np.ndarray  # (F, K)
    wanted: np.ndarray  # (P, K) all orders, change from base
    change: np.ndarray  # (n,) orders that reach a supplier, change from base
    shortage: np.ndarray  # (n,)
    sold: np.ndarray  # (n,) deliveries to all buyers, change from base
    users_lack: np.ndarray  # (P, K) share of their orders that final users of a pool do not get
    pool_lacks: np.ndarray  # (P, K) that its firms do not get
    abroad_lacks: np.ndarray  # (K,) of imports, that does not come in
    short: np.ndarray  # (P,) bool, whether its firms lack anything
    sweep: np.ndarray  # (4, K) rows at work, in the precision of stocks
    balance: np.ndarray  # (K,) a row at work
    column: np.ndarray  # (4, P) columns at work, filled up with zeros as ``Table.shares``
    code: np.ndarray  # (inner steps, n) what bound


class Record(NamedTuple):
    """Sums over a period, changes from base, zero at first; see ``simcore.models.base.Paths``.

    What nobody asked for has no rows, and is not summed up.
    """

    output: np.ndarray  # (T, n)
    value_added: np.ndarray  # (T, n)
    final: np.ndarray  # (T, F, K)
    imports: np.ndarray  # (T, K)
    unmet: np.ndarray  # (T, F, K)
    stocks: np.ndarray  # (T, K)
    household_income: np.ndarray  # (T, R)
    stock_change: np.ndarray  # (T, n)
    binding: np.ndarray  # (T, n)


@phase
def row(t, array):
    """The row of period t, or the only one."""
    return t if array.shape[0] > 1 else 0


@sweep
def copy(to, values):
    """Row by row; numba's own would need to count references."""
    for a in range(to.shape[0]):
        for b in range(to.shape[1]):
            to[a, b] = values[a, b]
