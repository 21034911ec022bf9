"""Explainers with something fitted on held-out mentions: see `Fitted`, which `studies/fit_on_dev.py` makes.

They say how far position, and the choice of heads, carry attention without any structure. The control `matched_learned` draws by what is
fitted, too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from liap.errors import InputError
from liap.explainers.case import Case
from liap.explainers.explainer import explainer
from liap.explainers.importance import importance
from liap.pruning.distance_bins import FARTHEST
from liap.records import Explanation

MAKE = "make it with studies/fit_on_dev.py"


@dataclass(frozen=True, slots=True)
class Fitted:
    """What was fitted, and on what.

    `profile[d + FARTHEST]` is the mean of `max(drop, 0)` over context words at signed distance d, negative on the left, those farther than
    `FARTHEST` pooled; in probability. `heads` are the (layer, head) whose attention alone has the highest mean LFS.
    """

    profile: tuple[float, ...]
    heads: tuple[tuple[int, int], ...]
    model_digest: str
    target: str
    operator: str  # of the drops
    mentions: int

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    def at(self, case: Case) -> Float[np.ndarray, " words"]:
        """The profile at each word of the case."""
        return np.asarray(self.profile)[signed_distances(case).clip(-FARTHEST, FARTHEST) + FARTHEST]


def signed_distances(case: Case) -> np.ndarray:
    """Steps from the mention's nearer edge, negative on its left; 0 inside."""
    places = np.arange(len(case.words))
    return np.where(places < case.mention.start, -case.distances, case.distances)


@cache
def read_fitted(path: str) -> Fitted:
    """The file; InputError in one line where it is none."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        profile = tuple(float(value) for value in content["profile"])
        heads = tuple((int(layer), int(head)) for layer, head in content["heads"])
        numbers = np.asarray(profile)
        if len(profile) != 2 * FARTHEST + 1 or not np.isfinite(numbers).all() or (numbers < 0).any():
            raise ValueError(f"profile: expected {2 * FARTHEST + 1} numbers from 0")
        if not heads or min(min(pair) for pair in heads) < 0:
            raise ValueError("heads: expected pairs of numbers from 0")
        texts = {name: str(content[name]) for name in ("model_digest", "target", "operator")}
        return Fitted(profile, heads, mentions=int(content["mentions"]), **texts)
    except OSError as error:
        raise InputError(f"--fitted {path}: cannot be read ({error.strerror}); {MAKE}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"--fitted {path}: not a file of studies/fit_on_dev.py ({str(error)[:120]}); {MAKE}") from None


LOOK = {"family": "attention", "needs": ("attention", "fitted")}


@explainer(
    **LOOK, label="attention x distance", phrase="attention times a profile of distance", colour="#AA4499", marker="8"
)
def attention_kernel(case: Case) -> Explanation:
    """Unpruned attention times the mean drop at the word's distance on held-out mentions: one forward pass."""
    received = importance(case.attention, case.context[None], case.settings.renormalise)
    return Explanation(received * read_fitted(case.settings.fitted).at(case), passes=1)


@explainer(**LOOK, label="heads chosen on dev", phrase="the heads of highest LFS on dev", colour="#882255", marker="p")
def dev_heads(case: Case) -> Explanation:
    """The mean attention of the heads that score best on held-out mentions: one forward pass; scores in [0, 1]."""
    layers, heads = np.array(read_fitted(case.settings.fitted).heads).T
    return Explanation(importance(case.view.attention()[layers, heads][None], case.context[None]), passes=1)
