"""The small BERT from scratch: its word pieces, and that equal sentences give equal models."""

import random

import torch

from liap.records import Sentence
from liap.taggers.alignment import encode
from liap.training.tiny import SPECIAL, VOCABULARY, build_tiny, train_word_pieces

LABELS = ("O", "B-PER", "I-PER")


def sentences(count):
    draw = random.Random(0)
    syllables = [first + second for first in "bdfgklmnprst" for second in ("a", "e", "i", "o", "u", "an")]
    rows = [tuple("".join(draw.choices(syllables, k=3)) for _ in range(8)) for _ in range(count)]
    return [Sentence(index, index, words) for index, words in enumerate(rows)]


def test_the_same_sentences_give_the_same_pieces():
    """Made-up words have many equally frequent pairs, and ties between them must not be broken at random."""
    vocabularies = [train_word_pieces(sentences(200)).get_vocab() for _ in range(4)]
    assert all(vocabulary == vocabularies[0] for vocabulary in vocabularies)
    assert len(SPECIAL) < len(vocabularies[0]) <= VOCABULARY


def test_unseen_words_of_seen_letters_are_pieces_not_unknown():
    tokenizer = train_word_pieces(sentences(50))
    encoding = encode(tokenizer, ["bananabanana", "kat", "Q"])
    assert tokenizer.unk_token_id not in encoding.piece_ids[:-2] and encoding.piece_ids[-2] == tokenizer.unk_token_id
    assert (encoding.first_piece >= 0).all()


def test_every_piece_has_an_embedding_and_the_seed_decides_the_weights():
    weights = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        model, tokenizer = build_tiny(sentences(20), LABELS)
        assert model.get_input_embeddings().num_embeddings == len(tokenizer)
        assert tuple(model.config.id2label.values()) == LABELS
        weights.append(model.classifier.weight)
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
