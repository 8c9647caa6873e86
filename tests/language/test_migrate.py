"""Files of an older format are rewritten word by word; comments and layout stay, faults change nothing."""

import re

import pytest

from simcore import cli
from simcore.errors import ScenarioError
from simcore.language.migrate import Renamed, migrate

STEPS = {
    1: (Renamed(("policies", "*", "take_up"), "drawn"), Renamed(("time", "step"), "unit")),
    2: (Renamed(("policies",), "measures"),),
}
OLD = """\
# take_up of the banks
schema: simcore/scenario@1  # old
id: one
time: {step: month, start: 2022-11}
policies:
  relending:
    take_up:   60 %   # take_up as reported
  other: {kind: x, take_up: 40 %}
"""
NEW = """\
# take_up of the banks
schema: simcore/scenario@3  # old
id: one
time: {unit: month, start: 2022-11}
measures:
  relending:
    drawn:   60 %   # take_up as reported
  other: {kind: x, drawn: 40 %}
"""


def test_keys_get_their_new_names_and_nothing_else_moves(tmp_path):
    path = tmp_path / "old.yaml"
    path.write_text(OLD, encoding="utf-8")
    assert migrate(path, STEPS, "simcore/scenario@3") == NEW
    assert path.read_text(encoding="utf-8") == OLD


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema: simcore/scenario@9\n", "bad.yaml:1:9: error[SC024]: found version 9 of the format; install a newer"),
        ("schema: simcore/scenario@0\n", "found version 0 of the format; there was no such version"),
        ("id: one\n", "no version of the format to start from; write 'schema: simcore/scenario@3'"),
        ("- one\n", "no version of the format to start from"),
        ("id: [\n", "error[SC001]"),
        ("id: one\nid: two\nschema: simcore/scenario@1\n", "error[SC009]"),
    ],
)
def test_what_cannot_be_rewritten_says_where_and_why(tmp_path, text, message):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=re.escape(message)):
        migrate(path, STEPS, "simcore/scenario@3")


def test_the_command_leaves_new_files_alone_and_writes_nothing_if_one_of_several_is_faulty(tmp_path, capsys):
    def command(*words):
        with pytest.raises(SystemExit) as end:
            cli.app(["migrate", *map(str, words)], prog_name="simcore")
        return (end.value.code or 0, *capsys.readouterr())

    new, bad = tmp_path / "new.yaml", tmp_path / "bad.yaml"
    new.write_text(OLD, encoding="utf-8")
    code, out, _ = command(new)
    assert code == 0 and "already simcore/scenario@1, the newest; nothing to do" in out
    bad.write_text("id: one\n", encoding="utf-8")
    code, _, err = command(new, bad)
    assert code == 2 and "no version of the format to start from" in err
    assert new.read_text(encoding="utf-8") == OLD
