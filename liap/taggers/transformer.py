"""The transformer as a tagger: any Hugging Face token classifier with entity labels and a fast tokenizer.

1. Every request (a sentence, masks, an operator, the words to read) is edited into rows of piece ids; nothing is decoded and
   tokenised again.
2. The rows of all requests are scored together, in batches of similar length (see `pieces`).
3. Only the first pieces of the words asked for are read.

The model keeps no gradient of its weights and is always in evaluation mode. Passes without padding take no attention mask, so
that PyTorch's fast attention kernel serves them. Precision is one of
- `fp32`: single precision. Only here do probabilities not depend on how sentences are batched (to about 1e-6);
- `bf16`: single-precision weights, matrix products in bfloat16 (autocast);
- `bf16-weights`: weights and activations in bfloat16, half the memory.
Logits are single precision in all three.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from transformers import PreTrainedTokenizerFast
from transformers.models.auto.modeling_auto import MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING

from liap.errors import InputError, first_line
from liap.settings import PRECISIONS, TaggerSettings, among
from liap.taggers import (
    architectures,
    attention_norms,
    checkpoints,
    edits,
    gradients,
    hidden,
    pieces,
    restriction,
    word_attention,
)
from liap.taggers.alignment import Encoding, encode, prepare_for_words, special_id
from liap.taggers.devices import choose_device
from liap.taggers.finite import check_finite, check_probabilities
from liap.taggers.operators import edit, edited_words, token_id
from liap.taggers.recurrent import RecurrentTagger, is_recurrent, load_recurrent
from liap.taggers.restriction import Restricted
from liap.taggers.sizes import max_pieces_of
from liap.taggers.tagger import (
    Edit,
    InputGradient,
    Meter,
    PieceAttention,
    Request,
    Restriction,
    Target,
    Words,
)

PIECES_PER_BATCH = {"cpu": 1024, "cuda": 65536}  # a CPU wants its caches, a GPU its multiprocessors filled
REMEMBERED = 4096  # encodings of sentences


class TransformerTagger:
    """A token classifier and its tokenizer behind the protocol `Tagger`."""

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        *,
        precision: str = "fp32",
        device: str = "auto",
        pieces_per_batch: int = 0,
    ) -> None:
        among("--precision", (precision,), PRECISIONS)
        architectures.check_text_only(type(model))
        self.labels = self._labels_of(model)
        self.device = choose_device(device)
        self.precision = precision
        dtype = torch.bfloat16 if precision == "bf16-weights" else torch.float32
        self.model = model.to(self.device, dtype).eval().requires_grad_(False)
        self.tokenizer = tokenizer
        prepare_for_words(tokenizer)
        self.max_pieces = max_pieces_of(model, tokenizer)
        self.pad_id = special_id(tokenizer, tokenizer.pad_token) or 0
        self.unk_id = special_id(tokenizer, tokenizer.unk_token)
        mask_id = special_id(tokenizer, tokenizer.mask_token)
        self.mask_id = None if mask_id == self.unk_id else mask_id  # else `mask` would be `unk` under another name
        self.pieces_per_batch = pieces_per_batch or PIECES_PER_BATCH.get(self.device.type, 1024)  # pads counted
        self.meter = Meter()
        self.restriction: Restricted | None = None  # of its attention, inside `edited`
        self._encodings = functools.lru_cache(REMEMBERED)(self._encoded)

    @staticmethod
    def _labels_of(model: torch.nn.Module) -> tuple[str, ...]:
        return checkpoints.labels_of(model.config)

    def _encoded(self, words: Words) -> Encoding:
        return encode(self.tokenizer, words)

    @classmethod
    def load(cls, folder_or_name: str, **options) -> TransformerTagger:
        """The recogniser in a folder, or of a hub name; InputError says in one line what is wrong with it."""
        folder = checkpoints.local_folder(folder_or_name)
        config = checkpoints.read_config(folder)
        checkpoints.labels_of(config, where=f"{folder / 'config.json'}: ")
        if type(config) in MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING:
            model_class = MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING[type(config)]
            architectures.check_text_only(model_class, where=f"{folder}: ")
        tokenizer = checkpoints.read_tokenizer(folder)
        model = checkpoints.read_classifier(folder, config)
        checkpoints.check_vocabulary(model, tokenizer, folder)
        tagger = cls(model, tokenizer, **options)
        tagger.check_answer(folder)
        _ = tagger.architecture  # refuses a model that answers by chance
        return tagger

    def check_answer(self, folder: Path) -> None:
        """Run one pass: some configurations build a model that fails on every input, and damaged weights give NaN. Raises InputError."""
        piece_ids = torch.from_numpy(encode(self.tokenizer, ("a",)).piece_ids)[None, : self.max_pieces]
        try:
            with checkpoints.quiet():
                logits = self.logits(piece_ids, None)
        except Exception as error:  # a wrong value may fail anywhere in transformers
            raise InputError(f"{folder}: the model does not answer ({first_line(error)})") from error
        if not logits.isfinite().all():
            raise InputError(
                f"{folder}: the model's output is not finite; its weights are damaged, or training diverged"
            )

    @property
    def scored(self) -> int:
        """How many labels the model gives a logit."""
        return len(self.labels)

    @functools.cached_property
    def architecture(self) -> architectures.Architecture:
        """What the model gives beside probabilities, found out once by trying."""
        return architectures.examine(self)

    @property
    def capabilities(self) -> frozenset[str]:
        return self.architecture.capabilities

    @property
    def layers_and_heads(self) -> tuple[int, int]:
        return self.architecture.layers_and_heads

    def budget(self, pieces: int) -> int:
        """How many pieces a batch may have; where pads would change the answers, one row is a batch."""
        return 1 if self.architecture.pads_matter else pieces

    def encode(self, words: Words) -> Encoding:
        """The words' pieces; remembered, because every request asks for them."""
        return self._encodings(tuple(words))

    def fits(self, words: Words) -> bool:
        return self.encode(words).pieces <= self.max_pieces

    def check_operator(self, operator: str) -> None:
        token_id(self, operator)

    def probabilities(self, requests: Sequence[Request]) -> list[Float[np.ndarray, "_masks _read labels"]]:
        """Label probabilities at the words asked for, one array per request; NaN where such a word has no piece."""
        rows = [self._rows(request) for request in requests]
        answers = pieces.probabilities_at(self, rows)
        check_probabilities(requests, [one.places for one in rows], answers)
        return answers

    def piece_probabilities(
        self, rows: Sequence[Int[np.ndarray, " _pieces"]]
    ) -> list[Float[np.ndarray, "_pieces labels"]]:
        """Label probabilities at every piece of rows of piece ids, which are taken as they are."""
        return pieces.piece_probabilities(self, rows)

    def _rows(self, request: Request) -> pieces.PieceRows:
        encoding = self.encode(request.words)
        ids, lengths, places = edit(encoding, request.masks, token_id(self, request.operator))
        if self.restriction is None:
            return pieces.PieceRows(ids, lengths, places[:, request.read])
        words = edited_words(encoding, request.masks, token_id(self, request.operator))
        return pieces.PieceRows(ids, lengths, places[:, request.read], encoding.text, words)

    @contextmanager
    def timed(self, encodings: Sequence[Encoding] = ()) -> Iterator[None]:
        """Count the seconds spent inside as the model's, and a pass for each of these sentences."""
        self.meter.add(len(encodings), sum(encoding.pieces for encoding in encodings))
        began = time.perf_counter()
        try:
            yield
        finally:
            self.meter.seconds += time.perf_counter() - began

    def logits(
        self, piece_ids: Int[torch.Tensor, "batch pieces"], lengths: Int[torch.Tensor, " batch"] | None
    ) -> Float[torch.Tensor, "batch pieces labels"]:
        """Label logits in single precision, on the model's device; `lengths` is None where no row is padded."""
        with torch.inference_mode(), self.autocast():
            return self.model(input_ids=piece_ids.to(self.device), **self.attended(piece_ids, lengths)).logits.float()

    def attended(self, inputs: torch.Tensor, lengths: torch.Tensor | None) -> dict[str, torch.Tensor]:
        """The attention mask as a keyword argument of the model; none where no row is padded."""
        if lengths is None:
            return {}
        positions = torch.arange(inputs.shape[1], device=self.device)
        return {"attention_mask": (positions < lengths.to(self.device)[:, None]).long()}

    def autocast(self) -> AbstractContextManager:
        """The context in which a forward pass at this precision runs."""
        if self.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()

    @contextmanager
    def in_precision_of_weights(self) -> Iterator[None]:
        """Inside the context, passes run in the precision of the weights: bf16 has single-precision ones."""
        kept = self.precision
        self.precision = "bf16-weights" if kept == "bf16-weights" else "fp32"
        try:
            yield
        finally:
            self.precision = kept

    def attention(
        self, sentences: Sequence[Words], rows: Sequence[Int[np.ndarray, " _rows"]]
    ) -> list[Float[np.ndarray, "layers heads _rows _words"]]:
        """Attention from the words in `rows` to every word; a row sums to 1 less its special tokens' share."""
        self.architecture.check("attention")
        encodings = [self.encode(words) for words in sentences]
        with self.timed(encodings):
            matrices = word_attention.word_attention(self, encodings, rows)
        check_finite("attention weights", sentences, matrices)
        return matrices

    def value_attention(
        self, sentences: Sequence[Words], rows: Sequence[Int[np.ndarray, " _rows"]], heads: Sequence[int] = ()
    ) -> list[Float[np.ndarray, "layers 1 _rows _words"]]:
        """The norm of what attention carries from every word to the words in `rows`, summed over heads (all, or those named)."""
        self.architecture.check("value_attention")
        encodings = [self.encode(words) for words in sentences]
        with self.timed(encodings):
            norms = attention_norms.word_norms(self, encodings, rows, heads)
        check_finite("value-weighted attention", sentences, norms)
        return norms

    def piece_attention(self, words: Words) -> PieceAttention:
        """Attention between all pieces of one sentence."""
        self.architecture.check("attention")
        encoding = self.encode(words)
        with self.timed([encoding]):
            matrix = word_attention.piece_attention(self, [encoding], [np.arange(encoding.pieces)])[0]
        check_finite("attention weights", [words], [matrix])
        return PieceAttention(matrix, encoding.word_of_piece)

    def input_batches(
        self, targets: Sequence[Target], rows: int = 1
    ) -> Iterator[tuple[list[int], gradients.InputBatch]]:
        """Places among the targets, and p of each as a differentiable function of the input embeddings."""
        self.architecture.check("embeddings")
        restriction.refuse(self, "gradients")
        return gradients.input_batches(self, targets, rows)

    def gradients(self, targets: Sequence[Target]) -> list[InputGradient]:
        """The gradient of each target's p with respect to the input embeddings."""
        self.architecture.check("gradients")
        restriction.refuse(self, "gradients")
        with self.timed():
            answers = gradients.input_gradients(self, targets)
        check_finite("gradients", [target.words for target in targets], [answer.gradient for answer in answers])
        return answers

    def hidden_states(self, sentences: Sequence[Words]) -> list[Float[np.ndarray, "layers _words width"]]:
        """The vector of each word's first piece after the embeddings and after each layer."""
        self.architecture.check("hidden_states")
        encodings = [self.encode(words) for words in sentences]
        with self.timed(encodings):
            states = hidden.hidden_states(self, encodings)
        known = [state[:, encoding.first_piece >= 0] for state, encoding in zip(states, encodings, strict=True)]
        check_finite("hidden states", sentences, known)
        return states

    def edited(self, changes: Sequence[Edit | Restriction]) -> AbstractContextManager[None]:
        """Inside the context, every forward pass is changed by the edits, and its attention restricted."""
        self.architecture.check("edits")
        restrictions = [change for change in changes if isinstance(change, Restriction)]
        activations = [change for change in changes if isinstance(change, Edit)]
        return edits.edited(self.architecture.layers, activations, word_attention.restricted(self, restrictions))


def load_tagger(
    model: str, *, precision: str = "fp32", device: str = "auto", pieces_per_batch: int = 0
) -> TransformerTagger | RecurrentTagger:
    """The recogniser in a folder, or of a hub name, ready to be explained: a transformer, a recurrent one, or a text classifier.

    `precision` is fp32, bf16 or bf16-weights; `device` is auto, cpu or cuda; `pieces_per_batch` 0 suits the device.
    InputError says in one line what is wrong with the folder.
    """
    from liap.taggers import text_classifier  # which is built upon this module

    if text_classifier.is_classifier(model):
        return text_classifier.load_classifier(
            Path(model).expanduser(), precision=precision, device=device, pieces_per_batch=pieces_per_batch
        )
    if is_recurrent(model):
        return load_recurrent(Path(model), precision=precision, device=device, words_per_batch=pieces_per_batch)
    return TransformerTagger.load(model, precision=precision, device=device, pieces_per_batch=pieces_per_batch)


def open_tagger(settings: TaggerSettings) -> TransformerTagger | RecurrentTagger:
    """The recogniser that the settings name."""
    return load_tagger(
        settings.model,
        precision=settings.precision,
        device=settings.device,
        pieces_per_batch=settings.pieces_per_batch,
    )
