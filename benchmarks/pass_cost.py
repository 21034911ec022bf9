"""What does a pass of the recogniser cost, alone and in batches? The bound on what any arrangement of passes can save.

    python benchmarks/pass_cost.py --model best_ner_model --corpus data/conll2003

1. *alone*: one sentence per pass, as transformers' documentation does it, tokenising included.
2. *in batches*: the tagger's own, of like length, at each budget of pieces and precision.

Methods that perturb differ in how many passes they need and in nothing else: a method that needs a third of the passes, each at half the cost, is six times as fast.
Prints processor milliseconds per pass.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from liap import cli
from liap.errors import InputError
from liap.settings import CorpusSettings, TaggerSettings, check_number

if TYPE_CHECKING:
    from liap.taggers.tagger import Words

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
SENTENCES = 300  # of the split, from its start
BUDGETS = (256, 512, 1024, 2048, 4096)  # pieces in a batch
ALONE = 100  # sentences that are timed alone, spread evenly


@dataclass(frozen=True, kw_only=True)
class PassCostSettings(CorpusSettings, TaggerSettings):
    """Which passes are timed."""

    budgets: tuple[int, ...]
    alone: int

    def check(self) -> None:
        check_number("--alone", self.alone, 1)
        for budget in self.budgets:
            check_number("--budgets", budget, 1)


def main() -> None:
    settings = cli.settings(__file__, PassCostSettings)
    from liap import corpora

    sentences = [one.words for one in corpora.load(settings.corpus, settings.split, limit=settings.sentences)]
    few = [sentences[int(place)] for place in np.linspace(0, len(sentences) - 1, min(settings.alone, len(sentences)))]
    alone = one_by_one(settings.model, few)
    words = np.mean([len(one) for one in sentences])
    print(f"{len(sentences)} sentences of {words:.0f} words on average; a pass alone: {alone:.1f} ms")
    for precision in ("fp32", "bf16"):
        for budget in settings.budgets:
            cost = in_batches(replace(settings, precision=precision, pieces_per_batch=budget), sentences)
            print(f"{precision}, {budget} pieces in a batch: {cost:.1f} ms per pass, {alone / cost:.1f} times as fast")


def one_by_one(model: str, sentences: list[Words]) -> float:
    """Processor milliseconds per pass."""
    import torch
    from transformers import AutoModelForTokenClassification, AutoTokenizer

    tokenizer, recogniser = (
        AutoTokenizer.from_pretrained(model),
        AutoModelForTokenClassification.from_pretrained(model).eval(),
    )
    began = time.process_time()
    for words in sentences:
        inputs = tokenizer(list(words), is_split_into_words=True, return_tensors="pt")
        with torch.no_grad():
            torch.softmax(recogniser(**inputs).logits, dim=-1)
    return 1000 * (time.process_time() - began) / len(sentences)


def in_batches(settings: PassCostSettings, sentences: list[Words]) -> float:
    """Processor milliseconds per pass."""
    from liap.taggers.tagger import Request
    from liap.taggers.transformer import open_tagger

    tagger = open_tagger(settings)
    fitting = [words for words in sentences if tagger.fits(words)]
    if not fitting:
        raise InputError("--corpus: no sentence that the recogniser reads; expected some")
    requests = [
        Request(words, np.ones((1, len(words)), dtype=bool), "delete", np.zeros(1, dtype=int)) for words in fitting
    ]
    tagger.probabilities(requests[:1])
    began = time.process_time()
    tagger.probabilities(requests)
    return 1000 * (time.process_time() - began) / len(fitting)


if __name__ == "__main__":
    cli.run(main)
