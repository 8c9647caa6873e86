"""What the past says about a model's parameters: a joint distribution, kept beside an economy and drawn from by runs.

Every parameter has a coordinate z in which its prior is standard normal; what was learnt is a normal in these
coordinates, so that its quantiles and draws in natural units keep to bounds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from ..errors import SimcoreError, TableError

FILE = "dynamics.json"
MODEL = "inventory"  # whose parameters are estimated
SCHEMA = "simcore/dynamics@1"
_STREAM = 0xD1A5  # keeps draws of estimates apart from every other use of the same seed


class EstimationError(SimcoreError):
    """A problem that cannot be estimated."""


@dataclass(frozen=True)
class Parameter:
    """One unknown of a model with its prior.

    median, sd : the prior's median in natural units, and its standard deviation in the coordinate of the link: natural
        units under ``identity``, logarithms under ``log``, logits under ``logit``.
    low, high : bounds, for ``logit`` only.
    role : ``dynamics`` and ``sensitivity`` are what is asked for; an ``input`` is a part of the shock of one
        episode, estimated beside them and never reported as a property of the economy.
    """

    name: str
    median: float
    sd: float
    link: Literal["identity", "log", "logit"] = "log"
    low: float | None = None
    high: float | None = None
    unit: str = ""
    source: str = ""
    role: Literal["dynamics", "sensitivity", "input"] = "dynamics"

    def __post_init__(self) -> None:
        inside = self.low is not None and self.high is not None and self.low < self.median < self.high
        if not self.sd > 0.0 or (self.link == "log" and self.median <= 0.0) or (self.link == "logit" and not inside):
            raise EstimationError(f"{self.name}: needs sd > 0 and a median inside what its link '{self.link}' allows")

    @property
    def _bounds(self) -> tuple[float, float]:
        return (self.low or 0.0, (self.high or 0.0) - (self.low or 0.0))

    def natural(self, z: np.ndarray) -> np.ndarray:
        """What the model takes, of any shape; ``z`` is standard normal a priori."""
        if self.link == "identity":
            return self.median + self.sd * z
        if self.link == "log":
            return self.median * np.exp(self.sd * z)
        low, width = self._bounds
        return low + width / (1.0 + np.exp(-_logit((self.median - low) / width) - self.sd * z))

    def coordinate(self, value: np.ndarray | float) -> np.ndarray:
        """The z of a value in natural units."""
        value = np.asarray(value, dtype=float)
        if self.link == "identity":
            return (value - self.median) / self.sd
        if self.link == "log":
            return np.log(value / self.median) / self.sd
        low, width = self._bounds
        return (_logit((value - low) / width) - _logit((self.median - low) / width)) / self.sd


def _logit(share: np.ndarray | float) -> np.ndarray:
    return np.log(np.asarray(share) / (1.0 - np.asarray(share)))


class ClosureSensitivity(NamedTuple):
    """How far some sectors stop where areas are closed, 1 is the mean of industry, with 5 and 95 %; None if assumed."""

    sectors: tuple[str, ...]
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Estimates:
    """Parameters as estimated: a normal with ``mean`` (p,) and ``cov`` (p, p) in the coordinates of their priors.

    identified : (p,) bool, whether the data say more than the prior did: narrowed it by a tenth, or moved its median.
    facts : of the estimation, for reports: episodes, coverage, hashes of inputs.
    """

    parameters: tuple[Parameter, ...]
    mean: np.ndarray
    cov: np.ndarray
    identified: np.ndarray
    facts: dict[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.parameters)

    @property
    def until(self) -> str:
        """Last month that the estimates rest on, ``YYYY-MM``; the end of time where their file does not say."""
        return str(self.facts.get("until", "9999-12"))

    def options(self, prefix: str = "model.") -> dict[str, float]:
        """Medians of the identified parameters of one kind, by their name without the prefix."""
        return {
            p.name.removeprefix(prefix): float(p.natural(self.mean[i]))
            for i, p in enumerate(self.parameters)
            if p.name.startswith(prefix) and self.identified[i]
        }

    def of(self, model: str, fixed: Collection[str] = ()) -> dict[str, float]:
        """Options that a model takes from here: medians of what was identified, but what a file fixes."""
        return {k: v for k, v in self.options().items() if model == MODEL and k not in fixed}

    def sensitivities(self, z: np.ndarray | None = None) -> dict[str, float]:
        """How far sectors stop where areas are closed, by sector, at coordinates (p,) or at the medians.

        Those of industry have a mean of 1 over its value added; those outside it are assumed. Empty where the file
        holds none.
        """
        closures = self.facts.get("closures")
        if closures is None:
            return {}
        at = self.mean if z is None else z
        value = {p.name: float(p.natural(at[i])) for i, p in enumerate(self.parameters)}
        own = {sector: value[f"sensitivity.{group}"] for sector, group in closures["group"].items()}
        weight = closures["value_added"]
        mean = sum(own[s] * weight[s] for s in own) / sum(weight.values())
        return {**closures["outside"], **{sector: amount / mean for sector, amount in own.items()}}

    def closure_ranges(self, number: int = 2000) -> tuple[ClosureSensitivity, ...]:
        """What ``sensitivities`` gives, by the groups that share a figure, with ranges over joint draws."""
        closures = self.facts.get("closures")
        if closures is None:
            return ()
        sectors: dict[str, list[str]] = {}
        for sector, group in closures["group"].items():
            sectors.setdefault(group, []).append(sector)
        weight = np.array([sum(closures["value_added"][s] for s in members) for members in sectors.values()])
        place = [self.names.index(f"sensitivity.{group}") for group in sectors]
        z = self.draws(number, 0)[:, place]
        own = np.stack([self.parameters[i].natural(z[:, j]) for j, i in enumerate(place)], axis=1)
        low, high = np.quantile(own / (own @ weight / weight.sum())[:, None], (0.05, 0.95), axis=0)
        median = self.sensitivities()
        found = [
            ClosureSensitivity(tuple(members), median[members[0]], float(low[j]), float(high[j]))
            for j, members in enumerate(sectors.values())
        ]
        return (*found, *(ClosureSensitivity((code,), float(v)) for code, v in closures["outside"].items()))

    def quantiles(self, name: str, levels: Sequence[float] = (0.05, 0.5, 0.95)) -> tuple[float, ...]:
        """In natural units."""
        from statistics import NormalDist

        i = self.names.index(name)
        z = [self.mean[i] + NormalDist().inv_cdf(q) * np.sqrt(self.cov[i, i]) for q in levels]
        return tuple(float(self.parameters[i].natural(np.asarray(v))) for v in z)

    def draws(self, number: int, seed: int) -> np.ndarray:
        """(number, p) joint draws of all coordinates; the same seed gives the same, whatever is taken from them."""
        rng = np.random.default_rng([_STREAM, seed])
        root = np.linalg.cholesky(self.cov + 1e-12 * np.eye(len(self.mean)))
        return self.mean + rng.standard_normal((number, len(self.mean))) @ root.T

    def draw(self, number: int, seed: int, prefix: str = "model.") -> dict[str, np.ndarray]:
        """Joint draws of the identified parameters of one kind, (number,) each, by name without the prefix."""
        z = self.draws(number, seed)
        return {
            p.name.removeprefix(prefix): p.natural(z[:, i])
            for i, p in enumerate(self.parameters)
            if p.name.startswith(prefix) and self.identified[i]
        }

    def save(self, path: str | Path) -> None:
        """Write as JSON, every parameter on a line of its own."""
        rows = [
            {k: v for k, v in vars(p).items() if v not in (None, "")}
            | {"mean": float(self.mean[i]), "identified": bool(self.identified[i])}
            | {"cov": [float(f"{c:.6g}") for c in self.cov[i, : i + 1]]}
            for i, p in enumerate(self.parameters)
        ]
        body = ",\n    ".join(json.dumps(row, ensure_ascii=False) for row in rows)
        facts = json.dumps(self.facts, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        text = f'{{\n  "schema": "{SCHEMA}",\n  "facts": {facts},\n  "parameters": [\n    {body}\n  ]\n}}\n'
        Path(path).write_text(text, encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path: str | Path) -> Estimates:
        """Read what ``save`` wrote.

        Raises
        ------
        TableError
            If the file is no such file.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"))
            rows = content["parameters"]
            known = ("name", "median", "sd", "link", "low", "high", "unit", "source", "role")
            parameters = tuple(Parameter(**{k: r[k] for k in known if k in r}) for r in rows)
            cov = np.zeros((len(rows), len(rows)))
            for i, r in enumerate(rows):
                cov[i, : i + 1] = cov[: i + 1, i] = r["cov"]
            mean = np.array([r["mean"] for r in rows])
            return cls(parameters, mean, cov, np.array([r["identified"] for r in rows]), content["facts"])
        except (OSError, KeyError, TypeError, ValueError) as problem:
            raise TableError(f"{path}: no estimates of dynamics ({problem}); run simcore estimate") from None


def estimates_in(folder: str | Path, last: str | None = None) -> Estimates | None:
    """What a calibration's folder holds; None if nothing was estimated, or if it rests on months after ``last``."""
    path = Path(folder) / FILE
    found = Estimates.load(path) if path.is_file() else None
    return None if found is None or (last is not None and found.until > last) else found
