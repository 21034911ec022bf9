"""Rarity alone: a score by the word's form, whatever the mention, the chunk and the recogniser."""

import numpy as np
import pytest

from liap.api import explain
from liap.errors import InputError
from liap.evaluation import evaluate
from liap.explainers import EXPLAINERS
from liap.explainers.frequency import count_forms
from liap.records import Sentence
from liap.settings import MethodSettings
from tests.toys import ToyTagger, items_of, mention, toy_case

TEXTS = ("The man saw Rome in the dark", "the man of Rome", "Rome")
SETTINGS = MethodSettings(explainers=("frequency",), target="tag")


@pytest.fixture
def tagger():
    return ToyTagger({"Rome": "B-LOC"}, {"dark": 0.2})


def sentences():
    return [Sentence(index, index, tuple(text.split())) for index, text in enumerate(TEXTS)]


def test_a_score_is_the_surprisal_of_the_form():
    """Of 12 words, `the` stands 3 times (once with a capital), `man` twice and `dark` once."""
    counts = count_forms(sentences())
    assert (counts["the"], counts["man"], counts["dark"], sum(counts.values())) == (3, 2, 1, 12)
    case = toy_case("The man dark THE".split(), mention(1, 2), None)
    object.__setattr__(case, "counts", counts)
    ((explanation),) = EXPLAINERS["frequency"](case)
    assert explanation.scores[0] == pytest.approx([2.0, np.log2(6), np.log2(12), 2.0])
    assert explanation.passes == 0


def test_scores_do_not_depend_on_the_chunk_or_the_mention(tagger):
    counts, items = count_forms(sentences()), items_of(tagger, *TEXTS)
    together = evaluate(tagger, items, SETTINGS, counts=counts).scores
    alone = [evaluate(tagger, [item], SETTINGS, counts=counts).scores[0] for item in items]
    by_form: dict[str, float] = {}
    for one, other in zip(together, alone, strict=True):
        assert (one.scores["frequency"] == other.scores["frequency"]).all()
        for word, score in zip(one.sentence.words, one.scores["frequency"], strict=True):
            assert by_form.setdefault(word.lower(), score) == score
    assert len(set(by_form.values())) == 3


def test_without_counts_it_says_what_is_missing(tagger):
    with pytest.raises(InputError, match="needs the counts of a run's words"):
        evaluate(tagger, items_of(tagger, *TEXTS), SETTINGS)
    with pytest.raises(InputError, match=r"lack 'in', of the mention 3-4 of sentence 0"):
        evaluate(tagger, items_of(tagger, *TEXTS), SETTINGS, counts=count_forms(sentences()[1:]) | {"saw": 1})


def test_the_python_interface_counts_the_sentences_it_is_given(tagger):
    found = explain(tagger, sentences(), explainers=("frequency",), settings=SETTINGS)
    assert found[0].scores["frequency"][1] == pytest.approx(np.log2(6))


def test_the_sentences_that_are_counted_decide_the_run(script, tiny_folder, small_corpus, tmp_path):
    """Rows are the same whatever the chunk; fewer sentences are another run, with other counts."""
    import json

    flags = [
        "--model",
        tiny_folder,
        "--corpus",
        small_corpus,
        "--parser",
        "none",
        "--explainers",
        "frequency",
        "--pictures",
        0,
    ]
    flags += ["--examples-per-type", 3, "--cache", tmp_path / "cache"]
    scores, digests = [], []
    for name, more in {"a": ["--chunk", 1], "b": ["--chunk", 64], "c": ["--sentences", 39]}.items():
        status, _, err = script("run_liap_evaluation.py", *flags, *more, "--results", tmp_path / name)
        assert status == 0, err
        lines = (tmp_path / name / "explanations.jsonl").read_text().splitlines()
        scores.append([json.loads(line)["scores"] for line in lines])
        digests.append(json.loads((tmp_path / name / "run.json").read_text())["settings"]["corpus_digest"])
    assert len(scores[0]) == 6
    assert scores[0] == scores[1]
    assert digests[0] == digests[1] != digests[2]
    status, _, err = script("run_liap_evaluation.py", *flags, "--sentences", 39, "--results", tmp_path / "a")
    assert status == 2
    assert "sentences" in err
