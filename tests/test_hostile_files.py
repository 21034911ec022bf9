"""Every reader of files, on any bytes and on sound files with something changed: a result, or an InputError of one line."""

import json
import shutil

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liap.corpora.column_files import read_file
from liap.corpora.jsonl import read_jsonl
from liap.reports.analysis import analyse
from liap.reports.declared import provenance, read_declared
from liap.reports.explained import read_explained
from liap.reports.heat_map import draw_structure, read_structure
from liap.reports.readme import recogniser
from liap.reports.report import sections
from liap.reports.rows import read_rows
from liap.runs import Run
from liap.settings import AnalysisSettings
from liap.taggers.checkpoints import read_config
from liap.taggers.transformer import TransformerTagger

COLUMNS = (
    "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n\u2028 DT I-NP I-PER\né NN I-NP I-PER\n".encode()
)
SOUND = HealthCheck.function_scoped_fixture  # each example writes its own file anew
many = settings(max_examples=300, deadline=None, suppress_health_check=[SOUND, HealthCheck.too_slow])
some = settings(max_examples=60, deadline=None, suppress_health_check=[SOUND, HealthCheck.too_slow])


@many
@given(data=st.data())
def test_column_files(data, mutated, ends_soundly, tmp_path):
    path = tmp_path / "test.txt"
    path.write_bytes(data.draw(st.one_of(st.binary(max_size=60), mutated(COLUMNS))))
    for sentence in ends_soundly(read_file, path) or ():
        assert len(sentence.words) == len(sentence.tags) > 0 and all(sentence.words)


@many
@given(data=st.data())
def test_json_lines(data, mutated, ends_soundly, small_corpus, tmp_path):
    lines = (small_corpus / "test.jsonl").read_bytes().splitlines(keepends=True)[:3]
    document = json.loads(max(lines, key=len))
    changed = st.builds(lambda changed: json.dumps(changed).encode(), mutated(document))
    (tmp_path / "test.jsonl").write_bytes(
        data.draw(st.one_of(st.binary(max_size=60), mutated(b"".join(lines)), changed))
    )
    for sentence in ends_soundly(read_jsonl, tmp_path, "test") or ():
        words = len(sentence.words)
        assert (words > 0 and sentence.parse is None) or len(sentence.parse.heads) == words
        assert all(len(frame.tags) == words > frame.predicate >= 0 for frame in sentence.frames or ())


@pytest.fixture(scope="module")
def model(tiny_folder, tmp_path_factory):
    return shutil.copytree(tiny_folder, tmp_path_factory.mktemp("hostile") / "model")


@many
@given(data=st.data())
def test_any_bytes_of_a_configuration(data, mutated, ends_soundly, tiny_folder, model):
    sound = (tiny_folder / "config.json").read_bytes()
    (model / "config.json").write_bytes(data.draw(st.one_of(st.binary(max_size=60), mutated(sound))))
    ends_soundly(read_config, model)


@some
@given(data=st.data())
def test_a_model_of_another_configuration_answers_or_is_refused(data, mutated, ends_soundly, tiny_folder, model):
    """Never a wait, a large piece of memory, or an answer of another shape."""
    document = json.loads((tiny_folder / "config.json").read_bytes())
    (model / "config.json").write_text(json.dumps(data.draw(mutated(document))))
    found = ends_soundly(TransformerTagger.load, str(model))
    if found is not None:
        encoding = found.encode(("a", "bc"))
        if found.fits(("a", "bc")):
            logits = found.logits(torch.from_numpy(encoding.piece_ids)[None], None)
            assert logits.shape == (1, encoding.pieces, len(found.labels))


@many
@given(data=st.data())
def test_scores(data, mutated, ends_soundly, finished, tmp_path):
    lines = (finished.results / "scores.csv").read_bytes().splitlines(keepends=True)[:12]
    cells = [line.split(b",") for line in lines]
    row, column = data.draw(st.integers(0, 11)), data.draw(st.integers(0, len(cells[0]) - 2))
    cells[row][column] = data.draw(mutated(cells[row][column]))
    one_cell = b"".join(b",".join(line) for line in cells)
    (tmp_path / "scores.csv").write_bytes(
        data.draw(st.one_of(st.just(one_cell), mutated(b"".join(lines)), st.binary(max_size=60)))
    )
    rows = ends_soundly(read_rows, tmp_path)
    if rows is not None and data.draw(st.integers(0, 4)) == 0:
        found = ends_soundly(lambda: analyse(rows, settings=AnalysisSettings(resamples=100)))
        assert found is None or all(text.isprintable() for _, table in sections(found) for text in table.split("\n"))


@some
@given(data=st.data())
def test_attention_structure(data, mutated, ends_soundly, finished, tmp_path):
    sound = (finished.results / "attention_structure.csv").read_bytes()
    (tmp_path / "attention_structure.csv").write_bytes(data.draw(st.one_of(mutated(sound), st.binary(max_size=60))))
    rows = ends_soundly(read_structure, tmp_path)
    if rows is not None and len(rows):
        assert max(rows["layer"].max(), rows["head"].max()) < 1000
        with np.errstate(all="ignore"):
            draw_structure(rows)


@many
@given(data=st.data())
def test_explanations(data, mutated, ends_soundly, tmp_path):
    document = {
        "sentence": 3, "start": 1, "end": 2, "type": "LOC", "probability": 0.5, "words": ["a", "b"], "scores": {"lime": [0.25, 0.0]},
    }  # fmt: skip
    sound = json.dumps(document).encode() + b"\n"
    changed = st.builds(lambda changed: sound + json.dumps(changed).encode() + b"\n", mutated(document))
    path = tmp_path / "explanations.jsonl"
    path.write_bytes(data.draw(st.one_of(changed, mutated(sound * 2), st.binary(max_size=60))))
    for mention in ends_soundly(lambda: list(read_explained(path, only="lime"))) or ():
        assert len(mention.words) == len(mention.scores["lime"]) >= mention.end > mention.start >= 0
        assert np.isfinite(mention.scores["lime"]).all() and 0 <= mention.probability <= 1


@many
@given(data=st.data())
def test_records_of_runs_and_of_recognisers(data, mutated, ends_soundly, finished, tmp_path):
    record = json.loads((finished.results / "run.json").read_bytes())
    metrics = {
        "test": {"overall": {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 4}},
        "corpus": "data/conll2003",
    }
    changed = st.builds(lambda changed: json.dumps(changed).encode(), st.one_of(mutated(record), mutated(metrics)))
    text = data.draw(st.one_of(changed, mutated(json.dumps(record).encode()), st.binary(max_size=60)))
    (tmp_path / "run.json").write_bytes(text)
    ends_soundly(provenance, tmp_path)
    ends_soundly(read_declared, tmp_path)
    ends_soundly(Run(tmp_path).begin, record["settings"])
    ends_soundly(recogniser, tmp_path / "run.json")
