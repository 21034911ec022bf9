"""Where an encoder puts the entity words of each language: class means, how well they separate, and how far languages lie apart.

In: an encoder, and a corpus for each language. A word's vector is the sum of the encoder's last four layers at its first piece, in the context of its
sentence. A class is the words of one language that gold tags mark with one category; its mean is over words.

- The encoder reads words alone. With `with_tags` it reads each word followed by its gold tag, as the published script did by feeding whole lines of
  its column files: the tag is then part of the word's context, and classes separate because they are written beside the words.
- *Separation*: the share of entity words whose nearest class mean (cosine) is that of their own category; among the means of their own language,
  the word's own part taken out of its mean, and among those of each other language.
- *Distance* of two languages: 1 - cosine of their class means, a mean over the categories that both have; all vectors less the mean of all
  class means, because embeddings share a large common direction (Ethayarajh 2019).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.errors import InputError
from liap.records import Sentence
from liap.taggers.transformer import TransformerTagger

LAYERS = 4  # from the last, whose states are summed
SENTENCES_AT_ONCE = 64
Class = tuple[str, str]  # language, category
Vectors = Mapping[Class, Float[np.ndarray, "_words width"]]


@dataclass(frozen=True, slots=True)
class SeparationRow:
    """A line of `class_separation.csv`."""

    read: str  # what the encoder reads: words, words and tags
    language: str
    words: int
    own: float  # share of words nearest to their own category, among the language's own means
    others: float  # the same among the means of another language, a mean over these
    chance: float  # 1 / categories


def load_reader(model: str) -> TransformerTagger:
    """An encoder whose hidden states are read; a recogniser's folder is an encoder too. Its last layer plays no part."""
    from liap.training.fine_tuning import load_encoder

    return TransformerTagger(*load_encoder(model, (), ("O", "B-X", "I-X")))


def vectors_of(
    reader: TransformerTagger, corpora: Mapping[str, Sequence[Sentence]], *, with_tags: bool = False
) -> Vectors:
    """The vectors of every class's words; sentences beyond the encoder's limit are left out. InputError without any entity."""
    found: dict[Class, list[np.ndarray]] = {}
    for language, sentences in corpora.items():
        read = [(sentence, _words_read(sentence, with_tags)) for sentence in sentences if sentence.tags]
        fitting = [pair for pair in read if reader.fits(pair[1])]
        for begin in range(0, len(fitting), SENTENCES_AT_ONCE):
            chunk = fitting[begin : begin + SENTENCES_AT_ONCE]
            states = reader.hidden_states([words for _, words in chunk])
            for (sentence, _), layers in zip(chunk, states, strict=True):
                vectors = layers[-LAYERS:].sum(axis=0)[:: 2 if with_tags else 1]
                for vector, tag in zip(vectors, sentence.tags, strict=True):
                    if tag != "O" and not np.isnan(vector[0]):
                        found.setdefault((language, tag[2:]), []).append(vector)
    if not found:
        raise InputError("--corpora: no entity in any of these sentences; expected IOB2 tags such as B-PER")
    return {key: np.stack(vectors) for key, vectors in sorted(found.items())}


def _words_read(sentence: Sentence, with_tags: bool) -> tuple[str, ...]:
    if not with_tags:
        return sentence.words
    return tuple(part for pair in zip(sentence.words, sentence.tags, strict=True) for part in pair)


def means_of(vectors: Vectors) -> dict[Class, Float[np.ndarray, " width"]]:
    """The mean of each class."""
    return {key: values.mean(axis=0) for key, values in vectors.items()}


def separation(vectors: Vectors, read: str) -> list[SeparationRow]:
    """A line per language."""
    means = means_of(vectors)
    centre = np.mean(list(means.values()), axis=0)
    languages = list(dict.fromkeys(language for language, _ in vectors))
    lines = []
    for language in languages:
        own = {kind: values for (name, kind), values in vectors.items() if name == language}
        within = [
            _nearest_own(values - centre, kind, _of(means, language, centre), len(values))
            for kind, values in own.items()
        ]
        across = [
            [
                _nearest(values - centre, kind, _of(means, other, centre))
                for kind, values in own.items()
                if kind in _of(means, other, centre)
            ]
            for other in languages
            if other != language
        ]
        words = sum(map(len, own.values()))
        lines.append(
            SeparationRow(
                read,
                language,
                words,
                float(np.concatenate(within).mean()),
                float(np.mean([np.concatenate(part).mean() for part in across if part]))
                if any(across)
                else float("nan"),
                1 / len(own),
            )
        )
    return lines


def _of(means: Mapping[Class, np.ndarray], language: str, centre: np.ndarray) -> dict[str, np.ndarray]:
    return {kind: mean - centre for (name, kind), mean in means.items() if name == language}


def _nearest(vectors: np.ndarray, kind: str, means: Mapping[str, np.ndarray]) -> np.ndarray:
    """True for the vectors whose nearest mean is that of their kind."""
    kinds = list(means)
    table = _unit(vectors) @ _unit(np.stack([means[name] for name in kinds])).T
    return table.argmax(axis=1) == kinds.index(kind)


def _nearest_own(vectors: np.ndarray, kind: str, means: Mapping[str, np.ndarray], words: int) -> np.ndarray:
    """The same, with each vector taken out of the mean of its own class, so that none is near to itself."""
    if words < 2:
        return np.zeros(words, dtype=bool)
    own = (means[kind] * words - vectors) / (words - 1)
    rivals = np.stack([mean for name, mean in means.items() if name != kind] or [np.full(vectors.shape[1], np.nan)])
    near = (_unit(vectors) * _unit(own)).sum(axis=1)
    far = np.nan_to_num(_unit(vectors) @ _unit(rivals).T, nan=-1.0).max(axis=1)
    return near > far


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def distances(vectors: Vectors, languages: Sequence[str]) -> Float[np.ndarray, "languages languages"]:
    """The distance of each two languages, in [0, 2]; NaN where they share no category."""
    means = means_of(vectors)
    centre = np.mean(list(means.values()), axis=0)
    table = np.full((len(languages), len(languages)), np.nan)
    for row, first in enumerate(languages):
        for column, second in enumerate(languages):
            left, right = _of(means, first, centre), _of(means, second, centre)
            shared = [1 - float(_unit(left[kind]) @ _unit(right[kind])) for kind in left if kind in right]
            if shared:
                table[row, column] = np.mean(shared)
    return table
