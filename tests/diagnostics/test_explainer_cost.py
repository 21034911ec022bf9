"""Costs as measured: passes against hand counts, on a recogniser of two layers."""

import ctypes
from dataclasses import replace

import pytest

from liap.diagnostics.explainer_cost import (
    TOGETHER,
    counted_passes,
    give_back_memory,
    measure,
    measured,
    resident_memory,
)
from liap.evaluation import explain_items
from liap.explainers import explainers_of
from liap.explainers.integrated_gradients import IntegratedGradientsSettings
from liap.linguistics.annotation import without_structure
from liap.records import Sentence
from liap.settings import EvaluationSettings, MethodSettings
from tests.toys import mention

NAMES = ("nearest_words", "attention", "gradient", "occlusion", "integrated_gradients")
OTHERS = ("rollout", "value_attention", "lime", "shapley_sampling", "kernel_shap", "greedy", "random")


SENTENCE = Sentence(index=7, words=("abc", "de", "fa", "b", "cd"), document=0)
COUNTS = dict.fromkeys(SENTENCE.words, 1)
ITEMS = without_structure([SENTENCE], [mention(0, 1, kind="PER"), mention(3, 4)])


@pytest.fixture(scope="module")
def settings(tiny_folder):
    return EvaluationSettings(model=str(tiny_folder), corpus="planted", parser="none", explainers=NAMES, device="cpu")


@pytest.fixture(scope="module")
def costs(settings):
    groups = [*((name,) for name in NAMES), NAMES]
    rows = [measured(replace(settings, explainers=names), ITEMS, {}) for names in groups]
    return {row.explainer: row for row in rows}


def test_a_process_of_its_own_measures_the_same_passes(costs, settings):
    (row,) = measure(replace(settings, explainers=("occlusion",)), ITEMS, [SENTENCE])
    for name in ("mentions", "forward_alone", "backward_alone", "forward_shared", "backward_shared"):
        assert getattr(row, name) == getattr(costs["occlusion"], name)


def test_passes_are_those_counted_by_hand(costs):
    steps = IntegratedGradientsSettings().ig_steps
    alone = {name: (row.forward_alone, row.backward_alone) for name, row in costs.items()}
    assert alone["nearest_words"] == (0, 0)
    assert alone["attention"] == (1, 0)
    assert alone["gradient"] == (1, 1)
    assert alone["occlusion"] == (5, 0)  # the sentence, and each of four context words
    assert alone["integrated_gradients"] == (steps + 2, steps)  # the two ends, too, for the completeness error


@pytest.mark.parametrize("name", [*NAMES, *OTHERS])
def test_an_explanation_says_what_it_costs_alone(tiny, name):
    """The `passes` of a row, the rows that the model reads, and what the run's record counts, are one number."""
    own = MethodSettings(explainers=(name,))
    for one in ITEMS[0].mentions:
        with counted_passes(tiny) as passes:
            said = explain_items(tiny, [replace(ITEMS[0], mentions=(one,))], own, explainers_of(own), counts=COUNTS)
        assert said.explanations[0][0].passes == passes.forward + passes.backward == tiny.meter.passes


def test_samples_that_come_again_cost_nothing(tiny):
    """Four context words have 16 sets, and many more are drawn."""
    own = MethodSettings(explainers=("lime", "shapley_sampling", "kernel_shap"))
    item = replace(ITEMS[0], mentions=ITEMS[0].mentions[:1])
    (said,) = explain_items(tiny, [item], own, explainers_of(own)).explanations
    assert {part.explainer: part.passes for part in said} == {"lime": 16, "shapley_sampling": 16, "kernel_shap": 16}


def test_mentions_of_a_sentence_share_passes(costs):
    assert costs["attention"].forward_shared == 0.5  # one pass for both
    assert costs["occlusion"].forward_shared == 3  # the sentence and each of five words, for two mentions
    assert costs["gradient"].forward_shared == 1  # each mention has a gradient of its own


def test_operations_grow_with_the_passes(costs):
    one = costs["attention"].gigaflops_alone
    assert costs["nearest_words"].gigaflops_alone == 0 < one
    assert costs["occlusion"].gigaflops_alone == pytest.approx(
        5 * one, rel=0.02
    )  # its passes; the attention of all pieces is read apart
    assert 2 * one < costs["gradient"].gigaflops_alone < 2.5 * one  # the way back repeats part of the attention


def test_all_together_need_no_more_than_each_alone(costs):
    single = [row for name, row in costs.items() if name != TOGETHER]
    assert costs[TOGETHER].forward_shared <= sum(row.forward_shared for row in single)
    assert all(row.mentions == 2 and row.memory_mb >= 0 for row in costs.values())


def test_rows_are_counted_and_the_hook_is_taken_off(tiny):
    with counted_passes(tiny) as passes:
        tiny.hidden_states([("abc", "de"), ("fa",)])
    assert (passes.forward, passes.backward) == (2, 0)
    tiny.hidden_states([("abc",)])
    assert passes.forward == 2


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the allocator gives nothing back when it is told to"
)
def test_memory_that_was_freed_is_given_back():
    """Blocks too small to be mapped on their own stay with the process, here behind one that is still in use."""
    before = resident_memory("VmRSS")
    blocks = [bytearray(100_000) for _ in range(500)]
    held = bytearray(100_000)
    del blocks
    kept = resident_memory("VmRSS") - before
    give_back_memory()
    assert kept > 30 and resident_memory("VmRSS") - before < 10 and len(held) == 100_000
