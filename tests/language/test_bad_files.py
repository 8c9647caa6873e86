"""Each faulty file gets exactly the messages that stand beside it."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.errors import ScenarioError, UnknownNameError
from simcore.language.catalogue import CODES, explain
from simcore.language.diagnostics import Diagnostic, render
from simcore.language.scenario import check, load

BAD = Path(__file__).parent / "bad"
NAMES = sorted(p.stem for p in BAD.glob("*.yaml"))
SOURCES = Path(__file__).parents[2] / "simcore"


@pytest.mark.parametrize("name", NAMES)
def test_a_faulty_file_gets_exactly_its_messages(name, monkeypatch):
    monkeypatch.chdir(BAD)
    found = render(check(f"{name}.yaml")) + "\n"
    assert found == Path(f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_with_an_error_never_loads(name, monkeypatch):
    monkeypatch.chdir(BAD)
    expected = check(f"{name}.yaml")
    if any(d.severity == "error" for d in expected):
        with pytest.raises(ScenarioError) as caught:
            load(f"{name}.yaml")
        assert list(caught.value.diagnostics) == expected
        assert caught.value.exit_code == 2
    else:
        assert list(load(f"{name}.yaml").warnings) == expected


def test_there_are_golden_files_for_at_least_45_codes():
    codes = set()
    for name in NAMES:
        codes |= set(re.findall(r"\[(SC\d{3})\]", (BAD / f"{name}.txt").read_text(encoding="utf-8")))
    assert len(codes) >= 45


def test_every_code_in_the_program_has_a_page_and_every_page_a_code():
    used = set()
    for path in SOURCES.rglob("*.py"):
        if path.name != "catalogue.py":
            used |= set(re.findall(r"\"(SC\d{3})\"", path.read_text(encoding="utf-8")))
    assert used - {"SC014"} == set(CODES)  # SC014 only bounds the codes about the text itself


def test_a_page_shows_a_wrong_and_a_right_example():
    page = explain("sc106")
    assert page.startswith("SC106: ") and "wrong:\n    rate: 2.5 %" in page and "right:\n    rate: 2.5 pp" in page
    with pytest.raises(UnknownNameError, match="did you mean 'SC106'"):
        explain("SC1O6")


def test_messages_are_also_written_for_machines():
    one = Diagnostic("a.yaml", 3, 5, "SC020", "error", "unknown key 'x%'", "  x: 1")
    assert json.loads(render([one], "json")) == [
        {
            "file": "a.yaml",
            "line": 3,
            "column": 5,
            "code": "SC020",
            "severity": "error",
            "message": "unknown key 'x%'",
        }
    ]
    assert render([one], "github") == "::error file=a.yaml,line=3,col=5,title=SC020::unknown key 'x%25'"
    with pytest.raises(ValueError, match="unknown format"):
        render([one], "xml")


def test_the_caret_stands_under_chinese_text_too():
    shown = str(Diagnostic("a.yaml", 1, 6, "SC008", "error", "m", "时间段x：1"))
    assert shown.split("\n")[2].index("^") - 4 == 2 * 3 + 1 + 2


WHOLE = [BAD / "83_many_at_once.yaml", *sorted((BAD.parent / "good").glob("*.yaml"))]
JUNK = [
    "{",
    "[",
    "]",
    ": ",
    "- ",
    "null",
    "$x",
    "{value: 1}",
    "{dist: 1}",
    "dist: {kind: []}",
    "\n",
    "  ",
    "：",
    "'",
    "&a ",
]


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_no_damage_to_a_file_makes_the_checker_fail(tmp_path_factory, data):
    text = data.draw(st.sampled_from(WHOLE)).read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text) - 1))
    stop = data.draw(st.integers(start, min(len(text), start + 40)))
    noise = st.text(alphabet="{}[]:,#&*!|>'\"%@`-?\t\n $aA1：，\x00\ud7ff", max_size=6)
    junk = data.draw(st.one_of(st.sampled_from(JUNK), noise))
    path = tmp_path_factory.mktemp("fuzz") / "file.yaml"
    path.write_text(text[:start] + junk + text[stop:], encoding="utf-8")
    for found in check(path):
        assert found.code in CODES and found.line >= 1 and found.column >= 1 and found.message


def test_deep_nesting_is_refused_and_does_not_crash(tmp_path):
    for text in (
        "[" * 100_000,
        "{a: \n" * 20_000,
        "- " * 50_000,
        "\n".join(" " * i + "a:" for i in range(400)),
    ):
        path = tmp_path / "deep.yaml"
        path.write_text(text)
        assert [d.code for d in check(path)] == ["SC001"]


def test_a_file_that_is_not_there_says_so(tmp_path):
    (found,) = check(tmp_path / "none.yaml")
    assert found.code == "SC012" and "no such file" in found.message


def test_sarif_names_rule_place_and_level_of_each_problem():
    one = Diagnostic("a b.yaml", 3, 5, "SC020", "error", "unknown key 'amout'", "")
    two = Diagnostic("a b.yaml", 9, 1, "SC415", "warning", "nothing uncertain", "")
    run = json.loads(render([one, two], "sarif"))["runs"][0]
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == ["SC020", "SC415"]
    first, second = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%20b.yaml"}, "region": {"startLine": 3, "startColumn": 5}}
    assert (first["ruleId"], first["level"]) == ("SC020", "error")
    assert (second["ruleIndex"], second["level"]) == (1, "warning")
    assert json.loads(render([], "sarif"))["runs"][0]["results"] == []
