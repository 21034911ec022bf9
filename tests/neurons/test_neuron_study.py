"""The study from end to end on small taggers; its findings by hand."""

import csv
import math
from dataclasses import fields, is_dataclass

import numpy as np
import pytest

from liap.neurons import neuron_rows
from liap.neurons.encoder_study import EncoderImportanceRow, LayerRow
from liap.neurons.neuron_findings import (
    NEGATIVE,
    NONE,
    POSITIVE,
    FindingRow,
    finding,
    findings_of,
    mean_of,
    over_seeds,
    permuted,
    types_of,
)
from liap.neurons.neuron_measures import MOST, measure_tagger
from liap.neurons.neuron_settings import NeuronSettings
from liap.neurons.sensitivity import correlations
from liap.records import Sentence
from liap.training.recurrent_grid import BaselineRow
from tests.taggers.test_recurrent import SENTENCES, tagger_of
from tests.toys import LABELS

NO_CHANCE = (0.0, math.nan, math.nan)


def test_intervals_over_seeds_as_scipy_has_them():
    from scipy import stats

    values = [0.1, 0.4, 0.3, 0.2]
    mean, low, high, one_low, one_high = over_seeds(values)
    expected = stats.t.interval(0.95, 3, loc=0.25, scale=stats.sem(values))
    assert (mean, low, high) == pytest.approx((0.25, *expected))
    assert high - low < one_high - one_low and one_high - mean == pytest.approx((high - mean) * math.sqrt(5))
    assert over_seeds([0.5])[0] == 0.5 and all(map(math.isnan, over_seeds([0.5])[1:]))


def test_what_agrees():
    low, high = [0.2, 0.3, 0.25], [-0.2, -0.3, -0.25]
    assert finding("x", "m", POSITIVE, low, NO_CHANCE).agrees == "yes"
    assert finding("x", "m", POSITIVE, high, NO_CHANCE).agrees == "no"
    assert finding("x", "m", NEGATIVE, high, NO_CHANCE).agrees == "yes"
    assert finding("x", "m", NEGATIVE, [-0.5, 0.6, 0.1], NO_CHANCE).agrees == "unclear"
    assert finding("x", "m", NEGATIVE, [-0.5], NO_CHANCE).agrees == "unclear"
    assert (
        finding("x", "m", 0.28, low, NO_CHANCE).agrees == "yes"
        and finding("x", "m", 0.9, low, NO_CHANCE).agrees == "no"
    )
    assert finding("x", "m", NONE, low, (0.0, -0.1, 0.1)).beyond_chance == "yes"
    assert finding("x", "m", NONE, low, (0.0, -0.3, 0.3)).beyond_chance == "no"
    assert finding("x", "m", NONE, low, NO_CHANCE).beyond_chance == NONE


def test_chance_of_a_correlation():
    table = np.random.default_rng(0).normal(size=(2, 40))
    ((middle, low, high),) = permuted(
        [table], correlations, [mean_of([("A", "B")], ["A", "B"])], 2000, np.random.default_rng(1)
    )
    assert abs(middle) < 0.02 and low == pytest.approx(-0.31, abs=0.03) and high == pytest.approx(0.31, abs=0.03)
    assert types_of(["O", "B-X", "I-X", "B-Y"]) == ["X"]


def test_a_label_that_no_ranked_word_has_has_no_ranking():
    """Its neurons are in no order, so nothing may be said of the first ones."""
    ranking = [Sentence(0, 0, SENTENCES[0], ("B-PER", "O", "B-LOC")), Sentence(1, 1, SENTENCES[2], ("I-LOC",))]
    test = [Sentence(0, 0, SENTENCES[1], ("O", "B-LOC", "O", "B-PER", "I-PER", "O"))]
    settings = NeuronSettings(probe_words=100, rankers=("sensitivity", "probe", "gaussian"), removed=3, top=2)
    one = measure_tagger(tagger_of(), ranking, test, settings, name="t", seed=0)
    unknown = LABELS.index("I-PER")
    for label in range(len(LABELS)):
        for ranker in settings.rankers:
            assert np.isnan(one.scores[ranker][label]).all() == (label == unknown)
            curve = one.curve("zero", ranker, MOST, label).scores.recall[:, LABELS.index("B-PER")]
            assert np.isnan(curve).all() == (label == unknown) and len(curve) == 9
    shared = {(row.first, row.second): row.shared for row in neuron_rows.label_pair_rows(one, 2)}
    assert all(math.isnan(value) == ("I-PER" in pair) for pair, value in shared.items())
    rows = findings_of([one], top=2, removed=3, permutations=100, generator=np.random.default_rng(0))
    (row,) = [row for row in rows if row.finding == "B-PER and I-PER share top neurons"]
    assert (row.seeds, row.agrees, row.beyond_chance) == (0, NONE, NONE) and math.isnan(row.mean)
    assert not any("permutation of types" in row.finding for row in rows)  # one type is left


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Column files in which words tell their tags."""
    folder, draw = tmp_path_factory.mktemp("tagged"), np.random.default_rng(0)
    words = {
        "O": ("of", "in", "went", "."),
        "B-PER": ("Ann", "Bob"),
        "I-PER": ("Smith",),
        "B-LOC": ("Rome", "Oslo"),
        "I-LOC": ("Hills",),
    }
    for split in ("train", "dev", "test"):
        lines = []
        for _ in range(80):
            for _ in range(draw.integers(1, 5)):
                kind = draw.choice(["O", "O", "PER", "LOC"])
                tags = ["O"] if kind == "O" else [f"B-{kind}", f"I-{kind}"][: draw.integers(1, 3)]
                lines += [f"{draw.choice(words[tag])} {tag}" for tag in tags]
            lines.append("")
        (folder / f"{split}.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module", params=["softmax", "crf"])
def taggers(request, script, corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("taggers")
    status, _, err = script(
        "studies/neurons_train.py", "--corpus", corpus, "--seeds", 0, 1, "--recipe", "fast", "--epochs", 6, "--batch", 8,
        "--inference", request.param, "--hidden", 12, "--dimensions", 8, "--learning-rate", 0.02, "--results", folder,
    )  # fmt: skip
    assert status == 0, err
    return folder / f"nochar-wordlstm-{request.param}"


def flags(model, corpus, results, *more):
    return (
        "studies/neurons.py", "--model", model, "--corpus", corpus, "--removed", 6, "--top", 3, "--permutations", 100,
        "--probe-words", 200, "--rankers", "sensitivity", "sensitivity_predicted", "gradient", "--results", results, *more,
    )  # fmt: skip


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_study_from_end_to_end(script, corpus, taggers, tmp_path):
    results = tmp_path / "r"
    status, out, err = script(*flags(taggers, corpus, results))
    assert status == 0, err
    name = taggers.name
    for picture in (f"{name}-seed-1_heatmap.png", "ImportanceRankings.png", "B-PER_chart.png", "O_chart.png",
                    "sensitivities_correlation.png", "Similarity_correlation.png", "Importance_overlap_top_ten.png",
                    "rankers_zero.png", "rankers_mean.png"):  # fmt: skip
        assert (results / picture).stat().st_size > 5000
    sensitivity = table(results / "sensitivities.csv")
    assert len(sensitivity) == 2 * 2 * 5 * 12
    importance = [
        row for row in table(results / "importance.csv") if row["ranker"] == "sensitivity" and row["seed"] == "0"
    ]
    by_label = [row for row in importance if row["label"] == "B-PER"]
    assert [int(row["place"]) for row in by_label] == list(range(1, 13))
    scores = [float(row["score"]) for row in by_label]
    assert scores == sorted(scores, reverse=True) and sorted(int(row["neuron"]) for row in by_label) == list(range(12))
    check_ablation(results)
    confusion = table(results / "confusion.csv")
    accuracies = table(results / "accuracies.csv")
    for row in accuracies:
        own = [int(one["tokens"]) for one in confusion if (one["seed"], one["gold"]) == (row["seed"], row["label"])]
        assert sum(own) == int(row["gold_words"])
    matching = table(results / "seed_matching.csv")
    assert len(matching) == 5 and all(0 < float(row["matched_chance"]) < float(row["matched"]) <= 1 for row in matching)
    assert "B-x and I-x correlate" in out
    probes = table(results / "probes.csv")
    assert {row["neurons"] for row in probes} == {"all", "random", "sensitivity", "sensitivity_predicted", "gradient"}
    for row in probes:
        assert float(row["selectivity"]) == pytest.approx(float(row["accuracy"]) - float(row["control"]), abs=1e-5)
    assert "already holds this run" in script(*flags(taggers, corpus, results))[1]


def check_ablation(results):
    rows = table(results / "ablation.csv")
    accuracies = {(row["seed"], row["label"]): row for row in table(results / "accuracies.csv")}
    for row in rows:
        if row["removed"] == "0":  # whole, whatever the ranking
            assert row["recall"] == accuracies[row["seed"], row["label"]]["recall"]
    last = [row for row in rows if row["removed"] == "12" and row["fill"] == "zero" and row["seed"] == "0"]
    for label in {row["label"] for row in last}:
        assert len({row["recall"] for row in last if row["label"] == label}) == 1  # no neuron is left, in any order


def test_every_column_has_its_definition(request):
    text = (request.config.rootpath / "docs" / "definitions.md").read_text(encoding="utf-8")
    records = [value for value in vars(neuron_rows).values() if is_dataclass(value) and value.__name__.endswith("Row")]
    for record in (*records, FindingRow, LayerRow, EncoderImportanceRow, BaselineRow):
        assert [one.name for one in fields(record) if f"`{one.name}`" not in text] == []
    assert len(records) == 9


def test_one_seed_has_no_intervals(script, corpus, taggers, tmp_path):
    status, _, err = script(*flags(taggers / "seed-0", corpus, tmp_path / "r", "--ranking-split", "validation"))
    assert status == 0, err
    rows = table(tmp_path / "r/findings.csv")
    assert rows and all(row["seeds"] == "1" and row["low"] == "" and row["agrees"] in ("unclear", "-") for row in rows)
    assert table(tmp_path / "r/seed_matching.csv") == []


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--model", "nowhere"), "--model nowhere: no recurrent tagger"),
        (("--rankers", "probe"), "--rankers must name sensitivity"),
        (("--rankers", "luck"), "--rankers must be among"),
        (("--draws", 3), "--draws must be at least 20"),
        (("--fills", "one"), "--fills must be among zero, mean"),
    ],
)
def test_wrong_flags_end_with_one_line(script, corpus, tmp_path, more, message):
    status, _, err = script(*flags("nowhere", corpus, tmp_path / "r", *more))
    assert status == 2 and message in err.strip().splitlines()[-1]


def test_tags_that_the_tagger_does_not_know(script, taggers, small_corpus, corpus, tmp_path):
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.txt").write_text("Rome B-CITY\n\n")
    status, _, err = script(*flags(taggers, tmp_path, tmp_path / "r"))
    assert status == 2 and "tag 'B-CITY' is no label of the tagger" in err
