"""Word scores of text classifiers by the project's explainers, and VMASK trained on a classifier.

A text is a sentence whose mention is the pseudo-word in front, so the nearest words are its first ones.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from jaxtyping import Float

from liap.explainers import EXPLAINERS, Case
from liap.explainers.frequency import count_forms
from liap.explainers.gate_network import read_network, save
from liap.perturbation.view import Reading
from liap.rationales import gate_training, word_mask_training
from liap.rationales.recogniser_gates import sampler
from liap.rationales.word_mask_training import WordMaskSettings
from liap.records import LabelledText
from liap.settings import MethodSettings
from liap.taggers.prediction import predict
from liap.taggers.targets import target_of
from liap.taggers.text_classifier import TextClassifier

AT_ONCE = 64  # texts


def cases_of(
    classifier: TextClassifier,
    texts: Sequence[LabelledText],
    settings: MethodSettings,
    counted: Sequence[LabelledText] = (),
) -> list[Case]:
    """A case for each text, of the class that the classifier gives it; `counted` are further texts whose words are counted."""
    sentences = [text.sentence for text in texts]
    counts = count_forms([*sentences, *(text.sentence for text in counted)])
    found = predict(classifier, sentences).mentions
    cases = []
    for at in range(0, len(texts), AT_ONCE):
        part, mentions = sentences[at : at + AT_ONCE], found[at : at + AT_ONCE]
        reading = Reading(classifier, [one.words for one in part], mentions)
        cases += [Case(part[view.sentence], view.mention, view, settings, counts=counts) for view in reading.views]
    return cases


def scores_by(
    explainer: str, cases: Sequence[Case], options: Mapping[str, object]
) -> tuple[list[Float[np.ndarray, " words"]], float]:
    """The explainer's scores of the words behind the pseudo-word (its first draw), and its seconds of processor time."""
    began = time.process_time()
    declared = EXPLAINERS[explainer]
    rows = [declared(case, options.get(explainer))[0].scores[0, 1:] for case in cases]
    return rows, time.process_time() - began


def train_word_mask(
    classifier: TextClassifier, texts: Sequence[LabelledText], how: WordMaskSettings, path: Path
) -> float:
    """Train VMASK on the classes that the classifier gives these texts and write it; the seconds of processor time."""
    began = time.process_time()
    sentences = [text.sentence for text in texts if len(text.words) > 1]
    found = predict(classifier, sentences).mentions
    targets = [
        target_of("type", classifier.labels, sentence.words, mentions[0])
        for sentence, mentions in zip(sentences, found, strict=True)
        if mentions
    ]
    draw = sampler(classifier, targets, how.batch)
    shape = draw(np.random.default_rng(0)).states.shape
    width = classifier.model.get_input_embeddings().weight.shape[1]
    training = word_mask_training.begin(shape[3], width, how)
    trained = gate_training.train(training, draw, how, step=word_mask_training.advance)
    seconds = time.process_time() - began
    save(trained.network, {**asdict(how), "seconds": seconds, "history": trained.history}, path)
    read_network.cache_clear()
    return seconds
