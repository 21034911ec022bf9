"""Zero-shot grids: F1 of each evaluation language after fine-tuning on each other language, over seeds.

A grid belongs to a starting point and a category. `same-language` is the grid whose rows start from the encoder that was adapted to
the row's own language. The diagonal holds monolingual scores; the means of rows and columns leave it out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from liap.taggers.entity_f1 import OVERALL
from liap.transfer.grid_scores import SAME_LANGUAGE, GridScore, of_tests

POINTS = 100  # F1 is shown from 0 to 100

Cells = dict[tuple[str, str, str], dict[int, float]]  # start, fine-tuned on, evaluated on -> seed -> F1 in points


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Means and standard deviations (n - 1) over seeds, in points from 0 to 100; NaN where there is no run."""

    starting_point: str
    category: str
    languages: tuple[str, ...]
    mean: Float[np.ndarray, "finetuned evaluated"]
    deviation: Float[np.ndarray, "finetuned evaluated"]
    seeds: Int[np.ndarray, "finetuned evaluated"]

    @property
    def transferred(self) -> Float[np.ndarray, "finetuned evaluated"]:
        """The means with a diagonal of NaN."""
        return np.where(np.eye(len(self.languages), dtype=bool), np.nan, self.mean)

    @property
    def row_means(self) -> Float[np.ndarray, " finetuned"]:
        """How well each language transfers to the others."""
        return _means(self.transferred, axis=1)

    @property
    def column_means(self) -> Float[np.ndarray, " evaluated"]:
        """How well the others transfer to each language."""
        return _means(self.transferred, axis=0)

    @property
    def is_complete(self) -> bool:
        return not np.isnan(self.mean).any()

    def of(self, languages: Sequence[str]) -> Grid:
        """The same for some of the languages, in their order."""
        chosen = np.ix_(*[[self.languages.index(language) for language in languages]] * 2)
        parts = self.mean[chosen], self.deviation[chosen], self.seeds[chosen]
        return Grid(self.starting_point, self.category, tuple(languages), *parts)


@dataclass(frozen=True, slots=True)
class ZeroShotRow:
    """A cell of a grid, in points."""

    starting_point: str
    finetune_language: str
    evaluation_language: str
    category: str
    seeds: int
    mean: float
    sd: float  # n - 1


@dataclass(frozen=True, slots=True)
class MarginRow:
    """The mean of a row (`gives`) or a column (`receives`) of a grid, its diagonal left out, in points."""

    starting_point: str
    category: str
    language: str
    monolingual: float
    gives: float
    receives: float


def cells_of(scores: Sequence[GridScore], category: str) -> Cells:
    """The F1 in points of every run on every test split."""
    cells: Cells = {}
    for score in of_tests(scores):
        value = POINTS * score.f1_of(category)
        if not math.isnan(value):
            place = score.starting_point, score.finetune_language, score.evaluation_language
            cells.setdefault(place, {})[score.seed] = value
    return cells


def languages_of(scores: Sequence[GridScore]) -> tuple[str, ...]:
    """Every language that a model was fine-tuned or evaluated on, in alphabetical order."""
    return tuple(sorted({name for one in scores for name in (one.finetune_language, one.evaluation_language)}))


def starting_points_of(scores: Sequence[GridScore]) -> tuple[str, ...]:
    return tuple(sorted({score.starting_point for score in scores}))


def grid_of(cells: Cells, starting_point: str, languages: Sequence[str], category: str = OVERALL) -> Grid:
    """The grid of a starting point, or of `same-language`."""
    shape = len(languages), len(languages)
    mean, deviation, seeds = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=int)
    for row, trained in enumerate(languages):
        start = trained if starting_point == SAME_LANGUAGE else starting_point
        for column, evaluated in enumerate(languages):
            values = list(cells.get((start, trained, evaluated), {}).values())
            seeds[row, column] = len(values)
            if values:
                mean[row, column] = np.mean(values)
                deviation[row, column] = sample_deviation(values)
    return Grid(starting_point, category, tuple(languages), mean, deviation, seeds)


def grids_of(scores: Sequence[GridScore], category: str = OVERALL) -> dict[str, Grid]:
    """The complete grids: a starting point's on every language that it was fine-tuned on, if these are three or more."""
    cells = cells_of(scores, category)
    grids = {}
    for start in (*starting_points_of(scores), SAME_LANGUAGE):
        trained = {place[1] for place in cells if place[0] == (place[1] if start == SAME_LANGUAGE else start)}
        grid = grid_of(cells, start, sorted(trained), category)
        if len(trained) >= 3 and grid.is_complete:
            grids[start] = grid
    return grids


def zero_shot_rows(scores: Sequence[GridScore], categories: Sequence[str]) -> Iterator[ZeroShotRow]:
    """Every cell of every category, monolingual cells too."""
    for category in categories:
        for (start, trained, evaluated), by_seed in sorted(cells_of(scores, category).items()):
            values = list(by_seed.values())
            mean, sd = float(np.mean(values)), sample_deviation(values)
            yield ZeroShotRow(start, trained, evaluated, category, len(values), mean, sd)


def margin_rows(grid: Grid) -> Iterator[MarginRow]:
    """A row per language of the grid."""
    for place, language in enumerate(grid.languages):
        own, gives, receives = grid.mean[place, place], grid.row_means[place], grid.column_means[place]
        yield MarginRow(grid.starting_point, grid.category, language, float(own), float(gives), float(receives))


def sample_deviation(values: Sequence[float]) -> float:
    """The standard deviation with n - 1; NaN for a single value."""
    return float(np.std(values, ddof=1)) if len(values) > 1 else math.nan


def _means(values: Float[np.ndarray, "rows columns"], axis: int) -> Float[np.ndarray, " means"]:
    """Means without NaN; NaN where there is nothing else."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(known, values, 0.0).sum(axis=axis) / known.sum(axis=axis)
