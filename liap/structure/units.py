"""Units of words taken away together: subtrees and arguments beside spans and scattered words of the same size.

LFS takes words away one at a time, so words that matter only together look unimportant. Here a whole unit of the context is masked at once.

| unit       | words                                                                                                              |
|------------|--------------------------------------------------------------------------------------------------------------------|
| `subtree`  | the subtree of a dependent of the mention, or of another dependent of the mention's head: two words at least        |
| `argument` | a role's words in a frame that covers the mention, which holds no word of the mention: two words at least            |

Each unit is compared with what has its size and its place, and no structure:

`span`       contiguous words, as many, of which the nearest is as far from the mention as the unit's nearest word, or at most `SLACK` steps
             nearer or farther (the smallest step that has any): the mean over all such spans that are not the unit;
`scattered`  as many words at the unit's own distances (`matched_distance`), which are no unit: the mean over `DRAWS` draws;
`singles`    the sum of the drops of the unit's words, each taken away alone.

The *joint drop* is p less p without the unit (comprehensiveness); *sufficiency* is p less p with the unit as the only context.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float

from liap.explainers import Case
from liap.explainers.case import generator
from liap.pruning import covers, distances
from liap.pruning.matched import SLACK, draw, freedom
from liap.records import Frame, Parse
from liap.reports.contrasts import verdict_of
from liap.reports.statistics import document_weights, estimate

SMALLEST, DRAWS = 2, 8
SIZES = ((2, 3), (4, 7), (8, 1000))
NAN = float("nan")
Mask = Bool[np.ndarray, " words"]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A line of `units.csv`: drops in probability, NaN where there is no such control."""

    sentence: int
    document: int
    start: int
    end: int
    predicted_type: str
    family: str
    size: int
    distance: int
    joint: float
    span: float
    scattered: float
    singles: float
    sufficiency: float
    sufficiency_span: float
    sufficiency_scattered: float


def units(parse: Parse, frames: Sequence[Frame], start: int, end: int) -> list[tuple[str, Mask]]:
    """(family, mask) of each unit of the mention, each once in its family; masks are True for the unit's words."""
    found = [("subtree", mask) for mask in _subtrees(np.asarray(parse.heads), start, end)]
    found += [("argument", mask) for mask in _arguments(frames, start, end)]
    sized = [(family, mask) for family, mask in found if mask.sum() >= SMALLEST]
    return list({(family, mask.tobytes()): (family, mask) for family, mask in sized}.values())


def _subtrees(heads: np.ndarray, start: int, end: int) -> Iterator[Mask]:
    places = np.arange(len(heads))
    span = (places >= start) & (places < end)
    above = {int(head) for head in heads[span] if head >= 0 and not span[head]}
    for word in np.flatnonzero(~span & (heads >= 0)).tolist():
        if span[heads[word]] or int(heads[word]) in above:
            subtree = places == word
            while (wider := subtree | ((heads >= 0) & subtree[heads])).sum() > subtree.sum():
                subtree = wider
            if not (subtree & span).any():
                yield subtree


def _arguments(frames: Sequence[Frame], start: int, end: int) -> Iterator[Mask]:
    for frame in frames:
        if not covers(frame, start, end):
            continue
        opened = [place for place, tag in enumerate(frame.tags) if tag.startswith("B-") and tag != "B-V"]
        for first in opened:
            last = first + 1
            while last < len(frame.tags) and frame.tags[last] == f"I-{frame.tags[first][2:]}":
                last += 1
            if last <= start or first >= end:
                mask = np.zeros(len(frame.tags), dtype=bool)
                mask[first:last] = True
                yield mask


def spans_like(unit: Mask, start: int, end: int) -> list[Mask]:
    """The contiguous masks of the unit's size that are nearest to its own distance, at most `SLACK` steps off, without the unit."""
    words, size = len(unit), int(unit.sum())
    steps = distances(words, start, end)
    nearest, by_step = int(steps[unit].min()), {}
    for first in range(words - size + 1):
        mask = np.zeros(words, dtype=bool)
        mask[first : first + size] = True
        if not mask[start:end].any() and not (mask == unit).all():
            by_step.setdefault(abs(int(steps[mask].min()) - nearest), []).append(mask)
    closest = min(by_step, default=SLACK + 1)
    return by_step[closest] if closest <= SLACK else []


def scattered_like(unit: Mask, case: Case, family: str) -> list[Mask]:
    """Draws of as many words at the unit's distances; none where only the unit itself has them."""
    mention = case.mention
    source = generator(case.settings.seed, mention, f"scattered {family}", str(np.flatnonzero(unit)))
    drawn = draw("matched_distance", unit, mention.start, mention.end, draws=DRAWS, generator=source)
    return list(drawn) if freedom(unit, drawn) else []


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One unit of one case, and the masks that it is compared with."""

    case: Case
    family: str
    unit: Mask
    spans: list[Mask]
    scattered: list[Mask]

    def masks(self) -> Bool[np.ndarray, "masks words"]:
        """Everything kept, then without and with each set of words as the only context: the unit, the spans, the draws."""
        chosen = np.stack([self.unit, *self.spans, *self.scattered])
        inside = ~self.case.mention.context(self.unit.size)
        return np.concatenate([np.ones((1, self.unit.size), dtype=bool), ~chosen, chosen | inside])

    def row(self) -> UnitRow:
        """The unit's line, from answers that are known by now."""
        mention, operator = self.case.mention, self.case.settings.operator
        values = self.case.view.probability(self.masks(), operator)
        without, alone = np.split(values[0] - values[1:], 2)
        parts = [slice(0, 1), slice(1, 1 + len(self.spans)), slice(1 + len(self.spans), None)]
        joint, span, scattered = (_mean(without[part]) for part in parts)
        sufficiency = [_mean(alone[part]) for part in parts]
        steps = distances(self.unit.size, mention.start, mention.end)
        singles = float(self.case.drops(operator)[self.unit].sum())
        about = (mention.sentence, mention.document, mention.start, mention.end, mention.predicted_type, self.family)
        return UnitRow(
            *about, int(self.unit.sum()), int(steps[self.unit].min()), joint, span, scattered, singles, *sufficiency
        )


def _mean(values: Float[np.ndarray, " masks"]) -> float:
    return float(values.mean()) if len(values) else NAN


def plans_of(case: Case) -> list[Plan]:
    """A plan for each unit of the case."""
    mention = case.mention
    return [
        Plan(case, family, unit, spans_like(unit, mention.start, mention.end), scattered_like(unit, case, family))
        for family, unit in units(case.parse, case.frames, mention.start, mention.end)
    ]


def score_units(cases: Sequence[Case]) -> list[UnitRow]:
    """A row per unit; the masks of all cases of a reading are scored in shared batches."""
    plans = [plan for case in cases for plan in plans_of(case)]
    for plan in plans:
        scorer = plan.case.view.reading.scorer
        scorer.ask(plan.case.view.sentence, plan.case.settings.operator, plan.masks())
    if plans:
        plans[0].case.view.reading.scorer.answer()
    return [plan.row() for plan in plans]


def summarise(rows: Sequence[UnitRow], resamples: int = 2000) -> pd.DataFrame:
    """A line per family, size and measure: the mean, and paired differences to each control, with 95% intervals by document."""
    table = pd.DataFrame([asdict(row) for row in rows], columns=[part.name for part in fields(UnitRow)])
    document = np.unique(table["document"], return_inverse=True)[1]
    weights = document_weights(int(document.max()) + 1, resamples, np.random.default_rng(13))
    measures = {
        "joint drop": table["joint"],
        "joint drop minus span": table["joint"] - table["span"],
        "joint drop minus scattered": table["joint"] - table["scattered"],
        "joint drop minus singles": table["joint"] - table["singles"],
        "sufficiency": table["sufficiency"],
        "sufficiency minus span": table["sufficiency"] - table["sufficiency_span"],
        "sufficiency minus scattered": table["sufficiency"] - table["sufficiency_scattered"],
    }
    lines = []
    for family in ("subtree", "argument"):
        for low, high in ((SMALLEST, 1000), *SIZES):
            members = np.asarray((table["family"] == family) & table["size"].between(low, high))
            values = np.where(members[:, None], np.stack(list(measures.values()), axis=1), np.nan)
            means = estimate(values, document, weights)
            size = "all" if (low, high) == (SMALLEST, 1000) else f"{low}-{high}" if high < 1000 else f"{low}+"
            numbers = zip(measures, means.n, means.mean, means.low, means.high, strict=True)
            lines += [
                {
                    "family": family,
                    "size": size,
                    "measure": measure,
                    "n": n,
                    "mean": mean,
                    "low": low,
                    "high": high,
                    "verdict": verdict_of(low, high),
                }
                for measure, n, mean, low, high in numbers
            ]
    return pd.DataFrame(lines)
