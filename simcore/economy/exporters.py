"""Who among the makers of a product exports it: one odds ratio between one kind of owner and all the others.

In every sector and region let these owners make the share ``w`` of what is sold and let the share ``q`` of it go
abroad; ``e`` is both. Their odds of exporting are ``ratio`` times those of the others:

    e (1 - w - q + e) = ratio (w - e) (q - e)

which is where RAS ends that starts from ``ratio`` in this cell and 1 in the three others. So what the sector exports,
what it sells at home and what each owner makes stay.

w, q   shares of the owners and of exports in what a sector of a region sells
e      share of it that the owners export

References
----------
Plackett (1965), Journal of the American Statistical Association 60: the table of one odds ratio in closed form.
Mosteller (1968), Journal of the American Statistical Association 63: RAS keeps odds ratios.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .economy import Economy


def exported(w: np.ndarray, q: np.ndarray, ratio: float) -> np.ndarray:
    """The cell ``e`` of tables with margins ``w`` and ``q`` and one odds ratio; ``w q`` where the ratio is one."""
    sums = 1.0 + (w + q) * (ratio - 1.0)
    return 2.0 * ratio * w * q / (sums + np.sqrt(sums**2 - 4.0 * ratio * (ratio - 1.0) * w * q))


def with_exporters(economy: Economy, owner: str, ratio: float) -> Economy:
    """The same economy, one kind of owner exporting at another odds ratio; nothing else moves.

    Parameters
    ----------
    owner : str
        Code of the kind of owner.
    ratio : float
        Of its odds of exporting to those of the other makers of the product in the region.
    """
    users = economy.users("exports")
    pool = np.unique(economy.user_pool[users])
    bought = economy.final_domestic[:, users].sum(axis=1)[economy.sector]
    sold, abroad = economy.x - economy.stock_change, economy.origin[:, pool].sum(axis=1) * bought
    mine = economy.ownership == economy.ownerships.index(owner)

    def whole(values: np.ndarray) -> np.ndarray:
        """Sums over the owners of an activity's sector and region, by activity; (n,) or (n, P)."""
        found = np.zeros((economy.K, economy.R, *values.shape[1:]))
        np.add.at(found, (economy.sector, economy.region), values)
        return found[economy.sector, economy.region]

    total, own = whole(sold), whole(np.where(mine, sold, 0.0))
    w, q = own / total, whole(abroad) / total
    e = exported(w, q, ratio)
    among = sold / np.where(mine, own, total - own)  # of an activity among its own kind, or among the others
    leaving = np.divide(e, q, out=w.copy(), where=q > 0.0)
    staying = np.divide(w - e, 1.0 - q, out=w.copy(), where=q < 1.0)
    leaving, staying = (among * np.where(mine, part, 1.0 - part) for part in (leaving, staying))
    origin = whole(economy.origin) * staying[:, None]
    origin[:, pool] = whole(economy.origin[:, pool]) * leaving[:, None]
    return replace(economy, origin=origin, alternatives={})
