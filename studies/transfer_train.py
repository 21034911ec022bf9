"""Fine-tune starting points on every language, evaluate each model on every language, and write one table of all runs.

    python studies/transfer_train.py                                        # the published grid: XLM-R base, five seeds, 50 epochs
    python studies/transfer_train.py --starts minilm=models/minilm-l6-uncased --languages hau swa pcm --seeds 0 1 2
    python studies/transfer_train.py --starts base=xlm-roberta-base hau@hau=models/xlmr-hausa   # adapted to Hausa: on Hausa alone
    python studies/transfer_train.py --keep-epoch best --epochs 10          # the best epoch by dev F1, not the last
    python studies/transfer_train.py --engine ray --workers 4 --gpus-per-worker 1

Each starting point is name=model, where the model is a folder or a name on the hub. Each language is a folder of --corpora. Every finished
model has a folder under cells/ in the results folder; after Ctrl-C or a crash the same command goes on with the others. Further seeds
and starting points can be added to --seeds and --starts: the table has the models that the command names. A model that fails is reported, the others go on, and the script ends with status 1.

    python studies/transfer.py --runs results/transfer_runs/results.csv --reference minilm

analyses the table. The defaults are the published recipe.
"""

import sys
from pathlib import Path

from liap import cli

STARTS = ("base=xlm-roberta-base",)  # starting points: name=model, or name@language=model for one language alone
CORPORA = "data/masakhaner"  # folder with a corpus for each language
LANGUAGES = ()  # which of them; none: all
SEEDS = (0, 1, 2, 3, 4)  # a model for each
EPOCHS = 50  # passes over the training split
LEARNING_RATE = 5e-5  # of AdamW at its peak
BATCH = 32  # sentences per step
WEIGHT_DECAY = 0.0  # of AdamW, on all weights but biases and layer norms
WARMUP_STEPS = 0  # steps over which the learning rate rises from 0
KEEP_EPOCH = "last"  # which epoch's model is scored: last, or best by dev F1
MAX_PIECES = 200  # longer sentences are skipped; 0: the model's own limit
PRECISION = "auto"  # of training: fp32, bf16, fp16, or auto (bf16 or fp16 if the hardware supports it)
DEVICE = "auto"  # cpu, cuda, or auto
TRAIN_SENTENCES = 0  # sentences of each training split, from its start; 0 = all
DEV_SENTENCES = 0  # sentences of each dev split; 0 = all
TEST_SENTENCES = 0  # sentences of each test split; 0 = all
RESULTS = "results/transfer_runs"  # folder for the table and the cells
OVERWRITE = False  # make cells again that are there
SAVE_MODELS = False  # keep every recogniser in its cell's folder
ENGINE = "local"  # who does the work: local (this process, one model after the other) or ray
RAY_ADDRESS = ""  # of a Ray cluster; none: Ray is started here
WORKERS = 2  # Ray workers, each with one model at a time
CPUS_PER_WORKER = 1  # cores of each
GPUS_PER_WORKER = 0.0  # GPUs of each


def main() -> None:
    from liap.transfer.transfer_run_settings import TransferRunSettings

    settings = cli.settings(__file__, TransferRunSettings)
    from liap.executors import open_executor
    from liap.folder_lock import FolderLock
    from liap.transfer import transfer_runs

    lock = FolderLock(Path(settings.results))
    lock.acquire()
    try:
        worker, cells, weights = prepare(settings)
        tasks = list(transfer_runs.unfinished(worker, cells, weights))
        print(f"{len(cells)} models, {len(cells) - len(tasks)} of them there already")
        with open_executor(settings, worker) as executor:
            failed = train(executor, worker, tasks, cells, weights)
        there = transfer_runs.join_cells(Path(settings.results), cells, worker.types)
        further = transfer_runs.finished_cells(Path(settings.results)) - there
        left_out = f"; {further} more in its folder are not of this grid, and not in the table" if further else ""
        print(f"{Path(settings.results) / transfer_runs.TABLE}: {there} of {len(cells)} models{left_out}")
    finally:
        lock.release()
    if failed:
        print(f"{len(failed)} failed: {'; '.join(failed)}", file=sys.stderr)
        sys.exit(1)


def prepare(settings):
    """The worker, the grid, and a digest of each starting point; whatever is wrong with them is said before any work."""
    from liap.provenance import versions
    from liap.training.training_identity import digest_of_start
    from liap.transfer import transfer_runs
    from liap.transfer.transfer_run_settings import cells_to_run, read_starts

    worker = transfer_runs.TrainingWorker(settings, settings.languages)
    worker.languages = tuple(worker.corpora)
    worker.corpora_digest, worker.versions = transfer_runs.digest_of_corpora(worker.corpora), versions()
    cells = cells_to_run(settings, worker.languages)
    return worker, cells, {start.name: digest_of_start(start.model) for start in read_starts(settings.starts)}


def train(executor, worker, tasks, cells, weights) -> list[str]:
    """Make the cells, saving each as it is done; what failed."""
    from liap.transfer import transfer_runs

    results, failed = Path(worker.settings.results), []
    for number, outcome in executor.map(transfer_runs.train_cell, tasks):
        cell = cells[number]
        if outcome.error:
            failed.append(f"{cell.name}: {outcome.error}")
            print(f"{cell.name}: failed, {outcome.error}", flush=True)
            continue
        identity = transfer_runs.identity_of_cell(worker, cell, weights[cell.start.name])
        transfer_runs.save_cell(cell.folder(results), outcome, identity, worker.types)
        transfer_runs.join_cells(results, cells, worker.types)
        own = outcome.scores[1].f1  # its own language's test split
        away = [score.f1 for score in outcome.scores[2:] if score.evaluation_language != cell.language]
        others = f", on the others {sum(away) / len(away):.4f}" if away else ""
        print(f"{cell.name}: F1 {own:.4f}{others}; {outcome.seconds:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on with the models that are missing.")
