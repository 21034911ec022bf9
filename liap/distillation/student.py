"""The student: a small BERT on a vocabulary of its own, trained on a teacher's probabilities and on gold names.

1. A piece's embedding is W times its vector in the large encoder's embedding, plus a vector of its letter case. Only W and the vectors of
   case are learned, so pieces that training never shows stand near those that mean the same. W begins with the vectors' principal components.
2. The loss is the cross entropy against probabilities: the teacher's (Hinton et al. 2015, temperature 1), or gold names, which weigh more.
3. Beside names it learns gold parts of speech, with a layer of their own, which is dropped at the end.
4. At the end the product is written out as an ordinary embedding: the result is a plain BERT token classifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch.nn.functional import cross_entropy
from transformers import BertConfig, BertForTokenClassification, BertTokenizer

from liap.distillation.descent import Pieces, Schedule, descend, pieces_of
from liap.distillation.piece_vocabulary import CASES, UNIVERSAL, Encoder, numbers_of_parts, places_in
from liap.records import Sentence
from liap.taggers.alignment import encode
from liap.training.tiny import SINUSOIDS, sinusoids

POSITIONS = 512
SPREAD = 0.04  # standard deviation of the initial weights
EMBEDDED = 0.5  # standard deviation of the initial embedding
CASE_SPREAD = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The student's size."""

    layers: int
    width: int
    heads: int
    inner: int  # width of the feed-forward layers
    dropout: float  # in training


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """A sentence, the probabilities that its words should get, and how much each of its words counts."""

    sentence: Sentence
    wanted: Float[torch.Tensor, "words labels"]
    weight: float


class Student(torch.nn.Module):
    """The small BERT with its embedding as a product."""

    def __init__(self, pieces: Sequence[str], encoder: Encoder, labels: tuple[str, ...], shape: Shape) -> None:
        super().__init__()
        config = BertConfig(
            vocab_size=len(pieces),
            hidden_size=shape.width,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.inner,
            hidden_dropout_prob=shape.dropout,
            attention_probs_dropout_prob=shape.dropout,
            initializer_range=SPREAD,
            max_position_embeddings=POSITIONS,
            id2label=dict(enumerate(labels)),
            label2id={label: index for index, label in enumerate(labels)},
        )
        numbers = {piece: number for number, piece in enumerate(pieces)}
        self.tokenizer = BertTokenizer(vocab=numbers, do_lower_case=False, model_max_length=POSITIONS)
        self.classifier = BertForTokenClassification(config)
        vectors, cases = places_in(encoder, pieces)
        self.register_buffer("vectors", vectors - vectors.mean(dim=0))
        self.register_buffer("cases", cases)
        axes = torch.linalg.svd(self.vectors, full_matrices=False).Vh[: shape.width].T.contiguous()
        self.map = torch.nn.Parameter(axes * EMBEDDED / (self.vectors @ axes).std())
        self.of_case = torch.nn.Parameter(torch.randn(len(CASES) + 1, shape.width) * CASE_SPREAD)
        self.parts = torch.nn.Linear(shape.width, len(UNIVERSAL) + 1)
        embeddings = self.classifier.bert.embeddings
        embeddings.word_embeddings.weight.requires_grad_(False)
        with torch.no_grad():
            embeddings.position_embeddings.weight.copy_(SINUSOIDS * sinusoids(POSITIONS, shape.width))

    def embed(self, ids: torch.Tensor) -> Float[torch.Tensor, "*shape width"]:
        """The embedding of these pieces."""
        return self.vectors[ids] @ self.map + self.of_case[self.cases[ids]]

    def forward(self, batch: Pieces) -> tuple[Float[torch.Tensor, "words labels"], Float[torch.Tensor, "words parts"]]:
        """Logits of names and of parts of speech, at the first piece of each word that has one."""
        body = self.classifier.bert(inputs_embeds=self.embed(batch.ids), attention_mask=batch.attended)
        states = self.classifier.dropout(body.last_hidden_state.flatten(0, 1)[batch.places])
        return self.classifier.classifier(states), self.parts(states)

    @torch.no_grad()
    def finished(self) -> BertForTokenClassification:
        """The plain classifier, its embedding written out."""
        weight = self.classifier.bert.embeddings.word_embeddings.weight
        weight.copy_(self.embed(torch.arange(len(weight))))
        return self.classifier.eval()


def merged(labels: tuple[str, ...]) -> tuple[tuple[str, ...], Float[torch.Tensor, "labels merged"]]:
    """The labels of IO, and which of them each of these IOB2 labels becomes, as a matrix of 0 and 1."""
    inside = tuple(dict.fromkeys(label.replace("B-", "I-", 1) for label in labels))
    matrix = torch.zeros(len(labels), len(inside))
    for row, label in enumerate(labels):
        matrix[row, inside.index(label.replace("B-", "I-", 1))] = 1.0
    return inside, matrix


def train_student(student: Student, lessons: Sequence[Lesson], schedule: Schedule, *, parts_weight: float) -> None:
    """Train the student; `parts_weight` is that of the loss on parts of speech. Dropout draws from torch's global generator, which is seeded here."""
    torch.manual_seed(schedule.seed)
    encodings = [encode(student.tokenizer, lesson.sentence.words) for lesson in lessons]
    lessons = [lesson for lesson, encoding in zip(lessons, encodings, strict=True) if encoding.pieces <= POSITIONS]
    encodings = [encoding for encoding in encodings if encoding.pieces <= POSITIONS]

    parts = [torch.tensor(numbers_of_parts(lesson.sentence)) for lesson in lessons]

    def loss_of(chosen: list[int]) -> Float[torch.Tensor, ""]:
        batch = pieces_of([encodings[index] for index in chosen], student.tokenizer.pad_token_id)
        labels, of_speech = student(batch)
        wanted = torch.cat([lessons[index].wanted for index in chosen])[batch.known]
        weight = torch.cat([torch.full((encodings[index].words,), lessons[index].weight) for index in chosen])[
            batch.known
        ]
        loss = -(wanted * labels.log_softmax(dim=1)).sum(dim=1)
        of_word = torch.cat([parts[index] for index in chosen])[batch.known]
        parts_loss = cross_entropy(of_speech, of_word, ignore_index=0, reduction="sum") / len(of_word)
        return (weight * loss).sum() / weight.sum() + parts_weight * parts_loss

    descend(student, [encoding.pieces for encoding in encodings], loss_of, schedule, "student")
