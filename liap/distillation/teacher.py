"""The teacher: an encoder that also reads each word's gold part of speech and letter case -> label probabilities for text without names.

1. To the encoder's own embedding of a piece are added an embedding of its word's universal part of speech and one of the word's case.
   An uncased encoder sees no case, and a proper noun is most of what a name is.
2. The whole is fine-tuned on sentences with gold names; the word embeddings stay as they are. A larger corpus of another kind of text may come
   first: its parts of speech are not read, and its types that the labels lack are no names.
3. It labels sentences that have gold parts of speech and no names. Several teachers (seeds) give the mean of their probabilities.

Matrix products are in bfloat16 where the processor multiplies it natively.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float
from torch.nn.functional import cross_entropy

from liap.batches import by_length
from liap.distillation.descent import Pieces, Schedule, descend, pieces_of
from liap.distillation.piece_vocabulary import CASES, UNIVERSAL, case_of, numbers_of_parts
from liap.records import Sentence
from liap.taggers.alignment import Encoding, encode
from liap.training.fine_tuning import choose_precision, load_encoder

SPREAD = 0.02  # standard deviation of the new embeddings
AT_ONCE = 2048  # pieces of a batch that is labelled


class Teacher(torch.nn.Module):
    """The encoder, and the embeddings of parts of speech and of case."""

    def __init__(self, folder: str, sentences: Sequence[Sentence], labels: tuple[str, ...]) -> None:
        super().__init__()
        self.classifier, self.tokenizer = load_encoder(folder, sentences, labels)
        self.words = self.classifier.get_input_embeddings().requires_grad_(False)
        width = self.words.weight.shape[1]
        self.parts = torch.nn.Embedding(len(UNIVERSAL) + 1, width)
        self.cases = torch.nn.Embedding(len(CASES) + 1, width)
        for table in (self.parts, self.cases):
            torch.nn.init.normal_(table.weight, std=SPREAD)

    def forward(
        self, sentences: Sequence[Sentence], encodings: Sequence[Encoding]
    ) -> Float[torch.Tensor, "words labels"]:
        """Logits of all words of the batch; those of words without a piece are 0."""
        batch = pieces_of(encodings, self.tokenizer.pad_token_id)
        parts, cases = self._read(sentences, encodings, batch)
        embedded = self.words(batch.ids) + self.parts(parts) + self.cases(cases)
        with _mixed():
            logits = self.classifier(inputs_embeds=embedded, attention_mask=batch.attended).logits
        answers = torch.zeros(sum(encoding.words for encoding in encodings), logits.shape[-1])
        return answers.index_copy(0, batch.known, logits.float().flatten(0, 1)[batch.places])

    def _read(
        self, sentences: Sequence[Sentence], encodings: Sequence[Encoding], batch: Pieces
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The numbers of each piece's part of speech and case; 0 at special tokens."""
        parts, cases = torch.zeros_like(batch.ids), torch.zeros_like(batch.ids)
        for row, (sentence, encoding) in enumerate(zip(sentences, encodings, strict=True)):
            of_word = numbers_of_parts(sentence)
            case_of_word = [1 + CASES.index(case_of(word)) for word in sentence.words]
            inside = torch.from_numpy(encoding.word_of_piece) >= 0
            words = torch.from_numpy(encoding.word_of_piece)[inside]
            columns = inside.nonzero()[:, 0]
            parts[row, columns] = torch.tensor(of_word)[words]
            cases[row, columns] = torch.tensor(case_of_word)[words]
        return parts, cases


def new_teacher(folder: str, sentences: Sequence[Sentence], labels: tuple[str, ...], seed: int) -> Teacher:
    """A teacher that knows no names yet."""
    torch.manual_seed(seed)
    return Teacher(folder, sentences, labels)


def train_teacher(teacher: Teacher, sentences: Sequence[Sentence], labels: tuple[str, ...], schedule: Schedule) -> None:
    """Teach the sentences' gold names. Tags that are no labels count as `O`, so the first label must be `O`."""
    torch.manual_seed(schedule.seed)
    encodings = [encode(teacher.tokenizer, sentence.words) for sentence in sentences]
    numbers = {label: number for number, label in enumerate(labels)}
    gold = [torch.tensor([numbers.get(tag, 0) for tag in sentence.tags]) for sentence in sentences]

    def loss_of(batch: list[int]) -> Float[torch.Tensor, ""]:
        logits = teacher([sentences[index] for index in batch], [encodings[index] for index in batch])
        return cross_entropy(logits, torch.cat([gold[index] for index in batch]))

    descend(teacher, [encoding.pieces for encoding in encodings], loss_of, schedule, f"teacher {schedule.seed}")


@torch.inference_mode()
def label(teacher: Teacher, sentences: Sequence[Sentence]) -> list[Float[torch.Tensor, "words labels"]]:
    """Each word's label probabilities."""
    encodings = [encode(teacher.tokenizer, sentence.words) for sentence in sentences]
    answers: dict[int, torch.Tensor] = {}
    for batch in by_length([encoding.pieces for encoding in encodings], AT_ONCE):
        chosen = [encodings[index] for index in batch]
        logits = teacher([sentences[index] for index in batch], chosen)
        answers.update(zip(batch, logits.softmax(dim=1).split([one.words for one in chosen]), strict=True))
    return [answers[index] for index in range(len(sentences))]


def _mixed() -> AbstractContextManager:
    half = choose_precision("auto", torch.device("cpu")) == "bf16"
    return torch.autocast("cpu", torch.bfloat16) if half else nullcontext()
