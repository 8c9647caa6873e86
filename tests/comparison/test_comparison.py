"""One scenario through several models: numbers, what is left out, why they differ, and the folder."""

import json
import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pytest

import simcore
from simcore.comparison.choice import DEFAULT, split
from simcore.comparison.figure import outliers
from simcore.comparison.runs import compare
from simcore.comparison.why import parts_of, seen_in
from simcore.errors import RunExistsError, TableError, UnknownNameError
from simcore.levels import TOTAL
from simcore.models.base import TRAITS, Outcome, Traits, register_models
from simcore.models.leontief import Leontief

CLOSED = "leontief(households=closed)"


@pytest.fixture(scope="module")
def epidemic():
    return compare("epidemic-2022-spring", ["leontief", CLOSED, "inventory"])


@pytest.fixture(scope="module")
def guarantee():
    return compare("supply-guarantee-epidemic", ["inventory", "leontief"])


def test_a_model_has_the_effect_that_its_own_run_has(epidemic):
    alone = simcore.run_file("epidemic-2022-spring", model="inventory", draws=0)
    run = epidemic.runs[2]
    share = 100.0 * run.amount[0] / run.without[0]
    assert np.abs(share - alone.series("iva_level_effect")).max() <= 1e-10
    for place, code in epidemic.places(0):
        mine = run.amount[place]
        theirs = alone.series("iva", place=(code, TOTAL, TOTAL))
        theirs = theirs - alone.series("iva", "baseline", (code, TOTAL, TOTAL))
        assert np.abs(mine - theirs).max() <= 1e-9


def test_growth_by_quarter_is_that_of_the_runs_own_levels(epidemic):
    alone = simcore.run_file("epidemic-2022-spring", model="inventory", draws=0)
    march = epidemic.quarters()[0]
    assert march == ("2022 Q1 (1 of 3 months)", [0])
    difference = alone.series("iva_yoy")[0] - alone.series("iva_yoy", "baseline")[0]
    assert epidemic.growth_effect(epidemic.runs[2], [0]) == pytest.approx(difference, abs=1e-9)


def test_parts_of_a_gap_add_up_to_it(epidemic, guarantee):
    for comparison in (epidemic, guarantee):
        reference = comparison.runs[0]
        for run in comparison.runs[1:]:
            gap = run.share(run.amount) - reference.share(reference.amount)
            assert sum(part.points for part in parts_of(run, reference)) == pytest.approx(gap, abs=1e-12)
            assert abs(gap) > 1e-4


def test_a_switch_measures_what_the_other_form_of_the_model_does_without(epidemic):
    given, spent, _ = epidemic.runs
    off = spent.switched["income"]
    assert np.abs(off - given.amount).max() <= 1e-9  # the open form is the closed one with its loop switched off
    income, rest = parts_of(spent, given)
    assert income.points == pytest.approx(spent.share(spent.amount) - given.share(given.amount), abs=1e-9)
    assert rest.points == pytest.approx(0.0, abs=1e-9)


def test_a_channel_that_a_model_lacks_is_left_out_loudly_and_the_rest_runs(epidemic):
    leontief = epidemic.runs[0]
    assert [(i.measure, i.channels) for i in leontief.left_out] == [("yangtze", ("labour",)), ("jilin", ("labour",))]
    assert epidemic.table["left out"]["leontief"] == "yangtze: labour; jilin: labour"
    assert epidemic.table["left out"]["inventory"] == ""
    assert epidemic.why[0].startswith("LEFT OUT in leontief: labour of yangtze; labour of jilin.")
    assert "LEFT OUT in leontief" in str(epidemic) and leontief.amount[0].min() < 0.0
    channels = parts_of(epidemic.runs[2], leontief)[0]
    assert "labour, which leontief leaves out" in channels.text
    assert channels.points < -1.0


def test_a_channel_that_moves_nothing_by_a_models_logic_is_named(guarantee):
    assert "Moves nothing in leontief, by its logic: floor, listed." in guarantee.why
    assert not guarantee.runs[1].policies.any() and guarantee.runs[0].policies[0].sum() > 0.0


def test_the_reasons_are_those_of_the_models_traits(epidemic):
    text = "\n".join(epidemic.why)
    assert TRAITS["output"]["least"] in text and TRAITS["time"]["lasting"] in text
    assert TRAITS["prices"]["passive"] not in text  # in no pair do prices differ


def test_what_is_lost_and_regained_is_told_apart():
    quick = "inventory(ordered_beyond=0.0,restocking_time=30.0,waits=0.4,backlog_time=30.0)"  # stocks swing
    guarantee = compare("supply-guarantee-epidemic", [quick, "leontief"])
    inventory = seen_in(guarantee.runs[0])
    lost, regained = re.search(r"the effect is (\S+) % in some months and (\S+) % in others", inventory).groups()
    assert float(lost) < -0.5 and float(regained) > 0.1
    assert float(lost) + float(regained) == pytest.approx(guarantee.runs[0].share(guarantee.runs[0].amount), abs=0.011)


def test_models_that_leave_nothing_out_are_compared_among_themselves():
    found = compare("epidemic-2022-spring", ["leontief", "inventory", "mixed"])
    mark = found.why.index("Among the models that leave nothing out, against inventory:")
    assert found.why[mark + 1].startswith("mixed ") and "against inventory" in found.why[mark + 1]
    gap = found.runs[2].share(found.runs[2].amount) - found.runs[1].share(found.runs[1].amount)
    assert sum(p.points for p in parts_of(found.runs[2], found.runs[1])) == pytest.approx(gap, abs=1e-12)
    assert "in others" not in seen_in(found.runs[2])  # losses that last as long as their cause, and no longer
    assert not any("leaves out" in part.text for part in parts_of(found.runs[2], found.runs[1]))


def test_a_model_against_another_form_that_computes_the_same_differs_nowhere():
    same = compare("consumption-vouchers", ["leontief", "leontief(households=open)"])
    assert np.array_equal(same.runs[0].amount, same.runs[1].amount)
    assert [round(p.points, 12) for p in parts_of(*same.runs)] == [0.0]


def test_the_dataset_has_labels_and_units(epidemic):
    data = epidemic.dataset
    assert dict(data.sizes) == {"model": 3, "slice": len(epidemic.slices), "period": 4}
    assert data["iva_level_effect"].attrs["units"] == "%"
    nation = data["iva_effect"].isel(slice=0).sel(model="inventory", period="2022-04")
    assert float(nation) == epidemic.runs[2].amount[0, 1]
    assert list(data["left_out"].values) == ["labour", "labour", ""]


@dataclass(frozen=True)
class Lost:
    """A model that finds no solution."""

    name: ClassVar[str] = "lost"
    channels: ClassVar[frozenset[str]] = Leontief.channels | {"labour"}
    traits: ClassVar[Traits] = Leontief().traits

    def simulate(self, economy, drivers):
        paths = Leontief().simulate(economy, drivers.within({"demand"}))
        nothing = {n: np.full_like(getattr(paths, n), np.nan) for n in ("output", "value_added", "final", "imports")}
        return paths._replace(**nothing, outcome=Outcome("not_converged", "take smaller steps"))


@dataclass(frozen=True)
class Refusing(Lost):
    """A model that cannot run on this table."""

    name: ClassVar[str] = "refusing"

    def simulate(self, economy, drivers):
        raise TableError("no capital in the table")


@pytest.fixture(scope="module")
def troubled():
    return compare("epidemic-2022-spring", ["leontief", Lost(), Refusing()])


def test_a_model_without_a_solution_is_a_row_with_its_outcome(troubled, tmp_path):
    assert list(troubled.table["outcome"]) == ["completed", "not_converged", "refused"]
    assert np.isfinite(troubled.table["effect"]["leontief"]) and troubled.table["effect"][1:].isna().all()
    text = str(troubled)
    assert "take smaller steps" in text and "no capital in the table" in text
    assert "Fewer than two models came to an end" in text
    folder = troubled.save(tmp_path / "out", formats=("netcdf", "csv", "png", "html"))
    assert "no capital in the table" in (folder / "comparison.html").read_text(encoding="utf-8")


def test_the_yardstick_may_be_the_one_without_a_solution():
    found = compare("epidemic-2022-spring", [Lost(), "leontief"])
    assert any("lost has no figure to compare" in line for line in found.why)


def test_a_model_far_out_is_drawn_apart_so_that_the_others_can_be_read(epidemic):
    assert outliers(epidemic) == ["inventory"]
    leontief, closed, inventory = epidemic.runs
    far = replace(inventory, label="far", amount=10.0 * inventory.amount)
    four = replace(epidemic, runs=(leontief, closed, inventory, far, replace(inventory, label="again")))
    assert outliers(four) == ["far"]
    assert outliers(replace(epidemic, runs=(leontief, inventory))) == []  # neither of two is the one far out
    upper = [axis for axis in four.plot().axes if axis.get_ylabel() == "% of the level without"]
    assert [len(axis.get_legend_handles_labels()[1]) for axis in upper] == [5, 4]
    assert upper[1].get_title(loc="left") == "Closer, without far"


def test_the_models_compared_unless_others_are_named_exist():
    assert set(DEFAULT) <= set(register_models())


def test_a_folder_holds_tables_picture_page_and_record(epidemic, tmp_path):
    folder = epidemic.save(tmp_path / "out", formats=("netcdf", "csv", "png", "html"))
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "comparison.json", "comparison.nc", "models.csv", "effects.csv", "comparison.png", "comparison.html",
    }  # fmt: skip
    record = json.loads((folder / "comparison.json").read_text(encoding="utf-8"))
    assert [m["model"] for m in record["models"]] == ["leontief", CLOSED, "inventory"]
    assert record["models"][0]["left_out"] == {"yangtze": ["labour"], "jilin": ["labour"]}
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")
    page = (folder / "comparison.html").read_text(encoding="utf-8")
    assert "LEFT OUT in leontief" in page and "http" not in page.split("</style>")[1].split("<img")[0]
    rows = (folder / "effects.csv").read_text(encoding="utf-8").splitlines()
    first = next(r for r in rows if r.startswith("inventory,iva_level_effect,total,total,total,2022-04"))
    run = epidemic.runs[2]
    assert float(first.split(",")[6]) == pytest.approx(100.0 * run.amount[0, 1] / run.without[0, 1], rel=1e-7)


def test_a_folder_is_written_whole_or_not_at_all_and_never_over_other_work(epidemic, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    with monkeypatch.context() as patched:

        def interrupted(comparison):
            raise KeyboardInterrupt

        patched.setattr("simcore.comparison.files.record", interrupted)
        with pytest.raises(KeyboardInterrupt):
            epidemic.save(folder, formats=("csv",))
    assert list(tmp_path.iterdir()) == []
    epidemic.save(folder, formats=("csv",))
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(RunExistsError, match="already holds a comparison"):
        epidemic.save(folder, formats=())
    epidemic.save(folder, formats=(), force=True)
    assert sorted(path.name for path in folder.iterdir()) == ["comparison.json", "notes.txt"]
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{}")
    with pytest.raises(RunExistsError, match="exists and is not a comparison"):
        epidemic.save(tmp_path / "run", formats=(), force=True)


def test_the_same_comparison_gives_the_same_bytes(epidemic, tmp_path):
    again = compare("epidemic-2022-spring", ["leontief", CLOSED, "inventory"])
    one, other = (c.save(tmp_path / name, formats=("csv",)) for name, c in (("a", epidemic), ("b", again)))
    assert (one / "effects.csv").read_bytes() == (other / "effects.csv").read_bytes()


def test_commas_inside_brackets_separate_options():
    assert split("leontief, a(x=1,y=2),b") == ["leontief", "a(x=1,y=2)", "b"]


@pytest.mark.parametrize(
    ("models", "problem"),
    [
        (["leontief"], "needs two models or more"),
        (["leontief", "leontief"], "stands twice"),
        (["leontief", "leontif"], "unknown model 'leontif'"),
        (["leontief", "leontief(households)"], "write option=value"),
        (["leontief", "leontief(houses=closed)"], "see simcore explain model leontief"),
        (["leontief", "leontief(households=half)"], "write open or closed"),
        (["leontief", "in(ventory"], "cannot read the model"),
    ],
)
def test_a_wrong_list_of_models_is_told_what_to_write(models, problem):
    with pytest.raises(UnknownNameError, match=problem):
        compare("epidemic-2022-spring", models)


def test_options_of_the_file_hold_for_its_own_model_and_changes_for_all():
    sets = ["model={name: leontief, options: {households: closed}}"]
    found = compare("epidemic-2022-spring", ["leontief", "leontief(households=open)"], sets=sets)
    assert found.runs[0].traits.income == "spent" and found.runs[1].traits.income == "given"
    assert replace(found, runs=found.runs[:1]).largest(1, 2)[0][1] == "east"
