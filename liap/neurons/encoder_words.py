"""Sentences as a transformer reads them, in batches, with the words' types and what every layer hands on.

A *site* is a place inside a layer: its `hidden` states, or its `feed_forward` neurons after the activation. A word counts by its gold
type, and is right if the label of its first piece is of that type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from liap.batches import by_length
from liap.errors import InputError
from liap.records import Sentence
from liap.taggers.edits import SITES
from liap.taggers.hidden import padded
from liap.taggers.label_schemes import scheme_of
from liap.taggers.tagger import Edit
from liap.taggers.transformer import TransformerTagger

NO_TYPE = -1  # of words outside entities


@dataclass(frozen=True, slots=True)
class Site:
    """A layer, from 0, and what of it."""

    layer: int
    kind: str

    def edit(self, change: Callable[[Tensor], Tensor]) -> Edit:
        """A change of its activations."""
        return Edit(self.layer, self.kind, change)


@dataclass(frozen=True, slots=True, eq=False)
class EncodedBatch:
    """Some sentences as the model takes them; words lie one after the other."""

    ids: Int[Tensor, "batch pieces"]
    lengths: Tensor | None
    of_words: Bool[Tensor, "batch pieces"]  # False for special tokens and pads
    rows: Int[Tensor, " words"]  # of the batch
    places: Int[Tensor, " words"]  # of the words' first pieces
    gold: Int[np.ndarray, " words"]  # types; NO_TYPE outside entities
    document: Int[np.ndarray, " words"]
    words: tuple[str, ...]  # as the corpus writes them
    outputs: list[Tensor]  # what each layer hands on, filled by `read_layers`


def types_of_tagger(tagger: TransformerTagger) -> tuple[tuple[str, ...], Int[np.ndarray, " labels"]]:
    """The entity types, and the type of each label by index; NO_TYPE for labels that mark nothing."""
    scheme = scheme_of(tuple(tagger.labels))
    index = {kind: number for number, kind in enumerate(scheme.types)}
    return scheme.types, np.array([index.get(kind, NO_TYPE) for _, kind in scheme.parts])


def encoded_batches(tagger: TransformerTagger, sentences: Sequence[Sentence]) -> list[EncodedBatch]:
    """The sentences that fit, in batches of like length; InputError where none has gold tags of the tagger's types."""
    types, _ = types_of_tagger(tagger)
    index = {kind: number for number, kind in enumerate(types)}
    fitting = [sentence for sentence in sentences if sentence.tags and tagger.fits(sentence.words)]
    encodings = [tagger.encode(sentence.words) for sentence in fitting]
    batches = []
    for places in by_length([encoding.pieces for encoding in encodings], tagger.pieces_per_batch):
        ids, lengths = padded([encodings[place] for place in places], tagger.pad_id)
        of_words = torch.zeros(ids.shape, dtype=torch.bool)
        rows, firsts, gold, document, words = [], [], [], [], []
        for row, place in enumerate(places):
            known = np.flatnonzero(encodings[place].first_piece >= 0)
            of_words[row, : encodings[place].pieces] = torch.from_numpy(encodings[place].word_of_piece >= 0)
            rows += [row] * len(known)
            firsts += encodings[place].first_piece[known].tolist()
            gold += [index.get((fitting[place].tags or ())[word][2:], NO_TYPE) for word in known]
            document += [fitting[place].document] * len(known)
            words += [fitting[place].words[word] for word in known]
        about = torch.tensor(rows), torch.tensor(firsts), np.array(gold), np.array(document), tuple(words)
        batches.append(EncodedBatch(ids, lengths, of_words, *about, []))
    if not any((batch.gold != NO_TYPE).any() for batch in batches):
        raise InputError(
            f"--corpus: no word of these sentences has a gold type of the recogniser; expected some of {', '.join(types)}"
        )
    return batches


def sites_of(tagger: TransformerTagger, kinds: Sequence[str] = SITES) -> list[Site]:
    """Every layer's sites."""
    return [Site(layer, kind) for kind in kinds for layer in range(len(tagger.architecture.layers))]


def read_layers(tagger: TransformerTagger, batches: Sequence[EncodedBatch]) -> bool:
    """One pass that keeps what every layer hands on; whether layers answer in tuples."""
    answers: list[bool] = []
    first = tagger.architecture.layers[0]
    handle = first.register_forward_hook(lambda _module, _inputs, output: answers.append(isinstance(output, tuple)))
    try:
        for batch in batches:
            batch.outputs.clear()
            edits = [site.edit(kept_in(batch.outputs)) for site in sites_of(tagger, ("hidden",))]
            with tagger.edited(edits), torch.no_grad():
                logits_of(tagger, batch)
    finally:
        handle.remove()
    return answers[0]


def kept_in(store: list[Tensor]) -> Callable[[Tensor], Tensor]:
    """A change that changes nothing, and keeps what it sees."""

    def keep(values: Tensor) -> Tensor:
        store.append(values)
        return values

    return keep


def logits_of(tagger: TransformerTagger, batch: EncodedBatch, **inputs: Tensor) -> Float[Tensor, "words labels"]:
    """Label scores at the words' first pieces, in single precision; `inputs_embeds` may take the place of the ids."""
    given = inputs or {"input_ids": batch.ids.to(tagger.device)}
    with tagger.autocast():
        logits = tagger.model(**given, **tagger.attended(batch.ids, batch.lengths)).logits
    return logits[batch.rows, batch.places].float()


@contextmanager
def starting_behind(tagger: TransformerTagger, layer: int, output: Tensor, in_tuple: bool) -> Iterator[None]:
    """Inside the context, a forward pass computes no layer up to this one: the model goes on with `output`. Layer -1: all are computed."""
    layers = tagger.architecture.layers[: layer + 1]
    before = [vars(module).get("forward") for module in layers]

    def handing_on(values: Tensor | None) -> Callable[..., object]:
        def forward(hidden_states: Tensor, *_args: object, **_named: object) -> object:
            answer = hidden_states if values is None else values
            return (answer,) if in_tuple else answer

        return forward

    try:
        for place, module in enumerate(layers):
            module.forward = handing_on(output if place == layer else None)
        yield
    finally:
        for module, own in zip(layers, before, strict=True):
            if own is None:
                vars(module).pop("forward", None)
            else:
                module.forward = own
