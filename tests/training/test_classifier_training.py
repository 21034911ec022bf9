"""Training text classifiers: a word decides the class, and they find it; nothing depends on pads; bad settings in one line."""

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.records import LabelledText
from liap.training.classifier_batches import TextBatches
from liap.training.classifier_trainer import ClassifierSettings, cross_entropy, new_classifier, train_classifier

NOISE = ("a", "the", "film", "plot", "is", "it")


def texts(count, seed=0):
    """`good` or `bad` among other words decides the class."""
    generator = np.random.default_rng(seed)
    answers = []
    for index in range(count):
        words = list(generator.choice(NOISE, size=int(generator.integers(2, 7))))
        label = ("bad", "good")[index % 2]
        words.insert(int(generator.integers(len(words) + 1)), label)
        answers.append(LabelledText(index, tuple(map(str, words)), label))
    return answers


QUICK = {"epochs": 9, "batch": 8, "learning_rate": 2e-2, "embedding": 8, "hidden": 8, "inner": 4, "dropout": 0.0}


@pytest.mark.parametrize("pooling", ["first", "mean", "attention", "random"])
def test_an_lstm_learns_the_word_that_decides(pooling):
    trained = train_classifier(texts(120), texts(40, 1), ClassifierSettings(pooling=pooling, **QUICK), device="cpu")
    assert trained.classifier.accuracy(texts(60, 2)) > 0.95
    assert len(trained.epochs) == 9 and trained.epochs[-1].loss < trained.epochs[0].loss
    if pooling in ("attention", "random"):
        assert trained.classifier.model.head.attention.vector.weight.requires_grad is False


def test_random_attention_is_never_trained():
    settings = ClassifierSettings(pooling="random", **QUICK)
    before = new_classifier(texts(120), settings, "cpu").model.head.attention.inner.weight
    after = train_classifier(
        texts(120), texts(40, 1), settings, device="cpu"
    ).classifier.model.head.attention.inner.weight
    assert torch.equal(before, after)


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    def weights(seed):
        quick = QUICK | {"epochs": 1}
        trained = train_classifier(texts(40), texts(20, 1), ClassifierSettings(seed=seed, **quick), device="cpu")
        return trained.classifier.model.head.output.weight

    assert torch.equal(weights(1), weights(1)) and not torch.equal(weights(1), weights(2))


def test_padding_never_changes_a_loss():
    classifier = new_classifier(texts(40), ClassifierSettings(pooling="attention", **QUICK), "cpu")
    batches = TextBatches(classifier, texts(8), batch=8)
    classifier.model.eval()
    with torch.no_grad():
        together = cross_entropy(classifier, batches.batch(range(8)))
        alone = torch.stack([cross_entropy(classifier, batches.batch([place])) for place in range(8)]).mean()
    assert float(together) == pytest.approx(float(alone), abs=1e-6)


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_are_in_the_precision_that_is_asked_for(precision, dtype):
    """Weights and the loss stay in single precision; answers have the same precision as training."""
    settings = ClassifierSettings(pooling="attention", precision=precision, **QUICK)
    classifier = new_classifier(texts(40), settings, "cpu")
    _ = classifier.architecture  # found out in the precision of the weights
    seen = []
    classifier.model.head.output.register_forward_hook(lambda _module, _inputs, output: seen.append(output.dtype))
    loss = cross_entropy(classifier, TextBatches(classifier, texts(8), batch=8).batch(range(8)))
    classifier.accuracy(texts(8))
    assert set(seen) == {dtype} and len(seen) > 1
    assert loss.dtype == torch.float32
    assert {weight.dtype for weight in classifier.model.parameters()} == {torch.float32}


def test_every_text_is_in_one_batch_of_an_epoch():
    classifier = new_classifier(texts(40), ClassifierSettings(**QUICK), "cpu")
    batches = TextBatches(classifier, texts(21), batch=4)
    sizes = [len(batch.gold) for batch in batches.epoch(np.random.default_rng(0))]
    assert sum(sizes) == 21 and len(sizes) == len(batches) == 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epochs": 0}, "--epochs"),
        ({"pooling": "best"}, "--pooling"),
        ({"frozen": True}, "--frozen"),
        ({"hidden": 7}, "--hidden"),
        ({"encoder": "./nowhere"}, "--encoder ./nowhere: no such folder"),
        ({"dropout": 1.0}, "--dropout"),
    ],
)
def test_bad_settings_are_refused_in_one_line(change, said):
    with pytest.raises(InputError) as caught:
        new_classifier(texts(4), ClassifierSettings(**change), "cpu")
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_class_that_training_lacks_is_named():
    classifier = new_classifier(texts(4), ClassifierSettings(**QUICK), "cpu")
    with pytest.raises(InputError, match="the class 'odd'"):
        TextBatches(classifier, [LabelledText(0, ("a",), "odd")], batch=1)
