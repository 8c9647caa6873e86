"""simcore diff: what two scenarios say differently, whichever files they are put together from."""

from simcore.language.difference import differences
from simcore.language.scenario import load

PLAIN = """\
schema: simcore/scenario@1
id: one
calibration: china-2022@1
time: {step: month, start: 2022-11, end: 2023-12}
policies:
  relending:
    kind: investment_support
    amount: 200 bn CNY
    spend_on: {C35: 0.5, C38: 0.5}
    profile: {kind: pulse, start: 2022-11, end: 2023-03}
"""


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_a_scenario_does_not_differ_from_itself_however_it_is_written(tmp_path):
    one = written(tmp_path, "one.yaml", PLAIN)
    other = written(tmp_path, "other.yaml", "extends: one.yaml\nid: one\n")
    assert differences(one, other) == []


def test_changed_new_and_missing_values_are_named_with_both_sides(tmp_path):
    one = written(tmp_path, "one.yaml", PLAIN)
    text = "extends: one.yaml\nid: two\npolicies:\n  relending: {amount: 300 bn CNY, enabled: false}\n"
    found = differences(one, written(tmp_path, "two.yaml", text))
    assert found == [
        "id: one -> two",
        "policies.relending.amount: 200 bn CNY -> 300 bn CNY",
        "policies.relending.enabled: (nothing) -> false",
    ]


def test_variants_differ_by_what_they_set(tmp_path):
    text = PLAIN + "variants:\n  small: {policies.relending.amount: 50 bn CNY}\n"
    scenario = written(tmp_path, "one.yaml", text)
    assert "policies.relending.amount: 200 bn CNY -> 50 bn CNY" in differences(scenario, scenario.variant("small"))
