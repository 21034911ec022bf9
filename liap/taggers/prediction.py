"""What a tagger finds in sentences: their tags, and the mentions that these mark.

Labels of any scheme are decoded to entities (see `label_schemes`). Then the entities' types are mapped onto the corpus's, if a
map is given. The tags, which are compared with gold, are IOB2 of the mapped types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from liap.corpora.sampling import sample
from liap.errors import InputError
from liap.records import Mention, Sentence
from liap.taggers.finite import NoNumbersError
from liap.taggers.label_schemes import LabelScheme, iob2_tags, map_types, read_type_map, scheme_of
from liap.taggers.mentions import find_mentions
from liap.taggers.tagger import Request, Tagger
from liap.taggers.targets import target_of, target_probability


@dataclass(slots=True)
class Predictions:
    """The IOB2 tags of each sentence (None if it is longer than the tagger's limit), and its mentions."""

    tags: list[tuple[str, ...] | None] = field(default_factory=list)
    mentions: list[tuple[Mention, ...]] = field(default_factory=list)

    @property
    def all_mentions(self) -> list[Mention]:
        """Those of all sentences, in order."""
        return [mention for of_sentence in self.mentions for mention in of_sentence]


def predict(
    tagger: Tagger, sentences: Sequence[Sentence], *, type_map: Sequence[str] = (), target: str = "type"
) -> Predictions:
    """Tag sentences and find their mentions. A sentence longer than the tagger's limit has none.

    A mention's probability is that of the `target`: tag, type or entity. Entries of `type_map` are `PERSON=PER`, or `PERSON=` to drop a type; the recogniser's type comes first. Raises InputError.
    """
    scheme = scheme_of(tuple(tagger.labels))
    mapped = read_type_map(type_map, scheme.types)
    fitting = [index for index, sentence in enumerate(sentences) if tagger.fits(sentence.words)]
    predictions = Predictions([None] * len(sentences), [()] * len(sentences))
    try:
        answers = tagger.probabilities([_unperturbed(sentences[index]) for index in fitting])
    except NoNumbersError as error:
        raise InputError(f"sentence {sentences[fitting[error.place]].index} of the corpus: {error}") from error
    for index, answer in zip(fitting, answers, strict=True):
        labels = _best_labels(scheme, answer[0])
        entities = map_types(scheme.entities(labels), mapped)
        as_said = scheme.is_iob2 and not mapped
        predictions.tags[index] = labels if as_said else iob2_tags(entities, len(labels))
        mentions = find_mentions(sentences[index], entities, labels, answer[0].max(axis=1))
        targets = [target_of(target, scheme.labels, sentences[index].words, mention) for mention in mentions]
        predictions.mentions[index] = tuple(
            replace(mention, probability=float(target_probability(answer[:1, wanted.read], wanted)[0]))
            for mention, wanted in zip(mentions, targets, strict=True)
        )
    return predictions


def sampled_mentions(
    tagger: Tagger, sentences: Sequence[Sentence], settings: Any, type_map: Sequence[str] | None = None
) -> tuple[list[Mention], list[Mention]]:
    """(A sample of each predicted type, all mentions) that the tagger finds in the sentences of the settings' corpus; InputError without any.

    `type_map` is that of the settings unless it is given.
    """
    mapped = settings.type_map if type_map is None else type_map
    found = predict(tagger, sentences, type_map=mapped, target=settings.target).all_mentions
    if not found:
        raise InputError(
            f"the recogniser finds no mention in {settings.corpus} ({settings.split}); check --model and --corpus"
        )
    return list(sample(found, settings.examples_per_type, settings.seed)), found


def _unperturbed(sentence: Sentence) -> Request:
    """Every word kept, and read. The operator is `delete`: deleting nothing needs no mask token."""
    words = len(sentence.words)
    return Request(sentence.words, np.ones((1, words), dtype=bool), "delete", np.arange(words))


def _best_labels(scheme: LabelScheme, probabilities: Float[np.ndarray, "words labels"]) -> tuple[str, ...]:
    """The most probable label of each word; the outside label for a word without a piece."""
    known = ~np.isnan(probabilities[:, 0])
    best = np.where(known, np.nan_to_num(probabilities).argmax(axis=1), scheme.outside)
    return tuple(scheme.labels[label] for label in best)
