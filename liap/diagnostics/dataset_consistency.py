"""Dataset consistency: are instances that a model reads alike explained alike? (Atanasova et al. 2020, section 3.3)

In: one model's activations and word scores. Out: Spearman's correlation, over pairs of instances, between the distance of the activations and
the distance of the explanations; in [-1, 1], higher is better.

1. Every two instances of different sentences are a pair. Activations are means over words, so that sentences of any length can be compared.
2. Explanations are compared by word form (in small letters): a form's score is the sum over its places in the context, 0 where it does not
   occur; the distance is the mean absolute difference over the forms of either. Scores are those of each instance's reference class.

Control: the difference of the two sentences' lengths in the place of the explanations' distance. Differences from the published code: it samples pairs
of one label that share words and pairs of two labels that do not, pads activations to 512 pieces and compares them place by place, and reads the
scores of class 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Bool, Float

from liap.diagnostics.class_scores import Answer, Instance
from liap.diagnostics.model_distances import instance_distances, mean_states
from liap.diagnostics.rationale_consistency import LENGTH
from liap.diagnostics.resampled_values import NOTHING, Value, over_models, spearman_value


def pair_activations(answers: Sequence[Answer], *, signed: bool = False) -> Float[np.ndarray, " pairs"] | None:
    """The distance of the activations of every two instances; None where the model gives none."""
    if any(answer.states is None for answer in answers):
        return None
    states = np.stack([mean_states(answer) for answer in answers])
    return np.concatenate([instance_distances(states, place, signed=signed) for place in range(len(states))])


def dataset_consistency(
    instances: Sequence[Instance],
    models: Sequence[Sequence[Answer]],
    activations: Sequence[Float[np.ndarray, " pairs"] | None],
    method: str,
    weights: Float[np.ndarray, "resamples instances"],
    *,
    class_zero: bool = False,
) -> Value:
    """The correlation of one method, a mean over models. A pair counts in a resample as often as both of its documents are drawn together."""
    allowed, summed = _different_sentences(instances), _pair_sums(weights)
    parts = []
    for answers, apart in zip(models, activations, strict=True):
        if apart is None:
            return Value((), np.full(len(weights), np.nan), 0, NOTHING)
        if method == LENGTH:
            explained = _length_differences(instances)
        else:
            explained = explanation_distances(instances, answers, method, class_zero=class_zero)
        parts.append(spearman_value(np.where(allowed, apart, np.nan), explained, summed))
    return over_models(parts)


def explanation_distances(
    instances: Sequence[Instance], answers: Sequence[Answer], method: str, *, class_zero: bool = False
) -> Float[np.ndarray, " pairs"]:
    """Of every two instances; NaN where either has no scores."""
    forms: dict[str, int] = {}
    rows = []
    for instance, answer in zip(instances, answers, strict=True):
        scores = answer.scores.get(method)
        row: dict[int, float] = {}
        for word in np.flatnonzero(instance.context).tolist() if scores is not None else ():
            form = forms.setdefault(instance.words[word].casefold(), len(forms))
            row[form] = row.get(form, 0.0) + float(scores[0 if class_zero else instance.reference, word])
        rows.append(row)
    table, has = np.zeros((len(rows), len(forms))), np.zeros((len(rows), len(forms)), dtype=bool)
    for place, row in enumerate(rows):
        table[place, list(row)], has[place, list(row)] = list(row.values()), True
    return np.concatenate([_to_later(table, has, place) for place in range(len(rows))])


def _to_later(
    table: Float[np.ndarray, "instances forms"], has: Bool[np.ndarray, "instances forms"], place: int
) -> Float[np.ndarray, " others"]:
    own, later = has[place].any(), has[place + 1 :].any(axis=1)
    both = (has[place] | has[place + 1 :]).sum(axis=1)
    apart = np.abs(table[place] - table[place + 1 :]).sum(axis=1) / np.maximum(both, 1)
    return np.where(own & later, apart, np.nan)


def _different_sentences(instances: Sequence[Instance]) -> Bool[np.ndarray, " pairs"]:
    sentences = np.array([instance.sentence for instance in instances])
    return np.concatenate([sentences[place] != sentences[place + 1 :] for place in range(len(sentences))])


def _length_differences(instances: Sequence[Instance]) -> Float[np.ndarray, " pairs"]:
    lengths = np.array([float(len(instance.words)) for instance in instances])
    return np.concatenate([np.abs(lengths[place] - lengths[place + 1 :]) for place in range(len(lengths))])


def _pair_sums(weights: Float[np.ndarray, "resamples instances"]) -> Callable[[np.ndarray], np.ndarray]:
    """Columns over pairs -> their sums in each resample, a pair weighing the product of its instances' weights."""
    count = weights.shape[1]
    first, second = np.triu_indices(count, k=1)

    def summed(columns: Float[np.ndarray, "pairs sums"]) -> Float[np.ndarray, "resamples sums"]:
        sums = []
        for column in columns.T:
            square = np.zeros((count, count))
            square[first, second] = column
            sums.append(((weights @ square) * weights).sum(axis=1))
        return np.stack(sums, axis=1)

    return summed
