"""VMASK trained together with its classifier: the distance from the prior, a mask that keeps everything, pads, seeds, and a word that decides."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.explainers import EXPLAINERS
from liap.rationales.classifier_scores import cases_of, scores_by
from liap.rationales.joint_mask_training import (
    JointMaskSettings,
    from_the_prior,
    joint_loss,
    train_with_mask,
    words_kept,
)
from liap.records import LabelledText
from liap.settings import MethodSettings
from liap.taggers.piece_mask import PieceMask
from liap.taggers.text_classifier import PooledClassifier, TextClassifier
from liap.taggers.transformer import load_tagger
from liap.training.classifier_batches import TextBatches
from liap.training.classifier_trainer import ClassifierSettings, cross_entropy, new_classifier
from tests.taggers.test_text_classifier import SENTENCES, TEXTS, make
from tests.training.test_classifier_training import NOISE, QUICK, texts

LABELLED = [LabelledText(place, words, ("bad", "good", "odd")[place]) for place, words in enumerate(TEXTS)]


def masked(kind):
    """The toy classifier with a mask behind its embeddings, whose weights are drawn."""
    plain = make(kind)
    model = PooledClassifier(plain.model.encoder, replace(plain.model.shape, mask=4))
    model.head.load_state_dict(plain.model.head.state_dict())
    return TextClassifier(model, plain.tokenizer, device="cpu")


def always(classifier, logit):
    """The same logit for every piece."""
    with torch.no_grad():
        classifier.model.mask.output.weight.zero_()
        classifier.model.mask.output.bias.fill_(logit)


@pytest.mark.parametrize("kind", ["bert", "lstm"])
@pytest.mark.parametrize("prior", [0.2, 0.5])
def test_the_distance_from_the_prior_is_zero_at_the_prior_and_the_closed_form_elsewhere(kind, prior):
    classifier = masked(kind)
    batch = TextBatches(classifier, LABELLED, batch=3).batch(range(3))
    always(classifier, math.log(prior / (1 - prior)))
    assert float(from_the_prior(classifier.model, batch, prior)) == pytest.approx(0, abs=1e-6)
    always(classifier, 1.5)
    kept = 1 / (1 + math.exp(-1.5))
    expected = kept * math.log(kept / prior) + (1 - kept) * math.log((1 - kept) / (1 - prior))
    assert float(from_the_prior(classifier.model, batch, prior)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("kind", ["bert", "lstm"])
@pytest.mark.parametrize("training", [False, True])
def test_a_mask_that_keeps_everything_is_the_plain_classifier(kind, training):
    plain, classifier = make(kind), masked(kind)
    always(classifier, 40.0)
    batch = TextBatches(plain, LABELLED, batch=3).batch(range(3))
    losses = []
    for one, loss in ((plain, cross_entropy), (classifier, lambda *given: joint_loss(*given, beta=0.0, prior=0.5))):
        one.model.train(training)
        torch.manual_seed(7)  # dropout draws the same
        losses.append(float(loss(one, batch)))
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)
    always(classifier, -40.0)
    assert float(joint_loss(classifier, batch, beta=0.0, prior=0.5)) != pytest.approx(losses[0], rel=1e-3)


@pytest.mark.parametrize("kind", ["bert", "lstm"])
def test_padding_never_changes_the_loss(kind):
    classifier = masked(kind)
    classifier.model.eval()
    batches = TextBatches(classifier, LABELLED, batch=3)
    with torch.no_grad():
        together = joint_loss(classifier, batches.batch(range(3)), beta=2.0, prior=0.3)
        alone = [joint_loss(classifier, batches.batch([place]), beta=2.0, prior=0.3) for place in range(3)]
    assert float(together) == pytest.approx(float(torch.stack(alone).mean()), abs=1e-5)


def test_gates_are_hard_in_training_soft_in_evaluation_and_open_for_special_pieces():
    mask, embeddings = PieceMask(6, 3), torch.randn(2, 9, 6, generator=torch.Generator().manual_seed(0))
    inside = torch.ones(2, 9, dtype=torch.bool)
    inside[:, 0], inside[1, 5:] = False, False
    torch.manual_seed(1)
    drawn, again = mask.gates(embeddings, inside), mask.gates(embeddings, inside)
    assert torch.equal(drawn, again)  # the same step, the same draws
    assert ((drawn.abs() < 1e-6) | ((drawn - 1).abs() < 1e-6)).all() and (drawn[inside] < 0.5).any()
    soft = mask.eval().gates(embeddings, inside)
    torch.testing.assert_close(soft[inside], torch.sigmoid(mask.logits(embeddings))[inside])
    assert (drawn[~inside] == 1).all() and (soft[~inside] == 1).all()


def test_two_classes_of_a_softmax_are_a_sigmoid():
    """The published p is a softmax of two scores; here their difference is the logit."""
    mask, embeddings = PieceMask(6, 3), torch.randn(4, 6)
    two = torch.stack([torch.zeros(4), mask.logits(embeddings[None])[0]], dim=1)
    torch.testing.assert_close(torch.softmax(two, dim=1)[:, 1], torch.sigmoid(mask.logits(embeddings[None])[0]))


JOINT, HOW = JointMaskSettings(), ClassifierSettings(pooling="mean", mask=4, **QUICK)


def test_beta_falls_to_a_hundredth():
    assert [JointMaskSettings(beta=2.0).beta_at(done) for done in (0, 0.5, 1)] == pytest.approx([2.0, 1.01, 0.02])


def test_training_begins_with_the_weights_of_the_same_classifier_without_a_mask():
    with_mask, without = (new_classifier(texts(40), replace(HOW, mask=mask), "cpu").model for mask in (4, 0))
    there = with_mask.state_dict()
    assert set(there) - set(without.state_dict()) == {
        f"mask.{part}.{kind}" for part in ("inner", "output") for kind in ("weight", "bias")
    }
    assert all(torch.equal(there[name], weights) for name, weights in without.state_dict().items())


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    def weights(seed):
        trained = train_with_mask(texts(40), texts(20, 1), replace(HOW, epochs=1, seed=seed), JOINT, device="cpu")
        return trained.classifier.model.mask.inner.weight

    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))


def test_it_keeps_the_words_that_decide_and_is_kept_in_a_folder(tmp_path):
    classifier = train_with_mask(texts(120), texts(40, 1), HOW, JOINT, device="cpu").classifier
    asked = texts(60, 2)
    assert classifier.accuracy(asked) > 0.95
    (kept,) = classifier.word_mask([("[CLS]", *NOISE, "good", "bad")])
    assert kept[0] == 1 and kept[-2:].min() > kept[1:-2].max()
    facts = words_kept(classifier, asked)
    assert 0 < facts["words_kept"] < 1 and facts["words_kept_sd"] > 0
    classifier.save(tmp_path / "made")
    loaded = load_tagger(str(tmp_path / "made"), device="cpu")
    assert np.allclose(loaded.class_probabilities(asked), classifier.class_probabilities(asked), atol=1e-6)
    assert np.array_equal(loaded.word_mask([("[CLS]", "good")])[0], classifier.word_mask([("[CLS]", "good")])[0])


@pytest.mark.parametrize("kind", ["bert", "lstm"])
def test_the_explainer_gives_the_mean_over_a_words_pieces(kind):
    classifier = masked(kind)
    assert "word_mask" in classifier.capabilities and "word_mask" not in make(kind).capabilities
    rows, _ = scores_by("joint_vmask", cases_of(classifier, LABELLED, MethodSettings()), {})
    for words, row in zip(SENTENCES, rows, strict=True):
        encoding = classifier.encode(words)
        embeddings = classifier.model.get_input_embeddings()(torch.from_numpy(encoding.piece_ids))
        kept = torch.sigmoid(classifier.model.mask.logits(embeddings[None])[0]).detach().numpy()
        expected = [kept[encoding.word_of_piece == word].mean() for word in range(1, len(words))]
        assert np.allclose(row, expected, atol=1e-6)
    assert "word_mask" in EXPLAINERS["joint_vmask"].needs


@pytest.mark.parametrize(("change", "said"), [({"prior": 1.0}, "--joint-prior"), ({"beta": -1.0}, "--joint-beta")])
def test_bad_settings_are_refused_in_one_line(change, said):
    with pytest.raises(InputError, match=said):
        JointMaskSettings(**change)
