"""The file of sentences: what is written is read back, and anything else is one line of an error."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap.errors import InputError
from liap.evaluation import MentionScores
from liap.linguistics.annotation import Item
from liap.records import Frame, Mention, Parse, Sentence
from liap.reports.sentences_file import SENTENCES, read_structure_lines, structure_lines

WORDS = ("Ann", "met", "Bob", "\ud800<script>")


def mention(start: int, end: int) -> Mention:
    return Mention(7, 0, start, end, ("B-PER",) * (end - start), "PER", None, "no_gold", 0.9)


def written(parse: Parse | None, drops: np.ndarray | None) -> str:
    sentence = Sentence(7, 0, WORDS)
    frames = (Frame(1, ("B-ARG0", "B-V", "B-ARG1", "I-ARG1")),) if parse else ()
    one = MentionScores(mention(0, 1), sentence, {}, drops)
    other = MentionScores(mention(2, 3), sentence, {}, drops)
    return structure_lines([Item(sentence, (one.mention, other.mention), parse, frames)], [one, other])


def test_reads_back_what_was_written(tmp_path: Path) -> None:
    from liap.files import write_whole

    parse = Parse((1, -1, 1, 2), ("nsubj", "root", "obj", "dep"), ("PROPN", "VERB", "PROPN", "X"))
    drops = np.array([0.0, 0.123456, -0.00001, np.nan])
    write_whole(tmp_path / SENTENCES, written(parse, drops) + written(None, None))
    first, second = read_structure_lines(tmp_path / SENTENCES)
    assert (first.sentence, first.words[:3]) == (7, WORDS[:3])
    assert (first.heads, first.relations) == (parse.heads, parse.relations)
    assert first.frames == ((1, (("ARG0", 0, 1), ("V", 1, 2), ("ARG1", 2, 4))),)
    assert set(first.drops) == {(0, 1), (2, 3)}
    assert first.drops[0, 1][:3] == (0.0, 0.1235, 0.0) and np.isnan(first.drops[0, 1][3])
    assert str(first.drops[0, 1][2]) == "0.0"  # no negative zero
    assert (second.heads, second.relations, second.frames) == ((), (), ())
    assert second.drops == {(0, 1): None, (2, 3): None}


def test_no_file_has_no_lines(tmp_path: Path) -> None:
    assert list(read_structure_lines(tmp_path / SENTENCES)) == []


SOUND = {
    "sentence": 3, "words": ["a", "b", "c"], "heads": [-1, 0, 1], "relations": ["root", "x", "y"],
    "frames": [{"predicate": 0, "roles": [["V", 0, 1]]}], "mentions": [{"start": 1, "end": 2, "drops": [0.5, 0.0, -0.25]}],
}  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"heads": [-1, 0]}, {"heads": [-1, 0, 3]}, {"relations": ["root"]}, {"sentence": -1}, {"words": "abc"},
        {"frames": [{"predicate": 3, "roles": []}]}, {"frames": [{"predicate": 0, "roles": [["V", 1, 1]]}]},
        {"mentions": [{"start": 1, "end": 1, "drops": None}]}, {"mentions": [{"start": 1, "end": 4, "drops": None}]},
        {"mentions": [{"start": 1, "end": 2, "drops": [0.0]}]}, {"mentions": [{"start": 1, "end": 2, "drops": [0.0, 0.0, 2.0]}]},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_line(change: dict, tmp_path: Path) -> None:
    lines = [json.dumps(SOUND), json.dumps(SOUND | change)]
    (tmp_path / SENTENCES).write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"sentences\.jsonl:2: not a line of sentences"):
        list(read_structure_lines(tmp_path / SENTENCES))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_file_is_read_or_refused_in_one_line(data, mutated, ends_soundly, tmp_path_factory) -> None:
    sound = json.dumps(SOUND).encode() + b"\n"
    changed = st.builds(lambda changed: sound + json.dumps(changed).encode() + b"\n", mutated(SOUND))
    path = tmp_path_factory.mktemp("mutated") / SENTENCES
    path.write_bytes(data.draw(st.one_of(changed, mutated(sound * 2))))
    for line in ends_soundly(lambda: list(read_structure_lines(path))) or ():
        assert len(line.heads) in (0, len(line.words))
        assert all(-1 <= head < len(line.words) for head in line.heads)
        assert all(0 <= start < end <= len(line.words) for start, end in line.drops)
