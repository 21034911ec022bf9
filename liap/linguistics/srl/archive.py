"""The role labeller `archive`: AllenNLP's SRL-BERT from its archive, with today's libraries and without AllenNLP.

In: sentences, parses, and an archive: a `model.tar.gz`, its folder, an address, or (by default) the published one.
Out: frames, with the tags of AllenNLP 2.10.1. The model itself is in `archive_model.py`; torch is imported only where
the cache does not hold the answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from liap.linguistics.cache import stamp
from liap.linguistics.srl.archive_files import Configuration, read_configuration
from liap.linguistics.srl.download import find_archive
from liap.linguistics.srl.frames import CachedTagger, Labelling, Settings, Tagger
from liap.linguistics.srl.wordpiece import VOCABULARY_FILES, find_encoder_file

METHOD = 1  # raised when the same archive would give other tags


@contextmanager
def open_labelling(settings: Settings) -> Iterator[Labelling]:
    """Frames of the parser's verbs; see `liap.linguistics.srl.label`."""
    archive = find_archive(settings.archive, cache=settings.cache, progress=settings.progress)
    configuration = read_configuration(archive)

    def make_tagger() -> Tagger:
        from liap.linguistics.srl.archive_model import load

        model = load(archive, configuration, encoder=settings.encoder, precision=settings.precision)
        return lambda requests: model.tag(requests, batch_pieces=settings.batch_pieces)

    identity = _identity(archive, configuration, settings)
    yield CachedTagger(make_tagger, identity=identity, settings=settings)


def _identity(archive: Path, configuration: Configuration, settings: Settings) -> list[Any]:
    """All that the tags depend on. The batch's size is not among it: in fp32 it changes none."""
    vocabulary = find_encoder_file(VOCABULARY_FILES, configuration.encoder, archive=archive, folder=settings.encoder)
    found = stamp(vocabulary) if vocabulary else configuration.encoder
    libraries = [version("torch"), version("transformers")]
    return ["archive", METHOD, libraries, settings.precision, stamp(archive), found]
