"""The studies of structure, and what is fitted on dev, as a user starts them: files, columns, and bad input in one line."""

import json

import pandas as pd
import pytest

FIT, GOLD, UNITS, EVALUATE = (
    "studies/fit_on_dev.py",
    "studies/gold_structure.py",
    "studies/units.py",
    "run_liap_evaluation.py",
)


def flags(**given):
    return [
        part
        for name, value in given.items()
        for part in (f"--{name.replace('_', '-')}", *(value if isinstance(value, tuple) else (value,)))
    ]


@pytest.fixture
def about(small_corpus, tmp_path):
    return {"corpus": small_corpus, "results": tmp_path / "results", "chunk": 16}


def test_what_is_fitted_on_dev_runs_on_test(script, tiny_folder, about, tmp_path):
    status, out, err = script(FIT, *flags(model=tiny_folder, fitted_heads=2, **about))
    assert status == 0, err
    fitted = json.loads((tmp_path / "results" / "fitted.json").read_text())
    heads = pd.read_csv(tmp_path / "results" / "head_lfs.csv")
    best = heads.sort_values("lfs", ascending=False).head(2)
    assert sorted(map(tuple, fitted["heads"])) == sorted(zip(best["layer"], best["head"], strict=True))
    assert (len(fitted["profile"]), fitted["operator"], fitted["target"]) == (31, "unk", "type")
    assert f"fitted on {fitted['mentions']} mentions" in out and heads["lfs"].between(0, 1).all()
    explainers = ("liap", "attention_kernel", "dev_heads", "nearest_words", "matched_learned")
    given = {
        "model": tiny_folder,
        "parser": "gold",
        "srl": "gold",
        "examples_per_type": 0,
        "pictures": 0,
        "cache": tmp_path / "cache",
    }
    given |= about | {
        "results": tmp_path / "run",
        "fitted": tmp_path / "results" / "fitted.json",
        "explainers": explainers,
    }
    status, _, err = script(EVALUATE, *flags(**given))
    assert status == 0, err
    rows = pd.read_csv(tmp_path / "run" / "scores.csv")
    assert set(rows["explainer"]) == set(explainers)
    assert set(rows["genre"]) <= {"prose", "table", "capitals"}
    assert (rows.loc[rows["explainer"] == "dev_heads", "variant"] == "-").all()
    record = json.loads((tmp_path / "run" / "run.json").read_text())["settings"]
    assert len(record["fitted_digest"]) == 32 and "fitted" not in record
    given["fitted"] = tmp_path / "broken.json"
    given["fitted"].write_text("{}")
    status, _, err = script(EVALUATE, *flags(**given))
    assert status == 2 and "not a file of studies/fit_on_dev.py" in err and err.count("\n") == 1


def test_what_was_fitted_on_another_recogniser_is_refused(script, tiny_folder, about, tmp_path):
    script(FIT, *flags(model=tiny_folder, fitted_heads=2, **about))
    path = tmp_path / "other.json"
    made = tmp_path / "results" / "fitted.json"
    path.write_text(json.dumps(json.loads(made.read_text()) | {"model_digest": "0" * 32}))
    given = {
        "model": tiny_folder,
        "parser": "none",
        "explainers": "dev_heads",
        "fitted": path,
        "cache": tmp_path / "cache",
    }
    status, _, err = script(EVALUATE, *flags(**given | about | {"results": tmp_path / "run"}))
    assert status == 2 and "was fitted on another recogniser" in err and err.count("\n") == 1


def test_gold_beside_predicted_and_damaged_structure(script, tiny_folder, about, tmp_path):
    given = {"models": tiny_folder, "parser": "gold", "srl": "gold", "damage": "0.4", "cache": tmp_path / "cache"}
    status, out, err = script(GOLD, *flags(**given, **about))
    assert status == 0, err
    lines = pd.read_csv(tmp_path / "results" / "gold_structure.csv")
    summary = pd.read_csv(tmp_path / "results" / "gold_structure_summary.csv")
    assert list(dict.fromkeys(lines["source"])) == ["gold", "predicted", "damaged 40%"]
    sources = {name: part.drop(columns="source").reset_index(drop=True) for name, part in lines.groupby("source")}
    pd.testing.assert_frame_equal(sources["gold"], sources["predicted"])  # here the predicted structure is the gold one
    assert len(summary) == len(lines) and (summary["models"] == 1).all()
    assert (tmp_path / "results" / "gold_structure.png").stat().st_size > 5000
    assert "With gold structure" in out


def test_units_from_end_to_end(script, tiny_folder, about, tmp_path):
    given = {"model": tiny_folder, "parser": "gold", "srl": "gold", "cache": tmp_path / "cache"}
    status, out, err = script(UNITS, *flags(**given, **about))
    assert status == 0, err
    rows = pd.read_csv(tmp_path / "results" / "units.csv")
    summary = pd.read_csv(tmp_path / "results" / "units_summary.csv")
    assert set(rows["family"]) <= {"subtree", "argument"} and (rows["size"] >= 2).all()
    whole = summary[(summary["size"] == "all") & (summary["measure"] == "joint drop")].set_index("family")
    for family, part in rows.groupby("family"):
        assert whole.loc[family, "n"] == len(part)
        assert whole.loc[family, "mean"] == pytest.approx(part["joint"].mean(), abs=1e-5)
    assert "joint drop minus singles" in out


@pytest.mark.parametrize(
    ("name", "wrong", "said"),
    [
        (GOLD, {"damage": "1.5"}, "--damage must be at most 1"),
        (GOLD, {"chunk": 0}, "--chunk must be at least 1"),
        (UNITS, {"operator": "blank"}, "--operator must be among"),
        (FIT, {"fitted_heads": 0}, "--fitted-heads must be at least 1"),
        (FIT, {"target": "word"}, "--target must be among"),
    ],
)
def test_bad_settings_end_in_one_line(script, tiny_folder, about, name, wrong, said):
    model = {"models": tiny_folder} if name == GOLD else {"model": tiny_folder}
    structure = {} if name == FIT else {"parser": "gold", "srl": "gold"}
    status, _, err = script(name, *flags(**model | structure | about | wrong))
    assert status == 2 and said in err and err.count("\n") == 1
