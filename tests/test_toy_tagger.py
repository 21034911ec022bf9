"""A tagger that is no transformer goes through prediction and evaluation; what it lacks is refused before any work."""

from contextlib import nullcontext

import numpy as np
import pytest

from liap.errors import InputError
from liap.evaluation import check_needs, evaluate
from liap.explainers import EXPLAINERS
from liap.explainers.explainer import CAPABILITIES
from liap.explainers.lime import LimeSettings
from liap.records import Sentence
from liap.settings import MethodSettings
from liap.taggers.prediction import predict
from liap.taggers.tagger import Tagger
from tests.toys import LABELS, ToyTagger, files_wanted, fitted_file, items_of

TAGS = {"Rome": "B-LOC", "Ann": "B-PER", "Lee": "I-PER"}
WEIGHTS = {"in": 0.2, "to": 0.1, "of": 0.05, "not": -0.1}
TEXTS = ("in x Rome of y not z", "to Ann Lee in Rome", "Rome in", "nothing here", "Ann")
PERTURBING = MethodSettings(
    explainers=("lime", "occlusion", "occlusion_ceiling", "random"),
    target="tag",
    options={"lime": LimeSettings(lime_samples=200)},
)


@pytest.fixture
def tagger():
    return ToyTagger(TAGS, WEIGHTS, scale={"unk": 0.5})


def test_a_plain_class_is_a_tagger(tagger):
    assert isinstance(tagger, Tagger)
    assert not isinstance(object(), Tagger)
    assert not any(hasattr(tagger, capability) for capability in CAPABILITIES)


def test_its_mentions_are_found(tagger):
    sentences = [Sentence(index, index, tuple(text.split())) for index, text in enumerate((*TEXTS, "Rome " * 60))]
    predictions = predict(tagger, sentences, target="tag")
    assert predictions.tags[1] == ("O", "B-PER", "I-PER", "O", "B-LOC")
    assert predictions.tags[-1] is None  # longer than its limit
    spans = [
        [(mention.start, mention.end, mention.predicted_type) for mention in found] for found in predictions.mentions
    ]
    assert spans == [[(2, 3, "LOC")], [(1, 3, "PER"), (4, 5, "LOC")], [(0, 1, "LOC")], [], [(0, 1, "PER")], []]
    assert predictions.mentions[1][0].probability == pytest.approx(0.3 + 0.1 + 0.2)
    assert predictions.mentions[1][0].tags == ("B-PER", "I-PER")


def test_it_goes_through_evaluation_with_exact_answers(tagger):
    items = items_of(tagger, *TEXTS)
    check_needs(tagger, PERTURBING, parsed=False)
    outcome = evaluate(tagger, items, PERTURBING)
    assert len(outcome.rows) == 5 * 4
    for scores in outcome.scores:
        context = scores.mention.context(len(scores.sentence.words))
        expected = np.array([WEIGHTS.get(word, 0.0) for word in scores.sentence.words]) * context
        assert scores.scores["occlusion_ceiling"] == pytest.approx(expected)
        assert scores.scores["occlusion"] == pytest.approx(expected / 2)
        if context.sum() > 2:  # the penalty of its regression shrinks the weights of very short contexts
            assert scores.scores["lime"] == pytest.approx(expected / 2, abs=0.02)
        assert "random" not in scores.scores  # a random explainer's draws are no word scores
    first = {row["explainer"]: row for row in outcome.rows if row["sentence"] == 0}
    # six context words: 0.2, 0.05 and a tie of three at the top, -0.1 and the others of the tie at the bottom
    assert first["occlusion"]["important"] == pytest.approx(0.25)
    assert first["occlusion"]["unimportant"] == 0
    assert first["occlusion"]["lfs"] == 1
    assert first["occlusion"]["signed_difference"] == pytest.approx(0.35 / 3)
    assert first["random"]["lfs"] == pytest.approx(0.5, abs=0.2)
    alone = next(row for row in outcome.rows if row["sentence_length"] == 1)
    assert (alone["reason"], alone["k"]) == ("no_context", 0)


NEEDY = [(name, one) for name, one in EXPLAINERS.items() if one.needs & set(CAPABILITIES)]


@pytest.mark.parametrize(("name", "one"), NEEDY, ids=[name for name, _ in NEEDY])
def test_an_explainer_that_needs_more_is_refused_before_any_work(tagger, name, one):
    capability = next(need for need in CAPABILITIES if need in one.needs)
    settings = MethodSettings(explainers=("occlusion", name), fitted=fitted_file())
    with pytest.raises(
        InputError,
        match=rf"^--explainers {name} needs {capability.replace('_', ' ')}, which this recogniser does not give",
    ):
        check_needs(tagger, settings, parsed=True)
    assert tagger.calls == []
    tagger.capabilities, tagger.layers_and_heads = frozenset(one.needs & set(CAPABILITIES)), (2, 2)
    wanted = files_wanted(name)
    with pytest.raises(InputError, match=f"needs --{wanted[0]}") if wanted else nullcontext():
        check_needs(tagger, settings, parsed=True)


def test_a_setting_that_needs_more_is_refused_too(tagger):
    with pytest.raises(InputError, match=r"--layers must lie in .* got 3"):
        check_needs(tagger, MethodSettings(explainers=("occlusion",), layers="3"), parsed=True)
    with pytest.raises(InputError, match=r"^--ties attention needs attention"):
        check_needs(tagger, MethodSettings(explainers=("occlusion",), ties="attention"), parsed=True)
    tagger.capabilities, tagger.layers_and_heads = frozenset(("attention",)), (4, 1)
    check_needs(tagger, MethodSettings(explainers=("occlusion",), ties="attention", layers="3"), parsed=True)


def test_an_explainer_of_structure_needs_a_parse(tagger):
    tagger.capabilities = frozenset(CAPABILITIES)
    with pytest.raises(InputError, match=r"^--explainers matched_window needs a parse"):
        check_needs(tagger, MethodSettings(explainers=("attention", "matched_window")), parsed=False)


def test_a_missing_token_is_refused_by_the_tagger(tiny, monkeypatch):
    monkeypatch.setattr(tiny, "mask_id", None)
    with pytest.raises(InputError, match="no mask token"):
        check_needs(tiny, MethodSettings(explainers=("attention",)), parsed=True)


def test_every_label_is_read(tagger):
    """The toy's probabilities sum to one over its labels."""
    items = items_of(tagger, *TEXTS)
    evaluate(tagger, items, PERTURBING)
    for request in tagger.requests:
        assert tagger._answer(request).sum(axis=2) == pytest.approx(1)
        assert tagger._answer(request).shape[2] == len(LABELS)
