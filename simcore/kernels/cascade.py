"""Cascades of lost deliveries and orders: the generalised Leontief cascade of Diem et al. (2022).

All is counted in losses, shares of base output or supply that are gone: where nothing is lost, nothing moves.
A *basket* is what buyers with the same origins buy of one product: a pool's purchases of the product in the pooled
form of an economy, one firm's in a network of firms.

d  loss of each seller or buyer         (n,)      starts at what it loses by itself
s  loss of each basket                  (baskets,)
y  sales, for the share of a market     (n,)

A buyer's loss is the largest of what it loses by itself, what each input stops (``critical`` times the input's
loss), and what its substitutable inputs take away together (sum of ``weight`` times the input's loss).
"""

from typing import NamedTuple

import numpy as np
from numba import njit

OWN, ALL_TOGETHER = -1, -2  # what bound, beside the position of a product
ROUNDING = 1e-14  # changes of losses below it are rounding


class Network(NamedTuple):
    """Who buys what from whom, in compressed rows: baskets of their suppliers, buyers of their baskets."""

    product: np.ndarray  # (n,) position of the product that each makes
    sales: np.ndarray  # (n,) y
    basket_start: np.ndarray  # (baskets + 1,) first entry of each basket in supplier and share
    supplier: np.ndarray  # (links,)
    share: np.ndarray  # (links,) of the supplier in its basket
    input_start: np.ndarray  # (n + 1,) first entry of each buyer in the arrays below
    basket: np.ndarray  # (inputs,)
    bought: np.ndarray  # (inputs,) position of the product
    home: np.ndarray  # (inputs,) share of the basket in the buyer's use of the product; the rest is imported
    critical: np.ndarray  # (inputs,) share of output that stops without the input
    weight: np.ndarray  # (inputs,) share in all that the buyer uses, where it can do without; else 0


@njit(cache=True, nogil=True)
def replaceable(net, d, remaining, felt):
    """What buyers feel of each seller's loss: the share that nobody else in its market can deliver.

    A seller with a small part of what its market still sells is replaced; a monopolist is not.
    """
    remaining[:] = 0.0
    for i in range(d.size):
        remaining[net.product[i]] += net.sales[i] * (1.0 - d[i])
    for i in range(d.size):
        left, own = remaining[net.product[i]], net.sales[i]
        felt[i] = d[i] if left <= own else d[i] * (own / left)


@njit(cache=True, nogil=True)
def fill_baskets(net, felt, s):
    """Loss of each basket: the mean of what its suppliers fail to deliver."""
    for b in range(s.size):
        total = 0.0
        for e in range(net.basket_start[b], net.basket_start[b + 1]):
            total += net.share[e] * felt[net.supplier[e]]
        s[b] = total


@njit(cache=True, nogil=True)
def buyer_loss(net, j, own, s, abroad):
    """Loss of one buyer, and what bound it: ``OWN``, a product, or ``ALL_TOGETHER``."""
    worst, bound, together = own, OWN, 0.0
    for e in range(net.input_start[j], net.input_start[j + 1]):
        k = net.bought[e]
        lacks = net.home[e] * s[net.basket[e]] + (1.0 - net.home[e]) * abroad[k]
        if net.critical[e] * lacks > worst:
            worst, bound = net.critical[e] * lacks, k
        together += net.weight[e] * lacks
    if together > worst:
        worst, bound = together, ALL_TOGETHER
    return min(worst, 1.0), bound


@njit(cache=True, nogil=True)
def largest_part(net, j, s, abroad):
    """Product that takes most from a buyer whose substitutable inputs bind together."""
    most, bound = -1.0, OWN
    for e in range(net.input_start[j], net.input_start[j + 1]):
        k = net.bought[e]
        part = net.weight[e] * (net.home[e] * s[net.basket[e]] + (1.0 - net.home[e]) * abroad[k])
        if part > most:
            most, bound = part, k
    return bound


@njit(cache=True, nogil=True)
def downstream(net, own, abroad, tolerance, sweeps, d, cause):
    """Fill ``d`` with the least losses that all buyers and sellers agree on; sweeps made, last change.

    Losses only grow from sweep to sweep, towards the least fixed point. The rate at which changes shrink tells how
    far it still is, so that stopping short of a slow cascade does not understate it.

    own  what each loses by itself (n,), abroad  what imports of each product lose (products,)
    """
    n = own.size
    felt, remaining = np.empty(n), np.empty(abroad.size)
    s = np.empty(net.basket_start.size - 1)
    d[:] = own
    change, before = 0.0, 0.0
    for sweep in range(sweeps):
        replaceable(net, d, remaining, felt)
        fill_baskets(net, felt, s)
        before, change = change, 0.0
        for j in range(n):
            loss, cause[j] = buyer_loss(net, j, own[j], s, abroad)
            change = max(change, abs(loss - d[j]))
            d[j] = loss
        slow = sweep == 0 or change >= before or change > tolerance * (1.0 - change / before)
        if change <= ROUNDING or not slow:
            for j in range(n):
                if cause[j] == ALL_TOGETHER:
                    cause[j] = largest_part(net, j, s, abroad)
            return sweep + 1, change
    return sweeps, change


@njit(cache=True, nogil=True)
def upstream(start, buyer, share, own, tolerance, sweeps, u):
    """Fill ``u`` with the least ``max(own, B u)`` by sweeps, B in compressed rows; sweeps made, last change.

    For networks too large to factorise. Losses only grow, and the rate at which changes shrink tells how far it
    still is, as in ``downstream``.
    """
    u[:] = own
    change = 0.0
    for sweep in range(sweeps):
        before, change = change, 0.0
        for i in range(own.size):
            lost = 0.0
            for e in range(start[i], start[i + 1]):
                lost += share[e] * u[buyer[e]]
            if lost > u[i]:
                change = max(change, lost - u[i])
                u[i] = min(lost, 1.0)
        slow = sweep == 0 or change >= before or change > tolerance * (1.0 - change / before)
        if change <= ROUNDING or not slow:
            return sweep + 1, change
    return sweeps, change


@njit(cache=True, nogil=True)
def index_losses(net, own, up, abroad, tolerance, sweeps, value, index, upward, downward, made, residual):
    """Share of ``value`` (n,) lost in each of many cases, upstream losses ``up`` given, own and up (cases, n)."""
    d, cause = np.empty(value.size), np.empty(value.size, np.int64)
    total = value.sum()
    for c in range(len(own)):
        made[c], residual[c] = downstream(net, own[c], abroad, tolerance, sweeps, d, cause)
        both = above = below = 0.0
        for j in range(d.size):
            both += value[j] * max(d[j], up[c, j])
            above += value[j] * up[c, j]
            below += value[j] * d[j]
        if total > 0.0:
            index[c], upward[c], downward[c] = both / total, above / total, below / total
        else:
            index[c] = upward[c] = downward[c] = 0.0
