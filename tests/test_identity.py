"""A run's identity: it changes with whatever decides rows, and with nothing else; a run that was started with another is refused."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import pytest
import torch

from liap.records import Frame, Parse, Sentence
from liap.run_identity import identity_of
from liap.settings import AnalysisSettings, EvaluationSettings, LimeBaselineSettings, Settings

EVALUATE = "run_liap_evaluation.py"
OTHER = {
    "corpus": "other", "split": "train", "sentences": 7, "text": "a", "text_file": "a.txt", "model": "other", "precision": "bf16",
    "device": "cpu", "pieces_per_batch": 7, "parser": "gold", "srl": "gold", "srl_archive": "a", "srl_encoder": "a",
    "srl_environment": "a", "srl_precision": "bf16", "cache": "other", "explainers": ("attention",), "metrics": ("sufficiency",),
    "variants": ("core",), "prune": ("syntactic:lime",), "operator": "delete", "explainer_operator": "mask", "ranking": "absolute", "ties": "attention", "draws": 65,
    "joint_rankings": 7, "layers": "0", "heads": "0", "hops": 2, "siblings": True, "renormalise": True, "seed": 7,
    "examples_per_type": 7, "results": "other", "overwrite": True, "chunk": 7, "engine": "ray", "ray_address": "a:1", "workers": 7,
    "cpus_per_worker": 7, "gpus_per_worker": 0.5, "pictures": 7, "picture_variant": "core", "examples": 7, "instability_per_type": 7,
    "instability_samples": (20,), "explainer": "lime", "variant": "", "resamples": 200, "extremes": 7, "plots": False,
    "options": {"some": 1}, "given": frozenset({"k"}), "type_map": ("PERSON=PER",), "target": "tag", "punctuation": "drop", "fitted": "other", "language_model": "other", "replacement_threshold": 0.5, "replacement_draws": 7, "page": False, "formats": ("pdf",), "font_size": 8.0,
    "column_width": 3.0, "latex": True, "sentences_as_given": True, "verbose": True,
}  # fmt: skip
DECIDES_NO_ROW = {
    "results", "cache", "overwrite", "pieces_per_batch", "pictures", "picture_variant", "engine", "ray_address", "workers",
    "cpus_per_worker", "gpus_per_worker", "plots", "options", "given", "verbose", "fitted", "language_model", "page", "formats", "font_size", "column_width", "latex",
}  # fmt: skip


@pytest.mark.parametrize(
    "kind", [EvaluationSettings, LimeBaselineSettings, AnalysisSettings], ids=lambda kind: kind.__name__
)
def test_the_identity_changes_with_the_fields_that_decide_rows_and_no_others(kind: type[Settings]):
    before = kind().deciding_rows()
    for name in (part.name for part in fields(kind)):
        after = replace(kind(), **{name: OTHER[name]}).deciding_rows()
        changed = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        assert changed == ({name} - DECIDES_NO_ROW), name


SENTENCE = Sentence(
    0, 0, ("a", "b", "c"), ("B-PER", "O", "O"), parse=Parse((-1, 0, 0), ("root", "dep", "dep"), ("VERB", "NOUN", "NOUN"), "ud"),
    frames=(Frame(0, ("B-V", "B-ARG0", "O")),),
)  # fmt: skip
CONTENTS = {
    "a word": replace(SENTENCE, words=("a", "b", "d")),
    "a tag": replace(SENTENCE, tags=("B-LOC", "O", "O")),
    "a head": replace(SENTENCE, parse=replace(SENTENCE.parse, heads=(-1, 0, 1))),
    "a relation": replace(SENTENCE, parse=replace(SENTENCE.parse, relations=("root", "dep", "obj"))),
    "a part of speech": replace(SENTENCE, parse=replace(SENTENCE.parse, parts_of_speech=("VERB", "NOUN", "VERB"))),
    "a role": replace(SENTENCE, frames=(Frame(0, ("B-V", "B-ARG1", "O")),)),
    "a frame": replace(SENTENCE, frames=()),
    "a document": replace(SENTENCE, document=1),
}


@pytest.fixture
def gold(tiny_folder) -> EvaluationSettings:
    return EvaluationSettings(model=str(tiny_folder), parser="gold", srl="gold", explainers=("liap", "lime"))


def changes(before: dict[str, object], after: dict[str, object]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


@pytest.mark.parametrize("what", CONTENTS)
def test_the_identity_changes_with_the_contents_of_the_corpus(what, gold):
    assert changes(identity_of(gold, [SENTENCE]), identity_of(gold, [CONTENTS[what]])) == {"corpus_digest"}


def test_own_settings_decide_rows_if_their_method_runs(gold):
    from liap.explainers.integrated_gradients import IntegratedGradientsSettings
    from liap.explainers.lime import LimeSettings
    from liap.faithfulness.lfs import LfsSettings

    before = identity_of(gold, [SENTENCE])
    assert (before["lime_samples"], before["k"]) == (1000, 3)  # the defaults, where no option was given
    other = {"lime": LimeSettings(lime_samples=50), "lfs": LfsSettings(k=2)}
    unused = {"integrated_gradients": IntegratedGradientsSettings(ig_steps=9)}
    assert changes(before, identity_of(replace(gold, options=other), [SENTENCE])) == {"lime_samples", "k"}
    assert changes(before, identity_of(replace(gold, options=unused), [SENTENCE])) == set()


def test_the_identity_changes_with_the_model(gold, tiny_folder, tmp_path):
    settings = replace(gold, model=str(shutil.copytree(tiny_folder, tmp_path / "model")))
    before = identity_of(settings, [SENTENCE])
    _flip(tmp_path / "model" / "model.safetensors")
    assert changes(before, identity_of(settings, [SENTENCE])) == {"model_digest"}


def test_the_identity_changes_with_the_contents_of_the_parser_and_of_the_archive(gold, tmp_path):
    (tmp_path / "parser").mkdir()
    (tmp_path / "parser" / "config.cfg").write_text("[nlp]")
    (tmp_path / "parser" / "weights").write_bytes(b"weights")
    (tmp_path / "archive" / "vocabulary").mkdir(parents=True)
    configuration = {
        "dataset_reader": {"type": "srl", "bert_model_name": "toy-uncased"},
        "model": {"type": "srl_bert", "bert_model": {"vocab_size": 3}},
    }
    (tmp_path / "archive" / "config.json").write_text(json.dumps(configuration))
    (tmp_path / "archive" / "weights.th").write_bytes(b"weights")
    (tmp_path / "toy-uncased").mkdir()
    (tmp_path / "toy-uncased" / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\na\n")
    paths = {
        "parser": str(tmp_path / "parser"),
        "srl_archive": str(tmp_path / "archive"),
        "cache": str(tmp_path / "cache"),
    }
    settings = replace(gold, srl="archive", **paths)
    before = identity_of(settings, [SENTENCE])
    assert before["parser"] == str(tmp_path / "parser")  # the name as it was given
    for file, name in (("parser/weights", "annotation_parser"), ("archive/weights.th", "annotation_srl_archive")):
        _flip(tmp_path / file)
        after = identity_of(settings, [SENTENCE])
        assert changes(before, after) == {name}
        before = after


def test_the_identity_changes_with_the_users_own_file(gold, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("def mine(case):\n    return -case.distances.astype(float)\n")
    settings = replace(gold, explainers=("liap", f"{path}:mine"))
    before = identity_of(settings, [SENTENCE])
    path.write_text(path.read_text() + "# the same function\n")
    assert changes(before, identity_of(settings, [SENTENCE])) == {"own_files_digest"}


@pytest.mark.parametrize(
    ("precision", "expected"),
    [("fp32", set()), ("bf16", {"threads", "pieces_per_batch"}), ("bf16-weights", {"threads", "pieces_per_batch"})],
)
def test_threads_and_batches_decide_rows_in_reduced_precision_alone(precision, expected, gold):
    settings, threads = replace(gold, precision=precision), torch.get_num_threads()
    before = identity_of(settings, [SENTENCE])
    torch.set_num_threads(threads + 1)
    try:
        after = identity_of(replace(settings, pieces_per_batch=99), [SENTENCE])
    finally:
        torch.set_num_threads(threads)
    assert changes(before, after) == expected


def _flip(path: Path) -> None:
    """Another last byte, with the same size."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


# A run that is killed after its first chunk, changed in one thing, and started again.


@dataclass
class Started:
    """An interrupted run, and what a test may change of it."""

    place: object
    flags: dict[str, object] = field(default_factory=dict)

    def line(self, **changed: object) -> None:
        """Other fields in the first sentence of the corpus that has a frame."""
        path = self.place.corpus / "test.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        first = next(line for line in lines if line["frames"])
        first.update(changed)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))


CHANGED: dict[str, tuple[str, Callable[[Started], object]]] = {
    "a setting": ("seed = 0, this one has 1", lambda run: run.flags.update(seed=1)),
    "an explainer's own setting": ("power = 1.0, this one has 2.0", lambda run: run.flags.update(power=2.0)),
    "a metric's own setting": ("k = 3, this one has 2", lambda run: run.flags.update(k=2)),
    "the size of chunks": ("chunk = 1, this one has 2", lambda run: run.flags.update(chunk=2)),
    "words": ("corpus_digest", lambda run: run.line(words=_words(run)[::-1])),
    "tags": ("corpus_digest", lambda run: run.line(tags=["B-LOC", *["O"] * (len(_words(run)) - 1)])),
    "a gold tree": ("corpus_digest", lambda run: run.line(heads=[-1, *[0] * (len(_words(run)) - 1)])),
    "gold frames": ("corpus_digest", lambda run: run.line(frames=[])),
    "the model": ("model_digest", lambda run: _flip(run.place.model / "model.safetensors")),
    "the parser": ("annotation_parser", lambda run: _flip(run.place.corpus.parent / "pipeline" / "meta.json")),
    "the user's file": ("own_files_digest", lambda run: _flip(run.place.corpus.parent / "mine.py")),
}
MINE = '''
from dataclasses import dataclass
from liap import explainer

@dataclass(frozen=True)
class Power:
    power: float = 1.0

@explainer(settings=Power)
def mine(case, settings):
    return -case.distances.astype(float) ** settings.power

# a comment
'''  # fmt: skip


def _words(run: Started) -> list[str]:
    lines = [json.loads(line) for line in (run.place.corpus / "test.jsonl").read_text().splitlines()]
    return next(line["words"] for line in lines if line["frames"])


@pytest.fixture
def started(script, place, tmp_path, monkeypatch) -> Started:
    """A run with a parser's folder and a user's explainer, killed after its first chunk."""
    import spacy

    from liap.runs import Run

    nlp = spacy.blank("en")
    nlp.add_pipe("tagger").add_label("NN")
    nlp.add_pipe("parser").add_label("obj")
    nlp.initialize()
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "mine.py").write_text(MINE)
    place.flags = {"parser": tmp_path / "pipeline", "srl": "gold", "explainers": f"{tmp_path / 'mine.py'}:mine"}
    save = Run.save_chunk

    def killed(run, index, *more):
        save(run, index, *more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Run, "save_chunk", killed)
        status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 130, err
    assert [path.name for path in (place.results / "chunks").iterdir()] == ["000000.npz"]
    return Started(place)


@pytest.mark.parametrize("what", CHANGED)
def test_an_interrupted_run_is_not_gone_on_with_once_a_thing_has_changed(what, script, started):
    message, change = CHANGED[what]
    change(started)
    before = (started.place.results / "chunks" / "000000.npz").read_bytes()
    started.place.flags |= started.flags
    status, _, err = script(EVALUATE, *started.place.command(EVALUATE))
    last = err.splitlines()[-1]
    assert status == 2, err
    assert f"{started.place.results} holds a run with {message}" in last
    assert "too)" not in last  # nothing else differs
    assert (started.place.results / "chunks" / "000000.npz").read_bytes() == before


def test_what_decides_no_row_may_change(script, started):
    started.place.flags |= {"pieces-per-batch": 50, "pictures": 0, "cache": started.place.results.parent / "other"}
    status, _, err = script(EVALUATE, *started.place.command(EVALUATE))
    assert status == 0, err


def test_in_reduced_precision_a_run_keeps_its_batches(script, place, monkeypatch):
    from liap.runs import Run

    def killed(*_):
        raise KeyboardInterrupt

    place.flags = {"precision": "bf16", "explainers": "attention"}
    with monkeypatch.context() as patch:
        patch.setattr(Run, "save_chunk", lambda run, *_: (run._write("running"), killed()))
        status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 130, err
    place.flags |= {"pieces-per-batch": 50}
    status, _, err = script(EVALUATE, *place.command(EVALUATE))
    assert status == 2 and "holds a run with pieces_per_batch = 0, this one has 50" in err, err
