"""Regional input coefficients by location quotients, and trade among regions by its observed shares.

E_r, E_n  activity of a sector in the region, in the nation  (n,)      persons, output or value added
q         quotient of supplying sector i and buying j        (n, n)    above 1: the region has all that j needs of i
A         technical coefficients of the nation               (n, n)

A quotient below 1 is the share of an input that the region itself supplies; the rest comes from elsewhere. All of
them net out cross-hauling: where a sector is large enough, nothing of its product is taken to come in.
"""

from __future__ import annotations

import numpy as np

from ..errors import TableError


def simple(region: np.ndarray, nation: np.ndarray) -> np.ndarray:
    """SLQ: the region's share in the nation's sector i over its share in all sectors; (n,).

    References
    ----------
    Miller and Blair (2009), Input-Output Analysis, section 8.2.
    """
    region, nation = _activity(region, nation)
    share = np.divide(region, nation, out=np.zeros_like(region), where=nation > 0)
    return share / (region.sum() / nation.sum())


def cross_industry(region: np.ndarray, nation: np.ndarray) -> np.ndarray:
    """CILQ: the region's share in the selling sector over that in the buying one, (n, n); ones on the diagonal.

    NaN where the region has no buying sector. Miller and Blair (2009), section 8.2.
    """
    q = simple(region, nation)
    return np.divide(q[:, None], q, out=np.full((len(q), len(q)), np.nan), where=q > 0)


def round_quotient(region: np.ndarray, nation: np.ndarray) -> np.ndarray:
    """RLQ: the size of sellers, buyers (by a logarithm) and, through the SLQ, the region; (n, n).

    References
    ----------
    Round (1978), as given by Miller and Blair (2009), section 8.2.
    """
    q = simple(region, nation)
    size = np.log2(1.0 + q)
    return np.divide(q[:, None], size, out=np.full((len(q), len(q)), np.nan), where=size > 0)


def region_size(region: np.ndarray, nation: np.ndarray, delta: float) -> float:
    """``log2(1 + E_r / E_n) ** delta``: below 1, since smaller regions import more. Flegg and Webber (1997)."""
    region, nation = _activity(region, nation)
    if not 0.0 <= delta < 1.0:
        raise TableError(f"delta is {delta}; it lies from 0 up to 1, 0.1 to 0.4 in what has been estimated")
    return float(np.log2(1.0 + region.sum() / nation.sum()) ** delta)


def flegg(region: np.ndarray, nation: np.ndarray, delta: float) -> np.ndarray:
    """FLQ: the CILQ (the SLQ on the diagonal) times the size of the region; (n, n).

    References
    ----------
    Flegg and Webber (1997), Regional Studies 31; (2000), Regional Studies 34.
    """
    q = cross_industry(region, nation)
    np.fill_diagonal(q, simple(region, nation))
    return region_size(region, nation, delta) * q


def augmented_flegg(region: np.ndarray, nation: np.ndarray, delta: float) -> np.ndarray:
    """AFLQ: the FLQ, raised in the columns of sectors in which the region is specialised; (n, n).

    References
    ----------
    Flegg and Webber (2000), Regional Studies 34; Flegg and Tohmo (2013), Regional Studies 47.
    """
    q = simple(region, nation)
    return flegg(region, nation, delta) * np.where(q > 1.0, np.log2(1.0 + q), 1.0)


def regional_coefficients(A: np.ndarray, quotient: np.ndarray) -> np.ndarray:
    """Inputs from the region itself per unit of output, ``A * min(q, 1)``; (n, n).

    Parameters
    ----------
    A : (n, n) array
        Technical coefficients of the nation, by assumption those of the region, too.
    quotient : (n, n) or (n,) array
        Of supplying sector i (and buying sector j); one by supplier alone holds for all buyers. A column that is not
        known (NaN: the region has no such sector) is zero.
    """
    q = np.asarray(quotient, dtype=float)
    share = np.minimum(np.broadcast_to(q[:, None] if q.ndim == 1 else q, np.shape(A)), 1.0)
    return np.where(np.isnan(share), 0.0, A * share)


def trade_shares(shipments: np.ndarray) -> np.ndarray:
    """Share of each origin in what arrives of a product, (R, R, K) by origin, destination and product.

    Parameters
    ----------
    shipments : (R, R, K) array
        Deliveries of product k from region r to region s, own ones included. A product that does not arrive at all
        would come from the region itself.

    References
    ----------
    Chenery (1953); Moses (1955); Miller and Blair (2009), section 3.4.
    """
    arrives = shipments.sum(axis=0)
    own = np.broadcast_to(np.eye(len(shipments))[:, :, None], shipments.shape)
    return np.where(arrives > 0, np.divide(shipments, np.where(arrives > 0, arrives, 1.0)), own)


def trade_matrix(shares: np.ndarray) -> np.ndarray:
    """Shares (R, R, K) as the matrix C of the multiregional model, (R K, R K): a diagonal block a pair of regions."""
    R, K = shares.shape[0], shares.shape[2]
    C = np.zeros((R, K, R, K))
    k = np.arange(K)
    C[:, k, :, k] = np.moveaxis(shares, 2, 0)
    return C.reshape(R * K, R * K)


def multiregional_output(shares: np.ndarray, A: np.ndarray, f: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output of all regions, ``x = (I - C A)^-1 C f``, and its multipliers of final demand by destination.

    Parameters
    ----------
    shares : (R, R, K) array
        Of origins, from ``trade_shares``.
    A : (R K, R K) array
        Regional technical coefficients, block diagonal.
    f : (R K,) array
        Final demand by region of use, whatever the origin.

    Returns
    -------
    (R K,), (R K, R K) arrays
    """
    C = trade_matrix(shares)
    multipliers = np.linalg.solve(np.eye(len(C)) - C @ A, C)
    return multipliers @ f, multipliers


def _activity(region: np.ndarray, nation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    region, nation = np.asarray(region, dtype=float), np.asarray(nation, dtype=float)
    if region.shape != nation.shape or (region < 0).any() or (region > nation * (1 + 1e-12)).any():
        raise TableError("activity of a region needs one value a sector, from zero to that of the nation")
    if not (region.sum() > 0 and nation.sum() > 0):
        raise TableError("a region without any activity has no location quotients")
    return region, nation
