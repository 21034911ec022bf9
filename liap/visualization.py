"""Pictures of a run's explanations: `visualizations/example_<n>.png` in the results folder.

The numbers shown are those of the run's files (`scores.csv`, `explanations.jsonl`); attention is read anew, for whole sentences.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from liap.corpora.sampling import sample
from liap.evaluation import Item
from liap.perturbation.engine import Engine
from liap.pruning import masks
from liap.records import Mention
from liap.reports.pictures import Example, draw
from liap.reports.style import save_figure
from liap.settings import EvaluationSettings
from liap.tables import records
from liap.taggers.attention import word_attention

FOLDER = "visualizations"


def choose(results: Path, mentions: Sequence[Mention], variant: str, *, seed: int, count: int) -> list[Mention]:
    """Up to `count` mentions that the variant has a mask for, spread over types."""
    explained = _explanations(results / "explanations.jsonl", f"liap/{variant}")
    found = [mention for mention in mentions if _key(mention) in explained]
    types = len({mention.predicted_type for mention in found})
    return list(sample(found, -(-count // types), seed)[:count]) if types and count else []


def draw_examples(
    results: Path, items: Sequence[Item], engine: Engine, settings: EvaluationSettings, *, variant: str
) -> None:
    """Draw the items' mentions, a picture each."""
    folder = results / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    chosen = [(item, mention) for item in items for mention in item.mentions]
    keys = {_key(mention) for _, mention in chosen}
    explained = _explanations(results / "explanations.jsonl", f"liap/{variant}")
    scores = _scores(results / "scores.csv", variant, keys)
    for number, (item, mention) in enumerate(chosen, start=1):
        lines, lfs = explained[_key(mention)], scores[_key(mention)]
        save_figure(
            draw(_example(item, mention, engine, settings, variant, lines, lfs)), folder / f"example_{number}.png"
        )


def _key(mention: Mention) -> tuple[int, int, int]:
    return mention.sentence, mention.start, mention.end


def _explanations(path: Path, wanted: str) -> dict[tuple[int, int, int], dict[str, list[float]]]:
    """(sentence, start, end) -> scores by explainer, for mentions that `wanted` explains."""
    found = {}
    with path.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if wanted in line["scores"]:
                found[line["sentence"], line["start"], line["end"]] = line["scores"]
    return found


def _scores(path: Path, variant: str, wanted: set[tuple[int, int, int]]) -> dict[tuple[int, int, int], float]:
    found = {}
    lines = (cells for _, cells in records(path))
    names = next(lines)
    for row in (dict(zip(names, cells, strict=True)) for cells in lines):
        key = int(row["sentence"]), int(row["start"]), int(row["end"])
        if key in wanted and (row["explainer"], row["variant"]) == ("liap", variant):
            found[key] = float(row["lfs"] or "nan")
    return found


def _example(item, mention, engine, settings, variant, scores, lfs) -> Example:
    words = len(item.sentence.words)
    encoding = engine.recogniser.encode(item.sentence.words)
    attention = word_attention(engine.recogniser, [encoding], [np.arange(words)])[0]
    before = settings.of_chosen(attention).mean(axis=(0, 1))
    name = f"liap/{variant}"
    lime = scores.get("lime")
    after, kept = _prune(before, item, mention, settings, variant)
    return Example(
        words=item.sentence.words,
        mention=mention,
        variant=variant,
        parse=item.parse,
        frames=item.frames,
        kept=kept,
        importance=np.array(scores[name]),
        lime=None if lime is None else np.array(lime),
        before=before,
        after=after,
        lfs=lfs,
    )


def _prune(before, item: Item, mention: Mention, settings: EvaluationSettings, variant: str):
    """Each row pruned by its own word's mask, the mention's rows by the mention's; and the mention's mask."""
    after = np.zeros_like(before)
    kept = np.zeros(len(before), dtype=bool)
    for word in range(len(before)):
        inside = mention.start <= word < mention.end
        start, end = (mention.start, mention.end) if inside else (word, word + 1)
        mask = masks(item.parse, item.frames, start, end, hops=settings.hops, siblings=settings.siblings)[variant]
        if not isinstance(mask, str):
            after[word] = before[word] * mask
            kept = mask if inside else kept
    return after, kept
