"""Recognisers trained towards a pattern, one folder each, trained once.

A folder is finished once it holds `guidance.json`, which is written last and says what the model was trained on; a model of another
identity is trained again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from liap.files import write_whole
from liap.guidance.alignment_settings import NONE, AlignmentSettings
from liap.guidance.patterns import Annotated, target
from liap.records import Sentence
from liap.taggers.transformer import TransformerTagger, load_tagger
from liap.training import model_folder, resumption
from liap.training.attention_loss import Guide
from liap.training.fine_tuning import Trained, fine_tune
from liap.training.fine_tuning_settings import FineTuningSettings

RECORD = "guidance.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """One model: the pattern its heads are guided to, the weight of the attention loss, and the seed."""

    target: str
    weight: float
    seed: int

    @property
    def name(self) -> str:
        """Of the model's folder."""
        return f"{self.target.replace('/', '-')}-{self.weight:g}-{self.seed}"


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """What models are trained on and judged by; the training sentences have trees."""

    train: tuple[Annotated, ...]
    dev: tuple[Sentence, ...]
    test: tuple[Annotated, ...]


def plans(settings: AlignmentSettings) -> list[Plan]:
    """Every model, seed after seed, each seed's control first."""
    return [
        plan
        for seed in settings.seeds
        for plan in (
            Plan(NONE, 0.0, seed),
            *(Plan(name, weight, seed) for name in settings.targets for weight in settings.weights),
        )
    ]


def guide_of(plan: Plan, settings: AlignmentSettings, train: Sequence[Annotated]) -> Guide | None:
    """The plan's attention loss; None for the control, which is trained as ever."""
    if plan.target == NONE:
        return None
    by_index = {one.sentence.index: one for one in train}
    return Guide(
        name=plan.target,
        layer=settings.layer,
        heads=settings.chosen_heads,
        weight=plan.weight,
        target=lambda sentence: target(plan.target, by_index[sentence.index], hops=settings.hops, seed=plan.seed),
    )


def trained_model(
    plan: Plan, splits: Splits, settings: AlignmentSettings, folder: Path, identity: Mapping[str, object]
) -> tuple[TransformerTagger, float]:
    """The plan's recogniser, from its folder if it is there, and its dev F1."""
    said = _record(folder)
    if said.get("identity") != dict(identity):
        said = {"identity": dict(identity), "dev_f1": _train(plan, splits, settings, folder)}
        write_whole(folder / RECORD, json.dumps(said, indent=1) + "\n")
    return load_tagger(str(folder), device=settings.device), float(said["dev_f1"])


def _record(folder: Path) -> dict:
    try:
        said = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _train(plan: Plan, splits: Splits, settings: AlignmentSettings, folder: Path) -> float:
    """Train the recogniser into its folder; an interrupted training goes on after its last epoch. Returns the best dev F1."""
    own = training_settings(plan, settings, folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).unlink(missing_ok=True)
    trained: Trained = fine_tune(
        [one.sentence for one in splits.train],
        splits.dev,
        [one.sentence for one in splits.test],
        settings=own,
        checkpoint=folder / resumption.FOLDER,
        guide=guide_of(plan, settings, splits.train),
    )
    model_folder.save(trained, folder, settings=own)
    resumption.remove(folder / resumption.FOLDER)
    return trained.epochs[trained.best_epoch - 1].dev.f1


def training_settings(plan: Plan, settings: AlignmentSettings, folder: Path) -> FineTuningSettings:
    """The same for every plan but the seed and the folder."""
    return FineTuningSettings(
        model=settings.encoder,
        corpus=settings.corpus,
        output=str(folder),
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        batch=settings.batch,
        warmup_steps=settings.warmup_steps,
        seed=plan.seed,
        precision="fp32",
        device=settings.device,
        train_sentences=settings.train_sentences,
        dev_sentences=settings.dev_sentences,
        test_sentences=settings.test_sentences,
    )
