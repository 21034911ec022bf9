"""Words -> word pieces, as AllenNLP's role labeller cuts them; and where BERT's vocabulary is found.

In: a vocabulary (a piece a line) and words. Out: piece ids, and where each word begins.

AllenNLP hands each word straight to BERT's *wordpiece* step: no punctuation is split off, no accent is stripped, and a
word is lower-cased (by Python's `str.lower`) if the encoder's name contains "uncased". The step itself is greedy,
longest piece first (Wu et al. 2016): a word that cannot be covered, or of over 100 characters, is [UNK]; white space in
a word separates; a word of nothing else yields no piece.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError

LONGEST_WORD = 100  # characters
VOCABULARY_FILES = ("vocab.txt", "tokenizer.json")
CLASSIFY, SEPARATE, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


@dataclass(frozen=True, slots=True)
class Pieces:
    """A sentence in pieces, [CLS] and [SEP] included; word w is `ids[starts[w]:ends[w]]`."""

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


class Wordpieces:
    """A vocabulary, and what it made of the words it has seen."""

    def __init__(self, vocabulary: dict[str, int], lower_case: bool) -> None:
        self._vocabulary = vocabulary
        self._lower_case = lower_case
        self._longest = max(map(len, vocabulary), default=0)
        self._known: dict[str, tuple[int, ...]] = {}

    def __call__(self, words: Sequence[str]) -> Pieces:
        ids, starts, ends = [self._vocabulary[CLASSIFY]], [], []
        for word in words:
            starts.append(len(ids))
            ids.extend(self._word(word))
            ends.append(len(ids))
        return Pieces((*ids, self._vocabulary[SEPARATE]), tuple(starts), tuple(ends))

    def _word(self, word: str) -> tuple[int, ...]:
        if word not in self._known:
            text = word.lower() if self._lower_case else word
            self._known[word] = tuple(piece for part in text.split() for piece in self._part(part))
        return self._known[word]

    def _part(self, part: str) -> list[int]:
        unknown = [self._vocabulary[UNKNOWN]]
        pieces, start = [], 0
        while start < len(part) <= LONGEST_WORD:
            prefix = "##" if start else ""
            for end in range(min(len(part), start + self._longest), start, -1):
                piece = self._vocabulary.get(prefix + part[start:end])
                if piece is not None:
                    break
            else:
                return unknown
            pieces.append(piece)
            start = end
        return pieces or unknown


def read_vocabulary(path: Path) -> dict[str, int]:
    """Piece -> id, from `vocab.txt` (a piece a line, the later of equals counts) or a WordPiece `tokenizer.json`.

    Raises InputError for a file that is neither, or lacks a piece that every sentence needs.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            vocabulary = {str(piece): int(index) for piece, index in json.loads(text)["model"]["vocab"].items()}
        else:
            vocabulary = {line: index for index, line in enumerate(text.removesuffix("\n").split("\n"))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: expected a BERT vocabulary, a piece a line ({type(error).__name__}: {error})"
        ) from None
    for piece in (CLASSIFY, SEPARATE, UNKNOWN):
        if piece not in vocabulary:
            raise InputError(
                f"{path}: the vocabulary has no {piece}; expected that of the BERT the archive was trained on"
            )
    return vocabulary


def find_encoder_file(names: Sequence[str], encoder: str, *, archive: Path, folder: str = "") -> Path | None:
    """The first of the files `names` in the folders where an archive's encoder may lie; None where there is none.

    `folder` is what the user named; else the encoder's name is looked for beside the archive, then as a path.
    """
    given = Path(folder).expanduser()
    if folder and not given.is_dir():
        raise InputError(f"{given}: no such folder; expected one with {' or '.join(names)} of {encoder!r}")
    places = [given] if folder else [archive.parent / encoder, archive.parent / Path(encoder).name, Path(encoder)]
    if not folder and archive.is_dir():
        places.append(archive / encoder)
    return next((place / name for place in places for name in names if (place / name).is_file()), None)


def fetch_encoder_file(name: str, encoder: str, *, archive: Path) -> Path:
    """A file of the encoder from the hub, or from the hub's cache on this machine."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    from liap.hub import REPOSITORY_NAME, reach_hub

    what = f"{name} of {encoder!r}, the encoder that {archive} names (no folder of that name lies beside it),"
    if not REPOSITORY_NAME.fullmatch(encoder):
        raise InputError(f"{what} cannot be found; expected a folder with it beside the archive")
    cached = try_to_load_from_cache(encoder, name)
    if isinstance(cached, str):
        return Path(cached)
    reach_hub(what)
    try:
        return Path(hf_hub_download(encoder, name))
    except Exception as error:  # the hub's errors are of many kinds, and none is the user's to debug
        raise InputError(f"{what} cannot be fetched from the hub ({' '.join(str(error).split())})") from error
