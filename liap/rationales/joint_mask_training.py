"""VMASK trained together with its text classifier (Chen & Ji 2020, equations 6 to 10).

1. The mask of `liap.taggers.piece_mask` stands behind the embedding layer. In training, gates are drawn; everything is trained: embeddings, encoder, head and mask.
2. Loss of a text: the cross-entropy of its class, plus beta times the mean, over its pieces, of KL(Bernoulli(p) || Bernoulli(prior)), nats.
3. beta falls linearly from its value at the first step to a hundredth at the last. So words are all alike for the mask at first, and told apart later.

As published: the prior is 1/2, and beta falls from 1 to about 0.01 (the authors' code; there every tenth epoch, here at every step). Unlike there, pads and special tokens are
never masked and count nowhere, and word vectors are not pre-trained; of a transformer, word embeddings are masked before positions and layer norm, there behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from liap.errors import InputError
from liap.rationales.word_mask_training import from_prior
from liap.records import CLASS_WORD, LabelledText
from liap.settings import check_number
from liap.taggers.text_classifier import PooledClassifier, TextClassifier
from liap.training.classifier_batches import TextBatch
from liap.training.classifier_trainer import (
    ClassifierEpoch,
    ClassifierSettings,
    TrainedClassifier,
    cross_entropy,
    train_classifier,
)

LAST_SHARE = 0.01  # of beta, at the last step


@dataclass(frozen=True, kw_only=True)
class JointMaskSettings:
    """How much the mask is held to its prior."""

    prior: float = 0.5
    beta: float = 1.0  # at the first step

    def __post_init__(self) -> None:
        if not 0 < self.prior < 1:
            raise InputError(f"--joint-prior must lie between 0 and 1, got {self.prior}")
        check_number("--joint-beta", self.beta, 0, 1000)

    def beta_at(self, done: float) -> float:
        """Of a step before which this share of all steps is done, 0..1."""
        return self.beta * (1 - (1 - LAST_SHARE) * done)


def from_the_prior(model: PooledClassifier, batch: TextBatch, prior: float) -> Float[Tensor, ""]:
    """KL of the mask's probabilities from the prior, a mean over each text's pieces of words, then over texts; nats."""
    embeddings = model.get_input_embeddings()(batch.ids)
    inside = model.inside(embeddings, batch.inputs["attention_mask"])
    apart = from_prior(model.mask.logits(embeddings).float(), prior) * inside
    return (apart.sum(dim=1) / inside.sum(dim=1).clamp(min=1)).mean()


def joint_loss(classifier: TextClassifier, batch: TextBatch, *, beta: float, prior: float) -> Float[Tensor, ""]:
    """The loss of a batch under the gates that are drawn; a mean over texts, nats."""
    return cross_entropy(classifier, batch) + beta * from_the_prior(classifier.model, batch, prior)


def train_with_mask(
    train: Sequence[LabelledText],
    dev: Sequence[LabelledText],
    how: ClassifierSettings,
    joint: JointMaskSettings,
    *,
    device: str = "auto",
    report: Callable[[ClassifierEpoch], None] = lambda epoch: None,
) -> TrainedClassifier:
    """The classifier with its mask, of the epoch with the best accuracy on dev. InputError where training diverges."""

    def loss(classifier: TextClassifier, batch: TextBatch, done: float) -> Tensor:
        return joint_loss(classifier, batch, beta=joint.beta_at(done), prior=joint.prior)

    return train_classifier(train, dev, how, device=device, report=report, loss=loss)


def words_kept(classifier: TextClassifier, texts: Sequence[LabelledText]) -> dict[str, float]:
    """Mean and standard deviation, over all words of these texts, of the probability with which the mask keeps them."""
    kept = np.concatenate([row[1:] for row in classifier.word_mask([(CLASS_WORD, *text.words) for text in texts])])
    return {"words_kept": float(np.nanmean(kept)), "words_kept_sd": float(np.nanstd(kept))}
