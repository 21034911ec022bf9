"""A model that is damaged where few sentences reach ends the run in one line that names the sentence."""

import pickle

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.records import Sentence
from liap.taggers.finite import NoNumbersError
from liap.taggers.prediction import predict
from liap.taggers.tagger import Request
from liap.taggers.transformer import TransformerTagger
from tests.toys import tag_target

SHORT, LONG = (
    ("John", "said"),
    tuple("the visit of John Smith to Paris and to Rome was long , said Mary in London .".split()),
)
WORDLESS = ("John", "\u200b", "said")


@pytest.fixture
def tagger(model_folders):
    return TransformerTagger.load(str(model_folders["bert"]))


@pytest.fixture
def long_fails(tagger):
    """Positions from the sixteenth are not numbers."""
    with torch.no_grad():
        tagger.model.bert.embeddings.position_embeddings.weight[16:] = torch.nan
    return tagger


def request(words, operator="delete", masked=()):
    mask = np.ones((1, len(words)), dtype=bool)
    mask[0, list(masked)] = False
    return Request(words, mask, operator, np.arange(len(words)))


@pytest.mark.parametrize("pieces_per_batch", [8, 64, 1024])
def test_a_sentence_without_numbers_is_named_with_its_place_in_the_corpus(long_fails, pieces_per_batch):
    long_fails.pieces_per_batch = pieces_per_batch
    sentences = [Sentence(7 + place, 0, words) for place, words in enumerate((SHORT, LONG, SHORT))]
    with pytest.raises(InputError, match=r"'the visit of John Smith to Paris and \.\.\.'") as error:
        predict(long_fails, [sentences[0], sentences[1]])
    assert "\n" not in str(error.value) and "sentence 8 of the corpus" in str(error.value)
    assert predict(long_fails, sentences[::2]).tags[0] is not None


def test_the_operator_is_named(tagger):
    with torch.no_grad():
        tagger.model.bert.embeddings.word_embeddings.weight[tagger.mask_id] = torch.nan
    sound = [request(SHORT), request(SHORT, "unk", [0]), request(SHORT, "delete", [0])]
    for answer in tagger.probabilities(sound)[:2]:
        assert np.isfinite(answer).all()
    with pytest.raises(
        NoNumbersError, match="probabilities under the operator 'mask' for the sentence 'John said'"
    ) as error:
        tagger.probabilities([*sound, request(SHORT, "mask", [1])])
    assert error.value.place == 3
    assert pickle.loads(pickle.dumps(error.value)).place == 3  # as it travels between processes


def test_words_without_a_piece_and_deleted_words_are_no_error(tagger):
    answers = tagger.probabilities([request(WORDLESS), request(WORDLESS, "delete", [0])])
    assert np.isnan(answers[0][0]).any(axis=1).tolist() == [False, True, False]
    assert np.isnan(answers[1][0]).any(axis=1).tolist() == [True, True, False]
    assert len(tagger.hidden_states([WORDLESS])) == 1
    assert np.isfinite(tagger.attention([WORDLESS], [np.array([0, 1, 2])])[0]).all()


def test_attention_gradients_and_hidden_states_are_checked_too(long_fails):
    target = tag_target(LONG, np.array([3]), np.array([1]))
    for what, ask in (
        ("attention weights", lambda: long_fails.attention([SHORT, LONG], [np.array([0])] * 2)),
        ("attention weights", lambda: long_fails.piece_attention(LONG)),
        ("gradients", lambda: long_fails.gradients([target])),
        ("hidden states", lambda: long_fails.hidden_states([SHORT, LONG])),
    ):
        with pytest.raises(NoNumbersError, match=f"the model's {what} for the sentence 'the visit"):
            ask()
