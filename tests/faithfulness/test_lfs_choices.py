"""LFS by choice: hand counts of the kept-K score with a shared bottom, ties by attention, and agreement with LFS itself."""

import numpy as np
import pytest

from liap.evaluation import evaluate
from liap.faithfulness.lfs import LfsSettings
from liap.faithfulness.lfs_choices import lfs_choices
from liap.faithfulness.ranking import rank
from liap.linguistics.annotation import Item
from liap.records import Sentence
from liap.settings import TARGETS, MethodSettings
from tests.toys import ToyTagger, chain, items_of, mention

CONTEXT = "a b c d e f".split()
WEIGHTS = {"a": 0.1, "b": 0.05, "c": 0.2, "d": 0.0, "e": 0.04, "f": 0.01}


class Attentive(ToyTagger):
    """A toy with one head, which pays each word what `received` says."""

    received = np.array([0.0, 0.3, 0.1, 0.05, 0.25, 0.2, 0.1])  # of Rome, a, b, c, d, e, f

    def attention(self, sentences, rows):
        return [
            np.tile(self.received[: len(words)], (1, 1, len(row), 1))
            for words, row in zip(sentences, rows, strict=True)
        ]


@pytest.fixture
def tagger():
    return Attentive({"Rome": "B-LOC"}, WEIGHTS, capabilities=frozenset({"attention"}), layers_and_heads=(1, 1))


def row_of(tagger, explainer="attention", heads=None, **settings):
    """The row of the mention Rome in `Rome a b c d e f`; with `heads`, a tree in which they hang on it."""
    sentence = Sentence(0, 0, ("Rome", *CONTEXT))
    parse = chain(7) if heads is None else type(chain(7))(heads, ("dep",) * 7, ("X",) * 7)
    item = Item(sentence, (mention(0, 1, sentence=0),), parse, ())
    method = MethodSettings(
        explainers=(explainer,), metrics=("lfs", "lfs_choices"), variants=("syntactic",), **settings
    )
    (row,) = evaluate(tagger, [item], method).rows
    return row


def test_unpruned_attention_by_hand(tagger):
    """By attention a, d, e | b, f, c: the drops of the tag at the top are .1, 0, .04, at the bottom .05, .01, .2."""
    row = row_of(tagger, target="tag")
    assert row["lfs"] == row["lfs_tag_random"] == row["lfs_tag_attention"] == pytest.approx(0.14 / 0.40)
    assert row["lfs_tag_kept1"] == pytest.approx(0.1 / (0.1 + 0.2))  # a against c
    assert row["lfs_tag_kept2"] == pytest.approx(0.1 / (0.1 + 0.21))  # a, d against c, f
    assert row["lfs_tag_kept3"] == pytest.approx(0.14 / 0.40)


def test_kept_words_by_hand(tagger):
    """Words c and e hang on Rome. Within the mask attention ranks e before c; outside it, attention ranks a, d, b, f."""
    row = row_of(tagger, "liap", heads=(-1, 2, 3, 0, 3, 0, 5), target="tag")
    assert row["kept"] == 2
    assert row["lfs_tag_attention"] == pytest.approx(
        (0.04 + 0.2 + 0.1) / (0.34 + 0.0 + 0.05 + 0.01)
    )  # e, c, a; d, b, f
    assert row["lfs_tag_kept1"] == pytest.approx(0.04 / (0.04 + 0.2))  # e against c, the least attended word
    assert row["lfs_tag_kept2"] == pytest.approx(0.24 / (0.24 + 0.21))  # e, c against c, f: c counts at both ends


def test_targets_share_their_passes_and_differ_as_their_drops(tagger):
    """What a word takes from B-LOC goes to the other four labels alike, a quarter of it to I-LOC: drops of the type are 3/4."""
    row = row_of(tagger, target="type")
    passes = tagger.meter.passes
    assert row["lfs_type_random"] == pytest.approx(row["lfs_tag_random"])
    assert row["important"] == pytest.approx(0.75 * 0.14)
    tagger.calls.clear()
    for target in TARGETS:
        row_of(tagger, target=target)
    assert tagger.calls == [7, 7, 7]
    assert passes == 7


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("ties", ["random", "attention"])
def test_the_choice_of_the_run_is_lfs_itself(tiny, target, ties):
    words = tuple("ab c d ef gh a b cd".split())
    item = Item(Sentence(0, 0, words), (mention(2, 4, sentence=0),), chain(8), ())
    method = MethodSettings(
        explainers=("liap", "matched_random", "matched_window", "attention", "random"),
        metrics=("lfs", "lfs_choices"),
        target=target,
        ties=ties,
        options={"lfs": LfsSettings(k=3)},
    )
    rows = [row for row in evaluate(tiny, [item], method).rows if not row["reason"]]
    assert len(rows) >= 4
    for row in rows:
        assert row[f"lfs_{target}_{ties}"] == pytest.approx(row["lfs"], abs=1e-12)


def test_without_attention_what_needs_it_is_empty():
    tagger = ToyTagger({"Rome": "B-LOC"}, WEIGHTS)
    method = MethodSettings(explainers=("occlusion",), metrics=("lfs_choices",))
    (row,) = evaluate(tagger, items_of(tagger, "a b Rome c"), method).rows
    known = {column.name for column in lfs_choices.columns if not np.isnan(row[column.name])}
    assert known == {f"lfs_{target}_random" for target in TARGETS}


def test_ties_by_places_keep_scores_in_order():
    ranked = rank(np.array([[2.0, 1.0, 1.0, 0.0, 1.0]]), np.array([[0, 3, 1, 0, 2]]))
    assert ranked.order.tolist() == [[0, 2, 4, 1, 3]]
    assert ranked.ties_by(np.array([4, 0, 3, 1, 2])).order.tolist() == [[0, 1, 4, 2, 3]]
