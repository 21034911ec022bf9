"""Overlap of entity words against zero-shot F1, over ordered pairs of languages (fine-tuning, evaluation).

In: a grid, and the overlap of the same languages and category. Out: a row for each predictor and for each set of given tables.

- Predictor: the overlap in tokens, or the coverage, its share of all entity tokens; both counted in the fine-tuning language's corpus or
  in the evaluation language's.
- Given: `nothing`; `monolingual`, the F1 that both languages reach on their own (the grid's diagonal); `languages`, which language is on each
  side (a mean for every row and for every column of the grid). The last asks whether overlap says which *pairs* go together, beyond
  which languages give or receive well in general.

`p_independent` takes pairs for independent; `p` renames languages (see `mantel`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.transfer.mantel import PERMUTATIONS, dyad_correlation, off_diagonal
from liap.transfer.overlap import Overlap
from liap.transfer.zero_shot import Grid

FINETUNING, EVALUATION = "fine-tuning", "evaluation"
TOKENS, COVERAGE = "overlap", "coverage"
NOTHING, OWN_F1, LANGUAGES = "nothing", "monolingual F1", "languages"
PREDICTORS = tuple((measure, side) for measure in (TOKENS, COVERAGE) for side in (FINETUNING, EVALUATION))
GIVEN = (NOTHING, OWN_F1, LANGUAGES)


@dataclass(frozen=True, slots=True)
class CorrelationRow:
    """A correlation between a predictor and zero-shot F1; `r` is partial where something is given."""

    grid: str  # the starting point
    source: str  # where the F1 come from: runs, or a published table
    category: str
    languages: int
    pairs: int
    predictor: str
    counted_in: str
    given: str
    r: float
    spearman: float  # NaN where something is given
    p_independent: float
    p: float
    permutations: int


def correlation_rows(
    grid: Grid, overlap: Overlap, source: str, *, seed: int, permutations: int = PERMUTATIONS
) -> Iterator[CorrelationRow]:
    """Every predictor with everything that is given; nothing for a grid of fewer than four languages, or with a hole."""
    if len(grid.languages) < 4 or not grid.is_complete:
        return
    overlap = overlap.of(grid.languages)
    for measure, side in PREDICTORS:
        predictor = predictor_of(overlap, measure, side)
        for given in GIVEN:
            if np.isfinite(predictor).all():
                yield _row(grid, predictor, (source, measure, side, given), seed=seed, permutations=permutations)


def predictor_of(overlap: Overlap, measure: str, side: str) -> Float[np.ndarray, "finetuned evaluated"]:
    """The predictor of each cell of a grid; the overlap's rows are the language that is counted."""
    counted = overlap.tokens.astype(float) if measure == TOKENS else overlap.coverage
    return counted if side == FINETUNING else counted.T


def given_tables(grid: Grid, given: str) -> list[Float[np.ndarray, "finetuned evaluated"]]:
    """The tables that a partial correlation is given."""
    size = len(grid.languages)
    if given == NOTHING:
        return []
    if given == OWN_F1:
        own = np.repeat(np.diag(grid.mean)[:, None], size, axis=1)
        return [own, own.T]
    rows = [np.repeat(line[:, None], size, axis=1) for line in np.eye(size)]
    return [*rows, *(row.T for row in rows)]


def _row(
    grid: Grid,
    predictor: Float[np.ndarray, "finetuned evaluated"],
    labels: tuple[str, str, str, str],
    *,
    seed: int,
    permutations: int,
) -> CorrelationRow:
    source, measure, side, given = labels
    tables = given_tables(grid, given)
    found = dyad_correlation(
        predictor, grid.mean, given=tables, permutations=permutations, generator=np.random.default_rng(seed)
    )
    return CorrelationRow(
        grid=grid.starting_point,
        source=source,
        category=grid.category,
        languages=len(grid.languages),
        pairs=found.pairs,
        predictor=measure,
        counted_in=side,
        given=given,
        r=found.r,
        spearman=rank_correlation(predictor, grid.mean) if not tables else math.nan,
        p_independent=p_if_independent(found.r, found.pairs, _freedom(tables, found.pairs)),
        p=found.p,
        permutations=found.renamed,
    )


def _freedom(tables: Sequence[Float[np.ndarray, "finetuned evaluated"]], pairs: int) -> int:
    """How many numbers a fit on the given tables and a constant takes up."""
    if not tables:
        return 1
    mask = off_diagonal(len(tables[0]))
    return int(np.linalg.matrix_rank(np.stack([np.ones(pairs), *(table[mask] for table in tables)], axis=1)))


def p_if_independent(r: float, pairs: int, fitted: int) -> float:
    """The two-sided p of Student's t with pairs - fitted - 1 degrees of freedom; `fitted` counts the constant."""
    from scipy.stats import t

    freedom = pairs - fitted - 1
    if math.isnan(r) or freedom < 1:
        return math.nan
    if abs(r) >= 1:
        return 0.0
    return float(2 * t.sf(abs(r) * math.sqrt(freedom / (1 - r * r)), freedom))


def rank_correlation(first: Float[np.ndarray, "rows columns"], second: Float[np.ndarray, "rows columns"]) -> float:
    """Spearman's correlation off the diagonal; NaN where a side does not vary."""
    from scipy.stats import rankdata

    mask = off_diagonal(len(first))
    ranks = [rankdata(values[mask]) for values in (first, second)]
    return float(np.corrcoef(ranks)[0, 1]) if all(np.ptp(one) > 0 for one in ranks) else math.nan
