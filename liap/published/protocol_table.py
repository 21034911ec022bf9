"""Scores -> the rows of `published_protocol.csv`, its file and the record beside it, and back."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from liap.errors import InputError
from liap.explainers.liap_published import STRATEGIES
from liap.files import write_whole
from liap.provenance import provenance
from liap.published.experiment import BEST, LAST, Facts, ProtocolScore
from liap.published.protocol_settings import PublishedProtocolSettings
from liap.published.steps import STEPS
from liap.reports.statistics import RESAMPLES, SEED, deviation, document_weights, estimate, median
from liap.tables import header, to_csv, unescape

TABLE, RECORD = "published_protocol.csv", "published_protocol.json"
STRATEGY_LABELS = {"both": "both: the published call", BEST: "best of the five"}
NAN = float("nan")


@dataclass(frozen=True, slots=True)
class TableRow:
    """Means over the scored mentions of a group; `low` and `high` bound LIAP - random at 95% (documents are resampled)."""

    table: str  # path, strategy, type, lime
    step: int
    label: str
    sample: str  # published: the first ten of each type; gold: all in sentences of 8 to 40 words; predicted: the recogniser's
    mentions: int
    n: int  # of them scored
    liap: float
    median: float
    sd: float
    random: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class ScoreGroup:
    """The scores that one row sums up."""

    table: str
    step: int
    label: str
    sample: str
    scores: Sequence[ProtocolScore]


def table_rows(scores: Sequence[ProtocolScore]) -> list[TableRow]:
    """The steps, the strategies, the types, and whether LIME answered."""
    path = [score for score in scores if score.strategy == "both"]
    published = _published([score for score in path if score.step == 0])
    groups = [*_steps(path), *_strategies(scores), *_types(published), *_lime(published)]
    return [summary(group) for group in groups]


def _steps(path: Sequence[ProtocolScore]) -> list[ScoreGroup]:
    groups = []
    for step, (label, _) in enumerate(STEPS):
        scores = [score for score in path if score.step == step]
        if step == LAST:
            groups.append(ScoreGroup("path", step, label, "predicted", scores))
        else:
            groups += _both_samples("path", step, label, scores)
    return groups


def _strategies(scores: Sequence[ProtocolScore]) -> list[ScoreGroup]:
    groups = []
    for strategy in (*STRATEGIES, BEST):
        chosen = [score for score in scores if score.step == 0 and score.strategy == strategy]
        groups += _both_samples("strategy", 0, STRATEGY_LABELS.get(strategy, strategy), chosen)
    return groups


def _both_samples(table: str, step: int, label: str, scores: Sequence[ProtocolScore]) -> list[ScoreGroup]:
    return [
        ScoreGroup(table, step, label, "published", _published(scores)),
        ScoreGroup(table, step, label, "gold", scores),
    ]


def _types(published: Sequence[ProtocolScore]) -> list[ScoreGroup]:
    return [
        ScoreGroup("type", 0, kind, "published", [score for score in published if score.mention.entity_type == kind])
        for kind in sorted({score.mention.entity_type for score in published})
    ]


def _lime(published: Sequence[ProtocolScore]) -> list[ScoreGroup]:
    return [
        ScoreGroup("lime", 0, label, "published", [score for score in published if score.lime_answered is answered])
        for answered, label in ((True, "answered"), (False, "did not"))
    ]


def _published(scores: Sequence[ProtocolScore]) -> list[ProtocolScore]:
    return [score for score in scores if score.mention.published]


def summary(group: ScoreGroup) -> TableRow:
    """Statistics of LIAP, of random, and of their paired difference, over the mentions that are scored."""
    values = np.array([(score.liap, score.random, score.liap - score.random) for score in group.scores]).reshape(-1, 3)
    place = group.table, group.step, group.label, group.sample
    if np.isnan(values).all():  # also where there is no score at all
        return TableRow(*place, len(values), 0, *[NAN] * 7)
    names, documents = np.unique([score.mention.document for score in group.scores], return_inverse=True)
    means = estimate(values, documents, document_weights(len(names), RESAMPLES, np.random.default_rng(SEED)))
    return TableRow(
        *place,
        mentions=len(values),
        n=int(means.n[0]),
        liap=float(means.mean[0]),
        median=float(median(values)[0]),
        sd=float(deviation(values)[0]),
        random=float(means.mean[1]),
        difference=float(means.mean[2]),
        low=float(means.low[2]),
        high=float(means.high[2]),
    )


def write(results: Path, settings: PublishedProtocolSettings, scores: Sequence[ProtocolScore], facts: Facts) -> None:
    """The table, and beside it settings, facts and versions."""
    published = _published([score for score in scores if score.step == 0 and score.strategy == "both"])
    facts = replace(facts, lime_saw_mention=sum(score.lime_saw_mention for score in published))
    values = {
        field.name: getattr(settings, field.name)
        for field in fields(settings)
        if field.name not in ("options", "given")
    }
    write_whole(results / TABLE, header(TableRow) + to_csv(table_rows(scores)))
    record = {"settings": values, "facts": asdict(facts), **provenance()}
    write_whole(results / RECORD, json.dumps(record, indent=2) + "\n")
    print(f"{results / TABLE}: {len(scores)} scores of {len({score.mention for score in scores})} mentions")


def read(results: Path) -> tuple[list[TableRow], Facts]:
    """The rows and facts of an earlier run."""
    path = results / TABLE
    if not path.is_file():
        raise InputError(f"{path}: no such file; run without --from-csv first, or name its folder by --results")
    convert = {"str": unescape, "int": int, "float": lambda cell: float(cell or "nan")}
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    try:
        rows = [
            TableRow(**{field.name: convert[field.type](line[field.name]) for field in fields(TableRow)})
            for line in lines
        ]
    except (KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a table of this script ({error}); run without --from-csv") from error
    return rows, _read_facts(results / RECORD)


def _read_facts(path: Path) -> Facts:
    try:
        return Facts(**json.loads(path.read_text(encoding="utf-8"))["facts"])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise InputError(f"{path}: not a record of this script ({error}); run without --from-csv") from error
