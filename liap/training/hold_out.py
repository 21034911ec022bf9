"""Sentences that a recogniser is not to see in training, because it is explained on them later.

In: the three splits and the files that hold the sentences, each any corpus file that the project reads, or one of human triggers.
Out: training and dev split without them.

A sentence is left out if a file has one with the same words, ignoring case. Digits count: `1 June` and `2 June` are two sentences. The
dev split chooses the epoch, so it loses them too. The test split stays whole, so that scores on it can be compared; sentences that it
shares with the files are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from liap import corpora
from liap.errors import InputError
from liap.files import digest_of
from liap.records import Sentence

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What was left out of which split."""

    files: tuple[str, ...]
    digest: str  # of the words of the files' different sentences
    sentences: int  # of the files, with different words
    train: int  # left out
    dev: int  # left out
    test: int  # shared with the test split, which stays whole

    @property
    def line(self) -> str:
        """For the screen and the model card."""
        return (
            f"Held out: the {self.sentences} different sentences of {', '.join(self.files)}, so {self.train} sentences of the training "
            f"split and {self.dev} of the dev split (the same words, ignoring case); the test split keeps {self.test} of them."
        )


def hold_out(
    train: Sequence[Sentence], dev: Sequence[Sentence], test: Sequence[Sentence], files: Sequence[str]
) -> tuple[Sequence[Sentence], Sequence[Sentence], Sequence[Sentence], HeldOut | None]:
    """The splits without the files' sentences, and what was left out; None without files. Raises InputError."""
    if not files:
        return train, dev, test, None
    unwanted = {folded(sentence) for file in files for sentence in _read(file)}
    kept_train, kept_dev = without(train, unwanted), without(dev, unwanted)
    for name, before, kept in (("training", train, kept_train), ("dev", dev, kept_dev)):
        if before and not kept:
            raise InputError(
                f"--hold-out {' '.join(files)}: holds every sentence of the {name} split; expected files that leave some"
            )
    held_out = HeldOut(
        files=tuple(Path(file).name for file in files),
        digest=digest_of("\t".join(words) for words in sorted(unwanted)),
        sentences=len(unwanted),
        train=len(train) - len(kept_train),
        dev=len(dev) - len(kept_dev),
        test=len(test) - len(without(test, unwanted)),
    )
    return kept_train, kept_dev, test, held_out


def folded(sentence: Sentence) -> Words:
    """The sentence's words without case."""
    return tuple(word.casefold() for word in sentence.words)


def without(sentences: Iterable[Sentence], unwanted: set[Words]) -> tuple[Sentence, ...]:
    """The sentences whose words are not among the unwanted, in their order."""
    return tuple(sentence for sentence in sentences if folded(sentence) not in unwanted)


def _read(file: str) -> Sequence[Sentence]:
    """The sentences of one file."""
    if not Path(file).expanduser().is_file():
        raise InputError(f"--hold-out {file}: no such file; expected a corpus file, or one of human triggers")
    return corpora.load(file, "train")
