"""A forecast of industrial value added: projection, measures and an epidemic path in one fan.

Draw d takes the d-th error path of the projection, the d-th epidemic path of the calibration's written rule, and one
of the draws of measures and behaviour, in turn. Four paths come of it, with and without the measures, with and without
the epidemic, all from the same draws. Growth on the year is taken from levels, so the wave of one November is the
base of the next; January and February are one observation.

The rule states losses of *national* value added, whatever their way through the network: the total of an epidemic is
an input, and stocks, overtime and catching up are in the record that the rule rests on. The scenario's shock spreads
the mean path over sectors, closing as much of the country as makes the run meet the rule's total month by month; from
this run and one with the measures beside it comes how much less, or more, the measures do in a wave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .content import find_calibration
from .drawn import Drawn, number_of_draws, projection_errors
from .drivers import Drivers
from .economy.baseline import growth
from .effects import Requests, grow
from .epidemic_rule import EpidemicPath, Rule, draw_paths, load_rule
from .errors import SimcoreError
from .language.scenario import Scenario
from .measures.epidemic import Epidemic
from .measures.fields import Points
from .measures.profile import Table
from .package import Package
from .result import BASELINE, SCENARIO, Result
from .setting import Setting, carried, prepare

DRAWS = 1024
EXPOSURE = 0.4  # share of every region that can be closed at most
ROUNDS, CLOSE = 60, 0.01  # corrections of the closures; per cent of value added that may be left
SLOPE = 120.0  # per cent of value added a share of the country: a little more than one to one, so that none overshoots
CASES = ("neither", "measures", "epidemic", "both")
WORDS = {
    "neither": "without measures, without epidemic",
    "measures": "with measures, without epidemic",
    "epidemic": "without measures, with epidemic",
    "both": "with measures, with epidemic",
}
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


class Wave(NamedTuple):
    """The mean path through the model."""

    closed: np.ndarray  # (M,) share of the country that is closed
    stated: np.ndarray  # (M,) mean loss of the rule, per cent of value added
    met: np.ndarray  # (M,) loss of the run
    by_sector: dict[str, np.ndarray]  # (M,) change of value added by sector of industry, per cent
    interplay: float  # what measures do beyond their effect in calm, per unit of loss: least squares over months


@dataclass(frozen=True)
class Forecast:
    """Fans of national industrial value added; M months, D draws.

    growth, level : {case: (D, M) array}
        Growth on the year in per cent; bn yuan a month at base-year prices.
    central : {case: (M,) array}
        Growth at the central projection, without its error, at the mean of the other draws.
    two_year : {case: (D, M) array}
        Annual average of growth over two years.
    paths : drawn epidemic paths.
    """

    scenario: str
    title: str
    vintage: str
    model: str
    seed: int
    months: tuple[str, ...]
    growth: dict[str, np.ndarray]
    two_year: dict[str, np.ndarray]
    level: dict[str, np.ndarray]
    central: dict[str, np.ndarray]
    known: tuple[tuple[str, ...], np.ndarray]  # published months before, growth
    base_effect: np.ndarray  # (M,) pp of the projection
    rule: Rule
    paths: tuple[EpidemicPath, ...]
    wave: Wave

    @property
    def draws(self) -> int:
        return len(self.growth["neither"])

    def quantiles(self, case: str) -> np.ndarray:
        """(5, M) of growth on the year."""
        return np.quantile(self.growth[case], QUANTILES, axis=0)

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Lines of ``forecast.csv`` below its heading."""
        for case in CASES:
            q = self.quantiles(case)
            measures, epidemic = case in ("measures", "both"), case in ("epidemic", "both")
            for t, month in enumerate(self.months):
                values = (self.growth[case][:, t].mean(), *q[:, t], self.two_year[case][:, t].mean())
                words = ("yes" if measures else "no", "yes" if epidemic else "no", "iva_yoy")
                yield (month, *words, *(f"{v:.4f}" for v in values), "%")

    def path_rows(self) -> Iterator[tuple[str, ...]]:
        """Lines of ``epidemic.csv``: the drawn paths in quantiles."""
        for name, unit, drawn in (
            ("loss", "% of value added", np.array([p.loss for p in self.paths])),
            ("index", "% of GDP under controls", np.array([p.controlled for p in self.paths])),
        ):
            q = np.quantile(drawn, QUANTILES, axis=0)
            for t, month in enumerate(self.months):
                yield (month, name, f"{drawn[:, t].mean():.4f}", *(f"{v:.4f}" for v in q[:, t]), unit)


HEADING = (
    "month", "measures", "epidemic", "variable", "mean", "q05", "q25", "q50", "q75", "q95", "two_year_mean", "unit",
)  # fmt: skip
PATH_HEADING = ("month", "variable", "mean", "q05", "q25", "q50", "q75", "q95", "unit")


def forecast(
    scenario: Scenario,
    *,
    draws: int = DRAWS,
    seed: int | None = None,
    model: str | None = None,
    result: Result | None = None,
    progress: Callable[[str], None] | None = None,
) -> Forecast:
    """Forecast growth of industrial value added with and without a scenario's measures and the epidemic path.

    Parameters
    ----------
    draws : int
        Of projection error and epidemic path; the scenario's own draws of measures are taken in turn.
    result : Result, optional
        A run of the same scenario and model: its seed, its counterfactual and its draws of the measures serve, so that
        none is simulated again. They hold seven digits.

    Raises
    ------
    ScenarioError
        If the calibration holds no rule, or the rule has problems.
    SimcoreError
        If the scenario starts before the projection, lacks the rule's shock, or the model refuses to run.
    """
    if draws < 2:
        raise SimcoreError(f"a fan of {draws} draws has no quantiles; ask for more with --draws")
    tell = progress or (lambda text: None)
    rule, shock = written_rule(scenario)
    tell("loading the economy")
    setting = prepare(scenario, model, None if result is None else result.counterfactual)
    baseline = setting.calibration.baseline
    if setting.months[0] <= baseline.last_observed:
        raise SimcoreError(
            f"{scenario.id} starts in {setting.months[0]}, which was published; a forecast starts after "
            f"{baseline.last_observed}: change time.start or the counterfactual"
        )
    chosen = int(result.provenance["seed"]) if result else scenario.uncertainty.seed if seed is None else seed
    tell("drawing the epidemic path")
    paths = tuple(draw_paths(rule, setting.months, draws, chosen))
    if result is None:
        tell("simulating the measures")
    without, with_ = _measures(setting, chosen) if result is None else _measures_of(result, setting, chosen)
    tell("simulating the epidemic")
    mean = np.mean([p.loss for p in paths], axis=0)
    wave = _wave(setting, setting.package(scenario), setting.informed(shock), mean)
    turn = np.arange(draws) % len(without)
    loss = np.array([p.loss for p in paths]) / 100.0
    # Measures need hands, which a wave takes, and guarantees keep plants running: together their effect moves with the
    # loss, and never below nothing.
    beside = np.maximum(wave.interplay * loss, -np.maximum(with_ - without, 0.0)[turn])
    ratio = {
        "neither": without[turn],
        "measures": with_[turn],
        "epidemic": without[turn] - loss,
        "both": with_[turn] - loss + beside,
    }
    tell("measuring growth")
    return _measured(setting, chosen, ratio, paths, rule, wave)


def written_rule(scenario: Scenario) -> tuple[Rule, Epidemic]:
    """The rule of a scenario's calibration, and the shock that it names: switched off, for the path takes its place.

    Raises
    ------
    ScenarioError
        If the calibration holds no rule, or the rule has problems.
    SimcoreError
        If the scenario lacks the shock or runs it.
    """
    rule = load_rule(find_calibration(scenario.calibration.partition("@")[0]))
    found = [m for m in scenario.reading.measures if m.id == rule.shock and isinstance(m, Epidemic)]
    if not found:
        raise SimcoreError(
            f"{scenario.id} has no epidemic shock '{rule.shock}' that could carry the path into sectors; add 'include: "
            "[notice-2022/winter-risks.yaml]', or state one with this name and enabled: false"
        )
    if any(m.id == rule.shock for m in scenario.measures):
        raise SimcoreError(f"{scenario.id} already runs '{rule.shock}'; set shocks.{rule.shock}.enabled=false")
    return rule, found[0]


def _measures_of(result: Result, setting: Setting, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The same as ``_measures`` from a run's draws, whose levels carry the error of the projection."""
    levels = [result.series_draws("iva", variant) for variant in (BASELINE, SCENARIO)]
    if levels[0] is None or levels[1] is None:
        raise SimcoreError("a forecast needs a run with draws: ask for some with --draws")
    ahead = projection_errors(setting, len(levels[0]), seed)[:, -len(setting.months) :]
    expected = _projected(setting) * np.exp(ahead)
    return levels[0] / expected, levels[1] / expected


def _measures(setting: Setting, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """National level without and with the measures over the projection, by draw; (K, M) each."""
    scenario = setting.scenario
    number = number_of_draws(scenario)
    members = Drawn.of(setting, number, seed).members()
    packages = [members.package(setting, d) for d in range(number)] or [setting.package(scenario)]
    models = list(members.models) or [setting.model]
    requests = Requests()
    readers = [
        requests.add_parts(p, m, reverse=bool(d % 2)) for d, (p, m) in enumerate(zip(packages, models, strict=True))
    ]
    answers = requests.run()
    projected = _projected(setting)
    ratios = []
    for package, read in zip(packages, readers, strict=True):
        grown = grow(setting.yardstick.coarse, read(answers), carried(package))
        ratios.append((grown.baseline.level[0] / projected, grown.scenario.level[0] / projected))
    without, with_ = np.array(ratios).transpose(1, 0, 2)
    return without, with_


def _projected(setting: Setting) -> np.ndarray:
    """(M,) national level of the projection in the months of the run."""
    return setting.yardstick.summed[0, -len(setting.months) :]


def _wave(setting: Setting, package: Package, shock: Epidemic, stated: np.ndarray) -> Wave:
    """Close as much of the country in every month as makes the run lose what the rule states.

    Labour that is missing below the room for overtime costs nothing, so the share has to be found; months are corrected
    by their own gap, and a month that loses more than stated even without closures, by those before it, stays open.
    """
    closed = stated / (100.0 * shock.loss)
    found = _effects(setting, [_closures(setting, shock, closed)])[0]
    for _ in range(ROUNDS):
        gap = stated + 100.0 * _national(setting, found)
        if np.abs(gap).max() < CLOSE:
            break
        closed = np.clip(closed + gap / SLOPE, 0.0, EXPOSURE)
        found = _effects(setting, [_closures(setting, shock, closed)])[0]
    every = package.drivers(frozenset(range(len(package.policies))))
    measures, both = _effects(setting, [every, every & _closures(setting, shock, closed)])
    met, calm, beside = (_national(setting, e) for e in (found, measures, both))
    lost, more = -met, beside - calm - met
    interplay = float(more @ lost / (lost @ lost)) if lost.any() else 0.0
    return Wave(closed, stated, 100.0 * lost, _by_sector(setting, found), interplay)


def _closures(setting: Setting, shock: Epidemic, closed: np.ndarray) -> Drivers:
    """Drivers of a path of the share of the country that is closed, by month."""
    level = closed / EXPOSURE
    course = Table(points=Points(tuple(zip(setting.months, map(float, level), strict=True))), interpolate="step")
    exposure = type(shock.exposure)(tuple((code, EXPOSURE) for code in setting.economy.regions.codes))
    wave = shock.model_copy(update={"profile": course, "exposure": exposure, "enabled": True})
    return wave.drivers(setting.economy, setting.calendar)


def _effects(setting: Setting, asked: list[Drivers]) -> list[np.ndarray]:
    """Effects of some drivers on the central model, (months, n) each, as shares of the base."""
    requests, calm = Requests(), setting.package(setting.scenario, measures=())
    readers = [requests.add_drivers(calm, drivers, setting.model) for drivers in asked]
    answers = requests.run()
    return [read(answers) for read in readers]


def _national(setting: Setting, effect: np.ndarray) -> np.ndarray:
    """(M,) effect on national industrial value added, as a share of the projection."""
    level = setting.yardstick.level[-len(setting.months) :]
    return (effect * level).sum(axis=1) / level.sum(axis=1)


def _by_sector(setting: Setting, effect: np.ndarray) -> dict[str, np.ndarray]:
    """Change of value added by sector of industry, per cent, (M,)."""
    economy, level = setting.economy, setting.yardstick.level[-len(setting.months) :]
    found = {}
    for k, code in enumerate(economy.sectors.codes):
        inside = (economy.sector == k) & economy.is_industry
        if inside.any():
            found[code] = 100.0 * (effect * level)[:, inside].sum(axis=1) / level[:, inside].sum(axis=1)
    return found


def _measured(
    setting: Setting,
    seed: int,
    ratio: dict[str, np.ndarray],
    paths: tuple[EpidemicPath, ...],
    rule: Rule,
    wave: Wave,
) -> Forecast:
    yardstick, baseline = setting.yardstick, setting.calibration.baseline
    lead = len(yardstick.months) - len(setting.months)
    errors = np.exp(projection_errors(setting, len(paths), seed))
    before = np.repeat(yardstick.summed[:1, :lead], len(paths), axis=0)
    level = {
        case: np.concatenate([before, _projected(setting) * r * errors[:, lead:]], axis=1) for case, r in ratio.items()
    }
    calm = {case: np.append(before[0], _projected(setting) * r.mean(axis=0)) for case, r in ratio.items()}
    place = [baseline.months.index(m) for m in setting.months]
    return Forecast(
        scenario=setting.scenario.id,
        title=setting.scenario.title,
        vintage=str(rule.vintage),
        model=setting.model.name,
        seed=seed,
        months=setting.months,
        growth={c: growth(v, yardstick.months)[:, lead:] for c, v in level.items()},
        two_year={c: growth(v, yardstick.months, 2)[:, lead:] for c, v in level.items()},
        level={c: v[:, lead:] for c, v in level.items()},
        central={c: growth(v, yardstick.months)[lead:] for c, v in calm.items()},
        known=(baseline.months[: place[0]], baseline.published_total[: place[0]]),
        base_effect=baseline.base_effect()[place],
        rule=rule,
        paths=paths,
        wave=wave,
    )
