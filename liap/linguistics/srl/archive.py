"""The role labeller `archive`: AllenNLP's SRL-BERT from its archive, with today's libraries and without AllenNLP.

In: sentences, parses, and an archive: a `model.tar.gz`, its folder, an address, or by default the published archive.
Out: frames with the tags of AllenNLP 2.10.1. The model itself is in `archive_model.py`. torch is imported only if the cache
lacks an answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from liap.files import digest_of_path
from liap.linguistics.srl.archive_files import read_configuration
from liap.linguistics.srl.download import find_archive
from liap.linguistics.srl.frames import CachedTagger, Labelling, Settings, Tagger
from liap.linguistics.srl.wordpiece import encoder_files

METHOD = 1  # raised when this code would give other tags from the same archive


@contextmanager
def open_labelling(settings: Settings) -> Iterator[Labelling]:
    """Frames of the parser's verbs; see `liap.linguistics.srl.label`."""
    archive = find_archive(settings.archive, cache=settings.cache, progress=settings.progress)

    def make_tagger() -> Tagger:
        from liap.linguistics.srl.archive_model import load

        model = load(archive, read_configuration(archive), encoder=settings.encoder, precision=settings.precision)
        return lambda requests: model.tag(requests, batch_pieces=settings.batch_pieces)

    yield CachedTagger(make_tagger, identity={"srl": "archive"} | identity(settings), settings=settings)


def identity(settings: Settings) -> dict[str, str]:
    """What the tags depend on. The size of batches is not part of it: in fp32 it changes no tag."""
    archive = find_archive(settings.archive, cache=settings.cache, progress=settings.progress)
    libraries = {f"srl_{library}": version(library) for library in ("torch", "transformers")}
    return {
        "srl_method": str(METHOD),
        "srl_precision": settings.precision,
        **libraries,
        **digests_of_model(archive, settings),
    }


def digests_of_model(archive: Path, settings: Settings) -> dict[str, str]:
    """Digests of the archive, and of the encoder's files outside it that the labeller reads."""
    outside = encoder_files(read_configuration(archive), archive=archive, folder=settings.encoder)
    files = {"archive": archive, **outside}
    return {f"srl_{name}": digest_of_path(path, cache=settings.cache) for name, path in files.items()}
