"""A thousand balances against a second solver: Newton on all multipliers in extended precision, written apart."""

import numpy as np
import pytest

from simcore.errors import BalanceError
from simcore.fitting.balances import BALANCES, balance
from simcore.fitting.entropy import Blocks
from simcore.fitting.least_squares import adjust

KINDS = ("positive", "signs", "scales", "empty", "nearly_blocked", "negative_column", "blocks", "uncertain")


def solve(H, g):
    """Gauss with pivots, in extended precision (LAPACK has none)."""
    H, g = H.copy(), g.copy()
    n = len(g)
    for k in range(n):
        p = k + int(np.abs(H[k:, k]).argmax())
        H[[k, p]], g[[k, p]] = H[[p, k]], g[[p, k]]
        f = H[k + 1 :, k] / H[k, k]
        H[k + 1 :] -= f[:, None] * H[k]
        g[k + 1 :] -= f * g[k]
    x = np.zeros_like(g)
    for k in range(n - 1, -1, -1):
        x[k] = (g[k] - H[k, k + 1 :] @ x[k + 1 :]) / H[k, k]
    return x


def second(prior, u, v, block_of=None, W=None, sd=None):
    """Cells from the dual: one multiplier a margin, damped Newton; also the largest gap it leaves."""
    L = np.longdouble
    m, n = prior.shape
    i, j = np.nonzero(prior)
    if not len(i):
        return np.zeros_like(prior), 0.0
    rows = [i[None, :] == np.arange(m)[:, None], j[None, :] == np.arange(n)[:, None]]
    totals = [u, v]
    if W is not None:
        rows.append(block_of[i, j][None, :] == np.arange(W.size)[:, None])
        totals.append(W.ravel())
    sign, size = np.sign(prior[i, j]).astype(L), np.abs(prior[i, j]).astype(L)
    M, t = np.vstack(rows) * sign, np.concatenate(totals).astype(L)
    var = np.zeros(len(t), dtype=L) if sd is None else np.concatenate(sd).astype(L) ** 2
    keep = np.abs(M).any(axis=1)
    M, t, var = M[keep], t[keep], var[keep]
    y = np.zeros(len(t), dtype=L)

    def dual(y):
        return (size * np.exp(np.clip(y @ M, -5000, 5000))).sum() - y @ t + (var * y * y).sum() / 2

    weight = np.abs(M)
    for _ in range(300):
        cells = size * np.exp(y @ M)
        gap = M @ cells - t + var * y
        if (np.abs(gap) / (weight @ cells + var * np.abs(y))).max() < 1e-15:
            break
        H = (M * cells) @ M.T + np.diag(var)
        d = 1 / np.sqrt(np.diag(H))
        H = d[:, None] * H * d + np.eye(len(t), dtype=L) * L(1e-16)
        step = -d * solve(H, d * gap)
        step *= min(L(1), 8 / np.abs(step).max())
        here, slope, part = dual(y), gap @ step, L(1)
        while dual(y + part * step) > here + L(1e-4) * part * slope + L(1e-17) * abs(here) and part > 1e-9:
            part /= 2
        y = y + part * step
    cells = size * np.exp(y @ M)
    gap = np.abs(M @ cells - t + var * y) / (weight @ cells + var * np.abs(y))
    table = np.zeros(prior.shape)
    table[i, j] = sign * cells
    return table, float(gap.max())


def problem(kind, seed):
    """A prior and totals that a table with its zeros and signs has."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    m, n = rng.integers(2, 7, 2)
    prior = rng.gamma(1.0, 1.0, (m, n)) * (rng.random((m, n)) < rng.uniform(0.5, 1.0))
    factor = rng.uniform(0.2, 5.0, (m, n))
    if kind != "positive" and kind != "nearly_blocked":
        prior *= np.where(rng.random((m, n)) < 0.3, -1.0, 1.0)
    if kind == "scales":
        prior *= 10.0 ** rng.uniform(-6, 6, (m, n))
    if kind == "empty":
        prior[rng.integers(m)] = 0.0
        prior[:, rng.integers(n)] = 0.0
    if kind == "nearly_blocked":
        factor *= 10.0 ** rng.uniform(-4, 0, (m, n))
    if kind == "negative_column":
        prior[:, rng.integers(n)] *= -1.0
        at = rng.integers(n)
        prior[:, at] = -np.abs(prior[:, at]) - 0.01
    target = prior * factor
    return prior, target, rng


def worth(table):
    """What each cell is measured by: itself, or a millionth of the gross total of its row or column if it is less."""
    size = np.abs(table)
    gross = np.maximum(size.sum(axis=1)[:, None], size.sum(axis=0))
    return np.maximum(size, 1e-6 * gross)


@pytest.mark.parametrize("kind", KINDS)
def test_margins_to_1e_10_and_cells_to_1e_8_of_a_second_solver_on_125_problems_of_a_kind(kind):
    for seed in range(125):
        prior, target, rng = problem(kind, seed)
        u, v = target.sum(axis=1), target.sum(axis=0)
        options, other = {}, {}
        if kind == "blocks":
            r, c = rng.integers(0, 2, len(u)), rng.integers(0, 2, len(v))
            W = np.array([[target[np.ix_(r == g, c == h)].sum() for h in range(2)] for g in range(2)])
            options = {"blocks": Blocks(r, c, W)}
            other = {"block_of": 2 * r[:, None] + c, "W": W}
        if kind == "uncertain":
            sd = rng.uniform(0.01, 1.0, len(u)), rng.uniform(0.01, 1.0, len(v))
            u = u + sd[0] * rng.normal(size=len(u))
            options, other = {"row_sd": sd[0], "column_sd": sd[1]}, {"sd": sd}
        method = {"positive": "ras", "nearly_blocked": "ras", "blocks": "mrgras", "uncertain": "kras"}.get(kind, "gras")
        found = balance(method, prior, u, v, **options)
        table, gap = second(prior, u, v, **other)
        assert gap < 1e-14, (seed, gap)
        assert (np.abs(found.table - table) <= 1e-8 * worth(table)).all(), seed
        assert ((found.table == 0) == (prior == 0)).all()
        assert (np.sign(found.table) == np.sign(prior)).all()
        assert found.changed_signs == 0
        if kind != "uncertain":
            assert found.largest_gap <= 1e-10, (seed, found.largest_gap_at)


def test_every_method_by_its_word_meets_totals_that_it_can_meet():
    rng = np.random.default_rng(3)
    prior = rng.random((4, 5)) + 0.1
    target = prior * rng.uniform(0.8, 1.2, prior.shape)
    u, v = target.sum(axis=1), target.sum(axis=0)
    given = {
        "mrgras": {"blocks": Blocks(np.zeros(4, int), np.zeros(5, int), np.array([[target.sum()]]))},
        "kras": {"row_sd": np.zeros(4), "column_sd": np.zeros(5)},
    }
    for method in BALANCES:
        found = balance(method, prior, u, v, **given.get(method, {}))
        assert found.largest_gap <= 1e-10, method
        assert found.changed_signs == 0
        assert 0 < found.moved < 0.3


@pytest.mark.parametrize("method", ["ras", "gras"])
def test_a_total_of_zero_empties_its_row(method):
    found = balance(method, np.ones((2, 2)), np.array([0.0, 3.0]), np.array([1.0, 2.0]))
    assert np.allclose(found.table, [[0, 0], [1, 2]], rtol=0, atol=1e-12)
    assert (found.table[0] == 0).all()


@pytest.mark.parametrize("seed", range(50))
def test_least_squares_is_the_constrained_minimum(seed):
    """Stationary in every direction that leaves all constraints as they are (null space), and met."""
    rng = np.random.default_rng(seed)
    a, sd = rng.normal(size=9), rng.uniform(0.1, 2.0, 9)
    G = rng.integers(-1, 2, (4, 9)).astype(float)
    h = G @ (a + sd * rng.normal(size=9))
    x = adjust(a, sd, G, h)
    free = np.linalg.svd(G)[2][np.linalg.matrix_rank(G) :]
    assert np.allclose(G @ x, h, rtol=0, atol=1e-11)
    assert np.allclose(free @ ((x - a) / sd**2), 0.0, atol=1e-10)


def test_least_squares_shares_a_conflict_by_variances():
    # One cell of 10 with sd 1, its row said to be 12 (sd 2), its column 9 (sd 1): a mean weighted by precision.
    found = balance("least_squares", [[10.0]], [12.0], [9.0], row_sd=[2.0], column_sd=[1.0], cell_sd=[[1.0]])
    assert found.table[0, 0] == pytest.approx((10.0 + 12.0 / 4.0 + 9.0) / 2.25, abs=1e-12)
    assert found.row_gap[0] == pytest.approx(found.table[0, 0] - 12.0, abs=1e-12)


@pytest.mark.parametrize(
    ("method", "given", "words"),
    [
        ("least_squares", {}, "row 0|row 1|column 0"),
        ("gras", {}, "differ by"),
        ("ras", {}, "differ by"),
        ("mrgras", {}, "needs totals of blocks"),
        ("kras", {}, "needs standard errors"),
        ("ras", {"row_sd": np.ones(2)}, "no use for row_sd"),
        ("rsa", {}, "there is ras, gras"),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(method, given, words):
    with pytest.raises(BalanceError, match=words):
        balance(method, np.ones((2, 1)), np.array([1.0, 2.0]), np.array([4.0]), **given)
