"""The evaluation script from end to end."""

import csv
import json

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
    assert {path.name for path in results.iterdir() if path.name[0] != "."} == {
        "scores.csv", "explanations.jsonl", "sentences.jsonl", "attention_structure.csv", "run.json",
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


def test_raw_text_is_explained_without_gold(script, flags, shared, tmp_path):
    parser = shared / "models" / "en_ud_ewt_sm"
    text = "a bad cab.\nbig deaf chief\n"
    status, _, err = script(SCRIPT, *flags(parser=parser, srl="none", text=text))
    assert status == 0, err
    rows = rows_of(tmp_path / "results")
    assert {row["outcome"] for row in rows} == {"no_gold"}
    assert {row["gold_type"] for row in rows} == {""}


def test_entity_types_that_only_one_side_knows_are_told_and_recorded(script, flags, small_corpus, tmp_path):
    lines = [json.loads(line) for line in (small_corpus / "test.jsonl").read_text().splitlines()]
    lines[0]["tags"][0] = "B-GENE"
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    status, out, err = script(SCRIPT, *flags(corpus=tmp_path, examples_per_type=1, explainers="attention"))
    assert status == 0, err
    assert "entity types of the recogniser that the corpus does not mark: LOC\n" in out
    assert "entity types of the corpus that the recogniser does not know: GENE\n" in out
    run = json.loads((tmp_path / "results" / "run.json").read_text())
    assert run["types"] == {"recogniser_only": ["LOC"], "corpus_only": ["GENE"]}


def test_a_damaged_cache_is_made_again(script, flags, parser, tmp_path):
    few = {"parser": parser, "srl": "none", "examples_per_type": 2, "explainers": "liap", "variants": "syntactic"}
    script(SCRIPT, *flags(**few))
    (chunk,) = (tmp_path / "cache" / "parses").rglob("*.jsonl")
    whole = chunk.read_bytes()
    untimed = [row | {"seconds": ""} for row in rows_of(tmp_path / "results")]
    damages = (
        whole[:-9],
        b"",
        b"\xff" * 99,
        b"[" * 100_000,
        whole[:-50] + bytes([whole[-50] ^ 1]) + whole[-49:],
        bytes(len(whole)),
    )
    for number, damaged in enumerate(damages):
        chunk.write_bytes(damaged)
        results = tmp_path / f"again{number}"
        status, _, err = script(SCRIPT, *flags(**few, results=results))
        assert status == 0, err
        assert [row | {"seconds": ""} for row in rows_of(results)] == untimed
        assert chunk.read_bytes() == whole  # and is whole again


def test_a_parser_that_knows_few_of_the_words_is_told_and_recorded(script, flags, parser, tmp_path):
    few = {"srl": "none", "examples_per_type": 1, "explainers": "attention"}
    status, out, err = script(SCRIPT, *flags(parser=parser, **few))
    assert status == 0, err
    assert f"warning: the parser {parser} knows " in out
    known = json.loads((tmp_path / "results" / "run.json").read_text())["parser_knows"]
    assert known["share"] < 0.5 and known["words"] > 100
    status, out, err = script(SCRIPT, *flags(results=tmp_path / "gold", **few | {"srl": "gold"}))
    assert status == 0, err
    assert "warning" not in out


def test_raw_text_ends_with_its_shaded_words_and_a_page(script, flags, parser, tmp_path):
    """Two explainers a mention, stars in place of colour as nothing here is a terminal, and the same again from a complete run."""
    given = flags(text="abc d e ab\nd efg a bc\nh i j a b c d\na a b c hi\n", parser=parser, srl="none")
    given[given.index("--corpus") : given.index("--corpus") + 2] = ["--sentences-as-given"]
    status, out, err = script(SCRIPT, *given)
    assert status == 0, err
    results = tmp_path / "results"
    lines = (results / "explanations.jsonl").read_text(encoding="utf-8").splitlines()
    assert out.count(", p = ") == len(lines) > 1
    assert out.count("\n  ") == 2 * out.count("\n  occlusion") == 2 * len(lines)
    assert "\x1b" not in out and "*" in out
    ending = (
        "\n\n[word]: the mention. *word*: among the three words that speak most for its type.\n"
        f"The page, with trees and drops: {results / 'report.html'}\n"
    )
    assert out.endswith(ending)
    assert '<meta http-equiv="Content-Security-Policy"' in (results / "report.html").read_text(encoding="utf-8")
    (results / "report.html").unlink()
    status, again, _ = script(SCRIPT, *given)
    assert (status, "already holds this run, complete" in again) == (0, True)
    assert again.split("\n", 1)[1] in out and (results / "report.html").is_file()


def test_raw_text_without_a_column_for_tables_has_no_page(script, flags, parser, tmp_path):
    path = tmp_path / "nothing.py"
    path.write_text(
        "from liap.faithfulness import Column, metric\n"
        "@metric(columns=(Column('one', 'one'),))\ndef one(case, rankings):\n    return {'one': rankings.order[:, 0] * 0.0}\n"
    )
    given = flags(text="abc d e ab\n", parser=parser, srl="none", explainers="attention", metrics=f"{path}:one")
    status, out, err = script(SCRIPT, *given)
    assert status == 0, err
    assert "The page" not in out and not (tmp_path / "results" / "report.html").exists()
