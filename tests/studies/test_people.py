"""The study as a user starts it: a recogniser, triggers for some of its mentions, all tables, and the same tables again."""

import json

import pandas as pd
import pytest

from liap import corpora
from liap.people.people_tables import FILES
from liap.taggers.prediction import predict


@pytest.fixture(scope="module")
def triggers(tiny, small_corpus, tmp_path_factory):
    """A file of triggers: of each mention that the recogniser finds in a longer sentence, the last or the first context word.

    Its types are those of the corpus, or X: the recogniser may predict another one. One more block marks what the recogniser does not find.
    """
    sentences = corpora.load(str(small_corpus), "train")
    blocks = []
    for sentence, mentions in zip(sentences, predict(tiny, sentences).mentions, strict=True):
        free = {word for word in sentence.words if sentence.words.count(word) == 1}
        for mention in mentions:
            context = [place for place in range(len(sentence.words)) if not mention.start <= place < mention.end]
            context = [place for place in context if sentence.words[place] in free]
            if len(context) > 2:
                tags = ["O"] * len(sentence.words)
                tags[mention.start : mention.end] = [f"I-{mention.predicted_type}"] * (mention.end - mention.start)
                tags[mention.start] = f"B-{mention.predicted_type}"
                tags[context[0 if mention.start else -1]] = "T-0"
                blocks.append("".join(f"{word}\t{tag}\n" for word, tag in zip(sentence.words, tags, strict=True)))
    path = tmp_path_factory.mktemp("triggers") / "triggers.txt"
    path.write_text("\n".join([*blocks, "no\tB-PER\nsuch\tT-0\nsentence\tO\n"]))
    return path


def test_all_tables_and_again(script, tiny_folder, small_corpus, triggers, tmp_path):
    results = tmp_path / "people"
    flags = (
        "--model",
        tiny_folder,
        "--corpus",
        small_corpus,
        "--triggers",
        triggers,
        "--parser",
        "gold",
        "--srl",
        "gold",
        "--cache",
        "",
    )
    flags += (
        "--results",
        results,
        "--resamples",
        100,
        "--draws",
        20,
        "--variants",
        "syntactic",
        "frame",
        "--explainers",
    )
    flags += ("liap", "matched_random", "matched_window", "matched_distance", "attention", "occlusion", "random")
    status, out, err = script("studies/people.py", *flags)
    assert status == 0, err
    assert ", 1 are not; " in out and "are mentions of the recogniser" in out and "As a prior over occlusion" in out
    tables = {name: (results / name).read_bytes() for name in (*FILES, "people_and_model.png")}
    counts = json.loads((results / "people.json").read_text())
    masks, both = pd.read_csv(results / "people_masks.csv"), pd.read_csv(results / "people_and_model.csv")
    assert counts["found"] == counts["targets"] >= both["n"].max() > 10
    assert masks["mean"].dropna().between(0, 1).all() and set(masks["variant"]) == {"syntactic", "frame"}
    assert both.loc[both["explainer"] == "occlusion", "n"].item() == both["n"].max()
    chance = pd.read_csv(results / "people_rankings.csv").query("explainer == 'random' and measure == 'token_f1'")
    assert chance["mean"].to_numpy() == pytest.approx(chance["chance"].to_numpy(), abs=0.1)
    status, again, err = script("studies/people.py", *flags)
    assert status == 0 and "already holds this run" in again, err
    assert again.splitlines()[-3:] == out.splitlines()[-3:]
    assert tables == {name: (results / name).read_bytes() for name in tables}


def test_a_sample_of_the_targets(script, tiny_folder, small_corpus, triggers, tmp_path):
    flags = (
        "--model",
        tiny_folder,
        "--corpus",
        small_corpus,
        "--triggers",
        triggers,
        "--parser",
        "gold",
        "--srl",
        "none",
        "--cache",
        "",
    )
    flags += (
        "--explainers",
        "occlusion",
        "--variants",
        "syntactic",
        "--resamples",
        100,
        "--draws",
        20,
        "--targets-per-type",
        3,
    )
    status, out, err = script("studies/people.py", *flags, "--results", tmp_path)
    assert status == 0, err
    rows = pd.read_csv(tmp_path / "scores.csv")
    assert rows.groupby("predicted_type").size().max() == 3 and f"; {len(rows)} are explained" in out


REFUSED = {
    "no triggers": (("--triggers", "/no/such/file"), "--triggers /no/such/file: no such file"),
    "variant": (("--variant", "core", "--variants", "frame"), "--variant must be one of --variants"),
    "another corpus": (("--split", "test"), "has no sentence of"),
}


@pytest.mark.parametrize(("wrong", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_is_one_line(wrong, said, script, tiny_folder, small_corpus, triggers, tmp_path):
    path = tmp_path / "one.txt"
    path.write_text("no\tB-PER\nsuch\tT-0\nsentence\tO\n")
    flags = (
        "--model",
        tiny_folder,
        "--corpus",
        small_corpus,
        "--triggers",
        path,
        "--parser",
        "gold",
        "--srl",
        "gold",
        "--cache",
        "",
    )
    status, _, err = script("studies/people.py", *flags, "--results", tmp_path / "results", *wrong)
    assert status == 2 and err.count("\n") == 1 and said in err
