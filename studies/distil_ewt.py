"""Make the recogniser that the package holds (`--model ewt`): teachers label the English Web Treebank, a small BERT learns from them.

    python studies/distil_ewt.py --encoder models/minilm-l6-uncased --names data/uner_ewt --text data/propbank_ewt

1. Teachers, one per seed: the encoder, which also reads gold parts of speech, fine-tuned on the names of --first, if any, and then on the dev
   split's gold names.
2. Their mean label probabilities for the training split, which has gold parts of speech and no names, and for one in --first-step of the sentences
   of --first. Of the treebank's sentences without a proper noun, one in --plain is used, here and above.
3. A small cased BERT learns from all of these, by one label a type: IO, where neighbours of one type are one name. Its embedding derives from the encoder's (liap/distillation/student.py).
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
    from liap.distillation.teacher import Teacher
    from liap.records import Sentence

ENCODER = "models/minilm-l6-uncased"  # the large encoder: a folder
NAMES = "data/uner_ewt"  # corpus with gold names and parts of speech: dev and test split
TEXT = "data/propbank_ewt"  # corpus with gold parts of speech: training split
FIRST = "data/conll2003"  # corpus whose training split teachers learn first; its types that --names lacks are no names; "": none
OUTPUT = "results/distil_ewt"  # folder for the recogniser; the package's is liap/taggers/ewt
TEACHERS = (0,)  # seeds of the teachers
FIRST_EPOCHS = 1  # passes over the sentences of --first that hold a name
TEACHER_EPOCHS = 5  # passes over the dev split
TEACHER_LEARNING_RATE = 3e-4  # of AdamW at its peak
FIRST_STEP = 2  # of those sentences, the student learns from one in so many
EPOCHS = 8  # passes of the student over all that it learns from
LEARNING_RATE = 2e-3  # of AdamW at its peak
PARTS_WEIGHT = 0.5  # of the loss on parts of speech, which the student learns beside names
GOLD_WEIGHT = 3.0  # how much a word with gold names counts, in words that a teacher labelled
OUTSIDE_BIAS = 1.2  # added to the student's logit of O at the end, chosen on the dev split
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
    first: str
    output: str
    teachers: tuple[int, ...]
    first_epochs: int
    first_step: int
    teacher_epochs: int
    teacher_learning_rate: float
    epochs: int
    learning_rate: float
    parts_weight: float
    gold_weight: float
    outside_bias: float
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
        for name in (
            "first_epochs",
            "first_step",
            "teacher_epochs",
            "epochs",
            "layers",
            "width",
            "heads",
            "inner",
            "least",
            "plain",
        ):
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
    first = names_elsewhere(settings)
    labelled = [*text, *first[:: settings.first_step]]
    labels, wanted, teachers = teach(settings, first, gold, labelled, scored)
    student = learn(settings, labels, gold, text, list(zip(labelled, wanted, strict=True)))
    folder = Path(settings.output)
    shipped_model.write_folder(student, folder)
    scores = shipped_model.score_folder(folder, scored)
    shipped_model.write_card(
        folder, student, scores, teachers=teachers, made=made(settings, len(gold), len(text), len(labelled) - len(text))
    )
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


def teach(settings: DistillationSettings, first: list[Sentence], gold: list[Sentence], text, scored: list[Sentence]):
    """The labels, their probabilities in the text as the teachers see it, and the teachers' own scores."""
    from liap.distillation import teacher
    from liap.taggers.entity_f1 import entity_f1
    from liap.training.fine_tuning import label_set

    labels = label_set(gold)
    lessons = [(first, settings.first_epochs), (gold, settings.teacher_epochs)]
    parts = [teacher.label(taught(settings, lessons, labels, seed), [*text, *scored]) for seed in settings.teachers]
    means = [sum(of_sentence) / len(parts) for of_sentence in zip(*parts, strict=True)]
    tags = [tuple(labels[number] for number in answer.argmax(dim=1)) for answer in means[len(text) :]]
    scores = entity_f1([sentence.tags for sentence in scored], tags)
    print(f"teachers: F1 {scores[-1].f1:.4f}")
    return labels, means[: len(text)], scores


def names_elsewhere(settings: DistillationSettings) -> list[Sentence]:
    """The sentences of --first that hold a name."""
    from liap import corpora

    sentences = corpora.load(settings.first, "train", limit=settings.sentences) if settings.first else ()
    return [sentence for sentence in sentences if set(sentence.tags) != {"O"}]


def taught(settings: DistillationSettings, lessons, labels: tuple[str, ...], seed: int) -> Teacher:
    """A teacher that has learned the lessons, (sentences, epochs), one after the other."""
    from liap.distillation import teacher
    from liap.distillation.descent import Schedule

    made = teacher.new_teacher(settings.encoder, lessons[-1][0], labels, seed)
    for sentences, epochs in lessons:
        if sentences:
            rate = settings.teacher_learning_rate
            schedule = Schedule(epochs=epochs, batch=16, learning_rate=rate, warmup=60, seed=seed)
            teacher.train_teacher(made, sentences, labels, schedule)
    return made


def learn(
    settings: DistillationSettings, labels: tuple[str, ...], gold: list[Sentence], text: list[Sentence], labelled
) -> Student:
    """The student, trained. `text` and `gold` give its vocabulary, `labelled` (sentence, probabilities) and `gold` its lessons."""
    import torch

    from liap.distillation.descent import Schedule
    from liap.distillation.piece_vocabulary import Encoder, choose_pieces
    from liap.distillation.student import Lesson, Shape, Student, merged, train_student
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
    inside, of_label = merged(labels)
    student = Student(pieces, encoder, inside, shape)
    lessons = [Lesson(sentence, answer @ of_label, 1.0) for sentence, answer in labelled]
    lessons += [Lesson(one, of_label[[labels.index(tag) for tag in one.tags]], settings.gold_weight) for one in gold]
    schedule = Schedule(
        epochs=settings.epochs, batch=32, learning_rate=settings.learning_rate, warmup=100, seed=settings.seed
    )
    train_student(student, lessons, schedule, parts_weight=settings.parts_weight)
    with torch.no_grad():
        student.classifier.classifier.bias[0] += settings.outside_bias
    return student


def made(settings: DistillationSettings, gold: int, text: int, elsewhere: int) -> str:
    """How it was made, for the card; numbers are of sentences."""
    seeds, first = len(settings.teachers), Path(settings.first).name
    return (
        f"`studies/distil_ewt.py`: all-MiniLM-L6-v2's encoder, which also reads gold parts of speech, was fine-tuned ({seeds} seed{'s' * (seeds > 1)}) "
        f"{f'on names of {first} and then ' if first else ''}on the gold names of the treebank's dev split ({gold:,} sentences). It labelled {text:,} sentences of "
        f"the treebank's training split{f' and {elsewhere:,} of {first}' if elsewhere else ''}, and this student learned from all of these: {settings.epochs} epochs, "
        f"seed {settings.seed}.{f' No text of {first} is here.' if first else ''} Its logit of O is raised by {settings.outside_bias:g}, as suited documents of the dev split "
        "on which it had not learned."
    )


if __name__ == "__main__":
    cli.run(main)
