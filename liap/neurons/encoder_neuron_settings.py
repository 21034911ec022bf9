"""The settings of studies/encoder_neurons.py, checked once."""

from __future__ import annotations

from dataclasses import dataclass

from liap.errors import InputError
from liap.files import check_folder
from liap.neurons.encoder_rankers import ATTRIBUTION, ENCODER_RANKERS
from liap.neurons.encoder_states import LEARNED_RANKERS
from liap.neurons.neuron_ablation import FILLS
from liap.neurons.neuron_settings import RANKING_SPLITS
from liap.settings import LARGEST_SEED, PRECISIONS, FigureSettings, among, check_number, elsewhere, refuse_repeats

ENCODER_SITES = ("hidden", "feed_forward")
ALL_PIECES = "mean_of_all_pieces"
ENCODER_FILLS = (*FILLS, ALL_PIECES)


@dataclass(frozen=True, kw_only=True)
class EncoderNeuronSettings(FigureSettings):
    """Which transformer is taken apart, where, and with which controls."""

    model: str = "best_ner_model"
    corpus: str = "eriktks/conll2003"
    ranking_split: str = "train"
    ranking_sentences: int = 1000
    test_sentences: int = 500
    sites: tuple[str, ...] = ENCODER_SITES
    shares: tuple[float, ...] = (0.02, 0.1, 0.25)
    fills: tuple[str, ...] = ("mean", "zero")
    rankers: tuple[str, ...] = (*ENCODER_RANKERS, *LEARNED_RANKERS)
    probe_words: int = 2000
    gaussian_most: int = 10
    top: int = 10
    draws: int = 20
    resamples: int = 2000
    precision: str = "fp32"
    device: str = "auto"
    seed: int = 0
    results: str = elsewhere("results/encoder_neurons")
    overwrite: bool = elsewhere(False)

    def check(self) -> None:
        among("--ranking-split", (self.ranking_split,), RANKING_SPLITS)
        among("--sites", self.sites, ENCODER_SITES)
        refuse_repeats("--sites", self.sites)
        among("--rankers", self.rankers, (*ENCODER_RANKERS, *LEARNED_RANKERS))
        refuse_repeats("--rankers", self.rankers)
        if ATTRIBUTION not in self.rankers:
            raise InputError(f"--rankers lacks {ATTRIBUTION}, whose least important neurons are a control; add it")
        among("--fills", self.fills, ENCODER_FILLS)
        refuse_repeats("--fills", self.fills)
        among("--precision", (self.precision,), PRECISIONS)
        if not self.shares:
            raise InputError("--shares is empty; expected shares of a layer's neurons, such as 0.1")
        for share in self.shares:
            check_number("--shares", share, 1e-6, 1)
        for flag, value, least in (
            ("--ranking-sentences", self.ranking_sentences, 0), ("--test-sentences", self.test_sentences, 0),
            ("--probe-words", self.probe_words, 50), ("--gaussian-most", self.gaussian_most, 1), ("--top", self.top, 1),
            ("--draws", self.draws, 20), ("--resamples", self.resamples, 100),
        ):  # fmt: skip
            check_number(flag, value, least)
        check_number("--seed", self.seed, 0, LARGEST_SEED)
        check_folder("--results", self.results)
