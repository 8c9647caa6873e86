"""Many members at once: no bit depends on how they are divided, and statistics are those of the kept paths."""

import signal
import threading
import time

import numpy as np
import pytest

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.ensemble import Member, blocks, simulate
from simcore.errors import SimcoreError, TableError
from simcore.levels import Slices
from simcore.models.inventory import Inventory
from simcore.models.leontief import Leontief
from simcore.models.members import ALONE, runs
from simcore.models.presets import Pichler
from simcore.statistics import Histogram, Kept, Moments

HALF_YEAR = Calendar.between("2022-11", "2023-04")
FIELDS = ("output", "value_added", "final", "imports", "unmet", "stocks", "household_income", "binding")
LEVELS = np.array([0.0, 0.05, 0.5, 0.9, 1.0])


@pytest.fixture(scope="module")
def economy():
    return testing.random_economy(np.random.default_rng(3), 4, 3, 2)


@pytest.fixture(scope="module")
def shared(economy):
    return testing.random_drivers(np.random.default_rng(5), economy, HALF_YEAR, ("demand", "productivity"))


def members_of(economy, number, channels=tuple(testing.SIZES)):
    """Lazily, as no more than a few should exist at once: every third stands alone, the others run in one call."""
    rng = np.random.default_rng(4)
    together = [c for c in channels if c not in ALONE] or channels
    for i in range(number):
        yield Member(testing.random_drivers(rng, economy, HALF_YEAR, together if i % 3 else channels))


def test_of_a_part_some_members_run_in_one_call_and_some_alone(economy, shared):
    asked = [(Inventory(), m.drivers) for m in members_of(economy, 7)]
    found = [(len(ready), places) for ready, places in runs(economy, asked)]
    assert [places.stop - places.start for ready, places in found if ready == 0] == [1, 1, 1]
    assert sum(ready for ready, _ in found) == 4


@pytest.mark.parametrize("model", [Inventory(), Pichler(), Inventory(origin="capacity"), Leontief()])
@pytest.mark.parametrize(("threads", "size"), [(1, 1), (2, 5), (3, 500)])
def test_a_member_is_the_run_alone_whatever_the_threads_and_parts(economy, shared, model, threads, size):
    channels = sorted(set(testing.SIZES) & model.channels)
    expected = [model.simulate(economy, shared & m.drivers) for m in members_of(economy, 12, channels)]
    found = simulate(economy, shared, members_of(economy, 12, channels), model, keep=FIELDS, threads=threads, size=size)
    assert [o.status for o in found.outcomes] == [p.outcome.status for p in expected]
    assert found.number == found.counted == 12
    for name in FIELDS:
        assert np.array_equal(found.kept[name], [getattr(p, name) for p in expected]), name


def test_members_may_have_models_of_their_own(economy, shared):
    models = [Inventory(), Inventory(mpc=0.0), Leontief(), Inventory(restocking_time=10.0)]
    found = simulate(economy, shared, [Member(model=m) for m in models], keep=["output"])
    for output, model in zip(found.kept["output"], models, strict=True):
        assert np.array_equal(output, model.simulate(economy, shared).output)


@pytest.mark.parametrize(("threads", "size"), [(1, 1), (2, 7), (2, 500)])
def test_statistics_depend_on_no_division_and_are_those_of_the_kept_paths(economy, shared, threads, size):
    slices = Slices.of(economy).coarse
    found = simulate(
        economy, shared, members_of(economy, 60), keep=["output"], totals=["output"], spread=["output"],
        groups=slices.members, bins=64, pilot=20, threads=threads, size=size,
    )  # fmt: skip
    paths, spread, totals = found.kept["output"], found.spread["output"], found.totals["output"]
    assert np.allclose(spread.moments.mean, paths.mean(axis=0), rtol=1e-13)
    assert np.allclose(spread.moments.variance, paths.var(axis=0, ddof=1), rtol=1e-9, atol=1e-18)
    sums = np.swapaxes(slices.sum(paths), -1, -2)
    assert np.allclose(totals.values, sums, rtol=1e-13)
    assert np.allclose(totals.quantile(LEVELS), np.quantile(sums, LEVELS, axis=0), rtol=1e-13)
    value, error = spread.histogram.quantile(LEVELS)
    exact = np.quantile(paths, LEVELS, axis=0)
    assert (np.abs(value - exact) <= error * (1 + 1e-9) + 1e-12 * np.abs(exact)).all()
    again = simulate(
        economy, shared, members_of(economy, 60), totals=["output"], spread=["output"], groups=slices.members,
        bins=64, pilot=20, threads=1, size=3,
    )  # fmt: skip
    assert np.array_equal(again.totals["output"].values, totals.values)
    assert np.array_equal(again.spread["output"].moments.mean, spread.moments.mean)
    assert np.array_equal(again.spread["output"].moments.variance, spread.moments.variance)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(again.spread["output"].histogram.quantile(LEVELS), (value, error), strict=True)
    )


def test_draws_may_be_differences_between_members_of_a_group(economy, shared):
    """Contributions: with minus without, and what a second part adds to the first."""
    one, other = list(members_of(economy, 2))
    calm = Drivers.calm(economy, HALF_YEAR)
    group = [Member(calm), one, Member(one.drivers & other.drivers)]
    steps = np.array([[-1.0, 1.0, 0.0], [0.0, -1.0, 1.0]])
    found = simulate(economy, shared, group * 3, keep=["output"], combine=steps, size=1)
    paths = [Inventory().simulate(economy, shared & m.drivers).output for m in group]
    assert found.number == 3
    for draw in found.kept["output"]:
        assert np.array_equal(draw, [paths[1] - paths[0], paths[2] - paths[1]])
    with pytest.raises(SimcoreError, match="groups of 3"):
        simulate(economy, shared, group * 2 + group[:1], combine=steps)


class Broken(Inventory):
    """Fails where labour is lost."""

    def simulate(self, economy, drivers):
        if "labour" in drivers.channels:
            raise TableError("a use of inputs is negative")
        return super().simulate(economy, drivers)


def test_a_member_that_fails_is_flagged_and_left_out_of_the_statistics(economy, shared):
    calm = Drivers.calm(economy, HALF_YEAR)
    lost = calm.having("s:1", "labour", np.ones(6), np.full(economy.n, -0.5))
    alien = calm.having("s:2", "delay", np.ones(6), np.ones((economy.R, economy.P)))
    members = [calm, lost, alien, Member(calm, Inventory(mpc=0.0))]
    model = Broken()
    found = simulate(economy, shared, members, model, keep=["output"], totals=["output"], spread=["output"])
    assert [o.status for o in found.outcomes] == ["completed", "refused", "refused", "completed"]
    assert "inputs is negative" in found.outcomes[1].message and "no channel 'delay'" in found.outcomes[2].message
    assert (found.number, found.counted) == (4, 2)
    assert np.isnan(found.kept["output"][1:3]).all() and np.isfinite(found.kept["output"][[0, 3]]).all()
    assert len(found.totals["output"].values) == found.spread["output"].moments.count == 2


def test_a_collapse_is_flagged_and_counted():
    fragile = testing.random_economy(np.random.default_rng(1), 3, 2, max_cover=0.0, empty=0.0)
    year = Calendar.between("2022-11", "2023-12")
    calm = Drivers.calm(fragile, year)
    stopped = calm.having("s:1", "labour", np.eye(year.periods)[1], (fragile.region == 0) * -0.4)
    model = Inventory(production="leontief", rationing="proportional")
    found = simulate(fragile, calm, [calm, stopped], model, totals=["output"])
    assert [o.status for o in found.outcomes] == ["completed", "collapsed"]
    assert "restocking_time" in found.outcomes[1].message and found.counted == 2


def test_what_is_wrong_with_the_request_is_said_at_once(economy, shared):
    with pytest.raises(SimcoreError, match="no output 'outputs'; there is output"):
        simulate(economy, shared, [], keep=["outputs"])
    with pytest.raises(SimcoreError, match="gives no 'price'"):
        simulate(economy, shared, [Member()], keep=["price"])
    with pytest.raises(SimcoreError, match="0 or 1"):
        simulate(economy, shared, [Member()], totals=["output"], groups=np.full((1, economy.n), 0.5))


def test_without_members_there_is_nothing(economy, shared):
    found = simulate(economy, shared, [], keep=["output"], totals=["output"], spread=["output"])
    assert (found.number, found.counted, found.kept["output"].size) == (0, 0, 0)


def test_members_are_made_only_as_they_are_needed(economy, shared):
    made = []

    def lazily():
        for m in members_of(economy, 1000, ("labour",)):
            made.append(m)
            yield m

    parts = blocks(economy, shared, lazily(), size=2, threads=2)
    assert next(parts).first == 0
    assert len(made) <= 20
    parts.close()


@pytest.fixture
def ctrl_c():
    """Ctrl-C is heard, whatever started the tests: a shell's background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_interrupt_stops_soon_and_leaves_no_thread(economy, shared, threads, ctrl_c):
    before = threading.active_count()

    def endless():
        for number, m in enumerate(members_of(economy, 10**9, ("labour",))):
            if number == 200:
                signal.raise_signal(signal.SIGINT)
            yield m

    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        simulate(economy, shared, endless(), threads=threads)
    while threading.active_count() > before:
        assert time.perf_counter() - start < 60.0
        time.sleep(0.01)


def test_moments_of_one_member_are_its_values():
    moments = Moments((2,))
    assert np.isnan(moments.mean).all()
    moments.add(np.array([[1.0, 2.0]]))
    assert np.array_equal(moments.mean, [1.0, 2.0]) and np.isnan(moments.variance).all()


@pytest.mark.parametrize("pilot", [5, 100, 2000])
def test_histogram_quantiles_lie_within_their_error(pilot):
    rng = np.random.default_rng(0)
    values = np.stack([rng.normal(size=1000), rng.lognormal(size=1000), np.full(1000, 3.0), rng.integers(0, 3, 1000)])
    histogram = Histogram((4,), bins=100, pilot=pilot)
    for part in np.array_split(values.T, 7):
        histogram.add(part)
    value, error = histogram.quantile(LEVELS)
    exact = np.quantile(values, LEVELS, axis=1)
    assert (np.abs(value - exact) <= error + 1e-12).all()
    if pilot == 100:  # and the error is about a bin wide
        assert (error[1:4, 0] < 0.2).all() and (error[:, 2] < 1e-9).all()


def test_kept_quantiles_are_exact():
    values = np.random.default_rng(1).normal(size=(101, 3, 4))
    kept = Kept((3, 4))
    for part in np.array_split(values, 5):
        kept.add(part)
    assert np.array_equal(kept.quantile(0.3)[0], np.quantile(values, 0.3, axis=0))
    assert np.array_equal(kept.values, values)
