"""How fast is fine-tuning beside the Hugging Face example's way: every sentence padded to one length, in fp32, drawn at random?

    python benchmarks/finetune_speed.py --model models/minilm-l6-uncased --corpus data/conll2003 --learning-rate 3e-4 --batch 32

1. *example*: the Trainer over sentences cut or padded to `LENGTH` pieces, a word's label at its first piece, the Trainer's own optimiser
   and collation: what `run_ner.py` of the transformers repository does with `--pad_to_max_length`. Shares the library with ours, no code of the project but the scorer.
2. *ours*: `liap.training.fine_tuning.fine_tune`, in fp32 and in the precision that suits the hardware.

Same encoder, sentences, epochs, batch and learning rate, one seed; all three are judged by entity F1 on the same test sentences. Prints
sentences per second of training, ratios, and F1, as Markdown.
"""

from __future__ import annotations

import tempfile
import time
import warnings

from liap import cli

MODEL = "bert-base-cased"  # encoder to fine-tune: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a corpus, as for finetune.py
TRAIN_SENTENCES = 3000  # sentences of the training split, from its start; 0: all
DEV_SENTENCES = 300  # by which ours chooses its epoch, outside the clock; the example keeps its last
TEST_SENTENCES = 1000  # sentences of the test split, from its start; 0: all
EPOCHS = 3  # passes over the training sentences
LEARNING_RATE = 3e-5  # at its peak
BATCH = 16  # sentences a step
WARMUP_STEPS = 50  # steps over which the learning rate rises
WEIGHT_DECAY = 0.01  # of AdamW
LENGTH = 128  # pieces that the example pads every sentence to
SEED = 0  # of the new layer, the order and dropout


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    from liap import corpora
    from liap.taggers.transformer import choose_device
    from liap.training.fine_tuning import TrainingSettings, choose_precision, fine_tune

    train = corpora.load(given.corpus, "train", limit=given.train_sentences)
    dev = corpora.load(given.corpus, "validation", limit=given.dev_sentences)
    test = corpora.load(given.corpus, "test", limit=given.test_sentences)
    settings = {
        name: getattr(given, name)
        for name in ("model", "epochs", "learning_rate", "batch", "weight_decay", "warmup_steps", "seed")
    }
    print(
        "| way | precision | training, s | sentences/s | ratio | test F1 |\n|---|---|---:|---:|---:|---:|", flush=True
    )
    seconds, f1 = example(train, test, given)
    slowest = seconds
    show(given, train, "example", "fp32", seconds, slowest, f1)
    best = choose_precision("auto", choose_device("auto"))
    for precision in dict.fromkeys(("fp32", best)):
        done = fine_tune(train, dev, test, settings=TrainingSettings(**settings, precision=precision))
        show(given, train, "ours", precision, done.training_seconds, slowest, done.test[-1].f1)


def show(given, train, way: str, precision: str, seconds: float, slowest: float, f1: float) -> None:
    rate = len(train) * given.epochs / seconds
    print(f"| {way} | {precision} | {seconds:.0f} | {rate:.0f} | {slowest / seconds:.1f} | {f1:.4f} |", flush=True)


def example(train, test, given) -> tuple[float, float]:
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
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    model = AutoModelForTokenClassification.from_pretrained(given.model, num_labels=len(labels))
    with tempfile.TemporaryDirectory() as scratch:
        arguments = TrainingArguments(
            output_dir=scratch, num_train_epochs=given.epochs, per_device_train_batch_size=given.batch,
            learning_rate=given.learning_rate, warmup_steps=given.warmup_steps, weight_decay=given.weight_decay,
            seed=given.seed, save_strategy="no", report_to="none", disable_tqdm=True, logging_strategy="no",
        )  # fmt: skip
        rows = [padded(tokenizer, sentence, labels, given.length) for sentence in train]
        trainer = Trainer(model=model, args=arguments, train_dataset=rows, data_collator=default_data_collator)
        trainer.remove_callback(PrinterCallback)
        began = time.perf_counter()
        trainer.train()
        return time.perf_counter() - began, judge(trainer, tokenizer, test, labels, given.length)


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
    """Words beyond the length are O, as in the example."""
    from liap.taggers.entity_f1 import entity_f1

    rows = [padded(tokenizer, sentence, labels, length) for sentence in test]
    best = trainer.predict(rows).predictions.argmax(-1)
    found = []
    for sentence, row, answer in zip(test, rows, best, strict=True):
        tags = [labels[label] for label, target in zip(answer, row["labels"], strict=True) if target != -100]
        found.append(tuple(tags) + ("O",) * (len(sentence.words) - len(tags)))
    return entity_f1([sentence.tags for sentence in test], found)[-1].f1


if __name__ == "__main__":
    cli.run(main)
