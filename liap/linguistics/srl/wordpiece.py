"""Words -> word pieces, as AllenNLP's role labeller splits them; and where BERT's files are found.

In: a vocabulary (one piece per line) and words. Out: piece ids, and where each word starts and ends.

AllenNLP passes each word directly to BERT's *wordpiece* step. Punctuation is not split off and accents are not stripped, but a
word is lower-cased (by Python's `str.lower`) if the encoder's name contains "uncased". The step itself takes the longest
matching piece first (Wu et al. 2016). A word that the pieces cannot cover, or with over 100 characters, is [UNK]. White space
splits a word into parts; a word of white space alone has no pieces.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError
from liap.files import read_bounded
from liap.linguistics.srl.archive_files import LARGEST_TEXT, Configuration

LONGEST_WORD = 100  # characters
VOCABULARY_FILES = ("vocab.txt", "tokenizer.json")
CONFIGURATION_FILES = ("config.json",)
GOOGLE_NAMES = re.compile(r"bert-(base|large)-(un)?cased")  # these have BertConfig's default configuration
CLASSIFY, SEPARATE, UNKNOWN = "[CLS]", "[SEP]", "[UNK]"


@dataclass(frozen=True, slots=True)
class Pieces:
    """A sentence's pieces, including [CLS] and [SEP]. Word w is `ids[starts[w]:ends[w]]`."""

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


class Wordpieces:
    """A vocabulary, with the pieces of the words seen so far."""

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
    """Piece -> id, from `vocab.txt` (one piece per line; of repeated pieces the last counts) or a WordPiece `tokenizer.json`.

    Raises InputError for a file that is neither, or lacks a piece that every sentence needs.
    """
    try:
        text = read_bounded(path, LARGEST_TEXT).decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        if path.suffix == ".json":
            vocabulary = {str(piece): int(index) for piece, index in json.loads(text)["model"]["vocab"].items()}
        else:
            vocabulary = {line: index for index, line in enumerate(text.removesuffix("\n").split("\n"))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: expected a BERT vocabulary, one piece per line ({type(error).__name__}: {error})"
        ) from None
    for piece in (CLASSIFY, SEPARATE, UNKNOWN):
        if piece not in vocabulary:
            raise InputError(
                f"{path}: the vocabulary has no {piece}; expected the vocabulary of the BERT model that the archive was trained from"
            )
    return vocabulary


def encoder_files(configuration: Configuration, *, archive: Path, folder: str = "") -> dict[str, Path]:
    """The encoder's files outside the archive that the labeller reads, fetched from the hub if they are not on this machine.

    `vocabulary` always; `config` if the archive names its encoder without its sizes (Google's encoders have known sizes).
    """
    name = configuration.encoder

    def find(names: Sequence[str]) -> Path | None:
        return find_encoder_file(names, name, archive=archive, folder=folder)

    files = {"vocabulary": find(VOCABULARY_FILES) or fetch_encoder_file(VOCABULARY_FILES[0], name, archive=archive)}
    if configuration.sizes is None:
        config = find(CONFIGURATION_FILES)
        if config is None and not GOOGLE_NAMES.fullmatch(name):
            config = fetch_encoder_file(CONFIGURATION_FILES[0], name, archive=archive)
        files |= {"config": config} if config else {}
    return files


def find_encoder_file(names: Sequence[str], encoder: str, *, archive: Path, folder: str = "") -> Path | None:
    """The first of the files `names` in the folders where an archive's encoder may be; None if there is none.

    If the user names a `folder`, only that is searched. Otherwise it is a folder with the encoder's name beside the archive,
    or the name as a path.
    """
    chosen = Path(folder).expanduser()
    if folder and not chosen.is_dir():
        raise InputError(f"{chosen}: no such folder; expected one with {' or '.join(names)} of {encoder!r}")
    places = [chosen] if folder else [archive.parent / encoder, archive.parent / Path(encoder).name, Path(encoder)]
    if not folder and archive.is_dir():
        places.append(archive / encoder)
    return next((place / name for place in places for name in names if (place / name).is_file()), None)


def fetch_encoder_file(name: str, encoder: str, *, archive: Path) -> Path:
    """A file of the encoder from the hub, or from the hub's cache on this machine."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    from liap.hub import REPOSITORY_NAME, reach_hub

    what = f"{name} of {encoder!r}, the encoder that {archive} names (there is no folder of that name beside it),"
    if not REPOSITORY_NAME.fullmatch(encoder):
        raise InputError(f"{what} cannot be found; expected a folder with it beside the archive")
    cached = try_to_load_from_cache(encoder, name)
    if isinstance(cached, str):
        return Path(cached)
    reach_hub(what)
    try:
        return Path(hf_hub_download(encoder, name))
    except Exception as error:  # the hub's errors are of many kinds, and users should not have to debug any of them
        raise InputError(f"{what} cannot be fetched from the hub ({' '.join(str(error).split())})") from error
