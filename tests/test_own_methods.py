"""Explainers and metrics of a user's own file, through the real script: their rows, their declarations, and their errors."""

import csv
import json

import pytest

EVALUATE = "run_liap_evaluation.py"
MINE = '''
from dataclasses import dataclass
from liap import Column, explainer, metric, setting

@dataclass(frozen=True)
class Power:
    power: float = setting(1.0, "exponent of nearness")

@explainer(label="near words", role="control", family="own", settings=Power)
def nearness(case, settings):
    """Words score by their distance."""
    return -case.distances.astype(float) ** settings.power

def plain(case):
    return [float(len(word)) for word in case.words]

@metric(columns=(Column("first_word", "drop of the top word", better="higher", headline=True),))
def first_word(case, rankings):
    """The drop when the word at the top is masked."""
    answers = yield rankings.without_top(1)
    yield {"first_word": answers.intact - answers.probability}

@explainer(batched=True)
def batched(cases):
    for case in cases:
        yield case.no_such_thing

def failing(case):
    return 1 / 0

def short(case):
    return [1.0]

def infinite(case):
    return [float("inf")] * len(case.words)

def nothing(case):
    pass

@metric
def wrong_metric(case, rankings):
    yield [1, 2, 3]

def failing_metric(case, rankings):
    raise KeyError("x")
    yield
'''  # fmt: skip


@pytest.fixture
def mine(place, tmp_path):
    (tmp_path / "mine.py").write_text(MINE)
    place.flags = {"examples-per-type": 3, "chunk": 3}
    return tmp_path / "mine.py"


def call(script, place, explainers, metrics=("lfs",), **more):
    place.flags.pop("explainers", None)
    command = [*place.command(EVALUATE), "--explainers", *explainers, "--metrics", *metrics]
    return script(EVALUATE, *command, *(part for name, value in more.items() for part in (f"--{name}", value)))


def test_their_rows_and_declarations(script, place, mine):
    names = [f"{mine}:nearness", f"{mine}:plain"]
    status, _, err = call(script, place, ["liap", *names], ["lfs", f"{mine}:first_word"], power=2.0)
    assert status == 0, err
    with (place.results / "scores.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["explainer"] for row in rows} == {"liap", "nearness", "plain"}
    own = [row for row in rows if row["explainer"] in ("nearness", "plain") and not row["reason"]]
    assert len(own) > 4 and all(row["first_word"] and row["lfs"] for row in own)
    run = json.loads((place.results / "run.json").read_text())
    explainers, metrics = run["methods"]["explainers"], run["methods"]["metrics"]
    assert [one["name"] for one in explainers] == ["liap", "nearness", "plain"]
    assert explainers[1] | {
        "label": "near words", "role": "control", "family": "own", "about": "Words score by their distance.",
    } == explainers[1]  # fmt: skip
    assert [one["name"] for one in metrics] == ["lfs", "first_word"]
    assert metrics[1]["columns"][0]["label"] == "drop of the top word"
    assert run["settings"]["power"] == 2.0 and run["settings"]["explainers"] == ["liap", *names]


def test_their_run_is_analysed_without_their_file(script, place, mine):
    status, _, err = call(script, place, ["liap", f"{mine}:nearness"], ["lfs", f"{mine}:first_word"])
    assert status == 0, err
    mine.unlink()
    status, out, err = script(
        "analyze_results.py", "--results", place.results, "--resamples", 100, "--no-plots", "--verbose"
    )
    assert status == 0, err
    assert "near words" in out and "drop of the top word" in out


ERRORS = {
    "an error": ("failing", "lfs", "the explainer failing failed on "),
    "an error in a batch": ("batched", "lfs", "the explainer batched failed on "),
    "too few scores": ("short", "lfs", "returned scores of shape (1,)"),
    "infinite scores": ("infinite", "lfs", "NaN or infinite scores"),
    "no answer": ("nothing", "lfs", "returned nothing"),
    "a metric's mask": ("plain", "wrong_metric", "the metric wrong_metric yielded masks of shape (3,)"),
    "a metric's error": ("plain", "failing_metric", "the metric failing_metric failed on "),
    "no such function": ("elsewhere", "lfs", "no elsewhere in "),
    "a class": ("Power", "lfs", "Power is a type; expected a function"),
    "a metric as explainer": ("first_word", "lfs", "first_word is a Metric; expected a function"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_of_a_users_function_is_one_line(case, script, place, mine):
    explainer, metric, message = ERRORS[case]
    metric = metric if metric == "lfs" else f"{mine}:{metric}"
    status, _, err = call(script, place, [f"{mine}:{explainer}"], [metric])
    last = err.splitlines()[-1]
    assert status == 2, err
    assert last.startswith(f"{EVALUATE}: error: ") and message in last and "mine.py" in last
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("def mine(case:\n", "mine.py:1: the file cannot be run (SyntaxError"),
        ("import nowhere_to_be_found\n", "mine.py:1: the file cannot be run (ModuleNotFoundError"),
        ("x = 1\nraise ValueError('two\\nlines')\n", "mine.py:2: the file cannot be run (ValueError: two)"),
        ("import sys\nsys.exit(5)\n", "mine.py:2: the file cannot be run (SystemExit: 5)"),
        ("mine = 5\n", "mine is a int; expected a function"),
        ("def lime(case): pass\nmine = lime\n", "the project has a lime of its own"),
        ("from liap import explainer\n@explainer(needs=['magic'])\ndef mine(case): pass\n", "needs must be among"),
    ],
)
def test_a_users_file_that_cannot_be_used_is_one_line(content, message, script, place, mine):
    mine.write_text(content)
    status, _, err = call(script, place, [f"{mine}:mine"])
    assert status == 2, err
    assert message in err.splitlines()[-1] and "Traceback" not in err
    assert not place.results.exists()
