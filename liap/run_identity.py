"""What decides a run's rows: its source, the settings that do, and digests of everything that was read.

In: the settings of a script that explains mentions, and its sentences. Out: records for `run.json`, whose identity says whether a folder
holds this run.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from liap.files import digest_of, digest_of_files
from liap.records import Sentence
from liap.settings import AnnotationSettings, CorpusSettings, MethodSettings, TextSettings


def is_raw(settings: CorpusSettings) -> bool:
    """Whether text is read, and no corpus."""
    return isinstance(settings, TextSettings) and settings.raw


def source_of(settings: Any) -> dict[str, Any]:
    """What is read, and how many mentions of each type are explained (0: all), as the run's record has it.

    Of raw text every mention is explained unless `--examples-per-type` is given; its record has no corpus, and a digest of the text.
    """
    if not is_raw(settings):
        return {"examples_per_type": settings.examples_per_type}
    per_type = settings.examples_per_type if "examples_per_type" in settings.given else 0
    text = digest_of([settings.text]) if settings.text else ""
    return {"corpus": "", "split": "", "sentences": 0, "text": text, "examples_per_type": per_type}


def named_source(settings: Any) -> tuple[str, str]:
    """What is read, for a message, and the flag that names it."""
    if not is_raw(settings):
        return f"{settings.corpus} ({settings.split})", "--corpus"
    return (f"--text-file {settings.text_file}", "--text-file") if settings.text_file else ("--text", "--text")


def declarations_of(settings: MethodSettings) -> dict[str, list]:
    """The declarations of the explainers and metrics that run, so that tables can be made without their files."""
    from liap.evaluation import methods_of
    from liap.explainers.explainer import to_record
    from liap.faithfulness.metric import to_record as metric_record

    explainers, metrics = methods_of(settings)
    return {
        "explainers": [to_record(explainer.declaration) for explainer in explainers],
        "metrics": [metric_record(metric) for metric in metrics],
    }


def identity_of(settings: Any, sentences: Sequence[Sentence]) -> dict[str, object]:
    """What decides the rows: settings that do, digests of everything that was read, and the versions and code that ran."""
    from liap.corpora import digest_of_sentences
    from liap.evaluation import settings_of_methods, uses_marginal
    from liap.linguistics.annotation import identity_of_annotation
    from liap.plugins import files_of
    from liap.provenance import digest_of_weights, identity_of_software
    from liap.taggers.checkpoints import local_folder

    own = list(files_of((*settings.explainers, *settings.metrics, *settings.prunings)))
    fitted = [Path(settings.fitted)] if settings.fitted else []
    model = settings.language_model if uses_marginal(settings) else ""
    structure = identity_of_annotation(settings) if isinstance(settings, AnnotationSettings) else {}
    return {
        **settings.deciding_rows(),
        **source_of(settings),
        **settings_of_methods(settings),
        "corpus_digest": digest_of_sentences(sentences),
        "model_digest": digest_of_weights(local_folder(settings.model)),
        **{f"annotation_{name}": value for name, value in structure.items()},
        **({"own_files_digest": digest_of_files(own)} if own else {}),
        **({"language_model_digest": digest_of_weights(local_folder(model, flag="--language-model"))} if model else {}),
        **({"fitted_digest": digest_of_files(fitted)} if fitted else {}),
        **identity_of_software(settings.precision, settings.pieces_per_batch),
    }
