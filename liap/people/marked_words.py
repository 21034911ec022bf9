"""What is known of each context word of each explained target: the study's view of the loop, and its file.

The study sees each case of a chunk. Its arrays are flat, a place for each context word, so that chunks are joined end to end.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float, Int

from liap.errors import InputError
from liap.explainers import Case
from liap.faithfulness.evidence_found import known_evidence
from liap.faithfulness.plausibility import with_letters
from liap.records import Mention

FILE = "people_words.npz"
PREFIX = "people_"  # of the arrays in a chunk
MENTION = ("sentence", "document", "start", "end", "other_type", "length")  # `length`: its number of context words
PER_WORD = ("places", "marked", "lettered", "drops", "occlusion")


@dataclass(frozen=True, slots=True, eq=False)
class MarkedMention:
    """One target. Without punctuation, places count the words that are left, as if the sentence had no others."""

    sentence: int
    document: int
    start: int
    end: int
    other_type: bool  # the recogniser predicts another type than the target's
    places: Int[np.ndarray, " context"]  # word indices
    marked: Bool[np.ndarray, " context"]  # in the union of the target's triggers
    lettered: Bool[np.ndarray, " context"]  # has a letter or a digit
    drops: Float[np.ndarray, " context"]  # under the metrics' operator
    occlusion: Float[np.ndarray, " context"]  # under the explainers' operator
    masks: Bool[np.ndarray, "variants context"]  # False throughout where a variant has no mask
    span: tuple[int, int]  # the mention among the words that `places` counts

    @property
    def words(self) -> int:
        """Words of the sentence that `places` counts."""
        return len(self.places) + self.span[1] - self.span[0]

    @property
    def mention(self) -> Mention:
        """Where it is; its tags and scores are not kept."""
        return Mention(
            self.sentence,
            self.document,
            self.start,
            self.end,
            ("",) * (self.end - self.start),
            "",
            None,
            "no_gold",
            float("nan"),
        )

    def without_punctuation(self) -> MarkedMention:
        """The same, as if the sentence had no punctuation outside the mention."""
        keep, size = self.lettered, self.span[1] - self.span[0]
        start = int((keep & (self.places < self.span[0])).sum())
        places = np.arange(keep.sum())
        fields = {name: getattr(self, name)[keep] for name in PER_WORD}
        fields["places"] = places + size * (places >= start)
        return replace(self, **fields, masks=self.masks[:, keep], span=(start, start + size))


class MarkedWords:
    """The study: it keeps a `MarkedMention` for each case whose probability is defined."""

    needs: ClassVar[frozenset[str]] = frozenset({"parse"})
    file: ClassVar[str] = FILE

    def __init__(self) -> None:
        self.mentions: list[MarkedMention] = []

    def see(self, case: Case) -> None:
        known, mention = known_evidence(case), case.mention
        if known is None or np.isnan(mention.probability) or not case.context.any():
            return
        marked = np.zeros(len(case.words), dtype=bool)
        marked[list(known.words)] = True
        empty = np.zeros(len(case.words), dtype=bool)
        masks = np.stack([empty if isinstance(mask, str) else mask for mask in case.masks.values()])
        self.mentions.append(
            MarkedMention(
                mention.sentence,
                mention.document,
                mention.start,
                mention.end,
                mention.predicted_type != mention.gold_type,
                np.flatnonzero(case.context),
                marked[case.context],
                with_letters(case.words)[case.context],
                case.drops(case.settings.operator)[case.context],
                case.drops(case.settings.explainer_operator)[case.context],
                masks[:, case.context],
                (mention.start, mention.end),
            )
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """For a chunk's file; `mentions_of` reads them back."""
        mentions = [
            [one.sentence, one.document, one.start, one.end, one.other_type, len(one.places)] for one in self.mentions
        ]
        parts = {name: [getattr(one, name) for one in self.mentions] for name in PER_WORD}
        flat = {name: np.concatenate(values) if values else np.zeros(0) for name, values in parts.items()}
        masks = [one.masks.T for one in self.mentions]
        return {
            f"{PREFIX}mentions": np.array(mentions, dtype=np.int64).reshape(-1, len(MENTION)),
            f"{PREFIX}masks": np.concatenate(masks) if masks else np.zeros((0, 0), dtype=bool),
            **{f"{PREFIX}{name}": values for name, values in flat.items()},
        }


def join(chunks: Iterable[Mapping[str, np.ndarray]]) -> bytes:
    """The file of a run, from the arrays of its chunks."""
    parts: dict[str, list[np.ndarray]] = {}
    for chunk in chunks:
        if len(chunk[f"{PREFIX}mentions"]):
            for name, values in chunk.items():
                if name.startswith(PREFIX):
                    parts.setdefault(name, []).append(values)
    buffer = io.BytesIO()
    np.savez(buffer, **{name: np.concatenate(values) for name, values in parts.items()})
    return buffer.getvalue()


def read(folder: Path) -> list[MarkedMention]:
    """The targets of a complete run; InputError where the file cannot be read."""
    path = folder / FILE
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return list(mentions_of({name: archive[name] for name in archive.files}))
    except Exception as error:  # numpy raises errors of many kinds for damaged files
        raise InputError(f"{path} cannot be read ({str(error)[:200]}); run studies/people.py --overwrite") from error


def mentions_of(arrays: Mapping[str, np.ndarray]) -> Iterator[MarkedMention]:
    """The targets in a chunk's arrays, or a run's."""
    begin = 0
    for sentence, document, start, end, other_type, length in arrays[f"{PREFIX}mentions"].tolist():
        own = slice(begin, begin + length)
        words = {name: arrays[f"{PREFIX}{name}"][own] for name in PER_WORD}
        masks = arrays[f"{PREFIX}masks"][own].T
        yield MarkedMention(sentence, document, start, end, bool(other_type), **words, masks=masks, span=(start, end))
        begin += length
