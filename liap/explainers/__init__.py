"""Explainers: a mention in its sentence -> a score for each context word.

Each explainer is a function of a `Case` in a file of its own; it sees the model only through the case's scorer and the word attention.
To add one, write the function, add a line to `EXPLAINERS`, and test it on a toy scorer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from liap.explainers.attention import attention
from liap.explainers.case import Case
from liap.explainers.controls import matched_distance, matched_random, matched_window
from liap.explainers.liap import liap
from liap.explainers.liap_published import liap_published
from liap.explainers.lime import lime
from liap.explainers.occlusion import occlusion, occlusion_ceiling
from liap.explainers.random import random
from liap.records import Explanation

EXPLAINERS: dict[str, Callable[[Case], Iterator[Explanation]]] = {
    "liap": liap,
    "liap_published": liap_published,
    "attention": attention,
    "occlusion": occlusion,
    "occlusion_ceiling": occlusion_ceiling,
    "lime": lime,
    "random": random,
    "matched_random": matched_random,
    "matched_window": matched_window,
    "matched_distance": matched_distance,
}

__all__ = ["EXPLAINERS", "Case"]
