"""Both sides by turns on the same cases -> times, scores and answers, of which `peer_tables` makes rows.

1. Each way of explaining is run once on the first case, which does not count: it loads and compiles what it needs.
2. In each repeat, for each explainer, the ways take turns over all cases; who begins changes with the repeat. The number is seconds of the
   processor per explanation, because a process of one thread needs as many seconds of an idle machine; the median of the repeats counts.
3. In the last repeat the peers' process also notes which rows reached the model, which takes it some microseconds per batch.
4. Values are compared in words: a peer's units are spread over the words that they lie in (`same_values`: where captum is given LIAP's own
   definition, they must agree).
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from liap.peers import own_side, peer_defects
from liap.peers.own_side import OWN_NAMES, Budget, Spent
from liap.peers.peer_cases import PeerCase
from liap.peers.peer_process import PeerFailure, PeerSide
from liap.taggers.transformer import TransformerTagger

NAN = float("nan")
OWN, ALONE, FERRET = "LIAP", "LIAP, one by one", "ferret"
SAME = "same_"
EVERY_TOKEN = "every_token"
FEW_STEPS = 2  # for what does not depend on them
FERRETS_OWN = {"steps": 50, "evaluations": 500}  # the defaults of its benchmark
FERRETS_MOST_SAMPLES = 5000  # it draws as many as the square of the number of pieces, up to this


Answers = list[dict[str, Any] | None]  # of the peers' process, a case each; None where the package failed


@dataclass(slots=True)
class Measured:
    """What one way of explaining took and said."""

    spent: list[Spent]  # per explanation, a repeat each
    scores: list[Sequence[float] | None]  # by word, of each case; None where it failed
    answers: Answers  # empty for LIAP's own side


@dataclass(frozen=True, slots=True)
class BenchmarkRun:
    """Seconds per mention of the shared benchmark; those of the processor for its two halves, where they are apart."""

    explain: float
    evaluate: float
    spent: Spent


class Comparison:
    """Both sides, ready to be asked."""

    def __init__(self, tagger: TransformerTagger, side: PeerSide, cases: Sequence[PeerCase], budget: Budget) -> None:
        self.tagger, self.side, self.cases, self.budget = tagger, side, list(cases), budget
        self.fillers = frozenset({tagger.mask_id, tagger.pad_id})  # pads are captum's baseline

    def measure(self, repeats: int, say: Callable[[str], None] = print) -> dict[tuple[str, str], Measured]:
        """(explainer, engine) -> its times and scores."""
        measured: dict[tuple[str, str], Measured] = {}
        for repeat in range(-1, repeats):  # -1: the first case alone, uncounted
            for explainer in OWN_NAMES:
                engines = self._engines(explainer)
                for engine in engines[repeat % len(engines) :] + engines[: repeat % len(engines)]:
                    cases = self.cases[:1] if repeat < 0 else self.cases
                    spent, scores, answers = self._run(engine, explainer, cases, watch=repeat == repeats - 1)
                    if repeat >= 0:
                        so_far = measured.setdefault((explainer, engine), Measured([], [], []))
                        so_far.spent.append(spent)
                        so_far.scores, so_far.answers = scores, answers
                        say(
                            f"{explainer}, {engine}: {spent.cpu:.3f} s per explanation ({spent.seconds:.3f} by the clock)"
                        )
        return measured

    def _engines(self, explainer: str) -> list[str]:
        peers = [peer for peer, name in self.side.routes if name == explainer]
        return [OWN, ALONE, *peers]

    def _run(self, engine: str, explainer: str, cases: Sequence[PeerCase], *, watch: bool):
        if engine in (OWN, ALONE):
            spent, scores = own_side.explained(self.tagger, cases, explainer, self.budget, one_by_one=engine == ALONE)
            return _each(spent, len(cases)), [list(one) for one in scores], []
        answers = [self._ask(engine, explainer, case, self.budget, watch=watch) for case in cases]
        well = [answer for answer in answers if answer]
        total = Spent(sum(one["seconds"] for one in well), sum(one["cpu"] for one in well))
        scores = [
            answer and peer_defects.to_words(case.sentence.words, answer["units"], answer["scores"])
            for case, answer in zip(cases, answers, strict=True)
        ]
        return _each(total, len(well)), scores, answers

    def _ask(self, peer: str, explainer: str, case: PeerCase, budget: Budget, *, watch: bool = False):
        """The answer; None where the package fails."""
        try:
            return self.side.explain(peer, explainer, case.message, budget.message, watch=watch)
        except PeerFailure:
            return None

    def same_values(self) -> dict[str, float]:
        """Explainer -> the largest difference of a context word's score where captum computes LIAP's definition."""
        largest: dict[str, float] = {}
        for peer, name in self.side.routes:
            if not name.startswith(SAME):
                continue
            explainer = name.removeprefix(SAME)
            _, own = own_side.explained(self.tagger, self.cases, explainer, self.budget)
            for case, scores in zip(self.cases, own, strict=True):
                answer = self.side.explain(peer, name, case.message, self.budget.message)
                theirs = peer_defects.to_words(case.sentence.words, answer["units"], answer["scores"])
                context = case.mention.context(len(case.sentence.words))
                difference = float(np.abs(np.array(theirs) - scores)[context].max(initial=0.0))
                largest[explainer] = max(largest.get(explainer, 0.0), difference)
        return largest

    def every_token(self) -> list[dict[str, Any] | None]:
        """What transformers-interpret answers by string, for each case; empty without that package."""
        ways = [peer for peer, name in self.side.routes if name == EVERY_TOKEN]
        few = replace(self.budget, steps=FEW_STEPS)
        return [self._ask(peer, EVERY_TOKEN, case, few) for peer in ways for case in self.cases]

    def benchmark(self, repeats: int, reduced: TransformerTagger | None, say: Callable[[str], None] = print):
        """Engine -> what the shared benchmark took per mention in each repeat; and ferret's last answers."""
        pieces = [self.tagger.encode(case.sentence.words).pieces for case in self.cases]
        samples = round(statistics.mean(min(count**2, FERRETS_MOST_SAMPLES) for count in pieces))
        budget = replace(self.budget, samples=max(samples, 20), **FERRETS_OWN)
        taggers = {OWN: self.tagger} | ({f"{OWN}, bf16": reduced} if reduced else {})
        runs: dict[str, list[BenchmarkRun]] = defaultdict(list)
        answers: Answers = []
        for repeat in range(-1, repeats):
            cases = self.cases[:1] if repeat < 0 else self.cases
            for engine in [FERRET, *taggers][:: -1 if repeat % 2 else 1]:
                if engine == FERRET:
                    answers = [self._benchmarked(case, watch=repeat == repeats - 1) for case in cases]
                    run = of_answers(answers)
                else:
                    spent = _each(own_side.benchmarked(taggers[engine], cases, budget), len(cases))
                    run = BenchmarkRun(NAN, NAN, spent)
                if repeat >= 0:
                    runs[engine].append(run)
                    say(
                        f"benchmark, {engine}: {run.spent.cpu:.2f} s per mention ({run.spent.seconds:.2f} by the clock)"
                    )
        return dict(runs), answers

    def _benchmarked(self, case: PeerCase, *, watch: bool) -> dict[str, Any] | None:
        try:
            return self.side.benchmark(case.message, self.budget.message, watch=watch)
        except PeerFailure:
            return None


def of_answers(answers: Answers) -> BenchmarkRun:
    """ferret's seconds per mention, over the mentions on which it did not fail."""
    well = [answer for answer in answers if answer]
    count = max(len(well), 1)
    explain, evaluate = (sum(answer[part][1] for answer in well) / count for part in ("explain", "evaluate"))
    clock = sum(answer["explain"][0] + answer["evaluate"][0] for answer in well) / count
    return BenchmarkRun(explain, evaluate, Spent(clock, explain + evaluate))


def _each(spent: Spent, count: int) -> Spent:
    return Spent(spent.seconds / max(count, 1), spent.cpu / max(count, 1))
