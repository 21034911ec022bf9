"""The networks of DiffMask and of VMASK: from the states of a word and of its mention, gates for the word.

DiffMask (De Cao et al. 2020, section 3.2):

1. At each layer, a word's state and its mention's (the mean over the mention's words) are normalised and go through a layer of their own: linear, layer norm,
   tanh, linear. The result is the logit of a hard concrete gate.
2. The gate of a word after layers 0..l is the product of those of these layers: a word that may go at one layer stays away.
3. Where a word goes, a learned vector takes the place of its input embeddings.

VMASK (Chen & Ji 2020, section 3.3): a word's embedding and its mention's go through softmax(W2 tanh(W1 e)), the probability that the word is kept.

`save` and `read_network` keep the weights in one file, with a record of how they were trained.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from safetensors import safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor, nn

from liap.errors import InputError, first_line
from liap.explainers.hard_concrete import open_probability
from liap.files import write_whole

OPEN = 2.0  # the logit of every gate at the start
RECORD = "record"
KINDS = {"--diffmask": "GateNetwork", "--vmask": "WordMask"}  # what the file of each flag holds


def network_input(
    states: Float[np.ndarray, "layers words width"], span: Int[np.ndarray, " span"]
) -> tuple[Bool[np.ndarray, " words"], Float[Tensor, "layers words width"], Float[Tensor, "layers width"]]:
    """Which words have a piece, the states of all words (0 without one), and the mention's: a mean over its words that have one."""
    known = np.isfinite(states).all(axis=(0, 2))
    table = torch.from_numpy(np.where(known[None, :, None], states, 0.0).astype(np.float32))
    span = span[known[span]]
    return known, table, table[:, span].mean(dim=1) if len(span) else torch.zeros_like(table[:, 0])


class GateNetwork(nn.Module):
    """One small network per layer, and the vector that stands for words that went."""

    def __init__(self, layers: int, width: int, embedding_width: int, inner: int = 64, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)

        def drawn(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.randn(*shape, generator=generator) / shape[-2] ** 0.5)

        self.of_word, self.of_mention = drawn(layers, width, inner), drawn(layers, width, inner)
        self.bias = nn.Parameter(torch.zeros(layers, 1, 1, inner))
        self.last = nn.Parameter(torch.zeros(layers, inner))
        self.last_bias = nn.Parameter(torch.full((layers, 1, 1), OPEN))
        self.baseline = nn.Parameter(torch.zeros(embedding_width))

    def forward(
        self, states: Float[Tensor, "layers batch words width"], mention: Float[Tensor, "layers batch width"]
    ) -> Float[Tensor, "layers batch words"]:
        """The logit of each word's gate at each layer."""
        width = states.shape[-1:]
        words = torch.einsum("lbwd,ldi->lbwi", nn.functional.layer_norm(states, width), self.of_word)
        mentions = torch.einsum("lbd,ldi->lbi", nn.functional.layer_norm(mention, width), self.of_mention)
        inner = nn.functional.layer_norm(words + mentions[:, :, None] + self.bias, self.last.shape[-1:])
        return torch.einsum("lbwi,li->lbw", torch.tanh(inner), self.last) + self.last_bias

    def stays(
        self, states: Float[Tensor, "layers batch words width"], mention: Float[Tensor, "layers batch width"]
    ) -> Float[Tensor, "layers batch words"]:
        """The probability that a word is still there after layers 0..l, for each l."""
        return torch.exp(torch.cumsum(torch.log(open_probability(self(states, mention))), dim=0))

    def shape(self) -> dict[str, int]:
        """The arguments that make a network of this shape."""
        layers, width, inner = self.of_word.shape
        return {"layers": layers, "width": width, "embedding_width": len(self.baseline), "inner": inner}


class WordMask(nn.Module):
    """One network over the embeddings; where a word goes, zeros take the place of its input embeddings."""

    def __init__(self, width: int, embedding_width: int, inner: int = 64, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.of_word = nn.Parameter(torch.randn(width, inner, generator=generator) / width**0.5)
        self.of_mention = nn.Parameter(torch.randn(width, inner, generator=generator) / width**0.5)
        self.bias = nn.Parameter(torch.zeros(inner))
        self.last = nn.Parameter(torch.zeros(inner))
        self.last_bias = nn.Parameter(torch.zeros(()))
        self.register_buffer("baseline", torch.zeros(embedding_width))

    def forward(
        self, states: Float[Tensor, "layers batch words width"], mention: Float[Tensor, "layers batch width"]
    ) -> Float[Tensor, "batch words"]:
        """The logit of each word's being kept, which is the softmax's over two classes; only the embeddings, states[0], are read."""
        width = states.shape[-1:]
        words = nn.functional.layer_norm(states[0], width) @ self.of_word
        mentions = nn.functional.layer_norm(mention[0], width) @ self.of_mention
        return torch.tanh(words + mentions[:, None] + self.bias) @ self.last + self.last_bias

    def shape(self) -> dict[str, int]:
        """The arguments that make a network of this shape."""
        width, inner = self.of_word.shape
        return {"width": width, "embedding_width": len(self.baseline), "inner": inner}


NETWORKS = {"GateNetwork": GateNetwork, "WordMask": WordMask}


def save(network: GateNetwork | WordMask, record: dict[str, Any], path: Path) -> None:
    """Write the weights, and the record as the file's metadata."""
    state = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
    write_whole(
        path,
        safetensors_bytes(
            state, {RECORD: json.dumps({"kind": type(network).__name__, "shape": network.shape(), **record})}
        ),
    )


@cache
def read_network(path: str, flag: str = "--diffmask") -> tuple[GateNetwork | WordMask, dict[str, Any]]:
    """The network and its record; InputError in one line where the file is none."""
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads((file.metadata() or {})[RECORD])
            if record["kind"] != KINDS.get(flag, record["kind"]):
                raise ValueError(f"it holds a {record['kind']}")
            network = NETWORKS[record["kind"]](**record["shape"])
            names = list(network.state_dict())
            network.load_state_dict({name: file.get_tensor(name) for name in names})
    except Exception as error:  # a damaged file may fail anywhere
        raise InputError(
            f"{flag} {path}: not a file of studies/rationales.py ({first_line(error)[:120]}); make one with it"
        ) from None
    return network.eval().requires_grad_(False), record
