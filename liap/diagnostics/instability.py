"""How far a random explainer agrees with itself: the same mentions explained twice, under two seeds.

In: two explanations per mention. Out: a row per mention with two measures.

- *rank correlation* (Spearman) of the scores of the context words. Tied words get their mean rank. 1: the same order, 0: no relation.
- *top overlap*: the share of the k most supporting words that both explanations name, with k = min(3, floor(context / 2)) as in LFS.

Both are NaN for a mention with too few words. The correlation is also NaN where all scores of an explanation are equal.
On LIME's instability see Alvarez-Melis & Jaakkola (2018) and Visani et al. (2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from liap.corpora.sampling import sample
from liap.evaluation import MentionScores, Outcome, evaluate
from liap.explainers.lime import LimeSettings
from liap.faithfulness.lfs import words_per_end
from liap.linguistics.annotation import Item, without_structure
from liap.records import Mention
from liap.runs import Run
from liap.settings import LARGEST_SEED
from liap.tables import header, to_csv

if TYPE_CHECKING:
    from liap.pipeline import Job

MENTIONS, SUMMARY, PLOT = "instability_mentions.csv", "instability.csv", "lime_instability"
CAPTION = (
    "How far two seeds of LIME agree on the same mention, by the number of perturbed sentences that each draws: points are mentions, lines are means. Intervals "
    "are 95% bootstrap intervals that resample documents."
)
TOP = 3
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class InstabilityRow:
    """A mention explained twice with as many samples: a line of `instability_mentions.csv`."""

    sentence: int
    document: int
    start: int
    end: int
    predicted_type: str
    context: int
    samples: int
    rank_correlation: float
    top_overlap: float


def compare(
    first: Sequence[MentionScores], second: Sequence[MentionScores], explainer: str, samples: int
) -> list[InstabilityRow]:
    """A row for each mention that the explainer could explain."""
    rows = []
    for before, after in zip(first, second, strict=True):
        mention = before.mention
        assert mention == after.mention
        if explainer not in before.scores:
            continue
        context = mention.context(len(before.sentence.words))
        scores = before.scores[explainer][context], after.scores[explainer][context]
        rows.append(
            InstabilityRow(
                sentence=mention.sentence,
                document=mention.document,
                start=mention.start,
                end=mention.end,
                predicted_type=mention.predicted_type,
                context=int(context.sum()),
                samples=samples,
                rank_correlation=rank_correlation(*scores),
                top_overlap=top_overlap(*scores),
            )
        )
    return rows


def rank_correlation(first: Float[np.ndarray, " words"], second: Float[np.ndarray, " words"]) -> float:
    """Spearman's rho in [-1, 1], tied words at their mean rank; NaN below two words or where all scores are equal."""
    from scipy.stats import rankdata

    if len(first) < 2:
        return NAN
    ranks = [rankdata(scores) - (len(scores) + 1) / 2 for scores in (first, second)]
    scale = np.sqrt((ranks[0] @ ranks[0]) * (ranks[1] @ ranks[1]))
    return float(ranks[0] @ ranks[1] / scale) if scale else NAN


def top_overlap(first: Float[np.ndarray, " words"], second: Float[np.ndarray, " words"]) -> float:
    """The share in [0, 1] of the most supporting words that both name; NaN below two words."""
    k = words_per_end(TOP, len(first))
    if not k:
        return NAN
    tops = [set(np.argsort(-scores, kind="stable")[:k].tolist()) for scores in (first, second)]
    return len(tops[0] & tops[1]) / k


def compare_seeds(job: Job, mentions: Sequence[Mention], *, first: int) -> range:
    """Explain a sample of the mentions under two seeds, for each number of samples; the chunks are numbered from `first`.

    Each sentence is a chunk of its own.
    """
    from tqdm import tqdm

    settings, items = job.settings, []
    if settings.instability_per_type and settings.instability_samples:
        items = without_structure(job.sentences, sample(mentions, settings.instability_per_type, settings.seed))
    with tqdm(total=sum(len(item.mentions) for item in items), desc="comparing seeds", unit="mention") as bar:
        for index, item in enumerate(items, start=first):
            if not job.run.has_chunk(index):
                job.run.save_chunk(index, {"instability": to_csv(_rows_of(job, item))}, {})
            bar.update(len(item.mentions))
    return range(first, first + len(items))


def _rows_of(job: Job, item: Item) -> list[InstabilityRow]:
    """The rows of one sentence's mentions, at each number of samples."""
    rows, seed = [], job.settings.seed
    seeds = (seed, seed + 1 if seed < LARGEST_SEED else 0)
    for samples in sorted(set(job.settings.instability_samples)):
        first, second = (_explain(job, item, samples, seed) for seed in seeds)
        rows += compare(first.scores, second.scores, "lime", samples)
    return rows


def _explain(job: Job, item: Item, samples: int, seed: int) -> Outcome:
    """LIME's explanations of a sentence's mentions under one seed."""
    settings = job.settings
    lime = replace(settings.option("lime", LimeSettings), lime_samples=samples)
    return evaluate(job.worker.tagger, [item], replace(settings, options={**settings.options, "lime": lime}, seed=seed))


def write(run: Run, chunks: range) -> None:
    """Join the compared mentions, and write their summary and plot."""
    if not chunks:
        return
    from liap.reports.seed_agreement import InstabilitySummary, plot_instability, read_mentions, summarise
    from liap.reports.style import save

    parts = [run.load_chunk(index, "instability")["instability"].tobytes().decode("utf-8") for index in chunks]
    run.write(MENTIONS, header(InstabilityRow) + "".join(parts))
    rows = read_mentions(run.folder / MENTIONS)
    summaries = summarise(rows)
    run.write(SUMMARY, header(InstabilitySummary) + to_csv(summaries))
    save(plot_instability(rows, summaries), run.folder, PLOT, CAPTION)
    for summary in summaries:
        known = not np.isnan(summary.low)  # one document gives no interval
        interval = f"[{summary.low:.3f}, {summary.high:.3f}]" if known else "(no interval)"
        print(
            f"{summary.measure.replace('_', ' ')} of two seeds at {summary.samples} samples: {summary.mean:.3f} "
            f"{interval}, sd {summary.sd:.3f}, n = {summary.n}"
        )
