"""Every explainer by every metric on the same mentions: which explains best, what it costs, and do the metrics agree?

    python studies/benchmark.py --evaluate "--corpus data/conll2003 --parser models/en_ud_ewt_sm --srl none --precision bf16"
    python studies/benchmark.py --explainers attention occlusion random --metrics lfs sufficiency

It runs run_liap_evaluation.py and analyze_results.py in the results folder, and adds `cost.csv`, `metric_agreement.csv` (rank correlations between
metrics), `metric_winners.csv` (is a metric won by an explainer that does not read the recogniser?), `benchmark.md` (the table and
what follows from it) and two pictures. Then it measures each explainer in a process of its own: `explainer_cost.csv` has passes, processor seconds
and memory, alone and with all mentions together. The same command goes on after an interruption.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liap import cli
from liap.settings import FigureSettings, check_number

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
EXPLAINERS = (
    "liap",
    "matched_random",
    "matched_window",
    "matched_distance",
    "attention",
    "rollout",
    "value_attention",
    "gradient",
    "gradient_x_input",
    "integrated_gradients",
    "lime",
    "shapley_sampling",
    "kernel_shap",
    "occlusion",
    "greedy",
    "nearest_words",
    "frequency",
    "random",
)  # which are compared
PRUNE = (
    "syntactic:gradient_x_input",
    "syntactic:integrated_gradients",
    "syntactic:lime",
    "syntactic:occlusion",
)  # masks of LIAP on other explainers' scores, beside matched controls: VARIANT:EXPLAINER
METRICS = ("lfs", "comprehensiveness", "sufficiency", "cumulative", "tau", "post_hoc")  # which are measured
EXAMPLES_PER_TYPE = 100  # mentions sampled for each predicted type; 0: every mention
COST_PER_TYPE = 1  # mentions of each type, whose sentences costs are measured on; 0: they are not
COST_WORDS = 50  # of the longest of these sentences; 0: any. Greedy removal reads half the square of a sentence's words
EVALUATE = ""  # further flags of run_liap_evaluation.py in one string, such as the corpus and the parser
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/benchmark"  # folder for what is written


@dataclass(frozen=True, kw_only=True)
class BenchmarkSettings(FigureSettings):
    """What is compared, and on how many mentions."""

    model: str
    explainers: tuple[str, ...]
    prune: tuple[str, ...]
    metrics: tuple[str, ...]
    examples_per_type: int
    cost_per_type: int
    cost_words: int
    evaluate: str
    results: str

    def check(self) -> None:
        check_number("--cost-per-type", self.cost_per_type, 0)
        check_number("--cost-words", self.cost_words, 0)
        self.flags()

    def flags(self) -> list[str]:
        """Of run_liap_evaluation.py."""
        from liap.script_runs import flags_in

        own = {
            "--model": [self.model],
            "--explainers": self.explainers,
            "--prune": self.prune,
            "--metrics": self.metrics,
            "--examples-per-type": [str(self.examples_per_type)],
            "--results": [self.results],
        }
        given = flags_in("--evaluate", self.evaluate, tuple(own))
        return [part for flag, values in own.items() for part in (flag, *values)] + given


def main() -> None:
    settings = cli.settings(__file__, BenchmarkSettings)
    from liap.reports.style import drawn_for
    from liap.script_runs import start

    start("run_liap_evaluation.py", *settings.flags())
    start("analyze_results.py", "--results", settings.results, *settings.figure_flags)
    with drawn_for(settings):
        write(Path(settings.results))
    if settings.cost_per_type:
        measure_costs(settings)


def write(folder: Path) -> None:
    """The tables and pictures beside the analysis, and the answer on the screen."""
    from liap import manifest
    from liap.files import write_whole
    from liap.reports import benchmark, benchmark_plots
    from liap.reports.analysis import analyse
    from liap.reports.declared import read_declared
    from liap.reports.rows import read_rows
    from liap.reports.style import save
    from liap.reports.summaries import save_tables

    run = read_declared(folder)
    made = benchmark.benchmark(analyse(read_rows(folder, run), run))
    findings = benchmark.findings(made)
    tables = {name: table for name, table in made.files().items() if len(table)}
    pictures = {benchmark_plots.COST: benchmark_plots.plot_cost(made)}
    if len(made.agreement):
        pictures[benchmark_plots.AGREEMENT] = benchmark_plots.plot_agreement(made)
    manifest.record(folder, [*tables, "benchmark.md"])
    save_tables(tables, folder)
    write_whole(folder / "benchmark.md", "\n\n".join([benchmark.table(made).markdown(), *findings]) + "\n")
    drawn = [
        file for name, axes in pictures.items() for file in save(axes, folder, name, benchmark_plots.CAPTIONS[name])
    ]
    print("\n".join(findings))
    print(f"written to {folder}: {', '.join([*tables, 'benchmark.md', *drawn])}")


def measure_costs(settings: BenchmarkSettings) -> None:
    """Passes, processor seconds and memory of each explainer, in `explainer_cost.csv`."""
    from dataclasses import replace

    from tqdm import tqdm

    from liap import manifest
    from liap.diagnostics import explainer_cost
    from liap.diagnostics.sampled_items import sampled_items
    from liap.files import write_whole
    from liap.reports.explainer_costs import FILE, costs_of_explainers
    from liap.script_runs import path_of
    from liap.settings import EvaluationSettings
    from liap.tables import header, to_csv
    from liap.taggers.transformer import open_tagger

    run = cli.settings(path_of("run_liap_evaluation.py"), EvaluationSettings, settings.flags())
    run = replace(run, examples_per_type=settings.cost_per_type)
    items, sentences = sampled_items(open_tagger(run), run, whole_sentences=True, longest=settings.cost_words)
    costs = list(
        tqdm(
            explainer_cost.measure(run, items, sentences), total=len(run.explainers) + 1, desc="costs", unit="explainer"
        )
    )
    folder = Path(settings.results)
    manifest.record(folder, [FILE])
    write_whole(folder / FILE, header(explainer_cost.ExplainerCost) + to_csv(costs))
    print(f"{costs_of_explainers(folder)}\nwritten to {folder}: {FILE}")


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
