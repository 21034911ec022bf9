"""A small BERT from scratch, its word pieces trained on the corpus: for corpora that need no knowledge of the world.

In: training sentences and labels. Out: an untrained token classifier and its tokenizer. The architecture is BERT's
(Devlin et al. 2019) with 3 layers of width 128 and 4 heads; the word pieces are cased, at most 3,000. The published
settings fine-tune a trained encoder and would leave this one untrained: `TINY` holds its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from transformers import BertConfig, BertForTokenClassification, BertTokenizer

from liap.records import Sentence

LAYERS = 3
WIDTH = 128
HEADS = 4
VOCABULARY = 3000  # word pieces at most
POSITIONS = 512  # pieces a sentence may have
TINY = {"epochs": 8, "learning_rate": 1e-3, "batch": 32, "warmup_steps": 100}  # in place of the published defaults
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def build_tiny(
    sentences: Sequence[Sentence], labels: tuple[str, ...]
) -> tuple[BertForTokenClassification, BertTokenizer]:
    """An untrained recogniser for these sentences; its weights come from torch's global generator."""
    tokenizer = train_word_pieces(sentences)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=POSITIONS,
        pad_token_id=tokenizer.pad_token_id,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    return BertForTokenClassification(config), tokenizer


def train_word_pieces(sentences: Sequence[Sentence]) -> BertTokenizer:
    """A cased BERT tokenizer whose pieces are learnt from the sentences' words (WordPiece, Schuster & Nakajima 2012)."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    learner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    learner.normalizer = normalizers.BertNormalizer(lowercase=False)
    learner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words = [word for sentence in sentences for word in sentence.words]
    # Equally frequent pairs are merged by number. Letters inside a word would be numbered as a hash table has them,
    # anew in each run; named beforehand, they are numbered by the alphabet.
    inner = ["##" + letter for letter in sorted(set("".join(words)))]
    trainer = trainers.WordPieceTrainer(vocab_size=VOCABULARY, special_tokens=[*SPECIAL, *inner], show_progress=False)
    learner.train_from_iterator(words, trainer)
    return BertTokenizer(vocab=learner.get_vocab(), do_lower_case=False, model_max_length=POSITIONS)
