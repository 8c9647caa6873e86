"""The report of an estimation, in Markdown: what was asked, what the data say, how three methods agree, how it fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .estimation import IDENTIFIED, Told, directions, identifiability
from .forward import structural
from .words import paragraphs

if TYPE_CHECKING:
    from .episodes import Straying
    from .estimate import Estimated

_TABLE = "| parameter | prior | posterior | kept | identified | tied most to |\n| --- | --- | --- | --- | --- | --- |\n"


def report(found: Estimated) -> str:
    """All of it."""
    parts = (
        _head(found),
        _identified(found),
        _inputs(found),
        _methods(found),
        _fit(found),
        _worst(found),
        _limits(found),
    )
    return "\n\n".join(parts) + "\n"


def _head(found: Estimated) -> str:
    file, tested, stray = found.past.file, found.coverage, found.past.straying
    named = "; ".join(f"`{name}`: {e.title}" for name, e in file.episodes.items())
    return "# Dynamics and closure sensitivities, estimated\n\n" + paragraphs(
        f"""Written by `simcore estimate` from `episodes.yaml`, published growth and the economy of this folder.
        Episodes: {named}. {found.best.problem.p} parameters, {len(found.best.problem.observed)} observations.""",
        f"""What is observed is growth of divisions on the year. Published totals are inputs: closures and shifts of
        demand are tied to them, so the totals are no evidence; the pattern over divisions is. Printed growth strays
        on its own: in calm months a division's growth less that of the total changes by {_stray(stray, 1):.1f} pp
        (standard deviation) from one release to the next and by {_stray(stray, 9):.1f} pp in nine months, measured on
        the divisions printed in every release. Beside that {file.discrepancy:g} pp a month are taken for what the model
        leaves out.""",
        f"""**Coverage.** {tested.truths} truths were drawn from the priors, observed with errors and estimated:
        {tested.share:.0%} of all {tested.intervals:,} intervals at a nominal {tested.nominal:.0%} hold the truth where
        the normal around the optimum gives them. The model bends, and slopes at one point promise more than the data
        hold. So what the data say is counted as if their errors were {tested.widening:.2f} times as large; with the
        factor that the other truths ask for, {tested.share_widened:.0%} of the intervals of each truth hold it.
        {"" if tested.good else "That is too far from what they say: do not rely on the ranges below."} All ranges
        below, and all draws of runs, are these wider ones.""",
    )


def _stray(law: Straying, months: float) -> float:
    return float(np.sqrt(2.0 * law.transitory + 2.0 * law.stationary * (1.0 - law.keeps**months)))


def _row(t: Told) -> str:
    prior, after = (f"{v[1]:.3g} ({v[0]:.2g} to {v[2]:.2g})" for v in (t.prior, t.posterior))
    said = "yes" if t.identified else "no"
    return f"| {t.name} | {prior} | {after} | {t.kept:.2f} | {said} | {t.partner} {t.tie:+.2f} |"


def _identified(found: Estimated) -> str:
    rows = [t for t in identifiability(found.printed) if t.role != "input"]
    known = sum(t.identified for t in rows)
    left, vectors = directions(found.printed)
    names = found.best.problem.names
    best = []
    for i in range(3):
        order = np.argsort(-np.abs(vectors[i]))[:3]
        best.append(f"{1.0 - left[i]:.1%} along " + ", ".join(f"{vectors[i][j]:+.2f} {names[j]}" for j in order))
    said = paragraphs(
        f"""Median and 5 to 95 %. Kept: posterior over prior standard deviation, in the coordinate of the prior. A
        parameter counts as identified where at most {IDENTIFIED:g} is kept or the median has left the middle 68 % of
        the prior: {known} of {len(rows)} do. Runs take the identified dynamics from here, as joint draws; the others
        keep their default and range. Sensitivities are relative; runs scale them to a mean of 1 over industry."""
    )
    told = paragraphs(
        f"""Share of the prior's variance gone in the three best informed directions: {"; ".join(best)}.
        {int((left > 0.9).sum())} of {len(left)} directions keep more than nine tenths of it."""
    )
    return f"## What the data say\n\n{said}\n\n{_TABLE}" + "\n".join(map(_row, rows)) + f"\n\n{told}"


def _inputs(found: Estimated) -> str:
    rows = "\n".join(_row(t) for t in identifiability(found.printed) if t.role == "input")
    said = paragraphs(
        """Estimated beside the parameters and kept apart from them: intensities of closures (share of a region, or
        factor on the stated shape) and shifts of final demand, tied to the published totals and, in the car-tax months,
        to vehicles."""
    )
    return f"## Inputs of the episodes\n\n{said}\n\n{_TABLE}{rows}"


def _methods(found: Estimated) -> str:
    p = len(structural(found.past))
    rows = []
    for i, name in enumerate(found.best.problem.names[:p]):
        cells = " | ".join(f"{m.mean[i]:+.2f} ({m.sd[i]:.2f})" for m in (found.best, found.ensembles, found.sample))
        rows.append(f"| {name} | {cells} | {found.ensembles.spread[i]:.2f} |")
    apart = np.abs(found.ensembles.mean - found.best.mean) / found.best.sd
    second = np.abs(found.sample.mean - found.best.mean) / found.best.sd
    counts = ", ".join(f"{m.method} {m.evaluations:,}" for m in (found.best, found.ensembles, found.sample))
    said = paragraphs(
        f"""Mean (standard deviation) in the coordinate in which the prior is 0 (1), not widened. Least squares with
        the normal around the optimum; three independent ensembles with several assimilations, from the prior; a sample
        tempered from the prior, which knows nothing of the other two and assumes no shape. Runs of all episodes:
        {counts}. Means of the ensembles lie {np.median(apart):.2f} standard deviations from the optimum in the median
        (at most {apart.max():.2f}), those of the sample {np.median(second):.2f} (at most {second.max():.2f}). Last
        column: standard deviation of the ensembles' means over the posterior's."""
    )
    head = "| parameter | least squares | ensembles | tempered | ensembles differ |\n| --- | --- | --- | --- | --- |\n"
    return f"## Three methods\n\n{said}\n\n{head}" + "\n".join(rows)


def _fit(found: Estimated) -> str:
    rows = "\n".join(
        f"| {run} | {f['cells']} | {f['squared_whitened']:.0f} | {f['raw_pp']:.1f} |"
        for run, f in found.fit.items()
        if run != "all"
    )
    said = paragraphs(
        """Pattern over divisions, inputs left out. Whitened: in units of the errors assumed, near the number of cells
        if those are right; raw: root mean square of model less published, pp."""
    )
    head = "| run | cells | squared whitened residual | raw, pp |\n| --- | --- | --- | --- |\n"
    return f"## Fit\n\n{said}\n\n{head}{rows}"


def _worst(found: Estimated) -> str:
    problem = found.best.problem
    whole = problem.residuals(found.best.mean[None])[0]
    said = problem.forward(problem.natural(found.best.mean[None]))[0]
    rows = [
        f"| {problem.labels[i]} | {problem.observed[i]:.1f} | {said[i]:.1f} | {whole[i]:+.1f} |"
        for i in np.argsort(-np.abs(whole))[:12]
    ]
    table = "\n".join(rows)
    return f"""The twelve largest residuals:

| figure | published, % | model, % | whitened |
| --- | --- | --- | --- |
{table}"""


def _limits(found: Estimated) -> str:
    return """## How to read it

- The economy of 2022 volumes stands for 2020 too; only proportions matter.
- Before 2020 the record holds one print of division growth, May 2019; its pattern is the reference of 2020.
- Demand that governments added in 2020 (vehicles, machinery in May) is in the residuals, not in the model.
- A sensitivity is what a division lost where areas were closed, whatever the reason: people away, inputs outside the
  table, rules. Sensitivities of services and agriculture are assumptions, no monthly figure is published.
- `model.ordered_beyond` near 1: suppliers of closed firms lost less than the chain says if firms stop ordering when
  they stop; they went on buying, and stocks took it."""
