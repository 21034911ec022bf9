"""Rationales that are trained (DiffMask) or sampled (input marginalisation), beside other explainers and controls, by the benchmark's metrics.

    python studies/rationales.py --corpus data/conll2003 --evaluate "--parser models/en_ud_ewt_sm --srl none --precision bf16"
    python studies/rationales.py --language-model encoders/masked --evaluate "--replacement-threshold 1e-2 --parser models/en_ud_ewt_sm --srl none"
    python studies/rationales.py --model results/planted/model --corpus planted --evaluate "--parser gold --srl gold" --results results/rationales/planted

1. It trains DiffMask's gates on the mentions that the recogniser finds in the training split: `trained/diffmask.safetensors`, `trained/training.csv`.
2. It runs studies/benchmark.py in the results folder; with --language-model, input marginalisation is among the explainers.
3. It writes layers.csv and layers.png: at which layer the gates let a word go, by its distance and, where that is known, by whether it is evidence; and
   toy.csv: gates trained on a toy task with exact answers, against these.

The same command goes on after an interruption.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.settings import TARGETS, TaggerSettings, among, check_number

if TYPE_CHECKING:
    from liap.rationales.digit_toy import ToyRow

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
)  # fmt: skip  # beside diffmask and marginalisation
METRICS = ("lfs", "evidence_found", "comprehensiveness", "sufficiency", "cumulative", "tau")  # which are measured
STEPS = 800  # of training
BATCH = 24  # mentions in a step
MARGIN = 0.1  # how far the recogniser's answer may move, in nats
LEARNING_RATE = 3e-3  # of the gates
MULTIPLIER_RATE = 0.1  # by which the multiplier rises where the answer moves twice as far as the margin
START = 10.0  # the multiplier at the start
INNER = 64  # width of each layer's small network
PRECISION = "fp32"  # of the recogniser in training: fp32, bf16 (autocast)
EVALUATE = ""  # further flags of run_liap_evaluation.py in one string, such as the parser
SEED = 0  # of training and sampling
RESULTS = "results/rationales"  # folder for what is written


@dataclass(frozen=True, kw_only=True)
class RationaleSettings(TaggerSettings):
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
    inner: int
    evaluate: str
    seed: int
    results: str

    def check(self) -> None:
        from liap.script_runs import flags_in

        among("--target", (self.target,), TARGETS)
        check_number("--sentences", self.sentences, 0)
        check_number("--training-sentences", self.training_sentences, 0)
        check_number("--examples-per-type", self.examples_per_type, 0)
        check_number("--seed", self.seed, 0)
        flags_in(
            "--evaluate",
            self.evaluate,
            ("--corpus", "--split", "--sentences", "--target", "--seed", "--diffmask", "--language-model"),
        )


def main() -> None:
    settings = cli.settings(__file__, RationaleSettings)
    from liap.files import check_folder
    from liap.rationales import digit_toy, rationale_study
    from liap.rationales.gate_training import GateSettings
    from liap.script_runs import start

    check_folder("--results", settings.results)
    names = ("steps", "batch", "margin", "learning_rate", "multiplier_rate", "start", "inner", "seed")
    gates = GateSettings(**{name: getattr(settings, name) for name in names})
    folder = Path(settings.results)
    path = rationale_study.train_gates(settings, gates, folder / "trained")
    start("studies/benchmark.py", *benchmark_flags(settings, path))
    write(folder, rationale_study.layer_rows(settings, path), path, digit_toy.find())


def benchmark_flags(settings: RationaleSettings, path: Path) -> list[str]:
    """Of studies/benchmark.py."""
    sampled = ["marginalisation"] if settings.language_model else []
    given = ["--corpus", settings.corpus, "--split", settings.split, "--sentences", str(settings.sentences)]
    given += ["--target", settings.target, "--seed", str(settings.seed), "--diffmask", str(path)]
    given += ["--language-model", settings.language_model] if sampled else []
    return [
        "--model", settings.model, "--explainers", *settings.explainers, "diffmask", *sampled, "--prune", "--metrics", *settings.metrics,
        "--examples-per-type", str(settings.examples_per_type), "--evaluate", f"{shlex.join(given)} {settings.evaluate}", "--results", settings.results,
    ]  # fmt: skip


def write(folder: Path, rows: list, path: Path, toy: ToyRow) -> None:
    """The layers' table and picture, the history of training, and a line on the screen."""
    import pandas as pd

    from liap import manifest
    from liap.explainers.gate_network import read_network
    from liap.rationales.rationale_study import plot_layers
    from liap.reports.style import save
    from liap.reports.summaries import save_tables

    record = dict(read_network(str(path))[1])
    tables = {
        "layers.csv": pd.DataFrame(map(asdict, rows)),
        "toy.csv": pd.DataFrame([asdict(toy)]),
        "trained/training.csv": pd.DataFrame(record.pop("history")),
    }
    manifest.record(folder, [*tables, "layers.png"])
    save_tables(tables, folder)
    save(plot_layers(rows), folder / "layers.png")
    print(f"toy task: {toy.right:.1%} of {toy.digits} gates are right; {toy.needed:.1%} of the digits matter")
    print(
        f"DiffMask: trained on {record['mentions']} mentions in {record['seconds']:.0f} s of processor time; at the end {record['share_open']:.0%} of context words "
        f"open, divergence {record['divergence']:.3f} nats"
    )
    print(
        f"written to {folder}: {', '.join([*tables, 'layers.png'])}; settings of training: {json.dumps(record['shape'])}"
    )


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
