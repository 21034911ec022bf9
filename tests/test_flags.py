"""Constants become flags: values, types, comments, help, and the own settings of explainers and metrics."""

import re
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from liap import cli
from liap.constants import read_constants
from liap.errors import InputError
from liap.explainers import EXPLAINERS
from liap.faithfulness import METRICS
from liap.settings import AnalysisSettings, EvaluationSettings, LimeBaselineSettings, Settings
from liap.training.fine_tuning_settings import FineTuningSettings

ROOT = Path(__file__).parents[1]
KINDS = {
    "finetune.py": FineTuningSettings,
    "run_liap_evaluation.py": EvaluationSettings,
    "lime_baseline.py": LimeBaselineSettings,
    "analyze_results.py": AnalysisSettings,
}
SCRIPT = '''"""What it does."""

EPOCHS = 5  # passes over the training split
RATE = 3e-5  # of AdamW
NAMES = ("a", "b")  # which ones
DEEP = False  # whether 100% of it
PLACE = ""  # a folder
'''


@dataclass(frozen=True, kw_only=True)
class Some(Settings):
    """Of the script above."""

    epochs: int = 1
    rate: float = 0.0
    names: tuple[str, ...] = ()
    deep: bool = True
    place: str = "here"
    hidden: int = 7  # without a constant it is no flag


@pytest.fixture
def write(tmp_path):
    """The script with a line in place of another one; its path."""

    def make(old: str = "", new: str = "") -> Path:
        assert old in SCRIPT
        path = tmp_path / "some_script.py"
        path.write_text(SCRIPT.replace(old, new) if old else SCRIPT)
        return path

    return make


def test_defaults_and_flags(write):
    settings = cli.settings(write(), Some, [])
    assert settings == Some(epochs=5, rate=3e-5, names=("a", "b"), deep=False, place="")
    settings = cli.settings(write(), Some, ["--epochs", "2", "--names", "c", "--deep", "--rate", "1"])
    assert (settings.epochs, settings.names, settings.deep, settings.rate) == (2, ("c",), True, 1.0)
    assert cli.settings(write(), Some, ["--names"]).names == ()
    with pytest.raises(SystemExit):
        cli.settings(write(), Some, ["--hidden", "3"])


def test_help_is_the_comment(write, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.settings(write(), Some, ["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "passes over the training split (default: 5)" in shown
    assert "whether 100% of it (default: no)" in shown
    assert "which ones (default: a b)" in shown
    assert re.search(r"--place TEXT +a folder\n", shown)  # without a default there is nothing to show
    assert "What it does." in shown


@pytest.mark.parametrize(
    ("new", "value"),
    [
        ("EPOCHS = 2 * 5  # n", 10),
        ("EPOCHS = (2 + 1) * 5 - 8 // 2  # n", 11),
        ("EPOCHS = 3.0  # n", 3),
        ("EPOCHS: int = 4  # n", 4),
        ("EPOCHS = -1  # n", -1),
        ("EPOCHS = (  # fmt: skip\n    6\n)  # fmt: skip  # n", 6),
    ],
)
def test_edited_constants(write, new, value):
    assert cli.settings(write("EPOCHS = 5  # passes over the training split", new), Some, []).epochs == value


def test_values_of_a_tuple_may_be_worked_out_too(write):
    edited = write('NAMES = ("a", "b")', 'NAMES = ["a", "b" + "c"]')
    assert cli.settings(edited, Some, []).names == ("a", "bc")


WRONG = {
    "another type": ("EPOCHS = 5", 'EPOCHS = "five"', "some_script.py:3: EPOCHS is 'five'; expected a whole number"),
    "a fraction": ("EPOCHS = 5", "EPOCHS = 5 / 2", "some_script.py:3: EPOCHS is 2.5; expected a whole number"),
    "True for a number": ("EPOCHS = 5", "EPOCHS = True", "some_script.py:3: EPOCHS is True; expected a whole number"),
    "None": ("EPOCHS = 5", "EPOCHS = None", "some_script.py:3: EPOCHS is None; expected a whole number"),
    "text for a rate": ("RATE = 3e-5", 'RATE = "3e-5"', "some_script.py:4: RATE is '3e-5'; expected a number"),
    "text for a switch": ("DEEP = False", 'DEEP = "no"', "some_script.py:6: DEEP is 'no'; expected True or False"),
    "a number for a folder": ("PLACE = \"\"", "PLACE = 7", "some_script.py:7: PLACE is 7; expected text in quotes"),
    "one for several": ('("a", "b")', '"a"', "some_script.py:5: NAMES is 'a'; expected several values in brackets"),
    "a number among names": ('("a", "b")', '("a", 3)', "some_script.py:5: NAMES is 3; expected text in quotes"),
    "a call": ("EPOCHS = 5", "EPOCHS = int(5)", "some_script.py:3: EPOCHS is an expression; expected a value"),
    "a name": ("PLACE = \"\"", "PLACE = RATE", "some_script.py:7: PLACE is an expression; expected a value"),
    "a sum of text and number": ("EPOCHS = 5", 'EPOCHS = 5 + "1"', "some_script.py:3: EPOCHS cannot be computed ("),
    "a division by zero": ("RATE = 3e-5", "RATE = 1 / 0", "some_script.py:4: RATE cannot be computed (division by zero)"),
    "no comment": ("5  # passes over the training split", "5", "some_script.py:3: EPOCHS has no comment; expected one"),
    "only a formatter's comment": ("# a folder", "# fmt: skip", "some_script.py:7: PLACE has no comment; expected one"),
    "unknown": ("PLACE =", "PALACE =", "some_script.py:7: PALACE is not a setting; expected one of EPOCHS, RATE, NAMES"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_an_edit_that_cannot_be_used_is_one_line_with_its_place(case, write):
    old, new, message = WRONG[case]
    with pytest.raises(InputError) as error:
        cli.settings(write(old, new), Some, [])
    assert message in str(error.value)


def test_a_wrong_edit_of_a_real_script_ends_with_status_2(tmp_path):
    text = (ROOT / "analyze_results.py").read_text(encoding="utf-8")
    assert "RESAMPLES = 2000" in text
    for edit in ('RESAMPLES = "many"', "RESAMPLES = max(2, 3)"):
        (tmp_path / "analyze_results.py").write_text(text.replace("RESAMPLES = 2000", edit))
        command = [sys.executable, str(tmp_path / "analyze_results.py")]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
        assert done.returncode == 2, done.stderr
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("analyze_results.py: error: ") and "analyze_results.py:" in done.stderr[26:]


@pytest.mark.parametrize("script", KINDS)
def test_the_help_of_a_script_is_complete_and_clean(script, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.settings(ROOT / script, KINDS[script], ["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    options = shown[shown.index("options:") :]
    for name in read_constants(ROOT / script):
        flag = "--" + name.lower().replace("_", "-")
        assert re.search(rf"\n  {flag}\b.*\n? +\S", options), flag
    for leftover in ("fmt:", "noqa", "(default: none)", "(default: )", "None", "<class", "()", "  #"):
        assert leftover not in options, leftover
    assert max(map(len, options.splitlines())) <= 80


@pytest.mark.parametrize("script", KINDS)
def test_the_constants_of_a_script_are_valid(script):
    assert isinstance(cli.settings(ROOT / script, KINDS[script], []), KINDS[script])


def test_own_settings_of_explainers_and_metrics_are_flags():
    script = ROOT / "run_liap_evaluation.py"
    settings = cli.settings(script, EvaluationSettings, ["--lime-samples", "50", "--k", "2", "--ig-steps", "8"])
    assert settings.options["lime"].lime_samples == 50
    assert settings.options["lfs"].k == 2
    assert settings.options["integrated_gradients"].ig_steps == 8
    methods = [method for method in (*EXPLAINERS.values(), *METRICS.values()) if method.settings]
    assert set(settings.options) == {method.name for method in methods}
    own = [field for method in methods for field in fields(method.settings)]
    assert len({field.name for field in own}) == len(own)
    assert all(field.metadata["about"] for field in own)


def test_a_script_that_always_runs_the_same_methods_has_the_flags_of_these_alone():
    script = ROOT / "lime_baseline.py"
    assert set(cli.settings(script, LimeBaselineSettings, []).options) == {"lime", "lfs"}
    with pytest.raises(SystemExit):
        cli.settings(script, LimeBaselineSettings, ["--ig-steps", "8"])


OWN = '''
from __future__ import annotations
from dataclasses import dataclass, field
from liap import explainer, setting

@dataclass(frozen=True)
class Settings:
    {fields}

@explainer(settings=Settings)
def mine(case, settings):
    return -case.distances.astype(float) * settings.power
'''  # fmt: skip


@pytest.fixture
def own(tmp_path):
    """The name of an explainer of a user's file, by the fields of its settings."""

    def make(lines: str) -> str:
        path = tmp_path / "mine.py"
        path.write_text(OWN.format(fields=lines))
        return f"{path}:mine"

    return make


def evaluation(*arguments: str) -> EvaluationSettings:
    return cli.settings(ROOT / "run_liap_evaluation.py", EvaluationSettings, list(arguments))


def test_own_settings_of_a_users_explainer_are_flags(own, capsys):
    name = own('power: float = setting(1.0, "exponent of mine")\n    again: int = 2')
    settings = evaluation("--explainers", "liap", name, "--power", "2.5")
    assert settings.explainers == ("liap", name)
    assert (settings.options["mine"].power, settings.options["mine"].again) == (2.5, 2)
    with pytest.raises(SystemExit):
        evaluation("--explainers", name, "--help")
    shown = capsys.readouterr().out
    assert "exponent of mine (default: 1.0)" in shown and "of mine (default: 2)" in shown


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("power: float", "its setting power has no default"),
        ("power: dict = None", "its setting power is of type <class 'dict'>; expected str, int, float, bool"),
        ("power: Unknown = 1", "the types of its settings cannot be read (name 'Unknown' is not defined)"),
        ("power: int = 'x'", "its setting power is 'x'; expected a whole number"),
        ("seed: int = 1", "its setting seed has the name of another flag"),
        ("k: int = 1", "its setting k has the name of another flag"),
        ("power: int = 1\n    def __post_init__(self): raise ValueError('no\\nthanks')", "settings are refused (no)"),
    ],
)
def test_own_settings_that_cannot_be_flags_are_one_line(own, lines, message):
    name = own(lines)
    with pytest.raises(InputError) as error:
        evaluation("--explainers", name)
    assert message in str(error.value) and str(error.value).startswith(name.partition(":")[0])
