"""Critical inputs from a survey of industry analysts, brought to our sectors by a concordance.

The analysts answered, for each industry and each input: can production go on if this input is not available for
two months? 1 critical, 0.5 important, 0 not critical. Some pairs were left empty; what those count as is a rule
that the recipe states, see ``UNRATED``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, get_args

import numpy as np

Unrated = Literal["critical", "important", "non-critical", "industry-mean"]
UNRATED: tuple[Unrated, ...] = get_args(Unrated)

MEANING: Mapping[Unrated, str] = {
    "critical": "rating 1, the cautious end: scarcity spreads most",
    "important": "rating 0.5, the middle of the scale",
    "non-critical": "rating 0: silence read as not needed",
    "industry-mean": "the mean of what the industry's analysts gave its other inputs",
}
VALUE: Mapping[str, float] = {"critical": 1.0, "important": 0.5, "non-critical": 0.0}


class Ratings(NamedTuple):
    """The survey as published."""

    inputs: Mapping[str, int]  # class of the input to its row
    industries: Mapping[str, int]  # class of the user to its column
    rating: np.ndarray  # (inputs, industries) 0, 0.5 or 1; NaN where the analysts left the cell empty

    @classmethod
    def read(cls, rows: Iterable[Mapping[str, str]]) -> Ratings:
        """From rows of a table whose first column is ``input`` and whose other columns are industries."""
        listed = list(rows)
        industries = [name for name in listed[0] if name != "input"]
        values = [[float(row[name]) if row[name] else np.nan for name in industries] for row in listed]
        inputs = [row["input"] for row in listed]
        return cls(_positions(inputs), _positions(industries), np.array(values))

    def of(self, product: str, industry: str) -> float:
        """Rating of a class of inputs for a class of users; NaN where the survey has none."""
        if product not in self.inputs or industry not in self.industries:
            return np.nan
        return float(self.rating[self.inputs[product], self.industries[industry]])


class Criticality(NamedTuple):
    """Ratings between our sectors."""

    rating: np.ndarray  # (K, K) of product k for sector j: 0, 0.5 or 1
    unrated: tuple[tuple[int, int], ...]  # pairs in use for which at least one cell of the survey is empty


def rate(
    ratings: Ratings,
    classes: Sequence[Sequence[str]],
    use: np.ndarray,
    unrated: Unrated,
    carried_share: float,
) -> Criticality:
    """Ratings of products for sectors, by the survey's classes that make up each sector.

    Parameters
    ----------
    classes : K sequences of str
        The survey's classes in each sector. Several: the mean of their ratings, to the nearest half (ties up).
    use : (K, K) array
        What sector j buys of product k, at home and abroad; a pair without use has no rating (0).
    unrated : {"critical", "important", "non-critical", "industry-mean"}
        What an empty cell counts as. A class that the survey does not have counts as empty too, and for the
        mean of an industry without any rating as not critical.
    carried_share : float
        Least share of a product in what the user buys of its class for it to carry the class's rating: an
        industry that cannot do without metal products need not depend on each of them.

    References
    ----------
    Pichler, Pangallo, del Rio-Chanona, Lafond and Farmer (2022), Journal of Economic Dynamics and Control 144,
    104527: the survey (by analysts of IHS Markit) and its use.
    """
    K = len(classes)
    rating, missing = np.zeros((K, K)), []
    for k in range(K):
        same = [i for i in range(K) if classes[i] == classes[k]]
        carried = use[k] >= carried_share * use[same].sum(axis=0)
        for j in map(int, np.flatnonzero((use[k] > 0) & carried)):
            cells = np.array([[ratings.of(a, b) for b in classes[j]] for a in classes[k]])
            if np.isnan(cells).any():
                missing.append((k, j))
                silent = [_counts_as(ratings, b, unrated) for b in classes[j]]
                cells = np.where(np.isnan(cells), silent, cells)
            rating[k, j] = np.floor(2.0 * cells.mean() + 0.5) / 2.0
    return Criticality(rating, tuple(missing))


def _counts_as(ratings: Ratings, industry: str, unrated: Unrated) -> float:
    """What an empty cell of an industry stands for."""
    if unrated in VALUE:
        return VALUE[unrated]
    if industry not in ratings.industries:
        return 0.0
    given = ratings.rating[:, ratings.industries[industry]]
    return float(np.nanmean(given)) if not np.isnan(given).all() else 0.0


def _positions(names: Sequence[str]) -> dict[str, int]:
    return {name: i for i, name in enumerate(names)}
