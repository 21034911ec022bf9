"""A run's mentions -> what the page's browser of mentions reads: an index of all, and blocks with the details.

In: the panel, and the lines of `explanations.jsonl` and `sentences.jsonl`. Out: JSON that fits in a script.

1. The index has what filters, sorting and the list need: words, spans, types, outcomes, p, and each explainer's measure and sensitivity.
2. A block has the details of `BLOCK` mentions: word scores by explainer, drops, and their sentences' trees and frames.
3. Word scores are whole thousandths of the largest size among the mention's context words, which stands beside them with four
   digits. Drops are whole ten-thousandths of a probability.
4. The disagreement of two explainers on a mention is 1 less Spearman's rank correlation of their scores over the context words, from
   0 to 2, in hundredths; none where one ranks all words alike.

Words are shown as text, with control and direction characters as escapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from liap.errors import InputError, printable
from liap.reports.declared import check_unchanged
from liap.reports.explained import EXPLANATIONS, ExplainedLine, read_explained
from liap.reports.panel import Method, Panel
from liap.reports.rows import AGAIN
from liap.reports.sentences_file import DIGITS, SENTENCES, StructureLine, read_structure_lines
from liap.reports.summary import two_methods

BLOCK = 128  # mentions
MOST_MENTIONS = 20_000  # in the page; a run with more shows its first ones
SCORE_STEPS, HUNDRED = 1000, 100
Key = tuple[int, int, int]  # sentence, start, end


@dataclass(frozen=True, slots=True, eq=False)
class BrowserData:
    """What the page's script reads, as JSON."""

    index: dict[str, Any]
    blocks: list[dict[str, Any]] = field(default_factory=list)
    disagreement: list[list[int | None]] = field(default_factory=list)  # by pair of explainers, a number per mention
    left_out: int = 0  # mentions beyond MOST_MENTIONS

    @property
    def mentions(self) -> int:
        return len(self.index["mentions"]["start"])


def browser_data(panel: Panel, results: Path) -> BrowserData | None:
    """The browser's data; None in a folder without `explanations.jsonl`.

    InputError where its lines are not those of the rows, or where a file is not the one that the run wrote.
    """
    if not (results / EXPLANATIONS).is_file():
        return None
    for name in (EXPLANATIONS, SENTENCES):
        if (results / name).is_file():
            check_unchanged(results, name)
    lines = _lines(panel, results)
    methods = _methods(panel, lines)
    structure = _structure(results, lines)
    index = _index(panel, lines, methods)
    starts = range(0, len(lines), BLOCK)
    blocks = [_block(lines[start : start + BLOCK], [name for name, _ in methods], structure) for start in starts]
    disagreement = _disagreement(lines, [name for name, _ in methods])
    return BrowserData(index, blocks, disagreement, len(panel.mentions) - len(lines))


def _keys(panel: Panel) -> list[Key]:
    return list(panel.mentions[["sentence", "start", "end"]].itertuples(index=False, name=None))


def _lines(panel: Panel, results: Path) -> list[ExplainedLine]:
    """The line of each of the panel's mentions, the first `MOST_MENTIONS` of them, in the panel's order."""
    path, wanted = results / EXPLANATIONS, _keys(panel)[:MOST_MENTIONS]
    places, found = {key: place for place, key in enumerate(wanted)}, {}
    for line in read_explained(path):
        if line.key in places:
            found[line.key] = line
        elif len(panel.mentions) == len(wanted):
            raise InputError(f"{path}: mention {_shown(line.key)} has no row in scores.csv; {AGAIN}")
        if len(found) == len(wanted) < len(panel.mentions):
            break
    lost = [key for key in wanted if key not in found]
    if lost:
        raise InputError(f"{path}: no line for mention {_shown(lost[0])} of scores.csv; {AGAIN}")
    return [found[key] for key in wanted]


def _shown(key: Key) -> str:
    return "{}:{}-{}".format(*key)


def _methods(panel: Panel, lines: Sequence[ExplainedLine]) -> list[tuple[str, int]]:
    """The explainers with word scores: their names in the file and their columns in the panel, in the panel's order."""
    scored = {name for line in lines for name in line.scores}
    known = [(_name(method), column) for column, method in enumerate(panel.methods)]
    return [(name, column) for name, column in known if name in scored]


def _name(method: Method) -> str:
    return f"{method.explainer}/{method.variant}" if method.variant else method.explainer


def _structure(results: Path, lines: Sequence[ExplainedLine]) -> dict[int, StructureLine]:
    """The sentences' trees, frames and drops, by sentence; none in a folder without them."""
    wanted = {line.sentence: line.words for line in lines}
    structure = {}
    for line in read_structure_lines(results / SENTENCES):
        if line.sentence in wanted:
            if line.words != wanted[line.sentence]:
                where = f"{results / SENTENCES}: sentence {line.sentence} has other words than in {EXPLANATIONS}"
                raise InputError(f"{where}; {AGAIN}")
            structure[line.sentence] = line
    return structure


def _index(panel: Panel, lines: Sequence[ExplainedLine], methods: Sequence[tuple[str, int]]) -> dict[str, Any]:
    count, sentences = len(lines), {line.sentence: line.words for line in lines}
    place = {sentence: number for number, sentence in enumerate(sentences)}
    about = panel.mentions.iloc[:count]
    names = {name: sorted(set(about[name].astype(str))) for name in ("predicted_type", "gold_type", "outcome")}
    coded = {name: about[name].astype(str).map(values.index).tolist() for name, values in names.items()}
    shown = two_methods([name for name, _ in methods], panel.declared)
    columns = [column for _, column in methods]
    return {
        "explainers": [panel.methods[column].label for column in columns],
        "shown": [[name for name, _ in methods].index(name) for name in shown],
        "measure": {"label": panel.primary.label, "digits": panel.primary.digits, "better": panel.primary.better},
        "sensitivity": panel.has_lfs,
        "types": [printable(name) for name in names["predicted_type"]],
        "gold_types": [printable(name) for name in names["gold_type"]],
        "outcomes": names["outcome"],
        "block": BLOCK,
        "sentences": {"number": list(sentences), "words": [[*map(printable, words)] for words in sentences.values()]},
        "mentions": {
            "sentence": [place[line.sentence] for line in lines],
            "start": [line.start for line in lines],
            "end": [line.end for line in lines],
            "type": coded["predicted_type"],
            "gold": coded["gold_type"],
            "outcome": coded["outcome"],
            "p": [round(line.probability, DIGITS) for line in lines],
        },
        "values": [_numbers(panel.scores[:count, column], DIGITS) for column in columns],
        "sensitive": [panel.sensitive[:count, column].astype(int).tolist() for column in columns],
    }


def _numbers(values: Float[np.ndarray, " values"], digits: int) -> list[float | None]:
    """Rounded, and nothing for NaN."""
    return [None if np.isnan(value) else round(float(value), digits) + 0.0 for value in values]


def _block(lines: Sequence[ExplainedLine], names: Sequence[str], structure: dict[int, StructureLine]) -> dict[str, Any]:
    """Details of some mentions, in their order, and of their sentences."""
    known = {line.sentence: structure[line.sentence] for line in lines if line.sentence in structure}
    sentences = {
        number: {
            "heads": one.heads,
            "relations": [printable(name) for name in one.relations],
            "frames": [
                [predicate, [[printable(name), *span] for name, *span in roles]] for predicate, roles in one.frames
            ],
        }
        for number, one in known.items()
    }
    details = [
        {"scores": [_scores(line, name) for name in names], "drops": _drops(line, known.get(line.sentence))}
        for line in lines
    ]
    return {"mentions": details, "sentences": sentences}


def _scores(line: ExplainedLine, name: str) -> list[Any] | None:
    """[largest size, thousandths of it for each word]; the mention's own words count 0."""
    if name not in line.scores:
        return None
    values = np.array(line.scores[name])
    values[line.start : line.end] = 0
    largest = float(np.abs(values).max(initial=0.0))
    whole = np.rint(values / largest * SCORE_STEPS).astype(int) if largest > 0 else np.zeros(len(values), dtype=int)
    return [float(f"{largest:.4g}"), whole.tolist()]


def _drops(line: ExplainedLine, known: StructureLine | None) -> list[int | None] | None:
    drops = known.drops.get((line.start, line.end)) if known else None
    return drops and [None if np.isnan(drop) else round(drop * 10**DIGITS) for drop in drops]


def _disagreement(lines: Sequence[ExplainedLine], names: Sequence[str]) -> list[list[int | None]]:
    """For each pair of explainers, in the order of `combinations`, a number per mention."""
    pairs = list(combinations(range(len(names)), 2))
    table: list[list[int | None]] = [[] for _ in pairs]
    for line in lines:
        known = [place for place, name in enumerate(names) if name in line.scores]
        context = [word for word in range(len(line.words)) if not line.start <= word < line.end]
        scores = np.array([line.scores[names[place]] for place in known], dtype=float).reshape(
            len(known), len(line.words)
        )[:, context]
        apart = np.full((len(names), len(names)), np.nan)
        apart[np.ix_(known, known)] = 1 - rank_correlations(scores)
        for column, (left, right) in zip(table, pairs, strict=True):
            value = apart[left, right]
            column.append(None if np.isnan(value) else round(float(value) * HUNDRED))
    return table


def rank_correlations(scores: Float[np.ndarray, "methods words"]) -> Float[np.ndarray, "methods methods"]:
    """Spearman's correlation of each pair of rows, equal scores at their mean rank; NaN for a row without differences."""
    below = (scores[:, :, None] > scores[:, None, :]).sum(axis=2)
    equal = (scores[:, :, None] == scores[:, None, :]).sum(axis=2)
    ranks = below + (equal - 1) / 2
    ranks = ranks - ranks.mean(axis=1, keepdims=True) if ranks.size else ranks
    size = np.sqrt((ranks**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (ranks @ ranks.T) / np.outer(size, size)
