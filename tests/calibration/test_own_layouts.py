"""Tables of many regions in the layouts of their publishers, named in a recipe, become calibrations."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from simcore.errors import ScenarioError
from simcore.fitting.calibrate import calibrate
from simcore.fitting.own.build import build_own

_FILE = Path(__file__).parents[1] / "economy" / "test_layouts.py"
_SPEC = importlib.util.spec_from_file_location("layouts_in_small", _FILE)
small = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(small)

RECIPE = """schema: simcore/calibration@1
kind: table
name: world
title: A small world
version: 1
vintage: 2022-11-22
year: {year}
table: {{kind: {kind}, unit: {unit}, file: sources/{file}}}
industry: all
baseline: {{kind: flat, end: {end}-12}}
{more}
"""


def recipe_in(folder, made, kind="published", year=2014, unit="mn USD", more="labour_share: 50 %", **kinds):
    place = folder / "world"
    (place / "sources").mkdir(parents=True)
    file = made(place / "sources").name
    text = RECIPE.format(kind=kind, year=year, unit=unit, file=file, end=year + 1, more=more, **kinds)
    (place / "recipe.yaml").write_text(text.replace("industry: all", "industry: [all]"), encoding="utf-8")
    return place


def check(economy, x=small.X, scale=1e-3):
    assert economy.x == pytest.approx(scale * x, rel=1e-9)
    supply = economy.Z.sum(axis=1) + economy.Y.sum(axis=1) + economy.stock_change
    assert supply == pytest.approx(economy.x, rel=1e-9)
    cost = economy.use_domestic.sum(axis=0) + economy.use_imported.sum(axis=0) + economy.value_added.sum(axis=0)
    assert cost == pytest.approx(economy.x, rel=1e-9)


def icio_2014(folder):
    return small.icio(folder, 2014)


def saved_by_pymrio(folder):
    return small.pymrio_folder(folder / "saved")


@pytest.mark.parametrize("made", [icio_2014, small.wiod_matrix, small.wiod_wide, saved_by_pymrio])
def test_icio_wiod_and_pymrio_folders_become_calibrations(tmp_path, made):
    economy = build_own(recipe_in(tmp_path, made)).economy
    check(economy)
    assert economy.unit == "bn USD" and economy.regions.codes == small.COUNTRIES
    assert economy.value_added_names[:2] == ("compensation", "operating_surplus")
    assert economy.is_industry.all()


def test_a_table_of_chinese_provinces_in_the_ceads_layout_becomes_a_calibration(tmp_path):
    economy = build_own(recipe_in(tmp_path, small.ceads, year=2017, unit="mn CNY", more="")).economy
    check(economy, small.RNG_CEADS["x"])
    assert economy.use_imported.sum() == pytest.approx(1e-3 * small.RNG_CEADS["imports"].sum())


def test_a_file_of_another_year_than_the_recipe_says_is_refused(tmp_path):
    folder = recipe_in(tmp_path, small.icio, year=2014)
    with pytest.raises(ScenarioError, match=r"SC508.*the table says that it is of 2018, not of 2014"):
        build_own(folder)


def test_a_file_in_another_unit_than_the_recipe_says_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match=r"SC507.*the table says that it is in mn USD \(mn USD\), not in bn USD"):
        build_own(recipe_in(tmp_path, icio_2014, unit="bn USD"))


def test_a_world_table_is_written_and_runs_in_full_form(tmp_path, monkeypatch):
    from simcore.run import run_file

    calibrate(recipe_in(tmp_path / "calibration", icio_2014))
    (tmp_path / "quake.yaml").write_text(
        "schema: simcore/scenario@1\nid: quake\ncalibration: world@1\n"
        "time: {step: month, start: 2015-01, end: 2015-04}\n"
        "shocks:\n  quake: {kind: capacity_loss, target: {sector: {any: [01T02]}, region: {any: [AUS]}}, loss: 50 %,\n"
        "          profile: {kind: pulse, start: 2015-02, end: 2015-03}}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    result = run_file("quake.yaml", draws=0)
    assert result.series("iva_level_effect")[1] < -1.0


def test_exiobase_as_pymrio_parses_it_becomes_a_calibration(tmp_path):
    """EXIOBASE 3 is published as a folder with pymrio's own parameters; this one is small and made so."""
    pytest.importorskip("pymrio")
    economy = build_own(recipe_in(tmp_path, _exiobase, kind="exiobase3", unit="mn EUR", year=2019)).economy
    check(economy)
    assert economy.unit == "bn EUR" and economy.regions.codes == ("AU", "ROW")  # pymrio's correction of names


def _exiobase(folder):
    import pandas as pd
    import pymrio

    place = folder / "IOT_2019_ixi"
    makers = pd.MultiIndex.from_product([small.COUNTRIES, ("food", "steel")], names=["region", "sector"])
    users = pd.MultiIndex.from_product([small.COUNTRIES, small.WIOD_NAMES], names=["region", "category"])
    paid = pd.DataFrame([small.TAXES, small.VALUE_ADDED], ["taxes_on_products", "value_added"], makers)
    paid.index.name = "stressor"
    system = pymrio.IOSystem(
        Z=pd.DataFrame(small.Z, makers, makers),
        Y=pd.DataFrame(small.Y, makers, users),
        x=pd.DataFrame({"indout": small.X}, makers),
        unit=pd.DataFrame({"unit": ["M.EUR"] * 4}, makers),
        factor_inputs={"name": "factor_inputs", "F": paid, "unit": pd.DataFrame({"unit": ["M.EUR"] * 2}, paid.index)},
    )
    system.save_all(place)
    return place


def test_eora_as_pymrio_parses_it_becomes_a_calibration(tmp_path):
    """The file names and label columns of Eora 26 as pymrio's parser reads them."""
    pytest.importorskip("pymrio")
    economy = build_own(recipe_in(tmp_path, _eora, kind="eora26", unit="k USD")).economy
    check(economy, scale=1e-6)
    assert economy.regions.codes == ("AUS", "BEL")
    spent = {name: small.Y[:, [u, u + 5]].sum() for u, (name, _) in enumerate(EORA_USES)}
    for category in ("households", "government", "investment"):
        wanted = sum(spent[name] for name, known in EORA_USES if known == category)
        assert 1e6 * economy.final_domestic[:, economy.users(category)].sum() == pytest.approx(wanted)


EORA_USES = (
    ("Household final consumption P.3h", "households"),
    ("Non-profit institutions serving households P.3n", "households"),
    ("Government final consumption P.3g", "government"),
    ("Gross fixed capital formation P.51", "investment"),
    ("Changes in inventories P.52", "inventories"),
)


def _eora(folder):
    place = folder / "eora"
    place.mkdir()

    def table(name, values):
        np.savetxt(place / f"Eora26_2014_bp_{name}.txt", values, delimiter="\t")

    def labels(name, rows):
        (place / f"labels_{name}.txt").write_text("".join("\t".join(row) + "\t\n" for row in rows))

    table("T", small.Z)
    table("FD", small.Y)
    table("VA", np.vstack([small.TAXES, small.VALUE_ADDED]))
    table("Q", np.ones((1, 4)))
    table("QY", np.ones((1, 10)))
    countries = (("Austr", "AUS"), ("Belgi", "BEL"))
    labels("T", [(name, code, "Industries", s) for name, code in countries for s in ("Agriculture", "Steel")])
    labels("FD", [(name, code, "Final demand", u) for name, code in countries for u, _ in EORA_USES])
    labels("VA", [("Primary inputs", "Taxes"), ("Primary inputs", "Rest")])
    labels("Q", [("Energy (TJ)", "coal")])
    return place
