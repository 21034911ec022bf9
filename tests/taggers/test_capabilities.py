"""Capabilities of a transformer (gradients, input batches, hidden states, edits), on four architectures in two precisions."""

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.evaluation import evaluate
from liap.linguistics.annotation import Item
from liap.perturbation.view import Reading
from liap.records import Sentence
from liap.settings import MethodSettings
from liap.taggers.edits import second_feed_forward
from liap.taggers.tagger import Edit, Request
from liap.taggers.targets import target_probability
from liap.taggers.transformer import TransformerTagger
from tests.toys import chain, mention, tag_target

JOHN, PARIS = ("John", "Smith", "said", "cab"), ("the", "visit", "to", "Paris", "was", "long", ".")
TARGETS = [
    tag_target(words, np.array(span), np.array(labels))
    for words, span, labels in (
        (JOHN, [0, 1], [3, 4]),
        (("Mary",), [0], [3]),
        (PARIS, [3], [1]),
        (PARIS, [4, 5, 6], [1, 2, 2]),
    )
]
TOLERANCE = {"fp32": 1e-6, "bf16": 2e-2}


@pytest.fixture(params=TOLERANCE)
def precision(request):
    return request.param


def load(folder, **options):
    return TransformerTagger.load(str(folder), device="cpu", **options)


def p_of(tagger, target):
    """p by the way of masks."""
    request = Request(target.words, np.ones((1, len(target.words)), dtype=bool), "delete", target.span)
    return float(target_probability(tagger.probabilities([request])[0], target)[0])


def test_p_of_the_unchanged_embeddings_is_p(model_folder, precision):
    tagger = load(model_folder, precision=precision)
    found = {}
    for places, batch in tagger.input_batches(TARGETS):
        with torch.no_grad():
            found |= dict(zip(places, batch.probability(batch.embeddings, *batch.targets).tolist(), strict=True))
    assert sorted(found) == [0, 1, 2, 3]
    for place, target in enumerate(TARGETS):
        assert found[place] == pytest.approx(p_of(tagger, target), rel=TOLERANCE[precision])


def test_gradients_against_finite_differences(model_folder):
    tagger = load(model_folder)
    for (places, batch), generator in zip(
        tagger.input_batches(TARGETS), (torch.Generator().manual_seed(n) for n in range(9)), strict=False
    ):
        gradients = tagger.gradients([TARGETS[place] for place in places])
        for row, gradient in enumerate(gradients):
            pieces = len(gradient.word_of_piece)
            assert np.array_equal(gradient.embeddings, batch.embeddings[row, :pieces].numpy())
            for _ in range(3):
                change = torch.zeros_like(batch.embeddings)
                step = 0.05 * batch.embeddings[row, :pieces].abs().mean()
                change[row, :pieces] = step * torch.randn(gradient.gradient.shape, generator=generator)
                with torch.no_grad():
                    up, down = (
                        batch.probability(batch.embeddings + sign * change, *batch.targets)[row].double()
                        for sign in (1, -1)
                    )
                expected = float((up - down) / 2)
                along = float((gradient.gradient * change[row, :pieces].numpy()).sum())
                assert abs(expected) > 1e-6
                assert along == pytest.approx(expected, rel=0.03, abs=2e-6)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_gradients_do_not_depend_on_the_batch(model_folder, precision, rows):
    tagger = load(model_folder, precision=precision)
    alone = [tagger.gradients([target])[0] for target in TARGETS]
    tagger.pieces_per_batch = rows * max(len(gradient.word_of_piece) for gradient in alone)
    assert len(next(tagger.input_batches(TARGETS))[0]) == rows
    for one, other in zip(alone, tagger.gradients(TARGETS), strict=True):
        assert np.array_equal(one.word_of_piece, other.word_of_piece)
        assert one.words == other.words
        scale = np.abs(one.gradient).max()
        assert scale > 0
        np.testing.assert_allclose(other.gradient, one.gradient, atol=scale * (1e-4 if precision == "fp32" else 0.1))


def test_the_gradient_of_a_mention_is_its_own(tiny):
    """Two mentions of one sentence have different gradients; asking again for one changes nothing."""
    targets = [tag_target(("ab", "c", "d"), np.array([place]), np.array([1])) for place in (0, 2)]
    one, other = (gradient.gradient for gradient in tiny.gradients(targets))
    assert np.abs(one - other).max() > 1e-3
    assert all(weight.grad is None for weight in tiny.model.parameters())


def test_the_baseline_replaces_context_pieces_alone(model_folder):
    tagger = load(model_folder)
    look_up = tagger.model.get_input_embeddings()
    for places, batch in tagger.input_batches(TARGETS):
        tokens = {"mask": look_up(torch.tensor(tagger.mask_id)), "pad": look_up(torch.tensor(tagger.pad_id))}
        for kind, blank in (tokens | {"zero": torch.zeros_like(batch.embeddings[0, 0])}).items():
            baseline = batch.baseline(kind)
            for row, place in enumerate(places):
                target, encoding = TARGETS[place], batch.encodings[row]
                for number in range(baseline.shape[1]):
                    inside = number < encoding.pieces
                    word = encoding.word_of_piece[number] if inside else -1
                    replaced = word >= 0 and word not in target.span
                    expected = blank if replaced else batch.embeddings[row, number]
                    assert torch.equal(baseline[row, number], expected)


def test_a_baseline_needs_its_token_and_the_line_names_those_that_are_there(tiny_folder):
    tagger = TransformerTagger.load(str(tiny_folder))
    ((_, batch),) = tagger.input_batches([tag_target(("ab", "c"), np.array([0]), np.array([1]))])
    with pytest.raises(
        InputError, match=r"the baseline 'mean' needs a token .*; choose --ig-baseline mask or pad or zero$"
    ):
        batch.baseline("mean")
    tagger.mask_id = None
    with pytest.raises(InputError, match=r"the baseline 'mask' needs a token .*; choose --ig-baseline pad or zero$"):
        batch.baseline("mask")
    tagger.tokenizer.pad_token = None
    for kind in ("mask", "pad"):
        with pytest.raises(InputError, match=rf"the baseline '{kind}' needs a token .*; choose --ig-baseline zero$"):
            batch.baseline(kind)
    assert not batch.baseline("zero")[batch.replaced > 0].any()


def test_hidden_states_are_the_models_own(model_folder, precision):
    tagger = load(model_folder, precision=precision)
    sentences = [target.words for target in TARGETS[:3]]
    for words, states in zip(sentences, tagger.hidden_states(sentences), strict=True):
        encoding = tagger.encode(tuple(words))
        with torch.inference_mode(), tagger.autocast():
            ids = torch.from_numpy(encoding.piece_ids)[None]
            layers = tagger.model(input_ids=ids, output_hidden_states=True).hidden_states
        expected = torch.stack([layer[0, encoding.first_piece].float() for layer in layers]).numpy()
        assert states.shape == (3, len(words), 16)
        np.testing.assert_allclose(states, expected, atol=1e-5 if precision == "fp32" else 0.05)


def test_hidden_states_of_a_word_without_a_piece_are_nan(tiny):
    (states,) = tiny.hidden_states([("ab", "\u200b", "c")])
    assert np.isnan(states[:, 1]).all()
    assert np.isfinite(states[:, [0, 2]]).all()


def logits(tagger, words=JOHN):
    return tagger.logits(torch.from_numpy(tagger.encode(words).piece_ids)[None], None)


def hooks(tagger):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in tagger.model.modules())


@pytest.mark.parametrize("site", ["hidden", "feed_forward"])
def test_an_identity_edit_changes_nothing(model_folder, precision, site):
    tagger = load(model_folder, precision=precision)
    before, shapes, own = logits(tagger), [], hooks(tagger)  # transformers' own hooks record hidden states

    def keep(values):
        shapes.append(values.shape)
        return values

    with tagger.edited([Edit(layer, site, keep) for layer in (0, 1)]):
        assert hooks(tagger) == own + 2
        assert torch.equal(logits(tagger), before)
    assert hooks(tagger) == own
    pieces = tagger.encode(JOHN).pieces
    assert shapes == [(1, pieces, 16 if site == "hidden" else 32)] * 2
    assert torch.equal(logits(tagger), before)


def test_without_its_last_layer_a_model_answers_its_bias(model_folder, precision):
    tagger = load(model_folder, precision=precision)
    tagger.model.classifier.bias.data = torch.arange(5.0)
    with tagger.edited([Edit(1, "hidden", torch.zeros_like)]):
        assert torch.equal(logits(tagger), torch.arange(5.0).expand(1, tagger.encode(JOHN).pieces, 5))
    assert not torch.equal(logits(tagger)[0, 0], torch.arange(5.0))


def test_a_zeroed_feed_forward_leaves_its_bias(model_folder):
    """Zeroed neurons are the same as zeroed weights of the map that reads them."""
    tagger = load(model_folder)
    with tagger.edited([Edit(1, "feed_forward", torch.zeros_like)]):
        edited = logits(tagger)
    assert not torch.equal(edited, logits(tagger))
    second_feed_forward(tagger.architecture.layers[1]).weight.data.zero_()
    assert torch.equal(edited, logits(tagger))


def test_hooks_are_gone_after_an_exception(model_folder):
    tagger = load(model_folder)
    before, own = logits(tagger), hooks(tagger)

    def fail(values):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), tagger.edited([Edit(0, "hidden", fail), Edit(1, "feed_forward", fail)]):
        logits(tagger)
    assert hooks(tagger) == own
    assert torch.equal(logits(tagger), before)


@pytest.mark.parametrize(
    ("layer", "site", "said"), [(2, "hidden", "layer must lie in 0..1, got 2"), (0, "query", "site must be")]
)
def test_edits_that_do_not_fit_are_refused(tiny, layer, site, said):
    good, before = Edit(0, "hidden", torch.zeros_like), hooks(tiny)
    with pytest.raises(InputError, match=said), tiny.edited([good, Edit(layer, site, torch.zeros_like)]):
        pass
    assert hooks(tiny) == before


def test_edits_reach_masked_probabilities_and_gradients(tiny):
    """They change whatever the tagger computes inside the context."""
    target = tag_target(("ab", "c", "d"), np.array([0]), np.array([1]))
    p, gradient = p_of(tiny, target), tiny.gradients([target])[0].gradient
    with tiny.edited([Edit(1, "hidden", lambda values: 0 * values)]):
        bias = torch.softmax(tiny.model.classifier.bias, 0)[1]
        assert p_of(tiny, target) == pytest.approx(float(bias), abs=1e-6) != p
        assert not tiny.gradients([target])[0].gradient.any()
    assert np.array_equal(tiny.gradients([target])[0].gradient, gradient)


def test_hidden_states_show_the_edits(tiny):
    """Whether or not they were read before, and in the order of the edits."""
    for _ in range(2):
        changes = [Edit(0, "hidden", torch.zeros_like), Edit(0, "hidden", lambda values: values + 1)]
        with tiny.edited(changes):
            (states,) = tiny.hidden_states([("ab", "c")])
        assert (states[1] == 1).all()
        (states,) = tiny.hidden_states([("ab", "c")])
        assert not (states[1] == 1).any()


def test_each_capability_is_computed_once_for_a_chunk(tiny, monkeypatch):
    """However many explainers ask: one call for a chunk, or one for each of its sentences."""
    counts = {}

    def counted(name, real):
        def call(*arguments):
            counts[name] = counts.get(name, 0) + 1
            return real(*arguments)

        return call

    for name in ("attention", "piece_attention", "gradients", "hidden_states"):
        monkeypatch.setattr(tiny, name, counted(name, getattr(tiny, name)))
    items = [
        Item(
            Sentence(index, index, words),
            tuple(mention(start, start + 1, sentence=index, p=0.5) for start in starts),
            chain(len(words)),
            (),
        )
        for index, (words, starts) in enumerate([(("ab", "c", "d", "e"), (0, 3)), (("f", "gh", "a"), (1,))])
    ]
    attentive = (
        "liap",
        "matched_random",
        "matched_window",
        "liap_published",
        "attention",
        "rollout",
        "gradient_x_input",
    )
    evaluate(tiny, items, MethodSettings(explainers=attentive, ties="attention"))
    assert counts == {"attention": 1, "piece_attention": 2, "gradients": 1}
    reading = Reading(tiny, [item.sentence.words for item in items], [item.mentions for item in items])
    states = [view.hidden_states() for view in reading.views for _ in range(2)]
    assert counts["hidden_states"] == 1
    assert states[0] is states[2] and states[0].shape == (3, 4, 16)


def test_attention_between_pieces_is_kept_within_a_budget(tiny, monkeypatch):
    reading = Reading(tiny, [("ab", "c"), ("d", "e")], [(mention(0, 1),), (mention(0, 1),)])
    first = reading.piece_attention(0)
    assert reading.piece_attention(1) is reading.piece_attention(1)
    assert reading.piece_attention(0) is first
    monkeypatch.setattr("liap.perturbation.view.KEPT_BYTES", 1)
    reading = Reading(tiny, [("ab", "c"), ("d", "e")], [(mention(0, 1),), (mention(0, 1),)])
    first = reading.piece_attention(0)
    assert reading.piece_attention(0) is first
    reading.piece_attention(1)
    assert reading.piece_attention(0) is not first
    assert np.array_equal(reading.piece_attention(0).matrix, first.matrix)
