"""Published layouts: the same small world written in each of them is the same economy."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

from simcore import testing
from simcore.calendar import Calendar
from simcore.drivers import Drivers
from simcore.economy import ABROAD, CATEGORIES, Economy
from simcore.economy.audit import audit
from simcore.economy.layouts import with_labour_share
from simcore.economy.readers import read_raw, read_table
from simcore.errors import TableError
from simcore.models.inventory import Inventory
from simcore.models.leontief import Leontief

RNG = np.random.default_rng(5)
COUNTRIES, N = ("AUS", "ROW"), 4
Z = RNG.uniform(1.0, 20.0, (N, N))
Y = RNG.uniform(5.0, 30.0, (N, 10))  # five uses a country
Y[1, 4] = -2.0  # a fall of inventories
X = Z.sum(axis=1) + Y.sum(axis=1)
TAXES = 0.02 * X
VALUE_ADDED = X - Z.sum(axis=0) - TAXES


def write(path, rows, separator=","):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    return path


def numbers(row):
    return [repr(float(value)) for value in row]


def icio(folder, year=2018):
    makers = [f"{c}_{s}" for c in COUNTRIES for s in ("01T02", "10T12")]
    users = [f"{c}_{u}" for c in COUNTRIES for u in ("HFCE", "NPISH", "GGFC", "GFCF", "INVNT")]
    rows = [["V1", *makers, *users, "OUT"]]
    rows += [[m, *numbers(Z[i]), *numbers(Y[i]), repr(float(X[i]))] for i, m in enumerate(makers)]
    for name, values in (("TLS", TAXES), ("VA", VALUE_ADDED), ("OUT", X)):
        rows.append([name, *numbers(values), *["0"] * 11])
    return write(folder / f"{year}_SML.csv", rows)


WIOD_NAMES = (
    "Final consumption expenditure by households",
    "Final consumption expenditure by non-profit organisations serving households (NPISH)",
    "Final consumption expenditure by government",
    "Gross fixed capital formation",
    "Changes in inventories and valuables",
)
TOTALS = (("II_fob", "Total intermediate consumption", Z.sum(axis=0)),
          ("TXSP", "taxes less subsidies on products", TAXES),
          ("VA", "Value added at basic prices", VALUE_ADDED),
          ("GO", "Output at basic prices", X))  # fmt: skip


def wiod_rows(codes_known):
    """The cells of a workbook; the release of 2013 tells uses and totals by name only."""
    industries = [("A01", "Crops"), ("C10", "Food")]
    makers = [(code, name, c, f"c{k + 1}") for c in COUNTRIES for k, (code, name) in enumerate(industries)]
    codes = ("CONS_h", "CONS_np", "CONS_g", "GFCF", "INVEN") if codes_known else ("", "", "", "", "")
    users = [(codes[u], WIOD_NAMES[u], c, f"c{u + 3}") for c in COUNTRIES for u in range(5)]
    columns = [*makers, *users, ("GO" if codes_known else "", "Total output", "TOT", "c8")]
    rows = [["World Input-Output Table"], ["(millions of US$)"]]
    rows += [["", "", "", "", *(column[level] for column in columns)] for level in range(4)]
    for i, (code, name, country, number) in enumerate(makers):
        rows.append([code, name, country, number.replace("c", "r"), *numbers(Z[i]), *numbers(Y[i]), repr(float(X[i]))])
    for k, (code, name, values) in enumerate(TOTALS):
        rows.append([code if codes_known else "", name, "TOT", f"r{k + 60}", *numbers(values), *["0.0"] * 10, ""])
    return rows


def wiod_matrix(folder, codes_known=True):
    return write(folder / "WIOT2014_Nov16_ROW.csv", wiod_rows(codes_known))


def wiod_wide(folder):
    header = ["IndustryCode", "IndustryDescription", "Country", "RNr", "Year"]
    header += [f"v{c}{k}" for c in COUNTRIES for k in (1, 2)] + [f"v{c}{k}" for c in COUNTRIES for k in range(3, 8)]
    rows = [[*header, "TOT"]]
    for i, (country, k) in enumerate((c, k) for c in COUNTRIES for k in (1, 2)):
        code = ("A01", "C10")[k - 1]
        rows.append([code, "name", country, str(k), "2014", *numbers(Z[i]), *numbers(Y[i]), repr(float(X[i]))])
    for k, (code, name, values) in enumerate(TOTALS):
        rows.append([code, name, "TOT", str(k + 60), "2014", *numbers(values), *["0.0"] * 10, ""])
    return write(folder / "wiot.csv", rows)


def check_world(economy):
    """The small world, whatever file it came from."""
    assert np.allclose(economy.Z, Z, rtol=1e-12) and np.allclose(economy.x, X, rtol=1e-12)
    moved = np.where(Y < 0.0, Y, 0.0)
    assert np.allclose(economy.Y + economy.stock_change[:, None] * (moved < 0), Y, rtol=1e-12)
    assert economy.regions.codes == COUNTRIES and economy.K == 2 and economy.unit == "mn USD"
    assert np.allclose(economy.value_added.sum(axis=0), TAXES + VALUE_ADDED, rtol=1e-12)
    assert {"value_added", "taxes_on_products"} <= set(economy.value_added_names)
    kinds = [CATEGORIES[c] for c in economy.user_category]
    assert kinds == ["households", "households", "government", "investment", "inventories"] * 2
    assert economy.user_region.tolist() == [0] * 5 + [1] * 5
    assert not economy.use_imported.any()


@pytest.mark.parametrize("made", [icio, wiod_matrix, lambda folder: wiod_matrix(folder, codes_known=False), wiod_wide])
def test_one_world_in_every_layout_is_one_economy(tmp_path, made):
    file = made(tmp_path)
    economy = read_table(file)
    check_world(economy)
    assert economy.base_year in (2014, 2018)
    check_world(read_table(tmp_path))  # a folder with one such file
    report = audit(read_raw(file))
    assert report.ok, str(report)


def test_a_workbook_gives_what_its_csv_gives(tmp_path):
    import openpyxl

    book = openpyxl.Workbook()
    for row in wiod_rows(codes_known=True):
        book.active.append([float(cell) if _is_number(cell) else cell or None for cell in row])
    book.save(tmp_path / "WIOT2014_Nov16_ROW.xlsx")
    check_world(read_table(tmp_path / "WIOT2014_Nov16_ROW.xlsx"))


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_the_command_line_audits_a_folder_in_a_published_layout(tmp_path):
    icio(tmp_path)
    command = [sys.executable, "-m", "simcore", "audit", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 activities (2 sectors, 2 regions)" in done.stdout and "no problem found" in done.stdout


def test_two_tables_in_a_folder_are_not_guessed_between(tmp_path):
    icio(tmp_path), icio(tmp_path, 2019)
    with pytest.raises(TableError, match=r"holds 2 tables \(2018_SML.csv, 2019_SML.csv\); name the file"):
        read_table(tmp_path)


def test_parts_of_china_are_added_up(tmp_path):
    makers = ["CN1_01", "CN2_01", "USA_01"]
    flows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    final = [[10.0, 1.0], [20.0, 2.0], [3.0, 30.0]]
    rows = [["V1", *makers, "CHN_HFCE", "USA_HFCE"]]
    rows += [[m, *numbers(z), *numbers(y)] for m, z, y in zip(makers, flows, final, strict=True)]
    economy = read_table(write(tmp_path / "ICIO2021_2018.csv", rows))
    assert economy.activities == ("01|CHN|unclassified", "01|USA|unclassified")
    assert economy.Z.tolist() == [[12.0, 9.0], [15.0, 9.0]] and economy.Y.tolist() == [[30.0, 3.0], [3.0, 30.0]]
    assert economy.base_year == 2018


@pytest.mark.parametrize(
    ("made", "old", "new", "words"),
    [
        (icio, "AUS_GFCF", "AUSGFCF", "labels AUSGFCF are no COUNTRY_INDUSTRY"),
        (icio, "TLS,", "AUS_TAXSUB,", "only the layout of 2021 and later"),
        (icio, "\nAUS_10T12", "\nAUS_10T13", "rows and columns name different producers"),
        (icio, "\nVA,", "\nVA,x", "line 7"),
        (wiod_matrix, "GFCF", "OTHER", "neither an industry nor one of CONS_h"),
        (wiod_matrix, "Food,ROW", "Food,XXX", "no column for XXX 2"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(tmp_path, made, old, new, words):
    file = made(tmp_path)
    written = file.read_text(encoding="utf-8").replace("Gross fixed capital formation", "Something else")
    file.write_text(written.replace(old, new), encoding="utf-8")
    with pytest.raises(TableError, match=words):
        read_table(file)


# CEADS

PROVINCES = ("Beijing", "Hebei")


def ceads(folder):
    final = RNG_CEADS["final"]
    uses = ["Rural household consumption", "Urban household consumption", "Government consumption",
            "Gross fixed capital formation", "Change of inventories"]  # fmt: skip
    sectors = [("Agriculture", "01"), ("Coal", "02")]
    head = [["MRIO 2017"], ["", "", ""], ["", "", ""], ["", "", ""]]
    for province in PROVINCES:
        for k, (name, code) in enumerate(sectors):
            for row, cell in zip(head[1:], (province if k == 0 else "", name, code), strict=True):
                row.append(cell)
    for row, cell in zip(head[1:], ("", "Total intermediate use", "TIU"), strict=True):
        row.append(cell)
    for province in PROVINCES:
        for k, use in enumerate(uses):
            for row, cell in zip(head[1:], (province if k == 0 else "", use, ""), strict=True):
                row.append(cell)
    for name in ("Export", "Total final use", "Error", "Gross output"):
        for row, cell in zip(head[1:], ("", name, ""), strict=True):
            row.append(cell)
    rows = list(head)
    x, export, error = RNG_CEADS["x"], RNG_CEADS["export"], RNG_CEADS["error"]
    for i in range(4):
        name, code = sectors[i % 2]
        total = repr(float(final[i].sum() + export[i]))
        place = PROVINCES[i // 2] if i % 2 == 0 else ""
        after = [*numbers([export[i]]), total, *numbers([error[i], x[i]])]
        rows.append([place, name, code, *numbers([*Z[i], Z[i].sum(), *final[i]]), *after])
    rest = [""] * 4
    rows.append(["", "Import", "IM", *numbers(RNG_CEADS["imports"]), "", *numbers(RNG_CEADS["final_imports"]), *rest])
    for name, code, values in (
        ("Total intermediate inputs", "TII", Z.sum(axis=0) + RNG_CEADS["imports"]),
        *((n, c, v) for n, c, v in zip(("Wages", "Taxes", "Wear", "Profit"), ("VA001", "VA002", "VA003", "VA004"),
                                      RNG_CEADS["paid"], strict=True)),
        ("Total value added", "TVA", RNG_CEADS["paid"].sum(axis=0)),
        ("Total input", "TI", x),
    ):  # fmt: skip
        rows.append(["", name, code, *numbers(values), *[""] * 15])
    return write(folder / "MRIO_2017.csv", rows)


def _ceads_numbers():
    rng = np.random.default_rng(9)
    final, export = rng.uniform(5.0, 30.0, (4, 10)), rng.uniform(1.0, 9.0, 4)
    error = np.array([0.5, -0.25, 0.0, 1.0])
    x = Z.sum(axis=1) + final.sum(axis=1) + export + error
    imports = 0.05 * x
    left = x - Z.sum(axis=0) - imports
    paid, final_imports = left * np.array([[0.5], [0.1], [0.1], [0.3]]), rng.uniform(0.0, 2.0, 10)
    return dict(final=final, export=export, error=error, x=x, imports=imports, final_imports=final_imports, paid=paid)


RNG_CEADS = _ceads_numbers()


def test_a_provincial_table_keeps_exports_imports_and_its_error_apart(tmp_path):
    economy = read_table(ceads(tmp_path), unit="10^4 yuan")
    assert economy.regions.codes == PROVINCES and economy.sectors.codes == ("01", "02") and economy.base_year == 2017
    assert np.allclose(economy.Z, Z, rtol=1e-12) and np.allclose(economy.x, RNG_CEADS["x"], rtol=1e-12)
    assert economy.value_added_names == ("compensation", "net_taxes", "depreciation", "operating_surplus")
    assert np.allclose(economy.value_added, RNG_CEADS["paid"], rtol=1e-12)
    abroad = economy.user_region == ABROAD
    assert np.allclose(economy.Y[:, abroad].sum(axis=1), RNG_CEADS["export"], rtol=1e-12)
    assert np.allclose(economy.use_imported.sum(axis=0), RNG_CEADS["imports"], rtol=1e-12)
    assert np.allclose(economy.final_imported[:, :10].sum(axis=0), RNG_CEADS["final_imports"], rtol=1e-12)
    errors = economy.Y[:, 11:].sum(axis=1) + economy.stock_change
    assert np.allclose(errors, RNG_CEADS["error"], atol=1e-12)
    report = audit(economy)
    assert report.ok, str(report)
    calendar = Calendar.between("2022-01", "2022-03")
    paths = Inventory().simulate(economy, Drivers.calm(economy, calendar))
    assert np.allclose(paths.output, economy.x / 12.0, rtol=1e-12)


def test_a_column_that_is_not_understood_is_named(tmp_path):
    file = ceads(tmp_path)
    file.write_text(file.read_text(encoding="utf-8").replace(",Export,", ",Outflow,"), encoding="utf-8")
    with pytest.raises(TableError, match="column 19 'outflow' is not understood"):
        read_table(file)


# Labour income


def test_a_labour_share_splits_value_added_and_says_so(tmp_path):
    economy = with_labour_share(read_table(icio(tmp_path)), 0.6)
    assert np.allclose(economy.value_added[0], 0.6 * VALUE_ADDED) and economy.value_added_names[0] == "compensation"
    assert any("0.6 of value added" in told for told in economy.meta["assumptions"])
    calendar = Calendar.between("2022-01", "2022-02")
    more = Drivers.calm(economy, calendar).having(
        "a:d", "demand", np.ones(2), 0.01 * economy.final_domestic / calendar.per_year
    )
    assert (Leontief(households="closed").simulate(economy, more).output.sum(axis=1) > economy.x.sum() / 12).all()
    with pytest.raises(TableError, match="can be split"):
        with_labour_share(economy, 0.5)


# pymrio


class Frame:
    """As much of a data frame as is read: rows and columns with labels of levels."""

    def __init__(self, values, index, columns):
        self.values, self.index, self.columns = np.asarray(values), Axis(index), Axis(columns)

    def to_numpy(self):
        return self.values


class Axis(list):
    def tolist(self):
        return list(self)


class System:
    def __init__(self, **parts):
        self.__dict__.update(parts)


def system():
    makers = [(c, s) for c in COUNTRIES for s in ("food", "steel")]
    users = [(c, name) for c in COUNTRIES for name in WIOD_NAMES]
    F = Frame([TAXES, VALUE_ADDED], ["taxes_on_products", "value_added"], makers)
    return System(
        Z=Frame(Z, makers, makers), Y=Frame(Y, makers, users), x=Frame(X[:, None], makers, ["indout"]),
        unit=Frame([["mn USD"]] * 4, makers, ["unit"]), factor_inputs=System(F=F),
    )  # fmt: skip


def test_an_object_like_pymrios_becomes_an_economy():
    economy = Economy.from_pymrio(system(), name="small", year=2014)
    check_world(economy)
    assert economy.name == "small" and economy.base_year == 2014


def test_a_part_that_is_missing_is_named():
    incomplete = system()
    incomplete.Y = None
    with pytest.raises(TableError, match="no Y"):
        Economy.from_pymrio(incomplete)


def pymrio_folder(folder):
    makers = [(c, s) for c in COUNTRIES for s in ("food", "steel")]
    users = [(c, name) for c in COUNTRIES for name in WIOD_NAMES]

    def table(values, rows, columns, name, corner):
        head = [[*(corner if level == 0 else [""] * len(corner)), *(c[level] for c in columns)] for level in (0, 1)]
        write(folder / name, [*head, *([*r, *numbers(v)] for r, v in zip(rows, values, strict=True))], "\t")

    folder.mkdir(exist_ok=True)
    (folder / "factor_inputs").mkdir()
    table(Z, makers, makers, "Z.txt", ["region", ""])
    table(Y, makers, users, "Y.txt", ["region", ""])
    table([TAXES, VALUE_ADDED], [("taxes_on_products",), ("value_added",)], makers, "factor_inputs/F.txt", ["region"])
    write(folder / "unit.txt", [["region", "sector", "unit"], *([*m, "mn USD"] for m in makers)], "\t")
    files = {n: {"name": f"{n}.txt", "nr_index_col": "2", "nr_header": "2"} for n in ("Z", "Y")}
    files["unit"] = {"name": "unit.txt", "nr_index_col": "2", "nr_header": "1"}
    (folder / "file_parameters.json").write_text(json.dumps({"systemtype": "IOSystem", "files": files}))
    files = {"F": {"name": "F.txt", "nr_index_col": "1", "nr_header": "2"}}
    (folder / "factor_inputs" / "file_parameters.json").write_text(json.dumps({"files": files}))
    return folder


def test_a_folder_that_pymrio_saved_is_read_without_it(tmp_path):
    economy = read_table(pymrio_folder(tmp_path / "saved"))
    check_world(economy)
    assert economy.name == "saved"
    report = audit(read_raw(tmp_path / "saved"))
    assert report.ok, str(report)
    (tmp_path / "saved" / "Y.txt").unlink()
    with pytest.raises(TableError, match=r"Y\.txt does not exist"):
        read_table(tmp_path / "saved")


def test_parquet_without_its_reader_is_told(tmp_path, monkeypatch):
    folder = pymrio_folder(tmp_path / "saved")
    parameters = folder / "file_parameters.json"
    parameters.write_text(parameters.read_text().replace("Z.txt", "Z.parquet"))
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(TableError, match="parquet needs pandas with pyarrow"):
        read_table(folder)


def test_to_pymrio_without_pymrio_says_what_to_install(monkeypatch, two_region_economy):
    monkeypatch.setitem(sys.modules, "pymrio", None)
    with pytest.raises(TableError, match=r"pip install simcore\[pymrio\]"):
        two_region_economy.to_pymrio()


@pytest.mark.parametrize("owners", [1, 2])
@pytest.mark.parametrize("table_format", ["txt", "parquet"])
def test_an_economy_goes_to_pymrio_and_comes_back(tmp_path, owners, table_format):
    economy = testing.random_economy(np.random.default_rng(3), sectors=3, regions=2, owners=owners)
    io = economy.to_pymrio()
    back = Economy.from_pymrio(io)
    io.save(tmp_path, table_format=table_format)
    for extension in io.get_extensions(data=True):
        extension.save(tmp_path / "factor_inputs", table_format=table_format)
    saved = read_table(tmp_path)
    sold = economy.Y.sum(axis=1) + economy.stock_change
    for other in (back, saved):
        assert np.allclose(other.Z, economy.Z, rtol=1e-9) and np.allclose(other.x, economy.x, rtol=1e-9)
        assert np.allclose(other.Y.sum(axis=1) + other.stock_change, sold, rtol=1e-9)
    assert back.value_added_names == economy.value_added_names
    assert np.allclose(back.value_added, economy.value_added, rtol=1e-9)
    assert np.allclose(back.use_imported.sum(), economy.use_imported.sum(), rtol=1e-9)
    assert np.allclose(back.final_imported.sum(), economy.final_imported.sum(), rtol=1e-9)
    if owners == 1:
        assert np.allclose(back.use_imported, economy.use_imported, rtol=1e-9)
    exports = economy.user_category == CATEGORIES.index("exports")
    away = back.user_category == CATEGORIES.index("exports")
    assert np.allclose(back.Y[:, away].sum(), economy.Y[:, exports].sum(), rtol=1e-9)
