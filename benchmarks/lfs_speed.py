"""How much faster than the published calls? Same mentions, same model, one run; the drops are checked against each other.

    python benchmarks/lfs_speed.py --model best_ner_model --corpus data/conll2003 --parser models/en_ud_ewt_sm --srl-archive models/srl-minilm.tar.gz

1. *published calls*: for every mention and each of five strategies, parse the sentence, label its roles one verb at a time, read
   attention in one full pass, and mask each context word in a forward pass of its own. They use the libraries as their documentation
   does and share no code with the tagger. `one strategy` counts these calls once, for readers who would not repeat them.
2. *ours*: parsing, labelling and `liap.evaluation.evaluate` with all variants and controls on the same mentions, at each precision,
   with nothing cached.

Ours scores a sentence's masks once for all its mentions; the published calls score them once per mention. So the ratio is larger where
every mention is explained than on a sample (`--per-type 10`), whose mentions are nearly all in different sentences.

Loading models is off the clock for both. Prints seconds, mentions per second and ratios; exits with 1 if a drop in fp32 differs by
more than 1e-4.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from liap import cli
from liap.settings import AnnotationSettings, CorpusSettings, MethodSettings, TaggerSettings, check_number

if TYPE_CHECKING:
    from liap.records import Mention, Sentence

    Pairs = Sequence[tuple[Sentence, Mention]]

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
PARSER = "en_core_web_sm"  # a spaCy pipeline's name or folder
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one
SRL_ENCODER = ""  # a folder with the role labeller's vocabulary; none: beside the archive, else from the hub
SENTENCES = 40  # explain every mention of the split's first so many sentences
PER_TYPE = 0  # or, instead, so many mentions of each predicted type, drawn from the whole split
STRATEGIES = 5  # how often the published protocol repeats its calls for a mention
SEED = 0  # of the sample
REPEATS = 3  # times that ours is run; the median counts


@dataclass(frozen=True, kw_only=True)
class LfsSpeedSettings(CorpusSettings, TaggerSettings, AnnotationSettings):
    """Which mentions are timed, and how often."""

    per_type: int
    strategies: int
    seed: int
    repeats: int

    def check(self) -> None:
        check_number("--strategies", self.strategies, 1)
        check_number("--repeats", self.repeats, 1)


def main() -> None:
    settings = cli.settings(__file__, LfsSpeedSettings)
    pairs = choose(settings)
    print(f"{len(pairs)} mentions, {sum(len(sentence.words) for sentence, _ in pairs)} words in their sentences")
    one_strategy, published, expected = time_published(settings, pairs)
    show("published calls", published, published, len(pairs))
    show("one strategy", one_strategy, published, len(pairs))
    differences = {}
    for precision in ("fp32", "bf16", "bf16-weights"):
        seconds, drops = time_ours(settings, pairs, precision)
        show(f"ours, {precision}", seconds, published, len(pairs))
        differences[precision] = max(float(np.abs(a - b).max()) for a, b in zip(expected, drops, strict=True))
        print(f"    largest difference of a drop: {differences[precision]:.2e}")
    if differences["fp32"] > 1e-4:
        sys.exit("the drops in fp32 differ by more than 1e-4: the two do not compute the same thing")


def choose(settings: LfsSpeedSettings) -> Pairs:
    """The mentions to explain, each with its sentence."""
    from liap import corpora
    from liap.corpora.sampling import sample
    from liap.taggers.prediction import predict
    from liap.taggers.transformer import load_tagger

    limit = 0 if settings.per_type else settings.sentences
    sentences = corpora.load(settings.corpus, settings.split, limit=limit)
    predictions = predict(load_tagger(settings.model), sentences)
    found = [mention for mentions in predictions.mentions for mention in mentions]
    return [(sentences[mention.sentence], mention) for mention in sample(found, settings.per_type, settings.seed)]


def show(name: str, seconds: float, published: float, mentions: int) -> None:
    print(f"{name:>16}: {seconds:8.2f} s, {mentions / seconds:7.2f} mentions/s, {published / seconds:6.1f} x")


def time_published(settings: LfsSpeedSettings, pairs: Pairs) -> tuple[float, float, list[np.ndarray]]:
    """Seconds of the published calls for one strategy and for all of them, and the drops of each mention."""
    calls = PublishedCalls(settings)
    began = time.perf_counter()
    drops = [calls.drops(*pair) for pair in pairs]
    one_strategy = time.perf_counter() - began
    for pair in pairs:
        for _ in range(settings.strategies - 1):
            calls.drops(*pair)
    return one_strategy, time.perf_counter() - began, drops


class PublishedCalls:
    """The calls of the published pipeline, one sentence at a time."""

    def __init__(self, settings: LfsSpeedSettings) -> None:
        import spacy
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        self.parser = spacy.load(settings.parser)
        self.labeller = load_labeller(settings)
        self.tokenizer = AutoTokenizer.from_pretrained(settings.model)
        model = AutoModelForTokenClassification.from_pretrained(settings.model, attn_implementation="eager")
        self.model = model.eval()

    def drops(self, sentence: Sentence, mention: Mention) -> np.ndarray:
        """Parse, roles, attention, and `p - p(word masked)` for each word, with a pass for each."""
        from spacy.tokens import Doc

        from liap.linguistics.srl.frames import Request

        words = list(sentence.words)
        document = self.parser(Doc(self.parser.vocab, words=words))
        for token in document:
            if token.pos_ == "VERB":
                self.labeller.tag([Request(sentence.words, token.i)])
        base = self.probability(words, mention, None, attention=True)
        return np.array(
            [
                0.0 if mention.start <= word < mention.end else base - self.probability(words, mention, word)
                for word in range(len(words))
            ]
        )

    def probability(self, words: list[str], mention: Mention, masked: int | None, attention: bool = False) -> float:
        import torch

        encoded = self.tokenizer(words, is_split_into_words=True, return_tensors="pt")
        word_of_piece = encoded.word_ids()
        if masked is not None:
            pieces = [piece for piece, word in enumerate(word_of_piece) if word == masked]
            encoded["input_ids"][0, pieces] = self.tokenizer.mask_token_id
        with torch.no_grad():
            output = self.model(**encoded, output_attentions=attention)
        probabilities = torch.softmax(output.logits[0], dim=-1)
        logs = [
            torch.log(probabilities[word_of_piece.index(word), self.model.config.label2id[tag]])
            for word, tag in zip(range(mention.start, mention.end), mention.tags, strict=True)
        ]
        return float(torch.exp(torch.stack(logs).mean()))


def load_labeller(settings: LfsSpeedSettings):
    """The role labeller itself, without the cache around it."""
    from liap.linguistics.srl.archive_files import read_configuration
    from liap.linguistics.srl.archive_model import load
    from liap.linguistics.srl.download import find_archive

    archive = find_archive(settings.srl_archive, cache=None, progress=True)
    return load(archive, read_configuration(archive), encoder=settings.srl_encoder, precision="fp32")


def time_ours(settings: LfsSpeedSettings, pairs: Pairs, precision: str) -> tuple[float, list[np.ndarray]]:
    """Seconds for parsing, labelling and evaluating the mentions (median of the repeats), and the drops of each mention."""
    from liap.evaluation import evaluate
    from liap.linguistics.annotation import group_by_sentence, open_annotator
    from liap.taggers.transformer import load_tagger

    explainers = (
        "liap", "attention", "occlusion_ceiling", "random", "matched_random", "matched_window", "matched_distance",
    )  # fmt: skip  # without those that perturb with another operator
    methods = MethodSettings(explainers=explainers)
    tagger = load_tagger(settings.model, precision=precision)
    uncached = replace(settings, srl="archive", srl_precision="fp32" if precision == "fp32" else "bf16", cache="")
    sentences = {sentence.index: sentence for sentence, _ in pairs}
    grouped = group_by_sentence(list(sentences.values()), [mention for _, mention in pairs])
    seconds = []
    with open_annotator(uncached) as annotator:
        for _ in range(settings.repeats + 1):  # the first round loads the parser and the labeller, and does not count
            began = time.perf_counter()
            outcome = evaluate(tagger, annotator(*grouped).items, methods)
            seconds.append(time.perf_counter() - began)
    drops = {(part.mention.sentence, part.mention.start): part.scores["occlusion_ceiling"] for part in outcome.scores}
    return float(np.median(seconds[1:])), [drops[mention.sentence, mention.start] for _, mention in pairs]


if __name__ == "__main__":
    cli.run(main)
