"""Each faulty recipe gets exactly its messages, all at once, and changes nothing on disk."""

import re
from pathlib import Path

import pytest
from bad_recipes import CASES, faulty
from own_country import write

from simcore import cli
from simcore.errors import ScenarioError
from simcore.fitting.calibrate import calibrate

GOLDEN = Path(__file__).with_name("bad_recipes.txt")
EXPECTED = dict(re.findall(r"^## (.+)\n\n((?:(?!## ).*\n)+)", GOLDEN.read_text(encoding="utf-8"), flags=re.MULTILINE))


@pytest.mark.parametrize("name", CASES)
def test_a_faulty_recipe_gets_exactly_its_messages(name, tmp_path, monkeypatch):
    faulty(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ScenarioError) as caught:
        calibrate("small")
    assert str(caught.value).strip() == EXPECTED[name].strip()


def test_every_golden_message_has_its_case_and_at_least_fifteen_codes_are_shown():
    assert set(EXPECTED) == set(CASES)
    assert len(set(re.findall(r"\[(SC\d{3})\]", GOLDEN.read_text(encoding="utf-8")))) >= 20


@pytest.mark.parametrize("name", ["negative value added", "target missed", "missing file", "totals that do not match"])
def test_a_failed_build_leaves_the_built_calibration_as_it_was(name, tmp_path):
    folder = write(tmp_path)
    calibrate(folder)
    faulty(tmp_path, name)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(ScenarioError):
        calibrate(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_the_command_line_prints_the_messages_and_exits_with_2(tmp_path, capsys):
    folder = faulty(tmp_path, "many at once")
    with pytest.raises(SystemExit) as end:
        cli.app(["calibrate", str(folder)], prog_name="simcore")
    told = capsys.readouterr().err
    assert end.value.code == 2
    assert all(f"[{code}]" in told for code in ("SC519", "SC501", "SC024", "SC503"))
