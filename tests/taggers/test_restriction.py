"""Restricted attention: nothing at weight 0, one layer of BERT computed slowly by hand, special tokens, padding, perturbed sentences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.taggers.restriction import outside_pieces
from liap.taggers.tagger import Request, Restriction
from liap.taggers.transformer import TransformerTagger
from tests.toys import tag_target

WORDS = (("ab", "c", "dea"), ("f", "gh", "i", "jkl", "m"), ("a",), ("b", "cd"))
FIRST = {words: np.random.default_rng(len(words)).random((len(words), len(words))) < 0.4 for words in WORDS}


def allowed(words):
    return FIRST[tuple(words)]


def request(words, operator="mask", hidden=()):
    masks = np.ones((1, len(words)), dtype=bool)
    masks[0, list(hidden)] = False
    return Request(words, masks, operator, np.arange(len(words)))


def probabilities(tagger, sentences=WORDS):
    return [answer[0] for answer in tagger.probabilities([request(words) for words in sentences])]


def by_hand(tagger, words, layer, weight, mask, *, special_tokens=True):
    """The layer's attention and output, pair by pair, in double precision from the model's weights."""
    encoding = tagger.encode(words)
    model = tagger.model.bert
    with torch.no_grad():
        states = model(torch.from_numpy(encoding.piece_ids)[None], output_hidden_states=True).hidden_states
    x = states[layer][0].double()
    weights = {name: value.double() for name, value in model.encoder.layer[layer].state_dict().items()}

    def linear(name, value):
        return value @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(name, value):
        scaled = (value - value.mean(-1, keepdim=True)) / (value.var(-1, unbiased=False, keepdim=True) + 1e-12).sqrt()
        return scaled * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    heads = tagger.model.config.num_attention_heads
    width = x.shape[1] // heads
    query, key, value = (linear(f"attention.self.{name}", x) for name in ("query", "key", "value"))
    attention = torch.zeros(heads, len(x), len(x), dtype=torch.float64)
    word = encoding.word_of_piece
    for head in range(heads):
        part = slice(head * width, (head + 1) * width)
        for row in range(len(x)):
            for column in range(len(x)):
                factor = 1.0
                if word[row] >= 0 and word[column] >= 0 and word[row] != word[column]:
                    factor = 1.0 if mask[word[row], word[column]] else 1 - weight
                elif word[row] >= 0 and word[column] < 0 and not special_tokens:
                    factor = 1 - weight
                attention[head, row, column] = factor * torch.exp(query[row, part] @ key[column, part] / width**0.5)
    attention /= attention.sum(-1, keepdim=True)
    mixed = torch.cat([attention[head] @ value[:, head * width : (head + 1) * width] for head in range(heads)], dim=1)
    middle = norm("attention.output.LayerNorm", linear("attention.output.dense", mixed) + x)
    inner = torch.nn.functional.gelu(linear("intermediate.dense", middle))
    return attention, norm("output.LayerNorm", linear("output.dense", inner) + middle)


@pytest.mark.parametrize("layers", [(), (0,), (0, 1)])
def test_weight_0_changes_no_bit(tiny, layers):
    before = probabilities(tiny), tiny.attention(WORDS, [np.arange(len(words)) for words in WORDS])
    with tiny.edited([Restriction(layers, 0.0, allowed)]):
        after = probabilities(tiny), tiny.attention(WORDS, [np.arange(len(words)) for words in WORDS])
    for one, other in zip(before, after, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_the_model_is_as_it_was_afterwards(tiny):
    before = probabilities(tiny)
    with tiny.edited([Restriction((0, 1), 1.0, allowed)]):
        inside = probabilities(tiny)
    assert tiny.restriction is None and tiny.model.config._attn_implementation == "sdpa"
    after = probabilities(tiny)
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))
    assert max(np.abs(one - other).max() for one, other in zip(before, inside, strict=True)) > 1e-3


@pytest.mark.parametrize("special_tokens", [True, False])
@pytest.mark.parametrize("weight", [0.3, 1.0])
@pytest.mark.parametrize("layer", [0, 1])
def test_a_layer_by_hand(tiny, layer, weight, special_tokens):
    words = WORDS[1]
    mask = np.zeros((5, 5), dtype=bool)
    mask[0, [1, 3]] = mask[3, 0] = mask[4, [2, 3]] = True  # words 1 and 2 attend to nothing but themselves
    attention, output = by_hand(tiny, words, layer, weight, mask, special_tokens=special_tokens)
    restriction = Restriction((layer,), weight, lambda _: mask, special_tokens=special_tokens)
    seen = []
    handle = tiny.model.bert.encoder.layer[layer].register_forward_hook(lambda *call: seen.append(call[2]))
    with tiny.edited([restriction]):
        tiny.probabilities([request(words)])
        pieces = tiny.piece_attention(words).matrix[layer]
    handle.remove()
    handed_on = seen[0][0] if isinstance(seen[0], tuple) else seen[0]
    np.testing.assert_allclose(handed_on.reshape(output.shape).double().numpy(), output.numpy(), atol=1e-5)
    np.testing.assert_allclose(pieces, attention.numpy(), atol=1e-6)
    if weight == 1:
        outside = outside_pieces(
            mask | np.eye(5, dtype=bool), tiny.encode(words).word_of_piece, special_tokens=special_tokens
        )
        assert outside.any() and (pieces[:, outside] == 0).all()
    np.testing.assert_allclose(pieces.sum(-1), 1, atol=1e-6)


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_batches_of_different_lengths(tiny, rows, monkeypatch):
    with tiny.edited([Restriction((0, 1), 1.0, allowed)]):
        alone = [probabilities(tiny, [words])[0] for words in WORDS]
        matrices = [tiny.attention([words], [np.arange(len(words))])[0] for words in WORDS]
        monkeypatch.setattr(tiny, "pieces_per_batch", rows * max(tiny.encode(words).pieces for words in WORDS))
        together = probabilities(tiny)
        joined = tiny.attention(WORDS, [np.arange(len(words)) for words in WORDS])
    for one, other in zip((*alone, *matrices), (*together, *joined), strict=True):
        np.testing.assert_allclose(other, one, atol=2e-6)


def test_a_mask_of_everything_changes_nothing_and_restrictions_add_up(tiny):
    before = probabilities(tiny)
    with tiny.edited([Restriction((0, 1), 1.0, lambda words: np.ones((len(words),) * 2, dtype=bool))]):
        everything = probabilities(tiny)
    for one, other in zip(before, everything, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)
    with tiny.edited([Restriction((1,), 0.5, allowed), Restriction((1,), 0.5, allowed)]):
        twice = probabilities(tiny)
    with tiny.edited([Restriction((1,), 0.75, allowed)]):
        once = probabilities(tiny)
    for one, other in zip(twice, once, strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)


@pytest.mark.parametrize("operator", ["mask", "unk", "delete"])
def test_a_word_keeps_its_mask_in_a_perturbed_sentence(tiny, operator):
    """With every word cut off from the others and from special tokens, hiding one changes only its own answer and the positions."""
    words = WORDS[1]
    lonely = Restriction((0, 1), 1.0, lambda w: np.zeros((len(w),) * 2, dtype=bool), special_tokens=False)
    with tiny.edited([lonely]):
        full, cut = (tiny.probabilities([request(words, operator, hidden)])[0][0] for hidden in ((), (4,)))
    np.testing.assert_allclose(cut[:4], full[:4], atol=1e-6)  # words before the hidden one
    kept = np.zeros((5, 5), dtype=bool)
    kept[4, 0] = kept[0, 4] = True
    pair = Restriction((0, 1), 1.0, lambda _: kept, special_tokens=False)
    with tiny.edited([pair]):
        full, cut = (tiny.probabilities([request(words, operator, hidden)])[0][0] for hidden in ((), (1,)))
    if operator != "delete":  # which moves later words
        np.testing.assert_allclose(cut[[0, 2, 3, 4]], full[[0, 2, 3, 4]], atol=1e-6)
        assert np.abs(cut[1] - full[1]).max() > 1e-4
    else:
        shorter = (words[0], *words[2:])
        moved = np.zeros((4, 4), dtype=bool)
        moved[3, 0] = moved[0, 3] = True
        with tiny.edited([Restriction((0, 1), 1.0, lambda _: moved, special_tokens=False)]):
            expected = tiny.probabilities([request(shorter)])[0][0]
        np.testing.assert_allclose(cut[[0, 2, 3, 4]], expected, atol=1e-6)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_pieces_follow_their_words(data):
    words = data.draw(st.integers(1, 5))
    word_of_piece = np.array(data.draw(st.lists(st.integers(-1, words - 1), min_size=1, max_size=9)))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=words**2, max_size=words**2))).reshape(words, words)
    mask |= np.eye(words, dtype=bool)
    special_tokens = data.draw(st.booleans())
    outside = outside_pieces(mask, word_of_piece, special_tokens=special_tokens)
    for row, one in enumerate(word_of_piece):
        for column, other in enumerate(word_of_piece):
            expected = one >= 0 and (not special_tokens if other < 0 else not mask[one, other])
            assert outside[row, column] == expected
        assert not outside[row, row]


@pytest.mark.parametrize("kind", ["bert", "distilbert", "roberta", "xlm_roberta"])
def test_other_architectures(kind, model_folders):
    """No attention outside the mask, and all of it inside."""
    tagger = TransformerTagger.load(str(model_folders[kind]), device="cpu")
    words = ("John", "Smith", "to", "Paris")
    mask = np.zeros((4, 4), dtype=bool)
    mask[0, 3] = mask[2, 1] = True
    with tagger.edited([Restriction((0, 1), 1.0, lambda _: mask, special_tokens=False)]):
        matrix = tagger.attention([words], [np.arange(4)])[0]
    assert (matrix[:, :, ~(mask | np.eye(4, dtype=bool))] == 0).all()
    np.testing.assert_allclose(matrix.sum(-1), 1, atol=1e-5)


def enter(tagger, restriction):
    with tagger.edited([restriction]):
        pass


def test_what_is_refused(tiny):
    with pytest.raises(InputError, match="weight must lie between 0 and 1, got 2"):
        enter(tiny, Restriction((0,), 2, allowed))
    with pytest.raises(InputError, match=r"layer must lie in 0\.\.1, got 2"):
        enter(tiny, Restriction((2,), 1.0, allowed))
    with tiny.edited([Restriction((0,), 1.0, allowed)]):
        with pytest.raises(InputError, match="gives no gradients"):
            tiny.gradients([tag_target(WORDS[0], np.array([0]), np.array([1]))])
        with pytest.raises(InputError, match="restricted already"):
            enter(tiny, Restriction((1,), 1.0, allowed))
        with pytest.raises(InputError, match="needs the words of each sentence"):
            tiny.piece_probabilities([np.array([2, 5, 3])])
    wrong = Restriction((0,), 1.0, lambda words: np.ones((1, 3), dtype=bool))
    with tiny.edited([wrong]), pytest.raises(InputError, match="boolean of shape"):
        probabilities(tiny)
    assert tiny.restriction is None and len(probabilities(tiny)) == 4
