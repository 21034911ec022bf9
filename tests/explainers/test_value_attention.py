"""Value-weighted attention: by hand, against vectors gathered through hooks, and on several architectures."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from liap.explainers import EXPLAINERS
from liap.linguistics.annotation import Item
from liap.records import Sentence
from liap.taggers.attention_norms import vectors
from liap.taggers.transformer import TransformerTagger
from tests.toys import ToyView, cases_of, chain, mention, reading_of, toy_case

WORDS = ("abc", "d", "ef", "g", "hi")


def one_item(words, *spans):
    mentions = tuple(mention(start, end, sentence=0, p=0.5) for start, end in spans)
    return [Item(Sentence(0, 0, tuple(words)), mentions, chain(len(words)), ())]


def scores_of(tagger, words, *spans, name="value_attention", **settings):
    items = one_item(words, *spans)
    cases = cases_of(reading_of(tagger, items), items, **settings)
    return [explanation.scores[0] for (explanation,) in EXPLAINERS[name](cases)]


def test_the_vectors_of_two_heads_are_summed_before_the_norm():
    """One row, two pieces, two heads of one dimension each: alpha_1 = (.5, .5), alpha_2 = (.25, .75).

    Values: head 1 (2, 4), head 2 (8, 4). W_O maps head 1 to (1, 0) and head 2 to (0, 1), and then both to (1, 0) with opposite signs.
    """
    shares = torch.tensor([[[[0.5, 0.5]], [[0.25, 0.75]]]])
    values = torch.tensor([[[[2.0], [4.0]], [[8.0], [4.0]]]])
    projection = nn.Linear(2, 2)
    with torch.no_grad():
        projection.weight.copy_(torch.eye(2))
    found = vectors(shares, values, projection)
    assert found[0, 0].tolist() == [[1.0, 2.0], [2.0, 3.0]]
    with torch.no_grad():
        projection.weight.copy_(torch.tensor([[1.0, -1.0], [0.0, 0.0]]))
    assert vectors(shares, values, projection)[0, 0].tolist() == [[-1.0, 0.0], [-1.0, 0.0]]
    assert vectors(shares, values, projection, heads=[1])[0, 0].tolist() == [[-2.0, 0.0], [-3.0, 0.0]]


@pytest.mark.parametrize("precision", ["bf16", "bf16-weights"])
def test_reduced_precision_gives_nearly_the_same_scores(tiny_folder, precision):
    exact, reduced = (
        scores_of(TransformerTagger.load(str(tiny_folder), precision=name, device="cpu"), WORDS, (1, 2))[0]
        for name in ("fp32", precision)
    )
    others = [0, 2, 3, 4]
    assert reduced[others] == pytest.approx(exact[others], rel=0.1)


def test_query_heads_that_share_a_value():
    shares = torch.rand((1, 4, 2, 3))
    values, projection = torch.rand((1, 2, 3, 5)), nn.Linear(20, 7)
    each = torch.stack([values[:, 0], values[:, 0], values[:, 1], values[:, 1]], dim=1)
    assert torch.equal(vectors(shares, values, projection), vectors(shares, each, projection))


def test_layers_and_rows_are_averaged_and_the_mention_gets_nothing():
    norms = np.array([[[[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]], [[[5.0, 6.0, 7.0], [5.0, 6.0, 9.0]]]])

    class Norms(ToyView):
        def value_attention(self, heads):
            self.heads = heads
            return norms

    view = Norms()
    ((explanation),) = EXPLAINERS["value_attention"](toy_case("abc", mention(0, 2), view))
    assert explanation.scores[0].tolist() == [0.0, 0.0, 5.0]
    assert (explanation.passes, view.heads) == (1, ())
    ((explanation),) = EXPLAINERS["value_attention"](toy_case("abc", mention(0, 2), view, layers="1", heads="0,2"))
    assert explanation.scores[0].tolist() == [0.0, 0.0, 8.0]
    assert view.heads == (0, 2)


def directly(tagger, words, start, end, heads=None):
    """Loops over layers, heads and pieces, with eager attention and the modules of BERT, read through hooks."""
    encoding = tagger.encode(words)
    model = type(tagger.model)(copy.deepcopy(tagger.model.config))  # its attention changes below
    model.load_state_dict(tagger.model.state_dict())
    model.set_attn_implementation("eager")
    model.eval()
    read = {}
    for number, layer in enumerate(model.bert.encoder.layer):
        value = layer.attention.self.value
        value.register_forward_hook(lambda _one, _inputs, output, number=number: read.__setitem__(number, output[0]))
    with torch.no_grad():
        found = model(torch.from_numpy(encoding.piece_ids)[None], output_attentions=True).attentions
    count = model.config.num_attention_heads
    expected = np.zeros(len(words))
    for number, layer in enumerate(model.bert.encoder.layer):
        weight = layer.attention.output.dense.weight.detach()
        size = weight.shape[0] // count
        for word in range(start, end):
            rows = [piece for piece, of in enumerate(encoding.word_of_piece) if of == word]
            for row in rows:
                for piece, of in enumerate(encoding.word_of_piece):
                    if of < 0 or start <= of < end:
                        continue
                    vector = torch.zeros(weight.shape[0])
                    for head in heads or range(count):
                        part = slice(head * size, (head + 1) * size)
                        vector += found[number][0, head, row, piece] * (weight[:, part] @ read[number][piece, part])
                    expected[of] += float(vector.norm()) / len(rows) / (end - start)
    return expected / len(model.bert.encoder.layer)


@pytest.mark.parametrize(("start", "end"), [(0, 1), (2, 4), (4, 5)])
def test_agrees_with_vectors_gathered_through_hooks(tiny, start, end):
    (scores,) = scores_of(tiny, WORDS, (start, end))
    expected = directly(tiny, WORDS, start, end)
    assert scores == pytest.approx(expected, abs=1e-5)
    assert expected.max() > 0.05
    (attention,) = scores_of(tiny, WORDS, (start, end), name="attention")
    outside = np.flatnonzero(scores)
    assert np.ptp(scores[outside] / attention[outside]) > 0.05  # it is not attention over again


def test_chosen_heads_are_summed_alone(tiny):
    (scores,) = scores_of(tiny, WORDS, (2, 4), heads="1")
    assert scores == pytest.approx(directly(tiny, WORDS, 2, 4, heads=[1]), abs=1e-5)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_norms_do_not_depend_on_the_batch(tiny, monkeypatch, rows):
    sentences = (WORDS, ("a", "bb"), ("c", "ddd", "e"))
    places = [np.array([0]), np.array([0, 1]), np.array([1])]
    alone = [tiny.value_attention([words], [chosen])[0] for words, chosen in zip(sentences, places, strict=True)]
    monkeypatch.setattr("liap.taggers.attention_norms.PIECES_PER_BATCH", rows * tiny.encode(WORDS).pieces)
    for one, other in zip(tiny.value_attention(sentences, places), alone, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_weighted_vectors_add_up_to_the_layers_own_output(tiny):
    """Completeness: the norms are those of vectors whose sum, with the bias, is the output of attention in every layer."""
    assert tiny.architecture.projections == tuple(
        layer.attention.output.dense for layer in tiny.model.bert.encoder.layer
    )


def test_a_model_without_such_a_map_says_so(tiny_folder, monkeypatch):
    from liap.errors import InputError
    from liap.evaluation import check_needs
    from liap.settings import MethodSettings

    monkeypatch.setattr("liap.taggers.attention_norms.find_projections", lambda *_: ())
    tagger = TransformerTagger.load(str(tiny_folder))
    assert "value_attention" not in tagger.capabilities
    assert "attention" in tagger.capabilities
    with pytest.raises(InputError, match=r"does not give value attention: no linear map .* occlusion and lime work$"):
        tagger.value_attention([WORDS], [np.array([0])])
    with pytest.raises(InputError, match=r"^--explainers value_attention needs value attention, which"):
        check_needs(tagger, MethodSettings(explainers=("value_attention",)), parsed=False)


def test_a_map_that_does_more_than_project_is_not_taken(tiny_folder):
    """A layer whose output is scaled after the map's product with the weights: the vectors do not add up to it."""
    tagger = TransformerTagger.load(str(tiny_folder))
    dense = tagger.model.bert.encoder.layer[1].attention.output.dense
    hook = dense.register_forward_hook(lambda _one, _inputs, output: 2 * output)
    tagger.__dict__.pop("architecture", None)
    assert "value_attention" not in tagger.capabilities
    hook.remove()
    tagger.__dict__.pop("architecture")
    assert "value_attention" in tagger.capabilities
