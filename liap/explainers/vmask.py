"""VMASK: which words a mask, trained as a variational bottleneck behind the embedding layer, keeps (Chen & Ji 2020).

1. A small network reads a word's embedding and the mention's, and gives the probability that the word is kept.
2. That probability is the score, in [0, 1].

The network is trained once, by `studies/rationales.py`: words are kept or zeroed by hard draws, the recogniser should answer as it does with all words, and the
probabilities should stay near a prior. The paper trains mask and classifier together, and the mask reads one word alone; here the recogniser stays as it is, because it
is what is explained, the mask also reads the mention, and the mention's own words are always kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liap.errors import InputError
from liap.explainers.case import Case
from liap.explainers.explainer import explainer, trained_file
from liap.records import Explanation


@dataclass(frozen=True, slots=True)
class VMaskSettings:
    """The trained network."""

    vmask: str = trained_file("file of studies/rationales.py, for vmask")


@explainer(
    family="trained",
    label="VMASK",
    phrase="VMASK",
    needs=("hidden_states",),
    settings=VMaskSettings,
    colour="#44AA99",
    marker="h",
)
def vmask(case: Case, settings: VMaskSettings) -> Explanation:
    """The probability that a trained mask keeps the word: one pass; scores in [0, 1]."""
    import torch

    from liap.explainers.gate_network import network_input, read_network

    network, _ = read_network(settings.vmask, "--vmask")
    known, words, mention = network_input(case.view.hidden_states(), case.view.target.span)
    if words.shape[-1] != len(network.of_word):
        raise InputError(
            f"--vmask {settings.vmask}: made for width {len(network.of_word)}; this recogniser has {words.shape[-1]}: train it again with studies/rationales.py"
        )
    with torch.inference_mode():
        kept = torch.sigmoid(network(words[:, None], mention[:, None]))[0].double().numpy()
    return Explanation(np.where(known & case.mention.context(len(known)), kept, 0.0)[None], passes=1)
