"""The recogniser that the package holds: its size, its precision, and the scores that its card states."""

import re
from functools import cache

import pytest

from liap.corpora import load
from liap.taggers.checkpoints import SHIPPED
from liap.taggers.entity_f1 import entity_f1
from liap.taggers.prediction import predict
from liap.taggers.transformer import TransformerTagger

FOLDER = SHIPPED["ewt"]
LARGEST = 8_000_000  # bytes
LEAST_F1 = 0.6
SHIPPED_F1 = 0.6229  # strict, on the shipped test sentences


@cache
def recogniser() -> TransformerTagger:
    return TransformerTagger.load("ewt", device="cpu")


def f1(sentences) -> float:
    """Strict, over all types."""
    return entity_f1([s.tags for s in sentences], predict(recogniser(), sentences).tags)[-1].f1


def test_the_recogniser_is_small_in_half_precision_and_runs_in_single():
    import torch
    from safetensors import safe_open

    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < LARGEST
    with safe_open(FOLDER / "model.safetensors", framework="pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 == {"F16"}
    assert {weight.dtype for weight in recogniser().model.parameters()} == {torch.float32}


def test_its_score_on_the_shipped_sentences():
    assert f1(load("ewt", "test")) == pytest.approx(SHIPPED_F1, abs=5e-4)


def test_its_score_on_the_whole_test_split_is_the_cards(shared):
    score = f1(load(str(shared / "data" / "uner_ewt"), "test"))
    assert score >= LEAST_F1
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert re.search(r"\| overall \|.*\| (0\.\d+) \| \d+ \|", card)[1] == f"{score:.4f}"
