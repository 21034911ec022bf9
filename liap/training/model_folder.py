"""A trained recogniser in its folder: weights, tokenizer, `metrics.json` and a model card.

Everything is written to a hidden folder inside the target and moved up at the end, `config.json` last. A folder with a
`config.json` is therefore complete, even if writing was interrupted. Other files in the target are left alone.
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

from liap.errors import InputError
from liap.files import check_writable
from liap.hub import TOKENIZER_FILES, WEIGHT_FILES
from liap.provenance import provenance
from liap.taggers import checkpoints
from liap.taggers.entity_f1 import EntityScore
from liap.training.fine_tuning import Trained
from liap.training.fine_tuning_settings import TINY_MODEL, FineTuningSettings
from liap.training.hold_out import HeldOut

PARTIAL = ".partial-"  # prefix of a hidden folder that is being written
STALE = (*WEIGHT_FILES, *TOKENIZER_FILES, "merges.txt", "special_tokens_map.json", "added_tokens.json")


def check_output(folder: Path, *, model: str) -> None:
    """Fail before training rather than after it if the folder cannot be written, or if writing to it would destroy the encoder."""
    if model != TINY_MODEL and _is_same(Path(model).expanduser(), folder):
        raise InputError(
            f"--output {folder} is the folder of --model, which would be overwritten; choose another folder"
        )
    check_writable("--output", folder)
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(PARTIAL + "*"):
        shutil.rmtree(leftover, ignore_errors=True)  # of a process that was killed while it wrote


def _is_same(first: Path, second: Path) -> bool:
    """Whether two paths name one folder, through links, relative parts or letter case."""
    return first.resolve() == second.resolve() or (first.exists() and second.exists() and first.samefile(second))


def save(trained: Trained, folder: Path, *, settings: FineTuningSettings, held_out: HeldOut | None = None) -> Path:
    """Write the recogniser; returns the path of its `metrics.json`."""
    partial = Path(tempfile.mkdtemp(dir=folder, prefix=PARTIAL))
    try:
        with checkpoints.quiet():
            trained.model.save_pretrained(partial)
            trained.tokenizer.save_pretrained(partial)
        metrics = json.dumps(measurements(trained, settings, held_out), indent=1)
        (partial / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
        card = model_card(trained, settings, folder=folder, held_out=held_out)
        (partial / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        _move_up(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / "metrics.json"


def _move_up(partial: Path, folder: Path) -> None:
    fresh = sorted(file.name for file in partial.iterdir())
    for name in fresh:
        shutil.copymode(
            partial / "metrics.json", partial / name
        )  # the library makes weights readable by their owner only
    (folder / "config.json").unlink(missing_ok=True)
    for name in set(STALE) - set(fresh):
        (folder / name).unlink(missing_ok=True)
    for name in sorted(fresh, key=lambda name: name == "config.json"):
        os.replace(partial / name, folder / name)


def measurements(trained: Trained, settings: FineTuningSettings, held_out: HeldOut | None = None) -> dict:
    """The content of `metrics.json`; precision, recall and F1 are in [0, 1], times in seconds."""
    splits = {"train": trained.train, "validation": trained.dev, "test": trained.tested}
    return {
        "corpus": settings.corpus,
        "labels": trained.labels,
        "settings": settings.training(),
        "seed": settings.seed,
        "test": {score.entity_type: _shares(score) for score in trained.test},
        "epochs": [{"epoch": epoch.number, "loss": epoch.loss, "dev": _shares(epoch.dev)} for epoch in trained.epochs],
        "best_epoch": trained.best_epoch,
        "sentences": {name: len(split.sentences) for name, split in splits.items()},
        "skipped_too_long": {name: split.skipped for name, split in splits.items()},
        **({"held_out": asdict(held_out)} if held_out else {}),
        "precision": {"training": trained.precision, "scoring": "fp32"},
        "seconds": {"training": round(trained.training_seconds, 2), "scoring": round(trained.scoring_seconds, 2)},
        "processes": trained.processes,
        "sentences_per_second": round(_rate(trained), 1),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": _device_name(trained),
        **provenance(),
    }


def score_table(scores: tuple[EntityScore, ...]) -> str:
    """A Markdown table with a row per type."""
    lines = ["| type | precision | recall | F1 | entities |", "|---|---:|---:|---:|---:|"]
    lines += [f"| {s.entity_type} | {s.precision:.4f} | {s.recall:.4f} | {s.f1:.4f} | {s.support} |" for s in scores]
    return "\n".join(lines)


def model_card(trained: Trained, settings: FineTuningSettings, *, folder: Path, held_out: HeldOut | None = None) -> str:
    """What the recogniser is, how good it is, how it was made, and what it can be used for."""
    skipped = trained.train.skipped + trained.dev.skipped + trained.tested.skipped
    best = trained.epochs[trained.best_epoch - 1]
    return f"""# A named-entity recogniser

`{settings.model}` fine-tuned on `{settings.corpus}` ({len(trained.train.sentences)} sentences) to be explained with LIAP. Of {settings.epochs} epochs, epoch
{trained.best_epoch} was {"best" if settings.keep_epoch == "best" else "the last"} (F1 {best.dev.f1:.4f} on the dev split) and was kept. Labels: {", ".join(trained.labels)}; IOB2, read at the first piece
of each word.

Scores on the test split; an entity counts if its span and type are both right (strict IOB2):

{score_table(trained.test)}

AdamW, learning rate {settings.learning_rate:g}, batch {settings.batch}, weight decay {settings.weight_decay:g}, {settings.warmup_steps} warm-up steps, seed {settings.seed}; trained in
{trained.precision} in {trained.training_seconds:.0f} s ({_rate(trained):.0f} sentences/s), scored in fp32. Sentences longer than the model's limit were skipped,
never cut: {skipped}.{f" {held_out.line}" if held_out else ""}

It only knows the types, the language and the kind of text of its corpus. Its licence follows those of the encoder and the
corpus. `metrics.json` has the scores of each epoch, the versions and the hardware.

    python run_liap_evaluation.py --model {folder} --corpus {settings.corpus}
"""


def _shares(score: EntityScore) -> dict[str, float]:
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1, "support": score.support}


def _rate(trained: Trained) -> float:
    return len(trained.train.sentences) * len(trained.epochs) / trained.training_seconds


def _device_name(trained: Trained) -> str:
    device = trained.model.device
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
