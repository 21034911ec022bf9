"""Odd but sound input: each word and sentence comes out of the scripts whole, as text, in rows, pages and pictures.

Two random corpora are searched for what is wanted (a word that the tiny recogniser puts into a mention, a mention at the edge of
its sentence), with every odd word in contexts of its own; the scripts then run once over what was found.
"""

import csv
import json
import random
import re
import unicodedata
from types import SimpleNamespace

import numpy as np
import pytest

EVALUATE, LIME, ANALYZE = "run_liap_evaluation.py", "lime_baseline.py", "analyze_results.py"
WORDS = {
    "control": "a\x07\x1b[31mb",
    "NUL": "a\x00b",
    "half a pair": "\ud83d",
    "half a pair in a word": "a\udc80b",
    "right to left": "ירושלים",
    "Arabic": "القاهرة",
    "bidi override": "\u202egpj.exe",
    "bidi isolate": "\u2067a\u2069",
    "emoji with joiners": "👩\u200d👩\u200d👧",
    "flag": "🏴\U000e0067\U000e0062\U000e007f",
    "combining": "e" + "\u0301" * 40,
    "no-break space": "a\u00a0b",
    "line separator": "a\u2028b",
    "next line": "a\x85b",
    "vertical tab": "a\x0bb",
    "byte-order mark": "\ufeffa",
    "formula": "=cmd()",
    "formula, plus": "+1+cmd|'/C calc'!A0",
    "formula, minus": "-2+3",
    "formula, at": "@SUM(A1)",
    "apostrophe": "'quoted",
    "quotes": 'a,"b"',
    "markup": "<b>bold</b>",
    "script": "</script><script>alert(1)</script>",
    "entity": "&lt;",
    "mathtext": "$x$",
    "broken mathtext": "$\\frac{$",
    "backslash": "\\",
    "Markdown": "|a|*b*",
    "special token": "[SEP]",
    "mask token": "[MASK]",
    "number sign": "#",
    "missing value": "NaN",
    "long": "x" * 5_000,
    "longer than a field of the csv module": "x" * 200_000,
}  # fmt: skip
INVISIBLE = {"zero width": "\u200b", "joiner": "\u200d", "soft hyphen": "\u00ad"}  # no piece, so never in a mention
HELD = [name for name, word in WORDS.items() if not re.search("[ \\t\ud800-\udfff]", word)]  # by a column file
PICTURED = (
    "control", "NUL", "longer than a field of the csv module", "half a pair", "Arabic", "bidi override", "emoji with joiners",
    "combining", "mathtext", "broken mathtext", "backslash",
)  # fmt: skip
CONTEXTS = 60  # tried for each
LIMIT = 10_000  # words of the sentence that is too long


def line(words, frames=True):
    """A chain with the first word at its root, all in one frame."""
    tags = ["B-V", *["B-ARG0"] * (len(words) - 1)]
    return {
        "words": words, "tags": ["B-PER", *["O"] * (len(words) - 1)], "upos": ["VERB", *["NOUN"] * (len(words) - 1)],
        "heads": list(range(-1, len(words) - 1)), "deprels": ["root", *["dep"] * (len(words) - 1)],
        "frames": [{"predicate": 0, "tags": tags}] if frames else [],
    }  # fmt: skip


def found(tiny, candidates, wanted):
    """The first of the sentences in which the recogniser finds a mention as wanted."""
    from liap.records import Sentence
    from liap.taggers.prediction import predict

    predictions = predict(tiny, [Sentence(n, n, tuple(words)) for n, words in enumerate(candidates)])
    for words, mentions in zip(candidates, predictions.mentions, strict=True):
        if any(wanted(mention, len(words)) for mention in mentions):
            return words
    raise AssertionError("no sentence of this kind among the candidates")


def drawn(count, length, word=None):
    """Random sentences of the tiny recogniser's letters, with `word` in the middle."""
    draw = random.Random(length)
    sentences = [
        ["".join(draw.choices("abcdefghij", k=draw.randint(1, 2))) for _ in range(length)] for _ in range(count)
    ]
    if word is not None:
        for sentence in sentences:
            sentence[length // 2] = word
    return sentences


@pytest.fixture(scope="module")
def sentences(tiny):
    """Name -> words."""
    edges = {
        "first word": found(tiny, drawn(300, 6), lambda mention, words: mention.start == 0 and mention.end < words),
        "last word": found(tiny, drawn(300, 7), lambda mention, words: mention.end == words and mention.start > 0),
        "one word": found(tiny, drawn(300, 1), lambda mention, words: True),
        "all a mention": found(tiny, drawn(300, 2), lambda mention, words: mention.end - mention.start == words),
    }
    inside = {
        name: found(tiny, drawn(CONTEXTS, 5, word), lambda mention, words: 1 <= mention.start <= 2 < mention.end <= 4)
        for name, word in WORDS.items()
    }
    beside = {
        name: found(tiny, drawn(CONTEXTS, 5, word), lambda mention, words: not mention.start <= 2 < mention.end)
        for name, word in INVISIBLE.items()
    }
    return edges | inside | beside | {"too long": ["a"] * LIMIT}


@pytest.fixture(scope="module")
def run(script, sentences, tiny_folder, tmp_path_factory):
    """All scripts over these sentences: LIME from column files, where these can hold the words."""
    root = tmp_path_factory.mktemp("odd")
    lines, columns = root / "lines", root / "columns"
    lines.mkdir()
    (lines / "test.jsonl").write_text("".join(json.dumps(line(words)) + "\n" for words in sentences.values()))
    columns.mkdir()
    held = [name for name in sentences if name in HELD or name not in WORDS]
    text = "".join("".join(f"{word}\tO\n" for word in sentences[name]) + "\n" for name in held)
    (columns / "test.txt").write_bytes(text.encode("utf-8"))
    common = ["--model", tiny_folder, "--examples-per-type", 0, "--chunk", 9]
    done = {}
    for name, more in (
        (EVALUATE, ["--corpus", lines, "--parser", "gold", "--srl", "gold", "--results", root / "all", "--cache", root / "cache",
                    "--explainers", "liap", "attention", "--pictures", 0]),
        (LIME, ["--corpus", columns, "--lime-samples", 20, "--results", root / "lime", "--examples", 1000,
                "--instability-per-type", 0]),
    ):  # fmt: skip
        done[name] = script(name, *common, *more)
    done[ANALYZE] = script(ANALYZE, "--results", root / "all", "--resamples", 100, "--extremes", 1000, "--verbose")
    for status, _, err in done.values():
        assert status == 0, err
    return SimpleNamespace(root=root, done=done, held=held)


def table(path):
    """Rows of a CSV file as they stand, an apostrophe before a formula left on."""
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def explanations(path):
    return [json.loads(text) for text in path.read_text(encoding="utf-8").split("\n")[:-1]]


def as_text(words):
    """What a UTF-8 file holds of the words."""
    return " ".join(words).encode("utf-8", "backslashreplace").decode("utf-8")


@pytest.mark.parametrize("name", [*WORDS, *INVISIBLE])
def test_a_word_comes_out_as_it_went_in(name, run, sentences):
    index, words = list(sentences).index(name), sentences[name]
    lines = [one for one in explanations(run.root / "all" / "explanations.jsonl") if one["sentence"] == index]
    assert lines and all(one["words"] == words for one in lines)
    for one in lines:
        if one["end"] - one["start"] < 5:
            assert set(one["scores"]) >= {"attention", "liap/syntactic", "liap/frame"}
        for scores in one["scores"].values():
            assert np.isfinite(scores).all() and len(scores) == 5
    rows = [row for row in table(run.root / "all" / "scores.csv") if row["sentence"] == str(index)]
    assert len(rows) == len(lines) * (7 + 1)
    for row in rows:
        text = as_text(words[int(row["start"]) : int(row["end"])])
        assert row["text"] == ("'" + text if text[0] in "=+-@\t\r'" else text)
    inside = any(int(row["start"]) <= 2 < int(row["end"]) for row in rows)
    assert inside == (name in WORDS)


@pytest.mark.parametrize("name", HELD)
def test_a_word_of_a_column_file_has_a_page(name, run, sentences):
    index, words = run.held.index(name), sentences[name]
    lines = explanations(run.root / "lime" / "explanations.jsonl")
    places = [place for place, one in enumerate(lines, start=1) if one["sentence"] == index]
    assert places and all(lines[place - 1]["words"] == words for place in places)
    for place in places:
        page = (run.root / "lime" / f"example_{place}.html").read_text(encoding="utf-8")
        script = page[page.rindex("<script>") + len("<script>") : page.rindex("</script>")]
        assert "<" not in script
        assert json.dumps(" ".join(words)).replace("<", "\\u003c") in script


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [("first word", 0, None), ("last word", None, 7), ("one word", 0, 1), ("all a mention", 0, 2)],
)
def test_a_mention_at_the_edge(name, start, end, run, sentences):
    rows = [
        row for row in table(run.root / "all" / "scores.csv") if row["sentence"] == str(list(sentences).index(name))
    ]
    rows = [row for row in rows if start in (None, int(row["start"])) and end in (None, int(row["end"]))]
    words = len(sentences[name])
    assert len(rows) >= 8
    for row in rows:
        context = words - int(row["end"]) + int(row["start"])
        assert (int(row["sentence_length"]), int(row["context"]), row["text"]) == (
            words, context, " ".join(sentences[name][int(row["start"]) : int(row["end"])]),
        )  # fmt: skip
        if context == 0:
            assert (row["lfs"], row["reason"]) == ("", "no_context")
    if words > 2:
        assert any(row["lfs"] for row in rows if row["explainer"] == "attention")


@pytest.mark.parametrize(("results", "name"), [("all", EVALUATE), ("lime", LIME)])
def test_a_sentence_over_the_limit_is_skipped_and_counted(results, name, run, sentences):
    skipped = json.loads((run.root / results / "run.json").read_text(encoding="utf-8"))["skipped"]
    reason = "sentences longer than the model's limit"
    assert skipped[reason] == 1 and f"skipped: 1 {reason}" in run.done[name][1]
    assert max(int(row["sentence_length"]) for row in table(run.root / results / "scores.csv")) < LIMIT


def test_nothing_printed_moves_the_cursor_and_no_table_runs_a_formula(run):
    out = run.done[ANALYZE][1]
    moving = {letter for letter in out if unicodedata.category(letter) in ("Cc", "Cf") and letter != "\n"}
    assert not moving and max(map(len, out.split("\n"))) < 2_000
    texts = {row["text"] for row in table(run.root / "all" / "lfs_extremes.csv")}
    assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts)
    assert any(text.startswith("'") for text in texts)
    escaped = {
        text: re.sub("[\x00-\x1f\x7f\u200b-\u202e\u2066-\u2069]", lambda c: ascii(c[0])[1:-1], text) for text in texts
    }
    shown = [text for text, other in escaped.items() if text != other and len(text) < 40]
    assert len(shown) > 3 and all(escaped[text] in out for text in shown)


def test_words_in_pictures(script, sentences, tiny, tiny_folder, tmp_path):
    """As labels, all in one sentence; in a mention's title; and as a role's name."""
    together = [[*(WORDS[name] for name in PICTURED), *more] for more in drawn(10, 9)]
    lines = [line(found(tiny, together, lambda *_: True)), line(sentences["half a pair"]), line(sentences["mathtext"])]
    for one in lines:
        after = ["I-ARG1"] * (len(one["words"]) - 4)
        one["frames"][0] |= {"predicate": 2, "tags": ["B-ARG0", "I-ARG0", "B-V", "B-ARG1", *after]}
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))
    status, _, err = script(
        EVALUATE, "--model", tiny_folder, "--corpus", tmp_path, "--parser", "gold", "--srl", "gold", "--results", tmp_path / "results",
        "--cache", tmp_path / "cache", "--explainers", "liap", "--examples-per-type", 0, "--pictures", 100, "--picture-variant", "frame",
    )  # fmt: skip
    assert status == 0, err
    rows = table(tmp_path / "results" / "scores.csv")
    mentions = {(row["sentence"], row["start"]) for row in rows if row["variant"] == "frame" and row["kept"]}
    assert {sentence for sentence, _ in mentions} == {str(index) for index in range(len(lines))}
    pictures = sorted((tmp_path / "results" / "visualizations").iterdir())
    assert len(pictures) == len(mentions)
    assert all(path.read_bytes()[:4] == b"\x89PNG" and 10_000 < path.stat().st_size < 10**6 for path in pictures)
