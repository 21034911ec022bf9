"""The settings of studies/alignment.py, checked once. Loads no model library."""

from __future__ import annotations

from dataclasses import dataclass

from liap.errors import InputError
from liap.guidance.patterns import check
from liap.settings import AnnotationSettings, FigureSettings, RunSettings, among, check_number, numbers, refuse_repeats

ROWS = ("mentions", "all")
NONE = "none"  # the control target: ordinary fine-tuning


@dataclass(frozen=True, kw_only=True)
class AlignmentSettings(AnnotationSettings, RunSettings, FigureSettings):
    """What is trained, what is masked, and how both are judged."""

    corpus: str = "eriktks/conll2003"
    encoder: str = "bert-base-cased"
    targets: tuple[str, ...] = ("head", "head/window", "head/random")
    weights: tuple[float, ...] = (0.1,)
    seeds: tuple[int, ...] = (0,)
    layer: int = 0
    heads: str = "0"
    evidence: str = ""
    epochs: int = 1
    learning_rate: float = 3e-5
    batch: int = 16
    warmup_steps: int = 0
    train_sentences: int = 0
    dev_sentences: int = 0
    test_sentences: int = 0
    explain_sentences: int = 0
    marked_sentences: int = 0
    masked_model: str = ""
    restrictions: tuple[str, ...] = ("neighbours", "neighbours/window", "neighbours/random")
    rows: tuple[str, ...] = ROWS
    layers: tuple[str, ...] = ("all",)
    mask_weights: tuple[float, ...] = (1.0,)
    masked_sentences: int = 0
    masked_explain: int = 0
    special_tokens: bool = True
    hops: int = 1
    resamples: int = 2000
    device: str = "auto"

    def check(self) -> None:
        """InputError that names the flag of a value that cannot be used."""
        self._check_patterns()
        for flag, weights, most in (("--weights", self.weights, 1e6), ("--mask-weights", self.mask_weights, 1)):
            for weight in weights:
                check_number(flag, weight, 0, most)
                if weight == 0:
                    raise InputError(f"{flag} holds 0, which is the control that always runs; expected weights above 0")
        for seed in self.seeds:
            check_number("--seeds", seed, 0, 2**32 - 1)
        for layers in self.layers:
            numbers("--layers", layers)
        if not self.chosen_heads:
            raise InputError("--heads must name heads from 0 with commas, such as 0,1")
        for flag, value, least in (
            ("--hops", self.hops, 1), ("--layer", self.layer, 0), ("--resamples", self.resamples, 100),
            ("--train-sentences", self.train_sentences, 0), ("--dev-sentences", self.dev_sentences, 0),
            ("--test-sentences", self.test_sentences, 0), ("--explain-sentences", self.explain_sentences, 0),
            ("--marked-sentences", self.marked_sentences, 0), ("--masked-sentences", self.masked_sentences, 0), ("--masked-explain", self.masked_explain, 0),
        ):  # fmt: skip
            check_number(flag, value, least)

    def _check_patterns(self) -> None:
        if self.marked_sentences and not self.evidence:
            raise InputError("--marked-sentences needs --evidence, a corpus that knows the words that people marked")
        for flag, names in (("--targets", self.targets), ("--restrictions", self.restrictions)):
            refuse_repeats(flag, names)
            for name in names:
                check(flag, name)
        if self.rows:
            among("--rows", self.rows, ROWS)
        if any(name.startswith("evidence") for name in self.restrictions):
            raise InputError(
                "--restrictions evidence: a model that finds its mentions cannot know their evidence; use it as a target"
            )

    @property
    def chosen_heads(self) -> tuple[int, ...]:
        """The heads that an attention loss guides."""
        return numbers("--heads", self.heads)
