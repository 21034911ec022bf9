"""LIME's pages: the right words and weights, and no word that becomes markup."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from liap import manifest
from liap.errors import InputError
from liap.reports.explained import ExplainedLine, read_explained
from liap.reports.lime_pages import library, page, write_pages

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
    return ExplainedLine(3, 1, 3, entity_type, 0.75, tuple(words), {"lime": scores})


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
    assert plain.tags == ["html", "head", "meta", "title", "script", "body", "h2", "div", "script"]
    assert "alert(1)" in hostile.script
    assert "<" not in hostile.script


def test_the_page_holds_the_words_the_weights_and_the_probabilities():
    one = mention()
    bars, coloured, raw, (classes, probabilities) = calls(page(one))
    context = [index for index in range(len(HOSTILE)) if index not in (1, 2)]
    assert sorted(bars) == sorted([HOSTILE[index], one.scores["lime"][index]] for index in context)
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
    assert shown == {
        (HOSTILE[index], one.scores["lime"][index]) for index in range(len(HOSTILE)) if index not in (1, 2)
    }


def test_a_long_word_has_a_short_label():
    bars, _, raw, _ = calls(page(mention(("x" * 10_000, *HOSTILE[1:]))))
    assert max(len(name) for name, _ in bars) == 60
    assert "x" * 10_000 in raw


def test_pages_of_an_earlier_run_go(tmp_path):
    assert [path.name for path in write_pages(tmp_path, [mention()] * 3)] == [f"example_{n}.html" for n in (1, 2, 3)]
    write_pages(tmp_path, [mention(("a", "\ud800", "b", "c"))])
    assert sorted(path.name for path in tmp_path.iterdir()) == [manifest.NAME, "example_1.html", "lime.js"]
    write_pages(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_pages_share_one_copy_of_the_script_and_need_no_network(tmp_path):
    pages = write_pages(tmp_path, [mention()] * 3)
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert len(text) < 10_000
        assert re.findall(r'src="([^"]*)"', text) == ["lime.js"] and "http" not in text
    script = (tmp_path / "lime.js").read_text(encoding="utf-8")
    assert "show_raw_text" in script and "function mark_mention" in script


def test_the_title_names_the_mention_its_type_and_its_sentence():
    one = ExplainedLine(7, 0, 2, "R&D", 0.75, ("Ann", "<Lee>", "ran"), {"lime": (0.0, 0.0, 0.1)})
    text = page(one)
    assert "<title>Ann &lt;Lee&gt;: R&amp;D, p = 0.75, sentence 7</title>" in text
    assert "<h2>Ann &lt;Lee&gt;: R&amp;D, p = 0.75, sentence 7</h2>" in text


def test_the_mention_is_boxed_where_it_stands():
    for one in (
        mention(),
        ExplainedLine(0, 2, 4, "LOC", 0.5, ("a", "😀", "New", "York"), {"lime": (0.1, 0.2, 0.0, 0.0)}),
    ):
        start, end = map(int, re.search(r"mark_mention\(raw_div, (\d+), (\d+)\)", page(one)).groups())
        units = " ".join(one.words).encode("utf-16-le")
        assert units[2 * start : 2 * end].decode("utf-16-le") == " ".join(one.words[one.start : one.end])


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_script_boxes_the_mention_and_changes_no_text():
    nodes = """
    class Text { constructor(parent, text) { this.parent = parent; this.textContent = text; this.nodeType = 3; }
      splitText(at) { const rest = new Text(this.parent, this.textContent.slice(at)), all = this.parent.childNodes;
        this.textContent = this.textContent.slice(0, at); all.splice(all.indexOf(this) + 1, 0, rest); return rest; } }
    const document = { createElement: () => ({ style: {}, nodeType: 1, textContent: '', appendChild(node) {
      this.textContent = node.textContent; node.parent.childNodes.splice(node.parent.childNodes.indexOf(node), 1); } }) };
    const sentence = { childNodes: [], insertBefore(node, other) {
      this.childNodes.splice(this.childNodes.indexOf(other), 0, node); } };
    sentence.childNodes = [new Text(sentence, ''), { nodeType: 1, textContent: 'in' }, new Text(sentence, ' New York '),
      { nodeType: 1, textContent: 'now' }];
    mark_mention({ select: () => ({ node: () => sentence }) }, 3, 11);
    console.log(JSON.stringify(sentence.childNodes.map(node => [node.nodeType, node.textContent])));
    """
    script = library()[library().index("function mark_mention") :] + nodes
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[3, ""], [1, "in"], [3, " "], [1, "New York"], [3, " "], [1, "now"]]


def test_lines_are_read_and_checked(tmp_path):
    path = tmp_path / "explanations.jsonl"
    line = {
        "sentence": 3, "start": 1, "end": 2, "type": "LOC", "probability": 0.5, "words": ["a", "b"],
        "scores": {"lime": [0.25, 0.0]},
    }  # fmt: skip
    path.write_text(json.dumps(line) + "\n" + json.dumps(line | {"scores": {"liap/core": [1, 0]}}) + "\n")
    assert list(read_explained(path, only="lime")) == [
        ExplainedLine(3, 1, 2, "LOC", 0.5, ("a", "b"), {"lime": (0.25, 0.0)})
    ]
    broken = ("junk", "[]", json.dumps(line | {"scores": {"lime": [1]}}), json.dumps(line | {"start": 5}), "{}")
    for text in broken:
        path.write_text(json.dumps(line) + "\n" + text + "\n")
        with pytest.raises(InputError, match=r"explanations\.jsonl:2: "):
            list(read_explained(path, only="lime"))
    with pytest.raises(InputError, match="no such file"):
        list(read_explained(tmp_path / "none.jsonl"))
