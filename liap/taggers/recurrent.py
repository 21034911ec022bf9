"""A recurrent network as a tagger, behind the same protocol as the transformer.

It hides a word by an operator:

`unk`     the word and its letters become unknown: the length stays;
`delete`  the word is removed.

There is no mask token, so `mask` is refused. A folder of such a tagger has three files: `recurrent.json` (its shape and labels),
`vocabulary.json` and `model.safetensors`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors

from liap.batches import by_length
from liap.errors import InputError, first_line, quoted
from liap.files import read_bounded, write_whole
from liap.settings import OPERATORS
from liap.taggers.finite import check_finite
from liap.taggers.label_schemes import scheme_of
from liap.taggers.recurrent_network import RecurrentNetwork, RecurrentShape
from liap.taggers.recurrent_vocabulary import UNKNOWN, RecurrentVocabulary, Spellings, WordBatch
from liap.taggers.tagger import Meter, Request, Words

RECORD, VOCABULARY, WEIGHTS = "recurrent.json", "vocabulary.json", "model.safetensors"
WORDS_PER_BATCH = 8192
LARGEST = 2**30  # bytes of a file


@dataclass(slots=True, eq=False)
class RecurrentTagger:
    """A network, its words and its labels behind the protocol `Tagger`."""

    network: RecurrentNetwork
    vocabulary: RecurrentVocabulary
    labels: tuple[str, ...]
    meter: Meter
    capabilities: frozenset[str] = frozenset()
    layers_and_heads: tuple[int, int] = (0, 0)
    words_per_batch: int = WORDS_PER_BATCH  # pads counted

    @classmethod
    def of(cls, network: RecurrentNetwork, vocabulary: RecurrentVocabulary, labels: tuple[str, ...]) -> RecurrentTagger:
        """A tagger in evaluation mode, which keeps no gradient of its weights."""
        return cls(network.eval().requires_grad_(False), vocabulary, labels, Meter())

    @classmethod
    def load(cls, folder: str | Path) -> RecurrentTagger:
        """The tagger in a folder; InputError says in one line what is wrong with it."""
        return load_recurrent(Path(folder))

    def save(self, folder: Path) -> None:
        """Write the tagger's files; the record comes last, so that a folder with one is complete."""
        state = {name: tensor.contiguous() for name, tensor in self.network.state_dict().items()}
        write_whole(folder / WEIGHTS, save_tensors(state))
        write_whole(folder / VOCABULARY, self.vocabulary.to_json())
        record = {"shape": asdict(self.network.shape), "labels": self.labels}
        write_whole(folder / RECORD, json.dumps(record, indent=2, ensure_ascii=False) + "\n")

    def fits(self, words: Words) -> bool:
        """Every sentence fits: there are no positions to run out of."""
        return len(words) > 0

    def check_operator(self, operator: str) -> None:
        if operator not in OPERATORS:
            raise InputError(f"operator must be one of {', '.join(OPERATORS)}, got {operator!r}: mend --operator")
        if operator == "mask":
            raise InputError(
                "a recurrent tagger has no mask token; expected unk or delete: choose another --operator, for instance delete"
            )

    def probabilities(self, requests: Sequence[Request]) -> list[Float[np.ndarray, "_masks _read labels"]]:
        """Label probabilities at the words asked for, one array per request; NaN where such a word was deleted."""
        spellings = Spellings(self.vocabulary)
        edited = [self._edited(request, spellings) for request in requests]
        words = [row for rows, _, _ in edited for row in rows]
        spelled = [row for _, rows, _ in edited for row in rows]
        by_row = self._by_row(words, spelled, spellings)
        answers = []
        for request, (_, _, places) in zip(requests, edited, strict=True):
            wanted = places[:, request.read]
            answer = np.full((*wanted.shape, len(self.labels)), np.nan)
            for row, of_row in enumerate(wanted):
                known = of_row >= 0
                answer[row, known] = next(by_row)[of_row[known]]
            answers.append(answer)
        known = [
            answer[places[:, request.read] >= 0]
            for request, (_, _, places), answer in zip(requests, edited, answers, strict=True)
        ]
        check_finite("probabilities", [request.words for request in requests], known)
        return answers

    def _edited(
        self, request: Request, spellings: Spellings
    ) -> tuple[list[np.ndarray], list[np.ndarray], Int[np.ndarray, "masks words"]]:
        """Rows of word numbers, of spellings, and where each word now stands; -1 for a deleted one."""
        self.check_operator(request.operator)
        numbers, spelled = spellings.number(request.words)
        kept = request.masks
        places = np.broadcast_to(np.arange(kept.shape[1]), kept.shape)
        if request.operator == "unk":
            return list(np.where(kept, numbers, UNKNOWN)), list(np.where(kept, spelled, 0)), places
        places = np.where(kept, np.cumsum(kept, axis=1) - 1, -1)
        return [numbers[mask] for mask in kept], [spelled[mask] for mask in kept], places

    def _by_row(
        self, words: Sequence[np.ndarray], spelled: Sequence[np.ndarray], spellings: Spellings
    ) -> Iterator[Float[np.ndarray, "_words labels"]]:
        """The probabilities of each row, in order; none for a row without a word."""
        began = time.perf_counter()
        rows: list[np.ndarray] = [np.empty((0, len(self.labels)))] * len(words)
        filled = [place for place, row in enumerate(words) if len(row)]
        for places in by_length([len(words[place]) for place in filled], self.words_per_batch):
            chosen = [filled[place] for place in places]
            batch = spellings.batch([words[place] for place in chosen], [spelled[place] for place in chosen])
            with torch.no_grad():
                answer = self.network.probabilities(self.network(batch), batch.lengths).double().numpy()
            for row, place in enumerate(chosen):
                rows[place] = answer[row, : len(words[place])]
            self.meter.add(len(chosen), int(batch.lengths.sum()))
        self.meter.seconds += time.perf_counter() - began
        return iter(rows)

    def batches(self, sentences: Sequence[Words]) -> Iterator[tuple[list[int], WordBatch]]:
        """Places of sentences of like length, and their batch."""
        spellings = Spellings(self.vocabulary)
        numbered = [spellings.number(words) for words in sentences]
        for places in by_length([len(words) for words in sentences], self.words_per_batch):
            yield places, spellings.batch(*zip(*(numbered[place] for place in places), strict=True))

    def neurons(self, sentences: Sequence[Words]) -> list[Float[np.ndarray, "_words neurons"]]:
        """The outputs of the word layer, from which the labels' scores are computed."""
        answers: list[np.ndarray | None] = [None] * len(sentences)
        for places, batch in self.batches(sentences):
            with torch.no_grad():
                values = self.network.neurons(batch).numpy()
            for row, place in enumerate(places):
                answers[place] = values[row, : len(sentences[place])]
        return answers

    def tags(self, sentences: Sequence[Words]) -> list[tuple[str, ...]]:
        """The labels that the inference layer decides on: the best of each word, or the best path."""
        answers: list[tuple[str, ...]] = [()] * len(sentences)
        for places, batch in self.batches(sentences):
            with torch.no_grad():
                best = self.network.best_labels(self.network(batch), batch.lengths).numpy()
            for row, place in enumerate(places):
                answers[place] = tuple(self.labels[label] for label in best[row, : len(sentences[place])])
        return answers


def is_recurrent(folder: str | Path) -> bool:
    """Whether the folder holds a recurrent tagger."""
    return (Path(folder).expanduser() / RECORD).is_file()


def load_recurrent(
    folder: Path, *, precision: str = "fp32", device: str = "auto", words_per_batch: int = 0
) -> RecurrentTagger:
    """The tagger in a folder; InputError says in one line which file or setting is wrong."""
    folder = folder.expanduser()
    if precision != "fp32" or device not in ("auto", "cpu"):
        raise InputError(
            f"{folder}: a recurrent tagger runs in fp32 on the CPU, got --precision {precision} --device {device}; leave both out"
        )
    record = _read_json(folder / RECORD)
    vocabulary = RecurrentVocabulary.from_json(_read_json(folder / VOCABULARY), str(folder / VOCABULARY))
    shape, labels = _shape_and_labels(record, folder / RECORD)
    path = folder / WEIGHTS
    network = RecurrentNetwork(shape, len(labels), len(vocabulary.words), len(vocabulary.letters))
    try:
        network.load_state_dict(load_tensors(_bytes(path)))
    except (SafetensorError, RuntimeError) as error:
        raise InputError(
            f"{path}: no weights for the tagger that {RECORD} describes ({first_line(error)}); train it again"
        ) from None
    if not all(tensor.isfinite().all() for tensor in network.state_dict().values()):
        raise InputError(f"{path}: the weights are not finite; training diverged, or the file is damaged")
    tagger = RecurrentTagger.of(network, vocabulary, labels)
    tagger.words_per_batch = words_per_batch or WORDS_PER_BATCH
    return tagger


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected a folder that studies/neurons_train.py wrote")
    return read_bounded(path, LARGEST)


def _read_json(path: Path) -> dict:
    try:
        content = json.loads(_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no JSON ({first_line(error)}); train the tagger again") from None
    if not isinstance(content, dict):
        raise InputError(f"{path}: {quoted(content)} where a table was expected; train the tagger again")
    return content


def _shape_and_labels(record: dict, path: Path) -> tuple[RecurrentShape, tuple[str, ...]]:
    said, labels = record.get("shape"), record.get("labels")
    known = {part.name: type(part.default) for part in fields(RecurrentShape)}
    if not isinstance(said, dict) or set(said) != set(known):
        raise InputError(f"{path}: shape must have {', '.join(known)}; train the tagger again")
    for name, value in said.items():
        if type(value) is not known[name] and not (known[name] is float and type(value) is int):
            raise InputError(
                f"{path}: {name} is {quoted(value)}; expected {known[name].__name__}; train the tagger again"
            )
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise InputError(f"{path}: labels is no list of texts; train the tagger again")
    try:
        scheme_of(tuple(labels))
        return RecurrentShape(**said), tuple(labels)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
