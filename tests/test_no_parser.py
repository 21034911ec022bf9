"""Runs without a parser, or with a recogniser without attention: the rest runs on, and one line says what is left out."""

import csv
import json
from dataclasses import replace

import pytest

import liap
from liap.explainers import EXPLAINERS
from liap.explainers.explainer import STRUCTURE

EVALUATE, ANALYSE = "run_liap_evaluation.py", "analyze_results.py"
PARSE_FREE = ("attention", "occlusion", "occlusion_ceiling", "random")


@pytest.fixture
def flags(tiny_folder, small_corpus, tmp_path):
    """Flags of a small run with the script's own explainers, as a function of what to change; None leaves a flag out."""

    def make(**changes):
        given = {
            "model": tiny_folder, "corpus": small_corpus, "examples_per_type": 3, "results": tmp_path / "results",
            "cache": tmp_path / "cache", "pictures": 2, "parser": "none",
        }  # fmt: skip
        given = {name: value for name, value in (given | changes).items() if value is not None}
        return [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)]

    return make


def rows_of(results):
    with (results / "scores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_what_needs_no_parse_runs_and_one_line_says_what_is_left_out(script, flags, tmp_path):
    status, out, err = script(EVALUATE, *flags())
    assert status == 0, err
    results = tmp_path / "results"
    assert {row["explainer"] for row in rows_of(results)} == set(PARSE_FREE)
    (line,) = [line for line in out.splitlines() if "--parser none" in line]
    left_out = [
        name
        for name, one in EXPLAINERS.items()
        if one.needs & set(STRUCTURE) and name not in ("liap_published", "matched_learned")
    ]
    assert all(name in line for name in (*left_out, "attention_structure.csv")), line
    assert not (results / "attention_structure.csv").exists()
    assert len(list((results / "visualizations").glob("*.png"))) == 2
    record = json.loads((results / "run.json").read_text())
    assert record["left_out"]["explainers"] == left_out
    settings = record["settings"]
    assert (settings["parser"], settings["srl"], settings["annotation_parser"]) == ("none", "none", "none")
    assert settings["explainers"] == list(PARSE_FREE)
    assert not (tmp_path / "cache").exists()


def test_its_rows_are_those_of_a_run_with_a_parser(script, flags, tmp_path):
    script(EVALUATE, *flags())
    status, _, err = script(EVALUATE, *flags(parser="gold", srl="gold", results=tmp_path / "parsed"))
    assert status == 0, err
    parsed = [row for row in rows_of(tmp_path / "parsed") if row["explainer"] in PARSE_FREE]
    unparsed = rows_of(tmp_path / "results")
    assert len(parsed) == len(unparsed) > 0
    for one, other in zip(unparsed, parsed, strict=True):
        assert {**one, "seconds": ""} == {**other, "seconds": ""}


def test_a_run_with_a_parser_is_another_run(script, flags):
    script(EVALUATE, *flags())
    status, _, err = script(EVALUATE, *flags(parser="gold", srl="gold"))
    assert status == 2 and "holds a run with" in err and "parser" in err, err


def test_an_explainer_that_the_user_names_is_refused(script, flags, tmp_path):
    status, _, err = script(EVALUATE, *flags(), "--explainers", "occlusion", "liap")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "--explainers liap needs a parse" in err
    assert not (tmp_path / "results" / "run.json").exists()


def test_roles_that_the_user_names_are_refused(script, flags):
    status, _, err = script(EVALUATE, *flags(srl="gold"))
    assert (status, len(err.splitlines())) == (2, 1)
    assert "--srl gold" in err and "--parser none" in err
    status, _, err = script(EVALUATE, *flags(srl="none"))
    assert status == 0, err


@pytest.mark.parametrize("parser", ["not_installed_sm", "some/folder"])
def test_a_parser_that_is_not_there_gives_one_line_with_a_way_on(parser, script, flags):
    status, _, err = script(EVALUATE, *flags(parser=parser, corpus=None, text="a bad cab."))
    assert (status, err.splitlines()[-1].count("--parser none")) == (2, 1), err
    assert "Traceback" not in err
    status, out, err = script(EVALUATE, *flags(corpus=None, text="a bad cab."))
    assert status == 0, err
    assert "cab" in out


def test_an_archive_that_is_not_there_gives_one_line_with_a_way_on(script, flags, parser, tmp_path):
    missing = tmp_path / "model.tar.gz"
    status, _, err = script(EVALUATE, *flags(parser=parser, srl_archive=missing))
    assert (status, "--srl none" in err.splitlines()[-1]) == (2, True), err


def test_the_analysis_of_such_a_run_says_what_it_cannot_tell(script, flags, tmp_path):
    script(EVALUATE, *flags())
    status, out, err = script(ANALYSE, "--results", tmp_path / "results", "--resamples", 100)
    assert status == 0, err
    assert "These rows cannot tell" in out and "parser none" in out
    assert not (tmp_path / "results" / "attention_structure.png").exists()
    assert (tmp_path / "results" / "lfs_by_explainer.png").exists()
    status, _, err = script(ANALYSE, "--results", tmp_path / "results", "--explainer", "liap")
    assert (status, "no rows of 'liap" in err) == (2, True)
    status, _, err = script(ANALYSE, "--results", tmp_path / "results", "--explainer", "occlusion", "--no-plots")
    assert status == 0, err  # which has no variant


@pytest.fixture
def constants(monkeypatch):
    """Edit the constants at the top of a script."""
    from liap import flags as module

    read = module.read_constants

    def edit(**values):
        def edited(path):
            known = read(path)
            return known | {name: replace(known[name], value=value) for name, value in values.items()}

        monkeypatch.setattr(module, "read_constants", edited)

    return edit


def test_the_constant_says_it_too(script, flags, constants):
    constants(PARSER="none")
    status, out, err = script(EVALUATE, *flags(parser=None))
    assert status == 0, err
    assert "--parser none" in out


def test_where_nothing_is_left_to_run_the_run_is_refused(script, flags, constants):
    constants(EXPLAINERS=("liap", "matched_random"))
    status, _, err = script(EVALUATE, *flags())
    assert (status, len(err.splitlines())) == (2, 1), err
    assert "liap and matched_random need a parse" in err


def test_without_attention_the_table_is_left_out_and_nothing_else(script, flags, tmp_path, monkeypatch):
    from liap.taggers.transformer import TransformerTagger

    monkeypatch.setattr(TransformerTagger, "capabilities", frozenset())
    changed = flags(parser="gold", srl="gold", pictures=0)
    status, out, err = script(EVALUATE, *changed, "--explainers", "occlusion", "random")
    assert status == 0, err
    assert "attention_structure.csv" in out and "needs attention" in out
    assert {row["explainer"] for row in rows_of(tmp_path / "results")} == {"occlusion", "random"}
    assert not (tmp_path / "results" / "attention_structure.csv").exists()


def test_the_api_takes_none_as_no_parser(tiny):
    found = {
        parser: liap.explain(tiny, "a bad cab. a fed cab.", explainers=("attention",), parser=parser)
        for parser in ("", "none")
    }
    assert len(found[""]) == len(found["none"]) > 0
    with pytest.raises(liap.InputError, match="liap needs a parse"):
        liap.explain(tiny, "a bad cab.", explainers=("liap",), parser="none")


def test_a_study_that_needs_a_parse_refuses_none():
    from liap.linguistics.dependency import parse
    from liap.records import Sentence

    with pytest.raises(liap.InputError, match="--parser none"):
        parse([Sentence(0, 0, ("a",))], "none")
