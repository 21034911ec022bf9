"""The study of units: a corpus and a recogniser -> a row per unit, and the summary as text."""

from __future__ import annotations

from typing import Any

import pandas as pd
from tqdm import tqdm

from liap import corpora
from liap.errors import InputError
from liap.explainers import Case
from liap.linguistics.annotation import group_by_sentence, open_annotator
from liap.perturbation.view import Reading
from liap.reports.layout import aligned, with_interval
from liap.settings import MethodSettings
from liap.structure.units import UnitRow, score_units
from liap.taggers.prediction import sampled_mentions
from liap.taggers.transformer import open_tagger


def rows_of(settings: Any) -> list[UnitRow]:
    """A row for each unit of each chosen mention; InputError where there is none."""
    tagger = open_tagger(settings)
    method = MethodSettings(target=settings.target, operator=settings.operator, seed=settings.seed)
    tagger.check_operator(method.operator)
    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    mentions, _ = sampled_mentions(tagger, sentences, settings)
    chosen, grouped = group_by_sentence(sentences, mentions)
    rows: list[UnitRow] = []
    with open_annotator(settings) as annotate:
        for at in tqdm(range(0, len(chosen), settings.chunk), desc="masking units", unit="chunk"):
            part = slice(at, at + settings.chunk)
            items = annotate(chosen[part], grouped[part]).items
            reading = Reading(
                tagger, [one.sentence.words for one in items], [one.mentions for one in items], settings.target
            )
            reading.score_single_words(method.operator)
            owners = [item for item in items for _ in item.mentions]
            views = zip(reading.views, owners, strict=True)
            rows += score_units(
                [Case(item.sentence, view.mention, view, method, item.parse, item.frames) for view, item in views]
            )
    if not rows:
        raise InputError(
            f"no unit of two words or more beside a mention of {settings.corpus} ({settings.split}); expected some: check --parser and --srl"
        )
    return rows


def shown(summary: pd.DataFrame) -> str:
    """The summary as an aligned table."""
    lines = [
        [
            row["family"],
            row["size"],
            row["measure"],
            f"{row['n']}",
            with_interval(row["mean"], row["low"], row["high"], with_sign=True, digits=4),
            row["verdict"],
        ]
        for row in summary.to_dict("records")
        if row["n"]
    ]
    return aligned(["unit", "words", "measure", "n", "mean [95%]", "interval"], lines, 3)
