"""The VAT study from texts to tables, pictures and a page (Zhou et al. 2021).

1. Classifiers are trained (`vat_models`), and measured (`vat_measures`); both are kept, so that an interrupted study goes on.
2. Tables: `accuracy.csv`, `explanations.csv`, `curves.csv`, `polarity.csv`, `cycles.csv`, `betas.csv`, `cost.csv` (training apart), and `claims.csv`.
3. Pictures of curves, cycles and representations; attention over chosen texts as a picture, `attention`, and a page, `attention.html`.
4. `study.json` has every setting, the beta in use, and the record of each training.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from liap import manifest
from liap.files import digest_of, write_whole
from liap.folder_lock import FolderLock
from liap.provenance import digest_of_code, provenance
from liap.rationales import attention_pages, vat_plots, vat_tables
from liap.rationales.attention_pages import ShownText
from liap.rationales.rationale_blocks import NAMES
from liap.rationales.vat_measures import Measures, measured
from liap.rationales.vat_models import StudyModel, StudyTexts, spread, trained_models
from liap.rationales.vat_settings import BASE, VatStudySettings
from liap.records import CLASS_WORD
from liap.reports.style import drawn_for, save
from liap.reports.summaries import save_tables

PICTURED = ("vat", "attention")  # methods whose representations and attention are drawn
SHORT = 22  # words, of texts that are shown
PAGE = "attention.html"


def run_study(settings: VatStudySettings) -> pd.DataFrame:
    """Everything; the claims."""
    lock = FolderLock(Path(settings.results))
    lock.acquire()
    try:
        return _run(settings, Path(settings.results))
    finally:
        lock.release()


def _run(settings: VatStudySettings, folder: Path) -> pd.DataFrame:
    texts = StudyTexts.of(settings)
    models, beta, grid = trained_models(settings, texts)
    identity = digest_of([repr(sorted(settings.deciding_rows().items())), texts.digest, digest_of_code(), f"{beta}"])
    measures = measured(models, settings, texts, identity)
    cycles = cycle_rows(models)
    tables = {
        "accuracy.csv": vat_tables.accuracies(measures),
        "explanations.csv": vat_tables.explanations(measures),
        "curves.csv": vat_tables.curves(measures),
        "polarity.csv": vat_tables.polarities(measures),
        "cycles.csv": cycles,
        "betas.csv": beta_rows(grid),
        "cost.csv": cost_rows(models, measures),
        "claims.csv": vat_tables.claims(measures, cycles),
    }
    tables = {name: table for name, table in tables.items() if len(table)}
    manifest.record(folder, [*tables, PAGE, "study.json"])
    save_tables(tables, folder)
    with drawn_for(settings):
        draw(folder, settings, texts, models, tables)
    record = {
        "settings": settings.deciding_rows(), "beta": beta, "texts": {name: len(getattr(texts, name)) for name in ("train", "dev", "test")},
        "trainings": [model.record for model in (*grid, *models)], **provenance(),
    }  # fmt: skip
    write_whole(folder / "study.json", json.dumps(record, indent=1, default=str) + "\n")
    return tables["claims.csv"]


def cycle_rows(models: Sequence[StudyModel]) -> pd.DataFrame:
    """A row per cycle of every model that has them."""
    return pd.DataFrame([
        {"method": model.method, "seed": model.seed, "kept": cycle["number"] == model.record["kept"], **cycle}
        for model in models
        for cycle in model.record["cycles"]
    ])  # fmt: skip


def beta_rows(grid: Sequence[StudyModel]) -> pd.DataFrame:
    """A row per beta of the grid: accuracy on dev of the cycle that was kept, by which beta is chosen."""
    shown = ("dev_accuracy", "test_accuracy", "apart")
    return pd.DataFrame([
        {"beta": model.record["beta"], "seed": model.seed, **{name: model.kept[name] for name in shown}} for model in grid
    ])  # fmt: skip


def cost_rows(models: Sequence[StudyModel], measures: Measures) -> pd.DataFrame:
    """Processor time: training of the classifier, training of an explainer beside it, and milliseconds per explanation; means over seeds."""
    training = pd.DataFrame(
        [{"method": one.method, "seed": one.seed, "classifier_seconds": one.record["seconds"]} for one in models]
    )
    rows = measures.cost.merge(training, on=["method", "seed"])
    columns = ["classifier_seconds", "training_seconds", "ms"]
    return rows.groupby(["method", "scorer"], sort=False)[columns].mean().reset_index()


def draw(
    folder: Path,
    settings: VatStudySettings,
    texts: StudyTexts,
    models: Sequence[StudyModel],
    tables: dict[str, pd.DataFrame],
) -> None:
    """Every picture, and the page."""
    for judge in ("base", "itself"):
        figure = vat_plots.plot_curves(tables["curves.csv"], judge)
        save(figure, folder, f"curves_{judge}", vat_plots.CURVES_CAPTION)
    means = tables["accuracy.csv"].set_index("method")["mean"]
    plain = {method: float(means[method]) for method in ("attention", "no_attention") if method in means}
    save(vat_plots.plot_cycles(tables["cycles.csv"], plain), folder, "cycles", vat_plots.CYCLES_CAPTION)
    first = {model.method: model for model in models if model.seed == settings.seeds[0] and model.method != BASE}
    loaded = {method: first[method].load(settings) for method in PICTURED}
    drawn = spread(texts.test, settings.pictured)
    words = [(CLASS_WORD, *text.words) for text in drawn]
    vectors = {method: classifier.representations(words) for method, classifier in loaded.items()}
    figure = vat_plots.plot_representations(vectors, [text.label for text in drawn], settings.seeds[0])
    save(figure, folder, "representations", vat_plots.REPRESENTATIONS_CAPTION)
    shown = shown_texts(loaded, texts, settings.shown)
    save(attention_pages.draw(shown), folder, "attention", vat_plots.ATTENTION_CAPTION)
    write_whole(folder / PAGE, attention_pages.page(shown, f"Attention over words: {settings.corpus}"))


def shown_texts(loaded: dict, texts: StudyTexts, count: int) -> list[ShownText]:
    """Short test texts, spread over the split."""
    short = tuple(text for text in texts.test if 5 <= len(text.words) <= SHORT) or texts.test
    chosen = spread(short, max(1, count))
    words = [(CLASS_WORD, *text.words) for text in chosen]
    weights = {NAMES[method]: one.pooling(words) for method, one in loaded.items()}
    said = {
        NAMES[method]: [one.classes[place] for place in one.class_probabilities(chosen).argmax(axis=1)]
        for method, one in loaded.items()
    }
    return [
        ShownText(
            text.words,
            text.label,
            frozenset(text.polar_words),
            {name: np.asarray(rows[place][1:]) for name, rows in weights.items()},
            {name: labels[place] for name, labels in said.items()},
        )
        for place, text in enumerate(chosen)
    ]
