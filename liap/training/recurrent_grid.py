"""Train every combination of layers with every seed, each in its own folder, and list their scores.

A tagger's folder is RESULTS/<shape>/seed-<seed>. It is kept if its record names the same corpus, vectors, shape, recipe and code of
training, so an interrupted grid goes on; a folder of other settings is refused, or made again with `--overwrite`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from tqdm import tqdm

from liap import corpora
from liap.corpora import digest_of_sentences
from liap.errors import InputError
from liap.files import digest_of_path, write_whole
from liap.manifest import record as record_files
from liap.provenance import provenance
from liap.records import Sentence
from liap.tables import header, to_csv
from liap.taggers.recurrent import RECORD, VOCABULARY, WEIGHTS, RecurrentTagger
from liap.taggers.recurrent_network import RecurrentShape
from liap.taggers.recurrent_vectors import ENCODER, RANDOM, WordVectors, read_vectors
from liap.training.recurrent_settings import RecurrentTrainingSettings
from liap.training.recurrent_trainer import (
    RecurrentCorpus,
    RecurrentEpoch,
    RecurrentTrained,
    scores_of,
    train_recurrent,
)

BASELINES, METRICS = "baselines.csv", "metrics.json"
PUBLISHED_F1 = {  # test F1 x 100 with GloVe vectors, of the replication of Xin, Lin & Yu 2019
    ("none", "lstm", "softmax"): 86.46, ("lstm", "lstm", "softmax"): 89.88, ("cnn", "lstm", "softmax"): 89.74,
    ("none", "lstm", "crf"): 87.82, ("lstm", "lstm", "crf"): 90.20, ("cnn", "lstm", "crf"): 90.33,
    ("none", "cnn", "softmax"): 86.33, ("lstm", "cnn", "softmax"): 90.42, ("cnn", "cnn", "softmax"): 88.39,
    ("none", "cnn", "crf"): 86.67, ("lstm", "cnn", "crf"): 89.75, ("cnn", "cnn", "crf"): 89.42,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BaselineRow:
    """A line of `baselines.csv`: one tagger."""

    tagger: str
    characters: str
    words: str
    inference: str
    seed: int
    embeddings: str
    recipe: str
    epochs: int
    best_epoch: int
    dev_f1: float
    test_precision: float
    test_recall: float
    test_f1: float
    published_f1: float
    difference: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentGrid:
    """What was read, once for all taggers."""

    corpus: RecurrentCorpus
    test: tuple[Sentence, ...]
    vectors: WordVectors
    identity: dict[str, object]


def read_grid(settings: RecurrentTrainingSettings) -> RecurrentGrid:
    """The splits and the vectors of all their words."""
    train, dev, test = corpora.load_splits(
        settings.corpus, train=settings.train_sentences, dev=settings.dev_sentences, test=settings.test_sentences
    )
    if not test or any(sentence.tags is None for sentence in test):
        raise InputError(f"--corpus {settings.corpus}: its test split has no tags, which F1 needs")
    words = [word for split in (train, dev, test) for sentence in split for word in sentence.words]
    vectors = read_vectors(settings.embeddings, words, settings.dimensions)
    identity = settings.fitting() | {
        "train_digest": digest_of_sentences(train),
        "dev_digest": digest_of_sentences(dev),
        "vectors_digest": _digest_of_vectors(settings.embeddings),
    }
    return RecurrentGrid(RecurrentCorpus.of(train, dev, vectors), test, vectors, identity)


def _digest_of_vectors(source: str) -> str:
    path = Path(source.removeprefix(ENCODER)).expanduser()
    return digest_of_path(path) if source != RANDOM and path.exists() else source


def run_grid(settings: RecurrentTrainingSettings) -> list[BaselineRow]:
    """Train what is missing; a row per tagger in the folder, also of earlier grids."""
    grid = read_grid(settings)
    folder = Path(settings.results)
    rows: list[BaselineRow] = []
    for shape, seed in _cells(settings):
        _cell(folder, shape, seed, grid, settings)
        rows = rows_in(folder)
        record_files(folder, [BASELINES])
        write_whole(folder / BASELINES, header(BaselineRow) + to_csv(rows))
    return rows


def rows_in(folder: Path) -> list[BaselineRow]:
    """A row per tagger of the folder, by name and seed."""
    rows = [_row(_known(path)) for path in sorted(folder.glob(f"*/seed-*/{METRICS}"))]
    return sorted(rows, key=lambda row: (row.words, row.inference, row.characters, row.seed))


def _cells(settings: RecurrentTrainingSettings) -> Iterator[tuple[RecurrentShape, int]]:
    return ((shape, seed) for seed in settings.seeds for shape in settings.shapes)


def _cell(
    folder: Path, shape: RecurrentShape, seed: int, grid: RecurrentGrid, settings: RecurrentTrainingSettings
) -> None:
    """Train one tagger, unless its folder has it."""
    place = f"{shape.name}/seed-{seed}"
    identity = json.loads(json.dumps({**grid.identity, **asdict(shape), "seed": seed}))
    path = folder / place / METRICS
    if path.is_file() and not settings.overwrite:
        known = _known(path)
        if known.get("identity") != identity:
            raise InputError(
                f"{path.parent} holds a tagger of other settings; choose another --results, or --overwrite"
            )
        return
    record_files(folder, [f"{place}/{name}" for name in (WEIGHTS, VOCABULARY, RECORD, METRICS)])
    path.unlink(missing_ok=True)
    recipe = settings.chosen_recipe
    with tqdm(total=recipe.epochs, desc=place, unit="epoch") as bar:

        def report(epoch: RecurrentEpoch) -> None:
            bar.set_postfix_str(f"loss {epoch.loss:.3f}, dev F1 {epoch.dev_f1:.3f}", refresh=False)
            bar.update()

        trained = train_recurrent(
            grid.corpus, shape, grid.vectors, recipe, seed=seed, unknown_share=settings.unknown_share, report=report
        )
    trained.tagger.save(path.parent)
    content = {"identity": identity, **_record(trained, grid), **provenance()}
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _known(path: Path) -> dict:
    try:
        RecurrentTagger.load(path.parent)
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: {error}; --overwrite trains this tagger again") from None


def _record(trained: RecurrentTrained, grid: RecurrentGrid) -> dict[str, object]:
    corpus = grid.corpus
    scores = scores_of(trained.tagger, grid.test)
    return {
        "epochs": [asdict(epoch) for epoch in trained.epochs],
        "best_epoch": trained.best_epoch,
        "test": {score.entity_type: asdict(score) for score in scores},
        "vocabulary": len(corpus.vocabulary.words),
        "words_with_vectors": len(grid.vectors.found),
        "words_of_the_corpus": grid.vectors.asked,
        "sentences": {"train": len(corpus.train), "validation": len(corpus.dev), "test": len(grid.test)},
    }


def _row(record: dict) -> BaselineRow:
    said, overall, epochs = record["identity"], record["test"]["overall"], record["epochs"]
    shape = RecurrentShape(**{part.name: said[part.name] for part in fields(RecurrentShape)})
    published = PUBLISHED_F1.get((shape.characters, shape.words, shape.inference), float("nan")) / 100
    return BaselineRow(
        shape.name, shape.characters, shape.words, shape.inference, said["seed"], Path(said["embeddings"]).name,
        said["recipe"], len(epochs), record["best_epoch"], epochs[record["best_epoch"] - 1]["dev_f1"], overall["precision"],
        overall["recall"], overall["f1"], published, overall["f1"] - published, sum(epoch["seconds"] for epoch in epochs),
    )  # fmt: skip


def shown_rows(rows: list[BaselineRow]) -> list[list[str]]:
    """A line per shape: F1 on test as a mean over seeds, beside the published one."""
    lines = []
    for name in dict.fromkeys(row.tagger for row in rows):
        own = [row for row in rows if row.tagger == name]
        f1 = np.array([row.test_f1 for row in own])
        spread = f"{f1.std(ddof=1):.4f}" if len(f1) > 1 else "–"
        published = own[0].published_f1
        beside = ["–", "–"] if np.isnan(published) else [f"{published:.4f}", f"{f1.mean() - published:+.4f}"]
        lines.append([name, str(len(own)), f"{f1.mean():.4f}", spread, *beside])
    return lines
