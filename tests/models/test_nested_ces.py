"""Nested CES networks: orders of approximation, markets of factors, the Keynesian form; on bare arrays."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.models import equilibrium, nested_ces, nested_ces_orders, nested_ces_solve
from simcore.models.equilibrium import Equilibrium
from simcore.models.factor_markets import fischer_burmeister
from simcore.models.nested_ces import Elasticities, Network, Shock, ces_index, closed_network, evaluate, no_shock
from simcore.models.nested_ces_orders import hessian, hulten, orders, second_order, weights, weights_change
from simcore.models.nested_ces_response import respond
from simcore.models.nested_ces_solve import Solution, Solver
from simcore.testing import random_economy

FORMS = ("specific", "mobile_labour", "mobile")
COMPLEMENTS = Elasticities(0.5, 0.001, 0.9, imports=1.0, origins=1.0, factors=0.5, exports=1.0)
SUBSTITUTES = COMPLEMENTS._replace(value_added=1.5, inputs=2.0, final=1.2)
COBB_DOUGLAS = Elasticities(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0)
OIL = 0


def oil_network(sectors: int = 10) -> Network:
    """Ten sectors; the first is small, bought by all of them and by final users."""
    rng = np.random.default_rng(1973)
    omega = rng.dirichlet(np.full(sectors, 0.6), sectors).T
    omega[OIL] = rng.uniform(0.04, 0.12, sectors)
    omega /= omega.sum(axis=0)
    beta = rng.dirichlet(np.full(sectors, 2.0))
    beta[OIL] = 0.01
    return closed_network(omega, rng.uniform(0.35, 0.7, sectors), beta / beta.sum())


def consumption(found: Solution) -> float:
    """Log of real consumption of the only user, whose budget is given."""
    assert found.converged
    return -float(found.point.user_price[0])


def of(net: Network, **parts: np.ndarray) -> Shock:
    return no_shock(net)._replace(**parts)


def random_shock(rng: np.random.Generator, net: Network, size: float) -> Shock:
    n, (K, F) = len(net.sector), net.beta.shape

    def draw(*shape: int) -> np.ndarray:
        return rng.normal(0.0, size, shape)

    return of(
        net, productivity=draw(n), labour=draw(n), capital=draw(n), import_price=draw(K), coefficient=draw(K, n),
        wedge=np.abs(draw(n)), taste=draw(K, F), extra=draw(K, F) * net.beta * net.budget,
        budget=draw(F) * net.budget, release=draw(n) * 0.1 * net.sales,
    )  # fmt: skip


def networks(seed: int, **options: str) -> Solver:
    rng = np.random.default_rng(seed)
    economy = random_economy(rng, int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(1, 3)))
    return Equilibrium(**options).solver(economy)


seeds = st.integers(0, 2**32 - 1)


def test_the_examples_of_the_manual_come_out():
    for module in (equilibrium, nested_ces_orders, nested_ces_solve):
        assert doctest.testmod(module).failed == 0


@given(seeds, st.floats(0.0, 3.0))
def test_an_index_is_between_its_prices_exact_at_the_base_and_continuous_at_one(seed, elasticity):
    rng = np.random.default_rng(seed)
    shares, prices = rng.dirichlet(np.ones(4), 3).T, rng.normal(0, 0.3, (4, 3))
    index = ces_index(shares, prices, elasticity)
    assert (index <= prices.max(axis=0) + 1e-12).all() and (index >= prices.min(axis=0) - 1e-12).all()
    assert (ces_index(shares, np.zeros((4, 3)), elasticity) == 0.0).all()
    near, at = ces_index(shares, prices, 1.0 + 1e-9), ces_index(shares, prices, 1.0)
    assert np.allclose(near, at, rtol=0, atol=1e-8)


@pytest.mark.parametrize("rigid", ["flexible", "rigid"])
@pytest.mark.parametrize("form", FORMS)
def test_the_jacobian_is_the_derivative_of_the_residual(form, rigid):
    rng = np.random.default_rng(3)
    solver = Equilibrium(factors=form, wages=rigid).solver(random_economy(rng, 4, 3, 2))
    shock = random_shock(rng, solver.network, 0.05)
    market = solver.market(shock)
    z, h = rng.normal(0.0, 0.1, market.size), 1e-6
    found = solver._jacobian(market, solver._at(market, shock, z, None))
    for j, step in enumerate(np.eye(market.size) * h):
        above, below = (solver._at(market, shock, z + sign * step, None).residual for sign in (1, -1))
        assert np.allclose(found[:, j], (above - below) / (2 * h), rtol=0, atol=1e-8)


@settings(max_examples=20, deadline=None)
@given(seeds, st.sampled_from(FORMS), st.sampled_from(["flexible", "rigid"]))
def test_markets_of_factors_and_goods_clear(seed, form, wages):
    solver = networks(seed, factors=form, wages=wages)
    net = solver.network
    shock = random_shock(np.random.default_rng(seed), net, 0.1)
    found = solver.solve(shock)
    assert found.converged and found.residual <= 1e-10 and found.complementarity <= 1e-10
    at, market = found.point, solver.market(shock)
    # Payments: what the network pays for value added is its price times what labour and capital make.
    if form != "mobile":
        made = market.made(found.labour)
        assert np.allclose(at.paid, net.value_added * np.exp(at.wage + made), rtol=1e-9, atol=0)
    if form != "specific":  # people employed are people there, or fewer at the floor of the wage
        people = net.value_added * net.labour_share
        employed, there = (people @ np.exp(found.labour)), people @ np.exp(shock.labour)
        assert employed <= there * (1 + 1e-9)
        assert abs(employed / there - 1) < 1e-9 or (wages == "rigid" and found.wage.max() == 0.0)
    # Sales of an activity are what buyers spend on it.
    spent = (at.spent + at.other) * at.final_home
    sold = at.chain.spread(at.sales) + (at.origin[:, net.user_pool] * spent[net.sector]).sum(axis=1)
    sold += (net.stock_change - shock.release) * np.exp(at.price)
    assert np.allclose(sold, at.sales, rtol=0, atol=1e-10 * at.sales.max())
    # Costs: value added, home and imported inputs make up what is kept of the price.
    assert np.allclose(at.alpha + at.needs.sum(axis=0) + at.imported.sum(axis=0), 1.0, rtol=0, atol=1e-12)


@given(seeds, st.sampled_from(FORMS))
@settings(max_examples=15, deadline=None)
def test_money_has_no_effect_in_a_closed_economy(seed, form):
    rng = np.random.default_rng(seed)
    net = oil_network(4)._replace(labour_share=rng.uniform(0.3, 0.8, 4))
    shock = of(net, productivity=rng.normal(0, 0.1, 4), labour=rng.normal(0, 0.1, 4))
    solver = Solver(net, COMPLEMENTS, form)
    one, other = solver.solve(shock), solver.solve(shock._replace(budget=0.7 * net.budget))
    assert np.allclose(other.point.price - one.point.price, np.log(1.7), rtol=0, atol=1e-9)
    assert np.allclose(other.labour, one.labour, rtol=0, atol=1e-9)


# Orders


@given(seeds, st.sampled_from(FORMS))
@settings(max_examples=15, deadline=None)
def test_cobb_douglas_is_hulten(seed, form):
    rng = np.random.default_rng(seed)
    net = oil_network(5)._replace(labour_share=rng.uniform(0.2, 0.9, 5))
    shock = of(net, productivity=rng.normal(0, 0.3, 5))
    if form == "specific":
        shock = shock._replace(labour=rng.normal(0, 0.3, 5), capital=rng.normal(0, 0.3, 5))
    solver = Solver(net, COBB_DOUGLAS, form)
    assert abs(consumption(solver.solve(shock)) - hulten(solver, shock)) < 1e-12
    assert abs(second_order(solver, shock) - hulten(solver, shock)) < 1e-12


@pytest.mark.parametrize("form", FORMS)
def test_the_error_of_the_second_order_is_of_the_third(form):
    rng = np.random.default_rng(11)
    net = oil_network()._replace(labour_share=rng.uniform(0.3, 0.8, 10))
    solver = Solver(net, COMPLEMENTS, form)
    direction = of(net, productivity=rng.normal(0, 1, 10), labour=rng.normal(0, 1, 10), capital=rng.normal(0, 1, 10))
    labour, capital = solver.market(direction).supplies()
    direction = direction._replace(labour=labour, capital=capital)
    errors = {}
    for size in (0.04, 0.02, 0.01):
        shock = direction.part(size)
        exact = consumption(solver.solve(shock))
        errors[size] = [abs(hulten(solver, shock) - exact), abs(second_order(solver, shock) - exact)]
    for coarse, fine in ((0.04, 0.02), (0.02, 0.01)):
        first, second = (errors[coarse][i] / errors[fine][i] for i in (0, 1))
        assert first == pytest.approx(4.0, rel=0.15) and second == pytest.approx(8.0, rel=0.15)


@pytest.mark.parametrize("form", FORMS)
def test_the_chained_index_is_the_utility_of_the_only_user(form):
    rng = np.random.default_rng(7)
    net = oil_network()._replace(labour_share=rng.uniform(0.3, 0.8, 10))
    solver = Solver(net, COMPLEMENTS, form)
    shock = of(net, productivity=rng.normal(0, 0.1, 10), labour=rng.normal(0, 0.1, 10))
    assert orders(solver, shock).exact == pytest.approx(consumption(solver.solve(shock)), abs=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_derivatives_of_the_weights_are_those_of_equilibria(form):
    rng = np.random.default_rng(5)
    solver = networks(17, factors=form)
    net, n, h = solver.network, len(solver.network.sector), 1e-5
    direction = of(net, productivity=rng.normal(0, 1, n), labour=rng.normal(0, 1, n), capital=rng.normal(0, 1, n))
    labour, capital = solver.market(direction.part(h)).supplies()
    direction = direction._replace(labour=labour / h, capital=capital / h)
    found = weights_change(solver, direction.productivity[:, None], labour[:, None] / h, capital[:, None] / h)
    above, below = (weights(solver, solver.solve(direction.part(sign * h))) for sign in (1, -1))
    for moved, up, down in zip(found, above, below, strict=True):
        assert np.allclose(moved[:, 0], (up - down) / (2 * h), rtol=0, atol=1e-8)


def test_the_hessian_of_one_user_is_symmetric_and_zero_for_cobb_douglas():
    net = oil_network()
    H = hessian(Solver(net, COMPLEMENTS))
    assert np.allclose(H, H.T, rtol=0, atol=1e-12) and np.abs(H).max() > 1e-3
    assert np.abs(hessian(Solver(net, COBB_DOUGLAS))).max() < 1e-12


def test_complements_amplify_bad_news_and_dampen_good_ones_where_factors_are_specific():
    net = oil_network()
    effects = {}
    for name, el in (("complements", COMPLEMENTS), ("substitutes", SUBSTITUTES)):
        for size in (0.8, 1.2):
            productivity = np.zeros(10)
            productivity[OIL] = np.log(size)
            effects[name, size] = orders(Solver(net, el), of(net, productivity=productivity))
    fall, rise = effects["complements", 0.8], effects["complements", 1.2]
    assert fall.exact < fall.second < fall.first < 0 < rise.exact < rise.first
    assert abs(fall.second - fall.exact) < 0.3 * abs(fall.first - fall.exact)
    # per log point: losses beyond what gains are, since an input hard to replace gets dear when it is scarce
    assert fall.exact / np.log(0.8) > 1.15 * rise.exact / np.log(1.2)
    assert effects["substitutes", 0.8].exact > effects["substitutes", 0.8].first


def test_one_mobile_factor_has_a_closed_form():
    net = oil_network()
    rng = np.random.default_rng(0)
    shock = of(net, productivity=rng.normal(0, 0.2, 10), labour=np.full(10, np.log(0.9)))
    found = Solver(net, COMPLEMENTS, "mobile").solve(shock)
    # Nominal income is given, so the wage is one over the supply of labour; prices follow from costs alone.
    assert np.allclose(found.wage, -np.log(0.9), rtol=0, atol=1e-10)
    price = evaluate(net, COMPLEMENTS, shock, np.full(10, -np.log(0.9))).price
    assert np.allclose(found.point.price, price, rtol=0, atol=1e-12)
    assert np.allclose(
        found.point.price - found.wage[0], evaluate(net, COMPLEMENTS, shock, np.zeros(10)).price, atol=1e-12
    )


def test_where_factors_may_move_a_shock_costs_less():
    net = oil_network()._replace(labour_share=np.full(10, 0.6))
    productivity = np.zeros(10)
    productivity[OIL] = np.log(0.7)
    losses = [consumption(Solver(net, COMPLEMENTS, form).solve(of(net, productivity=productivity))) for form in FORMS]
    assert losses[0] < losses[1] < losses[2] < 0


# The Keynesian form


def two_factor_oil() -> Network:
    return oil_network()._replace(labour_share=np.full(10, 0.6))


def test_the_fischer_burmeister_residual_is_zero_for_complements_only():
    assert fischer_burmeister(0.0, 0.3) == 0.0 and fischer_burmeister(0.2, 0.0) == 0.0
    assert abs(fischer_burmeister(0.2, 0.1)) > 0.01 and abs(fischer_burmeister(-0.1, 0.0)) > 0.01


@pytest.mark.parametrize("form", FORMS)
def test_with_wages_that_need_not_fall_the_rigid_form_is_the_flexible_one(form):
    net = two_factor_oil()
    rng = np.random.default_rng(2)
    shock = of(net, productivity=rng.normal(0, 0.05, 10), budget=2.0 * net.budget)  # nominal demand lifts all wages
    flexible, rigid = (Solver(net, COMPLEMENTS, form, rigid).solve(shock) for rigid in (False, True))
    assert (flexible.wage > 0).all()
    assert np.allclose(rigid.point.price, flexible.point.price, rtol=0, atol=1e-9)
    assert np.allclose(rigid.labour, flexible.labour, rtol=0, atol=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_a_fall_of_nominal_demand_costs_employment_at_the_floor_of_the_wage(form):
    net = two_factor_oil()
    shock = of(net, budget=-0.1 * net.budget)
    rigid, flexible = Solver(net, COMPLEMENTS, form, True).solve(shock), Solver(net, COMPLEMENTS, form).solve(shock)
    people = net.value_added * net.labour_share
    assert rigid.complementarity < 1e-10
    assert np.allclose(rigid.wage, 0.0, atol=1e-12) and people @ np.exp(rigid.labour) < 0.95 * people.sum()
    assert np.allclose(flexible.wage, np.log(0.9), rtol=0, atol=1e-9)  # neutral: prices fall, nobody is idle
    assert people @ np.exp(flexible.labour) == pytest.approx(people.sum(), rel=1e-9)


def test_slack_and_tight_labour_exist_side_by_side_and_stimulus_works_in_the_slack_ones():
    net = two_factor_oil()
    taste = np.zeros((10, 1))
    taste[3], taste[4] = -0.6, 0.8
    shock = of(net, taste=taste)
    solver = Solver(net, COMPLEMENTS, "specific", True)
    found = solver.solve(shock)
    slack = found.wage == 0.0
    assert slack[3] and not slack[4] and found.complementarity < 1e-10
    assert (found.labour[slack] < -1e-6).all() and np.allclose(found.labour[~slack], 0.0, atol=1e-12)
    assert (found.wage[~slack] > 1e-6).all()
    effects = []
    for k in (3, 4):
        extra = np.zeros((10, 1))
        extra[k] = 0.002
        more = solver.solve(shock._replace(extra=extra))
        effects.append((more.labour[k] - found.labour[k], more.point.price[k] - found.point.price[k]))
    (work_slack, price_slack), (work_tight, price_tight) = effects
    assert work_slack > 1e-4 and abs(work_tight) < 1e-12 and price_tight > 2 * price_slack > 0


def test_supply_shocks_with_complements_leave_labour_idle_elsewhere():
    net = two_factor_oil()
    labour = np.zeros(10)
    labour[OIL] = np.log(0.5)
    found = Solver(net, COMPLEMENTS, "specific", True).solve(of(net, labour=labour))
    assert found.wage[OIL] > 0.1 and (found.labour[1:] < -1e-4).any()


# Limits


def test_a_shock_too_large_is_told_and_does_not_raise():
    net = oil_network()
    labour = np.zeros(10)
    labour[OIL] = -np.inf
    found = Solver(net, COMPLEMENTS).solve(of(net, labour=labour))
    assert not found.converged


def test_a_large_shock_is_reached_by_parts():
    net = two_factor_oil()
    rng = np.random.default_rng(4)
    shock = of(net, labour=np.log(rng.uniform(0.05, 1.0, 10)), productivity=np.log(rng.uniform(0.4, 1.5, 10)))
    for rigid in (False, True):
        found = Solver(net, COMPLEMENTS, "specific", rigid).solve(shock)
        assert found.converged and found.residual < 1e-10 and found.complementarity < 1e-10


def test_the_start_does_not_matter():
    solver = networks(23, wages="rigid")
    rng = np.random.default_rng(1)
    one, other = random_shock(rng, solver.network, 0.1), random_shock(rng, solver.network, 0.15)
    direct, warm = solver.solve(one), solver.solve(one, solver.solve(other))
    assert np.allclose(direct.point.price, warm.point.price, rtol=0, atol=1e-9)


def test_a_response_is_zero_in_no_direction():
    solver = networks(29)
    base = solver.base()
    zero = np.zeros((len(solver.network.sector), 2))
    assert all((values == 0).all() for values in respond(solver.network, solver.elasticities, base.point, zero))


# An independent statement


def plain_equilibrium(net: Network, el: Elasticities, productivity: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Log prices of the closed economy with factors of their own, by the paper's equations and a library's root finder.

    Prices of value added w are unknown; ``p = A^-1 [alpha w^(1-t) + (1-alpha) q^(1-t)]^(1/(1-t))`` by fixed point,
    ``lambda = (I - O')^-1 b``, and ``lambda_i a_i = w_i L_i Lambda_i`` with nominal GDP 1.
    """
    from scipy.optimize import root

    t, e, s = el.value_added, el.inputs, el.final
    omega, alpha, beta, A, L = net.omega.T, net.alpha, net.beta[:, 0], np.exp(productivity), np.exp(factor)

    def prices(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = np.ones(len(w))
        for _ in range(200):
            q = (omega @ p ** (1 - e)) ** (1 / (1 - e))
            p = (alpha * w ** (1 - t) + (1 - alpha) * q ** (1 - t)) ** (1 / (1 - t)) / A
        return p, q

    def gap(log_w: np.ndarray) -> np.ndarray:
        w = np.exp(log_w)
        p, q = prices(w)
        index = (beta @ p ** (1 - s)) ** (1 / (1 - s))
        b = beta * (p / index) ** (1 - s)
        a, m = alpha * (w / (A * p)) ** (1 - t), (1 - alpha) * (q / (A * p)) ** (1 - t)
        flows = m[:, None] * omega * (p[None] / q[:, None]) ** (1 - e)
        sales = np.linalg.solve(np.eye(len(w)) - flows.T, b)
        return sales * a / (w * L * net.value_added) - 1.0

    found = root(gap, np.zeros(len(alpha)), tol=1e-13)
    assert np.abs(gap(found.x)).max() < 1e-11
    return np.log(prices(np.exp(found.x))[0])


@pytest.mark.parametrize("el", [COMPLEMENTS, SUBSTITUTES], ids=["complements", "substitutes"])
def test_a_plain_statement_of_the_paper_has_the_same_prices(el):
    rng = np.random.default_rng(21)
    net = oil_network()
    productivity, factor = rng.normal(0.0, 0.1, 10), rng.normal(0.0, 0.1, 10)
    found = Solver(net, el).solve(of(net, productivity=productivity, labour=factor))
    assert np.allclose(found.point.price, plain_equilibrium(net, el, productivity, factor), rtol=0, atol=1e-10)


@pytest.mark.parametrize("tier", [*Elasticities._fields])
def test_a_tier_at_elasticity_one_is_the_limit_of_those_beside_it(tier):
    solver = networks(31)
    shock = random_shock(np.random.default_rng(31), solver.network, 0.1)

    def prices(value: float) -> np.ndarray:
        return Solver(solver.network, solver.elasticities._replace(**{tier: value})).solve(shock).point.price

    below, at, above = prices(1.0 - 1e-6), prices(1.0), prices(1.0 + 1e-6)
    assert np.allclose(0.5 * (below + above), at, rtol=0, atol=1e-10)
    assert np.abs(above - below).max() < 1e-5


def test_prices_that_have_not_settled_count_as_a_residual(monkeypatch):
    net = oil_network()
    shock = of(net, productivity=np.full(10, -0.1))
    solver = Solver(net, COMPLEMENTS)
    assert evaluate(net, COMPLEMENTS, shock, np.zeros(10)).unsettled < 1e-12
    monkeypatch.setattr(nested_ces, "STEPS", 1)
    unsettled = evaluate(net, COMPLEMENTS, shock, np.zeros(10)).unsettled
    assert unsettled > 1e-2
    assert solver._at(solver.market(shock), shock, np.zeros(10), None).size >= unsettled
