"""What was measured -> the rows of `peers.csv`, `peers_benchmark.csv` and `peers_defects.csv`."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from liap.peers import peer_defects
from liap.peers.comparison import EVERY_TOKEN, FERRET, OWN, Answers, BenchmarkRun, Measured
from liap.peers.peer_cases import PeerCase

NAN = float("nan")
INTERPRET = "transformers-interpret"
METRICS = "metrics of its benchmark"  # in place of an explainer
OWN_ENGINES = (OWN, f"{OWN}, one by one")


@dataclass(frozen=True, slots=True)
class PeerRow:
    """A way of explaining: a line of `peers.csv`."""

    explainer: str
    engine: str
    mentions: int
    repeats: int
    cpu_seconds: float  # per explanation, of the processor: median of the repeats
    cpu_seconds_lowest: float
    cpu_seconds_highest: float
    seconds: float  # per explanation, by the clock: median of the repeats
    ratio: float  # its cpu_seconds over LIAP's
    spearman: float  # with LIAP's scores, over context words: mean over mentions
    largest_difference: float  # of a context word's score, where captum computes LIAP's definition


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """A side of the shared benchmark: a line of `peers_benchmark.csv`; seconds are per mention, medians of the repeats."""

    engine: str
    mentions: int
    repeats: int
    explain_cpu_seconds: float
    evaluate_cpu_seconds: float
    cpu_seconds: float
    seconds: float  # by the clock
    ratio: float  # ferret's cpu_seconds over its own


@dataclass(frozen=True, slots=True)
class DefectRow:
    """A defect of a way of explaining: a line of `peers_defects.csv`."""

    explainer: str
    peer: str
    defect: str
    mentions: int
    affected: int
    share: float
    rows_share: float  # of the perturbed rows, a mean over mentions; empty where the defect is not one of rows


def peer_rows(
    measured: Mapping[tuple[str, str], Measured], cases: Sequence[PeerCase], same: Mapping[str, float]
) -> list[PeerRow]:
    """A row per explainer and engine."""
    rows = []
    for (explainer, engine), found in measured.items():
        own = measured[explainer, OWN]
        cpu = [spent.cpu for spent in found.spent]
        rows.append(
            PeerRow(
                explainer=explainer,
                engine=engine,
                mentions=sum(scores is not None for scores in found.scores),
                repeats=len(cpu),
                cpu_seconds=statistics.median(cpu),
                cpu_seconds_lowest=min(cpu),
                cpu_seconds_highest=max(cpu),
                seconds=statistics.median(spent.seconds for spent in found.spent),
                ratio=statistics.median(cpu) / statistics.median(spent.cpu for spent in own.spent),
                spearman=NAN if engine == OWN else agreement(cases, own.scores, found.scores),
                largest_difference=same.get(explainer, NAN) if engine == "captum" else NAN,
            )
        )
    order = {explainer: number for number, (explainer, _) in enumerate(measured)}
    return sorted(rows, key=lambda row: (order[row.explainer], row.engine not in OWN_ENGINES, row.engine))


def agreement(cases: Sequence[PeerCase], own: Sequence, theirs: Sequence) -> float:
    """The mean, over mentions, of Spearman's rho over the context words; mentions without one (ties alone) are left out."""
    values = []
    for case, one, other in zip(cases, own, theirs, strict=True):
        context = np.flatnonzero(case.mention.context(len(case.sentence.words)))
        if other is None or len({one[word] for word in context}) < 2 or len({other[word] for word in context}) < 2:
            continue
        values.append(float(spearmanr(np.array(one)[context], np.array(other)[context]).statistic))
    return statistics.mean(values) if values else NAN


def benchmark_rows(runs: Mapping[str, Sequence[BenchmarkRun]], mentions: Mapping[str, int]) -> list[BenchmarkRow]:
    """A row per engine; `mentions` are those on which it did not fail."""
    whole = statistics.median(run.spent.cpu for run in runs[FERRET])
    return [
        BenchmarkRow(
            engine=engine,
            mentions=mentions[engine],
            repeats=len(of_engine),
            explain_cpu_seconds=statistics.median(run.explain for run in of_engine),
            evaluate_cpu_seconds=statistics.median(run.evaluate for run in of_engine),
            cpu_seconds=statistics.median(run.spent.cpu for run in of_engine),
            seconds=statistics.median(run.spent.seconds for run in of_engine),
            ratio=whole / statistics.median(run.spent.cpu for run in of_engine),
        )
        for engine, of_engine in runs.items()
    ]


def defect_rows(
    measured: Mapping[tuple[str, str], Measured], by_string: Answers, cases: Sequence[PeerCase], fillers: frozenset[int]
) -> list[DefectRow]:
    """A row per explainer, peer and defect that was looked for."""
    rows = []
    for (explainer, engine), found in measured.items():
        if found.answers:
            rows += counted(explainer, engine, cases, found.answers, fillers)
    if by_string:
        strings = [answer and peer_defects.of_strings(answer["notes"], answer["place"]) for answer in by_string]
        rows += _rows(EVERY_TOKEN, INTERPRET, strings)
    return rows


def defects_of_metrics(answers: Answers, fillers: frozenset[int]) -> list[DefectRow]:
    """Those of ferret's metrics, in the rows that they gave to the model."""
    found = [
        answer and peer_defects.of_rows(answer["rows"], answer["pieces"], answer["place"], fillers)
        for answer in answers
    ]
    return _rows(METRICS, FERRET, found)


def counted(
    explainer: str, peer: str, cases: Sequence[PeerCase], answers: Answers, fillers: frozenset[int]
) -> list[DefectRow]:
    """The defects of one way of explaining."""
    found = [
        answer and peer_defects.of_answer(case.sentence.words, answer, fillers)
        for case, answer in zip(cases, answers, strict=True)
    ]
    return _rows(explainer, peer, found)


def _rows(explainer: str, peer: str, found: Sequence[Iterable[peer_defects.Found] | None]) -> list[DefectRow]:
    """Counts by defect; a mention on which the package failed counts for `failed` alone."""
    of_defect: dict[str, list[peer_defects.Found]] = {}
    for one in (defect for defects in found if defects for defect in defects):
        of_defect.setdefault(one.defect, []).append(one)
    failures = [peer_defects.Found(peer_defects.FAILED, defects is None) for defects in found]
    rows = []
    for defect, all_found in {**of_defect, peer_defects.FAILED: failures}.items():
        affected = sum(one.affected for one in all_found)
        rows_share = statistics.mean(one.rows for one in all_found)
        share = affected / len(all_found)
        rows.append(DefectRow(explainer, peer, defect, len(all_found), affected, share, rows_share))
    return rows
