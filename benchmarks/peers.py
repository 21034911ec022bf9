"""How do the peer packages compare? Seconds per explanation, values, defects, and ferret's benchmark, on the same mentions and model.

    make peers-env
    python benchmarks/peers.py --model best_ner_model --corpus data/conll2003
    python benchmarks/peers.py --per-type 2 --repeats 1 --samples 50 --evaluations 50   # a quick look

The peers (ferret, captum, lime, shap, transformers-interpret) run in an environment and a process of their own; LIAP runs here. Both
have one thread and take turns. Every mention is explained at its first word, by the probability of the recogniser's own tag there,
because the peers explain one token.

The two parts, `explainers` and `benchmark`, may be run one after the other; the page has what the results folder has.

Writes peers.csv (times and values), peers_benchmark.csv (explainers x metrics against ferret), peers_defects.csv (what goes wrong on which
share of mentions) and peers.json (versions and settings) to the results folder, and the page with all of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from liap import cli
from liap.settings import CorpusSettings, TaggerSettings, among, check_number

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
SENTENCES = 400  # sentences from the start of the split, from which mentions are drawn
SHORTEST = 8  # words of a sentence, at least
LONGEST = 20  # words of a sentence, at most, so that an explanation takes seconds
PER_TYPE = 5  # mentions drawn for each predicted type
SAMPLES = 100  # perturbed sentences of LIME, on both sides
EVALUATIONS = 100  # of the model by SHAP, on both sides
STEPS = 20  # points of integrated gradients, on both sides
PARTS = ("explainers", "benchmark")  # what is measured: each explainer alone, and explainers x metrics against ferret
REPEATS = 3  # times that everything is measured; medians count
SEED = 0  # of the sample, and of the explainers
ENVIRONMENT = ""  # the peers' environment; empty: LIAP_PEERS_VENV, else .venv-peers
BF16 = True  # measure LIAP in bf16 too, on the shared benchmark
RESULTS = "results/peers"  # folder for the tables
PAGE = "docs/peers.md"  # the page; empty: none

threads = 1  # of each side


@dataclass(frozen=True, kw_only=True)
class PeersSettings(CorpusSettings, TaggerSettings):
    """Which mentions are explained, with how much work, and how often."""

    shortest: int
    longest: int
    per_type: int
    samples: int
    evaluations: int
    steps: int
    parts: tuple[str, ...]
    repeats: int
    seed: int
    environment: str
    bf16: bool
    results: str
    page: str

    def check(self) -> None:
        for flag, value, least in (
            ("--shortest", self.shortest, 3), ("--longest", self.longest, self.shortest), ("--per-type", self.per_type, 1),
            ("--samples", self.samples, 20), ("--evaluations", self.evaluations, 20), ("--steps", self.steps, 2),
            ("--repeats", self.repeats, 1), ("--seed", self.seed, 0),
        ):  # fmt: skip
            check_number(flag, value, least)
        among("--parts", self.parts, PARTS)


def main() -> None:
    settings = cli.settings(__file__, PeersSettings)
    os.environ["OMP_NUM_THREADS"] = str(threads)  # before PyTorch is imported
    import torch

    from liap.files import write_whole
    from liap.peers import peer_files
    from liap.peers.peer_process import PeerSide, find_python
    from liap.peers.peers_page import page

    python = find_python(settings.environment)
    torch.set_num_threads(threads)
    tagger, cases = open_cases(settings)
    with PeerSide(python, settings.model, threads=threads) as side:
        for part in settings.parts:
            tables = measure(settings, part, tagger, side, cases)
            peer_files.keep(Path(settings.results), part, tables, about(settings, tagger, side, cases))
    text = page(Path(settings.results))
    if settings.page:
        write_whole(Path(settings.page), text)
    print(text)


def open_cases(settings: PeersSettings):
    """The recogniser and the mentions to explain."""
    from liap import corpora
    from liap.errors import InputError
    from liap.peers.peer_cases import choose
    from liap.taggers.transformer import load_tagger

    tagger = load_tagger(settings.model, device="cpu")
    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    cases = choose(
        tagger, sentences, per_type=settings.per_type, shortest=settings.shortest, longest=settings.longest, seed=settings.seed
    )  # fmt: skip
    if not cases:
        raise InputError("no mention in sentences of that length; mend --sentences, --shortest or --longest")
    print(f"{len(cases)} mentions", flush=True)
    return tagger, cases


def measure(settings: PeersSettings, part: str, tagger, side, cases) -> dict[str, list]:
    """File name -> the rows of this part."""
    from liap.peers import peer_tables
    from liap.peers.comparison import FERRET, Comparison
    from liap.peers.own_side import Budget
    from liap.taggers.transformer import load_tagger

    budget = Budget(settings.steps, settings.samples, settings.evaluations, settings.seed)
    comparison = Comparison(tagger, side, cases, budget)
    if part == "explainers":
        measured = comparison.measure(settings.repeats, say)
        return {
            "peers.csv": peer_tables.peer_rows(measured, cases, comparison.same_values()),
            "peers_defects.csv": peer_tables.defect_rows(measured, comparison.every_token(), cases, comparison.fillers),
        }
    reduced = load_tagger(settings.model, device="cpu", precision="bf16") if settings.bf16 else None
    runs, answers = comparison.benchmark(settings.repeats, reduced, say)
    mentions = dict.fromkeys(runs, len(cases)) | {FERRET: sum(answer is not None for answer in answers)}
    return {
        "peers_benchmark.csv": peer_tables.benchmark_rows(runs, mentions),
        "peers_defects.csv": peer_tables.defects_of_metrics(answers, comparison.fillers),
    }


def say(line: str) -> None:
    print(line, flush=True)


def about(settings: PeersSettings, tagger, side, cases) -> dict:
    """Versions, settings and machine, for peers.json and the page."""
    from importlib.metadata import version

    from liap.provenance import provenance

    here = provenance()
    shown = (
        "split", "sentences", "shortest", "longest", "per_type", "samples", "evaluations", "steps", "repeats", "seed",
    )  # fmt: skip
    layers, heads = tagger.layers_and_heads
    return {
        "model": {"layers": layers, "heads": heads, "parameters": sum(p.numel() for p in tagger.model.parameters())},
        "threads": {"LIAP": threads, "peers": side.about["threads"]},
        "versions": {
            "LIAP": here["versions"] | {"captum": version("captum")},
            "peers": side.versions | {"python": side.about["python"]},
        },
        "hardware": here["hardware"],
        "mentions": len(cases),
        "words": [len(case.sentence.words) for case in cases],
        "settings": {name: getattr(settings, name) for name in shown},
    }


if __name__ == "__main__":
    cli.run(main)
