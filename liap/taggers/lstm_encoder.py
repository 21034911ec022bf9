"""An LSTM over words that is used like a transformer encoder: ids or embeddings in, a state for each word out.

Its tokenizer knows a list of words, in lower case; every word is one piece, and others are unknown. A text begins with the classifier token.
Packed sequences keep pads out of the recurrence, so no state depends on how texts are batched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from jaxtyping import Float, Int
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from transformers import PreTrainedConfig, PreTrainedTokenizerFast
from transformers.modeling_outputs import BaseModelOutput

from liap.errors import InputError

PAD, UNKNOWN, CLASSIFIER = SPECIAL = ("[PAD]", "[UNK]", "[CLS]")
KIND = "liap_lstm"


class LstmConfig(PreTrainedConfig):
    """The sizes of the encoder. `hidden_size` counts both directions together."""

    model_type = KIND

    def __init__(
        self, vocab_size: int = 3, embedding_size: int = 128, hidden_size: int = 128, dropout: float = 0.3, **options
    ) -> None:
        super().__init__(**options)
        self.vocab_size, self.embedding_size = vocab_size, embedding_size
        self.hidden_size, self.dropout = hidden_size, dropout


class LstmEncoder(nn.Module):
    """A bidirectional LSTM of one layer."""

    def __init__(self, config: LstmConfig) -> None:
        super().__init__()
        if config.hidden_size % 2:
            raise InputError(f"--hidden is shared by two directions; expected an even number, got {config.hidden_size}")
        self.config = config
        self.embedding = nn.Embedding(config.vocab_size, config.embedding_size, padding_idx=0)
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(config.embedding_size, config.hidden_size // 2, batch_first=True, bidirectional=True)

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embedding

    def forward(
        self,
        input_ids: Int[Tensor, "batch pieces"] | None = None,
        attention_mask: Int[Tensor, "batch pieces"] | None = None,
        inputs_embeds: Float[Tensor, "batch pieces width"] | None = None,
        output_hidden_states: bool = False,
        **_unused,
    ) -> BaseModelOutput:
        embedded = self.embedding(input_ids) if inputs_embeds is None else inputs_embeds
        inputs = self.dropout(embedded)
        if attention_mask is None:
            outputs, _ = self.lstm(inputs)
        else:
            lengths = attention_mask.sum(dim=1).cpu()
            packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
            outputs, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True, total_length=inputs.shape[1])
        return BaseModelOutput(
            last_hidden_state=outputs, hidden_states=(embedded, outputs) if output_hidden_states else None
        )


def word_tokenizer(texts: Iterable[Sequence[str]], least: int = 1) -> PreTrainedTokenizerFast:
    """A tokenizer that knows the words which occur at least `least` times, in lower case, the most frequent first."""
    counts = Counter(word.lower() for words in texts for word in words)
    frequent = [word for word, count in counts.most_common() if count >= least and word not in SPECIAL]
    vocabulary = {word: number for number, word in enumerate((*SPECIAL, *frequent))}
    backend = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    backend.post_processor = processors.TemplateProcessing(
        single=f"{CLASSIFIER} $A", special_tokens=[(CLASSIFIER, vocabulary[CLASSIFIER])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=backend,
        pad_token=PAD,
        unk_token=UNKNOWN,
        cls_token=CLASSIFIER,
        clean_up_tokenization_spaces=False,
    )
