"""Parses of the corpus's own words: schemes, odd words, the cache, and what is refused."""

import os
import shutil
import subprocess
import sys

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.pipeline import DependencyParser

from liap import corpora
from liap.errors import InputError
from liap.linguistics import dependency
from liap.records import Parse, Sentence


def sentence(*words: str, index: int = 0, parse: Parse | None = None) -> Sentence:
    return Sentence(index=index, document=0, words=words, parse=parse)


def pipeline(labels: tuple[str, ...], others: tuple[str, ...] = ("tagger",)) -> spacy.Language:
    """An untrained pipeline with these relations. Its trees are valid but meaningless."""
    nlp = spacy.blank("en")
    for name in others:
        component = nlp.add_pipe(name)
        if name == "tagger":
            component.add_label("VBZ")
            component.add_label("NN")
    parser = nlp.add_pipe("parser")
    for label in labels:
        parser.add_label(label)
    nlp.initialize()
    return nlp


@pytest.fixture(scope="module")
def clear(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("pipelines") / "clear"
    pipeline(("nsubj", "prep", "pobj", "case")).to_disk(folder)
    return str(folder)


def test_gold_parses_are_passed_on_and_a_missing_one_is_named():
    tree = Parse((1, -1), ("nsubj", "root"), ("NOUN", "VERB"), "ud")
    assert dependency.parse([sentence("a", "b", parse=tree)], "gold") == [tree]
    with pytest.raises(InputError, match="sentence 7 of the corpus carries no parse, which --parser gold needs"):
        dependency.parse([sentence("a", "b", parse=tree), sentence("c", index=7)], "gold")


@pytest.mark.parametrize(
    ("labels", "scheme"),
    [
        (("nsubj", "prep", "pobj", "case"), "clear"),
        (("nsubj:pass", "obl:agent", "case"), "ud"),
        (("nmod", "case"), "ud"),
        (("sb", "oa"), "unknown"),
    ],
)
def test_the_pipelines_labels_tell_the_scheme(labels, scheme):
    assert dependency._scheme(pipeline(labels)) == scheme


def test_a_pipeline_with_a_bare_tagger_gets_universal_tags_from_penn_ones(clear):
    (tree,) = dependency.parse([sentence("she", "sings")], clear)
    assert set(tree.parts_of_speech) <= {"VERB", "NOUN"} and tree.scheme == "clear"


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.text(max_size=5), max_size=6), max_size=4))
def test_any_words_get_one_head_each(clear, sentences):
    trees = dependency.parse([sentence(*words) for words in sentences], clear)
    assert [len(tree.heads) for tree in trees] == [len(words) for words in sentences]


@pytest.mark.parametrize(
    "odd", ["", " ", "\n", "a b", "c\nd", "\ud800", "\x00", "\u200d", "\u3000", "\ufeff", "x" * 5000]
)
def test_odd_words_shift_nothing(shared, odd):
    parser = str(shared / "models" / "en_ud_ewt_sm")
    (tree,) = dependency.parse([sentence(odd, "The", "dog", "chased", "the", "man", ".")], parser)
    assert (tree.heads[1], tree.heads[4]) == (2, 5) and len(tree.heads) == 7
    assert tree.parts_of_speech[1:] == ("DET", "NOUN", "VERB", "DET", "NOUN", "PUNCT")
    assert tree.scheme == "ud"


def test_a_root_has_no_head(shared):
    (tree,) = dependency.parse([sentence("He", "sleeps", ".")], str(shared / "models" / "en_ud_ewt_sm"))
    assert tree.heads == (1, -1, 1) and tree.relations == ("nsubj", "ROOT", "punct")


def test_results_come_in_order_from_the_cache_and_fresh(clear, tmp_path, monkeypatch):
    sentences = [sentence("a", "b", "c"), sentence("d"), sentence("a", "b", "c"), sentence(), sentence("e", "f")]
    expected = dependency.parse(sentences, clear)
    assert dependency.parse(sentences[1:2], clear, cache=tmp_path) == expected[1:2]
    loads = []
    load = dependency._load
    monkeypatch.setattr(dependency, "_load", lambda parser: loads.append(parser) or load(parser))
    for _ in range(3):
        assert dependency.parse(sentences, clear, cache=tmp_path) == expected
    assert len(loads) == 1
    for chunk in tmp_path.rglob("*.jsonl"):
        chunk.write_bytes(chunk.read_bytes()[:-5])
    assert dependency.parse(sentences, clear, cache=tmp_path, progress=True) == expected
    assert len(loads) == 2


@pytest.mark.parametrize(
    "entry",
    [
        None,
        3,
        [],
        [[0], ["x"], ["X"], "ud"],
        [[-1, 0], ["x", "y"], ["X", "X"], "ud"],
        [["a"], ["x"], ["X"], "ud"],
        [[-1], ["x"], ["X"], "klingon"],
    ],
)
def test_a_cached_entry_that_is_not_a_tree_of_this_sentence_is_not_used(entry):
    assert dependency._decode(entry, 1) is None
    assert dependency._decode([[-1], ["x"], ["X"], "ud"], 1) == Parse((-1,), ("x",), ("X",), "ud")


def test_a_changed_pipeline_is_loaded_again_even_at_the_same_size_and_time(tmp_path):
    folder, cache = tmp_path / "pipeline", tmp_path / "cache"
    pipeline(("nsubj", "prep", "pobj")).to_disk(folder)
    (before,) = dependency.parse([sentence("a", "b")], str(folder), cache=cache)
    moves = folder / "parser" / "moves"
    content, status = moves.read_bytes(), moves.stat()
    assert b"prep" in content and b"pobj" in content
    moves.write_bytes(content.replace(b"prep", b"case").replace(b"pobj", b"nmod"))
    os.utime(moves, ns=(status.st_atime_ns, status.st_mtime_ns))
    (after,) = dependency.parse([sentence("a", "b")], str(folder), cache=cache)
    assert (before.scheme, after.scheme) == ("clear", "ud")


def test_what_is_parsed_together_changes_no_tree(shared):
    parser = dependency.Parser(str(shared / "models" / "en_ud_ewt_sm"))
    sentences = corpora.load(str(shared / "data" / "uner_ewt"), "dev", limit=60)
    expected = parser(sentences)
    for size in (1, 2, 3):
        chunks = [parser(sentences[begin : begin + size]) for begin in range(0, len(sentences), size)]
        assert [tree for chunk in chunks for tree in chunk] == expected


def test_a_second_run_does_not_even_import_spacy(clear, tmp_path):
    dependency.parse([sentence("a", "b")], clear, cache=tmp_path)
    code = (
        "import sys; from pathlib import Path; from liap.linguistics.dependency import parse\n"
        "from liap.records import Sentence\n"
        "(tree,) = parse([Sentence(3, 2, ('a', 'b'))], sys.argv[1], cache=Path(sys.argv[2]))\n"
        "assert len(tree.heads) == 2 and not {'spacy', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, clear, str(tmp_path)], check=True)


def test_only_what_is_needed_is_run(tmp_path):
    pipeline(("prep",), ("tok2vec", "tagger", "sentencizer")).to_disk(tmp_path / "p")
    assert dependency._load(str(tmp_path / "p")).pipe_names == ["tok2vec", "tagger", "parser"]


@pytest.mark.parametrize(
    ("parser", "message"),
    [
        ("xx_none_sm", r"`python -m spacy download xx_none_sm` installs it.*--parser"),
        ("json", "neither an installed spaCy pipeline"),
        ("no/such/folder", "neither an installed spaCy pipeline nor a folder.*--parser"),
        ("", "neither an installed spaCy pipeline|no spaCy pipeline"),
        ("tests", "no spaCy pipeline .it has no config.cfg."),
    ],
)
def test_a_missing_parser_is_reported_in_one_line(parser, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()
    with pytest.raises(InputError, match=message) as error:
        dependency.parse([sentence("a")], parser)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("others", "drop", "message"),
    [(("tagger",), "parser", "has no dependency parser, only tagger"), ((), "", "assigns no parts of speech")],
)
def test_a_pipeline_that_lacks_a_component_is_refused(tmp_path, others, drop, message):
    nlp = pipeline(("prep",), others)
    if drop:
        nlp.remove_pipe(drop)
    nlp.to_disk(tmp_path / "p")
    with pytest.raises(InputError, match=message):
        dependency.parse([sentence("a")], str(tmp_path / "p"))


def test_a_broken_pipeline_is_reported_in_one_line(tmp_path, clear):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "config.cfg").write_text("[nlp\nnonsense")
    with pytest.raises(InputError, match="spaCy cannot load this pipeline"):
        dependency.parse([sentence("a")], str(tmp_path / "p"))


@pytest.mark.parametrize(
    ("name", "how"),
    [("parser/config.cfg", "pipe"), ("vocab/strings.json", "pipe"), ("tokenizer", "/dev/zero"), ("x", "nowhere")],
)
def test_only_plain_files_of_a_pipeline_are_read(tmp_path, clear, name, how):
    folder = shutil.copytree(clear, tmp_path / "p")
    file = folder / name
    file.unlink(missing_ok=True)
    os.mkfifo(file) if how == "pipe" else file.symlink_to(how)
    with pytest.raises(InputError, match=f"{name}: a dangling link, a pipe or a device"):
        dependency.parse([sentence("a")], str(folder))


def test_an_installed_package_is_found_without_importing_it(tmp_path, monkeypatch):
    package = tmp_path / "xx_toy_sm"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    (package / "meta.json").write_text("{}")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert dependency.find_pipeline("xx_toy_sm") == package


def test_spacys_parser_is_what_runs(shared):
    loaded = dependency._load(str(shared / "models" / "en_ud_ewt_sm"))
    assert isinstance(loaded.get_pipe("parser"), DependencyParser)
