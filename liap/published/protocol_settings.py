"""The settings of studies/published_protocol.py."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError
from liap.settings import (
    LARGEST_SEED,
    AnnotationSettings,
    CorpusSettings,
    SampleSettings,
    TaggerSettings,
    check_number,
    elsewhere,
)


@dataclass(frozen=True, kw_only=True)
class PublishedProtocolSettings(SampleSettings, CorpusSettings, TaggerSettings, AnnotationSettings):
    """What is read, how the protocols score it, and where the table and the document are."""

    pieces_per_batch: int = elsewhere(4096)
    draws: int = 64  # random importances per mention, and random tie-breaks
    results: str = elsewhere("results")
    document: str = elsewhere("docs/published_protocol.md")  # "": no document
    from_csv: bool = elsewhere(False)

    def check(self) -> None:
        check_number("--examples-per-type", self.examples_per_type, 1)
        check_number("--draws", self.draws, 20)
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        if self.document and not Path(self.document).is_file():
            raise InputError(
                f"{self.document}: no such file; give --document the document to rewrite, or an empty name for none"
            )
