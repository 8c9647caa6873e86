"""Tables from files: what is read, and what is refused with its place."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.economy import ABROAD, CATEGORIES
from simcore.economy.readers import from_flows, read_raw, read_table
from simcore.economy.store import save_economy
from simcore.errors import TableError

LABELS = ["north|food", "north|steel", "south|food"]
USERS = ["north|households", "south|households", "exports"]
Z = np.array([[2.0, 0.0, 3.0], [1.0, 4.0, 2.0], [0.0, 1.0, 1.0]])
Y = np.array([[5.0, 4.0, 1.0], [1.0, 2.0, 6.0], [0.5, 3.0, 0.0]])


def write(path, rows, columns, values):
    lines = [",".join(["", *columns])]
    for label, row in zip(rows, values, strict=True):
        lines.append(",".join([label, *(repr(float(v)) for v in row)]))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "flows.csv", LABELS, LABELS, Z)
    write(tmp_path / "final_demand.csv", LABELS, USERS, Y)
    write(tmp_path / "imports.csv", ["food", "steel"], LABELS, [[0.5, 0.0, 0.2], [0.1, 0.3, 0.0]])
    write(tmp_path / "value_added.csv", ["compensation", "surplus"], LABELS, [[3.0, 4, 1], [1.0, 2, 0.5]])
    write(tmp_path / "employment.csv", LABELS, ["value"], [[1.0], [2.0], [0.5]])
    facts = {"name": "two lands", "unit": "m EUR", "year": 2020}
    (tmp_path / "table.json").write_text(json.dumps(facts), encoding="utf-8")
    return tmp_path


def test_a_folder_becomes_an_economy_with_its_own_flows(folder):
    economy = read_table(folder)
    assert np.allclose(economy.Z, Z, rtol=1e-15) and np.allclose(economy.Y, Y, rtol=1e-15)
    assert economy.activities[2] == "food|south|unclassified"
    assert economy.sectors.codes == ("food", "steel") and economy.regions.codes == ("north", "south")
    assert economy.unit == "m EUR" and economy.base_year == 2020 and economy.name == "two lands"
    assert (economy.x == Z.sum(axis=1) + Y.sum(axis=1)).all()
    assert economy.value_added_names == ("compensation", "surplus")
    assert (economy.employment == [1.0, 2.0, 0.5]).all()
    assert economy.use_imported[1].tolist() == [0.1, 0.3, 0.0]
    assert [CATEGORIES[c] for c in economy.user_category] == ["households", "households", "exports"]
    assert economy.user_region.tolist() == [0, 1, ABROAD]
    assert len(economy.meta["assumptions"]) == 3


def test_a_pair_of_tables_an_archive_and_a_folder_give_the_same_economy(folder, tmp_path):
    for name in ("imports", "value_added", "employment"):
        (folder / f"{name}.csv").unlink()
    arrays = dict(flows=Z, final_demand=Y, activities=LABELS, users=USERS, unit="m EUR", year=2020)
    np.savez(tmp_path / "t.npz", **arrays)
    pair = read_table(folder / "flows.csv", folder / "final_demand.csv", unit="m EUR", year=2020)
    for other in (read_table(tmp_path / "t.npz"), read_table(folder)):
        assert (other.Z == pair.Z).all() and (other.Y == pair.Y).all() and (other.x == pair.x).all()
        assert other.activities == pair.activities and other.unit == pair.unit and other.base_year == 2020


def test_a_saved_economy_is_read_as_it_is(two_region_economy, tmp_path):
    save_economy(two_region_economy, tmp_path)
    assert (read_table(tmp_path).origin == two_region_economy.origin).all()
    with pytest.raises(TableError, match="states its own unit"):
        read_table(tmp_path, unit="EUR")


def test_foreign_labels_of_final_demand_are_translated_when_told(folder):
    write(folder / "final_demand.csv", LABELS, ["north|c", "south|c", "rest of world"], Y)
    with pytest.raises(TableError, match=r"'north\|c' is of no known category; say which of households"):
        read_table(folder)
    economy = read_table(folder, categories={"c": "households", "rest of world": "exports"})
    assert economy.user_region.tolist() == [0, 1, ABROAD]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("flows.csv", "4.0", "four", r"flows.csv, line 3, column 'north\|steel': 'four' is not a number"),
        ("flows.csv", ",4.0,", ",,", r"line 3, column 'north\|steel': '' is not a number; write 0"),
        ("flows.csv", ",4.0,", ",", r"flows.csv, line 3: 2 values under 3 column labels"),
        ("flows.csv", "\nnorth|steel", "\nnorth|stee1", r"row labels lack 'north\|steel' and have"),
        ("final_demand.csv", "\nsouth|food", "\nnorth|food", r"row label 'north\|food' appears twice"),
        ("imports.csv", "\nsteel", "\nSteel", r"imports.csv: row labels lack 'steel' and have 'Steel'"),
        ("value_added.csv", ",north|food,north|steel", ",north|steel,north|food",
         r"labels are in another order: 'north\|steel' stands where 'north\|food' is expected \(place 1\)"),
        ("final_demand.csv", "south|households", "W|households", r"in region 'W'; there is north, south"),
        ("final_demand.csv", "south|households", "households", r"has no region; write 'region\|households'"),
        ("table.json", '"unit"', '"units"', r"unknown facts units; there is name, unit, year, categories"),
        ("table.json", "{", "", r"table.json: not JSON"),
        ("employment.csv", ",value", ",value,more", r"values under 2 column labels"),
    ],
)  # fmt: skip
def test_a_file_that_does_not_fit_is_refused_with_its_place(folder, file, old, new, message):
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TableError, match=message):
        read_table(folder)


def test_all_mismatches_are_listed_at_once(folder):
    for file in ("final_demand.csv", "imports.csv", "employment.csv"):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace("food", "meal"), encoding="utf-8")
    with pytest.raises(TableError) as caught:
        read_table(folder)
    files = [line.split(":")[0].split("/")[-1] for line in str(caught.value).split("\n")]
    assert sorted(files) == ["employment.csv", "final_demand.csv", "imports.csv", "imports.csv"]
    assert len(read_raw(folder).mismatches()) == 4


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"users": None}, "no array users; labels are needed"),
        ({"final_demand": None}, "no final_demand; a table needs both"),
        ({"Zed": np.ones(2)}, "unknown arrays Zed; there is flows, final_demand"),
        ({"output": np.ones(4)}, r"output has shape \(4, 1\); its labels need \(3, 1\)"),
    ],
)
def test_an_archive_that_does_not_fit_is_refused(tmp_path, arrays, message):
    content = {"flows": Z, "final_demand": Y, "activities": LABELS, "users": USERS, **arrays}
    np.savez(tmp_path / "t.npz", **{k: v for k, v in content.items() if v is not None})
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / "t.npz")


def test_places_that_hold_no_table_are_named(tmp_path):
    for source, message in (
        (tmp_path, "no flows and no final_demand"),
        (tmp_path / "a.npz", "does not exist"),
        (tmp_path / "a.csv", "is no folder, no .npz and in no known layout"),
    ):
        with pytest.raises(TableError, match=message):
            read_table(source)
    with pytest.raises(TableError, match="has no fact units"):
        read_table(tmp_path, units="EUR")


@pytest.mark.parametrize("labels", [["a|b|c", "d"], ["a|b", "c"], ["a", "a"], ["a|", "a|b"]])
def test_labels_of_mixed_or_doubtful_form_are_refused(labels):
    with pytest.raises(TableError, match=r"write all activities as|appears twice|empty label"):
        from_flows(np.eye(2), np.ones((2, 1)), activities=labels, users=["households"])


def test_import_totals_are_spread_and_flagged():
    labels = dict(activities=["a", "b"], users=["households"])
    flows = np.array([[1.0, 0.0], [3.0, 0.0]])  # b buys nothing, so it gets the mix of all buyers
    economy = from_flows(flows, np.ones((2, 1)), imports=np.array([8.0, 5.0]), **labels)
    assert economy.use_imported.tolist() == [[2.0, 1.25], [6.0, 3.75]]
    assert any("imports by product" in text for text in economy.meta["estimates"])


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4))
@settings(max_examples=50, deadline=None)
def test_any_table_keeps_its_flows_and_its_row_totals(seed, K, R):
    rng = np.random.default_rng(seed)
    present = [(r, k) for r in range(R) for k in range(K) if rng.random() < 0.8] or [(0, 0)]
    labels = [f"r{r}|s{k}" for r, k in present]
    regions = sorted({r for r, _ in present})
    users = [f"r{r}|{c}" for r in regions for c in ("households", "inventories")] + ["exports"]
    flows = rng.random((len(labels), len(labels))) * (rng.random((len(labels), 1)) < 0.9)
    final = rng.random((len(labels), len(users)))
    final[:, 1:-1:2] -= 0.5  # stocks rise and fall
    economy = from_flows(flows, final, activities=labels, users=users)
    assert np.allclose(economy.Z, flows, rtol=1e-13, atol=1e-15)
    sold = economy.Y.sum(axis=1) + economy.stock_change
    assert np.allclose(sold, final.sum(axis=1), rtol=1e-12, atol=1e-14)
    assert economy.origin.min() >= 0 and economy.origin.max() <= 1 + 1e-12
    assert np.allclose(economy.value_added.sum(axis=0) + economy.use_domestic.sum(axis=0), economy.x)


def test_flows_of_mixed_sign_are_refused():
    flows = np.array([[1.0, 0.0], [-0.5, 0.0]])
    with pytest.raises(TableError, match=r"flow of 'b\|food' into column 0 is -0.5 where other producers"):
        from_flows(flows, np.ones((2, 1)), activities=["a|food", "b|food"], users=["a|households"])
