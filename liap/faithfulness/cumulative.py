"""Metrics of the whole curve of p as words go, one after another from the top of a ranking, or come back in that order.

`deletion`      the area under the curve of p as words go: lower is better (Petsiuk et al. 2018);
`insertion`     the area under the curve as words come back to an empty context: higher is better;
`log_odds`      the fall of log(p / (1 - p)) along the deletion curve, a mean over its steps: higher is better (Shrikumar et al. 2017);
`monotonicity`  the share of the insertion curve's steps at which p does not fall: higher is better; adapted from Arya et al. (2019).

Difference from Arya et al.: there features come back least important first, one at a time, and the answer is yes or no (whether p never
falls). Here the most important come first, and steps are counted, so that one exception is not the whole answer.

Areas are means over the curve's points, both ends included by the trapezoidal rule, so they lie in [0, 1] and do not grow with the context. The
mention's own words are always kept. Long contexts are read at `MOST_STEPS` points, evenly spread.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from liap.explainers import Case
from liap.faithfulness.metric import Answers, Column, MetricSteps, metric
from liap.faithfulness.ranking import Rankings

MOST_STEPS = 20
TINY = 1e-6  # log odds are read within [TINY, 1 - TINY]
NOT_FALLING = -1e-9
COLUMNS = (
    Column("deletion", "area under deletion", low=0.0, high=1.0, better="lower", headline=True),
    Column("insertion", "area under insertion", low=0.0, high=1.0, better="higher", headline=True),
    Column("log_odds", "fall of log odds", better="higher", headline=True),
    Column("monotonicity", "monotonicity", low=0.0, high=1.0, better="higher", headline=True),
)


@metric(columns=COLUMNS, label="cumulative curves")
def cumulative(case: Case, rankings: Rankings) -> MetricSteps:
    """Areas under the deletion and insertion curves, the fall of log odds, and monotonicity."""
    counts = steps_of(len(rankings.context))
    inner = counts[1:-1].tolist()
    without = np.concatenate(
        [rankings.without_top(count) for count in inner] or [np.zeros((0, rankings.words), dtype=bool)]
    )
    only = np.concatenate([rankings.only_top(count) for count in inner] or [np.zeros((0, rankings.words), dtype=bool)])
    empty = ~case.context[None]
    answers: Answers = yield np.concatenate([empty, without, only])
    shape = (len(inner), len(rankings.order))
    parts = np.split(answers.probability[1:], 2)
    ends = np.full((1, shape[1]), answers.intact), np.full((1, shape[1]), answers.probability[0])
    deletion = np.concatenate([ends[0], parts[0].reshape(shape), ends[1]])
    insertion = np.concatenate([ends[1], parts[1].reshape(shape), ends[0]])
    yield scores_of(deletion, insertion, counts)


def steps_of(context: int) -> Int[np.ndarray, " points"]:
    """How many words have gone at each point of a curve, from none to all."""
    return np.unique(np.linspace(0, context, min(context, MOST_STEPS) + 1).round().astype(int))


def scores_of(
    deletion: Float[np.ndarray, "points rankings"],
    insertion: Float[np.ndarray, "points rankings"],
    counts: Int[np.ndarray, " points"],
) -> dict[str, Float[np.ndarray, " rankings"]]:
    """The four numbers of each ranking."""
    clipped = np.clip(deletion, TINY, 1 - TINY)
    odds = np.log(clipped / (1 - clipped))
    return {
        "deletion": _area(deletion, counts),
        "insertion": _area(insertion, counts),
        "log_odds": (odds[:1] - odds[1:]).mean(axis=0),
        "monotonicity": (np.diff(insertion, axis=0) >= NOT_FALLING).mean(axis=0),
    }


def _area(
    curve: Float[np.ndarray, "points rankings"], counts: Int[np.ndarray, " points"]
) -> Float[np.ndarray, " rankings"]:
    return np.trapezoid(curve, counts, axis=0) / counts[-1]
