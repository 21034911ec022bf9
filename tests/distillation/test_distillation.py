"""A large recogniser labels, a small one learns: vocabulary, schedule, teacher, student and the folder that is written."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from liap.distillation import shipped_model
from liap.distillation.descent import Schedule, descend, pieces_of, shuffled
from liap.distillation.piece_vocabulary import (
    CASES,
    SPECIAL,
    UNIVERSAL,
    Encoder,
    case_of,
    choose_pieces,
    likely_names,
    places_in,
)
from liap.distillation.student import Lesson, Shape, Student, merged, train_student
from liap.distillation.teacher import Teacher, label, new_teacher, train_teacher
from liap.records import Parse, Sentence
from liap.taggers.alignment import Encoding
from liap.taggers.transformer import TransformerTagger

LABELS = ("O", "B-LOC", "I-LOC")
SHAPE = Shape(layers=2, width=32, heads=4, inner=64, dropout=0.1)
CITIES = ("Rome", "Paris", "Oslo", "Cairo", "Lima")
WORDS = (
    "we",
    "saw",
    "they",
    "left",
    "in",
    "the",
    ".",
    "spring",
    "rome",
    "paris",
    "oslo",
    "cairo",
    "lima",
    "quito",
    "table",
)


def sentence(index: int, words: tuple[str, ...]) -> Sentence:
    """A sentence whose capitalised words are places."""
    parts = tuple("PROPN" if word[0].isupper() else "PUNCT" if word == "." else "VERB" for word in words)
    parse = Parse((-1,) + (0,) * (len(words) - 1), ("root",) + ("dep",) * (len(words) - 1), parts)
    return Sentence(
        index=index,
        document=index,
        words=words,
        tags=tuple("B-LOC" if part == "PROPN" else "O" for part in parts),
        parse=parse,
    )


@pytest.fixture(scope="module")
def sentences() -> list[Sentence]:
    frames = (("we", "saw", "{}", "."), ("they", "left", "{}", "in", "the", "spring", "."))
    made = [tuple(word.format(city) for word in frame) for frame, city in itertools.product(frames, CITIES)]
    return [sentence(index, words) for index, words in enumerate(made)]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """Words, their letters and some inner pieces; the first column is 1 for the names among them."""
    names = {"rome", "paris", "oslo", "cairo", "lima", "quito"}
    inner = ["##" + letter for letter in "abcdefghijklmnopqrstuvwxyz"]
    pieces = [*SPECIAL, ".", *"abcdefghijklmnopqrstuvwxyz", *WORDS[:6], *WORDS[7:], *inner, "##ing", "##s"]
    table = torch.randn(len(pieces), 48, generator=torch.Generator().manual_seed(0)) * 0.1
    table[:, 0] = torch.tensor([float(piece in names) for piece in pieces])
    return Encoder({piece: number for number, piece in enumerate(pieces)}, table)


def test_batches_hold_each_sentence_once_and_depend_on_the_seed_alone():
    lengths = [3, 9, 4, 7, 2, 2, 8]

    def drawn(seed: int) -> list[list[int]]:
        return list(shuffled(lengths, 3, torch.Generator().manual_seed(seed)))

    assert sorted(itertools.chain(*drawn(0))) == list(range(7))
    assert drawn(0) == drawn(0)
    assert any(drawn(0) != drawn(seed) for seed in range(1, 5))
    assert max(map(len, drawn(0))) == 3


def test_places_are_first_pieces_and_words_without_one_are_left_out():
    two = [
        Encoding(np.array([2, 7, 8, 3]), np.array([-1, 0, 0, -1]), np.array([1, -1])),
        Encoding(np.array([2, 9, 5, 6, 3]), np.array([-1, 0, 1, 1, -1]), np.array([1, 2])),
    ]
    batch = pieces_of(two, pad_id=0)
    assert batch.ids.flatten()[batch.places].tolist() == [7, 9, 5]
    assert batch.known.tolist() == [0, 2, 3]
    assert batch.attended.sum().item() == 9


def test_descent_finds_the_least_squares_and_ends_with_a_rate_of_zero():
    module = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    schedule = Schedule(epochs=60, batch=2, learning_rate=0.1, warmup=5, seed=0)
    descend(module, [1] * 8, lambda batch: ((module.weight - 2.0) ** 2).sum(), schedule, "toy")
    assert module.weight.item() == pytest.approx(2.0, abs=0.01)
    assert not module.training


@pytest.mark.parametrize(
    ("word", "case"),
    [("rome", "small"), ("Rome", "capital"), ("NATO", "capitals"), ("I", "capital"), ("iPod", "mixed"), ("3rd", "digits"), ("--", "other")],
)  # fmt: skip
def test_letter_case(word, case):
    assert case_of(word) == case


def test_the_likeliest_name_that_the_text_lacks_comes_first(sentences, encoder):
    ranked = likely_names(sentences, encoder)
    assert ranked[0] == "quito"
    assert "rome" not in ranked
    pieces = choose_pieces(sentences, encoder, least=1, names=1, inside=1)
    assert pieces[: len(SPECIAL)] == SPECIAL
    assert {"Rome", "saw", "Quito", "R", "##R", "##a"} <= set(pieces)
    assert "Table" not in pieces
    assert len(set(pieces)) == len(pieces)


def test_a_piece_stands_where_the_encoder_has_it(encoder):
    vectors, cases = places_in(encoder, ["[MASK]", "Rome", "ab", "##ing", "##"])
    numbers = encoder.numbers
    assert torch.equal(vectors[0], encoder.embedding[numbers["[MASK]"]])
    assert torch.equal(vectors[1], encoder.embedding[numbers["rome"]])
    assert torch.allclose(vectors[2], encoder.embedding[[numbers["a"], numbers["b"]]].mean(dim=0))
    assert torch.equal(vectors[3], encoder.embedding[numbers["##ing"]])
    assert cases.tolist() == [
        len(CASES),
        CASES.index("capital"),
        CASES.index("small"),
        CASES.index("small"),
        CASES.index("other"),
    ]


def test_the_teacher_reads_parts_of_speech_at_every_piece(sentences):
    torch.manual_seed(0)
    teacher = Teacher("tiny", sentences, LABELS)
    from liap.taggers.alignment import encode

    encoding = encode(teacher.tokenizer, sentences[0].words)
    parts, cases = teacher._read([sentences[0]], [encoding], pieces_of([encoding], 0))
    for piece, word in enumerate(encoding.word_of_piece):
        part = 0 if word < 0 else 1 + UNIVERSAL.index(sentences[0].parse.parts_of_speech[word])
        case = 0 if word < 0 else 1 + CASES.index(case_of(sentences[0].words[word]))
        assert (parts[0, piece].item(), cases[0, piece].item()) == (part, case)


def taught(sentences: list[Sentence], epochs: int) -> Teacher:
    teacher = new_teacher("tiny", sentences, LABELS, seed=1)
    train_teacher(teacher, sentences, LABELS, Schedule(epochs=epochs, batch=5, learning_rate=1e-3, warmup=5, seed=1))
    return teacher


def test_names_of_another_corpus_are_learned_without_its_parts_of_speech_and_other_types(sentences):
    elsewhere = [replace(one, parse=None) for one in sentences]
    other = [replace(one, tags=tuple(tag.replace("LOC", "MISC") for tag in one.tags)) for one in elsewhere]
    for learned_from, expected in ((elsewhere, {"O", "B-LOC"}), (other, {"O"})):
        answers = label(taught(learned_from, 30), learned_from)
        assert {LABELS[number] for answer in answers for number in answer.argmax(dim=1).tolist()} == expected


def test_a_teacher_learns_the_names_and_labels_alike_each_time(sentences):
    first, second = (label(taught(sentences, 30), sentences) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))
    for one, answer in zip(sentences, first, strict=True):
        assert torch.allclose(answer.sum(dim=1), torch.ones(len(one.words)), atol=1e-5)
        assert tuple(LABELS[number] for number in answer.argmax(dim=1)) == one.tags


def test_labels_without_beginnings():
    inside, matrix = merged(("O", "B-LOC", "I-LOC", "B-PER", "I-PER"))
    assert inside == ("O", "I-LOC", "I-PER")
    probabilities = torch.tensor([[0.1, 0.2, 0.3, 0.15, 0.25]])
    assert torch.allclose(probabilities @ matrix, torch.tensor([[0.1, 0.5, 0.4]]))


def learned(sentences, encoder) -> Student:
    """A student that has learned gold names."""
    torch.manual_seed(0)
    student = Student(choose_pieces(sentences, encoder, least=1, names=1, inside=30), encoder, LABELS, SHAPE)
    one_hot = torch.eye(len(LABELS))
    lessons = [Lesson(one, one_hot[[LABELS.index(tag) for tag in one.tags]], 2.0) for one in sentences]
    train_student(
        student, lessons, Schedule(epochs=60, batch=5, learning_rate=5e-3, warmup=5, seed=0), parts_weight=0.5
    )
    return student


def test_the_written_student_is_the_trained_one_and_the_same_bytes_each_time(sentences, encoder, tmp_path):
    student = learned(sentences, encoder)
    shipped_model.write_folder(student, tmp_path / "a")
    shipped_model.write_folder(learned(sentences, encoder), tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert {"LICENSE", "config.json", "model.safetensors", "tokenizer.json"} <= set(names)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    scores = shipped_model.score_folder(tmp_path / "a", sentences)
    assert scores[-1].f1 == 1.0
    check_answers(student, TransformerTagger.load(str(tmp_path / "a"), device="cpu"), sentences[0], tmp_path / "a")


def check_answers(student: Student, tagger: TransformerTagger, one: Sentence, folder: Path) -> None:
    """The written model's logits are those of the product form, up to half precision; an unseen name has its own piece."""
    encoding = tagger.encode(one.words)
    logits, _ = student.eval()(pieces_of([encoding], 0))
    written = tagger.model(input_ids=torch.from_numpy(encoding.piece_ids)[None]).logits[0]
    assert torch.allclose(written[torch.from_numpy(encoding.first_piece)], logits, atol=0.05)
    assert tagger.encode(("Quito",)).pieces == 3
    assert shipped_model.size_of(folder) == sum(path.stat().st_size for path in folder.iterdir())


def test_a_word_that_weighs_nothing_teaches_nothing(sentences, encoder):
    torch.manual_seed(0)
    student = Student(choose_pieces(sentences, encoder, least=1, names=0, inside=0), encoder, LABELS, SHAPE)
    wrong = torch.eye(len(LABELS))[[2]]
    right = [Lesson(one, torch.eye(len(LABELS))[[LABELS.index(tag) for tag in one.tags]], 1.0) for one in sentences]
    lessons = [*right, *(Lesson(one, wrong.expand(len(one.words), -1), 0.0) for one in sentences)]
    train_student(
        student, lessons, Schedule(epochs=40, batch=20, learning_rate=5e-3, warmup=5, seed=0), parts_weight=0.0
    )
    batch = pieces_of([student_encoding(student, one) for one in sentences], 0)
    said = student(batch)[0].argmax(dim=1).tolist()
    assert [LABELS[number] for number in said] == [tag for one in sentences for tag in one.tags]


def student_encoding(student: Student, one: Sentence) -> Encoding:
    from liap.taggers.alignment import encode

    return encode(student.tokenizer, one.words)
