"""The real program of the peers' side: captum and lime in this environment, all peers in `.venv-peers` where it is built."""

import sys
from pathlib import Path

import numpy as np
import pytest

from liap.errors import InputError
from liap.peers import own_side, peer_defects, peer_tables
from liap.peers.comparison import ALONE, OWN, Comparison
from liap.peers.own_side import Budget
from liap.peers.peer_cases import first_word
from liap.peers.peer_process import PeerSide, find_python
from liap.records import Mention, Sentence
from liap.taggers.transformer import load_tagger

BUDGET = Budget(steps=6, samples=30, evaluations=30, seed=0)


def make_case(tagger, index, words, start, end):
    mention = Mention(index, 0, start, end, ("B-LOC", *["I-LOC"] * (end - start - 1)), "LOC", None, "no_gold", 0.5)
    return first_word(tagger, Sentence(index, 0, tuple(words.split())), mention)


@pytest.fixture(scope="module")
def tagger(tiny_folder):
    return load_tagger(str(tiny_folder), device="cpu")


@pytest.fixture(scope="module")
def cases(tagger):
    """A word of several pieces, a full stop, and a word that stands in the sentence twice."""
    return [
        make_case(tagger, 0, "a bcd e f . g", 3, 5),
        make_case(tagger, 1, "ab c ab d e", 2, 3),
    ]


@pytest.fixture(scope="module")
def side(tiny_folder):
    with PeerSide(Path(sys.executable), str(tiny_folder), threads=1) as opened:
        yield opened


def test_only_installed_peers_answer(side):
    assert {peer for peer, _ in side.routes} == {"captum", "lime"}
    assert side.versions["captum"] and side.about["threads"] == 1


def test_a_case_is_the_first_word_with_its_own_tag(tagger, cases):
    assert (cases[0].mention.start, cases[0].mention.end, cases[0].whole.end) == (3, 4, 5)
    assert tagger.labels[cases[0].label] == "B-LOC"


@pytest.mark.parametrize("explainer", ["integrated_gradients", "gradient_x_input", "leave_one_out"])
def test_captum_with_our_definition_gives_our_values(tagger, cases, side, explainer):
    _, own = own_side.explained(tagger, cases, explainer, BUDGET)
    for case, scores in zip(cases, own, strict=True):
        answer = side.explain("captum", f"same_{explainer}", case.message, BUDGET.message)
        theirs = peer_defects.to_words(case.sentence.words, answer["units"], answer["scores"])
        context = case.mention.context(len(case.sentence.words))
        assert np.abs(scores[context]).max() > 1e-4  # not all zero
        np.testing.assert_allclose(np.array(theirs)[context], scores[context], rtol=1e-4, atol=2e-6)


def test_one_by_one_and_together_give_the_same(tagger, cases):
    for explainer in own_side.OWN_NAMES:
        together, alone = (
            own_side.explained(tagger, cases, explainer, BUDGET, one_by_one=way)[1] for way in (False, True)
        )
        for one, other in zip(together, alone, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_the_comparison_has_a_row_for_each_way_and_counts_real_rows(tagger, cases, side):
    comparison = Comparison(tagger, side, cases, BUDGET)
    measured = comparison.measure(2, say=lambda line: None)
    assert set(measured) == {(name, engine) for name in own_side.OWN_NAMES for engine in (OWN, ALONE)} | {
        ("lime", "lime"), ("integrated_gradients", "captum"), ("leave_one_out", "captum"),
    }  # fmt: skip
    rows = peer_tables.peer_rows(measured, cases, comparison.same_values())
    assert all(row.cpu_seconds > 0 and row.mentions == 2 and row.repeats == 2 for row in rows)
    own = [row for row in rows if row.engine == OWN]
    assert all(row.ratio == 1 for row in own) and all(np.isnan(row.largest_difference) for row in own)
    by_captum = {row.explainer: row.largest_difference for row in rows if row.engine == "captum"}
    assert max(by_captum.values()) < 1e-5
    defects = {
        (row.explainer, row.defect): row for row in peer_tables.defect_rows(measured, [], cases, comparison.fillers)
    }
    assert defects["lime", "word_unscored"].affected == 1  # the full stop is no word to it
    assert defects["lime", "words_joined"].affected == 1  # "ab" twice is one feature
    assert defects["lime", "place_moved"].affected == 2  # it removes words before the place
    assert defects["leave_one_out", "special_perturbed"].affected == 2
    assert defects["leave_one_out", "word_cut"].affected == 2
    assert defects["leave_one_out", "place_moved"].affected == 0
    assert all(row.affected == 0 for (_, defect), row in defects.items() if defect == peer_defects.FAILED)


def test_our_benchmark_is_timed(tagger, cases):
    spent = own_side.benchmarked(tagger, cases, BUDGET)
    assert spent.cpu > 0 and spent.seconds > 0


@pytest.fixture(scope="module")
def every_peer(tiny_folder):
    try:
        python = find_python()
    except InputError as error:
        pytest.skip(str(error))
    with PeerSide(python, str(tiny_folder), threads=1) as opened:
        yield opened


@pytest.mark.slow
def test_every_peer_explains(every_peer, cases):
    assert {peer for peer, _ in every_peer.routes} == {"ferret", "captum", "lime", "shap", "transformers-interpret"}
    for peer, explainer in every_peer.routes:
        answer = every_peer.explain(peer, explainer, cases[1].message, BUDGET.message, watch=True)
        assert len(answer["units"]) == len(answer["scores"]) and answer["cpu"] > 0
        if explainer == "every_token":
            assert answer["notes"]["entries"] < answer["notes"]["tokens"]  # equal tokens overwrite each other
    answer = every_peer.benchmark(cases[1].message, BUDGET.message, watch=True)
    assert set(answer["scores"]["LIME"]) == {"aopc_compr", "aopc_suff", "taucorr_loo"}
    assert answer["rows"] and answer["evaluate"][1] > 0
