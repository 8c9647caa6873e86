"""Who matters: losses that spread up and down supply chains, and the index of systemic risk of every activity.

The cascade is that of Diem, Borsos, Reisch, Kertesz and Thurner (2022), counted in losses (1 less the remaining
share of output). Upstream, a seller loses what its buyers no longer order,

    u = max(own, B u),    B[i, j] = share of i's sales that go to j,

which is linear but for the maximum and is solved exactly. Downstream, see ``simcore.kernels.cascade``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..economy import Economy
from ..economy.indicators import allocation_coefficients
from ..errors import SimcoreError, TableError
from .base import processors

if TYPE_CHECKING:
    from ..kernels.cascade import Network

TOLERANCE = 1e-10  # of base output: how far losses may be from where they settle
SWEEPS = 100_000  # most sweeps of the downstream part
DENSE = 8000  # firms up to which the upstream part is one dense inverse (1 GB of work); above, sweeps
CLOSED = 1.0 - 1e-12  # share of sales inside a group of sellers from which nothing leaks
CASES = 64  # shocks that a thread takes at once


class Esri(NamedTuple):
    """Economic systemic risk index: share of all output that is lost when one fails; one entry a case."""

    esri: np.ndarray  # by the larger of both losses of each buyer and seller
    upstream: np.ndarray  # demand that is lost alone
    downstream: np.ndarray  # supply that is lost alone
    sweeps: np.ndarray  # of the downstream part
    residual: np.ndarray  # change of losses in the last sweep, share of base output


def network_of(economy: Economy) -> Network:
    """The downstream links of an economy, in the form (pooled or full) that it has.

    An input's criticality c says how much of output stops without it. With c = 1 it is essential, with c < 1 it
    belongs to the substitutable inputs, which count by their share in all inputs together; at 0 < c < 1 both hold,
    so that more critical is never less harmful. Imported inputs count in these shares.

    Raises
    ------
    TableError
        If a use of inputs is negative or a criticality lies outside 0 to 1.
    """
    used = economy.use_domestic + economy.use_imported
    for name, values in (("use_domestic", economy.use_domestic), ("use_imported", economy.use_imported)):
        if not (values >= 0).all():
            k, j = (int(i) for i in np.argwhere(~(values >= 0))[0])
            raise TableError(
                f"{economy.name}: {name} of {economy.sectors.codes[k]} by {economy.activities[j]} is {values[k, j]}; "
                "it must be zero or more"
            )
    critical = economy.criticality
    if not ((critical >= 0) & (critical <= 1)).all():
        k, j = (int(i) for i in np.argwhere(~((critical >= 0) & (critical <= 1)))[0])
        raise TableError(
            f"{economy.name}: criticality of {economy.sectors.codes[k]} for {economy.activities[j]} is "
            f"{critical[k, j]}; it lies between 0 and 1"
        )
    P = economy.P
    asked = np.zeros((economy.K, P), dtype=bool)  # baskets that some activity buys; final users lose nothing by theirs
    wanted, user = np.nonzero(economy.use_domestic)
    asked[wanted, economy.pool[user]] = True
    links, pool = np.nonzero((economy.origin != 0) & asked[economy.sector])
    place = economy.sector[links] * P + pool
    order = np.lexsort((links, place))
    buyer, product = np.nonzero(used.T > 0)
    return _network(
        product=economy.sector,
        sales=economy.x,
        links=(place[order], links[order], economy.origin[links, pool][order], economy.K * P),
        inputs=(buyer, product * P + economy.pool[buyer], product),
        home=(economy.use_domestic / np.where(used > 0, used, 1.0))[product, buyer],
        critical=critical[product, buyer],
        part=(used / np.where(used > 0, used, 1.0).sum(axis=0))[product, buyer],
    )


def network_of_links(W: Any, product: np.ndarray, criticality: np.ndarray, sales: np.ndarray) -> Network:
    """The downstream links of a network of firms; arguments as for ``esri``."""
    from scipy.sparse import coo_array

    flows = coo_array(W)
    flows.sum_duplicates()
    seller, buyer, money = flows.row[flows.data > 0], flows.col[flows.data > 0], flows.data[flows.data > 0]
    kinds = int(product.max()) + 1
    key = buyer.astype(np.int64) * kinds + product[seller]
    baskets, place = np.unique(key, return_inverse=True)
    bought = np.bincount(place, weights=money, minlength=len(baskets))
    who, what = np.divmod(baskets, kinds)
    all_bought = np.bincount(who, weights=bought, minlength=len(product))
    critical = np.asarray(criticality, dtype=float)[what, product[who]]
    order = np.lexsort((seller, place))
    return _network(
        product=product,
        sales=sales,
        links=(place[order], seller[order], (money / bought[place])[order], len(baskets)),
        inputs=(who, np.arange(len(baskets)), what),
        home=np.ones(len(baskets)),
        critical=np.nan_to_num(critical, nan=0.0),
        part=np.where(np.isnan(critical), 0.0, bought / all_bought[who]),
    )


def _network(product, sales, links, inputs, home, critical, part) -> Network:
    """Compressed rows of sorted links (basket, supplier, share) and sorted inputs (buyer, basket, product)."""
    from ..kernels.cascade import Network

    basket, supplier, share, baskets = links
    buyer, bought_from, bought = inputs
    return Network(
        product=product.astype(np.int64),
        sales=np.maximum(sales, 0.0).astype(float),
        basket_start=np.searchsorted(basket, np.arange(baskets + 1)).astype(np.int64),
        supplier=supplier.astype(np.int64),
        share=share.astype(float),
        input_start=np.searchsorted(buyer, np.arange(len(product) + 1)).astype(np.int64),
        basket=bought_from.astype(np.int64),
        bought=bought.astype(np.int64),
        home=home.astype(float),
        critical=critical.astype(float),
        weight=np.where(critical < 1.0, part, 0.0),
    )


# Upstream


def upstream_losses(B: Any, own: np.ndarray) -> np.ndarray:
    """The least ``u`` with ``u = max(own, B u)``: what sellers lose when buyers order less; (n,).

    Where ``own`` binds, u is known; elsewhere ``u = B u`` is linear. Starting with all own losses binding, those
    that lose more through their buyers are set free and the system is solved again. Each solution is larger than
    the one before, so nobody has to be bound again and the last solution, after a few of them, is exact (policy
    iteration of an optimal stopping problem).

    Parameters
    ----------
    B : (n, n) array or sparse array
        Share of i's sales that go to j; rows sum to at most 1 but where base stocks supply.
    own : (n,) array
        Loss of each by itself, 0 to 1.
    """
    bound = own > 0.0
    if not bound.any():
        return np.zeros(len(own))
    exposed = _reaches(B, bound)  # all others sell, even indirectly, to nobody who loses anything
    while True:
        free = np.flatnonzero(exposed & ~bound)
        loss = np.where(bound, own, 0.0)
        loss[free] = _solve(B, free, (B @ loss)[free])
        more = bound & (B @ loss > own * (1.0 + 1e-12))
        if not more.any():
            return np.clip(loss, 0.0, 1.0)
        bound = bound & ~more


def _reaches(B: Any, targets: np.ndarray) -> np.ndarray:
    """Who sells, directly or through others, to one of the targets; (n,) bool."""
    reached = targets
    while True:
        wider = reached | (B @ reached.astype(float) > 0.0)
        if (wider == reached).all():
            return reached
        reached = wider


def _solve(B: Any, rows: np.ndarray, known: np.ndarray) -> np.ndarray:
    """``(I - B)`` of some rows and columns, solved for ``known``."""
    if isinstance(B, np.ndarray):
        return np.linalg.solve(np.eye(len(rows)) - B[np.ix_(rows, rows)], known)
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import splu

    part = B.tocsr()[rows][:, rows]
    return splu((eye_array(len(rows)) - part).tocsc()).solve(known)


class Upstream:
    """Upstream losses of many failures, from one inverse.

    If i fails alone, j loses ``M[j, i] / M[i, i]`` with ``M = (I - B)^-1``: the chance that a yuan sold by j ends
    at i, over that of one sold by i. Times output this is the loss of hypothetical extraction. Groups of sellers
    who sell to each other alone leak nothing and have no inverse: any failure there takes all of them, and others
    as far as they sell into the group.
    """

    def __init__(self, B: Any) -> None:
        self.group = _closed_groups(B)  # (n,) number of the closed group, -1 for all others
        self.open = np.flatnonzero(self.group < 0)
        self.place = np.full(len(self.group), -1)
        self.place[self.open] = np.arange(len(self.open))
        self.inverse = _inverse(B if len(self.open) == len(self.group) else B[self.open][:, self.open])
        members = (self.group[:, None] == np.arange(self.group.max(initial=-1) + 1)).astype(float)
        self.ends = self.inverse @ (B @ members)[self.open]  # (open, closed groups) share of sales that ends in each

    def of(self, failing: list[np.ndarray]) -> np.ndarray:
        """Losses (cases, n) when all of each case's sellers stop."""
        return np.stack([self._case(np.asarray(case)) for case in failing])

    def _case(self, failing: np.ndarray) -> np.ndarray:
        loss, taken = _taken(self.group, failing)
        here = self.place[failing]
        here = here[here >= 0]
        part = self.ends[:, taken].sum(axis=1)
        if here.size:
            columns = self.inverse[:, here]
            part += columns @ np.linalg.solve(columns[here], 1.0 - part[here])
            part[here] = 1.0
        loss[self.open] = np.clip(part, 0.0, 1.0)
        return loss


class SweptUpstream:
    """The same for networks whose inverse would be too large, by sweeps to a tolerance."""

    def __init__(self, B: Any, tolerance: float) -> None:
        self.group, self.tolerance = _closed_groups(B), tolerance
        self.start, self.buyer, self.share = B.indptr.astype(np.int64), B.indices.astype(np.int64), B.data

    def of(self, failing: list[np.ndarray]) -> np.ndarray:
        """Losses (cases, n) when all of each case's sellers stop.

        Raises
        ------
        SimcoreError
            If losses do not settle.
        """
        from ..kernels.cascade import upstream

        losses = np.empty((len(failing), len(self.group)))
        for row, case in zip(losses, failing, strict=True):
            own, _ = _taken(self.group, np.asarray(case))
            sweeps, change = upstream(self.start, self.buyer, self.share, own, self.tolerance, SWEEPS, row)
            if sweeps == SWEEPS:
                raise SimcoreError(
                    f"lost orders still change by {change:.3g} of sales after {SWEEPS} sweeps: hardly any sales leave "
                    "the network; give sales with those to final buyers, or a larger tolerance"
                )
        return losses


def _taken(group: np.ndarray, failing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Losses (n,) of those who fail and of the closed groups that they belong to, and these groups."""
    loss, taken = np.zeros(len(group)), np.unique(group[failing])
    taken = taken[taken >= 0]
    loss[failing] = loss[np.isin(group, taken)] = 1.0
    return loss, taken


def _inverse(B: Any) -> np.ndarray:
    """``(I - B)^-1`` of a dense or sparse array."""
    from scipy.linalg import inv

    matrix = -B if isinstance(B, np.ndarray) else -B.toarray()
    matrix[np.diag_indices_from(matrix)] += 1.0
    return inv(matrix, overwrite_a=True, check_finite=False)


def _closed_groups(B: Any) -> np.ndarray:
    """Number of the closed group of each seller, -1 where some of its sales leave, even indirectly."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array(B)
    count, group = connected_components(links, directed=True, connection="strong")
    leaks = np.zeros(count, dtype=bool)
    leaks[group[np.asarray(B.sum(axis=1)).ravel() < CLOSED]] = True
    leaves = (group[links.row] != group[links.col]) & (links.data != 0)
    leaks[group[links.row[leaves]]] = True
    number = np.cumsum(~leaks) - 1
    return np.where(leaks[group], -1, number[group])


# The index


def esri(
    W: Any,
    product: np.ndarray,
    essential: np.ndarray,
    *,
    sales: np.ndarray | None = None,
    tolerance: float = TOLERANCE,
    threads: int | None = None,
) -> Esri:
    """Economic systemic risk index of every firm of a network: each fails once, alone and for good.

    Parameters
    ----------
    W : (n, n) array or sparse array
        Sales of i to j, money a period.
    product : (n,) int array
        Industry of each firm, 0 to m - 1; firms of one industry share a market and can replace each other.
    essential : (m, m) array
        By industry of seller and of buyer: 1 where the input is essential, 0 where it is not, a number between
        where that share of output stops without it, NaN where it never matters.
    sales : (n,) array, optional
        All sales, also to buyers outside the network; by default those in the network, as in the source.
    tolerance : float
        Of base output: how far losses may be from where they settle.
    threads : int, optional
        By default as many as this process may use; they change no bit.

    Returns
    -------
    Esri
        Arrays (n,). The index weighs losses by ``sales``.

    Raises
    ------
    TableError
        If a shape, a sign or an industry does not fit.
    SimcoreError
        If losses do not settle.

    Notes
    -----
    A firm without customers keeps its demand. Where all sales stay in the network and everybody sells, even
    indirectly, to everybody, orders that are lost never leave it: the exact upstream loss is then all output,
    whoever fails (a loose tolerance hides this, since it takes very many rounds). Give ``sales`` with those to final
    buyers. Up to 8000 firms the upstream part is exact, from one dense inverse; more take sweeps to the tolerance.

    References
    ----------
    Diem, Borsos, Reisch, Kertesz and Thurner (2022), Scientific Reports 12, 7719.
    """
    product = np.asarray(product)
    W, inside = _checked(W, product, np.asarray(essential, dtype=float))
    sales = inside if sales is None else np.asarray(sales, dtype=float)
    if sales.shape != inside.shape or (sales < inside * (1.0 - 1e-9)).any():
        raise TableError(f"sales have shape {sales.shape}; they need {inside.shape} and cover what the network buys")
    from scipy.sparse import diags_array

    B = diags_array(np.divide(1.0, sales, out=np.zeros_like(sales), where=sales > 0)) @ W
    up = Upstream(B.tocsr()) if len(sales) <= DENSE else SweptUpstream(B.tocsr(), tolerance)
    network = network_of_links(W, product, essential, sales)
    cases = [np.array([i]) for i in range(len(sales))]
    return _index(network, up, cases, sales, int(product.max()) + 1, tolerance, threads)


def _checked(W: Any, product: np.ndarray, essential: np.ndarray) -> tuple[Any, np.ndarray]:
    """Sales as a sparse array, and their sums by seller."""
    from scipy.sparse import csr_array

    sales = csr_array(W, dtype=float)
    n, m = len(product), len(essential)
    if sales.shape != (n, n) or essential.shape != (m, m) or not np.issubdtype(product.dtype, np.integer):
        raise TableError(
            f"sales have shape {sales.shape}, essential inputs {essential.shape}, industries are {product.dtype} of "
            f"length {n}; they need (n, n), (m, m) and n whole numbers"
        )
    if not (np.isfinite(sales.data).all() and (sales.data >= 0).all()):
        raise TableError("a sale is negative or not finite; net it out before")
    if n and not (product.min() >= 0 and product.max() < m):
        raise TableError(f"industries run from {product.min()} to {product.max()}; essential inputs know 0 to {m - 1}")
    if ((essential < 0) | (essential > 1)).any():
        raise TableError("essential inputs lie between 0 and 1, or are NaN where they never matter")
    return sales, np.asarray(sales.sum(axis=1)).ravel()


def esri_of(
    economy: Economy,
    groups: list[np.ndarray] | None = None,
    *,
    tolerance: float = TOLERANCE,
    threads: int | None = None,
) -> Esri:
    """The same index for activities of an economy, or for groups that fail together.

    Parameters
    ----------
    groups : list of int arrays, optional
        Positions of the activities of each group; by default each activity is one.

    Returns
    -------
    Esri
        One entry a group; losses are weighted by gross output. The makers of a product in the whole table are its
        market.

    Raises
    ------
    TableError, SimcoreError
        As for ``esri``.
    """
    up = Upstream(allocation_coefficients(economy.Z, economy.x))
    cases = [np.array([i]) for i in range(economy.n)] if groups is None else groups
    return _index(network_of(economy), up, cases, economy.x, economy.K, tolerance, threads)


def _index(
    network: Network,
    up: Upstream | SweptUpstream,
    cases: list[np.ndarray],
    value: np.ndarray,
    products: int,
    tolerance: float,
    threads: int | None,
) -> Esri:
    from ..kernels.cascade import index_losses

    n, abroad = len(value), np.zeros(products)
    both, above, below, change = (np.zeros(len(cases)) for _ in range(4))
    result = Esri(both, above, below, np.zeros(len(cases), dtype=np.int64), change)

    def take(start: int) -> None:
        part = slice(start, min(start + CASES, len(cases)))
        own = np.zeros((part.stop - start, n))
        for row, failing in zip(own, cases[part], strict=True):
            row[failing] = 1.0
        places = [array[part] for array in result]
        index_losses(network, own, up.of(cases[part]), abroad, tolerance, SWEEPS, value.astype(float), *places)

    starts = range(0, len(cases), CASES)
    with ThreadPoolExecutor(threads or processors()) as pool:
        list(pool.map(take, starts))
    if (result.sweeps == SWEEPS).any():
        worst = int(result.residual.argmax())
        raise SimcoreError(
            f"the cascade of case {worst} still changes by {result.residual[worst]:.3g} of output after {SWEEPS} "
            "sweeps; take a larger tolerance"
        )
    return result
