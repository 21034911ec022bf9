"""How fast is fine-tuning, compared with the Hugging Face example, which pads every sentence to one length and trains in fp32?

    python benchmarks/finetune_speed.py --model models/minilm-l6-uncased --corpus data/conll2003 --learning-rate 3e-4 --batch 32

1. *example*: the Trainer with sentences cut or padded to `LENGTH` pieces, a word's label at its first piece, and the Trainer's own
   optimiser and collation, as `run_ner.py` of the transformers repository does with `--pad_to_max_length`. Of our code it uses only
   the scorer.
2. *ours*: `liap.training.fine_tuning.fine_tune`, in fp32 and in the precision that suits the hardware.

All runs use the same encoder, sentences, epochs, batch, learning rate and seed, and are scored by entity F1 on the same test
sentences. The script prints sentences per second of training, ratios and F1 as Markdown.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from dataclasses import dataclass, replace

from liap import cli
from liap.settings import check_number
from liap.training.fine_tuning_settings import FineTuningSettings

MODEL = "bert-base-cased"  # encoder to fine-tune: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a corpus, as for finetune.py
TRAIN_SENTENCES = 3000  # sentences of the training split, from its start; 0: all
DEV_SENTENCES = 300  # used by ours to choose its epoch, which is not timed; the example keeps its last epoch
TEST_SENTENCES = 1000  # sentences of the test split, from its start; 0: all
EPOCHS = 3  # passes over the training sentences
LEARNING_RATE = 3e-5  # at its peak
BATCH = 16  # sentences per step
WARMUP_STEPS = 50  # steps over which the learning rate rises
WEIGHT_DECAY = 0.01  # of AdamW
LENGTH = 128  # the example pads every sentence to this many pieces
SEED = 0  # of the new layer, the order and dropout


@dataclass(frozen=True, kw_only=True)
class FineTuningSpeedSettings(FineTuningSettings):
    """The settings of fine-tuning, and the example's own."""

    length: int

    def check(self) -> None:
        check_number("--length", self.length, 3)  # two of them are special tokens


def main() -> None:
    from liap import corpora
    from liap.taggers.devices import choose_device
    from liap.training.fine_tuning import choose_precision, fine_tune

    settings = cli.settings(__file__, FineTuningSpeedSettings)
    train = corpora.load(settings.corpus, "train", limit=settings.train_sentences)
    dev = corpora.load(settings.corpus, "validation", limit=settings.dev_sentences)
    test = corpora.load(settings.corpus, "test", limit=settings.test_sentences)
    print(
        "| way | precision | training, s | sentences/s | ratio | test F1 |\n|---|---|---:|---:|---:|---:|", flush=True
    )
    slowest, f1 = example(train, test, settings)
    show(settings, train, "example", "fp32", slowest, slowest, f1)
    best = choose_precision("auto", choose_device("auto"))
    for precision in dict.fromkeys(("fp32", best)):
        done = fine_tune(train, dev, test, settings=replace(settings, precision=precision))
        show(settings, train, "ours", precision, done.training_seconds, slowest, done.test[-1].f1)


def show(
    settings: FineTuningSpeedSettings, train, way: str, precision: str, seconds: float, slowest: float, f1: float
) -> None:
    rate = len(train) * settings.epochs / seconds
    print(f"| {way} | {precision} | {seconds:.0f} | {rate:.0f} | {slowest / seconds:.1f} | {f1:.4f} |", flush=True)


def example(train, test, settings: FineTuningSpeedSettings) -> tuple[float, float]:
    """Seconds of training, and entity F1 on the test sentences."""
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        PrinterCallback,
        Trainer,
        TrainingArguments,
        default_data_collator,
    )
    from transformers.utils import logging

    from liap.training.fine_tuning import label_set

    logging.disable_progress_bar()
    logging.set_verbosity_error()
    warnings.filterwarnings("ignore", message=".*pin_memory.*")
    labels = label_set(train)
    tokenizer = AutoTokenizer.from_pretrained(settings.model)
    model = AutoModelForTokenClassification.from_pretrained(settings.model, num_labels=len(labels))
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch, num_train_epochs=settings.epochs, per_device_train_batch_size=settings.batch,
            learning_rate=settings.learning_rate, warmup_steps=settings.warmup_steps, weight_decay=settings.weight_decay,
            seed=settings.seed, save_strategy="no", report_to="none", disable_tqdm=True, logging_strategy="no",
        )  # fmt: skip
        rows = [padded(tokenizer, sentence, labels, settings.length) for sentence in train]
        trainer = Trainer(model=model, args=arguments, train_dataset=rows, data_collator=default_data_collator)
        trainer.remove_callback(PrinterCallback)
        began = time.perf_counter()
        trainer.train()
        return time.perf_counter() - began, judge(trainer, tokenizer, test, labels, settings.length)


def padded(tokenizer, sentence, labels: tuple[str, ...], length: int) -> dict[str, list[int]]:
    encoded = tokenizer(
        list(sentence.words), is_split_into_words=True, padding="max_length", truncation=True, max_length=length
    )
    before = [None, *encoded.word_ids()[:-1]]
    targets = [
        -100 if word is None or word == previous else labels.index(sentence.tags[word])
        for previous, word in zip(before, encoded.word_ids(), strict=True)
    ]
    return {**encoded, "labels": targets}


def judge(trainer, tokenizer, test, labels: tuple[str, ...], length: int) -> float:
    """Entity F1; words beyond the length are tagged O, as in the example."""
    from liap.taggers.entity_f1 import entity_f1

    rows = [padded(tokenizer, sentence, labels, length) for sentence in test]
    best = trainer.predict(rows).predictions.argmax(-1)
    predicted = []
    for sentence, row, answer in zip(test, rows, best, strict=True):
        tags = [labels[label] for label, target in zip(answer, row["labels"], strict=True) if target != -100]
        predicted.append(tuple(tags) + ("O",) * (len(sentence.words) - len(tags)))
    return entity_f1([sentence.tags for sentence in test], predicted)[-1].f1


if __name__ == "__main__":
    cli.run(main)
