"""LFS under every choice of its definition at once: what is explained, how ties are broken, and how many words count.

A difference between two explainers that holds under one choice alone is made by the measure. The drops of all targets come from the same
passes, so the choices cost no work in the recogniser.

| choice | values                                                                                                                |
|--------|-----------------------------------------------------------------------------------------------------------------------|
| target | `tag`, `type`, `entity`: what p is the probability of (see `liap.taggers.targets`); the explanation is that of the run  |
| ties   | `random`, or `attention`: words with the same score in the order of unpruned attention                                  |
| K      | `fixed`: K = 3 as in LFS; `kept`: k words at the top, and the k words of least unpruned attention as one shared bottom |

`lfs_<target>_<ties>` is LFS with K = 3. `lfs_<target>_kept<k>`, k = 1, 2, 3, is I / (I + U) with the k highest-ranked words at the top and the
shared bottom. The contrast of a mask with anything else reads k = min(3, words that the mask keeps) on both sides: no place at the top is
then filled by a tie-break, and both sides are held against the same bottom. A word that is among the top and the bottom counts in
both. Columns that need attention are empty for recognisers that do not give it, and k never exceeds half of the context.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from liap.explainers import Case
from liap.faithfulness.lfs import ratio, words_per_end
from liap.faithfulness.metric import Column, metric
from liap.faithfulness.ranking import Rankings
from liap.settings import TARGETS, TIES

K = 3
BY_ATTENTION = TIES[1]


def fixed(target: str, ties: str) -> str:
    """The column of LFS with K = 3."""
    return f"lfs_{target}_{ties}"


def kept(target: str, k: int) -> str:
    """The column of LFS with k words at the top and the shared bottom."""
    return f"lfs_{target}_kept{k}"


def _column(name: str) -> Column:
    return Column(name, name.replace("_", " ").replace("lfs", "LFS"), low=0.0, high=1.0, better="higher", chance=0.5)


COLUMNS = tuple(
    _column(name)
    for target in TARGETS
    for name in (*(fixed(target, ties) for ties in TIES), *(kept(target, k) for k in range(1, K + 1)))
)


@metric(columns=COLUMNS, label="LFS by choice", single=True, joint=False)
def lfs_choices(case: Case, rankings: Rankings) -> dict[str, np.ndarray]:
    """LFS by target, by ties, and with as many words as a mask keeps against one shared bottom."""
    operator, places = case.settings.operator, _places_by_attention(case, rankings)
    drops = {target: np.maximum(case.view.drops(operator, target)[rankings.context], 0) for target in TARGETS}
    by_ties = {case.settings.ties: rankings}
    if places is not None:
        by_ties[BY_ATTENTION] = rankings.ties_by(places)
    columns = {}
    for ties, ranked in by_ties.items():
        columns |= {fixed(target, ties): _two_ends(ranked, positive) for target, positive in drops.items()}
    if places is not None:
        for target, positive in drops.items():
            columns |= _shared_bottom(by_ties[BY_ATTENTION], positive, places, target)
    unknown = np.full(rankings.explanations, np.nan)
    return {column.name: columns.get(column.name, unknown) for column in COLUMNS}


def _places_by_attention(case: Case, rankings: Rankings) -> Int[np.ndarray, " context"] | None:
    """The context words' places in the order of unpruned attention; None where the recogniser gives no attention."""
    if "attention" not in case.view.reading.tagger.capabilities:
        return None
    return np.argsort(np.argsort(case.places_by_attention[rankings.context]))


def _two_ends(rankings: Rankings, positive: Float[np.ndarray, " context"]) -> Float[np.ndarray, " explanations"]:
    k = words_per_end(K, len(positive))
    top, bottom = positive[rankings.order[:, :k]].sum(axis=1), positive[rankings.order[:, -k:]].sum(axis=1)
    return rankings.mean(ratio(top, bottom))


def _shared_bottom(
    rankings: Rankings, positive: Float[np.ndarray, " context"], places: Int[np.ndarray, " context"], target: str
) -> dict[str, Float[np.ndarray, " explanations"]]:
    columns, least = {}, np.argsort(-places)
    for size in range(1, K + 1):
        k = words_per_end(size, len(positive))
        top = positive[rankings.order[:, :k]].sum(axis=1)
        columns[kept(target, size)] = rankings.mean(ratio(top, positive[least[:k]].sum()))
    return columns
