"""LIME on toy scorers with known coefficients, and on a tiny recogniser."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.evaluation import evaluate
from liap.explainers import EXPLAINERS
from liap.explainers.lime import FIRST_PLACE, MASKED, LimeSettings, masks_of, text_of
from liap.linguistics.annotation import Item
from liap.records import Mention, Parse, Sentence
from liap.settings import MethodSettings
from liap.taggers.transformer import TransformerTagger
from tests.toys import ToyView, mention, toy_case

WORDS = ("the", "visit", "NEW", "YORK", "the", "said", ".")
START, END = 2, 4
CONTEXT = np.array([0, 1, 4, 5, 6])
SLOPES = np.array([0.2, 0.0, 0.0, 0.0, -0.1, 0.05, 0.0])  # of every word of the sentence: "the" twice, differently


class Toy(ToyView):
    """A view linear in its mask: p = 0.4 + slopes at the kept words."""

    def __init__(self, slopes=SLOPES):
        super().__init__(p=self.score)
        self.slopes = slopes

    def score(self, masks, operator):
        assert operator == "unk"
        return 0.4 + masks @ self.slopes

    @property
    def samples(self):
        return self.seen[-1]


def case(view, words=WORDS, start=START, end=END, *, sentence=7, **settings):
    return toy_case(words, mention(start, end, sentence=sentence), view, **settings)


def explain(view, *place, lime_samples=1000, **changes):
    (one,) = EXPLAINERS["lime"](case(view, *place, **changes), LimeSettings(lime_samples=lime_samples))
    return one


def test_weights_of_a_linear_recogniser_are_its_slopes():
    one = explain(Toy())
    assert one.scores[0] == pytest.approx(SLOPES, abs=0.01)
    assert (one.operator, one.passes, one.scores.shape) == ("unk", 2**5, (1, len(WORDS)))  # a pass per set of words


def test_equal_words_at_two_places_have_their_own_weights():
    scores = explain(Toy()).scores[0]
    assert WORDS[0] == WORDS[4]
    assert scores[0] == pytest.approx(0.2, abs=0.01)
    assert scores[4] == pytest.approx(-0.1, abs=0.01)


def test_the_regression_is_the_published_one():
    """Ridge with penalty 1 under an exponential kernel of width 25 on 100 cosine distances, written out."""
    generator = np.random.default_rng(0)
    toy = Toy()
    bend = generator.normal(size=(len(WORDS), len(WORDS))) * 0.01
    toy.p = lambda masks, operator: toy.score(masks, operator) + np.einsum("mi,ij,mj->m", masks, bend, masks)
    found = explain(toy, lime_samples=300).scores[0]
    kept = toy.samples[:, CONTEXT].astype(float)
    share = np.sqrt(kept.mean(axis=1))  # cosine with the unperturbed sentence
    weights = np.sqrt(np.exp(-((100 * (1 - share)) ** 2) / 25**2))
    target = toy.p(toy.samples, "unk")
    kept, target = (one - np.average(one, axis=0, weights=weights) for one in (kept, target))
    expected = np.linalg.solve(kept.T * weights @ kept + np.eye(len(CONTEXT)), kept.T * weights @ target)
    assert found[CONTEXT] == pytest.approx(expected, abs=1e-9)


def test_the_masks_are_the_packages_own_samples(monkeypatch):
    from lime.lime_base import LimeBase

    real, drawn = LimeBase.explain_instance_with_data, []

    def keep(self, data, *arguments, **options):
        drawn.append(data)
        return real(self, data, *arguments, **options)

    monkeypatch.setattr(LimeBase, "explain_instance_with_data", keep)
    toy = Toy()
    explain(toy)
    assert drawn[0].shape == (1000, len(CONTEXT))
    assert (toy.samples[:, CONTEXT] == drawn[0]).all()
    assert len(np.unique(toy.samples, axis=0)) == 2 ** len(CONTEXT)


def test_the_mentions_own_words_are_never_perturbed():
    toy = Toy(SLOPES + np.array([0, 0, 0.3, 0.1, 0, 0, 0]) / 2)
    scores = explain(toy).scores[0]
    assert toy.samples[0].all()
    assert toy.samples[:, START:END].all()
    assert not scores[START:END].any()


def test_the_seed_decides_and_only_the_mention_and_seed():
    one = explain(Toy(), lime_samples=50).scores
    assert (explain(Toy(), lime_samples=50).scores == one).all()
    np.random.seed(5)  # of no account: the package draws from its own state
    assert (explain(Toy(), lime_samples=50).scores == one).all()
    assert (explain(Toy(), lime_samples=50, seed=1).scores != one).any()
    assert (explain(Toy(), lime_samples=50, sentence=8).scores != one).any()


def test_edges():
    alone = explain(Toy(np.array([0.0, 0.3])), ("NAME", "a"), 0, 1).scores[0]
    assert (
        0 == alone[0] < alone[1] < 0.3
    )  # the kernel gives a sentence without context little weight, the penalty shrinks it
    assert explain(Toy(np.array([0.0])), ("NAME",), 0, 1).scores.tolist() == [[0.0]]
    unknown = explain(ToyView(p=lambda masks, operator: np.full(len(masks), np.nan)))
    assert (unknown.scores, unknown.reason) == (None, "no_pieces")


@given(st.data())
def test_texts_are_read_back_as_the_masks_they_stand_for(data):
    words = data.draw(st.integers(1, 40))
    start = data.draw(st.integers(0, words - 1))
    end = data.draw(st.integers(start + 1, words))
    context = np.array([word for word in range(words) if not start <= word < end], dtype=int)
    rows = data.draw(
        st.lists(st.lists(st.booleans(), min_size=len(context), max_size=len(context)), min_size=1, max_size=5)
    )
    full = text_of(len(context))
    texts = ["".join(letter if kept else MASKED for letter, kept in zip(full, row, strict=True)) for row in rows]
    masks = masks_of(texts, context, words)
    assert masks[:, context].tolist() == rows
    assert masks[:, start:end].all()


def test_a_text_that_is_no_perturbation_is_refused():
    with pytest.raises(AssertionError):
        masks_of([chr(FIRST_PLACE + 1) + MASKED], np.array([0, 2]), 3)


def test_weights_do_not_depend_on_the_batch(tiny_folder):
    words = ("ab", "c", "ab", "def", "a", "gh")
    mentions = tuple(Mention(0, 0, start, start + 1, ("B-PER",), "PER", None, "spurious", 0.5) for start in (0, 2))
    item = Item(Sentence(0, 0, words), mentions, Parse((-1,) * 6, ("root",) * 6, ("X",) * 6), ())
    settings = MethodSettings(explainers=("lime",), options={"lime": LimeSettings(lime_samples=60)})
    found = []
    for rows in (1, 2, 3, 100):
        tagger = TransformerTagger.load(str(tiny_folder), pieces_per_batch=13 * rows)
        outcome = evaluate(tagger, [item], settings)
        found.append(np.stack([one.scores["lime"] for one in outcome.scores]))
    assert np.abs(found[0]).max() > 0.01
    assert np.abs(found[0][0] - found[0][1]).max() > 0.01
    for other in found[1:]:
        assert other == pytest.approx(found[0], abs=1e-5)
