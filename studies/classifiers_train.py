"""Text classifiers of several seeds, trained alike and kept: what studies/diagnostics.py reads.

    python studies/classifiers_train.py --corpus data/textcls/sst_trees:binary --encoder lstm --output .cache/classifiers/lstm
    python studies/classifiers_train.py --encoder models/minilm-l6-uncased --train-texts 1500 --epochs 2 --output .cache/classifiers/bert

Writes a folder `seed_0`, `seed_1`, ... per seed, each with its weights and `metrics.json` (accuracy on dev of each epoch, and on test). A folder that is complete is not
trained again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from liap import cli
from liap.settings import Settings, check_number, refuse_repeats

if TYPE_CHECKING:
    from liap.records import LabelledText

CORPUS = "data/textcls/sst_trees:binary"  # a corpus of texts with classes (docs/formats.md)
ENCODER = "lstm"  # lstm, or a transformer's folder or name on the hub
SEEDS = (0, 1, 2)  # of training; a classifier for each
TRAIN_TEXTS = 0  # texts drawn from the training split, the same for every seed; 0: all
DEV_TEXTS = 0  # texts drawn from the dev split; 0: all
TEST_TEXTS = 0  # texts drawn from the test split, on which accuracy is measured; 0: all
EPOCHS = 4  # passes over the training texts
BATCH = 32  # texts per step
LEARNING_RATE = 0.0  # of AdamW at its peak; 0: 2e-3 for an LSTM, 5e-5 for a transformer
STEADY = False  # the learning rate stays as it is; else it rises and falls
POOLING = "first"  # what is classified: the first state, or the states' mean, attention over them, or random attention
PRECISION = "fp32"  # of training and of answers: fp32, bf16 (autocast)
OUTPUT = ".cache/classifiers"  # folder for the classifiers


@dataclass(frozen=True, kw_only=True)
class ClassifierSeeds(Settings):
    """Which classifiers are trained."""

    corpus: str
    encoder: str
    seeds: tuple[int, ...]
    train_texts: int
    dev_texts: int
    test_texts: int
    epochs: int
    batch: int
    learning_rate: float
    steady: bool
    pooling: str
    precision: str
    output: str

    def check(self) -> None:
        refuse_repeats("--seeds", self.seeds)
        for flag, value in (
            ("--train-texts", self.train_texts), ("--dev-texts", self.dev_texts), ("--test-texts", self.test_texts),
        ):  # fmt: skip
            check_number(flag, value, 0)


def main() -> None:
    settings = cli.settings(__file__, ClassifierSeeds)
    from liap.corpora.texts import load_texts
    from liap.files import check_folder, write_whole
    from liap.training.classifier_trainer import ClassifierSettings, train_classifier

    check_folder("--output", settings.output)
    train, dev, test = (
        drawn(load_texts(settings.corpus, split), most)
        for split, most in (("train", settings.train_texts), ("dev", settings.dev_texts), ("test", settings.test_texts))
    )
    for seed in settings.seeds:
        folder = Path(settings.output) / f"seed_{seed}"
        if (folder / "metrics.json").is_file():
            print(f"seed {seed}: {folder} is there", flush=True)
            continue
        wanted = ClassifierSettings(
            encoder=settings.encoder,
            epochs=settings.epochs,
            batch=settings.batch,
            learning_rate=settings.learning_rate,
            steady=settings.steady,
            pooling=settings.pooling,
            precision=settings.precision,
            seed=seed,
        )
        trained = train_classifier(train, dev, wanted)
        accuracy = trained.classifier.accuracy(test)
        trained.classifier.save(folder)
        said = {"epochs": [asdict(epoch) for epoch in trained.epochs], "test_accuracy": accuracy}
        write_whole(folder / "metrics.json", json.dumps(said, indent=1) + "\n")
        print(f"seed {seed}: accuracy {accuracy:.3f} on {len(test)} texts; written to {folder}", flush=True)


def drawn(texts: Sequence[LabelledText], most: int) -> list[LabelledText]:
    """So many texts (0: all), at random, because corpora are sorted by source and class; in their order."""
    import numpy as np

    if not 0 < most < len(texts):
        return list(texts)
    places = np.random.default_rng(0).choice(len(texts), most, replace=False)
    return [texts[place] for place in sorted(places.tolist())]


if __name__ == "__main__":
    cli.run(main, "Start the same command again to go on where it stopped.")
