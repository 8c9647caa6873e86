"""What the parts of a run found, put together as a result: values, draws, contributions, costs, everything stated."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from . import __version__, describe
from .effects import Effects, Growth
from .fiscal import induced_revenue
from .language.scenario import Scenario
from .levels import TOTAL, months_of
from .measures.base import FiscalLine
from .measures.money import SPENT
from .models.base import Outcome
from .package import COUNTERFACTUALS, Package
from .records import Binding
from .result import Result

if TYPE_CHECKING:
    from .run import Ensemble, Setting


@dataclass(frozen=True)
class Findings:
    """What the parts of a run found, on the way to a result."""

    setting: Setting
    names: tuple[str, ...]
    packages: tuple[Package, ...]
    effects: tuple[Effects, ...]
    grown: list[Growth]
    grown_draws: list[list[Growth]]
    ranges: dict[str, tuple[np.ndarray, np.ndarray]]

    @property
    def weights(self) -> np.ndarray:
        """(months, periods): a period's flow times this is the flow of a month."""
        calendar = self.setting.calendar
        return months_of(calendar)[1] * (calendar.per_year / 12.0)

    def result(self, scenario: Scenario, members: Ensemble, seconds: Mapping[str, float]) -> Result:
        """Everything with its labels, statements and provenance."""
        setting, package = self.setting, self.packages[0]
        fiscal = self._fiscal()
        drawn = bool(members.scenarios)
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
            values=self._growth_values() | self._path_values() | self._fiscal_values(fiscal),
            draws=self._growth_draws() if drawn else {},
            contributions=self.grown[0].points,
            level_contributions=self.grown[0].parts,
            contribution_draws=np.array([g.points for g in self.grown_draws[0]]) if drawn else None,
            measures=tuple(describe.measure(m) for m in (*package.shocks, *package.policies)),
            fiscal=fiscal,
            binding=self._binding(),
            ranges=self._ranges(),
            flags=describe.flags(setting.economy),
            names=describe.names(setting.economy),
            estimates=describe.estimates(setting.economy),
            assumptions=describe.assumptions(scenario, setting.model, setting.fixed),
            claims=describe.claims(scenario),
            warnings=describe.warnings(setting, self.packages, scenario),
            notes=describe.notes(setting, package, members.uncertain),
            history=describe.history(setting.calibration.baseline, setting.months[0]),
            baseline_band=self._band() if drawn else None,
            residuals={name: path.residual for name, path in self.effects[0].paths.items()},
            provenance=self._provenance(scenario, members, seconds),
            outcome=worst([e.paths["scenario"].outcome for e in self.effects]),
        )

    def _growth_values(self) -> dict[str, np.ndarray]:
        base = self.grown[0]
        pick: dict[str, Callable[[Growth], np.ndarray]] = {
            "iva": lambda g: g.scenario,
            "iva_yoy": lambda g: g.scenario_yoy,
            "iva_two_year": lambda g: g.scenario_two_year,
            "iva_level_effect": lambda g: g.parts.sum(axis=0),
        }
        calm = {
            "iva": base.baseline,
            "iva_yoy": base.baseline_yoy,
            "iva_two_year": base.baseline_two_year,
            "iva_level_effect": np.where(np.isfinite(base.parts).all(axis=0), 0.0, np.nan),
        }
        return {name: np.array([calm[name], *(get(g) for g in self.grown)]) for name, get in pick.items()}

    def _growth_draws(self) -> dict[str, np.ndarray]:
        first = self.grown_draws[0]

        def stack(calm: Callable[[Growth], np.ndarray], get: Callable[[Growth], np.ndarray]) -> np.ndarray:
            return np.array([[calm(g) for g in first], *([get(g) for g in variant] for variant in self.grown_draws)])

        return {
            "iva": stack(lambda g: g.baseline, lambda g: g.scenario),
            "iva_yoy": stack(lambda g: g.baseline_yoy, lambda g: g.scenario_yoy),
            "iva_two_year": stack(lambda g: g.baseline_two_year, lambda g: g.scenario_two_year),
            "iva_level_effect": stack(lambda g: 0.0 * g.parts.sum(axis=0), lambda g: g.parts.sum(axis=0)),
        }

    def _path_values(self) -> dict[str, np.ndarray]:
        """Volumes at the level of the base year, by month: the model's paths without the baseline's growth."""
        setting, slices = self.setting, self.setting.yardstick.slices
        weights, economy = self.weights, setting.economy
        calm_output = np.broadcast_to(economy.x / setting.calendar.per_year, (setting.calendar.periods, economy.n))
        calm_added = calm_output * economy.value_added_share
        paths = [e.paths["scenario"] for e in self.effects]
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
            "household_income": np.array(
                [self._by_region(a) for a in (np.zeros((len(weights), economy.R)), *income)]
            ),
        }

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
        lines = self.packages[0].costs()
        if self.packages[0].policies:
            paths = self.effects[0].paths
            lines.append(("package", induced_revenue(self.setting.economy, paths["scenario"], paths["background"])))
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
        found = [e.paths["scenario"].binding for e in self.effects]
        codes = np.array([np.zeros_like(found[0]), *found])
        return Binding(codes, self.names, economy.activities, economy.x, economy.sectors.codes)

    def _ranges(self) -> dict[Any, tuple[Any, Any]]:
        found = {}
        for variable, (low, high) in self.ranges.items():
            for i, label in enumerate(self.setting.yardstick.slices.labels):
                if label[1] != TOTAL and np.isfinite(low[i]).all() and np.isfinite(high[i]).all():
                    found[variable, label] = (low[i], high[i])
        return found

    def _band(self) -> np.ndarray:
        draws = np.array([g.baseline_yoy[0] for g in self.grown_draws[0]])
        return np.quantile(draws, [0.05, 0.25, 0.75, 0.95], axis=0)

    def _provenance(self, scenario: Scenario, members: Ensemble, seconds: Mapping[str, float]) -> dict[str, Any]:
        import numba
        import scipy

        setting, baseline = self.setting, self.setting.calibration.baseline
        text = scenario.resolved()
        return {
            "versions": {
                "simcore": __version__, "python": platform.python_version(), "numpy": np.__version__,
                "scipy": scipy.__version__, "numba": numba.__version__,
            },
            "hashes": setting.calibration.hashes | {"scenario": sha256(text.encode()).hexdigest()},
            "timings": dict(seconds),
            "seed": members.seed,
            "draws": len(members.scenarios),
            "uncertain values": members.uncertain,
            "vintage": setting.economy.meta.get("vintage", ""),
            "calibration": f"{setting.economy.name}@{setting.economy.version}",
            "baseline": f"{baseline.meta.get('method', '')}, projected from {baseline.last_observed}".lstrip(", "),
        }  # fmt: skip


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """The first outcome that is not a completed run, else that of the file itself."""
    return next((o for o in outcomes if o.status != "completed"), outcomes[0])
