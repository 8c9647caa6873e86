"""Studies: the numbers of runs, the same bits however they are run, failures as flags, stores that nobody mixes up."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import xarray
from small_study import assert_same, quick

import simcore
from simcore.errors import StudyError, UnknownNameError
from simcore.models.base import MODELS, Outcome, get_model
from simcore.studies.journal import JOURNAL, sessions, take_lock
from simcore.studies.progress import Pace

AMOUNT = "policies.vouchers.amount"


def test_a_study_of_a_file_gives_the_values_and_draws_of_its_run(tmp_path):
    end = "policies.vouchers.profile.end"
    flows = ("output", "value_added", "imports")
    outputs = ["iva_yoy", "iva_level_effect", "fiscal_cost", *flows]
    data = quick(tmp_path / "study.zarr", sweep={end: ["2023-01", "2023-03"]}, outputs=outputs).dataset
    result = simcore.run_file("consumption-vouchers", sets=[f"{end}=2023-03"], model="first_order", draws=6)
    rows = [
        result.index(*place) for place in zip(*(data[d].values for d in ("sector", "region", "ownership")), strict=True)
    ]
    chosen = data.sel(end="2023-03")
    for name in outputs:
        assert chosen[name].values == pytest.approx(result.values[name][:, rows], rel=1e-12, abs=1e-12, nan_ok=True)
    for name in ("iva_yoy", "iva_level_effect"):
        found = np.moveaxis(chosen[f"{name}_draws"].values, 0, 1)
        assert found == pytest.approx(result.draws[name][:, :, rows], rel=1e-5, abs=1e-6)  # a run keeps 7 digits


def test_labels_units_and_values_of_axes_stand_in_the_data_set(undisturbed):
    data = undisturbed.dataset
    assert data["iva_yoy_draws"].dims == ("amount", "draw", "variant", "slice", "period")
    assert data["iva_yoy"].dims == ("amount", "variant", "slice", "period")
    assert data["amount"].values.tolist() == [5.0, 10.0] and data["amount"].attrs["units"] == "bn CNY"
    assert data["amount"].attrs["long_name"] == AMOUNT
    assert data["iva_yoy"].attrs["units"] == "%" and data["draw"].values.tolist() == list(range(6))
    assert data["region"].values.tolist() == ["total", "east", "central", "west", "northeast"]
    assert undisturbed.by("region")["region"].values.tolist() == ["east", "central", "west", "northeast"]
    assert not any(isinstance(v._data, np.ndarray) for v in data.drop_vars(data.coords).variables.values())  # lazy


def test_what_else_is_kept_changes_no_bit_of_a_variable(undisturbed, tmp_path):
    more = quick(tmp_path / "more.zarr", outputs=["iva_yoy", "output"]).dataset
    for name in ("iva_yoy", "iva_yoy_draws"):
        assert more[name].values.tobytes() == undisturbed.dataset[name].values.tobytes()
    assert np.isfinite(more["output_draws"].values).all()


@pytest.mark.parametrize("changes", [{"threads": 1}, {"threads": 2}, {"block": 1}, {"block": 500}])
def test_numbers_are_the_same_bits_for_any_threads_and_blocks(changes, undisturbed, tmp_path):
    assert_same(quick(tmp_path / "other.zarr", **changes), undisturbed)


def test_a_netcdf_file_holds_the_same_bits(undisturbed, tmp_path):
    written = quick(tmp_path / "study.nc")
    assert_same(written, undisturbed)
    assert [p.name for p in tmp_path.iterdir()] == ["study.nc"]
    assert_same(simcore.open_study(undisturbed.to_netcdf(tmp_path / "copy.nc")), undisturbed)
    assert written.complete and written.failures.empty and repr(written).count("\n") == 3


@pytest.mark.parametrize("name", ["study.zarr", "study.nc"])
def test_an_interrupted_study_can_be_read_and_goes_on(name, undisturbed, tmp_path):
    out, seen = tmp_path / name, []

    def interrupt(progress):
        seen.append(progress)
        if progress.done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"6 of 14 members are safe in .*; the same call goes on from there"):
        quick(out, progress=interrupt)
    half = simcore.open_study(out)
    assert (half.done, half.total, half.complete) == (6, 14, False)
    assert np.isfinite(half.dataset["iva_yoy_draws"].values).any(axis=(2, 3, 4)).tolist() == [
        [True] * 4 + [False] * 2,
        [False] * 6,
    ]
    assert half.dataset["status_draws"].values[1].max() == 0
    part = half.to_netcdf(tmp_path / "part.nc")
    assert (simcore.open_study(part).done, simcore.open_study(part).total) == (6, 14)
    with pytest.raises(StudyError, match="holds a part of this study"):
        quick(part)
    with pytest.raises(StudyError, match="holds this study, 6 of 14 members done; go on with --resume"):
        quick(out, resume=False)
    folder = half.path
    whole = quick(out, progress=seen.append, block=500)  # blocks stay those of the store
    assert_same(whole, undisturbed)
    assert seen[-1].done == seen[-1].total == 14 and seen[-1].left == 0.0
    if name == "study.zarr":
        begun = [key for _, key in sessions(folder)]
        assert len(begun) == len(set(begun)) == 5


def test_a_finished_study_is_opened_and_nothing_runs(undisturbed, tmp_path, monkeypatch):
    quick(tmp_path / "study.nc")
    monkeypatch.setattr("simcore.studies.members.Case.simulate", None)
    assert_same(quick(undisturbed.path), undisturbed)
    assert_same(quick(tmp_path / "study.nc"), undisturbed)


def test_another_value_of_an_axis_changes_no_other_draw(undisturbed, tmp_path):
    more = quick(tmp_path / "more.zarr", sweep={AMOUNT: ["5 bn CNY", "7 bn CNY", "10 bn CNY"]})
    for name in ("iva_yoy_draws", "fiscal_cost_draws", "iva_yoy"):
        assert more.dataset[name].sel(amount=[5.0, 10.0]).values.tobytes() == undisturbed.dataset[name].values.tobytes()


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"seed": 1}, "seed is 20221122 there and 1 here"),
        ({"draws": 7}, "draws is 6 there and 7 here"),
        ({"by": []}, "by is region there and  here"),
        ({"sweep": {AMOUNT: ["5 bn CNY"]}}, "sweep axes policies.vouchers.amount is 5 bn CNY, 10 bn CNY there"),
        ({"sets": ["policies.vouchers.profile.end=2023-01"]}, "scenario consumption-vouchers is of hash"),
        ({"model": "mixed"}, "model is first_order there and mixed here"),
    ],
)
def test_another_study_is_refused_with_what_differs(changes, difference, undisturbed):
    before = (undisturbed.path / JOURNAL).read_bytes()
    with pytest.raises(StudyError, match=difference):
        quick(undisturbed.path, **changes)
    assert (undisturbed.path / JOURNAL).read_bytes() == before


def test_what_is_not_a_study_is_never_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "table.nc").write_text("mine, too")
    for out in (tmp_path, tmp_path / "notes.txt", tmp_path / "table.nc"):
        with pytest.raises(StudyError, match="exists and is not a study"):
            quick(out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["notes.txt", "table.nc"]
    for path in (tmp_path, tmp_path / "none.zarr"):
        with pytest.raises(StudyError, match=r"is not a study|does not exist"):
            simcore.open_study(path)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for out in ("file/study.zarr", "file/study.nc"):
        with pytest.raises(StudyError, match=r"cannot write to .*; choose another place with --out"):
            quick(tmp_path / out)


def test_a_store_has_one_writer(undisturbed):
    held = take_lock(undisturbed.path)
    with pytest.raises(StudyError, match=r"is being written by process \d+ on "):
        quick(undisturbed.path)
    held.close()
    quick(undisturbed.path)


def test_a_line_of_the_journal_that_was_cut_off_does_not_count(undisturbed, tmp_path):
    study = quick(tmp_path / "study.zarr")
    journal = study.path / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-20])
    assert simcore.open_study(study.path).done == 12
    assert_same(quick(study.path), undisturbed)


def test_a_store_that_was_killed_while_it_was_made_is_made_anew(undisturbed, tmp_path):
    study = quick(tmp_path / "study.zarr")
    (study.path / "study.json").unlink()
    (study.path / JOURNAL).unlink()
    assert_same(quick(study.path), undisturbed)


def fragile(kind):
    """A model that cannot cope with more than a certain demand."""
    plain = get_model("first_order")

    @dataclass(frozen=True)
    class Fragile:
        name: ClassVar[str] = "fragile"
        channels = plain.channels
        traits = plain.traits

        def simulate(self, economy, drivers):
            paths = plain().simulate(economy, drivers)
            if paths.output.sum() < 1.0004 * economy.x.sum() * len(paths.output) / 12:
                return paths
            if kind == "error":
                raise ZeroDivisionError("out of stock")
            return paths._replace(outcome=Outcome(kind, "demand is too much; lower it"))

    return Fragile


@pytest.mark.parametrize("kind", ["collapsed", "not_converged", "infeasible", "error", "tired"])
def test_a_member_that_fails_is_flagged_with_its_reason_and_spoils_no_other(kind, tmp_path, monkeypatch):
    monkeypatch.setitem(MODELS, "fragile", fragile(kind))
    sweep = {AMOUNT: ["5 bn CNY", "500 bn CNY"]}
    study = quick(tmp_path / "study.zarr", model="fragile", sweep=sweep)
    sound = quick(tmp_path / "sound.zarr", sweep=sweep)
    data, whole = study.dataset, sound.dataset
    words = data["status_draws"].attrs["flag_meanings"].split()
    word = "error" if kind == "tired" else kind  # which simcore does not know
    assert {words[code] for code in np.unique(data["status_draws"].sel(amount=5.0))} == {"completed"}
    assert {words[code] for code in np.unique(data["status_draws"].sel(amount=500.0))} == {word}
    for name in ("iva_yoy", "iva_yoy_draws"):
        assert data[name].sel(amount=5.0).values.tobytes() == whole[name].sel(amount=5.0).values.tobytes()
        assert np.isnan(data[name].sel(amount=500.0)).all()
    failures = study.failures
    assert len(failures) == 14 and set(failures["amount"]) == {500.0} and set(failures["draw"]) == {-1, *range(6)}
    said = "demand is too much; lower it"
    reason = {"error": "ZeroDivisionError: out of stock", "tired": f"tired: {said}"}.get(kind, said)
    assert set(failures["reason"]) == {reason} and set(failures["status"]) == {word}
    assert study.quantiles("iva_yoy")["draws"].values.tolist() == [6, 0]
    assert "7 failed" in repr(study) and not study.all_failed


def test_values_that_are_invalid_together_are_flagged(tmp_path):
    profile = "policies.vouchers.profile"
    sweep = {f"{profile}.start": ["2022-12", "2023-06"], f"{profile}.end": ["2023-02", "2023-08"]}
    study = quick(tmp_path / "study.zarr", sweep=sweep, draws=2)
    failed = study.failures
    assert set(zip(failed["start"], failed["end"], strict=True)) == {("2023-06", "2023-02")}
    assert set(failed["status"]) == {"invalid"} and failed["reason"].str.contains("ends .* before it starts").all()
    assert (study.dataset["status"].values == 1).sum() == 6


def test_a_list_of_scenarios_has_a_dimension_and_their_own_months(tmp_path):
    study = simcore.study(
        ["consumption-vouchers", "import-prices"],
        out=tmp_path / "s.zarr",
        model="equilibrium",
        draws=0,
        sweep={},
        by=[],
    )
    data = study.dataset
    assert data["iva_yoy"].dims == ("scenario", "variant", "slice", "period")
    assert data["scenario"].values.tolist() == ["consumption-vouchers", "import-prices"]
    for name in data["scenario"].values:
        result = simcore.run_file(name, model="equilibrium", draws=0)
        chosen = data["iva_level_effect"].sel(scenario=name, variant="scenario", period=list(result.periods))
        assert chosen.values[0] == pytest.approx(result.series("iva_level_effect"), rel=1e-9, abs=1e-9)


def test_quantiles_are_those_of_the_draws(undisturbed):
    found = undisturbed.quantiles("iva_level_effect", [0.1, 0.5], by="region")
    assert found.dims == ("quantile", "amount", "region", "period") and found.attrs["units"] == "%"
    draws = undisturbed.dataset["iva_level_effect_draws"].sel(variant="scenario").values[:, :, 1:]
    assert found.values == pytest.approx(np.quantile(draws, [0.1, 0.5], axis=1), rel=1e-12, abs=1e-15)
    assert (found["draws"] == 6).all()
    with pytest.raises(UnknownNameError, match="did you mean 'iva_yoy'"):
        undisturbed.quantiles("iva_yyo")
    with pytest.raises(UnknownNameError, match="nothing by sector; expected 'region'"):
        undisturbed.by("sector")
    with pytest.raises(UnknownNameError, match="no variant 'more'"):
        undisturbed.quantiles("iva_yoy", variant="more")


def test_any_reader_of_zarr_opens_a_store_without_complaint(undisturbed, recwarn):
    data = xarray.open_zarr(undisturbed.path)
    assert data["iva_yoy"].shape == (2, 2, 5, 14)
    assert not [w for w in recwarn if "dask" not in str(w.message)]


def test_without_out_the_store_goes_with_the_study():
    study = quick(sweep={}, draws=0)
    folder = study.path
    assert study.dataset["iva_yoy"].dims == ("variant", "slice", "period") and folder.is_dir()
    del study
    assert not folder.exists()


def test_an_interrupted_study_without_out_says_how_to_keep_what_is_done(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def interrupt(progress):
        if progress.done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"after 2 of 14 members; a study with out=\.\.\. keeps"):
        quick(progress=interrupt)
    assert not list(tmp_path.iterdir())


def test_time_left_counts_each_kind_of_member_at_its_own_pace(monkeypatch):
    clock = iter([0.0, 10.0, 10.0, 14.0, 14.0])
    monkeypatch.setattr("simcore.studies.progress.perf_counter", lambda: next(clock))
    pace = Pace({"central": 2, "draws": 8}, done=0, failed=0)
    pace.advance("central", 2, 0)
    assert pace.now.left == pytest.approx(8 * 5.0)
    pace.advance("draws", 4, 1)
    assert pace.now == (6, 10, 1, 14.0, pytest.approx(4 * 1.0))
