"""From the published protocol to the fair one, one change at a time.

In: what was measured of one mention (`Measured`). Out: its LFS under a `Protocol`, for LIAP and for many draws of random
importances; NaN if the protocol does not score the mention. `STEPS` are the protocols, each with one field changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from liap.explainers.liap_published import importance as row_sums
from liap.explainers.liap_published import mask as published_mask
from liap.faithfulness.lfs import score, words_per_end
from liap.faithfulness.ranking import rank
from liap.pruning import masks
from liap.published.sets import PUBLISHED_K, one_ranking, published_lfs, ratio, two_sorts
from liap.records import Frame, Parse


@dataclass(frozen=True, slots=True)
class Protocol:
    """How mentions are explained and scored; the defaults are the published protocol."""

    indices: str = "text"  # whose words index place, parse and roles: those of the "text" as each tool splits it, or the "corpus"'s
    matrix: str = "pieces"  # rows and columns of the attention matrix: "pieces" or "words"
    masking: str = "text"  # one mask per word in a "text" that is tokenised again, or all its "pieces" in place
    target: str = "first"  # whose labels are watched: those of the mention's "first" word, or of the whole "span"
    candidates: str = "all"  # which words are ranked: "all", or the "context"
    ends: str = "two sorts"  # "two sorts", or the two ends of "one ranking"
    k: int = PUBLISHED_K  # words at each end
    ties: str = "order"  # how ties are broken: by "order" in the sentence, or at "random"
    importance: str = "row sums"  # "row sums" of the matrix, or the attention that the "mention" pays
    pruning: str = "either end"  # the published masks, or those over "context" words
    uncovered: str = "unpruned"  # the role mask of a mention that no frame holds: "unpruned", or "undefined"
    heads: str = "one"  # the first head of the second-to-last layer, or "all" of all layers
    mentions: str = "gold"  # "gold" ones in sentences of 8 to 40 words, or all that are "predicted"


CHANGES = (
    ("indices", "corpus", "place, parse and roles by the corpus's words, not by each tool's own splitting of the text"),
    ("matrix", "words", "attention between words: pieces summed and averaged, special tokens dropped"),
    ("masking", "pieces", "every piece of a word masked in place, not one `[MASK]` in a text tokenised again"),
    ("target", "span", "all words of the mention, not its first alone"),
    ("candidates", "context", "only context words are ranked: the mention is in neither set"),
    ("ends", "one ranking", "the two ends of one ranking, at most half the context each: no overlap"),
    ("k", 3, "3 words at each end, not 10"),
    ("ties", "random", "ties broken at random, not by the order of the sentence"),
    ("importance", "mention", "the attention that the mention pays, not the row sums of every word"),
    ("pruning", "context", "a mask over context words: one step in the tree, and a shared frame"),
    (
        "uncovered",
        "undefined",
        "a mention that no frame holds, or whose mask is empty, is not scored, rather than left unpruned by roles",
    ),
    ("heads", "all", "all layers and heads, not the first head of the second-to-last layer"),
    ("mentions", "predicted", "every mention the recogniser finds, in sentences of any length"),
)


def _steps() -> tuple[tuple[str, Protocol], ...]:
    steps = [("as published", Protocol())]
    for field, value, label in CHANGES:
        steps.append((label, replace(steps[-1][1], **{field: value})))
    return tuple(steps)


STEPS = _steps()


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A sentence split in one way: its parse, its frames, and the attention of the one head between pieces."""

    parse: Parse
    frames: tuple[Frame, ...]
    matrix: Float[np.ndarray, "pieces pieces"]


DropKey = tuple[str, str, str]  # indices, masking, target


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """All that the protocols need to know of one mention.

    `drops`: by how much masking each word lowers the probability; None if the watched label is no entity's.
    """

    start: int
    end: int
    structures: Mapping[str, Structure]  # by `Protocol.indices`
    word_matrix: Float[np.ndarray, "words words"]  # of the one head
    paid: Mapping[str, Float[np.ndarray, " words"]]  # by `Protocol.heads`: mean attention from the mention's words
    drops: Mapping[DropKey, Float[np.ndarray, " words"] | None]
    lime_answered: bool | None = None  # whether published LIME had an answer; None if the text was not scored
    lime_saw_mention: bool = False  # whether the piece that it explained belongs to the mention

    @property
    def words(self) -> int:
        return len(self.word_matrix)

    def is_mention(self, target: str) -> np.ndarray:
        """True for the words of the sentence that are explained."""
        inside = np.zeros(self.words, dtype=bool)
        inside[self.start : self.end if target == "span" else self.start + 1] = True
        return inside


def protocol_lfs(
    measured: Measured, protocol: Protocol, generator: np.random.Generator, draws: int, strategy: str = "both"
) -> tuple[float, Float[np.ndarray, " draws"]]:
    """LFS of LIAP, and LFS of each draw of random importances; both NaN if the protocol does not score the mention."""
    drops = measured.drops[protocol.indices, protocol.masking, protocol.target]
    importance = None if drops is None else liap_importance(measured, protocol, strategy)
    chance = generator.random((draws, measured.words))
    if importance is None:
        return float("nan"), np.full(draws, np.nan)
    mention = measured.is_mention(protocol.target)
    if protocol.candidates == "context":
        return _lfs_of_context(importance[~mention], chance[:, ~mention], drops[~mention], protocol, generator)
    liap = published_lfs(importance[None], drops, mention, protocol.k)
    return float(liap[0]), published_lfs(chance, drops, mention, protocol.k)


def _lfs_of_context(
    importance: Float[np.ndarray, " context"],
    chance: Float[np.ndarray, "draws context"],
    drops: Float[np.ndarray, " context"],
    protocol: Protocol,
    generator: np.random.Generator,
) -> tuple[float, Float[np.ndarray, " draws"]]:
    """The same where only context words are ranked."""
    draws = len(chance)
    if words_per_end(protocol.k, len(drops)) == 0 or np.isnan(drops).any():
        return float("nan"), np.full(draws, np.nan)
    if protocol.ties == "random":
        scores = np.concatenate([np.repeat(importance[None].astype(np.float64), draws, axis=0), chance])
        tie_break = generator.integers(0, 1 << 31, size=scores.shape)
        values = score(rank(scores, tie_break, explanations=2 * draws), drops, protocol.k)["lfs"]
        return float(values[:draws].mean()), values[draws:]
    choose = two_sorts if protocol.ends == "two sorts" else one_ranking
    scores = np.concatenate([importance[None].astype(np.float64), chance])
    top, bottom = choose(scores, protocol.k)
    values = ratio(drops[top], drops[bottom])
    return float(values[0]), values[1:]


def liap_importance(
    measured: Measured, protocol: Protocol, strategy: str = "both"
) -> Float[np.ndarray, " words"] | None:
    """LIAP's importance of each word of the sentence; None if the protocol leaves a mention without a mask undefined."""
    structure = measured.structures[protocol.indices]
    if protocol.importance == "row sums":
        matrix = structure.matrix if protocol.matrix == "pieces" else measured.word_matrix
        return row_sums(
            matrix, structure.parse, structure.frames, position=measured.start, words=measured.words, strategy=strategy
        )
    if protocol.pruning == "either end":
        kept = published_mask(
            structure.parse, structure.frames, position=measured.start, size=measured.words, strategy=strategy
        )
        # the mention's first word is in every set, so its own row is kept whole: the mask prunes nothing of it
        rows = measured.word_matrix[measured.start : measured.end] * kept[measured.start : measured.end]
        return rows.mean(axis=0)
    return _pruned_over_context(measured, protocol, structure)


def _pruned_over_context(
    measured: Measured, protocol: Protocol, structure: Structure
) -> Float[np.ndarray, " words"] | None:
    """The attention that the mention pays to the context words of the mask `both`."""
    paid = measured.paid[protocol.heads]
    by_variant = masks(structure.parse, structure.frames, measured.start, measured.end)
    mask = by_variant["both"]
    if isinstance(mask, str) and mask == "uncovered" and protocol.uncovered == "unpruned":
        mask = by_variant["syntactic"]
    if isinstance(mask, str):
        return None if protocol.uncovered == "undefined" else np.zeros_like(paid)
    return paid * mask
