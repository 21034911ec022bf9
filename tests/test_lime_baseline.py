"""The LIME script from end to end on a tiny recogniser."""

import csv
import json

import pytest

from liap.reports.explained import read_explained
from liap.reports.lime_pages import page

SCRIPT = "lime_baseline.py"


@pytest.fixture
def flags(tiny_folder, small_corpus, tmp_path):
    """Flags of a small run, as a function of what to change."""

    def make(**changes):
        given = {
            "model": tiny_folder, "corpus": small_corpus, "examples-per-type": 4, "lime-samples": 60, "examples": 3,
            "instability-per-type": 2, "results": tmp_path / "lime",
        }  # fmt: skip
        given |= {name.replace("_", "-"): value for name, value in changes.items()}
        return [part for name, value in given.items() for part in (f"--{name}", value)] + SIZES

    return make


SIZES = ["--instability-samples", "30", "200"]


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_from_end_to_end(script, flags, tmp_path):
    status, out, err = script(SCRIPT, *flags())
    assert status == 0, err
    results = tmp_path / "lime"
    assert {path.name for path in results.iterdir() if path.name[0] != "."} == {
        "scores.csv", "explanations.jsonl", "sentences.jsonl", "run.json", "instability.csv", "instability_mentions.csv",
        "lime_instability.png", "lime_instability.txt", "example_1.html", "example_2.html", "example_3.html", "lime.js",
    }  # fmt: skip
    rows = rows_of(results / "scores.csv")
    assert {row["explainer"] for row in rows} == {"lime"}
    assert all(1 < int(row["passes"]) <= min(60, 2 ** int(row["context"])) for row in rows)  # samples that differ
    assert json.loads((results / "run.json").read_text())["mentions"]["explained"] == len(rows) == 8
    summary = {(row["samples"], row["measure"]): float(row["mean"]) for row in rows_of(results / "instability.csv")}
    assert len(summary) == 4
    assert summary["30", "rank_correlation"] < summary["200", "rank_correlation"] <= 1
    assert len(rows_of(results / "instability_mentions.csv")) == 2 * 4
    assert "rank correlation of two seeds at 200 samples" in out
    assert (results / "lime_instability.png").read_bytes()[:4] == b"\x89PNG"


def test_the_pages_weights_are_those_of_the_lines(script, flags, tmp_path):
    status, _, err = script(SCRIPT, *flags(instability_per_type=0))
    assert status == 0, err
    lines = (tmp_path / "lime" / "explanations.jsonl").read_text(encoding="utf-8").splitlines()
    decode = json.JSONDecoder().raw_decode
    for number, line in enumerate(lines[:3], start=1):
        one = json.loads(line)
        text = (tmp_path / "lime" / f"example_{number}.html").read_text(encoding="utf-8")
        bars = decode(text[text.rindex("exp.show(") + len("exp.show(") :])[0]
        inside = range(one["start"], one["end"])
        context = [word for word in range(len(one["words"])) if word not in inside]
        assert sorted(bars) == sorted([one["words"][word], one["scores"]["lime"][word]] for word in context)
        assert not any(one["scores"]["lime"][word] for word in inside)
    first = next(read_explained(tmp_path / "lime" / "explanations.jsonl", only="lime"))
    assert page(first) == (tmp_path / "lime" / "example_1.html").read_text(encoding="utf-8")


def test_lime_has_the_same_rows_beside_other_explainers(script, flags, small_corpus, tiny_folder, tmp_path):
    script(SCRIPT, *flags(instability_per_type=0))
    status, _, err = script(
        "run_liap_evaluation.py", "--model", tiny_folder, "--corpus", small_corpus, "--parser", "gold", "--srl", "gold",
        "--examples-per-type", 4, "--lime-samples", 60, "--results", tmp_path / "all", "--cache", tmp_path / "cache",
        "--explainers", "lime", "attention",
    )  # fmt: skip
    assert status == 0, err
    beside = [row for row in rows_of(tmp_path / "all" / "scores.csv") if row["explainer"] == "lime"]
    alone = rows_of(tmp_path / "lime" / "scores.csv")
    assert len(alone) == len(beside) == 8
    for one, other in zip(alone, beside, strict=True):
        assert (one["sentence"], one["start"]) == (other["sentence"], other["start"])
        assert float(one["lfs"] or 0) == pytest.approx(float(other["lfs"] or 0), abs=1e-3)


def test_an_interrupted_comparison_goes_on(script, flags, tmp_path, monkeypatch):
    script(SCRIPT, *flags())
    import liap.diagnostics.instability

    real, calls = liap.diagnostics.instability.compare, []

    def compare(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(liap.diagnostics.instability, "compare", compare)
    again = flags(results=tmp_path / "again")
    status, _, _ = script(SCRIPT, *again)
    assert status == 130
    assert not (tmp_path / "again" / "instability.csv").exists()
    status, _, err = script(SCRIPT, *again)
    assert status == 0, err
    assert len(calls) == 1 + 2 * 4
    one, other = (rows_of(tmp_path / name / "instability_mentions.csv") for name in ("lime", "again"))
    key = lambda row: (int(row["sentence"]), int(row["start"]), int(row["samples"]))  # noqa: E731
    assert sorted(map(key, one)) == sorted(map(key, other))


def test_raw_text_is_explained_and_its_pages_are_named_last(script, flags, tmp_path):
    text = "a bad cab.\nbig deaf chief\n"
    status, out, err = script(SCRIPT, *flags(text=text, examples_per_type=1, corpus="none/such"))
    assert status == 0, err
    results = tmp_path / "lime"
    record = json.loads((results / "run.json").read_text())
    types = {row["predicted_type"] for row in rows_of(results / "scores.csv")}
    assert record["mentions"]["explained"] == len(types) < record["mentions"]["found"]  # one of each type, as asked for
    about = {name: record["settings"][name] for name in ("corpus", "split", "sentences", "examples_per_type")}
    assert about == {"corpus": "", "split": "", "sentences": 0, "examples_per_type": 1}
    assert {row["outcome"] for row in rows_of(results / "scores.csv")} == {"no_gold"}
    assert out.splitlines()[-1] in (
        f"{len(types)} pages: {results}/example_<n>.html",
        f"1 page: {results}/example_<n>.html",
    )
    assert "LIME" in out  # the sentences, shaded
    assert "(no interval), sd" in out and "nan, nan" not in out  # of one document


def test_of_raw_text_every_mention_is_explained_unless_a_number_is_given(script, flags, tmp_path):
    (tmp_path / "text.txt").write_text("a bad cab. a fed cab.\nbig deaf chief\n")
    command = flags(text_file=tmp_path / "text.txt", instability_per_type=0)
    place = command.index("--examples-per-type")
    status, _, err = script(SCRIPT, *command[:place], *command[place + 2 :], "--sentences-as-given")
    assert status == 0, err
    record = json.loads((tmp_path / "lime" / "run.json").read_text())
    assert record["sentences"] == 2
    assert record["mentions"]["explained"] == record["mentions"]["found"] > 2
    assert record["settings"]["text_file"] == str(tmp_path / "text.txt")
