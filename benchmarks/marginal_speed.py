"""How much faster is input marginalisation than one replacement per pass? Same mentions, same models, and the values are compared.

    python benchmarks/marginal_speed.py --model best_ner_model --corpus data/conll2003 --language-model encoders/masked

1. *one replacement per pass*: for every mention and context word, one pass of the masked language model, then one pass of the recogniser for each likely
   word, as the equations of Kim et al. (2020) are written. It uses transformers as its documentation does and shares no code with the operator.
2. *ours*: the explainer `marginalisation` on the same sentences: a sentence's mentions share its masks, replacements go in batches, and equal
   sentences are read once; at each precision.

Both have the same threshold. Loading models is off the clock. Prints processor seconds, ratios and the largest difference of a marginal p; exits with 1 if
that is above 1e-4 in fp32.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from liap import cli
from liap.settings import CorpusSettings, MethodSettings, TaggerSettings, check_number

if TYPE_CHECKING:
    from liap.records import Mention, Sentence

    Pairs = Sequence[tuple[Sentence, Mention]]

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
LANGUAGE_MODEL = ""  # a masked language model's folder, or its name on the hub
THRESHOLD = 1e-3  # probability from which a word may stand in another's place
SENTENCES = 300  # of the split, from its start; ours explains every mention in them
PLAIN_SENTENCES = 12  # of these, spread evenly, those on which both are timed and compared
CHUNK = 16  # sentences that ours reads at a time


@dataclass(frozen=True, kw_only=True)
class MarginalSpeedSettings(CorpusSettings, TaggerSettings):
    """Which mentions are timed."""

    language_model: str
    threshold: float
    chunk: int
    plain_sentences: int

    def check(self) -> None:
        check_number("--threshold", self.threshold, 0, 1)
        check_number("--plain-sentences", self.plain_sentences, 1)


def main() -> None:
    settings = cli.settings(__file__, MarginalSpeedSettings)
    pairs = choose(settings)
    sentences = sorted({sentence.index for sentence, _ in pairs})
    few = set(sentences[:: max(1, len(sentences) // settings.plain_sentences)][: settings.plain_sentences])
    compared = [pair for pair in pairs if pair[0].index in few]
    print(f"{len(pairs)} mentions in {len(sentences)} sentences; compared on {len(compared)} mentions in {len(few)}")
    seconds, expected, passes = plainly(settings, compared)
    print(
        f"one replacement per pass: {seconds:.1f} s of processor time, {passes} passes, {seconds / passes * 1e3:.2f} ms per pass"
    )
    wrong = 0.0
    for precision in ("fp32", "bf16"):
        ours, found, read = batched(settings, compared, precision)
        apart = max(float(np.abs(a - b).max()) for a, b in zip(expected, found, strict=True))
        wrong = apart if precision == "fp32" else wrong
        print(
            f"ours, {precision}: {ours:.1f} s, {read} passes; {seconds / ours:.1f} times as fast; largest difference of p: {apart:.1e}"
        )
    if len(pairs) > len(compared):
        ours, _, read = batched(settings, pairs, "bf16")
        print(
            f"ours, bf16, all {len(pairs)} mentions: {ours:.1f} s, {read} passes, {ours / len(pairs) * 1e3:.0f} ms per mention"
        )
    sys.exit(wrong > 1e-4)


def choose(settings: MarginalSpeedSettings) -> Pairs:
    """Every mention of the sentences that the recogniser reads."""
    from liap import corpora
    from liap.taggers.prediction import predict
    from liap.taggers.transformer import open_tagger

    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    found = predict(open_tagger(settings), sentences).mentions
    return [(sentence, mention) for sentence, inside in zip(sentences, found, strict=True) for mention in inside]


def plainly(settings: MarginalSpeedSettings, pairs: Pairs) -> tuple[float, list[np.ndarray], int]:
    """Processor seconds, p with each context word marginalised, and passes of the recogniser, one replacement at a time."""
    import torch
    from transformers import AutoModelForMaskedLM, AutoModelForTokenClassification, AutoTokenizer

    folder, tokenizer = settings.language_model, AutoTokenizer.from_pretrained(settings.language_model)
    masked = AutoModelForMaskedLM.from_pretrained(folder).eval()
    recogniser = AutoModelForTokenClassification.from_pretrained(settings.model).eval()
    own = AutoTokenizer.from_pretrained(settings.model)
    words = {piece: text for text, piece in tokenizer.get_vocab().items() if is_word(tokenizer, text, piece)}
    allowed = torch.zeros(masked.config.vocab_size, dtype=torch.bool)
    allowed[list(words)] = True
    kinds = [label.partition("-")[2] for label in recogniser.config.id2label.values()]
    began, answers, passes = time.process_time(), [], 0
    for sentence, mention in pairs:
        of_type = torch.tensor([kind == mention.tags[0].partition("-")[2] for kind in kinds])
        marginal = []
        for word in np.flatnonzero(mention.context(len(sentence.words))):
            text = [tokenizer.mask_token if place == word else other for place, other in enumerate(sentence.words)]
            inputs = tokenizer(text, is_split_into_words=True, return_tensors="pt")
            with torch.no_grad():
                logits = masked(**inputs).logits[0, inputs.word_ids(0).index(word)]
            shares = torch.softmax(logits, dim=-1) * allowed
            likely = torch.nonzero(shares >= min(settings.threshold, float(shares.max())))[:, 0].tolist()
            total = torch.zeros(mention.end - mention.start, dtype=torch.float64)
            for piece in likely:
                text[word] = words[piece]
                inputs = own(text, is_split_into_words=True, return_tensors="pt")
                with torch.no_grad():
                    labels = torch.softmax(recogniser(**inputs).logits[0], dim=-1)
                first = [inputs.word_ids(0).index(place) for place in range(mention.start, mention.end)]
                total += float(shares[piece]) * labels[first][:, of_type].sum(dim=1).double()
                passes += 1
            marginal.append(float(torch.exp(torch.log(total / float(shares[likely].double().sum())).mean())))
        answers.append(np.array(marginal))
    return time.process_time() - began, answers, passes


def is_word(tokenizer, text: str, piece: int) -> bool:
    """Whether the piece's text is split into this piece alone, and is no special token."""
    return piece not in tokenizer.all_special_ids and tokenizer.encode(text, add_special_tokens=False) == [piece]


def batched(settings: MarginalSpeedSettings, pairs: Pairs, precision: str) -> tuple[float, list[np.ndarray], int]:
    """Processor seconds, the same values, and passes of the recogniser, by the operator."""
    from liap.perturbation.scorer import single_masks
    from liap.perturbation.view import Reading, marginal_of
    from liap.taggers.masked_model import open_masked_model
    from liap.taggers.transformer import open_tagger

    method = MethodSettings(language_model=settings.language_model, replacement_threshold=settings.threshold)
    tagger = open_tagger(replace(settings, precision=precision))
    _ = tagger.architecture, open_masked_model(settings.language_model).vocabulary
    texts = {sentence.index: sentence for sentence, _ in pairs}
    inside = {index: tuple(mention for sentence, mention in pairs if sentence.index == index) for index in texts}
    tagger.meter.passes, began = 0, time.process_time()
    found = {}
    for begin in range(0, len(texts), settings.chunk):
        part = list(texts)[begin : begin + settings.chunk]
        words, mentions = [texts[index].words for index in part], [inside[index] for index in part]
        reading = Reading(tagger, words, mentions, "type", marginal_of(method, tagger))
        reading.score_single_words("marginal")
        for view in reading.views:
            of_sentence = words[view.sentence]
            masks = single_masks(len(of_sentence), np.flatnonzero(view.mention.context(len(of_sentence))))[1:]
            found[view.mention] = view.probability(masks, "marginal") if len(masks) else np.zeros(0)
    return time.process_time() - began, [found[mention] for _, mention in pairs], tagger.meter.passes


if __name__ == "__main__":
    cli.run(main)
