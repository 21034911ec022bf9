"""The groups of settings that scripts join: where sentences come from, the recogniser, methods, sampling, the results folder, who works.

Each field says in a comment what it is; one that decides no row is made by `elsewhere`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from liap.errors import InputError
from liap.files import check_folder
from liap.pruning import VARIANTS
from liap.settings.flag_values import among, check_number, numbers, refuse_repeats

OPERATORS = ("mask", "unk", "delete")  # edits of pieces
MARGINAL = "marginal"  # words that a language model finds likely, in the place of those that are hidden
PRECISIONS = ("fp32", "bf16", "bf16-weights")
TARGETS = ("tag", "type", "entity")
PUNCTUATION = ("keep", "drop")
RANKINGS = ("signed", "absolute")
TIES = ("random", "attention")
EXECUTORS = ("local", "ray")
FIGURE_FORMATS = ("png", "pdf", "svg")
NO_PARSER = "none"
TIE_BREAKS = 64
LARGEST_SEED = 2**32 - 2  # LIME takes seeds below 2^32, and a comparison of two takes the next one


def elsewhere(default: Any) -> Any:
    """A field that decides no row: where things are, who does the work, and what is drawn."""
    return field(default=default, metadata={"rows": False})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all scripts' settings share."""

    options: Mapping[str, Any] = field(default_factory=dict, metadata={"rows": False})  # method -> its own settings
    given: frozenset[str] = field(default=frozenset(), compare=False, metadata={"rows": False})  # on the command line

    def __post_init__(self) -> None:
        for group in type(self).__mro__:
            if "check" in vars(group):
                group.check(self)

    def option(self, name: str, kind: type | None) -> Any:
        """An explainer's or metric's own settings: the defaults where none were given, None if it has none."""
        return None if kind is None else self.options.get(name) or kind()

    def deciding_rows(self) -> dict[str, Any]:
        """The fields that decide rows, by name. The own settings of explainers and metrics are not among them."""
        return {part.name: getattr(self, part.name) for part in fields(self) if part.metadata.get("rows", True)}


@dataclass(frozen=True, kw_only=True)
class CorpusSettings(Settings):
    """Which sentences are read."""

    corpus: str = "eriktks/conll2003"
    split: str = "test"
    sentences: int = 0  # the first so many; 0: all

    def check(self) -> None:
        check_number("--sentences", self.sentences, 0)


@dataclass(frozen=True, kw_only=True)
class TextSettings(Settings):
    """Raw text in place of a corpus."""

    text: str = ""
    text_file: str = ""
    sentences_as_given: bool = False  # each line of text is one sentence

    @property
    def raw(self) -> bool:
        """Whether text is read, and no corpus."""
        return bool(self.text or self.text_file)


@dataclass(frozen=True, kw_only=True)
class TaggerSettings(Settings):
    """Which recogniser is explained, and how it runs."""

    model: str = "best_ner_model"
    precision: str = "fp32"
    device: str = "auto"
    pieces_per_batch: int = elsewhere(0)  # decides rows in reduced precision alone: see `identity_of_software`
    type_map: tuple[str, ...] = ()  # PERSON=PER: the recogniser's type, the corpus's; PERSON= drops a type

    def check(self) -> None:
        among("--precision", (self.precision,), PRECISIONS)
        if self.device.partition(":")[0] == "meta":  # PyTorch's device of tensors without numbers
            raise InputError(f"--device {self.device} computes nothing; expected auto, cpu or cuda")
        check_number("--pieces-per-batch", self.pieces_per_batch, 0)


@dataclass(frozen=True, kw_only=True)
class AnnotationSettings(Settings):
    """Where parses and frames come from."""

    parser: str = "en_core_web_sm"
    srl: str = "archive"
    srl_archive: str = ""
    srl_encoder: str = ""
    srl_environment: str = ""
    srl_precision: str = "fp32"
    cache: str = elsewhere(".cache")

    @property
    def parsed(self) -> bool:
        """Whether sentences are parsed; without a parse there are no frames either."""
        return self.parser not in ("", NO_PARSER)

    def check(self) -> None:
        if self.cache:
            check_folder("--cache", self.cache)


@dataclass(frozen=True, kw_only=True)
class MethodSettings(Settings):
    """How mentions are explained, and how explanations are scored."""

    explainers: tuple[str, ...] = ("liap", "attention", "occlusion", "occlusion_ceiling", "random")
    metrics: tuple[str, ...] = ("lfs", "evidence_found")
    variants: tuple[str, ...] = VARIANTS  # of pruning, for LIAP and its controls
    prune: tuple[str, ...] = ()  # VARIANT:EXPLAINER: that explainer's scores inside that mask, beside matched controls
    target: str = "type"  # what p is the probability of: see `liap.taggers.targets`
    operator: str = "mask"  # the metrics'
    explainer_operator: str = "unk"  # of explainers that perturb
    punctuation: str = "keep"  # drop: words without a letter or digit are no context, so never ranked, kept or masked
    language_model: str = elsewhere("")  # of the operator marginal; the run's identity has its digest
    replacement_threshold: float = 1e-5  # of probability, from which a word may stand in another's place
    replacement_draws: int = 8  # sentences drawn where several words are hidden together
    fitted: str = elsewhere("")  # a file of studies/fit_on_dev.py; the run's identity has its digest
    ranking: str = "signed"  # rank by signed support, or by its absolute value
    ties: str = "random"  # 64 random tie-breaks, or by unpruned attention
    draws: int = TIE_BREAKS  # masks that a random control draws, scores that a random explainer draws
    joint_rankings: int = 8  # of an explanation's rankings, how many a metric with joint masks reads
    layers: str = "all"  # of the attention: all, or numbers from 0 with commas
    heads: str = "all"
    hops: int = 1  # steps in the dependency tree
    siblings: bool = False
    renormalise: bool = False
    seed: int = 0

    def check(self) -> None:
        among("--variants", self.variants, VARIANTS)
        for flag, names in (
            ("--explainers", self.explainers),
            ("--metrics", self.metrics),
            ("--variants", self.variants),
            ("--prune", self.prune),
        ):
            refuse_repeats(flag, names)
        for pruning in self.prune:
            _check_pruning(pruning)
        among("--target", (self.target,), TARGETS)
        among("--operator", (self.operator,), (*OPERATORS, MARGINAL))
        among("--explainer-operator", (self.explainer_operator,), (*OPERATORS, MARGINAL))
        check_number("--replacement-threshold", self.replacement_threshold, 0, 1)
        check_number("--replacement-draws", self.replacement_draws, 1, 10_000)
        among("--punctuation", (self.punctuation,), PUNCTUATION)
        among("--ranking", (self.ranking,), RANKINGS)
        among("--ties", (self.ties,), TIES)
        check_number("--hops", self.hops, 1)
        check_number("--draws", self.draws, 20, 10_000)
        check_number("--joint-rankings", self.joint_rankings, 1, self.draws)
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        numbers("--layers", self.layers), numbers("--heads", self.heads)

    @cached_property
    def prunings(self) -> dict[str, list[str]]:
        """The names of the explainers whose scores are pruned -> the variants that prune them."""
        variants: dict[str, list[str]] = {}
        for variant, _, name in (pruning.partition(":") for pruning in self.prune):
            variants.setdefault(name, []).append(variant)
        return variants

    @cached_property
    def chosen(self) -> tuple[list[int], list[int]]:
        """Layers and heads whose attention counts; empty: all."""
        return list(numbers("--layers", self.layers)), list(numbers("--heads", self.heads))

    def of_chosen(self, attention: Float[np.ndarray, "layers heads rows words"]) -> np.ndarray:
        """The attention of the chosen layers and heads alone."""
        layers, heads = self.chosen
        if layers:
            attention = attention[layers]
        return attention[:, heads] if heads else attention

    def check_attention(self, layers: int, heads: int) -> None:
        """The chosen layers and heads must be the model's; they count from 0."""
        for flag, chosen, size in zip(("--layers", "--heads"), self.chosen, (layers, heads), strict=True):
            for value in chosen:
                if not 0 <= value < size:
                    raise InputError(f"{flag} must lie in 0..{size - 1} for this model, got {value}")


@dataclass(frozen=True, kw_only=True)
class SampleSettings(Settings):
    """Which of the mentions are explained."""

    examples_per_type: int = 10  # 0: every mention
    seed: int = 0

    def check(self) -> None:
        check_number("--examples-per-type", self.examples_per_type, 0)


@dataclass(frozen=True, kw_only=True)
class RunSettings(Settings):
    """The results folder, and how the work is cut up."""

    results: str = elsewhere("results")
    overwrite: bool = elsewhere(False)
    chunk: int = 64  # sentences that are scored and saved at a time; saved chunks of another size do not fit

    def check(self) -> None:
        check_number("--chunk", self.chunk, 1)
        check_folder("--results", self.results)


@dataclass(frozen=True, kw_only=True)
class ExecutorSettings(Settings):
    """Who does the work."""

    engine: str = elsewhere("local")
    ray_address: str = elsewhere("")
    workers: int = elsewhere(2)
    cpus_per_worker: int = elsewhere(1)
    gpus_per_worker: float = elsewhere(0.0)

    def check(self) -> None:
        among("--engine", (self.engine,), EXECUTORS)
        check_number("--workers", self.workers, 1)
        check_number("--cpus-per-worker", self.cpus_per_worker, 1)
        check_number("--gpus-per-worker", self.gpus_per_worker, 0)


@dataclass(frozen=True, kw_only=True)
class FigureSettings(Settings):
    """The files of plots: formats, size of text, and the column of a paper that plots are drawn for."""

    formats: tuple[str, ...] = elsewhere(("png",))
    font_size: float = elsewhere(10.0)  # points, of the text that plots are designed with; small print is smaller
    column_width: float = elsewhere(0.0)  # inches; 0: each plot has its own width

    def check(self) -> None:
        among("--formats", self.formats, FIGURE_FORMATS)
        check_number("--font-size", self.font_size, 4, 40)
        if self.column_width:
            check_number("--column-width", self.column_width, 2, 20)

    @property
    def figure_flags(self) -> list[str]:
        """The same for another script's command line."""
        sizes = ["--font-size", str(self.font_size), "--column-width", str(self.column_width)]
        return ["--formats", *self.formats, *sizes]


def _check_pruning(pruning: str) -> None:
    variant, colon, name = pruning.partition(":")
    if not (colon and name):
        raise InputError(f"--prune {pruning}: expected VARIANT:EXPLAINER, such as syntactic:lime")
    among(f"--prune {pruning}: the variant", (variant,), VARIANTS)
