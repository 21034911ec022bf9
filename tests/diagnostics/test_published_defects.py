"""The published code's defects: what each changes, and that nothing is left behind."""

import numpy as np
import pytest

from liap.diagnostics.class_scores import Model, explain_classes, with_states
from liap.diagnostics.diagnostic_settings import DEFECTS, DiagnosticSettings
from liap.diagnostics.published_defects import (
    gradient_l1,
    item_with_special_words,
    special_ends,
    training_mode,
    with_l1,
    with_special_words,
)
from liap.diagnostics.untrained_models import untrained
from liap.errors import InputError
from liap.explainers import find_explainers
from liap.linguistics.annotation import without_structure
from liap.records import Evidence, Sentence
from liap.settings import MethodSettings
from liap.taggers.tagger import InputGradient
from tests.toys import ToyTagger, ToyView, chain, mention, toy_case

SENTENCE = Sentence(7, 0, ("abc", "de", "fa", "b"), evidence=(Evidence(1, 2, (0, 3), "trigger"),))
ITEMS = without_structure([SENTENCE], [mention(1, 2, kind="PER")])
NAMES = ("attention", "gradient", "occlusion", "integrated_gradients", "random")


@pytest.fixture(scope="module")
def answers(tiny):
    def of(tagger, items=ITEMS, number=0):
        settings = MethodSettings(explainers=NAMES)
        model = Model("tiny", number, True, tagger)
        instances, found = explain_classes(model, items, settings, find_explainers(NAMES), {})
        return instances[0], with_states(model, items, found)[0]

    return of


def test_every_class_is_explained(tiny, answers):
    known, said = answers(tiny)
    assert known.reference == 1 and known.evidence == (0, 3) and known.context.tolist() == [True, False, True, True]
    assert all(scores.shape == (2, 4) for scores in said.scores.values())
    assert len(said.probabilities) == 3 and said.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert said.states.shape == (3, 4, 16)
    assert (said.scores["attention"][0] == said.scores["attention"][1]).all()  # which knows no class
    assert (said.scores["random"][0] != said.scores["random"][1]).all()  # draws of their own


def test_models_share_randomness_but_for_random_explainers(tiny, answers):
    one, other = (answers(tiny, number=number)[1].scores for number in (0, 1))
    assert (one["random"] != other["random"]).all()
    assert np.allclose(one["occlusion"], other["occlusion"])


def test_dropout_changes_answers_under_its_seed_and_is_taken_off(tiny, answers):
    _, before = answers(tiny)
    with training_mode(tiny, 3):
        _, first = answers(tiny)
    with training_mode(tiny, 3):
        _, again = answers(tiny)
    _, after = answers(tiny)
    assert not np.allclose(first.scores["gradient"], before.scores["gradient"])
    assert np.array_equal(first.scores["gradient"], again.scores["gradient"])
    assert np.array_equal(after.scores["gradient"], before.scores["gradient"])


def test_special_tokens_become_words(tiny, answers):
    assert special_ends(tiny) == (True, True)
    items = [item_with_special_words(item, True, True) for item in ITEMS]
    (moved,) = items
    assert moved.sentence.words == ("[CLS]", *SENTENCE.words, "[SEP]")
    assert (moved.mentions[0].start, moved.mentions[0].end) == (2, 3)
    known, said = answers(with_special_words(tiny), items)
    _, plain = answers(tiny)
    assert known.context.tolist() == [True, True, False, True, True, True] and known.evidence == (1, 4)
    assert said.probabilities == pytest.approx(plain.probabilities, abs=1e-6)
    for name in ("attention", "gradient", "occlusion"):
        assert said.scores[name][:, 1:-1] == pytest.approx(plain.scores[name], abs=1e-6)
    assert (np.abs(said.scores["gradient"][:, [0, -1]]) > 0).all()
    assert tiny.encode(("a",)).word_of_piece[0] == -1  # the tagger itself is as it was


def test_a_parse_moves_with_its_words():
    (item,) = without_structure([SENTENCE], [mention(1, 2)])
    parsed = type(item)(item.sentence, item.mentions, chain(4), ())
    moved = item_with_special_words(parsed, True, True).parse
    assert moved.heads == (-1, -1, 1, 2, 3, -1) and moved.scheme == "ud"


def test_a_tagger_without_special_tokens():
    assert special_ends(ToyTagger({}, {})) == (False, False)


def test_l1_is_the_sum_of_absolute_values():
    gradient = InputGradient(np.ones((3, 2)), np.array([[3.0, -4.0], [0.0, 0.0], [1.0, 1.0]]), np.array([0, 1, -1]), 2)
    case = toy_case(("a", "b"), mention(1, 2), ToyView(input_gradient=gradient))
    assert gradient_l1(case)[0].scores[0].tolist() == [7.0, 0.0]
    (norm,) = find_explainers(("gradient",))
    assert norm(case)[0].scores[0].tolist() == [5.0, 0.0]
    assert [one is gradient_l1 for one in with_l1(find_explainers(("gradient", "random")))] == [True, False]


def test_untrained_models_have_other_weights(tiny, answers):
    other, again = untrained(tiny, 1), untrained(tiny, 1)
    _, said = answers(other)
    assert np.array_equal(said.scores["gradient"], answers(again)[1].scores["gradient"])
    assert not np.allclose(said.scores["gradient"], answers(tiny)[1].scores["gradient"])
    with pytest.raises(InputError, match="initialised anew"):
        untrained(ToyTagger({}, {}), 0)


def test_settings_name_the_defects():
    settings = DiagnosticSettings(as_published="dropout,l1")
    assert settings.defects == ("dropout", "l1") and set(settings.defects) <= set(DEFECTS)
    for wrong in ({"as_published": "droput"}, {"models": ("a",)}, {"target": "tag"}, {"subject": "../x"}):
        with pytest.raises(InputError):
            DiagnosticSettings(**wrong)
