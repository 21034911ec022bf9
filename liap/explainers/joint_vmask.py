"""VMASK as published: the mask that a text classifier was trained together with (Chen & Ji 2020).

The classifier multiplies each word's embedding by the probability that the mask keeps it, and that probability is the score: a mean over the word's pieces. So the mask is a
part of the classifier, where `vmask` is a mask for one that stays as it is. See `liap.taggers.piece_mask`.
"""

from __future__ import annotations

import numpy as np

from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.records import Explanation


@explainer(
    family="trained",
    label="VMASK (joint)",
    phrase="the classifier's own mask",
    needs=("word_mask",),
    colour="#117733",
    marker="X",
)
def joint_vmask(case: Case) -> Explanation:
    """The probability that the classifier's own mask keeps the word: embeddings alone are read; scores in [0, 1]."""
    return Explanation(np.where(case.context, case.view.word_mask(), 0.0)[None], passes=0)
