"""Every architecture for token classification: what its recogniser gives is right, and what it lacks is refused in one line.

A tiny model of each is built by `tools/recognisers.py`, saved, and loaded as a user's. Its windows are shorter than the sentences here.
"""

import copy
import importlib.util
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from liap.errors import InputError
from liap.evaluation import check_needs
from liap.settings import MethodSettings
from liap.taggers.edits import second_feed_forward
from liap.taggers.tagger import Edit, Request
from liap.taggers.transformer import TransformerTagger
from liap.taggers.word_attention import piece_attention
from tests.toys import tag_target

PROJECT = Path(__file__).parents[2]
LONG, SHORT, MIDDLE = ("abcdefg", "h", "ijklm", "nop", "q"), ("xyz", "ab"), ("st", "uvwx", "e", "d", "cb")
SENTENCES = (LONG, SHORT, MIDDLE)  # 19, 7 and 12 pieces
MIXED = ("bert", "gpt2", "llama", "modernbert", "gpt_oss", "gemma2", "t5", "deberta-v2", "falcon", "mpnet", "xlnet")
WEIGHTED = ("bert", "roberta", "distilbert", "electra", "xlm-roberta", "albert", "llama", "modernbert", "qwen3")
CAUSAL = ("gpt2", "llama", "qwen3", "mistral", "bloom", "gpt_neo", "falcon")


def _tool():
    specification = importlib.util.spec_from_file_location("recognisers", PROJECT / "tools" / "recognisers.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


tool = _tool()


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """A recogniser of a kind, or how it is refused."""

    @cache
    def loaded(kind, precision="fp32", **overrides):
        try:
            return tool.tiny_tagger(kind, tmp_path_factory.mktemp("model"), precision, **overrides)
        except InputError as refusal:
            return refusal

    return loaded


@pytest.fixture(params=tool.KINDS)
def tagger(request, load):
    """A recogniser of each architecture that loads."""
    recogniser = load(request.param)
    if isinstance(recogniser, InputError):
        assert "\n" not in str(recogniser)
        pytest.skip("refused")
    return recogniser


def reference(tagger, words, **overrides):
    """Attention of a model that is built with eager attention and run alone."""
    model = tool.tiny_model(tagger.architecture.name, "eager", **overrides)
    model.load_state_dict(tagger.model.state_dict())
    model.to(next(tagger.model.parameters()).dtype)
    ids = torch.from_numpy(tagger.encode(words).piece_ids)[None]
    with torch.inference_mode(), tagger.autocast():
        model(input_ids=ids)  # BigBird chooses its attention in the first pass
        matrices = model(input_ids=ids, output_attentions=True).attentions
    return torch.stack([matrix[0].float() for matrix in matrices]).numpy()


def lacks(tagger, capability, call):
    """Whether the capability is not there; if so, using it must say so in one line."""
    if capability in tagger.capabilities:
        return False
    with pytest.raises(
        InputError, match=f"does not give {capability.replace('_', ' ')}: .*; occlusion and lime work$"
    ) as caught:
        call()
    assert "\n" not in str(caught.value)
    return True


def assert_attention(tagger, tolerance, **overrides):
    encodings = [tagger.encode(words) for words in SENTENCES]
    rows = [np.arange(1, encoding.pieces, 2) for encoding in encodings]
    together = piece_attention(tagger, encodings, rows)
    for words, encoding, chosen, matrix in zip(SENTENCES, encodings, rows, together, strict=True):
        expected = reference(tagger, words, **overrides)[:, :, chosen]
        assert matrix.shape == expected.shape
        assert matrix.shape[:2] == tagger.layers_and_heads
        np.testing.assert_allclose(matrix, expected, atol=tolerance, rtol=2e-6)
        alone = piece_attention(tagger, [encoding], [np.arange(encoding.pieces)])[0][:, :, chosen]
        np.testing.assert_allclose(alone, expected, atol=tolerance, rtol=2e-6)


def test_attention_is_what_the_model_computes(tagger):
    if lacks(tagger, "attention", lambda: tagger.attention([LONG], [np.array([0])])):
        assert tagger.layers_and_heads == (0, 0)
    else:
        assert_attention(tagger, 1e-6)


@pytest.mark.parametrize("kind", WEIGHTED)
def test_value_attention_of_encoders_and_shared_key_heads(load, kind):
    """A word that gets no attention brings no vector; the norms are not those of attention alone."""
    tagger = load(kind)
    rows = [np.arange(len(words)) for words in SENTENCES]
    for norms, attention in zip(
        tagger.value_attention(SENTENCES, rows), tagger.attention(SENTENCES, rows), strict=True
    ):
        assert norms.shape == (len(attention), 1, *attention.shape[2:])
        reached = attention.sum(axis=1, keepdims=True) > 0
        assert (norms[reached] > 0).all() and not norms[~reached].any()


@pytest.mark.parametrize("kind", ["gpt2", "deberta-v2"])
def test_value_attention_that_is_not_given_is_said(load, kind):
    tagger = load(kind)
    assert "attention" in tagger.capabilities
    assert lacks(tagger, "value_attention", lambda: tagger.value_attention([LONG], [np.array([0])]))


@pytest.mark.parametrize("precision", ["bf16", "bf16-weights"])
@pytest.mark.parametrize("kind", MIXED)
def test_attention_in_bfloat16(load, kind, precision):
    tagger = load(kind, precision)
    assert tagger.capabilities == load(kind).capabilities
    assert_attention(tagger, 3e-2)


@pytest.mark.parametrize("kind", CAUSAL)
def test_causal_models_give_no_attention_to_future_pieces(load, kind):
    matrix = load(kind).piece_attention(LONG).matrix
    assert not np.triu(matrix, 1).any()
    np.testing.assert_allclose(matrix.sum(axis=-1), 1, atol=1e-5)


def test_each_row_has_its_own_window(load):
    """ModernBERT's second layer sees two pieces to either side."""
    matrix = load("modernbert").piece_attention(LONG).matrix
    distance = np.abs(np.subtract.outer(np.arange(19), np.arange(19)))
    assert not matrix[1][:, distance > 2].any()
    assert matrix[1][:, distance <= 2].all()
    assert matrix[0].all()


def test_a_configuration_decides(load):
    """Falcon's eager attention and its fast kernel disagree with ALiBi; T5Gemma's encoder alone has attention of its own."""
    assert "attention" not in load("falcon", alibi=True).capabilities
    encoder = load("t5gemma", is_encoder_decoder=False)
    assert encoder.capabilities == load("bert").capabilities - {"value_attention"}
    assert_attention(encoder, 1e-6, is_encoder_decoder=False)


def test_gradients_against_a_finite_difference(tagger):
    target = tag_target(LONG, np.array([0, 3]), np.array([1, 2]))
    if lacks(tagger, "gradients", lambda: tagger.gradients([target])):
        assert lacks(tagger, "embeddings", lambda: list(tagger.input_batches([target])))
        return
    other = tag_target(SHORT, np.array([1]), np.array([3]))
    gradient = tagger.gradients([other, target])[1].gradient
    ((_, batch),) = tagger.input_batches([target])
    direction = torch.from_numpy(gradient)[None] / np.linalg.norm(gradient)
    size = np.linalg.norm(gradient)
    assert min(abs(slope(batch, direction, step) / size - 1) for step in (3e-5, 1e-4, 1e-3)) < 0.02


def slope(batch, direction, step):
    """Of p along the direction; the step is a share of the embeddings. Experts that are switched within a step spoil it."""
    step = step * batch.embeddings.norm()
    with torch.no_grad():
        up, down = (batch.probability(batch.embeddings + sign * step * direction, *batch.targets) for sign in (1, -1))
    return float((up.double() - down.double()) / (2 * step))


def test_hidden_states_do_not_depend_on_padding(tagger):
    if lacks(tagger, "hidden_states", lambda: tagger.hidden_states([LONG])):
        return
    for words, states in zip(SENTENCES, tagger.hidden_states(SENTENCES), strict=True):
        ids = torch.from_numpy(tagger.encode(words).piece_ids)[None]
        with torch.inference_mode():
            layers = tagger.model(input_ids=ids, output_hidden_states=True).hidden_states
        expected = torch.stack(layers)[:, 0, tagger.encode(words).first_piece].numpy()
        np.testing.assert_allclose(states, expected, atol=1e-4 * np.abs(expected).max())


def test_an_edited_layer_hands_on_what_it_is_given(tagger):
    """Each layer's output for one sentence, put into the pass over another, gives the first one's logits."""
    if lacks(tagger, "edits", lambda: tagger.edited([])):
        return
    ids = torch.randint(5, 31, (1, 12), generator=torch.Generator().manual_seed(0))
    seen = {}

    def keep(layer):
        return lambda values: seen.setdefault(layer, values)

    layers = range(len(tagger.architecture.layers))
    with tagger.edited([Edit(layer, "hidden", keep(layer)) for layer in layers]):
        expected = tagger.logits(ids, None)
    assert torch.equal(tagger.logits(ids, None), expected)
    assert len(seen) == tagger.hidden_states([SHORT])[0].shape[0] - 1
    for layer in layers:
        with tagger.edited([Edit(layer, "hidden", lambda _values, layer=layer: seen[layer])]):
            torch.testing.assert_close(tagger.logits(ids.flip(1), None), expected, rtol=1e-4, atol=1e-4)
    assert (tagger.logits(ids.flip(1), None) - expected).abs().max() > 1e-2


def test_feed_forward_edits_reach_the_neurons_or_are_refused(tagger):
    """Zeroed neurons are the same as zeroed weights of the map that reads them."""
    if not tagger.architecture.layers:
        return
    ids = torch.arange(5, 17)[None]
    try:
        weight = second_feed_forward(tagger.architecture.layers[0]).weight
    except InputError:
        with (
            pytest.raises(InputError, match=r"use the site hidden$"),
            tagger.edited([Edit(0, "feed_forward", torch.zeros_like)]),
        ):
            pass
        return
    before, kept = tagger.logits(ids, None), weight.clone()
    with tagger.edited([Edit(0, "feed_forward", torch.zeros_like)]):
        edited = tagger.logits(ids, None)
    weight.data.zero_()
    zeroed = tagger.logits(ids, None)
    weight.data.copy_(kept)
    torch.testing.assert_close(edited, zeroed)
    assert (edited - before).abs().max() > 1e-4
    assert torch.equal(tagger.logits(ids, None), before)


def test_probabilities_do_not_depend_on_the_batch(tagger):
    requests = [
        Request(words, ~np.eye(len(words), dtype=bool), operator, np.arange(len(words)))
        for words in (MIDDLE, SHORT)
        for operator in ("mask", "delete")
    ]
    together = tagger.probabilities(requests)
    for request, answer in zip(requests, together, strict=True):
        for mask, probabilities in zip(request.masks, answer, strict=True):
            alone = Request(request.words, mask[None], request.operator, request.read)
            np.testing.assert_allclose(tagger.probabilities([alone])[0][0], probabilities, atol=1e-5)
    assert np.nanstd(together[0], axis=0).max() > 1e-3


def test_the_longest_sentence_that_fits_is_answered(tagger):
    if tagger.max_pieces <= 64:
        words = ("a",) * (tagger.max_pieces - 2)
        assert tagger.fits(words) and not tagger.fits((*words, "a"))
        assert np.isfinite(
            tagger.probabilities([Request(words, np.ones((1, len(words)), bool), "mask", np.array([0]))])[0]
        ).all()


def test_an_explainer_that_needs_attention_is_refused_before_any_work(load):
    settings = MethodSettings(explainers=("attention",))
    with pytest.raises(InputError, match="needs attention, which this recogniser does not give"):
        check_needs(load("longformer"), settings, parsed=False)
    check_needs(load("longformer"), MethodSettings(explainers=("occlusion", "lime")), parsed=False)


@pytest.mark.parametrize("kind", ["layoutlm", "layoutlmv2", "layoutlmv3", "lilt", "bros", "markuplm"])
def test_models_of_more_than_text_are_refused_by_their_configuration(tmp_path, kind):
    """Before tokenizer and weights are looked for."""
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind, "id2label": {"0": "O", "1": "B-X"}}))
    with pytest.raises(InputError, match="as well, which sentences do not have; expected a model of text alone"):
        TransformerTagger.load(str(tmp_path))


def test_a_model_of_chance_is_refused(load, monkeypatch):
    tagger = load("bert")
    real = TransformerTagger.logits
    monkeypatch.setattr(TransformerTagger, "logits", lambda *inputs: real(*inputs) * torch.rand(()))
    with pytest.raises(InputError, match=r"this recogniser \(bert\) answers the same input differently each time"):
        tool.architectures.examine(tagger)


def test_the_page_says_what_recognisers_give(load):
    """`python tools/recognisers.py` writes it."""
    if f"transformers {transformers.__version__}:" not in tool.PAGE.read_text(encoding="utf-8"):
        pytest.skip("the page was written for another version of transformers")
    rows = [tool.row(kind, load(kind)) for kind in tool.KINDS]
    assert tool.page(rows) == tool.PAGE.read_text(encoding="utf-8")


def test_what_is_given_does_not_hang_on_rounding(load):
    """Sharp attention in bfloat16 differs between kernels by more than any tolerance; what the model gives stays the same."""
    single = load("bert")
    model = copy.deepcopy(single.model)
    for layer in model.bert.encoder.layer:
        layer.attention.self.query.weight.data *= 30
    tagger = TransformerTagger(model, single.tokenizer, precision="bf16", device="cpu")
    assert tagger.capabilities == single.capabilities
    assert tagger.precision == "bf16"
