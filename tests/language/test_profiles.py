"""Profiles: levels between 0 and 1, and shares of a total of which nothing gets lost."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from simcore.calendar import Calendar
from simcore.errors import TableError
from simcore.measures.fields import Profile

READ = TypeAdapter(Profile)
YEARS = Calendar.between("2022-01", "2023-12")
MONTHS = [f"{y}-{m:02d}" for y in (2021, 2022, 2023, 2024) for m in range(1, 13)]


def profile(**fields):
    return READ.validate_python(fields, context={"yaml": True})


@st.composite
def profiles(draw):
    at = sorted(draw(st.lists(st.integers(0, 47), min_size=4, max_size=4, unique=True)))
    a, b, c, d = (MONTHS[i] for i in at)
    kind = draw(st.sampled_from(["pulse", "ramp", "decay", "table"]))
    if kind == "pulse":
        return profile(kind=kind, start=a, end=b)
    if kind == "ramp":
        return profile(kind=kind, start=a, end=b, hold_until=c, fade_to=d)
    if kind == "decay":
        return profile(kind=kind, start=a, half_life=f"{draw(st.integers(1, 300))} days")
    levels = draw(st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4))
    return profile(
        kind=kind,
        points=dict(zip((a, b, c, d), levels, strict=True)),
        interpolate=draw(st.sampled_from(["linear", "step"])),
    )


@settings(max_examples=80, deadline=None)
@given(profiles(), st.sampled_from([("2022-01", "2023-12"), ("2022-W01", "2022-W52"), ("2022-Q1", "2024-Q4")]))
def test_a_total_is_spread_without_loss(one, ends):
    calendar = Calendar.between(*ends)
    inside = one.shares(calendar)
    assert (inside >= 0.0).all()
    assert inside.sum() + one.before(calendar) + one.after(calendar) == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=80, deadline=None)
@given(profiles())
def test_a_level_lies_between_zero_and_one_and_is_zero_outside_its_window(one):
    level = one.level(YEARS)
    first, last = one.window()
    outside = [p.last < first or p.first > last for p in YEARS.all]
    assert (level >= 0.0).all() and (level <= 1.0 + 1e-12).all()
    assert not level[outside].any()


@settings(max_examples=40, deadline=None)
@given(profiles())
def test_quarters_get_what_their_months_get(one):
    quarters = Calendar.between("2022-Q1", "2023-Q4")
    assert one.shares(YEARS).reshape(8, 3).sum(axis=1) == pytest.approx(one.shares(quarters), abs=1e-12)


def test_a_pulse_covers_both_ends():
    level = profile(kind="pulse", start="2022-02", end="2022-03").level(YEARS)
    assert level[:4].tolist() == [0.0, 1.0, 1.0, 0.0]


def test_a_pulse_of_weeks_fills_the_right_share_of_months():
    one = profile(kind="pulse", start="2022-W44", end="2022-W44")  # 31 October to 6 November
    assert one.window() == (date(2022, 10, 31), date(2022, 11, 6))
    assert one.level(YEARS)[[9, 10]] == pytest.approx([1 / 31, 6 / 30])


def test_a_ramp_rises_evenly_holds_and_fades():
    days = Calendar.between("2022-W01", "2022-W10")
    one = profile(kind="ramp", start="2022-W01", end="2022-W04", hold_until="2022-W06", fade_to="2022-W08")
    assert one.level(days) == pytest.approx([1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1, 3 / 4, 1 / 4, 0, 0])


def test_a_ramp_without_hold_stops_at_its_top():
    one = profile(kind="ramp", start="2022-W01", end="2022-W02")
    assert one.level(Calendar.between("2022-W01", "2022-W03")) == pytest.approx([0.25, 0.75, 0.0])


def test_a_decay_halves_in_each_half_life():
    one = profile(kind="decay", start="2022-W01", half_life="1 weeks")
    level = one.level(Calendar.between("2022-W01", "2022-W12"))
    assert level[1:10] / level[:9] == pytest.approx(0.5)
    assert level[0] == pytest.approx(0.5 / np.log(2.0))  # mean of 2^-t over the first week
    assert level[10:].tolist() == [0.0, 0.0]  # cut off after ten half-lives


def test_a_table_gives_its_values_in_its_own_periods():
    points = {"2022-01": 0, "2022-03": 1, "2022-04": "80 %"}
    assert profile(kind="table", points=points).level(YEARS)[:5] == pytest.approx([0, 0.5, 1, 0.8, 0])
    step = profile(kind="table", points=points, interpolate="step").level(YEARS)
    assert step[:5] == pytest.approx([0, 0, 1, 0.8, 0])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "pulse", "start": "2022-12", "end": "2022-06"}, "SC404"),
        ({"kind": "ramp", "start": "2022-01", "end": "2022-06", "hold_until": "2022-05"}, "SC404"),
        ({"kind": "ramp", "start": "2022-01", "end": "2922-06"}, "SC404"),
        ({"kind": "table", "points": {"2022-02": 1, "2022-01": 1}}, "SC406"),
        ({"kind": "table", "points": {"2022-02": 1, "2022-W20": 1}}, "SC402"),
        ({"kind": "table", "points": {"2022-02": 1.5}}, "SC102"),
        ({"kind": "table", "points": {"2022-02": "150 %"}}, "SC108"),
        ({"kind": "table", "points": {}}, "SC406"),
        ({"kind": "decay", "start": "2022-02", "half_life": "0 days"}, "SC108"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(fields, code):
    with pytest.raises(ValidationError) as caught:
        profile(**fields)
    assert [e["type"] for e in caught.value.errors()] == [code]


def test_an_amount_cannot_be_spread_over_nothing():
    with pytest.raises(TableError, match="zero throughout"):
        profile(kind="table", points={"2022-01": 0, "2022-02": 0}).shares(YEARS)


def test_profiles_can_be_hashed():
    assert hash(profile(kind="table", points={"2022-01": 0.5})) == hash(profile(kind="table", points={"2022-01": 0.5}))
