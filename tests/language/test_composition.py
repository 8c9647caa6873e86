"""Scenarios from several files, their variants, overrides and draws; and what a loaded scenario offers."""

import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from simcore.content import find_calibration
from simcore.errors import ScenarioError, UnknownNameError
from simcore.language.scenario import check, load
from simcore.language.templates import new, template_names

ROOT = Path(__file__).parents[2]

FILES = {
    "main.yaml": """
        schema: simcore/scenario@1
        id: package
        title: A package
        calibration: china-2022@1
        time: {step: month, start: 2022-11, end: 2023-12}
        include: [common/selectors.yaml]
        parameters:
          take_up: {value: 60 %, note: a guess, dist: {kind: pert, low: 25 %, mode: 60 %, high: 100 %}}
        pools:
          equipment: {ceiling: {value: 300 bn CNY, dist: {kind: uniform, low: 200 bn CNY, high: 400 bn CNY}}}
        policies:
          relending:
            kind: investment_support
            amount: 200 bn CNY
            target: $buyers
            profile: {kind: ramp, start: 2022-11, end: 2023-03}
            take_up: $take_up
            pool: equipment
            additionality: {value: 30 %, source: a paper}
          grants:
            kind: investment_support
            amount: 10 bn CNY
            profile: {kind: pulse, start: 2022-11, end: 2023-03}
            take_up: $take_up
        shocks:
          power:
            kind: capacity_loss
            loss: {value: 12 %, dist: {kind: triangular, low: 5 %, mode: 12 %, high: 25 %}}
            profile: {kind: pulse, start: 2023-01, end: 2023-01}
        variants:
          small: {policies.relending.amount: 100 bn CNY}
          alone: {policies.grants.enabled: false, shocks.power.enabled: false}
          sure: {parameters.take_up: 40 %}
          eastern: {policies.relending.target.region: {any: [east]}}
        """,
    "common/selectors.yaml": """
        selectors:
          buyers: {sector: {any: [manufacturing]}, region: {all: true}}
        """,
    "child.yaml": """
        schema: simcore/scenario@1
        extends: main.yaml
        id: child
        policies:
          relending: {amount: 50 bn CNY}
        """,
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return tmp_path


def measure(scenario, name):
    return next(m for m in scenario.measures if m.id == name)


def edit(folder, old, new, name="main.yaml"):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def codes(path, **more):
    return [d.code for d in check(path, **more)]


def test_a_scenario_says_everything_that_a_run_needs(folder):
    one = load(folder / "main.yaml")
    assert (one.id, one.title, one.calibration) == ("package", "A package", "china-2022@1")
    assert one.calendar.labels[0] == "2022-11" and one.calendar.periods == 14
    assert [m.id for m in one.measures] == ["relending", "grants", "power"]  # policies, then shocks
    assert (one.counterfactual, one.model_name, one.model_options) == ("off_from_origin", "inventory", {})
    assert one.variants == ("small", "alone", "sure", "eastern") and not one.warnings
    assert measure(one, "relending").amount == 200.0 and measure(one, "relending").take_up == 0.6
    assert one.pools["equipment"].ceiling == 300.0


def test_definitions_come_from_included_files(folder):
    target = measure(load(folder / "main.yaml"), "relending").target
    assert target.sector.any == ("manufacturing",)


def test_maps_of_a_parent_merge_and_scalars_replace(folder):
    one = load(folder / "child.yaml")
    assert one.id == "child" and one.title == "A package"
    assert measure(one, "relending").amount == 50.0 and measure(one, "relending").take_up == 0.6
    assert len(one.measures) == 3


def test_an_included_file_may_hold_whole_measures(folder):
    (folder / "extra.yaml").write_text(
        "policies:\n  more:\n    kind: investment_support\n    amount: 1 bn CNY\n"
        "    profile: {kind: pulse, start: 2022-11, end: 2022-12}\n"
    )
    path = edit(folder, "[common/selectors.yaml]", "[common/selectors.yaml, extra.yaml]")
    assert measure(load(path), "more").amount == 1.0


def test_a_problem_in_an_included_file_is_shown_there(folder):
    edit(folder, "manufacturing", "manufactoring", "common/selectors.yaml")
    (found,) = check(folder / "main.yaml")
    assert Path(found.file).name == "selectors.yaml" and found.code == "SC201" and "'manufacturing'" in found.message


def test_variants_change_what_they_name_and_nothing_else(folder):
    one = load(folder / "main.yaml")
    assert measure(one.variant("small"), "relending").amount == 100.0
    assert [m.id for m in one.variant("alone").measures] == ["relending"]
    assert measure(one.variant("eastern"), "relending").target.region.any == ("east",)
    assert measure(one, "relending").target.region.all is True
    with pytest.raises(UnknownNameError, match="no variant 'smal'"):
        one.variant("smal")


def test_set_has_the_last_word_over_files_and_variants(folder):
    one = load(folder / "main.yaml", sets=("policies.relending.amount=7 bn CNY", "shocks.power.enabled=false"))
    assert measure(one, "relending").amount == 7.0 and measure(one.variant("small"), "relending").amount == 7.0
    assert [m.id for m in one.measures] == ["relending", "grants"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("policies.relending.amont=7 bn CNY", "SC410"),
        ("policies.relendin.amount=7 bn CNY", "SC410"),
        ("policies.relending.amount", "SC426"),
        ("policies.relending.amount=7", "SC103"),
        ("time.end=2022-13", "SC111"),
    ],
)
def test_a_wrong_override_is_refused(folder, text, code):
    found = check(folder / "main.yaml", sets=(text,))
    assert code in [d.code for d in found]
    assert all(d.file == "--set" for d in found)


def test_a_path_may_lead_into_a_definition_and_to_a_default(folder):
    sets = ("policies.relending.target.sector.any=[C38]", "policies.relending.payer=banks", "model=leontief")
    one = load(folder / "main.yaml", sets=sets)
    assert measure(one, "relending").target.sector.any == ("C38",)
    assert measure(one, "relending").payer == "banks" and one.model_name == "leontief"


def test_a_parameter_used_twice_is_one_distribution(folder):
    one = load(folder / "main.yaml")
    assert sorted(one.distributions) == ["parameters.take_up", "pools.equipment.ceiling", "shocks.power.loss"]
    assert one.distributions["parameters.take_up"].params == {"low": 0.25, "mode": 0.6, "high": 1.0}
    drawn = one.with_values({"parameters.take_up": 0.5, "pools.equipment.ceiling": 250.0})
    assert [measure(drawn, m).take_up for m in ("relending", "grants")] == [0.5, 0.5]
    assert drawn.pools["equipment"].ceiling == 250.0 and one.pools["equipment"].ceiling == 300.0
    assert measure(drawn, "power") is measure(one, "power")  # untouched measures are not rebuilt


def test_central_values_rebuild_the_scenario_itself(folder):
    one = load(folder / "main.yaml")
    same = one.with_values({path: d.value for path, d in one.distributions.items()})
    assert same.measures == one.measures and same.pools == one.pools


def test_a_variant_of_a_drawn_scenario_keeps_the_draws_that_it_does_not_fix(folder):
    drawn = load(folder / "main.yaml").with_values({"parameters.take_up": 0.5, "shocks.power.loss": 0.2})
    assert measure(drawn.variant("small"), "relending").take_up == 0.5
    assert measure(drawn.variant("sure"), "relending").take_up == 0.4
    assert measure(drawn.variant("sure"), "power").loss == 0.2


def test_a_draw_for_a_path_without_distribution_is_refused(folder):
    with pytest.raises(UnknownNameError, match=r"no uncertain value 'policies\.x'"):
        load(folder / "main.yaml").with_values({"policies.x": 1.0})


def test_measures_can_be_left_out(folder):
    assert [m.id for m in load(folder / "main.yaml").without(["grants"]).measures] == ["relending", "power"]


def test_assumptions_and_sources_are_listed(folder):
    rows = {a.path: a for a in load(folder / "main.yaml").assumptions}
    assert rows["parameters.take_up"]._asdict() == {
        "path": "parameters.take_up",
        "value": "60 %",
        "range": "pert 25 % .. 60 % .. 100 %",
        "note": "a guess",
        "kind": "assumption",
    }
    assert (rows["policies.relending.additionality"].kind, rows["policies.relending.additionality"].note) == (
        "sourced",
        "a paper",
    )


@pytest.mark.parametrize("name", ["main.yaml", "child.yaml"])
def test_the_resolved_file_reads_back_to_the_same_scenario_and_names_every_origin(folder, name):
    one = load(folder / name)
    text = one.resolved()
    (folder / "resolved.yaml").write_text(text, encoding="utf-8")
    again = load(folder / "resolved.yaml")
    assert again.measures == one.measures and again.distributions == one.distributions
    assert again.pools == one.pools and again.variants == one.variants
    values = [line for line in text.splitlines() if not line.rstrip().endswith(":")]
    assert all("yaml:" in line.split("#")[-1] for line in values)
    assert "selectors.yaml:3" in text


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("take_up: $take_up\n    pool", "take_up: $take_upp\n    pool", "SC408"),
        ("[common/selectors.yaml]", "[common/selektors.yaml]", "SC420"),
        ("[common/selectors.yaml]", "[main.yaml]", "SC423"),
        ("pool: equipment", "pool: machines", "SC208"),
        ("kind: capacity_loss", "kind: investment_support", "SC028"),
        ("high: 25 %", "high: 250 %", "SC108"),
        ("dist: {kind: triangular,", "dist: {kind: triangle,", "SC022"),
        ("title: A package", "title: {value: 3, dist: {kind: uniform, low: 1, high: 2}}", "SC030"),
        ("grants:", "power:", "SC425"),
        ("step: month", "step: {}", "SC024"),
    ],
)
def test_faults_across_parts_are_found(folder, old, new, code):
    path = edit(folder, old, new)
    assert code in codes(path)
    with pytest.raises(ScenarioError):
        load(path)


def test_a_file_that_is_included_on_two_paths_counts_once(folder):
    once = load(folder / "main.yaml")
    (folder / "common" / "more.yaml").write_text("include: [selectors.yaml]\n", encoding="utf-8")
    twice = load(edit(folder, "[common/selectors.yaml]", "[common/more.yaml, common/selectors.yaml]"))
    assert twice.measures == once.measures and not twice.warnings
    (folder / "common" / "more.yaml").write_text("include: [nowhere.yaml]\n", encoding="utf-8")
    assert "SC420" in codes(folder / "main.yaml")


def test_an_included_file_finds_files_of_the_scenarios_folder_before_those_that_are_shipped(folder):
    once = load(folder / "main.yaml")
    (folder / "parts").mkdir()
    (folder / "parts" / "more.yaml").write_text("include: [common/selectors.yaml]\n", encoding="utf-8")
    found = load(edit(folder, "[common/selectors.yaml]", "[parts/more.yaml]"))  # the shipped one has no such selector
    assert found.measures == once.measures


def test_a_calibration_of_another_version_is_refused(folder):
    path = edit(folder, "china-2022@1", "china-2022@2")
    (found,) = check(path)
    assert (found.code, found.message) == ("SC207", "calibration 'china-2022' is at version 1; write 'china-2022@1'")


def test_files_outside_the_scenario_folder_are_refused(folder):
    (folder.parent / "secret.yaml").write_text("parameters: {a: 1}\n")
    path = edit(folder, "[common/selectors.yaml]", "[../secret.yaml]")
    assert "SC422" in codes(path)


def test_a_sweep_is_read_and_its_values_are_checked(folder):
    path = folder / "main.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "sweep: {axes: {policies.relending.amount: [1 bn CNY, 2 bn CNY]}}\n", encoding="utf-8")
    assert load(path).sweep.axes == {"policies.relending.amount": ["1 bn CNY", "2 bn CNY"]}
    path.write_text(text + "sweep: {axes: {policies.relending.amount: [1 bn CNY, 2 %]}}\n", encoding="utf-8")
    assert codes(path) == ["SC106"]


def test_model_options_may_be_uncertain(folder):
    option = "{value: 0.35, dist: {kind: uniform, low: 0.15, high: 0.6}}"
    path = edit(folder, "pools:", f"model: {{name: inventory, options: {{mpc: {option}}}}}\npools:")
    one = load(path)
    assert one.model_options == {"mpc": 0.35} and "model.options.mpc" in one.distributions
    assert one.with_values({"model.options.mpc": 0.2}).model_options == {"mpc": 0.2}


def test_the_calibration_of_another_version_is_refused(folder, tmp_path):
    raw = json.loads((find_calibration("china-2022") / "codes.json").read_text(encoding="utf-8"))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "codes.json").write_text(json.dumps(raw | {"version": 2}))
    (found,) = check(folder / "main.yaml", calibration_dir=tmp_path / "other")
    assert found.code == "SC207" and "china-2022@2" in found.message


def test_ownership_weights_of_a_wider_target_get_a_note(folder):
    edit(
        folder,
        "region: {all: true}",
        "ownership: {weights: {state: 0.5, private: 0.5}}",
        "common/selectors.yaml",
    )
    path = edit(folder, "pool: equipment\n", "pool: equipment\n    title: x\n")
    assert not check(path)  # all of manufacturing is industry
    edit(folder, "[manufacturing]", "[manufacturing, health]", "common/selectors.yaml")
    (note,) = check(path)
    assert (note.code, note.severity) == ("SC428", "note") and load(path)


@pytest.mark.parametrize("name", template_names())
def test_every_draft_is_a_valid_scenario(tmp_path, name):
    path = tmp_path / "draft.yaml"
    path.write_text(new(name), encoding="utf-8")
    assert not check(path)
    assert load(path).measures


def test_an_unknown_draft_proposes_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'investment_support'"):
        new("investment_suport")


def test_checking_a_file_loads_nothing_heavy(folder):
    program = (
        "import sys; from simcore.language.scenario import check; check(sys.argv[1]); "
        "print(*sorted({'scipy', 'numba', 'xarray', 'pandas', 'matplotlib', 'h5py'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, str(folder / "main.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == ""


def test_a_thousand_policies_load_within_two_seconds_of_processor_time(folder):
    entry = """
      relending_{i}:
        kind: investment_support
        amount: {i} mn CNY
        target:
          sector: {{any: [C35, C38]}}
          ownership: {{weights: {{state: 0.35, private: 0.40, foreign: 0.10, other: 0.15}}}}
        profile: {{kind: ramp, start: 2022-11, end: 2023-03, hold_until: 2023-12}}
        take_up: {{value: 60 %, dist: {{kind: pert, low: 30 %, mode: 60 %, high: 90 %}}}}
    """
    path = folder / "big.yaml"
    head = textwrap.dedent(FILES["main.yaml"]).split("include:")[0]
    body = "".join(textwrap.indent(textwrap.dedent(entry.format(i=i + 1)), "  ") for i in range(1000))
    path.write_text(head + "policies:\n" + body)
    start = time.process_time()
    one = load(path)
    assert time.process_time() - start < 2.0
    assert len(one.measures) == len(one.distributions) == 1000
