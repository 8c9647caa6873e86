"""Change a measure of a shipped scenario: without it, with half of it, and as it stands.

    python examples/02_change_a_measure.py [FOLDER]

What ``--set`` does on the command line, ``sets`` does here; nothing in the file changes. For changes
that should last, copy the file, edit it, and run your copy.
"""

import simcore

SCENARIO = "notice-2022"
FIRST = 12  # months over which the effect is averaged

scenario = simcore.load(simcore.find_scenario(SCENARIO))
measure = next(m for m in scenario.measures if not m.shock)
print(f"{scenario.title}: changing '{measure.id}', {measure.title or measure.kind}")

CHANGES = {
    "without it": [f"policies.{measure.id}.enabled=false"],
    "half taken up": [f"policies.{measure.id}.take_up={50 * measure.take_up:g} %"],
    "as it stands": [],
}
for name, sets in CHANGES.items():
    result = simcore.run_file(SCENARIO, sets=sets, draws=0)
    effect = result.series("iva_level_effect")[:FIRST].mean()
    print(f"{name:15} {effect:+.3f} % of industrial value added, mean of the first {FIRST} months")
