"""A trained recogniser in its folder: weights, tokenizer, `metrics.json` and a model card.

Everything is written to a hidden folder inside the target and moved up at the end, `config.json` last: a folder that has a
`config.json` is whole, whatever interrupted the writing. What else lies in the target is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import torch

from liap.files import check_folder
from liap.provenance import provenance
from liap.taggers import checkpoints
from liap.taggers.entity_f1 import EntityScore
from liap.training.fine_tuning import Trained, TrainingSettings

STALE = (*checkpoints.WEIGHTS, *checkpoints.VOCABULARIES, "merges.txt", "special_tokens_map.json", "added_tokens.json")


def check_output(folder: Path) -> None:
    """Fail before the training rather than after it, where the folder cannot be written."""
    check_folder("--output", folder)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writable-"):
        pass


def save(trained: Trained, folder: Path, *, settings: TrainingSettings, corpus: str) -> Path:
    """Write the recogniser; the path of its `metrics.json`."""
    partial = Path(tempfile.mkdtemp(dir=folder, prefix=".partial-"))
    try:
        with checkpoints.quiet():
            trained.model.save_pretrained(partial)
            trained.tokenizer.save_pretrained(partial)
        metrics = json.dumps(measurements(trained, settings, corpus), indent=1)
        (partial / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
        card = model_card(trained, settings, corpus=corpus, folder=folder)
        (partial / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        _move_up(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / "metrics.json"


def _move_up(partial: Path, folder: Path) -> None:
    fresh = sorted(file.name for file in partial.iterdir())
    for name in fresh:
        shutil.copymode(partial / "metrics.json", partial / name)  # weights come readable by their owner alone
    (folder / "config.json").unlink(missing_ok=True)
    for name in set(STALE) - set(fresh):
        (folder / name).unlink(missing_ok=True)
    for name in sorted(fresh, key=lambda name: name == "config.json"):
        os.replace(partial / name, folder / name)


def measurements(trained: Trained, settings: TrainingSettings, corpus: str) -> dict:
    """What `metrics.json` holds; shares in [0, 1], times in seconds."""
    splits = {"train": trained.train, "validation": trained.dev, "test": trained.tested}
    return {
        "corpus": corpus,
        "labels": trained.labels,
        "settings": asdict(settings),
        "seed": settings.seed,
        "test": {one.entity_type: _shares(one) for one in trained.test},
        "epochs": [{"epoch": epoch.number, "loss": epoch.loss, "dev": _shares(epoch.dev)} for epoch in trained.epochs],
        "best_epoch": trained.best_epoch,
        "sentences": {name: len(split.sentences) for name, split in splits.items()},
        "skipped_too_long": {name: split.skipped for name, split in splits.items()},
        "precision": {"training": trained.precision, "scoring": "fp32"},
        "seconds": {"training": round(trained.training_seconds, 2), "scoring": round(trained.scoring_seconds, 2)},
        "processes": trained.processes,
        "sentences_per_second": round(_rate(trained), 1),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": _device_name(trained),
        **provenance(),
    }


def score_table(scores: tuple[EntityScore, ...]) -> str:
    """A Markdown table, a row a type."""
    lines = ["| type | precision | recall | F1 | entities |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {s.entity_type} | {s.precision:.4f} | {s.recall:.4f} | {s.f1:.4f} | {s.support} |" for s in scores]
    return "\n".join(lines)


def model_card(trained: Trained, settings: TrainingSettings, *, corpus: str, folder: Path) -> str:
    """What the recogniser is, how good, made from what, for whom."""
    skipped = trained.train.skipped + trained.dev.skipped + trained.tested.skipped
    best = trained.epochs[trained.best_epoch - 1]
    return f"""# A named-entity recogniser

`{settings.model}` fine-tuned on `{corpus}` ({len(trained.train.sentences)} sentences) to be explained with LIAP. Of {settings.epochs} epochs, epoch
{trained.best_epoch} was best on the dev split (F1 {best.dev.f1:.4f}) and is the one kept. Labels: {", ".join(trained.labels)}; IOB2, read at the
first piece of each word.

Test split, entities whose span and type are both right (strict IOB2):

{score_table(trained.test)}

AdamW, learning rate {settings.learning_rate:g}, batch {settings.batch}, weight decay {settings.weight_decay:g}, {settings.warmup_steps} warm-up steps, seed {settings.seed}; trained in
{trained.precision} in {trained.training_seconds:.0f} s ({_rate(trained):.0f} sentences/s), scored in fp32. Sentences longer than the model's limit were skipped,
never cut: {skipped}.

It knows the types, the language and the kind of text of its corpus, and no others; its licence follows those of the encoder
and the corpus. `metrics.json` has the score of each epoch, versions and hardware.

    python run_liap_evaluation.py --model {folder} --corpus {corpus}
"""


def _shares(one: EntityScore) -> dict[str, float]:
    return {"precision": one.precision, "recall": one.recall, "f1": one.f1, "support": one.support}


def _rate(trained: Trained) -> float:
    return len(trained.train.sentences) * len(trained.epochs) / trained.training_seconds


def _device_name(trained: Trained) -> str:
    device = trained.model.device
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
