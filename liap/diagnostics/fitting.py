"""What `attention_kernel`, `dev_heads` and `matched_learned` use, fitted on held-out mentions: an observer of cases.

The profile of distance is the mean of `max(drop, 0)` of the context words at each signed distance, pooled beyond `FARTHEST`. A head's
score is the mean LFS (K = 3) of its attention alone, over all mentions with two context words. Both read the drops of the explainers'
operator, never the metrics'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from liap.errors import InputError
from liap.evaluation import check_needs, evaluate
from liap.explainers import Case
from liap.explainers.fitted import FARTHEST, Fitted, signed_distances
from liap.explainers.importance import importance
from liap.faithfulness.lfs import score
from liap.faithfulness.ranking import rank
from liap.files import check_folder, write_whole
from liap.linguistics.annotation import without_structure
from liap.records import Sentence
from liap.settings import MethodSettings
from liap.tables import header, lines
from liap.taggers.prediction import sampled_mentions
from liap.taggers.tagger import Tagger

FILE, HEADS = "fitted.json", "head_lfs.csv"
K = 3


@dataclass(slots=True, eq=False)
class Fit:
    """Sums over the cases that it has seen."""

    drops: Float[np.ndarray, " distances"] = field(default_factory=lambda: np.zeros(2 * FARTHEST + 1))
    words: Float[np.ndarray, " distances"] = field(default_factory=lambda: np.zeros(2 * FARTHEST + 1))
    lfs: Float[np.ndarray, "layers heads"] | None = None
    mentions: int = 0

    def see(self, case: Case) -> None:
        context = np.flatnonzero(case.context)
        drops = case.drops(case.settings.explainer_operator)[context]
        if len(context) < 2 or np.isnan(drops).any():
            return
        places = signed_distances(case)[context].clip(-FARTHEST, FARTHEST) + FARTHEST
        np.add.at(self.drops, places, np.maximum(drops, 0))
        np.add.at(self.words, places, 1)
        attention = case.view.attention()
        by_head = attention.reshape(-1, 1, *attention.shape[2:])
        scores = np.concatenate([importance(one[None], case.context[None]) for one in by_head])[:, context]
        ties = np.broadcast_to(np.arange(len(context)), scores.shape)
        found = score(rank(scores, ties, explanations=len(scores)), drops, K)["lfs"].reshape(attention.shape[:2])
        self.lfs = found if self.lfs is None else self.lfs + found
        self.mentions += 1

    @property
    def head_lfs(self) -> Float[np.ndarray, "layers heads"]:
        """The mean LFS of each head's attention alone; InputError before any mention was seen."""
        if self.lfs is None:
            raise InputError(
                "no mention with two context words to fit on; expected at least one: check --corpus and --split"
            )
        return self.lfs / self.mentions

    def profile(self) -> Float[np.ndarray, " distances"]:
        """The mean positive drop by signed distance; a distance that never occurs takes its neighbour's, nearer to the mention."""
        profile = np.divide(self.drops, self.words, out=np.full(len(self.drops), np.nan), where=self.words > 0)
        for side in (1, -1):
            for step in range(1, FARTHEST + 1):
                place = FARTHEST + side * step
                if np.isnan(profile[place]):
                    profile[place] = profile[place - side] if step > 1 else 0.0
        profile[FARTHEST] = 0.0  # the mention's own words
        return profile

    def fitted(self, heads: int, model_digest: str, target: str, operator: str) -> Fitted:
        """The record, with so many heads."""
        best = np.argsort(-self.head_lfs, axis=None, kind="stable")[:heads]
        pairs = [tuple(map(int, np.unravel_index(place, self.head_lfs.shape))) for place in best]
        profile = tuple(float(f"{value:.6g}") for value in self.profile())
        return Fitted(profile, tuple(sorted(pairs)), model_digest, target, operator, self.mentions)


def fit(settings: Any) -> None:
    """Fit on the corpus of the settings, and write both files."""
    from liap import corpora
    from liap.provenance import digest_of_weights
    from liap.taggers.checkpoints import local_folder
    from liap.taggers.transformer import open_tagger

    folder = Path(settings.results)
    check_folder("--results", settings.results)
    tagger = open_tagger(settings)
    method = MethodSettings(
        explainers=("occlusion", "attention"),
        metrics=("lfs",),
        target=settings.target,
        operator=settings.operator,
        explainer_operator=settings.operator,
    )
    check_needs(tagger, method, parsed=False)
    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    found = _see(settings, tagger, sentences, method)
    fitted = found.fitted(
        settings.fitted_heads, digest_of_weights(local_folder(settings.model)), settings.target, settings.operator
    )
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FILE, fitted.to_json())
    rows = [
        {"layer": layer, "head": head, "lfs": float(value)} for (layer, head), value in np.ndenumerate(found.head_lfs)
    ]
    write_whole(folder / HEADS, header(rows[0]) + lines(rows, list(rows[0])))
    print(
        f"fitted on {found.mentions} mentions; heads range from {found.head_lfs.min():.3f} to {found.head_lfs.max():.3f}; {folder / FILE}"
    )


def _see(settings: Any, tagger: Tagger, sentences: Sequence[Sentence], method: MethodSettings) -> Fit:
    """Every chosen mention, chunk by chunk."""
    from tqdm import tqdm

    chosen, _ = sampled_mentions(tagger, sentences, settings)
    items, found = without_structure(sentences, chosen), Fit()
    for at in tqdm(range(0, len(items), settings.chunk), desc="fitting", unit="chunk"):
        evaluate(tagger, items[at : at + settings.chunk], method, [found.see])
    return found
