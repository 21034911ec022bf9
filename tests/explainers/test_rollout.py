"""Attention rollout against products multiplied by hand."""

import numpy as np
import pytest

from liap.explainers import EXPLAINERS
from liap.taggers.tagger import PieceAttention
from tests.toys import ToyView, mention, toy_case

# two layers, two heads; pieces: a special token, word 0, word 1
LAYERS = np.array(
    [
        [
            [[1.0, 0.0, 0.0], [0.0, 0.75, 0.25], [0.5, 0.25, 0.25]],
            [[1.0, 0.0, 0.0], [0.0, 0.25, 0.75], [0.5, -0.25, 0.75]],
        ],
        [
            [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.0, 1.0]],
            [[0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.0, 1.0]],
        ],
    ]
)


def explain(matrix, word_of_piece, words, span, **settings):
    view = ToyView(pieces=PieceAttention(matrix, np.array(word_of_piece)))
    ((explanation),) = EXPLAINERS["rollout"](toy_case(words, mention(*span), view, **settings))
    assert (explanation.passes, explanation.scores.shape) == (1, (1, len(words)))
    return explanation.scores[0]


def test_two_layers_by_hand():
    """With the heads' means A1 = [1 0 0; 0 .5 .5; .5 0 .5] and A2 = [.5 .5 0; .5 0 .5; 0 0 1], half identity each:

    M1 = [1 0 0; 0 .75 .25; .25 0 .75], M2 = [.75 .25 0; .25 .5 .25; 0 0 1], and the rows of M2 M1 for the two words are
    .25 [1 0 0] + .5 [0 .75 .25] + .25 [.25 0 .75] = [.3125 .375 .3125] and [.25 0 .75].
    """
    assert explain(LAYERS, [-1, 0, 1], "ab", (0, 1)) == pytest.approx([0.375, 0.3125])
    assert explain(LAYERS, [-1, 0, 1], "ab", (1, 2)) == pytest.approx([0.0, 0.75])


def test_chosen_layers_and_heads_by_hand():
    """The second layer alone: .5 A2 + .5 I; the first head of the first layer: .5 [0 .75 .25] + .5 [0 1 0]."""
    assert explain(LAYERS, [-1, 0, 1], "ab", (0, 1), layers="1") == pytest.approx([0.5, 0.25])
    assert explain(LAYERS, [-1, 0, 1], "ab", (0, 1), layers="0", heads="0") == pytest.approx([0.875, 0.125])


def test_words_of_several_pieces_and_mentions_of_several_words():
    """A sum over the pieces reached, a mean over each word's pieces, then over the mention's words: with loops."""
    word_of_piece, words = [-1, 0, 0, 1, 3, 3, 3, -1], 4  # word 2 has no piece
    matrix = np.random.default_rng(0).dirichlet(np.ones(8), (3, 2, 8))
    reached = np.eye(8)
    for layer in matrix:
        mixed = [[0.5 * sum(head[i, j] for head in layer) / 2 + 0.5 * (i == j) for j in range(8)] for i in range(8)]
        reached = [[sum(mixed[i][k] * reached[k][j] for k in range(8)) for j in range(8)] for i in range(8)]
    expected = np.zeros(words)
    for row_word in (0, 1):
        rows = [piece for piece, word in enumerate(word_of_piece) if word == row_word]
        for piece, word in enumerate(word_of_piece):
            if word >= 0:
                expected[word] += sum(reached[row][piece] for row in rows) / len(rows) / 2
    assert explain(matrix, word_of_piece, "abcd", (0, 2)) == pytest.approx(expected)
    assert expected[2] == 0
    assert expected.sum() < 1  # the special tokens' share is dropped
