"""What the role labellers share: settings, predicates, tags -> frames, and the cache around a tagger.

In: sentences, parses and a *tagger*: a function from requests (a sentence's words and one predicate) to BIO tags.
Out: the frames of each sentence.

1. Predicates are the words whose universal part of speech is VERB; auxiliaries and copulas (AUX) are none.
2. What is known is read from the cache; the rest goes to the tagger in chunks of sentences of like length, the longest
   first, and each chunk is cached when it is done. The tagger is made only if something is missing.
3. A tag that is neither O, B-x nor I-x (a labeller's padding label) is O.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from liap.errors import InputError
from liap.linguistics.cache import Store, content_key, in_chunks
from liap.records import Frame, Parse, Sentence

CHUNK = 256  # sentences that are labelled and written at a time
PRECISIONS = ("fp32", "bf16")


def _ignore(sentence: int) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Settings:
    """How roles are labelled."""

    archive: str = ""  # an archive's file, folder or address; empty: the published AllenNLP archive
    encoder: str = ""  # folder with the encoder's vocabulary; empty: beside the archive, else from the hub
    cache: Path | None = None  # folder of results and downloads; None: nothing is kept but downloads
    precision: str = "fp32"  # of the encoder: fp32 or bf16
    batch_pieces: int = 1024  # pieces in one forward pass, padding included
    environment: str = ""  # folder of AllenNLP's environment; empty: LIAP_SRL_VENV, else .venv-srl
    batch_seconds: float = 300.0  # AllenNLP's worker is taken to hang when a batch takes longer
    progress: bool = False  # show bars
    on_too_long: Callable[[int], None] = _ignore  # told the index of each sentence longer than the labeller's limit

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
Labelling = Callable[[Sequence[Sentence], Sequence[Parse]], "list[tuple[Frame, ...]]"]


def predicates(parse: Parse) -> tuple[int, ...]:
    """The words a labeller is asked about."""
    return tuple(word for word, part_of_speech in enumerate(parse.parts_of_speech) if part_of_speech == "VERB")


def frame(predicate: int, tags: Sequence[str]) -> Frame:
    """A labeller's tags as a frame."""
    return Frame(predicate, tuple(tag if tag[:2] in ("B-", "I-") else "O" for tag in tags))


class CachedTagger:
    """A tagger behind the cache, as a labelling; `identity` is everything its answers depend on."""

    def __init__(self, make_tagger: Callable[[], Tagger], *, identity: Sequence[Any], settings: Settings) -> None:
        self._make_tagger = make_tagger
        self._tagger: Tagger | None = None
        self._store = Store(settings.cache, "frames", identity)
        self._settings = settings

    def __call__(self, sentences: Sequence[Sentence], parses: Sequence[Parse]) -> list[tuple[Frame, ...]]:
        """Each sentence's frames, from the cache or the tagger."""
        asked = [(sentence.words, predicates(parse)) for sentence, parse in zip(sentences, parses, strict=True)]
        keys = [content_key(words, verbs) for words, verbs in asked]
        known = {key: self._store.entries.get(key) for key in keys}
        missing = {
            key: item for key, item in zip(keys, asked, strict=True) if item[1] and not _usable(known[key], *item)
        }
        if missing:
            known |= self._ask(missing)
        labelled = []
        for sentence, (_, verbs), key in zip(sentences, asked, keys, strict=True):
            pairs = list(zip(verbs, known[key], strict=True)) if verbs else []
            if any(tags is None for _, tags in pairs):
                self._settings.on_too_long(sentence.index)
            labelled.append(tuple(frame(verb, tags) for verb, tags in pairs if tags is not None))
        return labelled

    def _ask(self, missing: dict[str, tuple[Tags, tuple[int, ...]]]) -> dict[str, list[Tags | None]]:
        """Put what is missing to the tagger, and its answers into the store."""
        if self._tagger is None:
            self._tagger = self._make_tagger()
        longest_first = sorted(missing.items(), key=lambda item: -len(item[1][0]))
        total = sum(len(verbs) for _, verbs in missing.values())
        found = {}
        with tqdm(total=total, desc="labelling roles", unit="frame", disable=not self._settings.progress) as bar:
            for chunk in in_chunks(longest_first, CHUNK):
                requests = [Request(words, verb) for _, (words, verbs) in chunk for verb in verbs]
                answers = iter(self._tagger(requests))
                fresh = {key: [next(answers) for _ in verbs] for key, (_, verbs) in chunk}
                self._store.write(fresh)
                found |= fresh
                bar.update(len(requests))
        return found


def _usable(entry: Any, words: Tags, verbs: tuple[int, ...]) -> bool:
    """Whether what was cached is an answer to this question."""
    return (
        isinstance(entry, list)
        and len(entry) == len(verbs)
        and all(
            tags is None
            or (
                isinstance(tags, list | tuple) and len(tags) == len(words) and all(isinstance(tag, str) for tag in tags)
            )
            for tags in entry
        )
    )
