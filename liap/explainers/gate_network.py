"""The network of DiffMask: from the states of a word and of its mention, a gate for the word at each layer (De Cao et al. 2020, section 3.2).

1. At each layer, a word's state and its mention's (the mean over the mention's words) are normalised and go through a layer of their own: linear, layer norm,
   tanh, linear. The result is the logit of a hard concrete gate.
2. The gate of a word after layers 0..l is the product of those of these layers: a word that may go at one layer stays away.
3. Where a word goes, a learned vector takes the place of its input embeddings.

`save` and `read_network` keep the weights in one file, with a record of how they were trained.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from safetensors import safe_open
from safetensors.torch import save as safetensors_bytes
from torch import Tensor, nn

from liap.errors import InputError, first_line
from liap.explainers.hard_concrete import open_probability
from liap.files import write_whole

OPEN = 2.0  # the logit of every gate at the start
RECORD = "record"


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


def save(network: GateNetwork, record: dict[str, Any], path: Path) -> None:
    """Write the weights, and the record as the file's metadata."""
    state = {name: tensor.detach().contiguous() for name, tensor in network.state_dict().items()}
    write_whole(path, safetensors_bytes(state, {RECORD: json.dumps({"shape": network.shape(), **record})}))


@cache
def read_network(path: str, flag: str = "--diffmask") -> tuple[GateNetwork, dict[str, Any]]:
    """The network and its record; InputError in one line where the file is none."""
    try:
        with safe_open(path, framework="pt") as file:
            record = json.loads((file.metadata() or {})[RECORD])
            network = GateNetwork(**record["shape"])
            names = list(network.state_dict())
            network.load_state_dict({name: file.get_tensor(name) for name in names})
    except Exception as error:  # a damaged file may fail anywhere
        raise InputError(
            f"{flag} {path}: not a file of studies/rationales.py ({first_line(error)[:120]}); make one with it"
        ) from None
    return network.eval().requires_grad_(False), record
