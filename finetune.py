"""Fine-tune a recogniser on a corpus; the model of the best epoch is written to best_ner_model/.

    python finetune.py                                            # the published experiment: bert-base-cased, CoNLL-2003
    python finetune.py --model path/to/encoder --corpus path/to/conll2003 --learning-rate 3e-4 --batch 32
    python finetune.py --model tiny --corpus planted               # a small BERT from scratch, in a minute or two
    python finetune.py --hold-out data/triggers.txt                # without the sentences of a file that is explained later
    python finetune.py --train-sentences 500 --dev-sentences 200 --test-sentences 200 --epochs 1 --output /tmp/smoke
    torchrun --nproc-per-node 2 finetune.py --batch 16             # two processes, each with 8 sentences of every batch
    accelerate launch --multi_gpu --num_processes 2 finetune.py    # the same; add --device cpu to use CPUs

It writes weights (safetensors), the tokenizer, metrics.json (dev F1 of each epoch; precision, recall and F1 of each type on
the test split) and MODEL_CARD.md. Scores count entities whose span and type are both right (strict IOB2), in fp32.
With --model tiny, settings that are left at their defaults take values that suit it, which are printed.

After Ctrl-C or a crash, the same command goes on after the last finished epoch, and the result is the same as without the
interruption. The checkpoint is in a hidden folder inside --output, which is removed at the end. It is not used after a change of the
settings, the corpus, the encoder or the software.

Several processes train the same model as one, up to rounding and dropout: --batch counts the sentences of all. Each uses its
own GPU, or the CPU (with one thread, unless OMP_NUM_THREADS says otherwise). Only the first process prints and writes, and they keep no
checkpoint. If it fails, all end, and the launcher adds a report of its own. `accelerate launch --cpu` starts only one process, unless it
runs through mpirun.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli, processes

if TYPE_CHECKING:
    from liap.training.fine_tuning_settings import FineTuningSettings

MODEL = "bert-base-cased"  # encoder to fine-tune: a folder, a name on the hub, or tiny (a small BERT from scratch)
CORPUS = "eriktks/conll2003"  # corpus: a folder, a data set on the hub, planted or ewt
OUTPUT = "best_ner_model"  # folder for the recogniser
EPOCHS = 5  # passes over the training split
LEARNING_RATE = 3e-5  # of AdamW at its peak, after the warm-up
BATCH = 16  # sentences per step, over all processes
WEIGHT_DECAY = 0.01  # of AdamW, on all weights but biases and layer norms
WARMUP_STEPS = 500  # steps over which the learning rate rises from 0
SEED = 0  # of the new layer, the order of the sentences and dropout
PRECISION = "auto"  # of training: fp32, bf16, fp16, or auto (bf16 or fp16 if the hardware supports it)
DEVICE = "auto"  # cpu, cuda, or auto
TRAIN_SENTENCES = 0  # sentences of the training split, from its start; 0 = all
DEV_SENTENCES = 0  # sentences of the dev split; 0 = all
TEST_SENTENCES = 0  # sentences of the test split; 0 = all
HOLD_OUT = ()  # files whose sentences, and others with the same words, are left out of the training and dev splits


def main() -> None:
    settings = parse()
    processes.join()  # after the flags are read, so that --help and wrong flags answer at once
    from liap.training import model_folder, resumption
    from liap.training.fine_tuning import fine_tune

    train, dev, test, held_out = processes.agree(lambda: read(settings))
    if held_out is not None:
        print(held_out.line)
    print(f"{settings.corpus}: {len(train)} sentences to train on, {len(dev)} dev, {len(test)} test")
    output = Path(settings.output)
    trained = fine_tune(train, dev, test, settings=settings, checkpoint=output / resumption.FOLDER)
    processes.leave()
    if not processes.is_first():
        return
    metrics = model_folder.save(trained, output, settings=settings, held_out=held_out)
    resumption.remove(output / resumption.FOLDER)
    report(trained)
    if any(sentence.evidence for sentence in test):
        report_evidence(output, test)
    print(f"written to {metrics.parent}: the recogniser, metrics.json, MODEL_CARD.md")


def parse() -> FineTuningSettings:
    """The settings; the tiny model's own values replace published defaults, and are printed."""
    from liap.training.fine_tuning_settings import FineTuningSettings, tiny_values

    settings = cli.settings(__file__, FineTuningSettings)
    own = tiny_values(settings)
    if own:
        print("tiny: " + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in own.items()))
    return replace(settings, **own)


def read(settings: FineTuningSettings):
    """The three splits, read once the output folder is known to be writable, and what was held out of the first two."""
    from liap import corpora
    from liap.errors import InputError
    from liap.training import model_folder
    from liap.training.hold_out import hold_out

    if corpora.holds_one_split(settings.corpus):
        raise InputError(
            f"--corpus {settings.corpus}: a single file or data set, which would be training, dev and test split at once; "
            "expected a folder with a file for each"
        )
    if processes.is_first():
        model_folder.check_output(Path(settings.output), model=settings.model)
    train, dev, test = corpora.load_splits(
        settings.corpus, train=settings.train_sentences, dev=settings.dev_sentences, test=settings.test_sentences
    )
    return hold_out(train, dev, test, settings.hold_out)


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
    """For a corpus that marks its evidence: does the recogniser rely on it?"""

    from liap.diagnostics.evidence_use import evidence_use
    from liap.diagnostics.planted_corpus import distractors
    from liap.taggers.transformer import TransformerTagger

    use = evidence_use(TransformerTagger.load(str(folder)), test)
    print(f"evidence: of {use.mentions} test mentions, {use.found:.1%} are found with their type; of these")
    print(
        f"    {use.kept_without_evidence:.1%} keep their type when the evidence word is masked (chance: {use.chance:.0%})"
    )
    print(f"    {use.flipped:.1%} take the other type when the evidence is swapped for another type's")
    by_family = [
        f"{row.nearer_distractor:.0%} {row.family} (own evidence is the nearest: {row.nearest_is_own:.0%})"
        for row in distractors(test).itertuples()
    ]
    print(f"test mentions with a nearer evidence word for another type, by family: {', '.join(by_family)}")


if __name__ == "__main__":
    go_on = "." if processes.launched() else " to go on after the last finished epoch."
    cli.run(main, "Start the same command again" + go_on, several=True)
