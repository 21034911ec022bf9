"""The Python API: what a notebook does, on a tiny recogniser."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import liap
from liap.api import ExplainedMention

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def tagger(tiny_folder):
    return liap.load_tagger(str(tiny_folder))


@pytest.fixture(scope="module")
def mentions(tagger):
    found = liap.explain(tagger, "a bc def\nghij k l mn o p", explainers=("occlusion", "attention", "random"))
    assert found
    return found


def test_every_public_name_loads_and_is_documented():
    for name in liap.__all__:
        value = getattr(liap, name)
        assert name.startswith("__") or isinstance(value, dict) or value.__doc__, name
    assert set(dir(liap)) >= set(liap.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        liap.nothing  # noqa: B018


def test_importing_the_api_loads_nothing_heavy():
    heavy = "{'torch', 'transformers', 'spacy', 'pandas', 'matplotlib', 'datasets', 'captum', 'lime'}"
    code = f"import sys, liap; print(sorted(set(sys.modules) & {heavy}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_package_says_that_it_is_typed():
    assert (Path(liap.__file__).parent / "py.typed").is_file()


def test_word_scores_and_faithfulness_are_those_of_the_loop(tagger, mentions):
    from liap.linguistics.annotation import without_structure

    sentences = liap.read_text("a bc def\nghij k l mn o p")
    predicted = [mention for of_one in liap.predict(tagger, sentences).mentions for mention in of_one]
    settings = liap.MethodSettings(explainers=("occlusion", "attention", "random"), metrics=("lfs",))
    outcome = liap.evaluate(tagger, without_structure(sentences, predicted), settings)
    assert [one.mention for one in mentions] == [one.mention for one in outcome.scores]
    for one, expected in zip(mentions, outcome.scores, strict=True):
        assert set(one.scores) == {"occlusion", "attention"}  # random has draws
        for method, scores in expected.scores.items():
            assert (one.scores[method] == scores).all()
    rows = [row for row in outcome.rows if row["explainer"] == "occlusion"]
    for one, row in zip(mentions, rows, strict=True):
        assert one.faithfulness["occlusion"]["lfs"] == pytest.approx(row["lfs"], nan_ok=True)


def test_scoring_an_explanation_of_ones_own(tagger, mentions):
    one = next(one for one in mentions if one.mention.context(len(one.sentence.words)).sum() > 1)
    settings = liap.MethodSettings(explainer_operator="mask")
    found = liap.explain(tagger, one.sentence, explainers=("occlusion",), settings=settings)
    same = next(
        other for other in found if (other.mention.start, other.mention.end) == (one.mention.start, one.mention.end)
    )
    scored = liap.score(tagger, one.sentence, one.mention, same.scores["occlusion"])
    assert scored["lfs"] == pytest.approx(same.faithfulness["occlusion"]["lfs"], abs=1e-6)
    opposite = liap.score(tagger, one.sentence, one.mention, -same.scores["occlusion"])
    assert opposite["lfs"] == pytest.approx(1 - scored["lfs"], abs=1e-6)


def test_own_scores_of_another_length_are_refused(tagger, mentions):
    one = mentions[0]
    with pytest.raises(liap.InputError, match="expected one number for each"):
        liap.score(tagger, one.sentence, one.mention, [1.0])


def test_top_words_leave_out_the_mention(mentions):
    for one in mentions:
        top = one.top_words("occlusion", 100)
        assert len(top) == int(one.mention.context(len(one.sentence.words)).sum())
        assert [score for _, score in top] == sorted((score for _, score in top), reverse=True)


def test_structure_needs_a_parser(tagger):
    with pytest.raises(liap.InputError, match="needs a parse"):
        liap.explain(tagger, "a b c", explainers=("liap",))


def test_gold_structure_serves_liap(tagger, small_corpus):
    sentences = liap.read_corpus(str(small_corpus), "test")
    found = liap.explain(tagger, sentences, explainers=("liap",), parser="gold", srl="gold")
    assert found
    assert all(method.startswith("liap/") for one in found for method in one.scores)


def explained(words, scores):
    mention = liap.Mention(0, 0, 1, 2, ("B-PER",), "PER", None, "no_gold", 0.5)
    return ExplainedMention(
        liap.Sentence(0, 0, tuple(words)), mention, {"occlusion": np.array(scores)}, {"occlusion": {"lfs": 0.75}}
    )


def test_html_is_inert_and_shades_by_size_and_sign():
    shown = explained(["<script>alert(1)</script>", "N", "b", "c"], [0.5, 9.0, -0.25, 0.0])._repr_html_()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "rgba(0,114,178,0.75)" in shown  # the largest, for the type
    assert "rgba(213,94,0,0.38)" in shown  # half as large, against it
    assert "LFS 0.75" in shown
    assert "N: PER, p = 0.50" in shown


def test_a_terminal_without_colour_marks_the_top_words():
    shown = explained(["a\x1b[31m", "N", "b", "c"], [0.5, 9.0, -0.25, 0.0]).shaded(colour=False)
    assert "\x1b" not in shown
    assert "*a\\x1b[31m* [N] b c" in shown
    assert "\x1b[30;48;5;69m" in explained(["a", "N", "b", "c"], [0.5, 9.0, -0.25, 0.0]).shaded()
