"""The cases: mentions of a corpus, each explained at its first word, by the probability of the recogniser's own tag there.

The peers explain one token. So that both sides explain the same number, the other words of a mention are context here, for LIAP too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from liap.corpora.sampling import sample
from liap.records import Mention, Sentence
from liap.taggers.prediction import predict
from liap.taggers.tagger import Tagger


@dataclass(frozen=True, slots=True)
class PeerCase:
    """A mention's first word in its sentence."""

    sentence: Sentence
    mention: Mention  # of that word alone; its probability is still that of the whole mention
    whole: Mention  # as the recogniser marked it
    label: int  # the number of the word's tag among the recogniser's labels

    @property
    def word(self) -> int:
        return self.mention.start

    @property
    def message(self) -> dict[str, object]:
        """As the peers' process reads it."""
        return {"words": list(self.sentence.words), "word": self.word, "label": self.label}


def choose(
    tagger: Tagger, sentences: Sequence[Sentence], *, per_type: int, shortest: int, longest: int, seed: int
) -> list[PeerCase]:
    """So many mentions of each type, drawn from the sentences of `shortest` to `longest` words."""
    fitting = {sentence.index: sentence for sentence in sentences if shortest <= len(sentence.words) <= longest}
    found = predict(tagger, list(fitting.values())).all_mentions
    return [first_word(tagger, fitting[mention.sentence], mention) for mention in sample(found, per_type, seed)]


def first_word(tagger: Tagger, sentence: Sentence, mention: Mention) -> PeerCase:
    """The case of a mention."""
    label = list(tagger.labels).index(mention.tags[0])
    word = replace(mention, end=mention.start + 1, tags=mention.tags[:1])
    return PeerCase(sentence, word, mention, label)
