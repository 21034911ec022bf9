"""A model and its instances -> word scores for every class, class probabilities and activations.

An *instance* is a mention in its sentence (or the whole text, which a classifier reads as one mention). Its *classes* are the types that
the model knows, and its *reference* class is the type that all trained models give it.

1. Each mention is explained once for every class: the same span, and p of another type. Perturbing explainers ask for the same masks, which are
   scored once for all classes; gradients are taken for each.
2. Explainers with random draws give each model and class a draw of their own. All others have the same randomness in every model.
3. The probability of a class is that of its type (`--target type`); one more *outcome* stands for no class at all (the label outside).
4. Activations are those of the words' first pieces, after the embeddings and after each layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from liap.evaluation import explain_items
from liap.explainers import Case, Explainer
from liap.faithfulness.evidence_found import known_evidence
from liap.linguistics.annotation import Item
from liap.records import Explanation, Mention
from liap.settings import MethodSettings
from liap.taggers.label_schemes import LabelScheme, scheme_of
from liap.taggers.tagger import Tagger

CHUNK = 16  # sentences that are explained together


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model, and its number among all that are diagnosed."""

    name: str
    number: int
    trained: bool
    tagger: Tagger


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """What is explained, the same for every model."""

    words: tuple[str, ...]
    sentence: int
    document: int
    context: Bool[np.ndarray, " words"]
    reference: int  # the class that the trained models give it
    gold: int  # -1 where there is none
    evidence: tuple[int, ...] | None  # words that people marked; None where they marked none


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a model says of an instance."""

    probabilities: Float[np.ndarray, " outcomes"]  # of each class, then of none
    scores: Mapping[
        str, Float[np.ndarray, "classes words"]
    ]  # by method; those that explain a single class have one row
    states: Float[np.ndarray, "layers words width"] | None = None  # NaN at words without a piece

    def scored(self, method: str, reference: int) -> Float[np.ndarray, " words"] | None:
        """The scores for the reference class."""
        scores = self.scores.get(method)
        return None if scores is None else scores[reference if len(scores) > 1 else 0]

    @property
    def predicted(self) -> int:
        """The most probable class."""
        return int(np.argmax(self.probabilities[:-1]))


def explain_classes(
    model: Model,
    items: Sequence[Item],
    settings: MethodSettings,
    explainers: Sequence[Explainer],
    counts: Mapping[str, int],
    *,
    every_class: bool = True,
) -> tuple[list[Instance], list[Answer]]:
    """Instances and the model's answers, without activations, in the order of the items, which have one mention each.

    With `every_class` False scores are those of the reference class alone.
    """
    scheme = scheme_of(tuple(model.tagger.labels))
    several = len(scheme.types) if every_class else 1
    instances, answers = [], []
    for begin in range(0, len(items), CHUNK):
        part = items[begin : begin + CHUNK]
        expanded = [_expanded(item, scheme) if every_class else item for item in part]
        found = explain_items(model.tagger, expanded, settings, explainers, counts=counts)
        for place, item in enumerate(part):
            case = found.cases[place * several]
            group = found.explanations[place * several : (place + 1) * several]
            instances.append(_instance(case, item.mentions[0], scheme))
            answers.append(Answer(_probabilities(case, scheme), _scores(group, model.number * len(scheme.types))))
    return instances, answers


def with_states(model: Model, items: Sequence[Item], answers: Sequence[Answer]) -> list[Answer]:
    """The answers with the model's activations; as they are where it gives none."""
    if "hidden_states" not in model.tagger.capabilities:
        return list(answers)
    states = model.tagger.hidden_states([item.sentence.words for item in items])
    return [replace(answer, states=one.astype(np.float32)) for answer, one in zip(answers, states, strict=True)]


def class_probabilities(
    labels: Float[np.ndarray, "masks span labels"], scheme: LabelScheme
) -> Float[np.ndarray, "masks outcomes"]:
    """The geometric mean, over the span, of the probability of each type's labels together, and last that of the label outside."""
    kinds = np.array([kind for _, kind in scheme.parts])
    groups = [*(kinds == kind for kind in scheme.types), np.arange(len(kinds)) == scheme.outside]
    chosen = np.stack([labels.astype(np.float64)[:, :, group].sum(axis=2) for group in groups], axis=2)
    with np.errstate(divide="ignore"):
        return np.exp(np.log(chosen).mean(axis=1))


def _expanded(item: Item, scheme: LabelScheme) -> Item:
    """The item with its mention once for every class."""
    (mention,) = item.mentions
    labels = [
        next(label for label, (_, kind) in zip(scheme.labels, scheme.parts, strict=True) if kind == wanted)
        for wanted in scheme.types
    ]
    pairs = zip(labels, scheme.types, strict=True)
    size = len(mention.tags)
    return replace(
        item, mentions=tuple(replace(mention, tags=(label,) * size, predicted_type=kind) for label, kind in pairs)
    )


def _instance(case: Case, mention: Mention, scheme: LabelScheme) -> Instance:
    known = known_evidence(case)
    types = list(scheme.types)
    kind = scheme.parts[scheme.labels.index(mention.tags[0])][1]
    return Instance(
        words=case.words,
        sentence=mention.sentence,
        document=mention.document,
        context=case.context,
        reference=types.index(kind),
        gold=types.index(mention.gold_type) if mention.gold_type in types else -1,
        evidence=known.words if known else None,
    )


def _probabilities(case: Case, scheme: LabelScheme) -> Float[np.ndarray, " outcomes"]:
    intact = np.ones((1, len(case.words)), dtype=bool)
    return class_probabilities(case.view.label_probabilities(intact, case.settings.explainer_operator), scheme)[0]


def _scores(group: Sequence[Sequence[Explanation]], first: int) -> dict[str, Float[np.ndarray, "classes words"]]:
    """The scores of each method for every class; a method without scores for some class is left out."""
    found: dict[str, list[Any]] = {}
    for place, explanations in enumerate(group):
        for part in explanations:
            drawn = None if part.scores is None else part.scores[(first + place) % len(part.scores)]
            found.setdefault(part.method, []).append(drawn)
    return {method: np.stack(rows) for method, rows in found.items() if all(row is not None for row in rows)}
