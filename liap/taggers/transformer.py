"""The recogniser: a token classifier with its tokenizer, from a folder or from the hub, ready to score pieces.

In: a folder (or a hub name) of any encoder fine-tuned for BIO tags, with a fast tokenizer. Out: label logits for pieces.

A recogniser keeps no gradient and is always in evaluation mode. Passes without padding take no attention mask, so that
PyTorch's fast attention kernel serves them. Precision is one of
- `fp32`: everything in single precision; only here do results not depend on how sentences are batched;
- `bf16`: single-precision weights, matrix products in bfloat16 (autocast);
- `bf16-weights`: weights and activations in bfloat16, half the memory.
Logits are single precision in all three.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import torch
from jaxtyping import Float, Int
from transformers import PreTrainedTokenizerFast

from liap import processes
from liap.errors import InputError, first_line
from liap.taggers import checkpoints
from liap.taggers.alignment import Encoding, encode, prepare_for_words

PRECISIONS = ("fp32", "bf16", "bf16-weights")
NO_LIMIT = 1_000_000  # pieces; for models with relative positions whose tokenizer names no limit


class Recogniser:
    """A token classifier in evaluation mode and its tokenizer."""

    labels: tuple[str, ...]  # IOB2, by label index
    max_pieces: int  # with special tokens
    pad_id: int
    mask_id: int | None
    unk_id: int | None
    model: torch.nn.Module
    tokenizer: PreTrainedTokenizerFast
    device: torch.device
    precision: str

    def __init__(
        self,
        model: torch.nn.Module,
        tokenizer: PreTrainedTokenizerFast,
        *,
        precision: str = "fp32",
        device: str = "auto",
    ) -> None:
        if precision not in PRECISIONS:
            raise InputError(f"--precision must be one of {', '.join(PRECISIONS)}, got {precision!r}")
        self.labels = checkpoints.labels_of(model.config)
        self.device = choose_device(device)
        self.precision = precision
        dtype = torch.bfloat16 if precision == "bf16-weights" else torch.float32
        self.model = model.to(self.device, dtype).eval().requires_grad_(False)
        self.tokenizer = tokenizer
        prepare_for_words(tokenizer)
        self.max_pieces = max_pieces_of(model, tokenizer)
        self.pad_id = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else 0
        self.mask_id = tokenizer.mask_token_id
        self.unk_id = tokenizer.unk_token_id

    @classmethod
    def load(cls, folder_or_name: str, *, precision: str = "fp32", device: str = "auto") -> Recogniser:
        """The recogniser in a folder, or of a hub name; InputError says in one line what is wrong with it."""
        folder = checkpoints.local_folder(folder_or_name)
        config = checkpoints.read_config(folder)
        checkpoints.labels_of(config, where=f"{folder / 'config.json'}: ")
        tokenizer = checkpoints.read_tokenizer(folder)
        model = checkpoints.read_classifier(folder, config)
        checkpoints.check_vocabulary(model, tokenizer, folder)
        recogniser = cls(model, tokenizer, precision=precision, device=device)
        recogniser._check_answer(folder)
        return recogniser

    def _check_answer(self, folder: Path) -> None:
        """One pass: a configuration may build a model that no input gets through, and weights may be no numbers."""
        pieces = torch.from_numpy(self.encode(["a"]).piece_ids)[None, : self.max_pieces]
        try:
            logits = self.logits(pieces, None)
        except Exception as error:  # a wrong value may fail anywhere in transformers
            raise InputError(f"{folder}: the model does not answer ({checkpoints.first_line(error)})") from error
        if not logits.isfinite().all():
            raise InputError(
                f"{folder}: the model answers with no numbers; its weights are damaged, or training diverged"
            )

    def encode(self, words: Sequence[str]) -> Encoding:
        return encode(self.tokenizer, words)

    def fits(self, encoding: Encoding) -> bool:
        """Whether the model has positions for all the pieces; a sentence that does not fit is skipped, never cut."""
        return encoding.pieces <= self.max_pieces

    @property
    def layers_and_heads(self) -> tuple[int, int]:
        """How many layers the model has, and heads a layer."""
        return self.model.config.num_hidden_layers, self.model.config.num_attention_heads

    def logits(
        self,
        piece_ids: Int[torch.Tensor, "batch pieces"],
        lengths: Int[torch.Tensor, " batch"] | None,
    ) -> Float[torch.Tensor, "batch pieces labels"]:
        """Label logits in single precision, on the model's device; `lengths` None says that no row is padded."""
        inputs = {"input_ids": piece_ids.to(self.device)}
        if lengths is not None:
            positions = torch.arange(piece_ids.shape[1], device=self.device)
            inputs["attention_mask"] = (positions < lengths.to(self.device)[:, None]).long()
        with torch.inference_mode(), self.autocast():
            return self.model(**inputs).logits.float()

    def autocast(self) -> AbstractContextManager:
        """What a forward pass at this precision runs in."""
        if self.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return nullcontext()


def choose_device(device: str) -> torch.device:
    """`auto`: an accelerator where there is one; else any device that PyTorch names. Of several processes, each has its own."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() and not processes.on_cpu() else "cpu"
        if not processes.launched():
            return torch.device(device)
    if processes.launched():
        device = own_gpu(device, processes.local_rank(), torch.cuda.device_count())
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"--device {device}: PyTorch cannot use it here ({first_line(error)}); try auto or cpu"
        ) from error
    return chosen


def own_gpu(device: str, local_rank: int, gpus: int) -> str:
    """`cuda` with the number of the GPU that a process of this rank on its machine takes; any other device as it is."""
    if device.partition(":")[0] != "cuda" or not gpus:
        return device
    if device != "cuda":
        raise InputError(f"--device {device}: each of several processes takes a GPU of its own; give cuda or auto")
    if local_rank >= gpus:
        raise InputError(
            f"--device cuda: {local_rank + 1} processes or more on this machine, which has {gpus} GPUs; start as many as GPUs"
        )
    return f"cuda:{local_rank}"


def max_pieces_of(model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast) -> int:
    """The longest input, with special tokens: the positions the model has, or fewer where its tokenizer says so."""
    limits = [NO_LIMIT, tokenizer.model_max_length]  # a tokenizer that knows no limit says 1e30
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        limits.append(positions - _unused_positions(model))
    return int(min(limits))


def _unused_positions(model: torch.nn.Module) -> int:
    """RoBERTa and its kin count positions from behind the padding's: the first ones are never a piece's."""
    for name, module in model.named_modules():
        if name.endswith("position_embeddings") and getattr(module, "padding_idx", None) is not None:
            return module.padding_idx + 1
    return 0
