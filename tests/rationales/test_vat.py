"""VAT's two trainers: what each changes, what it leaves, and that it finds the word that decides; its variants; settings."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from liap import cli
from liap.errors import InputError
from liap.rationales.vat_settings import METHODS, VatStudySettings
from liap.rationales.vat_training import Vat, VatSettings, train_vat
from liap.script_runs import path_of
from liap.training.classifier_batches import TextBatches
from liap.training.classifier_trainer import ClassifierSettings, new_classifier, train_classifier
from tests.training.test_classifier_training import QUICK, texts

HOW = ClassifierSettings(pooling="attention", **(QUICK | {"epochs": 1}))
SHORT = {"cycles": 2, "compressor_rate": 2e-2, "latent": 4}


def weights_of(module):
    return {name: tensor.detach().clone() for name, tensor in module.state_dict().items()}


def changed(before, module):
    return {name for name, tensor in module.state_dict().items() if not torch.equal(tensor, before[name])}


def test_the_learner_leaves_attention_and_the_compressor_leaves_everything_else():
    vat = Vat(texts(40), HOW, VatSettings(**SHORT), "cpu")
    before = weights_of(vat.model)
    vat.learn()
    moved = changed(before, vat.model)
    assert any(name.startswith("encoder.") for name in moved) and "head.output.weight" in moved
    assert not any("attention" in name for name in moved)
    before, bottleneck = weights_of(vat.model), weights_of(vat.bottleneck)
    vat.compress()
    assert {name.split(".")[1] for name in changed(before, vat.model)} == {"attention"}
    assert changed(bottleneck, vat.bottleneck)


@pytest.mark.parametrize("steady", [True, False])
def test_the_learner_is_the_trainer_of_plain_classifiers_where_these_keep_their_learning_rate(steady):
    """With attention that neither trains, their weights are the same after an epoch; with a rate that rises and falls they are not."""
    how = replace(HOW, pooling="random", steady=steady)
    vat = Vat(texts(40), how, VatSettings(learner_epochs=how.epochs, **SHORT), "cpu")
    vat.model.load_state_dict(new_classifier(texts(40), how, "cpu").model.state_dict())
    vat.learn()
    plain = weights_of(train_classifier(texts(40), texts(8, 1), how, device="cpu").classifier.model)
    assert (changed(plain, vat.model) == set()) is steady


def test_the_study_gives_all_methods_one_learning_rate_unless_told_otherwise():
    for flags, steady in (([], True), (["--no-steady"], False)):
        settings = cli.settings(path_of("studies/vat.py"), VatStudySettings, flags)
        assert {settings.classifier(method, 0).steady for method in METHODS} == {steady}


def test_without_the_bottleneck_attention_alone_is_trained():
    vat = Vat(texts(40), HOW, VatSettings(variant="no_bottleneck", **SHORT), "cpu")
    before, bottleneck = weights_of(vat.model), weights_of(vat.bottleneck)
    vat.compress()
    assert changed(before, vat.model) and not changed(bottleneck, vat.bottleneck)


def test_beta_rises_to_its_value():
    vat = Vat(texts(40), HOW, VatSettings(beta=0.5, warm_up=0.5, **SHORT), "cpu")
    assert vat.beta == 0
    assert vat.steps == 10  # two cycles of five batches
    vat.step = 2
    assert vat.beta == pytest.approx(0.5 * 2 / 5)
    vat.step = vat.steps
    assert vat.beta == 0.5


def test_padding_never_changes_the_compressors_loss():
    vat = Vat(texts(40), HOW, VatSettings(beta=0.5, warm_up=0.0, **SHORT), "cpu")
    batches = TextBatches(vat.classifier, texts(6), batch=6)
    vat.model.eval()
    noise = torch.randn(6, 4)

    def loss(places):
        batch = batches.batch(places)
        states, inside = vat.model.states(**batch.inputs)
        return vat.bottleneck.loss(vat.model.head.pooled(states, inside), batch.gold, noise[list(places)], 0.5).total

    with torch.no_grad():
        together, alone = loss(range(6)), torch.stack([loss([place]) for place in range(6)]).mean()
    assert float(together) == pytest.approx(float(alone), abs=1e-5)


def test_it_learns_and_attends_to_the_word_that_decides():
    trained = train_vat(
        texts(160), texts(40, 1), HOW, VatSettings(cycles=4, compressor_rate=2e-2, beta=1e-2), device="cpu"
    )
    assert trained.classifier.accuracy(texts(60, 2)) > 0.95
    assert [cycle.number for cycle in trained.cycles] == [0, 1, 2, 3, 4] and trained.kept in (1, 2, 3, 4)
    fresh = texts(40, 3)
    shares = trained.classifier.pooling([text.sentence.words for text in fresh])
    decisive = [1 + text.words.index(text.label) for text in fresh]
    right = np.mean([row.argmax() == place for row, place in zip(shares, decisive, strict=True)])
    chance = np.mean([1 / len(text.words) for text in fresh])
    assert right > 2 * chance


def test_the_same_seed_gives_the_same_attention():
    def attention():
        trained = train_vat(texts(40), texts(20, 1), HOW, VatSettings(**SHORT), device="cpu")
        return trained.classifier.model.head.attention.inner.weight

    assert torch.equal(attention(), attention())


def test_what_the_variants_change():
    assert VatSettings(variant="beta0", beta=0.3).in_use.beta == 0
    once = VatSettings(variant="one_cycle", cycles=4, learner_epochs=2, compressor_epochs=3).in_use
    assert (once.cycles, once.learner_epochs, once.compressor_epochs) == (1, 8, 12)
    assert VatSettings().in_use == VatSettings()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"variant": "best"}, "variant 'best'"),
        ({"cycles": 0}, "--cycles"),
        ({"beta": -1.0}, "--beta"),
        ({"warm_up": 2.0}, "--warm-up"),
    ],
)
def test_bad_settings_are_refused_in_one_line(change, said):
    with pytest.raises(InputError) as caught:
        VatSettings(**change)
    assert said in str(caught.value) and "\n" not in str(caught.value)
