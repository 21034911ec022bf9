"""Fit on held-out mentions what attention_kernel, dev_heads and matched_learned use: a profile of distance, and the best heads.

    python studies/fit_on_dev.py --model best_ner_model --corpus data/conll2003
    python run_liap_evaluation.py --fitted results/fitted.json --explainers liap attention nearest_words attention_kernel dev_heads \
        matched_random matched_window matched_distance matched_learned random

Explains the mentions that the recogniser finds in the dev split. Writes `fitted.json` (the mean drop by signed distance from the
mention, and the heads whose attention alone has the highest LFS) and `head_lfs.csv` (the mean LFS of each head) to the results folder. The
drops are those of the explainers' operator; the metrics' operator, and the test split, are never seen.
"""

from dataclasses import dataclass

from liap import cli
from liap.settings import CorpusSettings, SampleSettings, TaggerSettings, check_number

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
CORPUS = "eriktks/conll2003"  # a folder or a file (docs/formats.md), a data set's name on the hub, or: planted, ewt
SPLIT = "validation"  # which part of the corpus; never the one that is explained afterwards
SENTENCES = 0  # sentences to read, from the start of the split; 0: all
EXAMPLES_PER_TYPE = 0  # mentions sampled for each predicted type; 0: every mention
FITTED_HEADS = 24  # heads that dev_heads averages
TARGET = "type"  # what is explained: type (of the mention), tag (the exact labels), entity (span and type stay)
OPERATOR = "unk"  # how words are taken away: mask, unk, delete; the explainers' operator of the later run
TYPE_MAP = ()  # the recogniser's entity types in the corpus's terms, such as PERSON=PER; PERSON= drops a type
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, with padding; 0: what suits the device
SEED = 0  # of sampling
RESULTS = "results"  # folder for what is written
CHUNK = 64  # sentences at a time


@dataclass(frozen=True, kw_only=True)
class FitSettings(SampleSettings, CorpusSettings, TaggerSettings):
    """Which mentions are fitted on, and how."""

    split: str = "validation"
    fitted_heads: int = 24
    target: str = "type"
    operator: str = "unk"
    results: str = "results"
    chunk: int = 64

    def check(self) -> None:
        check_number("--fitted-heads", self.fitted_heads, 1)
        check_number("--chunk", self.chunk, 1)


def main() -> None:
    settings = cli.settings(__file__, FitSettings)
    from liap.diagnostics import fitting

    fitting.fit(settings)


if __name__ == "__main__":
    cli.run(main)
