"""A model of the same shape with random weights, as its own initialiser draws them: what a property is worth without training."""

from __future__ import annotations

import copy

import torch

from liap.diagnostics.layer_randomisation import copied, new_weights
from liap.errors import InputError
from liap.taggers.checkpoints import quiet
from liap.taggers.tagger import Tagger
from liap.taggers.text_classifier import PooledClassifier, TextClassifier
from liap.taggers.transformer import TransformerTagger


def untrained(tagger: Tagger, seed: int) -> Tagger:
    """A copy of the tagger with new weights under the seed; InputError for a recurrent tagger, which has no configuration to begin from."""
    if isinstance(tagger, TextClassifier):
        return _classifier(tagger, seed)
    if not isinstance(tagger, TransformerTagger):
        raise InputError("--models: only transformers and text classifiers can be initialised anew, for --untrained")
    other, weights = copied(tagger), new_weights(tagger, seed)
    with torch.no_grad():
        for name, parameter in other.model.named_parameters():
            parameter.copy_(weights[name])
    return other


def _classifier(tagger: TextClassifier, seed: int) -> TextClassifier:
    encoder = tagger.model.encoder
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(seed)
        model = PooledClassifier(type(encoder)(copy.deepcopy(encoder.config)), tagger.model.shape)
    return TextClassifier(
        model,
        tagger.tokenizer,
        precision=tagger.precision,
        device=str(tagger.device),
        pieces_per_batch=tagger.pieces_per_batch,
    )
