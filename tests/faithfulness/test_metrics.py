"""Metrics through the loop, on a tagger whose p is a known function of the mask: hand counts, shared batches, and columns."""

import numpy as np
import pytest

from liap.evaluation import evaluate, explain
from liap.explainers import EXPLAINERS
from liap.faithfulness import METRICS, Column, metric
from liap.faithfulness.scoring import columns_of, score
from liap.settings import MethodSettings
from liap.taggers.tagger import Meter
from tests.toys import ToyTagger, cases_of, items_of, reading_of

CONTEXT = "j i h g f e d c b a".split()
WEIGHTS = {word: 0.01 * (place + 1) for place, word in enumerate("abcdefghij")}  # j is the most important: 0.1
TEXT = " ".join((*CONTEXT[:4], "Rome", *CONTEXT[4:]))
DEFAULT_COLUMNS = """
    sentence document start end text sentence_length genre context gold_type predicted_type outcome probability explainer variant explainer_operator
    metric_operator seed kept coverage freedom reason k lfs important unimportant signed_difference insensitive tied lfs_k1 lfs_k2 lfs_k3
    lfs_k4 lfs_k5 lfs_k6 lfs_k7 lfs_k8 lfs_k9 lfs_k10 evidence_found family passes seconds
""".split()


@pytest.fixture
def tagger():
    return ToyTagger({"Rome": "B-LOC"}, WEIGHTS)


def rows_of(tagger, *texts, **settings):
    return evaluate(tagger, items_of(tagger, *texts), MethodSettings(**{"target": "tag"} | settings)).rows


def test_comprehensiveness_and_sufficiency_by_hand(tagger):
    """Ten context words: the top 1, 5, 10, 20 and 50% are 1, 1, 1, 2 and 5 words, and p is linear in the mask."""
    (row,) = rows_of(tagger, TEXT, explainers=("occlusion",), metrics=("comprehensiveness", "sufficiency"))
    top, total = {1: 0.1, 5: 0.1, 10: 0.1, 20: 0.19, 50: 0.4}, 0.55
    for share, weight in top.items():
        assert row[f"comprehensiveness_{share}"] == pytest.approx(weight)
        assert row[f"sufficiency_{share}"] == pytest.approx(total - weight)
    assert row["comprehensiveness"] == pytest.approx(np.mean(list(top.values())))
    assert row["sufficiency"] == pytest.approx(total - np.mean(list(top.values())))


def test_words_are_taken_away_together(tagger):
    """Where p is a product of two words, each alone takes all of it: the joint drop is no sum of single drops."""
    tagger.curve = lambda p: np.where(p > 0.84, p, 0.1)
    (row,) = rows_of(tagger, TEXT, explainers=("occlusion",), metrics=("comprehensiveness", "lfs"))
    assert row["comprehensiveness_50"] == pytest.approx(0.85 - 0.1)
    assert row["important"] > 2 * row["comprehensiveness_50"]


def test_small_contexts_round_up(tagger):
    (row,) = rows_of(tagger, "j Rome a i", explainers=("occlusion",), metrics=("comprehensiveness",))
    assert row["comprehensiveness_1"] == pytest.approx(0.1)
    assert row["comprehensiveness_50"] == pytest.approx(0.1 + 0.09)  # half of three words is two


def test_masks_of_all_mentions_and_metrics_share_a_batch(tagger):
    texts = (TEXT, "a b Rome c", "d Rome e f Rome")
    items = items_of(tagger, *texts)
    tagger.calls.clear()
    settings = MethodSettings(explainers=("occlusion", "random"), metrics=("comprehensiveness", "sufficiency", "lfs"))
    assert len(evaluate(tagger, items, settings).rows) == 4 * 2
    assert len(tagger.calls) == 3  # single words under each of two operators, then whatever is joint
    tagger.calls.clear()
    evaluate(tagger, items, MethodSettings(explainers=("random",), metrics=("comprehensiveness", "sufficiency")))
    assert len(tagger.calls) == 1
    tagger.calls.clear()
    evaluate(tagger, items, MethodSettings(explainers=("random",), metrics=("evidence_found",)))
    assert tagger.calls == []


def test_each_mask_is_scored_once(tagger):
    rows_of(tagger, TEXT, explainers=("occlusion", "random"), metrics=("comprehensiveness", "sufficiency", "lfs"))
    for operator in ("mask", "unk"):
        masks = [
            mask.tobytes() for request in tagger.requests if request.operator == operator for mask in request.masks
        ]
        assert len(masks) == len(set(masks)) > 10


def scored(tagger, texts, *metrics, explainers=("occlusion", "random"), **settings):
    """Rows of metrics that are not registered."""
    items = items_of(tagger, *texts)
    cases = cases_of(reading_of(tagger, items), items, explainers=explainers, **settings)
    explanations = explain([EXPLAINERS[name] for name in explainers], cases, cases[0].settings, Meter())
    return score(cases, explanations, metrics, cases[0].settings)


def test_a_metric_yields_once_per_mention_and_is_sent_its_answers(tagger):
    asked, sent = [], []

    @metric(columns=(Column("kept_half"),))
    def kept_half(case, rankings):
        masks = rankings.only_top(2)
        asked.append(case.place)
        answers = yield masks
        sent.append((masks, answers))
        yield {"kept_half": answers.intact - answers.probability}

    rows = scored(tagger, (TEXT, "a b Rome c"), kept_half)
    assert len(asked) == len(sent) == 2
    for masks, answers in sent:
        weights = np.array([WEIGHTS.get(word, 0) for word in (TEXT if masks.shape[1] == 11 else "a b Rome c").split()])
        assert answers.intact == pytest.approx(0.3 + weights.sum())
        assert answers.probability == pytest.approx(0.3 + masks @ weights)
        assert answers.labels.shape == (len(masks), 1, 5)
        assert answers.labels[:, 0, 1] == pytest.approx(answers.probability)
    assert rows[0]["kept_half"] == pytest.approx(0.55 - 0.19)
    assert rows[2]["kept_half"] == pytest.approx(0.06 - 0.05)


def test_joint_metrics_see_the_first_rankings_alone(tagger):
    seen = {}

    def record(name):
        def function(case, rankings):
            seen[name] = rankings
            return {name: np.arange(len(rankings.order), dtype=float)}

        function.__name__ = name
        return function

    joint = metric(record("few"), columns=(Column("few"),))
    every = metric(record("all"), columns=(Column("all"),), joint=False)
    rows = scored(tagger, (TEXT,), joint, every, draws=20, joint_rankings=3)
    assert (len(seen["few"].order), len(seen["all"].order)) == (2 * 3, 2 * 20)
    assert (seen["few"].order == seen["all"].order[[0, 1, 2, 20, 21, 22]]).all()
    assert [row["few"] for row in rows] == [1.0, 4.0]  # means over each explanation's own
    assert [row["all"] for row in rows] == [9.5, 29.5]


def test_a_number_for_each_explanation_is_kept_as_it_is(tagger):
    @metric(columns=(Column("place", kind="int"),))
    def place(case, rankings):
        return {"place": np.arange(rankings.explanations)}

    assert [row["place"] for row in scored(tagger, (TEXT,), place)] == [0, 1]


def test_undefined_rows_hold_no_number_and_ask_no_metric(tagger):
    """A lone context word leaves nothing to rank."""
    rows = rows_of(tagger, "a Rome", "Rome", explainers=("occlusion", "random"), metrics=("lfs", "comprehensiveness"))
    assert {row["reason"] for row in rows} == {"no_context"}
    for row in rows:
        assert all(np.isnan(row[name]) for name in ("lfs", "comprehensiveness", "comprehensiveness_50"))
        assert row["k"] == 0
    assert all(len(request.masks) <= 2 for request in tagger.requests)  # nothing joint was asked


def test_a_mention_that_the_tagger_cannot_read_is_undefined_with_its_reason(tagger):
    tagger.curve = lambda p: np.full_like(p, np.nan)
    items = items_of(ToyTagger({"Rome": "B-LOC"}, WEIGHTS), TEXT)
    unread = [mention for item in items for mention in item.mentions]
    object.__setattr__(unread[0], "probability", float("nan"))
    settings = MethodSettings(
        explainers=("occlusion", "occlusion_ceiling", "lime"), metrics=("lfs", "comprehensiveness")
    )
    rows = evaluate(tagger, items, settings).rows
    assert [row["reason"] for row in rows] == ["no_pieces"] * 3
    assert all(np.isnan(row["lfs"]) for row in rows)


def test_columns_follow_from_metrics_and_explainers():
    assert list(columns_of(MethodSettings())) == DEFAULT_COLUMNS
    more = MethodSettings(explainers=("integrated_gradients", "occlusion"), metrics=("sufficiency", "lfs"))
    own = [column.name for name in ("sufficiency", "lfs") for column in METRICS[name].columns]
    first, last = DEFAULT_COLUMNS[: DEFAULT_COLUMNS.index("k")], ["completeness_error", "passes", "seconds"]
    assert list(columns_of(more)) == [*first, *own, *last]
    kinds = columns_of(MethodSettings())
    assert (kinds["k"], kinds["insensitive"], kinds["lfs"], kinds["family"]) == ("int", "bool", "float", "str")


def test_rows_have_every_column_in_order(tagger):
    settings = MethodSettings(explainers=("occlusion", "random"), metrics=tuple(METRICS))
    for row in evaluate(tagger, items_of(tagger, TEXT, "Rome"), settings).rows:
        assert list(row) == list(columns_of(settings))


def test_masks_of_rankings():
    from liap.faithfulness.ranking import rank

    rankings = rank(np.array([[1.0, 3.0, 2.0]]), np.zeros((1, 3), int), context=np.array([0, 2, 3]), words=4)
    assert rankings.of_words.tolist() == [[2, 3, 0]]
    assert rankings.without_top(2).tolist() == [[True, True, False, False]]
    assert rankings.only_top(1).tolist() == [[False, True, True, False]]
