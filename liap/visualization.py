"""Pictures of a run's explanations: `visualizations/example_<n>.png`, or of another format, in the results folder.

Scores are those of the run's files (`scores.csv`, `explanations.jsonl`). Attention is read again, from the mention's words alone.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from liap import manifest
from liap.columns import SCORES, method_name
from liap.corpora.sampling import sample
from liap.explainers import explainers_of
from liap.explainers.liap import liap
from liap.linguistics.annotation import Item, group_by_sentence, without_structure
from liap.pruning import masks
from liap.records import Mention
from liap.reports.declared import Declared, declared
from liap.reports.explained import EXPLANATIONS
from liap.reports.panel import Method
from liap.reports.pictures import draw as draw_picture
from liap.reports.rows import LFS
from liap.reports.style import looks, save
from liap.reports.word_panels import Example, MethodScores
from liap.settings import MethodSettings
from liap.tables import records
from liap.taggers.tagger import Tagger

if TYPE_CHECKING:
    from liap.pipeline import Job

FOLDER = "visualizations"
Key = tuple[int, int, int]  # sentence, start, end
Scores = Mapping[str, Sequence[float]]  # by method: its explainer, and its variant behind a slash


def draw(job: Job, mentions: Sequence[Mention]) -> None:
    """Pictures of some explanations, in `visualizations/`."""
    settings = job.settings
    variant = shown_variant(settings)
    chosen = choose(job.run.folder, mentions, variant, seed=settings.seed, count=settings.pictures)
    if not chosen:
        return
    sentences, grouped = group_by_sentence(job.sentences, chosen)
    annotator = job.worker.annotator
    items = annotator(sentences, grouped).items if annotator else without_structure(job.sentences, chosen)
    job.worker.close()
    draw_examples(job.run.folder, items, job.worker.tagger, settings, variant=variant)
    job.facts.pictures = len(chosen)


def shown_variant(settings: MethodSettings) -> str:
    """The pruning variant that pictures show: the wanted one if it ran, else the first that did; empty in a run without LIAP."""
    if liap.name not in settings.explainers:
        return ""
    wanted = getattr(settings, "picture_variant", "")
    return wanted if wanted in settings.variants else settings.variants[0]


def choose(results: Path, mentions: Sequence[Mention], variant: str, *, seed: int, count: int) -> list[Mention]:
    """Up to `count` explained mentions, spread over types; those that the variant has a mask for, if there is a variant."""
    if not count:
        return []
    explanations = _explanations(results / EXPLANATIONS)
    explained = {key for key, scores in explanations if (_pruned(variant) in scores if variant else scores)}
    mentions = [mention for mention in mentions if _key(mention) in explained]
    types = len({mention.predicted_type for mention in mentions})
    return list(sample(mentions, -(-count // types), seed)[:count]) if types else []


def draw_examples(
    results: Path, items: Sequence[Item], tagger: Tagger, settings: MethodSettings, *, variant: str
) -> None:
    """A picture of each of the items' mentions."""
    chosen = [(item, mention) for item in items for mention in item.mentions]
    keys = {_key(mention) for _, mention in chosen}
    explained = {key: scores for key, scores in _explanations(results / EXPLANATIONS) if key in keys}
    faithfulness = _faithfulness(results / SCORES, keys)
    known = declared([explainer.declaration for explainer in explainers_of(settings)])
    names = [f"{FOLDER}/example_{number}" for number in range(1, len(chosen) + 1)]
    manifest.replace(results, (), f"{FOLDER}/example_*")
    for name, (item, mention) in zip(names, chosen, strict=True):
        key = _key(mention)
        methods = methods_of(explained[key], faithfulness[key], known, settings, variant)
        save(draw_picture(_example(item, mention, methods, tagger, settings, variant)), results, name)


def methods_of(
    scores: Scores, faithfulness: Mapping[str, float], known: Declared, settings: MethodSettings, variant: str
) -> tuple[MethodScores, ...]:
    """The methods that have scores, in the order of tables and plots. Of an explainer's variants, only the shown one is
    taken, unless it has none of that name."""
    names = [name for name in scores if _is_shown(name, scores, variant)]
    names.sort(key=lambda name: known.rank(name.partition("/")[0]))
    declarations = {name: known.explainer(name.partition("/")[0]) for name in names}
    operators = settings.explainer_operator, settings.operator  # they say whether a method is LFS's ceiling
    colours = looks(list({one.name: one for one in declarations.values()}.values()))
    return tuple(
        MethodScores(
            label=Method(declarations[name], name.partition("/")[2], *operators).label,
            colour=colours[declarations[name].name][0],
            scores=np.array(scores[name], dtype=float),
            lfs=faithfulness.get(name, float("nan")),
            measured=bool(faithfulness),
            pruned=name == _pruned(variant),
        )
        for name in names
    )


def _is_shown(name: str, scores: Scores, variant: str) -> bool:
    explainer, _, own = name.partition("/")
    return own in ("", variant) or f"{explainer}/{variant}" not in scores


def _pruned(variant: str) -> str:
    return f"{liap.name}/{variant}"


def _key(mention: Mention) -> Key:
    return mention.sentence, mention.start, mention.end


def _explanations(path: Path) -> Iterator[tuple[Key, Scores]]:
    """Each line's mention with its scores by method."""
    with path.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            yield (line["sentence"], line["start"], line["end"]), line["scores"]


def _faithfulness(path: Path, wanted: Collection[Key]) -> dict[Key, dict[str, float]]:
    """Each wanted mention's LFS by method, NaN where it is undefined; nothing in a run without LFS."""
    values: dict[Key, dict[str, float]] = {key: {} for key in wanted}
    lines = (cells for _, cells in records(path))
    names = next(lines)
    for row in (dict(zip(names, cells, strict=True)) for cells in lines):
        key = int(row["sentence"]), int(row["start"]), int(row["end"])
        if key in values and LFS in row:
            name = method_name(row["explainer"], row["variant"])
            values[key][name] = float(row[LFS] or "nan")
    return values


def _example(
    item: Item,
    mention: Mention,
    methods: tuple[MethodScores, ...],
    tagger: Tagger,
    settings: MethodSettings,
    variant: str,
) -> Example:
    before, kept = _attention(tagger, item, mention, settings), None
    if variant:
        mask = masks(
            item.parse, item.frames, mention.start, mention.end, hops=settings.hops, siblings=settings.siblings
        )[variant]
        kept = None if isinstance(mask, str) else mask
    return Example(
        words=item.sentence.words,
        mention=mention,
        methods=methods,
        parse=item.parse,
        frames=item.frames if variant and variant != "syntactic" else (),
        kept=kept,
        before=before,
        after=None if before is None or kept is None else before * kept,
    )


def _attention(
    tagger: Tagger, item: Item, mention: Mention, settings: MethodSettings
) -> Float[np.ndarray, "rows words"] | None:
    """Mean attention from the mention's words to every word; None if the recogniser has none to show."""
    if "attention" not in tagger.capabilities:
        return None
    rows = np.arange(mention.start, mention.end)
    return settings.of_chosen(tagger.attention([item.sentence.words], [rows])[0]).mean(axis=(0, 1))
