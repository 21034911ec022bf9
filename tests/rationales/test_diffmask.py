"""DiffMask on a tiny recogniser: the explainer, the batches it is trained on, and the study as a user starts it."""

import numpy as np
import pandas as pd
import pytest
import torch

from liap.errors import InputError
from liap.explainers import EXPLAINERS
from liap.explainers.diffmask import DiffMaskSettings, stays_by_layer
from liap.explainers.gate_network import GateNetwork, read_network, save
from liap.linguistics.annotation import without_structure
from liap.perturbation.view import Reading
from liap.rationales.rationale_study import LayerRow
from liap.rationales.recogniser_gates import gate_batch
from liap.records import Sentence
from liap.taggers.prediction import predict
from tests.reports.test_definitions import undefined
from tests.toys import cases_of

SENTENCES = [Sentence(0, 0, ("abc", "d", "\u200b", "ef", "g", "b")), Sentence(1, 0, ("p", "o", "abc"))]


@pytest.fixture(scope="module")
def cases(tiny):
    mentions = [one for inside in predict(tiny, SENTENCES).mentions for one in inside]
    items = without_structure(SENTENCES, mentions)
    reading = Reading(tiny, [one.sentence.words for one in items], [one.mentions for one in items], "type")
    assert len(reading.views) > 1
    return cases_of(reading, items)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A file of a network whose gates differ."""
    network = GateNetwork(3, 16, 16, 4)
    with torch.no_grad():
        network.last.normal_(generator=torch.Generator().manual_seed(0))
    path = tmp_path_factory.mktemp("trained") / "diffmask.safetensors"
    save(network, {"model_digest": ""}, path)
    return str(path)


def test_scores_are_products_over_layers(cases, trained):
    network, _ = read_network(trained)
    for case in cases:
        (explanation,) = EXPLAINERS["diffmask"](case, DiffMaskSettings(trained))
        states = torch.from_numpy(case.view.hidden_states())
        mention = states[:, case.mention.start : case.mention.end].mean(dim=1)
        for word in np.flatnonzero(case.context):
            if case.words[word] == "\u200b":
                assert explanation.scores[0, word] == 0
                continue
            logits = network(states[:, None, word : word + 1].float(), mention[:, None].float())[:, 0, 0]
            expected = torch.sigmoid(logits - 0.2 * np.log(0.2)).prod()
            assert explanation.scores[0, word] == pytest.approx(float(expected), rel=1e-5)
        assert explanation.columns["words_open"] == pytest.approx(explanation.scores[0].sum())
        by_layer = stays_by_layer(case, trained)
        assert (np.diff(by_layer, axis=0) <= 1e-7).all()
        assert (by_layer[:, case.mention.start : case.mention.end] == 0).all()


def batch_of(tiny, cases):
    targets = [case.view.target for case in cases]
    places, batch = next(iter(tiny.input_batches(targets)))
    return places, gate_batch(tiny, [targets[place] for place in places], batch)


def test_open_gates_change_nothing_and_the_mention_is_never_masked(tiny, cases):
    places, batch = batch_of(tiny, cases)
    everything = torch.ones(batch.maskable.shape)
    assert batch.divergence(everything, torch.zeros(16)).abs().max() < 1e-6
    for row, place in enumerate(places):
        mention = cases[place].mention
        assert not batch.maskable[row, mention.start : mention.end].any()
        assert not batch.maskable[row, len(cases[place].words) :].any()


def test_divergence_against_masking(tiny, cases):
    """With the mask token's embedding for a baseline, closed gates are the operator `mask`."""
    places, batch = batch_of(tiny, cases)
    baseline = tiny.model.get_input_embeddings().weight[tiny.mask_id]
    found = batch.divergence(torch.where(batch.maskable, 0.0, 1.0), baseline)
    for row, place in enumerate(places):
        case = cases[place]
        masks = np.stack([np.ones(len(case.words), dtype=bool), ~case.context])
        labels = case.view.label_probabilities(masks, "mask").astype(float)
        expected = (labels[0] * np.log(labels[0] / labels[1])).sum(axis=1).mean()
        assert float(found[row]) == pytest.approx(expected, abs=1e-5)


def test_bad_files_are_refused_in_one_line(cases, tmp_path, trained):
    path = tmp_path / "wrong.safetensors"
    path.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"--diffmask .*wrong\.safetensors: not a file of studies"):
        read_network(str(path))
    save(GateNetwork(5, 8, 8, 4), {}, tmp_path / "other.safetensors")
    with pytest.raises(InputError, match="made for 4 layers of width 8; this recogniser has 2 of width 16"):
        stays_by_layer(cases[0], str(tmp_path / "other.safetensors"))


def test_a_run_without_the_file_is_refused(script, place):
    place.flags = {"explainers": "diffmask", "parser": "none"}
    status, _, err = script(
        "run_liap_evaluation.py",
        *[one for one in place.command("run_liap_evaluation.py") if one not in ("--srl", "gold")],
    )
    assert status == 2 and "--explainers diffmask needs --diffmask" in err and len(err.strip().splitlines()) == 1


def test_the_study_runs_goes_on_and_writes_its_tables(script, tiny_folder, small_corpus, tmp_path, monkeypatch):
    from liap import script_runs

    started = []

    def benchmark(*flags):
        started.append(flags)
        costs = {"explainer": ["diffmask", "random"], "variant": ["-", "-"], "n": 5, "passes": 1.0, "seconds": 0.1}
        pd.DataFrame(costs).to_csv(tmp_path / "cost.csv", index=False)

    monkeypatch.setattr(script_runs, "start", benchmark)
    flags = [
        "--model",
        tiny_folder,
        "--corpus",
        small_corpus,
        "--steps",
        25,
        "--batch",
        4,
        "--inner",
        4,
        "--examples-per-type",
        5,
        "--results",
        tmp_path,
    ]
    status, out, err = script("studies/rationales.py", *flags)
    assert status == 0, err
    assert out.count("trained on") == 2 and {"diffmask", "vmask"} <= set(started[0])
    training = pd.read_csv(tmp_path / "cost.csv")["training_seconds"]
    assert training[0] > 0 and training[1] == 0
    rows = pd.read_csv(tmp_path / "layers.csv")
    assert undefined(pd.read_csv(tmp_path / "toy.csv").columns) == []
    kept = pd.read_csv(tmp_path / "kept.csv")
    assert undefined(kept.columns) == [] and set(kept["explainer"]) == {"diffmask", "vmask"}
    assert undefined(rows.columns) == [] == undefined(pd.read_csv(tmp_path / "trained" / "diffmask.csv").columns)
    assert undefined(pd.read_csv(tmp_path / "trained" / "vmask.csv").columns) == []
    assert set(rows["layer"]) == {0, 1, 2} and rows["stays"].between(0, 1).all()
    assert list(rows.columns) == list(LayerRow.__dataclass_fields__)
    status, out, err = script("studies/rationales.py", *flags)
    assert status == 0 and out.count("is there already") == 2, err
