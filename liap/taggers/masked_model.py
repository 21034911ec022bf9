"""A masked language model: words with some of them hidden -> for each hidden word, the words that are likely in its place.

1. Each hidden word becomes one mask token, however many pieces it has; all other words keep their pieces.
2. One pass gives, at each hidden place, a probability for every piece of the vocabulary.
3. Pieces that can stand as a word are kept where their probability reaches the threshold; always the most probable one. A piece stands as a
   word if the tokenizer splits its text into this very piece. So a word of several pieces is represented by its first piece, if at all.

Any masked language model of transformers serves, with a fast tokenizer and a mask token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from transformers import AutoModelForMaskedLM, PreTrainedModel, PreTrainedTokenizerFast

from liap.batches import by_length
from liap.errors import InputError, first_line
from liap.taggers import checkpoints
from liap.taggers.alignment import Encoding, encode, prepare_for_words
from liap.taggers.devices import choose_device
from liap.taggers.hidden import inside, padded
from liap.taggers.sizes import max_pieces_of
from liap.taggers.tagger import Words

FLAG = "--language-model"
PIECES_PER_BATCH = 1024  # each has a probability for every piece of the vocabulary
Hidden = tuple[Words, Bool[np.ndarray, " words"]]  # a sentence, and its mask (True = kept)


@dataclass(frozen=True, slots=True, eq=False)
class Likely:
    """What may stand in one word's place, most probable first; the probabilities are the model's own, so they sum to the mass kept."""

    word: int
    pieces: Int[np.ndarray, " likely"]
    probabilities: Float[np.ndarray, " likely"]


class MaskedModel:
    """A model with a head for masked pieces, and its tokenizer."""

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, *, device: str = "auto") -> None:
        self.device = choose_device(device)
        self.model = model.to(self.device).eval().requires_grad_(False)
        self.tokenizer = tokenizer
        prepare_for_words(tokenizer)
        self.limit = max_pieces_of(model, tokenizer)
        self.passes = 0

    @cached_property
    def vocabulary(self) -> tuple[tuple[str, ...], Bool[np.ndarray, " pieces"]]:
        """Each piece's text, and whether it can stand as a word."""
        size, special = self.model.config.vocab_size, set(self.tokenizer.all_special_ids)
        known = [piece for piece in range(min(size, len(self.tokenizer))) if piece not in special]
        texts = [""] * size
        for piece in known:
            texts[piece] = self.tokenizer.decode([piece], clean_up_tokenization_spaces=False).strip()
        backend = self.tokenizer.backend_tokenizer
        asked = [piece for piece in known if texts[piece]]
        split = backend.encode_batch(
            [[texts[piece]] for piece in asked], is_pretokenized=True, add_special_tokens=False
        )
        stands = np.zeros(size, dtype=bool)
        for piece, answer in zip(asked, split, strict=True):
            stands[piece] = answer.ids == [piece]
        return tuple(texts), stands

    def likely(self, hidden: Sequence[Hidden], threshold: float) -> list[tuple[Likely, ...]]:
        """For each sentence, an entry for each hidden word that has a piece, in their order."""
        answers: list[tuple[Likely, ...]] = [()] * len(hidden)
        encodings = [self._encoded(words, mask) for words, mask in hidden]
        wanted = [
            np.flatnonzero(~mask & (encoding.first_piece >= 0))
            for (_, mask), encoding in zip(hidden, encodings, strict=True)
        ]
        for batch in by_length([encoding.pieces for encoding in encodings], PIECES_PER_BATCH):
            chosen = [encodings[place] for place in batch]
            rows = self._probabilities(chosen, [wanted[place] for place in batch])
            for place, probabilities in zip(batch, rows, strict=True):
                of_words = zip(wanted[place].tolist(), probabilities, strict=True)
                answers[place] = tuple(self._most_likely(word, row, threshold) for word, row in of_words)
        return answers

    def _encoded(self, words: Words, mask: Bool[np.ndarray, " words"]) -> Encoding:
        """The pieces, with one mask token in the place of each hidden word."""
        whole = encode(self.tokenizer, words)
        behind = np.ones(whole.pieces, dtype=bool)  # pieces of a word behind its first
        behind[whole.first_piece[whole.first_piece >= 0]] = False
        gone = np.append(~mask, False)[whole.word_of_piece]
        ids = np.where(gone, self.tokenizer.mask_token_id, whole.piece_ids)
        left = ~(gone & behind)
        first = np.where(whole.first_piece >= 0, (np.cumsum(left) - 1)[whole.first_piece], -1)
        if left.sum() > self.limit:
            raise InputError(
                f"a sentence of {len(words)} words has {left.sum()} pieces, and the language model takes {self.limit}; "
                f"expected shorter sentences, or a model that takes more: mend {FLAG}, or choose another --operator"
            )
        return Encoding(ids[left], whole.word_of_piece[left], first, whole.text)

    def _probabilities(self, encodings: Sequence[Encoding], words: Sequence[np.ndarray]) -> list[np.ndarray]:
        """At the wanted words of each sentence, over the whole vocabulary."""
        ids, lengths = padded(encodings, self.tokenizer.pad_token_id or 0)
        attended = inside(ids, lengths).long()
        with torch.inference_mode():
            logits = self.model(input_ids=ids.to(self.device), attention_mask=attended.to(self.device)).logits
        self.passes += len(encodings)
        places = [torch.from_numpy(encoding.first_piece[some]) for encoding, some in zip(encodings, words, strict=True)]
        return [torch.softmax(logits[row, of_row].float(), dim=-1).cpu().numpy() for row, of_row in enumerate(places)]

    def _most_likely(self, word: int, probabilities: Float[np.ndarray, " pieces"], threshold: float) -> Likely:
        usable = np.where(self.vocabulary[1], probabilities[: len(self.vocabulary[1])], -1.0)
        best = np.flatnonzero(usable >= max(0.0, min(threshold, float(usable.max()))))
        best = best[np.argsort(-usable[best], kind="stable")]
        return Likely(word, best, usable[best].astype(np.float64))


def load_masked_model(
    name: str, *, flag: str = "--model", new_head: bool = True
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """A model with a head for masked pieces and its tokenizer; a head that the folder lacks is new, or refused. Raises InputError."""
    folder = checkpoints.local_folder(name, flag=flag)
    config, tokenizer = checkpoints.read_config(folder), checkpoints.read_tokenizer(folder)
    checkpoints.check_weights(folder)
    try:
        with checkpoints.quiet():
            model, report = AutoModelForMaskedLM.from_pretrained(folder, config=config, **checkpoints.LOADING)
    except Exception as error:  # a wrong value may fail anywhere in transformers
        raise InputError(f"{folder}: no masked language model can be made of it ({first_line(error)})") from error
    checkpoints.check_vocabulary(model, tokenizer, folder)
    if tokenizer.mask_token_id is None:
        raise InputError(
            f"{folder}: the tokenizer has no mask token; expected an encoder that masked language modelling trained"
        )
    if report["missing_keys"] and not new_head:
        raise InputError(
            f"{flag} {name}: no head for masked pieces ({min(report['missing_keys'])} is missing); train one with studies/pretrain.py"
        )
    return model, tokenizer


@cache
def open_masked_model(name: str, device: str = "auto") -> MaskedModel:
    """The model that `--language-model` names, read once in a process."""
    return MaskedModel(*load_masked_model(name, flag=FLAG, new_head=False), device=device)
