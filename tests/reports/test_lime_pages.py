"""LIME's pages: the right words and weights, and no word that becomes markup."""

import json
import re
from html.parser import HTMLParser

import pytest

from liap.errors import InputError
from liap.reports.lime_pages import ExplainedMention, page, read_explanations, write_pages

HOSTILE = (
    "<b>",
    "</script><script>alert(1)</script>",
    "<!--",
    "😀",
    'a"b',
    "\\u003c",
    "&lt;",
    "=cmd()",
    "\u2028",
    "</b>",
)


def mention(words=HOSTILE, entity_type="<LOC>"):
    scores = tuple(0.0 if index in (1, 2) else 0.1 * (index - 5) for index in range(len(words)))
    return ExplainedMention(3, 1, 3, entity_type, 0.75, tuple(words), scores)


class Structure(HTMLParser):
    """The elements of a page, and the text of its last script."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.script = [], ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.script = ""

    def handle_data(self, text):
        self.script += text


def calls(text):
    """The arguments of each call that puts the mention on the page, as the browser reads them."""
    script = Structure(text).script
    decode = json.JSONDecoder().raw_decode
    bars = decode(script[re.search(r"exp\.show\(", script).end() :])[0]
    at = re.search(r"show_raw_text\(", script).end()
    coloured, length = decode(script[at:])
    raw = decode(re.sub(r"^, 1, ", "", script[at + length :]))[0]
    classes, length = decode(script[(at := re.search(r"PredictProba\(pp_svg, ", script).end()) :])
    probabilities = decode(script[at + length + 2 :])[0]
    return bars, coloured, raw, (classes, probabilities)


def test_no_word_becomes_markup():
    plain, hostile = (Structure(page(mention(words))) for words in (("w",) * len(HOSTILE), HOSTILE))
    assert hostile.tags == plain.tags
    assert plain.tags == ["html", "meta", "head", "script", "body", "div", "script"]
    assert "alert(1)" in hostile.script
    assert "<" not in hostile.script


def test_the_page_holds_the_words_the_weights_and_the_probabilities():
    one = mention()
    bars, coloured, raw, (classes, probabilities) = calls(page(one))
    context = [index for index in range(len(HOSTILE)) if index not in (1, 2)]
    assert sorted(bars) == sorted([HOSTILE[index], one.scores[index]] for index in context)
    assert [abs(weight) for _, weight in bars] == sorted((abs(weight) for _, weight in bars), reverse=True)
    assert raw == " ".join(HOSTILE)
    assert (classes, probabilities) == (["not <LOC>", "<LOC>"], [0.25, 0.75])
    assert len(coloured) == len(context)


def test_colours_stay_on_their_words_behind_an_emoji():
    one = mention()
    _, coloured, raw, _ = calls(page(one))
    units = raw.encode("utf-16-le")
    shown = {
        (units[2 * start : 2 * (start + len(blanks))].decode("utf-16-le"), weight) for blanks, start, weight in coloured
    }
    assert shown == {(HOSTILE[index], one.scores[index]) for index in range(len(HOSTILE)) if index not in (1, 2)}


def test_a_long_word_has_a_short_label():
    bars, _, raw, _ = calls(page(mention(("x" * 10_000, *HOSTILE[1:]))))
    assert max(len(name) for name, _ in bars) == 60
    assert "x" * 10_000 in raw


def test_pages_of_an_earlier_run_go(tmp_path):
    assert [path.name for path in write_pages(tmp_path, [mention()] * 3)] == [f"example_{n}.html" for n in (1, 2, 3)]
    write_pages(tmp_path, [mention(("a", "\ud800", "b", "c"))])
    assert [path.name for path in tmp_path.iterdir()] == ["example_1.html"]


def test_lines_are_read_and_checked(tmp_path):
    path = tmp_path / "explanations.jsonl"
    line = {
        "sentence": 3, "start": 1, "end": 2, "type": "LOC", "probability": 0.5, "words": ["a", "b"],
        "scores": {"lime": [0.25, 0.0]},
    }  # fmt: skip
    path.write_text(json.dumps(line) + "\n" + json.dumps(line | {"scores": {"liap/core": [1, 0]}}) + "\n")
    assert list(read_explanations(path)) == [ExplainedMention(3, 1, 2, "LOC", 0.5, ("a", "b"), (0.25, 0.0))]
    broken = ("junk", "[]", json.dumps(line | {"scores": {"lime": [1]}}), json.dumps(line | {"start": 5}), "{}")
    for text in broken:
        path.write_text(json.dumps(line) + "\n" + text + "\n")
        with pytest.raises(InputError, match=r"explanations\.jsonl:2: "):
            list(read_explanations(path))
    with pytest.raises(InputError, match="no such file"):
        list(read_explanations(tmp_path / "none.jsonl"))
