"""What the parts of a run found, put together as a result: values, draws, contributions, costs, everything stated."""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__, describe
from .claims import claims
from .effects import Effects, Growth, Path, Whole, Yardstick, vary
from .fiscal import induced_revenue
from .language.scenario import Scenario
from .ledger import persons
from .levels import TOTAL, months_of
from .measures.base import FiscalLine
from .measures.money import SPENT
from .models.accounts import base_flows
from .models.base import Outcome, Paths
from .ownership import ranges_by_owner
from .package import COUNTERFACTUALS, Package
from .records import Binding, Ledger
from .result import BASELINE, SCENARIO, Result

SUMS = ("output", "value_added")  # volumes that classes of owner divide as they divide their sectors
HEADLINE = ("iva", "iva_yoy", "iva_two_year", "iva_level_effect", "fiscal_cost")  # what every report shows

if TYPE_CHECKING:
    from .drawn import Ensemble
    from .setting import Setting


@dataclass(frozen=True)
class Variant:
    """One named variant of a file: path, effect in per cent and the model's own paths; the first two also by draw."""

    path: Path
    effect: np.ndarray
    scenario: Paths
    drawn: list[tuple[Path, np.ndarray]]

    @classmethod
    def of(
        cls, yardstick: Yardstick, central: Growth, drawn: Sequence[Growth], whole: Whole, effects: Sequence[np.ndarray]
    ) -> Variant:
        """``effects`` are those of the draws, ``whole`` is that of the file's own values."""
        path, effect = vary(yardstick, central, whole.effect)
        by_draw = [vary(yardstick.coarse, g, e) for g, e in zip(drawn, effects, strict=True)]
        return cls(path, effect, whole.scenario, by_draw)


@dataclass(frozen=True)
class Findings:
    """What the parts of a run found, on the way to a result."""

    setting: Setting
    package: Package
    effects: Effects
    grown: Growth
    drawn: list[Growth]
    variants: dict[str, Variant]
    ranges: dict[str, tuple[np.ndarray, np.ndarray]]
    ledger: Ledger | None = None
    cost_draws: np.ndarray | None = None  # (draws, months) outlays and tax forgone
    exporters: Sequence[tuple[Path, np.ndarray]] = ()  # growth and effect with other differences in exports by owner

    @property
    def names(self) -> tuple[str, ...]:
        return (BASELINE, SCENARIO, *self.variants)

    @property
    def paths(self) -> list[Paths]:
        """The model's paths of the file and of each variant."""
        return [self.effects.scenario, *(v.scenario for v in self.variants.values())]

    @property
    def weights(self) -> np.ndarray:
        """(months, periods): a period's flow times this is the flow of a month."""
        calendar = self.setting.calendar
        return months_of(calendar)[1] * (calendar.per_year / 12.0)

    def result(self, scenario: Scenario, members: Ensemble, seconds: Mapping[str, float]) -> Result:
        """Everything with its labels, statements and provenance."""
        setting, package = self.setting, self.package
        fiscal = self._fiscal()
        drawn = bool(self.drawn)
        volumes = self.path_values()
        values = self.growth_values() | volumes | self.prices() | self._fiscal_values(fiscal)
        wanted = _wanted(scenario, values)
        ranges = self._ranges(volumes)
        money = describe.money(setting.economy)
        closures = setting.closure_ranges if any(m.waits for m in scenario.measures) else ()
        assumed = describe.assumptions(scenario, setting.model, setting.fixed, drawn, money, setting.learnt, closures)
        return Result(
            scenario=scenario.id,
            title=scenario.title or scenario.id,
            counterfactual=setting.counterfactual,
            counterfactual_text=COUNTERFACTUALS[setting.counterfactual],
            model=describe.model(setting.model),
            closure=describe.closure(setting.model, scenario),
            periods=setting.months,
            variants=self.names,
            slices=setting.yardstick.slices.labels,
            values={name: array for name, array in values.items() if name in wanted},
            draws=self._draws(set(wanted)) if drawn else {},
            points=self.grown.points,
            parts=self.grown.parts,
            point_draws=np.array([g.points for g in self.drawn]) if drawn else None,
            measures=tuple(describe.measure(m, setting) for m in (*package.shocks, *package.policies)),
            variables=describe.money(setting.economy).variables(),
            fiscal=fiscal,
            ledger=self.ledger,
            binding=self._binding(),
            ranges={key: ends for key, ends in ranges.items() if key[0] in wanted},
            flags=describe.flags(setting.economy),
            names=describe.names(setting.economy),
            estimates=describe.estimates(setting.economy),
            assumptions=tuple(a for a in assumed if a.of not in package.left_out),
            claims=claims(scenario, setting, package),
            warnings=describe.warnings(package, scenario),
            notes=describe.notes(setting, members.uncertain, "employment" in values),
            history=describe.history(setting.calibration.baseline, setting.months[0]),
            baseline_band=self._band() if drawn else None,
            residuals={
                "background": self.effects.background.residual,
                "scenario": self.effects.scenario.residual,
            },
            provenance=self._provenance(scenario, members, seconds),
            outcome=worst([p.outcome for p in self.paths]),
        )

    def growth_values(self) -> dict[str, np.ndarray]:
        """Levels and growth with and without the package and in each variant, (variants, slices, months)."""
        paths = [self.grown.baseline, self.grown.scenario, *(v.path for v in self.variants.values())]
        effects = [0.0 * self.grown.effect, self.grown.effect, *(v.effect for v in self.variants.values())]
        return growth_of(paths) | {"iva_level_effect": np.array(effects)}

    def _draws(self, wanted: set[str]) -> dict[str, np.ndarray]:
        """Variables that are drawn, (variants, draws, coarse slices, months)."""
        found = self._growth_draws()
        if self.cost_draws is not None and "fiscal_cost" in wanted:
            cost = np.full_like(found["iva"], np.nan)
            cost[0, :, 0] = 0.0
            cost[1, :, 0] = self.cost_draws
            found["fiscal_cost"] = cost
        return found

    def _growth_draws(self) -> dict[str, np.ndarray]:
        """(variants, draws, coarse slices, months)."""
        drawn = [[g.baseline for g in self.drawn], [g.scenario for g in self.drawn]]
        effects = [[0.0 * g.effect for g in self.drawn], [g.effect for g in self.drawn]]
        for variant in self.variants.values():
            drawn.append([path for path, _ in variant.drawn])
            effects.append([effect for _, effect in variant.drawn])
        columns = [growth_of(paths) for paths in drawn]
        found = {name: np.array([column[name] for column in columns]) for name in columns[0]}
        return found | {"iva_level_effect": np.array(effects)}

    def path_values(self) -> dict[str, np.ndarray]:
        """Volumes at the level of the base year, by month: the model's paths without the baseline's growth."""
        setting, slices = self.setting, self.setting.yardstick.slices
        weights, economy = self.weights, setting.economy
        calm_output = np.broadcast_to(economy.x / setting.calendar.per_year, (setting.calendar.periods, economy.n))
        calm_added = np.broadcast_to(economy.value_added.sum(axis=0) / setting.calendar.per_year, calm_output.shape)
        paths = self.paths
        output = np.array([slices.sum(weights @ a) for a in (calm_output, *(p.output for p in paths))])
        added = np.array([slices.sum(weights @ a) for a in (calm_added, *(p.value_added for p in paths))])
        imports = (economy.use_imported.sum(axis=1) + economy.final_imported.sum(axis=1)) / setting.calendar.per_year
        calm_imports = np.broadcast_to(imports, (setting.calendar.periods, economy.K))
        by_product = [weights @ a for a in (calm_imports, *(p.imports for p in paths))]
        unmet = [weights @ p.unmet.sum(axis=2) for p in paths]
        income = [weights @ p.household_income for p in paths]
        return {
            "output": output,
            "value_added": added,
            "imports": np.array([self._by_sector(a) for a in by_product]),
            "unmet": np.array([self._by_sector(a) for a in (np.zeros_like(by_product[0]), *unmet)]),
            "household_income": np.array([self._by_region(a) for a in (np.zeros((len(weights), economy.R)), *income)]),
            **self._sold_abroad_and_held(),
            **self._employment(),
        }

    def _sold_abroad_and_held(self) -> dict[str, np.ndarray]:
        """Exports, and inputs held at the end of each month, by product."""
        economy, calendar = self.setting.economy, self.setting.calendar
        base, abroad = base_flows(economy, calendar), economy.users("exports")
        months = months_of(calendar)[1]
        last = months.shape[1] - 1 - np.argmax(months[:, ::-1] > 0.0, axis=1)  # the last period of each month
        calm = [np.broadcast_to(a, (calendar.periods, economy.K)) for a in (base.final[:, abroad].sum(1), base.stocks)]
        sold = [self.weights @ a for a in (calm[0], *(p.final[:, :, abroad].sum(axis=2) for p in self.paths))]
        held = [a[last] for a in (calm[1], *(p.stocks for p in self.paths))]
        return {
            "exports": np.array([self._by_sector(a) for a in sold]),
            "inventories": np.array([self._by_sector(a) for a in held]),
        }

    def _employment(self) -> dict[str, np.ndarray]:
        """Jobs of the base times the change of output; nothing where the table does not say how many work where."""
        economy, slices = self.setting.economy, self.setting.yardstick.slices
        jobs = persons(economy)
        if np.isnan(jobs).any():
            return {}
        base, mean = economy.x / self.setting.calendar.per_year, months_of(self.setting.calendar)[1]
        change = [np.divide(p.output - base, base, out=np.zeros_like(p.output), where=base > 0) for p in self.paths]
        found = [slices.sum(mean @ (jobs * a)) for a in change]
        return {"employment": np.array([np.zeros_like(found[0]), *found])}

    def prices(self) -> dict[str, np.ndarray]:
        """Deviations from the base in %, averaged over its output or purchases; nothing where prices are passive."""
        economy, slices, paths = self.setting.economy, self.setting.yardstick.slices, self.paths
        months = months_of(self.setting.calendar)[1]
        mean = months / months.sum(axis=1, keepdims=True)
        values: dict[str, np.ndarray] = {}
        if all(p.price is not None for p in paths):
            made = slices.sum(economy.x[None])
            rises = [slices.sum(mean @ (economy.x * (p.price - 1.0))) for p in paths if p.price is not None]
            found = [np.divide(r, made, out=np.zeros_like(r), where=made > 0) for r in rises]
            values["price"] = 100.0 * np.array([np.zeros_like(found[0]), *found])
        if all(p.user_price is not None for p in paths):
            rises = [mean @ self._household_prices(p.user_price) for p in paths if p.user_price is not None]
            values["consumer_price"] = np.array(
                [self._regional_rates(0.0 * rises[0]), *map(self._regional_rates, rises)]
            )
        return values

    def _household_prices(self, by_user: np.ndarray) -> np.ndarray:
        """(T, 1 + R) deviation of what households pay, in %: in all and by region; NaN where none buy."""
        economy = self.setting.economy
        spent = (economy.final_domestic + economy.final_imported).sum(axis=0)
        groups = [economy.users("households"), *(economy.users("households", r) for r in economy.regions.codes)]
        return np.stack(
            [
                100.0 * (by_user[:, g] - 1.0) @ spent[g] / spent[g].sum()
                if spent[g].sum() > 0
                else by_user[:, 0] * np.nan
                for g in groups
            ],
            axis=1,
        )

    def _regional_rates(self, table: np.ndarray) -> np.ndarray:
        """(months, 1 + R) on the slices: total and regions, NaN elsewhere."""
        result = self._along(table[:, 1:], self.setting.economy.regions.codes, 1)
        result[0] = table[:, 0]
        return result

    def _by_sector(self, table: np.ndarray) -> np.ndarray:
        """(months, K) on the slices: total and sectors, NaN elsewhere."""
        return self._along(table, self.setting.economy.sectors.codes, 0)

    def _by_region(self, table: np.ndarray) -> np.ndarray:
        return self._along(table, self.setting.economy.regions.codes, 1)

    def _along(self, table: np.ndarray, codes: Sequence[str], axis: int) -> np.ndarray:
        slices = self.setting.yardstick.slices
        result = np.full((len(slices.labels), len(table)), np.nan)
        result[0] = table.sum(axis=1)
        for i, label in enumerate(slices.labels):
            if label[axis] != TOTAL and label.count(TOTAL) == 2:
                result[i] = table[:, codes.index(label[axis])]
        return result

    def _fiscal(self) -> tuple[tuple[str, FiscalLine], ...]:
        """Every line of cost by month, and the taxes that come back."""
        lines = self.package.costs()
        if self.package.policies:
            effects = self.effects
            lines.append(("package", induced_revenue(self.setting.economy, effects.scenario, effects.background)))
        return tuple((name, replace(line, path=self.weights @ line.path)) for name, line in lines)

    def _fiscal_values(self, fiscal: Sequence[tuple[str, FiscalLine]]) -> dict[str, np.ndarray]:
        """Outlays and tax forgone of the whole package; known for the file itself, not for its named variants."""
        slices = self.setting.yardstick.slices.labels
        cost = np.full((len(self.names), len(slices), len(self.setting.months)), np.nan)
        cost[0, 0] = 0.0
        cost[1, 0] = np.sum([line.path for _, line in fiscal if line.kind in SPENT], axis=0)
        return {"fiscal_cost": cost}

    def _binding(self) -> Binding | None:
        """What bound output; a run by weeks has it by week, which the monthly labels cannot hold."""
        economy = self.setting.economy
        if self.setting.calendar.labels != self.setting.months:
            return None
        found = [p.binding for p in self.paths]
        codes = np.array([np.zeros_like(found[0]), *found])
        return Binding(codes, self.names, economy.activities, economy.x, economy.sectors.codes)

    def _ranges(self, path_values: Mapping[str, np.ndarray]) -> dict[Any, tuple[Any, Any]]:
        """Over methods of trade for regions, over weights and exports for classes of owner."""
        found: dict[Any, tuple[Any, Any]] = {}
        for variable, (low, high) in self.ranges.items():
            for i, label in enumerate(self.setting.yardstick.slices.labels):
                if label[1] != TOTAL and np.isfinite(low[i]).all() and np.isfinite(high[i]).all():
                    found[variable, label] = (low[i], high[i])
        flows = {name: path[1] for name, path in path_values.items() if name in SUMS}
        shares = self.setting.economy.meta.get("ownership", {}).get("by_sector_low_central_high", {})
        return found | ranges_by_owner(shares, self.setting.yardstick, self.grown, flows, self.exporters)

    def _band(self) -> np.ndarray:
        draws = np.array([g.baseline.yoy[0] for g in self.drawn])
        return np.quantile(draws, [0.05, 0.25, 0.75, 0.95], axis=0)

    def _provenance(self, scenario: Scenario, members: Ensemble, seconds: Mapping[str, float]) -> dict[str, Any]:
        import numba
        import scipy

        setting, baseline = self.setting, self.setting.calibration.baseline
        return {
            "versions": {
                "simcore": __version__, "python": platform.python_version(), "numpy": np.__version__,
                "scipy": scipy.__version__, "numba": numba.__version__,
            },
            "hashes": setting.calibration.hashes | {"scenario": sha256(content(scenario).encode()).hexdigest()},
            "timings": dict(seconds),
            "seed": members.seed,
            "draws": len(members.scenarios),
            "uncertain values": members.uncertain,
            **({"form": self.effects.scenario.form} if self.effects.scenario.form else {}),
            **({"solver": self.effects.scenario.solver} if self.effects.scenario.solver else {}),
            "vintage": setting.economy.meta.get("vintage", ""),
            "calibration": f"{setting.economy.name}@{setting.economy.version}",
            "baseline": f"{baseline.meta.get('method', '')}, projected from {baseline.last_observed}".lstrip(", "),
        }  # fmt: skip


def growth_of(paths: Sequence[Path]) -> dict[str, np.ndarray]:
    """Levels and growth of several paths, stacked."""
    return {
        "iva": np.array([p.level for p in paths]),
        "iva_yoy": np.array([p.yoy for p in paths]),
        "iva_two_year": np.array([p.two_year for p in paths]),
    }


def _wanted(scenario: Scenario, values: Collection[str]) -> set[str]:
    """Variables to keep: what the file asks for, what its checks look at and what every report shows; else all."""
    if not scenario.outputs.variables:
        return set(values)
    checked = " ".join(f"{c.that} {c.than}" for c in scenario.checks)
    return {v for v in values if v in scenario.outputs.variables or v in HEADLINE or v in checked}


def content(scenario: Scenario) -> str:
    """The resolved scenario without the places its values come from: the same wherever the file lies."""
    return re.sub(r"  # (?:(?!  # ).)*:\d+$", "", scenario.resolved(), flags=re.MULTILINE)


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The first outcome that is not a completed run, else that of the file itself."""
    return next((o for o in outcomes if o.status != "completed"), outcomes[0])
