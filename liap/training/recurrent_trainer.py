"""Train a recurrent tagger on sentences in IOB2.

1. Sentences are shuffled anew for each epoch, cut into pools of `POOL` batches, and sorted by length inside a pool, so that hardly any
   padding is computed; then the batches are shuffled.
2. Each occurrence of a word that the training split has once is read as unknown with probability `unknown_share` (Lample et al. 2016),
   so that the vector of unknown words is trained. Without it, words outside the vocabulary keep a random vector.
3. The epoch with the best F1 on dev is kept.

The published recipe is that of Yang & Zhang 2018: SGD on the loss summed over a batch. Unlike there, gradients of all weights but word
vectors are clipped to a norm of `CLIP`, and weights do not decay (by 1e-8 there). The fast recipe is AdamW, which for word vectors
updates only the rows of a batch's own words.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from liap.errors import InputError
from liap.records import Sentence, tag_spans
from liap.taggers.entity_f1 import EntityScore, entity_f1
from liap.taggers.recurrent import RecurrentTagger
from liap.taggers.recurrent_network import RecurrentNetwork, RecurrentShape
from liap.taggers.recurrent_vectors import WordVectors, vector_table
from liap.taggers.recurrent_vocabulary import UNKNOWN, RecurrentVocabulary, Spellings, WordBatch, normalised
from liap.taggers.tagger import Meter
from liap.training.recurrent_settings import Recipe

POOL = 50  # batches
CLIP = 50.0  # of the gradient's norm, for a loss summed over a batch; a mean over words has 1
OUTSIDE = "O"


@dataclass(frozen=True, slots=True)
class RecurrentEpoch:
    """One pass over the training sentences."""

    number: int  # from 1
    loss: float  # nats per word
    dev_f1: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentTrained:
    """The kept tagger, and how it came about."""

    tagger: RecurrentTagger
    epochs: tuple[RecurrentEpoch, ...]
    best_epoch: int


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentCorpus:
    """Splits with tags, their labels, and the words that the tagger knows."""

    train: tuple[Sentence, ...]
    dev: tuple[Sentence, ...]
    labels: tuple[str, ...]
    vocabulary: RecurrentVocabulary
    once: frozenset[str]  # normalised words that the training split has once

    @classmethod
    def of(cls, train: Sequence[Sentence], dev: Sequence[Sentence], vectors: WordVectors) -> RecurrentCorpus:
        """InputError where a split has no sentence or no tags."""
        for name, split in (("train", train), ("validation", dev)):
            if not split or any(sentence.tags is None for sentence in split):
                raise InputError(f"--corpus: its {name} split has no sentence with tags; expected some")
        types = sorted({tag[2:] for sentence in train for tag in sentence.tags or () if tag != OUTSIDE})
        if not types:
            raise InputError("--corpus: its train split marks no entity; expected some")
        labels = (OUTSIDE, *(f"{prefix}-{kind}" for kind in types for prefix in "BI"))
        counts = Counter(normalised(word) for sentence in train for word in sentence.words)
        vocabulary = RecurrentVocabulary.of([sentence.words for sentence in train], vectors.found)
        once = frozenset(word for word, count in counts.items() if count == 1)
        return cls(tuple(train), tuple(dev), labels, vocabulary, once)


def train_recurrent(
    corpus: RecurrentCorpus,
    shape: RecurrentShape,
    vectors: WordVectors,
    recipe: Recipe,
    *,
    seed: int,
    unknown_share: float,
    report: Callable[[RecurrentEpoch], None] = lambda epoch: None,
) -> RecurrentTrained:
    """The tagger of the epoch with the best dev F1. InputError where training diverges."""
    generator = np.random.default_rng(seed)
    network = new_network(corpus, shape, vectors, seed, generator)
    steps = _Steps(corpus, network, recipe, unknown_share, generator)
    epochs: list[RecurrentEpoch] = []
    best: dict[str, torch.Tensor] = {}
    for number in range(1, recipe.epochs + 1):
        began = time.perf_counter()
        loss = steps.epoch(number - 1)
        tagger = RecurrentTagger(network.eval(), corpus.vocabulary, corpus.labels, Meter())
        epochs.append(RecurrentEpoch(number, loss, f1_of(tagger, corpus.dev), time.perf_counter() - began))
        report(epochs[-1])
        if epochs[-1].dev_f1 > max((epoch.dev_f1 for epoch in epochs[:-1]), default=-1.0):
            best = {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}
    network.load_state_dict(best)
    kept = max(epochs, key=lambda epoch: (epoch.dev_f1, -epoch.number)).number
    return RecurrentTrained(RecurrentTagger.of(network, corpus.vocabulary, corpus.labels), tuple(epochs), kept)


def new_network(
    corpus: RecurrentCorpus, shape: RecurrentShape, vectors: WordVectors, seed: int, generator: np.random.Generator
) -> RecurrentNetwork:
    """An untrained network with the word vectors in its table."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = RecurrentNetwork(
            shape, len(corpus.labels), len(corpus.vocabulary.words), len(corpus.vocabulary.letters)
        )
    table = vector_table(vectors, corpus.vocabulary.words, shape.dimensions, generator)
    with torch.no_grad():
        network.embedding.weight[-len(table) :] = torch.from_numpy(table)
    return network


def f1_of(tagger: RecurrentTagger, sentences: Sequence[Sentence]) -> float:
    """The F1 over entities of the tags that the inference layer decides on, as `entity_f1` has it; 0..1."""
    said = tagger.tags([sentence.words for sentence in sentences])
    pairs = [
        (set(tag_spans(sentence.tags or (), strict=True)), set(tag_spans(tags, strict=True)))
        for sentence, tags in zip(sentences, said, strict=True)
    ]
    right, marked = (
        sum(len(gold & found) for gold, found in pairs),
        sum(len(gold) + len(found) for gold, found in pairs),
    )
    return 2 * right / marked if marked else 0.0


def scores_of(tagger: RecurrentTagger, sentences: Sequence[Sentence]) -> tuple[EntityScore, ...]:
    """Precision, recall and F1 of each type, and of all."""
    said = tagger.tags([sentence.words for sentence in sentences])
    return entity_f1([sentence.tags or () for sentence in sentences], said)


class _Steps:
    """The training split as numbers, and one optimiser over the network's weights."""

    def __init__(
        self,
        corpus: RecurrentCorpus,
        network: RecurrentNetwork,
        recipe: Recipe,
        unknown_share: float,
        generator: np.random.Generator,
    ) -> None:
        self.network, self.recipe, self.generator = network, recipe, generator
        self.unknown_share = unknown_share
        self.spellings = Spellings(corpus.vocabulary)
        self.numbered = [self.spellings.number(sentence.words) for sentence in corpus.train]
        index = {label: number for number, label in enumerate(corpus.labels)}
        self.gold = [np.array([index[tag] for tag in sentence.tags or ()]) for sentence in corpus.train]
        self.rare = [
            np.array([normalised(word) in corpus.once for word in sentence.words]) for sentence in corpus.train
        ]
        network.embedding.sparse = True  # a step touches the rows of its own words alone
        table, rest = list(network.embedding.parameters()), network.of_all_but_words()
        self.rest = rest
        self.optimizers: list[torch.optim.Optimizer] = (
            [torch.optim.SGD([*table, *rest], lr=recipe.learning_rate)]
            if recipe.optimizer == "sgd"
            else [
                torch.optim.SparseAdam(table, lr=recipe.learning_rate),
                torch.optim.AdamW(rest, lr=recipe.learning_rate),
            ]
        )

    def epoch(self, number: int) -> float:
        """Train on every sentence once; the mean loss in nats per word."""
        self.network.train()
        for group in (group for optimizer in self.optimizers for group in optimizer.param_groups):
            group["lr"] = self.recipe.learning_rate / (1 + self.recipe.decay * number)
        total, words, summed = 0.0, 0, self.recipe.optimizer == "sgd"
        for places in self._batches():
            batch, gold = self._batch(places)
            count = int(batch.lengths.sum())
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(int(self.generator.integers(2**31)))
                loss = self.network.loss(batch, gold)
            if not torch.isfinite(loss):
                raise InputError(
                    f"training diverged in epoch {number + 1}; expected a finite loss: lower --learning-rate"
                )
            self.network.zero_grad()
            (loss if summed else loss / count).backward()
            torch.nn.utils.clip_grad_norm_(self.rest, CLIP if summed else 1.0)
            for optimizer in self.optimizers:
                optimizer.step()
            total, words = total + float(loss.detach()), words + count
        return total / words

    def _batches(self) -> Iterator[list[int]]:
        order, size = self.generator.permutation(len(self.numbered)), self.recipe.batch
        batches = []
        for begin in range(0, len(order), POOL * size):
            pool = sorted(order[begin : begin + POOL * size].tolist(), key=lambda place: len(self.gold[place]))
            batches += [pool[at : at + size] for at in range(0, len(pool), size)]
        for place in self.generator.permutation(len(batches)):
            yield batches[place]

    def _batch(self, places: Sequence[int]) -> tuple[WordBatch, torch.Tensor]:
        words, spelled = [], []
        for place in places:
            numbers, spellings = self.numbered[place]
            hidden = self.rare[place] & (self.generator.random(len(numbers)) < self.unknown_share)
            words.append(np.where(hidden, UNKNOWN, numbers))
            spelled.append(spellings)  # the letters stay: they tell what an unknown word looks like
        batch = self.spellings.batch(words, spelled)
        gold = torch.zeros(batch.words.shape, dtype=torch.long)
        for row, place in enumerate(places):
            gold[row, : len(self.gold[place])] = torch.from_numpy(self.gold[place])
        return batch, gold
