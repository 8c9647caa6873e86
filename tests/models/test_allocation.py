"""The allocation model: what an optimum must satisfy, that it is the optimum, and what its prices say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy.readers import from_flows
from simcore.errors import ChannelError
from simcore.models.accounts import base_flows, wanted_change
from simcore.models.allocation import Allocation, bottlenecks
from simcore.models.allocation_limits import limits_of
from simcore.models.allocation_program import Period, _Problem
from simcore.models.base import CAPACITY, INPUT, LABOUR
from simcore.models.leontief import Leontief
from simcore.models.program import Program, optimum

MONTHS = Calendar.between("2022-01", "2022-03")
OBJECTIVES = ("cost", "gross_output", "final_consumption")
economies = testing.economies(max_sectors=3, max_regions=2, max_owners=2)
seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=10, deadline=None)


def shaken(model, economy, seed, channels=None):
    drawn = sorted((model.channels if channels is None else channels) & set(testing.SIZES))
    return testing.random_drivers(np.random.default_rng(seed), economy, MONTHS, drawn)


@given(economies, seeds, st.sampled_from(OBJECTIVES))
@few
def test_without_limits_the_program_gives_leontief(economy, seed, objective):
    model, leontief = Allocation(objective=objective), Leontief()
    drivers = shaken(model, economy, seed, {"demand", "preference", "coefficient", "productivity"})
    expected = leontief.simulate(economy, drivers).output
    base, wanted = base_flows(economy, MONTHS), wanted_change(economy, drivers)
    limits = limits_of(economy, drivers, base, 1e9).of_period(0)
    factor = np.ones_like(base.a)
    for channel in ("coefficient", "productivity"):
        values = drivers.dense(channel)
        factor = factor if values is None else factor * values[0] if channel == "coefficient" else factor / values[0]
    asked = wanted[0] * (1.0 - economy.import_share)
    period = Period(
        economy, base, base.a * factor, base.m * factor, expected[0], base.final_domestic + asked,
        base.final_imported + wanted[0] * economy.import_share, limits,
    )  # fmt: skip
    problem = _Problem(period, model.weights())
    problem._add([("capacity", i) for i in range(economy.n)])  # every limit is in the program, and none binds
    given_up = problem.solve()
    scale = expected[0].max()
    assert np.abs(given_up.output - expected[0]).max() <= 1e-9 * scale and not given_up.price.any()
    unlimited = Allocation(objective=objective, overcapacity=1e9).simulate(economy, drivers)
    assert np.abs(unlimited.output - expected).max() <= 1e-9 * scale
    assert np.abs(unlimited.final - leontief.simulate(economy, drivers).final).max() <= 1e-9 * scale


@given(economies, seeds, st.sampled_from([*OBJECTIVES, "chosen"]))
@few
def test_limits_hold_and_accounts_close(economy, seed, form):
    model = Allocation(trade="chosen") if form == "chosen" else Allocation(objective=form)
    drivers = shaken(model, economy, seed)
    paths = model.simulate(economy, drivers)
    assert paths.outcome.status == "completed"
    testing.check_accounts(economy, MONTHS, paths)
    base = base_flows(economy, MONTHS)
    limits, scale = limits_of(economy, drivers, base, 0.0), base.x.max()
    assert (paths.output <= limits.capacity + 1e-9 * scale).all()
    most = np.where(limits.come_in < 1.0, limits.come_in * base.imported, np.inf)
    assert (paths.imports <= most + 1e-9 * scale).all()
    assert (paths.unmet >= -1e-9 * scale).all() and (paths.shadow_price >= 0.0).all()
    slack = paths.output < limits.capacity * (1.0 - 1e-6) - 1e-9 * scale
    assert not (paths.shadow_price[slack] > 1e-9).any()  # what has room is worth nothing


@given(economies, seeds, st.sampled_from(OBJECTIVES))
@few
def test_the_answer_depends_neither_on_order_nor_on_pools_nor_on_halves(economy, seed, objective):
    model, rng = Allocation(objective=objective), np.random.default_rng(seed)
    drivers = shaken(model, economy, seed)
    paths, scale = model.simulate(economy, drivers), economy.x.max() / 12.0
    order, products = rng.permutation(economy.n), rng.permutation(economy.K)
    other = model.simulate(*testing.permuted(economy, drivers, order, products))
    assert np.abs(other.output - paths.output[:, order]).max() <= 1e-8 * scale
    assert np.abs(other.final - paths.final[:, products]).max() <= 1e-8 * scale
    assert np.abs(other.shadow_price - paths.shadow_price[:, order]).max() <= 1e-6 * (1.0 + paths.shadow_price.max())
    other = model.simulate(*testing.full_form(economy, drivers))
    assert np.abs(other.final - paths.final).max() <= 1e-8 * scale
    other = model.simulate(*testing.split(economy, drivers, 0))
    assert np.abs(other.output[:, 0] + other.output[:, -1] - paths.output[:, 0]).max() <= 1e-8 * scale
    assert np.abs(other.final - paths.final).max() <= 1e-8 * scale


@given(economies, seeds)
@few
def test_no_feasible_answer_that_is_drawn_at_random_is_better(economy, seed):
    rng = np.random.default_rng(seed)
    drivers = Drivers.calm(economy, MONTHS).having("a:c", "capacity", np.ones(3), rng.uniform(-0.3, 0.0, economy.n))
    paths = Allocation(objective="final_consumption", disaster_imports=0.0).simulate(economy, drivers)
    base = base_flows(economy, MONTHS)
    stored = np.maximum(base.stock_change, 0.0)
    best = paths.unmet[0].sum() + np.maximum(base.stock_change - paths.stock_change[0], 0.0).sum()
    capacity = limits_of(economy, drivers, base, 0.0).capacity[0]
    L = np.linalg.inv(np.eye(economy.n) - economy.A)
    wanted = np.maximum(base.final_domestic, 0.0)
    for _ in range(20):
        share = rng.beta(0.5, 0.5, wanted.shape)
        cut = (economy.origin[:, economy.user_pool] * (share * wanted)[economy.sector]).sum(axis=1)
        relief, need = L @ (cut + stored), base.x - capacity
        if (relief < need).any():
            continue  # does not free enough
        least = max(float((need / relief).max()), 0.0)  # scaled down to where the first limit stops it
        assert least * ((share * wanted).sum() + stored.sum()) >= best * (1.0 - 1e-9)


def three() -> tuple:
    """Two regions' mills sell flour to one baker; the north's mill can be short."""
    Z = np.array([[0.0, 0.0, 30.0], [0.0, 0.0, 10.0], [0.0, 0.0, 0.0]])
    Y = np.array([[30.0, 0.0], [30.0, 0.0], [60.0, 40.0]])
    economy = from_flows(
        Z, Y, activities=["n|flour", "s|flour", "n|bread"], users=["n|households", "s|households"], unit="m EUR", year=1
    )
    return economy, Drivers.calm(economy, Calendar.between("2022-Q1", "2022-Q1"))


def test_a_shadow_price_is_what_one_more_yuan_of_capacity_gains():
    economy, calm = three()
    model = Allocation(objective="final_consumption", disaster_imports=0.0)

    def delivered(capacity):
        drivers = calm.having("a:c", "capacity", np.ones(1), np.array([capacity / economy.x[0] - 1.0, 0.0, 0.0]))
        return model.simulate(economy, drivers)

    low, high = delivered(48.0), delivered(48.0 + 4e-3)  # a year; the quarter gets one thousandth of a unit more
    gained = (high.final.sum() - low.final.sum()) / 1e-3
    assert gained == pytest.approx(low.shadow_price[0, 0], rel=1e-9)
    (first,) = bottlenecks(economy, low)
    assert first.activity == "flour|n|unclassified" and first.limit == "capacity" and first.periods == 1
    assert first.shadow_price == low.shadow_price[0, 0] and low.binding[0].tolist() == [CAPACITY, 0, 0]


def test_users_that_the_objective_cannot_tell_apart_go_short_by_the_same_share():
    economy, calm = three()
    drivers = calm.having("a:c", "labour", np.ones(1), np.array([0.0, 0.0, -0.2]))
    paths = Allocation(objective="final_consumption", disaster_imports=0.0).simulate(economy, drivers)
    assert paths.unmet[0, 1] / paths.final[0, 1] == pytest.approx([0.25, 0.25])
    assert paths.binding[0, 2] == LABOUR


def test_a_search_among_equal_optima_that_is_stopped_is_told_and_still_optimal(monkeypatch):
    economy, calm = three()
    drivers = calm.having("a:c", "labour", np.ones(1), np.array([0.0, 0.0, -0.2]))
    model = Allocation(objective="final_consumption", disaster_imports=0.0)
    nearest = model.simulate(economy, drivers)
    monkeypatch.setattr("simcore.models.program.STEPS", 0)
    paths = model.simulate(economy, drivers)
    assert "search among equal optima was stopped" in paths.outcome.message and not nearest.outcome.message
    assert paths.unmet.sum() == pytest.approx(nearest.unmet.sum(), rel=1e-9)
    testing.check_accounts(economy, drivers.calendar, paths)


def test_other_origins_step_in_where_trade_is_chosen():
    economy, calm = three()
    # The south's mill has room: it makes good what the north cannot.
    drivers = calm.having("a:c", "capacity", np.ones(1), np.array([-0.1, 0.0, 0.0]))
    drivers = drivers.having("a:k", "capital", np.ones(1), np.array([0.0, 8.0, 0.0]))
    fixed, chosen = (Allocation(trade=t, disaster_imports=0.0).simulate(economy, drivers) for t in ("fixed", "chosen"))
    assert fixed.unmet.sum() > 0.1 and chosen.unmet.sum() <= 1e-12
    assert chosen.output[0] * 4 == pytest.approx([54.0, 46.0, 100.0])


def test_a_closed_route_is_gone_around_or_refused_by_name():
    economy, calm = three()
    route = np.zeros((2, economy.P))
    route[0, 2] = -1.0  # no flour from the north to the baker
    drivers = calm.having("a:p", "passage", np.ones(1), route)
    with pytest.raises(ChannelError, match="trade: chosen"):
        Allocation().simulate(economy, drivers)
    drivers = drivers.having("a:k", "capital", np.ones(1), np.array([0.0, 40.0, 0.0]))
    paths = Allocation(trade="chosen", disaster_imports=0.0).simulate(economy, drivers)
    assert paths.output[0] * 4 == pytest.approx([30.0, 70.0, 100.0]) and paths.unmet.sum() <= 1e-12


def test_disaster_imports_come_before_rationing_up_to_their_limit():
    Z, Y = np.array([[0.0, 20.0], [0.0, 0.0]]), np.array([[80.0], [100.0]])
    economy = from_flows(
        Z, Y, activities=["flour", "bread"], users=["households"], imports=np.array([[0.0, 30.0], [0.0, 0.0]])
    )
    calm = Drivers.calm(economy, Calendar.between("2022-Q1", "2022-Q1"))
    short = calm.having("a:c", "capacity", np.ones(1), np.array([-0.02, 0.0]))
    paths = Allocation(disaster_imports=0.1).simulate(economy, short)
    assert paths.unmet.sum() <= 1e-12 and paths.imports.sum() * 4 == pytest.approx(32.0)
    shorter = calm.having("a:c", "capacity", np.ones(1), np.array([-0.05, 0.0]))
    paths = Allocation(disaster_imports=0.1).simulate(economy, shorter)
    assert paths.imports[0, 0] * 4 == pytest.approx(33.0) and paths.unmet.sum() * 4 == pytest.approx(2.0)


def test_short_imports_are_named():
    Z, Y = np.array([[0.0, 20.0], [0.0, 0.0]]), np.array([[80.0], [100.0]])
    economy = from_flows(
        Z, Y, activities=["flour", "bread"], users=["households"], imports=np.array([[0.0, 30.0], [0.0, 0.0]])
    )
    drivers = Drivers.calm(economy, Calendar.between("2022-Q1", "2022-Q1"))
    paths = Allocation().simulate(economy, drivers.having("a:i", "import_limit", np.ones(1), np.array([-0.1, 0.0])))
    assert paths.output[0, 1] * 4 == pytest.approx(90.0) and paths.binding[0].tolist() == [0, INPUT]
    assert "imports of flour are the scarcest" in paths.outcome.message


def test_no_answer_within_all_limits_is_an_outcome_with_advice():
    economy, calm = three()
    drivers = calm.having("a:c", "capacity", np.ones(1), np.array([0.0, 0.0, -0.5]))
    paths = Allocation(rationing_limit=0.3, disaster_imports=0.0).simulate(economy, drivers)
    assert paths.outcome.status == "infeasible" and np.isnan(paths.output).all()
    assert "2022-Q1" in paths.outcome.message and "bread|n" in paths.outcome.message
    assert "raise rationing_limit" in paths.outcome.message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"objective": "welfare"}, "write cost, gross_output, final_consumption"),
        ({"trade": "free"}, "write fixed, chosen"),
        ({"import_weight": 1.0}, "must exceed 1"),
        ({"rationing_limit": 1.5}, "between 0 and 1"),
        ({"objective": "gross_output", "trade": "chosen"}, "use another objective"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        Allocation(**options)


def test_paths_without_prices_have_no_bottlenecks_to_rank():
    economy, calm = three()
    with pytest.raises(ValueError, match="run the model 'allocation'"):
        bottlenecks(economy, Leontief().simulate(economy, calm))


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_the_choice_among_optima_is_optimal_and_nearest(seed):
    """Against points drawn from the optimal face: mixtures of vertices of perturbed costs."""
    rng = np.random.default_rng(seed)
    N, R = int(rng.integers(3, 9)), int(rng.integers(1, 4))
    relief = rng.uniform(0.0, 1.0, (R, N)) * (rng.random((R, N)) < 0.8)
    cost = np.ones(N) if rng.random() < 0.5 else relief.sum(axis=0)  # many optima
    upper, weight = rng.uniform(0.5, 2.0, N), rng.uniform(0.5, 2.0, N)
    need = rng.uniform(0.1, 0.8, R) * (relief @ upper)
    program = Program(cost, upper, weight, relief, need, np.zeros(R, dtype=bool), np.ones(R))
    answer = optimum(program)
    y = answer.given_up
    assert (relief @ y >= need - 1e-9).all() and (y >= 0.0).all() and (y <= upper * (1 + 1e-12)).all()
    assert (answer.price >= 0.0).all()
    dual = answer.price @ need - upper @ np.maximum(answer.price @ relief - cost, 0.0)
    assert dual == pytest.approx(answer.objective, rel=1e-7, abs=1e-9)  # so it is an optimum, and the prices are prices
    from scipy.optimize import linprog

    vertices = [
        linprog(rng.normal(size=N), A_ub=np.vstack([-relief, cost]), b_ub=np.append(-need, answer.objective + 1e-10),
                bounds=list(zip(np.zeros(N), upper, strict=True))).x
        for _ in range(6)
    ]  # fmt: skip
    for _ in range(20):
        other = rng.dirichlet(np.ones(len(vertices))) @ np.array(vertices)
        assert (y**2 / weight).sum() <= (other**2 / weight).sum() + 1e-6
