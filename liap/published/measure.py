"""Sentences and a recogniser -> what the protocols need to know of each mention: attention, and drops by every reading.

1. A sentence and each of its words masked alone are written as rows of piece ids, in three ways: the joined text with one mask,
   tokenised again; the corpus's words with one mask; every piece of the word masked in place.
2. Equal rows are scored once, and label probabilities are kept at every piece.
3. Drops are read in two ways: at the mention's index among the words that the tokenizer makes of the text, or at the mention's
   own words.
4. Published LIME explained the piece at the centre of the padded batch. It answered if the model gives an entity's label to the
   centre of the unperturbed text. Whether it answered is noted, because the published comparison groups by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from transformers import PreTrainedTokenizerFast

from liap.explainers.liap_published import published_head
from liap.linguistics.annotation import Item
from liap.perturbation.scorer import mention_probability, single_masks
from liap.published.selection import StudyMention
from liap.published.steps import DropKey, Measured, Structure
from liap.taggers.alignment import Encoding
from liap.taggers.label_schemes import scheme_of
from liap.taggers.operators import edit, token_id
from liap.taggers.pieces import attention_between
from liap.taggers.transformer import TransformerTagger
from liap.taggers.word_attention import to_words

ALL_WAYS = (("text", "text"), ("corpus", "text"), ("corpus", "pieces"))  # (indices, masking) of a `Protocol`

# rows of piece ids -> label probabilities at every piece of each row
PieceScorer = Callable[[Sequence[np.ndarray]], list[np.ndarray]]


@dataclass(frozen=True, slots=True)
class PieceRow:
    """One input of the model, and the first piece of each word as it is indexed here (-1: none)."""

    piece_ids: Int[np.ndarray, " pieces"]
    first_piece: Int[np.ndarray, " _words"]

    def place(self, word: int) -> int:
        return int(self.first_piece[word]) if word < len(self.first_piece) else -1


def measure(
    tagger: TransformerTagger,
    corpus: Item,
    text: Item,
    mentions: Sequence[StudyMention],
    *,
    score: PieceScorer | None = None,
    ways: Sequence[tuple[str, str]] = ALL_WAYS,
) -> list[Measured]:
    """All that the protocols need of a sentence's mentions; `text` is the sentence as the parser splits its joined text."""
    words = corpus.sentence.words
    rows = {way: rows_by(way, tagger, words) for way in ways}
    distinct = {row.piece_ids.tobytes(): row.piece_ids for way_rows in rows.values() for row in way_rows}
    answers = (score or tagger.piece_probabilities)(list(distinct.values()))
    probabilities = dict(zip(distinct, answers, strict=True))

    encoding = tagger.encode(words)
    joined = text_row(tagger.tokenizer, words, tagger.max_pieces).piece_ids
    same = np.array_equal(joined, encoding.piece_ids)
    of_corpus = tagger.piece_attention(words).matrix
    of_text = of_corpus if same else attention_between(tagger, joined)
    structures = {
        "text": Structure(text.parse, text.frames, published_head(of_text)),
        "corpus": Structure(corpus.parse, corpus.frames, published_head(of_corpus)),
    }
    by_word = to_words(of_corpus[:, :, encoding.word_of_piece >= 0], encoding, np.arange(len(words)))
    outside = scheme_of(tuple(tagger.labels)).outside
    return [
        Measured(
            start=mention.start,
            end=mention.end,
            structures=structures,
            word_matrix=published_head(by_word),
            paid=_paid(by_word, mention),
            drops=all_drops(rows, probabilities, mention, outside),
            lime_answered=_lime_answered(probabilities.get(joined.tobytes()), outside),
            lime_saw_mention=same and _holds_centre(mention, encoding),
        )
        for mention in mentions
    ]


def rows_by(way: tuple[str, str], tagger: TransformerTagger, words: tuple[str, ...]) -> list[PieceRow]:
    """The unperturbed sentence, then the sentence with each word masked, written in one of `ALL_WAYS`."""
    mask = token_id(tagger, "mask")  # InputError if the tokenizer has no mask token
    if way == ("corpus", "pieces"):
        ids, _, first = edit(tagger.encode(words), single_masks(len(words), np.arange(len(words))), mask)
        return [PieceRow(*row) for row in zip(ids, first, strict=True)]
    texts = with_one_mask(words, tagger.tokenizer.mask_token)
    if way == ("text", "text"):
        return [text_row(tagger.tokenizer, text, tagger.max_pieces) for text in texts]
    encodings = [tagger.encode(text) for text in texts]
    return [PieceRow(encoding.piece_ids, encoding.first_piece) for encoding in encodings]


def with_one_mask(words: Sequence[str], mask_token: str) -> list[tuple[str, ...]]:
    """The words, then the words with each in turn replaced by the mask token."""
    return [tuple(words), *((*words[:place], mask_token, *words[place + 1 :]) for place in range(len(words)))]


def text_row(tokenizer: PreTrainedTokenizerFast, words: Sequence[str], limit: int) -> PieceRow:
    """The joined text as the tokenizer reads it, cut to the model's limit; its words are the tokenizer's own."""
    encoded = tokenizer(" ".join(words), truncation=True, max_length=limit)
    word_of_piece = encoded.word_ids()
    first = {word: piece for piece, word in reversed(list(enumerate(word_of_piece))) if word is not None}
    return PieceRow(
        np.array(encoded["input_ids"], dtype=np.int64), np.array([first[word] for word in sorted(first)], dtype=int)
    )


def all_drops(
    rows: dict[tuple[str, str], list[PieceRow]],
    probabilities: dict[bytes, Float[np.ndarray, "_pieces labels"]],
    mention: StudyMention,
    outside: int,
) -> dict[DropKey, Float[np.ndarray, " words"] | None]:
    """The drops of one mention, by every reading that was scored."""
    drops: dict[DropKey, Float[np.ndarray, " words"] | None] = {}
    for way, way_rows in rows.items():
        answers = [probabilities[row.piece_ids.tobytes()] for row in way_rows]
        drops[(*way, "first")] = drops_at([mention.start], way_rows, answers, outside)
        if way == ("corpus", "pieces"):
            drops[(*way, "span")] = drops_at(range(mention.start, mention.end), way_rows, answers, outside)
    return drops


def drops_at(
    places: Sequence[int],
    rows: Sequence[PieceRow],
    probabilities: Sequence[Float[np.ndarray, "_pieces labels"]],
    outside: int,
) -> Float[np.ndarray, " _masked"] | None:
    """`p - p(word masked)` for each masked row, at the words `places`, of the labels that the unperturbed row gives them.

    NaN where a place is gone from a masked row. None if the first place has the label `outside`, or does not exist.
    """
    answers = np.stack([_read(answer, row, places) for row, answer in zip(rows, probabilities, strict=True)])
    if np.isnan(answers[0]).any():
        return None
    labels = answers[0].argmax(axis=-1)
    if labels[0] == outside:
        return None
    values = mention_probability(answers, labels)
    return values[0] - values[1:]


def _read(probabilities: np.ndarray, row: PieceRow, places: Sequence[int]) -> Float[np.ndarray, "places labels"]:
    pieces = np.array([row.place(place) for place in places])
    return np.where(pieces[:, None] >= 0, probabilities[np.maximum(pieces, 0)], np.nan)


def _lime_answered(probabilities: Float[np.ndarray, "pieces labels"] | None, outside: int) -> bool | None:
    """Whether the centre of the unperturbed text has an entity's label; None if that text was not scored."""
    return None if probabilities is None else bool(probabilities[len(probabilities) // 2].argmax() != outside)


def _holds_centre(mention: StudyMention, encoding: Encoding) -> bool:
    """Whether the piece at the centre, which LIME explained, belongs to the mention."""
    return mention.start <= int(encoding.word_of_piece[encoding.pieces // 2]) < mention.end


def _paid(
    by_word: Float[np.ndarray, "layers heads words words"], mention: StudyMention
) -> dict[str, Float[np.ndarray, " words"]]:
    rows = by_word[:, :, mention.start : mention.end]
    return {"one": published_head(rows).mean(axis=0), "all": rows.mean(axis=(0, 1, 2))}
