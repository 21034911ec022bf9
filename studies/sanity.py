"""Do explanations depend on what the recogniser has learned? Its layers are randomised from the top down (Adebayo et al. 2018).

    python studies/sanity.py --model best_ner_model --corpus data/conll2003 --parser models/en_ud_ewt_sm
    python studies/sanity.py --parser none --examples-per-type 10 --lime-samples 50      # without LIAP, and quicker

Explains the same mentions while first the classifier, then one layer after the other, and at last the embeddings get new random weights; the
recogniser itself stays as it is. Writes `layer_randomisation.csv` (a row per explainer and depth: how like the original explanations
the new ones are) and `layer_randomisation.png` to the results folder, and prints the table. An explanation that stays the same does not
explain the recogniser. docs/definitions.md has every column.
"""

from dataclasses import dataclass

from liap import cli
from liap.settings import (
    AnnotationSettings,
    CorpusSettings,
    FigureSettings,
    MethodSettings,
    SampleSettings,
    TaggerSettings,
    check_number,
)

MODEL = "best_ner_model"  # the recogniser: a folder, or a name on the hub
TYPE_MAP = ()  # the recogniser's entity types in the corpus's terms, such as PERSON=PER; PERSON= drops a type
CORPUS = "eriktks/conll2003"  # a folder or a file (docs/formats.md), a data set's name on the hub, or: planted
SPLIT = "test"  # which part of the corpus: train, validation, test
SENTENCES = 0  # sentences to read, from the start of the split; 0: all
EXAMPLES_PER_TYPE = 30  # mentions sampled for each predicted type; 0: every mention
PARSER = "en_core_web_sm"  # dependency parser: a spaCy pipeline's name or folder, gold, none (what needs no parse runs)
SRL = "none"  # semantic role labeller, for variants that read frames: archive, allennlp, dependency, gold, none
SRL_ARCHIVE = ""  # an AllenNLP SRL archive: a model.tar.gz or its folder; empty: the published one, downloaded once
EXPLAINERS = (
    "liap", "matched_random", "attention", "rollout", "value_attention", "gradient", "gradient_x_input", "integrated_gradients", "lime",
    "shapley_sampling", "kernel_shap", "occlusion", "nearest_words", "frequency", "random",
)  # fmt: skip  # explainers to compare, by name; one of your own: FILE.py:FUNCTION
VARIANTS = ("syntactic",)  # pruning variants of LIAP and its controls
PRUNE = ()  # scores to prune by a variant's mask, beside matched controls: VARIANT:EXPLAINER, such as syntactic:lime
TARGET = "type"  # what is explained: type (of the mention), tag (the exact labels), entity (span and type stay)
OPERATOR = "mask"  # how occlusion_ceiling takes a word away: mask, unk, delete
EXPLAINER_OPERATOR = "unk"  # how explainers that perturb take a word away: mask, unk, delete
DRAWS = 20  # masks drawn for each random control
LIME_SAMPLES = 200  # perturbed sentences that lime draws for each mention
SHAPLEY_ORDERS = 5  # orders of the context words that shapley_sampling draws for a mention
KERNEL_SAMPLES = 200  # sets of context words that kernel_shap draws for a mention
IG_STEPS = 8  # points at which integrated_gradients takes the gradient
FITTED = ""  # a file of studies/fit_on_dev.py, for attention_kernel, dev_heads and matched_learned
PRECISION = "fp32"  # of the recogniser: fp32, bf16 (autocast), bf16-weights
DEVICE = "auto"  # where the recogniser runs: auto, cpu, cuda
PIECES_PER_BATCH = 0  # pieces in a forward pass, with padding; 0: what suits the device
RESAMPLES = 2000  # bootstrap resamples of the documents
SEED = 0  # of sampling, new weights, random explainers and the bootstrap
FORMATS = ("png",)  # of the plots, one or more of: png, pdf, svg
FONT_SIZE = 10.0  # points, of the plots' labels; small print is smaller
COLUMN_WIDTH = 0.0  # inches, of a paper's column that plots are drawn for, such as 3.3; 0: each plot's own width
RESULTS = "results/sanity"  # folder for what is written
CACHE = ".cache"  # folder where parses and frames are kept


@dataclass(frozen=True, kw_only=True)
class SanitySettings(
    MethodSettings, SampleSettings, CorpusSettings, TaggerSettings, AnnotationSettings, FigureSettings
):
    """Which mentions are explained again and again, and by what."""

    resamples: int = 2000
    results: str = "results/sanity"

    def check(self) -> None:
        check_number("--resamples", self.resamples, 100, 1_000_000)


def main() -> None:
    settings = cli.settings(__file__, SanitySettings)
    from liap.diagnostics import sanity_study  # after the flags are read, so that --help and wrong flags answer at once
    from liap.files import check_folder
    from liap.preflight import without_parser

    check_folder("--results", settings.results)
    settings, left_out = without_parser(settings)
    if left_out:
        print(f"--parser none: {', '.join(left_out)} left out, which need a parse")
    print(sanity_study.run(settings))


if __name__ == "__main__":
    cli.run(main)
