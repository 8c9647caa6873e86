"""Quantities with units: text in a scenario file, a plain float in base units everywhere else.

==========  =====================  ==============================================
type        base unit              text
==========  =====================  ==============================================
Money       bn yuan                ``200 bn CNY``, ``35 mn CNY``, ``2000 亿元``
Share       1 (0 to 1)             ``12 %``; also a decimal fraction, ``0.12``
Factor      1 (any sign and size)  ``-12 %``, ``140 %``; also ``-0.12``
Points      1 (a difference)       ``2.5 pp`` is 0.025
Days        days                   ``6 months`` (of 365/12 days), ``5 weeks``
Number      none                   ``-1.2``, ``4``
==========  =====================  ==============================================

From Python a number is taken in base units. Text from a scenario file (validation context ``{"yaml": True}``)
must carry its unit. Errors are ``PydanticCustomError`` whose type is the code of the diagnostic.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError, core_schema

DAYS_PER_MONTH = 365.0 / 12.0  # as in the calendar: a month is a twelfth of a year of 365 days

# Each unit is (dimension, multiplier, divisor): dividing keeps 12 % exactly 0.12 and 35 mn exactly 0.035.
_SCALES = {
    "money": {
        "tn CNY": (1000, 1), "bn CNY": (1, 1), "mn CNY": (1, 1000), "CNY": (1, 10**9),
        "万亿元": (1000, 1), "千亿元": (100, 1), "百亿元": (10, 1), "十亿元": (1, 1), "亿元": (1, 10),
        "千万元": (1, 100), "百万元": (1, 1000), "万元": (1, 10**5), "元": (1, 10**9),
    },
    "share": {"%": (1, 100)},
    "points": {"pp": (1, 100), "bp": (1, 10_000), "个百分点": (1, 100), "百分点": (1, 100)},
    "days": {
        "day": (1, 1), "days": (1, 1), "week": (7, 1), "weeks": (7, 1), "month": (365, 12),
        "months": (365, 12),
        "quarter": (365, 4), "quarters": (365, 4), "year": (365, 1), "years": (365, 1),
        "天": (1, 1), "日": (1, 1), "周": (7, 1), "个月": (365, 12), "个季度": (365, 4), "季度": (365, 4),
        "年": (365, 1),
    },
}  # fmt: skip
UNITS = {unit: (dimension, *scale) for dimension, units in _SCALES.items() for unit, scale in units.items()}
NAMES = {
    "money": "money",
    "share": "a share",
    "points": "percentage points",
    "days": "a duration",
    "number": "a number",
}
EXAMPLES = {"money": "200 bn CNY", "share": "12 %", "points": "2.5 pp", "days": "6 months", "number": "1.5"}

# What people write instead of a unit; edit distance alone would propose the wrong neighbour.
_MEANT = {
    "billion": "bn CNY", "billion yuan": "bn CNY", "bn": "bn CNY",
    "bn yuan": "bn CNY", "bn RMB": "bn CNY", "bn rmb": "bn CNY", "billion RMB": "bn CNY",
    "million": "mn CNY", "million yuan": "mn CNY", "million RMB": "mn CNY",
    "mn": "mn CNY", "mn yuan": "mn CNY", "mn RMB": "mn CNY", "trillion": "tn CNY",
    "trillion yuan": "tn CNY", "tn": "tn CNY", "tn yuan": "tn CNY", "yuan": "CNY",
    "RMB": "CNY", "亿": "亿元", "万亿": "万亿元", "万": "万元", "亿人民币": "亿元", "亿元人民币": "亿元",
    "percent": "%", "per cent": "%", "pct": "%", "percentage points": "pp", "percentage point": "pp",
    "p.p.": "pp", "ppt": "pp", "pps": "pp", "basis points": "bp", "bps": "bp", "d": "days", "w": "weeks",
    "wk": "weeks", "m": "months", "mo": "months", "q": "quarters", "y": "years", "yr": "years",
    "月": "个月", "星期": "周",
}  # fmt: skip
_SCALE_WORDS = {"trillion": "tn", "billion": "bn", "million": "mn", "m": "mn"}

# ISO 4217: what the last three letters of an amount may be. A file's amounts must be in its calibration's currency.
_ISO_4217 = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF "
    "CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK "
    "HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL "
    "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON "
    "RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL"
)
CURRENCIES = frozenset(_ISO_4217.split())
_MONEY = re.compile(r"^((?:tn|bn|mn) )?([A-Z]{3})$")

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"^({_NUMBER})\s*(\D.*)?$")
_WITH_COMMA = re.compile(r"^[+-]?\d{1,3}(?:[,，]\d{3})+")
_FULL_WIDTH = re.compile(r"[\uff01-\uff5e\u3000\u2212]")


def problem(code: str, message: str, at: Iterable[str | int] = ()) -> PydanticCustomError:
    """An error with a diagnostic's code; ``at`` is the path from the value checked to the part at fault."""
    # The message is passed as a value: pydantic would read braces in the user's own text as a template.
    return PydanticCustomError(code, "{message}", {"message": message, "at": tuple(at)})  # type: ignore[arg-type]


class BaseUnits(float):
    """A number in base units where a scenario file is being read: a drawn value needs no unit."""


@dataclass(frozen=True)
class Quantity:
    """What a field accepts: a dimension with bounds in base units; stands in ``Annotated[float, ...]``."""

    dimension: str
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False  # whole numbers only
    above: bool = False  # the low bound itself is excluded
    currency: str = "CNY"  # in which money is written

    def read(self, value: Any, yaml: bool = False) -> float:
        """The value in base units.

        Parameters
        ----------
        value : float or str
            A number in base units, or text with a unit.
        yaml : bool
            Whether the value stands in a scenario file, where a dimension needs its unit.

        Raises
        ------
        PydanticCustomError
            With the diagnostic's code as its type.
        """
        if isinstance(value, str):
            number = self._read_text(value.strip())
        elif isinstance(value, bool) or not isinstance(value, int | float):
            raise problem("SC121", f"expected {NAMES[self.dimension]}, found {quoted(value)}{self._for_example()}")
        else:
            number = float(value)
            bare = isinstance(value, BaseUnits) or self._may_be_bare(value)
            if yaml and math.isfinite(number) and not bare:
                raise self._no_unit(value)
        if not math.isfinite(number):
            raise problem("SC122", "the number must be finite")
        self._check_bounds(number)
        return number

    def write(self, value: float) -> str:
        """The value as text for a scenario file or a manual: 200.0 bn yuan is ``200 bn CNY``."""
        if self.dimension == "money":
            return _write_money(value).replace("CNY", self.currency)
        if self.dimension == "share":
            return f"{_short(100 * value)} %"
        if self.dimension == "points":
            return f"{_short(100 * value)} pp"
        if self.dimension == "days":
            return _write_days(value)
        return _short(value)

    def _may_be_bare(self, value: float) -> bool:
        # A decimal fraction is dimensionless and cannot be misread; a whole 1 might be 1 % or 100 %.
        fraction = isinstance(value, float) and abs(value) <= 1.0
        return self.dimension == "number" or (self.dimension == "share" and (fraction or value == 0))

    def _no_unit(self, value: float) -> PydanticCustomError:
        text = _short(value)
        if self.dimension == "share":
            other = " or '100 %'" if value == 1 else ""
            return problem("SC102", f"{text} has no unit: write '{text} %'{other}")
        if self.dimension == "points":
            return problem("SC102", f"{text} has no unit: write '{text} pp'")
        return problem("SC103", f"{text} has no unit; write for example '{EXAMPLES[self.dimension]}'")

    def _read_text(self, text: str) -> float:
        if _FULL_WIDTH.search(text):
            found, plain = _FULL_WIDTH.search(text)[0], unicodedata.normalize("NFKC", text).replace("−", "-")  # type: ignore[index]
            raise problem("SC101", f"full-width '{found}' found; write '{plain}'")
        if _WITH_COMMA.match(text):
            raise problem("SC104", f"cannot read '{text}': no comma inside numbers")
        match = _QUANTITY.match(text)
        if match is None:
            if self.dimension == "number":
                raise _not_a_number(text)
            raise problem("SC104", f"cannot read '{text}'{self._for_example()}")
        number, unit = float(match[1]), re.sub(r"\s+", " ", (match[2] or "").strip())
        if not unit:
            if self.dimension == "number":
                raise problem("SC121", f"expected a number, found the text '{text}'; write it without quotes")
            raise self._no_unit(number)
        return self._convert(text, number, unit)

    def _convert(self, text: str, number: float, unit: str) -> float:
        scale = money_scale(unit)
        if unit not in UNITS and scale is None:
            meant = _meant(unit)
            advice = f"; did you mean '{meant}'?" if meant else self._for_example()
            if self.dimension == "number" and not meant:
                raise _not_a_number(text)
            raise problem("SC105", f"unknown unit '{unit}'{advice}")
        dimension, times, over = UNITS[unit] if scale is None else ("money", *scale)
        if dimension != self.dimension:
            if self.dimension == "points" and dimension == "share":
                example = f"{_short(number)} pp"
            elif self.dimension == "share" and dimension == "points":
                example = f"{_short(number)} %"
            else:
                example = EXAMPLES[self.dimension]
            needs = NAMES[self.dimension]
            raise problem(
                "SC106",
                f"'{text}' is {NAMES[dimension]}, but this field needs {needs}, for example '{example}'",
            )
        return number * times / over

    def _check_bounds(self, number: float) -> None:
        if self.whole and number != int(number):
            raise problem("SC109", f"expected a whole number, found {_short(number)}")
        too_low = number <= self.low if self.above else number < self.low
        if not too_low and number <= self.high:
            return
        if self.dimension == "money" and self.low == 0.0:
            raise problem("SC107", "an amount must not be negative")
        shown = self.write(number)
        if math.isfinite(self.low) and math.isfinite(self.high):
            where = f"outside {self.write(self.low)} .. {self.write(self.high)}"
        elif too_low:
            where = f"not above {self.write(self.low)}" if self.above else f"below {self.write(self.low)}"
        else:
            where = f"above {self.write(self.high)}"
        raise problem("SC108", f"'{shown}' is {where}")

    def _for_example(self) -> str:
        return f"; write for example '{EXAMPLES[self.dimension]}'" if self.dimension != "number" else ""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        def validate(value: Any, info: core_schema.ValidationInfo) -> float:
            number = self.read(value, bool(info.context and info.context.get("yaml")))
            return int(number) if self.whole else number

        return core_schema.with_info_plain_validator_function(validate)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        if self.dimension == "number":
            return {"type": "integer" if self.whole else "number"}
        return {"type": ["string", "number"], "examples": [EXAMPLES[self.dimension]]}


def _write_money(value: float) -> str:
    size = abs(value)
    if size >= 1000.0:
        return f"{_short(value / 1000)} tn CNY"
    if size >= 1.0 or value == 0.0:
        return f"{_short(value)} bn CNY"
    return f"{_short(value * 1000)} mn CNY" if size >= 1e-3 else f"{_short(value * 1e9)} CNY"


def _write_days(value: float) -> str:
    for name, days in (("year", 365.0), ("month", DAYS_PER_MONTH), ("week", 7.0)):
        count = value / days
        if round(count) != 0 and abs(count - round(count)) < 1e-9:
            return f"{round(count)} {name}" + ("s" if round(count) != 1 else "")
    return f"{_short(value)} day" + ("s" if value != 1.0 else "")


def _short(value: float) -> str:
    """A number without float noise or a trailing ``.0``."""
    text = f"{value:.10g}"
    return text[1:] if text == "-0" else text


def quoted(value: Any) -> str:
    """A value of a file as messages name it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"'{value}'" if isinstance(value, str) else f"{value}"


def _not_a_number(text: str) -> PydanticCustomError:
    if text.lower().lstrip("+-.") in ("nan", "inf", "infinity"):
        return problem("SC122", "the number must be finite")
    return problem("SC121", f"expected a number, found '{text}'")


def money_scale(unit: str) -> tuple[int, int] | None:
    """Multiplier and divisor to bn of a unit such as ``mn EUR``; None where it is no scale and currency."""
    match = _MONEY.match(unit)
    return None if match is None or match[2] not in CURRENCIES else _SCALES["money"][f"{match[1] or ''}CNY"]


def currency_in(text: str) -> str | None:
    """The currency of an amount as files write it, ``200 bn USD`` say; None for any other text."""
    match = _QUANTITY.match(text.strip())
    if match is None:
        return None
    unit = re.sub(r"\s+", " ", (match[2] or "").strip())
    if unit in _SCALES["money"]:
        return "CNY"
    return unit[-3:] if money_scale(unit) is not None else None


def _meant(unit: str) -> str | None:
    """The unit that somebody means who writes another, or None."""
    scale, _, currency = unit.rpartition(" ")
    if scale in _SCALE_WORDS and currency in CURRENCIES:
        return f"{_SCALE_WORDS[scale]} {currency}"
    return _MEANT.get(unit) or closest_unit(unit)


def closest_unit(unit: str) -> str | None:
    """The known unit one slip away (case aside), or None."""
    folded = {known.lower(): known for known in UNITS if known.isascii()}
    wanted = unit.lower()
    if wanted in folded:
        return folded[wanted]
    near = [known for low, known in folded.items() if len(low) > 2 and _one_slip(wanted, low)]
    return near[0] if near else None


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter more, less, other or swapped turns a into b."""
    if abs(len(a) - len(b)) > 1:
        return False
    i = next((k for k, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), min(len(a), len(b)))
    rests = {(a[i + 1 :], b[i + 1 :]), (a[i + 1 :], b[i:]), (a[i:], b[i + 1 :])}
    return any(p == q for p, q in rests) or (a[i : i + 2] == b[i : i + 2][::-1] and a[i + 2 :] == b[i + 2 :])


def _flag(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    words = {"yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"}
    if isinstance(value, str):
        meant = words.get(value.lower(), value.lower() if value.lower() in ("true", "false") else "true or false")
        raise problem("SC123", f"'{value}' is text here; write {meant}")
    raise problem("SC123", f"expected true or false, found {quoted(value)}")


def _price_falls_sales_rise(value: float) -> float:
    if value > 0.0:
        raise problem(
            "SC409",
            "a demand elasticity above 0 would lower sales when the price or tax falls; "
            f"did you mean {_short(-value)}?",
        )
    return value


def quantity_of(annotation: Any, metadata: Iterable[Any] = ()) -> Quantity | None:
    """The quantity behind a field's annotation, looking through ``... | None``; None for other fields."""
    for item in (*metadata, *getattr(annotation, "__metadata__", ())):
        if isinstance(item, Quantity):
            return item
    for part in getattr(annotation, "__args__", ()):
        found = quantity_of(part)
        if found is not None:
            return found
    return None


Money = Annotated[float, Quantity("money", low=0.0)]
SignedMoney = Annotated[float, Quantity("money")]
Share = Annotated[float, Quantity("share", low=0.0, high=1.0)]
Factor = Annotated[float, Quantity("share")]
PositiveFactor = Annotated[float, Quantity("share", low=0.0)]
Points = Annotated[float, Quantity("points", low=-1.0, high=1.0)]
PositivePoints = Annotated[float, Quantity("points", low=0.0, high=1.0)]
Days = Annotated[float, Quantity("days", low=0.0)]
PositiveDays = Annotated[float, Quantity("days", low=0.0, above=True)]
Number = Annotated[float, Quantity("number")]
PositiveNumber = Annotated[float, Quantity("number", low=0.0)]
NegativeNumber = Annotated[float, Quantity("number", high=0.0)]
Count = Annotated[int, Quantity("number", low=0.0, whole=True)]
Flag = Annotated[bool, BeforeValidator(_flag)]
DemandElasticity = Annotated[float, Quantity("number"), AfterValidator(_price_falls_sales_rise)]
