"""Every code that a diagnostic may carry: what it means, a wrong and a right example."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import UnknownNameError
from .shape import did_you_mean


class Code(NamedTuple):
    """A page of ``simcore explain``."""

    meaning: str
    wrong: str
    right: str


CODES: dict[str, Code] = {
    # the text
    "SC001": Code("The text is not valid YAML.", "title: Relief: phase two", 'title: "Relief: phase two"'),
    "SC002": Code(
        "The file holds nothing, or only comments.",
        "# to be written",
        "schema: simcore/scenario@1",
    ),
    "SC003": Code("One file is one scenario.", "id: one\n---\nid: two", "id: one"),
    "SC004": Code(
        "Aliases expand to more values than anybody writes.", "a: &a [*a]", "a: &a [1, 2]\nb: *a"
    ),
    "SC005": Code("Tags are not part of the format.", "seed: !!int 7", "seed: 7"),
    "SC006": Code("A number with a leading zero may be octal or decimal.", "seed: 0221", "seed: 221"),
    "SC007": Code("YAML merge keys are not used.", "<<: *defaults", "include: [common/defaults.yaml]"),
    "SC008": Code(
        "Full-width punctuation of a Chinese input method where YAML needs the plain one.",
        "time：{step: month}",
        "time: {step: month}",
    ),
    "SC009": Code(
        "A key may appear once in a mapping.", "kind: pulse\nkind: ramp", "kind: pulse"
    ),
    "SC010": Code("A file is a mapping of keys to values.", "- id: one", "id: one"),
    "SC011": Code("The file is not plain UTF-8 text.", "(saved as GBK)", "(saved as UTF-8)"),
    "SC012": Code("The file cannot be read, or is too large.", "(a file of 50 MB)", "(a scenario)"),
    "SC013": Code("A key is plain text.", "? [a, b]\n: 1", "a: 1"),
    # sources of a calibration
    "SC501": Code("A source is missing or cannot be read.", "make: sources/maek.csv", "make: sources/make.csv"),
    "SC502": Code(
        "A source lies outside the calibration's folder 'sources', so nobody could build it again.",
        "flows: ../elsewhere/flows.csv",
        "flows: sources/flows.csv",
    ),
    "SC503": Code("A cell of a table is not a number.", "steel,12,n/a,7", "steel,12,0,7"),
    "SC504": Code("A code stands twice among the rows or columns of a table.", "steel,...\nsteel,...", "steel,..."),
    "SC505": Code(
        "The labels of a file are not those of the table.", "stel,120 in totals of output", "steel,120"
    ),
    "SC506": Code(
        "A file has another shape than it needs.", "flows of 3 rows and 4 columns", "flows of 4 rows and 4 columns"
    ),
    "SC507": Code("The unit is no scale with a currency.", "unit: millions of euros", "unit: mn EUR"),
    "SC508": Code(
        "A year or month cannot be: it lies after the vintage, before the table, or the file says another.",
        "year: 20190",
        "year: 2019",
    ),
    "SC509": Code(
        "Totals do not match each other or the table; the message says by how much.",
        "final demand of 120 bn, value added and imports of 110 bn",
        "totals that agree, or an 'uncertainty' for one of them",
    ),
    "SC510": Code(
        "Sales, or inputs and value added, of an industry are not its output.",
        "sales of 98 bn, output of 100 bn",
        "a table that balances, or 'balance: {within: 3 %}'",
    ),
    "SC511": Code(
        "An industry buys more than it makes, so its value added is negative.",
        "inputs of 120 bn, output of 100 bn",
        "the industry added to another one",
    ),
    "SC512": Code(
        "An industry makes nothing but buys, or nobody makes a product.",
        "output 0, inputs of 5 bn",
        "the row and the column both 0",
    ),
    "SC513": Code("A figure that cannot be negative is.", "steel to cars: -3", "-3 booked as final demand"),
    "SC514": Code(
        "What a final user is (households, government, investment, inventories, exports, imports) is not known.",
        "final_demand: {F010: consumption}",
        "final_demand: {F010: households}",
    ),
    "SC515": Code(
        "The economy does not reproduce a published figure that the recipe names.",
        "{of: gdp, value: 21400, ...} for a table of 20000",
        "a table, or a target, that is right; 'miss: warning' to go on",
    ),
    "SC516": Code(
        "No table with the given zeros, signs and totals exists.", "totals for an empty row", "a total of 0"
    ),
    "SC517": Code(
        "The economy cannot meet some final demand: it uses up more than it makes.",
        "inputs of 1.2 per unit of output",
        "a table with the missing value added",
    ),
    "SC518": Code(
        "Two parts of a recipe do not go together.",
        "{of: gdp, value: 1, low: 0, high: 2}",
        "{of: gdp, low: 0, high: 2}",
    ),
    "SC519": Code(
        "A calibration has another name than its folder, by which it is found.",
        "name: us in calibration/us-2019/",
        "name: us-2019",
    ),
    "SC520": Code(
        "The balancing method does not fit the totals that a recipe states.",
        "method: gras, with an uncertainty of value_added",
        "method: kras",
    ),
    "SC521": Code(
        "Value added of an industry turns negative at the prices of another year.",
        "a price of 0.5 for steel whose inputs became dearer",
        "a price on the same base as those of its inputs",
    ),
    # the shape
    "SC020": Code("The language has no such key here.", "proflie: {...}", "profile: {...}"),
    "SC021": Code(
        "A key that is needed is missing.",
        "pulse without 'end'",
        "{kind: pulse, start: 2022-11, end: 2022-12}",
    ),
    "SC022": Code("There is no such kind.", "kind: invesment_support", "kind: investment_support"),
    "SC023": Code(
        "The entry does not say what kind it is.",
        "profile: {start: 2022-11}",
        "profile: {kind: pulse, ...}",
    ),
    "SC024": Code("The word is not one of those that may stand here.", "formats: [excel]", "formats: [xlsx]"),
    "SC026": Code(
        "A name holds letters, digits and hyphens or underscores.",
        "id: My scenario",
        "id: my-scenario",
    ),
    "SC027": Code(
        "A calibration is named with its version.",
        "calibration: china-2022",
        "calibration: china-2022@1",
    ),
    "SC028": Code(
        "Shocks befall and policies are decided: each has its own section.",
        "policies: {wave: {kind: capacity_loss, ...}}",
        "shocks: {wave: {kind: capacity_loss, ...}}",
    ),
    "SC029": Code("A mapping or list is needed here.", "policies: [...]", "policies: {relending: {...}}"),
    "SC030": Code("Text is needed here.", "title: 2022", 'title: "2022"'),
    "SC031": Code("A list has too few or too many entries.", "between: [1]", "between: [1, 2]"),
    "SC033": Code(
        "The model refuses the value of one of its options; simcore explain model NAME lists them.",
        "model: {name: leontief, options: {households: shut}}",
        "model: {name: leontief, options: {households: closed}}",
    ),
    "SC034": Code("A note: the file has no header of its own and is checked as one that scenarios include.", "", ""),
    "SC099": Code("A measure refuses the combination of its fields; the message says why.", "", ""),
    # quantities
    "SC101": Code("Full-width characters in a quantity.", "amount: ２００ 亿元", "amount: 200 亿元"),
    "SC102": Code("A share or a difference of rates has no unit.", "floor: 85", "floor: 85 %"),
    "SC103": Code("An amount or a duration has no unit.", "amount: 200", "amount: 200 bn CNY"),
    "SC104": Code("A quantity cannot be read.", "amount: 2,000 bn CNY", "amount: 2000 bn CNY"),
    "SC105": Code("The unit is not known.", "amount: 200 billion CNY", "amount: 200 bn CNY"),
    "SC106": Code(
        "The unit belongs to another dimension: '%' is a share, 'pp' a difference of two rates.",
        "rate: 2.5 %",
        "rate: 2.5 pp",
    ),
    "SC107": Code("An amount of money is not negative.", "amount: -200 bn CNY", "amount: 200 bn CNY"),
    "SC108": Code("The number lies outside what the field allows.", "floor: 850 %", "floor: 85 %"),
    "SC109": Code("A whole number is needed.", "n: 2.5", "n: 256"),
    "SC110": Code(
        "A share without a unit is read as a fraction: did it lose its '%'?", "take_up: 0.3", "take_up: 30 %"
    ),
    "SC113": Code(
        "An amount is in another currency than the calibration; nothing is converted in silence.",
        "calibration: us-2019@1 with amount: 200 bn CNY",
        "amount: 29 bn USD",
    ),
    "SC111": Code("There is no such month, quarter or ISO week.", "start: 2022-13", "start: 2022-12"),
    "SC112": Code("The text is not a period.", "start: Nov 2022", "start: 2022-11"),
    "SC121": Code("A number is needed.", "demand_elasticity: four", "demand_elasticity: -1.2"),
    "SC122": Code("The number must be finite.", "demand_elasticity: .nan", "demand_elasticity: -1.2"),
    "SC123": Code("true or false is needed; yes and no are text.", "enabled: yes", "enabled: true"),
    # names and selections
    "SC201": Code(
        "The calibration or the language has no such name.",
        "sector: {any: [C83]}",
        "sector: {any: [C38]}",
    ),
    "SC202": Code(
        "A dimension is chosen in exactly one way.",
        "region: {all: true, any: [east]}",
        "region: {any: [east]}",
    ),
    "SC203": Code(
        "Nothing is left to select.",
        "region: {any: [east], except: [east]}",
        "region: {any: [east]}",
    ),
    "SC204": Code("A code is listed twice.", "sector: {any: [C38, C38]}", "sector: {any: [C38]}"),
    "SC205": Code(
        "Weights are not negative.",
        "weights: {state: -0.2, private: 1.2}",
        "weights: {private: 1.0}",
    ),
    "SC206": Code(
        "Weights add up to 1.",
        "weights: {state: 0.5, private: 0.4}",
        "weights: {state: 0.6, private: 0.4}",
    ),
    "SC207": Code(
        "The calibration is not there in this version.",
        "calibration: chna-2022@1",
        "calibration: china-2022@1",
    ),
    "SC208": Code("The pool of money is not defined.", "pool: equipmnt", "pool: equipment"),
    "SC209": Code(
        "An exception that is not part of the selection.",
        "{any: [C38], except: [C25]}",
        "{any: [C38]}",
    ),
    "SC210": Code("There is no such model.", "model: inventroy", "model: inventory"),
    "SC211": Code(
        "The calibration holds no estimates that this run may use.",
        "sensitivity: estimated",
        "sensitivity: {industry: 1}",
    ),
    # distributions
    "SC301": Code(
        "The parameters of a distribution are out of order.",
        "low: 0.6, mode: 0.5",
        "low: 0.4, mode: 0.5",
    ),
    "SC302": Code("The distribution has no width.", "sd: 0", "sd: 0.1"),
    "SC303": Code(
        "The central value lies outside its own range.",
        "{value: 0.9, dist: {kind: uniform, low: 0.1, high: 0.5}}",
        "{value: 0.3, dist: {kind: uniform, low: 0.1, high: 0.5}}",
    ),
    "SC304": Code(
        "No distribution has these parameters.",
        "{kind: beta, mean: 0.9, sd: 0.5}",
        "{kind: beta, mean: 0.9, sd: 0.06}",
    ),
    "SC305": Code(
        "Only numbers have distributions.",
        "title: {value: x, dist: {...}}",
        "amount: {value: 200 bn CNY, dist: {...}}",
    ),
    # meaning
    "SC306": Code(
        "A correlation is between different values that have a distribution, each pair stated once.",
        "{between: [parameters.shaer, policies.car.coverage], value: 0.5}",
        "{between: [parameters.share, policies.car.coverage], value: 0.5}",
    ),
    "SC307": Code(
        "The correlations contradict each other: no values can vary so.",
        "a and b 0.9, b and c 0.9, a and c -0.9",
        "a and b 0.6, b and c 0.6, a and c 0.1",
    ),
    "SC401": Code("Time runs forward.", "{start: 2024-12, end: 2022-10}", "{start: 2022-10, end: 2024-12}"),
    "SC402": Code(
        "Periods fit the step of the run.",
        "{step: week, start: 2022-10}",
        "{step: week, start: 2022-W40}",
    ),
    "SC403": Code("A scenario needs a policy or a shock.", "policies: {}", "policies: {relending: {...}}"),
    "SC404": Code(
        "A profile ends after it starts.",
        "{start: 2022-12, end: 2022-06}",
        "{start: 2022-06, end: 2022-12}",
    ),
    "SC405": Code("A profile outside the simulated time does nothing.", "start: 2035-11", "start: 2022-11"),
    "SC406": Code(
        "The points of a table stand in order of time.",
        "{2022-12: 1, 2022-11: 0}",
        "{2022-11: 0, 2022-12: 1}",
    ),
    "SC407": Code(
        "Shares of spending add up to 1.",
        "spend_on: {C35: 0.6, C38: 0.5}",
        "spend_on: {C35: 0.5, C38: 0.5}",
    ),
    "SC408": Code(
        "The parameter is not defined.",
        "additionality: $aditionality",
        "additionality: $additionality",
    ),
    "SC409": Code(
        "People buy more when the price falls.",
        "demand_elasticity: 1.2",
        "demand_elasticity: -1.2",
    ),
    "SC410": Code(
        "A variant or --set names a path that does not exist.",
        "policies.car.pullforward.share: 60 %",
        "policies.car.pull_forward.share: 60 %",
    ),
    "SC411": Code(
        "An axis of the sweep names a path that does not exist.",
        "policies.relendin.amount: [...]",
        "policies.relending.amount: [...]",
    ),
    "SC412": Code("An axis needs values.", "amount: []", "amount: [100 bn CNY, 200 bn CNY]"),
    "SC413": Code(
        "Axes that are paired have the same length.",
        "{a: [1, 2], b: [1]}",
        "{a: [1, 2], b: [1, 2]}",
    ),
    "SC414": Code(
        "A sweep has a limited number of runs.",
        "five axes of 100 values",
        "three axes of 20 values",
    ),
    "SC415": Code(
        "Draws need something uncertain.",
        "uncertainty: {n: 64}",
        "take_up: {value: 60 %, dist: {...}}",
    ),
    "SC416": Code(
        "A Sobol sample is balanced for powers of two only.",
        "{sampler: sobol, n: 200}",
        "{sampler: sobol, n: 256}",
    ),
    "SC417": Code(
        "A check has one condition.",
        "{that: iva_yoy.total}",
        "{that: iva_yoy.total, between: [0, 10]}",
    ),
    "SC418": Code("An amount is implausibly large.", "amount: 20000 bn CNY", "amount: 20000 mn CNY"),
    "SC419": Code("A parameter is defined and never used.", "parameters: {share: 5 %}", "take_up: $share"),
    "SC420": Code(
        "A file that is included is not there.",
        "include: [comon/selectors.yaml]",
        "include: [common/selectors.yaml]",
    ),
    "SC422": Code(
        "Files come from the scenario's own folder.",
        "include: [../../x.yaml]",
        "include: [common/x.yaml]",
    ),
    "SC423": Code(
        "Files include each other.",
        "a.yaml: extends b.yaml, which extends a.yaml",
        "a.yaml: extends b.yaml",
    ),
    "SC424": Code("A parameter is defined by itself.", "parameters: {a: $a}", "parameters: {a: 5 %}"),
    "SC425": Code("A name is defined twice.", "the same policy in two included files", "two names"),
    "SC426": Code(
        "An override is path=value.",
        "--set policies.car.enabled",
        "--set policies.car.enabled=false",
    ),
    "SC428": Code("Ownership is known in industry only: a note on the part that lies outside.", "", ""),
    "SC432": Code(
        "The word is known, but this version does not compute it.",
        "variables: [employment]",
        "variables: [output]",
    ),
    "SC433": Code(
        "Two measures of one kind for the same target at the same time add up: is the money counted twice?",
        "two policies of 200 bn CNY for the same buyers, one of them a part of the other",
        "pools: {relending: {ceiling: 200 bn CNY}}, and 'pool: relending' in both",
    ),
    "SC434": Code("The target makes nothing in this calibration.", "target: {sector: {any: [X]}}", "another sector"),
    "SC435": Code(
        "A number has the other sign than every estimate that the kind's page cites.",
        "income_elasticity: -1.6",
        "income_elasticity: 1.6",
    ),
    "SC436": Code(
        "With --require-sources a measure needs a source, and a value with a range a source or a note.",
        "take_up: {value: 60 %, dist: {...}}",
        'take_up: {value: 60 %, dist: {...}, note: "assumption: ..."}',
    ),
    "SC437": Code(
        "Losses of capacity add up to more than there is. They multiply: two of 60 % leave 16 %.",
        "two shocks with loss: 60 % on the same activities",
        "one shock with the loss of both",
    ),
    "SC450": Code(
        "A part names a measure of the file that states an amount; its parts are no more than the whole.",
        "relending_steel: {kind: part, of: relendin, share: 20 %}",
        "relending_steel: {kind: part, of: relending, share: 20 %}",
    ),
    "SC438": Code(
        "What is chosen are amounts of the file, each once, with bounds in order.",
        "choose: [policies.credit.amuont]",
        "choose: [policies.credit.amount]",
    ),
    "SC439": Code(
        "No choice lies within both the bounds and the budget.",
        "{budget: 100 bn CNY, bounds: {policies.credit.amount: [120 bn CNY, 200 bn CNY]}}",
        "{budget: 150 bn CNY, bounds: {policies.credit.amount: [120 bn CNY, 200 bn CNY]}}",
    ),
}  # fmt: skip


def explain(code: str) -> str:
    """The page of one code.

    Raises
    ------
    UnknownNameError
        If there is no such code.
    """
    page = CODES.get(code.upper())
    if page is None:
        raise UnknownNameError(f"unknown code '{code}'{did_you_mean(code.upper(), CODES, 0)}")
    lines = [f"{code.upper()}: {page.meaning}"]
    for title, example in (("wrong", page.wrong), ("right", page.right)):
        if example:
            lines += ["", f"{title}:", *(f"    {line}" for line in example.split("\n"))]
    return "\n".join(lines)
