"""The settings of finetune.py: one frozen dataclass, checked once.

The defaults are the published experiment's. They suit a pretrained encoder and would leave the tiny model untrained, so `tiny_values`
replaces those that the user left alone. Loads no model library, so that a wrong flag is reported at once.
"""

from __future__ import annotations

from dataclasses import dataclass

from liap.errors import InputError
from liap.settings import Settings, refuse_repeats

TINY_MODEL = "tiny"
TINY_VALUES = {
    "epochs": 7,
    "learning_rate": 1e-3,
    "batch": 16,
    "warmup_steps": 400,
    "weight_decay": 0.1,
    "precision": "fp32",  # bfloat16 gains nothing on matrices this small
}
SEEDS = 2**32  # the libraries accept seeds below this
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
KEPT = ("best", "last")
TRAINING_FIELDS = (
    "model", "epochs", "learning_rate", "batch", "weight_decay", "warmup_steps", "seed", "precision", "device",
    "keep_epoch", "max_pieces",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class FineTuningSettings(Settings):
    """What is trained on what, how, and where it is written."""

    model: str = "bert-base-cased"  # a folder, a name on the hub, or tiny
    corpus: str = "eriktks/conll2003"  # a folder, a data set on the hub, or planted
    output: str = "best_ner_model"  # folder for the recogniser
    epochs: int = 5
    learning_rate: float = 3e-5  # at its peak, after the warm-up
    batch: int = 16  # sentences per step, over all processes
    weight_decay: float = 0.01
    warmup_steps: int = 500
    seed: int = 0
    precision: str = "auto"  # of training; scores are always computed in fp32
    device: str = "auto"
    keep_epoch: str = "best"  # the epoch of the best dev F1, or the last
    max_pieces: int = 0  # longer sentences are skipped; 0: the model's own limit
    train_sentences: int = 0  # the first so many of the split; 0: all
    dev_sentences: int = 0
    test_sentences: int = 0
    hold_out: tuple[str, ...] = ()  # files whose sentences are left out of training and dev split

    def check(self) -> None:
        """InputError that names the flag of a value that cannot be used."""
        if not self.output.strip():
            raise InputError("--output is empty; expected a folder for the recogniser")
        for name, least in (
            ("epochs", 1),
            ("batch", 1),
            ("weight_decay", 0),
            ("warmup_steps", 0),
            ("seed", 0),
            ("max_pieces", 0),
        ):
            if not (value := getattr(self, name)) >= least:  # so that NaN is rejected too
                raise InputError(f"--{name.replace('_', '-')} must be at least {least}, got {value}")
        if self.seed >= SEEDS:
            raise InputError(f"--seed must be below {SEEDS}, got {self.seed}")
        refuse_repeats("--hold-out", self.hold_out)
        if not 0 < self.learning_rate < 1:
            raise InputError(f"--learning-rate must lie between 0 and 1, got {self.learning_rate}")
        if self.precision not in PRECISIONS:
            raise InputError(f"--precision must be one of {', '.join(PRECISIONS)}, got {self.precision!r}")

        if self.keep_epoch not in KEPT:
            raise InputError(f"--keep-epoch must be one of {', '.join(KEPT)}, got {self.keep_epoch!r}")

    def training(self) -> dict[str, object]:
        """The fields that decide how the model is trained, by name, as `metrics.json` records them."""
        return {name: getattr(self, name) for name in TRAINING_FIELDS}


def tiny_values(settings: FineTuningSettings) -> dict[str, object]:
    """Field -> the tiny model's own value, for each field still at its published default; empty for other models."""
    if settings.model != TINY_MODEL:
        return {}
    published = FineTuningSettings()
    return {name: value for name, value in TINY_VALUES.items() if getattr(settings, name) == getattr(published, name)}
