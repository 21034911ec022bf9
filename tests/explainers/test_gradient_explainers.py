"""Gradient x input and integrated gradients: exact on linear toys, complete, and equal to captum called directly."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from liap.errors import InputError
from liap.evaluation import evaluate
from liap.explainers import EXPLAINERS
from liap.explainers.integrated_gradients import BASELINES, IntegratedGradientsSettings
from liap.linguistics.annotation import Item
from liap.records import Sentence
from liap.settings import MethodSettings
from liap.taggers.tagger import InputGradient, Target, sum_over_words
from tests.toys import ToyTagger, ToyView, cases_of, chain, items_of, mention, reading_of, toy_case

WORDS = ("abc", "d", "ef", "g", "hi")
TEXTS = ("x in Rome of y", "Rome to z")


def words_items(*spans):
    """Mentions of one sentence of the tiny recogniser."""
    mentions = tuple(mention(start, end, sentence=0, p=0.5) for start, end in spans)
    return [Item(Sentence(0, 0, WORDS), mentions, chain(len(WORDS)), ())]


def explained(tagger, items, **settings):
    """Integrated gradients of each mention, with the drop of p that they should add up to."""
    cases = cases_of(reading_of(tagger, items), items)
    answers = EXPLAINERS["integrated_gradients"](cases, IntegratedGradientsSettings(**settings))
    targets = [case.view.target for case in cases]
    drops = [0.0] * len(cases)
    for places, batch in tagger.input_batches(targets):
        with torch.no_grad():
            p = batch.probability(batch.embeddings, *batch.targets)
            blank = batch.probability(batch.baseline(settings.get("ig_baseline", "mask")), *batch.targets)
        for place, drop in zip(places, (p - blank).tolist(), strict=True):
            drops[place] = drop
    return [answer for (answer,) in answers], drops


@pytest.mark.parametrize("rows", [1, 4, 100])
def test_a_batch_has_no_more_pads_than_its_rows_allow(tiny, rows):
    """What a method repeats, it repeats with all pads: so many rows of each mention must fit into a pass together."""
    texts = ["a " * length for length in (2, 30, 3, 4)]
    items = [
        Item(Sentence(index, index, tuple(text.split())), (mention(0, 1, sentence=index),), None, ())
        for index, text in enumerate(texts)
    ]
    targets = [case.view.target for case in cases_of(reading_of(tiny, items), items)]
    budget, widths = tiny.budget(tiny.pieces_per_batch), {}
    for places, batch in tiny.input_batches(targets, rows):
        held, width = batch.embeddings.shape[:2]
        assert held == 1 or held * width * rows <= budget
        widths |= dict.fromkeys(places, width)
    assert sorted(widths) == [0, 1, 2, 3]
    assert (widths[0] < 32) == (rows == 100)


def test_gradient_x_input_on_a_linear_toy():
    """p = sum(gradient * embeddings): each word's score is its own part of p, special tokens have none."""
    generator = np.random.default_rng(1)
    embeddings, gradient = generator.normal(size=(2, 6, 3)).astype(np.float32)
    pieces = np.array([-1, 0, 0, 2, 3, -1])
    view = ToyView(input_gradient=InputGradient(embeddings, gradient, pieces, 4))
    ((explanation),) = EXPLAINERS["gradient_x_input"](toy_case("abcd", mention(3, 4), view))
    products = [
        float(sum(a * b for a, b in zip(*rows, strict=True))) for rows in zip(embeddings, gradient, strict=True)
    ]
    expected = [products[1] + products[2], 0.0, products[3], products[4]]
    assert explanation.scores[0] == pytest.approx(expected, abs=1e-6)
    assert explanation.passes == 2


def test_gradient_x_input_reads_the_taggers_gradient(tiny):
    items = words_items((0, 1), (3, 5))
    cases = cases_of(reading_of(tiny, items), items)
    for case, ((explanation),) in zip(cases, EXPLAINERS["gradient_x_input"](cases), strict=True):
        (gradient,) = tiny.gradients([case.view.target])
        expected = gradient.to_words((gradient.embeddings * gradient.gradient).sum(axis=1))
        assert explanation.scores[0] == pytest.approx(expected, abs=1e-6)
        assert np.abs(expected).max() > 0.01


@pytest.mark.parametrize("baseline", BASELINES)
def test_scores_add_up_to_the_drop_and_the_error_says_what_they_miss(tiny, baseline):
    items = words_items((0, 1), (2, 4), (4, 5))
    errors = []
    for steps in (2, 8, 128):
        explanations, drops = explained(tiny, items, ig_steps=steps, ig_baseline=baseline)
        for explanation, drop in zip(explanations, drops, strict=True):
            missed = explanation.columns["completeness_error"]
            assert explanation.scores.sum() - drop == pytest.approx(missed, abs=1e-5)
            assert explanation.passes == 2 * steps + 2
        errors.append(max(abs(explanation.columns["completeness_error"]) for explanation in explanations))
    assert max(abs(drop) for drop in drops) > 0.05
    assert errors[0] > 3 * errors[1] > 9 * errors[2]
    assert errors[2] < 1e-4


def test_the_baselines_differ(tiny):
    items = words_items((0, 1))
    mask, pad, zero = (explained(tiny, items, ig_baseline=name)[0][0].scores for name in BASELINES)
    assert np.abs(mask - pad).max() > 1e-3
    assert not tiny.model.get_input_embeddings().weight[tiny.pad_id].any()  # as BERT is initialised
    assert (zero == pad).all()


def test_the_mentions_own_words_get_nothing(tiny):
    for explanation, (start, end) in zip(
        explained(tiny, words_items((0, 1), (2, 4)))[0], ((0, 1), (2, 4)), strict=True
    ):
        assert not explanation.scores[0, start:end].any()
        assert explanation.scores[0].any()


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_scores_do_not_depend_on_the_batch(tiny, monkeypatch, rows):
    items = words_items((0, 1), (2, 4), (4, 5))
    expected = [explained(tiny, words_items(span), ig_steps=6)[0][0].scores for span in ((0, 1), (2, 4), (4, 5))]
    monkeypatch.setattr(tiny, "pieces_per_batch", rows * tiny.encode(WORDS).pieces)
    for explanation, alone in zip(explained(tiny, items, ig_steps=6)[0], expected, strict=True):
        assert explanation.scores == pytest.approx(alone, abs=1e-6)


def test_agrees_with_captum_called_directly(tiny):
    """One sentence, one mention of two words, the forward function written out for this recogniser."""
    from captum.attr import IntegratedGradients

    encoding = tiny.encode(WORDS)
    labels = [tiny.labels.index(tag) for tag in ("B-LOC", "I-LOC")]
    look_up = tiny.model.get_input_embeddings()

    def p(embeddings):
        logits = tiny.model(inputs_embeds=embeddings).logits
        chosen = [
            torch.softmax(logits[:, encoding.first_piece[2 + place]], -1)[:, label]
            for place, label in enumerate(labels)
        ]
        return (chosen[0] * chosen[1]).sqrt()

    ids = torch.from_numpy(encoding.piece_ids)
    embeddings = look_up(ids)[None]
    own = torch.tensor([word in (-1, 2, 3) for word in encoding.word_of_piece.tolist()])
    baseline = torch.where(own[:, None], embeddings, look_up(torch.tensor(tiny.mask_id)))
    direct = IntegratedGradients(p).attribute(embeddings, baseline, n_steps=20).sum(-1)[0].detach().numpy()
    expected = [direct[encoding.word_of_piece == word].sum() for word in range(len(WORDS))]
    (explanation,), _ = explained(tiny, words_items((2, 4)), ig_steps=20)
    assert explanation.scores[0] == pytest.approx(expected, abs=1e-5)


@dataclass
class LinearBatch:
    """p = sum(weights * embeddings), a piece a word."""

    embeddings: torch.Tensor
    weights: torch.Tensor
    spans: list[np.ndarray]
    asked: list[str]
    rows_at_once: int = 5

    @property
    def targets(self):
        return (torch.arange(len(self.embeddings)),)

    def probability(self, embeddings, place):
        return (embeddings * self.weights[place]).sum(dim=(1, 2))

    def baseline(self, token):
        self.asked.append(token)
        blank = torch.full_like(self.embeddings, -0.5)
        for row, span in enumerate(self.spans):
            blank[row, span] = self.embeddings[row, span]
        return blank

    def to_words(self, values):
        table = values.detach().double().numpy()
        return [sum_over_words(row, np.arange(len(row)), len(row)) for row in table]


class LinearTagger(ToyTagger):
    """A tagger whose p is linear in its input embeddings; its sentences come in batches of one, the last one first."""

    def input_batches(self, targets: list[Target], rows: int = 1):
        self.batches = getattr(self, "batches", [])
        for place in reversed(range(len(targets))):
            generator = torch.Generator().manual_seed(place)
            embeddings, weights = torch.randn((2, 1, len(targets[place].words), 4), generator=generator)
            batch = LinearBatch(embeddings, weights, [targets[place].span], [])
            self.batches.append((place, batch))
            yield [place], batch


@pytest.mark.parametrize("baseline", BASELINES)
def test_a_linear_tagger_is_explained_exactly(baseline):
    tagger = LinearTagger({"Rome": "B-LOC"}, {}, capabilities=frozenset(("embeddings",)))
    items = items_of(tagger, *TEXTS)
    cases = cases_of(reading_of(tagger, items), items)
    answers = EXPLAINERS["integrated_gradients"](cases, IntegratedGradientsSettings(ig_steps=2, ig_baseline=baseline))
    assert len(tagger.batches) == 2
    for place, batch in tagger.batches:
        ((explanation),) = answers[place]
        expected = ((batch.embeddings + 0.5) * batch.weights).sum(dim=2)[0].numpy()
        expected[cases[place].mention.start] = 0
        assert explanation.scores[0] == pytest.approx(expected, abs=1e-5)
        assert explanation.columns["completeness_error"] == pytest.approx(0, abs=1e-5)
        assert batch.asked == [baseline]


def test_the_column_is_filled_by_its_explainer_alone(tiny):
    settings = MethodSettings(
        explainers=("attention", "integrated_gradients", "gradient_x_input"),
        options={"integrated_gradients": IntegratedGradientsSettings(ig_steps=3)},
    )
    rows = evaluate(tiny, words_items((0, 1), (2, 4)), settings).rows
    assert len(rows) == 6
    for row in rows:
        filled = row["explainer"] == "integrated_gradients"
        assert np.isnan(row["completeness_error"]) != filled
        assert row["passes"] == {"attention": 1, "integrated_gradients": 8, "gradient_x_input": 2}[row["explainer"]]
    without = evaluate(tiny, words_items((0, 1)), MethodSettings(explainers=("attention",))).rows
    assert "completeness_error" not in without[0]


@dataclass
class TanhBatch(LinearBatch):
    """p = (1 + tanh(sum(weights * embeddings))) / 2."""

    def probability(self, embeddings, place):
        return (1 + torch.tanh(super().probability(embeddings, place))) / 2


class TanhTagger(LinearTagger):
    """A tagger whose p is a tanh of its input embeddings; the first two words have the same weights and embeddings."""

    def input_batches(self, targets: list[Target], rows: int = 1):
        for (place,), linear in super().input_batches(targets, rows):
            weights, embeddings = linear.weights / 4, linear.embeddings
            weights[:, 1], embeddings[:, 1] = weights[:, 0], embeddings[:, 0]
            batch = TanhBatch(embeddings, weights, linear.spans, [])
            self.batches[-1] = (place, batch)
            yield [place], batch


def test_a_tanh_of_the_input_is_explained_in_closed_form():
    """Each word's share of the sum inside tanh, times the drop of p: complete, and the same for two words that are the same."""
    tagger = TanhTagger({"Rome": "B-LOC"}, {}, capabilities=frozenset(("embeddings",)))
    items = items_of(tagger, "x y Rome of z")
    ((explanation,),) = EXPLAINERS["integrated_gradients"](
        cases_of(reading_of(tagger, items), items), IntegratedGradientsSettings(ig_steps=60)
    )
    ((_, batch),) = tagger.batches
    blank = batch.baseline("mask")
    drop = float(batch.probability(batch.embeddings, 0) - batch.probability(blank, 0))
    inside = ((batch.embeddings - blank) * batch.weights).sum(dim=2)[0].numpy()
    assert abs(drop) > 0.1
    assert explanation.scores[0] == pytest.approx(inside / inside.sum() * drop, abs=1e-5)
    assert explanation.scores.sum() == pytest.approx(drop, abs=1e-5)
    assert explanation.scores[0][0] == pytest.approx(explanation.scores[0][1])
    assert explanation.columns["completeness_error"] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"ig_baseline": "mean"}, "--ig-baseline must be among mask, pad, zero"), ({"ig_steps": 1}, "--ig-steps must be")],
)
def test_settings_that_cannot_be(settings, said):
    with pytest.raises(InputError, match=said):
        IntegratedGradientsSettings(**settings)
