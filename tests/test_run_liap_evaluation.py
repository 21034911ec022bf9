"""The evaluation script from end to end, and what it says of bad input."""

import csv
import json
import shutil

import pytest

SCRIPT = "run_liap_evaluation.py"


@pytest.fixture
def flags(tiny_folder, small_corpus, tmp_path):
    """Flags of a small, whole run, as a function of what to change."""

    def make(**changes):
        given = {
            "model": tiny_folder, "corpus": small_corpus, "parser": "gold", "srl": "gold", "examples-per-type": 0,
            "results": tmp_path / "results", "cache": tmp_path / "cache", "chunk": 7, "pictures": 0,
        }  # fmt: skip
        given |= {name.replace("_", "-"): value for name, value in changes.items()}
        return [part for name, value in given.items() for part in (f"--{name}", value)]

    return make


def rows_of(results):
    with (results / "scores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_from_end_to_end(script, flags, tmp_path):
    status, out, err = script(SCRIPT, *flags())
    assert status == 0, err
    results = tmp_path / "results"
    assert {path.name for path in results.iterdir()} == {
        "scores.csv", "explanations.jsonl", "attention_structure.csv", "run.json",
    }  # fmt: skip
    run = json.loads((results / "run.json").read_text())
    assert run["status"] == "complete"
    rows = rows_of(results)
    mentions = {(row["sentence"], row["start"]) for row in rows}
    assert run["mentions"]["explained"] == run["mentions"]["found"] == len(mentions) > 20
    assert len(rows) == len(mentions) * (4 + 4 * 7)
    lines = [json.loads(line) for line in (results / "explanations.jsonl").read_text().splitlines()]
    assert len(lines) == len(mentions)
    for line in lines:
        for scores in line["scores"].values():
            assert len(scores) == len(line["words"])
            assert not any(scores[line["start"] : line["end"]])
    assert f"explained {len(mentions)} of {len(mentions)} mentions" in out
    assert {"load", "predict", "parse", "roles", "score", "forward", "write"} <= set(run["seconds"])


def test_a_sample_is_a_part_of_the_whole(script, flags, tmp_path):
    script(SCRIPT, *flags())
    whole = {
        (row["sentence"], row["start"], row["explainer"], row["variant"]): row for row in rows_of(tmp_path / "results")
    }
    status, _, err = script(SCRIPT, *flags(examples_per_type=3, results=tmp_path / "sample"))
    assert status == 0, err
    rows = rows_of(tmp_path / "sample")
    types = {}
    for row in rows:
        types.setdefault(row["predicted_type"], set()).add((row["sentence"], row["start"]))
        other = whole[row["sentence"], row["start"], row["explainer"], row["variant"]]
        for name in ("lfs", "important", "probability"):
            assert (row[name] or other[name]) == "" or float(row[name]) == pytest.approx(float(other[name]), abs=2e-4)
    assert all(len(found) <= 3 for found in types.values())


def test_an_interrupted_run_goes_on_to_the_same_rows(script, flags, tmp_path, monkeypatch):
    script(SCRIPT, *flags())
    whole = rows_of(tmp_path / "results")
    import liap.evaluation

    real, calls = liap.evaluation.evaluate, []

    def evaluate(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(liap.evaluation, "evaluate", evaluate)
    status, _, err = script(SCRIPT, *flags(results=tmp_path / "again"))
    assert status == 130
    assert not (tmp_path / "again" / "scores.csv").exists()
    assert len(list((tmp_path / "again" / "chunks").iterdir())) == 2
    status, _, err = script(SCRIPT, *flags(results=tmp_path / "again"))
    assert status == 0, err
    for one, other in zip(whole, rows_of(tmp_path / "again"), strict=True):
        assert {**one, "seconds": ""} == {**other, "seconds": ""}


def test_other_settings_are_refused_and_nothing_is_lost(script, flags, tmp_path):
    script(SCRIPT, *flags())
    before = (tmp_path / "results" / "scores.csv").read_bytes()
    status, out, _ = script(SCRIPT, *flags())
    assert (status, "already holds this run, complete" in out) == (0, True)
    status, _, err = script(SCRIPT, *flags(k=2))
    assert (status, "k = 3, this one has 2" in err) == (2, True)
    assert (tmp_path / "results" / "scores.csv").read_bytes() == before
    status, _, err = script(SCRIPT, *flags(k=2), "--overwrite")
    assert status == 0, err


def broken_model(tiny_folder, tmp_path, **changes):
    folder = tmp_path / "broken"
    shutil.copytree(tiny_folder, folder)
    for name, content in changes.items():
        path = folder / name.replace("__", ".")
        path.unlink() if content is None else path.write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"corpus": "./nowhere"}, "no such folder"),
        ({"text": "zzz"}, "finds no mention"),
        ({"model": "./nowhere"}, "nowhere"),
        ({"split": "middle"}, "expected one of train"),
        ({"parser": "en_nothing_installed"}, "python -m spacy download en_nothing_installed"),
        ({"srl": "magic"}, "unknown role labeller"),
        ({"explainers": "tea"}, "--explainers must be among"),
        ({"variants": "tea"}, "--variants must be among"),
        ({"operator": "swap"}, "--operator must be among"),
        ({"k": 0}, "--k must be at least 1"),
        ({"draws": 3}, "--draws must be at least 20"),
        ({"layers": "9"}, "--layers must lie in 0..1"),
        ({"heads": "one"}, "--heads must be all, or numbers"),
        ({"precision": "fp8"}, "--precision must be one of"),
        ({"device": "abacus"}, "--device abacus"),
    ],
)
def test_bad_settings_are_one_line(script, flags, tmp_path, changes, said):
    status, _, err = script(SCRIPT, *flags(**changes))
    assert status == 2
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model__safetensors": None}, "weights"),
        ({"model__safetensors": b"junk"}, "model.safetensors"),
        ({"config__json": b"{"}, "config.json"),
        ({"tokenizer__json": b"{"}, "tokenizer"),
    ],
)
def test_bad_models_are_one_line(script, flags, tiny_folder, tmp_path, changes, said):
    status, _, err = script(SCRIPT, *flags(model=broken_model(tiny_folder, tmp_path, **changes)))
    assert status == 2
    assert said in err.splitlines()[-1]
    assert not (tmp_path / "results").exists()


HOSTILE = ("<b>", "=cmd()", "$x$", "\u202e", "</script>", '"', "👩‍👩‍👧", "-1", "\x07")


def test_pictures_and_hostile_words(script, flags, small_corpus, tmp_path):
    """Each sentence's second word is replaced by one that means something to a page, a plot or a spreadsheet."""
    lines = [json.loads(line) for line in (small_corpus / "test.jsonl").read_text().splitlines()]
    for line, word in zip([line for line in lines if len(line["words"]) > 2], HOSTILE * 5, strict=False):
        line["words"][1] = word
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    status, _, err = script(SCRIPT, *flags(corpus=tmp_path, pictures=2, explainers="liap"))
    assert status == 0, err
    pictures = sorted((tmp_path / "results" / "visualizations").iterdir())
    assert [path.name for path in pictures] == ["example_1.png", "example_2.png"]
    assert all(path.stat().st_size > 10_000 for path in pictures)
    explained = (tmp_path / "results" / "explanations.jsonl").read_text(encoding="utf-8").splitlines()
    read = {json.loads(line)["sentence"]: json.loads(line)["words"] for line in explained}
    assert all(words == lines[sentence]["words"] for sentence, words in read.items())
    assert not any(row["text"].startswith(("=", "-", "+", "@")) for row in rows_of(tmp_path / "results"))


def test_raw_text_is_explained_without_gold(script, flags, shared, tmp_path):
    parser = shared / "models" / "en_ud_ewt_sm"
    text = "a bad cab.\nbig deaf chief\n"
    status, _, err = script(SCRIPT, *flags(parser=parser, srl="none", text=text))
    assert status == 0, err
    rows = rows_of(tmp_path / "results")
    assert {row["outcome"] for row in rows} == {"no_gold"}
    assert {row["gold_type"] for row in rows} == {""}
    status, _, err = script(SCRIPT, *flags(text="a", text_file="b"))
    assert (status, "got both" in err) == (2, True)
