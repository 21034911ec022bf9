"""Ways to rank neurons by their importance for a label. In: neurons and labels of words. Out: a score per label and neuron, higher first.

| ranker                  | score of neuron j for label l                                                               | source                      |
|-------------------------|---------------------------------------------------------------------------------------------|-----------------------------|
| `sensitivity`           | weight x difference of means, words told apart by gold label                                | Xin, Lin & Yu 2019          |
| `sensitivity_predicted` | the same by predicted label                                                                 | its published code          |
| `probeless`             | absolute difference of the neuron's means over the label's words and over the others         | Antverg & Belinkov 2022     |
| `probe`                 | absolute weight in a logistic probe with L1 and L2 penalties, neurons standardised           | Dalvi et al. 2019           |
| `gaussian`              | its turn in a greedy choice by the log-likelihood of a Gaussian model of each class          | Torroba Hennigen et al. 2020 |
| `gradient`              | mean, over the label's words, of activation x gradient of the label's log-probability        | Simonyan et al. 2014        |

The published Gaussian probe has a class per label and a Bayesian prior; here it is a label against all others with shrunken variances,
because every label needs a ranking of its own. The published probeless ranking sums over pairs of labels, for the same reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from liap.neurons.neuron_words import NeuronWords, Readout
from liap.neurons.sensitivity import mean_differences, sensitivities

PENALTY = 1e-3  # L1 and L2, on the mean loss over words
PROBE_STEPS, PROBE_RATE = 200, 0.05  # of Adam over all words at once
SHRINKAGE = 1e-3  # of a class's variances, towards those of all words

Scores = Float[np.ndarray, "labels neurons"]


@dataclass(frozen=True, slots=True, eq=False)
class RankedWords:
    """What a ranker sees."""

    readout: Readout
    words: NeuronWords


def by_sensitivity(seen: RankedWords) -> Scores:
    """Of gold labels."""
    return sensitivities(seen.readout.weight, seen.words.neurons, seen.words.gold)


def by_predicted_sensitivity(seen: RankedWords) -> Scores:
    """Of predicted labels."""
    return sensitivities(seen.readout.weight, seen.words.neurons, seen.words.predicted)


def by_probeless(seen: RankedWords) -> Scores:
    """The distance of two means."""
    return np.abs(mean_differences(seen.words.neurons, seen.words.gold, len(seen.readout.labels)))


def by_probe(seen: RankedWords) -> Scores:
    """The sizes of a probe's weights."""
    scores = np.abs(fit_probe(seen.words.neurons, seen.words.gold, len(seen.readout.labels)).weight)
    return without_absent(scores, seen.words.gold)


def by_gaussian(seen: RankedWords) -> Scores:
    """The negative turn at which a neuron is chosen."""
    count = len(seen.readout.labels)
    order = np.stack([greedy_gaussian(seen.words.neurons, seen.words.gold == label) for label in range(count)])
    return without_absent(-np.argsort(order, axis=1).astype(float), seen.words.gold)


def without_absent(scores: Scores, gold: Int[np.ndarray, " words"]) -> Scores:
    """The scores, with NaN for a label that no word has: nothing was fitted to it."""
    present = np.bincount(gold, minlength=len(scores))[: len(scores)] > 0
    return np.where(present[:, None], scores, np.nan)


def by_gradient(seen: RankedWords) -> Scores:
    """Gradients of the softmax over the scores, also where a conditional random field decides."""
    weight, neurons = seen.readout.weight.astype(np.float64), seen.words.neurons
    scores = torch.from_numpy(neurons @ seen.readout.weight.T + seen.readout.bias)
    probabilities = torch.softmax(scores, dim=1).numpy()
    found = np.full(weight.shape, np.nan)
    for label in range(len(weight)):
        own = seen.words.gold == label
        if own.any():
            gradient = weight[label] - probabilities[own] @ weight
            found[label] = (gradient * neurons[own]).mean(axis=0)
    return found


RANKERS: dict[str, Callable[[RankedWords], Scores]] = {
    "sensitivity": by_sensitivity,
    "sensitivity_predicted": by_predicted_sensitivity,
    "probeless": by_probeless,
    "probe": by_probe,
    "gaussian": by_gaussian,
    "gradient": by_gradient,
}


@dataclass(frozen=True, slots=True, eq=False)
class Probe:
    """A linear classifier of words; `weight` is that of standardised neurons."""

    weight: Float[np.ndarray, "labels neurons"]
    bias: Float[np.ndarray, " labels"]
    mean: Float[np.ndarray, " neurons"]
    deviation: Float[np.ndarray, " neurons"]

    def accuracy(self, neurons: Float[np.ndarray, "words neurons"], labelled: Int[np.ndarray, " words"]) -> float:
        """The share of words with the right label; 0..1."""
        scores = (neurons - self.mean) / self.deviation @ self.weight.T + self.bias
        return float((scores.argmax(axis=1) == labelled).mean())


def fit_probe(
    neurons: Float[np.ndarray, "words neurons"],
    labelled: Int[np.ndarray, " words"],
    labels: int,
    penalty: float = PENALTY,
) -> Probe:
    """Multinomial logistic regression with L1 and L2 penalties on its weights."""
    mean, deviation = neurons.mean(axis=0), np.maximum(neurons.std(axis=0), 1e-8)
    inputs = torch.from_numpy(((neurons - mean) / deviation).astype(np.float32))
    gold = torch.from_numpy(np.ascontiguousarray(labelled))
    weight = torch.zeros(labels, neurons.shape[1], requires_grad=True)
    bias = torch.zeros(labels, requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], lr=PROBE_RATE)
    for _ in range(PROBE_STEPS):
        loss = torch.nn.functional.cross_entropy(inputs @ weight.T + bias, gold)
        loss = loss + penalty * (weight.abs().sum() + weight.square().sum())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return Probe(weight.detach().numpy(), bias.detach().numpy(), mean, deviation)


def greedy_gaussian(
    neurons: Float[np.ndarray, "words neurons"], own: np.ndarray, most: int = 0
) -> Int[np.ndarray, " neurons"]:
    """Neurons in the order in which each best tells the words of `own` from the others, given those chosen before.

    Both classes are Gaussian with full covariances. At each step the neuron is chosen that makes the mean log-probability of the
    right class largest, where both classes count the same. What a class's model expects of a neuron, given the chosen ones, is taken out by
    regression, so no matrix is inverted. After `most` steps (0: all), the others follow by what they would add alone.
    """
    words, width = neurons.shape
    if not own.any() or own.all():
        return np.arange(width)
    values = (neurons - neurons.mean(axis=0)) / np.maximum(neurons.std(axis=0), 1e-8)
    values = values.astype(np.float64)
    residuals = [values - values[part].mean(axis=0) for part in (own, ~own)]
    weights = np.where(own, 0.5 / own.sum(), 0.5 / (~own).sum())
    sign = np.where(own, 1.0, -1.0)
    left, evidence, chosen = np.arange(width), np.zeros(words), []
    while len(left):
        logs = []
        for part, residual in zip((own, ~own), residuals, strict=True):
            variance = (1 - SHRINKAGE) * residual[part].var(axis=0) + SHRINKAGE
            logs.append(-0.5 * (residual**2 / variance + np.log(variance)))
        ratios = logs[0] - logs[1]
        gain = -weights @ np.logaddexp(0.0, -sign[:, None] * (evidence[:, None] + ratios))
        if most and len(chosen) == most:
            chosen.extend(left[np.argsort(-gain, kind="stable")].tolist())
            break
        best = int(gain.argmax())
        chosen.append(int(left[best]))
        evidence = evidence + ratios[:, best]
        for number, part in enumerate((own, ~own)):
            residual = residuals[number]
            pivot = residual[:, best]
            centred = pivot[part] - pivot[part].mean()
            slope = residual[part].T @ centred / (centred @ centred + SHRINKAGE * part.sum())
            residuals[number] = np.delete(residual - np.outer(pivot, slope), best, axis=1)
        left = np.delete(left, best)
    return np.array(chosen)


def control_labels(
    training: NeuronWords, others: NeuronWords, labels: int, generator: np.random.Generator
) -> tuple[Int[np.ndarray, " training"], Int[np.ndarray, " others"]]:
    """Hewitt & Liang 2019: each word type gets one random label, drawn by the labels' shares; a probe can only memorise them."""
    shares = np.bincount(training.gold, minlength=labels) / len(training.gold)
    types = sorted({*training.words, *others.words})
    drawn = dict(zip(types, generator.choice(labels, size=len(types), p=shares).tolist(), strict=True))
    return np.array([drawn[word] for word in training.words]), np.array([drawn[word] for word in others.words])
