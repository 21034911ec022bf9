"""The settings of studies/neurons.py, checked once, and the folders of taggers that they name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from liap.errors import InputError
from liap.files import check_folder
from liap.neurons.neuron_ablation import FILLS
from liap.neurons.rankers import RANKERS
from liap.settings import LARGEST_SEED, FigureSettings, among, check_number, elsewhere, refuse_repeats
from liap.taggers.recurrent import RECORD, is_recurrent

RANKING_SPLITS = ("train", "validation")


@dataclass(frozen=True, kw_only=True)
class NeuronSettings(FigureSettings):
    """Which taggers are taken apart, on what, and with which controls."""

    model: str = "results/recurrent/nochar-wordlstm-softmax"
    corpus: str = "eriktks/conll2003"
    ranking_split: str = "train"
    rankers: tuple[str, ...] = tuple(RANKERS)
    fills: tuple[str, ...] = FILLS
    top: int = 10
    removed: int = 25
    draws: int = 20
    permutations: int = 2000
    probe_words: int = 20_000
    steps: int = 60
    ranking_sentences: int = 0
    test_sentences: int = 0
    seed: int = 0
    results: str = elsewhere("results/neurons")
    overwrite: bool = elsewhere(False)

    def check(self) -> None:
        among("--ranking-split", (self.ranking_split,), RANKING_SPLITS)
        for flag, values, known in (("--rankers", self.rankers, tuple(RANKERS)), ("--fills", self.fills, FILLS)):
            among(flag, values, known)
            refuse_repeats(flag, values)
        if "sensitivity" not in self.rankers:
            raise InputError("--rankers must name sensitivity, which the others are compared with")
        for flag, value, least in (
            ("--top", self.top, 1), ("--removed", self.removed, 1), ("--draws", self.draws, 20),
            ("--permutations", self.permutations, 100), ("--probe-words", self.probe_words, 100), ("--steps", self.steps, 3),
            ("--ranking-sentences", self.ranking_sentences, 0), ("--test-sentences", self.test_sentences, 0),
        ):  # fmt: skip
            check_number(flag, value, least)
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        check_folder("--results", self.results)

    @property
    def folders(self) -> tuple[Path, ...]:
        """The tagger's folder, or those of its seeds in the order of their numbers; InputError for any other folder."""
        folder = Path(self.model).expanduser()
        if is_recurrent(folder):
            return (folder,)
        seeds = [path.parent for path in folder.glob(f"seed-*/{RECORD}") if path.parent.name[5:].isdecimal()]
        if not seeds:
            raise InputError(
                f"--model {self.model}: no recurrent tagger; expected a folder of studies/neurons_train.py with {RECORD}, or with seed-0, seed-1, ..."
            )
        return tuple(sorted(seeds, key=lambda path: int(path.name[5:])))
