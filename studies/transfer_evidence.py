"""Does a recogniser rely on nearer words in its own language than in languages that it never saw?

    python studies/transfer_train.py --starts small=encoders/small --languages hau swa yor --seeds 0 --save-models
    python studies/transfer_evidence.py --start small --languages hau swa yor --seeds 0

Runs run_liap_evaluation.py, without parser and roles, for each fine-tuned recogniser on each language, and reads what its explainers found (--methods).
Writes to the results folder near_evidence.csv (a row per mention and explainer) and near_comparison.csv (zero-shot less monolingual
recognisers, with intervals and tests); `liap/transfer/near_evidence.py` and `near_comparison.py` say what is computed. After an interruption the
same command goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liap import cli
from liap.settings import Settings, refuse_repeats

RUNS = "results/transfer_runs"  # the results folder of studies/transfer_train.py, whose recognisers were kept by --save-models
START = "base"  # the starting point of the recognisers
LANGUAGES = ()  # on which they were fine-tuned and are evaluated, two or more
SEEDS = (0,)  # of the recognisers
CORPORA = "data/masakhaner"  # folder with a corpus for each language
EVALUATE = "--examples-per-type 20 --explainers occlusion --metrics lfs --pictures 0"  # flags of run_liap_evaluation.py
METHODS = ("occlusion",)  # explainers among them whose evidence is read: those with signed scores in probability
RESULTS = "results/transfer_evidence"  # folder for the runs and the tables


@dataclass(frozen=True, kw_only=True)
class EvidenceSettings(Settings):
    """Which recognisers are evaluated on which languages."""

    runs: str
    start: str
    languages: tuple[str, ...]
    seeds: tuple[int, ...]
    corpora: str
    evaluate: str
    methods: tuple[str, ...]
    results: str

    def check(self) -> None:
        from liap.errors import InputError
        from liap.files import check_folder
        from liap.script_runs import flags_in

        refuse_repeats("--languages", self.languages)
        refuse_repeats("--seeds", tuple(map(str, self.seeds)))
        refuse_repeats("--methods", self.methods)
        if not self.methods:
            raise InputError("--methods is empty; expected at least one explainer, such as occlusion")
        if len(self.languages) < 2 or not self.seeds:
            raise InputError("--languages and --seeds: expected at least two languages and a seed")
        flags_in("--evaluate", self.evaluate, ("--model", "--corpus", "--results", "--parser", "--srl"))
        for method in self.methods:
            if method.partition("/")[0] not in self.evaluate.split():
                raise InputError(f"--methods: {method}: name its explainer after --explainers in --evaluate too")
        check_folder("--results", self.results)


def main() -> None:
    settings = cli.settings(__file__, EvidenceSettings)
    from liap import tables
    from liap.files import write_whole
    from liap.transfer.near_comparison import NearComparison, comparisons
    from liap.transfer.near_evidence import NearEvidenceRow, rows_of

    pairs = evaluations(settings)
    for model, one in pairs:
        evaluate(settings, model, one)
    rows = [row for _, one in pairs for row in rows_of(one, settings.methods)]
    lines = comparisons(rows)
    for name, kind, content in (("near_evidence", NearEvidenceRow, rows), ("near_comparison", NearComparison, lines)):
        write_whole(Path(settings.results) / f"{name}.csv", tables.header(kind) + tables.to_csv(content))
    report(lines)
    print(f"written to {settings.results}: near_evidence.csv, near_comparison.csv")


def evaluations(settings: EvidenceSettings):
    """(recogniser's folder, evaluation) for each pair of languages and seed; InputError for a recogniser or corpus that is not there."""
    from liap.errors import InputError
    from liap.transfer.near_evidence import Evaluated
    from liap.transfer.transfer_run_settings import GridCell, StartingPoint

    pairs = []
    for language in settings.languages:
        if not (Path(settings.corpora) / language).is_dir():
            raise InputError(f"--corpora {settings.corpora}: no folder {language}")
    for seed in settings.seeds:
        for language in settings.languages:
            model = GridCell(StartingPoint(settings.start, ""), language, seed).model_folder(Path(settings.runs))
            if not (model / "config.json").is_file():
                raise InputError(
                    f"{model}: no recogniser there; make it by studies/transfer_train.py with --save-models"
                )
            for other in settings.languages:
                folder = Path(settings.results) / "evaluations" / settings.start / language / str(seed) / other
                pairs.append((model, Evaluated(settings.start, language, seed, other, folder)))
    return pairs


def evaluate(settings: EvidenceSettings, model: Path, one) -> None:
    """One recogniser on one language."""
    from liap.script_runs import flags_in, start

    corpus = Path(settings.corpora) / one.evaluation_language
    given = ["--model", str(model), "--corpus", str(corpus), "--results", str(one.folder)]
    start(
        "run_liap_evaluation.py",
        *given,
        "--parser",
        "none",
        "--srl",
        "none",
        *flags_in("--evaluate", settings.evaluate),
    )


def report(lines) -> None:
    """A sentence per comparison of the share of evidence in the nearest words."""
    for line in lines:
        if line.measure == "near":
            known = line.p_languages == line.p_languages
            languages = f", with languages as the sample {line.p_languages:.3g}" if known else ""
            print(
                f"{line.method}, {line.evaluation_language}, mentions {line.mentions}: share of evidence in the nearest words {line.own:.3f} own, "
                f"{line.zero_shot:.3f} zero-shot; difference {line.difference:+.3f} [{line.low:+.3f}, {line.high:+.3f}], seeds one by one "
                f"{line.lowest_seed:+.3f} to {line.highest_seed:+.3f}, p = {line.p_holm:.3g}{languages}"
            )


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
