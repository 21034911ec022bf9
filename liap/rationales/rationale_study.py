"""The study's own steps: gates and masks trained once for a recogniser, and at which layer they let a word go.

1. `train_network` reads the training split, tags it, trains on the mentions that the recogniser finds, and writes the network with its record. What
   is there already, of the same settings, recogniser and code, is not trained again; an interrupted training goes on.
2. `explained_items` finds the mentions of the split that is explained, and `cases_in` reads them, some sentences at a time.
3. `layer_rows` asks the network how probable it is, for these mentions, that a word is still there after layers 0..l.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from liap import corpora
from liap.errors import InputError
from liap.explainers import Case
from liap.explainers.diffmask import stays_by_layer
from liap.explainers.gate_network import read_network, save
from liap.faithfulness.evidence_found import known_evidence
from liap.files import digest_of
from liap.linguistics.annotation import without_structure
from liap.perturbation.view import Reading
from liap.provenance import digest_of_code, digest_of_weights
from liap.rationales import gate_training, word_mask_training
from liap.rationales.gate_training import GateSettings
from liap.rationales.recogniser_gates import sampler
from liap.rationales.word_mask_training import WordMaskSettings
from liap.settings import MethodSettings
from liap.taggers import checkpoints
from liap.taggers.prediction import predict, sampled_mentions
from liap.taggers.targets import target_of
from liap.taggers.transformer import TransformerTagger, open_tagger

DISTANCES = ((1, 1), (2, 2), (3, 5), (6, 10**9))  # groups of context words, by their distance from the mention
AT_ONCE = 64  # sentences
LAST_STEPS = 10  # rows of the history that the record's means are taken over


@dataclass(frozen=True, slots=True)
class LayerRow:
    """Context words of one group after layers 0..`layer`."""

    layer: int  # 0: the embeddings
    group: str
    words: int
    stays: float  # mean probability of a word's gate being open


def train_network(settings: Any, how: GateSettings | WordMaskSettings, folder: Path) -> Path:
    """The file of the trained network: DiffMask's, or VMASK's, by the kind of settings."""
    from tqdm import tqdm

    name = "diffmask" if isinstance(how, GateSettings) else "vmask"
    path = folder / f"{name}.safetensors"
    digest = digest_of_weights(checkpoints.local_folder(settings.model))
    source = {"corpus": settings.corpus, "sentences": settings.training_sentences, "target": settings.target}
    identity = {"model_digest": digest, **source, **asdict(how), "code": digest_of_code()}
    if path.exists() and identity.items() <= read_network(str(path), f"--{name}")[1].items():
        print(f"{path} is there already, trained with the same settings")
        return path
    tagger = open_tagger(settings)
    lacking = {"embeddings", "hidden_states"} - tagger.capabilities
    if lacking:
        raise InputError(
            f"--model {settings.model} gives no {min(lacking).replace('_', ' ')}, which {name} is trained on"
        )
    targets = training_targets(tagger, settings)
    kept = folder / f"{name}-{digest_of([repr(sorted(identity.items()))])[:12]}.checkpoint"
    folder.mkdir(parents=True, exist_ok=True)
    began, draw = time.process_time(), sampler(tagger, targets, how.batch)
    shape = draw(np.random.default_rng(0)).states.shape
    width = tagger.model.get_input_embeddings().weight.shape[1]
    if isinstance(how, GateSettings):
        training, step = gate_training.begin(shape[0], shape[3], width, how), gate_training.advance
    else:
        training, step = word_mask_training.begin(shape[3], width, how), word_mask_training.advance
    with tqdm(total=how.steps, desc=f"training {name}", unit="step") as bar:
        trained = gate_training.train(training, draw, how, kept, lambda done: bar.update(done - bar.n), step)
    last = pd.DataFrame(trained.history[-LAST_STEPS:])
    facts = {"seconds": time.process_time() - began, "mentions": len(targets)}
    facts |= {name: float(last[name].mean()) for name in ("share_open", "divergence", "multiplier")}
    save(trained.network, {**identity, **facts, "history": trained.history}, path)
    kept.unlink(missing_ok=True)
    read_network.cache_clear()
    return path


def training_targets(tagger: TransformerTagger, settings: Any) -> list:
    """What the recogniser finds in the training split, with two context words at least."""
    sentences = corpora.load(settings.corpus, "train", limit=settings.training_sentences)
    found = predict(tagger, sentences, type_map=settings.type_map, target=settings.target).mentions
    targets = [
        target_of(settings.target, tagger.labels, sentence.words, mention)
        for sentence, inside in zip(sentences, found, strict=True)
        for mention in inside
        if mention.context(len(sentence.words)).sum() > 1 and mention.probability == mention.probability
    ]
    if not targets:
        raise InputError(f"the recogniser {settings.model} finds no mention in the training split of {settings.corpus}")
    return targets


def explained_items(settings: Any) -> tuple[TransformerTagger, list]:
    """The recogniser, and the sentences of the mentions that are explained."""
    tagger = open_tagger(settings)
    sentences = corpora.load(settings.corpus, settings.split, limit=settings.sentences)
    mentions, _ = sampled_mentions(tagger, sentences, settings)
    return tagger, without_structure(sentences, mentions)


def cases_in(tagger: TransformerTagger, items: Sequence, target: str) -> Iterator[Case]:
    """A case for each mention."""
    method = MethodSettings(target=target)
    for at in range(0, len(items), AT_ONCE):
        part = items[at : at + AT_ONCE]
        reading = Reading(tagger, [one.sentence.words for one in part], [one.mentions for one in part], target)
        for view in reading.views:
            yield Case(part[view.sentence].sentence, view.mention, view, method)


def layer_rows(cases: Iterable[Case], path: Path) -> list[LayerRow]:
    """Means over the context words of these mentions, by layer and group of words."""
    groups: dict[str, list[np.ndarray]] = {}
    for case in cases:
        stays = stays_by_layer(case, str(path))
        for group, words in groups_of(case).items():
            groups.setdefault(group, []).append(stays[:, words])
    together = {group: np.concatenate(parts, axis=1) for group, parts in groups.items()}
    return [
        LayerRow(layer, group, stays.shape[1], float(stays[layer].mean()))
        for group, stays in sorted(together.items())
        if stays.shape[1]
        for layer in range(len(stays))
    ]


def groups_of(case: Case) -> dict[str, np.ndarray]:
    """Context words by distance; where the evidence is known, also those that are evidence and those that are not."""
    groups = {
        f"distance {low}"
        if low == high
        else f"distance {low}-{high}"
        if high < 10**9
        else f"distance {low} and more": case.context & (case.distances >= low) & (case.distances <= high)
        for low, high in DISTANCES
    }
    known = known_evidence(case)
    if known is not None:
        evidence = np.isin(np.arange(len(case.words)), known.words)
        groups |= {"evidence": case.context & evidence, "no evidence": case.context & ~evidence}
    return {group: np.flatnonzero(words) for group, words in groups.items()}


CAPTION = (
    "The mean probability with which DiffMask's gates still let a context word through after each layer, by the word's distance from the mention and, where that is "
    "known, by whether it is evidence."
)


def plot_layers(rows: Sequence[LayerRow]) -> Any:
    """The share of words still there after each layer, a line per group."""
    from liap.reports.style import BLACK, BLUE, GREEN, GREY, ORANGE, VERMILION, bare, new_axes

    axes = new_axes(6.5, 4.2)
    colours = (BLUE, GREEN, ORANGE, GREY, VERMILION, BLACK)
    for group, colour in zip(dict.fromkeys(row.group for row in rows), colours, strict=False):
        of_group = [row for row in rows if row.group == group]
        label = f"{group} ({of_group[0].words} words)"
        axes.plot([row.layer for row in of_group], [row.stays for row in of_group], "o-", color=colour, label=label)
    axes.set_xlabel("gates of layers 0 to (0: the embeddings)")
    axes.set_ylabel("mean probability that a word stays")
    axes.set_ylim(0, 1.02)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(fontsize=8, frameon=False)
    bare(axes)
    return axes
