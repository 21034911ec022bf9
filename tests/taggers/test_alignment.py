"""Words and pieces: by hand, then under arbitrary Unicode."""

from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertTokenizer, PreTrainedTokenizerFast

from liap.errors import InputError
from liap.taggers.alignment import encode, prepare_for_words, special_id

INVISIBLE = "\u200b"  # zero-width space, which BERT's normaliser drops
ODD_WORDS = [
    "",
    " ",
    "\x00",
    "\x07",
    "\u202e",
    INVISIBLE,
    "שלום",
    "👩‍👩‍👧",
    "e\u0301",
    "[SEP]",
    "<s>",
    "<mask>",
    "a b",
    "▁",
    "Ġ",
    "\ufeff",
]
words_of_anything = st.lists(st.one_of(st.text(max_size=6), st.sampled_from(ODD_WORDS)), max_size=8)


def pieces_of(encoding, word):
    return encoding.piece_ids[encoding.word_of_piece == word].tolist()


def test_by_hand():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "in", "Rome"]
    tokenizer = BertTokenizer(vocab={piece: index for index, piece in enumerate(vocabulary)}, do_lower_case=False)
    encoding = encode(tokenizer, ["playing", INVISIBLE, "in", "Rome", "Oslo"])
    assert encoding.piece_ids.tolist() == [2, 5, 6, 7, 8, 1, 3]
    assert encoding.word_of_piece.tolist() == [-1, 0, 0, 2, 3, 4, -1]
    assert encoding.first_piece.tolist() == [1, -1, 3, 4, 5]
    assert (encoding.words, encoding.pieces) == (5, 7)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=words_of_anything)
def test_every_piece_belongs_to_its_word(tokenizer, words):
    """Each word's pieces are those that it has alone; order and number of words never change."""
    encoding = encode(tokenizer, words)
    assert encoding.words == len(words)
    own = encoding.word_of_piece[encoding.word_of_piece >= 0]
    assert (np.diff(own) >= 0).all()
    for place, word in enumerate(words):
        alone = encode(tokenizer, [word])
        assert pieces_of(encoding, place) == pieces_of(alone, 0)
        first = encoding.first_piece[place]
        if pieces_of(encoding, place):
            assert encoding.word_of_piece[first] == place and encoding.word_of_piece[first - 1] != place
        else:
            assert first == -1


def test_special_tokens_belong_to_no_word(tokenizer):
    encoding = encode(tokenizer, ["Paris", "Rome"])
    assert encoding.word_of_piece.tolist()[0] == encoding.word_of_piece.tolist()[-1] == -1
    assert encoding.piece_ids[0] == tokenizer.cls_token_id and encoding.piece_ids[-1] == tokenizer.sep_token_id


def test_no_words_is_special_tokens_only(tokenizer):
    encoding = encode(tokenizer, [])
    assert encoding.words == 0 and (encoding.word_of_piece == -1).all()


def test_a_word_that_reads_like_a_special_token_stays_a_word(tokenizer):
    encoding = encode(tokenizer, ["Paris", tokenizer.sep_token, "Rome"])
    assert pieces_of(encoding, 1) == [tokenizer.sep_token_id]
    assert (encoding.first_piece >= 0).all()


def test_lone_surrogates_are_read_as_question_marks(tokenizer):
    assert np.array_equal(encode(tokenizer, ["\ud800", "Rome"]).piece_ids, encode(tokenizer, ["?", "Rome"]).piece_ids)


def test_never_cut_nor_padded_whatever_the_tokenizer_file_says(tokenizer):
    backend = tokenizer.backend_tokenizer
    backend.enable_truncation(4)
    backend.enable_padding(length=64)
    encoding = encode(tokenizer, ["Paris"] * 20)
    assert (encoding.first_piece >= 0).all()
    assert (encoding.word_of_piece >= 0).sum() == encoding.pieces - 2


@pytest.mark.parametrize("normalizer", [None, "NFC"])
@pytest.mark.parametrize("split_first", [False, True])
def test_byte_level_reads_the_first_word_as_any_other(normalizer, split_first):
    vocabulary = {letter: index for index, letter in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    vocabulary["Ġa"] = len(vocabulary)
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ġ", "a")]))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    steps = [pre_tokenizers.Punctuation(), byte_level]
    backend.pre_tokenizer = pre_tokenizers.Sequence(steps) if split_first else byte_level
    if normalizer:
        backend.normalizer = normalizers.NFC()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
    for _ in range(2):  # a second time must change nothing
        prepare_for_words(tokenizer)
        encoding = encode(tokenizer, ["a", "a", "a-b"])
        pieces = [tokenizer.convert_ids_to_tokens(pieces_of(encoding, word)) for word in range(3)]
        assert pieces == [["Ġa"], ["Ġa"], ["Ġa", "-", "b"]]


@pytest.mark.parametrize("kind", ["BPE dropout", "Unigram sampling"])
def test_splits_that_are_drawn_at_random_are_switched_off(kind):
    if kind == "BPE dropout":
        letters = {letter: index for index, letter in enumerate("abcd")}
        pieces, merges = letters | {"ab": 4, "cd": 5, "abcd": 6}, [("a", "b"), ("c", "d"), ("ab", "cd")]
        model = models.BPE(pieces, merges, dropout=0.5)
    else:
        scored = [("<unk>", 0.0), *((letter, -3.0) for letter in "abcd"), ("ab", -4.0), ("cd", -4.0), ("abcd", -6.0)]
        model = models.Unigram(scored, unk_id=0, byte_fallback=False)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(model))
    if kind == "Unigram sampling":  # which no file can ask for
        tokenizer.backend_tokenizer.model.alpha, tokenizer.backend_tokenizer.model.nbest_size = 0.1, 64

    def splits():
        backend = tokenizer.backend_tokenizer
        for _ in range(60):
            backend.model = backend.model  # forgets the words that the model has split already
            yield tuple(encode(tokenizer, ["abcd"]).piece_ids.tolist())

    drawn = set(splits())
    prepare_for_words(tokenizer)
    model = tokenizer.backend_tokenizer.model
    assert not any(getattr(model, name, None) for name in ("dropout", "alpha", "nbest_size"))
    assert len(drawn) > 1 and len(set(splits())) == 1


def test_special_tokens_that_are_empty_or_unknown_count_as_absent():
    tokenizer = BertTokenizer(vocab={"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4})
    assert [special_id(tokenizer, token) for token in ("[PAD]", "[MASK]", "", None, "[FOO]")] == [
        0,
        4,
        None,
        None,
        None,
    ]


def failing(error):
    """A tokenizer that raises the error when it is used."""
    tokenizer = Mock(spec=PreTrainedTokenizerFast)
    tokenizer.backend_tokenizer.encode.side_effect = error
    return tokenizer


def test_a_failure_of_the_tokenizer_names_the_sentence(capfd):
    panicking = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.WordLevel({"a": 0}, unk_token="a")))
    panicking.backend_tokenizer.pre_tokenizer = pre_tokenizers.FixedLength(length=0)
    for tokenizer in (panicking, failing(Exception("no unknown token\x1b[31m"))):
        with pytest.raises(InputError, match="the model's tokenizer fails on the sentence 'an odd word'") as error:
            encode(tokenizer, ["an", "odd", "word"])
        assert "\n" not in str(error.value) and "\x1b" not in str(error.value)
    assert "panicked" in capfd.readouterr().err  # which only Rust can silence; the trial spares users most of these


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_no_failure_of_the_tokenizer(error):
    with pytest.raises(error):
        encode(failing(error()), ["a"])
