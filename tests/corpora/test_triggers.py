"""Human triggers: the format's corners, what is refused, a round trip, the sentences' corpus, and the real file's counts."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liap import corpora
from liap.corpora.triggers import TRIGGER_LINE, TriggerCounts, is_trigger_file, match, read_triggers
from liap.errors import InputError
from liap.records import Evidence, Sentence, TriggeredMention

SHARED = Path(__file__).parents[3] / "shared" / "data"
BLOCKS = """EU\tB-ORG
rejects\tT-3
German\tT-0
call\tT-3
.\tO

EU\tT-5
rejects\tO
German\tB-MISC
call\tT-1
.\tT-1

in\tT-0
New\tB-LOC
York\tI-LOC
"""


def saved(folder: Path, text: str, name: str = "triggers.txt") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_blocks_of_one_sentence_are_its_targets(tmp_path):
    file = read_triggers(saved(tmp_path, BLOCKS))
    assert file.mentions == (
        (TriggeredMention(0, 1, "ORG", ((1, 3), (2,))), TriggeredMention(2, 3, "MISC", ((0,), (3, 4)))),
        (TriggeredMention(1, 3, "LOC", ((0,),)),),
    )
    first, second = file.sentences
    assert first.words == ("EU", "rejects", "German", "call", ".") and first.tags == ("B-ORG", "O", "B-MISC", "O", "O")
    assert first.evidence == (Evidence(0, 1, (1, 2, 3), "trigger"), Evidence(2, 3, (0, 3, 4), "trigger"))
    assert (second.tags, second.index, second.document) == (("O", "B-LOC", "I-LOC"), 1, 1)
    assert file.counts == TriggerCounts(3, 0, 2, 3, 5, 7, 0, 0)


SPELLINGS = {
    "crlf": BLOCKS.replace("\n", "\r\n"),
    "byte-order mark": "\ufeff" + BLOCKS,
    "blanks after tags": BLOCKS.replace("\n\n", "  \n \t \n"),
    "no final newline": BLOCKS.removesuffix("\n"),
    "blank lines at both ends": "\n\n" + BLOCKS + "\n\n",
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_spellings(text, tmp_path):
    plain, spelled = (read_triggers(saved(tmp_path, part, f"{n}.txt")) for n, part in enumerate((BLOCKS, text)))
    assert plain == spelled


def test_words_that_repeat_the_mention_are_dropped(tmp_path):
    """Two targets of one sentence; the second loses all its triggers."""
    text = "Prague\tB-LOC\n:\tT-0\nSparta\tO\nprague\tT-0\n\nPrague\tT-4\n:\tO\nSparta\tB-ORG\nprague\tI-ORG\n\n"
    file = read_triggers(saved(tmp_path, text))
    assert file.mentions == ((TriggeredMention(0, 1, "LOC", ((1,),)), TriggeredMention(2, 4, "ORG", ())),)
    assert (file.counts.dropped_words, file.counts.without_trigger) == (2, 1)
    (sentence,) = file.sentences
    assert sentence.evidence == (Evidence(0, 1, (1,), "trigger"),) and sentence.tags == ("B-LOC", "O", "B-ORG", "I-ORG")


def test_repeated_blocks_are_joined(tmp_path):
    again = "EU\tB-ORG\nrejects\tT-0\nGerman\tO\ncall\tT-9\n.\tO\n"
    file = read_triggers(saved(tmp_path, f"{BLOCKS}\n{again}"))
    assert file.mentions[0][0] == TriggeredMention(0, 1, "ORG", ((1,), (1, 3), (2,), (3,)))
    assert file.counts.repeated_blocks == 1 and file.counts.blocks == 4


BROKEN = {
    "one column": ("a\tT-0\nb\n", 2, "1 columns"),
    "three columns": ("a\tT-0\nb\tB-X\tO\n", 2, "3 columns"),
    "a space for the tab": ("a\tT-0\nb B-X\n", 2, "1 columns"),
    "no word": ("a\tT-0\n\tB-X\n", 2, "2 columns"),
    "unknown tag": ("a\tT-0\nb\tS-X\n", 2, "unknown tag 'S-X'"),
    "no number": ("a\tT-\nb\tB-X\n", 1, "unknown tag 'T-'"),
    "no mention": ("a\tT-0\nb\tB-X\n\n\nc\tT-1\nd\tO\n", 5, "marks no mention"),
    "no trigger": ("a\tT-0\nb\tB-X\n\nc\tO\nd\tB-X\n", 4, "marks no trigger"),
    "a gap in the mention": ("a\tB-X\nb\tT-0\nc\tI-X\n", 3, "a second mention"),
    "two mentions": ("a\tB-X\nb\tB-X\nc\tT-0\n", 2, "a second mention"),
    "two types of a span": ("a\tB-X\nb\tT-0\n\na\tB-Y\nb\tT-0\n", 4, "meets X 0-1"),
    "overlapping spans": ("a\tB-X\nb\tI-X\nc\tT-0\n\na\tT-0\nb\tB-X\nc\tI-X\n", 5, "meets X 0-2"),
}


@pytest.mark.parametrize(("text", "line", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_block_is_one_line(text, line, said, tmp_path):
    path = saved(tmp_path, text)
    with pytest.raises(InputError) as error:
        read_triggers(path)
    assert str(error.value).startswith(f"{path}:{line}: ") and said in str(error.value)


def test_an_empty_file(tmp_path):
    with pytest.raises(InputError, match="no block in this file"):
        read_triggers(saved(tmp_path, "\n \n"))


WORD = st.text(st.characters(blacklist_characters="\t\n\r\ufeff", blacklist_categories=("Cs",)), min_size=1, max_size=4)
WORD = WORD.filter(lambda word: word == word.strip(" "))


@st.composite
def targets(draw):
    """Words, a span, and triggers: they share no word with the span or each other, and one at least has a word."""
    words = draw(st.lists(WORD, min_size=2, max_size=8, unique_by=str.casefold))
    start = draw(st.integers(0, len(words) - 1))
    end = draw(st.integers(start + 1, len(words) if start else len(words) - 1))
    free = [place for place in range(len(words)) if not start <= place < end]
    marks = {place: draw(st.integers(0, 3)) for place in free} | {draw(st.sampled_from(free)): 1}
    groups = [tuple(place for place in free if marks[place] == mark) for mark in (1, 2, 3)]
    return tuple(words), start, end, draw(st.sampled_from(["PER", "x-y"])), tuple(sorted(filter(None, groups)))


@settings(deadline=None, max_examples=100)
@given(blocks=st.lists(targets(), min_size=1, max_size=5, unique_by=lambda block: block[0]))
def test_a_file_that_is_written_is_read_again(blocks, tmp_path_factory):
    lines = []
    for words, start, end, kind, triggers in blocks:
        tags = ["O"] * len(words)
        for number, trigger in enumerate(triggers):
            for place in trigger:
                tags[place] = f"T-{number * 7}"
        tags[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
        lines += [f"{word}\t{tag}" for word, tag in zip(words, tags, strict=True)] + [""]
    path = saved(tmp_path_factory.mktemp("round"), "\n".join(lines))
    file = read_triggers(path)
    assert [sentence.words for sentence in file.sentences] == [block[0] for block in blocks]
    assert [targets for (targets,) in file.mentions] == [TriggeredMention(*block[1:]) for block in blocks]
    assert corpora.load(str(path), "test") == file.sentences


def test_only_trigger_tags_make_a_trigger_file(tmp_path):
    assert is_trigger_file(saved(tmp_path, BLOCKS))
    assert not is_trigger_file(saved(tmp_path, "T-1\tO\nT-2\tB-X\n"))
    assert TRIGGER_LINE.search("a\tT-12\r\nb\tO") and not TRIGGER_LINE.search("a\tB-T-1\n")


def corpus_of(*pairs):
    return [
        Sentence(index, index // 2, tuple(words.split()), tuple(tags.split()))
        for index, (words, tags) in enumerate(pairs)
    ]


def test_sentences_are_found_by_their_exact_words(tmp_path):
    file = read_triggers(saved(tmp_path, BLOCKS))
    corpus = corpus_of(
        ("in new York", "O B-LOC I-LOC"),
        ("EU rejects German call .", "B-ORG O O O O"),
        ("in New York", "O B-LOC I-LOC"),
        ("EU rejects German call .", "B-ORG O B-MISC B-PER O"),
    )
    found = match(file, corpus)
    assert [(sentence.index, sentence.document) for sentence in found.sentences] == [(2, 1), (3, 1)]
    assert found.sentences[1].tags == corpus[3].tags and found.sentences[1].evidence == file.sentences[0].evidence
    assert (found.unmatched, found.ambiguous, found.disagreeing) == (0, 1, 0)
    fewer = match(file, corpus[:2])
    assert (len(fewer.sentences), fewer.unmatched, fewer.disagreeing) == (1, 1, 1)
    assert match(file, corpus[:1]).unmatched == 2


@pytest.mark.skipif(not (SHARED / "triggerner").is_dir(), reason="needs ../shared/data/triggerner")
def test_the_real_file():
    """4,471 blocks, counted by a script of its own; all of its sentences are training sentences of CoNLL-2003."""
    file = read_triggers(SHARED / "triggerner" / "conll_trigger_20.txt")
    assert file.counts == TriggerCounts(
        blocks=4471, repeated_blocks=66, sentences=1840, mentions=4405, triggers=11034, words=15666, dropped_words=80, without_trigger=6
    )  # fmt: skip
    found = match(file, corpora.load(str(SHARED / "conll2003"), "train"))
    assert (len(found.sentences), found.unmatched, found.ambiguous, found.disagreeing) == (1840, 0, 78, 0)
    assert len({sentence.document for sentence in found.sentences}) == 189
