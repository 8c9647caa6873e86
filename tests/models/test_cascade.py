"""The cascade of losses against the published equations, closed forms and chains worked by hand."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy.indicators import extraction_losses
from simcore.errors import ChannelError, TableError
from simcore.models import systemic
from simcore.models.base import CAPACITY, DEMAND, INPUT, LABOUR
from simcore.models.cascade import Cascade
from simcore.models.systemic import Upstream, esri, esri_of, upstream_losses
from simcore.testing import check_accounts, economies, full_form, permuted, random_drivers, random_economy, scaled

CALENDAR = Calendar.between("2022-11", "2023-01")
CHANNELS = ("capacity", "labour", "floor", "listed", "import_limit", "capital")
SOME = settings(max_examples=25, deadline=None)


def network(rng, n=25, industries=5, final=0.0):
    """Sales between firms of a few industries, who needs what, and all sales."""
    product = np.concatenate([np.arange(industries), rng.integers(0, industries, n - industries)])
    W = rng.gamma(0.5, 10.0, (n, n)) * (rng.random((n, n)) < 0.15) * (1 - np.eye(n))
    essential = rng.choice([0.0, 0.4, 1.0, np.nan], (industries, industries))
    return W, product, essential, W.sum(axis=1) + final * rng.random(n)


def published(W, product, essential, sales, psi, stop=1e-13):
    """Remaining output down- and upstream, iterated as the equations stand in the paper."""
    n, kinds = len(W), int(product.max()) + 1
    bought = np.array([[W[product == k, j].sum() for j in range(n)] for k in range(kinds)])
    down, up = psi.copy(), psi.copy()
    for _ in range(20_000):
        left = np.array([(sales * down)[product == k].sum() for k in range(kinds)])[product]
        sigma = np.array([min(1.0, s / r) if r > s else 1.0 for s, r in zip(sales, left, strict=True)])
        new, newer = psi.copy(), psi.copy()
        for j in range(n):
            together = 0.0
            for k in range(kinds):
                c = essential[k, product[j]]
                if bought[k, j] == 0 or np.isnan(c):
                    continue
                lack = sum(sigma[i] * W[i, j] * (1 - down[i]) for i in range(n) if product[i] == k)
                new[j] = min(new[j], 1 - c * lack / bought[k, j])
                together += lack / bought[:, j].sum() if c < 1 else 0.0
            new[j] = min(new[j], 1 - together)
            if sales[j] > 0:
                kept = 1 - sum(W[j, b] * (1 - up[b]) for b in range(n)) / sales[j]
                newer[j] = min(psi[j], kept)
        change = max(np.abs(new - down).max(), np.abs(newer - up).max())
        down, up = new, newer
        if change < stop:
            break
    return down, up


@pytest.mark.parametrize("seed", range(3))
def test_the_index_is_that_of_the_published_equations(seed):
    W, product, essential, sales = network(np.random.default_rng(seed), n=14, industries=3, final=20.0)
    found = esri(W, product, essential, sales=sales)
    for i in range(len(W)):
        down, up = published(W, product, essential, sales, 1.0 - np.eye(len(W))[i])
        total = sales.sum()
        assert found.upstream[i] == pytest.approx(sales @ (1 - up) / total, abs=1e-10)
        assert found.downstream[i] == pytest.approx(sales @ (1 - down) / total, abs=1e-9)
        assert found.esri[i] == pytest.approx(sales @ (1 - np.minimum(down, up)) / total, abs=1e-9)
    assert (found.residual <= systemic.TOLERANCE).all()


def test_the_published_stopping_rule_understates_the_index():
    W, product, essential, sales = network(np.random.default_rng(0), n=20, industries=4, final=5.0)
    found = esri(W, product, essential, sales=sales).esri
    loose = []
    for i in range(len(W)):
        down, up = published(W, product, essential, sales, 1.0 - np.eye(len(W))[i], stop=1e-2)
        loose.append(sales @ (1 - np.minimum(down, up)) / sales.sum())
    assert (np.array(loose) <= found + 1e-9).all() and np.mean(loose) < 0.97 * found.mean()


def test_a_chain_of_monopolists_by_hand():
    # 0 sells 10 to 1, 1 sells 20 to 2, 2 sells 40 outside: any failure stops all others, up or down.
    W = np.zeros((3, 3))
    W[0, 1], W[1, 2] = 10.0, 20.0
    sales = np.array([10.0, 20.0, 40.0])
    found = esri(W, np.arange(3), np.ones((3, 3)), sales=sales)
    assert found.esri == pytest.approx([1.0, 1.0, 1.0])
    assert found.upstream == pytest.approx([10 / 70, 30 / 70, 1.0])
    assert found.downstream == pytest.approx([1.0, 60 / 70, 40 / 70])


def test_suppliers_with_competitors_are_replaced_by_hand():
    # Three like suppliers of one essential input: a third is gone, and the two others can make up for half of it.
    W = np.zeros((4, 4))
    W[:3, 3] = 10.0
    product, sales = np.array([0, 0, 0, 1]), np.array([10.0, 10.0, 10.0, 70.0])
    found = esri(W, product, np.ones((2, 2)), sales=sales)
    assert found.downstream[0] == pytest.approx((10 + 70 / 6) / 100)
    two = esri(W[1:, 1:], product[1:], np.ones((2, 2)), sales=sales[1:])  # with one other, a half is gone for good
    assert two.downstream[0] == pytest.approx((10 + 70 / 2) / 90)
    half = esri(W, product, np.full((2, 2), 0.5), sales=sales)
    assert half.downstream[0] == pytest.approx((10 + 70 / 6) / 100)  # its only input: the share in all inputs binds
    nothing = esri(W, product, np.full((2, 2), np.nan), sales=sales)
    assert nothing.downstream[0] == pytest.approx(10 / 100)


def test_firms_that_sell_to_each_other_alone_take_each_other_down():
    W = np.zeros((4, 4))
    W[0, 1] = W[1, 0] = W[2, 0] = 5.0  # 2 sells to the pair and to 3
    W[2, 3] = 5.0
    found = esri(W, np.arange(4), np.full((4, 4), np.nan))
    assert found.upstream == pytest.approx([15 / 20, 15 / 20, 10 / 20, 5 / 20], abs=1e-12)


def test_the_number_of_threads_and_sweeps_instead_of_an_inverse_change_nothing(monkeypatch):
    W, product, essential, sales = network(np.random.default_rng(5), n=150, industries=12, final=1.0)
    one, many = (esri(csr_array(W), product, essential, sales=sales, threads=count) for count in (1, 3))
    assert all((a == b).all() for a, b in zip(one, many, strict=True))
    monkeypatch.setattr(systemic, "DENSE", 10)
    swept = esri(csr_array(W), product, essential, sales=sales)
    assert np.allclose(one.upstream, swept.upstream, atol=1e-9) and np.allclose(one.esri, swept.esri, atol=1e-9)
    closed = network(np.random.default_rng(6), n=40)
    found = esri(*closed[:3])
    monkeypatch.undo()
    assert np.allclose(found.upstream, esri(*closed[:3]).upstream, atol=1e-8)


@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
@SOME
def test_the_upstream_part_is_solved_exactly(seed, sparse, open_ended):
    rng = np.random.default_rng(seed)
    W, _, _, sales = network(rng, n=int(rng.integers(5, 30)), final=float(open_ended))
    B = np.divide(W, sales[:, None], out=np.zeros_like(W), where=sales[:, None] > 0)
    own = rng.random(len(W)) * (rng.random(len(W)) < 0.4)
    u = upstream_losses(csr_array(B) if sparse else B, own)
    assert np.abs(u - np.maximum(own, B @ u)).max() <= 1e-12
    iterated = own.copy()
    for _ in range(3_000):
        before, iterated = iterated, np.maximum(own, B @ iterated)
    assert (iterated <= u + 1e-12).all()  # it comes from below, here and there very slowly
    if np.abs(iterated - before).max() < 1e-14:
        assert np.allclose(u, iterated, atol=1e-9)


@given(economies(max_sectors=5))
@SOME
def test_what_sellers_lose_to_one_failure_is_its_extraction(economy):
    f = economy.x - economy.Z.sum(axis=1)
    lost = extraction_losses(economy.A, f) / economy.x.sum()
    assert np.allclose(esri_of(economy).upstream, lost, rtol=1e-9)


@given(st.integers(0, 2**32 - 1), st.integers(1, 6))
@SOME
def test_with_all_inputs_non_essential_and_one_maker_each_the_cascade_is_linear(seed, sectors):
    economy = random_economy(np.random.default_rng(seed), sectors, 1, 1)
    economy = replace(
        economy,
        criticality=np.zeros_like(economy.criticality),
        use_domestic=0.9 * economy.use_domestic,  # without any imports there would be no way out of the circle
        use_imported=economy.use_imported + 0.1 * economy.use_domestic,
    )
    used = economy.use_domestic + economy.use_imported
    N = np.linalg.inv(np.eye(economy.n) - economy.Z / used.sum(axis=0))
    expected = (N / np.diag(N)[:, None]) @ economy.x / economy.x.sum()
    assert np.allclose(esri_of(economy).downstream, expected, rtol=1e-8)


@given(economies(max_sectors=4))
@SOME
def test_the_index_is_the_model_without_the_activity(economy):
    found = esri_of(economy)
    i = int(np.argmax(found.esri))
    calm = Drivers.calm(economy, CALENDAR)
    stopped = calm.having("stop:0", "capacity", np.ones(CALENDAR.periods), -np.eye(economy.n)[i])
    output = Cascade().simulate(economy, stopped).output
    assert 1.0 - output.sum(axis=1) * CALENDAR.per_year / economy.x.sum() == pytest.approx(found.esri[i], abs=1e-9)


@given(economies())
@SOME
def test_an_undisturbed_economy_stays_put(economy):
    paths = Cascade().simulate(economy, Drivers.calm(economy, CALENDAR))
    assert (paths.output == economy.x / CALENDAR.per_year).all()
    assert (paths.binding == DEMAND).all() and paths.outcome.status == "completed"


@given(economies(), st.integers(0, 2**32 - 1))
@SOME
def test_accounts_close_and_the_form_money_and_order_do_not_matter(economy, seed):
    rng = np.random.default_rng(seed)
    drivers = random_drivers(rng, economy, CALENDAR, CHANNELS)
    paths = Cascade().simulate(economy, drivers)
    check_accounts(economy, CALENDAR, paths)
    x = economy.x / CALENDAR.per_year
    assert (paths.output <= x).all()
    assume(paths.outcome.status == "completed")  # in a few economies losses die out too slowly, and the outcome says so
    full = Cascade().simulate(*full_form(economy, drivers))
    assert np.allclose(full.output, paths.output, rtol=1e-9, atol=1e-9 * x.max())
    assert np.allclose(Cascade().simulate(*scaled(economy, drivers, 3.0)).output, 3.0 * paths.output, rtol=1e-8)
    order, products = rng.permutation(economy.n), rng.permutation(economy.K)
    other = Cascade().simulate(*permuted(economy, drivers, order, products))
    assert np.allclose(other.output, paths.output[:, order], rtol=1e-9, atol=1e-9 * x.max())


@given(economies(), st.integers(0, 2**32 - 1))
@SOME
def test_more_critical_inputs_never_lose_less_below_one(economy, seed):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0.0, 0.5, economy.criticality.shape)
    high = low + rng.uniform(0.0, 0.49, low.shape)
    less, more = (esri_of(replace(economy, criticality=c)).esri for c in (low, high))
    assert (more >= less - 1e-9).all()


def test_what_binds_is_named():
    economy = random_economy(np.random.default_rng(3), 3, 1, 1, empty=0.0)
    critical = np.zeros_like(economy.criticality)
    critical[0, 1] = 1.0  # 1 stops without 0
    economy = replace(economy, criticality=critical)
    calm = Drivers.calm(economy, CALENDAR)
    one = np.zeros(CALENDAR.periods)
    one[1] = 1.0
    at = np.eye(economy.n)
    drivers = calm.having("a:0", "capacity", one, -0.5 * at[0]) & calm.having("b:0", "labour", one, -0.9 * at[2])
    paths = Cascade().simulate(economy, drivers)
    assert paths.binding[1][2] == LABOUR
    assert (paths.binding[[0, 2]] == DEMAND).all()
    alone = Cascade().simulate(economy, calm.having("a:0", "capacity", one, -0.5 * at[0]))
    assert alone.binding[1][0] == CAPACITY and alone.binding[1][1] == INPUT + 0


def test_sectors_without_output_or_inputs_give_numbers():
    economy = random_economy(np.random.default_rng(8), 3, 2, 1, empty=0.0)
    dead = 1
    use, origin, x = economy.use_domestic.copy(), economy.origin.copy(), economy.x.copy()
    use[:, dead] = origin[dead] = x[dead] = 0.0
    imported = economy.use_imported.copy()
    imported[:, dead] = 0.0
    economy = replace(economy, x=x, use_domestic=use, use_imported=imported, origin=origin)
    found = esri_of(economy)
    assert all(np.isfinite(part).all() for part in found) and found.esri[dead] == 0.0
    drivers = random_drivers(np.random.default_rng(1), economy, CALENDAR, CHANNELS)
    assert np.isfinite(Cascade().simulate(economy, drivers).output).all()


def test_channels_and_inputs_that_do_not_fit_are_refused():
    economy = random_economy(np.random.default_rng(2), 2, 1, 1)
    demand = random_drivers(np.random.default_rng(2), economy, CALENDAR, ["demand"])
    with pytest.raises(ChannelError, match="model 'cascade' has no channel 'demand'; the cascade counts losses"):
        Cascade().simulate(economy, demand)
    with pytest.raises(ValueError, match="tolerance is 0"):
        Cascade(tolerance=0.0)
    with pytest.raises(TableError, match=r"criticality of S0 for S0\|R0\|O0 is 1.5"):
        esri_of(replace(economy, criticality=np.full_like(economy.criticality, 1.5)))
    W, product, essential, _ = network(np.random.default_rng(1), n=6, industries=2)
    with pytest.raises(TableError, match="a sale is negative"):
        esri(-W, product, essential)
    with pytest.raises(TableError, match="industries run from 0 to 1; essential inputs know 0 to 0"):
        esri(W, product, essential[:1, :1])
    with pytest.raises(TableError, match="cover what the network buys"):
        esri(W, product, essential, sales=np.zeros(6))


PLAIN = """
import numpy as np
from simcore.models.systemic import esri_of
from simcore.testing import random_economy
print(esri_of(random_economy(np.random.default_rng(4), 4, 3, 2), threads=1).esri.tolist())
"""


def test_results_do_not_depend_on_compilation():
    compiled = esri_of(random_economy(np.random.default_rng(4), 4, 3, 2), threads=1).esri
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run([sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert np.allclose(np.array(eval(done.stdout)), compiled, atol=1e-12)


def test_groups_fail_together():
    economy = random_economy(np.random.default_rng(9), 3, 2, 2)
    region = [np.flatnonzero(economy.region == r) for r in range(economy.R)]
    found = esri_of(economy, region)
    B = economy.Z / economy.x[:, None]
    for group, upstream in zip(region, found.upstream, strict=True):
        own = np.isin(np.arange(economy.n), group).astype(float)
        assert economy.x @ upstream_losses(B, own) / economy.x.sum() == pytest.approx(upstream, rel=1e-10)
    assert esri_of(economy, [np.arange(economy.n)]).esri == pytest.approx([1.0])
    assert Upstream(B).of([np.arange(economy.n)]) == pytest.approx(np.ones((1, economy.n)))
