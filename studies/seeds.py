"""How far do the findings move when the recogniser is trained again? Recognisers of several seeds, trained once and kept, each evaluated alike.

    python studies/seeds.py --finetune "--model models/minilm-l6-uncased --corpus data/conll2003 --learning-rate 3e-4" \
        --evaluate "--corpus data/conll2003 --examples-per-type 0 --parser models/en_ud_ewt_sm --srl none --precision bf16"
    python studies/seeds.py --seeds 5 6                            # two further ones, with the flags at the top of the script

For each seed it runs finetune.py, studies/fit_on_dev.py where --fit gives it flags, and run_liap_evaluation.py. A recogniser that is there
already is not trained again; the same command goes on after an interruption. Writes to the results folder a folder per seed, `seeds_each.csv` (a
line per seed and contrast), `seeds_contrasts.csv` and `seeds_explainers.csv` (means over seeds, standard deviation between them) and `seeds.png`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from liap import cli
from liap.settings import FigureSettings, refuse_repeats

SEEDS = (0, 1, 2, 3, 4)  # of fine-tuning; a recogniser for each
FINETUNE = ""  # flags of finetune.py in one string, without --seed and --output; none: its own constants
FIT = ""  # flags of studies/fit_on_dev.py, without --model and --results; none: nothing is fitted
EVALUATE = "--examples-per-type 0"  # flags of run_liap_evaluation.py, without --model, --results and --fitted
MODELS = ".cache/recognisers"  # folder where the recognisers are kept
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/seeds"  # folder for the runs and the tables over them


@dataclass(frozen=True, kw_only=True)
class SeedSettings(FigureSettings):
    """Which recognisers are trained, and how they are evaluated."""

    seeds: tuple[int, ...]
    finetune: str
    fit: str
    evaluate: str
    models: str
    results: str

    def check(self) -> None:
        from liap.errors import InputError
        from liap.script_runs import flags_in

        if not self.seeds:
            raise InputError("--seeds is empty; expected at least one seed")
        refuse_repeats("--seeds", self.seeds)
        for flag, text, set_here in (
            ("--finetune", self.finetune, ("--seed", "--output")),
            ("--fit", self.fit, ("--model", "--results")),
            ("--evaluate", self.evaluate, ("--model", "--results", "--fitted")),
        ):
            flags_in(flag, text, set_here)


def main() -> None:
    settings = cli.settings(__file__, SeedSettings)
    from liap.files import check_folder
    from liap.reports.recogniser_seeds import folder_of

    check_folder("--results", settings.results)
    check_folder("--models", settings.models)
    folders = {}
    for seed in settings.seeds:
        model = trained(settings, seed)
        folders[seed] = folder_of(Path(settings.results), seed)
        evaluate(settings, model, folders[seed])
    report(settings, folders)


def trained(settings: SeedSettings, seed: int) -> Path:
    """The recogniser of this seed, fine-tuned where it is not there."""
    from liap.script_runs import flags_in, path_of, start
    from liap.training.fine_tuning_settings import FineTuningSettings
    from liap.training.training_identity import identity_of_training

    given = flags_in("--finetune", settings.finetune)
    training = cli.settings(path_of("finetune.py"), FineTuningSettings, [*given, "--seed", str(seed)])
    folder = Path(settings.models) / identity_of_training(replace(training, seed=0))[:12] / f"seed_{seed}"
    if (folder / "metrics.json").is_file() and (folder / "config.json").is_file():
        print(f"seed {seed}: {folder} is there", flush=True)
    else:
        start("finetune.py", *given, "--seed", str(seed), "--output", str(folder))
    return folder


def evaluate(settings: SeedSettings, model: Path, results: Path) -> None:
    """Fit, where asked for, and evaluate one recogniser; both are read where they are complete."""
    from liap.script_runs import flags_in, start

    fitted = []
    if settings.fit:
        path = results / "fitted" / "fitted.json"
        if not path.is_file():
            given = flags_in("--fit", settings.fit)
            start("studies/fit_on_dev.py", "--model", str(model), "--results", str(path.parent), *given)
        fitted = ["--fitted", str(path)]
    given = flags_in("--evaluate", settings.evaluate)
    start("run_liap_evaluation.py", "--model", str(model), "--results", str(results), *fitted, *given)


def report(settings: SeedSettings, folders: dict[int, Path]) -> None:
    """The tables over all seeds, and the answer."""
    from liap.reports import recogniser_seeds
    from liap.reports.style import drawn_for, save
    from liap.reports.summaries import save_tables

    results = Path(settings.results)
    tables = recogniser_seeds.tables_of(folders)
    save_tables(tables.files(), results)
    with drawn_for(settings):
        axes = recogniser_seeds.plot(tables, recogniser_seeds.declared_in(results))
        pictures = save(axes, results, recogniser_seeds.PLOT, recogniser_seeds.CAPTION)
    print(recogniser_seeds.answer(tables))
    print(f"written to {results}: {', '.join([*tables.files(), *pictures])}")


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
