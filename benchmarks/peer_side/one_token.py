"""One token of a token classifier, as the sequence classifier that most packages expect.

A token classifier has logits `[batch, pieces, labels]`. `OneToken` returns those of one place, `[batch, labels]`, which is how ferret's
development branch (`TokenClassificationHelper`) and the usual recipe for LIME on entity recognisers do it. The place is fixed: it is
that of the mention's first piece in the sentence as it is, whatever is masked or removed before it later. A row that ends before the
place answers zeros, as it does there.
"""

from dataclasses import dataclass

import torch
from transformers.modeling_outputs import SequenceClassifierOutput


@dataclass(frozen=True)
class Case:
    """One mention's first word, found in the sentence's text by its characters."""

    words: tuple  # of the corpus
    word: int  # which of them is explained
    label: int  # the label whose probability or logit is explained
    text: str  # the words, joined by blanks
    ids: tuple  # its pieces, by the model's tokenizer, with special tokens
    offsets: tuple  # their characters in the text; (0, 0) for special tokens
    special: tuple  # whether each is a special token
    place: int  # the word's first piece

    @classmethod
    def of(cls, message, tokenizer):
        words, word = tuple(message["words"]), message["word"]
        text = " ".join(words)
        begin = sum(len(other) + 1 for other in words[:word])
        encoded = tokenizer(text, return_offsets_mapping=True, return_special_tokens_mask=True)
        special = tuple(bool(mark) for mark in encoded["special_tokens_mask"])
        offsets = tuple(tuple(span) for span in encoded["offset_mapping"])
        inside = [place for place, (start, end) in enumerate(offsets) if start <= begin < end and not special[place]]
        if not inside:
            raise ValueError(f"no piece of the text begins with the word {words[word]!r}")
        return cls(words, word, message["label"], text, tuple(encoded["input_ids"]), offsets, special, inside[0])


class OneToken(torch.nn.Module):
    """The model, answering for one place; `rows` collects the piece ids that it was asked about, if it watches."""

    def __init__(self, model, place, watch=False):
        super().__init__()
        self.model = model
        self.config = model.config
        self.place = place
        self.watch = watch
        self.rows = []

    @property
    def device(self):
        return self.model.device

    def get_input_embeddings(self):
        return self.model.get_input_embeddings()

    def forward(self, input_ids=None, attention_mask=None, inputs_embeds=None, output_hidden_states=False, **others):
        if self.watch and input_ids is not None:
            self.note(input_ids, attention_mask)
        logits = self.model(
            input_ids=input_ids,
            attention_mask=attention_mask,
            inputs_embeds=inputs_embeds,
            output_hidden_states=output_hidden_states,
            **others,
        ).logits
        if self.place < logits.shape[1]:
            return SequenceClassifierOutput(logits=logits[:, self.place])
        return SequenceClassifierOutput(logits=logits.new_zeros(len(logits), logits.shape[2]))

    def note(self, input_ids, attention_mask):
        """Keep each row without its pads."""
        lengths = [input_ids.shape[1]] * len(input_ids) if attention_mask is None else attention_mask.sum(1).tolist()
        self.rows += [row[:length].tolist() for row, length in zip(input_ids, lengths, strict=True)]


def probabilities(token, tokenizer, texts, at_once=32):
    """Label probabilities of the token for each text, as a user's function for LIME or SHAP computes them, in batches."""
    answers = []
    with torch.no_grad():
        for start in range(0, len(texts), at_once):
            part = [str(text) for text in texts[start : start + at_once]]
            encoded = tokenizer(part, padding=True, truncation=True, return_tensors="pt")
            answers.append(token(**encoded).logits.softmax(-1))
    return torch.cat(answers).numpy()
