"""What the study reads of a tagger: its neurons at every word, and the linear map from neurons to label scores.

A word's label scores are `weight @ neurons + bias`, so removing neurons needs no further pass through the network: one pass serves every
label, every ranking and every number of removed neurons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from liap.batches import by_length
from liap.errors import InputError, quoted
from liap.records import Sentence
from liap.taggers.recurrent import RecurrentTagger
from liap.taggers.recurrent_crf import ConditionalRandomField

WORDS_AT_ONCE = 8192  # pads counted, when best paths are sought


@dataclass(frozen=True, slots=True, eq=False)
class Readout:
    """The last map of a tagger, and its inference layer."""

    labels: tuple[str, ...]
    weight: Float[np.ndarray, "labels neurons"]
    bias: Float[np.ndarray, " labels"]
    field: ConditionalRandomField | None = None

    def decide(
        self, scores: Float[np.ndarray, "labels words"], lengths: Int[np.ndarray, " sentences"]
    ) -> Int[np.ndarray, " words"]:
        """The best label of each word; with a conditional random field, the best path of each sentence."""
        if self.field is None:
            return first_largest(scores)
        begins = np.cumsum(lengths) - lengths
        best = np.zeros(scores.shape[1], dtype=np.int64)
        table = torch.from_numpy(np.ascontiguousarray(scores.T)).float()
        for places in by_length(lengths.tolist(), WORDS_AT_ONCE):
            longest = int(lengths[places[0]])
            rows = np.minimum(begins[places][:, None] + np.arange(longest), scores.shape[1] - 1)
            with torch.no_grad():
                path = self.field.best_path(table[torch.from_numpy(rows)], torch.from_numpy(lengths[places]))
            inside = np.arange(longest) < lengths[places][:, None]
            best[rows[inside]] = path.numpy()[inside]
        return best


@dataclass(frozen=True, slots=True, eq=False)
class NeuronWords:
    """All words of some sentences, one after the other."""

    words: tuple[str, ...]
    neurons: Float[np.ndarray, "words neurons"]
    gold: Int[np.ndarray, " words"]  # label indices
    predicted: Int[np.ndarray, " words"]
    document: Int[np.ndarray, " words"]
    lengths: Int[np.ndarray, " sentences"]

    def sample(self, most: int, generator: np.random.Generator) -> NeuronWords:
        """At most so many words, drawn without replacement; they are no sentences any more."""
        if len(self.words) <= most:
            return self
        chosen = np.sort(generator.choice(len(self.words), most, replace=False))
        return NeuronWords(
            tuple(self.words[place] for place in chosen), self.neurons[chosen], self.gold[chosen],
            self.predicted[chosen], self.document[chosen], np.array([most]),
        )  # fmt: skip


def first_largest(scores: Float[np.ndarray, "labels words"]) -> Int[np.ndarray, " words"]:
    """The first row with the largest value of each column; for few rows faster than numpy's argmax."""
    best = np.maximum.reduce(scores, axis=0)
    place = np.zeros(scores.shape[1], dtype=np.uint8 if len(scores) < 256 else np.int64)
    for row in range(len(scores) - 1, 0, -1):
        np.copyto(place, place.dtype.type(row), where=scores[row] == best)
    np.copyto(place, place.dtype.type(0), where=scores[0] == best)
    return place.astype(np.int64)


def readout_of(tagger: RecurrentTagger) -> Readout:
    """The tagger's last map."""
    output = tagger.network.output
    return Readout(tagger.labels, output.weight.numpy(), output.bias.numpy(), tagger.network.field)


def read_neurons(tagger: RecurrentTagger, sentences: Sequence[Sentence]) -> NeuronWords:
    """The neurons at every word of the sentences, by one pass. InputError for tags that are no label of the tagger."""
    index = {label: number for number, label in enumerate(tagger.labels)}
    tags = [tag for sentence in sentences for tag in sentence.tags or ()]
    lengths = np.array([len(sentence.words) for sentence in sentences])
    if not tags or len(tags) != lengths.sum():
        raise InputError("--corpus: a split has sentences without tags, or none at all; expected gold tags")
    strange = set(tags) - set(index)
    if strange:
        raise InputError(
            f"--corpus: tag {quoted(min(strange))} is no label of the tagger; expected its own labels: {', '.join(tagger.labels)}"
        )
    neurons = np.concatenate(tagger.neurons([sentence.words for sentence in sentences]))
    readout = readout_of(tagger)
    scores = readout.weight @ neurons.T + readout.bias[:, None]
    return NeuronWords(
        words=tuple(word for sentence in sentences for word in sentence.words),
        neurons=neurons,
        gold=np.array([index[tag] for tag in tags]),
        predicted=readout.decide(scores, lengths),
        document=np.repeat([sentence.document for sentence in sentences], lengths),
        lengths=lengths,
    )
