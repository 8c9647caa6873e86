"""Best use of a budget: the amounts of a scenario at which a result is largest.

The result is a smooth function of amounts but for kinks where capacity or a pool's ceiling binds. Sequential quadratic
programming climbs it by differences; the corners of the budget, where one amount after the other is filled up in the
order of what a yuan of it brings, are tried beside it, so that a linear case ends exactly there. A largest value is
local: nothing here proves that no other mix is better.

References
----------
Kraft (1988), A software package for sequential quadratic programming, DFVLR-FB 88-28, as scipy runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .checks import value_at
from .content import find_scenario
from .errors import SimcoreError
from .language.overrides import quantity_at
from .language.scenario import Scenario, load
from .language.schema import Optimise
from .run import own_start, run
from .solve import number_at
from .units import Quantity

STEP = 0.02  # of the range of an amount, for differences: below it, kinks of single months show
CLOSE = 1e-3  # relative gain of a step below which the search ends
MOST_ROUNDS = 12


class Choice(NamedTuple):
    """One amount, bn yuan."""

    path: str
    own: float  # of the file
    best: float
    gain: float  # change of the objective per yuan more, at the best point


@dataclass(frozen=True)
class Optimum:
    """The largest objective that the search found; ``own`` is the objective with the file's amounts."""

    maximise: str
    unit: str
    budget: float | None
    choices: tuple[Choice, ...]
    own: float
    best: float
    runs: int
    currency: str = "CNY"

    def __str__(self) -> str:
        write = Quantity("money", currency=self.currency).write
        within = f" within {write(self.budget)}" if self.budget is not None else ""
        lines = [f"maximise {self.maximise}{within}"]
        width = max(len(c.path) for c in self.choices)
        more = f"another {self.currency}"
        for c in self.choices:
            best = write(float(f"{c.best:.4g}"))
            lines.append(f"  {c.path:<{width}}  file {write(c.own)}, best {best}; {more} brings {c.gain:+.3f}")
        lines.append(f"objective: file {self.own:.6g}, best {self.best:.6g} {self.unit} ({self.runs} runs)")
        if self.budget is not None and sum(c.own for c in self.choices) > self.budget * (1.0 + 1e-9):
            lines.append("the file's own amounts exceed the budget")
        return "\n".join(lines)


def optimise(
    scenario: str | Path,
    *,
    sets: tuple[str, ...] = (),
    model: str | None = None,
    counterfactual: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> Optimum:
    """Choose the amounts that the file's ``optimise`` block names.

    Raises
    ------
    ScenarioError
        If the file is invalid.
    SimcoreError
        If it has no ``optimise`` block, or an amount has neither an upper bound nor a budget.
    """
    file = find_scenario(scenario)
    base = load(file, sets=sets)
    asked = base.optimise
    if asked is None:
        raise SimcoreError(f"{base.id} has no block 'optimise: {{maximise: ..., choose: [...], budget: ...}}'")
    own = np.array([number_at(base, path)[1] for path in asked.choose])
    low, high = _bounds(base, asked)
    tell = progress or (lambda text: None)
    found: dict[bytes, float] = {}

    def objective(amounts: np.ndarray) -> float:
        key = np.round(amounts, 9).tobytes()
        if key not in found:
            tell(f"run {len(found) + 1}")
            changed = [f"{p}={float(a)!r} bn {base.currency}" for p, a in zip(asked.choose, amounts, strict=True)]
            result = run(load(file, sets=(*sets, *changed)), draws=0, model=model, counterfactual=counterfactual)
            found[key] = value_at(result, asked.maximise, own_start(base))
        return found[key]

    best = climb(objective, low, high, asked.budget)
    gains = _gains(objective, best, low, high)
    choices = tuple(Choice(*c) for c in zip(asked.choose, own.tolist(), best.tolist(), gains.tolist(), strict=True))
    result = run(base, draws=0, model=model, counterfactual=counterfactual)
    unit = result.variables[asked.maximise.split(".")[0]].unit
    unit = unit.replace(" a month", "") if asked.maximise.endswith(".cumulative") else unit
    return Optimum(
        asked.maximise,
        unit,
        asked.budget,
        choices,
        value_at(result, asked.maximise, own_start(base)),
        objective(best),
        len(found),
        base.currency,
    )


def _bounds(scenario: Scenario, asked: Optimise) -> tuple[np.ndarray, np.ndarray]:
    """Least and most of each amount, bn yuan."""
    ends = []
    for path in asked.choose:
        quantity = quantity_at(scenario.reading, path)
        assert quantity is not None  # checked with the file
        if path in asked.bounds:
            ends.append([quantity.read(v, yaml=True) for v in asked.bounds[path]])
        elif asked.budget is not None:
            ends.append([0.0, asked.budget])
        else:
            raise SimcoreError(f"{scenario.id}: '{path}' has no upper bound; give 'bounds' or a 'budget'")
    low, high = np.array(ends).T
    return low, high if asked.budget is None else np.minimum(high, asked.budget - (low.sum() - low))


def climb(
    objective: Callable[[np.ndarray], float], low: np.ndarray, high: np.ndarray, budget: float | None
) -> np.ndarray:
    """Amounts between bounds, together within a budget, at which the objective is largest of what was tried.

    Parameters
    ----------
    objective : function of (m,) amounts
    low, high : (m,) arrays
        ``low`` together lies within the budget.
    """
    from scipy.optimize import minimize

    room = np.maximum(high - low, 1e-12)
    spare = np.inf if budget is None else budget - low.sum()
    start = low + room * min(1.0, spare / room.sum()) * 0.5
    gains = _gains(objective, start, low, high)
    corner = low.copy()
    for i in np.argsort(-gains):
        if gains[i] > 0.0:
            corner[i] += min(room[i], max(0.0, spare - (corner - low).sum()))
    size = abs(objective(corner)) or 1.0

    def scaled(z: np.ndarray) -> float:
        return -objective(low + np.clip(z, 0.0, 1.0) * room) / size

    within = (
        [] if budget is None else [{"type": "ineq", "fun": lambda z: (spare - (z * room).sum()) / max(spare, 1e-12)}]
    )
    ended = minimize(
        scaled, (corner - low) / room * 0.98, method="SLSQP", bounds=[(0.0, 1.0)] * len(low), constraints=within,
        options={"eps": STEP, "ftol": CLOSE * 1e-2, "maxiter": MOST_ROUNDS},
    )  # fmt: skip
    inside = low + np.clip(ended.x, 0.0, 1.0) * room
    excess = (inside - low).sum() - spare
    if excess > 0.0:
        inside = low + (inside - low) * (spare / (spare + excess))
    return max((corner, inside, start), key=objective)


def _gains(objective: Callable[[np.ndarray], float], at: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """(m,) change of the objective per unit of each amount: forwards, or backwards at the upper end."""
    found = np.empty(len(at))
    here = objective(at)
    for i in range(len(at)):
        step = STEP * max(high[i] - low[i], 1e-12)
        step = step if at[i] + step <= high[i] else -step
        other = at.copy()
        other[i] += step
        found[i] = (objective(other) - here) / step
    return found
