"""Splits: labels at first pieces, padded batches, and tags that stay with their sentence however it is batched."""

import numpy as np
import pytest
import torch

from liap.records import Sentence
from liap.taggers.alignment import Encoding
from liap.training import splits
from liap.training.splits import NO_LABEL, collate, examples, fit, pad, predict_tags
from liap.training.tiny import train_word_pieces

LABELS = ("O", "B-A", "I-A")


class EchoModel(torch.nn.Module):
    """The label of a piece is its id modulo 3; attending to padding is an error."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.batches = []

    def forward(self, input_ids, attention_mask):
        assert not self.training and ((input_ids == 99) == (attention_mask == 0)).all()
        self.batches.append(tuple(input_ids.shape))
        logits = torch.nn.functional.one_hot(input_ids % 3, 3).float()
        return type("Output", (), {"logits": logits})


def encoding(*first_pieces, pieces=6):
    first = np.array(first_pieces, dtype=np.int64)
    return Encoding(np.arange(pieces), np.full(pieces, -1), first)


@pytest.mark.parametrize("budget", [1, 7, 14, 4096])
def test_tags_stay_with_their_sentence(budget, monkeypatch):
    monkeypatch.setattr(splits, "PIECES_PER_BATCH", budget)
    model = EchoModel().train()
    sentences = [encoding(1, 2, pieces=4), encoding(1, -1, 4), encoding(pieces=2), encoding(2, 3, 4, 5, pieces=7)]
    tags = predict_tags(model, sentences, labels=LABELS, pad_id=99)
    assert tags == [("B-A", "I-A"), ("B-A", "O", "B-A"), (), ("I-A", "O", "B-A", "I-A")]
    assert model.training
    assert all(rows == 1 or rows * length <= budget for rows, length in model.batches)


def test_pad():
    values, own = pad([np.array([4, 5, 6]), np.array([7])], -100)
    assert values.tolist() == [[4, 5, 6], [7, -100, -100]]
    assert own.tolist() == [[1, 1, 1], [1, 0, 0]]


def test_nothing_to_tag():
    assert predict_tags(EchoModel(), [], labels=LABELS, pad_id=99) == []


@pytest.fixture(scope="module")
def tokenizer():
    return train_word_pieces([Sentence(0, 0, ("in", "Rome", "Bess", "today"))])


def test_labels_stand_at_first_pieces_only(tokenizer):
    sentence = Sentence(0, 0, ("in", "Romess", "\u200b", "today"), ("O", "B-A", "I-A", "O"))
    split = fit([sentence], tokenizer, 512)
    (example,) = examples(split, LABELS)
    (encoding,) = split.encodings
    labelled = np.flatnonzero(example.targets != NO_LABEL)
    assert labelled.tolist() == [piece for piece in encoding.first_piece if piece >= 0]
    assert example.targets[labelled].tolist() == [0, 1, 0]  # the invisible word has no piece for its I-A
    assert encoding.pieces > len(labelled) + 2


def test_too_long_is_skipped_and_counted(tokenizer):
    short, long = Sentence(0, 0, ("in",), ("O",)), Sentence(9, 9, ("Rome",) * 600, ("B-A",) * 600)
    split = fit([short, long, short], tokenizer, 512)
    assert (split.sentences, split.skipped) == ((short, short), 1)


def test_batches_are_padded_to_their_longest():
    rows = [{"input_ids": np.arange(n), "labels": np.arange(n)} for n in (2, 4)]
    batch = collate(rows, pad_id=7)
    assert batch["input_ids"].tolist() == [[0, 1, 7, 7], [0, 1, 2, 3]]
    assert batch["attention_mask"].tolist() == [[1, 1, 0, 0], [1, 1, 1, 1]]
    assert batch["labels"].tolist() == [[0, 1, NO_LABEL, NO_LABEL], [0, 1, 2, 3]]


def test_an_empty_share_is_one_unlabelled_piece():
    batch = collate([], pad_id=3)
    assert {name: values.tolist() for name, values in batch.items()} == {
        "input_ids": [[3]],
        "attention_mask": [[1]],
        "labels": [[NO_LABEL]],
    }
