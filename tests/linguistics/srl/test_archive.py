"""The model on a hand-made archive, and parity with AllenNLP's own answers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from liap.linguistics.srl import label
from liap.linguistics.srl.archive_files import read_configuration, read_model
from liap.linguistics.srl.frames import Request, Settings
from liap.records import Parse, Sentence

SHARED = Path(__file__).parents[3].parent / "shared"
REQUESTS = [
    Request(("hello", ",", "he", "goes", "home"), 3),
    Request(("he", "goes"), 1),
    Request(("goes", "", "home", "É", "\n", "x"), 0),
    Request(("goes", "", "home", "É", "\n", "x"), 1),
    Request(("hello",) * 11, 4),
    Request(("hello",) * 12, 4),  # 26 pieces
]


@pytest.fixture(scope="module")
def expected(folder, toy) -> list:
    return toy.opened(folder).tag(REQUESTS)


def test_one_tag_per_word_and_none_for_a_sentence_over_the_limit(expected, toy):
    assert [tags and len(tags) for tags in expected] == [5, 2, 6, 6, 11, None]
    assert {tag for tags in expected[:-1] for tag in tags} <= set(toy.labels)
    assert len({tag for tags in expected[:-1] for tag in tags}) > 2
    assert expected[2] != expected[3]  # the predicate matters


@pytest.mark.parametrize("batch_pieces", [1, 2, 3, 30, 10_000])
def test_batches_change_nothing(folder, expected, batch_pieces, toy):
    model = toy.opened(folder)
    assert model.tag(REQUESTS, batch_pieces=batch_pieces) == expected
    assert model.tag(REQUESTS[::-1], batch_pieces=batch_pieces) == expected[::-1]
    assert model.tag([]) == []


@pytest.mark.parametrize("mode", ["w:gz", "w"])
def test_a_tar_file_gives_the_same_tags_as_its_folder(tmp_path, folder, expected, mode, toy):
    copy = shutil.copytree(folder.parent, tmp_path / "copy") / "model"
    assert toy.opened(toy.pack(copy, mode=mode)).tag(REQUESTS) == expected


def test_the_verb_is_marked_on_all_its_pieces_and_padding_is_not_attended(folder, monkeypatch, toy):
    model, seen = toy.opened(folder), []
    monkeypatch.setattr(
        model._encoder,
        "forward",
        lambda **inputs: seen.append(inputs) or type(model._encoder).forward(model._encoder, **inputs),
    )
    model.tag(REQUESTS[:2])
    assert seen[0]["token_type_ids"].tolist() == [[0, 0, 0, 0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0, 0, 0, 0]]
    assert seen[0]["attention_mask"].tolist() == [[1] * 9, [1] * 5 + [0] * 4]
    assert seen[0]["input_ids"].tolist() == [[2, 4, 5, 11, 4, 6, 7, 8, 3], [2, 4, 6, 7, 3, 0, 0, 0, 0]]


OLD = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}


def old_names(state: dict) -> dict:
    for new, old in OLD.items():
        state = {name.replace(new, old): value for name, value in state.items()}
    return state


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state | {"bert_model.embeddings.position_ids": torch.arange(24)[None]},
        lambda state: {name: value for name, value in state.items() if "pooler" not in name},
        lambda state: {name: value.double() for name, value in state.items()},
        old_names,
    ],
)
def test_state_dictionaries_of_old_and_new_versions(tmp_path, expected, change, toy):
    assert toy.opened(toy.write_folder(tmp_path / "model", state=change(toy.state_of()))).tag(REQUESTS) == expected


def test_the_old_file_format_of_torch_is_read(tmp_path, expected, toy):
    folder = toy.write_folder(tmp_path / "model")
    torch.save(toy.state_of(), folder / "weights.th", _use_new_zipfile_serialization=False)
    assert toy.opened(folder).tag(REQUESTS) == expected


def test_padded_labels_are_numbered_from_one(tmp_path, toy):
    labels = ("@@UNKNOWN@@", *toy.labels)
    folder = toy.write_folder(
        tmp_path / "model", labels=labels, state=toy.state_of(len(labels) + 1), non_padded="*tags\n"
    )
    config = read_configuration(folder)
    assert read_model(folder, config)[0] == ("@@PADDING@@", *labels)
    seen = {tag for tags in toy.opened(folder).tag(REQUESTS) if tags for tag in tags}
    assert seen & {"@@PADDING@@", "@@UNKNOWN@@"}  # AllenNLP's answers contain them too
    sentences = [Sentence(0, 0, REQUESTS[2].words)]
    parses = [Parse((-1,) * 6, ("dep",) * 6, ("VERB",) * 6)]
    (frames,) = label(sentences, parses, "archive", settings=Settings(archive=str(folder)))
    assert [frame.predicate for frame in frames] == list(range(6))
    assert all(tag == "O" or tag[:2] in ("B-", "I-") for frame in frames for tag in frame.tags)


def test_the_configuration_of_a_named_encoder_is_beside_the_archive(tmp_path, expected, toy):
    folder = toy.write_folder(tmp_path / "model", config=toy.configuration(bert_model="toy-uncased"))
    (tmp_path / "toy-uncased" / "config.json").write_text(json.dumps(toy.sizes))
    assert toy.opened(folder).tag(REQUESTS) == expected


def test_googles_encoders_need_no_configuration(tmp_path, toy):
    sizes = {"hidden_size": 128, "num_attention_heads": 2}  # 64 per head, as in all of Google's encoders
    config = toy.configuration(bert_model="bert-base-uncased")
    config["dataset_reader"]["bert_model_name"] = "bert-base-uncased"
    folder = toy.write_folder(tmp_path / "a", config=config, state=toy.state_of(**sizes))
    (tmp_path / "toy-uncased").rename(tmp_path / "bert-base-uncased")
    spelled = toy.write_folder(
        tmp_path / "b", config=toy.configuration(bert_model=toy.sizes | sizes), state=toy.state_of(**sizes)
    )
    assert toy.opened(folder).tag(REQUESTS) == toy.opened(spelled).tag(REQUESTS)


def test_the_validation_reader_is_used_as_by_the_predictor(tmp_path, toy):
    config = toy.configuration() | {"validation_dataset_reader": {"bert_model_name": "other"}}
    assert read_configuration(toy.write_folder(tmp_path / "model", config=config)).encoder == "other"


def test_bf16_gives_tags_too(folder, toy):
    assert [tags and len(tags) for tags in toy.opened(folder, "bf16").tag(REQUESTS)] == [5, 2, 6, 6, 11, None]


def test_a_second_run_imports_neither_torch_nor_the_model(tmp_path, folder):
    code = (
        "import sys; from pathlib import Path; from liap.linguistics.srl import label\n"
        "from liap.linguistics.srl.frames import Settings; from liap.records import Parse, Sentence\n"
        "settings = Settings(archive=sys.argv[1], cache=Path(sys.argv[2]))\n"
        "words = ('he', 'goes'); parse = Parse((1, -1), ('a', 'b'), ('X', 'VERB'))\n"
        "frames = label([Sentence(0, 0, words)], [parse], 'archive', settings=settings)\n"
        "print(frames, {'torch', 'transformers'} & set(sys.modules))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(folder), str(tmp_path)], check=True, capture_output=True, text=True
        )
        for _ in range(2)
    ]
    assert "'torch'" in runs[0].stdout and "torch" not in runs[1].stdout
    assert runs[0].stdout.partition(" {")[0] == runs[1].stdout.partition(" set(")[0]


def labelled(archive: Path, cache: Path | None) -> list:
    """The frames of a sentence of verbs."""
    words = REQUESTS[2].words
    parse = Parse((-1,) * 6, ("dep",) * 6, ("VERB",) * 6)
    settings = Settings(archive=str(archive), cache=cache)
    return label([Sentence(0, 0, words)], [parse], "archive", settings=settings)


def test_changed_weights_are_read_again_even_at_the_same_size_and_time(tmp_path, toy):
    folder = toy.write_folder(tmp_path / "model")
    weights, cache = folder / "weights.th", tmp_path / "cache"
    before, status = labelled(folder, cache), weights.stat()
    torch.save({name: -value for name, value in toy.state_of().items()}, weights)
    os.utime(weights, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (weights.stat().st_size, weights.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert labelled(folder, cache) == labelled(folder, None) != before


def test_a_corrected_configuration_of_the_encoder_is_read_again(tmp_path, toy):
    folder = toy.write_folder(tmp_path / "model", config=toy.configuration(bert_model="toy-uncased"))
    config, cache = tmp_path / "toy-uncased" / "config.json", tmp_path / "cache"
    config.write_text(json.dumps(toy.sizes | {"num_attention_heads": 16, "hidden_act": "relu"}))
    before = labelled(folder, cache)
    config.write_text(json.dumps(toy.sizes))
    assert labelled(folder, cache) == labelled(folder, None) != before


def test_every_tag_is_allennlps(toy):
    if not SHARED.is_dir():
        reason = "the folder 'shared' with AllenNLP's own answers is not beside the project"
        pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    model = toy.opened(SHARED / "models" / "srl-minilm.tar.gz")
    rows = [json.loads(line) for line in (SHARED / "srl_parity" / "public.jsonl").read_text().splitlines()]
    frames = [
        (Request(tuple(row["words"]), frame["predicate"]), tuple(frame["tags"]))
        for row in rows
        for frame in row["frames"]
    ]
    answers = model.tag([request for request, _ in frames])
    different = sum(
        ours != theirs
        for answer, (_, tags) in zip(answers, frames, strict=True)
        for ours, theirs in zip(answer, tags, strict=True)
    )
    assert len(frames) == 250 and different == 0
