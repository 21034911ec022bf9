"""Targets on hand-made tables of probabilities, and `entity` against every labelling of a sentence."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.records import Mention
from liap.taggers.label_schemes import scheme_of
from liap.taggers.tagger import Request
from liap.taggers.targets import target_of, target_probability

IOB2 = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC")
WORDS = ("Mr", "John", "Smith", "said")
TABLE = np.array(
    [
        [0.7, 0.1, 0.1, 0.05, 0.05],
        [0.1, 0.6, 0.1, 0.15, 0.05],
        [0.2, 0.1, 0.5, 0.1, 0.1],
        [0.6, 0.1, 0.2, 0.05, 0.05],
    ]
)
SCHEMES = {
    "IOB2": IOB2,
    "IOB1": ("O", "I-PER", "B-PER", "I-LOC"),
    "IO": ("O", "I-PER", "I-LOC"),
    "plain": ("O", "PER", "LOC"),
    "BIOES": ("O", "B-PER", "I-PER", "E-PER", "S-PER", "B-LOC", "E-LOC", "S-LOC"),
    "BILOU": ("O", "B-PER", "I-PER", "L-PER", "U-PER"),
    "BIOS": ("O", "B-PER", "I-PER", "S-PER"),
}


def mention(start, end, tags, kind="PER"):
    return Mention(0, 0, start, end, tags, kind, None, "no_gold", 0.5)


def p_of(kind, table=TABLE, one=None, labels=IOB2):
    one = one or mention(1, 3, ("B-PER", "I-PER"))
    target = target_of(kind, labels, WORDS[: len(table)], one)
    return float(target_probability(table[None][:, target.read], target)[0])


def test_the_three_targets_on_a_hand_made_table():
    assert p_of("tag") == pytest.approx((0.6 * 0.5) ** 0.5, rel=1e-12)
    assert p_of("type") == pytest.approx((0.7 * 0.6) ** 0.5, rel=1e-12)
    assert p_of("entity") == pytest.approx(0.6 * 0.5 * (1 - 0.2), rel=1e-12)


def test_a_boundary_that_moves_is_no_other_type():
    moved = TABLE.copy()
    moved[1] = [0.1, 0.1, 0.6, 0.15, 0.05]  # B-PER and I-PER change places
    assert p_of("type", moved) == pytest.approx(p_of("type"), rel=1e-12)
    assert p_of("tag", moved) < p_of("tag") and p_of("entity", moved) < p_of("entity")


def test_a_word_beside_the_mention_without_a_piece_counts_as_certain():
    gone = TABLE.copy()
    gone[3] = np.nan
    assert p_of("entity", gone) == pytest.approx(0.6 * 0.5, rel=1e-12)
    gone[2] = np.nan
    assert all(np.isnan(p_of(kind, gone)) for kind in ("tag", "type", "entity"))


def labellings(table, labels, wanted):
    """The probability, over all labellings of the words, that the entity `wanted` is among those marked."""
    scheme, total = scheme_of(labels), 0.0
    for choice in itertools.product(range(len(labels)), repeat=len(table)):
        if wanted in scheme.entities([labels[label] for label in choice]):
            total += float(np.prod([table[word, label] for word, label in enumerate(choice)]))
    return total


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("span", [(0, 1), (1, 2), (0, 2), (1, 3), (3, 4), (0, 4)])
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_entity_is_the_probability_of_all_labellings_that_mark_it(name, span, seed):
    """Exact where every part of the mention has one way to be marked, a lower bound where schemes leave several."""
    labels, size = SCHEMES[name], span[1] - span[0]
    table = np.random.default_rng(seed).dirichlet(np.ones(len(labels)), size=4)
    tags = {
        "IOB2": ("B-PER", *["I-PER"] * (size - 1)),
        "IOB1": ("I-PER",) * size,
        "IO": ("I-PER",) * size,
        "plain": ("PER",) * size,
        "BIOES": ("S-PER",) if size == 1 else ("B-PER", *["I-PER"] * (size - 2), "E-PER"),
        "BILOU": ("U-PER",) if size == 1 else ("B-PER", *["I-PER"] * (size - 2), "L-PER"),
        "BIOS": ("S-PER",) if size == 1 else ("B-PER", *["I-PER"] * (size - 1)),
    }[name]
    found = p_of("entity", table, mention(*span, tags), labels)
    expected = labellings(table, labels, ("PER", *span))
    if name == "IOB1" or (name == "BIOS" and size == 1):
        assert found <= expected + 1e-12
    else:
        assert found == pytest.approx(expected, rel=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_no_target_is_less_probable_than_a_stricter_one(seed):
    table = np.random.default_rng(seed).dirichlet(np.ones(len(IOB2)), size=4)
    assert p_of("type", table) >= p_of("tag", table) - 1e-12
    assert p_of("tag", table) >= p_of("entity", table) - 1e-12


@pytest.mark.parametrize("kind", ["tag", "type", "entity"])
def test_gradients_are_those_of_the_same_p(tiny, kind):
    """p by the way of embeddings equals p by the way of masks, and its gradient a finite difference."""
    words, one = ("ab", "c", "d", "ef"), mention(1, 3, ("B-PER", "I-PER"))
    target = target_of(kind, tiny.labels, words, one)
    ((_, batch),) = tiny.input_batches([target])
    answers = tiny.probabilities([Request(words, np.ones((1, 4), dtype=bool), "mask", target.read)])[0]
    p = float(batch.probability(batch.embeddings, *batch.targets)[0])
    assert p == pytest.approx(float(target_probability(answers, target)[0]), abs=1e-6)
    gradient = tiny.gradients([target])[0].gradient
    step = 1e-3 * gradient / np.linalg.norm(gradient)
    import torch

    moved = [
        float(batch.probability(batch.embeddings + sign * torch.tensor(step)[None], *batch.targets)[0])
        for sign in (1, -1)
    ]
    assert (moved[0] - moved[1]) / 2e-3 == pytest.approx(np.linalg.norm(gradient), rel=0.05)
