"""Remove neurons inside a transformer's forward pass, and count which words keep their type.

A removed neuron is set to a value at every piece of the sentence. Layers below a site do not change, so they are computed once for all
removals: a removal at `hidden` of layer l computes only the layers above l, one at `feed_forward` of l also layer l itself. One pass
answers for every type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from liap.neurons.encoder_words import (
    EncodedBatch,
    Site,
    logits_of,
    read_layers,
    starting_behind,
    types_of_tagger,
)
from liap.taggers.transformer import TransformerTagger


@dataclass(slots=True, eq=False)
class EncoderRemoval:
    """A transformer, sentences, and what its layers hand on; counts the layers that it computes."""

    tagger: TransformerTagger
    batches: Sequence[EncodedBatch]
    in_tuple: bool = field(init=False)
    type_of_label: Int[np.ndarray, " labels"] = field(init=False)
    passes: int = 0
    layers_computed: int = 0  # a batch of sentences through one layer counts once

    def __post_init__(self) -> None:
        _, self.type_of_label = types_of_tagger(self.tagger)
        self.in_tuple = read_layers(self.tagger, self.batches)
        self.layers_computed = self.layers * len(self.batches)

    @property
    def layers(self) -> int:
        return len(self.tagger.architecture.layers)

    @property
    def gold(self) -> Int[np.ndarray, " words"]:
        return np.concatenate([batch.gold for batch in self.batches])

    @property
    def document(self) -> Int[np.ndarray, " words"]:
        return np.concatenate([batch.document for batch in self.batches])

    @property
    def layers_naively(self) -> int:
        """Layers that as many full passes would have computed."""
        return (self.passes + 1) * self.layers * len(self.batches)

    def said(
        self, site: Site, neurons: Int[np.ndarray, " removed"], fill: Float[np.ndarray, " width"]
    ) -> Int[np.ndarray, " words"]:
        """The type of each word's best label when these neurons are set to their `fill`; NO_TYPE for none."""
        change = removing(neurons, fill)
        self.passes += 1
        return np.concatenate([self._of_batch(batch, site, change) for batch in self.batches])

    def _of_batch(self, batch: EncodedBatch, site: Site, change: Callable[[Tensor], Tensor]) -> np.ndarray:
        hidden = site.kind == "hidden"
        below = site.layer if hidden else site.layer - 1
        self.layers_computed += self.layers - 1 - below
        output = batch.outputs[max(below, 0)]
        edits = [] if hidden else [site.edit(change)]
        with (
            torch.no_grad(),
            starting_behind(self.tagger, below, change(output) if hidden else output, self.in_tuple),
            self.tagger.edited(edits),
        ):
            return self._types(logits_of(self.tagger, batch))

    def said_naively(
        self, site: Site, neurons: Int[np.ndarray, " removed"], fill: Float[np.ndarray, " width"]
    ) -> Int[np.ndarray, " words"]:
        """The same by whole passes."""
        with torch.no_grad(), self.tagger.edited([site.edit(removing(neurons, fill))]):
            return np.concatenate([self._types(logits_of(self.tagger, batch)) for batch in self.batches])

    def _types(self, logits: Tensor) -> np.ndarray:
        return self.type_of_label[logits.argmax(dim=1).cpu().numpy()]


def removing(neurons: Int[np.ndarray, " removed"], fill: Float[np.ndarray, " width"]) -> Callable[[Tensor], Tensor]:
    """A change that sets neurons to their fill at every piece."""
    neurons = neurons.copy()  # a view of one neuron in reverse counts as contiguous, and PyTorch refuses it
    columns, values = torch.from_numpy(neurons), torch.from_numpy(fill[neurons]).float()

    def change(activations: Tensor) -> Tensor:
        changed = activations.clone()
        changed[..., columns.to(changed.device)] = values.to(changed)
        return changed

    return change


def recalls(
    gold: Int[np.ndarray, " words"], said: Int[np.ndarray, " words"], types: int
) -> Float[np.ndarray, " types"]:
    """The share of each type's gold words whose best label is of the type; NaN for a type without a word."""
    right: Bool[np.ndarray, " words"] = gold == said
    return np.array([right[gold == kind].mean() if (gold == kind).any() else np.nan for kind in range(types)])
