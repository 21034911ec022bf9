"""Word attention: the recorded rows against full eager attention, and the sums that every row must keep."""

import numpy as np
import pytest
import torch

from liap.taggers.word_attention import piece_attention, to_words, word_attention

SENTENCES = (("abc", "d", "\u200b", "ef", "g"), ("a",), ("hij", "k", "lm", "nop", "a", "b", "cd"))


def eager(tagger, words):
    """Full attention of one sentence, by transformers' own eager implementation."""
    tagger.model.set_attn_implementation("eager")
    try:
        ids = torch.from_numpy(tagger.encode(words).piece_ids)[None]
        with torch.inference_mode():
            layers = tagger.model(input_ids=ids, output_attentions=True).attentions
    finally:
        tagger.model.set_attn_implementation("sdpa")
    return torch.stack(layers)[:, 0].numpy()


def test_recorded_rows_equal_eager_attention(tiny):
    encodings = [tiny.encode(words) for words in SENTENCES]
    rows = [np.arange(0, encoding.pieces, 2) for encoding in encodings]
    for words, chosen, found in zip(SENTENCES, rows, piece_attention(tiny, encodings, rows), strict=True):
        np.testing.assert_allclose(found, eager(tiny, words)[:, :, chosen], atol=1e-6)
        np.testing.assert_allclose(found.sum(axis=-1), 1, atol=1e-5)


def test_a_model_without_the_attention_interface_gives_the_same_rows(tiny, monkeypatch):
    encodings = [tiny.encode(words) for words in SENTENCES]
    rows = [np.arange(encoding.pieces) for encoding in encodings]
    recorded = piece_attention(tiny, encodings, rows)
    monkeypatch.setattr(type(tiny.model), "_supports_attention_backend", False)
    for one, other in zip(recorded, piece_attention(tiny, encodings, rows), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    assert tiny.model.config._attn_implementation == "sdpa"


def test_words_sum_over_columns_and_average_over_rows(tiny):
    """Attention to a word is a sum over its pieces, from a word a mean, special tokens dropped: by hand."""
    encoding = tiny.encode(("ab", "\u200b", "c"))
    assert encoding.word_of_piece.tolist() == [-1, 0, 0, 2, -1]
    rows = np.array([[0.1, 0.2, 0.3, 0.3, 0.1], [0.0, 0.4, 0.1, 0.1, 0.4], [0.5, 0.1, 0.1, 0.2, 0.1]])
    found = to_words(rows[None, None], encoding, np.array([0, 1, 2]))[0, 0]
    assert found[0] == pytest.approx([0.5, 0, 0.2])
    assert found[1] == pytest.approx([0, 0, 0])
    assert found[2] == pytest.approx([0.2, 0, 0.2])


def test_word_attention_of_chosen_words(tiny):
    encodings = [tiny.encode(words) for words in SENTENCES]
    chosen = [np.array([0, 3]), np.array([0]), np.array([6])]
    for words, encoding, rows, found in zip(
        SENTENCES, encodings, chosen, word_attention(tiny, encodings, chosen), strict=True
    ):
        assert found.shape == (2, 2, len(rows), len(words))
        full = eager(tiny, words)
        for place, word in enumerate(rows):
            own = encoding.word_of_piece == word
            for other in range(len(words)):
                expected = full[:, :, own][..., encoding.word_of_piece == other].sum(-1).mean(-1)
                np.testing.assert_allclose(found[:, :, place, other], expected, atol=1e-6)
        special = full[:, :, :, encoding.word_of_piece == -1].sum(-1)
        own = [special[:, :, encoding.word_of_piece == word].mean(-1) for word in rows]
        np.testing.assert_allclose(found.sum(-1), 1 - np.stack(own, axis=-1), atol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_rows_do_not_depend_on_the_batch(tiny, size, monkeypatch):
    encodings = [tiny.encode(words) for words in SENTENCES]
    rows = [np.array([0]) for _ in SENTENCES]
    together = word_attention(tiny, encodings, rows)
    monkeypatch.setattr("liap.taggers.word_attention.PIECES_PER_BATCH", 16 * size)
    for one, other in zip(together, word_attention(tiny, encodings, rows), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
