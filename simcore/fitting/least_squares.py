"""Estimates of unequal reliability, adjusted to linear accounts by weighted least squares."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import BalanceError


def adjust(
    estimates: np.ndarray,
    sd: np.ndarray,
    G: np.ndarray,
    totals: np.ndarray,
    total_sd: np.ndarray | None = None,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-12,
) -> np.ndarray:
    """The values nearest to estimates, in units of their standard errors, that meet linear constraints.

    ``sum(((x - estimates) / sd)^2) + sum(((G x - totals) / total_sd)^2)`` is least; a constraint without a standard
    error must be met. The solution is ``a + V G' (G V G' + S)^+ (h - G a)``. Signs may change.

    Parameters
    ----------
    estimates, sd : (n,) arrays
        A value with a standard error of zero stays.
    G : (k, n) array
        Any linear accounts; redundant ones are allowed.
    totals, total_sd : (k,) arrays
        Zero standard errors (the default) for constraints that must be met.
    names : sequence of k str, optional
        For messages.
    tolerance : float
        Largest gap of a constraint that must be met, over the absolute values in it, before or after.

    Returns
    -------
    (n,) array

    Raises
    ------
    BalanceError
        If shapes or signs of standard errors do not fit, or constraints that must be met contradict each other or the
        fixed values: the message names the worst and its gap at the nearest point.

    References
    ----------
    Stone, Champernowne and Meade (1942), Review of Economic Studies 9.
    """
    a, sd, G, h = (np.asarray(values, dtype=float) for values in (estimates, sd, G, totals))
    s = np.zeros(len(h)) if total_sd is None else np.asarray(total_sd, dtype=float)
    if G.shape != (len(h), len(a)) or sd.shape != a.shape or s.shape != h.shape:
        raise BalanceError(f"constraints of shape {G.shape} do not fit {len(a)} estimates and {len(h)} totals")
    for name, values in (("estimates", a), ("constraints", G), ("totals", h), ("sd", sd), ("total_sd", s)):
        if not np.isfinite(values).all():
            raise BalanceError(f"{name}: not all entries are finite numbers")
    if (sd < 0).any() or (s < 0).any():
        raise BalanceError("standard errors must be zero or more")
    # Rows scaled to unit variance, as margins may differ by many powers of ten; columns are whitened by sd.
    H = np.hstack([G * sd, np.diag(s)])
    size = np.sqrt((H**2).sum(axis=1))
    H = H / np.where(size > 0, size, 1.0)[:, None]
    x, soft = a.copy(), np.zeros(len(h))
    for _ in range(3):  # once is exact; again removes rounding
        gap = (h - G @ x - soft) / np.where(size > 0, size, 1.0)
        step = np.linalg.lstsq(H, gap, rcond=1e-14)[0]
        x, soft = x + sd * step[: len(a)], soft + s * step[len(a) :]
    gap = G @ x - h
    over = np.where(
        s > 0, 0.0, np.abs(gap) / np.maximum(np.abs(G) @ np.maximum(np.abs(x), np.abs(a)) + np.abs(h), 1e-300)
    )
    if over.max(initial=0.0) > max(tolerance, 1e-13):
        worst = int(over.argmax())
        called = names[worst] if names is not None else f"constraint {worst}"
        raise BalanceError(
            f"the constraints cannot all be met: at the nearest point {called} is {abs(gap[worst]):.6g} "
            f"{'above' if gap[worst] > 0 else 'below'} its total of {h[worst]:.6g}; give totals in conflict standard "
            "errors, or settle which is right"
        )
    return x
