"""How close is attention to structure? For each layer and head: the share of a mention's attention that falls on its syntactic
head, its dependents and its frame members, compared with what words at the same distances can expect.

1. A mention's attention to its context, per layer and head, is the mean over its rows divided by its sum over the context. Special
   tokens and the mention's own words therefore play no part, and the shares of a mention sum to 1.
2. *Observed* is the sum of the shares of the relation's words. A mention without such a word does not count for the relation.
3. *Expected* is the same sum with each word's share replaced by the mean share of *all* context words, over all mentions, at the
   same signed distance (distances beyond 15 words are pooled) in contexts of similar length. A head that attends by position alone
   has a ratio of 1.
4. Intervals are percentile bootstraps over documents, with the distance profile held fixed.

All sums are additive, so chunks of sentences can be added up in any order. After Clark et al. (2019), section 4.2, whose
fixed-offset baseline is replaced here by the whole distance profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from jaxtyping import Bool, Float

from liap.explainers import Case
from liap.pruning import semantic
from liap.pruning.distance_bins import BINS, distance_bins
from liap.records import Frame, Mention, Parse
from liap.runs import Run
from liap.tables import header, to_csv

FILE = "attention_structure.csv"
RELATIONS = ("head", "dependents", "frame")
ARRAYS = tuple(
    f"structure_{name}"
    for name in ("shape", "profile", "profile_words", "documents", "observed", "expected_bins", "mentions")
)  # of a chunk


@dataclass(slots=True, eq=False)
class DocumentSums:
    """Sums over one document's mentions."""

    observed: Float[np.ndarray, "relations heads"]  # layers and heads flattened
    expected_bins: Float[np.ndarray, "relations bins"]  # how many relation words fall in each bin
    mentions: Float[np.ndarray, " relations"]


@dataclass(slots=True, eq=False)
class StructureSums:
    """The study's sums over any number of mentions; layers and heads are set by the first mention that it sees."""

    needs: ClassVar[frozenset[str]] = frozenset({"attention", "parse"})
    file: ClassVar[str] = FILE

    layers: int = 0
    heads: int = 0
    profile: Float[np.ndarray, "bins heads"] = field(default=None)  # sums of shares
    profile_words: Float[np.ndarray, " bins"] = field(default=None)
    documents: dict[int, DocumentSums] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.profile is None:
            self._start(self.layers, self.heads)

    def _start(self, layers: int, heads: int) -> None:
        self.layers, self.heads = layers, heads
        self.profile = np.zeros((BINS, layers * heads))
        self.profile_words = np.zeros(BINS)

    def see(self, case: Case) -> None:
        """Count a case's mention, with the attention of all layers and heads."""
        attention = case.view.attention()
        if not self.layers:
            self._start(*attention.shape[:2])
        self.add(attention, case.mention, case.parse, case.frames)

    def add(
        self,
        attention: Float[np.ndarray, "layers heads span words"],
        mention: Mention,
        parse: Parse,
        frames: tuple[Frame, ...],
    ) -> None:
        """Count a mention; it is left out if it gives its context no attention (it has no piece, or no context)."""
        context = np.flatnonzero(mention.context(attention.shape[-1]))
        received = attention.mean(axis=2).reshape(-1, attention.shape[-1])[:, context]
        total = received.sum(axis=1, keepdims=True)
        if len(context) == 0 or not (total > 0).all():
            return
        shares = (received / total).T
        bins = distance_bins(context, mention.start, mention.end)
        np.add.at(self.profile, bins, shares)
        np.add.at(self.profile_words, bins, 1)
        sums = self.documents.setdefault(mention.document, self._empty_document())
        for index, words in enumerate(relation_words(parse, frames, mention)):
            chosen = words[context]
            if chosen.any():
                sums.observed[index] += shares[chosen].sum(axis=0)
                np.add.at(sums.expected_bins[index], bins[chosen], 1)
                sums.mentions[index] += 1

    def merge(self, other: StructureSums) -> None:
        self.profile += other.profile
        self.profile_words += other.profile_words
        for document, sums in other.documents.items():
            mine = self.documents.setdefault(document, self._empty_document())
            mine.observed += sums.observed
            mine.expected_bins += sums.expected_bins
            mine.mentions += sums.mentions

    def _empty_document(self) -> DocumentSums:
        relations = len(RELATIONS)
        return DocumentSums(
            np.zeros((relations, self.layers * self.heads)), np.zeros((relations, BINS)), np.zeros(relations)
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """For a file; `from_arrays` reads it back."""
        documents = list(self.documents.values())
        values = (
            np.array([self.layers, self.heads]),
            self.profile,
            self.profile_words,
            np.array(list(self.documents), dtype=np.int64),
            np.array([sums.observed for sums in documents]),
            np.array([sums.expected_bins for sums in documents]),
            np.array([sums.mentions for sums in documents]),
        )
        return dict(zip(ARRAYS, values, strict=True))

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray]) -> StructureSums:
        layers, heads = arrays["structure_shape"].tolist()
        parts = (arrays[f"structure_{name}"] for name in ("documents", "observed", "expected_bins", "mentions"))
        documents = {int(document): DocumentSums(*sums) for document, *sums in zip(*parts, strict=True)}
        return cls(layers, heads, arrays["structure_profile"], arrays["structure_profile_words"], documents)


@dataclass(frozen=True, slots=True)
class StructureRow:
    """A line of `attention_structure.csv`; layers and heads count from 0, shares are in [0, 1]."""

    layer: int
    head: int
    relation: str
    observed: float
    expected: float
    ratio: float
    low: float
    high: float
    mentions: int
    documents: int


def write(run: Run, chunks: int, *, seed: int) -> None:
    """Add up the chunks' sums into `attention_structure.csv`."""
    sums = StructureSums.from_arrays(run.load_chunk(0, *ARRAYS))
    for index in range(1, chunks):
        sums.merge(StructureSums.from_arrays(run.load_chunk(index, *ARRAYS)))
    run.write(FILE, header(StructureRow) + to_csv(summarise(sums, seed=seed)))


def relation_words(parse: Parse, frames: tuple[Frame, ...], mention: Mention) -> list[Bool[np.ndarray, " words"]]:
    """The context words that are the mention's syntactic heads, its dependents, and its frame members."""
    heads = np.asarray(parse.heads)
    places = np.arange(len(heads))
    inside = (places >= mention.start) & (places < mention.end)
    above = np.isin(places, heads[inside])
    below = np.isin(heads, places[inside])
    frame = semantic(frames, mention.start, mention.end)
    return [above & ~inside, below & ~inside, np.zeros(len(heads), dtype=bool) if frame is None else frame]


def summarise(sums: StructureSums, *, resamples: int = 1000, seed: int = 0) -> list[StructureRow]:
    """A row for each layer, head and relation; intervals are NaN below two documents."""
    profile = sums.profile / np.maximum(sums.profile_words, 1)[:, None]
    generator = np.random.default_rng(seed)
    rows = []
    for index, relation in enumerate(RELATIONS):
        documents = [document for document in sums.documents.values() if document.mentions[index] > 0]
        if not documents:
            continue
        mentions = int(sum(document.mentions[index] for document in documents))
        observed = np.array([document.observed[index] for document in documents])
        expected = np.array([document.expected_bins[index] for document in documents]) @ profile
        ratio = _ratio(observed.sum(axis=0), expected.sum(axis=0))
        low, high = _interval(observed, expected, resamples, generator)
        means = observed.sum(axis=0) / mentions, expected.sum(axis=0) / mentions
        rows += [
            StructureRow(
                *divmod(place, sums.heads),
                relation,
                *(float(values[place]) for values in (*means, ratio, low, high)),
                mentions,
                len(documents),
            )
            for place in range(sums.layers * sums.heads)
        ]
    return rows


def _interval(
    observed: np.ndarray, expected: np.ndarray, resamples: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    documents = len(observed)
    if documents < 2:
        return np.full(observed.shape[1], np.nan), np.full(observed.shape[1], np.nan)
    weights = generator.multinomial(documents, np.full(documents, 1 / documents), size=resamples)
    low, high = np.quantile(_ratio(weights @ observed, weights @ expected), [0.025, 0.975], axis=0)
    return low, high


def _ratio(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Observed over expected; NaN for a head that gives nothing to any word at these distances."""
    return np.divide(observed, expected, out=np.full(expected.shape, np.nan), where=expected > 0)
