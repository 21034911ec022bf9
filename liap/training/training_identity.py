"""What a fine-tuning starts from, as digests that are known before any model is loaded: under them trained recognisers are kept."""

from __future__ import annotations

import json
from pathlib import Path

from liap import corpora
from liap.files import digest_of, digest_of_files
from liap.provenance import digest_of_weights, versions
from liap.training.fine_tuning_settings import TINY_MODEL, FineTuningSettings


def digest_of_start(model: str) -> str:
    """A digest of an encoder's weights; InputError where it is missing."""
    from liap.taggers.checkpoints import local_folder

    return TINY_MODEL if model == TINY_MODEL else digest_of_weights(local_folder(model))


def identity_of_training(settings: FineTuningSettings) -> str:
    """A digest of everything that decides the recogniser: settings, sentences, encoder and versions; names and paths have no part in it."""
    settings_read = {name: value for name, value in settings.training().items() if name != "model"}
    splits = corpora.load_splits(
        settings.corpus, train=settings.train_sentences, dev=settings.dev_sentences, test=settings.test_sentences
    )
    software = {name: version for name, version in versions().items() if name != "liap"}
    return digest_of(
        [
            json.dumps([settings_read, software], sort_keys=True),
            digest_of_start(settings.model),
            *map(corpora.digest_of_sentences, splits),
            digest_of_files([Path(file) for file in settings.hold_out]),
        ]
    )
