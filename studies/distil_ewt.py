"""Make the recogniser that the package holds (`--model ewt`): teachers label the English Web Treebank, a small BERT learns from them.

    python studies/distil_ewt.py --encoder models/minilm-l6-uncased --names data/uner_ewt --text data/propbank_ewt

1. Teachers, one per seed: the encoder, which also reads gold parts of speech, fine-tuned on the dev split's gold names.
2. Their mean label probabilities for the training split, which has gold parts of speech and no names. Of sentences without a proper
   noun, one in --plain is used, here and above.
3. A small cased BERT learns from both splits. Its embedding derives from the encoder's (liap/distillation/student.py).
4. It is written in half precision; the written file is scored on the test split, which took no part in any of this.

Everything is seeded and runs on one thread of the CPU. Writes to the output folder
the recogniser, its licence and MODEL_CARD.md, and prints the scores. With --hold-out a share of the dev split's documents is left out of training and
scored in place of the test split: settings are to be chosen there.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.settings import Settings, check_number

if TYPE_CHECKING:
    from liap.distillation.student import Student
    from liap.records import Sentence

ENCODER = "models/minilm-l6-uncased"  # the large encoder: a folder
NAMES = "data/uner_ewt"  # corpus with gold names and parts of speech: dev and test split
TEXT = "data/propbank_ewt"  # corpus with gold parts of speech: training split
OUTPUT = "results/distil_ewt"  # folder for the recogniser; the package's is liap/taggers/ewt
TEACHERS = (0,)  # seeds of the teachers
TEACHER_EPOCHS = 5  # passes over the dev split
TEACHER_LEARNING_RATE = 3e-4  # of AdamW at its peak
EPOCHS = 8  # passes of the student over both splits
LEARNING_RATE = 2e-3  # of AdamW at its peak
PARTS_WEIGHT = 0.5  # of the loss on parts of speech, which the student learns beside names
GOLD_WEIGHT = 3.0  # how much a word with gold names counts, in words that a teacher labelled
LAYERS = 4  # of the student
WIDTH = 128  # of the student's layers
HEADS = 8  # of each layer
INNER = 512  # width of the feed-forward layers
DROPOUT = 0.1  # of the student, in training
LEAST = 1  # occurrences that make a word a piece
NAME_PIECES = 5000  # pieces for likely names that the text lacks
INSIDE_PIECES = 2500  # pieces inside words
PLAIN = 5  # of the sentences to learn from that lack a proper noun, one in so many is used; they hold next to no names
SENTENCES = 0  # of each split, from its start; 0: all
HOLD_OUT = 0.0  # share of the dev split's documents that is left out and scored; 0: the test split is scored
SEED = 0  # of the student


@dataclass(frozen=True, kw_only=True)
class DistillationSettings(Settings):
    """From what the recogniser is made, and how."""

    encoder: str
    names: str
    text: str
    output: str
    teachers: tuple[int, ...]
    teacher_epochs: int
    teacher_learning_rate: float
    epochs: int
    learning_rate: float
    parts_weight: float
    gold_weight: float
    layers: int
    width: int
    heads: int
    inner: int
    dropout: float
    least: int
    name_pieces: int
    inside_pieces: int
    plain: int
    sentences: int
    hold_out: float
    seed: int

    def check(self) -> None:
        for name in ("teacher_epochs", "epochs", "layers", "width", "heads", "inner", "least", "plain"):
            check_number(f"--{name.replace('_', '-')}", getattr(self, name), 1)
        for name in ("sentences", "name_pieces", "inside_pieces", "seed"):
            check_number(f"--{name.replace('_', '-')}", getattr(self, name), 0)
        check_number("--hold-out", self.hold_out, 0, 0.9)
        check_number("--dropout", self.dropout, 0, 0.9)


def main() -> None:
    settings = cli.settings(__file__, DistillationSettings)
    import torch

    from liap.distillation import shipped_model
    from liap.files import check_folder

    check_folder("--output", settings.output)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    started = time.process_time()
    gold, text, scored = read(settings)
    labels, wanted, teachers = teach(settings, gold, text, scored)
    student = learn(settings, labels, gold, text, wanted)
    folder = Path(settings.output)
    shipped_model.write_folder(student, folder)
    scores = shipped_model.score_folder(folder, scored)
    shipped_model.write_card(folder, student, scores, teachers=teachers, made=made(settings, gold, text))
    for score in scores:
        print(f"{score.entity_type:8} precision {score.precision:.4f}  recall {score.recall:.4f}  F1 {score.f1:.4f}")
    print(
        f"written to {folder}: {shipped_model.size_of(folder) / 1e6:.2f} MB; {time.process_time() - started:.0f} s of processor time"
    )


def read(settings: DistillationSettings) -> tuple[list[Sentence], list[Sentence], list[Sentence]]:
    """Sentences with gold names to learn from, sentences to label, and sentences to score."""
    from liap import corpora
    from liap.distillation.piece_vocabulary import PROPER
    from liap.errors import InputError

    limit = settings.sentences
    names = corpora.load(settings.names, "validation", limit=limit)
    text = corpora.load(settings.text, "train", limit=limit)
    scored = list(() if settings.hold_out else corpora.load(settings.names, "test", limit=limit))
    for flag, sentences in (("--names", names), ("--text", text)):
        if any(sentence.parse is None for sentence in sentences):
            raise InputError(
                f"{flag}: sentences without parts of speech; expected JSON lines with upos, heads and deprels"
            )
    if settings.hold_out:
        first = round(len(names) * (1 - settings.hold_out))
        names, scored = names[:first], list(names[first:])
    kept = [
        [one for one in part if PROPER in one.parse.parts_of_speech or one.index % settings.plain == 0]
        for part in (names, text)
    ]
    return kept[0], kept[1], scored


def teach(settings: DistillationSettings, gold: list[Sentence], text: list[Sentence], scored: list[Sentence]):
    """The labels, their probabilities in the text as the teachers see it, and the teachers' own scores."""
    from liap.distillation import teacher
    from liap.distillation.descent import Schedule
    from liap.taggers.entity_f1 import entity_f1
    from liap.training.fine_tuning import label_set

    labels = label_set(gold)
    parts = []
    for seed in settings.teachers:
        schedule = Schedule(
            epochs=settings.teacher_epochs, batch=16, learning_rate=settings.teacher_learning_rate, warmup=60, seed=seed
        )
        one = teacher.train_teacher(settings.encoder, gold, labels, schedule)
        parts.append(teacher.label(one, [*text, *scored]))
    means = [sum(of_sentence) / len(parts) for of_sentence in zip(*parts, strict=True)]
    tags = [tuple(labels[number] for number in answer.argmax(dim=1)) for answer in means[len(text) :]]
    scores = entity_f1([sentence.tags for sentence in scored], tags)
    print(f"teachers: F1 {scores[-1].f1:.4f}")
    return labels, means[: len(text)], scores


def learn(
    settings: DistillationSettings, labels: tuple[str, ...], gold: list[Sentence], text: list[Sentence], wanted
) -> Student:
    """The student, trained."""
    import torch

    from liap.distillation.descent import Schedule
    from liap.distillation.piece_vocabulary import Encoder, choose_pieces
    from liap.distillation.student import Lesson, Shape, Student, train_student
    from liap.training.fine_tuning import load_encoder

    classifier, tokenizer = load_encoder(settings.encoder, gold, labels)
    encoder = Encoder(tokenizer.get_vocab(), classifier.get_input_embeddings().weight.detach())
    pieces = choose_pieces(
        [*text, *gold], encoder, least=settings.least, names=settings.name_pieces, inside=settings.inside_pieces
    )
    shape = Shape(
        layers=settings.layers,
        width=settings.width,
        heads=settings.heads,
        inner=settings.inner,
        dropout=settings.dropout,
    )
    torch.manual_seed(settings.seed)
    student = Student(pieces, encoder, labels, shape)
    one_hot = torch.eye(len(labels))
    lessons = [Lesson(sentence, answer, 1.0) for sentence, answer in zip(text, wanted, strict=True)]
    lessons += [Lesson(one, one_hot[[labels.index(tag) for tag in one.tags]], settings.gold_weight) for one in gold]
    schedule = Schedule(
        epochs=settings.epochs, batch=32, learning_rate=settings.learning_rate, warmup=100, seed=settings.seed
    )
    train_student(student, lessons, schedule, parts_weight=settings.parts_weight)
    return student


def made(settings: DistillationSettings, gold: list[Sentence], text: list[Sentence]) -> str:
    """How it was made, for the card."""
    seeds = len(settings.teachers)
    return (
        f"`studies/distil_ewt.py`: all-MiniLM-L6-v2's encoder, which also reads gold parts of speech, was fine-tuned ({seeds} seed{'s' * (seeds > 1)}) "
        f"on the gold names of the treebank's dev split ({len(gold):,} sentences). It labelled {len(text):,} sentences of its training split, "
        f"and this student learned from both: {settings.epochs} epochs, seed {settings.seed}."
    )


if __name__ == "__main__":
    cli.run(main)
