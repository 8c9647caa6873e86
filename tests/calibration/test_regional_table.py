"""A table of regions that a user has takes the place of the estimate: written from the economy, it gives it back."""

import csv
import shutil

import numpy as np
import pytest

from simcore.economy import CATEGORIES
from simcore.errors import ScenarioError, TableError
from simcore.fitting.calibrate import assemble, work_through
from simcore.fitting.recipe import load_recipe

COMPONENTS = ("compensation", "net_taxes", "depreciation", "operating_surplus")
USES = {"rural": "households", "government": "government", "fixed capital formation": "investment"}


def places(economy, member):
    """(sectors of the table x regions, n) 1 where an activity belongs to one; provinces outermost."""
    rows = [(economy.region == r) * member[s][economy.sector] for r in range(economy.R) for s in range(len(member))]
    return np.array(rows, dtype=float)


def write_ceads(path, economy, member, codes):
    """The economy as a provincial table in the layout of CEADS; sectors are those of ``member`` (S, K)."""
    inside, S, R = places(economy, member), len(member), economy.R
    names = economy.regions.names_en
    flows = inside @ economy.Z @ inside.T
    final, heads = [], []
    stock = inside @ economy.stock_change
    for r, name in enumerate(names):
        here = np.repeat(np.arange(R) == r, S)
        for word, category in USES.items():
            users = (economy.user_category == CATEGORIES.index(category)) & (economy.user_region == r)
            final.append(inside @ economy.Y[:, users].sum(axis=1))
            heads.append((name, word, ""))
        final.append(np.where(here, stock, 0.0))
        heads.append((name, "inventories", ""))
    final.append(inside @ economy.Y[:, economy.users("exports")].sum(axis=1))
    heads.append(("", "Export", "EX"))
    producers = [(name, f"sector {c}", c) for name in names for c in codes]
    imports, added, x = (inside @ a for a in (economy.use_imported.sum(axis=0), economy.value_added.T, economy.x))
    blank = [0.0] * len(final)
    with path.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out).writerow
        write(["A provincial table"])
        columns = [*producers, *heads]
        for part in range(3):
            shown = [c[part] for c in columns]
            if part == 0:
                shown = ["" if i and name == columns[i - 1][0] else name for i, name in enumerate(shown)]
            write(["", "", "", *shown])
        for i, (province, name, code) in enumerate(producers):
            write([province if i % S == 0 else "", name, code, *flows[i], *(column[i] for column in final)])
        write(["", "Import", "IM", *imports, *blank])
        for v in range(4):
            write(["", COMPONENTS[v], f"VA00{v + 1}", *added[:, v], *blank])
        write(["", "Total input", "TI", *x, *blank])


@pytest.fixture
def own(folder, tmp_path):
    """A folder that extends the shipped recipe and reads its own table of regions."""

    def make(table: str, block: str = ""):
        target = tmp_path / "mine"
        target.mkdir(exist_ok=True)
        base = tmp_path / "china-2022"
        if not base.exists():
            shutil.copytree(folder, base, ignore=shutil.ignore_patterns("*.npz", "*.json", "*.md"))
        (target / "recipe.yaml").write_text(
            f"extends: ../china-2022\nname: mine\nregional:\n  method: table\n  alternatives: [gravity, flq]\n{block}"
            f"  table: {{layout: ceads, path: {table}, list: mine}}\n",
            encoding="utf-8",
        )
        return target

    return make


def concordance(target, rows):
    with (target / "concordance.csv").open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out).writerow
        write(["dimension", "list", "code", "name_en", "name_zh", "stands_for"])
        for code, stands_for in rows:
            write(["sector", "mine", code, f"sector {code}", "", stands_for])


def one_to_one(china, target):
    codes = [str(k + 1) for k in range(china.K)]
    concordance(target, list(zip(codes, china.sectors.codes, strict=True)))
    write_ceads(target / "table_2022.csv", china, np.eye(china.K), codes)


def test_a_table_of_the_economy_itself_gives_the_economy_back(china, own):
    target = own("table_2022.csv")
    one_to_one(china, target)
    steps = work_through(target)
    found = assemble(steps, {})
    np.testing.assert_allclose(found.x, china.x, rtol=1e-9)
    np.testing.assert_allclose(found.use_domestic, china.use_domestic, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found.final_domestic, china.final_domestic, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.origin, china.origin, atol=1e-7)
    assert steps.regional.balance["table"].iterations <= 5
    assert set(found.alternatives) == {"gravity", "flq"}
    hashes = steps.figures.hashes()
    assert {"table_2022.csv", "concordance.csv", "china-2022/recipe.yaml", "recipe.yaml"} <= set(hashes)


def test_a_table_of_42_sectors_gives_its_own_shares_to_each_of_ours(china, folder, own):
    with (folder / "concordance.csv").open(encoding="utf-8", newline="") as lines:
        rows = [r for r in csv.DictReader(lines) if r["list"] == "the table of 42 sectors"]
    target = own("table_2022.csv")
    concordance(target, [(r["code"], r["stands_for"]) for r in rows])
    member = np.array([[c in r["stands_for"].split() for c in china.sectors.codes] for r in rows], dtype=float)
    write_ceads(target / "table_2022.csv", china, member, [str(int(r["code"])) for r in rows])
    steps = work_through(target)
    share = steps.regional.output_share
    vehicles, ships = (steps.sectors.index(code) for code in ("C36a", "C37"))
    np.testing.assert_allclose(share[vehicles], share[ships], rtol=1e-12)
    output = np.bincount(china.region + 4 * np.isin(china.sector, np.flatnonzero(member[17])), china.x)[4:]
    np.testing.assert_allclose(share[vehicles], output / output.sum(), rtol=1e-9)
    table = steps.scaled.table
    bought = steps.regional.balance["table"].flows.sum(axis=(1, 2)) + steps.regional.exports.sum(axis=1)
    np.testing.assert_allclose(bought, table.x - table.stock_change, rtol=1e-9)  # the nation's, whatever the table says


def test_the_range_of_regional_results_is_that_around_the_table(china, own):
    target = own("table_2022.csv")
    one_to_one(china, target)
    found = assemble(work_through(target), {})
    assert np.abs(found.with_origin("flq").origin - found.origin).max() > 0.01


def test_a_table_without_one_of_our_regions_or_sectors_is_refused_by_name(china, own):
    target = own("table_2022.csv", "")
    one_to_one(china, target)
    recipe = target / "recipe.yaml"
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("list: mine", "list: mine, regions: {west: [Far West]}"), encoding="utf-8")
    with pytest.raises(TableError, match="no region of the table is our 'west'"):
        work_through(target)
    recipe.write_text(text.replace("list: mine", "list: other"), encoding="utf-8")
    with pytest.raises(TableError, match="has no list 'other'"):
        work_through(target)
    recipe.write_text(text, encoding="utf-8")
    concordance(target, [(str(k + 1), c) for k, c in enumerate(china.sectors.codes) if c != "C38"])
    with pytest.raises(TableError, match="nothing stands for C38"):
        work_through(target)


def test_a_file_of_another_layout_than_stated_or_none_is_refused(china, own):
    target = own("table_2022.csv")
    with pytest.raises(TableError, match=r"table_2022\.csv does not exist"):
        work_through(target)
    one_to_one(china, target)
    recipe = target / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("ceads", "wiod"), encoding="utf-8")
    with pytest.raises(TableError, match="has not the layout 'wiod'"):
        work_through(target)


def test_a_method_without_what_it_needs_is_refused(own):
    target = own("table.csv")
    recipe = target / "recipe.yaml"
    recipe.write_text("extends: ../china-2022\nregional: {method: table}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="method 'table' needs 'table'"):
        load_recipe(target)
    recipe.write_text("extends: ../china-2022\nregional: {method: flq}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="name each method once"):
        load_recipe(target)
    recipe.write_text("extends: ../mine\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="leads back"):
        load_recipe(target)


@pytest.mark.parametrize("layout", ["pymrio", "exiobase"])
def test_folders_of_pymrio_and_exiobase_give_the_economy_back_too(china, own, layout):
    # EXIOBASE 3 is published in pymrio's own format; its parser renames countries on top.
    pytest.importorskip("pymrio")
    target = own("folder")
    recipe = target / "recipe.yaml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("ceads", layout), encoding="utf-8")
    io = china.to_pymrio()
    io.save_all(target / "folder")
    codes = list(dict.fromkeys(io.Z.index.get_level_values("sector")))
    concordance(target, [(code, code.partition("/")[0]) for code in codes])
    steps = work_through(target)
    found = assemble(steps, {})
    np.testing.assert_allclose(found.x, china.x, rtol=1e-9)
    np.testing.assert_allclose(found.origin, china.origin, atol=1e-7)


# ---- tables of the world: our regions and the rest of it, which sells us what we import and buys what we export

EORA_USES = {
    "households": "Household final consumption P.3h",
    "government": "Government final consumption P.3g",
    "investment": "Gross fixed capital formation P.51",
    "inventories": "Changes in inventories P.52",
}
ICIO_USES = {"households": "HFCE", "government": "GGFC", "investment": "GFCF", "inventories": "INVNT"}
COUNTRIES = {"east": "EAS", "central": "CEN", "west": "WES", "northeast": "NOR"}


def world(economy):
    """Flows, final use, output and labels (country, sector) and (country, category) of the economy and the rest."""
    K, R, n = economy.K, economy.R, economy.n
    countries = [*(COUNTRIES[code] for code in economy.regions.codes), "ROW1"]
    sectors = [f"{economy.sectors.codes[s]}/{o}" for s, o in zip(economy.sector, economy.ownership, strict=True)]
    makers = [(countries[r], s) for r, s in zip(economy.region, sectors, strict=True)]
    makers += [("ROW1", f"{code}/0") for code in economy.sectors.codes]
    users = [(country, category) for country in countries for category in ICIO_USES]
    Z, Y = np.zeros((n + K, n + K)), np.zeros((n + K, len(users)))
    Z[:n, :n], Z[n:, :n] = economy.Z, economy.use_imported
    for f in range(economy.F):
        category, region = CATEGORIES[economy.user_category[f]], economy.user_region[f]
        place = ("ROW1", "households") if region < 0 else (countries[region], category)
        at = users.index(place)
        Y[:n, at] += economy.Y[:, f]
        Y[n:, at] += economy.final_imported[:, f]
    for r in range(R):
        here = economy.region == r
        Y[:n][here, users.index((countries[r], "inventories"))] += economy.stock_change[here]
    return makers, users, Z, Y, Z.sum(axis=1) + Y.sum(axis=1)


def write_eora(folder, economy):
    makers, users, Z, Y, x = world(economy)
    folder.mkdir()

    def table(name, values):
        np.savetxt(folder / f"Eora26_2017_bp_{name}.txt", values, delimiter="\t", fmt="%.17g")

    def labels(name, rows):
        (folder / f"labels_{name}.txt").write_text("".join("\t".join(row) + "\t\n" for row in rows), encoding="utf-8")

    table("T", Z)
    table("FD", Y)
    table("VA", (x - Z.sum(axis=0))[None])
    table("Q", np.ones((1, len(Z))))
    table("QY", np.ones((1, len(users))))
    labels("T", [(c, c, "Industries", s) for c, s in makers])
    labels("FD", [(c, c, "Final demand", EORA_USES[u]) for c, u in users])
    labels("VA", [("Primary inputs", "All")])
    labels("Q", [("Energy (TJ)", "coal")])


def write_icio(folder, economy):
    makers, users, Z, Y, x = world(economy)
    folder.mkdir()
    names, zeros = [f"{c}_{s}" for c, s in makers], ["0"] * (len(users) + 1)
    with (folder / "ICIO_2017.csv").open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out).writerow
        write(["V1", *names, *(f"{c}_{ICIO_USES[u]}" for c, u in users), "OUT"])
        for i, name in enumerate(names):
            write([name, *map(repr, Z[i].tolist()), *map(repr, Y[i].tolist()), repr(float(x[i]))])
        write(["TLS", *["0"] * len(names), *zeros])
        write(["VA", *map(repr, (x - Z.sum(axis=0)).tolist()), *zeros])
        write(["OUT", *map(repr, x.tolist()), *zeros])


@pytest.mark.parametrize(("layout", "write"), [("eora26", write_eora), ("icio", write_icio)])
def test_world_tables_of_eora_and_oecd_give_the_economy_back_through_its_calibration(china, own, layout, write):
    more = ", year: 2017" if layout == "eora26" else ""
    if layout == "eora26":
        pytest.importorskip("pymrio")
    target = own("folder")
    recipe = target / "recipe.yaml"
    regions = ", ".join(f"{code}: [{country}]" for code, country in COUNTRIES.items())
    text = recipe.read_text(encoding="utf-8").replace("layout: ceads", f"layout: {layout}{more}")
    recipe.write_text(text.replace("list: mine", f"list: mine, regions: {{{regions}}}"), encoding="utf-8")
    write(target / "folder", china)
    codes = dict.fromkeys(sector for _, sector in world(china)[0])
    concordance(target, [(code, code.partition("/")[0]) for code in codes])
    found = assemble(work_through(target), {})
    np.testing.assert_allclose(found.x, china.x, rtol=1e-9)
    np.testing.assert_allclose(found.final_domestic, china.final_domestic, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.origin, china.origin, atol=1e-7)


def test_a_folder_of_eora_needs_its_year_and_its_files(china, own):
    target = own("folder")
    recipe = target / "recipe.yaml"
    text = recipe.read_text(encoding="utf-8").replace("layout: ceads", "layout: eora26")
    recipe.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"eora26 needs the 'year' that its files name"):
        load_recipe(target)
    pytest.importorskip("pymrio")
    recipe.write_text(text.replace("eora26", "eora26, year: 2017"), encoding="utf-8")
    (target / "folder").mkdir()
    with pytest.raises(TableError, match="pymrio cannot parse 'folder' as eora26"):
        work_through(target)


def test_shipments_of_a_source_stand_for_a_product_a_group_or_all(china, own):
    target = own("none.csv")
    recipe = "extends: ../china-2022\nname: mine\nregional:\n  method: chenery_moses\n  shipments: seen\n"
    (target / "recipe.yaml").write_text(recipe, encoding="utf-8")
    (target / "sources").mkdir()
    names = china.regions.codes
    rows = [("C36", r, p, 1.0 + 9.0 * (r == p)) for r in names for p in names]
    lines = ["product,origin,destination,value", *(f"{k},{r},{p},{v}" for k, r, p, v in rows)]
    (target / "sources" / "seen.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    regional = work_through(target).regional
    own_share = regional.balance["chenery_moses"].own_prior
    for code in ("C36a", "C36b"):
        np.testing.assert_allclose(own_share[china.sectors.index(code)], 10.0 / 13.0, rtol=1e-12)
    assert set(regional.markets.shipments) == {"C36a", "C36b"}
    assert regional.default == "chenery_moses"
    (target / "sources" / "seen.csv").write_text("\n".join([*lines, "C36,east,west,-1"]) + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"seen\.csv: C36 from east to west is -1"):
        work_through(target)
