"""Tags for words: each sentence's own, whatever shares its batch."""

import numpy as np
import pytest
import torch

from liap.taggers.alignment import Encoding
from liap.training import tagging
from liap.training.tagging import pad, predict_tags

LABELS = ("O", "B-A", "I-A")


class EchoModel(torch.nn.Module):
    """Its label at a piece is the piece's id modulo 3; a pad that is attended to would be an error."""

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
    monkeypatch.setattr(tagging, "PIECES_PER_BATCH", budget)
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
