"""finetune.py's settings: bad values name their flag, and the tiny model's own values replace only defaults."""

from pathlib import Path

import pytest

from liap.constants import read_constants
from liap.errors import InputError
from liap.training.fine_tuning_settings import TINY_VALUES, FineTuningSettings, tiny_values


def test_the_defaults_are_the_constants_of_the_script():
    constants = read_constants(Path(__file__).parents[2] / "finetune.py")
    written = {name.lower(): constant.value for name, constant in constants.items()}
    assert FineTuningSettings(**written) == FineTuningSettings()


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        ({"epochs": 0}, "--epochs must be at least 1, got 0"),
        ({"batch": 0}, "--batch"),
        ({"learning_rate": 0.0}, "--learning-rate"),
        ({"learning_rate": float("nan")}, "--learning-rate"),
        ({"weight_decay": -0.1}, "--weight-decay"),
        ({"weight_decay": float("nan")}, "--weight-decay"),
        ({"warmup_steps": -1}, "--warmup-steps"),
        ({"seed": -1}, "--seed"),
        ({"seed": 2**32}, "--seed must be below"),
        ({"precision": "int8"}, "--precision"),
        ({"keep_epoch": "first"}, "--keep-epoch must be one of best, last, got 'first'"),
        ({"max_pieces": -1}, "--max-pieces must be at least 0"),
        ({"output": ""}, "--output is empty"),
        ({"output": " "}, "--output is empty"),
    ],
)
def test_bad_settings_name_their_flag(change, flag):
    with pytest.raises(InputError, match=flag):
        FineTuningSettings(**change)


def test_the_tiny_model_replaces_published_defaults_and_nothing_else():
    assert tiny_values(FineTuningSettings(model="tiny")) == TINY_VALUES
    own = tiny_values(FineTuningSettings(model="tiny", epochs=2, batch=4))
    assert own == {name: value for name, value in TINY_VALUES.items() if name not in ("epochs", "batch")}
    assert tiny_values(FineTuningSettings()) == {}
