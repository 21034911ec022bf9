"""The tables -> some sentences, by rule: what is above or below what, wherever an interval leaves 0 out."""

from __future__ import annotations

from collections.abc import Sequence

from liap.people.marked_structure import NEAREST, StructureShare
from liap.people.mask_agreement import OWN, MaskRow
from liap.people.ranking_agreement import WITHIN, BothRow
from liap.people.structure_prior import HALVES, LFS_LOST, PriorRow
from liap.reports.layout import number, percent, with_interval
from liap.reports.statistics import Estimates

CONTROL_NAMES = {
    "matched_window": "the same number of nearest words",
    "matched_distance": "the same distances",
    "matched_random": "random words",
}


def side(low: float, high: float, words: tuple[str, str, str] = ("above", "below", "not apart from")) -> str:
    """Which side of 0 an interval lies on."""
    return words[0] if low > 0 else words[1] if high < 0 else words[2]


def masks_sentences(rows: Sequence[MaskRow], variant: str) -> list[str]:
    """Precision against people, and what masks keep of the model's drops, with and without punctuation."""
    found = {(row.masks, row.punctuation, row.measure): row for row in rows if row.variant == variant}
    sentences = []
    for punctuation, about in (("kept", "all words"), ("dropped", "no punctuation")):
        own = found[OWN, punctuation, "precision"]
        parts = [
            f"{named} {number(found[name, punctuation, 'precision'].mean)}" for name, named in CONTROL_NAMES.items()
        ]
        sentences.append(
            f"Against human triggers ({about}, n = {own.n}), {variant} masks have precision "
            f"{with_interval(own.mean, own.low, own.high)}, {', '.join(parts)}."
        )
        people, model = (found["matched_window", punctuation, name] for name in ("precision", "drop_share"))
        sentences.append(
            f"Against the same number of nearest words, structure is {side(people.minus_low, people.minus_high)} "
            f"for people ({with_interval(people.minus, people.minus_low, people.minus_high, with_sign=True)}) and "
            f"{side(model.minus_low, model.minus_high)} for the model's drops, of which it keeps "
            f"{number(found[OWN, punctuation, 'drop_share'].mean)} against {number(model.mean)} "
            f"({with_interval(model.minus, model.minus_low, model.minus_high, with_sign=True)})."
        )
    return sentences


def rankings_sentences(
    rows: Sequence[BothRow], faithful: Estimates | None, roles: dict[str, str], variant: str
) -> list[str]:
    """Who agrees best with people, who with the model, and whether the two go together."""
    named = [row for row in rows if roles.get(row.explainer) == "method" and row.variant in ("", variant) and row.n]
    if not named:
        return []
    people, model = (max(named, key=lambda row: getattr(row, name)) for name in ("average_precision", "lfs"))
    sentences = [
        f"Of the explainers, {_name(people)} agrees best with people (average precision {number(people.average_precision)}, "
        f"LFS {number(people.lfs)}), {_name(model)} with the model (LFS {number(model.lfs)}, average precision "
        f"{number(model.average_precision)})."
    ]
    (within,) = [row for row in rows if row.explainer == WITHIN]
    direction = side(within.correlation_low, within.correlation_high, ("more", "less", "neither more nor less"))
    sentences.append(
        f"Within a target, explainers that are more faithful agree {direction} with people "
        f"(mean rank correlation {with_interval(within.correlation, within.correlation_low, within.correlation_high, with_sign=True)}, "
        f"n = {within.n})."
    )
    if faithful is not None:
        sentences.append(
            f"LFS of {variant} attention less that of its nearest words: "
            f"{with_interval(faithful.mean[0], faithful.low[0], faithful.high[0], with_sign=True)} (n = {faithful.n[0]})."
        )
    return sentences


def structure_sentences(rows: Sequence[StructureShare], variant: str) -> list[str]:
    """How much of what people marked is structural, against a random word and one at the same distance."""
    return [
        f"{percent(row.observed)} of the marked words are {row.relation} (n = {row.n}); a random word: {percent(row.random)}, "
        f"a word at the same distance: {percent(row.same_distance)} "
        f"({with_interval(row.minus_distance, row.minus_distance_low, row.minus_distance_high, with_sign=True)})."
        for row in rows
        if row.punctuation == "dropped" and row.relation in (variant, "frame", NEAREST)
    ]


def prior_sentences(rows: Sequence[PriorRow], variant: str) -> list[str]:
    """The weight that the first half chooses, tested on the second; the same for nearest words."""
    names = {OWN: f"{variant} structure", "matched_window": "nearest words"}
    return [
        f"As a prior over occlusion, {names[row.prior]} (weight {row.weight:g}, chosen on half of the documents to lose at most "
        f"{LFS_LOST:g} LFS) changes average precision by "
        f"{with_interval(row.gain, row.gain_low, row.gain_high, with_sign=True)} and LFS by "
        f"{with_interval(row.lfs_gain, row.lfs_gain_low, row.lfs_gain_high, with_sign=True)} on the other half (n = {row.n})"
        + (
            "."
            if row.prior == OWN
            else f"; structure is {with_interval(row.behind, row.behind_low, row.behind_high, with_sign=True)} ahead."
        )
        for row in rows
        if row.prior in names and row.half == HALVES[1] and row.chosen
    ]


def _name(row: BothRow) -> str:
    return row.explainer + (f"/{row.variant}" if row.variant else "")
