"""A made-up result with everything a run can give: growth, draws, contributions, costs, limits, ranges."""

from functools import cache

import numpy as np
import pytest

from simcore.calendar import Period
from simcore.levels import growth, growth_contributions
from simcore.measures.base import FiscalLine
from simcore.models.base import CAPACITY, DEMAND, INPUT, LABOUR, Outcome
from simcore.records import (
    Assumption,
    Binding,
    Check,
    Claim,
    Estimate,
    Grid,
    History,
    Ledger,
    MeasureRecord,
)
from simcore.result import NATION, TOTAL, Result

SECTORS = {
    "B06": ("Coal mining", "煤炭开采和洗选业"),
    "C13": ("Food processing", "农副食品加工业"),
    "C17": ("Textiles", "纺织业"),
    "C26": ("Chemicals", "化学原料和化学制品制造业"),
    "C31": ("Ferrous metals", "黑色金属冶炼和压延加工业"),
    "C34": ("General equipment", "通用设备制造业"),
    "C35": ("Special equipment", "专用设备制造业"),
    "C36a": ("Complete vehicles", "汽车整车制造业"),
    "C36b": ("Vehicle parts", "汽车零部件制造业"),
    "C38": ("Electrical machinery", "电气机械和器材制造业"),
    "C39": ("Computers and electronics", "计算机、通信和其他电子设备制造业"),
    "D44": ("Electricity and heat", "电力、热力生产和供应业"),
    "F": ("Wholesale and retail trade", "批发和零售业"),
}
REGIONS = {
    "east": ("East", "东部"),
    "central": ("Central", "中部"),
    "west": ("West", "西部"),
    "northeast": ("North-east", "东北"),
}
OWNERSHIPS = {
    "state": ("State-holding", "国有控股"),
    "private": ("Private", "私营"),
    "foreign": ("Foreign and HMT funded", "外商及港澳台投资"),
    "other": ("Other joint-stock", "其他股份制"),
}
MEASURES = (
    MeasureRecord("relending", "Equipment relending and interest subsidy", "A", in_projection=0.3, source="notice"),
    MeasureRecord("projects", "Policy-bank funds for projects", "A", in_projection=0.5, source="notice"),
    MeasureRecord("car-tax", "Vehicle purchase tax halved", "F", in_projection=0.8, source="Ministry of Finance"),
)
REGION_SHARE = np.array([0.53, 0.22, 0.20, 0.05])
OWNER_SHARE = np.array([0.25, 0.33, 0.21, 0.21])
WEIGHT = np.array([0.05, 0.06, 0.04, 0.12, 0.11, 0.09, 0.08, 0.09, 0.08, 0.11, 0.12, 0.05])


def _months(first: str, count: int) -> tuple[str, ...]:
    start = Period.parse(first)
    return tuple(start.shift(i).text for i in range(count))


def _effects(rng, months: int) -> np.ndarray:
    """Effect of each measure on each industrial sector, share of the baseline, (M, months, sectors)."""
    t = np.arange(months)
    when = np.stack([1 - np.exp(-t / 4), 1 - np.exp(-t / 3), np.where(t < 2, 1.0, np.where(t < 9, -0.2, 0.0))])
    where = np.array(
        [
            [0, 0, 0, 0.1, 0.4, 1.5, 1.8, 0.1, 0.3, 0.9, 0.3, 0.1],
            [0.4, 0, 0, 0.2, 0.9, 0.5, 0.4, 0.1, 0.2, 0.4, 0.1, 0.2],
            [0.1, 0, 0.1, 0.2, 0.3, 0.1, 0.1, 4.5, 3.0, 0.1, 0.1, 0.1],
        ]
    )
    size = np.array([0.003, 0.004, 0.006]) * rng.lognormal(0.0, 0.5, 3)
    return size[:, None, None] * when[:, :, None] * where[:, None, :]


def _levels(months: int) -> np.ndarray:
    """Baseline level by month and sector over 24 + months, bn yuan a month; a trough in April 2022."""
    t = np.arange(24 + months)
    season = 1 + 0.05 * np.sin(2 * np.pi * t / 12)
    level = 2900 * (1 + 0.004 * t) * season
    level[17] *= 0.93
    return level[:, None] * WEIGHT / WEIGHT.sum()


def _ledger(parts, level, draws, rng) -> Ledger:
    """What the measures bring and cost: the second costs no budget."""
    industrial = parts[:, 0] / 100 * level
    cost = np.zeros((2, *industrial.shape))
    cost[0, 0], cost[0, 2, :2] = 0.28, (9.0, 9.5)
    cost[1, 0] = 0.2
    values = np.concatenate([np.stack([industrial, 2.0 * industrial, 12.0 * industrial, 0.2 * industrial]), cost])
    sums = values.sum(axis=-1)
    drawn = sums * rng.lognormal(0.0, 0.2, (draws, *sums.shape)) if draws else None
    return Ledger(values, 0.9 * sums[:4], drawn)


@cache
def make_result(draws: int = 16, seed: int = 7, shift: float = 1.0) -> Result:
    """The made-up result; ``shift`` scales the effects, so that two results can be compared."""
    rng = np.random.default_rng(seed)
    window, labels = _months("2022-11", 14), _months("2020-11", 38)
    slices = [NATION] + [(c, TOTAL, TOTAL) for c in SECTORS] + [(TOTAL, c, TOTAL) for c in REGIONS]
    slices += [(TOTAL, TOTAL, c) for c in OWNERSHIPS] + [(s, r, TOTAL) for s in SECTORS for r in REGIONS]
    drawn = len(slices) - len(SECTORS) * len(REGIONS)  # sectors in regions have central values only
    n, m = len(WEIGHT), len(MEASURES)
    tilt = np.stack([REGION_SHARE * (1 + 0.3 * np.cos(i + np.arange(4))) for i in range(n)])
    tilt /= tilt.sum(axis=1, keepdims=True)

    def spread(by_sector):
        """(..., months, industrial sectors) -> (..., slices, months), nothing outside industry."""
        total = by_sector.sum(axis=-1)[..., None, :]
        sectors = np.moveaxis(by_sector, -1, -2)
        none = np.full_like(total, np.nan)
        regions = np.einsum("...ts,sr->...rt", by_sector, tilt)
        owners = OWNER_SHARE[:, None] * total
        cross = np.einsum("...ts,sr->...srt", by_sector, tilt)
        cross = cross.reshape(*cross.shape[:-3], -1, cross.shape[-1])
        gap = np.repeat(none, 4, axis=-2)
        return np.concatenate([total, sectors, none, regions, owners, cross, gap], axis=-2)

    base = _levels(14)

    def run(effects):
        parts = np.concatenate([np.zeros((m, 24, n)), shift * effects], axis=1) * base
        low, own = spread(base), spread(parts)
        high = low + own.sum(axis=0)
        points = growth_contributions(low, own, labels)[..., 24:]
        paths = {
            "iva": np.stack([low, high])[..., 24:],
            "iva_yoy": np.stack([growth(low, labels), growth(high, labels)])[..., 24:],
            "iva_two_year": np.stack([growth(low, labels, 2), growth(high, labels, 2)])[..., 24:],
            "iva_level_effect": 100 * np.stack([low / low - 1, high / low - 1])[..., 24:],
        }
        return paths, points, (100 * own / low)[..., 24:]

    values, points, parts = run(_effects(np.random.default_rng(0), 14))
    for name, factor in (("output", 4.1), ("value_added", 2.6)):
        values[name] = factor * np.nan_to_num(values["iva"], nan=500.0)
    several = [run(_effects(rng, 14)) for _ in range(draws)]
    names = ("iva", "iva_yoy", "iva_two_year", "iva_level_effect")
    activities = [f"{s}|{r}|private" for s in SECTORS for r in REGIONS]
    codes = np.full((2, 14, len(activities)), DEMAND, dtype=np.int16)
    codes[1, :4, 28:32] = CAPACITY
    codes[:, :2, 4:8] = LABOUR
    codes[1, 2:6, 20:24] = INPUT + 10
    codes[1, 3:5, 44:48] = INPUT + 4
    month = np.ones(14)
    fiscal = (
        ("relending", FiscalLine("interest subsidy", "gross", "central budget", 0.28 * month)),
        ("relending", FiscalLine("relending below market", "quasi_fiscal", "central bank", 0.2 * month)),
        (
            "car-tax",
            FiscalLine("purchase tax forgone", "forgone", "central budget", np.r_[9.0, 9.5, np.zeros(12)]),
        ),
        ("projects", FiscalLine("expected loss", "contingent", "policy banks", 0.1 * month)),
        ("", FiscalLine("taxes on induced value added", "revenue", "central and local budget", 0.9 * month)),
    )
    ranges = {}
    for code in REGIONS:
        middle = values["iva_level_effect"][1, slices.index((TOTAL, code, TOTAL))]
        ranges["iva_level_effect", (TOTAL, code, TOTAL)] = (middle - 0.1, middle + 0.15)
    for code in OWNERSHIPS:
        ranges["iva_level_effect", (TOTAL, TOTAL, code)] = (0.05, 0.6)
    past = _months("2021-01", 22)
    yoy = np.array(
        [
            35.1,
            35.1,
            14.1,
            9.8,
            8.8,
            8.3,
            6.4,
            5.3,
            3.1,
            3.5,
            3.8,
            4.3,
            7.5,
            7.5,
            5.0,
            -2.9,
            0.7,
            3.9,
            3.8,
            4.2,
            6.3,
            5.0,
        ]
    )
    return Result(
        scenario="notice-made-up",
        title="A made-up package",
        counterfactual="off_from_origin",
        counterfactual_text="every listed measure is off from the first simulated month; history stays",
        model="inventory",
        closure="demand-driven, prices passive, supply capped; government purchases fixed",
        periods=window,
        variants=("baseline", "scenario"),
        slices=tuple(slices),
        values=values,
        measures=MEASURES,
        points=points,
        parts=parts,
        draws={k: np.stack([d[0][k] for d in several], axis=1)[:, :, :drawn] for k in names} if draws else {},
        point_draws=np.stack([d[1] for d in several])[:, :, :drawn] if draws else None,
        fiscal=fiscal,
        ledger=_ledger(parts, values["iva"][0, 0], draws, rng),
        binding=Binding(
            codes,
            ("baseline", "scenario"),
            tuple(activities),
            np.linspace(1, 3, len(activities)),
            tuple(SECTORS),
        ),
        ranges=ranges,
        flags={"region": ("estimate",), "ownership": ("estimate", "share_only")},
        names={"sector": SECTORS, "region": REGIONS, "ownership": OWNERSHIPS},
        estimates=(
            Estimate(
                "trade between regions",
                "gravity with RAS",
                source="distances; product shares of NBS yearbooks",
            ),
        ),
        assumptions=(
            Assumption("relending", "additionality", 0.3, "share", 0.1, 0.6, "A", note="what is <new>"),
            Assumption("car-tax", "amount", 60.0, "bn CNY", mark="F", source="https://example.org/notice"),
        ),
        claims=(Claim("200 bn yuan of sales from the car tax", "association, 2022", "see contributions"),),
        checks=(
            Check("supply equals use", True, "3e-13 of output", "1e-9"),
            Check("plausible size", False, "1.4 pp", "0.05 to 0.9 pp"),
        ),
        warnings=("2 bn yuan of the tax cut falls outside industry",),
        notes=("Amounts are deflated with producer prices of October 2022.",),
        history=History(past, yoy, np.r_[np.full(12, np.nan), (yoy[12:] + yoy[:10]) / 2], "NBS releases"),
        baseline_band=values["iva_yoy"][0, 0] + np.array([-2.5, -1.0, 1.0, 2.5])[:, None] * np.linspace(0.4, 1.0, 14),
        hindcast=Grid(
            "Spring 2022",
            ("month", "found, pp", "published, pp"),
            (("2022-04", -7.1, -7.9),),
            "mean absolute error 0.8 pp",
        ),
        residuals={"largest accounting residual": 3e-13},
        provenance={
            "versions": {"simcore": "0.1.0", "python": "3.11"},
            "hashes": {"scenario": "ab12"},
            "seed": seed,
            "draws": draws,
            "timings": {"model": 0.31, "figures": 0.4},
            "vintage": "22 November 2022",
            "command": "simcore run notice",
        },
        outcome=Outcome("completed", "the run reached its end"),
    )


@pytest.fixture(scope="session")
def result() -> Result:
    return make_result()


@pytest.fixture(scope="session")
def central() -> Result:
    """The same without draws."""
    return make_result(draws=0)
