"""The settings of studies/transfer.py: one frozen dataclass, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError
from liap.files import check_folder
from liap.settings import LARGEST_SEED, FigureSettings, check_number, elsewhere, refuse_repeats
from liap.transfer.published_tables import RESULTS


@dataclass(frozen=True, kw_only=True)
class TransferSettings(FigureSettings):
    """What is read, what is compared with what, and where tables, plots and the document are."""

    published: str = "data/nertransfer"
    corpora: str = "data/masakhaner"
    runs: tuple[str, ...] = ()  # tables of runs of our own, read as one; none: the published one
    reference: str = "base"
    permutations: int = 10_000
    seed: int = 0
    results: str = elsewhere("results/transfer")
    latex: bool = elsewhere(False)
    plots: bool = elsewhere(True)
    document: str = elsewhere("docs/transfer.md")  # "": no document; runs of our own have one only where it is given

    def check(self) -> None:
        check_number("--permutations", self.permutations, 100, 1_000_000)
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        check_folder("--results", self.results)
        refuse_repeats("--runs", self.runs)
        if not self.published and not self.runs:
            raise InputError(f"--published is empty; expected a folder with {RESULTS}, or a table of runs by --runs")
        if self.rewritten and not self.rewritten.is_file():
            raise InputError(
                f"{self.document}: no such file; give --document the document to rewrite, or an empty name for none"
            )

    @property
    def tables(self) -> tuple[Path, ...]:
        """The tables of runs."""
        return tuple(map(Path, self.runs)) or (Path(self.published) / RESULTS,)

    @property
    def rewritten(self) -> Path | None:
        """The document whose numbers are rewritten; with runs of our own, none unless the flag names it."""
        return Path(self.document) if self.document and (not self.runs or "document" in self.given) else None
