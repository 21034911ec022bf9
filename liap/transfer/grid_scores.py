"""The table of all runs -> records, and back: one line per run and evaluated split.

Columns: starting_point, finetune_language, seed, evaluation_language, part, split, f1, precision, recall, loss, and for each entity
type four more, such as per_precision, per_recall, per_f1, per_support. This is the format of the published `results.csv`; runs of our
own are written in it too. Shares lie in [0, 1], higher is better.

`part` is `finetune` for the scores of a model on its own language and `zero_shot_grid` for those on every language; `split` is `eval`
(dev) or `test`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from liap import tables
from liap.errors import InputError, quoted
from liap.files import read_text
from liap.taggers.entity_f1 import OVERALL, EntityScore

KEY = ("starting_point", "finetune_language", "seed", "evaluation_language", "part", "split")
SHARES = ("f1", "precision", "recall")
COLUMNS = (*KEY, *SHARES, "loss")
OF_TYPE = ("precision", "recall", "f1", "support")
FINETUNE, GRID = "finetune", "zero_shot_grid"
DEV, TEST = "eval", "test"
SAME_LANGUAGE = "same-language"  # the starting point adapted to the fine-tuning language, whichever that is
PARTS, SPLITS = (FINETUNE, GRID), (DEV, TEST)


@dataclass(frozen=True, slots=True)
class GridScore:
    """The scores of one run on one split of one language; NaN where a number is not known."""

    starting_point: str
    finetune_language: str
    seed: int
    evaluation_language: str
    part: str
    split: str
    f1: float
    precision: float
    recall: float
    loss: float  # nats per labelled word
    types: tuple[EntityScore, ...]

    @property
    def key(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in KEY)

    def f1_of(self, category: str) -> float:
        """The F1 of a type, or of all (`overall`); NaN for a type that the run lacks."""
        if category == OVERALL:
            return self.f1
        return next((score.f1 for score in self.types if score.entity_type == category), math.nan)


def categories(scores: Sequence[GridScore]) -> tuple[str, ...]:
    """`overall`, then every entity type in alphabetical order."""
    return (OVERALL, *sorted({one.entity_type for score in scores for one in score.types}))


def read_scores(path: Path) -> tuple[GridScore, ...]:
    """Every line of the table. Raises InputError with file and line."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected the table of all runs, with the columns {', '.join(COLUMNS)}")
    read_text(path)  # refuses a file that is not UTF-8, with the line
    lines = tables.records(path)
    _, header = next(lines, (1, []))
    types = _types(path, header)
    scores, known = [], {}
    for number, cells in lines:
        where = f"{path}:{number}"
        if len(cells) != len(header):
            raise InputError(f"{where}: {len(cells)} cells, the header has {len(header)}; expected as many")
        score = _score(where, dict(zip(header, cells, strict=True)), types)
        if score.key in known:
            raise InputError(f"{where}: the same run and split as line {known[score.key]}; expected each once")
        known[score.key] = number
        scores.append(score)
    if not scores:
        raise InputError(f"{path}: no line after the header; expected one per run and evaluated split")
    return tuple(scores)


def read_tables(paths: Sequence[Path]) -> tuple[GridScore, ...]:
    """The lines of several tables as one. InputError where two have the same run."""
    scores, known = [], {}
    for path in paths:
        for score in read_scores(path):
            if known.setdefault(score.key[:3], path) != path:
                start, language, seed = score.key[:3]
                raise InputError(
                    f"{path}: {start} on {language}, seed {seed}, is in {known[score.key[:3]]} too; expected each run in one table"
                )
            scores.append(score)
    return tuple(scores)


def _types(path: Path, header: Sequence[str]) -> tuple[str, ...]:
    """The entity types that the header names, in small letters."""
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise InputError(f"{path}:1: the header lacks {', '.join(missing)}; expected {', '.join(COLUMNS)}")
    twice = [name for number, name in enumerate(header) if name in header[:number]]
    if twice:
        raise InputError(f"{path}:1: the header names {quoted(twice[0])} twice; name each column once")
    types = tuple(name.removesuffix("_support") for name in header if name.endswith("_support"))
    for name in (f"{kind}_{part}" for kind in types for part in OF_TYPE):
        if name not in header:
            raise InputError(f"{path}:1: the header lacks {quoted(name)}; each type has {', '.join(OF_TYPE)}")
    return types


def _score(where: str, cells: dict[str, str], types: Sequence[str]) -> GridScore:
    """One line, checked."""
    for name, allowed in (("part", PARTS), ("split", SPLITS)):
        if cells[name] not in allowed:
            raise InputError(f"{where}: {name} is {quoted(cells[name])}; expected {' or '.join(allowed)}")
    for name in ("starting_point", "finetune_language", "evaluation_language"):
        if not cells[name].strip():
            raise InputError(f"{where}: {name} is empty; expected a name")
    if cells["starting_point"] == SAME_LANGUAGE:
        raise InputError(
            f"{where}: starting_point is {quoted(SAME_LANGUAGE)}, which stands for encoders named after their language; "
            "expected another name"
        )
    return GridScore(
        starting_point=tables.unescape(cells["starting_point"]),
        finetune_language=tables.unescape(cells["finetune_language"]),
        seed=_count(where, "seed", cells["seed"]),
        evaluation_language=tables.unescape(cells["evaluation_language"]),
        part=cells["part"],
        split=cells["split"],
        **{name: _number(where, name, cells[name], most=1.0) for name in SHARES},
        loss=_number(where, "loss", cells["loss"], most=math.inf),
        types=tuple(sorted((_type_score(where, kind, cells) for kind in types), key=lambda one: one.entity_type)),
    )


def _type_score(where: str, kind: str, cells: dict[str, str]) -> EntityScore:
    precision, recall, f1 = (
        _number(where, f"{kind}_{name}", cells[f"{kind}_{name}"], most=1.0) for name in ("precision", "recall", "f1")
    )
    return EntityScore(kind.upper(), precision, recall, f1, _count(where, f"{kind}_support", cells[f"{kind}_support"]))


def _number(where: str, name: str, cell: str, *, most: float) -> float:
    """A number from 0 to `most`; NaN for an empty cell."""
    try:
        value = float(cell) if cell else math.nan
    except ValueError:
        value = -1.0
    if not (0 <= value <= most or cell == ""):
        expected = "a share from 0 to 1" if most == 1 else "a number of at least 0"
        raise InputError(f"{where}: {name} is {quoted(cell)}; expected {expected}, or an empty cell")
    return value


def _count(where: str, name: str, cell: str) -> int:
    if not (cell.isascii() and cell.isdigit() and len(cell) < 12):
        raise InputError(f"{where}: {name} is {quoted(cell)}; expected a whole number of at least 0")
    return int(cell)


def header_of(types: Iterable[str]) -> str:
    """The first line of the table for these entity types."""
    names = [f"{kind.lower()}_{part}" for kind in sorted(types) for part in OF_TYPE]
    return tables.header((*COLUMNS, *names))


def lines_of_scores(scores: Iterable[GridScore], types: Iterable[str]) -> str:
    """Lines of the table, without its header; a type that a run lacks has empty cells and a support of 0."""
    ordered = sorted(types)
    names = [*COLUMNS, *(f"{kind.lower()}_{part}" for kind in ordered for part in OF_TYPE)]
    return tables.lines((_cells(score, ordered) for score in scores), names)


def _cells(score: GridScore, types: Sequence[str]) -> dict[str, object]:
    cells = {name: getattr(score, name) for name in COLUMNS}
    by_type = {one.entity_type: one for one in score.types}
    for kind in types:
        one = by_type.get(kind, EntityScore(kind, math.nan, math.nan, math.nan, 0))
        cells |= {f"{kind.lower()}_{part}": getattr(one, part) for part in OF_TYPE}
    return cells


def of_tests(scores: Iterable[GridScore]) -> Iterator[GridScore]:
    """The scores on test splits, each run and language once: a model's own language stands in both parts."""
    seen = set()
    for score in sorted(scores, key=lambda one: PARTS.index(one.part)):
        place = score.key[:4]
        if score.split == TEST and place not in seen:
            seen.add(place)
            yield score
