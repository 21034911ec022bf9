"""LIAP: which words does a named-entity recogniser rely on, and does its attention follow linguistic structure?

    import liap

    tagger = liap.load_tagger("best_ner_model")
    for mention in liap.explain(tagger, "Angela Merkel visited Paris .", explainers=("occlusion", "attention")):
        print(mention.text, mention.predicted_type, mention.top_words("occlusion"), mention.faithfulness["occlusion"]["lfs"])

The names below are the public ones. They load when they are first used, so `import liap` loads nothing heavy. The first of them also sets
how PyTorch's threads wait (see `liap.openmp`), unless PyTorch is loaded or the environment says it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from liap.openmp import wait_briefly

__version__ = "0.2.0"

if TYPE_CHECKING:
    from liap.api import ExplainedMention, explain, read_text, score
    from liap.corpora import load as read_corpus
    from liap.errors import InputError
    from liap.evaluation import evaluate
    from liap.explainers import EXPLAINERS, Case, explainer, setting
    from liap.faithfulness import METRICS, Column, metric
    from liap.records import Explanation, Frame, Mention, Parse, Sentence
    from liap.settings import MethodSettings
    from liap.taggers.prediction import predict
    from liap.taggers.tagger import Tagger
    from liap.taggers.transformer import load_tagger

_PLACES = {
    "load_tagger": "liap.taggers.transformer",
    "Tagger": "liap.taggers.tagger",
    "read_corpus": "liap.corpora:load",
    "read_text": "liap.api",
    "predict": "liap.taggers.prediction",
    "explain": "liap.api",
    "score": "liap.api",
    "ExplainedMention": "liap.api",
    "evaluate": "liap.evaluation",
    "MethodSettings": "liap.settings",
    "EXPLAINERS": "liap.explainers",
    "explainer": "liap.explainers",
    "setting": "liap.explainers",
    "Case": "liap.explainers",
    "METRICS": "liap.faithfulness",
    "metric": "liap.faithfulness",
    "Column": "liap.faithfulness",
    "Explanation": "liap.records",
    "Sentence": "liap.records",
    "Mention": "liap.records",
    "Parse": "liap.records",
    "Frame": "liap.records",
    "InputError": "liap.errors",
}

__all__ = [
    "EXPLAINERS",
    "METRICS",
    "Case",
    "Column",
    "ExplainedMention",
    "Explanation",
    "Frame",
    "InputError",
    "Mention",
    "MethodSettings",
    "Parse",
    "Sentence",
    "Tagger",
    "__version__",
    "evaluate",
    "explain",
    "explainer",
    "load_tagger",
    "metric",
    "predict",
    "read_corpus",
    "read_text",
    "score",
    "setting",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'liap' has no attribute {name!r}; it has {', '.join(_PLACES)}")
    wait_briefly()
    module, _, attribute = _PLACES[name].partition(":")
    value = getattr(importlib.import_module(module), attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
