"""F1 counts and intervals by hand, the share on syntactic heads on a model with known attention, and what masks do to it."""

import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from liap.guidance.alignment_measures import (
    entity_counts,
    f1,
    f1_difference,
    faithfulness,
    items_of,
    measure,
    structure,
)
from liap.guidance.alignment_settings import AlignmentSettings
from liap.guidance.masked_attention import UNTOUCHED, MaskedModel, MaskPlan
from liap.guidance.patterns import Annotated
from liap.records import Parse, Sentence
from liap.taggers.entity_f1 import entity_f1
from liap.taggers.prediction import Predictions, predict
from tests.toys import chain

TAGS = [("B-PER", "I-PER", "O", "B-LOC"), ("O", "I-LOC", "O"), ("B-LOC",), ("O", "B-PER")]
SAID = [("B-PER", "I-PER", "O", "B-PER"), ("O", "B-LOC", "O"), ("B-LOC",), ("O", "O")]


def sentence(index, tags, document):
    return Annotated(Sentence(index, document, tuple("abcd"[: len(tags)]), tags), chain(len(tags)))


def test_counts_by_document_and_f1_as_seqeval_has_it():
    annotated = [sentence(n, tags, document) for n, (tags, document) in enumerate(zip(TAGS, (7, 7, 9, 9), strict=True))]
    counts = entity_counts(annotated, Predictions(list(SAID), [()] * 4))
    assert counts.tolist() == [[1, 3, 2], [1, 1, 2]]
    assert float(f1(counts.sum(axis=0).astype(float))) == pytest.approx(entity_f1(TAGS, SAID)[-1].f1)
    without = entity_counts(annotated, Predictions([*SAID[:2], None, SAID[3]], [()] * 4))
    assert without.tolist() == [[1, 3, 2], [0, 0, 1]]
    assert float(f1(np.zeros(3))) == 0


def test_a_difference_of_f1_and_its_interval():
    better, worse = np.array([[9, 10, 10]] * 6), np.array([[5, 10, 10]] * 6)
    assert f1_difference(better, worse, resamples=200) == pytest.approx((0.4, 0.4, 0.4))  # every document alike
    mixed = np.array([[9, 10, 10], [5, 10, 10]] * 3)
    difference, low, high = f1_difference(mixed, worse, resamples=500)
    assert difference == pytest.approx(0.2) and 0 <= low < 0.2 < high <= 0.4
    assert f1_difference(mixed, mixed, resamples=200) == (0, 0, 0)
    assert math.isnan(f1_difference(better[:1], worse[:1], resamples=200)[1])


def corpus():
    words = [("ab", "c", "dea"), ("f", "gh", "i", "jkl", "m"), ("a",), ("b", "cd"), ("c", "a", "b", "d", "e", "fg")]
    draw = np.random.default_rng(0)
    return [
        Annotated(
            Sentence(n, n // 2, one, ("B-PER", *["O"] * (len(one) - 1))),
            Parse(
                (-1, *(int(draw.integers(word)) for word in range(1, len(one)))), ("d",) * len(one), ("X",) * len(one)
            ),
        )
        for n, one in enumerate(words)
    ]


def test_shares_on_heads_against_the_matrices(tiny):
    expected = []
    for one in corpus():
        matrix = tiny.attention([one.sentence.words], [np.arange(len(one.sentence.words))])[0]
        expected += [matrix[:, :, word, head] for word, head in enumerate(one.parse.heads) if head >= 0]
    mentions = predict(tiny, [one.sentence for one in corpus()]).mentions
    sums = NoRatios(2, 2)
    shares, ratios = structure(tiny, corpus(), mentions, lambda *_: sums)
    np.testing.assert_allclose(shares, np.mean(expected, axis=0), atol=1e-6)
    assert ratios.shape == (2, 2) and len(sums.seen) == sum(map(len, mentions)) > 2
    attention, mention, parse = sums.seen[0]
    own = next(one for one in corpus() if one.sentence.index == mention.sentence)
    rows = np.arange(mention.start, mention.end)
    np.testing.assert_allclose(attention, tiny.attention([own.sentence.words], [rows])[0], atol=1e-6)
    assert parse == own.parse
    assert np.isnan(structure(tiny, corpus()[2:3], [()], NoRatios)[0]).all()


@dataclass
class NoRatios:
    """Keeps what it sees."""

    layers: int
    heads: int
    seen: list = field(default_factory=list)

    def add(self, attention, mention, parse, frames):
        self.seen.append((attention, mention, parse))

    def ratios(self):
        return np.full((self.layers, self.heads), np.nan)


SETTINGS = AlignmentSettings(explain_sentences=0, masked_explain=0, special_tokens=False)


def test_masks_of_the_tree_leave_attention_on_the_tree_alone(tiny):
    model = MaskedModel(tiny, corpus(), SETTINGS)
    untouched, nothing = model.measure(UNTOUCHED, NoRatios)
    masked, extent = model.measure(MaskPlan("head", "all", "all", 1.0), NoRatios)
    assert nothing.spans == 0 and extent.spans == 17 and extent.uncovered == 0 and extent.kept == pytest.approx(12 / 17)
    assert (masked.head_shares > untouched.head_shares).all()
    # A word may attend to itself and its head alone, so both shares make up the whole.
    with_mask, _ = model.matrices(MaskPlan("head", "all", "all", 1.0))
    assert all(matrix.sum() == 2 * len(matrix) - 1 for matrix in with_mask.values())
    one_layer, _ = model.measure(MaskPlan("head", "all", "1", 1.0), NoRatios)
    np.testing.assert_allclose(one_layer.head_shares[0], untouched.head_shares[0], atol=1e-6)
    again, _ = model.measure(UNTOUCHED, NoRatios)
    assert np.array_equal(again.head_shares, untouched.head_shares) and np.array_equal(again.counts, untouched.counts)


def test_rows_of_mentions_alone(tiny):
    model = MaskedModel(tiny, corpus(), SETTINGS)
    spans = [span for inside in model.mentions for span in inside]
    assert spans
    matrices, extent = model.matrices(MaskPlan("neighbours/window", "mentions", "all", 1.0))
    assert extent.spans == len(spans)
    for one, inside in zip(corpus(), model.mentions, strict=True):
        matrix = matrices[one.sentence.words]
        free = np.ones(len(matrix), dtype=bool)
        for start, end in inside:
            free[start:end] = False
            assert matrix[start:end, start:end].all()
        assert matrix[free].all()


def test_faithfulness_is_that_of_the_evaluation(tiny):
    """The means over the rows of the ordinary loop."""
    from liap.evaluation import evaluate
    from liap.settings import MethodSettings

    annotated = corpus()
    items = items_of(annotated, predict(tiny, [one.sentence for one in annotated]).mentions)
    own = faithfulness(tiny, items)
    settings = MethodSettings(explainers=("attention", "liap", "matched_window"), variants=("syntactic",))
    rows = evaluate(tiny, items, settings).rows
    lfs = {name: np.array([row["lfs"] for row in rows if row["explainer"] == name]) for name in settings.explainers}
    assert own.mentions == len(lfs["attention"]) > 2
    assert own.lfs_attention == pytest.approx(np.nanmean(lfs["attention"]))
    assert own.lfs_difference == pytest.approx(np.nanmean(lfs["liap"] - lfs["matched_window"]))
    assert math.isnan(own.evidence_found) and math.isnan(faithfulness(tiny, []).lfs_attention)


def test_measured_on_the_first_sentences_alone(tiny):
    annotated = corpus()
    every, first = (measure(tiny, annotated, explain=explain, ratios=NoRatios) for explain in (len(annotated), 2))
    assert 0 < first.faithfulness.mentions < every.faithfulness.mentions
    assert np.array_equal(first.counts, every.counts)
