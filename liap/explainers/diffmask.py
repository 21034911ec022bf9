"""DiffMask: which words a network, trained on the recogniser's hidden states, says can go (De Cao et al. 2020).

1. One pass of the sentence gives the hidden states of all words after the embeddings and after each layer, for all its mentions.
2. A small network (see `gate_network`) reads, at each layer, a word's state and the mention's, and says how probable it is that the word's gate is open.
3. The score is the product over layers: the probability that the word stays, in [0, 1].

The network is trained once, by `studies/rationales.py`, so that the recogniser's answer changes little when the words that go are replaced by a learned vector. The paper
explains classes of sentences and spans of answers; here gates are conditioned on the mention, whose own words never go.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from liap.errors import InputError
from liap.explainers.case import Case
from liap.explainers.explainer import explainer, trained_file
from liap.records import Explanation


@dataclass(frozen=True, slots=True)
class DiffMaskSettings:
    """The trained network."""

    diffmask: str = trained_file("file of studies/rationales.py, for diffmask")


@explainer(
    family="trained",
    label="DiffMask",
    phrase="DiffMask",
    needs=("hidden_states",),
    settings=DiffMaskSettings,
    columns=("words_open",),
    colour="#117733",
    marker="D",
)
def diffmask(case: Case, settings: DiffMaskSettings) -> Explanation:
    """The probability that a trained gate keeps the word: one pass; scores in [0, 1]."""
    stays = stays_by_layer(case, settings.diffmask)[-1]
    return Explanation(stays[None], passes=1, columns={"words_open": float(stays[case.context].sum())})


def stays_by_layer(case: Case, path: str) -> Float[np.ndarray, "layers words"]:
    """The probability that a word is still there after layers 0..l, for each l; 0 for a word without a piece and in the mention."""
    import torch

    from liap.explainers.gate_network import network_input, read_network

    network, _ = read_network(path)
    states = case.view.hidden_states()
    if states.shape[0] != len(network.last) or states.shape[2] != network.of_word.shape[1]:
        raise InputError(
            f"--diffmask {path}: made for {len(network.last) - 1} layers of width {network.of_word.shape[1]}; "
            f"this recogniser has {states.shape[0] - 1} of width {states.shape[2]}: train it again with studies/rationales.py"
        )
    known, words, mention = network_input(states, case.view.target.span)
    with torch.inference_mode():
        stays = network.stays(words[:, None], mention[:, None])[:, 0]
    return np.where(known & case.mention.context(len(known)), stays.double().numpy(), 0.0)
