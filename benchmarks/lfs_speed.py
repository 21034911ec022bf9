"""How much faster than the published calls? Same mentions, same model, one run; the drops are checked against each other.

    python benchmarks/lfs_speed.py --model best_ner_model --corpus data/conll2003 --parser models/en_ud_ewt_sm --srl-archive models/srl-minilm.tar.gz

1. *published calls*: for every mention and each of five strategies, parse the sentence, label its roles one verb at a time, read
   attention with one full pass, and mask each context word with one forward pass of its own. It uses the libraries as their
   documentation does and shares no code with the engine. `one strategy` counts these calls once, for those who would not repeat them.
2. *ours*: parsing, labelling and `liap.evaluation.evaluate` with all variants and controls on the same mentions, in fp32, in the
   precision that is the default, and in the reduced ones, with nothing cached.

Ours scores a sentence's masks once for all its mentions, the published calls once a mention; so the ratio is larger where every mention is
explained than on a sample (`--per-type 10`), whose mentions are nearly all of different sentences.

Loading models is outside the clock for both. Prints seconds, mentions per second and ratios; exits 1 where a drop in fp32 differs by
more than 1e-4.
"""

from __future__ import annotations

import sys
import time
from types import SimpleNamespace

import numpy as np

from liap import cli

MODEL = "best_ner_model"  # the recogniser's folder
CORPUS = "eriktks/conll2003"  # a corpus, as for run_liap_evaluation.py
SPLIT = "test"  # which part of the corpus
PARSER = "en_core_web_sm"  # a spaCy pipeline's name or folder
SRL_ARCHIVE = ""  # an AllenNLP SRL archive; none: the published one
SENTENCES = 40  # explain every mention of the split's first so many sentences
PER_TYPE = 0  # or, instead, so many mentions of each predicted type, drawn from the whole split
STRATEGIES = 5  # how often the published protocol repeats its calls for a mention
SEED = 0  # of the sample
REPEATS = 3  # times that ours is run; the median counts


def main() -> None:
    given = cli.settings(__file__)
    cli.quiet_libraries()
    from liap import corpora
    from liap.corpora.sampling import sample
    from liap.evaluation import predict
    from liap.perturbation.engine import Engine
    from liap.taggers.transformer import Recogniser

    sentences = corpora.load(given.corpus, given.split, limit=0 if given.per_type else given.sentences)
    found = predict(Engine(Recogniser.load(given.model)), sentences)
    mentions = sample([one for each in found.mentions for one in each], given.per_type, given.seed)
    pairs = [(sentences[mention.sentence], mention) for mention in mentions]
    print(f"{len(pairs)} mentions, {sum(len(sentence.words) for sentence, _ in pairs)} words in their sentences")
    calls = PublishedCalls(given)
    began = time.perf_counter()
    drops = [calls.drops(*pair) for pair in pairs]
    one = time.perf_counter() - began
    began = time.perf_counter()
    for pair in pairs:
        for _ in range(given.strategies - 1):
            calls.drops(*pair)
    published = one + time.perf_counter() - began
    show("published calls", published, published, len(pairs))
    show("one strategy", one, published, len(pairs))
    worst = 0.0
    for precision in ("fp32", "bf16", "bf16-weights"):
        seconds, ours = measure(given, pairs, precision)
        show(f"ours, {precision}", seconds, published, len(pairs))
        differs = max(float(np.abs(one - other).max()) for one, other in zip(drops, ours, strict=True))
        print(f"    largest difference of a drop: {differs:.2e}")
        worst = differs if precision == "fp32" else worst
    if worst > 1e-4:
        sys.exit("the drops in fp32 differ by more than 1e-4: the two do not compute the same thing")


def show(name: str, seconds: float, published: float, mentions: int) -> None:
    print(f"{name:>16}: {seconds:8.2f} s, {mentions / seconds:7.2f} mentions/s, {published / seconds:6.1f} x")


class PublishedCalls:
    """The calls of the published pipeline, one sentence at a time."""

    def __init__(self, given) -> None:
        import spacy
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        from liap.linguistics.srl.frames import Request

        self.parser = spacy.load(given.parser)
        self.labeller = load_labeller(given)
        self.request = Request
        self.tokenizer = AutoTokenizer.from_pretrained(given.model)
        self.model = AutoModelForTokenClassification.from_pretrained(given.model, attn_implementation="eager").eval()

    def drops(self, sentence, mention) -> np.ndarray:
        """Parse, roles, attention, and `p - p(word masked)` a word, every pass on its own."""
        from spacy.tokens import Doc

        words = list(sentence.words)
        document = self.parser(Doc(self.parser.vocab, words=words))
        for token in document:
            if token.pos_ == "VERB":
                self.labeller.tag([self.request(tuple(words), token.i)])
        base = self.probability(words, mention, None, attention=True)
        return np.array(
            [
                0.0 if mention.start <= word < mention.end else base - self.probability(words, mention, word)
                for word in range(len(words))
            ]
        )

    def probability(self, words: list[str], mention, masked: int | None, attention: bool = False) -> float:
        import torch

        encoded = self.tokenizer(words, is_split_into_words=True, return_tensors="pt")
        belongs = encoded.word_ids()
        if masked is not None:
            places = [place for place, word in enumerate(belongs) if word == masked]
            encoded["input_ids"][0, places] = self.tokenizer.mask_token_id
        with torch.no_grad():
            output = self.model(**encoded, output_attentions=attention)
        probabilities = torch.softmax(output.logits[0], dim=-1)
        logs = [
            torch.log(probabilities[belongs.index(word), self.model.config.label2id[tag]])
            for word, tag in zip(range(mention.start, mention.end), mention.tags, strict=True)
        ]
        return float(torch.exp(torch.stack(logs).mean()))


def load_labeller(given):
    """The role labeller itself, without the cache around it."""
    from liap.linguistics.srl.archive_files import read_configuration
    from liap.linguistics.srl.archive_model import load
    from liap.linguistics.srl.download import find_archive

    archive = find_archive(given.srl_archive, cache=None, progress=True)
    return load(archive, read_configuration(archive), encoder="", precision="fp32")


def measure(given, pairs, precision: str) -> tuple[float, list[np.ndarray]]:
    """Seconds for parsing, labelling and evaluating the mentions (median of the repeats), and the drops."""
    from liap.evaluation import evaluate
    from liap.explainers import EXPLAINERS
    from liap.linguistics.annotation import open_annotator
    from liap.perturbation.engine import Engine
    from liap.pipeline import of_sentences
    from liap.settings import EvaluationSettings
    from liap.taggers.transformer import Recogniser

    names = tuple(name for name in EXPLAINERS if name not in ("occlusion", "lime", "liap_published"))
    settings = EvaluationSettings(explainers=names)
    engine = Engine(Recogniser.load(given.model, precision=precision))
    flags = vars(given) | {
        "srl": "archive", "srl_encoder": "", "srl_environment": "", "cache": "",
        "srl_precision": "fp32" if precision == "fp32" else "bf16",
    }  # fmt: skip
    sentences = {sentence.index: sentence for sentence, _ in pairs}
    chosen = of_sentences(sentences.values(), [mention for _, mention in pairs])
    seconds = []
    with open_annotator(SimpleNamespace(**flags)) as annotator:
        for _ in range(given.repeats + 1):  # the first loads the parser and the labeller, and does not count
            began = time.perf_counter()
            outcome = evaluate(engine, annotator(*chosen).items, settings)
            seconds.append(time.perf_counter() - began)
    found = {(one.mention.sentence, one.mention.start): one.scores["occlusion_ceiling"] for one in outcome.explanations}
    return float(np.median(seconds[1:])), [found[mention.sentence, mention.start] for _, mention in pairs]


if __name__ == "__main__":
    cli.run(main)
