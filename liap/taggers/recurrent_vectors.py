"""Word vectors that a recurrent tagger starts from: random ones, those of a GloVe file, or an encoder's own input vectors.

`random`           uniform in +- sqrt(3 / dimensions) (Yang & Zhang 2018);
a GloVe file       a line per word, `word v1 ... vd` with blanks between, as text or in a zip file. It is streamed, and only the
                   corpus's words are kept: as written, else in lower case. A word may itself hold blanks, so a line is read from its
                   end. A zip file of several sizes gives that of `dimensions`;
`encoder:FOLDER`   for each word the mean of the encoder's input vectors of its pieces.

Vectors wider than `dimensions` are projected on their first principal components; those of an encoder are then scaled to a standard
deviation of `SPREAD`, which is about that of GloVe's 50 dimensions.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from liap.errors import InputError, first_line, quoted
from liap.taggers.recurrent_vocabulary import normalised

RANDOM, ENCODER = "random", "encoder:"
SPREAD = 0.5
LONGEST_LINE = 100_000  # bytes
WIDEST = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class WordVectors:
    """Vectors by normalised word; `asked` words were looked for."""

    source: str
    found: dict[str, Float[np.ndarray, " width"]]
    asked: int


def read_vectors(source: str, words: Sequence[str], dimensions: int) -> WordVectors:
    """The vectors of the corpus's words from `source`; none for `random`. InputError for a file that cannot be read."""
    spelled = dict.fromkeys(map(normalised, words))
    if source == RANDOM:
        return WordVectors(source, {}, len(spelled))
    if source.startswith(ENCODER):
        from liap.taggers.recurrent_encoder import encoder_vectors

        found = _narrowed(encoder_vectors(source.removeprefix(ENCODER), list(spelled)), dimensions, SPREAD)
    else:
        found = _narrowed(glove_vectors(Path(source).expanduser(), spelled, dimensions), dimensions)
    if not found:
        raise InputError(
            f"--embeddings {source}: it has none of the corpus's {len(spelled)} words; is it of another language?"
        )
    return WordVectors(source, found, len(spelled))


def vector_table(
    vectors: WordVectors, words: Sequence[str], dimensions: int, generator: np.random.Generator
) -> Float[np.ndarray, "words dimensions"]:
    """A row per word: its vector, or a random one."""
    bound = float(np.sqrt(3 / dimensions))
    table = generator.uniform(-bound, bound, (len(words), dimensions))
    for row, word in enumerate(words):
        if word in vectors.found:
            table[row] = vectors.found[word]
    return table.astype(np.float32)


def _narrowed(found: dict[str, np.ndarray], dimensions: int, spread: float = 0.0) -> dict[str, np.ndarray]:
    """Vectors of `dimensions` numbers; with `spread`, of that standard deviation. InputError for narrower ones."""
    if not found:
        return {}
    table = np.stack(list(found.values())).astype(np.float64)
    if table.shape[1] < dimensions:
        raise InputError(
            f"--dimensions {dimensions}: the word vectors have {table.shape[1]}; give that number, or a smaller one"
        )
    if table.shape[1] > dimensions:
        if len(table) <= dimensions:
            raise InputError(
                f"--dimensions {dimensions}: only {len(table)} words have vectors, too few to project them"
            )
        table = table - table.mean(axis=0)
        _, axes = np.linalg.eigh(table.T @ table)
        table = table @ axes[:, ::-1][:, :dimensions]
    if spread:
        table *= spread / max(float(table.std()), 1e-12)
    return dict(zip(found, table, strict=True))


def glove_vectors(path: Path, words: dict[str, None], dimensions: int) -> dict[str, Float[np.ndarray, " width"]]:
    """The vectors of these words, as they are written, else in lower case. InputError names a broken line."""
    lowered: dict[str, list[str]] = {}
    for word in words:
        lowered.setdefault(word.lower(), []).append(word)
    exact: dict[str, np.ndarray] = {}
    lower: dict[str, np.ndarray] = {}
    with glove_lines(path, dimensions) as (name, lines):
        for word, vector in parsed(name, lines):
            spelled = normalised(word)
            if spelled in words and (spelled == word or spelled not in exact):
                exact[spelled] = np.array(vector)
            for known in lowered.get(spelled, ()):
                lower.setdefault(known, np.array(vector))
    return {word: exact[word] if word in exact else lower[word] for word in words if word in exact or word in lower}


def parsed(name: str, lines: Iterator[bytes]) -> Iterator[tuple[str, Float[np.ndarray, " width"]]]:
    """(word, vector) of each line; the first one decides the width. A first line of two whole numbers is a header."""
    width = 0
    for number, line in enumerate(lines, 1):
        where = f"{name}:{number}"
        if len(line) > LONGEST_LINE:
            raise InputError(f"{where}: longer than {LONGEST_LINE:,} bytes; expected a word and its vector")
        try:
            parts = line.decode("utf-8").rstrip("\r\n ").split(" ")
        except UnicodeDecodeError:
            raise InputError(f"{where}: not UTF-8; expected a word and its vector, as in glove.6B.50d.txt") from None
        if number == 1 and len(parts) == 2 and all(part.isdecimal() for part in parts):
            continue
        width = width or len(parts) - 1
        if not 1 <= width <= WIDEST or len(parts) <= width:
            raise InputError(
                f"{where}: {len(parts) - 1} numbers behind the word, expected {max(width, 1)}; the line is broken or the file is no GloVe file"
            )
        try:
            vector = np.array(parts[-width:], dtype=np.float32)
        except ValueError as error:
            raise InputError(
                f"{where}: {quoted(first_line(error))} in the vector of {quoted(parts[0])}; expected numbers"
            ) from None
        if not np.isfinite(vector).all():
            raise InputError(f"{where}: the vector of {quoted(parts[0])} holds a number that is not finite")
        yield " ".join(parts[:-width]), vector


@contextmanager
def glove_lines(path: Path, dimensions: int) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The file's name and its lines, one at a time; of a zip file, its only text or that of `dimensions`."""
    if not path.is_file():
        raise InputError(
            f"--embeddings {path}: no such file; expected a GloVe text or zip file, random, or {ENCODER}FOLDER"
        )
    with path.open("rb") as file:
        if not zipfile.is_zipfile(file):
            file.seek(0)
            yield str(path), bounded_lines(file)
            return
        try:
            with zipfile.ZipFile(file) as archive:
                entry = _entry(path, archive, dimensions)
                with archive.open(entry) as content:
                    yield f"{path}/{entry}", bounded_lines(content)
        except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise InputError(f"--embeddings {path}: a damaged zip file ({first_line(error)}); fetch it again") from None


def bounded_lines(file: io.BufferedIOBase | zipfile.ZipExtFile) -> Iterator[bytes]:
    """Lines, of which none is read further than it may be long."""
    while line := file.readline(LONGEST_LINE + 1):
        yield line


def _entry(path: Path, archive: zipfile.ZipFile, dimensions: int) -> str:
    texts = [name for name in archive.namelist() if name.endswith(".txt")]
    chosen = [name for name in texts if f".{dimensions}d." in name] or (texts if len(texts) == 1 else [])
    if len(chosen) != 1:
        raise InputError(
            f"--embeddings {path}: it holds {', '.join(texts[:8]) or 'no .txt file'}; expected one with .{dimensions}d. in its name "
            "(--dimensions), or a single one"
        )
    return chosen[0]
