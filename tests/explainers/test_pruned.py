"""Pruning as a modifier: words outside the mask last, pruned attention is LIAP, and the verdict of LIAP stays as it is."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liap.errors import InputError
from liap.evaluation import check_needs, evaluate
from liap.explainers import EXPLAINERS, explainers_of
from liap.explainers.pruned import within
from liap.linguistics.annotation import Item
from liap.records import Frame, Parse, Sentence
from liap.reports.analysis import analyse
from liap.reports.declared import declared
from liap.reports.display import matrix
from liap.reports.verdict import verdict
from liap.settings import AnalysisSettings, MethodSettings
from tests.toys import fitted_file, mention

METHOD = MethodSettings(explainers=("liap", "matched_random", "matched_window", "matched_distance", "matched_learned"),
                        metrics=("lfs", "comprehensiveness"), variants=("syntactic", "frame"), fitted=fitted_file(), draws=20)  # fmt: skip
ABOUT = ("explainer", "seconds")


def items(count=6):
    """Sentences with a mention each, random trees, and a frame in every other one."""
    generator = np.random.default_rng(0)
    found = []
    for index in range(count):
        words = tuple("".join(generator.choice(list("abcdefgh"), size=generator.integers(1, 4))) for _ in range(9))
        parse = Parse((-1, *(int(generator.integers(0, word)) for word in range(1, 9))), ("dep",) * 9, ("X",) * 9)
        frames = (Frame(0, ("B-V", *["B-ARG0"] * 5, "O", "O", "O")),) if index % 2 else ()
        place = int(generator.integers(1, 7))
        mentions = (replace(mention(place, place + 1 + index % 2, sentence=index, p=0.5), document=index // 2),)
        found.append(Item(Sentence(index, index // 2, words), mentions, parse, frames))
    return found


def rows_of(tagger, **settings):
    return evaluate(tagger, items(), replace(METHOD, **settings)).rows


def of(rows, explainer):
    """The explainer's rows without its name and times, NaN made comparable."""
    return [repr({k: v for k, v in row.items() if k not in ABOUT}) for row in rows if row["explainer"] == explainer]


def test_words_outside_come_last_and_tie():
    scores = np.array([[0.5, -2.0, 0.1, 3.0]])
    masks = np.array([[True, True, False, False], [False, False, True, True]])
    assert within(scores, masks).tolist() == [[0.5, -2.0, -5.0, -5.0], [0.0, 0.0, 0.1, 3.0]]
    assert within(scores, masks, absolute=True).tolist() == [[0.5, 2.0, 0.0, 0.0], [0.0, 0.0, 0.1, 3.0]]


@given(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=8), st.data())
def test_the_order_inside_is_the_explainers_own(scores, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores)).filter(any)))
    found = within(np.array([scores]), mask[None])[0]
    assert (found[mask] == np.array(scores)[mask]).all()
    assert len(set(found[~mask])) <= 1
    if not mask.all():
        assert np.float32(found[~mask][0]) <= np.float32(found[mask].min())
        if found[mask].min() < 0:
            assert np.float32(found[~mask][0]) < np.float32(found[mask].min())


def test_pruned_attention_is_liap_and_its_controls_are_liaps(tiny):
    rows = rows_of(tiny, prune=("syntactic:attention", "frame:attention"))
    assert of(rows, "pruned_attention") == of(rows, "liap")
    for control in METHOD.explainers[1:]:
        assert of(rows, f"{control}_attention") == of(rows, control)
    assert {row["reason"] for row in rows if row["explainer"] == "pruned_attention"} == {"", "uncovered"}
    assert sum(row["explainer"] == "attention" for row in rows) == len(items())  # the base has rows of its own


def test_a_mask_that_keeps_everything_gives_the_explainers_own_row(tiny):
    """Many hops reach every word of a tree."""
    names = ("occlusion", "gradient_x_input", "random", "lime")
    rows = rows_of(tiny, explainers=names, hops=9, prune=tuple(f"syntactic:{name}" for name in names))
    own = ("lfs", "important", "unimportant", "comprehensiveness", "passes", "explainer_operator", "reason")
    for name in names:
        expected, pruned = (
            [[row[column] for column in own] for row in rows if row["explainer"] == one]
            for one in (name, f"pruned_{name}")
        )
        assert pruned == expected
        assert all(row["coverage"] == 1 for row in rows if row["explainer"] == f"pruned_{name}")
        free = [row["freedom"] for row in rows if row["explainer"] == f"matched_random_{name}"]
        assert free == [0.0] * len(items())


def test_the_explainer_runs_once_whatever_prunes_it(tiny, monkeypatch):
    calls = []
    occlusion = EXPLAINERS["occlusion"]

    def counted(case):
        calls.append(case.mention.sentence)
        return occlusion.function(case)

    monkeypatch.setitem(EXPLAINERS, "occlusion", replace(occlusion, function=counted))
    rows = rows_of(
        tiny, explainers=("attention",), prune=("syntactic:occlusion", "frame:occlusion", "either:occlusion")
    )
    assert calls == list(range(len(items())))
    assert {row["variant"] for row in rows if row["explainer"] == "pruned_occlusion"} == {
        "syntactic",
        "frame",
        "either",
    }
    own = {row["sentence"]: row for row in rows if row["explainer"] == "occlusion"}
    for row in rows:
        if row["explainer"].startswith("pruned") and row["reason"] == "":
            assert row["passes"] == own[row["sentence"]]["passes"]
            assert row["seconds"] >= own[row["sentence"]]["seconds"]


def test_other_rows_do_not_move(tiny):
    plain, pruned = (
        rows_of(tiny, metrics=("lfs",), prune=prune) for prune in ((), ("syntactic:occlusion", "either:gradient"))
    )
    for name in METHOD.explainers:
        assert of(plain, name) == of(pruned, name)


@pytest.mark.parametrize(
    ("prune", "said"),
    [
        ("syntactic", "--prune syntactic: expected VARIANT:EXPLAINER"),
        ("tree:lime", "--prune tree:lime: the variant must be among syntactic"),
        ("syntactic:nothing", "--explainers must be among"),
        ("syntactic:liap", "--prune syntactic:liap: expected an explainer that reads no parse"),
        ("frame:occlusion_ceiling", "neither a control nor a ceiling"),
    ],
)
def test_what_cannot_be_pruned_is_refused(prune, said):
    with pytest.raises(InputError, match=said) as caught:
        explainers_of(MethodSettings(prune=(prune,)))
    assert "\n" not in str(caught.value)


def test_pruning_needs_a_parse(tiny):
    settings = MethodSettings(explainers=("occlusion",), prune=("syntactic:occlusion",))
    with pytest.raises(InputError, match=r"^--prune pruned_occlusion needs a parse"):
        check_needs(tiny, settings, parsed=False)
    names = [one.name for one in explainers_of(settings)]
    assert names == ["occlusion", "pruned_occlusion",
                     "matched_random_occlusion", "matched_window_occlusion", "matched_distance_occlusion"]  # fmt: skip


def analysed(rows, settings):
    run = declared([one.declaration for one in explainers_of(settings)])
    return analyse(pd.DataFrame(rows).replace({"variant": {"-": ""}}), run, AnalysisSettings(resamples=200))


def test_the_verdict_of_liap_does_not_change(tiny):
    """The same sentences and numbers, joint intervals among them; what is pruned gets sentences of its own behind them."""
    with_prune = replace(METHOD, explainers=(*METHOD.explainers, "occlusion", "random"), prune=("syntactic:occlusion",))
    without = replace(with_prune, prune=())
    before = analysed(evaluate(tiny, items(), without).rows, without)
    after = analysed(evaluate(tiny, items(), with_prune).rows, with_prune)
    pruned = after.contrasts["explainer"] == "pruned_occlusion"
    pd.testing.assert_frame_equal(after.contrasts[~pruned].reset_index(drop=True), before.contrasts)
    told, longer = verdict(before), verdict(after)
    assert longer[: len(told)] == told
    assert "pruned occlusion" in longer[len(told)]
    controls = after.contrasts_of("controls", "lfs")
    assert list(controls.loc[controls["explainer"] == "pruned_occlusion", "control"]) == [
        f"{name}_occlusion" for name in METHOD.explainers[1:]
    ]
    rivals = after.contrasts_of("others", "lfs")
    assert set(rivals.loc[rivals["explainer"] == "pruned_occlusion", "control"]) == {"liap", "occlusion", "random"}
    assert "pruned_occlusion" not in set(after.contrasts["control"])
    columns = [len(matrix(one, "controls", "lfs").header) for one in (before, after)]
    assert columns[0] == columns[1]  # the controls of pruned scores stand in the columns of LIAP's own


def test_the_scripts_from_flag_to_page(script, tiny_folder, small_corpus, tmp_path):
    """The flag is part of the run's identity; tables, plots and page show what is pruned beside its controls."""
    flags = ["--model", tiny_folder, "--corpus", small_corpus, "--parser", "gold", "--srl", "gold", "--pictures", 1]
    flags += ["--examples-per-type", 6, "--results", tmp_path / "run", "--cache", tmp_path / "cache"]
    flags += ["--explainers", "liap", "matched_window", "lime", "--lime-samples", 20]
    prune = ["--prune", "syntactic:lime", "either:lime"]
    status, _, err = script("run_liap_evaluation.py", *flags, *prune)
    assert status == 0, err
    status, _, err = script("run_liap_evaluation.py", *flags)
    assert status == 2
    assert "prune" in err
    status, out, err = script("analyze_results.py", "--results", tmp_path / "run", "--resamples", 100, "--verbose")
    assert status == 0, err
    assert "pruned LIME" in out
    table = pd.read_csv(tmp_path / "run" / "lfs_contrasts.csv")
    pruned = table[
        (table["explainer"] == "pruned_lime") & (table["family"] == "controls") & (table["measure"] == "lfs")
    ]
    assert list(zip(pruned["variant"], pruned["control"], strict=True)) == [
        (variant, f"matched_{kind}_lime")
        for variant in ("syntactic", "either")
        for kind in ("random", "window", "distance")
    ]
    assert "pruned LIME" in (tmp_path / "run" / "report.html").read_text()
