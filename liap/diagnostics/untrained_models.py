"""A model of the same shape with random weights, as its own initialiser draws them: what a property is worth without training."""

from __future__ import annotations

import torch

from liap.diagnostics.layer_randomisation import copied, new_weights
from liap.errors import InputError
from liap.taggers.tagger import Tagger
from liap.taggers.transformer import TransformerTagger


def untrained(tagger: Tagger, seed: int) -> Tagger:
    """A copy of the tagger with new weights under the seed."""
    if not isinstance(tagger, TransformerTagger):
        raise InputError("--untrained: only transformers can be initialised anew")
    other, weights = copied(tagger), new_weights(tagger, seed)
    with torch.no_grad():
        for name, parameter in other.model.named_parameters():
            parameter.copy_(weights[name])
    return other
