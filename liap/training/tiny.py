"""A small BERT trained from scratch, with word pieces learned from the corpus: for corpora that need no knowledge of the world.

In: training sentences and labels. Out: an untrained token classifier and its tokenizer. The architecture is BERT's (Devlin et al.
2019) with 3 layers of width 128, 8 heads and no dropout; there are at most 1,500 word pieces, which are cased. Position embeddings
start as small sinusoids (Vaswani et al. 2017, section 3.5), because a transformer from scratch is slow to learn which words are near.
Its training settings are in `fine_tuning_settings`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from transformers import BertConfig, BertForTokenClassification, BertTokenizer

from liap.records import Sentence

LAYERS = 3
WIDTH = 128
HEADS = 8
INNER = 256  # width of the feed-forward layers
SPREAD = 0.05  # standard deviation of the initial weights
SINUSOIDS = 0.1  # amplitude of the initial position embeddings
VOCABULARY = 1500  # at most this many word pieces
POSITIONS = 512  # pieces per sentence at most
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def build_tiny(
    sentences: Sequence[Sentence], labels: tuple[str, ...]
) -> tuple[BertForTokenClassification, BertTokenizer]:
    """An untrained recogniser for these sentences; torch's global generator draws its weights."""
    tokenizer = train_word_pieces(sentences)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INNER,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        initializer_range=SPREAD,
        max_position_embeddings=POSITIONS,
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    model = BertForTokenClassification(config)
    with torch.no_grad():
        model.bert.embeddings.position_embeddings.weight.copy_(SINUSOIDS * sinusoids(POSITIONS, WIDTH))
    return model, tokenizer


def sinusoids(positions: int, width: int) -> Float[torch.Tensor, "positions width"]:
    """Sines in the even columns and cosines in the odd ones, wavelengths from 2 pi to 20,000 pi."""
    rates = 10000 ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(positions)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).reshape(positions, width)


def train_word_pieces(sentences: Sequence[Sentence], vocabulary: int = VOCABULARY) -> BertTokenizer:
    """A cased BERT tokenizer with pieces learned from the sentences' words (WordPiece, Schuster & Nakajima 2012)."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    learner.normalizer = normalizers.BertNormalizer(lowercase=False)
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = [word for sentence in sentences for word in sentence.words]
    # The trainer breaks ties between equally frequent pairs by the letters' numbers, and would number letters inside a word in the
    # order of a hash table, which changes from run to run. Listing them here numbers them alphabetically.
    inner = ["##" + letter for letter in sorted(set("".join(words)))]
    trainer = trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=[*SPECIAL, *inner], show_progress=False)
    learner.train_from_iterator(words, trainer)
    return BertTokenizer(vocab=learner.get_vocab(), do_lower_case=False, model_max_length=POSITIONS)
