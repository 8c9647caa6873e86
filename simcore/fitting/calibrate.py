"""From a folder with a recipe and sources to the built economy beside them, the same every time."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..economy import ABROAD, CATEGORIES, Codes, Economy
from ..economy.baseline import Baseline
from ..economy.store import ALTERNATIVE, Spread, load_economy, save_economy
from .baseline import build
from .baseline_report import write_report
from .figures import COMPONENTS, FINAL, Figures, Table, read_sectors, read_table
from .growth import Growth, measure_growth
from .owner_exports import OwnerExports, estimate_owner_exports
from .ownership import CLASSES, Owners, estimate_owners
from .prices import PriceIndex, price_index
from .recipe import BaselineRecipe, Recipe, lineage, load_recipe
from .regions import Regional, regionalise
from .scale import Scaled, scale_volumes
from .stocks import Store, measure_stocks
from .swap import write_whole

TOLERANCE = 1e-10  # relative: what two builds of one recipe may differ by, on any machine
META_TOLERANCE = 1e-5  # meta is printed with six digits
REPORT, BASELINE_REPORT = "check.md", "baseline.md"


class Calibration(NamedTuple):
    """Every step of one build, from the table as published to the economy without its meta."""

    recipe: Recipe
    figures: Figures
    sectors: Codes
    published: Table
    growth: Growth
    scaled: Scaled
    prices: PriceIndex
    regional: Regional
    owners: Owners
    exporters: OwnerExports
    store: Store


def calibrate(folder: str | Path, out: str | Path | None = None, warn: Callable[[str], None] | None = None) -> Path:
    """Build the economy of a calibration from its recipe and sources.

    Parameters
    ----------
    folder : path
        Holds ``recipe.yaml`` and ``sources/*.csv``.
    out : path, optional
        Where ``economy.npz``, ``meta.json``, ``codes.json`` and ``check.md`` go; by default the same folder. What lies
        there stays as it is until everything is built, and if anything fails.
    warn : function of a text, optional
        Told what does not stop the build.

    Returns
    -------
    Path
        The folder written.

    Raises
    ------
    ScenarioError
        If the recipe has problems; all are listed.
    TableError
        If a source is missing, is labelled otherwise, or cannot be balanced.
    """
    from .facts import describe
    from .own.reading import is_own
    from .report import check_report

    target = Path(out) if out is not None else Path(folder)
    if is_own(folder):
        return _calibrate_own(Path(folder), target, warn)
    steps = work_through(folder)
    economy = assemble(steps, describe(steps))
    sources, wanted = steps.figures.place("iva_total").parent, steps.recipe.baseline

    def write(place: Path) -> None:
        save_economy(economy, place, _parts(steps))
        (place / REPORT).write_text(check_report(economy, steps), encoding="utf-8", newline="\n")
        for name, options in baselines(wanted).items():
            build(sources, options).save(place / name)
        if sources.parent == steps.figures.folder.parent:  # one that extends another has the baseline described there
            write_report(sources, wanted.options, place / BASELINE_REPORT)

    write_whole(target, write)
    return target


def _calibrate_own(folder: Path, target: Path, warn: Callable[[str], None] | None) -> Path:
    """The same from a recipe of one's own table."""
    from .own.build import build_own
    from .own.report import check_report

    built = build_own(folder)
    for problem in built.opened.problems.warnings if warn is not None else ():
        warn(str(problem))  # type: ignore[misc]

    def write(place: Path) -> None:
        save_economy(built.economy, place)
        built.baseline.save(place / "baseline.npz")
        (place / REPORT).write_text(check_report(built), encoding="utf-8", newline="\n")

    write_whole(target, write)
    return target


def baselines(recipe: BaselineRecipe) -> dict[str, dict[str, Any]]:
    """File name and options of every baseline: the newest, and one for each earlier origin."""
    earlier = {f"baseline-{origin}.npz": {**recipe.options, "origin": origin} for origin in recipe.hindcast_origins}
    return {"baseline.npz": recipe.options} | earlier


def compare(folder: str | Path) -> list[str]:
    """What a fresh build changes against the committed economy; empty when nothing.

    Arrays may differ by rounding (1e-10 of the largest entry), figures in ``meta`` in their last printed
    digit.
    """
    from .own.reading import is_own

    shipped = load_economy(folder)
    names = ["baseline.npz"] if is_own(folder) else list(baselines(load_recipe(folder).baseline))
    old = {name: Baseline.load(Path(folder) / name) for name in names}
    with tempfile.TemporaryDirectory() as place:
        built = load_economy(calibrate(folder, place))
        new = {name: Baseline.load(Path(place) / name) for name in names}
    differences = [f"{name}: differs" for name in names if not _alike(old[name], new[name])]
    arrays, others = _arrays(shipped), _arrays(built)
    for name in sorted(set(arrays) | set(others)):
        if name not in arrays or name not in others or arrays[name].shape != others[name].shape:
            differences.append(f"{name}: not of the same shape, or in one economy only")
            continue
        gap = _gap(arrays[name], others[name])
        if not gap <= TOLERANCE:
            differences.append(f"{name}: differs by {gap:.3g} of its largest entry")
    for name in (
        "sectors",
        "regions",
        "ownerships",
        "pools",
        "value_added_names",
        "unit",
        "version",
        "base_year",
    ):
        if getattr(shipped, name) != getattr(built, name):
            differences.append(f"{name}: differs")
    old_meta, new_meta = dict(shipped.meta), dict(built.meta)
    changed = changed_inputs(old_meta.pop("input_hashes", {}), new_meta.pop("input_hashes", {}))
    return changed + differences + _differences("meta", old_meta, new_meta)


def changed_inputs(then: dict[str, str], now: dict[str, str]) -> list[str]:
    """Which source, or the recipe, is another one than the calibration was built from."""
    found = []
    for name in sorted(set(then) | set(now)):
        if name not in now:
            found.append(f"{name}: was a source when the calibration was built, and is none now")
        elif name not in then:
            found.append(f"{name}: is a source now, and was none when the calibration was built")
        elif then[name] != now[name]:
            digests = f"SHA-256 {then[name][:12]}... then, {now[name][:12]}... now"
            found.append(f"{name}: has changed since the calibration was built ({digests})")
    return found


def _alike(one: Baseline, other: Baseline) -> bool:
    if (one.months, one.last_observed, one.sectors) != (other.months, other.last_observed, other.sectors):
        return False
    arrays = {name: value for name, value in vars(one).items() if isinstance(value, np.ndarray)}
    return all(_gap(np.asarray(a, float), np.asarray(getattr(other, n), float)) <= TOLERANCE for n, a in arrays.items())


def _arrays(economy: Economy) -> dict[str, np.ndarray]:
    own = {name: value for name, value in vars(economy).items() if isinstance(value, np.ndarray)}
    fields = {name: value for name, value in own.items() if name in Economy.__dataclass_fields__}
    return fields | {f"alternatives.{name}": array for name, array in economy.alternatives.items()}


def _gap(one: np.ndarray, other: np.ndarray) -> float:
    if not (np.isnan(one) == np.isnan(other)).all():
        return np.inf
    if np.isnan(one).all():  # nothing is known in either
        return 0.0
    scale = np.nanmax(np.abs(one), initial=0.0)
    return float(np.nanmax(np.abs(one - other), initial=0.0) / scale) if scale > 0 else float(np.abs(other).max())


def _differences(place: str, one: Any, other: Any) -> list[str]:
    """Paths at which two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        lost = [f"{place}.{key}: in one economy only" for key in sorted(set(one) ^ set(other))]
        return lost + [d for key in one if key in other for d in _differences(f"{place}.{key}", one[key], other[key])]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, (a, b) in enumerate(zip(one, other, strict=True)) for d in _differences(f"{place}[{i}]", a, b)]
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        same = abs(one - other) <= META_TOLERANCE * max(abs(one), abs(other), 1e-3)
        return [] if same else [f"{place}: {one} is now {other}"]
    return [] if one == other else [f"{place}: {json.dumps(one)[:60]} is now {json.dumps(other)[:60]}"]


def work_through(folder: str | Path) -> Calibration:
    """All steps of a build, nothing written; for reports and tests."""
    recipe = load_recipe(folder)
    figures = Figures(folder, lineage(folder)[1:])
    sectors = read_sectors(figures)
    published = read_table(figures, sectors)
    value_added = published.value_added.sum(axis=0)
    growth = measure_growth(figures, sectors, value_added)
    scaled = scale_volumes(published, growth, recipe.scaling.tolerance)
    regional = regionalise(figures, sectors, scaled.table, recipe)
    owners = estimate_owners(figures, sectors, scaled.table.value_added.sum(axis=0), recipe.ownership)
    return Calibration(
        recipe=recipe,
        figures=figures,
        sectors=sectors,
        published=published,
        growth=growth,
        scaled=scaled,
        prices=price_index(figures, sectors, value_added, recipe.prices),
        regional=regional,
        owners=owners,
        exporters=estimate_owner_exports(regional, owners.share, recipe.ownership.exports),
        store=measure_stocks(figures, sectors, scaled.table, recipe.stocks),
    )


def assemble(steps: Calibration, meta: dict[str, Any]) -> Economy:
    """The economy: national figures spread over regions and owners; every national total stays.

    Technology is the same everywhere within a sector, owners' shares in its output are the same in every region. What
    buyers at home get comes from owners in the same shares for all of them; what goes abroad in others. Activities
    without output are left out.
    """
    table, regional = steps.scaled.table, steps.regional
    sector, region, ownership, share, owner = _activities(steps)
    R = len(steps.recipe.regions.codes)
    return Economy(
        name=steps.recipe.name,
        version=steps.recipe.version,
        unit=steps.recipe.unit,
        base_year=steps.recipe.base_year,
        price_year=steps.recipe.price_year,
        sectors=steps.sectors,
        regions=steps.recipe.regions.as_codes(),
        ownerships=steps.recipe.ownerships.as_codes(),
        sector=sector,
        region=region,
        ownership=ownership,
        pools=(*steps.recipe.regions.as_codes().codes, "abroad"),
        pool=region,
        x=table.x[sector] * share,
        use_domestic=table.use_domestic[:, sector] * share,
        use_imported=table.use_imported[:, sector] * share,
        origin=_origin(regional.trade[regional.default], sector, region, owner),
        stock_change=table.stock_change[sector] * share,
        value_added=table.value_added[:, sector] * share,
        value_added_names=COMPONENTS,
        employment=steps.store.employment[sector] * share,
        cover=steps.store.cover[:, sector],
        headroom=steps.store.headroom[sector],
        criticality=steps.store.criticality[:, sector],
        price_index=steps.prices.level,
        meta=meta,
        alternatives={
            method: _origin(trade, sector, region, owner)
            for method, trade in regional.trade.items()
            if method != regional.default
        },
        **_users(table, regional, R),
    )


def _activities(steps: Calibration) -> tuple[np.ndarray, ...]:
    """Coordinates of every activity with output, its share in its sector, its owner's (home, abroad) in its region."""
    codes = steps.recipe.ownerships.as_codes()
    inside = [codes.index(name) for name in CLASSES]
    outside = codes.index("unclassified")
    industry = set(steps.sectors.expand("industry"))
    rows = []
    for k, r in np.ndindex(steps.regional.output_share.shape):
        sold = steps.exporters.home[k, r], steps.exporters.abroad[k, r]
        owners = zip(inside, steps.owners.share[k], *sold, strict=True) if k in industry else [(outside, 1.0, 1.0, 1.0)]
        rows += [(k, r, o, steps.regional.output_share[k, r] * w, home, abroad) for o, w, home, abroad in owners]
    kept = [row for row in rows if row[3] * steps.scaled.table.x[row[0]] > 0]
    sector, region, ownership = (np.array([row[c] for row in kept]) for c in range(3))
    share, owner = np.array([row[3] for row in kept]), np.array([row[4:] for row in kept])
    return sector, region, ownership, share, owner


def _origin(trade: np.ndarray, sector: np.ndarray, region: np.ndarray, owner: np.ndarray) -> np.ndarray:
    return Spread(trade, owner).over(sector, region, 2)


def _parts(steps: Calibration) -> dict[str, Spread]:
    """Arrays as ``assemble`` makes them, from figures by sector (and region) and weights by activity."""
    table, store, (_, _, _, share, owner) = steps.scaled.table, steps.store, _activities(steps)
    by_sector = {
        "x": table.x, "use_domestic": table.use_domestic, "use_imported": table.use_imported,
        "stock_change": table.stock_change, "value_added": table.value_added, "employment": store.employment,
    }  # fmt: skip
    same = {"cover": store.cover, "criticality": store.criticality, "headroom": store.headroom}
    parts = {name: Spread(figure, share) for name, figure in by_sector.items()}
    parts |= {name: Spread(figure, np.ones_like(share)) for name, figure in same.items()}
    default = steps.regional.default
    return parts | {
        "origin" if method == default else ALTERNATIVE + method: Spread(trade, owner)
        for method, trade in steps.regional.trade.items()
    }


def _users(table: Table, regional: Regional, R: int) -> dict[str, np.ndarray]:
    """Final users: three categories and imported inventories by region, exports abroad."""
    at_home = [(name, r) for name in ("households", "government", "investment", "inventories") for r in range(R)]
    K = len(table.x)
    domestic, imported = np.zeros((K, len(at_home) + 1)), np.zeros((K, len(at_home) + 1))
    for u, (name, r) in enumerate(at_home):
        place = regional.use_share[name][:, r]
        if name == "inventories":  # domestic goods in stock lie with their producers: stock_change
            imported[:, u] = table.inventories_imported * place
        else:
            domestic[:, u] = table.final_domestic[:, FINAL.index(name)] * place
            imported[:, u] = table.final_imported[:, FINAL.index(name)] * place
    domestic[:, -1], imported[:, -1] = (
        f[:, FINAL.index("exports")] for f in (table.final_domestic, table.final_imported)
    )
    names = [*at_home, ("exports", ABROAD)]
    return {
        "user_category": np.array([CATEGORIES.index(name) for name, _ in names]),
        "user_region": np.array([r for _, r in names]),
        "user_pool": np.array([R if r == ABROAD else r for _, r in names]),
        "final_domestic": domestic,
        "final_imported": imported,
    }
