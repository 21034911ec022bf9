"""Does a parser know the language of a corpus? The share of the running words that stand in its pipeline's vocabulary.

In: a spaCy pipeline's name or folder, and sentences. Out: a share in [0, 1], and over how many words it is taken.

1. A pipeline saves every string that it has seen in training, and the keys of its word vectors if it has any, in
   `vocab/strings.json`. That file is read; spaCy is not loaded.
2. Words that hold a letter and no capital count: names are new to any parser, numbers and punctuation are known to all.
3. Below `FEWEST` such words there is no share.

A share below `KNOWN` is worth a warning. Measured with an English pipeline of 32,949 strings without vectors (trained on UD
English-EWT): CoNLL-2003 test .928 and validation .923, the English Web Treebank's test split .958; the test splits of MasakhaNER
amh .000, hau .306, ibo .284, kin .103, lug .135, luo .255, swa .221, wol .294, yor .080. Nigerian Pidgin (pcm, .851) shares most
words with English and is not told apart. Of single English sentences of five such words and more, at most .4% fall below .5; of
single sentences in the nine other languages, 93% and more do. A pipeline that was never trained knows .23 of English.

A pipeline with a large table of vectors also knows words of other languages, so its shares are higher for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from liap.errors import InputError
from liap.files import read_bounded
from liap.linguistics.dependency import find_pipeline
from liap.records import Sentence

KNOWN = 0.5  # of the words that count; a parser of the corpus's language knows more
FEWEST = 5  # words
STRINGS = "vocab/strings.json"
LARGEST = 2**28  # bytes; a million strings take some 15 million


@dataclass(frozen=True, slots=True)
class KnownWords:
    """The share, in [0, 1], of a corpus's words that are in a parser's vocabulary."""

    share: float
    words: int  # over which it is taken

    @property
    def few(self) -> bool:
        """Whether the parser is hardly one of this language."""
        return self.share < KNOWN


def known_words(parser: str, sentences: Iterable[Sentence]) -> KnownWords | None:
    """How much of the sentences the pipeline knows; None for gold parses, for few words, and where it saved no strings."""
    if parser == "gold":
        return None
    words = [word for sentence in sentences for word in sentence.words if counts(word)]
    vocabulary = _vocabulary(parser) if len(words) >= FEWEST else frozenset()
    if not vocabulary:
        return None
    return KnownWords(sum(word in vocabulary for word in words) / len(words), len(words))


def counts(word: str) -> bool:
    """Whether the word holds a letter and no capital."""
    return word == word.lower() and any(letter.isalpha() for letter in word)


def _vocabulary(parser: str) -> frozenset[str]:
    """The pipeline's strings; none where the file is missing or unusable, about which spaCy has its own say."""
    for path in sorted(
        find_pipeline(parser).rglob(STRINGS)
    ):  # an installed pipeline has them in a folder of its version
        try:
            strings = json.loads(read_bounded(path, LARGEST))
        except (OSError, ValueError, RecursionError, InputError):
            continue
        if isinstance(strings, list):
            return frozenset(string for string in strings if isinstance(string, str))
    return frozenset()
