"""The study of randomised layers: a corpus and a recogniser -> `layer_randomisation.csv`, its picture, and the table as text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from liap.diagnostics.layer_randomisation import Depth, RandomisedRow, parts, randomise, summarise
from liap.diagnostics.randomisation_plot import plot_depths
from liap.diagnostics.sampled_items import sampled_items
from liap.files import write_whole
from liap.reports.layout import MISSING, aligned, number
from liap.reports.style import drawn_for, save
from liap.tables import header, to_csv
from liap.taggers.transformer import open_tagger

FILE, PLOT = "layer_randomisation.csv", "layer_randomisation"
CAPTION = (
    "How alike explanations are to those of the intact recogniser, by how many of its layers are randomised, from the top down. An explanation that stays the "
    "same does not depend on what the layers have learned (Adebayo et al. 2018). Intervals are 95% bootstrap intervals that resample documents."
)


def run(settings: Any) -> str:
    """Write both files; the table of rank correlations as text."""
    tagger = open_tagger(settings)
    items, sentences = sampled_items(tagger, settings)
    methods, steps = randomise(tagger, items, settings, sentences)
    depths: list[Depth] = list(tqdm(steps, total=len(parts(tagger)) + 1, desc="randomising", unit="depth"))
    documents = [mention.document for item in items for mention in item.mentions]
    rows = summarise(methods, depths, documents, seed=settings.seed, resamples=settings.resamples)
    folder = Path(settings.results)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / FILE, header(RandomisedRow) + to_csv(rows))
    with drawn_for(settings):
        pictures = save(plot_depths(rows), folder, PLOT, CAPTION)
    return f"{shown(rows)}\nwritten to {folder}: {FILE}, {', '.join(pictures)}"


def shown(rows: Sequence[RandomisedRow]) -> str:
    """Rank correlation, and in brackets the top overlap, by explainer (rows) and what was randomised last (columns)."""
    randomised = list(dict.fromkeys(row.randomised for row in rows))
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        known = row.rank_correlation_n > 0
        cell = f"{number(row.rank_correlation, 2)} ({number(row.top_overlap, 2)})" if known else MISSING
        cells.setdefault((row.explainer, row.variant), {})[row.randomised] = cell
    lines = [[*method, *(of_method[name] for name in randomised)] for method, of_method in cells.items()]
    probability = {row.randomised: number(row.probability, 2) for row in rows}
    lines.append(["mean p", "-", *(probability[name] for name in randomised)])
    title = "Rank correlation with the original's explanation (top overlap), by what was randomised last, from the top down:"
    return f"{title}\n\n{aligned(['explainer', 'variant', *randomised], lines, 2)}\n"
