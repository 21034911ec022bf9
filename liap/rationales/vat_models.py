"""The classifiers of the VAT study, each trained once and kept in a folder of its own with its record; an interrupted study goes on behind the last one.

1. beta is chosen by the accuracy on dev of VAT with the first seed, the largest of equals; all are in `betas.csv`.
2. Then every method is trained with every seed, and the judge: a classifier without attention, of another seed, for each.
3. A folder whose record says other settings, texts or code is trained again.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from liap.corpora import digest_of_sentences
from liap.corpora.texts import load_texts
from liap.files import digest_of, write_whole
from liap.provenance import digest_of_code
from liap.rationales.joint_mask_training import train_with_mask, words_kept
from liap.rationales.vat_settings import BASE, JOINT, METHODS, PLAIN, VatStudySettings
from liap.rationales.vat_training import record_of, train_vat
from liap.records import LabelledText
from liap.taggers.text_classifier import TextClassifier, load_classifier
from liap.training.classifier_trainer import train_classifier

RECORD = "training.json"
Texts = tuple[LabelledText, ...]


@dataclass(frozen=True, slots=True, eq=False)
class StudyTexts:
    """The splits, as far as they are read."""

    train: Texts
    dev: Texts
    test: Texts

    @classmethod
    def of(cls, settings: VatStudySettings) -> StudyTexts:
        """Spread evenly over each split, so that a part has every class. Raises InputError."""
        wanted = {"train": settings.train_texts, "dev": settings.dev_texts, "test": settings.test_texts}
        return cls(*(spread(load_texts(settings.corpus, name), count) for name, count in wanted.items()))

    @property
    def digest(self) -> str:
        """Of everything that is read."""
        return digest_of(
            digest_of_sentences(text.sentence for text in split) for split in (self.train, self.dev, self.test)
        )


@dataclass(frozen=True, slots=True, eq=False)
class StudyModel:
    """One trained classifier."""

    method: str
    seed: int
    folder: Path
    record: dict

    @property
    def kept(self) -> dict:
        """The record of the cycle that is kept."""
        return next(cycle for cycle in self.record["cycles"] if cycle["number"] == self.record["kept"])

    def load(self, settings: VatStudySettings) -> TextClassifier:
        return load_classifier(self.folder, device=settings.device, precision=settings.precision)


def spread(texts: Texts, count: int) -> Texts:
    """So many texts, evenly over the split; 0: all."""
    if not count or count >= len(texts):
        return texts
    return tuple(texts[int(place * len(texts) / count)] for place in range(count))


def trained_models(settings: VatStudySettings, texts: StudyTexts) -> tuple[list[StudyModel], float, list[StudyModel]]:
    """Every method's models and the judges, the beta in use, and the models of the grid."""
    trainer = _Trainer(settings, texts)
    grid = [trainer.model("vat", settings.seeds[0], beta) for beta in settings.betas] if len(settings.betas) > 1 else []
    beta = settings.betas[0]
    if grid:
        _, beta = max((model.kept["dev_accuracy"], value) for model, value in zip(grid, settings.betas, strict=True))
    order = [BASE, *(method for method in METHODS if method in settings.methods)]
    models = [trainer.model(method, seed, beta) for seed in settings.seeds for method in order]
    return models, beta, grid


class _Trainer:
    """Trains what is not there yet."""

    def __init__(self, settings: VatStudySettings, texts: StudyTexts) -> None:
        self.settings, self.texts = settings, texts
        self.shared = {"texts": texts.digest, "code": digest_of_code()}

    def model(self, method: str, seed: int, beta: float) -> StudyModel:
        """The method's classifier of this seed, from its folder or trained."""
        how, plain = self.settings.classifier(method, seed), method in PLAIN or method == BASE
        vat = None if plain else self.settings.vat(method, beta)
        identity = {**self.shared, "how": asdict(how), "vat": asdict(vat) if vat else None}
        identity |= {"joint": asdict(self.settings.joint)} if method == JOINT else {}
        name = f"{method}-{seed}" + (f"-beta-{beta:g}" if method == "vat" else "")
        folder = Path(self.settings.results) / "trained" / name
        known = self._known(folder, json.loads(json.dumps(identity)))
        if known is not None:
            return StudyModel(method, seed, folder, known)
        record = self._plain(how, folder) if vat is None else self._vat(how, vat, folder)
        record = {
            "identity": identity,
            "method": method,
            "seed": seed,
            "beta": None if plain else vat.in_use.beta,
            **record,
        }
        write_whole(folder / RECORD, json.dumps(record, indent=1) + "\n")
        print(
            f"{name}: test accuracy {record['test_accuracy']:.3f}, {record['seconds']:.0f} s of processor time",
            flush=True,
        )
        return StudyModel(method, seed, folder, json.loads(json.dumps(record)))

    def _known(self, folder: Path, identity: dict) -> dict | None:
        path = folder / RECORD
        record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return record if record.get("identity") == identity else None

    def _plain(self, how, folder: Path) -> dict:
        began = time.process_time()
        epochs = []

        def report(epoch) -> None:
            epochs.append(asdict(epoch))

        texts, device = (self.texts.train, self.texts.dev), self.settings.device
        if how.mask:
            trained = train_with_mask(*texts, how, self.settings.joint, device=device, report=report)
        else:
            trained = train_classifier(*texts, how, device=device, report=report)
        seconds = time.process_time() - began
        trained.classifier.save(folder)
        accuracy = trained.classifier.accuracy(self.texts.test)
        return {
            "seconds": seconds,
            "test_accuracy": accuracy,
            "epochs": epochs,
            "kept": trained.best_epoch,
            "cycles": [],
            **(words_kept(trained.classifier, self.texts.dev) if how.mask else {}),
        }

    def _vat(self, how, vat, folder: Path) -> dict:
        by_cycle: list[float] = []
        trained = train_vat(
            self.texts.train,
            self.texts.dev,
            how,
            vat,
            device=self.settings.device,
            report=lambda _, classifier: by_cycle.append(classifier.accuracy(self.texts.test)),
        )
        trained.classifier.save(folder)
        record = record_of(trained, how, vat)
        for cycle, accuracy in zip(record["cycles"], by_cycle, strict=True):
            cycle["test_accuracy"] = accuracy
        return record | {"test_accuracy": trained.classifier.accuracy(self.texts.test), "epochs": []}
