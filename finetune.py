"""Fine-tune a recogniser on a corpus: the model of the best epoch lands in best_ner_model/.

    python finetune.py                                            # the published experiment: bert-base-cased, CoNLL-2003
    python finetune.py --model path/to/encoder --corpus path/to/conll2003 --learning-rate 3e-4 --batch 32
    python finetune.py --model tiny --corpus planted               # a small BERT from scratch, in about a minute
    python finetune.py --train-sentences 500 --dev-sentences 200 --test-sentences 200 --epochs 1 --output /tmp/smoke
    torchrun --nproc-per-node 2 finetune.py --batch 16             # two processes, 8 sentences of each batch for either
    accelerate launch --multi_gpu --num_processes 2 finetune.py    # the same; with --device cpu on CPUs

It writes weights (safetensors), the tokenizer, metrics.json (dev F1 of each epoch; precision, recall and F1 of each type on
the test split) and MODEL_CARD.md. Scores count entities whose span and type are both right (strict IOB2), in fp32.
With --model tiny, epochs, learning rate, batch and warm-up that are left at their defaults take values of its own,
which are printed.

Several processes train the model that one would, up to rounding and dropout: --batch counts the sentences of all. Each takes
a GPU of its own, or the CPU (one thread each, unless OMP_NUM_THREADS says more). The first alone speaks and writes;
where it ends with an error, so do all, and the launcher adds a report of its own. `accelerate launch --cpu` starts one
process only, unless through mpirun.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from liap import cli, processes

MODEL = "bert-base-cased"  # encoder to fine-tune: a folder, a name on the hub, or tiny (a small BERT from scratch)
CORPUS = "eriktks/conll2003"  # corpus: a folder, a data set on the hub, or planted
OUTPUT = "best_ner_model"  # folder the recogniser lands in
EPOCHS = 5  # passes over the training split
LEARNING_RATE = 3e-5  # of AdamW at its peak, after the warm-up
BATCH = 16  # sentences a step, over all processes
WEIGHT_DECAY = 0.01  # of AdamW, on all weights but biases and layer norms
WARMUP_STEPS = 500  # steps over which the learning rate rises from 0
SEED = 0  # of the new layer, the order of the sentences and dropout
PRECISION = "auto"  # of training: fp32, bf16, fp16, or auto (bf16 or fp16 where the hardware has it)
DEVICE = "auto"  # cpu, cuda, or auto
TRAIN_SENTENCES = 0  # sentences of the training split, from its start; 0 = all
DEV_SENTENCES = 0  # sentences of the dev split; 0 = all
TEST_SENTENCES = 0  # sentences of the test split; 0 = all


def main() -> None:
    given = cli.settings(__file__)
    processes.join()  # after the flags are read, so that --help and a wrong flag answer at once
    from liap.training import model_folder
    from liap.training.fine_tuning import fine_tune

    training, (train, dev, test) = processes.agree(lambda: read(given))
    print(f"{given.corpus}: {len(train)} sentences to train on, {len(dev)} dev, {len(test)} test")
    trained = fine_tune(train, dev, test, settings=training)
    processes.leave()
    if not processes.is_first():
        return
    metrics = model_folder.save(trained, Path(given.output), settings=training, corpus=given.corpus)
    report(trained)
    if any(sentence.evidence for sentence in test):
        report_evidence(Path(given.output), test)
    print(f"written to {metrics.parent}: the recogniser, metrics.json, MODEL_CARD.md")


def read(given: argparse.Namespace):
    """The settings and the three splits, once the output folder is known to be writable."""
    from liap import corpora
    from liap.training import model_folder

    training = training_settings(given)
    if processes.is_first():
        model_folder.check_output(Path(given.output))
    limits = {"train": given.train_sentences, "validation": given.dev_sentences, "test": given.test_sentences}
    return training, [corpora.load(given.corpus, split, limit=limit) for split, limit in limits.items()]


def training_settings(given: argparse.Namespace):
    """The flags as settings; the tiny model's own values stand in for published defaults, and are printed."""
    from liap.training.fine_tuning import TINY_MODEL, TrainingSettings

    values = {
        name: getattr(given, name)
        for name in (
            "model",
            "epochs",
            "learning_rate",
            "batch",
            "weight_decay",
            "warmup_steps",
            "seed",
            "precision",
            "device",
        )
    }
    if given.model == TINY_MODEL:
        from liap.training.tiny import TINY

        published = {
            name: default for name, (default, _) in ((n.lower(), c) for n, c in cli.constants(__file__).items())
        }
        own = {name: value for name, value in TINY.items() if values[name] == published[name]}
        values |= own
        print("tiny: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in own.items()))
    return TrainingSettings(**values)


def report(trained) -> None:
    from liap.training.model_folder import score_table

    for epoch in trained.epochs:
        kept = "  <- kept" if epoch.number == trained.best_epoch else ""
        print(f"epoch {epoch.number}: loss {epoch.loss:.4f}, dev F1 {epoch.dev.f1:.4f}{kept}")
    skipped = {"train": trained.train.skipped, "dev": trained.dev.skipped, "test": trained.tested.skipped}
    print(f"skipped, longer than the model's limit: {', '.join(f'{n} {name}' for name, n in skipped.items())}")
    together = f" on {trained.processes} processes" if trained.processes > 1 else ""
    print(
        f"training {trained.training_seconds:.0f} s in {trained.precision}{together}, scoring {trained.scoring_seconds:.0f} s in fp32"
    )
    print(score_table(trained.test))


def report_evidence(folder: Path, test) -> None:
    """On a corpus that knows its evidence: is it what the recogniser goes by?"""
    from liap.diagnostics.evidence_use import evidence_use
    from liap.perturbation.engine import Engine
    from liap.taggers.transformer import Recogniser

    use = evidence_use(Engine(Recogniser.load(str(folder))), test)
    print(f"evidence: of {use.mentions} test mentions, {use.found:.1%} are found with their type; of these")
    print(
        f"    {use.kept_without_evidence:.1%} keep their type when the evidence word is masked (chance: {use.chance:.0%})"
    )
    print(f"    {use.flipped:.1%} take the other type when the evidence is swapped for another type's")


if __name__ == "__main__":
    processes.run(main, "No half-written recogniser is left; start it again.")
