"""Rationales that are trained (DiffMask, VMASK) or sampled (input marginalisation), beside other explainers and controls, by the benchmark's metrics.

    python studies/rationales.py --corpus data/conll2003 --evaluate "--parser models/en_ud_ewt_sm --srl none --precision bf16"
    python studies/rationales.py --language-model encoders/masked --evaluate "--replacement-threshold 1e-2 --parser models/en_ud_ewt_sm --srl none"
    python studies/rationales.py --model results/planted/model --corpus planted --evaluate "--parser gold --srl gold" --results results/rationales/planted

1. It trains DiffMask's gates and VMASK's mask on the mentions that the recogniser finds in the training split, into the folder `trained`.
2. It runs studies/benchmark.py in the results folder; with --language-model, input marginalisation is among the explainers.
3. It adds the seconds of training to the benchmark's cost.csv, apart from passes and seconds of an explanation.
4. It writes layers.csv and a plot of it: at which layer the gates let a word go, by its distance and, where that is known, by whether it is evidence; and
   toy.csv: gates trained on a toy task with exact answers, against these; kept.csv: which words each mask keeps and puts first: evidence, that of other mentions, or none.

The same command goes on after an interruption.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypeVar

from liap import cli
from liap.settings import TARGETS, FigureSettings, TaggerSettings, among, check_number

Trained = TypeVar("Trained")

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder or a file (docs/formats.md), a data set's name on the hub, or: planted
SPLIT = "test"  # which part of the corpus is explained
SENTENCES = 0  # sentences to explain, from the start of the split; 0: all
TRAINING_SENTENCES = 0  # sentences of the training split to train on, from its start; 0: all
EXAMPLES_PER_TYPE = 50  # mentions sampled for each predicted type; 0: every mention
TARGET = "type"  # what is explained: type (of the mention), tag (the exact labels), entity (span and type stay)
LANGUAGE_MODEL = ""  # a masked language model, for marginalisation: a folder, or a name on the hub
EXPLAINERS = (
    "liap", "matched_random", "matched_window", "matched_distance", "attention", "gradient_x_input", "occlusion", "nearest_words", "frequency", "random",
)  # fmt: skip  # beside diffmask, vmask and marginalisation
METRICS = ("lfs", "evidence_found", "comprehensiveness", "sufficiency", "cumulative", "tau")  # which are measured
STEPS = 800  # of training
BATCH = 24  # mentions in a step
MARGIN = 0.1  # of diffmask: how far the recogniser's answer may move, in nats
LEARNING_RATE = 3e-3  # of both networks
MULTIPLIER_RATE = 0.1  # of diffmask: by which the multiplier rises where the answer moves twice as far as the margin
START = 10.0  # of diffmask: the multiplier at the start
PRIOR = 0.2  # of vmask: the probability with which a word is kept, before anything is known
BETA = 1.0  # of vmask: the weight of the distance from the prior, in the second half of the steps
INNER = 64  # width of the small networks
COST_PER_TYPE = 1  # mentions of each type, whose sentences costs are measured on, each explainer in a process of its own; 0: they are not
PRECISION = "fp32"  # of the recogniser in training: fp32, bf16 (autocast)
EVALUATE = ""  # further flags of run_liap_evaluation.py in one string, such as the parser
SEED = 0  # of training and sampling
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/rationales"  # folder for what is written


@dataclass(frozen=True, kw_only=True)
class RationaleSettings(TaggerSettings, FigureSettings):
    """What is trained, and what is compared."""

    corpus: str
    split: str
    sentences: int
    training_sentences: int
    examples_per_type: int
    target: str
    language_model: str
    explainers: tuple[str, ...]
    metrics: tuple[str, ...]
    steps: int
    batch: int
    margin: float
    learning_rate: float
    multiplier_rate: float
    start: float
    prior: float
    beta: float
    inner: int
    cost_per_type: int
    evaluate: str
    seed: int
    results: str

    def of(self, kind: type[Trained]) -> Trained:
        """The settings of one method's training."""
        return kind(**{part.name: getattr(self, part.name) for part in fields(kind)})

    def check(self) -> None:
        from liap.script_runs import flags_in

        among("--target", (self.target,), TARGETS)
        check_number("--sentences", self.sentences, 0)
        check_number("--training-sentences", self.training_sentences, 0)
        check_number("--examples-per-type", self.examples_per_type, 0)
        check_number("--cost-per-type", self.cost_per_type, 0)
        check_number("--seed", self.seed, 0)
        flags_in(
            "--evaluate",
            self.evaluate,
            ("--corpus", "--split", "--sentences", "--target", "--seed", "--diffmask", "--vmask", "--language-model"),
        )


def main() -> None:
    settings = cli.settings(__file__, RationaleSettings)
    from liap.files import check_folder
    from liap.rationales import digit_toy, rationale_study
    from liap.rationales.gate_training import GateSettings
    from liap.rationales.kept_words import kept_rows
    from liap.rationales.word_mask_training import WordMaskSettings
    from liap.reports.style import drawn_for
    from liap.script_runs import start

    check_folder("--results", settings.results)
    methods = {"diffmask": settings.of(GateSettings), "vmask": settings.of(WordMaskSettings)}
    folder = Path(settings.results)
    paths = {name: rationale_study.train_network(settings, how, folder / "trained") for name, how in methods.items()}
    start("studies/benchmark.py", *benchmark_flags(settings, paths))
    with drawn_for(settings):
        tagger, items = rationale_study.explained_items(settings)
        given = (tagger, items, settings.target)
        rows = {
            "layers.csv": rationale_study.layer_rows(rationale_study.cases_in(*given), paths["diffmask"]),
            "kept.csv": kept_rows(rationale_study.cases_in(*given), paths),
            "toy.csv": [digit_toy.find()],
        }
        write(folder, rows, paths)


def benchmark_flags(settings: RationaleSettings, paths: Mapping[str, Path]) -> list[str]:
    """Of studies/benchmark.py."""
    sampled = ["marginalisation"] if settings.language_model else []
    given = ["--corpus", settings.corpus, "--split", settings.split, "--sentences", str(settings.sentences)]
    given += ["--target", settings.target, "--seed", str(settings.seed)]
    given += [part for name, path in paths.items() for part in (f"--{name}", str(path))]
    given += ["--language-model", settings.language_model] if sampled else []
    return [
        "--model", settings.model, "--explainers", *settings.explainers, *paths, *sampled, "--prune", "--metrics", *settings.metrics,
        "--examples-per-type", str(settings.examples_per_type), "--cost-per-type", str(settings.cost_per_type), "--evaluate", f"{shlex.join(given)} {settings.evaluate}", "--results", settings.results,
        *settings.figure_flags,
    ]  # fmt: skip


def write(folder: Path, rows: Mapping[str, Sequence], paths: Mapping[str, Path]) -> None:
    """The tables of these rows, the layers' picture, the histories of training, and lines on the screen."""
    import pandas as pd

    from liap import manifest
    from liap.explainers.gate_network import read_network
    from liap.rationales.rationale_study import CAPTION, plot_layers
    from liap.reports.style import save
    from liap.reports.summaries import save_tables

    tables = {name: pd.DataFrame(map(asdict, lines)) for name, lines in rows.items()}
    records = {name: read_network(str(path), f"--{name}")[1] for name, path in paths.items()}
    tables |= {f"trained/{name}.csv": pd.DataFrame(record["history"]) for name, record in records.items()}
    cost = pd.read_csv(folder / "cost.csv")
    seconds = {name: record["seconds"] for name, record in records.items()}
    tables["cost.csv"] = cost.assign(training_seconds=cost["explainer"].map(seconds).fillna(0.0))
    manifest.record(folder, tables)
    save_tables(tables, folder)
    pictures = save(plot_layers(rows["layers.csv"]), folder, "layers", CAPTION)
    toy = rows["toy.csv"][0]
    print(f"toy task: {toy.right:.1%} of {toy.digits} gates are right; {toy.needed:.1%} of the digits matter")
    for name, record in records.items():
        print(
            f"{name}: trained on {record['mentions']} mentions in {record['seconds']:.0f} s of processor time; at the end "
            f"{record['share_open']:.0%} of context words kept, divergence {record['divergence']:.3f} nats"
        )
    print(f"written to {folder}: {', '.join([*tables, *pictures])}")


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
