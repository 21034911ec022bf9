import pytest

from liap.errors import InputError
from liap.linguistics.cache import Store
from liap.linguistics.srl import BACKENDS, frames, label
from liap.linguistics.srl.frames import CachedTagger, Settings, frame, predicates
from liap.records import Frame, Parse, Sentence


def parsed(*parts_of_speech: str) -> Parse:
    return Parse((-1,) * len(parts_of_speech), ("dep",) * len(parts_of_speech), parts_of_speech)


SENTENCES = [
    Sentence(0, 0, ("we", "go")),
    Sentence(4, 0, ("go", "see", "it")),
    Sentence(9, 1, ("no",)),
    Sentence(10, 1, ("we", "go")),
]
PARSES = [parsed("PRON", "VERB"), parsed("VERB", "VERB", "PRON"), parsed("INTJ"), parsed("PRON", "VERB")]


def marking(requests):
    """A tagger that finds the predicate and the word before it."""
    return [
        tuple("B-V" if w == r.predicate else "B-ARG0" if w + 1 == r.predicate else "@@PAD" for w in range(len(r.words)))
        for r in requests
    ]


EXPECTED = [
    (Frame(1, ("B-ARG0", "B-V")),),
    (Frame(0, ("B-V", "O", "O")), Frame(1, ("B-ARG0", "B-V", "O"))),
    (),
    (Frame(1, ("B-ARG0", "B-V")),),
]


def test_predicates_are_verbs_but_not_auxiliaries():
    assert predicates(parsed("AUX", "VERB", "NOUN", "VERB")) == (1, 3)


def test_tags_other_than_bio_tags_become_o():
    assert frame(0, ["B-V", "@@PADDING@@", "I", "I-ARG1", "IN"]).tags == ("B-V", "O", "O", "I-ARG1", "O")


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_frames_come_in_order_for_any_chunk_size(chunk, monkeypatch):
    monkeypatch.setattr(frames, "CHUNK", chunk)
    assert CachedTagger(lambda: marking, identity={"model": "x"}, settings=Settings())(SENTENCES, PARSES) == EXPECTED


def test_nothing_is_asked_twice_and_a_broken_cache_is_repaired(tmp_path):
    asked = []

    def make():
        return lambda requests: asked.extend(requests) or marking(requests)

    def run(sentences=SENTENCES, parses=PARSES, identity="x"):
        return CachedTagger(make, identity={"model": identity}, settings=Settings(cache=tmp_path))(sentences, parses)

    assert run(SENTENCES[:1], PARSES[:1]) == EXPECTED[:1] and len(asked) == 1
    assert run() == EXPECTED and len(asked) == 3  # the sample's answer is used, and equal sentences are asked once
    assert run() == EXPECTED and len(asked) == 3
    assert run(identity="y") == EXPECTED and len(asked) == 6
    assert run(parses=[*PARSES[:3], parsed("VERB", "VERB")])[3] != EXPECTED[3] and len(asked) == 8
    for chunk in tmp_path.rglob("*.jsonl"):
        chunk.write_bytes(b"\x00")
    assert run() == EXPECTED and len(asked) == 11
    assert run() == EXPECTED and len(asked) == 11


def test_the_tagger_is_not_made_if_there_is_nothing_to_ask():
    def make():
        raise AssertionError

    assert CachedTagger(make, identity={}, settings=Settings())(SENTENCES[2:3], PARSES[2:3]) == [()]


@pytest.mark.parametrize("entry", [5, [], [["O"]], [["O", 3]], "ab", [None, None]])
def test_a_cached_answer_to_another_question_is_not_used(tmp_path, monkeypatch, entry):
    monkeypatch.setattr(frames, "content_key", lambda *_: "same")
    Store(tmp_path, "frames", {}).write({"same": entry})
    got = CachedTagger(lambda: marking, identity={}, settings=Settings(cache=tmp_path))(SENTENCES[:1], PARSES[:1])
    assert got == EXPECTED[:1]


def test_a_sentence_that_is_too_long_has_none_also_from_the_cache(tmp_path):
    for _ in range(2):
        labelling = CachedTagger(
            lambda: lambda requests: [None] * len(requests), identity={}, settings=Settings(cache=tmp_path)
        )
        assert labelling(SENTENCES, PARSES) == [None, None, (), None]


def counting(requests):
    """A tagger whose answers depend on the batch, as rounding in reduced precision may."""
    return [("B-V",) + (f"B-{len(requests)}",) * (len(request.words) - 1) for request in requests]


def test_frames_in_reduced_precision_depend_on_the_chunk_alone(tmp_path):
    def run(number: int, cache=None):
        settings = Settings(cache=cache, precision="bf16")
        return CachedTagger(lambda: counting, identity={}, settings=settings)(SENTENCES[:number], PARSES[:number])

    assert run(2, tmp_path) == run(2) and run(1, tmp_path) == run(1) != run(2)[:1]
    assert run(2, tmp_path) == run(2)


def test_a_damaged_chunk_in_reduced_precision_is_labelled_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "CHUNK", 1)
    settings = Settings(cache=tmp_path, precision="bf16")
    asked = []

    def run():
        labelling = CachedTagger(
            lambda: lambda requests: asked.extend(requests) or marking(requests), identity={}, settings=settings
        )
        return labelling(SENTENCES, PARSES)

    assert run() == EXPECTED and len(asked) == 3
    next(tmp_path.rglob("*.jsonl")).write_bytes(b"")
    assert run() == EXPECTED and len(asked) == 6


def test_gold_and_none():
    gold = [Sentence(0, 0, ("we", "go"), frames=EXPECTED[0]), Sentence(1, 0, ("no",), frames=())]
    assert label(gold, [PARSES[0], PARSES[2]], "gold") == [EXPECTED[0], ()]
    assert label(SENTENCES, PARSES, "none") == [()] * 4
    with pytest.raises(InputError, match="sentence 0 of the corpus carries no frames, which --srl gold needs"):
        label(SENTENCES, PARSES, "gold")


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match=f"unknown role labeller 'x'; expected one of {', '.join(BACKENDS)}"):
        label(SENTENCES, PARSES, "x")
    with pytest.raises(ValueError, match="one parse per sentence"):
        label(SENTENCES, PARSES[1:], "none")
    with pytest.raises(InputError, match="precision must be fp32 or bf16, got 'fp8'"):
        Settings(precision="fp8")
    with pytest.raises(InputError, match="at least 1 piece"):
        Settings(batch_pieces=0)
