"""Quantities with units: exact, strict in files, and written back."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from simcore import units
from simcore.units import (
    BaseUnits,
    Count,
    Days,
    DemandElasticity,
    Factor,
    Flag,
    Money,
    Number,
    Points,
    Quantity,
    Share,
)


class Fields(BaseModel):
    money: Money = 0.0
    share: Share = 0.0
    factor: Factor = 0.0
    points: Points = 0.0
    days: Days = 0.0
    number: Number = 0.0
    count: Count = 0
    flag: Flag = True
    maybe: Money | None = None
    elasticity: DemandElasticity = 0.0


def read(field, value, yaml=True):
    return getattr(Fields.model_validate({field: value}, context={"yaml": True} if yaml else None), field)


def code(field, value, yaml=True):
    with pytest.raises(ValidationError) as caught:
        read(field, value, yaml)
    (error,) = caught.value.errors()
    return error["type"], error["msg"]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("money", "200 bn CNY", 200.0),
        ("money", "200bn CNY", 200.0),
        ("money", "2000 亿元", 200.0),
        ("money", "2000亿元", 200.0),
        ("money", "35 mn CNY", 0.035),
        ("money", "3 tn CNY", 3000.0),
        ("money", "1.5 万亿元", 1500.0),
        ("money", "6485 CNY", 6.485e-6),
        ("money", "5 万元", 5e-5),
        ("maybe", "1e3 mn CNY", 1.0),
        ("share", "12 %", 0.12),
        ("share", "85%", 0.85),
        ("share", 0.55, 0.55),
        ("share", 1.0, 1.0),
        ("share", 0, 0.0),
        ("factor", "-12 %", -0.12),
        ("factor", "140 %", 1.4),
        ("points", "2.5 pp", 0.025),
        ("points", "25 bp", 0.0025),
        ("points", "2.5 个百分点", 0.025),
        ("days", "6 months", 182.5),
        ("days", "5 weeks", 35.0),
        ("days", "30 days", 30.0),
        ("days", "3 quarters", 273.75),
        ("days", "1 year", 365.0),
        ("days", "6 个月", 182.5),
        ("number", -1.2, -1.2),
        ("count", 256, 256),
        ("elasticity", -1.2, -1.2),
    ],
)
def test_text_with_a_unit_is_read_exactly(field, text, value):
    assert read(field, text) == value


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("money", 200, ("SC103", "200 has no unit; write for example '200 bn CNY'")),
        ("share", 85, ("SC102", "85 has no unit: write '85 %'")),
        ("share", 1, ("SC102", "1 has no unit: write '1 %' or '100 %'")),
        ("points", 2.5, ("SC102", "2.5 has no unit: write '2.5 pp'")),
        ("days", 6, ("SC103", "6 has no unit; write for example '6 months'")),
        ("money", "2,000 bn CNY", ("SC104", "cannot read '2,000 bn CNY': no comma inside numbers")),
        ("money", "a lot", ("SC104", "cannot read 'a lot'; write for example '200 bn CNY'")),
        ("money", "{x}", ("SC104", "cannot read '{x}'; write for example '200 bn CNY'")),
        ("money", "200 亿", ("SC105", "unknown unit '亿'; did you mean '亿元'?")),
        ("money", "200 Bn cny", ("SC105", "unknown unit 'Bn cny'; did you mean 'bn CNY'?")),
        ("days", "5 weks", ("SC105", "unknown unit 'weks'; did you mean 'weeks'?")),
        (
            "share",
            "2.5 pp",
            ("SC106", "'2.5 pp' is percentage points, but this field needs a share, for example '2.5 %'"),
        ),
        (
            "factor",
            "-1 bn CNY",
            ("SC106", "'-1 bn CNY' is money, but this field needs a share, for example '12 %'"),
        ),
        ("money", "-1 bn CNY", ("SC107", "an amount must not be negative")),
        ("share", "-1 %", ("SC108", "'-1 %' is outside 0 % .. 100 %")),
        ("count", 2.5, ("SC109", "expected a whole number, found 2.5")),
        ("money", "２００ 亿元", ("SC101", "full-width '２' found; write '200 亿元'")),
        ("share", "85％", ("SC101", "full-width '％' found; write '85%'")),
        ("number", "four", ("SC121", "expected a number, found 'four'")),
        ("number", True, ("SC121", "expected a number, found true")),
        ("number", float("nan"), ("SC122", "the number must be finite")),
        ("number", ".inf", ("SC122", "the number must be finite")),
        ("flag", "yes", ("SC123", "'yes' is text here; write true")),
        ("flag", "off", ("SC123", "'off' is text here; write false")),
        ("flag", 1, ("SC123", "expected true or false, found 1")),
    ],
)
def test_a_wrong_quantity_says_what_to_write(field, value, expected):
    assert code(field, value) == expected


def test_python_numbers_are_in_base_units():
    assert read("money", 200, yaml=False) == 200.0
    assert read("points", 0.025, yaml=False) == 0.025
    assert code("share", 1.2, yaml=False)[0] == "SC108"
    assert read("money", BaseUnits(3.5)) == 3.5  # a drawn value among those of a file


@given(st.sampled_from(["money", "share", "points", "days", "number"]), st.floats(0.0, 1.0))
@example("days", 2.0**-22)  # not zero years
def test_what_is_written_reads_back(dimension, value):
    quantity = Quantity(dimension)
    text = quantity.write(value)
    again = quantity.read(float(text) if dimension == "number" else text, yaml=True)
    assert again == pytest.approx(value, rel=1e-9, abs=1e-12)


@given(st.floats(-1e6, 1e6, allow_nan=False), st.sampled_from(sorted(units.UNITS)))
def test_every_unit_scales_in_proportion(number, unit):
    dimension = units.UNITS[unit][0]
    quantity = Quantity(dimension)
    one = quantity.read(f"1 {unit}")
    assert quantity.read(f"{number!r} {unit}") == pytest.approx(number * one, rel=1e-12, abs=1e-300)


def test_a_field_knows_its_quantity_through_optional():
    field = Fields.model_fields["maybe"]
    assert units.quantity_of(field.annotation, field.metadata).dimension == "money"
    assert units.quantity_of(str) is None


def test_bounds_that_exclude_their_end_say_so():
    with pytest.raises(PydanticCustomError, match="not above 0 days"):
        Quantity("days", low=0.0, above=True).read("0 days")
