"""Items: sentences with their mentions, parses and frames; and what these depend on."""

import json
import os
from dataclasses import replace

import pytest
import spacy

from liap.linguistics.annotation import (
    Item,
    group_by_sentence,
    identity_of_annotation,
    open_annotator,
    without_structure,
)
from liap.records import Frame, Mention, Parse, Sentence
from liap.settings import AnnotationSettings

GOLD = AnnotationSettings(parser="gold", srl="gold", cache="")


def sentence(index: int) -> Sentence:
    parse = Parse((1, -1), ("nsubj", "root"), ("PROPN", "VERB"), "ud")
    return Sentence(index, index, ("Ann", "sings"), parse=parse, frames=(Frame(1, ("B-ARG0", "B-V")),))


def mention(index: int, start: int = 0) -> Mention:
    return Mention(index, index, start, start + 1, ("B-PER",), "PER", None, "no_gold", 0.9)


def test_sentences_keep_their_order_and_mentions_theirs():
    sentences = [sentence(index) for index in (4, 2, 7)]
    mentions = [mention(7), mention(4, 1), mention(4, 0)]
    chosen, grouped = group_by_sentence(sentences, mentions)
    assert [item.index for item in chosen] == [4, 7]
    assert grouped == [(mentions[1], mentions[2]), (mentions[0],)]


def test_without_a_parser_items_have_no_structure():
    (item,) = without_structure([sentence(0), sentence(1)], [mention(1)])
    assert (item.sentence.index, item.mentions, item.parse, item.frames) == (1, (mention(1),), None, ())


def test_the_annotator_reads_what_the_corpus_carries():
    sentences = [sentence(0), sentence(1)]
    with open_annotator(GOLD) as annotator:
        annotated = annotator(sentences, [(mention(0),), (mention(1),)])
    assert [item.parse for item in annotated.items] == [sentences[0].parse] * 2
    assert [item.frames for item in annotated.items] == [sentences[0].frames] * 2
    assert annotated.facts(annotated.items[:1]) == {"scheme": "ud", "frames": 1, "too_long": 0}
    assert set(annotated.seconds) == {"parse", "roles"}


def test_without_models_the_identity_is_constant():
    assert identity_of_annotation(GOLD) == {"parser": "gold", "srl": "gold"}
    for labeller in ("none", "dependency"):
        assert identity_of_annotation(replace(GOLD, srl=labeller)) == {"parser": "gold", "srl": labeller}


@pytest.fixture
def annotated_by_models(tmp_path, toy) -> AnnotationSettings:
    """An untrained pipeline, and an archive whose encoder has its vocabulary and configuration beside it."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tagger").add_label("VB")
    nlp.add_pipe("parser").add_label("obj")
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    archive = toy.write_folder(tmp_path / "model", config=toy.configuration(bert_model="toy-uncased"))
    (tmp_path / "toy-uncased" / "config.json").write_text(json.dumps(toy.sizes))
    return AnnotationSettings(
        parser=str(tmp_path / "pipeline"), srl_archive=str(archive), cache=str(tmp_path / "cache")
    )


@pytest.mark.parametrize(
    ("file", "entry"),
    [
        ("pipeline/parser/model", "parser"),
        ("pipeline/vocab/strings.json", "parser"),
        ("model/weights.th", "srl_archive"),
        ("model/vocabulary/labels.txt", "srl_archive"),
        ("toy-uncased/vocab.txt", "srl_vocabulary"),
        ("toy-uncased/config.json", "srl_config"),
    ],
)
def test_the_identity_follows_the_contents_of_every_file_that_is_read(annotated_by_models, tmp_path, file, entry):
    before = identity_of_annotation(annotated_by_models)
    assert {"parser_spacy", "srl_torch", "srl_transformers", "srl_precision"} <= before.keys()
    path = tmp_path / file
    status, content = path.stat(), path.read_bytes()
    path.write_bytes(content[:-2] + bytes([content[-2] ^ 1, content[-1]]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    after = identity_of_annotation(annotated_by_models)
    assert {name for name in before if after[name] != before[name]} == {entry}
    path.write_bytes(content)
    assert identity_of_annotation(annotated_by_models) == before


def test_the_identity_ignores_the_place_and_time_of_files(annotated_by_models, tmp_path):
    before = identity_of_annotation(annotated_by_models)
    (tmp_path / "pipeline" / "__pycache__").mkdir()
    (tmp_path / "pipeline" / "__pycache__" / "x.pyc").write_bytes(b"x")
    os.utime(tmp_path / "model" / "weights.th", ns=(1, 1))
    (tmp_path / "pipeline").rename(tmp_path / "moved")
    moved = replace(annotated_by_models, parser=str(tmp_path / "moved"), cache="")
    assert identity_of_annotation(moved) == before


def test_chunks_are_annotated_alike_in_any_order(annotated_by_models):
    sentences = [Sentence(index, index, words) for index, words in enumerate([("go", "home"), ("he", "goes", "go")])]

    def items(settings: AnnotationSettings, order: tuple[int, ...]) -> dict[int, Item]:
        with open_annotator(settings) as annotator:
            return {index: annotator([sentences[index]], [()]).items[0] for index in order}

    cached = items(annotated_by_models, (0, 1))
    for settings in (annotated_by_models, replace(annotated_by_models, cache="")):
        again = items(settings, (1, 0))
        for index in (0, 1):
            assert (again[index].parse, again[index].frames) == (cached[index].parse, cached[index].frames)
