"""The settings of studies/transfer_train.py, and the grid of runs that they name. The defaults are the published recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError, quoted
from liap.files import check_folder
from liap.settings import ExecutorSettings, elsewhere, refuse_repeats
from liap.training.fine_tuning_settings import FineTuningSettings
from liap.transfer.grid_scores import SAME_LANGUAGE

NOT_IN_NAMES = set("/\\@=\0") | {chr(code) for code in range(32)}


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """An encoder, and the languages that it is fine-tuned on; none: every language."""

    name: str
    model: str
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GridCell:
    """One model: a starting point, the language that it is fine-tuned on, and a seed."""

    start: StartingPoint
    language: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.start.name} on {self.language}, seed {self.seed}"

    def folder(self, results: Path) -> Path:
        """Where its files are."""
        return results / "cells" / self.start.name / self.language / str(self.seed)

    def model_folder(self, results: Path) -> Path:
        """Where its recogniser is, if it is kept."""
        return self.folder(results) / "model"


@dataclass(frozen=True, kw_only=True)
class TransferRunSettings(ExecutorSettings):
    """Which models are fine-tuned on what, and where their scores are written."""

    starts: tuple[str, ...] = ("base=xlm-roberta-base",)
    corpora: str = "data/masakhaner"
    languages: tuple[str, ...] = ()  # none: every folder of `corpora`
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    epochs: int = 50
    learning_rate: float = 5e-5
    batch: int = 32
    weight_decay: float = 0.0
    warmup_steps: int = 0
    keep_epoch: str = "last"
    max_pieces: int = 200
    precision: str = "auto"
    device: str = "auto"
    train_sentences: int = 0
    dev_sentences: int = 0
    test_sentences: int = 0
    results: str = elsewhere("results/transfer_runs")
    overwrite: bool = elsewhere(False)
    save_models: bool = elsewhere(False)

    def check(self) -> None:
        refuse_repeats("--languages", self.languages)
        refuse_repeats("--seeds", tuple(map(str, self.seeds)))
        if not self.seeds:
            raise InputError("--seeds is empty; expected at least one number")
        for seed in self.seeds:
            self.fine_tuning(GridCell(StartingPoint("", "tiny"), "", seed), Path())  # its values are checked
        check_folder("--results", self.results)
        read_starts(self.starts)

    def fine_tuning(self, cell: GridCell, output: Path) -> FineTuningSettings:
        """The settings of one model."""
        return FineTuningSettings(
            model=cell.start.model,
            corpus=str(Path(self.corpora) / cell.language),
            output=str(output),
            seed=cell.seed,
            **{
                name: getattr(self, name)
                for name in (
                    "epochs", "learning_rate", "batch", "weight_decay", "warmup_steps", "keep_epoch", "max_pieces", "precision",
                    "device", "train_sentences", "dev_sentences", "test_sentences",
                )
            },
        )  # fmt: skip


def read_starts(written: Sequence[str]) -> tuple[StartingPoint, ...]:
    """`name=model`, or `name@language=model` for a model that is fine-tuned on that language alone. Raises InputError."""
    models: dict[str, str] = {}
    languages: dict[str, list[str]] = {}
    for text in written:
        label, equals, model = text.partition("=")
        name, at, language = label.partition("@")
        if not (equals and name.strip() and model.strip()) or (at and not language) or set(name) & NOT_IN_NAMES:
            raise InputError(
                f"--starts: {quoted(text)}; expected name=model, or name@language=model for one language alone"
            )
        if name in (SAME_LANGUAGE, ".", ".."):
            raise InputError(f"--starts: {quoted(name)} cannot be a starting point's name; choose another")
        if (
            models.setdefault(name, model) != model
            or language in languages.get(name, ())
            or "" in languages.get(name, ())
        ):
            raise InputError(
                f"--starts names {quoted(name)} twice; give each starting point one model, and each language once"
            )
        languages.setdefault(name, []).append(language)
    if not models:
        raise InputError("--starts is empty; expected name=model, such as base=xlm-roberta-base")
    return tuple(
        StartingPoint(name, model, tuple(language for language in languages[name] if language))
        for name, model in models.items()
    )


def cells_to_run(settings: TransferRunSettings, languages: Sequence[str]) -> tuple[GridCell, ...]:
    """The whole grid, seed by seed, so that an interrupted run has whole grids of the first seeds."""
    starts = read_starts(settings.starts)
    for start in starts:
        unknown = [language for language in start.languages if language not in languages]
        if unknown:
            raise InputError(f"--starts: {start.name}@{unknown[0]}: not among the languages {', '.join(languages)}")
    return tuple(
        GridCell(start, language, seed)
        for seed in settings.seeds
        for start in starts
        for language in start.languages or languages
    )
