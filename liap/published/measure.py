"""Sentences and a recogniser -> what the protocols need of each mention: attention, and drops by every reading.

1. A sentence and each of its words masked alone are written as rows of piece ids, three ways: the joined text with one mask,
   tokenised again; the corpus's words with one mask; every piece of the word masked in place.
2. Equal rows are scored once; label probabilities are kept at every piece.
3. Drops are read off: at the mention's index among the words that the tokenizer makes of the text, or at the mention's own words.
4. Published LIME explained the piece at the centre of the padded batch, and answered where the model gives the unperturbed text's
   centre an entity's label; whether it answered is noted, as the published comparison groups by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from transformers import PreTrainedTokenizerFast

from liap.explainers.liap_published import published_head
from liap.perturbation.engine import Engine, Request
from liap.perturbation.operators import edit, token_id
from liap.perturbation.scorer import mention_probability, single_masks
from liap.published.selection import Target
from liap.published.steps import DropKey, Measured, Reading
from liap.records import Frame, Parse, Sentence
from liap.taggers.alignment import Encoding
from liap.taggers.attention import piece_attention, to_words
from liap.taggers.transformer import Recogniser

# rows of piece ids -> label probabilities at every piece of each row
PieceScorer = Callable[[Sequence[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One input of the model, and the first piece of each word as it is indexed here (-1: none)."""

    piece_ids: Int[np.ndarray, " pieces"]
    first_piece: Int[np.ndarray, " _words"]

    def place(self, word: int) -> int:
        return int(self.first_piece[word]) if word < len(self.first_piece) else -1


@dataclass(frozen=True, slots=True, eq=False)
class Annotated:
    """A sentence with its parse and frames."""

    sentence: Sentence
    parse: Parse
    frames: tuple[Frame, ...]


def text_row(tokenizer: PreTrainedTokenizerFast, words: Sequence[str], limit: int) -> Row:
    """The joined text as the tokenizer reads it, cut to the model's limit; its words are the tokenizer's own."""
    encoded = tokenizer(" ".join(words), truncation=True, max_length=limit)
    of_piece = encoded.word_ids()
    first = {word: piece for piece, word in reversed(list(enumerate(of_piece))) if word is not None}
    return Row(
        np.array(encoded["input_ids"], dtype=np.int64), np.array([first[word] for word in sorted(first)], dtype=int)
    )


def with_one_mask(words: Sequence[str], mask_token: str) -> list[tuple[str, ...]]:
    """The words, then the words with each in turn replaced by the mask token."""
    return [tuple(words), *((*words[:place], mask_token, *words[place + 1 :]) for place in range(len(words)))]


def rows_of(recogniser: Recogniser, words: Sequence[str], masking: tuple[str, str]) -> list[Row]:
    """The sentence unperturbed, then with each word masked; `masking` is (indices, masking) of a protocol."""
    if masking == ("corpus", "pieces"):
        encoding = recogniser.encode(words)
        ids, _, first = edit(encoding, single_masks(len(words), np.arange(len(words))), token_id(recogniser, "mask"))
        return [Row(one, place) for one, place in zip(ids, first, strict=True)]
    token_id(recogniser, "mask")  # says what is wrong where the tokenizer has no mask token
    texts = with_one_mask(words, recogniser.tokenizer.mask_token)
    if masking == ("text", "text"):
        return [text_row(recogniser.tokenizer, text, recogniser.max_pieces) for text in texts]
    encodings = [recogniser.encode(text) for text in texts]
    return [Row(encoding.piece_ids, encoding.first_piece) for encoding in encodings]


def piece_scorer(engine: Engine) -> PieceScorer:
    """The engine as a scorer of rows as they are."""

    def score(rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        answers = engine.probabilities([_unedited(ids) for ids in rows])
        return [answer[0] for answer in answers]

    return score


def _unedited(piece_ids: np.ndarray) -> Request:
    """A request in which every piece is a word, and none is taken away."""
    kept = np.ones((1, len(piece_ids)), dtype=bool)
    return Request(as_encoding(piece_ids), kept, "delete", np.arange(len(piece_ids)))


def drops_of(
    rows: Sequence[Row],
    probabilities: Sequence[Float[np.ndarray, "_pieces labels"]],
    places: Sequence[int],
    outside: int,
) -> Float[np.ndarray, " _masked"] | None:
    """`p - p(word masked)` for each masked row, at the words `places`, of the labels the unperturbed row gives them.

    NaN where a place is gone from a masked row. None where the first of the places has the label `outside`, or does not exist.
    """
    read = np.stack([_read(one, row, places) for row, one in zip(rows, probabilities, strict=True)])
    if np.isnan(read[0]).any():
        return None
    labels = read[0].argmax(axis=-1)
    if labels[0] == outside:
        return None
    values = mention_probability(read, labels)
    return values[0] - values[1:]


def _read(probabilities: np.ndarray, row: Row, places: Sequence[int]) -> Float[np.ndarray, "places labels"]:
    pieces = np.array([row.place(place) for place in places])
    return np.where(pieces[:, None] >= 0, probabilities[np.maximum(pieces, 0)], np.nan)


def all_drops(
    rows: dict[tuple[str, str], list[Row]],
    scores: dict[bytes, Float[np.ndarray, "_pieces labels"]],
    target: Target,
    outside: int,
) -> dict[DropKey, Float[np.ndarray, " words"] | None]:
    """Drops of one mention by every reading that was scored."""
    found: dict[DropKey, Float[np.ndarray, " words"] | None] = {}
    for key, ways in rows.items():
        known = [scores[row.piece_ids.tobytes()] for row in ways]
        found[(*key, "first")] = drops_of(ways, known, [target.start], outside)
        if key == ("corpus", "pieces"):
            found[(*key, "span")] = drops_of(ways, known, range(target.start, target.end), outside)
    return found


ALL_WAYS = (("text", "text"), ("corpus", "text"), ("corpus", "pieces"))


def measure(
    engine: Engine,
    corpus: Annotated,
    text: Annotated,
    targets: Sequence[Target],
    *,
    score: PieceScorer | None = None,
    ways: Sequence[tuple[str, str]] = ALL_WAYS,
) -> list[Measured]:
    """Everything of a sentence's mentions; `text` is the sentence as the parser splits its joined text."""
    recogniser, words = engine.recogniser, corpus.sentence.words
    rows = {key: rows_of(recogniser, words, key) for key in ways}
    distinct = {row.piece_ids.tobytes(): row.piece_ids for one in rows.values() for row in one}
    answers = (score or piece_scorer(engine))(list(distinct.values()))
    scores = dict(zip(distinct, answers, strict=True))
    encoding = recogniser.encode(words)
    joined = text_row(recogniser.tokenizer, words, recogniser.max_pieces).piece_ids
    full = full_attention(recogniser, encoding)
    same = np.array_equal(joined, encoding.piece_ids)
    of_text = full if same else full_attention(recogniser, as_encoding(joined))
    readings = {
        "text": Reading(text.parse, text.frames, published_head(of_text)),
        "corpus": Reading(corpus.parse, corpus.frames, published_head(full)),
    }
    by_word = to_words(full[:, :, encoding.word_of_piece >= 0], encoding, np.arange(len(words)))
    outside = recogniser.labels.index("O")
    centre = len(joined) // 2
    answered = bool(scores[joined.tobytes()][centre].argmax() != outside) if joined.tobytes() in scores else None
    return [
        Measured(
            start=target.start,
            end=target.end,
            readings=readings,
            word_matrix=published_head(by_word),
            paid=_paid(by_word, target),
            drops=all_drops(rows, scores, target, outside),
            lime_answered=answered,
            lime_saw_mention=same and target.start <= int(encoding.word_of_piece[centre]) < target.end,
        )
        for target in targets
    ]


def full_attention(recogniser: Recogniser, encoding: Encoding) -> Float[np.ndarray, "layers heads pieces pieces"]:
    """Every head's attention from every piece to every piece; a row sums to 1."""
    return piece_attention(recogniser, [encoding], [np.arange(encoding.pieces)])[0]


def as_encoding(piece_ids: Int[np.ndarray, " pieces"]) -> Encoding:
    """Pieces alone, each a word of its own."""
    return Encoding(piece_ids, np.arange(len(piece_ids)), np.arange(len(piece_ids)))


def _paid(
    by_word: Float[np.ndarray, "layers heads words words"], target: Target
) -> dict[str, Float[np.ndarray, " words"]]:
    rows = by_word[:, :, target.start : target.end]
    return {"one": published_head(rows).mean(axis=0), "all": rows.mean(axis=(0, 1, 2))}
