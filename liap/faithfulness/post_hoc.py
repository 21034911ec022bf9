"""Post-hoc accuracy: does the recogniser still say the mention's type when only the top words are left (Chen et al. 2018)?

The context's top 1, 3 and 5 words are kept, and the mention itself. The type stays if, at every word of the mention, the most probable label is of
the mention's own type. In [0, 1], higher is better.
"""

from __future__ import annotations

import numpy as np

from liap.explainers import Case
from liap.faithfulness.metric import Answers, Column, MetricSteps, metric
from liap.faithfulness.ranking import Rankings

SIZES = (1, 3, 5)
COLUMNS = tuple(
    Column(f"post_hoc_{size}", f"type kept by the top {size}", low=0.0, high=1.0, better="higher", headline=size == 3)
    for size in SIZES
)


@metric(columns=COLUMNS, label="post-hoc accuracy")
def post_hoc(case: Case, rankings: Rankings) -> MetricSteps:
    """Whether the type stays with the top words as the only context."""
    answers: Answers = yield np.concatenate([rankings.only_top(size) for size in SIZES])
    of_type = case.view.as_target("type").allowed  # [span, labels]
    stays = np.take_along_axis(
        np.broadcast_to(of_type, answers.labels.shape), answers.labels.argmax(axis=2)[:, :, None], axis=2
    ).all(axis=(1, 2))
    parts = stays.reshape(len(SIZES), -1).astype(float)
    yield {f"post_hoc_{size}": part for size, part in zip(SIZES, parts, strict=True)}
