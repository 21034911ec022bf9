"""A text classifier as a tagger: the class stands at the pseudo-word, and everything that explains mentions works on it."""

import json

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from liap.errors import InputError
from liap.records import CLASS_WORD, LabelledText
from liap.taggers.lstm_encoder import LstmConfig, LstmEncoder, word_tokenizer
from liap.taggers.pooling import POOLINGS, PooledHead
from liap.taggers.prediction import predict
from liap.taggers.tagger import Request, Tagger, Target
from liap.taggers.targets import target_of, target_probability
from liap.taggers.text_classifier import ClassifierShape, PooledClassifier, TextClassifier
from liap.taggers.transformer import load_tagger
from tests.taggers.conftest import build_wordpiece

TEXTS = [("the", "visit", "of", "John"), ("said", "Mary"), ("Rome", "was", "long", ",", "and", "Paris")]
SENTENCES = [(CLASS_WORD, *words) for words in TEXTS]


def make(kind="bert", pooling="attention", **options):
    torch.manual_seed(5)
    if kind == "lstm":
        tokenizer = word_tokenizer(TEXTS)
        encoder = LstmEncoder(LstmConfig(vocab_size=len(tokenizer), embedding_size=8, hidden_size=8))
        shape = ClassifierShape(("bad", "good", "odd"), pooling, inner=4, before=1, behind=0)
    else:
        tokenizer = build_wordpiece()
        config = BertConfig(
            vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
            initializer_range=0.4,
        )  # fmt: skip
        encoder = BertModel(config, add_pooling_layer=False)
        shape = ClassifierShape(("bad", "good", "odd"), pooling, inner=4)
    model = PooledClassifier(encoder, shape)
    with torch.no_grad():
        model.head.output.weight.normal_(std=1.0)
    return TextClassifier(model, tokenizer, device="cpu", **options)


@pytest.mark.parametrize("kind", ["bert", "lstm"])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_class_is_the_label_of_word_0_and_other_words_are_outside(kind, pooling):
    classifier = make(kind, pooling)
    assert isinstance(classifier, Tagger) and classifier.labels == ("O", "bad", "good", "odd")
    words = SENTENCES[0]
    answer = classifier.probabilities([Request(words, np.ones((1, 5), dtype=bool), "delete", np.arange(5))])[0]
    assert answer.shape == (1, 5, 4)
    assert np.allclose(answer.sum(axis=-1), 1) and (answer[0, 1:, 0] == 1).all() and answer[0, 0, 0] == 0
    with torch.no_grad():
        pieces = torch.from_numpy(classifier.encode(words).piece_ids)[None]
        logits = classifier.model(input_ids=pieces).logits[0, 0]
    assert np.allclose(answer[0, 0, 1:], torch.softmax(logits, -1).numpy(), atol=1e-6)


@pytest.mark.parametrize("kind", ["bert", "lstm"])
def test_every_text_has_one_mention_of_its_class(kind):
    classifier = make(kind)
    texts = [LabelledText(place, words, "good") for place, words in enumerate(TEXTS)]
    found = predict(classifier, [text.sentence for text in texts]).mentions
    best = classifier.class_probabilities(texts)
    for (mention,), row in zip(found, best, strict=True):
        assert (mention.start, mention.end) == (0, 1) and mention.gold_type == "good"
        assert mention.predicted_type == classifier.classes[row.argmax()]
        assert mention.probability == pytest.approx(row.max(), abs=1e-6)
        assert mention.outcome == ("correct" if mention.predicted_type == "good" else "wrong_type")
    assert classifier.accuracy(texts) == np.mean([row.argmax() == 1 for row in best])


@pytest.mark.parametrize("kind", ["bert", "lstm"])
@pytest.mark.parametrize("budget", [1, 24, 10_000])
def test_pads_never_change_an_answer(kind, budget):
    alone = [make(kind).class_probabilities([LabelledText(0, words, "x")])[0] for words in TEXTS]
    together = make(kind, pieces_per_batch=budget).class_probabilities(
        [LabelledText(place, words, "x") for place, words in enumerate(TEXTS)]
    )
    assert np.allclose(together, alone, atol=1e-6)
    weights = make(kind, pieces_per_batch=budget).pooling(SENTENCES)
    for words, row in zip(SENTENCES, weights, strict=True):
        assert np.allclose(row, make(kind).pooling([words])[0], atol=1e-6)


@pytest.mark.parametrize(("kind", "operator"), [("bert", "mask"), ("bert", "unk"), ("bert", "delete"), ("lstm", "unk")])
def test_hiding_words_is_what_the_model_says_without_them(kind, operator):
    classifier = make(kind)
    masks = np.array([[True, True, False, True, False], [True] * 5])
    answer = classifier.probabilities([Request(SENTENCES[0], masks, operator, np.zeros(1, dtype=int))])[0]
    token = {"delete": None, "mask": "[MASK]", "unk": "[UNK]"}[operator]
    kept = [word if keep else token for word, keep in zip(TEXTS[0], masks[0, 1:], strict=True)]
    ids = classifier.tokenizer(" ".join(word for word in kept if word), return_tensors="pt").input_ids
    with torch.no_grad():
        expected = torch.softmax(classifier.model(input_ids=ids).logits[0, 0], -1).numpy()
    assert np.allclose(answer[0, 0, 1:], expected, atol=1e-6)
    assert not np.allclose(answer[0], answer[1], atol=1e-4)


def test_attention_weighs_words_alone_and_sums_to_1():
    for kind in ("bert", "lstm"):
        for row in make(kind).pooling(SENTENCES):
            assert row[0] == 0 and row.sum() == pytest.approx(1, abs=1e-6) and (row[1:] > 0).all()
    even = make("bert", "mean").pooling([SENTENCES[1]])[0]
    assert np.allclose(even, [0, 0.5, 0.5])


def test_attention_is_the_softmax_of_the_published_score():
    head = PooledHead(6, 2, pooling="attention", inner=3, dropout=0.0)
    states, inside = torch.randn(1, 4, 6), torch.tensor([[False, True, True, False]])
    scores = (
        torch.tanh(states @ head.attention.inner.weight.T + head.attention.inner.bias) @ head.attention.vector.weight[0]
    )
    shares = torch.exp(scores[0, 1:3]) / torch.exp(scores[0, 1:3]).sum()
    assert torch.allclose(head.weights(states, inside)[0, 1:3], shares, atol=1e-6)
    pooled = shares[0] * states[0, 1] + shares[1] * states[0, 2]
    assert torch.allclose(head(states, inside)[0], head.output(pooled), atol=1e-5)


def test_a_text_whose_words_are_all_deleted_has_an_answer():
    for kind in ("bert", "lstm"):
        masks = np.array([[True, False, False]])
        answer = make(kind).probabilities([Request(SENTENCES[1], masks, "delete", np.zeros(1, dtype=int))])[0]
        assert np.isfinite(answer).all()


@pytest.mark.parametrize("kind", ["bert", "lstm"])
def test_gradients_are_those_of_p(kind):
    classifier = make(kind)
    mention = predict(classifier, [LabelledText(0, TEXTS[0], "good").sentence]).mentions[0][0]
    target = target_of("type", classifier.labels, SENTENCES[0], mention)
    (gradient,) = classifier.gradients([target])
    (places, batch), *_ = classifier.input_batches([target])
    at, step = (2, 3), 1e-3
    moved = []
    for sign in (1, -1):
        embeddings = batch.embeddings.clone()
        embeddings[0, at[0], at[1]] += sign * step
        with torch.no_grad():
            moved.append(float(batch.probability(embeddings, *batch.targets)[0]))
    assert gradient.gradient[at] == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=2e-2, abs=1e-5)
    assert places == [0]


def test_a_target_that_reads_the_word_behind_is_certain_there():
    classifier = make()
    sentence = LabelledText(0, TEXTS[0], "good").sentence
    mention = predict(classifier, [sentence]).mentions[0][0]
    entity = target_of("entity", classifier.labels, sentence.words, mention)
    masks = np.ones((1, 5), dtype=bool)
    answer = classifier.probabilities([Request(sentence.words, masks, "delete", entity.read)])[0]
    assert target_probability(answer, entity)[0] == pytest.approx(mention.probability, abs=1e-6)
    (_, batch), *_ = classifier.input_batches([entity])
    assert float(batch.probability(batch.embeddings, *batch.targets)[0]) == pytest.approx(mention.probability, abs=1e-6)


def test_what_the_classifiers_give():
    bert, lstm = make("bert"), make("lstm")
    assert bert.capabilities == {
        "attention",
        "value_attention",
        "embeddings",
        "gradients",
        "hidden_states",
        "edits",
        "pooling",
    }
    assert lstm.capabilities == {"embeddings", "gradients", "hidden_states", "pooling"}
    assert "pooling" not in make("bert", "first").capabilities
    assert bert.attention([SENTENCES[0]], [np.zeros(1, dtype=int)])[0].shape == (2, 2, 1, 5)
    assert lstm.hidden_states([SENTENCES[0]])[0].shape == (2, 5, 8)
    assert bert.representations(SENTENCES).shape == (3, 16)


@pytest.mark.parametrize("kind", ["bert", "lstm"])
def test_a_saved_classifier_is_the_same(tmp_path, kind):
    classifier = make(kind)
    classifier.save(tmp_path / "made")
    loaded = load_tagger(str(tmp_path / "made"), device="cpu")
    texts = [LabelledText(place, words, "x") for place, words in enumerate(TEXTS)]
    assert np.array_equal(loaded.class_probabilities(texts), classifier.class_probabilities(texts))
    assert loaded.classes == classifier.classes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"classes": 3}, "classes is no list"),
        ({"classes": ["a"]}, "two or more"),
        ({"pooling": "best"}, "--pooling must be one of"),
        ({"strange": 1}, "strange"),
        ({"inner": 5}, "no weights for this classifier"),
    ],
)
def test_a_folder_with_a_wrong_record_is_refused_in_one_line(tmp_path, change, said):
    make("lstm").save(tmp_path)
    record = json.loads((tmp_path / "classifier.json").read_text())
    (tmp_path / "classifier.json").write_text(json.dumps(record | change))
    with pytest.raises(InputError) as caught:
        load_tagger(str(tmp_path), device="cpu")
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_a_sentence_without_the_pseudo_word_is_refused():
    with pytest.raises(InputError, match="begins with the pseudo-word"):
        make().probabilities([Request(("a",), np.ones((1, 1), dtype=bool), "delete", np.zeros(1, dtype=int))])


def test_the_target_is_a_target():
    assert isinstance(target_of("type", ("O", "bad"), SENTENCES[1], _mention()), Target)


def _mention():
    from liap.records import Mention

    return Mention(0, 0, 0, 1, ("bad",), "bad", None, "no_gold", 0.5)
