"""The runs themselves: starting points x fine-tuning languages x seeds, each model evaluated on every language.

1. A *cell* of the grid is one model. `train_cell` fine-tunes it as finetune.py does and scores it on every language's test split.
2. A finished cell is a folder: `scores.csv`, its lines of the table, and `cell.json`, which says what decided them. It is read, not
   computed, when the same grid is started again; a cell made with other settings, corpora, weights or versions is refused.
3. A cell that fails is reported, and the others go on.
4. `results.csv` joins the cells in the format of the published table (see `grid_scores`). It is written after every cell.

Cells are tasks of an executor: in this process, or on Ray. They differ from the published runs in that sentences over the limit of
pieces are skipped, not cut, and that entities are counted strictly (see `liap.taggers.entity_f1`). The loss is not computed.
"""

from __future__ import annotations

import gc
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from liap import corpora
from liap.errors import InputError, first_line
from liap.files import digest_of, write_whole
from liap.provenance import provenance, versions
from liap.taggers.entity_f1 import EntityScore
from liap.transfer.grid_scores import DEV, FINETUNE, GRID, TEST, GridScore, header_of, lines_of_scores, read_scores
from liap.transfer.overlap import Corpora, read_corpora
from liap.transfer.transfer_run_settings import GridCell, TransferRunSettings

if TYPE_CHECKING:
    from liap.training.fine_tuning import Trained

SCORES, RECORD, TABLE = "scores.csv", "cell.json", "results.csv"


@dataclass(frozen=True, slots=True)
class CellOutcome:
    """What came of a cell: its scores, or why it failed."""

    scores: tuple[GridScore, ...]
    seconds: float
    best_epoch: int
    skipped: int  # sentences of all splits beyond the limit of pieces
    error: str = ""


@dataclass(eq=False)
class TrainingWorker:
    """What a task needs: the corpora, which are read when they are first used. Pickling leaves them out."""

    settings: TransferRunSettings
    languages: tuple[str, ...]
    corpora_digest: str = ""
    versions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def corpora(self) -> Corpora:
        limits = {
            "train": self.settings.train_sentences,
            "validation": self.settings.dev_sentences,
            "test": self.settings.test_sentences,
        }
        whole = read_corpora(Path(self.settings.corpora), self.languages)
        return {
            language: {split: of_split[: limits[split] or None] for split, of_split in splits.items()}
            for language, splits in whole.items()
        }

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "corpora"}

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The entity types of all corpora, for the table's columns."""
        sentences = (one for splits in self.corpora.values() for split in splits.values() for one in split)
        return tuple(sorted({tag[2:] for sentence in sentences for tag in sentence.tags or ()} - {""}))

    def elsewhere(self) -> TrainingWorker:
        """The same worker for a process with another working folder: paths become absolute."""
        starts = [text.partition("=") for text in self.settings.starts]
        named = tuple(f"{label}={absolute(model)}" for label, _, model in starts)
        places = {
            name: str(Path(getattr(self.settings, name)).expanduser().resolve()) for name in ("corpora", "results")
        }
        settings = replace(self.settings, starts=named, **places)
        return TrainingWorker(settings, self.languages, self.corpora_digest, self.versions)

    def check(self) -> None:
        """InputError if this process would train other models than the one that made the worker."""
        here = versions()
        for name, version in self.versions.items():
            if here.get(name) != version:
                raise InputError(f"a worker has {name} {here.get(name)}, this process {version}; install the same")
        if digest_of_corpora(self.corpora) != self.corpora_digest:
            raise InputError(
                f"--corpora {self.settings.corpora} holds other sentences on a worker than here; copy them again"
            )


def absolute(model: str) -> str:
    """A model's folder as an absolute path; a name of the hub as it is."""
    return str(Path(model).expanduser().resolve()) if Path(model).expanduser().is_dir() else model


def digest_of_corpora(sentences: Corpora) -> str:
    return digest_of(
        part
        for language, splits in sentences.items()
        for split, of_split in splits.items()
        for part in (language, split, corpora.digest_of_sentences(of_split))
    )


def identity_of_cell(worker: TrainingWorker, cell: GridCell, weights: str) -> dict[str, object]:
    """What decides a cell's scores. `weights` is a digest of the starting point's model."""
    training = worker.settings.fine_tuning(cell, Path("."))
    values = {name: value for name, value in training.training().items() if name not in ("model", "device")}
    limits = {name: getattr(training, name) for name in ("train_sentences", "dev_sentences", "test_sentences")}
    return {
        **values,
        **limits,
        "start": cell.start.name,
        "language": cell.language,
        "evaluated on": list(worker.languages),
        "corpora digest": worker.corpora_digest,
        "weights digest": weights,
        **{f"version of {name}": version for name, version in worker.versions.items() if name != "liap"},
    }


def is_finished(folder: Path, identity: dict[str, object]) -> bool:
    """Whether the cell is there; InputError if it was made with something else."""
    path = folder / RECORD
    if not path.is_file():
        return False
    try:
        before = json.loads(path.read_text(encoding="utf-8"))["identity"]
        differing = [name for name in {**identity, **before} if before.get(name) != identity.get(name)]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path}: not a record of a cell ({first_line(error)}); remove its folder, or --overwrite"
        ) from None
    if differing:
        raise InputError(
            f"{path}: this cell was made with another {differing[0]}; choose another --results, or --overwrite to make it again"
        )
    return (folder / SCORES).is_file()


def save_cell(folder: Path, outcome: CellOutcome, identity: dict[str, object], types: Sequence[str]) -> None:
    """The cell's files; the record is written last, so that a cell with one is complete."""
    write_whole(folder / SCORES, header_of(types) + lines_of_scores(outcome.scores, types))
    facts = {name: value for name, value in asdict(outcome).items() if name not in ("scores", "error")}
    write_whole(folder / RECORD, json.dumps({"identity": identity, **facts, **provenance()}, indent=2) + "\n")


def join_cells(results: Path, cells: Sequence[GridCell], types: Sequence[str]) -> int:
    """Write the table of all cells that are there; how many there are."""
    folders = [cell.folder(results) for cell in cells]
    there = [folder for folder in folders if (folder / RECORD).is_file()]
    text = "".join(lines_of_scores(read_scores(folder / SCORES), types) for folder in there)
    write_whole(results / TABLE, header_of(types) + text)
    return len(there)


def finished_cells(results: Path) -> int:
    """How many finished cells the folder has, of any grid."""
    return sum(1 for _ in (results / "cells").glob(f"*/*/*/{RECORD}"))


def train_cell(worker: TrainingWorker, cell: GridCell) -> CellOutcome:
    """The task: fine-tune one model and score it on every language. What goes wrong in it is part of the outcome."""
    began = time.perf_counter()
    try:
        trained = _trained(worker, cell)
        scores, skipped = _scores(worker, cell, trained)
    except Exception as error:  # any failure of one cell leaves the others
        return CellOutcome((), time.perf_counter() - began, 0, 0, f"{type(error).__name__}: {first_line(error)}")
    finally:
        gc.collect()
    return CellOutcome(scores, round(time.perf_counter() - began, 2), trained.best_epoch, skipped)


def _trained(worker: TrainingWorker, cell: GridCell) -> Trained:
    from liap.training import model_folder
    from liap.training.fine_tuning import fine_tune

    output = cell.model_folder(Path(worker.settings.results))
    settings = worker.settings.fine_tuning(cell, output)
    splits = worker.corpora[cell.language]
    trained = fine_tune(splits["train"], splits["validation"], splits["test"], settings=settings)
    if worker.settings.save_models:
        model_folder.check_output(output, model=cell.start.model)
        model_folder.save(trained, output, settings=settings)
    return trained


def _scores(worker: TrainingWorker, cell: GridCell, trained: Trained) -> tuple[tuple[GridScore, ...], int]:
    """The lines of the cell, and how many sentences were skipped."""
    from liap.taggers.sizes import max_pieces_of
    from liap.training.splits import Split, fit, score

    limit = min(max_pieces_of(trained.model, trained.tokenizer), worker.settings.max_pieces or math.inf)
    pad = trained.tokenizer.pad_token_id or 0

    def scored(split: Split) -> tuple[EntityScore, ...]:
        return score(trained.model, split, labels=trained.labels, pad_id=pad)

    lines = [
        _line(cell, cell.language, FINETUNE, DEV, scored(trained.dev)),
        _line(cell, cell.language, FINETUNE, TEST, trained.test),
    ]
    skipped = trained.train.skipped + trained.dev.skipped
    for language in worker.languages:
        split = fit(worker.corpora[language]["test"], trained.tokenizer, int(limit))
        own = language == cell.language
        lines.append(_line(cell, language, GRID, TEST, trained.test if own else scored(split)))
        skipped += split.skipped
    return tuple(lines), skipped


def _line(cell: GridCell, language: str, part: str, split: str, scores: Sequence[EntityScore]) -> GridScore:
    *types, overall = scores
    shares = overall.f1, overall.precision, overall.recall
    place = cell.start.name, cell.language, cell.seed, language, part, split
    return GridScore(*place, *shares, math.nan, tuple(types))


def unfinished(
    worker: TrainingWorker, cells: Sequence[GridCell], weights: dict[str, str]
) -> Iterator[tuple[int, GridCell]]:
    """The cells that are still to be made, with their numbers; all where they are to be made again."""
    results = Path(worker.settings.results)
    for number, cell in enumerate(cells):
        identity = identity_of_cell(worker, cell, weights[cell.start.name])
        if worker.settings.overwrite:
            (cell.folder(results) / RECORD).unlink(missing_ok=True)
        if not is_finished(cell.folder(results), identity):
            yield number, cell
