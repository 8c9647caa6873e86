"""Which scenario or calibration a name means."""

import os
from pathlib import Path

import pytest

from simcore import content
from simcore.errors import UnknownNameError

HEADER = 'schema: simcore/scenario@1\nid: {0}\ntitle: "Title of {0}"\n'


def write_scenario(folder: Path, name: str) -> Path:
    path = folder / "scenarios" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER.format(path.stem), encoding="utf-8")
    return path


def write_calibration(folder: Path, name: str) -> Path:
    path = folder / "calibration" / name
    path.mkdir(parents=True)
    (path / "codes.json").write_text("{}", encoding="utf-8")
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder, and no others."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv(content.PATH_VARIABLE, raising=False)
    return folder


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Two folders in SIMCORE_PATH."""
    folders = [tmp_path / "first", tmp_path / "second"]
    monkeypatch.setenv(content.PATH_VARIABLE, os.pathsep.join(map(str, folders)))
    return folders


def test_an_explicit_file_comes_before_every_name(here):
    write_scenario(here, "tax")
    (here / "tax").write_text(HEADER.format("tax"), encoding="utf-8")
    assert content.find_scenario("tax") == Path("tax")


def test_the_current_folder_comes_before_simcore_path_and_that_in_its_order(here, own):
    paths = [write_scenario(folder, "tax") for folder in (own[1], own[0], here)]
    for path in paths[::-1]:
        assert content.find_scenario("tax").resolve() == path
        path.unlink()


def test_a_users_scenario_hides_the_shipped_one_of_its_name(here, own):
    shipped = {s.name for s in content.list_scenarios()}
    path = write_scenario(own[0], "tax")
    assert {s.name: s.path for s in content.list_scenarios()}["tax"] == path
    assert {s.name for s in content.list_scenarios()} == shipped | {"tax"}


def test_a_name_may_lie_in_a_subfolder(here):
    path = write_scenario(here, "package/tax")
    assert content.find_scenario("package/tax").resolve() == path
    assert "package/tax" in {s.name for s in content.list_scenarios()}


def test_definitions_and_parts_for_inclusion_are_not_listed(here):
    write_scenario(here, "common/selectors")
    (here / "scenarios" / "part.yaml").write_text("schema: simcore/scenario@1\npolicies: {}\n")
    assert not {"common/selectors", "part"} & {s.name for s in content.list_scenarios()}


def test_an_unknown_scenario_is_told_the_nearest_name(here):
    write_scenario(here, "boat-levy")
    with pytest.raises(UnknownNameError, match=r"unknown scenario 'boat-levi'; did you mean 'boat-levy'\?"):
        content.find_scenario("boat-levi")


def test_a_missing_file_is_told_the_name_that_would_do(here):
    write_scenario(here, "boat-levy")
    with pytest.raises(UnknownNameError, match=r"no scenario file 'boat-levy.yaml'; did you mean 'boat-levy'"):
        content.find_scenario("boat-levy.yaml")


def test_a_file_that_lies_here_is_named_with_its_ending(here):
    (here / "mine.yaml").write_text("id: mine\n")
    with pytest.raises(UnknownNameError, match=r"write 'mine\.yaml'"):
        content.find_scenario("mine")


def test_a_folder_is_no_scenario(here):
    with pytest.raises(UnknownNameError, match="is a folder"):
        content.find_scenario(here)


def test_a_calibration_is_found_with_and_without_its_version_and_as_a_folder(here):
    path = write_calibration(here, "atlantis")
    for name in ("atlantis", "atlantis@1", path):
        assert content.find_calibration(name).resolve() == path
    assert "atlantis" in {c.name for c in content.list_calibrations()}


def test_an_unknown_calibration_is_told_the_nearest_name(here):
    write_calibration(here, "atlantis")
    with pytest.raises(UnknownNameError, match=r"unknown calibration 'atlantsi@2'; did you mean 'atlantis'\?"):
        content.find_calibration("atlantsi@2")


def test_titles_are_read_without_checking_the_file(here):
    assert content.title(write_scenario(here, "tax")) == "Title of tax"


def test_the_shipped_calibration_is_found_from_any_folder(here):
    assert content.find_calibration("china-2022@1").name == "china-2022"


def test_a_folder_stands_for_all_scenarios_in_it_each_once(here):
    paths = [write_scenario(here, name) for name in ("b", "package/a")]
    for given in (["scenarios"], ["b", "scenarios", "scenarios/b.yaml"]):
        assert [path.resolve() for path in content.scenarios_in(given)] == paths


def test_a_folder_without_scenarios_is_refused(here):
    with pytest.raises(UnknownNameError, match="holds no scenario"):
        content.scenarios_in([here])
