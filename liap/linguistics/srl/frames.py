"""What the role labellers share: settings, predicates, tags -> frames, and the cache around a tagger.

In: sentences, parses and a *tagger*: a function from requests (a sentence's words and one predicate) to BIO tags.
Out: the frames of each sentence.

1. Predicates are the words whose universal part of speech is VERB. Auxiliaries and copulas (AUX) are not predicates.
2. Known answers are read from the cache. The others come from the tagger, which is made only if something is missing. It
   labels chunks of sentences of similar length, the longest first, and each chunk is cached when it is done.
3. A tag other than O, B-x and I-x, such as a labeller's padding label, becomes O.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from liap.errors import InputError
from liap.linguistics.cache import Store, content_key, in_chunks
from liap.records import Frame, Parse, Sentence

CHUNK = 256  # sentences that are labelled and cached at a time
PRECISIONS = ("fp32", "bf16")


@dataclass(frozen=True, slots=True)
class Settings:
    """How roles are labelled."""

    archive: str = ""  # an archive's file, folder or address; empty: the published AllenNLP archive
    encoder: str = ""  # folder with the encoder's vocabulary; empty: beside the archive, else from the hub
    cache: Path | None = None  # folder of results and downloads; None: only downloads are kept
    precision: str = "fp32"  # of the encoder: fp32 or bf16
    batch_pieces: int = 1024  # pieces in one forward pass, padding included
    environment: str = ""  # folder of AllenNLP's environment; empty: LIAP_SRL_VENV, else .venv-srl
    batch_seconds: float = 300.0  # after this time per batch, AllenNLP's worker is considered hung
    progress: bool = False  # show bars

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise InputError(f"the role labeller's precision must be {' or '.join(PRECISIONS)}, got {self.precision!r}")
        if self.batch_pieces < 1:
            raise InputError(f"the role labeller's batch must hold at least 1 piece, got {self.batch_pieces}")


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a tagger: which words are the roles of this predicate?"""

    words: tuple[str, ...]
    predicate: int


Tags = tuple[str, ...]
Tagger = Callable[[Sequence[Request]], "list[Tags | None]"]  # None: the sentence is too long for the labeller
Labelling = Callable[[Sequence[Sentence], Sequence[Parse]], "list[tuple[Frame, ...] | None]"]  # None: as above
Question = tuple[tuple[str, ...], tuple[int, ...]]  # a sentence's words and its predicates


def predicates(parse: Parse) -> tuple[int, ...]:
    """The words that a labeller is asked about."""
    return tuple(word for word, part_of_speech in enumerate(parse.parts_of_speech) if part_of_speech == "VERB")


def frame(predicate: int, tags: Sequence[str]) -> Frame:
    """A labeller's tags as a frame."""
    return Frame(predicate, tuple(tag if tag[:2] in ("B-", "I-") else "O" for tag in tags))


class CachedTagger:
    """A labelling that asks the cache first, then a tagger. `identity` names everything that the tagger's answers depend on."""

    def __init__(self, make_tagger: Callable[[], Tagger], *, identity: Mapping[str, str], settings: Settings) -> None:
        self._make_tagger = make_tagger
        self._tagger: Tagger | None = None
        self._store = Store(settings.cache, "frames", identity)
        self._settings = settings

    def __call__(self, sentences: Sequence[Sentence], parses: Sequence[Parse]) -> list[tuple[Frame, ...] | None]:
        """Each sentence's frames, whatever was labelled before; None for a sentence that is too long."""
        questions = [(sentence.words, predicates(parse)) for sentence, parse in zip(sentences, parses, strict=True)]
        keys = self._keys(questions)
        asked = {key: question for key, question in zip(keys, questions, strict=True) if question[1]}
        answers = {key: self._store.entries.get(key) for key in asked}
        missing = {key: question for key, question in asked.items() if not _usable(answers[key], question)}
        if missing:
            answers |= self._ask(asked if self._depends_on_batch else missing)
        return [_frames(verbs, answers.get(key, ())) for key, (_, verbs) in zip(keys, questions, strict=True)]

    @property
    def _depends_on_batch(self) -> bool:
        """In reduced precision, a sentence's tags may depend on the sentences that share its batch."""
        return self._settings.precision != "fp32"

    def _keys(self, questions: Sequence[Question]) -> list[str]:
        """A key for each question; in reduced precision it stands for the question among these others."""
        others = [content_key((), questions)] if self._depends_on_batch else []
        return [content_key(words, verbs, *others) for words, verbs in questions]

    def _ask(self, missing: dict[str, Question]) -> dict[str, list[Tags | None]]:
        """Get the missing answers from the tagger, and store them."""
        if self._tagger is None:
            self._tagger = self._make_tagger()
        longest_first = sorted(missing.items(), key=lambda item: -len(item[1][0]))
        total = sum(len(verbs) for _, verbs in missing.values())
        answers = {}
        with tqdm(total=total, desc="labelling roles", unit="frame", disable=not self._settings.progress) as bar:
            for chunk in in_chunks(longest_first, CHUNK):
                requests = [Request(words, verb) for _, (words, verbs) in chunk for verb in verbs]
                tags = iter(self._tagger(requests))
                fresh = {key: [next(tags) for _ in verbs] for key, (_, verbs) in chunk}
                self._store.write(fresh)
                answers |= fresh
                bar.update(len(requests))
        return answers


def _frames(verbs: Sequence[int], answers: Sequence[Sequence[str] | None]) -> tuple[Frame, ...] | None:
    if any(tags is None for tags in answers):
        return None
    return tuple(frame(verb, tags) for verb, tags in zip(verbs, answers, strict=True))


def _usable(entry: Any, question: Question) -> bool:
    """Whether a cached entry answers this question."""
    words, verbs = question
    return isinstance(entry, list) and len(entry) == len(verbs) and all(_fits(tags, len(words)) for tags in entry)


def _fits(tags: Any, words: int) -> bool:
    """Whether these are the tags of so many words, or None for a sentence that is too long."""
    if tags is None:
        return True
    return isinstance(tags, list | tuple) and len(tags) == words and all(isinstance(tag, str) for tag in tags)
