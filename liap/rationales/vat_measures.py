"""What the VAT study measures of each trained classifier: a row per text, scorer, judge and operator, and a row per text against gold polarities.

Scorers are explainers of the project: the classifier's own attention or mask where it has one, the controls (random, first words, rare words), and VMASK where it was
trained. Judges are the classifier itself, and the base classifier of the same seed. Words are deleted, as published, or hidden by a token.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from liap.explainers.vmask import VMaskSettings
from liap.files import write_whole
from liap.rationales.classifier_scores import cases_of, scores_by, train_word_mask
from liap.rationales.rationale_blocks import OWN
from liap.rationales.rationale_judging import MOST, Judged, against_polarity, judge
from liap.rationales.vat_models import StudyModel, StudyTexts, Texts, spread
from liap.rationales.vat_settings import BASE, JOINT, VatStudySettings
from liap.settings import MethodSettings
from liap.taggers.text_classifier import TextClassifier

MEASURES = "measures.json"
CONTROLS = ("random", "nearest_words", "frequency")
SIZES = (1, 3, 5, 10, 20)  # K of the columns
POLAR_SIZES = (1, 5)


@dataclass(frozen=True, slots=True, eq=False)
class Measures:
    """Of one classifier."""

    judged: pd.DataFrame  # a row per text, scorer, judge and operator
    curves: pd.DataFrame  # a row per scorer, judge, operator and K: means over texts
    polarity: pd.DataFrame  # a row per text and scorer; empty where words have no gold polarity
    correct: pd.DataFrame  # a row per test text
    cost: pd.DataFrame  # a row per scorer


def measure(model: StudyModel, base: StudyModel, settings: VatStudySettings, texts: StudyTexts) -> Measures:
    """Everything of one classifier; `base` is the judge of its seed."""
    classifier = model.load(settings)
    judged_texts = spread(texts.test, settings.judged_texts)
    judges = {"base": base.load(settings), "itself": classifier}
    correct = correct_rows(classifier, texts.test)
    classes = classifier.class_probabilities(judged_texts).argmax(axis=1)
    about = {"method": model.method, "seed": model.seed}
    judged, curves, polarity, cost = [], [], [], []
    for name, scores, seconds, training in scored(model, classifier, settings, texts, judged_texts):
        of_scorer = about | {"scorer": name}
        cost.append(of_scorer | {"training_seconds": training, "ms": 1000 * seconds / len(judged_texts)})
        polarity += polarity_rows(judged_texts, scores, of_scorer)
        for by, other in judges.items():
            for operator in settings.operators:
                answers = judge(other, judged_texts, scores, classes, operator)
                where = of_scorer | {"judge": by, "operator": operator}
                judged += judged_rows(judged_texts, answers, where)
                curves += curve_rows(answers, where)
    return Measures(
        *(pd.DataFrame(rows) for rows in (judged, curves, polarity)), correct.assign(**about), pd.DataFrame(cost)
    )


def scored(
    model: StudyModel, classifier: TextClassifier, settings: VatStudySettings, texts: StudyTexts, judged: Texts
) -> Iterator[tuple[str, list[np.ndarray], float, float]]:
    """(scorer, scores of each text, seconds, seconds of training besides the classifier's) for each scorer."""
    options: dict[str, object] = {}
    names = [OWN] if "pooling" in classifier.capabilities else []
    names += CONTROLS if model.method == "vat" else ()
    training = 0.0
    if model.method == JOINT:
        names += [JOINT, "gradient_x_input", *CONTROLS]
    if settings.vmask_steps and model.method == "no_attention":
        path = measured_folder(model, settings) / "vmask.safetensors"
        training = train_word_mask(classifier, texts.train, settings.mask(model.seed), path)
        options["vmask"] = VMaskSettings(str(path))
        names += ["vmask", "gradient_x_input"]
    how = MethodSettings(seed=model.seed)
    for name in names:
        cases = cases_of(classifier, judged, how, texts.train)
        scores, seconds = scores_by(name, cases, options)
        yield name, scores, seconds, training if name == "vmask" else 0.0


def judged_rows(texts: Texts, answers: Judged, where: dict) -> list[dict]:
    """The columns `aopc_K` and `post_hoc_K`, and how much longer than K the text is."""
    columns = {f"aopc_{size}": answers.aopc(size) for size in SIZES}
    columns |= {f"post_hoc_{size}": answers.post_hoc(size) for size in SIZES}
    return [
        where
        | {"text": text.index, "words": len(text.words)}
        | {name: float(row[place]) for name, row in columns.items()}
        for place, text in enumerate(texts)
    ]


def curve_rows(answers: Judged, where: dict) -> list[dict]:
    """Means over texts for every K."""
    return [
        where | {"K": size, "aopc": float(answers.aopc(size).mean()), "post_hoc": float(answers.post_hoc(size).mean())}
        for size in range(1, MOST + 1)
    ]


def polarity_rows(texts: Texts, scores: Sequence[np.ndarray], where: dict) -> list[dict]:
    """Precision, recall and F1 of the best words, for texts with words of their class's polarity."""
    rows = []
    for text, row in zip(texts, scores, strict=True):
        if not text.polar_words:
            continue
        measured = {}
        for size in POLAR_SIZES:
            named = zip(("precision", "recall", "f1"), against_polarity(text, row, size), strict=True)
            measured |= {f"{name}_{size}": value for name, value in named}
        rows.append(where | {"text": text.index} | measured)
    return rows


def correct_rows(classifier: TextClassifier, texts: Texts) -> pd.DataFrame:
    """Whether each test text gets its class."""
    best = classifier.class_probabilities(texts).argmax(axis=1)
    right = [float(classifier.classes[place] == text.label) for place, text in zip(best, texts, strict=True)]
    return pd.DataFrame({"text": [text.index for text in texts], "correct": right})


def measured(models: Sequence[StudyModel], settings: VatStudySettings, texts: StudyTexts, identity: str) -> Measures:
    """The measures of all models, each kept in its file so that an interrupted study goes on."""
    bases = {model.seed: model for model in models if model.method == BASE}
    parts = [kept(model, bases[model.seed], settings, texts, identity) for model in models if model.method != BASE]
    return Measures(*(pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)))


def measured_folder(model: StudyModel, settings: VatStudySettings) -> Path:
    """Where a classifier's measures are kept: not in its own folder, whose files are its identity."""
    return Path(settings.results) / "measured" / model.folder.name


def kept(
    model: StudyModel, base: StudyModel, settings: VatStudySettings, texts: StudyTexts, identity: str
) -> tuple[pd.DataFrame, ...]:
    """One model's tables, from its folder if it was measured under the same identity."""
    path, names = measured_folder(model, settings) / MEASURES, [part.name for part in fields(Measures)]
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if known.get("identity") != identity:
        found = measure(model, base, settings, texts)
        known = {"identity": identity} | {name: getattr(found, name).to_dict("records") for name in names}
        write_whole(path, json.dumps(known))
        print(f"{model.method}-{model.seed}: measured", flush=True)
    return tuple(pd.DataFrame(known[name]) for name in names)
