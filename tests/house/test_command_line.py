"""What the command ``simcore`` promises whatever the economics: speed, exit codes, whole folders or none."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import simcore
from simcore import cli, lists
from simcore.manual import starter

ROOT = Path(cli.__file__).resolve().parents[1]
SHIPPED = "notice-2022-five"
HEAVY = {"numba", "xarray", "matplotlib", "scipy", "pandas", "jinja2", "h5py", "h5netcdf", "rich"}
QUICK = ("--formats", "csv", "--draws", "0")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIMCORE_PATH", raising=False)
    monkeypatch.delenv(cli.TRACEBACK_VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def command(here, capsys):
    """The command in this process: exit code, stdout, stderr."""

    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            cli.app([str(w) for w in words], prog_name="simcore")
        return (end.value.code or 0, *capsys.readouterr())

    return call


def process(*words: str, **options) -> subprocess.Popen:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    if os.name == "posix":  # whatever started the tests: a shell's background jobs ignore Ctrl-C
        options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        [sys.executable, *words],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def loaded_by(program: str, folder: Path) -> set[str]:
    """Top-level packages that a program has loaded when it ends."""
    report = "import sys; print(*{name.split('.')[0] for name in sys.modules})"
    out, err = process("-c", f"{program}\n{report}", cwd=folder).communicate(timeout=60)
    assert out, err
    return set(out.splitlines()[-1].split())


def in_command(*words: str) -> str:
    return f"from simcore.cli import app\ntry: app({list(words)!r})\nexcept SystemExit: pass"


def processor_seconds(*words: str) -> float:
    """Least processor time of three runs: machines that test are busy, and wall time says little."""
    spent = []
    for _ in range(3):
        before = os.times()
        assert process(*words).wait(60) == 0
        after = os.times()
        spent.append(sum(after[2:4]) - sum(before[2:4]))  # of children: user and system
    return min(spent)


def test_help_is_quick(here):
    assert processor_seconds("-m", "simcore", "--help") < 0.4  # twice what it should take


def test_a_check_is_quick(here):
    """Measured by what its libraries take to load, on the same machine: a quarter of a second on a common one."""
    libraries = processor_seconds("-c", "import numpy, pydantic, typer, yaml")
    check = processor_seconds("-m", "simcore", "check", "notice-2022")
    assert check < 4.0 * libraries  # twice what it should take, and sources may be compiled


def test_import_simcore_loads_nothing_else(here):
    assert not loaded_by("import simcore", here) & (HEAVY | {"numpy", "pydantic", "yaml", "typer"})


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("check", SHIPPED), ("list", "scenarios")])
def test_help_lists_and_checks_load_nothing_heavy(here, words):
    assert not loaded_by(in_command(*words), here) & HEAVY


def test_the_public_names_exist():
    for name in simcore.__all__:
        assert getattr(simcore, name) is not None
    assert set(simcore.__all__) <= set(dir(simcore))


def test_an_unknown_public_name_is_told_what_there_is():
    with pytest.raises(AttributeError, match=r"it has .*run_file"):
        simcore.run_fiel  # noqa: B018


def test_an_unknown_scenario_exits_with_2_and_one_message(command, here):
    code, out, err = command("run", "notice-2023")
    assert (code, out) == (2, "")
    assert "did you mean 'notice-2022'" in err and "Traceback" not in err
    assert not list(here.iterdir())


def test_a_wrong_file_exits_with_2_and_writes_nothing(command, here):
    Path("wrong.yaml").write_text("schema: simcore/scenario@1\nid: wrong\ntitel: a slip\n", encoding="utf-8")
    for words in (("run", "wrong.yaml"), ("check", "wrong.yaml")):
        code, out, err = command(*words)
        assert code == 2
        assert "wrong.yaml:3:1: error[SC020]" in out + err and "Traceback" not in err
    assert [path.name for path in here.iterdir()] == ["wrong.yaml"]


def test_an_unknown_format_is_refused_before_anything_runs(command, here):
    code, _, err = command("run", SHIPPED, "--formats", "excel")
    assert code == 2 and "cannot write format 'excel'" in err
    assert not list(here.iterdir())


def test_an_unforeseen_failure_exits_with_4_and_no_traceback(command, here, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("by the test")

    monkeypatch.setattr("simcore.run.run", fail)
    code, _, err = command("run", SHIPPED)
    assert code == 4 and "ZeroDivisionError: by the test" in err and "Traceback" not in err
    assert not list(here.iterdir())


@pytest.fixture
def mine(here):
    """A scenario of the user's own, without checks: its runs end well whatever the economics."""
    (here / "scenarios").mkdir()
    (here / "scenarios" / "mine.yaml").write_text(starter("mine", "export_support"), encoding="utf-8")
    return "mine"


def test_a_run_is_never_overwritten_unasked(command, here, mine):
    assert command("run", mine, *QUICK, "--out", "first")[0] == 0
    (here / "first" / "notes.txt").write_text("kept")
    before = (here / "first" / "run.json").read_bytes()
    code, _, err = command("run", mine, *QUICK, "--out", "first")
    assert code == 2 and "--force" in err
    assert (here / "first" / "run.json").read_bytes() == before
    assert command("run", mine, *QUICK, "--out", "first", "--force")[0] == 0
    assert (here / "first" / "notes.txt").read_text() == "kept"


def test_without_out_every_run_has_a_new_folder_and_quiet_prints_its_name_alone(command, here, mine):
    for number in (1, 2):
        assert command("run", mine, *QUICK, "--quiet") == (0, f"mine-{number}\n", "")
    assert sorted(path.name for path in here.iterdir()) == ["mine-1", "mine-2", "scenarios"]
    written = {path.name for path in (here / "mine-1").iterdir()}
    assert written == {"run.json", "resolved.yaml", "summary.csv", "cost_effectiveness.csv"}


def test_a_failed_check_exits_with_3_and_writes_the_run(command, here, mine):
    path = here / "scenarios" / "mine.yaml"
    impossible = "checks:\n  - {that: iva_level_effect.total.mean, between: [900, 901]}\n"
    path.write_text(path.read_text(encoding="utf-8") + impossible, encoding="utf-8")
    code, out, err = command("run", mine, *QUICK, "--quiet")
    assert (code, out) == (3, "mine-1\n") and "check failed" in err
    assert (here / "mine-1" / "summary.csv").is_file()


def test_control_c_exits_with_130_and_leaves_no_half_folder(here):
    run = process("-m", "simcore", "run", SHIPPED, cwd=here)
    assert run.stderr is not None
    for line in run.stderr:  # until the run is under way
        if "simulating" in line:
            run.send_signal(signal.SIGINT)
            break
    assert run.wait(60) == 130
    assert "Traceback" not in run.stderr.read()
    assert not list(here.iterdir())


@pytest.mark.parametrize("what", lists.KNOWN)
def test_every_list_has_rows(command, what):
    code, out, _ = command("list", what)
    assert code == 0 and len(out.splitlines()) >= 1


WRONG = {  # what is wrong with the starter: what the message says
    "broken": ("policies:", "policies: [", "error[SC001]"),
    "unknown sector": ("manufacturing", "manufcturing", "unknown sector 'manufcturing'; did you mean 'manufacturing'?"),
    "missing unit": ("200 bn CNY", "200", "200 has no unit; write for example '200 bn CNY'"),
    "unknown model": ("policies:", "model: inventroy\npolicies:", "did you mean 'inventory'?"),
}


@pytest.mark.parametrize("fault", sorted(WRONG))
def test_a_faulty_file_is_refused_with_its_place_and_advice_and_nothing_is_written(fault, command, here):
    old, new, message = WRONG[fault]
    text = starter("faulty", "investment_support")
    assert old in text
    Path("faulty.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    code, out, err = command("run", "faulty.yaml")
    assert (code, out) == (2, "")
    assert err.startswith("faulty.yaml:") and message in err
    assert [path.name for path in here.iterdir()] == ["faulty.yaml"]


def test_an_unknown_model_on_the_command_line_is_refused(command, here, mine):
    code, _, err = command("run", mine, *QUICK, "--model", "leontieff")
    assert code == 2 and "unknown model 'leontieff'; there is" in err and "leontief" in err.split("there is")[-1]
    assert [path.name for path in here.iterdir()] == ["scenarios"]


def test_the_open_leontief_model_says_how_income_is_spent(command, here):
    code, _, err = command("run", SHIPPED, *QUICK, "--model", "leontief")
    option = "model={name: leontief, options: {households: closed}}"
    assert code == 2 and f'--set "{option}"' in err
    code, out, err = command("run", SHIPPED, *QUICK, "--set", option, "--quiet")
    assert out == f"{SHIPPED}-1\n" and code in (0, cli.CHECK_FAILED), err  # its checks are meant for its own model


def test_a_new_scenario_is_written_once_checked_and_resolved(command, here):
    assert command("new", "my-package")[0] == 0
    code, _, err = command("new", "my-package")
    assert code == 2 and "my-package.yaml exists" in err
    assert command("check", "my-package.yaml") == (0, "", "")
    code, _, err = command("resolve", "my-package.yaml", "--set", "policies.relendin.enabled=false")
    assert code == 2 and "did you mean 'relending'?" in err
    code, out, _ = command("resolve", "my-package.yaml", "--set", "time.end=2023-06")
    assert code == 0 and "end: 2023-06  # --set:1" in out and "# my-package.yaml:" in out


def test_explain_knows_codes_and_kinds(command):
    assert command("explain", "SC106")[1].startswith("SC106: ")
    assert command("explain", "project_finance")[1].startswith("project_finance  (policy)")
    assert command("explain", "model", "leontief")[1].startswith("leontief  (model)")
    assert command("explain", "leontief")[1] == command("explain", "model", "leontief")[1]
    assert "write simcore explain model KIND" in command("explain", "a", "b", "c")[2]
    code, _, err = command("explain", "project_finanse")
    assert code == 2 and "did you mean 'project_finance'?" in err


def test_output_may_be_cut_off_by_its_reader(here):
    piped = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m simcore resolve {SHIPPED} | head -n 1'],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=here, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert piped.stdout.startswith("schema: ") and "Traceback" not in piped.stderr


def test_the_shipped_economy_passes_its_audit(command):
    code, out, _ = command("audit", "china-2022")
    assert code == 0 and "problem  " not in out


def test_compare_prints_what_is_left_out_and_why_models_differ_and_writes_a_folder(command, here):
    arguments = ("compare", "epidemic-2022-spring", "--models", "leontief,inventory(mpc=0)", "--out", "both")
    code, out, _ = command(*arguments, "--formats", "csv")
    assert code == 0 and "LEFT OUT in leontief: labour" in out and "Why they differ" in out
    assert sorted(path.name for path in (here / "both").iterdir()) == ["comparison.json", "effects.csv", "models.csv"]
    code, _, err = command(*arguments)
    assert code == 2 and "already holds a comparison" in err
    code, out, _ = command(*arguments, "--formats", "csv", "--force", "--quiet")
    assert (code, out.strip()) == (0, "both")


def test_compare_refuses_what_it_cannot_do_before_anything_runs(command, here):
    assert "cannot write format 'pdf'" in command("compare", SHIPPED, "--formats", "pdf")[2]
    code, _, err = command("compare", SHIPPED, "--models", "leontief")
    assert code == 2 and "needs two models or more" in err
    assert not list(here.iterdir())
